package twin

import (
	"sort"
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/evse"
	"github.com/waywarden/waywarden/twin/identifier"
)

// answersMax bounds the values of one answer about chargers that are looked at; nearMax how many fields away from the
// charger's identifier, and climbMax how many objects up or down, a value may stand.
const (
	answersMax = 4096
	nearMax    = 512
	climbMax   = 4
)

// A remark is a value of an answer that says something of a charger.
type remark struct {
	facet evse.Facet
	node  int32 // the object it is about
	leaf  int32
}

// chargers takes over what an answer says of chargers: of the one whose identifier stands in the same object, in the
// object around it, or for places in an object within it (OCPI's locations hold their charging places).
func (t *Twins) chargers(c *waywarden.Call) {
	if !c.Success || c.Operation == nil || c.Record.Kind != waywarden.KindHTTP || !t.mentionsCharger(c) {
		return
	}
	t.remark(c)
	if len(t.remarks) == 0 {
		return
	}
	for i := range t.mentions {
		m := &t.mentions[i]
		if m.kind != kindCharger || c.Leaves[m.leaf].In != waywarden.InResponse {
			continue
		}
		l := &c.Leaves[m.leaf]
		e := t.find(waywarden.AssetCharger, l.Type, l.Value, c.Operation.Host, false)
		if e == 0 {
			continue
		}
		node := c.Leaves[m.leaf].Node
		near := sort.Search(len(t.remarks), func(j int) bool { return t.remarks[j].leaf >= m.leaf-nearMax })
		far := near + sort.Search(len(t.remarks)-near, func(j int) bool { return t.remarks[near+j].leaf > m.leaf+nearMax })
		at, source := stampFor(c, node, t.remarks[near:far])
		for j := near; j < far; j++ {
			t.apply(c, e, node, &t.remarks[j], at, source)
		}
	}
}

func (t *Twins) mentionsCharger(c *waywarden.Call) bool {
	n := 0
	for i := range t.mentions {
		if m := &t.mentions[i]; m.kind == kindCharger && c.Leaves[m.leaf].In == waywarden.InResponse {
			n++
		}
	}
	return n > 0 && n <= answersMax
}

// remark collects the values that may say something of chargers.
func (t *Twins) remark(c *waywarden.Call) {
	t.remarks = t.remarks[:0]
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InResponse || l.Value == "" {
			continue
		}
		f := evse.FacetOf(l.Name)
		if f == evse.None || len(t.remarks) >= answersMax {
			continue
		}
		node := l.Node
		if (f == evse.Latitude || f == evse.Longitude) && node >= 0 && int(node) < len(c.Nodes) && !c.Nodes[node].Array && evse.PositionOnly(l.Name) {
			node = c.Nodes[node].Parent // the object of coordinates is of the one around it
		}
		t.remarks = append(t.remarks, remark{f, node, int32(i)})
	}
}

// stampFor returns the time the object gives for itself, and how far what it says is to be trusted.
func stampFor(c *waywarden.Call, node int32, remarks []remark) (time.Time, uint8) {
	for i := range remarks {
		r := &remarks[i]
		if r.facet != evse.Stamp || r.node != node {
			continue
		}
		if at, err := time.Parse(time.RFC3339, c.Leaves[r.leaf].Value); err == nil && !at.After(c.Record.At) {
			return at, sourceAnswer
		}
	}
	return c.Record.At, sourceUndated
}

// apply takes one remark over to the charger whose identifier stands in the object node, if it is about it.
func (t *Twins) apply(c *waywarden.Call, e, node int32, r *remark, at time.Time, source uint8) {
	l := &c.Leaves[r.leaf]
	switch r.facet {
	case evse.Latitude, evse.Longitude:
		if v, err := strconv.ParseFloat(l.Value, 64); err == nil && v >= -180 && v <= 180 && above(c, r.node, node) {
			t.note(e, [...]string{chargerLatitude, chargerLongitude}[r.facet-evse.Latitude], waywarden.Number(v), at, c.Record, source)
		}
	case evse.StatusField:
		t.applyStatus(c, e, node, r, at, source)
	case evse.Power:
		if v := evse.Watts(l.Value); v > 0 && above(c, node, r.node) {
			t.note(e, chargerRated, waywarden.Number(v), at, c.Record, source)
		}
	case evse.Model, evse.Vendor:
		if r.node == node && l.Kind == waywarden.ValueText && len(l.Value) <= 64 {
			t.note(e, [...]string{chargerModel, chargerVendor}[r.facet-evse.Model], waywarden.Text(l.Value), at, c.Record, source)
		}
	}
}

// applyStatus takes over the state of a charger or of one of its connectors.
func (t *Twins) applyStatus(c *waywarden.Call, e, node int32, r *remark, at time.Time, source uint8) {
	text, known := evse.Status(c.Leaves[r.leaf].Value)
	if !known {
		return
	}
	if r.node == node {
		t.note(e, chargerStatus, waywarden.Text(text), at, c.Record, source)
	} else if part := t.partFor(c, node, r.node); part != "" {
		t.note(e, part+partStatus, waywarden.Text(text), at, c.Record, source)
	}
}

// above says whether object a is b or around it.
func above(c *waywarden.Call, a, b int32) bool {
	for range climbMax {
		if a == b {
			return true
		}
		if b < 0 || int(b) >= len(c.Nodes) {
			return false
		}
		b = c.Nodes[b].Parent
	}
	return a == b
}

// partFor returns the name of the connector that the object below a charger's own describes, "" for none.
func (t *Twins) partFor(c *waywarden.Call, node, below int32) string {
	if below < 0 || int(below) >= len(c.Nodes) || c.Nodes[below].Parent != node {
		return ""
	}
	for i := range t.remarks {
		if r := &t.remarks[i]; r.facet == evse.Part && r.node == below {
			if v := c.Leaves[r.leaf].Value; len(v) <= 3 && identifier.Short(v) && v != "0" {
				return "Charger.Connector." + v
			}
		}
	}
	return ""
}
