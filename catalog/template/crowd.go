package template

import (
	"slices"

	"github.com/waywarden/waywarden/catalog/template/internal/segment"
	"github.com/waywarden/waywarden/catalog/template/internal/sketch"
)

// A crowd sums up the candidates of one view.
type crowd struct {
	n, m, ones   float64 // calls, different tokens, tokens seen once
	opaque       float64
	words        float64
	nonleaf      float64
	valueBelow   float64 // tokens directly followed by what looks like a value
	creates      float64 // tokens that are the end of a POST
	char         float64
	known        float64
	acts         float64
	byShape      [segment.Shapes]float64
	callsByShape [segment.Shapes]float64
	byMethods    map[uint16]float64
	response     []uint64
	request      []uint64
	wildResponse uint64
}

// crowd sums up the candidates, and hashes what follows each of them.
func (l *Learner) crowd(v *view, cs []*candidate) *crowd {
	cr := &crowd{byMethods: map[uint16]float64{}}
	for _, c := range cs {
		if c.live == 0 || c.role == segment.Fixed {
			continue
		}
		cr.m++
		cr.n += c.live
		if c.live == 1 {
			cr.ones++
		}
		cr.byShape[c.shape]++
		cr.callsByShape[c.shape] += c.live
		if c.shape.Opaque() {
			cr.opaque++
		} else {
			cr.words++
		}
		cr.char += c.char
		cr.known += float64(flag(c.usage.Providers > 0))
		cr.acts += float64(flag(c.act))
		cr.byMethods[c.methods]++
		c.summarise()
		if c.response != 0 {
			cr.response = append(cr.response, c.response)
		}
		if c.request != 0 {
			cr.request = append(cr.request, c.request)
		}
		if len(c.below) > 0 {
			cr.nonleaf++
		}
		if c.valueBelow() {
			cr.valueBelow++
		}
		if c.methods&methodPost != 0 {
			cr.creates++
		}
		for _, b := range c.below {
			l.feat.df[b]++
		}
	}
	for _, n := range v.raw {
		if n.any != nil && n.any.live > 0 {
			l.addWild(cr, n.any)
		}
	}
	cr.m, cr.n = max(cr.m, 1), max(cr.n, 1)
	cr.char /= cr.m
	return cr
}

// addWild counts the values folded into w as if they still were candidates.
func (l *Learner) addWild(cr *crowd, w *node) {
	m := float64(max(1, w.folded.values))
	cr.m += m
	cr.n += float64(w.live)
	cr.ones += m * min(1, m/float64(w.live))
	total := 0.0
	for _, n := range w.folded.shapes {
		total += float64(n)
	}
	for s, n := range w.folded.shapes {
		if n == 0 {
			continue
		}
		part := m * float64(n) / total
		cr.byShape[s] += part
		cr.callsByShape[s] += float64(n)
		if segment.Shape(s).Opaque() {
			cr.opaque += part
		} else {
			cr.words += part
		}
	}
	cr.char += w.folded.mean() * m
	cr.byMethods[w.methods] += m
	b := below([]*node{w})
	if len(b) > 0 {
		cr.nonleaf += m
	}
	if slices.Contains(b, valueGist&^3|nextOne) { //nolint:staticcheck // nextOne is 0; the form is that of the other kinds
		cr.valueBelow += m
	}
	if w.methods&methodPost != 0 {
		cr.creates += m
	}
	for _, h := range b {
		l.feat.df[h] += int32(m)
	}
	if w.signs != nil {
		cr.wildResponse = w.signs.response.Top()
	}
}

// summarise fills the signatures of a candidate and what follows it.
func (c *candidate) summarise() {
	c.below = below(c.nodes)
	var req, resp sketch.Tally
	for _, n := range c.nodes {
		if n.signs != nil {
			req.Merge(&n.signs.request)
			resp.Merge(&n.signs.response)
		}
	}
	c.request = req.Top()
	c.response = resp.Top()
}
