package twin

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// A mention is an identifier of an asset among the leaves of a call.
type mention struct {
	leaf  int32
	node  int32
	kind  kind
	mixed bool // its object has another value of the type: owner and driver, old and new
	alias bool // its object has another value of the type, which names the same: "id" and "vehicle_id" beside a VIN
}

// kinds is the number of asset types.
const kinds = len(assetTypes)

// lookBack is how many earlier mentions are searched for the object's other identifiers.
const lookBack = 32

// identify joins the identifiers that a successful answer shows to be of one asset: those of one object of the body,
// and those of the request with those of the answer where each names one asset of the kind.
func (t *Twins) identify(c *waywarden.Call) {
	if !c.Success || c.Operation == nil || c.Record.Kind != waywarden.KindHTTP {
		return
	}
	t.mention(c)
	var asked, answered [kinds]int32 // the one asset of the kind; -1 where there are several
	for i := range t.mentions {
		m := &t.mentions[i]
		l := &c.Leaves[m.leaf]
		e := t.find(assetTypes[m.kind], l.Type, l.Value, c.Operation.Host, true)
		if e == 0 {
			continue
		}
		if l.In != waywarden.InResponse {
			one(&asked, e, m.kind)
			continue
		}
		one(&answered, t.merge(c, i, e, &answered), m.kind)
	}
	for k := range asked {
		if kind(k) != kindConsumer && asked[k] > 0 && answered[k] > 0 && asked[k] != answered[k] {
			t.join(asked[k], answered[k], true)
		}
	}
	t.whoami(c, asked[kindConsumer], answered[kindConsumer])
}

// merge joins the asset of a mention with the one its object is known to be of, and returns which it is then.
func (t *Twins) merge(c *waywarden.Call, i int, e int32, answered *[kinds]int32) int32 {
	m := &t.mentions[i]
	o := t.beside(c, i)
	if o == 0 || o == e || m.mixed {
		return e
	}
	j := t.join(o, e, !m.alias)
	if j == 0 {
		return e
	}
	if a := answered[m.kind]; a == o || a == e {
		answered[m.kind] = j
	}
	return j
}

// mention collects the identifiers of path, query and bodies.
func (t *Twins) mention(c *waywarden.Call) {
	t.mentions = t.mentions[:0]
	for i := range c.Leaves {
		l := &c.Leaves[i]
		k := mentioned(l)
		if k == kindNone {
			continue
		}
		m := mention{leaf: int32(i), node: whole(c, l.Node, k), kind: k}
		t.mix(c, &m)
		t.mentions = append(t.mentions, m)
	}
	for i := range t.mentions {
		if m := &t.mentions[i]; m.mixed && m.kind == kindVehicle && ownName(c.Leaves[m.leaf].Name) && t.oneVIN(c, i) {
			m.mixed, m.alias = false, true
		}
	}
}

// mentioned returns the kind of asset that a leaf of path, query or bodies identifies. Of header fields only a VIN counts.
func mentioned(l *waywarden.Leaf) kind {
	switch l.In {
	case waywarden.InCookie, waywarden.InResponseHeader:
		return kindNone
	case waywarden.InHeader:
		if l.Type != waywarden.TypeVIN {
			return kindNone
		}
	}
	if l.Type == "" {
		return kindNone
	}
	return natureOf(l.Type).kind
}

// mix notes that the object of a mention has another value of its type.
func (t *Twins) mix(c *waywarden.Call, m *mention) {
	l := &c.Leaves[m.leaf]
	for j := len(t.mentions) - 1; j >= 0 && j >= len(t.mentions)-lookBack; j-- {
		o := &t.mentions[j]
		if x := &c.Leaves[o.leaf]; o.node == m.node && x.In == l.In && o.kind == m.kind && x.Type == l.Type && x.Value != l.Value {
			m.mixed, o.mixed = true, true
		}
	}
}

// ownName says whether a field of that name holds the number of the very object it stands in.
func ownName(name string) bool {
	switch strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]) {
	case "id", "id_s", "ids", "uuid", "vehicle_id", "vehicleid":
		return true
	}
	return false
}

// oneVIN says whether the object of mention i holds one VIN: then it is a vehicle, and what it calls its own number is
// the vehicle's.
func (t *Twins) oneVIN(c *waywarden.Call, i int) bool {
	vin := ""
	for j := max(0, i-lookBack); j < min(len(t.mentions), i+lookBack); j++ {
		l := &c.Leaves[t.mentions[j].leaf]
		if t.mentions[j].node != t.mentions[i].node || l.In != c.Leaves[t.mentions[i].leaf].In || l.Type != waywarden.TypeVIN {
			continue
		}
		if vin != "" && l.Value != vin {
			return false
		}
		vin = l.Value
	}
	return vin != ""
}

// whole returns the object that node is a part of: what a vehicle's own object holds (its tracker, its SIM) is of the
// vehicle, up to the next list. Persons within persons are others.
func whole(c *waywarden.Call, node int32, k kind) int32 {
	if k != kindVehicle {
		return node
	}
	for node >= 0 && int(node) < len(c.Nodes) && !c.Nodes[node].Array && c.Nodes[node].Parent >= 0 {
		node = c.Nodes[node].Parent
	}
	return node
}

// beside returns the asset that an earlier identifier of the same object names, 0 for none.
func (t *Twins) beside(c *waywarden.Call, i int) int32 {
	m := &t.mentions[i]
	for j := i - 1; j >= 0 && j >= i-lookBack; j-- {
		o := &t.mentions[j]
		if o.node != m.node || o.kind != m.kind || o.mixed {
			continue
		}
		if l := &c.Leaves[o.leaf]; l.In == waywarden.InResponse {
			return t.find(assetTypes[o.kind], l.Type, l.Value, c.Operation.Host, false)
		}
	}
	return 0
}

// one notes an asset of a kind, or that there are several.
func one(of *[kinds]int32, e int32, k kind) {
	switch of[k] {
	case e:
	case 0:
		of[k] = e
	default:
		of[k] = -1
	}
}

func (t *Twins) has(e int32, d waywarden.DataType) bool {
	for i := t.entities[e].ids; i != 0; i = t.idents[i].next {
		if natures[t.idents[i].typ].typ == d {
			return true
		}
	}
	return false
}

// whoamiMin is how often the same person must be named to a caller that asked for nobody before they are one.
const whoamiMin = 2

// whoami joins a caller that is known by its credential alone to the person that its own profile names.
func (t *Twins) whoami(c *waywarden.Call, asked, answered int32) {
	if asked != 0 || answered <= 0 || c.Operation.Function.Class != "read.person.profile" || c.Principal.UID == "" {
		return
	}
	caller := t.principal(c)
	if caller == 0 || caller == answered || t.has(caller, waywarden.TypePersonID) {
		return
	}
	e := &t.entities[caller]
	if e.who != answered {
		e.who, e.self = answered, 0
	}
	if e.self++; e.self >= whoamiMin {
		e.self = 0
		t.join(caller, answered, false)
	}
}
