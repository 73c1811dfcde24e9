package charging

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

type events struct{}

// SecurityEvents makes CHG-025: what a station itself reports about attacks on it.
func SecurityEvents(*detect.Memory) detect.Detector { return events{} }

func (events) Card() detect.Card {
	return detect.Card{
		ID: "CHG-025", Title: "A station reports an attack on itself", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule,
		Types: []string{"R155:18.1", "R155:21.1", "R155:6.3"}, Needs: detect.InputOCPP,
		Desc: `Raised when a station sends a SecurityEventNotification that has no honest cause in operation: firmware or its certificate with a wrong signature, a wrong certificate of the back office, replayed messages, a cleared security log. Events of one type are one finding.

What a technician's visit, a restart or a clock set right cause as well (an opened case, a maintenance login, a reset, a changed time, exhausted memory) is noted as information.`,
		Silent:  []string{"a technician opens the case or logs in", "restarts after a power cut", "a station that sets its clock", "an old TLS version that is refused"},
		Respond: "Take the station's log, compare its firmware with the vendor's, and see who was there.",
	}
}

// graveEvents are the events of OCPP that have no honest cause in operation.
var graveEvents = [...]string{
	"InvalidFirmwareSignature", "InvalidFirmwareSigningCertificate", "InvalidCsmsCertificate", "InvalidCentralSystemCertificate", "AttemptedReplayAttacks", "SecurityLogWasCleared",
}

// noted are the events that a technician's visit causes as well.
var noted = [...]string{"TamperDetectionActivated", "MaintenanceLoginAccepted", "ReconfigurationOfSecurityParameters"}

func (events) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames} }

func (events) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil || !f.Inbound || f.Action != "SecurityEventNotification" {
		return
	}
	var e struct {
		Type string `json:"type"`
	}
	if !parse(f, &e) {
		return
	}
	r := detect.Report{
		Group: e.Type, Subject: f.Station, Confidence: 80,
		Title: "Station reports " + e.Type, Desc: "Station " + f.Station + " reported " + e.Type + ".", Resources: charger(f.Station),
	}
	for _, t := range graveEvents {
		if t == e.Type {
			r.Severity = waywarden.SeverityHigh
		}
	}
	for _, t := range noted {
		if t == e.Type {
			r.Severity = waywarden.SeverityInformational
		}
	}
	if r.Severity != 0 {
		out.Raise(&r)
	}
}
