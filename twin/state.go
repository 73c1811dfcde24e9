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

// set notes that e's named state was v at the record's time.
func (t *Twins) set(e int32, name string, v waywarden.Value, rec *waywarden.Record, source uint8) {
	t.note(e, name, v, rec.At, rec, source)
}

// note does as set does, for a value that was so at another time than the record's.
func (t *Twins) note(e int32, name string, v waywarden.Value, at time.Time, rec *waywarden.Record, source uint8) {
	i, ok := t.names.Number(name)
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
		if s := t.entities[e].state; known && s[place].text != 0 && t.texts.Value(s[place].text) == v.Text {
			r.text = s[place].text // most values are as they were
			t.texts.Again(r.text)
		} else {
			r.text = t.texts.Hold(v.Text)
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
	return slices.BinarySearchFunc(s, t.names.Name(name), func(x reading, name string) int { return strings.Compare(t.names.Name(x.name), name) })
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
		t.texts.Release(r.text)
	case found && s[at].at > r.at:
		t.counts.LateReadings++
		t.texts.Release(r.text)
	case found:
		t.change(e, &s[at], &r)
		t.texts.Release(s[at].text)
		s[at] = r
	case len(s) >= stateMax:
		t.counts.NamesDropped++
		t.texts.Release(r.text)
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
