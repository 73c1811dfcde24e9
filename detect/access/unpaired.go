package access

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Unpaired makes AUT-003: a command to a vehicle that nobody is paired with.
func Unpaired(m *detect.Memory) detect.Detector {
	return &unpaired{
		groups:  detect.NewTable[pairing](m, "AUT-003 groups of callers", 1<<13),
		seen:    detect.NewTable[uint8](m, "AUT-003 callers that command", 1<<17),
		callers: detect.NewTable[string](m, "AUT-003 callers reported", 1<<12),
	}
}

type unpaired struct {
	groups  *detect.Table[pairing]
	seen    *detect.Table[uint8]
	callers *detect.Table[string] // by which they were reported
}

// A pairing is how a group commands: callers that commanded a vehicle linked to them, and callers that commanded one
// that is nobody's.
type pairing struct{ own, nobodys int32 }

// What a caller of a group is counted for.
const (
	seenOwn uint8 = 1 << iota
	seenNobodys
)

// Bounds of the verdict.
const (
	pairedMin   = 40   // other callers of the group that command a vehicle of their own …
	unownedPart = 0.01 // … and the share of them up to which commanding nobody's is no habit
)

func (d *unpaired) Card() detect.Card {
	return detect.Card{
		ID: "AUT-003", Title: "Command to a vehicle nobody is paired with", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API1:2023", "API5:2023", "R155:16.1", "R155:1.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputLinks | detect.InputResponseBodies, Helped: detect.InputRegister,
		Desc: `Raised when a command is accepted for a known vehicle to which no party at all is linked (no owner, driver, renter, fleet), by a caller whose own vehicles are known, where the caller's peers command their own: at least forty of them do, and at most one in a hundred ever commanded one that is nobody's. Vehicles in a factory, a port, on a dealer's lot or given back are such.

Peers come with the same client and roles to the same host. The finding is withdrawn when the vehicle turns out to be linked to the caller after all.`,
		Silent: []string{
			"end-of-line, port, dealer and press fleet tools, which command unpaired vehicles as a matter of course",
			"services that command for many, where it is not said for whom",
			"a caller whose own list was not seen, and groups whose links are not known",
			"a vehicle paired outside the API: withdrawn once a list shows it",
		},
		Respond: "Refuse commands to vehicles without an owner at the command service, block the session, and check what the vehicle did.",
	}
}

func (*unpaired) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls | detect.OfProbes} }

func (d *unpaired) Inspect(s *waywarden.Scene, out *detect.Output) {
	if s.Call == nil || s.Caller == nil || s.Record.HTTP == nil {
		return
	}
	if d.callers.Len() > 0 {
		d.reconsider(s, out)
	}
	if !commands(s.Call) {
		return
	}
	sub := vehicleOf(s)
	if sub == nil {
		return
	}
	group, who := detect.Mix(detect.Peers(s.Call), station(s.Caller)), detect.Key(s.Caller.UID)
	switch {
	case detect.Linked(sub):
		d.count(group, who, seenOwn)
	case !sub.Known || len(sub.Twin.Links) > 0:
	case d.unusual(s, group, who):
		name := d.named(s.Caller)
		if name == "" {
			name = strings.Clone(s.Caller.UID)
			*d.callers.At(who) = name
			for i := range s.Caller.IDs {
				*d.callers.At(detect.Key(s.Caller.IDs[i].Value)) = name
			}
		}
		d.report(s, sub, group, name, out)
	default:
		d.count(group, who, seenNobodys)
	}
}

// reconsider takes back what was said of a caller about a vehicle that turns out to be linked to it, whatever it does.
func (d *unpaired) reconsider(s *waywarden.Scene, out *detect.Output) {
	name := d.named(s.Caller)
	if name == "" {
		return
	}
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; sub.Twin != nil && detect.Linked(sub) && sub.Linked.Proof != "use" {
			out.RetractTwin(name, sub.Twin, "the vehicle is linked to the caller after all ("+sub.Linked.Proof+").")
		}
	}
}

// named returns the name by which a caller was reported, whatever name it is known by now; "" for one that was not.
func (d *unpaired) named(caller *waywarden.Twin) string {
	if name := d.callers.Peek(detect.Key(caller.UID)); name != nil {
		return *name
	}
	for i := range caller.IDs {
		if name := d.callers.Peek(detect.Key(caller.IDs[i].Value)); name != nil {
			return *name
		}
	}
	return ""
}

// commands says whether a call is an accepted command of a party that calls for itself.
func commands(c *waywarden.Call) bool {
	if c.Operation == nil || c.Operation.Access != waywarden.AccessControl || !c.Success || grants(c.Operation.Function.Class) {
		return false
	}
	switch c.Principal.Kind {
	case waywarden.PrincipalCharger:
		return false
	case waywarden.PrincipalService:
		return c.Principal.OnBehalf != ""
	}
	return true
}

// vehicleOf returns the one vehicle that a request names, nil where it names none or several.
func vehicleOf(s *waywarden.Scene) *waywarden.Subject {
	var one *waywarden.Subject
	for i := range s.Subjects {
		if w := s.Subjects[i].Twin; w == nil || w.Type != waywarden.AssetVehicle {
			continue
		}
		if one != nil {
			return nil
		}
		one = &s.Subjects[i]
	}
	return one
}

// count notes once what a caller of a group does.
func (d *unpaired) count(group, who uint64, bit uint8) {
	seen := d.seen.At(detect.Mix(group, who))
	if *seen&bit != 0 {
		return
	}
	*seen |= bit
	g := d.groups.At(group)
	if bit == seenOwn {
		g.own++
	} else {
		g.nobodys++
	}
}

// unusual says whether commanding a vehicle that is nobody's is out of the group's habit.
func (d *unpaired) unusual(s *waywarden.Scene, group, who uint64) bool {
	if len(s.Caller.Links) == 0 || s.Unseen || s.LinksLearned < learnedMin {
		return false
	}
	g, mine := *d.groups.At(group), *d.seen.At(detect.Mix(group, who))
	if mine&seenOwn != 0 {
		g.own--
	}
	return mine&seenNobodys == 0 && g.own >= pairedMin && float64(g.nobodys) <= unownedPart*float64(g.own)
}

func (d *unpaired) report(s *waywarden.Scene, sub *waywarden.Subject, group uint64, name string, out *detect.Output) {
	op, g := s.Call.Operation, d.groups.At(group)
	out.Raise(&detect.Report{
		Group: name, Subject: sub.Twin.UID, Severity: waywarden.SeverityCritical, Confidence: 80, Operation: op, Principal: s.Call.Principal,
		Title: "Command to an unpaired vehicle by " + s.Caller.UID,
		Desc: detect.Who(s) + " commanded vehicle " + sub.Twin.UID + " with " + detect.What(op) + " (" + op.Function.Class + "), to which nobody is linked: no owner, driver, renter or fleet. " +
			"All " + detect.Itoa(g.own) + " peers command vehicles of their own. The server does not ask whether the vehicle was ever paired.",
		Resources: []waywarden.Resource{detect.Asset(s, sub)},
		Facts: []waywarden.Fact{
			{Name: "parties linked to the vehicle", Observed: "0", Normal: "at least 1"},
			{Name: "peers that commanded a vehicle of nobody", Observed: detect.Itoa(g.nobodys), Normal: "of " + detect.Itoa(g.own)},
		},
	})
}
