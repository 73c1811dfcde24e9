package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/catalog/template"
	"github.com/waywarden/waywarden/catalog/template/internal/model"
)

// A lexicon says which providers use a literal, and where.
type lexicon struct {
	literals map[uint32]map[string]place
	parts    map[uint32]map[string]place
}

type place struct{ opens, follows bool }

// gather reads the lexicon off the templates.
func gather(apis []*api) *lexicon {
	x := &lexicon{literals: map[uint32]map[string]place{}, parts: map[uint32]map[string]place{}}
	note := func(m map[uint32]map[string]place, k uint32, provider string, p place) {
		if m[k] == nil {
			m[k] = map[string]place{}
		}
		have := m[k][provider]
		m[k][provider] = place{have.opens || p.opens, have.follows || p.follows}
	}
	for _, a := range apis {
		for _, o := range a.ops {
			ts := template.Tokens(braces.ReplaceAllString(o.template, mark))
			for i, t := range ts {
				if strings.Contains(t, mark) || strings.ContainsAny(t[:1], ":.(;") {
					continue
				}
				p := place{i+1 < len(ts) && strings.Contains(ts[i+1], mark), i > 0 && strings.Contains(ts[i-1], mark)}
				note(x.literals, model.LexiconKey(t), a.provider, p)
				model.EachPart(t, func(s string) { note(x.parts, model.LexiconKey(s), a.provider, place{}) })
			}
		}
	}
	return x
}

// providersMin is the number of providers that must use a literal for it to be kept: what one alone says is its own.
const providersMin = 2

// fill puts the lexicon into a model.
func (x *lexicon) fill(m *model.Model) {
	for _, part := range []struct {
		from map[uint32]map[string]place
		to   map[uint32]model.Entry
	}{{x.literals, m.Lexicon}, {x.parts, m.Parts}} {
		for k, by := range part.from {
			if len(by) >= providersMin {
				part.to[k] = sum(by)
			}
		}
	}
}

func sum(by map[string]place) (e model.Entry) {
	for _, p := range by {
		e.Providers++
		if p.opens {
			e.Opens++
		}
		if p.follows {
			e.Follows++
		}
	}
	return e
}

// without makes a model forget what one provider put into its lexicon.
func (x *lexicon) without(m *model.Model, provider string) {
	m.Without, m.WithoutParts = map[uint32]model.Entry{}, map[uint32]model.Entry{}
	for k, by := range x.literals {
		p, ok := by[provider]
		if !ok {
			continue
		}
		if len(by)-1 < providersMin {
			m.Without[k] = m.Lexicon[k] // it would not have been kept
			continue
		}
		m.Without[k] = sum(map[string]place{provider: p})
	}
	for k, by := range x.parts {
		if _, ok := by[provider]; ok {
			if m.WithoutParts[k] = (model.Entry{Providers: 1}); len(by)-1 < providersMin {
				m.WithoutParts[k] = m.Parts[k]
			}
		}
	}
}

// wordList returns the words that several APIs' templates and parameter names are made of: things people name things after.
func wordList(apis []*api) []string {
	count := map[string]int{}
	for _, a := range apis {
		own := map[string]bool{}
		for _, o := range a.ops {
			model.EachPart(o.template, func(s string) {
				if len(s) >= 3 && len(s) <= 12 {
					own[strings.ToLower(s)] = true
				}
			})
		}
		for w := range own {
			count[w]++
		}
	}
	var words []string
	for w := range count {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Compare(a, b) })
	return words
}
