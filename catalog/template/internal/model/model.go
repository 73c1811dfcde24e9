// Package model holds what was learned once from many APIs: what the characters of a value look like, which literals and
// words APIs are made of, and the forests that weigh the evidence. It is trained by the command in train/ and embedded.
package model

import (
	_ "embed" // the model
	"math"
	"sync"

	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

//go:embed model.bin
var modelFile []byte

// Builtin returns the embedded model.
var Builtin = sync.OnceValue(func() *Model {
	m, err := Read(modelFile)
	if err != nil {
		panic("model: the embedded model is broken: " + err.Error()) // it was built wrongly
	}
	return m
})

// A Model holds the trained weights.
type Model struct {
	Grams   []float32        // by hash of 1 to 4 characters; the first is the bias
	Lexicon map[uint32]Entry // what the training APIs do with a literal, by LexiconKey
	Parts   map[uint32]Entry // the same for the words that literals are made of; only Providers is used
	Layers  [2][]float32     // weights of the evidence; the second layer knows what the first believes of the siblings

	Without      map[uint32]Entry // in training only: what the provider at hand itself put into Lexicon
	WithoutParts map[uint32]Entry
}

// An Entry counts in how many providers' APIs a literal stands, and where.
type Entry struct {
	Providers uint16 // with the literal
	Opens     uint16 // of these, with a parameter after it
	Follows   uint16 // of these, with a parameter before it
}

// A Usage is an Entry as numbers to reckon with.
type Usage struct{ Providers, Opens, Follows float64 }

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
		if segment.IsDigit(c) { // which digit it is says nothing
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

// Char returns how much the characters of a token look like those of a value, as a logit.
func (m *Model) Char(token string) float64 {
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

// Usage returns what the training APIs do with a literal.
func (m *Model) Usage(token string) Usage {
	k := LexiconKey(token)
	e, w := m.Lexicon[k], m.Without[k]
	return Usage{float64(e.Providers - w.Providers), float64(e.Opens - w.Opens), float64(e.Follows - w.Follows)}
}

// EachPart calls f with the words a token is made of, in lower case or as written.
func EachPart(token string, f func(string)) {
	start := 0
	for i := 0; i <= len(token); i++ {
		end := i == len(token) || !segment.IsLetter(token[i])
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

// Words returns which share of a token's words stand in literals of other APIs.
func (m *Model) Words(token string) float64 {
	share, n := 0.0, 0.0
	EachPart(token, func(p string) {
		k := LexiconKey(p)
		if m.Parts[k].Providers > m.WithoutParts[k].Providers {
			share++
		}
		n++
	})
	return share / max(n, 1)
}
