package reach

import (
	"cmp"
	"math"
	"slices"

	"github.com/waywarden/waywarden"
)

// circle widens what is reached by some operations and counts it.
func (a *answer) circle(ways []way) Circle {
	byClass := map[string]*Function{}
	for _, w := range ways {
		o := &a.operations[w.op]
		a.widen(o, &w)
		key := string(o.Access) + " " + o.Class
		f := byClass[key]
		if f == nil {
			f = &Function{Class: o.Class, Access: o.Access}
			byClass[key] = f
		}
		if !slices.ContainsFunc(f.Operations, func(x Way) bool { return x.ID == o.ID }) {
			f.Operations = append(f.Operations, a.way(&w))
		}
	}
	c := Circle{Control: a.assets(&a.control), Read: a.assets(&a.read), Functions: []Function{}, Pace: []Pace{}}
	for _, f := range byClass {
		c.Functions = append(c.Functions, *f)
	}
	slices.SortFunc(c.Functions, func(x, y Function) int {
		return cmp.Or(cmp.Compare(rank(x.Access), rank(y.Access)), cmp.Compare(x.Class, y.Class))
	})
	n, controls := c.Control.count(), true
	if n == 0 {
		n, controls = c.Read.count(), false
	}
	c.Pace = a.pace(n, a.fastest[pacer{controls, n > a.owned()}])
	return c
}

func rank(a waywarden.Access) int {
	return slices.Index([]waywarden.Access{waywarden.AccessControl, waywarden.AccessWrite, waywarden.AccessRead}, a)
}

// owned is how many vehicles and chargers the callers have rights to.
func (a *answer) owned() int {
	n := 0
	for _, i := range a.own.list {
		if k := a.World.assets[i].kind; k == kindVehicle || k == kindCharger {
			n++
		}
	}
	return n
}

func (a *Assets) count() int { return a.Vehicles.Count + a.Chargers.Count }

// widen adds what one operation reaches.
func (a *answer) widen(o *Operation, w *way) {
	controls := o.Access == waywarden.AccessControl
	p := pacer{controls, w.whole || w.most}
	if f := a.fastest[p]; o.PerMinute > 0 && (f == nil || o.perMinute() > f.perMinute()) {
		a.fastest[p] = o
	}
	to := &a.read
	if controls {
		to = &a.control
	}
	k := kindOf(o.Asset)
	if w.whole && k != kindNone {
		to.whole[k] = true
	}
	if !w.most {
		if !to.own[k] {
			to.own[k] = true
			a.take(to, a.own, k)
		}
		return
	}
	if n := a.Callers.operations.at[o.ID]; n != 0 && a.most[n] != 0 {
		theirs := a.World.newSet()
		a.World.grant(theirs, a.most[n])
		a.take(to, theirs, k)
	}
}

// take adds what is of a kind; kindNone is of any.
func (a *answer) take(to *reached, from *set, k kind) {
	for _, i := range from.list {
		if k == kindNone || a.World.assets[i].kind == k {
			to.set.add(i)
		}
	}
}

// perMinute is how many objects one caller was seen to reach in a minute by the operation.
func (o *Operation) perMinute() int64 { return o.PerMinute * int64(max(1, o.Batch)) }

func (a *answer) way(w *way) Way {
	o := &a.operations[w.op]
	x := Way{ID: o.ID, Name: o.Name, Called: a.used[w.op], Why: w.why, PerMinute: o.PerMinute, Limited: o.Limited}
	if o.Batch > 1 {
		x.Batch = o.Batch
	}
	if w.path != nil {
		for _, s := range w.path.Steps {
			x.Path = append(x.Path, a.operations[a.byID[s.Operation]].Name)
		}
	}
	return x
}

// assets counts what is reached.
func (a *answer) assets(r *reached) Assets {
	if r.known && r.of == len(r.set.list) && r.all == r.whole {
		return r.last
	}
	var t [kinds]tally
	var out Assets
	slices.Sort(r.set.list)
	if !r.whole[kindVehicle] || !r.whole[kindCharger] {
		out.People, out.Fleets = a.sum(r.set, &t)
	}
	for _, k := range [...]kind{kindVehicle, kindCharger} {
		if r.whole[k] {
			t[k] = a.World.all[k]
			out.People, out.Fleets = max(out.People, t[k].people), max(out.Fleets, t[k].fleets)
		}
	}
	v, c := &t[kindVehicle], &t[kindCharger]
	out.Vehicles = Vehicles{Count: v.count, Moving: v.moving, Still: v.still, Unknown: v.count - v.moving - v.still, IDs: a.ids(r, kindVehicle)}
	out.Chargers = Chargers{Count: c.count, RatedKW: kilo(c.rated), Unrated: c.unrated, DrawnKW: kilo(c.drawn), IDs: a.ids(r, kindCharger)}
	out.Scale = scale(&out, r.whole[kindVehicle] && v.count > 0 || r.whole[kindCharger] && c.count > 0)
	r.last, r.known, r.of, r.all = out, true, len(r.set.list), r.whole
	return out
}

// sum counts a set by kind, and the people and fleets with a right to something of it.
func (a *answer) sum(s *set, t *[kinds]tally) (people, fleets int) {
	met := a.World.newSet()
	for _, i := range s.list {
		x := &a.World.assets[i]
		t[x.kind].add(x)
		for _, h := range a.World.holders.of(i) {
			switch {
			case !met.mark(h):
			case a.World.assets[h].kind == kindFleet:
				fleets++
			default:
				people++
			}
		}
	}
	return people, fleets
}

// kilo returns kW to the tenth.
func kilo(watts float64) float64 { return math.Round(watts/100) / 10 }

// householdMax is up to how many assets are one household's: a caller with ten is taken for a fleet (risk).
const householdMax = 9

func scale(a *Assets, whole bool) string {
	n := a.count()
	switch {
	case whole:
		return "platform"
	case n == 0:
		return "none"
	case n == 1:
		return "one"
	case n <= householdMax && a.Fleets == 0:
		return "household"
	}
	return "fleet"
}

// ids returns the first identifiers of a kind.
func (a *answer) ids(r *reached, k kind) []string {
	var out []string
	if r.whole[k] {
		for i := 1; i < len(a.World.assets) && len(out) < a.q.IDs; i++ {
			if a.World.assets[i].kind == k {
				out = append(out, a.World.assets[i].uid)
			}
		}
		return out
	}
	for _, i := range r.set.list {
		if a.World.assets[i].kind == k && len(out) < a.q.IDs {
			out = append(out, a.World.assets[i].uid)
		}
	}
	return out
}

// pace says how long it takes to reach 1, 10, 100 … of n assets, and all of them.
func (a *answer) pace(n int, by *Operation) []Pace {
	out := []Pace{}
	if by == nil || n == 0 {
		return out
	}
	rate := float64(by.perMinute()) * float64(max(1, len(a.q.Callers))) / 60
	marks := []int{n}
	if a.q.Total > 0 && a.q.Total < n {
		marks = append(marks, a.q.Total)
	}
	for m := 1; m < n; m *= 10 {
		marks = append(marks, m)
	}
	slices.Sort(marks)
	for _, m := range slices.Compact(marks) {
		out = append(out, Pace{Assets: m, Seconds: math.Round(10*float64(m)/rate) / 10, By: by.Name, Limited: by.Limited})
	}
	return out
}
