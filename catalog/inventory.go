package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/function"
	"github.com/waywarden/waywarden/catalog/spec"
)

// A group is one operation as the present decisions see it: facets of all cells that belong to it, taken together.
type group struct {
	key   opKey
	op    *waywarden.Operation
	facet *facet
	cells int
}

// A Report is what the catalog knows at one moment, in the forms it is told in.
type Report struct {
	Inventory *waywarden.Inventory
	Why       map[string][]string // by endpoint id: why it is what it is, in sentences for a person
	Described []Described
}

// Report returns what was discovered, by the decisions that all evidence so far supports.
func (c *Catalog) Report() Report {
	inv := &waywarden.Inventory{
		Version: 1, Hosts: []waywarden.HostEntry{}, Endpoints: []waywarden.Endpoint{},
		OCPP: c.ocpp.entries(), Applications: c.callers.Applications(), Consumers: c.callers.Consumers(),
	}
	r := Report{Inventory: inv, Why: map[string][]string{}}
	for _, h := range c.sortedHosts() {
		d := Described{Host: h.name}
		for _, g := range c.groups(h) {
			if p, ok := h.probe(g); ok {
				inv.Probes = append(inv.Probes, p)
				continue
			}
			e := c.endpoint(h, g)
			inv.Endpoints = append(inv.Endpoints, e)
			r.Why[e.ID] = why(h, g, &e)
			d.Operations = append(d.Operations, described(e, g.facet))
		}
		if n := len(d.Operations); n > 0 {
			inv.Hosts = append(inv.Hosts, h.entry(n))
			r.Described = append(r.Described, d)
		}
	}
	c.documented(inv)
	inv.Endpoints = append(inv.Endpoints, c.orphans(inv.Endpoints)...)
	slices.SortStableFunc(inv.Endpoints, byPlace)
	return r
}

func byPlace(a, b waywarden.Endpoint) int {
	return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Template, b.Template), cmp.Compare(a.Method, b.Method), cmp.Compare(value(a), value(b)))
}

func value(e waywarden.Endpoint) string {
	if e.Discriminator == nil {
		return ""
	}
	return e.Discriminator.Value
}

func (c *Catalog) sortedHosts() []*host {
	hs := slices.Collect(maps.Values(c.hosts))
	slices.SortFunc(hs, func(a, b *host) int { return cmp.Compare(a.name, b.name) })
	return hs
}

func (h *host) sortedSpots() []*spot {
	ss := slices.Collect(maps.Values(h.spots))
	slices.SortFunc(ss, func(a, b *spot) int {
		return cmp.Or(cmp.Compare(a.key.cell, b.key.cell), cmp.Compare(a.key.method, b.key.method))
	})
	return ss
}

// groups gathers the facets of a host by the operation they belong to.
func (c *Catalog) groups(h *host) []*group {
	h.paths.Templates() // decides on all evidence
	h.settle(0)
	h.choose(func(s *spot) string { return h.paths.Template(s.key.cell).Text })
	by := map[opKey]*group{}
	for _, s := range h.sortedSpots() {
		t := h.paths.Template(s.key.cell)
		for _, f := range s.sorted() {
			if f.count == 0 {
				continue
			}
			d := h.shown(s, t.Text, f)
			k := opKey{method: s.key.method, template: t.Text, in: d.In, name: d.Name, value: d.Value}
			g := by[k]
			if g == nil {
				g = &group{key: k, facet: newFacet(s, f.value)}
				by[k] = g
			}
			g.facet.about(k.method, k.template)
			g.facet.merge(f)
			g.cells++
		}
	}
	gs := slices.Collect(maps.Values(by))
	slices.SortFunc(gs, func(a, b *group) int { return compareKeys(a.key, b.key) })
	for _, g := range gs {
		g.op = h.ops[g.key]
		if g.op == nil {
			g.op = &waywarden.Operation{ID: operationID(h.name, g.key), Host: h.name, Method: g.key.method, Template: g.key.template,
				Discriminator: waywarden.Discriminator{In: g.key.in, Name: g.key.name, Value: g.key.value}}
		}
	}
	return gs
}

func compareKeys(a, b opKey) int {
	return cmp.Or(cmp.Compare(a.template, b.template), cmp.Compare(a.method, b.method), cmp.Compare(a.in, b.in), cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value))
}

// probe says whether a group is no endpoint but a mere attempt: nothing was ever served there. A refusal by itself shows
// existence only when it is one that a server gives for what it has, to more than one caller.
func (h *host) probe(g *group) (waywarden.ProbeEntry, bool) {
	if g.key.method != "OPTIONS" && g.key.method != "HEAD" && g.exists() {
		return waywarden.ProbeEntry{}, false
	}
	path := g.key.template
	if g.key.value != "" {
		path += " " + g.key.name + "=" + g.key.value
	}
	return waywarden.ProbeEntry{
		Host: h.name, Method: g.key.method, Path: path, Count: g.facet.count, Statuses: statusNames(g.facet.statuses), FirstSeen: g.facet.first,
	}, true
}

// existenceMin is the number of distinct callers whose refusals, of a kind that presumes the resource, show an endpoint.
const existenceMin = 2

func (g *group) exists() bool {
	refused := int64(0)
	for code, n := range g.facet.statuses {
		switch {
		case code >= 200 && code < 400:
			return true
		case code == 400, code == 402, code == 403, code == 409, code == 410, code == 415, code == 422, code == 423, code == 428, code == 429, code == 503, code == 500:
			refused += n
		}
	}
	return refused > 0 && g.facet.principals.Estimate() >= existenceMin
}

func statusNames(statuses map[int]int64) map[string]int64 {
	m := make(map[string]int64, len(statuses))
	for code, n := range statuses {
		name := "none"
		if code != 0 {
			name = strconv.Itoa(code)
		}
		m[name] = n
	}
	return m
}

func (h *host) entry(endpoints int) waywarden.HostEntry {
	tls := "mixed"
	switch h.tls {
	case 0:
		tls = "never"
	case h.count:
		tls = "always"
	}
	return waywarden.HostEntry{Host: h.name, Endpoints: endpoints, Count: h.count, TLS: tls, FirstSeen: h.first, LastSeen: h.last}
}

// endpoint renders one group.
func (c *Catalog) endpoint(h *host, g *group) waywarden.Endpoint {
	f := g.facet
	v := c.classify(g.op, f)
	e := waywarden.Endpoint{
		ID: g.op.ID, Host: h.name, Method: g.key.method, Template: g.key.template, Access: v.Access, Count: f.count,
		Function:       waywarden.FunctionEntry{Class: v.Class, Confidence: v.Confidence, Review: v.Review, Why: v.Why},
		Parameters:     f.parameters(),
		Authentication: f.authentication(), FirstSeen: f.first, LastSeen: f.last,
		Statuses: statusNames(f.statuses), Principals: int(f.principals.Estimate()), Status: []string{},
	}
	if g.key.value != "" {
		e.Discriminator = &waywarden.DiscriminatorEntry{In: g.key.in.String(), Name: g.key.name, Value: g.key.value}
	}
	return e
}

// documented compares the endpoints with the specifications. One that names no host is first given to the host it fits.
func (c *Catalog) documented(inv *waywarden.Inventory) {
	if c.specs == nil {
		return
	}
	c.specs.Assign(inv.Endpoints)
	for i := range inv.Endpoints {
		e := &inv.Endpoints[i]
		v := c.specs.Judge(e.Host, e.Method, e.Template)
		e.Status, e.Deprecated = v.Status, v.Deprecated
		if v.Operation != nil {
			e.Drift = spec.Drift(v.Operation, e.Parameters, e.Statuses)
		}
	}
	for i := range inv.Hosts {
		inv.Hosts[i].Specified = c.specs.Has(inv.Hosts[i].Host)
	}
}

func (c *Catalog) orphans(seen []waywarden.Endpoint) []waywarden.Endpoint {
	if c.specs == nil {
		return nil
	}
	var es []waywarden.Endpoint
	for _, o := range c.specs.Orphans(seen) {
		k := opKey{method: o.Method, template: o.Template}
		v := c.classes.Classify(function.Evidence{Host: o.Host, Method: o.Method, Template: o.Template})
		es = append(es, waywarden.Endpoint{
			ID: operationID(o.Host, k), Host: o.Host, Method: o.Method, Template: o.Template, Access: v.Access,
			Function:   waywarden.FunctionEntry{Class: v.Class, Confidence: v.Confidence, Review: v.Review, Why: v.Why},
			Parameters: []waywarden.Parameter{}, Authentication: waywarden.Authentication{Schemes: []waywarden.AuthScheme{}, Required: "never"},
			Status: []string{"orphan"}, Deprecated: o.Deprecated,
		})
	}
	return es
}

func (f *facet) parameters() []waywarden.Parameter {
	ps := []waywarden.Parameter{}
	ps = f.trees.path.Parameters(ps, "path")
	ps = f.trees.query.Parameters(ps, "query")
	ps = f.trees.header.Parameters(ps, "header")
	ps = f.trees.cookie.Parameters(ps, "cookie")
	ps = f.trees.body.Parameters(ps, "body")
	return f.trees.response.Parameters(ps, "response")
}

// evidence gathers what the classifier of functions looks at.
func (f *facet) evidence(op *waywarden.Operation) function.Evidence {
	e := function.Evidence{
		Host: op.Host, Method: op.Method, Template: op.Template, Discriminator: op.Discriminator, Statuses: f.statuses,
		Accepted: f.statuses[202] > 0,
	}
	for _, p := range f.parameters() {
		field := function.Field{Name: p.Name, Type: p.DataType, JSONType: p.Type}
		switch p.In {
		case "response":
			e.Response = append(e.Response, field)
			e.Accepted = e.Accepted || p.DataType == waywarden.TypeRequestID && !strings.Contains(p.Name, "[]")
		case "path", "query", "body":
			e.Request = append(e.Request, field)
		}
	}
	return e
}
