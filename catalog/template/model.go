package template

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

//go:embed model.bin
var modelFile []byte

// builtin returns the embedded model.
var builtin = sync.OnceValue(func() *Model {
	m, err := ReadModel(modelFile)
	if err != nil {
		panic("template: the embedded model is broken: " + err.Error()) // it was built wrongly
	}
	return m
})

// A Model holds the trained weights.
type Model struct {
	Grams   []float32        // by hash of 1 to 4 characters; the first is the bias
	Lexicon map[uint32]Entry // what the training APIs do with a literal, by LexiconKey
	Parts   map[uint32]Entry // the same for the words that literals are made of; only Providers is used
	Layers  [2][]float32     // weights by Slots

	Without      map[uint32]Entry // in training only: what the provider at hand itself put into Lexicon
	WithoutParts map[uint32]Entry
}

// An Entry counts in how many providers' APIs a literal stands, and where.
type Entry struct {
	Providers uint16 // with the literal
	Opens     uint16 // of these, with a parameter after it
	Follows   uint16 // of these, with a parameter before it
}

type entry struct{ providers, opens, follows float64 }

// GramCount is the size of the table of character n-grams.
const GramCount = 1 << 15

// gramLen is how much of a token the n-grams are taken from.
const gramLen = 40

// EachGram calls f with the table index of every n-gram of a token, boundaries included.
func EachGram(token string, f func(int)) {
	if len(token) > gramLen {
		token = token[:gramLen]
	}
	at := func(i int) uint32 {
		switch {
		case i < 0:
			return '^'
		case i == len(token):
			return '$'
		}
		c := token[i]
		if isDigit(c) { // which digit it is says nothing
			c = '0'
		}
		return uint32(c)
	}
	for i := -1; i <= len(token); i++ {
		h := uint32(2166136261)
		for n := 0; n < 4 && i+n <= len(token); n++ {
			h = (h ^ at(i+n)) * 16777619
			f(1 + int((h^h>>15)%(GramCount-1)))
		}
	}
}

// char returns how much the characters of a token look like those of a value, as a logit.
func (m *Model) char(token string) float64 {
	sum, n := 0.0, 0.0
	EachGram(token, func(i int) {
		sum += float64(m.Grams[i])
		n++
	})
	return float64(m.Grams[0]) + sum/math.Sqrt(max(n, 1))
}

// LexiconKey is the key of a token in the lexicon: without case and separators, so that chargingSessions,
// charging-sessions and charging_sessions are one.
func LexiconKey(token string) uint32 {
	h := uint32(2166136261)
	for i := range len(token) {
		c := token[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c == '-' || c == '_' || c == '.' {
			continue
		}
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

func (m *Model) entry(token string) entry {
	k := LexiconKey(token)
	e, w := m.Lexicon[k], m.Without[k]
	return entry{float64(e.Providers - w.Providers), float64(e.Opens - w.Opens), float64(e.Follows - w.Follows)}
}

// EachPart calls f with the words a token is made of, in lower case or as written.
func EachPart(token string, f func(string)) {
	start := 0
	for i := 0; i <= len(token); i++ {
		end := i == len(token) || !isLetter(token[i])
		turn := !end && i > start && token[i] < 'a' && token[i-1] >= 'a'
		if !end && !turn {
			continue
		}
		if i-start > 1 {
			f(token[start:i])
		}
		start = i
		if end {
			start++
		}
	}
}

// parts returns which share of a token's words stand in literals of other APIs, and whether one names an action.
func (m *Model) parts(token string) (share float64, act bool) {
	n := 0.0
	EachPart(token, func(p string) {
		k := LexiconKey(p)
		if m.Parts[k].Providers > m.WithoutParts[k].Providers {
			share++
		}
		n++
		act = act || isAction(p)
	})
	if n == 0 {
		return 0, false
	}
	return share / n, act
}

// knots is the number of support points of a feature's piecewise linear weight, and crossKnots of a pair's in each
// direction.
const (
	knots      = 8
	crossKnots = 5
)

// crosses are the pairs of features whose weight depends on both.
var crosses = [...][2]feature{
	{fParentParam, fOnesTraffic}, {fParentParam, fOnesBreadth}, {fParentParam, fBreadth}, {fParentParam, fChar}, {fParentParam, fKnown}, {fParentParam, fLeaf},
	{fLeaf, fBreadth}, {fLeaf, fOnesTraffic}, {fLeaf, fChar}, {fLeaf, fNewness},
	{fChar, fBreadth}, {fChar, fOnesTraffic}, {fChar, fKnown}, {fChar, fCharMean}, {fChar, fParentOpens}, {fChar, fBestBelowShare}, {fChar, fMeanBelow}, {fChar, fCalls},
	{fKnown, fBreadth}, {fKnown, fOnesTraffic}, {fKnown, fMeanBelow}, {fKnown, fSkipBelow}, {fKnown, fParentOpens}, {fKnown, fPlaces}, {fKnown, fAfterParam},
	{fBreadth, fOnesTraffic}, {fBreadth, fTraffic}, {fBreadth, fMeanBelow}, {fBreadth, fSkipBelow}, {fBreadth, fKnownShare}, {fBreadth, fRatio}, {fCharMean, fBreadth},
	{fWords, fOpaqueShare}, {fSameShape, fSameShapeShare}, {fParentOpens, fAlone}, {fParentOpens, fBreadth}, {fParentOpens, fParentKnown}, {fAlone, fChar}, {fAlone, fCalls},
	{fResponse, fBreadth}, {fResponse, fResponseMax}, {fResponse, fChar}, {fIssued, fIssues}, {fIssued, fChar}, {fActs, fAct}, {fDepth, fChar}, {fPlaces, fChar},
	{fValueBelow, fBreadth}, {fValueBelow, fMeanBelow}, {fValueBelowShare, fBreadth}, {fValueBelowShare, fOnesTraffic}, {fValueBelow, fChar}, {fCreates, fBreadth}, {fCreatesShare, fBreadth}, {fReplaces, fLeaf},
	{fSharedBelow, fMeanBelow}, {fSharedBelow, fChar}, {fSharedBelow, fBreadth}, {fSharedBelow, fKnown},
	{fSuffixed, fBreadth}, {fSuffixed, fKnown}, {fParts, fKnown}, {fParts, fParentOpens}, {fParts, fAlone},
	{fTop, fBreadth}, {fTop, fValueBelow}, {fDepth, fBreadth}, {fParts, fMeanBelow}, {fParts, fBreadth}, {fParts, fOnesTraffic},
	{fOthers, fChar}, {fOthers, fBreadth}, {fOthers, fKnown}, {fOthers, fSelf}, {fOthers, fMeanBelow}, {fOthersSum, fSelf},
}

// shapeCrosses are the features whose weight depends on the shape of the token.
var shapeCrosses = [...]feature{fBreadth, fSameShape, fShare, fLeaf, fCalls, fParentOpens, fAlone, fOnesTraffic, fTop}

// The layout of a layer: bias, shapes, features, crosses, shape crosses.
const (
	slotShape   = 1
	slotFeature = slotShape + int(shapes)
	slotCross   = slotFeature + int(featureCount)*knots
	slotByShape = slotCross + len(crosses)*crossKnots*crossKnots
	// Slots is the number of weights of a layer.
	Slots = slotByShape + len(shapeCrosses)*int(shapes)*crossKnots
)

// hats returns the lower of the two support points around x in [0, 1], and how far x is on the way to the next.
func hats(x float32, n int) (int, float32) {
	p := x * float32(n-1)
	i := min(int(p), n-2)
	return i, p - float32(i)
}

// expand calls f with the weights' index and value of every term of a row, and the feature it counts for.
func (r *row) expand(layer int, f func(slot int, x float32, of feature)) {
	last := firstLayer
	if layer == 1 {
		last = featureCount
	}
	f(0, 1, -1)
	f(slotShape+int(r.shape), 1, fLength)
	for i := range last {
		if r.x[i] < 0 {
			continue
		}
		k, t := hats(r.x[i], knots)
		at := slotFeature + int(i)*knots + k
		f(at, 1-t, i)
		f(at+1, t, i)
	}
	for i, c := range crosses {
		a, b := r.x[c[0]], r.x[c[1]]
		if a < 0 || b < 0 || c[0] >= last || c[1] >= last {
			continue
		}
		j, s := hats(a, crossKnots)
		k, t := hats(b, crossKnots)
		at := slotCross + (i*crossKnots+j)*crossKnots + k
		f(at, (1-s)*(1-t), c[1])
		f(at+1, (1-s)*t, c[1])
		f(at+crossKnots, s*(1-t), c[0])
		f(at+crossKnots+1, s*t, c[0])
	}
	for i, c := range shapeCrosses {
		if r.x[c] < 0 {
			continue
		}
		k, t := hats(r.x[c], crossKnots)
		at := slotByShape + (i*int(shapes)+int(r.shape))*crossKnots + k
		f(at, 1-t, c)
		f(at+1, t, c)
	}
}

func (m *Model) score(layer int, r *row) float64 {
	w := m.Layers[layer]
	z := float32(0)
	r.expand(layer, func(slot int, x float32, _ feature) { z += w[slot] * x })
	return float64(z)
}

// classify computes the belief of every candidate that it is a value: the first layer by the candidate and its
// surroundings, the second by these and, in two rounds, the mean belief about its siblings.
func (l *Learner) classify(v *view, cs []*candidate, depth int) {
	rows := l.measure(v, cs, depth)
	for i, c := range cs {
		c.belief = 0
		if c.role != fixed && c.live > 0 {
			c.belief = squash(l.model.score(0, &rows[i]))
		}
		c.first = c.belief
	}
	for range 2 {
		l.influence(v, cs, rows)
		for i, c := range cs {
			if c.role != fixed && c.live > 0 {
				c.belief = squash(l.model.score(1, &rows[i]) + shiftEnv)
			}
		}
	}
}

// influence fills the features of the second layer from the beliefs.
func (l *Learner) influence(v *view, cs []*candidate, rows []row) {
	sum, weighted, n, m := 0.0, 0.0, 0.0, 0.0
	for _, c := range cs {
		if c.role == fixed || c.live == 0 {
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
		x := &rows[i].x
		x[fOthers], x[fOthersTraffic], x[fOthersSum] = missing, missing, 0
		if m > 1 {
			x[fOthers] = clamp((sum - c.belief) / (m - 1))
			x[fOthersTraffic] = clamp(ratio(weighted-c.belief*c.live, n-c.live))
			x[fOthersSum] = log2(max(0, sum-c.belief), 8)
		}
		b := min(max(c.first, 1e-4), 1-1e-4)
		x[fSelf] = clamp(.5 + math.Log(b/(1-b))/18)
	}
}

// modelMagic begins a model file.
const modelMagic = "wwpt\x02"

// Bytes returns the model as a file: magic; the n-grams in 8 bits with a common scale; the lexicons, sorted; the layers
// in 32 bits. All little-endian.
func (m *Model) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(modelMagic)
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // a bytes.Buffer does not fail
	most := float32(1e-6)
	for _, w := range m.Grams[1:] {
		most = max(most, max(w, -w))
	}
	put(m.Grams[0])
	put(most / 127)
	for _, w := range m.Grams[1:] {
		put(int8(math.Round(float64(w / most * 127))))
	}
	for _, lex := range []map[uint32]Entry{m.Lexicon, m.Parts} {
		keys := make([]uint32, 0, len(lex))
		for k := range lex {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		put(uint32(len(keys)))
		for _, k := range keys {
			put(k)
			put(lex[k])
		}
	}
	for _, w := range m.Layers {
		put(w)
	}
	return b.Bytes()
}

// ReadModel reads what [Model.Bytes] wrote.
func ReadModel(file []byte) (*Model, error) {
	r := strings.NewReader(string(file))
	magic := make([]byte, len(modelMagic))
	if _, err := r.Read(magic); err != nil || string(magic) != modelMagic {
		return nil, fmt.Errorf("read model: no model of this version")
	}
	m := &Model{Grams: make([]float32, GramCount)}
	scale := float32(0)
	grams := make([]int8, GramCount-1)
	for _, v := range []any{&m.Grams[0], &scale, grams} {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			return nil, fmt.Errorf("read model: n-grams: %w", err)
		}
	}
	for i, g := range grams {
		m.Grams[i+1] = float32(g) * scale
	}
	for _, lex := range []*map[uint32]Entry{&m.Lexicon, &m.Parts} {
		n := uint32(0)
		if err := binary.Read(r, binary.LittleEndian, &n); err != nil || int(n) > r.Len() {
			return nil, fmt.Errorf("read model: lexicon: %d entries: %w", n, err)
		}
		rows := make([]struct {
			Key   uint32
			Entry Entry
		}, n)
		if err := binary.Read(r, binary.LittleEndian, rows); err != nil {
			return nil, fmt.Errorf("read model: lexicon: %w", err)
		}
		*lex = make(map[uint32]Entry, n)
		for _, row := range rows {
			(*lex)[row.Key] = row.Entry
		}
	}
	for i := range m.Layers {
		m.Layers[i] = make([]float32, Slots)
		if err := binary.Read(r, binary.LittleEndian, m.Layers[i]); err != nil {
			return nil, fmt.Errorf("read model: layer %d: %w", i, err)
		}
	}
	return m, nil
}
