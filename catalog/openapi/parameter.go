package openapi

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// A merged is one parameter over all functions of an operation.
type merged struct {
	in, name string
	first    waywarden.Parameter
	required int // functions that always take it
	open     bool
	enum     []string
}

// headersOfHTTP are described by other parts of a description or mean nothing to it.
var headersOfHTTP = map[string]bool{
	"accept": true, "content-type": true, "authorization": true, "cookie": true, "host": true, "user-agent": true, "content-length": true, "connection": true,
	"accept-encoding": true, "accept-language": true, "accept-charset": true, "content-encoding": true, "transfer-encoding": true, "te": true, "upgrade": true,
	"origin": true, "referer": true, "cache-control": true, "pragma": true, "date": true, "via": true, "forwarded": true, "x-forwarded-for": true,
	"x-forwarded-proto": true, "x-forwarded-host": true, "x-real-ip": true, "traceparent": true, "tracestate": true,
}

// parameters writes the parameters outside the body: those of the path in its order, then the others by place and name.
func (d *document) parameters(path string, ops []Operation) []any {
	names := pathNames(path)
	all := map[[2]string]*merged{}
	for i := range ops {
		e := &ops[i].Endpoint
		own := pathNames(cleanPath(e.Template))
		for _, p := range e.Parameters {
			if name, ok := d.described(e, &p, own, names); ok {
				d.merge(all, [2]string{p.In, name}, p)
			}
		}
		if dis := e.Discriminator; dis != nil {
			if m := all[[2]string{dis.In, dis.Name}]; m != nil && dis.In != "path" {
				m.enum, m.open = withName(m.enum, dis.Value), false
			}
		}
	}
	out := []any{}
	for _, n := range names {
		m := all[[2]string{"path", n}]
		if m == nil {
			m = &merged{in: "path", name: n, first: waywarden.Parameter{Type: "string"}}
		}
		m.required = len(ops)
		out = append(out, m.object(len(ops)))
		delete(all, [2]string{"path", n})
	}
	rest := slices.SortedFunc(maps.Values(all), func(a, b *merged) int { return cmp.Or(cmp.Compare(b.in, a.in), cmp.Compare(a.name, b.name)) })
	for _, m := range rest {
		out = append(out, m.object(len(ops)))
	}
	return out
}

// described returns the name a parameter goes by in the description, if it is one of those that stand outside the body.
// A path parameter goes by the name it has in the first of the templates that differ by names alone.
func (d *document) described(e *waywarden.Endpoint, p *waywarden.Parameter, own, names []string) (string, bool) {
	switch p.In {
	case "path":
		at := slices.Index(own, p.Name)
		if at < 0 || at >= len(names) {
			return "", false
		}
		return names[at], true
	case "query":
		return p.Name, p.Name != ""
	case "header", "cookie":
		return p.Name, p.Name != "" && !headersOfHTTP[strings.ToLower(p.Name)] && !d.credential(e, p)
	}
	return "", false
}

func (d *document) merge(all map[[2]string]*merged, key [2]string, p waywarden.Parameter) {
	m := all[key]
	if m == nil {
		m = &merged{in: key[0], name: key[1], first: p}
		all[key] = m
	}
	if p.Required {
		m.required++
	}
	if p.Type != m.first.Type {
		m.first.Type = wider(m.first.Type, p.Type)
		m.first.Format = ""
	}
	m.open = m.open || len(p.Enum) == 0
	for _, v := range p.Enum {
		if !slices.Contains(m.enum, v) {
			m.enum = append(m.enum, v)
		}
	}
}

// wider returns a type both types are of.
func wider(a, b string) string {
	switch {
	case a == "" || a == "null":
		return b
	case b == "" || b == "null":
		return a
	case (a == "integer" || a == "number") && (b == "integer" || b == "number"):
		return "number"
	}
	return "string"
}

// object writes a parameter; it is required when all functions always take it.
func (m *merged) object(ops int) object {
	schema := object{}
	if t := m.first.Type; t != "" && t != "null" {
		schema = append(schema, pair{"type", t})
	}
	if m.first.Format != "" {
		schema = append(schema, pair{"format", m.first.Format})
	}
	if !m.open && len(m.enum) > 0 && (m.first.Type == "string" || m.first.Type == "") {
		slices.Sort(m.enum)
		schema = append(schema, pair{"enum", m.enum})
	}
	out := object{{"name", m.name}, {"in", m.in}, {"required", m.required == ops}, {"schema", schema}}
	if m.first.DataType != "" {
		out = append(out, pair{"x-waywarden-data-type", string(m.first.DataType)})
	}
	return out
}
