// Package catalog says which call a transaction is: the operation of the discovered API and who calls it.
//
// Everything is learned from the traffic itself, as it streams, in bounded memory: hosts and path templates
// (catalog/template), the fields that select one of many functions behind one path, schemas and data types
// (catalog/schema, catalog/datatype), callers and applications (catalog/identity), what an operation does
// (catalog/function) and how it differs from its specification (catalog/spec). The parts know nothing of one another;
// this package ties them together, one accumulator per operation.
package catalog

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/function"
	"github.com/waywarden/waywarden/catalog/identity"
	"github.com/waywarden/waywarden/catalog/schema"
	"github.com/waywarden/waywarden/catalog/spec"
	"github.com/waywarden/waywarden/catalog/template"
	"github.com/waywarden/waywarden/domain"
)

// Options are the developer's settings of a catalog.
type Options struct {
	Template   template.Options
	Identity   identity.Options
	Specs      *spec.Set // documented APIs; nil when none were given
	HostsMax   int       // hosts learned apart; calls to further ones are pooled under OtherHost
	ValuesMax  int       // values of a discriminator before it counts as open, hence as none
	IssuedMax  int       // identifiers remembered as given out by a response, per generation
	ScoutCalls int       // first calls of a path on which every request field is tried as a discriminator

	Pins        map[string][]template.Pin // the user's path templates by host; "" for every host
	Selectors   []Selector                // the user's discriminators
	Corrections []Correction              // the user's functions
}

// A Selector is the user's word on which field of a path's requests selects the function.
type Selector struct {
	Host     string // "" for every host
	Template string
	In       waywarden.Place
	Name     string // "" for none
}

// OtherHost pools the calls to hosts beyond Options.HostsMax.
const OtherHost = "(other)"

// Default returns the settings of a catalog for one process.
func Default() Options {
	return Options{Template: template.Default(), Identity: identity.Default(), HostsMax: 4096, ValuesMax: 64, IssuedMax: 1 << 20, ScoutCalls: 256}
}

// A Catalog knows the operations, callers and applications seen so far. It belongs to one goroutine.
type Catalog struct {
	o          Options
	hosts      map[string]*host
	callers    *identity.Registry
	classes    *function.Classifier
	seen       map[string]function.Seen // by operation id
	specs      *spec.Set
	issued     *issued
	walker     schema.Walker
	scout      schema.Walker
	ocpp       ocppActions
	joins      []identity.Join
	Unreadable int64 // bodies that are not what they seem to be, or break off
	overflow   int64 // calls to hosts beyond the limit
}

// New returns a catalog that has seen nothing yet.
func New(o Options, k *domain.Knowledge) *Catalog {
	return &Catalog{
		o: o, hosts: map[string]*host{}, callers: identity.New(o.Identity), classes: function.New(k), seen: map[string]function.Seen{},
		specs: o.Specs, issued: newIssued(o.IssuedMax), ocpp: ocppActions{},
	}
}

// Resolve says which call rec is, and learns from it. It returns nil for records that call nothing: signals, register
// rows, answers and socket events of a charging protocol. The call's leaves and nodes are valid until the next Resolve.
func (c *Catalog) Resolve(rec *waywarden.Record) *waywarden.Call {
	switch rec.Kind {
	case waywarden.KindHTTP:
		return c.resolveHTTP(rec)
	case waywarden.KindOCPP:
		return c.resolveOCPP(rec)
	}
	return nil
}

func (c *Catalog) resolveHTTP(rec *waywarden.Record) *waywarden.Call {
	tx := rec.HTTP
	path, query, _ := strings.Cut(tx.Target, "?")
	h := c.host(tx.Server.Host)
	h.observe(rec)
	call := &waywarden.Call{Record: rec}
	call.Principal, call.Application = c.callers.Identify(rec)
	cell, t := h.place(template.Sample{
		Method: method(tx), Path: path, Status: tx.Status, Principal: hashOf(call.Principal.UID), Issued: c.issuedSegments(path),
	})
	s := h.spot(spotKey{cell, method(tx)})
	c.tell(h, t, s)
	selected := c.selectValue(s, tx, query)
	f := s.facet(selected)
	if f.count == 0 && selected != "" {
		f.action = c.acts(selected)
	}
	f.about(s.key.method, t.Text)
	c.walk(h, f, t, tx, path, query, call)
	h.paths.Sign(cell, c.walker.RequestSignature, c.walker.ResponseSignature)
	call.Success = succeeded(tx, call.Leaves)
	c.callers.Learn(call)
	s.observe(f, call, &c.walker)
	c.remember(call)
	call.Operation = c.operation(h, t, s, f)
	return call
}

// Joins returns which principals turned out to be others since it was last asked. The slice is valid until then.
func (c *Catalog) Joins() []identity.Join {
	c.joins = c.callers.Joins(c.joins[:0])
	return c.joins
}

// host returns the learned host of that name, pooling what exceeds the limit.
func (c *Catalog) host(name string) *host {
	if h := c.hosts[name]; h != nil {
		return h
	}
	if len(c.hosts) >= c.o.HostsMax {
		c.overflow++
		if name = OtherHost; c.hosts[name] != nil {
			return c.hosts[name]
		}
	}
	h := newHost(strings.Clone(name), c.o)
	if c.specs != nil {
		for _, t := range c.specs.Templates(name) {
			h.paths.AddKnown(t)
		}
	}
	c.hosts[h.name] = h
	return h
}

// tell gives a new spot the user's discriminator, if there is one for its template.
func (c *Catalog) tell(h *host, t *template.Template, s *spot) {
	if s.count > 0 {
		return
	}
	for _, u := range c.o.Selectors {
		if (u.Host == "" || u.Host == h.name) && u.Template == t.Text {
			s.selector = &selector{in: u.In, name: u.Name, prior: priorUser, open: u.Name == ""}
		}
	}
}

// walk takes the call apart into its leaves, teaching the facet's schemas on the way.
func (c *Catalog) walk(h *host, f *facet, t *template.Template, tx *waywarden.Transaction, path, query string, call *waywarden.Call) {
	w := &c.walker
	w.Reset()
	if len(t.Params) > 0 {
		h.values = t.Values(path, h.values[:0])
		w.Path(f.trees.path, f.spot.key.method, t.Text, h.values)
	}
	w.Query(f.trees.query, query)
	w.Headers(f.trees.header, tx.Request.Headers)
	w.Cookies(f.trees.cookie, tx.Request.Headers.First("cookie"))
	if tx.Request.Captured {
		c.body(f.request, f.trees.body, waywarden.InBody, &tx.Request)
	}
	if tx.Response.Captured {
		c.body(f.response, f.answer(tx.Status), waywarden.InResponse, &tx.Response)
	}
	call.Leaves, call.Nodes = w.Leaves, w.Nodes
}

// body takes one body apart. What can be read of one that is broken is kept, and it is counted.
func (c *Catalog) body(seen media, t *schema.Tree, in waywarden.Place, m *waywarden.Message) {
	format, err := c.walker.Body(t, in, m.Headers.First("content-type"), m.Body, m.Truncated)
	seen[format]++
	if err != nil {
		c.Unreadable++
	}
}

// Limits returns what was given up because of a limit, by name: calls to hosts that were pooled, and identifiers no
// longer remembered as given out.
func (c *Catalog) Limits() map[string]int64 {
	return map[string]int64{"catalog.hosts_pooled": c.overflow, "catalog.identifiers_forgotten": c.issued.forgotten}
}

// method returns the method the server acts on: some gateways tunnel it through POST.
func method(tx *waywarden.Transaction) string {
	if tx.Method == "POST" {
		if m := tx.Request.Headers.First("x-http-method-override"); m != "" && len(m) <= 16 {
			return strings.ToUpper(m)
		}
	}
	return tx.Method
}
