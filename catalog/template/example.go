package template

import (
	"github.com/waywarden/waywarden/catalog/template/internal/evidence"
	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

// An Example is one decision with its truth, to train the model on.
type Example struct {
	Group  int // examples of one group are siblings
	Value  bool
	Weight float64
	Calls  float64
	row    evidence.Row
}

// Expand calls f with the weights' index and value of every term of layer 0 or 1.
func (e *Example) Expand(layer int, f func(slot int, x float32)) {
	e.row.Expand(layer, func(slot int, x float32, _ evidence.Feature) { f(slot, x) })
}

// Influence sets the features of the second layer of siblings from their beliefs by the first.
func Influence(siblings []Example, beliefs []float64) {
	cs := make([]*candidate, len(siblings))
	rows := make([]evidence.Row, len(siblings))
	for i := range siblings {
		cs[i] = &candidate{live: siblings[i].Calls, belief: beliefs[i], first: beliefs[i]}
		rows[i] = siblings[i].row
	}
	var l Learner
	l.influence(&view{}, cs, rows)
	for i := range siblings {
		siblings[i].row = rows[i]
	}
}

// Examples returns the decisions the learner has to take on what it saw, with their truth: values says of a cell which
// of its path's tokens are values, nil when that is not known. Each decision is taken as if all those above it had been
// taken rightly. The learner must have been made with bounds so wide that nothing was folded but what is certain, and
// is not to be used afterwards.
func (l *Learner) Examples(values func(Cell) []bool) []Example {
	var all []Example
	group := 0
	l.view = &view{raw: []*node{l.root}, index: -1}
	var walk func(v *view, depth int)
	walk = func(v *view, depth int) {
		cs := l.candidates(v)
		if len(cs) == 0 && !hasHidden(v) {
			return
		}
		rows := l.measure(v, cs, depth)
		group++
		for i, c := range cs {
			yes, no := 0.0, 0.0
			for _, n := range c.nodes {
				y, o := truth(n, depth, values)
				yes, no = yes+y, no+o
			}
			c.belief = 0
			if yes > no {
				c.belief = 1
			}
			c.forced = true // keep apart
			if c.live > 0 && c.role != segment.Fixed && yes+no > 0 {
				all = append(all, Example{Group: group, Value: yes > no, Calls: c.live, row: rows[i]})
			}
		}
		l.settle(v, cs)
		if v.pool != nil {
			walk(v.pool, depth+1)
		}
		for _, k := range v.kids {
			walk(k, depth+1)
		}
	}
	walk(l.view, 0)
	return all
}

// truth counts the calls below n in whose paths the token at the depth is and is not a value.
func truth(n *node, depth int, values func(Cell) []bool) (yes, no float64) {
	if n.cell != 0 && n.ends > 0 {
		if v := values(Cell(n.cell - 1)); depth < len(v) {
			if v[depth] {
				yes += float64(n.ends)
			} else {
				no += float64(n.ends)
			}
		}
	}
	n.each(func(k *node) {
		y, o := truth(k, depth, values)
		yes, no = yes+y, no+o
	})
	return yes, no
}

// Tokens returns the tokens of a path or a template, parameters included, for the training command.
func Tokens(path string) []string {
	ts, _ := segment.Tokens(path, nil)
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = t.Text
	}
	return out
}
