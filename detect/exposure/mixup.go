package exposure

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// MixUp makes DAT-003: an answer about oneself that is about somebody else.
func MixUp(m *detect.Memory) detect.Detector {
	return &mixUp{
		selves: detect.NewTable[self](m, "DAT-003 operations about oneself", 1<<13),
		seen:   detect.NewTable[struct{}](m, "DAT-003 callers per operation", 1<<18),
	}
}

type mixUp struct {
	selves *detect.Table[self]
	seen   *detect.Table[struct{}]
}

// A self is how an operation that names nobody answers.
type self struct {
	own     int32 // callers that got their own data
	others  int32 // callers that only ever got another's
	since   int64 // when the answers about others that are counted began
	callers [victimsMin]uint64
	n       int
	first   [victimsMin]waywarden.Evidence
	persons [victimsMin]string
	raised  bool
}

// Bounds of the verdict.
const (
	ownMin     = 10               // callers that got their own before an operation is about oneself
	plentyMin  = 50               // … and before one who never got the own says anything …
	othersPart = 0.01             // … if at most this share of them is like that
	victimsMin = 2                // callers that got somebody else's …
	mixSpan    = 30 * time.Minute // … within so long
	mixGap     = 2 * time.Hour    // a pause after which it is another fault
)

func (d *mixUp) Card() detect.Card {
	return detect.Card{
		ID: "DAT-003", Title: "Answer about oneself is about somebody else", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API8:2023", "API1:2023", "R155:3.5", "R155:19.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputResponseBodies,
		Desc: `Raised when an operation that names nobody and tells callers about themselves (at least ten different ones got their own identifier) answers two callers within half an hour with one other person's identifier: a cache or a session store mixes people up. One caller alone may be a shared account. A caller that never got its own counts only where at least fifty did and at most one in a hundred did not.

Only answers about one person count, and only for callers whose own identifier is known from their credential or from before.`,
		Silent: []string{
			"lists of people, drivers, customers",
			"an account that two people share",
			"answers that tell second drivers of the main one",
			"agents who look at a customer: the request names him",
		},
		Respond: "Switch the cache off for answers to signed-in callers, end the sessions concerned, and tell the people whose data were shown.",
	}
}

func (*mixUp) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted} }

func (d *mixUp) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Caller == nil || s.Record.HTTP == nil || c.Operation.Access != waywarden.AccessRead {
		return
	}
	if len(s.Subjects) > 0 || out.Asked != 0 || !out.Told.Any(detect.TypesOf(waywarden.TypePersonID)) {
		return
	}
	told, mine, known := persons(s)
	if told == "" || !known {
		return
	}
	op := detect.Key(c.Operation.ID)
	who := detect.Key(c.Principal.UID)
	e := d.selves.At(op)
	if mine {
		if k := detect.Mix(op, who); d.seen.Peek(k) == nil {
			d.seen.At(k)
			e.own++
		}
		return
	}
	if d.strange(e, op, who) {
		d.judge(s, e, told, who, out)
	}
}

// strange says whether another's data are none of a caller's business: it got its own before, or nearly everybody does.
// Second drivers may be told of the main one.
func (d *mixUp) strange(e *self, op, who uint64) bool {
	if d.seen.Peek(detect.Mix(op, who)) != nil {
		return e.own >= ownMin
	}
	if k := detect.Mix(op, detect.Mix(who, 1)); d.seen.Peek(k) == nil {
		d.seen.At(k)
		e.others++
	}
	return e.own >= plentyMin && float64(e.others) <= 1+othersPart*float64(e.own)
}

// persons returns the one person that an answer is about, "" when there are several; whether it is the caller; and whether
// it is known who the caller is.
func persons(s *waywarden.Scene) (told string, mine, known bool) {
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		if l.In != waywarden.InResponse || l.Type != waywarden.TypePersonID || l.Value == "" {
			continue
		}
		if told != "" && told != l.Value {
			return "", false, false
		}
		told = l.Value
	}
	for i := range s.Caller.IDs {
		if id := &s.Caller.IDs[i]; id.Type == waywarden.TypePersonID {
			known = true
			mine = mine || id.Value == told
		}
	}
	return told, mine, known
}

// judge notes a caller that got somebody else's data, and says so when it is not the only one.
func (d *mixUp) judge(s *waywarden.Scene, e *self, told string, who uint64, out *detect.Output) {
	now := s.Now.UnixNano()
	if span := mixSpan; e.n > 0 {
		if e.raised {
			span = mixGap
		}
		if now-e.since > int64(span) {
			e.n, e.raised = 0, false
		}
	}
	if e.raised {
		e.since = now
		d.report(s, e, told, nil, out)
		return
	}
	if slices.Contains(e.callers[:e.n], who) {
		return
	}
	if e.n == 0 {
		e.since = now
	}
	e.callers[e.n], e.persons[e.n] = who, strings.Clone(told)
	e.first[e.n] = detect.Keep(s)
	if e.n++; e.n == victimsMin {
		e.raised = true
		d.report(s, e, told, e.first[:], out)
	}
}

func (d *mixUp) report(s *waywarden.Scene, e *self, told string, ev []waywarden.Evidence, out *detect.Output) {
	op := s.Call.Operation
	r := detect.Report{
		Group: op.ID, Severity: waywarden.SeverityCritical, Confidence: 90, Operation: op, Evidence: ev,
		Title: "Callers get other people's data from " + detect.What(op),
		Desc: detect.What(op) + " tells callers about themselves, but answered " + detect.Who(s) + " with the data of " + told + ", and others alike within minutes. " +
			"A cache or a session store mixes people up.",
		Resources: []waywarden.Resource{{Type: waywarden.AssetConsumer, UID: told}},
		Facts: []waywarden.Fact{
			{Name: "person in the answer", Observed: told, Normal: s.Call.Principal.UID},
			{Name: "callers that got their own", Observed: detect.Itoa(e.own), Normal: "all"},
		},
	}
	if ev != nil {
		for _, p := range e.persons {
			if p != told {
				r.Resources = append(r.Resources, waywarden.Resource{Type: waywarden.AssetConsumer, UID: p})
			}
		}
	}
	out.Raise(&r)
}
