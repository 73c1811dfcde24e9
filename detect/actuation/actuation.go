// Package actuation holds the detectors of commands that stand out by their number, order or history, whatever state the
// vehicle is in.
package actuation

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// pair is the key of a caller and a vehicle.
func pair(s *waywarden.Scene, t *waywarden.Twin) uint64 {
	return detect.Mix(detect.Key(detect.Caller(s)), detect.Key(t.UID))
}

// accepted says whether a scene is a call over HTTP that the server accepted.
func accepted(s *waywarden.Scene) bool {
	return s.Call != nil && s.Call.Operation != nil && s.Call.Success && s.Record.HTTP != nil
}

// vehicles calls f with every known vehicle that a scene names.
func vehicles(s *waywarden.Scene, f func(sub *waywarden.Subject)) {
	for i := range s.Subjects {
		if detect.IsVehicle(&s.Subjects[i]) {
			f(&s.Subjects[i])
		}
	}
}

// within says whether a moment is at most span before now; the zero moment is never.
func within(at, now int64, span time.Duration) bool { return at != 0 && now-at <= int64(span) }

// report is what the reports of this package have in common.
func report(s *waywarden.Scene, sub *waywarden.Subject, severity waywarden.Severity, title, desc string) detect.Report {
	return detect.Report{
		Group: detect.Caller(s), Subject: sub.Twin.UID, Severity: severity, Confidence: 80, Title: title, Desc: desc,
		Operation: s.Call.Operation, Principal: s.Call.Principal,
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: sub.Twin.UID}},
	}
}

// milder is the severity for a stranger, and informational for one who may, or might, act on the vehicle.
func milder(rights *detect.Rights, s *waywarden.Scene, sub *waywarden.Subject, stranger waywarden.Severity) waywarden.Severity {
	if !rights.Stranger(s, sub.Linked) {
		return waywarden.SeverityInformational
	}
	return stranger
}
