package access

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// ForeignObject makes AUT-001: an object outside the caller's links.
func ForeignObject(m *detect.Memory) detect.Detector {
	return &foreignObject{
		cells:   detect.NewTable[cell](m, "AUT-001 operations per group of callers", 1<<15),
		touches: detect.NewTable[touch](m, "AUT-001 callers per operation", 1<<18),
		callers: detect.NewTable[stray](m, "AUT-001 callers with foreign objects", 1<<14),
	}
}

type foreignObject struct {
	cells   *detect.Table[cell]
	touches *detect.Table[touch]
	callers *detect.Table[stray]
}

// endGrace is how long after its end a link still counts (domain/invariants.tsv, LIF-004): a car is given back some minutes
// late.
const endGrace = 2 * time.Hour

// strayMax is the number of foreign objects up to which callers are told apart.
const strayMax = 8

// A cell is how a group of callers uses an operation: of the callers that touched any object with it, how many touched
// at least k+1 that they have no link to. It counts callers, not calls: one busy caller must not set the norm.
type cell struct {
	callers int32
	strays  [strayMax]int32
	late    int32 // callers whose link to such an object showed only after the use
	singles int32 // of a group as a whole: callers reported for a single object, that went no further
}

// A touch is one caller's use of one operation.
type touch struct {
	counted bool
	alerted bool // its strays were taken out of the norm
	late    bool
	n       uint8
	seen    [strayMax]uint64
}

// A stray is a caller with foreign objects, over all operations.
type stray struct {
	name   string // by which it was reported first
	cell   uint64 // in which
	n      int32
	raised bool
	single bool // reported for one object, so far
	seen   [64]uint64
}

// Bounds of the verdict. A group whose members reach for unlinked objects as a matter of course (dealers, call centres,
// apps that keep a list from before) says nothing about one who does; a group never seen doing so says a lot.
const (
	callersMin  = 20   // other callers of the operation before there is a norm
	firstMin    = 60   // … before a single object is enough
	firstShare  = 0.01 // share of others with a foreign object up to which a single one is enough
	secondShare = 0.05 // … up to which several are
	tailShare   = 0.02 // share of others with as many foreign objects

	unlistedMin, unlistedPeers, unlistedShare = 5, 200, 0.005 // for callers whose own list was never seen …
	quickMin, quickPeers, quickShare          = 2, 100, 0.02  // … and at once, where links show before the use as a rule

	priorWeight  = 60 // callers by which the group as a whole speaks for an operation that few call
	strangersMin = 3  // other persons whose data a caller was given by an operation that hardly anybody calls
	selfMin      = 8  // others who changed only themselves before changing another person is enough

	strayShare = 0.5 // share of callers with a foreign object from which links say nothing, and only their number does:
	manyMin    = 5   // objects …
	severalMin = 3   // … or so many where of a hundred none has even two …
	manyShare  = 0.1 // … where at most this share has even two, none as many …
	singlesMax = 3   // callers of a group reported for a single object each, from which a single one is an accident of this group
	learnedMin = 20  // … and the group's other assets are linked: answers that list are seen
)

func (d *foreignObject) Card() detect.Card {
	return detect.Card{
		ID: "AUT-001", Title: "Object outside the caller's links",
		Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API1:2023", "R155:1.2", "R155:3.3", "R155:16.1", "R155:19.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputLinks | detect.InputResponseBodies, Helped: detect.InputRequestBodies | detect.InputRegister,
		Desc: `Raised when a caller is served an object (vehicle, charger, other person) that no list, pairing, booking, register row or long use links to it, where its peers do not do so.

Peers come with the same client and roles to the same host. Of those who used the operation it is counted how many ever touched one, two, … unlinked objects. Who has a fleet is not compared with who has a car. A single foreign object is enough only where at least 60 others used the operation, at most 1 % of them strayed, the caller's own list is known, and the object is in somebody else's. Several are enough where at most 5 % ever strayed and at most 2 % as far. Where lists are often missed, three are enough if at least a hundred others used the operation, at most 1 % of them with two and none with three.

A caller whose own list was never seen needs two, where at least a hundred peers are linked to what they use before they use it (at most 2 % not, or only later, and none with two); else five, where no more than one in two hundred peers strays. Callers that were reported are taken out of the norm; but once three of a group were reported for one object each and went no further, the group has accidents (a link that is sent on, a family, a sale), and further callers need a second object. Where nothing links anybody to what they use, but each uses one object, five are enough, or three where none of a hundred has two. Where peers reach for several unlinked objects as a matter of course, or are too few to tell, nothing is raised.

The finding is withdrawn when the object turns out to be linked to the caller after all.`,
		Silent: []string{
			"dealers, workshops and call centres that work on strangers' vehicles",
			"aggregators and apps that use identifiers kept from before",
			"a new pairing, a shared key, a rental: links that the traffic shows",
			"mistyped identifiers and sold vehicles: refusals alone are no access",
		},
		Respond: "Block the caller's session, check the object access of the operation on the server, and tell the owners of the objects named.",
	}
}

func (*foreignObject) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls} }

func (d *foreignObject) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Caller == nil || s.Record.HTTP == nil || c.Principal.Kind == waywarden.PrincipalCharger {
		return
	}
	group := detect.Mix(detect.Peers(c), station(s.Caller))
	if c.Success { // everybody could have named another person
		d.count(detect.Mix(group, detect.Key(string(waywarden.AssetConsumer))), d.who(s.Caller))
	}
	if grants(c.Operation.Function.Class) {
		return
	}
	for i := range s.Subjects {
		d.inspect(s, &s.Subjects[i], group, out)
	}
}

// inspect looks at one subject of a call.
func (d *foreignObject) inspect(s *waywarden.Scene, sub *waywarden.Subject, group uint64, out *detect.Output) {
	switch {
	case operand(s, sub), ended(sub, s.Now):
	case detect.Linked(sub):
		d.linked(s, sub, group, out)
	case s.Call.Success && sub.Twin != nil && (sub.Known || s.Call.Operation.Access != waywarden.AccessWrite):
		d.unlinked(s, sub, group, out)
	}
}

// ended says whether the caller's link to a subject ended so shortly before that it still counts: people are late.
func ended(sub *waywarden.Subject, now time.Time) bool {
	until := sub.Linked.Until
	return !until.IsZero() && !until.After(now) && now.Sub(until) <= endGrace
}

// grants says whether a class of operations proves who somebody is, or gives the very link that is looked for.
func grants(class string) bool {
	switch class {
	case "life.pair", "life.share_key", "ride.request":
		return true
	}
	return detect.Proves(class) && class != "id.recover"
}

// station says how a caller stands among those of its credential: who has a fleet is no peer of who has a car.
func station(caller *waywarden.Twin) uint64 {
	for i := range caller.Links {
		if caller.Links[i].Rel == "fleet_manager" {
			return 2
		}
	}
	return 1
}

// operand says whether a subject is not what the call acts on but what it is to be given: the driver that a vehicle is
// assigned to.
func operand(s *waywarden.Scene, sub *waywarden.Subject) bool {
	if s.Call.Leaves[sub.Leaf].Type != waywarden.TypePersonID {
		return false
	}
	for i := range s.Subjects {
		if o := &s.Subjects[i]; o != sub && s.Call.Leaves[o.Leaf].Type != waywarden.TypePersonID {
			return true
		}
	}
	return false
}

// keys returns the keys of the cell of an operation, of the group as a whole, and of the caller's touches of both.
func (d *foreignObject) keys(s *waywarden.Scene, sub *waywarden.Subject, group uint64) (op, all, who uint64) {
	kind := detect.Key(string(sub.Twin.Type))
	op = detect.Mix(detect.Mix(group, detect.Key(s.Call.Operation.ID)), kind)
	all = detect.Mix(group, kind)
	return op, all, d.who(s.Caller)
}

// who returns the key of a caller. One that was reported keeps its key when it becomes known by another name.
func (d *foreignObject) who(caller *waywarden.Twin) uint64 {
	for i := range caller.IDs {
		k := detect.Key(caller.IDs[i].Value)
		if e := d.callers.Peek(k); e != nil && e.raised {
			return k
		}
	}
	return detect.Key(caller.UID)
}

// linked notes that the caller used the operation on what is its own.
func (d *foreignObject) linked(s *waywarden.Scene, sub *waywarden.Subject, group uint64, out *detect.Output) {
	op, all, who := d.keys(s, sub, group)
	object := detect.Key(sub.Twin.UID)
	d.heal(op, who, object)
	d.heal(all, who, object)
	if sub.Linked.Proof == "use" {
		return
	}
	if e := d.callers.Peek(who); e != nil && e.raised {
		out.RetractTwin(e.name, sub.Twin, "the object is linked to the caller after all ("+sub.Linked.Proof+").")
	}
}

// count notes a caller of a cell once.
func (d *foreignObject) count(key, who uint64) *touch {
	t := d.touches.At(detect.Mix(key, who))
	if !t.counted {
		t.counted = true
		d.cells.At(key).callers++
	}
	return t
}

// heal counts a caller of a cell, and forgets that an object was foreign to it.
func (d *foreignObject) heal(key, who, object uint64) {
	t := d.count(key, who)
	for i := range int(t.n) {
		if t.seen[i] != object {
			continue
		}
		if !t.late {
			t.late = true
			d.cells.At(key).late++
		}
		if !t.alerted {
			d.cells.At(key).strays[t.n-1]--
		}
		t.n--
		t.seen[i] = t.seen[t.n]
		return
	}
}

// add notes a foreign object of a caller in a cell; it says how many there are now, 0 if this one is known.
func (d *foreignObject) add(key, who, object uint64) int {
	t := d.count(key, who)
	if slices.Contains(t.seen[:min(int(t.n), strayMax)], object) {
		return 0
	}
	if t.n < strayMax {
		t.seen[t.n] = object
		t.n++
		if !t.alerted {
			d.cells.At(key).strays[t.n-1]++
		}
	}
	return int(t.n)
}

// forgive takes a reported caller out of the norm of a cell.
func (d *foreignObject) forgive(key, who uint64) {
	t := d.touches.At(detect.Mix(key, who))
	if t.alerted {
		return
	}
	t.alerted = true
	c := d.cells.At(key)
	for k := range int(t.n) {
		c.strays[k]--
	}
}

// A norm is what the other callers of a cell did: how many there are, and how many of them have at least one, two and
// as many foreign objects as the caller in question.
type norm struct{ callers, first, second, tail, late float64 }

// pool adds the group as a whole to an operation that few call, with a limited weight.
func (m *norm) pool(group norm) {
	w := min(priorWeight, group.callers) / group.callers
	m.callers += w * group.callers
	m.first += w * group.first
	m.second += w * group.second
	m.tail += w * group.tail
	m.late += w * group.late
}

// norm returns what the others of a cell did, n being the foreign objects of the caller in question.
func (d *foreignObject) norm(key, who uint64, n int) norm {
	c, t := *d.cells.At(key), *d.touches.At(detect.Mix(key, who))
	at := func(k int) float64 {
		v := c.strays[k-1]
		if !t.alerted && int(t.n) >= k {
			v--
		}
		return float64(v)
	}
	m := norm{callers: float64(c.callers), first: at(1), second: at(2), tail: at(n), late: float64(c.late)}
	if t.counted {
		m.callers--
	}
	if t.late {
		m.late--
	}
	return m
}

func (d *foreignObject) unlinked(s *waywarden.Scene, sub *waywarden.Subject, group uint64, out *detect.Output) {
	op, all, who := d.keys(s, sub, group)
	object := detect.Key(sub.Twin.UID)
	n := d.add(op, who, object)
	d.add(all, who, object)
	e := d.callers.At(who)
	if e.raised {
		if m := d.norm(op, who, 1); op == e.cell || m.first < strayShare*m.callers || m.callers == 0 {
			d.report(s, sub, op, all, who, e, out)
		}
		return
	}
	if n == 0 || n == 1 && d.cells.At(all).singles >= singlesMax || !d.unusual(s, sub, op, all, who, n) {
		return
	}
	if n == 1 {
		e.single = true
		d.cells.At(all).singles++
	}
	t := d.touches.At(detect.Mix(op, who))
	e.n = int32(copy(e.seen[:], t.seen[:t.n]))
	d.forgive(op, who)
	d.forgive(all, who)
	e.raised, e.name, e.cell = true, strings.Clone(s.Caller.UID), op
	d.report(s, sub, op, all, who, e, out)
}

// unusual says whether n foreign objects are out of the norm of the caller's peers.
func (d *foreignObject) unusual(s *waywarden.Scene, sub *waywarden.Subject, op, all, who uint64, n int) bool {
	norm, group := d.norm(op, who, n), d.norm(all, who, n)
	person := sub.Twin.Type == waywarden.AssetConsumer
	if person && s.Call.Operation.Access != waywarden.AccessRead && norm.callers >= selfMin && norm.first == 0 {
		return listed(s, sub)
	}
	if norm.callers < callersMin && (person && n < strangersMin || !norm.borrow(group)) {
		return false // too few to tell; of persons some are those one shares a vehicle with
	}
	learned, known := s.LinksLearned >= learnedMin, listed(s, sub)
	if !known && !s.Unseen && learned && group.prompt(n) && norm.first <= firstShare*norm.callers {
		return true
	}
	return norm.broken(n, learned, known, taken(sub))
}

// borrow adds the group as a whole to an operation that has no norm of its own, and says whether that makes one: the
// group's must be spotless.
func (m *norm) borrow(group norm) bool {
	if m.callers > 0 && m.first > secondShare*m.callers || group.callers < 2*callersMin {
		return false
	}
	m.pool(group)
	return m.first <= firstShare*m.callers
}

// prompt says whether the callers of a group are linked to what they use before they use it, so that even one whose own
// list was never seen has no business with so many objects: lists kept from before would show as links that come late.
func (m *norm) prompt(n int) bool {
	return n >= quickMin && m.callers >= quickPeers && m.first+m.late <= quickShare*m.callers && m.second < 1
}

// broken says whether n foreign objects break the norm, given whether the group's links were learned at all, whether the
// caller's own is known and whether the last of the objects is somebody else's.
func (m *norm) broken(n int, learned, listed, taken bool) bool {
	share, tail := m.first/m.callers, m.tail/m.callers
	switch {
	case share >= strayShare:
		return learned && m.many(n)
	case !listed: // it may have its list from before
		return n >= unlistedMin && m.callers >= unlistedPeers && share <= unlistedShare
	case n == 1:
		return m.callers >= firstMin && share <= firstShare && taken
	case share <= secondShare:
		return tail <= tailShare
	}
	// Lists are missed often here, but nobody is missed with so many.
	return n >= severalMin && m.callers >= quickPeers && m.second <= firstShare*m.callers && m.tail < 1
}

// many says whether n objects are many where links say nothing, but each of the others has one.
func (m *norm) many(n int) bool {
	if n >= severalMin && m.callers >= quickPeers && m.second < 1 {
		return true
	}
	return n >= manyMin && m.second <= manyShare*m.callers && m.tail < 1
}

// listed says whether it is known what the caller's own is: its list, or for persons who it is.
func listed(s *waywarden.Scene, sub *waywarden.Subject) bool {
	if sub.Twin.Type != waywarden.AssetConsumer {
		return len(s.Caller.Links) > 0 && !s.Unseen
	}
	for i := range s.Caller.IDs {
		if s.Caller.IDs[i].Type == waywarden.TypePersonID {
			return true
		}
	}
	return false
}

// taken says whether somebody else has a sure link to the subject, or the subject is itself a party.
func taken(sub *waywarden.Subject) bool {
	if sub.Twin.Type == waywarden.AssetConsumer {
		return true
	}
	for i := range sub.Twin.Links {
		if l := &sub.Twin.Links[i]; l.Confidence >= detect.LinkSure && l.Type == waywarden.AssetConsumer {
			return true
		}
	}
	return false
}

func (d *foreignObject) report(s *waywarden.Scene, sub *waywarden.Subject, op, all, who uint64, e *stray, out *detect.Output) {
	object := detect.Key(sub.Twin.UID)
	fresh := true
	for _, x := range e.seen[:min(int(e.n), len(e.seen))] {
		fresh = fresh && x != object
	}
	if fresh {
		if int(e.n) < len(e.seen) {
			e.seen[e.n] = object
		}
		e.n++
		if e.single && e.n > 1 {
			e.single = false
			d.cells.At(all).singles--
		}
	}
	peers := d.norm(op, who, 1)
	if peers.callers < callersMin {
		peers = d.norm(all, who, 1)
	}
	o := s.Call.Operation
	r := detect.Report{
		Group: e.name, Subject: sub.Twin.UID, Severity: waywarden.SeverityHigh, Confidence: min(95, 65+10*int(e.n)),
		Operation: o, Principal: s.Call.Principal,
		Title:     "Access to foreign " + string(sub.Twin.Type) + "s by " + s.Caller.UID,
		Resources: []waywarden.Resource{{Type: sub.Twin.Type, UID: sub.Twin.UID}},
		Facts: []waywarden.Fact{
			{Name: "foreign objects", Observed: detect.Itoa(e.n), Normal: "0"},
			{Name: "peers that touched a foreign object", Observed: detect.Itoa(peers.first), Normal: "of " + detect.Itoa(peers.callers)},
		},
	}
	r.Desc = detect.Who(s) + " was served " + string(sub.Twin.Type) + " " + sub.Twin.UID + " by " + detect.What(o) +
		", though nothing links the two: it was never listed for, paired with or booked by this caller" + owners(sub) + ". " +
		detect.Itoa(e.n) + " such " + detect.Plural(int(e.n), "object", "objects") + " so far; of " + detect.Itoa(peers.callers) + " peers " + detect.Itoa(peers.first) + " ever did so. The server does not check who the object belongs to."
	if peers.first >= strayShare*peers.callers && peers.callers > 0 {
		r.Severity = waywarden.SeverityMedium
		r.Desc = detect.Who(s) + " used " + detect.What(o) + " on " + detect.Itoa(e.n) + " different " + string(sub.Twin.Type) + "s, last on " + sub.Twin.UID + owners(sub) +
			". No list tells what belongs to whom here, but each of its " + detect.Itoa(peers.callers) + " other callers has one of its own and hardly any touched a second."
	}
	if o.Access == waywarden.AccessControl && e.n > 1 && r.Severity == waywarden.SeverityHigh {
		r.Severity = waywarden.SeverityCritical
	}
	out.Raise(&r)
}

// owners names the parties that a subject is linked to.
func owners(sub *waywarden.Subject) string {
	var names []string
	for i := range sub.Twin.Links {
		if l := &sub.Twin.Links[i]; l.Confidence >= detect.LinkSure && l.Type == waywarden.AssetConsumer && len(names) < 2 {
			names = append(names, l.UID)
		}
	}
	if names == nil {
		return ""
	}
	return ", and it belongs to " + strings.Join(names, " and ")
}
