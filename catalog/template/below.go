package template

import (
	"slices"

	"github.com/waywarden/waywarden/catalog/template/internal/evidence"
	"github.com/waywarden/waywarden/catalog/template/internal/segment"
	"github.com/waywarden/waywarden/catalog/template/internal/sketch"
)

// The kinds of what may follow, in the low two bits of its hash.
const (
	nextOne  = iota // the next token
	nextTwo         // the next two
	nextSkip        // the one after the next, whatever the next
)

// The bounds of what is looked at and kept of what follows a candidate.
const (
	belowVisits = 600
	belowMax    = 48
)

// below hashes what follows the nodes: the next token, the next two, and the one after the next. Of many it keeps those
// of least hash, so that two sets drawn from the same tokens keep the same ones.
func below(nodes []*node) []uint64 {
	var set []uint64
	visits := 0
	for _, n := range nodes {
		n.each(func(k *node) {
			if visits++; visits > belowVisits || k.live == 0 {
				return
			}
			h := k.gist()
			set = append(set, h&^3|nextOne) //nolint:staticcheck // nextOne is 0; the form is that of the other kinds
			k.each(func(g *node) {
				if visits++; visits > belowVisits || g.live == 0 {
					return
				}
				hg := g.gist()
				set = append(set, sketch.Mix(h*31+hg)&^3|nextTwo, sketch.Mix(hg+skipGap)&^3|nextSkip)
			})
		})
	}
	slices.Sort(set)
	set = slices.Compact(set)
	return set[:min(len(set), belowMax)]
}

// each calls f for all children of n, the wild one last.
func (n *node) each(f func(*node)) {
	for _, k := range n.kids {
		f(k)
	}
	if n.any != nil {
		f(n.any)
	}
}

// gist is the hash of a node's token, or of a marker when it is surely or most likely a value.
func (n *node) gist() uint64 {
	if n.wild || n.role != segment.Fixed && n.shape.Opaque() {
		return valueGist
	}
	return sketch.Hash(n.token)
}

// skipGap sets the hashes of what follows one further on apart.
const skipGap = 0x9e3779b97f4a7c15

// The hashes of a value right below and one further on.
var (
	valueNext = uint64(valueGist)&^3 | nextOne //nolint:staticcheck // nextOne is 0; the form is that of the other kinds
	valueSkip = sketch.Mix((valueGist+skipGap)&(1<<64-1))&^3 | nextSkip
)

// valueGist stands for all values.
const valueGist = 0x7b7d7b7d7b7d7b7d

// valueBelow says whether the candidate is directly followed by what looks like a value, as a collection is.
func (c *candidate) valueBelow() bool { return slices.Contains(c.below, valueGist&^3|nextOne) } //nolint:staticcheck // nextOne is 0; the form is that of the other kinds

// suffixed is the share of what follows the candidate that is the suffix of a file or a representation.
func (c *candidate) suffixed() float32 {
	n, all := 0.0, 0.0
	for _, r := range c.nodes {
		for _, k := range r.kids {
			all++
			if k.role == segment.Fixed && k.token[0] == '.' {
				n++
			}
		}
	}
	return clamp(ratio(n, all))
}

// follow fills how what follows the candidate compares with what follows its siblings.
func (l *Learner) follow(x *[evidence.Count]float32, c *candidate, cr *crowd) {
	x[evidence.Leaf] = flag(len(c.below) == 0)
	x[evidence.ValueBelow] = flag(c.valueBelow())
	x[evidence.Suffixed] = c.suffixed()
	x[evidence.ValueBelowShare] = clamp(ratio(cr.valueBelow, cr.m))
	x[evidence.CreatesShare] = clamp(ratio(cr.creates, cr.m))
	x[evidence.Below] = log2(float64(len(c.below)), 6)
	for _, f := range []evidence.Feature{evidence.BestBelowShare, evidence.MeanBelow, evidence.SkipBelow, evidence.OwnBelow, evidence.SharedBelow, evidence.BeforeKnown} {
		x[f] = evidence.Missing
	}
	if len(c.below) == 0 {
		return
	}
	x[evidence.BeforeKnown] = l.known1(c)
	if cr.nonleaf <= 1 {
		return
	}
	var best, skip, sum, own, shared, n float64
	for _, h := range c.below {
		others := float64(l.feat.df[h] - 1)
		n++
		sum += others
		if others <= 0 {
			own++
		} else if h&3 != nextTwo {
			shared++
		}
		if h&3 == nextSkip {
			skip = max(skip, others)
		} else {
			best = max(best, others)
		}
	}
	x[evidence.BestBelow] = log2(best, 8)
	x[evidence.SharedBelow] = log2(shared, 6)
	x[evidence.BestBelowShare] = clamp(best / (cr.nonleaf - 1))
	x[evidence.SkipBelow] = clamp(skip / (cr.nonleaf - 1))
	x[evidence.MeanBelow] = clamp(sum / n / (cr.nonleaf - 1))
	x[evidence.OwnBelow] = clamp(own / n)
	x[evidence.Alien] = flag(best == 0)
}

// known1 is the share of the literals right below a candidate that other APIs mostly put behind a parameter.
func (l *Learner) known1(c *candidate) float32 {
	sum, n := 0.0, 0.0
	for _, node := range c.nodes {
		for i, k := range node.kids {
			if i >= 32 {
				break
			}
			if k.live == 0 || k.role == segment.Fixed || k.shape.Opaque() {
				continue
			}
			if e := l.model.Usage(k.token); e.Providers > 0 {
				sum += e.Follows / e.Providers
				n++
			}
		}
	}
	if n == 0 {
		return evidence.Missing
	}
	return clamp(sum / n)
}
