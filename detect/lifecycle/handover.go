package lifecycle

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Handover makes LIF-002: rights over a vehicle given away by someone who has none.
func Handover(m *detect.Memory) detect.Detector {
	return &handover{
		rights: detect.RightsOf(m),
		told:   detect.NewTable[uint64](m, "LIF-002 orders and consents", 1<<16),
		norms:  detect.NewTable[norm](m, "LIF-002 handovers per operation", 1<<10),
		seen:   detect.NewTable[struct{}](m, "LIF-002 parties per operation", 1<<14),
		grants: detect.NewTable[grant](m, "LIF-002 rights just given", 1<<12),
	}
}

type handover struct {
	rights *detect.Rights
	told   *detect.Table[uint64] // vehicle and order, or vehicle alone for a holder's consent: who told it
	norms  *detect.Table[norm]
	seen   *detect.Table[struct{}] // operation and caller
	grants *detect.Table[grant]    // per vehicle
}

// A grant is a right given by a stranger, until its newcomer uses it.
type grant struct {
	at       int64
	giver    uint64
	to       [4]uint64 // values that name the newcomer
	evidence waywarden.Evidence
}

// grantSpan is within what time the newcomer's first command belongs to the grant (domain/invariants.tsv, LIF-002).
const grantSpan = 30 * time.Minute

func (d *handover) Card() detect.Card {
	return detect.Card{
		ID: "LIF-002", Title: "Rights over a vehicle given away by a stranger", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API5:2023", "API1:2023", "R155:3.3", "R155:20.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputRequestBodies, Helped: detect.InputLinks | detect.InputResponseBodies,
		Desc: `Raised when a transfer of ownership or a grant of rights is accepted from a caller who holds nothing on the vehicle, with no order behind it: the request's order number was never told for this vehicle by anybody else, and no holder offered the vehicle or shared it. That speaks where the operation is usually used with an order or a consent: at least three other parties did, and at most one in twenty without.

Where links are learned for the caller's peers, it is also raised when the party that a stranger gave rights to commands the vehicle within thirty minutes.`,
		Silent: []string{
			"a dealer who sells a vehicle with the work order that the system gave for it",
			"a handover the holder began, and an invited driver",
			"a fleet manager who changes the driver of an own vehicle",
			"interfaces whose handovers never carry an order: nothing can be said there",
		},
		Respond: "Undo the transfer, restore the owner's rights, end the newcomer's sessions, and have transfers need the holder's consent or a proof from the vehicle.",
	}
}

func (*handover) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed | detect.OnSubjects}
}

func (d *handover) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Record.HTTP == nil {
		return
	}
	d.rights.See(s, out.Serial)
	orders := detect.TypesOf(waywarden.TypeWorkOrder)
	order := out.Asked.Any(orders) || out.Told.Any(orders)
	if !gives(c) && !order && !detect.Commands(c) || c.Principal.UID == "" {
		return
	}
	for i := range s.Subjects {
		sub := &s.Subjects[i]
		if !detect.IsVehicle(sub) {
			continue
		}
		d.take(s, sub, out)
		if order {
			d.hear(s, sub)
		}
	}
}

// gives says whether a call gives rights over a vehicle away.
func gives(c *waywarden.Call) bool {
	return (c.Operation.Function.Class == "life.transfer" || c.Operation.Function.Class == "life.share_key") && !detect.Reads(c)
}

// take looks at one vehicle of a call.
func (d *handover) take(s *waywarden.Scene, sub *waywarden.Subject, out *detect.Output) {
	switch {
	case detect.Commands(s.Call):
		d.used(s, sub, out)
	case !gives(s.Call):
	case detect.Owns(sub.Linked, s.Now):
		*d.told.At(detect.Key("consent", sub.Twin.UID)) = detect.Key(s.Call.Principal.UID)
	default:
		d.judge(s, sub, out)
	}
}

// hear notes the orders that are told for a vehicle: by the system in an answer, or by a caller.
func (d *handover) hear(s *waywarden.Scene, sub *waywarden.Subject) {
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		if l.Type != waywarden.TypeWorkOrder || len(l.Value) < orderMin {
			continue
		}
		who := detect.Key(s.Call.Principal.UID)
		if l.In == waywarden.InResponse && !asked(s.Call, l.Value) {
			who = detect.Key("the system")
		}
		if k := d.told.At(detect.Key("order", sub.Twin.UID, l.Value)); *k == 0 || *k == detect.Key(s.Call.Principal.UID) {
			*k = who
		}
	}
}

// orderMin is the length from which an order's number tells it from others.
const orderMin = 3

func asked(c *waywarden.Call, v string) bool {
	for i := range c.Leaves {
		if l := &c.Leaves[i]; l.Value == v && l.In != waywarden.InResponse {
			return true
		}
	}
	return false
}

// proved says whether somebody else is behind the handover: who told the order it carries, or a holder who consented.
func (d *handover) proved(s *waywarden.Scene, sub *waywarden.Subject) bool {
	self := detect.Key(s.Call.Principal.UID)
	if by := d.told.Peek(detect.Key("consent", sub.Twin.UID)); by != nil && *by != self {
		return true
	}
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if l.Type != waywarden.TypeWorkOrder {
			continue
		}
		if by := d.told.Peek(detect.Key("order", sub.Twin.UID, l.Value)); by != nil && *by != self {
			return true
		}
	}
	return false
}

// judge holds a handover by one who has no right against how others hand over.
func (d *handover) judge(s *waywarden.Scene, sub *waywarden.Subject, out *detect.Output) {
	op := detect.Key(s.Call.Operation.ID)
	n := d.norms.At(op)
	who := detect.Mix(op, detect.Key(s.Call.Principal.UID))
	known := d.seen.Peek(who) != nil
	d.seen.At(who)
	if d.proved(s, sub) {
		if !known {
			n.proved++
		}
		return
	}
	others := *n
	if !known {
		n.unproved++
	} else if others.unproved > 0 {
		others.unproved-- // the caller's own earlier handover is no norm
	}
	if others.proved >= provedMin && float64(others.unproved) <= provedNot*float64(others.proved+others.unproved) {
		d.raise(s, sub, nil, out)
		return
	}
	if d.rights.Stranger(s, sub.Linked) {
		d.note(s, sub)
	}
}

// note remembers to whom a stranger gave rights.
func (d *handover) note(s *waywarden.Scene, sub *waywarden.Subject) {
	g := d.grants.At(detect.Key(sub.Twin.UID))
	*g = grant{at: s.Now.UnixNano(), giver: detect.Key(s.Call.Principal.UID), evidence: detect.Keep(s)}
	n := 0
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		switch l.Type {
		case waywarden.TypePersonID, waywarden.TypeEmail, waywarden.TypePhone:
			if l.In == waywarden.InBody && n < len(g.to) {
				g.to[n] = detect.Key(l.Value)
				n++
			}
		}
	}
}

// used looks whether a command is the first use of a right that a stranger gave.
func (d *handover) used(s *waywarden.Scene, sub *waywarden.Subject, out *detect.Output) {
	g := d.grants.Peek(detect.Key(sub.Twin.UID))
	if g == nil || g.at == 0 || s.Now.UnixNano()-g.at > int64(grantSpan) {
		return
	}
	if detect.Key(s.Call.Principal.UID) == g.giver || newcomer(s, g) {
		d.raise(s, sub, g, out)
		*g = grant{}
	}
}

func newcomer(s *waywarden.Scene, g *grant) bool {
	if s.Caller == nil {
		return false
	}
	for _, id := range s.Caller.IDs {
		for _, to := range g.to {
			if to != 0 && to == detect.Key(id.Value) {
				return true
			}
		}
	}
	return false
}

func (d *handover) raise(s *waywarden.Scene, sub *waywarden.Subject, g *grant, out *detect.Output) {
	r := detect.Report{
		Group: detect.Caller(s), Subject: sub.Twin.UID, Severity: waywarden.SeverityCritical, Confidence: 85,
		Title:     "Rights over vehicle " + sub.Twin.UID + " given away by a stranger",
		Operation: s.Call.Operation, Principal: s.Call.Principal,
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: sub.Twin.UID}},
		Facts:     []waywarden.Fact{{Name: "order or consent behind the handover", Observed: "none", Normal: "an order told for the vehicle, or its holder's consent"}},
	}
	r.Desc = detect.Who(s) + " had the server accept " + detect.What(s.Call.Operation) + " for vehicle " + sub.Twin.UID + ", which it has no link to; no order was ever told for that vehicle by anybody else, and nobody who holds it offered it."
	if g != nil {
		r.Desc = detect.Who(s) + " commands vehicle " + sub.Twin.UID + " with rights that a stranger to it gave away " + time.Duration(s.Now.UnixNano()-g.at).Round(time.Second).String() + " before."
		r.Evidence = []waywarden.Evidence{g.evidence, detect.Keep(s)}
		r.First = time.Unix(0, g.at).UTC()
	}
	out.Raise(&r)
}
