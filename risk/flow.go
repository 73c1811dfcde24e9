// Package risk says what an API can do to a vehicle, and what its answers make possible elsewhere.
//
// flow.go learns which operation's answers feed which operation's requests, score.go rates each endpoint, posture.go
// names the weaknesses that traffic shows. Every number can be recomputed from what is written beside it.
package risk

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// FlowOptions bound what is remembered of value flow.
type FlowOptions struct {
	ValuesMax  int // values remembered per generation; the older of two generations is forgotten first
	EdgesMax   int // distinct edges kept
	SupportMin int // distinct values an edge needs to be reported
}

// DefaultFlow returns settings for one process.
func DefaultFlow() FlowOptions {
	return FlowOptions{ValuesMax: 1 << 20, EdgesMax: 1 << 16, SupportMin: 3}
}

// A Flow learns the value flow between operations: a value that one call's response gave to a principal and that the
// same principal later sent in another call's request. A value that the first request already held is an echo and no
// source. The first source of a value is kept; values too short to be anybody's are ignored.
type Flow struct {
	o         FlowOptions
	young     map[uint64]source
	old       map[uint64]source
	edges     map[edgeKey]*edge
	names     map[string]string // interned field names
	Forgotten int64             // values dropped by the limit
	Ignored   int64             // edges not kept because of EdgesMax
}

// A source is where a value came from.
type source struct {
	op    *waywarden.Operation
	field string
}

type edgeKey struct {
	from, to  *waywarden.Operation
	fromField string
	toField   string
	toIn      waywarden.Place
}

// valuesTracked is how many distinct values and principals an edge counts exactly.
const valuesTracked = 1024

type edge struct {
	dataType   waywarden.DataType
	values     map[uint64]struct{}
	principals map[uint64]struct{}
	calls      int64
}

// NewFlow returns a Flow that has seen nothing.
func NewFlow(o FlowOptions) *Flow {
	return &Flow{o: o, young: map[uint64]source{}, old: map[uint64]source{}, edges: map[edgeKey]*edge{}, names: map[string]string{}}
}

// Learn takes one call into account.
func (f *Flow) Learn(c *waywarden.Call) {
	if c == nil || c.Operation == nil || c.Principal.UID == "" || !c.Success {
		return
	}
	who := xxh3.HashString(c.Principal.UID)
	for i := range c.Leaves {
		l := &c.Leaves[i]
		switch l.In {
		case waywarden.InPath, waywarden.InQuery, waywarden.InBody:
			if telling(l) {
				f.used(c, l, who)
			}
		case waywarden.InResponse:
			if telling(l) && !echo(c, l) {
				f.given(c, l, who)
			}
		}
	}
}

// telling says whether a value can be traced: long enough not to be anybody's, and no plain measure.
func telling(l *waywarden.Leaf) bool {
	if len(l.Value) < 4 || len(l.Value) > 256 || l.Type == waywarden.TypeLocation || l.Type == waywarden.TypeNameAddress {
		return false
	}
	switch l.Kind {
	case waywarden.ValueNumber:
		return len(l.Value) >= 5 && !strings.ContainsAny(l.Value, ".eE") || l.Type != ""
	case waywarden.ValueText:
		return l.Type != "" || strings.ContainsAny(l.Value, "0123456789") && !strings.ContainsAny(l.Value, " :/")
	}
	return false
}

// echo says whether the request already held the value.
func echo(c *waywarden.Call, l *waywarden.Leaf) bool {
	for i := range c.Leaves {
		q := &c.Leaves[i]
		if q.In == waywarden.InResponse || q.In == waywarden.InResponseHeader {
			return false
		}
		if q.Value == l.Value {
			return true
		}
	}
	return false
}

func key(who uint64, value string) uint64 {
	return xxh3.HashStringSeed(value, who)
}

func (f *Flow) given(c *waywarden.Call, l *waywarden.Leaf, who uint64) {
	k := key(who, l.Value)
	if _, ok := f.young[k]; ok {
		return
	}
	s, ok := f.old[k]
	if !ok {
		s = source{c.Operation, f.name(l.Name)}
	}
	if len(f.young) >= f.o.ValuesMax {
		f.Forgotten += int64(len(f.old))
		f.old, f.young = f.young, make(map[uint64]source, f.o.ValuesMax/4)
	}
	f.young[k] = s
}

func (f *Flow) used(c *waywarden.Call, l *waywarden.Leaf, who uint64) {
	k := key(who, l.Value)
	s, ok := f.young[k]
	if !ok {
		if s, ok = f.old[k]; !ok {
			return
		}
	}
	if s.op == c.Operation {
		return
	}
	ek := edgeKey{from: s.op, to: c.Operation, fromField: s.field, toField: f.name(l.Name), toIn: l.In}
	e := f.edges[ek]
	if e == nil {
		if len(f.edges) >= f.o.EdgesMax {
			f.Ignored++
			return
		}
		e = &edge{dataType: l.Type, values: map[uint64]struct{}{}, principals: map[uint64]struct{}{}}
		f.edges[ek] = e
	}
	e.calls++
	if len(e.values) < valuesTracked {
		e.values[xxh3.HashString(l.Value)] = struct{}{}
	}
	if len(e.principals) < valuesTracked {
		e.principals[who] = struct{}{}
	}
}

// name interns a field name.
func (f *Flow) name(s string) string {
	if n, ok := f.names[s]; ok {
		return n
	}
	s = strings.Clone(s)
	f.names[s] = s
	return s
}

// A Graph is graph.json: which operation's output feeds which one's input.
type Graph struct {
	Edges  []Edge  `json:"edges"`
	Chains []Chain `json:"chains"`
}

// An Edge is one observed value flow.
type Edge struct {
	From       EdgeFrom           `json:"from"`
	To         EdgeTo             `json:"to"`
	DataType   waywarden.DataType `json:"dataType,omitempty"`
	Values     int                `json:"values"`     // distinct values seen to flow
	Principals int                `json:"principals"` // distinct callers seen to carry them
}

// An EdgeFrom is the response field a value came from.
type EdgeFrom struct {
	Endpoint string `json:"endpoint"`
	Field    string `json:"field"`
}

// An EdgeTo is the request parameter a value went to.
type EdgeTo struct {
	Endpoint string `json:"endpoint"`
	In       string `json:"in"`
	Name     string `json:"name"`
}

// A Chain is a way over edges to a function on a vehicle or charger.
type Chain struct {
	Path    []string `json:"path"`
	Reaches string   `json:"reaches"`
}

// Graph returns the edges of sufficient support, over the operations of inv, and the chains to vehicle functions.
func (f *Flow) Graph(inv *waywarden.Inventory) Graph {
	known := map[string]bool{}
	for _, e := range inv.Endpoints {
		known[e.ID] = true
	}
	g := Graph{Edges: []Edge{}}
	for k, e := range f.edges {
		// An operation that is no longer told apart has no endpoint; its successor has learned its own edges since.
		if len(e.values) < f.o.SupportMin || !known[k.from.ID] || !known[k.to.ID] {
			continue
		}
		g.Edges = append(g.Edges, Edge{
			From: EdgeFrom{k.from.ID, k.fromField}, To: EdgeTo{k.to.ID, k.toIn.String(), k.toField},
			DataType: e.dataType, Values: len(e.values), Principals: len(e.principals),
		})
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From.Endpoint, b.From.Endpoint), cmp.Compare(a.To.Endpoint, b.To.Endpoint),
			cmp.Compare(a.From.Field, b.From.Field), cmp.Compare(a.To.In, b.To.In), cmp.Compare(a.To.Name, b.To.Name))
	})
	g.Chains = chains(inv, g.Edges)
	return g
}
