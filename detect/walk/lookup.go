package walk

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// IdleLookup makes ENU-007: identifiers that stand on objects looked up in numbers, and never used.
func IdleLookup(m *detect.Memory) detect.Detector {
	return &idleLookup{
		callers: detect.NewTable[looking](m, "ENU-007 callers", 1<<15),
		groups:  detect.NewTable[follow](m, "ENU-007 groups of callers", 1<<12),
	}
}

type idleLookup struct {
	callers *detect.Table[looking]
	groups  *detect.Table[follow]
}

// A looking is what one caller looked up within an hour.
type looking struct {
	first    int64
	objects  detect.Set
	counted  bool // as one who looks
	acts     bool // … and uses what it looked up, at any time
	many     bool // as one who looks up many without using any
	raised   bool
	evidence detect.Few
}

// A follow is how many callers of a group look objects up, how many of them use one afterwards, and how many look up many
// and use none.
type follow struct{ lookers, actors, idlers int32 }

// Bounds of the verdict.
const (
	lookSpan  = time.Hour
	lookMin   = 10   // objects looked up and none used
	lookPeers = 20   // other callers that look objects up …
	lookActs  = 0.5  // … the share of them that use one …
	lookIdle  = 0.02 // … and the share that look up as many and use none up to which it is strange
)

func (d *idleLookup) Card() detect.Card {
	return detect.Card{
		ID: "ENU-007", Title: "Objects looked up and never used", Severity: waywarden.SeverityMedium, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API1:2023", "API3:2023", "API6:2023", "R155:3.3"},
		Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputRequestBodies,
		Desc: `Raised when a caller looks up at least ten different vehicles or chargers that are not its own within an hour and uses none of them, where looking up goes with use: at least half of at least twenty other callers of the same client and roles that look objects up also unlock, start, reserve or otherwise command one of them, and at most one in fifty looks up as many in vain. Such identifiers stand on the object (a QR code, a number on the lid): who does not stand before it counts through them.`,
		Silent: []string{
			"maps and lists, which are looked at by most without using anything",
			"a curious person before a row of scooters",
			"services and staff whose kind looks objects up as a matter of course",
		},
		Respond: "Make the printed code a random one, limit lookups per account without use, and give less away before the ride is booked.",
	}
}

func (*idleLookup) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed | detect.OnSubjects}
}

func (d *idleLookup) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || len(s.Subjects) == 0 || c.Principal.UID == "" || s.Record.HTTP == nil {
		return
	}
	if c.Principal.Kind == waywarden.PrincipalService || c.Principal.Kind == waywarden.PrincipalCharger || detect.Proves(c.Operation.Function.Class) {
		return
	}
	sub := foreign(s)
	if sub == nil || sub.Twin == nil || sub.Twin.Type == waywarden.AssetConsumer {
		d.own(s)
		return
	}
	group := detect.Peers(c)
	e := d.callers.At(detect.Mix(group, detect.Key(c.Principal.UID)))
	if c.Operation.Access == waywarden.AccessRead {
		d.look(s, sub, e, group, out)
		return
	}
	d.act(e, group, detect.Key(sub.Twin.UID))
}

// own takes a use of what is meanwhile the caller's own for the use of what it looked up.
func (d *idleLookup) own(s *waywarden.Scene) {
	if s.Call.Operation.Access == waywarden.AccessRead {
		return
	}
	group := detect.Peers(s.Call)
	e := d.callers.Peek(detect.Mix(group, detect.Key(s.Call.Principal.UID)))
	for i := range s.Subjects {
		if w := s.Subjects[i].Twin; e != nil && w != nil {
			d.act(e, group, detect.Key(w.UID))
		}
	}
}

// act notes that a caller used an object it looked up.
func (d *idleLookup) act(e *looking, group, object uint64) {
	if e.acts || !e.objects.Holds(object) {
		return
	}
	e.acts = true
	g := d.groups.At(group)
	g.actors++
	if e.many {
		e.many = false
		g.idlers--
	}
}

func (d *idleLookup) look(s *waywarden.Scene, sub *waywarden.Subject, e *looking, group uint64, out *detect.Output) {
	now := s.Now.UnixNano()
	if e.first == 0 || now-e.first > int64(lookSpan) {
		*e = looking{first: now, counted: e.counted, acts: e.acts, many: e.many}
	}
	g := d.groups.At(group)
	if !e.counted {
		e.counted = true
		g.lookers++
	}
	if !e.objects.Add(detect.Key(sub.Twin.UID)) {
		return
	}
	e.evidence.Add(s)
	if e.acts || e.objects.N < lookMin || e.many {
		return
	}
	others := float64(g.lookers - 1)
	if !e.raised && (others < lookPeers || float64(g.actors) < lookActs*others || float64(g.idlers) > lookIdle*others) {
		e.many = true
		g.idlers++
		return
	}
	var ev []waywarden.Evidence
	if !e.raised {
		e.raised = true
		ev = e.evidence.With(s)
	}
	d.report(s, sub, e, g, ev, out)
}

func (d *idleLookup) report(s *waywarden.Scene, sub *waywarden.Subject, e *looking, g *follow, ev []waywarden.Evidence, out *detect.Output) {
	op := s.Call.Operation
	out.Raise(&detect.Report{
		Group: s.Call.Principal.UID, Severity: waywarden.SeverityMedium, Confidence: 70, Operation: op, Principal: s.Call.Principal, Evidence: ev,
		First: time.Unix(0, e.first).UTC(),
		Title: "Objects looked up and never used by " + s.Call.Principal.UID,
		Desc: detect.Who(s) + " looked up " + detect.Itoa(e.objects.N) + " different " + string(sub.Twin.Type) + "s with " + detect.What(op) + " within an hour and used none. " +
			detect.Itoa(g.actors) + " of " + detect.Itoa(g.lookers) + " callers of its kind use what they look up.",
		Resources: []waywarden.Resource{{Type: sub.Twin.Type, UID: sub.Twin.UID}},
		Facts: []waywarden.Fact{
			{Name: "objects looked up in an hour, none used", Observed: detect.Itoa(e.objects.N), Normal: "below " + detect.Itoa(lookMin)},
			{Name: "callers that use what they look up", Observed: detect.Itoa(g.actors), Normal: "of " + detect.Itoa(g.lookers)},
		},
	})
}
