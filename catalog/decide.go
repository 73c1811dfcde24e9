package catalog

import "github.com/waywarden/waywarden"

// shown returns the discriminator of a facet, if the field its spot is kept apart by really selects functions.
func (s *spot) shown(f *facet) waywarden.Discriminator {
	if f.value == "" || !s.selects() {
		return waywarden.Discriminator{}
	}
	return waywarden.Discriminator{In: s.selector.in, Name: s.selector.name, Value: f.value}
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
	sel.decided = s.decide()
	return sel.decided
}

// decide weighs the evidence: the protocol says so; or a field of telling name has several values that were served; or
// a field of vague name has, and what goes with it differs by value.
func (s *spot) decide() bool {
	var served []*facet
	for _, f := range s.sorted() {
		if f.value != "" && f.works() {
			served = append(served, f)
		}
	}
	switch s.selector.prior {
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
