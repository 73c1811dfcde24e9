package template

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/catalog/template/internal/model"
	"github.com/waywarden/waywarden/catalog/template/internal/segment"
	"github.com/waywarden/waywarden/catalog/template/internal/sketch"
)

// A view is a place in the collapsed trie: a prefix of templates. It pools the nodes of the trie that are one place
// once the values of parameters are no longer told apart.
type view struct {
	token    string // literal; "" of a parameter
	role     segment.Role
	param    bool
	parent   *view
	index    int // of the path segment
	raw      []*node
	kids     []*view // literals, by token
	pool     *view   // the parameter below, if any
	known    []*known
	members  []member // of a parameter: the values still kept apart
	cut      float64  // below this view: the least character score a new token joins the pool with
	shapes   [segment.Shapes]bool
	suffixed bool // the values are file names with their suffixes
	name     string
	kind     string
	drawn    int    // how many raw nodes the cached template was drawn from
	print    uint64 // fingerprint of the template's text
	template *Template
}

// A member is a value pooled under a parameter, with the belief that it is one.
type member struct {
	token  string
	calls  uint32
	belief float64
}

func (v *view) kid(token string) *view {
	i, found := slices.BinarySearchFunc(v.kids, token, func(k *view, t string) int { return cmp.Compare(k.token, t) })
	if !found {
		return nil
	}
	return v.kids[i]
}

func (v *view) insert(k *view) {
	i, _ := slices.BinarySearchFunc(v.kids, k.token, func(k *view, t string) int { return cmp.Compare(k.token, t) })
	v.kids = slices.Insert(v.kids, i, k)
}

// decide renews all decisions.
func (l *Learner) decide() {
	l.view = &view{raw: []*node{l.root}, index: -1, known: []*known{l.known}}
	l.root.view = l.view
	l.style = l.measureStyle()
	l.split(l.view, 0)
	l.stale = 0
	l.due = max(2*l.seen, l.seen+16)
	l.fingerprint()
}

// split decides which children of v are values, pools them, and goes on below.
func (l *Learner) split(v *view, depth int) {
	cs := l.candidates(v)
	if v.param && files(v, cs) {
		cs = v.takeSuffixes(l, cs)
	}
	if len(cs) == 0 && !hasHidden(v) {
		return
	}
	l.classify(v, cs, depth)
	l.guard(v, cs, depth)
	l.join(v, cs)
	pins(v, cs)
	l.settle(v, cs)
	if v.pool != nil {
		l.split(v.pool, depth+1)
	}
	for _, k := range v.kids {
		l.split(k, depth+1)
	}
}

// suffixesMin is the number of different suffixes of values from which they are the suffixes of file names, part of the
// value, and not two or three representations of one resource.
const suffixesMin = 3

// stemsMin is the number of values, each of which has one suffix only, from which two different suffixes are enough.
const stemsMin = 3

// files says whether the suffixes below v belong to the names of files.
func files(v *view, cs []*candidate) bool {
	n := 0
	for _, c := range cs {
		if c.suffix() && c.live > 0 {
			n++
		}
	}
	return n >= suffixesMin || n >= 2 && v.singleForms() >= stemsMin
}

func (c *candidate) suffix() bool { return c.role == segment.Fixed && c.token[0] == '.' }

// singleForms returns how many values of v have a suffix, 0 if one was seen in two forms: with two suffixes, or with and
// without one, as representations are.
func (v *view) singleForms() int {
	stems := 0
	for _, n := range v.raw {
		if n.wild {
			return 0
		}
		forms := 0
		for _, k := range n.kids {
			if k.role == segment.Fixed && k.token[0] == '.' && k.live > 0 {
				forms++
			}
		}
		if forms > 1 || forms == 1 && n.ends > 0 {
			return 0
		}
		stems += forms
	}
	return stems
}

// takeSuffixes makes the suffixes of file names part of the values v stands for.
func (v *view) takeSuffixes(l *Learner, cs []*candidate) []*candidate {
	for _, c := range cs {
		if !c.suffix() {
			continue
		}
		v.raw = append(v.raw, c.nodes...)
		for _, n := range c.nodes {
			n.view = v
		}
	}
	v.suffixed = true
	return slices.DeleteFunc(l.candidates(v), (*candidate).suffix)
}

func hasHidden(v *view) bool {
	return slices.ContainsFunc(v.raw, func(n *node) bool { return n.any != nil || n.void != nil })
}

// A candidate is one token below a view: a literal, or a value of a parameter.
type candidate struct {
	token             string
	role              segment.Role
	shape             segment.Shape
	char              float64
	nodes             []*node
	calls, live, ends float64
	issued            float64
	methods           uint16
	usage             model.Usage // what other APIs do with that token
	parts             float64
	act               bool // names an action
	request, response uint64
	below             []uint64 // what follows, hashed; the low two bits say what kind
	belief            float64
	first             float64 // belief of the first layer
	forced            bool    // by pin or guard
	guarded           bool
	why               string // of a forced decision
}

// candidates gathers what stands below a view, by token.
func (l *Learner) candidates(v *view) []*candidate {
	var cs []*candidate
	if len(v.raw) == 1 {
		cs = make([]*candidate, 0, len(v.raw[0].kids))
		for _, k := range v.raw[0].kids {
			cs = append(cs, l.candidate(k))
		}
	} else {
		by := map[string]*candidate{}
		for _, n := range v.raw {
			for _, k := range n.kids {
				if c := by[k.token]; c != nil {
					c.add(k)
					continue
				}
				c := l.candidate(k)
				by[k.token] = c
				cs = append(cs, c)
			}
		}
	}
	slices.SortFunc(cs, func(a, b *candidate) int { return cmp.Compare(a.token, b.token) })
	return cs
}

func (l *Learner) candidate(k *node) *candidate {
	c := &candidate{token: k.token, role: k.role, shape: k.shape, char: float64(k.char)}
	c.add(k)
	if k.role != segment.Fixed && !k.shape.Opaque() {
		c.usage = l.model.Usage(k.token)
		c.parts = l.model.Words(k.token)
		c.act = acts(k.token)
	}
	return c
}

func (c *candidate) add(k *node) {
	c.nodes = append(c.nodes, k)
	c.calls += float64(k.calls)
	c.live += float64(k.live)
	c.ends += float64(k.ends)
	c.issued += float64(k.issued)
	c.methods |= k.methods
}

// settle makes the views below v from the beliefs, and folds what is beyond doubt or beyond the bounds.
func (l *Learner) settle(v *view, cs []*candidate) {
	values := v.values(cs)
	l.cut(v, cs)
	for _, c := range cs {
		if c.live == 0 && !c.forced {
			c.belief = float64(flag(values > 0 && c.role != segment.Fixed && v.resembles(c)))
		}
		if c.belief <= .5 {
			v.insert(l.below(v, c.token, c.role, c.nodes))
			continue
		}
		l.pool(v, c, values)
	}
	for _, n := range v.raw {
		n.drop()
		l.settleHidden(v, n)
	}
	if v.pool != nil {
		v.pool.known = paramsOf(v.known)
	}
}

// values returns about how many values stand below v.
func (v *view) values(cs []*candidate) int {
	values := 0
	for _, n := range v.raw {
		if n.any != nil {
			values += n.any.folded.values
		}
	}
	for _, c := range cs {
		if c.belief > .5 && c.live > 0 {
			values++
		}
	}
	if values == 1 && loneFile(cs) {
		return 0
	}
	return values
}

// resembles says whether a token that only ever met "not found" looks like the values below v.
func (v *view) resembles(c *candidate) bool {
	if v.takes(c.shape, c.char) {
		return true
	}
	return v.parent != nil && v.shapes[c.shape] && c.char > v.cut-charSlack && c.usage.Providers == 0
}

// settleHidden puts what is no longer kept apart below a node of v into the views that stand for it.
func (l *Learner) settleHidden(v *view, n *node) {
	if n.void != nil {
		l.putVoid(v, n.void)
	}
	if n.any == nil {
		return
	}
	p := v.poolOf(n.any.role)
	p.raw = append(p.raw, n.any)
	n.any.view = p
	for s, c := range n.any.folded.shapes {
		v.shapes[s] = v.shapes[s] || c > 0
	}
}

// loneFile makes a constant of the only value that was ever served when it is the name of a file: robots.txt and
// backup.sql stand for themselves until there is a second one, however many others were asked for in vain.
func loneFile(cs []*candidate) bool {
	for _, c := range cs {
		if c.belief > .5 && c.live > 0 && c.shape == segment.File && !c.forced && c.issued == 0 {
			c.belief = 0
			return true
		}
	}
	return false
}

// putVoid puts what was probed in vain into the view that stands for it.
func (l *Learner) putVoid(v *view, n *node) {
	k := v.kid(voidToken)
	if k == nil {
		k = l.below(v, voidToken, segment.Whole, nil)
		v.insert(k)
	}
	k.raw = append(k.raw, n)
	n.view = k
}

// The number of values pooled from which a value that is surely one is folded for good: words stay apart longer, the
// evidence about them is more likely to turn.
const (
	foldOpaque = 12
	foldWords  = 64
)

// pool puts a candidate under v's parameter, kept apart or folded.
func (l *Learner) pool(v *view, c *candidate, values int) {
	v.shapes[c.shape] = true
	fold := !c.forced && (c.shape.Opaque() && c.belief > .97 && values >= foldOpaque || c.belief > .98 && values >= foldWords || l.nodes > l.o.NodesMax)
	if fold {
		for _, k := range c.nodes {
			l.fold(k.parent, k)
		}
		return
	}
	p := v.poolOf(c.role)
	p.raw = append(p.raw, c.nodes...)
	p.members = append(p.members, member{token: c.token, calls: uint32(c.calls), belief: c.belief})
	for _, k := range c.nodes {
		k.view = p
	}
}

func (v *view) poolOf(r segment.Role) *view {
	if v.pool == nil {
		v.pool = &view{param: true, role: r, parent: v, index: v.index}
		if r == segment.Whole {
			v.pool.index++
		}
	}
	return v.pool
}

// below returns a new literal view under v.
func (l *Learner) below(v *view, token string, r segment.Role, nodes []*node) *view {
	k := &view{token: token, role: r, parent: v, raw: nodes, index: v.index, known: literalsOf(v.known, token)}
	if r == segment.Whole {
		k.index++
	}
	for _, n := range nodes {
		n.view = k
	}
	return k
}

// cut sets the character score that a token nobody decided about yet needs to join the pool: halfway between what is
// pooled and what is not.
func (l *Learner) cut(v *view, cs []*candidate) {
	var in, out, nin, nout float64
	for _, c := range cs {
		switch {
		case c.role == segment.Fixed || c.live == 0:
		case c.belief > .5:
			in, nin = in+c.char, nin+1
		default:
			out, nout = out+c.char, nout+1
		}
	}
	for _, n := range v.raw {
		if n.any != nil {
			in += n.any.folded.mean() * float64(n.any.folded.values)
			nin += float64(n.any.folded.values)
		}
	}
	switch {
	case nin == 0:
		v.cut = math.Inf(1)
	case nout == 0:
		v.cut = in/nin - 3*charSlack
	default:
		v.cut = (in/nin + out/nout) / 2
	}
}

// takes says whether a new token below v is taken for a value until the next decision.
func (v *view) takes(s segment.Shape, char float64) bool {
	if s.Certain() {
		return true
	}
	if math.IsInf(v.cut, 1) {
		return false
	}
	if s.Opaque() || s == segment.Small {
		return v.shapes[s] || s.Opaque()
	}
	return v.shapes[s] && char >= v.cut
}

func (v *view) root() *view {
	for v.parent != nil {
		v = v.parent
	}
	return v
}

// fingerprint gives every view the fingerprint of its text, and moves the version on when any cell's changed.
func (l *Learner) fingerprint() {
	var walk func(v *view) uint64
	walk = func(v *view) uint64 {
		sum := uint64(0)
		for _, n := range v.raw {
			if n.cell != 0 {
				sum += sketch.Mix(v.print + uint64(n.cell))
			}
		}
		for _, k := range v.kids {
			k.print = sketch.Mix(v.print ^ sketch.Hash(k.token))
			sum += walk(k)
		}
		if v.pool != nil {
			l.name(v.pool)
			v.pool.print = sketch.Mix(v.print ^ sketch.Hash("{"+v.pool.name))
			sum += walk(v.pool)
		}
		return sum
	}
	if sum := walk(l.view); sum != l.printed {
		l.printed = sum
		l.version++
	}
}

// collect returns all templates with their cells.
func (l *Learner) collect() []*Template {
	var all []*Template
	var walk func(v *view)
	walk = func(v *view) {
		t := &Template{}
		for _, n := range v.raw {
			if n.ends == 0 {
				continue
			}
			t.Cells = append(t.Cells, l.cell(n))
		}
		if len(t.Cells) > 0 {
			slices.Sort(t.Cells)
			full := *l.text(v)
			full.Cells = t.Cells
			l.weigh(&full)
			all = append(all, &full)
		}
		for _, k := range v.kids {
			walk(k)
		}
		if v.pool != nil {
			walk(v.pool)
		}
	}
	walk(l.view)
	slices.SortFunc(all, func(a, b *Template) int { return strings.Compare(a.Text, b.Text) })
	return all
}
