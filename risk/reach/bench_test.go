package reach

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
)

// million is a platform of a million vehicles, each of a person who called ten operations, a fleet of ten thousand, and
// fifty thousand chargers.
var million = sync.OnceValue(func() *Knowledge {
	const vehicles, fleet, chargers = 1_000_000, 10_000, 50_000
	w := NewWorld(noon)
	c := NewCallers(DefaultCallers())
	var operations []Operation
	for i := range 200 {
		o := Operation{
			ID: fmt.Sprint("op-", i), Name: fmt.Sprint("POST api/", i), Host: fmt.Sprint("host-", i/50), Class: fmt.Sprint("act.", i%40),
			Access: waywarden.AccessControl, Asset: waywarden.AssetVehicle, Level: User + i%3, Checked: waywarden.Truth(i%2) * waywarden.True, PerMinute: 10,
		}
		if i == 7 {
			o.Checked = waywarden.False
		}
		operations = append(operations, o)
	}
	var paths []Path
	for i := range 1000 {
		paths = append(paths, Path{Steps: []Step{{operations[i%50].ID, ""}, {operations[i%200].ID, "data"}}, Confirmed: i%3 != 0, Bulk: i%4 == 0})
	}
	speed := []waywarden.Reading{{Name: "Vehicle.Speed", At: noon, Confidence: 0.95}}
	call := waywarden.Call{Record: &waywarden.Record{At: noon}, Operation: &waywarden.Operation{}, Success: true, Application: waywarden.Application{UID: "app"}}
	for i := range vehicles {
		vin := fmt.Sprintf("VIN%014d", i)
		speed[0].Value = waywarden.Number(float64(i % 90))
		w.Add(&waywarden.Twin{Type: waywarden.AssetVehicle, UID: vin, IDs: []waywarden.ID{{Type: "vin", Value: vin}, {Type: "vehicle_id", Value: fmt.Sprint("v-", i)}}, State: speed})
		who := fmt.Sprint("u-", i)
		w.Add(&waywarden.Twin{Type: waywarden.AssetConsumer, UID: who, Links: []waywarden.Link{{Type: waywarden.AssetVehicle, UID: vin}}})
		call.Principal.UID, call.Principal.Client = who, fmt.Sprint("client-", i%10)
		for op := range 10 {
			call.Operation.ID = operations[(i+op*5)%50].ID
			c.Learn(&call)
		}
	}
	var of []waywarden.Link
	for i := range fleet {
		of = append(of, waywarden.Link{Type: waywarden.AssetVehicle, UID: fmt.Sprintf("VIN%014d", i*7)})
	}
	w.Add(&waywarden.Twin{Type: waywarden.AssetConsumer, UID: "boss", Links: of})
	call.Principal.UID, call.Operation.ID = "boss", operations[1].ID
	c.Learn(&call)
	for i := range chargers {
		w.Add(&waywarden.Twin{Type: waywarden.AssetCharger, UID: fmt.Sprint("CP", i), State: []waywarden.Reading{{Name: "Charger.RatedPower", Value: waywarden.Number(22000)}}})
	}
	w.Seal()
	return NewKnowledge(w, c, operations, paths)
})

func BenchmarkReach(b *testing.B) {
	k := million()
	_, all := k.Who("app")
	for _, bench := range []struct {
		name string
		q    Question
	}{
		{"principal", Question{Callers: []string{"u-700000"}, IDs: 20}},
		{"fleet", Question{Callers: []string{"boss"}, IDs: 20}},
		{"endpoint", Question{Operations: []string{"op-7"}, IDs: 20}},
		{"application", Question{Callers: all, IDs: 20}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if r := k.Reach(bench.q); r.Possible.Control.Vehicles.Count == 0 {
					b.Fatal("nothing reached")
				}
			}
		})
	}
}

func BenchmarkWho(b *testing.B) {
	k := million()
	for b.Loop() {
		if _, who := k.Who("client-3"); len(who) == 0 {
			b.Fatal("nobody")
		}
	}
}

func BenchmarkLearn(b *testing.B) {
	c := NewCallers(DefaultCallers())
	calls := make([]*waywarden.Call, 4096)
	for i := range calls {
		calls[i] = served(noon.Add(time.Duration(i)*time.Second), fmt.Sprint("u-", i%997), fmt.Sprint("op-", i%41), "app", "app")
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Learn(calls[i%len(calls)])
	}
}
