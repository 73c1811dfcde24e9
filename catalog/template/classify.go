package template

import (
	"math"

	"github.com/waywarden/waywarden/catalog/template/internal/evidence"
	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

// classify computes the belief of every candidate that it is a value: the first layer by the candidate and its
// surroundings, the second by these and, in two rounds, the mean belief about its siblings.
func (l *Learner) classify(v *view, cs []*candidate, depth int) {
	rows := l.measure(v, cs, depth)
	for i, c := range cs {
		c.belief = 0
		if c.role != segment.Fixed && c.live > 0 {
			c.belief = squash(l.score(0, &rows[i]))
		}
		c.first = c.belief
	}
	for range 2 {
		l.influence(v, cs, rows)
		for i, c := range cs {
			if c.role != segment.Fixed && c.live > 0 {
				c.belief = squash(l.score(1, &rows[i]))
			}
		}
	}
}

// influence fills the features of the second layer from the beliefs.
func (l *Learner) influence(v *view, cs []*candidate, rows []evidence.Row) {
	sum, weighted, n, m := 0.0, 0.0, 0.0, 0.0
	for _, c := range cs {
		if c.role == segment.Fixed || c.live == 0 {
			continue
		}
		sum += c.belief
		weighted += c.belief * c.live
		n += c.live
		m++
	}
	for _, r := range v.raw {
		if r.any != nil && r.any.live > 0 {
			k := float64(max(1, r.any.folded.values))
			sum, weighted, n, m = sum+k, weighted+float64(r.any.live), n+float64(r.any.live), m+k
		}
	}
	for i, c := range cs {
		x := &rows[i].X
		x[evidence.Others], x[evidence.OthersTraffic], x[evidence.OthersSum] = evidence.Missing, evidence.Missing, 0
		if m > 1 {
			x[evidence.Others] = clamp((sum - c.belief) / (m - 1))
			x[evidence.OthersTraffic] = clamp(ratio(weighted-c.belief*c.live, n-c.live))
			x[evidence.OthersSum] = log2(max(0, sum-c.belief), 8)
		}
		b := min(max(c.first, 1e-4), 1-1e-4)
		x[evidence.Self] = clamp(.5 + math.Log(b/(1-b))/18)
	}
}

// score is the logit of a row by a layer.
func (l *Learner) score(layer int, r *evidence.Row) float64 {
	w := l.model.Layers[layer]
	z := float32(0)
	r.Expand(layer, func(slot int, x float32, _ evidence.Feature) { z += w[slot] * x })
	return float64(z)
}
