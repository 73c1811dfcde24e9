package reach

import (
	"slices"

	"github.com/waywarden/waywarden"
)

// Reach answers a question.
func (k *Knowledge) Reach(q Question) Report {
	a := k.begin(q)
	r := Report{At: k.World.now, Callers: len(q.Callers), Programs: a.programs(), Level: levels[a.level]}
	for _, h := range q.Hit {
		if r.Hit == nil {
			r.Hit = map[string]int{}
		}
		r.Hit[string(h.Type)]++
	}
	r.Has = a.circle(a.rights())
	r.Confirmed = a.circle(append(a.unchecked(), a.ways(true)...))
	r.Possible = a.circle(a.ways(false))
	return r
}

var levels = [...]string{"outsider", "user", "partner", "insider"}

// An answer is being found.
type answer struct {
	*Knowledge
	q       Question
	members []int32 // places of the callers
	used    []bool  // by operation: it served one of them
	can     []bool  // by operation: they can call it as they are
	listed  []bool  // by operation: a circle has it
	level   int
	own     *set // what the callers have rights to
	control reached
	read    reached
	fastest map[pacer]*Operation
}

// pacer is what a pace is told of.
type pacer struct{ controls, foreign bool }

// reached is what a circle has of one access.
type reached struct {
	whole [kinds]bool
	own   [kinds]bool // what is the callers' own is in the set
	set   *set
	last  Assets // as counted last, when there were …
	known bool
	of    int // … so many in the set
	all   [kinds]bool
}

func (k *Knowledge) begin(q Question) *answer {
	n := len(k.operations)
	a := &answer{
		Knowledge: k, q: q, used: make([]bool, n), can: make([]bool, n), listed: make([]bool, n), own: k.World.newSet(),
		control: reached{set: k.World.newSet()}, read: reached{set: k.World.newSet()}, fastest: map[pacer]*Operation{},
	}
	misused := make([]bool, n)
	for _, id := range q.Operations {
		if i, known := k.byID[id]; known {
			misused[i] = true
		}
	}
	if len(q.Callers) == 0 && len(q.Operations) > 0 {
		a.through(misused)
		return a
	}
	for _, uid := range q.Callers {
		a.member(uid)
	}
	hosts := map[string]bool{}
	for i, used := range a.used {
		if used {
			a.level = max(a.level, k.operations[i].Level)
			hosts[k.operations[i].Host] = true
		}
	}
	for i := range k.operations {
		o := &k.operations[i]
		// What asks for a role that not everybody is given, only who was served has.
		a.can[i] = a.used[i] || misused[i] || o.Open || hosts[o.Host] && o.Level <= a.level && o.Level < Insider
	}
	return a
}

// through asks for whoever gets through some operations: their callers' rights, and nothing else.
func (a *answer) through(misused []bool) {
	var numbers []uint16
	for i, in := range misused {
		if !in {
			continue
		}
		a.can[i] = true
		a.level = max(a.level, a.operations[i].Level)
		if n := a.Callers.operations.at[a.operations[i].ID]; n != 0 {
			numbers = append(numbers, n)
		}
	}
	for i := range a.Callers.list {
		for _, n := range numbers {
			if _, calls := slices.BinarySearch(a.Callers.list[i].operations, n); calls {
				a.join(int32(i))
				break
			}
		}
	}
	copy(a.used, misused)
}

// member takes in one of the callers that are asked for.
func (a *answer) member(uid string) {
	i := a.Callers.at.Place(keyOf(uid))
	if i == 0 {
		a.owns(a.party(uid))
		return
	}
	for _, n := range a.Callers.list[i].operations {
		if at := a.numbered[n]; at >= 0 {
			a.used[at] = true
		}
	}
	a.join(i)
}

func (a *answer) join(i int32) {
	a.members = append(a.members, i)
	a.owns(a.parties[i])
}

// owns adds what a party has rights to. A charger is its own.
func (a *answer) owns(party int32) {
	if party == 0 {
		return
	}
	if a.World.assets[party].kind == kindCharger {
		a.own.add(party)
	}
	a.World.grant(a.own, party)
}

// programsMax bounds the programs that a report names.
const programsMax = 20

func (a *answer) programs() []string {
	seen := make([]bool, len(a.Callers.programs.of))
	var out []string
	for _, i := range a.members {
		for _, p := range a.Callers.list[i].programs {
			if !seen[p] {
				seen[p] = true
				out = append(out, a.Callers.programs.of[p])
			}
		}
	}
	slices.Sort(out)
	return out[:min(len(out), programsMax)]
}

// rights returns what the callers can call as they are, on what is theirs.
func (a *answer) rights() []way {
	var out []way
	for i := range a.operations {
		o := &a.operations[i]
		if !a.can[i] || o.Open && !a.used[i] || o.Asset == "" && o.Access != waywarden.AccessControl {
			continue
		}
		out = append(out, way{op: i, whole: o.Platform && a.used[i]})
	}
	a.take(&a.read, a.own, kindNone)
	return out
}

// unchecked returns what the callers can call and what was seen not to ask whose an object is.
func (a *answer) unchecked() []way {
	var out []way
	for i := range a.operations {
		o := &a.operations[i]
		switch {
		case !a.can[i] || o.Asset == "":
		case o.Open:
			out = append(out, way{op: i, whole: true, why: "answers without a credential"})
		case o.Checked == waywarden.False:
			out = append(out, way{op: i, whole: true, why: "was seen to give what is not the caller's"})
		}
	}
	return out
}

// ways returns what paths lead to beyond what the callers can call: over steps seen, or also over others.
func (a *answer) ways(confirmed bool) []way {
	var out []way
	for i := range a.paths {
		p := &a.paths[i]
		if confirmed && !p.Confirmed {
			continue
		}
		if goal, ok := a.goal(p); ok {
			if w, ok := a.beyond(p, goal, confirmed); ok {
				out = append(out, w)
			}
		}
	}
	return out
}

// goal returns the end of a path that the callers can begin.
func (a *answer) goal(p *Path) (int, bool) {
	if len(p.Steps) < 2 {
		return 0, false
	}
	first, ok := a.byID[p.Steps[0].Operation]
	goal, known := a.byID[p.Steps[len(p.Steps)-1].Operation]
	return goal, ok && known && a.can[first] && !a.signsIn(p)
}

// beyond says what a path gives that rights do not. Of the callers' own that is nothing; of what is others', only where
// their identifiers can be had and nothing says that it would be refused.
func (a *answer) beyond(p *Path, goal int, confirmed bool) (way, bool) {
	o := &a.operations[goal]
	switch {
	case a.can[goal]:
		return way{op: goal, whole: true, why: "others' identifiers can be had, and nobody saw it refuse them", path: p}, !confirmed && p.Bulk && o.Checked == waywarden.Unknown
	case a.listed[goal]:
		return way{}, false
	}
	a.listed[goal] = true
	return way{op: goal, whole: o.Platform || o.Checked == waywarden.False || p.Bulk && o.Checked == waywarden.Unknown, most: true, path: p}, true
}

// signsIn says whether a path becomes more than its beginner is by signing in as somebody who is: that takes the other's
// credentials.
func (a *answer) signsIn(p *Path) bool {
	for i := 1; i < len(p.Steps); i++ {
		from, ok := a.byID[p.Steps[i-1].Operation]
		to, known := a.byID[p.Steps[i].Operation]
		if !ok || !known {
			return true
		}
		class := a.operations[from].Class
		if p.Steps[i].By == "grant" && !a.can[to] && (class == "id.login" || class == "id.mfa") {
			return true
		}
	}
	return false
}

// way is an operation of a circle.
type way struct {
	op    int
	whole bool // it reaches everything of its kind
	most  bool // it reaches what the caller of it with most has
	why   string
	path  *Path
}
