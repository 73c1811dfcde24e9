package twin

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// Sources of readings.
const (
	sourceSignal uint8 = iota
	sourceRegister
	sourceOCPP
	sourceAnswer  // an answer that says as of when it is
	sourceUndated // an answer that does not: how old what it says is nobody knows
)

// sources names the sources and says how far they are trusted.
var sources = [...]struct {
	name       string
	confidence float64
}{{"signal", 0.95}, {"register", 0.9}, {"ocpp", 0.9}, {"response", 0.8}, {"response", 0.5}}

// stateMax is the number of readings a twin keeps; further names are dropped and counted.
const stateMax = 96

// A reading is a waywarden.Reading in 32 bytes.
type reading struct {
	number float64
	at     int64
	seen   int64
	text   uint32 // of texts
	name   uint16
	kind   waywarden.ValueKind
	source uint8
}

// A glossary numbers the few names of readings, so that twins do not hold them each.
type glossary struct {
	index map[string]uint16
	list  []string
	near  [256]uint16 // numbers of names at hand, plus one
}

const namesMax = 8192

func newGlossary() glossary { return glossary{index: map[string]uint16{}} }

func (n *glossary) number(s string) (uint16, bool) {
	if s == "" {
		return n.lookUp(s)
	}
	near := &n.near[uint8(len(s))*31+s[len(s)-1]*7+s[len(s)/2]]
	if k := *near; k != 0 && n.list[k-1] == s {
		return k - 1, true
	}
	i, ok := n.lookUp(s)
	if ok {
		*near = i + 1
	}
	return i, ok
}

func (n *glossary) lookUp(s string) (uint16, bool) {
	i, ok := n.index[s]
	if ok {
		return i, true
	}
	if len(n.list) >= namesMax {
		return 0, false
	}
	s = strings.Clone(s)
	i = uint16(len(n.list))
	n.index[s] = i
	n.list = append(n.list, s)
	return i, true
}

// texts holds each text value once, as long as a reading has it: most are of small closed sets.
type texts struct {
	index map[string]uint32
	list  []text // place 0 is the empty text
	free  []uint32
}

type text struct {
	value string
	uses  uint32
}

func newTexts() texts { return texts{index: map[string]uint32{}, list: make([]text, 1)} }

// hold returns the place of s, with one more use.
func (x *texts) hold(s string) uint32 {
	if s == "" {
		return 0
	}
	i, ok := x.index[s]
	if !ok {
		s = strings.Clone(s)
		if n := len(x.free); n > 0 {
			i, x.free = x.free[n-1], x.free[:n-1]
			x.list[i] = text{value: s}
		} else {
			i = uint32(len(x.list))
			x.list = append(x.list, text{value: s})
		}
		x.index[s] = i
	}
	x.list[i].uses++
	return i
}

// release takes one use back.
func (x *texts) release(i uint32) {
	if i == 0 {
		return
	}
	if x.list[i].uses--; x.list[i].uses == 0 {
		delete(x.index, x.list[i].value)
		x.list[i] = text{}
		x.free = append(x.free, i)
	}
}

// set notes that e's named state was v at the record's time.
func (t *Twins) set(e int32, name string, v waywarden.Value, rec *waywarden.Record, source uint8) {
	t.note(e, name, v, rec.At, rec, source)
}

// note does as set does, for a value that was so at another time than the record's.
func (t *Twins) note(e int32, name string, v waywarden.Value, at time.Time, rec *waywarden.Record, source uint8) {
	i, ok := t.names.number(name)
	if !ok {
		t.counts.NamesDropped++
		return
	}
	r := reading{number: v.Number, at: at.UnixNano(), name: i, kind: v.Kind, source: source}
	if r.seen = rec.At.UnixNano(); !rec.Received.IsZero() {
		r.seen = rec.Received.UnixNano()
	}
	place, known := t.reading(e, i)
	if v.Kind == waywarden.ValueText || v.Kind == waywarden.ValueObject {
		if s := t.entities[e].state; known && s[place].text != 0 && t.texts.list[s[place].text].value == v.Text {
			r.text = s[place].text // most values are as they were
			t.texts.list[r.text].uses++
		} else {
			r.text = t.texts.hold(v.Text)
		}
	}
	t.put(e, r, place, known)
}

// scanMax is up to how many readings looking at each is quicker than halving by names.
const scanMax = 24

// reading returns the place of e's reading of a name, or where it would be. Readings are sorted by name.
func (t *Twins) reading(e int32, name uint16) (at int, found bool) {
	s := t.entities[e].state
	if len(s) <= scanMax {
		for i := range s {
			if s[i].name == name {
				return i, true
			}
		}
	}
	return slices.BinarySearchFunc(s, t.names.list[name], func(x reading, name string) int { return strings.Compare(t.names.list[x.name], name) })
}

// undatedAfter is how old a reading must be before an answer that does not say how old it is takes its place: the longest
// that motion is fresh at all (domain/statemodels.yaml).
const undatedAfter = time.Hour

// keep stores r, and with it its use of a text, unless a later reading of the same name is known.
func (t *Twins) keep(e int32, r reading) {
	at, found := t.reading(e, r.name)
	t.put(e, r, at, found)
}

// put is keep where the place is known.
func (t *Twins) put(e int32, r reading, at int, found bool) {
	s := t.entities[e].state
	switch {
	case found && r.source == sourceUndated && s[at].source != sourceUndated && r.at-s[at].at < int64(undatedAfter):
		t.texts.release(r.text)
	case found && s[at].at > r.at:
		t.counts.LateReadings++
		t.texts.release(r.text)
	case found:
		t.change(e, &s[at], &r)
		t.texts.release(s[at].text)
		s[at] = r
	case len(s) >= stateMax:
		t.counts.NamesDropped++
		t.texts.release(r.text)
	default:
		t.entities[e].state = slices.Insert(s, at, r)
	}
}

// signal moves a vehicle's twin.
func (t *Twins) signal(rec *waywarden.Record) {
	id := rec.Signal.Vehicle
	e := t.find(waywarden.AssetVehicle, id.Type, id.Value, "", true)
	if e == 0 {
		return
	}
	t.touch(e)
	for i := range rec.Signal.Values {
		t.set(e, rec.Signal.Values[i].Name, rec.Signal.Values[i].Value, rec, sourceSignal)
	}
	t.subject(e, -1, waywarden.Link{}, true)
}

// register takes over a row of the operator's register.
func (t *Twins) register(rec *waywarden.Record) {
	row := rec.Asset
	e := int32(0)
	for _, id := range row.IDs {
		d := registerType(row.Type, id.Type)
		f := t.find(row.Type, d, id.Value, "", true)
		switch {
		case f == 0:
		case e == 0:
			e = f
		default:
			if j := t.join(e, f, false); j != 0 {
				e = j
			}
		}
	}
	if e == 0 {
		return
	}
	t.touch(e)
	for _, a := range row.Attributes {
		t.set(e, a.Name, a.Value, rec, sourceRegister)
		if a.Name == "fleet" && a.Value.Kind == waywarden.ValueText {
			t.tie(t.find(waywarden.AssetFleet, typeFleet, a.Value.Text, "", true), e, proofRegister, fleetRel, time.Time{}, time.Time{})
		}
	}
	for _, l := range row.Links {
		other := t.find(l.Type, registerType(l.Type, ""), l.ID, "", true)
		if kindOf(l.Type) == kindConsumer || kindOf(l.Type) == kindFleet {
			t.tie(other, e, proofRegister, l.Rel, l.Since, l.Until)
		} else if kindOf(row.Type) == kindConsumer {
			t.tie(e, other, proofRegister, l.Rel, l.Since, l.Until)
		}
	}
	t.subject(e, -1, waywarden.Link{}, true)
}

// registerType returns the type under which an identifier of a register row is the same as in traffic.
func registerType(a waywarden.AssetType, d waywarden.DataType) waywarden.DataType {
	if natureOf(d).kind == kindOf(a) && d != "" {
		return d
	}
	switch a {
	case waywarden.AssetVehicle:
		return waywarden.TypeVehicleID
	case waywarden.AssetConsumer:
		return waywarden.TypePersonID
	case waywarden.AssetCharger:
		return waywarden.TypeStationID
	case waywarden.AssetApplication:
		return typeClient
	}
	return typeFleet
}
