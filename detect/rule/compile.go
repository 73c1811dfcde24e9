package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/internal/diagnostic"
	"github.com/waywarden/waywarden/internal/glob"
)

// Limits of rules.
const (
	rulesMax   = 2000
	windowsMax = 8
	stepsMax   = 8
	placesMax  = 64
	keysMax    = 200_000
	upToMax    = 5000
	freshMax   = 24 * time.Hour
	spanMax    = 31 * 24 * time.Hour
)

// What a rule has when it does not say.
const (
	keysDefault  = 10_000
	upToDefault  = 250
	freshDefault = 90 * time.Second
	sureDefault  = 80
)

// Knowledge is what rules may refer to besides what this package knows.
type Knowledge struct {
	Classes  []string // function classes; none: any is taken
	States   []string // signals of VSS; none: any is taken
	Reserved []string // ids of built-in detectors
}

func (k *Knowledge) state(name string) bool {
	return len(k.States) == 0 || !strings.HasPrefix(name, "Vehicle.") || strings.HasPrefix(name, "Vehicle.Private.") || slices.Contains(k.States, name)
}

// idForm is the form of an id, reservedForm that of the built-in detectors, present and future; a name is what can
// follow a dot in an expression.
var (
	idForm       = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{2,63}$`)
	reservedForm = regexp.MustCompile(`^[A-Z]{3}-[0-9]{3}$`)
	nameForm     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	typeForm     = regexp.MustCompile(`^(API([1-9]|10):(2019|2023)|R155:[0-9.]+|[A-Za-z][A-Za-z0-9_.-]*:[^\s,]+)$`)
)

// A compiler turns the rules of one file into programs.
type compiler struct {
	know     *Knowledge
	src      *diagnostic.Source
	env      *cel.Env
	rule     *Rule
	problems diagnostic.Problems
}

func (c *compiler) say(t *text, format string, args ...any) {
	c.problems = append(c.problems, c.src.Place(t.line, t.column, format, args...))
}

func (c *compiler) warn(t *text, format string, args ...any) {
	p := c.src.Place(t.line, t.column, format, args...)
	p.Warning = true
	c.problems = append(c.problems, p)
}

// Compile makes a set of the rules of some files. The set has the rules that are right; the problems say what is wrong
// with the others, and what could be better.
func Compile(sources []diagnostic.Source, know Knowledge) (*Set, diagnostic.Problems, error) {
	env, err := newEnv()
	if err != nil {
		return nil, nil, err
	}
	set := &Set{}
	var problems diagnostic.Problems
	at := map[string]string{} // where an id was first said
	for i := range sources {
		f, ps := parse(&sources[i])
		problems = append(problems, ps...)
		if f == nil {
			continue
		}
		for k := range f.Rules {
			c := &compiler{know: &know, src: &sources[i], env: env, rule: &Rule{source: sources[i].Name}}
			c.compile(f, &f.Rules[k])
			id := &f.Rules[k].ID
			if first, ok := at[id.Text]; ok && id.Text != "" {
				c.say(id, "there is a rule %s already: %s", id.Text, first)
			} else {
				at[id.Text] = fmt.Sprintf("%s:%d", sources[i].Name, id.line)
			}
			problems = append(problems, c.problems...)
			if len(c.problems.Errors()) == 0 {
				set.rules = append(set.rules, c.rule)
			}
		}
	}
	if len(set.rules) > rulesMax {
		problems = append(problems, diagnostic.Problem{File: sources[0].Name, Text: fmt.Sprintf("%d rules; at most %d are run", len(set.rules), rulesMax)})
		set.rules = set.rules[:rulesMax]
	}
	problems.Sort()
	return set, problems, nil
}

// compile turns one rule into programs, in the order in which its parts need one another.
func (c *compiler) compile(f *fileSpec, s *ruleSpec) {
	r := c.rule
	r.line = s.ID.line
	c.identity(s)
	r.signal = c.oneOf(&s.On, "call", "call", "signal") == "signal"
	r.fresh = c.span(s.Fresh, &s.ID, "fresh", freshDefault, freshMax)
	r.keys = c.number(s.Keys, &s.ID, "keys", keysDefault, keysMax)
	r.match = c.match(&s.Match)
	r.kept = keptNames(s.Sequence)
	c.declare(f, s)
	subject := r.signal || r.match.subject != ""
	c.windows(s, subject)
	if s.Sequence != nil {
		subject = c.sequence(s)
	}
	switch {
	case s.When.said():
		r.when = c.expr(&s.When, cel.BoolType, subject)
	case s.Sequence == nil:
		c.say(&s.ID, "rule %s has no when", s.ID.Text)
	}
	r.group = c.keysOf(s.Group, subject)
	r.title, r.message = c.message(&s.Title, subject), c.message(&s.Message, subject)
	if len(s.Facts) > 20 {
		c.say(&s.ID, "more than 20 facts")
	}
	for i := range s.Facts {
		fs := &s.Facts[i]
		r.facts = append(r.facts, fact{fs.Name.Text, c.expr(&fs.Value, nil, subject), c.message(&fs.Normal, subject)})
	}
	r.memory = memoryOf(s)
	c.scenes(s)
	if len(c.problems) == 0 {
		c.advise(s)
	}
}

// identity is what the rule says of itself.
func (c *compiler) identity(s *ruleSpec) {
	r := c.rule
	id := s.ID.Text
	switch {
	case !s.ID.said():
		c.say(&s.Title, "a rule has no id")
	case slices.Contains(c.know.Reserved, id) || reservedForm.MatchString(id):
		c.say(&s.ID, "%s is a name of built-in detectors; call yours acme-%s, say", id, strings.ToLower(id))
	case !idForm.MatchString(id):
		c.say(&s.ID, "%q is no id: 3 to 64 letters, digits, - _ and ., a letter first", id)
	}
	if s.Title.Text == "" {
		c.say(&s.ID, "rule %s has no title", id)
	}
	r.severity = c.severity(&s.Severity, &s.ID)
	if r.refused = r.severity; s.Refused.said() {
		r.refused = c.severity(&s.Refused, &s.ID)
	}
	r.sure = sureDefault
	if s.Confidence != 0 {
		r.sure = c.number(s.Confidence, &s.ID, "confidence", sureDefault, 100)
	}
	r.desc = strings.TrimSpace(s.Desc.Text)
	r.card = detect.Card{
		ID: id, Title: plain(s.Title.Text), Desc: r.desc, Severity: max(r.severity, r.refused), Analytic: waywarden.AnalyticRule,
		Types: []string{}, Needs: detect.InputCalls, Respond: strings.TrimSpace(s.Respond.Text),
	}
	if s.On.Text == "signal" {
		r.card.Needs = detect.InputSignals
	}
	for i := range s.Types {
		t := &s.Types[i]
		if !typeForm.MatchString(t.Text) {
			c.say(t, "%q is no taxonomy id: write API1:2023, R155:16.1, or your own as acme:something", t.Text)
		}
		r.card.Types = append(r.card.Types, t.Text)
	}
}

// plain is a title without the expressions in it, for a card.
func plain(title string) string {
	for {
		i := strings.IndexByte(title, '{')
		if i < 0 {
			return strings.Join(strings.Fields(title), " ")
		}
		end := closing(title, i+1)
		if end < 0 {
			return title
		}
		title = title[:i] + "…" + title[end+1:]
	}
}

func (c *compiler) severity(t, rule *text) waywarden.Severity {
	for s := waywarden.SeverityInformational; s <= waywarden.SeverityCritical; s++ {
		if strings.EqualFold(s.String(), t.Text) {
			return s
		}
	}
	if !t.said() {
		t = rule
	}
	c.say(t, "severity %q: it must be informational, low, medium, high or critical", t.Text)
	return 0
}

func (c *compiler) oneOf(t *text, standard string, allowed ...string) string {
	if !t.said() {
		return standard
	}
	if !slices.Contains(allowed, t.Text) {
		c.say(t, "%q must be one of %s", t.Text, strings.Join(allowed, ", "))
	}
	return t.Text
}

func (c *compiler) span(d time.Duration, at *text, what string, standard, most time.Duration) time.Duration {
	if d == 0 && standard > 0 {
		return standard
	}
	if d < time.Second || d > most {
		c.say(at, "%s of rule %s is %s: it must be between 1s and %s", what, c.rule.card.ID, d, most)
	}
	return d
}

func (c *compiler) number(n int, at *text, what string, standard, most int) int {
	if n == 0 {
		return standard
	}
	if n < 1 || n > most {
		c.say(at, "%s of rule %s is %d: it must be between 1 and %d", what, c.rule.card.ID, n, most)
	}
	return n
}

// match checks what a rule or step looks at.
func (c *compiler) match(s *matchSpec) match {
	m := match{
		class: wordsOf(s.Class), access: wordsOf(s.Access), method: wordsOf(s.Method), host: wordsOf(s.Host), path: wordsOf(s.Path), selector: wordsOf(s.Selector),
		subject: waywarden.AssetType(c.oneOf(&s.Subject, "", "vehicle", "consumer", "application", "charger", "fleet", "ride", string(anySubject))),
	}
	for i := range s.Class {
		if t := &s.Class[i]; len(c.know.Classes) > 0 && !slices.ContainsFunc(c.know.Classes, func(k string) bool { return glob.Match(t.Text, k) }) {
			c.say(t, "%s", missing("function class", t.Text, c.know.Classes))
		}
	}
	for i := range s.Access {
		c.oneOf(&s.Access[i], "", "read", "write", "control")
	}
	for i := range s.Method {
		m.method[i] = strings.ToUpper(m.method[i])
	}
	switch c.oneOf(&s.Outcome, "", "success", "refused") {
	case "success":
		m.outcome = waywarden.True
	case "refused":
		m.outcome = waywarden.False
	}
	return m
}

func wordsOf(ts texts) []string {
	var out []string
	for i := range ts {
		out = append(out, ts[i].Text)
	}
	return out
}

// declare adds the rule's own variables to the environment.
func (c *compiler) declare(f *fileSpec, s *ruleSpec) {
	var opts []cel.EnvOption
	add := func(t *text, kind, name string, typ *cel.Type) {
		if !nameForm.MatchString(name) {
			c.say(t, "%q cannot follow %s. in an expression: small letters, digits and _, a letter first", name, kind)
			return
		}
		opts = append(opts, cel.Variable(kind+"."+name, typ))
	}
	for i := range s.Windows {
		add(&s.Windows[i].Name, "window", s.Windows[i].Name.Text, cel.IntType)
	}
	for _, name := range c.rule.kept {
		add(&s.ID, "kept", name, cel.StringType)
	}
	c.rule.lists = map[string]ref.Val{}
	for name, values := range f.Lists {
		add(&s.ID, "list", name, listOfText)
		c.rule.lists[name] = newList(values)
	}
	if len(opts) == 0 {
		return
	}
	env, err := c.env.Extend(opts...)
	if err != nil {
		c.say(&s.ID, "%v", err)
		return
	}
	c.env = env
}

func newList(values []string) ref.Val {
	l := &list{lister: types.NewStringList(types.DefaultTypeAdapter, values), has: make(map[string]bool, len(values))}
	for _, v := range values {
		l.has[v] = true
	}
	return l
}

// windows compiles what the rule counts.
func (c *compiler) windows(s *ruleSpec, subject bool) {
	if len(s.Windows) > windowsMax {
		c.say(&s.Windows[windowsMax].Name, "more than %d windows", windowsMax)
	}
	for i := range s.Windows {
		ws := &s.Windows[i]
		w := window{
			name: ws.Name.Text, within: c.span(ws.Within, &ws.Name, "within", 0, spanMax), by: c.keysOf(ws.By, subject),
			upTo: c.number(ws.UpTo, &ws.Name, "upto", upToDefault, upToMax),
		}
		if ws.Where.said() {
			w.where = c.expr(&ws.Where, cel.BoolType, subject)
		}
		if ws.Distinct.said() {
			w.distinct = c.expr(&ws.Distinct, nil, subject)
		}
		c.rule.windows = append(c.rule.windows, w)
	}
}

// keysOf compiles expressions that make a key; caller.key when there are none.
func (c *compiler) keysOf(ts texts, subject bool) []*program {
	if len(ts) == 0 {
		ts = texts{{Text: "caller.key", line: 1, column: 1}}
	}
	var out []*program
	for i := range ts {
		out = append(out, c.expr(&ts[i], nil, subject))
	}
	return out
}

// sequence compiles the steps; it says whether the last one looks at assets.
func (c *compiler) sequence(s *ruleSpec) bool {
	r, q := c.rule, s.Sequence
	at := &s.ID
	r.within = c.span(q.Within, at, "within of the sequence", 0, spanMax)
	if len(q.Steps) < 2 || len(q.Steps) > stepsMax || len(q.Without) > stepsMax {
		c.say(at, "rule %s has %d steps: 2 to %d follow one another", s.ID.Text, len(q.Steps), stepsMax)
		return false
	}
	if s.Match.said() || len(s.Windows) > 0 || r.signal {
		c.say(at, "rule %s is a sequence: its match stands in the steps, and it has no windows and no signals", s.ID.Text)
	}
	for i := range q.Steps {
		st := c.step(&q.Steps[i], q.By, at)
		times := c.number(q.Steps[i].Times, at, "times", 1, placesMax)
		st.first, st.last = r.places, r.places+times-1
		r.places += times
		r.steps = append(r.steps, st)
	}
	if r.places > placesMax {
		c.say(at, "the steps of rule %s want %d calls together, at most %d", s.ID.Text, r.places, placesMax)
	}
	for i := range q.Without {
		r.without = append(r.without, c.step(&q.Without[i], q.By, at))
	}
	return r.steps[len(r.steps)-1].match.subject != ""
}

func (c *compiler) step(s *stepSpec, by texts, at *text) step {
	st := step{name: s.Name.Text, match: c.match(&s.Match)}
	subject := st.match.subject != ""
	if len(s.By) > 0 {
		by = s.By
	}
	st.by = c.keysOf(by, subject)
	if s.When.said() {
		st.when = c.expr(&s.When, cel.BoolType, subject)
	} else if !s.Match.said() {
		c.say(at, "a step of rule %s says neither match nor when", c.rule.card.ID)
	}
	for i, name := range c.rule.kept {
		if t, ok := s.Keep[name]; ok {
			st.keep = append(st.keep, keep{i, c.expr(&t, nil, subject)})
		}
	}
	return st
}

// keptNames are the names of values that the steps keep, in order.
func keptNames(q *sequenceSpec) []string {
	var out []string
	if q == nil {
		return nil
	}
	for i := range q.Steps {
		for name := range q.Steps[i].Keep {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// said says whether a match says anything.
func (s *matchSpec) said() bool {
	return len(s.Class)+len(s.Access)+len(s.Method)+len(s.Host)+len(s.Path)+len(s.Selector) > 0 || s.Outcome.said() || s.Subject.said()
}

// memoryOf is a digest of what a rule remembers. Two versions of a rule with the same one go on with the same counts.
func memoryOf(s *ruleSpec) uint64 {
	parts := []string{s.ID.Text, s.On.Text, s.Fresh.String(), fmt.Sprint(s.Keys)}
	one := func(ts ...text) {
		for i := range ts {
			parts = append(parts, ts[i].Text)
		}
	}
	matched := func(m *matchSpec) {
		for _, ts := range []texts{m.Class, m.Access, m.Method, m.Host, m.Path, m.Selector, {m.Outcome, m.Subject}} {
			parts = append(parts, fmt.Sprintf("%q", wordsOf(ts)))
		}
	}
	matched(&s.Match)
	for i := range s.Windows {
		w := &s.Windows[i]
		one(w.Name, w.Where, w.Distinct)
		parts = append(parts, fmt.Sprintf("%q %s %d", wordsOf(w.By), w.Within, w.UpTo))
	}
	if q := s.Sequence; q != nil {
		parts = append(parts, fmt.Sprintf("%q %s", wordsOf(q.By), q.Within))
		for _, steps := range [][]stepSpec{q.Steps, q.Without} {
			for i := range steps {
				st := &steps[i]
				matched(&st.Match)
				one(st.When)
				parts = append(parts, fmt.Sprintf("%q %d", wordsOf(st.By), st.Times))
				for _, name := range keptNames(q) {
					parts = append(parts, name+"="+st.Keep[name].Text)
				}
			}
			parts = append(parts, "without")
		}
	}
	return detect.Key(parts...)
}
