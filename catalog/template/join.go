package template

import (
	"slices"

	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

// What the classifier leaves out although it is built like what it pools is looked at once more here: the words of
// people, of which each alone could be a literal.

// joinBelief is the belief in a value that its siblings vouch for.
const joinBelief = .6

// wordsMin is the number of words among the values from which a further word is one too if it is built like them.
const (
	wordsMin    = 2
	wordsBelief = .5 // each of them is surely one
)

// The bounds of twins.
const (
	twinsMin      = 3   // words that are followed by the same
	twinSame      = 5   // literals that must be the same
	twinOverlap   = .4  // which share of both they must be
	knownBelowMin = .12 // share of what follows them that must be known words
)

// join makes values of the strangers that are built like the values below v, and of twins.
func (l *Learner) join(v *view, cs []*candidate) {
	if twins := l.strangeTwins(cs); len(twins) >= twinsMin {
		for _, c := range twins {
			c.vouch("other words are followed by the same")
		}
	}
	if !slices.ContainsFunc(cs, func(c *candidate) bool { return c.literal() && c.strange() }) {
		return
	}
	p := pooled(v, cs)
	if p.words < wordsMin {
		return
	}
	for _, c := range cs {
		if c.literal() && c.strange() && p.fits(c) {
			c.vouch("a word unknown elsewhere, built like the values beside it")
		}
	}
}

func (c *candidate) vouch(why string) {
	if c.belief <= .5 {
		c.belief, c.why = joinBelief, why
	}
}

// literal says whether the classifier alone makes a literal of the candidate, a word.
func (c *candidate) literal() bool {
	return c.belief <= .5 && !c.guarded && !c.forced && c.live > 0 && c.role != segment.Fixed && c.shape.Wordy() && !c.act
}

// strange says whether no other API has the candidate as a literal, nor its words in one.
func (c *candidate) strange() bool { return c.usage.Providers == 0 && c.parts == 0 }

// A pool is what the values below a view have in common.
type pool struct {
	words   int // values that are words
	methods uint16
	leaf    bool
	below   map[uint64]bool
}

func pooled(v *view, cs []*candidate) *pool {
	p := &pool{below: map[uint64]bool{}}
	note := func(methods uint16, below []uint64) {
		p.methods |= methods
		p.leaf = p.leaf || len(below) == 0
		for _, h := range below {
			p.below[h] = true
		}
	}
	for _, c := range cs {
		if c.belief <= .5 || c.live == 0 {
			continue
		}
		if c.shape.Wordy() && c.belief > wordsBelief {
			p.words++
		}
		note(c.methods, c.below)
	}
	for _, n := range v.raw {
		if n.any == nil {
			continue
		}
		for s, calls := range n.any.folded.shapes {
			if segment.Shape(s).Wordy() && calls > 0 {
				p.words += wordsMin
			}
		}
		note(n.any.methods, below([]*node{n.any}))
	}
	return p
}

// fits says whether the candidate is called as the values are, and followed by the literals that follow them. That it is
// read and nothing follows says nothing.
func (p *pool) fits(c *candidate) bool {
	if c.methods&^p.methods != 0 {
		return false
	}
	if len(c.below) == 0 {
		return p.leaf && c.methods&(methodPut|methodPatch|methodDelete) != 0
	}
	all, same := 0, 0
	for _, h := range c.below {
		if h == valueNext || h == valueSkip {
			continue // that values follow says nothing
		}
		all++
		if p.below[h] {
			same++
		}
	}
	return all > 0 && 2*same >= all
}

// literalsBelow returns, ascending, the hashes of the words right below a candidate, nil if too few of them are words
// that other APIs' literals are made of: the names of objects can be common to siblings, too.
func (l *Learner) literalsBelow(c *candidate) []uint64 {
	var all []uint64
	known := 0
	for _, n := range c.nodes {
		for i, k := range n.kids {
			if i >= belowVisits {
				break
			}
			if k.live == 0 || k.role != segment.Whole || k.shape.Opaque() {
				continue
			}
			all = append(all, k.gist())
			if l.model.Words(k.token) >= .5 {
				known++
			}
		}
	}
	if float64(known) < knownBelowMin*float64(len(all)) {
		return nil
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// strangeTwins returns the words that are followed by much the same literals as the one of them that most follow, if most
// of them are strange to other APIs. Words followed by values are collections, however alike they are.
func (l *Learner) strangeTwins(cs []*candidate) []*candidate {
	var able []*candidate
	doubtful := false
	for _, c := range cs {
		if c.twinnable() {
			able = append(able, c)
			doubtful = doubtful || c.belief <= .5 && c.usage.Providers == 0
		}
	}
	if !doubtful || len(able) < twinsMin {
		return nil
	}
	var most []uint64
	literals := make([][]uint64, len(able))
	for i, c := range able {
		if literals[i] = l.literalsBelow(c); len(literals[i]) > len(most) {
			most = literals[i]
		}
	}
	var twins []*candidate
	strangers := 0
	for i, c := range able {
		same := common(most, literals[i])
		if same < twinSame || float64(same) < twinOverlap*float64(len(most)+len(literals[i])-same) {
			continue
		}
		twins = append(twins, c)
		if c.usage.Providers == 0 {
			strangers++
		}
	}
	if 2*strangers < len(twins) {
		return nil
	}
	return twins
}

// twinnable says whether the candidate is a word that names no action, followed by enough and by no value.
func (c *candidate) twinnable() bool {
	word := c.live > 0 && c.role != segment.Fixed && c.shape.Wordy()
	return word && !c.act && !c.guarded && len(c.below) >= twinSame && !c.valueBelow()
}

// common counts the elements that two ascending sets share.
func common(a, b []uint64) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			n, i, j = n+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return n
}
