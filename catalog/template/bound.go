package template

import (
	"cmp"
	"slices"

	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

// overflow brings the children of n back below the bound: it decides about them by what n alone knows, and folds the
// most value-like half, and all that is most likely a value. Tokens that only ever met "not found" go first: whatever
// they are, they are many.
func (l *Learner) overflow(n *node) {
	v := &view{token: n.token, role: n.role, param: n.wild || n.view != nil && n.view.param, raw: []*node{n}}
	if n.view != nil {
		v.known = n.view.known
	}
	cs := l.candidates(v)
	l.classify(v, cs, depthOf(n))
	l.guard(v, cs, depthOf(n))
	pins(v, cs)
	var order []*candidate
	for _, c := range cs {
		if c.role != segment.Fixed && !(c.forced && c.belief == 0) {
			order = append(order, c)
		}
	}
	slices.SortStableFunc(order, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(flag(b.live == 0), flag(a.live == 0)), cmp.Compare(b.belief, a.belief), cmp.Compare(a.live, b.live))
	})
	for i, c := range order {
		if i >= len(n.kids)/2 && c.belief <= .8 {
			break
		}
		switch {
		case c.live > 0 || n.any != nil && l.joins(n, c.token, c.shape, false):
			l.fold(n, c.nodes[0])
		default:
			l.sink(l.voidOf(n), c.nodes[0])
		}
	}
	n.drop()
}

// voidToken is the text of the template that stands for all that was probed at a place and never found.
const voidToken = "*"

// voidOf returns the child of n that stands for tokens that only ever met "not found", a new one if need be.
func (l *Learner) voidOf(n *node) *node {
	if n.void == nil {
		n.void = &node{token: voidToken, shape: segment.Other, parent: n}
		l.nodes++
		l.stale++
	}
	return n.void
}

// sink puts node k and all below it into the void child v, in which nothing is told apart.
func (l *Learner) sink(v, k *node) {
	below := v.calls
	v.count(k)
	if k.cell != 0 {
		l.move(k, v)
	}
	k.each(func(c *node) { l.sink(v, c) })
	if k.void != nil {
		l.sink(v, k.void)
	}
	v.calls = below + k.calls // those below passed k, too
	l.nodes--
	l.stale++
	k.parent = nil
}

func depthOf(n *node) int {
	d := 0
	for ; n.parent != nil; n = n.parent {
		d++
	}
	return d
}

// Merge adds what another learner of the same host has learned, and returns which of its cells is which here. Merging
// is commutative and associative in what is decided, as long as no bound was reached. o must not be used any more.
func (l *Learner) Merge(o *Learner) map[Cell]Cell {
	cells := map[Cell]Cell{}
	folds := len(l.folds)
	l.graft(l.root, o.root, cells)
	l.seen += o.seen
	l.issues += o.issues
	l.stale += o.nodes + 1
	l.due = 0
	forward := map[Cell]Cell{}
	for _, f := range l.folds[folds:] {
		forward[f.From] = f.Into
	}
	for c, to := range cells {
		for f, ok := forward[to]; ok; f, ok = forward[to] {
			to = f
		}
		cells[c] = to
	}
	return cells
}

// graft adds node b of another learner, with all below it, to node a.
func (l *Learner) graft(a, b *node, cells map[Cell]Cell) {
	a.count(b)
	if b.cell != 0 {
		cells[Cell(b.cell-1)] = l.cell(a)
	}
	if b.void != nil {
		l.graft(l.voidOf(a), b.void, cells)
	}
	if b.any != nil {
		w := l.wild(a, b.any.role)
		w.folded.merge(b.any.folded)
		l.graft(w, b.any, cells)
	}
	for _, k := range b.kids {
		have := a.kid(k.token)
		if have == nil {
			have = l.grow(a, segment.Token{Text: k.token, Role: k.role}, k.shape)
		}
		l.graft(have, k, cells)
	}
	if len(a.kids) > l.o.ChildrenMax {
		l.overflow(a)
	}
}
