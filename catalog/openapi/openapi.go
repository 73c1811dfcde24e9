// Package openapi writes what was learned of a host as an OpenAPI 3.1 description.
//
// The document says only what the traffic showed and never repeats a value of it: no examples, no defaults. The same
// operations give the same bytes. What OpenAPI has no words for stands in extensions: x-waywarden-function and -access
// say what an operation does, -count how often it was called, -discriminator and -variants which field selects one of
// several functions of one path.
package openapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
)

// An Operation is an endpoint with the JSON Schemas (draft 2020-12) of its bodies.
type Operation struct {
	Endpoint    waywarden.Endpoint
	RequestBody map[string]map[string]any         // content type → schema
	Responses   map[int]map[string]map[string]any // status → content type → schema; no content type: no body
}

// methods are the operations a path item of OpenAPI 3.1 can have, in the order they are written.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// Document describes a host. Operations of one method and path, which differ by a discriminator or only by the names of
// their path parameters, become one. The error is of a schema that cannot be written.
func Document(host string, ops []Operation) ([]byte, error) {
	d := document{host: host, ids: map[string]bool{}, security: map[waywarden.AuthScheme]object{}}
	doc := object{
		{"openapi", "3.1.0"},
		{"info", object{
			{"title", host},
			{"version", "learned"},
			{"description", "Learned from traffic by waywarden. It describes what was seen, which need not be all there is."},
		}},
		{"servers", []any{object{{"url", serverURL(host)}}}},
		{"paths", d.paths(ops)},
	}
	if s := d.securitySchemes(); len(s) > 0 {
		doc = append(doc, pair{"components", object{{"securitySchemes", s}}})
	}
	return marshal(doc)
}

// serverURL returns the address of a host, or the root where its name is none.
func serverURL(host string) string {
	for i := range len(host) {
		c := host[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']') {
			return "/"
		}
	}
	if host == "" {
		return "/"
	}
	return "https://" + host
}

// A document is one description being written.
type document struct {
	host     string
	ids      map[string]bool                 // operation ids given
	security map[waywarden.AuthScheme]object // security schemes used
}

// A route is all operations of one path.
type route struct {
	path    string
	blank   string                 // path without the names of its parameters, which is all OpenAPI tells paths apart by
	methods map[string][]Operation // upper case
}

// paths writes the path items, sorted by path.
func (d *document) paths(ops []Operation) object {
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Endpoint.Template, b.Endpoint.Template), cmp.Compare(a.Endpoint.Method, b.Endpoint.Method),
			cmp.Compare(valueOf(&a.Endpoint), valueOf(&b.Endpoint)), cmp.Compare(a.Endpoint.ID, b.Endpoint.ID))
	})
	var routes []*route
	byBlank := map[string]*route{}
	for _, o := range ops {
		path := cleanPath(o.Endpoint.Template)
		b := blank(path)
		r := byBlank[b]
		if r == nil {
			r = &route{path: path, blank: b, methods: map[string][]Operation{}}
			byBlank[b] = r
			routes = append(routes, r)
		}
		m := strings.ToUpper(o.Endpoint.Method)
		r.methods[m] = append(r.methods[m], o)
	}
	out := object{}
	for _, r := range routes {
		out = append(out, pair{r.path, d.item(r)})
	}
	return out
}

func valueOf(e *waywarden.Endpoint) string {
	if e.Discriminator == nil {
		return ""
	}
	return e.Discriminator.In + " " + e.Discriminator.Name + " " + e.Discriminator.Value
}

// item writes one path item. Methods OpenAPI does not know stand in an extension.
func (d *document) item(r *route) object {
	var out, other object
	known := map[string]bool{}
	for _, m := range methods {
		known[strings.ToUpper(m)] = true
		if ops := r.methods[strings.ToUpper(m)]; len(ops) > 0 {
			out = append(out, pair{m, d.operation(r, m, ops)})
		}
	}
	for _, m := range sortedKeys(r.methods) {
		if !known[m] {
			other = append(other, pair{m, d.operation(r, strings.ToLower(m), r.methods[m])})
		}
	}
	if len(other) > 0 {
		out = append(out, pair{"x-waywarden-operations", other})
	}
	return out
}

// operation writes the operations of one method and path as one.
func (d *document) operation(r *route, method string, ops []Operation) object {
	first := &ops[0].Endpoint
	out := object{{"operationId", d.id(method, r.path)}}
	if len(ops) == 1 && first.Function.Class != "" {
		out = append(out, pair{"summary", first.Function.Class})
	}
	if !slices.ContainsFunc(ops, func(o Operation) bool { return !o.Endpoint.Deprecated }) {
		out = append(out, pair{"deprecated", true})
	}
	if ps := d.parameters(r.path, ops); len(ps) > 0 {
		out = append(out, pair{"parameters", ps})
	}
	if b := requestBody(ops); b != nil {
		out = append(out, pair{"requestBody", b})
	}
	out = append(out, pair{"responses", responses(ops)}, pair{"security", d.requirements(ops)})
	var count int64
	for i := range ops {
		count += ops[i].Endpoint.Count
	}
	out = append(out, pair{"x-waywarden-count", count})
	if len(ops) == 1 {
		return append(out, variant(first)...)
	}
	variants := []any{}
	for i := range ops {
		e := &ops[i].Endpoint
		variants = append(variants, append(object{{"x-waywarden-count", e.Count}}, variant(e)...))
	}
	return append(out, pair{"x-waywarden-variants", variants})
}

// variant writes what is known of one function behind an operation.
func variant(e *waywarden.Endpoint) object {
	out := object{}
	if e.ID != "" {
		out = append(out, pair{"x-waywarden-id", e.ID})
	}
	if dis := e.Discriminator; dis != nil {
		out = append(out, pair{"x-waywarden-discriminator", object{{"in", dis.In}, {"name", dis.Name}, {"value", dis.Value}}})
	}
	if e.Function.Class != "" {
		out = append(out, pair{"x-waywarden-function", object{{"class", e.Function.Class}, {"confidence", e.Function.Confidence}}})
	}
	if e.Access != "" {
		out = append(out, pair{"x-waywarden-access", string(e.Access)})
	}
	return out
}

// id returns a unique operation id made of the method and the words of the path: getApiVehiclesById.
func (d *document) id(method, path string) string {
	var b strings.Builder
	b.WriteString(method)
	upper := true
	for _, c := range strings.ReplaceAll(path, "{", "/by/") {
		switch {
		case c >= 'a' && c <= 'z' && upper:
			b.WriteRune(c - 'a' + 'A')
			upper = false
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b.WriteRune(c)
			upper = false
		default:
			upper = true
		}
	}
	id := b.String()
	for n := 2; d.ids[id]; n++ {
		id = b.String() + "_" + strconv.Itoa(n)
	}
	d.ids[id] = true
	return id
}
