package graph

import (
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// A grant is an operation whose success gave a principal something that others ask for: a session, a role, a link; or
// that brought an object into the state that others need.
type grant struct {
	op     *waywarden.Operation
	object uint64 // the object whose state it changed; 0 for what concerns the caller
	at     int64  // unix seconds
}

const (
	// grantsKept is how many grants of one principal are remembered, the latest ones.
	grantsKept = 6
	// grantAge is how long a grant explains a later call.
	grantAge = int64(24 * 60 * 60)
)

// gate is what a class of functions gives and asks for.
type gate struct {
	class    string
	grants   []string
	requires []string
	states   []domain.StateEdge // state edges that begin here
}

// grants learns which operation's success comes before which operation's, where domain knowledge says that the one can
// admit to the other. Only the observed pairs are kept.
type grants struct {
	o     Options
	know  *domain.Knowledge
	gates map[*waywarden.Operation]*gate
	young map[uint64][]grant // by carrier
	old   map[uint64][]grant
	pairs map[pairKey]*pair
}

type pairKey struct {
	from, to *waywarden.Operation
	state    bool
}

type pair struct {
	principals map[uint64]struct{}
	calls      int64
	example    string
}

func newGrants(o Options, know *domain.Knowledge) grants {
	return grants{
		o: o, know: know, gates: map[*waywarden.Operation]*gate{}, young: map[uint64][]grant{}, old: map[uint64][]grant{}, pairs: map[pairKey]*pair{},
	}
}

// gate returns what the operation's class gives and asks for, as it is known by now.
func (g *grants) gate(op *waywarden.Operation) *gate {
	class := op.Function.Class
	at := g.gates[op]
	if at == nil {
		if len(g.gates) >= g.o.EdgesMax {
			return &gate{}
		}
		at = &gate{}
		g.gates[op] = at
	} else if at.class == class {
		return at
	}
	*at = gate{class: class, grants: g.know.Grants(class), requires: g.know.Requires(class), states: g.know.StateEdges(class)}
	return at
}

func (g *grants) learn(c *waywarden.Call, by carrier, first bool) {
	who := by.key()
	if who == 0 || c.Record == nil {
		return
	}
	if first && by.device != 0 && by.who != 0 {
		g.signIn(by)
	}
	at := g.gate(c.Operation)
	now := c.Record.At.Unix()
	if len(at.requires) > 0 || strings.HasPrefix(at.class, "act.") {
		g.explain(c, at, who, now)
	}
	if len(at.grants) > 0 || len(at.states) > 0 {
		given := grant{op: c.Operation, at: now}
		if len(at.grants) == 0 {
			given.object = object(c)
		}
		g.keep(who, given)
	}
}

// signIn gives a principal what its device was granted before it had a name.
func (g *grants) signIn(by carrier) {
	for _, was := range g.of(by.device) {
		g.keep(by.who, was)
	}
	delete(g.young, by.device)
	delete(g.old, by.device)
}

func (g *grants) of(who uint64) []grant {
	if held, ok := g.young[who]; ok {
		return held
	}
	return g.old[who]
}

func (g *grants) keep(who uint64, add grant) {
	held := g.of(who)
	for i := range held {
		if held[i].op == add.op && held[i].object == add.object {
			held = slices.Delete(held, i, i+1)
			break
		}
	}
	if len(held) >= grantsKept {
		held = slices.Delete(held, 0, 1)
	}
	if _, ok := g.young[who]; !ok && len(g.young) >= g.o.PartiesMax {
		g.old, g.young = g.young, make(map[uint64][]grant, g.o.PartiesMax/4)
	}
	g.young[who] = append(held, add)
}

// explain looks for what admitted the call: the latest grant of each kind that its class asks for.
func (g *grants) explain(c *waywarden.Call, at *gate, who uint64, now int64) {
	held := g.of(who)
	admitted := false
	for i := len(held) - 1; i >= 0; i-- {
		h := &held[i]
		if h.op == c.Operation || now-h.at > grantAge {
			continue
		}
		from := g.gate(h.op)
		if !admitted && slices.ContainsFunc(from.grants, func(s string) bool { return slices.Contains(at.requires, s) }) {
			admitted = true
			g.count(pairKey{from: h.op, to: c.Operation}, c, who)
		}
		for _, s := range from.states {
			if strings.HasPrefix(at.class, s.To) && now-h.at <= int64(s.WithinS) && h.object != 0 && h.object == object(c) {
				g.count(pairKey{from: h.op, to: c.Operation, state: true}, c, who)
			}
		}
	}
}

func (g *grants) count(k pairKey, c *waywarden.Call, who uint64) {
	p := g.pairs[k]
	if p == nil {
		if len(g.pairs) >= g.o.EdgesMax {
			return
		}
		p = &pair{principals: map[uint64]struct{}{}, example: strings.Clone(c.Record.ID)}
		g.pairs[k] = p
	}
	p.calls++
	if len(p.principals) < valuesTracked {
		p.principals[who] = struct{}{}
	}
}

// object is the first vehicle or station that a request names; 0 for none.
func object(c *waywarden.Call) uint64 {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse || l.In == waywarden.InResponseHeader {
			break
		}
		if Commanded[l.Type] {
			return xxh3.HashString(l.Value)
		}
	}
	return 0
}
