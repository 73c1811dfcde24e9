package lifecycle

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Former makes LIF-004: a former owner, renter or user who still acts on the asset.
func Former(m *detect.Memory) detect.Detector {
	return &former{habits: detect.NewTable[habit](m, "LIF-004 former users per operation", 1<<12)}
}

type former struct{ habits *detect.Table[habit] }

// A habit is how many former users an operation served: where it serves them all, it is not theirs to be refused.
type habit struct {
	seen         [habitMax]uint64
	n            int
	last         uint64 // caller counted last
	own, strange int32  // runs of calls by callers with a link to what they name, and by such that never had one
}

// open says whether an operation serves those who never had a link to what they name as a matter of course, as one does
// that shows the vehicles in the street: then a former user is one of them.
func (h *habit) open() bool {
	return h.strange >= openMin && float64(h.strange) >= openShare*float64(h.own)
}

const (
	readGrace = 2 * time.Hour    // an app shows what it knew until it asks again; a renter may extend (domain/invariants.tsv)
	actGrace  = 10 * time.Minute // the last command of a handover, and the lag between two systems
	openMin   = 3                // runs of calls without any link …
	openShare = 0.1              // … and their part of those with one from which an operation is open to all
	habitMax  = 8                // former users of one operation from which on it is how the service works
)

func (d *former) Card() detect.Card {
	return detect.Card{
		ID: "LIF-004", Title: "Former owner or renter still acting", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule,
		Types: []string{"API1:2023", "R155:31.1", "R155:16.1", "R155:19.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputLinks, Helped: detect.InputRequestBodies | detect.InputResponseBodies | detect.InputRegister,
		Desc: `Raised when a caller is served a vehicle or charger that was its own and no longer is: it sold or handed it over, gave it back, cancelled, unpaired, was removed, or the time it was booked for is over.

The end of a link is learned from traffic. Its holder offers the asset and another party claims it as owner; or the holder, who had it by such a handover and not as owner, hands it on; or the holder, or one who may, ends it in so many words; or the register or the booking names the end. Whoever lends an asset keeps it, and so does a fleet manager.

Reads count from two hours after the end on, writes and commands from ten minutes. Where an operation serves eight former users, or callers who never had a link to what they name as a matter of course (vehicles in the street), it is taken for how the service works.`,
		Silent: []string{
			"a seller's app that still refreshes shortly after the handover",
			"a renter who locks the vehicle a last time, or extends the booking",
			"a former owner who is invited again, or whose own list still has the vehicle",
			"somebody who looks at a shared vehicle in the street that he once rented",
			"the owner who lent the vehicle and has it back",
			"a refusal: the server did what it should",
		},
		Respond: "Revoke the former user's access, keys and sessions, and end all links of a vehicle in the same step that hands it over.",
	}
}

func (*former) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.OnSubjects}
}

// Inspect implements detect.Detector.
func (d *former) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Caller == nil || s.Record.HTTP == nil {
		return
	}
	for i := range s.Subjects {
		sub := &s.Subjects[i]
		if !asset(sub) {
			continue
		}
		d.learn(s, sub)
		if l := &sub.Linked; l.Rel == "contact" && !l.Until.IsZero() && d.late(s, l) && !begins(c.Operation.Function.Class) {
			d.raise(s, sub, out)
		}
	}
}

// learn notes whether those who use an operation have to do with what they name.
func (d *former) learn(s *waywarden.Scene, sub *waywarden.Subject) {
	h, who := d.habits.At(detect.Key(s.Call.Operation.ID)), detect.Key(s.Caller.UID)
	switch {
	case who == h.last || s.Call.Principal.Kind == waywarden.PrincipalService:
		return
	case detect.Owns(sub.Linked, s.Now):
		h.own++
	case sub.Linked.Until.IsZero():
		h.strange++
	}
	h.last = who
}

// late says whether a call comes so long after the end of a link that it is no afterglow.
func (d *former) late(s *waywarden.Scene, l *waywarden.Link) bool {
	grace := actGrace
	if s.Call.Operation.Access == waywarden.AccessRead {
		grace = readGrace
	}
	return s.Now.Sub(l.Until) > grace
}

// begins says whether a class of operations begins a link anew, or ends it again.
func begins(class string) bool {
	return strings.HasPrefix(class, "life.") || strings.HasPrefix(class, "ride.re") || strings.HasPrefix(class, "id.") || class == "chg.reserve"
}

func (d *former) raise(s *waywarden.Scene, sub *waywarden.Subject, out *detect.Output) {
	op := s.Call.Operation
	if d.usual(detect.Key(op.ID), detect.Key(s.Caller.UID)) {
		return
	}
	ago := s.Now.Sub(sub.Linked.Until).Round(time.Minute)
	what := string(sub.Twin.Type) + " " + sub.Twin.UID
	r := detect.Report{
		Group: s.Caller.UID + " " + sub.Twin.UID, Subject: sub.Twin.UID, Severity: waywarden.SeverityHigh, Confidence: 85, Operation: op, Principal: s.Call.Principal,
		Title:     "Former user " + s.Caller.UID + " still acts on " + what,
		Desc:      detect.Who(s) + " was served " + detect.What(op) + " for " + what + ", which stopped being its own " + ago.String() + " before. The server did not end the access when the " + string(sub.Twin.Type) + " changed hands.",
		Resources: []waywarden.Resource{{Type: sub.Twin.Type, UID: sub.Twin.UID}},
		Facts:     []waywarden.Fact{{Name: "time since the link ended", Observed: ago.String(), Normal: "no access after it"}},
	}
	out.Raise(&r)
}

// usual notes a former user of an operation and says whether it serves as many as make a habit.
func (d *former) usual(op, who uint64) bool {
	h := d.habits.At(op)
	if h.open() {
		return true
	}
	if slices.Contains(h.seen[:h.n], who) {
		return false
	}
	if h.n == habitMax {
		return true
	}
	h.seen[h.n] = who
	h.n++
	return false
}
