package walk

import (
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Enumeration makes ENU-001: identifiers tried one after the other, or a store read from end to end.
func Enumeration(m *detect.Memory) detect.Detector {
	return &enumeration{
		walks:  detect.NewTable[walk](m, "ENU-001 callers per operation", 1<<16),
		stores: detect.NewTable[store](m, "ENU-001 operations that list", 1<<13),
		pages:  detect.NewTable[paging](m, "ENU-001 callers per listing", 1<<16),
		groups: detect.NewTable[crowd](m, "ENU-001 groups of callers", 1<<13),
		known:  detect.NewTable[bool](m, "ENU-001 callers per group", 1<<18),
		habits: detect.NewTable[habit](m, "ENU-001 habits per group and operation", 1<<14),
	}
}

type enumeration struct {
	walks  *detect.Table[walk]
	stores *detect.Table[store]
	pages  *detect.Table[paging]
	groups *detect.Table[crowd]
	known  *detect.Table[bool]
	habits *detect.Table[habit]
}

// A habit is whether the callers of a group use an operation on what is their own.
type habit struct {
	last  uint64 // caller counted last
	own   int32  // callers with an object of their own, roughly: runs of calls
	other int32  // … with another's
}

// personal says whether a group uses an operation on its own objects, so that walking through others is no work of theirs.
func (h *habit) personal() bool { return h.own >= 5 && h.own >= 4*h.other }

// A walk is how one caller, or all who prove nothing, name the objects of one operation.
type walk struct {
	first, last int64 // unix nanoseconds
	distinct    int32
	adjacent    int32 // distinct objects beside one named shortly before
	up          int32 // … of them above it
	refused     int32 // distinct objects refused
	served      int32 // … served
	at          uint8
	raised      bool
	ring        [recent]number // objects named last
	seen        [seenMax]uint32
	evidence    [8]waywarden.Evidence // the first ones, cited when the walk is recognised
}

const (
	recent  = 4
	seenMax = 64
)

// Bounds of the verdict.
const (
	walkGap     = 6 * time.Hour // a walk that pauses longer is another one
	walkMin     = 8             // distinct objects before there is a verdict
	walkShare   = 0.4           // share of them beside one named shortly before
	walkWay     = 0.75          // share of those that lie in one direction
	publicMin   = 16            // distinct objects of a public operation
	publicWay   = 0.9           // share in one direction there
	refusedMin  = 10            // distinct objects before refusals alone give a verdict …
	refusedPart = 0.5           // … at this share
	nextMax     = 3             // how far apart neighbours may be
)

// A number is an identifier taken apart: a number and what stands around it.
type number struct {
	around uint64
	n      uint64
}

func (d *enumeration) Card() detect.Card {
	return detect.Card{
		ID: "ENU-001", Title: "Enumeration of identifiers",
		Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API1:2023", "API4:2023", "API6:2023", "API9:2023", "R155:3.3", "R155:19.2"},
		Needs: detect.InputCalls, Helped: detect.InputCredentials | detect.InputLinks | detect.InputRequestBodies | detect.InputResponseBodies,
		Desc: `Raised when a caller names objects that are not its own one beside the other (serial numbers of VINs without their check digit, running numbers, station ids), or many of which most are refused; and when a caller reads a store of many objects page by page that its peers, watched for at least six hours, do not read so.

Callers without a credential are watched per address and, since a walk may be spread over addresses, per operation as well. A walk may pause for up to six hours, so slow ones are seen too. Objects that are or were linked to the caller never count, nor does an answer of 401 to a call without a credential.`,
		Silent: []string{
			"fleets, insurers and recall desks that work through long lists and are served",
			"single mistyped or outdated identifiers, and those of vehicles that a fleet gave back",
			"a program that lost its token: 401 for everybody's own vehicle",
			"viewers of a public map that open stations near one another",
			"scanners that look for paths rather than objects",
		},
		Respond: "Limit the rate per object rather than per call, answer unknown and foreign objects alike, and block the caller. Check what was served.",
	}
}

func (*enumeration) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls} }

func (d *enumeration) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || s.Record.HTTP.Status == 0 || detect.Proves(c.Operation.Function.Class) {
		return
	}
	known := c.Principal.UID != ""
	if known {
		d.meet(s)
	}
	if len(s.Subjects) == 0 {
		if c.Success && out.Objects >= pageMin {
			d.page(s, out)
		}
		return
	}
	sub := foreign(s)
	if known {
		d.learn(s, sub)
	}
	if sub != nil && !batch(c) {
		d.watch(s, sub, out)
	}
}

// batch says whether a call is of a machine that works through objects by its nature: a service, a charger, or one that
// proves nothing but comes from inside the network.
func batch(c *waywarden.Call) bool {
	switch c.Principal.Kind {
	case waywarden.PrincipalService, waywarden.PrincipalCharger:
		return true
	}
	return c.Principal.UID == "" && detect.Inside(c.Record.HTTP.Client.IP)
}

// watch takes an object that is not the caller's own into the walk it belongs to.
func (d *enumeration) watch(s *waywarden.Scene, sub *waywarden.Subject, out *detect.Output) {
	op, who := detect.Key(s.Call.Operation.ID), detect.Caller(s)
	if s.Call.Principal.UID != "" {
		d.step(s, sub, detect.Mix(op, detect.Key(who)), "caller "+who, out)
		return
	}
	// Walkers who prove nothing are one finding per operation, however they spread.
	d.step(s, sub, detect.Mix(op, detect.Key(who)), "anybody", out)
	d.step(s, sub, op, "anybody", out)
}

// foreign returns the first object the request names that is not and never was the caller's own, nil if there is none or there are
// several: a bulk request is no walk.
func foreign(s *waywarden.Scene) *waywarden.Subject {
	var one *waywarden.Subject
	for i := range s.Subjects {
		if l := &s.Subjects[i].Linked; detect.Linked(&s.Subjects[i]) || !l.Until.IsZero() {
			continue
		}
		if one != nil {
			return nil
		}
		one = &s.Subjects[i]
	}
	return one
}

// step notes one object of a walk and says so when the walk is one.
func (d *enumeration) step(s *waywarden.Scene, sub *waywarden.Subject, key uint64, group string, out *detect.Output) {
	l := &s.Call.Leaves[sub.Leaf]
	w := d.walks.At(key)
	now := s.Now.UnixNano()
	if w.last != 0 && now-w.last > int64(walkGap) {
		*w = walk{}
	}
	if w.first == 0 {
		w.first = now
	}
	w.last = now
	if !w.add(l, s.Call.Success, refused(s)) {
		if w.raised {
			d.report(s, sub, w, group, out, nil)
		}
		return
	}
	if n := int(w.distinct) - 1; !w.raised && n < len(w.evidence) {
		w.evidence[n] = detect.Keep(s)
	}
	if w.raised {
		d.report(s, sub, w, group, out, nil)
		return
	}
	if !w.suspicious(d.work(s), public(s, out)) {
		return
	}
	w.raised = true
	ev := append([]waywarden.Evidence{}, w.evidence[:min(int(w.distinct), len(w.evidence))]...)
	if last := detect.EvidenceOf(s); ev[len(ev)-1].Record != last.Record {
		ev = append(ev, last)
	}
	d.report(s, sub, w, group, out, ev)
}

// work says whether the caller's group uses the operation on objects of others as a matter of course, or may do so.
func (d *enumeration) work(s *waywarden.Scene) bool {
	return s.Call.Principal.UID != "" && !d.habits.At(d.habit(s)).personal()
}

func (d *enumeration) habit(s *waywarden.Scene) uint64 {
	return detect.Mix(detect.Peers(s.Call), detect.Key(s.Call.Operation.ID))
}

// learn notes whether the caller named its own or another's object.
func (d *enumeration) learn(s *waywarden.Scene, sub *waywarden.Subject) {
	h := d.habits.At(d.habit(s))
	if who := detect.Key(s.Call.Principal.UID); who != h.last {
		h.last = who
		if sub == nil {
			h.own++
		} else {
			h.other++
		}
	}
}

// add notes an object; it says whether it is a new one.
func (w *walk) add(l *waywarden.Leaf, success, refused bool) bool {
	h := uint32(xxh3.HashString(l.Value)) | 1
	if slices.Contains(w.seen[:min(int(w.distinct), seenMax)], h) {
		return false
	}
	w.seen[int(w.distinct)%seenMax] = h
	w.distinct++
	switch {
	case success:
		w.served++
	case refused:
		w.refused++
	}
	w.place(numberOf(l))
	return true
}

// refused says whether the server refused the object named. Who shows no credential and is told to sign in learned nothing
// of the object: programs that lost their token do so for everybody's own.
func refused(s *waywarden.Scene) bool {
	switch s.Record.HTTP.Status {
	case 400, 403, 404, 410, 422:
		return true
	case 401:
		return s.Call.Principal.UID != ""
	}
	return false
}

// place holds a number against those named last.
func (w *walk) place(n number) {
	for _, r := range w.ring {
		if r.around == 0 || r.around != n.around || n.n == r.n || max(n.n, r.n)-min(n.n, r.n) > nextMax {
			continue
		}
		w.adjacent++
		if n.n > r.n {
			w.up++
		}
		break
	}
	w.ring[w.at%recent] = n
	w.at++
}

// suspicious says whether the objects named make a walk. Where objects of others are the caller's work, their order
// says nothing. Among few numbers neighbours come up by chance, but not in one direction; where the objects are public
// anyway more of that is wanted.
func (w *walk) suspicious(work, public bool) bool {
	n, least, way := float64(w.distinct), int32(walkMin), walkWay
	if public {
		least, way = publicMin, publicWay
	}
	straight := float64(max(w.up, w.adjacent-w.up))
	if !work && w.distinct >= least && float64(w.adjacent) >= walkShare*n && straight >= way*float64(w.adjacent) {
		return true
	}
	return w.distinct >= refusedMin && float64(w.refused) >= refusedPart*n
}

// numberOf takes an identifier apart. The longest run of digits is the number; a VIN's check digit is left out.
func numberOf(l *waywarden.Leaf) number {
	v := l.Value
	if l.Type == waywarden.TypeVIN && len(v) == 17 {
		v = v[:8] + v[9:]
	}
	start, end := -1, -1
	for i := 0; i < len(v); {
		if v[i] < '0' || v[i] > '9' {
			i++
			continue
		}
		j := i
		for j < len(v) && v[j] >= '0' && v[j] <= '9' {
			j++
		}
		if j-i >= end-start {
			start, end = i, j
		}
		i = j
	}
	if start < 0 || end-start < 2 || end-start > 18 {
		return number{}
	}
	var n uint64
	for _, c := range []byte(v[start:end]) {
		n = n*10 + uint64(c-'0')
	}
	return number{around: detect.Key(v[:start], v[end:]) | 1, n: n}
}

// public says whether an operation is meant for everyone and tells nothing of anybody.
func public(s *waywarden.Scene, out *detect.Output) bool {
	return detect.Public(s.Call.Operation.Function.Class) && !out.Told.Any(detect.Contacts()&^detect.TypesOf(waywarden.TypeNameAddress)|detect.Vehicles()|detect.Secrets())
}

func (d *enumeration) report(s *waywarden.Scene, sub *waywarden.Subject, w *walk, group string, out *detect.Output, ev []waywarden.Evidence) {
	op := s.Call.Operation
	r := detect.Report{
		Group: group + " " + op.ID, Severity: waywarden.SeverityHigh, Confidence: 85, Operation: op, Principal: s.Call.Principal, Evidence: ev,
		First: time.Unix(0, w.first).UTC(),
		Title: "Identifiers walked through at " + detect.What(op),
		Facts: []waywarden.Fact{
			{Name: "distinct objects named", Observed: detect.Itoa(w.distinct), Normal: "those linked to the caller"},
			{Name: "beside one named shortly before", Observed: detect.Itoa(w.adjacent), Normal: "below " + detect.Itoa(int(walkShare*100)) + " %"},
			{Name: "refused", Observed: detect.Itoa(w.refused), Normal: "below " + detect.Itoa(int(refusedPart*100)) + " %"},
		},
	}
	r.Desc = detect.Who(s) + " named " + detect.Itoa(w.distinct) + " different objects at " + detect.What(op) + " within " +
		time.Duration(w.last-w.first).Round(time.Second).String() + ", " + detect.Itoa(w.adjacent) + " of them beside the one before and " + detect.Itoa(w.refused) +
		" refused. Honest callers name what was given to them; who counts through identifiers collects what belongs to others."
	if w.served == 0 || public(s, out) {
		r.Severity = waywarden.SeverityMedium
	}
	if s.Call.Success {
		r.Resources = []waywarden.Resource{detect.Asset(s, sub)}
	}
	out.Raise(&r)
}
