package fleet

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Bulk makes FLT-001: a grave command of one caller to many vehicles that are not its own.
func Bulk(m *detect.Memory) detect.Detector {
	return &bulk{
		rights:    detect.RightsOf(m),
		strangers: detect.NewFan(m, "FLT-001 vehicles without a link", 1<<12, bulkSpan),
		all:       detect.NewFan(m, "FLT-001 vehicles", 1<<12, bulkSpan),
		told:      detect.NewTable[accused](m, "FLT-001 callers reported", 1<<10),
	}
}

type bulk struct {
	rights         *detect.Rights
	strangers, all *detect.Fan
	told           *detect.Table[accused]
}

// An accused is a caller that was reported, by which name and for which vehicles.
type accused struct {
	groups, vehicles []string
}

// Bounds of the verdict (domain/invariants.tsv, FLT-001).
const (
	bulkSpan  = 10 * time.Minute
	bulkMin   = 4  // vehicles, more than three
	peersMin  = 20 // peers that sent the command before there is a norm
	deskMin   = 8  // vehicles of one who works on strangers' vehicles …
	deskTimes = 3  // … and how many times as many as any peer ever had

	accusedMax = 64 // vehicles of a report that are remembered, to take it back
)

func (d *bulk) Card() detect.Card {
	return detect.Card{
		ID: "FLT-001", Title: "Grave command to many vehicles that are not the caller's", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API5:2023", "API6:2023", "API1:2023", "R155:16.1"},
		Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputLinks,
		Desc: `Raised when one caller has the same grave command (unlock, start, stop, immobilise, open, limit, remote driving, erase, install, diagnose, reset, configure) accepted for more than three vehicles within ten minutes, and

- it has no link to them though its own are known and at most one in ten of its peers commands without (or, where its own were never seen, at most one in fifty of at least a hundred peers ever did before the link showed), or
- it is of a group without links (workshops, call centres, partners) in which at least twenty others send the command, it reaches at least eight vehicles and more than three times as many as any of them ever did, and its request carries no order number.

Who is linked to the vehicles may command them all: fleets do so at every change of shift. The finding is withdrawn when a list of the caller's own shows the vehicles after all. Vehicles in motion are SAF-017, whoever asks.`,
		Silent: []string{
			"a fleet at the change of shift, by whatever number of vehicles",
			"an update server and other single parties without peers: there is no norm",
			"managers whose lists were not captured, as after a cold start: what is not known makes nobody a stranger",
			"a recall desk that works through orders",
			"a caller that lifts immobilisers or limits",
		},
		Respond: "Block the caller's commands, undo what can be undone, and have bulk work need a second person.",
	}
}

func (*bulk) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls | detect.OfProbes | detect.OfFrames}
}

func (d *bulk) Inspect(s *waywarden.Scene, out *detect.Output) {
	d.rights.See(s, out.Serial)
	if d.told.Len() > 0 {
		d.reconsider(s, out)
	}
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
		if d.rights.Stranger(s, sub.Linked) {
			if n := d.strangers.Add(group, party, thing, s.Now); n.Things >= bulkMin {
				d.raise(s, sub, n, "no link to any of them", out)
				d.accuse(s, sub)
			}
			continue
		}
		if !detect.Linkless(s) {
			continue // what its own is, is not known
		}
		n := d.all.Add(group, party, thing, s.Now)
		if n.Things >= deskMin && n.Peers >= peersMin && n.Things > deskTimes*n.Most && !out.Asked.Any(detect.TypesOf(waywarden.TypeWorkOrder)) {
			d.raise(s, sub, n, "none of "+detect.Itoa(n.Peers)+" peers ever had more than "+detect.Itoa(n.Most), out)
		}
	}
}

// accuse remembers what a caller was reported for.
func (d *bulk) accuse(s *waywarden.Scene, sub *waywarden.Subject) {
	a := d.told.At(detect.Key(s.Call.Principal.UID))
	if g := groupOf(s); !slices.Contains(a.groups, g) && len(a.groups) < accusedMax {
		a.groups = append(a.groups, g)
	}
	if !slices.Contains(a.vehicles, sub.Twin.UID) && len(a.vehicles) < accusedMax {
		a.vehicles = append(a.vehicles, strings.Clone(sub.Twin.UID))
	}
}

// reconsider takes back what was said of a caller whose own list, which came after, has one of the vehicles: it is a fleet
// whose list had not been seen. A pairing proves nothing here: whoever commands strangers' vehicles may pair them, too.
func (d *bulk) reconsider(s *waywarden.Scene, out *detect.Output) {
	if s.Call == nil || s.Caller == nil {
		return
	}
	a := d.told.Peek(detect.Key(s.Call.Principal.UID))
	if a == nil || !a.cleared(s) {
		return
	}
	for _, g := range a.groups {
		for _, v := range a.vehicles {
			out.Retract(g, v, "the caller's own list has the vehicles after all.")
		}
	}
	d.told.Drop(detect.Key(s.Call.Principal.UID))
}

// cleared says whether a list, a booking or the register now links the caller to one of the vehicles.
func (a *accused) cleared(s *waywarden.Scene) bool {
	given := func(l *waywarden.Link, uid string) bool {
		return (l.Proof == "list" || l.Proof == "booking" || l.Proof == "register") && detect.Owns(*l, s.Now) && slices.Contains(a.vehicles, uid)
	}
	for i := range s.Caller.Links {
		if l := &s.Caller.Links[i]; given(l, l.UID) {
			return true
		}
	}
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; detect.IsVehicle(sub) && given(&sub.Linked, sub.Twin.UID) {
			return true
		}
	}
	return false
}

// groupOf names the finding of one caller and class.
func groupOf(s *waywarden.Scene) string {
	return s.Call.Principal.UID + " " + s.Call.Operation.Function.Class
}

func (d *bulk) raise(s *waywarden.Scene, sub *waywarden.Subject, n detect.Spread, why string, out *detect.Output) {
	count := detect.Itoa(n.Things)
	if n.Things >= detect.FanMax {
		count += " or more"
	}
	out.Raise(&detect.Report{
		Group: groupOf(s), Subject: sub.Twin.UID, Severity: waywarden.SeverityCritical, Confidence: 85,
		Title:     "One caller commands " + count + " strangers' vehicles",
		Desc:      detect.Who(s) + " had " + detect.What(s.Call.Operation) + " accepted for " + count + " vehicles within ten minutes: " + why + ".",
		Operation: s.Call.Operation, Principal: s.Call.Principal, Resources: []waywarden.Resource{vehicle(sub.Twin.UID)},
		Facts: []waywarden.Fact{{Name: "vehicles within ten minutes", Observed: count, Normal: "at most " + detect.Itoa(bulkMin-1) + ", or as many as peers"}},
	})
}
