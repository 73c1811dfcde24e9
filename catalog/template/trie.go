package template

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/catalog/template/internal/segment"
	"github.com/waywarden/waywarden/catalog/template/internal/sketch"
)

// A node is a place in the trie: a prefix of the concrete paths seen.
type node struct {
	token  string // "" of a wild node
	role   segment.Role
	shape  segment.Shape
	wild   bool
	char   float32 // how much the characters look like a value's, logit
	parent *node
	kids   []*node          // in the order they came
	index  map[string]*node // of kids, once there are many
	any    *node            // the wild child: values folded for good
	void   *node            // tokens that only ever met "not found", beyond the bound

	calls   uint32 // through here
	live    uint32 // of these, answered other than "not found"
	issued  uint32 // of these, with a value that a response gave out before
	ends    uint32 // calls that end here
	present uint32 // of these, answers that show that something is here
	refused uint32 // of these, answers that may hide that nothing is here: 401, 403
	slashed uint32 // of these, with a trailing slash
	methods uint16 // that ended here alive
	callers uint64 // linear counter of the callers that were refused
	signs   *signs
	folded  *folded // of a wild node: what was folded into it
	cell    uint32  // number of the cell plus one
	view    *view
}

// signs are the most frequent signatures of the bodies at a node.
type signs struct{ request, response sketch.Tally }

// folded says what the values were that a wild node stands for.
type folded struct {
	distinct sketch.Distinct
	shapes   [segment.Shapes]uint32 // calls by shape
	examples []string               // of least hash
	char     float64                // sum of the character scores of values
	chars    int                    // how many values that sum is of
	values   int                    // about how many different values there are
}

const examplesMax = 4

func (f *folded) add(n *node) {
	h := sketch.Hash(n.token)
	f.note(h, n.token, float64(n.char))
	f.shapes[n.shape] += n.calls
}

// note counts a value, by its hash and character score, among the different ones if it is new.
func (f *folded) note(h uint64, token string, char float64) {
	if !f.distinct.Add(h) {
		return
	}
	f.values = f.distinct.Estimate()
	f.char += char
	f.chars++
	f.example(token)
}

// mean is the mean character score of the values.
func (f *folded) mean() float64 { return f.char / float64(max(1, f.chars)) }

func (f *folded) example(token string) {
	if len(token) > 64 {
		return
	}
	h := sketch.Hash(token)
	i, found := slices.BinarySearchFunc(f.examples, h, func(s string, h uint64) int { return cmp.Compare(sketch.Hash(s), h) })
	if found || i >= examplesMax {
		return
	}
	f.examples = slices.Insert(f.examples, i, strings.Clone(token))
	f.examples = f.examples[:min(len(f.examples), examplesMax)]
}

func (f *folded) merge(o *folded) {
	f.distinct.Merge(&o.distinct)
	for i, n := range o.shapes {
		f.shapes[i] += n
	}
	for _, e := range o.examples {
		f.example(e)
	}
	f.char += o.char
	f.chars += o.chars
	f.values = f.distinct.Estimate()
}

// methodBits are the bits of node.methods.
const (
	methodGet uint16 = 1 << iota
	methodPost
	methodPut
	methodDelete
	methodPatch
	methodHead
	methodOptions
	methodOther
)

func methodBit(m string) uint16 {
	switch m {
	case "GET":
		return methodGet
	case "POST":
		return methodPost
	case "PUT":
		return methodPut
	case "DELETE":
		return methodDelete
	case "PATCH":
		return methodPatch
	case "HEAD":
		return methodHead
	case "OPTIONS":
		return methodOptions
	}
	return methodOther
}

// pass counts a call through the node.
func (n *node) pass(_ *Sample, missing, issued bool) {
	n.calls++
	if !missing {
		n.live++
	}
	if issued {
		n.issued++
	}
}

// arrive counts a call that ends at the node.
func (n *node) arrive(s *Sample, missing, slash bool) {
	n.ends++
	if slash {
		n.slashed++
	}
	if missing {
		return
	}
	n.methods |= methodBit(s.Method)
	switch s.Status {
	case 405, 501, 404, 410:
	case 401, 403, 407, 0:
		n.refused++
		n.callers |= 1 << (sketch.Mix(s.Principal) & 63)
	default:
		n.present++
	}
	n.sign(s.RequestSignature, s.Signature)
}

func (n *node) sign(request, response uint64) {
	if request|response == 0 {
		return
	}
	if n.signs == nil {
		n.signs = &signs{}
	}
	if request != 0 {
		n.signs.request.Add(request, 1)
	}
	if response != 0 {
		n.signs.response.Add(response, 1)
	}
}

// indexAt is the number of children from which a map finds them faster than a scan.
const indexAt = 6

func (n *node) kid(token string) *node {
	if n.index != nil {
		return n.index[token]
	}
	for _, k := range n.kids {
		if k.token == token {
			return k
		}
	}
	return nil
}

func (n *node) adopt(k *node) {
	k.parent = n
	n.kids = append(n.kids, k)
	if n.index != nil {
		n.index[k.token] = k
	} else if len(n.kids) > indexAt {
		n.reindex()
	}
}

func (n *node) reindex() {
	n.index = nil
	if len(n.kids) <= indexAt {
		return
	}
	n.index = make(map[string]*node, 2*len(n.kids))
	for _, k := range n.kids {
		n.index[k.token] = k
	}
}

// step returns the child of n that a token leads to, a new one if need be.
func (l *Learner) step(n *node, t segment.Token, missing bool) *node {
	if n.parent != nil && n.parent.void == n {
		return n
	}
	if k := n.kid(t.Text); k != nil {
		return k
	}
	if t.Role == segment.Fixed {
		return l.grow(n, t, segment.Other)
	}
	s := segment.ShapeOf(t.Text)
	if s.Certain() || n.any != nil && l.joins(n, t.Text, s, missing) {
		w := l.wild(n, t.Role)
		w.folded.shapes[s]++
		if h := sketch.Hash(t.Text); w.folded.distinct.News(h) {
			w.folded.note(h, t.Text, l.model.Char(t.Text))
		}
		return w
	}
	if missing && n.void != nil {
		return n.void
	}
	k := l.grow(n, t, s)
	if len(n.kids) > l.o.ChildrenMax {
		l.overflow(n)
		if k.parent == nil { // folded at once
			if missing && n.void != nil {
				return n.void
			}
			return n.any
		}
	}
	return k
}

// joins says whether a token never seen at a node that has a wild child is taken for a further value at once: opaque
// ones are when such were folded before; words only when many were, and something is known to answer.
func (l *Learner) joins(n *node, text string, s segment.Shape, missing bool) bool {
	f := n.any.folded
	if s.Opaque() {
		return f.shapes[s] > 0 || f.values >= 8
	}
	if f.values < 24 || missing || n.any.view == nil {
		return false
	}
	return f.shapes[s] > 0 && float64(l.model.Char(text)) >= f.mean()-charSlack
}

// charSlack is how much less value-like than their average a new value of a grown set may look.
const charSlack = 1.5

func (l *Learner) grow(n *node, t segment.Token, s segment.Shape) *node {
	text := strings.Clone(t.Text)
	k := &node{token: text, role: t.Role, shape: s}
	if t.Role != segment.Fixed {
		k.char = float32(l.model.Char(text))
	}
	if len(l.where) < l.o.NodesMax || l.where[text] > 0 {
		l.where[text]++
	}
	n.adopt(k)
	l.nodes++
	l.stale++
	return k
}

// wild returns the wild child of a node, a new one if need be.
func (l *Learner) wild(n *node, r segment.Role) *node {
	if n.any == nil {
		n.any = &node{role: r, wild: true, parent: n, folded: &folded{}}
		l.nodes++
		l.stale++
	}
	return n.any
}

// fold puts a child of n into n's wild child, for good.
func (l *Learner) fold(n, k *node) {
	w := l.wild(n, k.role)
	w.folded.add(k)
	l.absorb(w, k)
	k.parent = nil
	l.stale++
}

// absorb adds all that node b holds to node a; b ceases to exist.
func (l *Learner) absorb(a, b *node) {
	a.count(b)
	if b.cell != 0 {
		l.move(b, a)
	}
	if b.void != nil {
		if a.void == nil {
			a.void = b.void
			a.void.parent = a
		} else {
			l.sink(a.void, b.void)
		}
	}
	if b.any != nil {
		if a.any == nil {
			a.any = b.any
			a.any.parent = a
		} else {
			a.any.folded.merge(b.any.folded)
			l.absorb(a.any, b.any)
		}
	}
	for _, k := range b.kids {
		if have := a.kid(k.token); have != nil {
			l.absorb(have, k)
			continue
		}
		if k.role != segment.Fixed && a.any != nil && l.joins(a, k.token, k.shape, k.live == 0) {
			l.fold(a, k)
			continue
		}
		a.adopt(k)
	}
	l.nodes--
	b.parent = nil
	if len(a.kids) > l.o.ChildrenMax {
		l.overflow(a)
	}
}

// move makes the cell of node b one with that of node a.
func (l *Learner) move(b, a *node) {
	l.folds = append(l.folds, Fold{Cell(b.cell - 1), l.cell(a)})
	l.cells[b.cell-1] = nil
}

// count adds the counters of b to those of n.
func (n *node) count(b *node) {
	n.calls += b.calls
	n.live += b.live
	n.issued += b.issued
	n.ends += b.ends
	n.present += b.present
	n.refused += b.refused
	n.slashed += b.slashed
	n.methods |= b.methods
	n.callers |= b.callers
	if b.signs != nil {
		if n.signs == nil {
			n.signs = &signs{}
		}
		n.signs.request.Merge(&b.signs.request)
		n.signs.response.Merge(&b.signs.response)
	}
}

// drop removes the children of n that were folded away.
func (n *node) drop() {
	n.kids = slices.DeleteFunc(n.kids, func(k *node) bool { return k.parent != n })
	n.reindex()
}
