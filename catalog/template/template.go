// Package template learns from traffic which path template a concrete path belongs to: that /cars/WVW…42/lock and
// /cars/WVW…77/lock are one endpoint /cars/{vin}/lock, while …/lock and …/unlock are two.
//
// # How
//
// The paths of a host form a trie of tokens (a segment, or a part of one: `{id}.json`, `{id}:cancel`). At every node a
// classifier says of each child how likely it is a value of a parameter. It is additive, so that every decision can be
// explained by the features that carried it: the characters of the token (n-grams), its shape, how often it and its
// siblings are seen and whether new ones keep coming, what follows below it, whether its responses look like those of
// its siblings, whether an earlier response gave the value out as an identifier. Children that are values are pooled,
// and the pooled subtree is decided in turn, from the root down. Closed sets of verbs are never pooled (guard.go); words of people that the classifier
// leaves out although they are built like the values beside them are looked at once more (join.go).
//
// Decisions are renewed, from all evidence kept, each time the trie has grown by a quarter or the traffic has doubled,
// so they are reversible: a node keeps up to [Options].ChildrenMax children apart. What is beyond that, or beyond
// doubt, is folded into one wild child for good.
//
// The weights are trained by the command in train/ and embedded (internal/model).
package template

import (
	"github.com/waywarden/waywarden/catalog/template/internal/evidence"
	"github.com/waywarden/waywarden/catalog/template/internal/model"
	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

// Options are the developer's settings of a learner.
type Options struct {
	ChildrenMax int          // children of a node kept apart; the most value-like of more are folded
	NodesMax    int          // nodes of a host's trie; beyond it values of parameters are folded as soon as they are decided
	Pins        []Pin        // the user's own decisions
	Model       *model.Model // nil: the embedded one
}

// Default returns the settings for a host of ordinary size: at most some 20 MB, typically below one.
func Default() Options { return Options{ChildrenMax: 192, NodesMax: 50_000} }

// A Pin is a decision of the user's that no evidence overrides.
type Pin struct {
	Template string // "/cars/{vin}/commands/{command}"
	Split    bool   // the last parameter of Template is none: each value is an endpoint of its own
	Merge    bool   // values that Template's parameters stand for are pooled even where other pins name them
}

// A Sample is what the learner wants to know of one call.
type Sample struct {
	Method           string
	Path             string // origin form, still percent-encoded, without query
	Status           int    // 0 unknown
	Signature        uint64 // of the keys of the response body: equal, or of similar bytes, when the keys are; 0 unknown
	RequestSignature uint64 // of the keys of the request body; 0 unknown
	Principal        uint64 // hash of the caller; 0 unknown
	Issued           uint64 // bit i: segment i's value was given out as an identifier by an earlier response
}

// A Cell is the finest grouping the learner keeps: paths of one cell are of one template whatever is decided later.
type Cell uint32

// A Fold says that a cell ceased to exist and which one its paths are in now.
type Fold struct{ From, Into Cell }

// A Template is an endpoint's path with its parameters, as presently decided. It is not changed once returned.
type Template struct {
	Text      string  // "/api/v1/vehicles/{vin}/commands"
	Params    []Param // in order
	Cells     []Cell  // that make it up, ascending; set by [Learner.Templates]
	Count     int     // calls
	Evidenced bool    // some answer shows that it exists; else it was only probed
	Known     bool    // named by a pin or a specification

	methods uint16
	view    *view
}

// A Param is a parameter of a template.
type Param struct {
	Segment  int    // index of the path segment
	Prefix   string // constant before the value in its segment: "Cars(" of "Cars({id})"
	Suffix   string // constant behind it: ".json" of "{file}.json"
	Name     string // unique in the template
	Kind     string // what the values look like: vin, uuid, int, slug, …
	Examples []string
}

// A Learner learns the templates of one host. It belongs to one goroutine.
type Learner struct {
	o      Options
	model  *model.Model
	root   *node
	known  *known
	cells  []*node // by Cell; nil once folded
	nodes  int
	folds  []Fold
	where  map[string]int32 // in how many places a token stands
	view   *view
	stale  int // nodes new or folded since the last decision
	seen   int // samples since the beginning
	due    int // value of seen at which decisions are renewed
	issues int // samples with an issued segment
	style  style

	version uint64
	printed uint64 // fingerprint of the decisions the version stands for
	scratch []segment.Token
	feat    features
}

// New returns a learner that has seen nothing yet.
func New(o Options) *Learner {
	d := Default()
	if o.ChildrenMax <= 0 {
		o.ChildrenMax = d.ChildrenMax
	}
	if o.NodesMax <= 0 {
		o.NodesMax = d.NodesMax
	}
	l := &Learner{o: o, model: o.Model, known: &known{}, where: map[string]int32{}}
	if l.model == nil {
		l.model = model.Builtin()
	}
	for _, w := range l.model.Layers {
		if len(w) != evidence.Slots {
			panic("template: the model was trained for other features") // it was built wrongly
		}
	}
	l.root = &node{}
	for _, p := range o.Pins {
		l.known.add(p.Template, pinned, p)
	}
	return l
}

// AddKnown tells the learner of a template that a specification documents. It names the parameters, and weighs in the
// decisions: a documented literal stays one, a documented parameter needs less evidence.
func (l *Learner) AddKnown(template string) {
	l.known.add(template, documented, Pin{})
	l.stale++
	l.due = 0
}

// Observe learns from one call and returns the cell of its path. Known paths allocate nothing.
func (l *Learner) Observe(s Sample) Cell {
	var slash bool
	l.scratch, slash = segment.Tokens(segment.Normal(s.Path), l.scratch[:0])
	missing := s.Status == 404 || s.Status == 410
	n := l.root
	n.pass(&s, missing, false)
	for _, t := range l.scratch {
		n = l.step(n, t, missing)
		issued := t.Role != segment.Fixed && t.Index < 64 && s.Issued>>t.Index&1 == 1
		n.pass(&s, missing, issued)
	}
	n.arrive(&s, missing, slash)
	if s.Issued != 0 {
		l.issues++
	}
	l.seen++
	return l.cell(n)
}

// Sign adds the signatures of a call that was observed without: the catalog knows them only once it has taken the
// bodies apart, for which it needs the cell.
func (l *Learner) Sign(c Cell, request, response uint64) {
	if n := l.node(c); n != nil {
		n.sign(request, response)
	}
}

// Template returns the template of a cell as presently decided; nil for a cell that was folded.
func (l *Learner) Template(c Cell) *Template {
	n := l.node(c)
	if n == nil {
		return nil
	}
	if l.dueNow() {
		l.decide()
		if n = l.node(c); n == nil {
			return nil
		}
	}
	return l.text(l.place(n))
}

func (l *Learner) dueNow() bool {
	return l.view == nil || l.seen >= l.due || l.stale > 3+l.nodes/4
}

// Folds appends the cells that ceased to exist since the last call to dst.
func (l *Learner) Folds(dst []Fold) []Fold {
	dst = append(dst, l.folds...)
	l.folds = l.folds[:0]
	return dst
}

// Version changes whenever a decision changed.
func (l *Learner) Version() uint64 { return l.version }

// Templates decides anew from all evidence and returns all templates with their cells, in the order of their texts.
func (l *Learner) Templates() []*Template {
	if l.view == nil || l.stale > 0 || l.seen*8 > l.due*5 {
		l.decide()
	}
	return l.collect()
}

func (l *Learner) node(c Cell) *node {
	if int(c) >= len(l.cells) {
		return nil
	}
	return l.cells[c]
}

func (l *Learner) cell(n *node) Cell {
	if n.cell == 0 {
		l.cells = append(l.cells, n)
		n.cell = uint32(len(l.cells))
	}
	return Cell(n.cell - 1)
}
