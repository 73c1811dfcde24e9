package template

import (
	"math"
	"slices"
	"strings"
)

// A feature is one number in [0, 1] that the belief about a candidate is computed from.
type feature int

const (
	fLength feature = iota
	fChar
	fCharMean
	fCharRank
	fKnown
	fKnownShare
	fAfterParam
	fParentOpens
	fParentKnown
	fParts
	fCalls
	fShare
	fBreadth
	fTraffic
	fOnesTraffic
	fOnesBreadth
	fNewness
	fOpaqueShare
	fSameShape
	fSameShapeShare
	fConstant
	fWords
	fRatio
	fPlaces
	fLeaf
	fBestBelow
	fBestBelowShare
	fMeanBelow
	fSkipBelow
	fOwnBelow
	fBelow
	fAlien
	fMethods
	fResponse
	fResponseMax
	fRequest
	fIssued
	fIssues
	fParentParam
	fParentPlural
	fTop
	fDepth
	fAlone
	fActs
	fAct
	fCase
	fBeforeKnown
	fValueBelow
	fCreates
	fReplaces
	fValueBelowShare
	fCreatesShare
	fSuffixed
	fSharedBelow
	fOthers // of the second layer, from here on
	fOthersTraffic
	fOthersSum
	fSelf
	featureCount
)

// firstLayer is the number of features that do not depend on beliefs about the siblings.
const firstLayer = fOthers

// missing marks a feature that could not be measured; it adds nothing.
const missing = -1

// A row holds the features of one candidate.
type row struct {
	shape shape
	x     [featureCount]float32
}

// features is the scratch space of one classification.
type features struct {
	rows []row
	df   map[uint64]int32
}

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
	byShape      [shapes]float64
	callsByShape [shapes]float64
	byMethods    map[uint16]float64
	response     []uint64
	request      []uint64
	wildResponse uint64
}

func log2(x, full float64) float32 { return clamp(math.Log2(1+x) / full) }

func clamp(x float64) float32 { return float32(math.Max(0, math.Min(1, x))) }

func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

func squash(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// measure fills the features of the first layer for every candidate of v that is alive and may be a value.
func (l *Learner) measure(v *view, cs []*candidate, depth int) []row {
	f := &l.feat
	if f.df == nil {
		f.df = map[uint64]int32{}
	}
	clear(f.df)
	f.rows = slices.Grow(f.rows[:0], len(cs))[:len(cs)]
	cr := l.crowd(v, cs)
	up, upEntry := "", entry{}
	if !v.param {
		up = v.token
		upEntry = l.model.entry(up)
	}
	for i, c := range cs {
		f.rows[i] = row{shape: c.shape}
		x := &f.rows[i].x
		l.own(x, c, cr)
		relate(x, c, cr)
		l.follow(x, c, cr)
		x[fParentParam] = flag(v.param)
		x[fParentPlural] = flag(strings.HasSuffix(up, "s"))
		x[fTop] = flag(depth == 0)
		x[fDepth] = clamp(float64(depth) / 8)
		x[fParentKnown] = log2(upEntry.providers, 8)
		x[fParentOpens] = missing
		if upEntry.providers > 0 {
			x[fParentOpens] = clamp(upEntry.opens / upEntry.providers)
		}
		x[fActs] = clamp(ratio(cr.acts, cr.m))
		x[fIssues] = flag(l.issues > 0)
	}
	return f.rows
}

func flag(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// own fills what the candidate tells by itself.
func (l *Learner) own(x *[featureCount]float32, c *candidate, cr *crowd) {
	x[fLength] = clamp(float64(len(c.token)) / 40)
	x[fChar] = clamp(squash(c.char))
	x[fCharMean] = clamp(squash(cr.char))
	x[fCharRank] = clamp(.5 + (c.char-cr.char)/12)
	x[fKnown] = log2(c.entry.providers, 8)
	x[fKnownShare] = clamp(ratio(cr.known, cr.m))
	x[fAfterParam] = missing
	if c.entry.providers > 0 {
		x[fAfterParam] = clamp(c.entry.follows / c.entry.providers)
	}
	x[fParts] = clamp(c.parts)
	x[fCalls] = log2(c.live, 12)
	x[fPlaces] = log2(float64(l.where[c.token]), 5)
	x[fIssued] = clamp(ratio(c.issued, c.calls))
	x[fAct] = flag(c.act)
	x[fCreates], x[fReplaces] = missing, missing
	if c.methods != 0 {
		x[fCreates] = flag(c.methods&methodPost != 0)
		x[fReplaces] = flag(c.methods&(methodPut|methodPatch|methodDelete) != 0)
	}
	x[fCase] = flag(c.token[0] >= 'A' && c.token[0] <= 'Z')
}

// relate fills how the candidate stands among its siblings.
func relate(x *[featureCount]float32, c *candidate, cr *crowd) {
	x[fShare] = clamp(c.live / cr.n)
	x[fBreadth] = log2(cr.m, 10)
	x[fTraffic] = log2(cr.n, 14)
	x[fOnesTraffic] = clamp(cr.ones / cr.n)
	x[fOnesBreadth] = clamp(cr.ones / cr.m)
	x[fNewness] = clamp(cr.m / cr.n)
	x[fOpaqueShare] = clamp(cr.opaque / cr.m)
	same := cr.byShape[c.shape]
	x[fSameShape] = log2(same-1, 8)
	x[fSameShapeShare] = clamp(same / cr.m)
	if same <= 1 && c.shape.opaque() {
		x[fConstant] = log2(c.live, 12)
	}
	x[fWords] = log2(cr.words, 8)
	x[fRatio] = clamp(.5 + math.Log2(c.live*cr.m/cr.n)/16)
	x[fAlone] = flag(cr.m <= 1)
	if cr.m > 1 {
		x[fMethods] = clamp((cr.byMethods[c.methods] - 1) / (cr.m - 1))
	}
	x[fResponse], x[fResponseMax] = agreement(c.response, cr.response, cr.wildResponse)
	x[fRequest], _ = agreement(c.request, cr.request, 0)
}

// agreement returns the mean and the greatest likeness of a signature to those of the siblings (own included in all).
func agreement(own uint64, all []uint64, wild uint64) (mean, most float32) {
	if own == 0 || len(all) < 2 && wild == 0 {
		return missing, missing
	}
	const sampleMax = 24
	step := max(1, len(all)/sampleMax)
	sum, n, self := 0.0, 0.0, false
	for i := 0; i < len(all); i += step {
		s := all[i]
		if s == own && !self {
			self = true // one of the equal ones is the candidate itself
			continue
		}
		a := alike(own, s)
		sum, n = sum+a, n+1
		most = max(most, float32(a))
	}
	if wild != 0 {
		a := alike(own, wild)
		sum, n = sum+a*4, n+4
		most = max(most, float32(a))
	}
	if n == 0 {
		return missing, missing
	}
	return clamp(sum / n), most
}

// alike is the share of equal bytes of two signatures: the likeness of key sets when they are minhashes, and equality
// when they are plain hashes.
func alike(a, b uint64) float64 {
	if a == b {
		return 1
	}
	n := 0
	for x := a ^ b; ; x >>= 8 {
		if x&255 == 0 {
			n++
		}
		if x == 0 || n == 8 {
			break
		}
	}
	if n = equalBytes(a, b); n < 2 {
		return 0
	}
	return float64(n) / 8
}

func equalBytes(a, b uint64) (n int) {
	for i := range 8 {
		if byte(a>>(8*i)) == byte(b>>(8*i)) {
			n++
		}
	}
	return n
}

// crowd sums up the candidates, and hashes what follows each of them.
func (l *Learner) crowd(v *view, cs []*candidate) *crowd {
	cr := &crowd{byMethods: map[uint16]float64{}}
	for _, c := range cs {
		if c.live == 0 || c.role == fixed {
			continue
		}
		cr.m++
		cr.n += c.live
		if c.live == 1 {
			cr.ones++
		}
		cr.byShape[c.shape]++
		cr.callsByShape[c.shape] += c.live
		if c.shape.opaque() {
			cr.opaque++
		} else {
			cr.words++
		}
		cr.char += c.char
		cr.known += float64(flag(c.entry.providers > 0))
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
		if shape(s).opaque() {
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
		cr.wildResponse = w.signs.response.top()
	}
}

// summarise fills the signatures of a candidate and what follows it.
func (c *candidate) summarise() {
	c.below = below(c.nodes)
	var req, resp tally
	for _, n := range c.nodes {
		if n.signs != nil {
			req.merge(&n.signs.request)
			resp.merge(&n.signs.response)
		}
	}
	c.request = req.top()
	c.response = resp.top()
}

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
	const gap = 0x9e3779b97f4a7c15
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
				set = append(set, mix(h*31+hg)&^3|nextTwo, mix(hg+gap)&^3|nextSkip)
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
	if n.wild || n.role != fixed && n.shape.opaque() {
		return valueGist
	}
	return hash(n.token)
}

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
			if k.role == fixed && k.token[0] == '.' {
				n++
			}
		}
	}
	return clamp(ratio(n, all))
}

// follow fills how what follows the candidate compares with what follows its siblings.
func (l *Learner) follow(x *[featureCount]float32, c *candidate, cr *crowd) {
	x[fLeaf] = flag(len(c.below) == 0)
	x[fValueBelow] = flag(c.valueBelow())
	x[fSuffixed] = c.suffixed()
	x[fValueBelowShare] = clamp(ratio(cr.valueBelow, cr.m))
	x[fCreatesShare] = clamp(ratio(cr.creates, cr.m))
	x[fBelow] = log2(float64(len(c.below)), 6)
	for _, f := range []feature{fBestBelowShare, fMeanBelow, fSkipBelow, fOwnBelow, fSharedBelow, fBeforeKnown} {
		x[f] = missing
	}
	if len(c.below) == 0 {
		return
	}
	x[fBeforeKnown] = l.known1(c)
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
	x[fBestBelow] = log2(best, 8)
	x[fSharedBelow] = log2(shared, 6)
	x[fBestBelowShare] = clamp(best / (cr.nonleaf - 1))
	x[fSkipBelow] = clamp(skip / (cr.nonleaf - 1))
	x[fMeanBelow] = clamp(sum / n / (cr.nonleaf - 1))
	x[fOwnBelow] = clamp(own / n)
	x[fAlien] = flag(best == 0)
}

// known1 is the share of the literals right below a candidate that other APIs mostly put behind a parameter.
func (l *Learner) known1(c *candidate) float32 {
	sum, n := 0.0, 0.0
	for _, node := range c.nodes {
		for i, k := range node.kids {
			if i >= 32 {
				break
			}
			if k.live == 0 || k.role == fixed || k.shape.opaque() {
				continue
			}
			if e := l.model.entry(k.token); e.providers > 0 {
				sum += e.follows / e.providers
				n++
			}
		}
	}
	if n == 0 {
		return missing
	}
	return clamp(sum / n)
}
