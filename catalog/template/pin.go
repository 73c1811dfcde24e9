package template

import (
	"strings"

	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

// A known is a place in the trie of templates that pins and specifications name.
type known struct {
	kids    map[string]*known
	param   *known
	name    string // of param
	by      authority
	split   bool // the values below are endpoints of their own
	merge   bool // the values below are pooled, even those that are named
	literal bool // a template ends here
}

// An authority says how much a known template weighs.
type authority uint8

const (
	documented authority = iota + 1 // by a specification: strong evidence
	pinned                          // by the user: a decision
)

// add enters a template.
func (k *known) add(template string, by authority, p Pin) {
	text, names := segment.Marked(template)
	ts, _ := segment.Tokens(text, nil)
	params := 0
	for _, t := range ts {
		k.by = max(k.by, by)
		if t.Role == segment.Fixed || !strings.Contains(t.Text, segment.Marker) {
			if k.kids == nil {
				k.kids = map[string]*known{}
			}
			if k.kids[t.Text] == nil {
				k.kids[t.Text] = &known{}
			}
			k = k.kids[t.Text]
			continue
		}
		name := strings.Join(names[params:min(len(names), params+strings.Count(t.Text, segment.Marker))], "-")
		params += strings.Count(t.Text, segment.Marker)
		k.merge = k.merge || p.Merge
		if p.Split && params == len(names) {
			k.split = true
		}
		if k.param == nil {
			k.param = &known{}
		}
		if k.name == "" || by == pinned {
			k.name = name
		}
		k = k.param
	}
	k.literal = true
}

func literalsOf(ks []*known, token string) (all []*known) {
	for _, k := range ks {
		if c := k.kids[token]; c != nil {
			all = append(all, c)
		}
	}
	return all
}

func paramsOf(ks []*known) (all []*known) {
	for _, k := range ks {
		if k.param != nil {
			all = append(all, k.param)
		}
		if k.merge {
			for _, c := range k.kids {
				all = append(all, c)
			}
		}
	}
	return all
}

// documentedBelief is the least belief in a value from which the documentation of a parameter decides.
const documentedBelief = .08

// pins applies what is known about the tokens below v to the candidates.
func pins(v *view, cs []*candidate) {
	if len(v.known) == 0 {
		return
	}
	for _, c := range cs {
		if c.role == segment.Fixed {
			continue
		}
		for _, k := range v.known {
			k.pin(c)
		}
	}
}

func (k *known) pin(c *candidate) {
	named := k.kids[c.token] != nil
	switch {
	case k.split && k.by == pinned:
		c.force(0, "split by the configuration")
	case named && !(k.merge && k.param != nil):
		c.force(0, "a literal of a known template")
	case k.param == nil:
	case k.by == pinned:
		c.force(1, "a parameter by the configuration")
	case c.belief >= documentedBelief && !c.guarded && !c.forced:
		c.force(1, "a parameter by the specification")
	}
}

func (c *candidate) force(belief float64, why string) {
	c.belief, c.forced, c.why = belief, true, why
}
