package catalog

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/openapi"
	"github.com/waywarden/waywarden/catalog/schema"
)

// A Described host has what its learned API description is written from.
type Described struct {
	Host       string
	Operations []openapi.Operation
}

// described adds to an endpoint the schemas of its bodies: one each for requests, for what is served and for refusals.
func described(e waywarden.Endpoint, f *facet) openapi.Operation {
	o := openapi.Operation{Endpoint: e, RequestBody: content(f.request, f.trees.body), Responses: map[int]map[string]map[string]any{}}
	served, refused := content(f.response, f.trees.response), content(f.response, f.trees.refusal)
	for code := range f.statuses {
		switch {
		case code == 0:
		case code == 204 || code == 304:
			o.Responses[code] = nil
		case code >= 400:
			o.Responses[code] = refused
		default:
			o.Responses[code] = served
		}
	}
	return o
}

// content returns a body's schema under each media type it came in.
func content(m media, t *schema.Tree) map[string]map[string]any {
	types := map[string]map[string]any{}
	var s map[string]any
	for format := range m {
		if format == schema.FormatNone {
			continue
		}
		if s == nil {
			s = t.JSONSchema()
		}
		types[format.MediaType()] = s
	}
	return types
}
