package rule

import (
	"slices"
	"time"

	"cel.dev/cel-go/common/types/ref"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A Rule is a compiled rule. It holds no state.
type Rule struct {
	card     detect.Card
	source   string // file
	line     int
	desc     string
	signal   bool // on telemetry instead of calls
	match    match
	fresh    time.Duration
	keys     int
	windows  []window
	steps    []step
	without  []step
	within   time.Duration // of the sequence
	places   int           // of the sequence: its steps, each as often as it is wanted
	when     *program
	group    []*program
	title    message
	message  message
	facts    []fact
	refused  waywarden.Severity
	kept     []string
	lists    map[string]ref.Val
	memory   uint64 // what its windows and sequence count: rules with the same count the same
	cost     uint64 // of one evaluation of all its expressions, at worst, in CEL's units
	looks    []string
	states   []string
	scenes   []scene
	severity waywarden.Severity
	sure     int
}

type window struct {
	name     string
	within   time.Duration
	by       []*program
	where    *program // nil: everything
	distinct *program // nil: calls
	upTo     int
}

type step struct {
	name        string
	match       match
	when        *program // nil: every call that matches
	by          []*program
	keep        []keep
	first, last int // its places
}

type keep struct {
	at    int // index of Rule.kept
	value *program
}

type fact struct {
	name   string
	value  *program
	normal message
}

// A scene is a story of the rule, with what is wanted of it.
type scene struct {
	kind, name      string
	line            int
	severity, title string
	findings        int
	story           detect.Story
}

// ID returns the rule's id.
func (r *Rule) ID() string { return r.card.ID }

// File returns the file that the rule is of, as the user calls it, and its line there.
func (r *Rule) File() (name string, line int) { return r.source, r.line }

// Card returns the rule's card.
func (r *Rule) Card() detect.Card { return r.card }

// note remembers something that the rule's expressions look at.
func (r *Rule) note(what string) {
	if !slices.Contains(r.looks, what) {
		r.looks = append(r.looks, what)
	}
}

// operation says whether calls of an operation can concern the rule.
func (r *Rule) operation(op *waywarden.Operation) bool {
	if len(r.steps) == 0 {
		return r.match.operation(op)
	}
	concerns := func(s step) bool { return s.match.operation(op) }
	return slices.ContainsFunc(r.steps, concerns) || slices.ContainsFunc(r.without, concerns)
}
