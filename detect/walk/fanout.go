package walk

import (
	"math"
	"math/bits"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// FanOut makes ENU-003: far more objects in a day than anybody of the caller's kind has to do with.
func FanOut(m *detect.Memory) detect.Detector {
	return &fanOut{
		days:  detect.NewTable[day](m, "ENU-003 callers", 1<<15),
		kinds: detect.NewTable[spread](m, "ENU-003 kinds of callers", 1<<12),
	}
}

type fanOut struct {
	days  *detect.Table[day]
	kinds *detect.Table[spread]
}

// A day is how many objects that are not its own one caller was served within a day: linear counting (Whang, Vander-Zanden
// and Taylor, TODS 15(2), 1990) in 1024 bits, good to 4 % up to some three thousand.
type day struct {
	first    int64
	bits     [16]uint64
	set      int32 // bits set
	levels   int32 // powers of two reached, counted in the kind
	raised   bool
	evidence detect.Few
}

// A spread is how many days of callers reached each power of two of objects.
type spread struct {
	first int64
	reach [fanLevels]int32
}

// Bounds of the verdict.
const (
	fanLevels = 12
	fanSpan   = 24 * time.Hour
	fanAge    = 6 * time.Hour // a kind watched for less may only have begun its day
	fanPeers  = 20            // callers of the kind
	fanMin    = 24            // objects
	fanTimes  = 3             // times more than the most of any other caller …
	fanCrowd  = 60            // … of so many, and twice that of fewer
)

func (d *fanOut) Card() detect.Card {
	return detect.Card{
		ID: "ENU-003", Title: "More objects than the caller's kind has to do with", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API1:2023", "API4:2023", "API6:2023", "R155:3.3", "R155:19.2"},
		Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputLinks | detect.InputResponseBodies | detect.InputRequestBodies,
		Desc: `Raised when a caller is served at least 24 different vehicles, chargers or persons that are not its own within a day, and three times as many (six times where fewer than sixty are known: the busiest of few is no bound) as any of at least twenty other callers of its kind (client, roles, host) in any day so far. Who calls on behalf of a person is counted per person, so that an aggregator's thousands of users are no fan-out. The kind must have been watched for six hours.

This is what sees a compromised dealer or agent, whose peers work on strangers' objects as a matter of course. It is high where the answers hold personal data, positions or vehicles' identifiers, or the calls command.`,
		Silent: []string{
			"fleets and owners of many vehicles: what is linked to the caller does not count",
			"aggregators and roaming hubs, whose users are told apart or whose kind has too few members to tell",
			"drivers who look at the stations of a long way: nothing of anybody is told",
			"a busy day that is twice as busy as any before",
			"the first hours of a capture",
		},
		Respond: "Ask the caller's organisation, limit the objects of one login per day to what the role needs, and check what was read.",
	}
}

func (*fanOut) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.OnSubjects}
}

func (d *fanOut) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Caller == nil || s.Record.HTTP == nil || len(s.Subjects) == 0 {
		return
	}
	if c.Principal.Kind == waywarden.PrincipalCharger || detect.Proves(c.Operation.Function.Class) || detect.Public(c.Operation.Function.Class) {
		return
	}
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; sub.Twin != nil && !detect.Linked(sub) && !street(s, sub, out) {
			d.take(s, sub, out)
		}
	}
}

// street says whether an object stands in the street for everybody to read: a charger of which nothing is told that is
// anybody's.
func street(s *waywarden.Scene, sub *waywarden.Subject, out *detect.Output) bool {
	return sub.Twin.Type == waywarden.AssetCharger && s.Call.Operation.Access == waywarden.AccessRead && !out.Told.Any(detect.Contacts()|detect.Vehicles()|detect.Secrets())
}

// take counts an object that is not the caller's own.
func (d *fanOut) take(s *waywarden.Scene, sub *waywarden.Subject, out *detect.Output) {
	now := s.Now.UnixNano()
	kind := detect.Mix(detect.Peers(s.Call), detect.Key(string(sub.Twin.Type)))
	e := d.days.At(detect.Mix(kind, detect.Key(s.Caller.UID)))
	if e.first == 0 || now-e.first > int64(fanSpan) {
		*e = day{first: now}
	}
	if e.add(detect.Key(sub.Twin.UID)) {
		d.judge(s, sub, e, kind, out)
	}
}

// add notes an object; it says whether it is a new one, as far as the bits tell.
func (e *day) add(object uint64) bool {
	at, bit := object>>6&15, uint64(1)<<(object&63)
	if e.bits[at]&bit != 0 {
		return false
	}
	e.bits[at] |= bit
	e.set++
	return true
}

// count returns how many objects there were.
func (e *day) count() float64 {
	const size = 1024
	return -size * math.Log(max(size-float64(e.set), 1)/size)
}

func (d *fanOut) judge(s *waywarden.Scene, sub *waywarden.Subject, e *day, kind uint64, out *detect.Output) {
	k := d.kinds.At(kind)
	if k.first == 0 {
		k.first = e.first
	}
	n := e.count()
	e.evidence.Add(s)
	if e.raised {
		d.report(s, sub, e, k, nil, out)
		return
	}
	for e.levels < fanLevels && int32(bits.Len32(uint32(n+0.5))) > e.levels {
		k.reach[e.levels]++
		e.levels++
	}
	if n < fanMin || k.reach[0]-1 < fanPeers || s.Now.UnixNano()-k.first < int64(fanAge) || n < k.bound(e) {
		return
	}
	for i := range e.levels {
		k.reach[i]--
	}
	e.raised = true
	d.report(s, sub, e, k, e.evidence.With(s), out)
}

// bound returns how many objects are too many, given what the others had.
func (k *spread) bound(mine *day) float64 {
	if k.reach[0]-1 < fanCrowd {
		return 2 * fanTimes * k.most(mine)
	}
	return fanTimes * k.most(mine)
}

// most returns a bound on the objects of any other caller's day: the power of two above them.
func (k *spread) most(mine *day) float64 {
	for i := fanLevels - 1; i >= 0; i-- {
		n := k.reach[i]
		if !mine.raised && int(mine.levels) > i {
			n--
		}
		if n > 0 {
			return math.Ldexp(1, i+1)
		}
	}
	return 1
}

func (d *fanOut) report(s *waywarden.Scene, sub *waywarden.Subject, e *day, k *spread, ev []waywarden.Evidence, out *detect.Output) {
	op, n := s.Call.Operation, detect.Itoa(e.count()+0.5)
	r := detect.Report{
		Group: s.Caller.UID + " " + string(sub.Twin.Type), Severity: waywarden.SeverityMedium, Confidence: 75, Operation: op, Principal: s.Call.Principal, Evidence: ev,
		First: time.Unix(0, e.first).UTC(),
		Title: "Unusually many " + string(sub.Twin.Type) + "s served to " + s.Caller.UID,
		Desc: detect.Who(s) + " was served " + n + " different " + string(sub.Twin.Type) + "s that are not its own within a day, last " + sub.Twin.UID + " by " + detect.What(op) +
			". None of " + detect.Itoa(k.reach[0]) + " other callers of its kind had as many as " + detect.Itoa(k.most(e)) + ".",
		Resources: []waywarden.Resource{{Type: sub.Twin.Type, UID: sub.Twin.UID}},
		Facts:     []waywarden.Fact{{Name: "objects in a day", Observed: n, Normal: "below " + detect.Itoa(k.most(e))}},
	}
	if op.Access == waywarden.AccessControl || out.Told.Any(detect.Contacts()|detect.Vehicles()|detect.Places()|detect.Secrets()) {
		r.Severity = waywarden.SeverityHigh
	}
	out.Raise(&r)
}
