package catalog

import (
	"slices"

	"github.com/waywarden/waywarden"
)

// A choice is a field that may select functions, on one method of one template.
type choice struct {
	method, template, name string
	in                     waywarden.Place
}

// choice returns what a spot's selector is on a template; ok is false when there is none.
func (s *spot) choice(template string) (k choice, ok bool) {
	if s.selector == nil || s.selector.open {
		return choice{}, false
	}
	return choice{method: s.key.method, template: template, name: s.selector.name, in: s.selector.in}, true
}

// shown returns the discriminator of a facet, if the field its spot is kept apart by really selects functions: by the
// spot's own evidence, or by that of another cell of the same template.
func (h *host) shown(s *spot, template string, f *facet) waywarden.Discriminator {
	k, ok := s.choice(template)
	if f.value == "" || !ok {
		return waywarden.Discriminator{}
	}
	if s.selects() {
		h.chosen[k] = true
	}
	if !h.chosen[k] {
		return waywarden.Discriminator{}
	}
	return waywarden.Discriminator{In: k.in, Name: k.name, Value: f.value}
}

// choose decides on the evidence of all cells of a template together: each may have met one function only.
func (h *host) choose(template func(*spot) string) {
	served := map[choice][]*facet{}
	first := map[choice]*selector{}
	for _, s := range h.sortedSpots() {
		k, ok := s.choice(template(s))
		if !ok {
			continue
		}
		if first[k] == nil {
			first[k] = s.selector
		}
		for _, f := range s.sorted() {
			if f.value != "" && f.works() && !slices.ContainsFunc(served[k], func(o *facet) bool { return o.value == f.value }) {
				served[k] = append(served[k], f)
			}
		}
	}
	for k, fs := range served {
		if first[k].decide(fs) {
			h.chosen[k] = true
		}
	}
}

// selects says whether the spot's selector selects functions. The decision is renewed when there are new values, and
// when the calls have doubled.
func (s *spot) selects() bool {
	sel := s.selector
	if sel == nil || sel.open {
		return false
	}
	if s.count < sel.decideAt && len(s.facets) == sel.decideFor {
		return sel.decided
	}
	sel.decideAt, sel.decideFor = 2*max(1, s.count), len(s.facets)
	var served []*facet
	for _, f := range s.sorted() {
		if f.value != "" && f.works() {
			served = append(served, f)
		}
	}
	sel.decided = sel.decide(served)
	return sel.decided
}

// decide weighs the evidence of the values that were served: the protocol says so; or a field of telling name has
// several; or a field of vague name has, and what goes with it differs by value.
func (sel *selector) decide(served []*facet) bool {
	switch sel.prior {
	case priorProtocol, priorUser:
		return len(served) > 0
	case priorStrong:
		return len(served) > 1
	}
	return len(served) > 1 && (actionsDiffer(served) || fieldsDiffer(served))
}

// works says whether the server ever did what the facet's calls asked.
func (f *facet) works() bool {
	for code := range f.statuses {
		if code >= 200 && code < 400 {
			return true
		}
	}
	return false
}

func actionsDiffer(fs []*facet) bool {
	first := ""
	for _, f := range fs {
		switch {
		case f.action == "":
		case first == "":
			first = f.action
		case f.action != first:
			return true
		}
	}
	return false
}

// fieldsDiffer says whether most pairs of values come with request bodies of different fields.
func fieldsDiffer(fs []*facet) bool {
	apart, pairs := 0, 0
	for i, f := range fs {
		for _, g := range fs[i+1:] {
			pairs++
			if f.requests.disjoint(&g.requests) {
				apart++
			}
		}
	}
	return 2*apart > pairs
}
