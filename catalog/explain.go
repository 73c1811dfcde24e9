package catalog

import (
	"fmt"

	"github.com/waywarden/waywarden"
)

// why says of an endpoint why it is what it is.
func why(h *host, g *group, e *waywarden.Endpoint) []string {
	f := g.facet
	out := []string{fmt.Sprintf("%d calls by about %d callers, on %d path cells", e.Count, e.Principals, g.cells)}
	out = append(out, h.paths.Explain(h.paths.Template(f.spot.key.cell))...)
	if d := e.Discriminator; d != nil {
		out = append(out, fmt.Sprintf("split by %s field %q: %s; %d values seen", d.In, d.Name, f.spot.selector.prior, len(f.spot.facets)))
	}
	out = append(out, fmt.Sprintf("function %s (%.2f), access %s", e.Function.Class, e.Function.Confidence, e.Access))
	for _, w := range e.Function.Why {
		out = append(out, "  "+w)
	}
	return append(out, fmt.Sprintf("authentication %s, schemes that worked: %v", e.Authentication.Required, e.Authentication.Schemes))
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
