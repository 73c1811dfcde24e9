package catalog

import "fmt"

// Explain says, for every endpoint id of the inventory, why it is what it is: sentences for a person.
func (c *Catalog) Explain() map[string][]string {
	all := map[string][]string{}
	for _, h := range c.sortedHosts() {
		for _, g := range c.groups(h) {
			if _, probed := h.probe(g); probed {
				continue
			}
			all[g.op.ID] = c.why(h, g)
		}
	}
	return all
}

func (c *Catalog) why(h *host, g *group) []string {
	f := g.facet
	why := []string{fmt.Sprintf("%d calls by about %d callers, on %d path cells", f.count, f.principals.Estimate(), g.cells)}
	why = append(why, h.paths.Explain(h.paths.Template(f.spot.key.cell))...)
	if g.key.value != "" {
		s := f.spot
		why = append(why, fmt.Sprintf("split by %s field %q: %s; %d values seen", g.key.in, g.key.name, s.selector.prior, len(s.facets)))
	}
	v := c.classify(g.op, f)
	why = append(why, fmt.Sprintf("function %s (%.2f), access %s", v.Class, v.Confidence, v.Access))
	for _, w := range v.Why {
		why = append(why, "  "+w)
	}
	a := f.authentication()
	why = append(why, fmt.Sprintf("authentication %s, schemes that worked: %v", a.Required, a.Schemes))
	return why
}

// String says in words how far a selector's name speaks for it.
func (p prior) String() string {
	switch p {
	case priorUser:
		return "the settings say so"
	case priorProtocol:
		return "the protocol says so"
	case priorStrong:
		return "its name says so and several values were served"
	case priorWeak:
		return "its values name different actions, or come with different fields"
	}
	return "no evidence"
}
