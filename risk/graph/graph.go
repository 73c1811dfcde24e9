package graph

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// A Graph is graph.json: which operation's output feeds which one's input, and what admits to what.
type Graph struct {
	Edges     []Edge   `json:"edges"`     // values that the same party carried
	Admits    []Admits `json:"admits"`    // sessions, roles, links and states
	HandOvers []Edge   `json:"handOvers"` // values that one party was given and another one sent
	Chains    []Chain  `json:"chains"`
}

// An Edge is one observed value flow.
type Edge struct {
	From       EdgeFrom           `json:"from"`
	To         EdgeTo             `json:"to"`
	DataType   waywarden.DataType `json:"dataType,omitempty"`
	Values     int                `json:"values"`     // distinct values seen to flow
	Principals int                `json:"principals"` // distinct callers seen to carry them
	Confidence float64            `json:"confidence"` // 0 to 1
	Example    string             `json:"example,omitempty"`
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

// Admits is an edge without a value: the success of one operation admits to another.
type Admits struct {
	From       string  `json:"from"`
	To         string  `json:"to"`
	Kind       string  `json:"kind"` // grant or state
	Calls      int64   `json:"calls"`
	Principals int     `json:"principals"`
	Confidence float64 `json:"confidence"`
	Example    string  `json:"example,omitempty"`
}

// Graph returns the edges of sufficient support, over the operations of inv, and the chains to vehicle functions.
func (f *Flow) Graph(inv *waywarden.Inventory) Graph {
	known := map[string]*waywarden.Endpoint{}
	for i := range inv.Endpoints {
		known[inv.Endpoints[i].ID] = &inv.Endpoints[i]
	}
	g := Graph{Edges: f.reported(f.edges, known), Admits: f.grants.reported(known, f.o.SupportMin)}
	// One invitation that changed hands tells as much as many: there is no caller to whom it could belong by chance.
	g.HandOvers = f.reported(f.crossed, known)
	g.Chains = chains(inv, g.Edges)
	return g
}

// reported returns the edges worth telling of, in order. An operation that is no longer told apart has no endpoint; its
// successor has learned its own edges since.
func (f *Flow) reported(edges map[edgeKey]*edge, known map[string]*waywarden.Endpoint) []Edge {
	out := []Edge{}
	explained := map[inlet]int64{}
	for k, e := range edges {
		explained[k.inlet()] += e.calls
	}
	for k, e := range edges {
		from, to := known[k.from.ID], known[k.to.ID]
		if from == nil || to == nil || !f.supported(e, explained[k.inlet()]) || writtenBack(k, e, to) {
			continue
		}
		out = append(out, Edge{
			From: EdgeFrom{k.from.ID, k.fromField}, To: EdgeTo{k.to.ID, k.toIn.String(), k.toField},
			DataType: e.dataType, Values: len(e.values), Principals: len(e.principals), Confidence: e.confidence(), Example: e.example,
		})
	}
	slices.SortFunc(out, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From.Endpoint, b.From.Endpoint), cmp.Compare(a.To.Endpoint, b.To.Endpoint),
			cmp.Compare(a.From.Field, b.From.Field), cmp.Compare(a.To.In, b.To.In), cmp.Compare(a.To.Name, b.To.Name))
	})
	return out
}

// An inlet is a parameter that values flow into.
type inlet struct {
	to    *waywarden.Operation
	field string
	in    waywarden.Place
}

func (k edgeKey) inlet() inlet { return inlet{k.to, k.toField, k.toIn} }

// supported says whether chance can be ruled out: several values that others do not hold as well, carried by more than one
// party unless they explain a fair share of what the parameter was sent (total is the uses that any edge explains).
func (f *Flow) supported(e *edge, total int64) bool {
	if len(e.values) < f.o.SupportMin || len(e.principals) < 2 && float64(e.calls) < f.o.ShareMin*float64(total) {
		return false
	}
	return e.tests < int64(f.o.NullTestsMin) || float64(e.nulls) <= f.o.NullShareMax*float64(e.tests)
}

// confidence is the share of uses that chance does not explain, by the rule of succession over distinct values.
func (e *edge) confidence() float64 {
	n := float64(len(e.values))
	c := (n + 1) / (n + 2)
	if e.tests > 0 {
		c *= 1 - float64(e.nulls)/float64(e.tests)
	}
	return math.Round(c*1000) / 1000
}

// writtenBack says whether the flow is a form sent back as it was filled: a telephone number that an update of the
// person's record returns under the name by which it was read. It enables nothing; an e-mail address names the account.
func writtenBack(k edgeKey, e *edge, to *waywarden.Endpoint) bool {
	record := to.Method == "PUT" || to.Method == "PATCH" || to.Function.Class == "read.person.profile"
	return e.dataType == waywarden.TypePhone && k.toIn == waywarden.InBody && record && strings.EqualFold(last(k.fromField), last(k.toField))
}

// last is the last part of a field's dotted path.
func last(field string) string {
	field = strings.TrimSuffix(field, "[]")
	return field[strings.LastIndexByte(field, '.')+1:]
}

func (g *grants) reported(known map[string]*waywarden.Endpoint, supportMin int) []Admits {
	out := []Admits{}
	for k, p := range g.pairs {
		if known[k.from.ID] == nil || known[k.to.ID] == nil || p.calls < int64(supportMin) || !g.holds(k) {
			continue
		}
		a := Admits{
			From: k.from.ID, To: k.to.ID, Kind: "grant", Calls: p.calls, Principals: len(p.principals), Example: p.example,
			Confidence: math.Round(float64(p.calls+1)/float64(p.calls+2)*1000) / 1000,
		}
		if k.state {
			a.Kind = "state"
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Admits) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// holds says whether a pair still stands with the classes the operations have by now.
func (g *grants) holds(k pairKey) bool {
	from, to := g.gate(k.from), g.gate(k.to)
	if k.state {
		return slices.ContainsFunc(from.states, func(s domain.StateEdge) bool { return strings.HasPrefix(to.class, s.To) })
	}
	return slices.ContainsFunc(from.grants, func(s string) bool { return slices.Contains(to.requires, s) })
}

// DOT writes the graph in the language of Graphviz: endpoints as nodes, what controls a vehicle in bold, value flow as
// solid lines with the field it fills, grants dashed, states dotted, hand-overs in the colour of a warning.
func (g Graph) DOT(w io.Writer, inv *waywarden.Inventory) error {
	p := &printer{w: w}
	p.line("digraph waywarden {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n  edge [fontname=\"sans-serif\", fontsize=8];")
	named := map[string]bool{}
	for _, e := range g.Edges {
		named[e.From.Endpoint], named[e.To.Endpoint] = true, true
	}
	for _, a := range g.Admits {
		named[a.From], named[a.To] = true, true
	}
	for _, e := range g.HandOvers {
		named[e.From.Endpoint], named[e.To.Endpoint] = true, true
	}
	labels := map[string]*waywarden.Endpoint{}
	for i := range inv.Endpoints {
		labels[inv.Endpoints[i].ID] = &inv.Endpoints[i]
	}
	for _, id := range slices.Sorted(maps.Keys(named)) {
		style := ""
		label := id
		if e := labels[id]; e != nil {
			label = Name(e) + "\n" + e.Function.Class
			if e.Access == waywarden.AccessControl {
				style = ", style=bold"
			}
		}
		p.line("  %q [label=%q%s];", id, label, style)
	}
	for _, e := range g.Edges {
		p.line("  %q -> %q [label=%q];", e.From.Endpoint, e.To.Endpoint, last(e.From.Field)+" → "+last(e.To.Name))
	}
	for _, a := range g.Admits {
		p.line("  %q -> %q [style=%s];", a.From, a.To, map[string]string{"grant": "dashed", "state": "dotted"}[a.Kind])
	}
	for _, e := range g.HandOvers {
		p.line("  %q -> %q [label=%q, color=firebrick];", e.From.Endpoint, e.To.Endpoint, last(e.To.Name))
	}
	p.line("}")
	return p.err
}

// A printer writes lines until the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// Name is how people call an endpoint: its method, host and template, and what tells it from others of the same template.
func Name(e *waywarden.Endpoint) string {
	s := e.Method + " " + e.Host + e.Template
	if e.Discriminator != nil {
		s += " " + e.Discriminator.Name + "=" + e.Discriminator.Value
	}
	return s
}

// Commanded are the identifiers of things that can be commanded.
var Commanded = map[waywarden.DataType]bool{
	waywarden.TypeVIN: true, waywarden.TypeVehicleID: true, waywarden.TypePlate: true, waywarden.TypeIMEI: true, waywarden.TypeStationID: true,
}
