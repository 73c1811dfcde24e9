package catalog

import (
	"slices"
	"strconv"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/function"
	"github.com/waywarden/waywarden/catalog/template"
)

// A spotKey is the finest place the catalog tells calls apart before it looks into them: a cell of the path
// learner and a method.
type spotKey struct {
	cell   template.Cell
	method string
}

// A host is everything learned about one host.
type host struct {
	name    string
	paths   *template.Learner
	spots   map[spotKey]*spot
	methods map[template.Cell][]string // of the spots of each cell
	ops     map[opKey]*waywarden.Operation
	chosen  map[choice]bool // fields that were found to select functions
	count   int64
	tls     int64 // calls over TLS
	first   time.Time
	last    time.Time
	values  []string        // scratch of path values
	folded  []template.Fold // scratch
}

// An opKey is what makes an operation the same: the present template text, the method and the discriminator.
type opKey struct {
	method, template, name, value string
	in                            waywarden.Place
}

func newHost(name string, o Options) *host {
	o.Template.Pins = slices.Concat(o.Template.Pins, o.Pins[""], o.Pins[name])
	return &host{name: name, paths: template.New(o.Template), spots: map[spotKey]*spot{}, methods: map[template.Cell][]string{}, ops: map[opKey]*waywarden.Operation{}, chosen: map[choice]bool{}}
}

func (h *host) observe(rec *waywarden.Record) {
	h.count++
	if rec.HTTP.Server.TLS {
		h.tls++
	}
	h.first, h.last = earlier(h.first, rec.At), later(h.last, rec.At)
}

func (h *host) spot(k spotKey) *spot {
	s := h.spots[k]
	if s == nil {
		s = newSpot(k)
		h.spots[k] = s
		h.methods[k.cell] = append(h.methods[k.cell], k.method)
	}
	return s
}

// place learns from one path and returns its cell and present template, moving on the way what was learned at cells
// that ceased to exist.
func (h *host) place(sample template.Sample) (template.Cell, *template.Template) {
	cell := h.paths.Observe(sample)
	t := h.paths.Template(cell)
	cell = h.settle(cell)
	if t == nil {
		t = h.paths.Template(cell)
	}
	return cell, t
}

// settle follows the learner's folds and returns where the calls of cell are now.
func (h *host) settle(cell template.Cell) template.Cell {
	h.folded = h.paths.Folds(h.folded[:0])
	for _, f := range h.folded {
		h.fold(f)
		if f.From == cell {
			cell = f.Into
		}
	}
	return cell
}

// fold moves what was learned at a cell that ceased to exist to the one that took it in.
func (h *host) fold(f template.Fold) {
	methods := h.methods[f.From]
	delete(h.methods, f.From)
	for _, m := range methods {
		k, to := spotKey{f.From, m}, spotKey{f.Into, m}
		s := h.spots[k]
		delete(h.spots, k)
		if into := h.spots[to]; into != nil {
			into.merge(s)
			continue
		}
		s.key = to
		s.forget()
		h.spots[to] = s
		h.methods[f.Into] = append(h.methods[f.Into], m)
	}
}

// operation names the facet's operation by the present decisions of the path learner, classifying it anew as its
// evidence grows.
func (c *Catalog) operation(h *host, t *template.Template, s *spot, f *facet) *waywarden.Operation {
	d := h.shown(s, t.Text, f)
	if f.op != nil && f.op.Template == t.Text && f.op.Discriminator == d && f.count < f.classifyAt {
		return f.op
	}
	k := opKey{method: s.key.method, template: t.Text, in: d.In, name: d.Name, value: d.Value}
	op := h.ops[k]
	switch {
	case op != nil:
	case f.op != nil && f.op.Discriminator == d:
		// The template grew more general: the operation keeps its id.
		op = f.op
		delete(h.ops, keyOf(op))
		op.Template = k.template
		h.ops[k] = op
	default:
		op = &waywarden.Operation{ID: operationID(h.name, k), Host: h.name, Method: k.method, Template: k.template, Discriminator: d}
		h.ops[k] = op
	}
	f.op = op
	if f.count >= f.classifyAt {
		f.classifyAt = max(1, f.count) * 4
		if e := f.evidence(op); f.weighed != hashEvidence(&e) {
			f.weighed, f.verdict = hashEvidence(&e), c.judge(op, e)
		}
		op.Function = waywarden.Function{Class: f.verdict.Class, Confidence: f.verdict.Confidence}
		op.Access = f.verdict.Access
	}
	return op
}

// classify says what an operation does: what the user says, else what its name, structure, data types and effects tell.
func (c *Catalog) classify(op *waywarden.Operation, f *facet) function.Verdict {
	return c.judge(op, f.evidence(op))
}

func (c *Catalog) judge(op *waywarden.Operation, e function.Evidence) function.Verdict {
	v, said := c.correct(op, c.classes.Classify(e))
	if seen, ok := c.seen[op.ID]; ok && !said {
		v = c.classes.Observe(v, seen)
	}
	return v
}

// Saw tells what followed the calls of an operation, which counts more than its name from the next judgement on.
func (c *Catalog) Saw(operation string, s function.Seen) { c.seen[operation] = s }

// hashEvidence stands for all of the evidence that classes are judged by: most often nothing is new.
func hashEvidence(e *function.Evidence) uint64 {
	h := xxh3.HashStringSeed(e.Host, uint64(e.Discriminator.In))
	for _, s := range [...]string{e.Method, e.Template, e.Discriminator.Name, e.Discriminator.Value} {
		h = xxh3.HashStringSeed(s, h)
	}
	for _, fields := range [...][]function.Field{e.Request, e.Response} {
		for i := range fields {
			h = xxh3.HashStringSeed(fields[i].Name, h)
			h = xxh3.HashStringSeed(string(fields[i].Type), h)
			h = xxh3.HashStringSeed(fields[i].JSONType, h)
		}
		h++
	}
	if e.Accepted {
		h = ^h
	}
	return h
}

func keyOf(op *waywarden.Operation) opKey {
	return opKey{method: op.Method, template: op.Template, in: op.Discriminator.In, name: op.Discriminator.Name, value: op.Discriminator.Value}
}

// operationID is stable for the same host, method, template and discriminator.
func operationID(host string, k opKey) string {
	h := xxh3.HashString(host + "\x00" + k.method + "\x00" + k.template + "\x00" + k.in.String() + "\x00" + k.name + "\x00" + k.value)
	return "op-" + strconv.FormatUint(h, 36)
}

func hashOf(s string) uint64 {
	if s == "" {
		return 0
	}
	return xxh3.HashString(s)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
