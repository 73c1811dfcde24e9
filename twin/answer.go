package twin

import (
	"sort"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/answer"
)

// ambiguousMax is the number of states of one answer up to which those that stand in lists are told apart.
const ambiguousMax = 256

// answer takes over what an answer says of the state of vehicles: of the one whose identifier stands in the same object,
// else of the only one the request names.
func (t *Twins) answer(c *waywarden.Call) {
	if t.reader == nil || c.Record.Kind != waywarden.KindHTTP || c.Operation == nil {
		return
	}
	states := t.reader.Read(c)
	if len(states) == 0 {
		return
	}
	asked := t.askedFor()
	for i := range states {
		s := &states[i]
		e, own := t.spokenOf(c, s.Leaf)
		if !own {
			if e = asked; e == 0 || repeated(c, states, i) {
				continue
			}
		}
		if e == 0 || again(c, states, i) {
			continue
		}
		at, source := s.At, sourceAnswer
		if at.IsZero() {
			at, source = c.Record.At, sourceUndated
		}
		t.note(e, s.Signal, s.Value, at, c.Record, source)
	}
}

// askedFor returns the only vehicle that the request names, 0 where there is none or several.
func (t *Twins) askedFor() int32 {
	one := int32(0)
	for _, e := range t.touched {
		if t.entities[e].kind != kindVehicle {
			continue
		}
		if one != 0 {
			return 0
		}
		one = e
	}
	return one
}

// spokenOf returns the vehicle whose identifier stands in the same object as a leaf; own is false where there is no
// identifier, and the vehicle 0 where there are several.
func (t *Twins) spokenOf(c *waywarden.Call, leaf int) (e int32, own bool) {
	root := whole(c, c.Leaves[leaf].Node, kindVehicle)
	near := sort.Search(len(t.mentions), func(i int) bool { return int(t.mentions[i].leaf) >= leaf })
	for i := max(0, near-lookBack); i < min(len(t.mentions), near+lookBack); i++ {
		m := &t.mentions[i]
		l := &c.Leaves[m.leaf]
		if m.kind != kindVehicle || m.node != root || l.In != waywarden.InResponse {
			continue
		}
		if m.mixed {
			return 0, true
		}
		if f := t.find(waywarden.AssetVehicle, l.Type, l.Value, c.Operation.Host, false); f != 0 {
			if e != 0 && e != f {
				return 0, true
			}
			e, own = f, true
		}
	}
	return e, own
}

// repeated says whether another element of the same list says the same: then neither is of the vehicle asked for.
func repeated(c *waywarden.Call, states []answer.State, i int) bool {
	if len(states) > ambiguousMax {
		return true
	}
	l := &c.Leaves[states[i].Leaf]
	for j := range states {
		if o := &c.Leaves[states[j].Leaf]; j != i && o.Name == l.Name && o.Node != l.Node && states[j].Signal == states[i].Signal {
			return true
		}
	}
	return false
}

// again says whether the same object said the signal before: of two names for one thing the first counts.
func again(c *waywarden.Call, states []answer.State, i int) bool {
	root := whole(c, c.Leaves[states[i].Leaf].Node, kindVehicle)
	for j := i - 1; j >= 0 && j >= i-ambiguousMax && whole(c, c.Leaves[states[j].Leaf].Node, kindVehicle) == root; j-- {
		if states[j].Signal == states[i].Signal {
			return true
		}
	}
	return false
}
