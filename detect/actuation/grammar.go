package actuation

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Grammar makes CMD-001: a command without what goes before it.
func Grammar(m *detect.Memory) detect.Detector {
	return &grammar{
		habits: detect.HabitsOf(m),
		rights: detect.RightsOf(m),
		proofs: detect.NewTable[usage](m, "CMD-001 credentials per operation", 1<<11),
		firsts: detect.NewTable[usage](m, "CMD-001 first calls per group", 1<<10),
	}
}

type grammar struct {
	habits *detect.Habits
	rights *detect.Rights
	proofs *detect.Table[usage] // per operation: accepted calls, those without a credential
	firsts *detect.Table[usage] // per group: callers, those whose first call is a command
}

// Bounds of the verdict.
const (
	proofsMin = 20   // accepted commands with a credential before one without stands out
	firstsMin = 100  // callers of a group before its grammar is known
	jumpsMax  = 0.01 // share of calls or callers without what goes before, up to which there is a grammar
)

func (d *grammar) Card() detect.Card {
	return detect.Card{
		ID: "CMD-001", Title: "Command without a session", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API2:2023", "API6:2023"}, Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputLinks,
		Desc: `Raised (high) when a command to a vehicle is accepted without any credential though the operation is used with one: at least twenty accepted commands had one, and at most one in a hundred had none.

Raised (medium) when the first call ever seen of a caller is a command to a vehicle it has no link to, where at least a hundred peers came and at most one in a hundred of them began with a command: programs sign in, list and look before they act; scripts with a stolen identifier do not.`,
		Silent: []string{
			"widgets, watches and voice assistants that command at once: the owner is linked",
			"a capture that begins in the middle of sessions, and tokens nobody's name is known for yet",
			"interfaces whose commands never carry a credential that is seen",
			"commands that the server refuses",
		},
		Respond: "Have the operation refuse calls without a credential, and find out what else accepts them.",
	}
}

func (*grammar) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted} }

func (d *grammar) Inspect(s *waywarden.Scene, out *detect.Output) {
	if !accepted(s) {
		return
	}
	c := s.Call
	d.rights.See(s, out.Serial)
	habit := d.habits.See(s, out.Serial)
	command := detect.Commands(c)
	switch {
	case c.Principal.UID == "":
		if command {
			d.bare(s, out)
		}
		return
	case command:
		d.proofs.At(detect.Key(c.Operation.ID)).all++
	}
	if habit.Calls > 0 || c.Principal.Kind == waywarden.PrincipalCharger || c.Principal.Kind == waywarden.PrincipalSession {
		return // a new token is no new caller: whose it is shows later
	}
	g := d.firsts.At(detect.Peers(c))
	g.all++
	if !command {
		return
	}
	g.often++
	if g.all <= firstsMin || float64(g.often-1) > jumpsMax*float64(g.all-1) {
		return
	}
	vehicles(s, func(sub *waywarden.Subject) {
		if !d.rights.Stranger(s, sub.Linked) {
			return
		}
		r := report(s, sub, waywarden.SeverityMedium, "Stranger begins with a command to vehicle "+sub.Twin.UID,
			"The first call of "+detect.Who(s)+" is "+detect.What(c.Operation)+" on vehicle "+sub.Twin.UID+", which it has no link to.")
		r.Facts = []waywarden.Fact{{Name: "peers that began with a command", Observed: "this caller", Normal: detect.Itoa(g.often-1) + " of " + detect.Itoa(g.all-1)}}
		out.Raise(&r)
	})
}

// bare judges an accepted command without a credential.
func (d *grammar) bare(s *waywarden.Scene, out *detect.Output) {
	p := d.proofs.At(detect.Key(s.Call.Operation.ID))
	n := *p
	p.often++
	if n.all < proofsMin || float64(n.often) > jumpsMax*float64(n.all) {
		return
	}
	vehicles(s, func(sub *waywarden.Subject) {
		r := report(s, sub, waywarden.SeverityHigh, "Vehicle "+sub.Twin.UID+" commanded without a credential",
			detect.Who(s)+" had the server accept "+detect.What(s.Call.Operation)+" on vehicle "+sub.Twin.UID+" without any credential.")
		r.Confidence = 90
		r.Facts = []waywarden.Fact{{Name: "credential", Observed: "none", Normal: "with one: " + detect.Itoa(n.all) + " of " + detect.Itoa(n.all+n.often) + " accepted commands"}}
		out.Raise(&r)
	})
}
