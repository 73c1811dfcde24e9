package fleet

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Bulk makes FLT-001: a grave command of one caller to many vehicles that are not its own.
func Bulk(m *detect.Memory) detect.Detector {
	return &bulk{
		strangers: detect.NewFan(m, "FLT-001 vehicles without a link", 1<<12, bulkSpan),
		all:       detect.NewFan(m, "FLT-001 vehicles", 1<<12, bulkSpan),
	}
}

type bulk struct{ strangers, all *detect.Fan }

// Bounds of the verdict (domain/invariants.tsv, FLT-001).
const (
	bulkSpan  = 10 * time.Minute
	bulkMin   = 4  // vehicles, more than three
	peersMin  = 20 // peers that sent the command before there is a norm
	deskMin   = 8  // vehicles of one who works on strangers' vehicles …
	deskTimes = 3  // … and how many times as many as any peer ever had
)

func (d *bulk) Card() detect.Card {
	return detect.Card{
		ID: "FLT-001", Title: "Grave command to many vehicles that are not the caller's", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API5:2023", "API6:2023", "API1:2023", "R155:16.1"},
		Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputLinks,
		Desc: `Raised when one caller has the same grave command (unlock, start, stop, immobilise, open, limit, remote driving, erase, install, diagnose, reset, configure) accepted for more than three vehicles within ten minutes, and

- it has no link to them though its peers have links to theirs, or
- it is of a group without links (workshops, call centres, partners) in which at least twenty others send the command, it reaches at least eight vehicles and more than three times as many as any of them ever did, and its request carries no order number.

Who is linked to the vehicles may command them all: fleets do so at every change of shift. Vehicles in motion are SAF-017, whoever asks.`,
		Silent: []string{
			"a fleet at the change of shift, by whatever number of vehicles",
			"an update server and other single parties without peers: there is no norm",
			"a recall desk that works through orders",
			"a caller that lifts immobilisers or limits",
		},
		Respond: "Block the caller's commands, undo what can be undone, and have bulk work need a second person.",
	}
}

func (d *bulk) Inspect(s *waywarden.Scene, out *detect.Output) {
	if !accepted(s) || s.Call.Principal.UID == "" || !grave(s.Call) {
		return
	}
	class := detect.Key(s.Call.Operation.Function.Class)
	group, party := detect.Mix(detect.Peers(s.Call), class), detect.Mix(detect.Key(s.Call.Principal.UID), class)
	for i := range s.Subjects {
		sub := &s.Subjects[i]
		if !detect.IsVehicle(sub) || detect.Owns(sub.Linked, s.Now) {
			continue
		}
		thing := detect.Key(sub.Twin.UID)
		if !detect.Entitled(s, sub.Linked) {
			if n := d.strangers.Add(group, party, thing, s.Now); n.Things >= bulkMin {
				d.raise(s, sub, n, "no link to any of them", out)
			}
			continue
		}
		n := d.all.Add(group, party, thing, s.Now)
		if n.Things >= deskMin && n.Peers >= peersMin && n.Things > deskTimes*n.Most && !out.Asked.Any(detect.TypesOf(waywarden.TypeWorkOrder)) {
			d.raise(s, sub, n, "none of "+detect.Itoa(n.Peers)+" peers ever had more than "+detect.Itoa(n.Most), out)
		}
	}
}

func (d *bulk) raise(s *waywarden.Scene, sub *waywarden.Subject, n detect.Spread, why string, out *detect.Output) {
	count := detect.Itoa(n.Things)
	if n.Things >= detect.FanMax {
		count += " or more"
	}
	out.Raise(&detect.Report{
		Group: s.Call.Principal.UID + " " + s.Call.Operation.Function.Class, Subject: sub.Twin.UID, Severity: waywarden.SeverityCritical, Confidence: 85,
		Title:     "One caller commands " + count + " strangers' vehicles",
		Desc:      detect.Who(s) + " had " + detect.What(s.Call.Operation) + " accepted for " + count + " vehicles within ten minutes: " + why + ".",
		Operation: s.Call.Operation, Principal: s.Call.Principal, Resources: []waywarden.Resource{vehicle(sub.Twin.UID)},
		Facts: []waywarden.Fact{{Name: "vehicles within ten minutes", Observed: count, Normal: "at most " + detect.Itoa(bulkMin-1) + ", or as many as peers"}},
	})
}
