package catalog

import (
	"maps"
	"slices"

	"github.com/waywarden/waywarden/catalog/openapi"
	"github.com/waywarden/waywarden/catalog/schema"
)

// A Described host has what its learned API description is written from.
type Described struct {
	Host       string
	Operations []openapi.Operation
}

// Described returns the endpoints of every host with the schemas of their bodies.
func (c *Catalog) Described() []Described {
	var out []Described
	for _, h := range c.sortedHosts() {
		d := Described{Host: h.name}
		for _, g := range c.groups(h) {
			if _, probed := h.probe(g); !probed {
				d.Operations = append(d.Operations, c.described(h, g))
			}
		}
		if len(d.Operations) > 0 {
			out = append(out, d)
		}
	}
	return out
}

func (c *Catalog) described(h *host, g *group) openapi.Operation {
	f := g.facet
	o := openapi.Operation{Endpoint: c.endpoint(h, g), RequestBody: map[string]map[string]any{}, Responses: map[int]map[string]map[string]any{}}
	for format := range f.request.types {
		if format != schema.FormatNone {
			o.RequestBody[format.MediaType()] = f.trees.body.JSONSchema()
		}
	}
	for _, code := range slices.Sorted(maps.Keys(f.statuses)) {
		if code == 0 {
			continue
		}
		content := map[string]map[string]any{}
		for format := range f.response.types {
			if format != schema.FormatNone && code != 204 && code != 304 {
				content[format.MediaType()] = f.answer(code).JSONSchema()
			}
		}
		o.Responses[code] = content
	}
	return o
}
