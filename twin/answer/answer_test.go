package answer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// answered makes a call whose answer has the given fields: "name=value", each object ("name" up to the last dot) a node
// below the one it stands in.
func answered(template string, fields ...string) *waywarden.Call {
	c := &waywarden.Call{
		Record: &waywarden.Record{Kind: waywarden.KindHTTP, At: now}, Success: true,
		Operation: &waywarden.Operation{Template: template, Access: waywarden.AccessRead, Function: waywarden.Function{Class: "read.vehicle.status"}},
		Nodes:     []waywarden.Node{{Parent: -1}},
	}
	nodes := map[string]int32{"": 0}
	var node func(path string) int32
	node = func(path string) int32 {
		if n, ok := nodes[path]; ok {
			return n
		}
		up, name := "", path
		if i := strings.LastIndexByte(path, '.'); i >= 0 {
			up, name = path[:i], path[i+1:]
		}
		c.Nodes = append(c.Nodes, waywarden.Node{Parent: node(up), Array: strings.Contains(name, "[")})
		nodes[path] = int32(len(c.Nodes) - 1)
		return nodes[path]
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		path := ""
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			path = name[:i]
		}
		n := node(path)
		// "list[1].x" is an element of its own, and its field's name is "list[].x".
		for i := range 10 {
			name = strings.ReplaceAll(name, fmt.Sprintf("[%d]", i), "[]")
		}
		kind := waywarden.ValueText
		if value != "" && strings.Trim(value, "-.0123456789") == "" {
			kind = waywarden.ValueNumber
		}
		c.Leaves = append(c.Leaves, waywarden.Leaf{In: waywarden.InResponse, Name: name, Value: value, Kind: kind, Node: n})
	}
	return c
}

// TestRead holds that many spellings, languages, units and shapes say the same.
func TestRead(t *testing.T) {
	know, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := New(know)
	for name, c := range map[string]struct {
		call *waywarden.Call
		want []string // "signal=value", "@time" where the answer says
	}{
		"flat":           {answered("/v/{id}/status", "speed=50", "ignition=true", "locked=false", "soc=71"), []string{"Speed=50", "LowVoltageSystemState=ON", "Door.IsLocked=false", "SoC=71"}},
		"mph by name":    {answered("/v/{id}", "vehicle.speedMph=50"), []string{"Speed=80.4672"}},
		"mph beside":     {answered("/v/{id}", "speed.value=50", "speed.unit=mph"), []string{"Speed=80.4672"}},
		"m/s beside":     {answered("/v/{id}", "speed=10", "speedUnit=m/s"), []string{"Speed=36"}},
		"vendor's miles": {answered("/v/{id}/data", "response.drive_state.speed=50", "response.vehicle_state.odometer=100"), []string{"Speed=80.4672", "TraveledDistance=160934"}},
		"kilometres":     {answered("/v/{id}", "odometer=100"), []string{"TraveledDistance=100000"}},
		"metres":         {answered("/v/{id}", "odometer=45000000"), []string{"TraveledDistance=45000000"}},
		"german":         {answered("/fahrzeug/zustand", "daten.geschwindigkeit=30", "zündung=aus", "verriegelt=ja", "km-stand=5", "zeit=2026-03-01T07:59:00Z"), []string{"Speed=30@07:59:00", "LowVoltageSystemState=OFF@07:59:00", "Door.IsLocked=true@07:59:00", "TraveledDistance=5000@07:59:00"}},
		"french":         {answered("/vehicules/{id}", "vitesse=30", "contact=marche", "verrouillage=verrouillé", "kilometrage=5"), []string{"Speed=30", "LowVoltageSystemState=ON", "Door.IsLocked=true", "TraveledDistance=5000"}},
		"own times":      {answered("/v/{id}", "position.lat=48.1", "position.timestamp=1772352000", "soc=60", "updatedAt=2026-03-01T07:00:00Z"), []string{"Latitude=48.1@08:00:00", "SoC=60@07:00:00"}},
		"place's time":   {answered("/v/{id}", "lat=48.1", "speed=5", "gps_as_of=1772351940000", "timestamp=1772351950000"), []string{"Latitude=48.1@07:59:00", "Speed=5@07:59:10"}},
		"clock ahead":    {answered("/v/{id}", "soc=60", "timestamp=2026-03-01T09:00:00Z"), []string{"SoC=60"}},
		"name and value": {answered("/v/{id}/values", "list[0].name=odometer", "list[0].value=5", "list[0].unit=km", "list[1].name=lock_state", "list[1].value=LOCKED"), []string{"TraveledDistance=5000", "Door.IsLocked=true"}},
		"keyed values":   {answered("/v/{id}/values", "data.speed.value=12", "data.soc.value=80"), []string{"Speed=12", "SoC=80"}},
		"VISS":           {answered("/viss", "data.path=Vehicle.Speed", "data.dp.value=50", "data.dp.ts=2026-03-01T07:59:30Z"), []string{"Speed=50@07:59:30"}},
		"by endpoint":    {answered("/v2/air-conditioning/{vin}", "state=OFF"), []string{"AC=false"}},
		"gears":          {answered("/v/{id}", "shift_state=R"), []string{"SelectedGear=-1"}},
		"out of range":   {answered("/v/{id}", "speed=900", "lat=0", "soc=250", "locked=perhaps", "charging=3kW"), nil},
		"what could be":  {answered("/v/{id}", "capabilities.lock=true", "settings.timers[0].soc=5", "trips[0].lat=48.1", "destination.lat=48.2", "averageSpeed=40"), nil},
		"doors together": {answered("/v/{id}", "overall.doors=CLOSED"), []string{"Door.IsOpen=false"}},
		"some door":      {answered("/v/{id}", "overall.doors=OPEN"), nil},
	} {
		var got []string
		for _, s := range r.Read(c.call) {
			line := short.Replace(s.Signal) + "=" + s.Value.String()
			if !s.At.IsZero() {
				line += s.At.Format("@15:04:05")
			}
			got = append(got, line)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

var short = strings.NewReplacer("Vehicle.Cabin.Door.Row1.DriverSide.", "Door.", "Vehicle.CurrentLocation.", "", "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current", "SoC",
	"Vehicle.Cabin.HVAC.IsAirConditioningActive", "AC", "Vehicle.Powertrain.Transmission.", "", "Vehicle.", "")

// TestSilent holds that answers of commands, refusals and histories are no state.
func TestSilent(t *testing.T) {
	know, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := New(know)
	for name, change := range map[string]func(c *waywarden.Call){
		"command": func(c *waywarden.Call) { c.Operation.Access = waywarden.AccessControl },
		"refused": func(c *waywarden.Call) { c.Success = false },
		"history": func(c *waywarden.Call) { c.Operation.Function.Class = "read.location.history" },
	} {
		c := answered("/v/{id}/lock", "locked=true")
		change(c)
		if got := r.Read(c); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// BenchmarkRead measures an answer of seventy fields, six of which are state.
func BenchmarkRead(b *testing.B) {
	know, err := domain.Load()
	if err != nil {
		b.Fatal(err)
	}
	fields := []string{"speed=50", "ignition=true", "locked=false", "soc=71", "lat=48.1", "timestamp=1772351950000"}
	for i := range 64 {
		fields = append(fields, fmt.Sprintf("more.field_%d=%d", i, i))
	}
	r, c := New(know), answered("/v/{id}/status", fields...)
	b.ReportAllocs()
	for b.Loop() {
		r.Read(c)
	}
}
