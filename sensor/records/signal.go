package records

import (
	"errors"
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
)

// readVehicle reads {"vin":…} or {"id":…,"idType":…}.
func (d *decoder) readVehicle() {
	d.vehicle = waywarden.ID{}
	if d.s.Null() {
		return
	}
	var vin, id, idType string
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		switch string(d.s.Key()) {
		case "vin":
			vin = d.text()
		case "id":
			id = d.text()
		case "idType":
			idType = d.text()
		default:
			d.s.Skip()
		}
	}
	switch {
	case vin != "":
		d.vehicle = waywarden.ID{Type: waywarden.TypeVIN, Value: vin}
	case id != "" && idType != "":
		d.vehicle = waywarden.ID{Type: waywarden.DataType(idType), Value: id}
	case id != "":
		d.vehicle = waywarden.ID{Type: waywarden.TypeVehicleID, Value: id}
	}
}

func (d *decoder) readSignals() {
	d.values = d.values[:0]
	if d.s.Null() {
		return
	}
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		name := jsonscan.String(d.s.KeyText())
		if d.tooMany(len(d.values)) {
			return
		}
		d.values = append(d.values, waywarden.SignalValue{Name: name, Value: d.value()})
	}
	d.values = lastWins(d.values, func(v *waywarden.SignalValue) string { return v.Name })
}

func (d *decoder) tooMany(n int) bool {
	if n >= maxMembers {
		d.s.Fail("more than 65536 members")
		return true
	}
	return false
}

// lastWins drops all but the last member of each name and keeps their order.
func lastWins[T any](list []T, name func(*T) string) []T {
	if !hasTwins(list, name) {
		return list
	}
	last := make(map[string]int, len(list))
	for i := range list {
		last[name(&list[i])] = i
	}
	kept := list[:0]
	for i := range list {
		if last[name(&list[i])] == i {
			kept = append(kept, list[i])
		}
	}
	clear(list[len(kept):])
	return kept
}

// smallList is up to which size comparing each with each is faster than a map.
const smallList = 24

func hasTwins[T any](list []T, name func(*T) string) bool {
	if len(list) > smallList {
		return true // perhaps
	}
	for i := range list {
		for j := range i {
			if name(&list[i]) == name(&list[j]) {
				return true
			}
		}
	}
	return false
}

func (d *decoder) signal() (*waywarden.Record, error) {
	switch {
	case d.vehicle.Value == "":
		return nil, errors.New("signal record without vehicle")
	case len(d.values) == 0:
		return nil, errors.New("signal record without signals")
	}
	x := &struct {
		rec    waywarden.Record
		signal waywarden.Signal
	}{d.rec, waywarden.Signal{Vehicle: d.vehicle, Values: slices.Clone(d.values)}}
	x.rec.Kind, x.rec.Signal = waywarden.KindSignal, &x.signal
	return &x.rec, nil
}
