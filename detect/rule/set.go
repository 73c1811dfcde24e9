package rule

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A Set is compiled rules. It does not change.
type Set struct{ rules []*Rule }

// Rules returns the rules, in the order of files and lines.
func (s *Set) Rules() []*Rule { return s.rules }

// Find returns the rule of an id, nil when there is none.
func (s *Set) Find(id string) *Rule {
	for _, r := range s.rules {
		if r.card.ID == id {
			return r
		}
	}
	return nil
}

// A Live is the set in force. It may be swapped from any goroutine; the engine takes the new one up between two scenes.
type Live struct{ set atomic.Pointer[Set] }

// Swap puts a set in force.
func (l *Live) Swap(s *Set) { l.set.Store(s) }

// Maker returns the maker of the detector that runs what is in force.
func (l *Live) Maker() detect.Maker {
	return func(m *detect.Memory) detect.Detector {
		return &runner{live: l, memory: m, states: map[uint64]*state{}}
	}
}

// A runner runs a set of rules. It belongs to the goroutine of its engine.
type runner struct {
	live    *Live
	memory  *detect.Memory
	set     *Set
	rules   []running
	signals []int32 // the rules on telemetry
	probes  []int32 // the rules on calls without an operation
	by      map[*waywarden.Operation]concern
	states  map[uint64]*state // by Rule.memory
	scope   scope
	blank   blank
}

// A running is a rule with what it remembers.
type running struct {
	*Rule
	*state
	count Counts
}

// Counts say what a rule did.
type Counts struct {
	Looked  int64 // at calls, or at an asset of one
	True    int64
	False   int64
	Unknown int64 // something was not known
	Failed  int64 // an expression failed, as where a text is no number; unknown, too
}

// A state is what a rule remembers.
type state struct {
	counted  []*detect.Table[counting]
	sequence *detect.Table[progress]
	tables   []string // their names in the memory
}

// A concern is the rules that calls of an operation concern, and what of the operation that was worked out from.
type concern struct {
	class, template string
	access          waywarden.Access
	rules           []int32
}

// operationsMax is how many operations are known apart; beyond, all are worked out anew.
const operationsMax = 1 << 16

// Card implements detect.Detector: the set has none of its own.
func (r *runner) Card() detect.Card { return detect.Card{ID: "rules", Title: "Rules"} }

// Cards implements detect.Many.
func (r *runner) Cards() []detect.Card {
	r.adopt()
	var out []detect.Card
	for i := range r.rules {
		out = append(out, r.rules[i].card)
	}
	return out
}

// adopt takes up the set in force. What rules remember that count the same as before lives on.
func (r *runner) adopt() {
	set := r.live.set.Load()
	if set == nil || set == r.set {
		return
	}
	r.set, r.by = set, map[*waywarden.Operation]concern{}
	before, counts := r.states, map[string]Counts{}
	for i := range r.rules {
		counts[r.rules[i].card.ID] = r.rules[i].count
	}
	r.rules, r.signals, r.probes, r.states = nil, nil, nil, map[uint64]*state{}
	for i, rule := range set.rules {
		st := before[rule.memory]
		delete(before, rule.memory)
		r.states[rule.memory] = st
		r.rules = append(r.rules, running{rule, st, counts[rule.card.ID]})
		switch {
		case rule.signal:
			r.signals = append(r.signals, int32(i))
		case rule.operation(nil):
			r.probes = append(r.probes, int32(i))
		}
	}
	for _, st := range before {
		for _, name := range st.tables {
			r.memory.Forget(name)
		}
	}
	for i := range r.rules { // after the old tables were given back, of which some have the same names
		if r.rules[i].state == nil {
			r.rules[i].state = r.remember(r.rules[i].Rule)
			r.states[r.rules[i].memory] = r.rules[i].state
		}
	}
}

// remember lends a rule its tables.
func (r *runner) remember(rule *Rule) *state {
	st := &state{}
	for i := range rule.windows {
		name := "rule " + rule.card.ID + " window " + rule.windows[i].name
		st.tables = append(st.tables, name)
		st.counted = append(st.counted, detect.NewTable[counting](r.memory, name, rule.keys))
	}
	if rule.places > 0 {
		name := "rule " + rule.card.ID + " sequence"
		st.tables = append(st.tables, name)
		st.sequence = detect.NewTable[progress](r.memory, name, rule.keys)
	}
	return st
}

// Inspect implements detect.Detector.
func (r *runner) Inspect(s *waywarden.Scene, out *detect.Output) {
	r.adopt()
	if len(r.rules) == 0 {
		return
	}
	concerned := r.signals
	if s.Call != nil {
		concerned = r.concerned(s.Call.Operation)
	} else if s.Record.Kind != waywarden.KindSignal {
		return
	}
	for _, i := range concerned {
		r.look(&r.rules[i], s, out)
	}
}

// concerned returns the rules that calls of an operation concern. It is worked out again when more was learned of it.
func (r *runner) concerned(op *waywarden.Operation) []int32 {
	if op == nil {
		return r.probes
	}
	c, ok := r.by[op]
	if ok && c.class == op.Function.Class && c.template == op.Template && c.access == op.Access {
		return c.rules
	}
	if len(r.by) >= operationsMax {
		clear(r.by)
	}
	c = concern{class: op.Function.Class, template: op.Template, access: op.Access}
	for i := range r.rules {
		if !r.rules[i].signal && r.rules[i].operation(op) {
			c.rules = append(c.rules, int32(i))
		}
	}
	r.by[op] = c
	return c.rules
}

// look evaluates a rule on a scene.
func (r *runner) look(rule *running, s *waywarden.Scene, out *detect.Output) {
	r.scope = scope{scene: s, digest: out.Digest, rule: rule.Rule, windows: r.scope.windows[:0], blank: &r.blank}
	switch {
	case rule.places > 0:
		r.follow(rule, out)
	case rule.match.call(s.Call) || rule.signal:
		r.each(&rule.match, rule.signal, func() { r.judge(rule, out) })
	}
}

// each sets the scope to every asset that is looked at, or to none where none is asked for.
func (r *runner) each(m *match, signal bool, do func()) {
	if m.subject == "" && !signal {
		do()
		return
	}
	s := r.scope.scene
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; signal || m.names(s, sub) {
			r.scope.subject, r.scope.windows = sub, r.scope.windows[:0]
			do()
		}
	}
}

// judge counts what is to be counted and evaluates the condition.
func (r *runner) judge(rule *running, out *detect.Output) {
	sc := &r.scope
	rule.count.Looked++
	first := r.tally(rule)
	if !rule.decide(sc) {
		return
	}
	var proofs []proof
	if first != nil && !first.cited {
		first.cited = true
		proofs = first.evidence
	}
	r.report(rule, proofs, out)
}

// decide evaluates the rule's condition.
func (rule *running) decide(sc *scope) bool {
	if rule.when == nil {
		rule.count.True++
		return true
	}
	t, fine := rule.when.truth(sc)
	switch {
	case !fine:
		rule.count.Failed++
	case t == waywarden.True:
		rule.count.True++
	case t == waywarden.False:
		rule.count.False++
	default:
		rule.count.Unknown++
	}
	return t == waywarden.True
}

// tally counts the call in the rule's windows and returns what the first of them remembers.
func (r *runner) tally(rule *running) (first *counting) {
	sc := &r.scope
	now := sc.scene.Now.UnixNano()
	for i := range rule.windows {
		w := &rule.windows[i]
		key, ok := keyOf(w.by, sc)
		if !ok {
			sc.windows = append(sc.windows, unknown)
			continue
		}
		c := rule.counted[i].At(key)
		counts := true
		if w.where != nil {
			t, _ := w.where.truth(sc)
			counts = t == waywarden.True
		}
		sc.windows = append(sc.windows, c.tally(w, sc, now, counts))
		if i == 0 {
			if first = c; counts {
				c.remember(proofOf(sc))
			}
		}
	}
	return first
}

// tally counts the call where it counts, and returns how many there are.
func (c *counting) tally(w *window, sc *scope, now int64, counts bool) ref.Val {
	if w.distinct != nil {
		v, ok := "", false
		if counts {
			v, ok = w.distinct.value(sc)
		}
		if ok {
			return types.Int(c.addValue(detect.Key(v), now, w.within, w.upTo))
		}
		c.expire(now, w.within)
		return types.Int(len(c.values))
	}
	if counts {
		return types.Int(c.add(now, w.within))
	}
	c.expire(now, w.within)
	return types.Int(c.count())
}

// keyOf makes a key of expressions; ok is false when one of them is unknown.
func keyOf(by []*program, sc *scope) (uint64, bool) {
	key := uint64(0)
	for _, p := range by {
		v, ok := p.value(sc)
		if !ok {
			return 0, false
		}
		key = detect.Mix(key, detect.Key(v))
	}
	return key, true
}

// keptMax is the longest text that a sequence keeps, in bytes.
const keptMax = 256

// follow takes a call through the steps of a sequence: first what must not come between, then the last step first.
func (r *runner) follow(rule *running, out *detect.Output) {
	for i := range rule.without {
		st := &rule.without[i]
		r.eachOf(rule, st, func(key uint64) {
			p := rule.sequence.Peek(key)
			if p == nil {
				return
			}
			p.breaks()
		})
	}
	for i := len(rule.steps) - 1; i >= 0; i-- {
		r.eachOf(rule, &rule.steps[i], func(key uint64) { r.advance(rule, &rule.steps[i], key, out) })
	}
}

// eachOf calls do with the key of every asset, or of the call, that a step is about and whose condition is true.
func (r *runner) eachOf(rule *running, st *step, do func(key uint64)) {
	sc := &r.scope
	if !st.match.operation(sc.scene.Call.Operation) || !st.match.call(sc.scene.Call) {
		return
	}
	sc.subject = nil
	r.each(&st.match, false, func() {
		key, ok := keyOf(st.by, sc)
		if !ok {
			return
		}
		rule.count.Looked++
		sc.kept = rule.keptAt(key, st.first)
		if st.when != nil {
			if t, _ := st.when.truth(sc); t != waywarden.True {
				return
			}
		}
		do(key)
	})
}

// keptAt returns what was kept before a place of the sequence.
func (st *state) keptAt(key uint64, place int) []string {
	p := st.sequence.Peek(key)
	if p == nil || place == 0 || len(p.runs) < place {
		return nil
	}
	return p.runs[place-1].kept
}

// advance moves a sequence on.
func (r *runner) advance(rule *running, st *step, key uint64, out *detect.Output) {
	sc := &r.scope
	keepAll := func(kept []string) []string {
		if len(rule.kept) == 0 {
			return nil
		}
		next := make([]string, len(rule.kept))
		copy(next, kept)
		for _, k := range st.keep {
			if v, ok := k.value.value(sc); ok {
				next[k.at] = strings.Clone(v[:min(len(v), keptMax)])
			}
		}
		return next
	}
	p := rule.sequence.Peek(key)
	if p == nil && st.first > 0 {
		return
	}
	if p == nil {
		p = rule.sequence.At(key)
	}
	done := p.step(st.first, st.last, rule.places, sc.scene.Now.UnixNano(), rule.within, proofOf(sc).own(), keepAll)
	if done == nil {
		return
	}
	if sc.kept = done.kept; rule.decide(sc) {
		r.report(rule, done.evidence, out)
	}
}

// report raises what the rule found. proofs are the calls before, and with this one, when they were not told yet.
func (r *runner) report(rule *running, proofs []proof, out *detect.Output) {
	sc := &r.scope
	rep := detect.Report{
		Card: &rule.card, Group: groupOf(rule.group, sc), Subject: sc.subjectID(), Severity: rule.severity, Confidence: rule.sure,
		Title: rule.title.write(sc), Desc: strings.TrimSpace(rule.message.write(sc)), Operation: nil, Principal: *sc.principal(),
	}
	if rep.Desc == "" {
		rep.Desc = rep.Title + "."
	}
	if c := sc.scene.Call; c != nil {
		rep.Operation = c.Operation
		if !c.Success {
			rep.Severity = rule.refused
		}
	}
	own := proofOf(sc)
	if n := len(proofs); n == 0 || proofs[n-1].evidence.Record != own.evidence.Record {
		proofs = append(slices.Clip(proofs), own)
	}
	for i := range proofs {
		rep.Evidence = append(rep.Evidence, proofs[i].evidence)
		if proofs[i].resource.UID != "" {
			rep.Resources = append(rep.Resources, proofs[i].resource)
		}
	}
	if first := proofs[0].at; first != own.at {
		rep.First = sc.scene.Now.Add(-time.Duration(own.at - first))
	}
	for i := range rule.facts {
		v, ok := rule.facts[i].value.value(sc)
		if !ok {
			v = "unknown"
		}
		rep.Facts = append(rep.Facts, waywarden.Fact{Name: rule.facts[i].name, Observed: v, Normal: rule.facts[i].normal.write(sc)})
	}
	out.Raise(&rep)
}

// groupOf names what is told once.
func groupOf(by []*program, sc *scope) string {
	var b strings.Builder
	for i, p := range by {
		if i > 0 {
			b.WriteByte('\n')
		}
		v, _ := p.value(sc)
		b.WriteString(v)
	}
	return b.String()
}
