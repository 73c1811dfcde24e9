package twinview

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// TestView holds what is said of the age of values, of ended links and of commands.
func TestView(t *testing.T) {
	states, err := domain.LoadStates()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	line := LineOf(waywarden.Twin{
		Type: waywarden.AssetVehicle, UID: "V1", IDs: []waywarden.ID{{Type: waywarden.TypeVIN, Value: "V1"}, {Type: waywarden.TypeVehicleID, Value: "1"}, {Type: waywarden.TypeVehicleID, Value: "2"}},
		State: []waywarden.Reading{
			{Name: "Vehicle.LowVoltageSystemState", Value: waywarden.Text("ON"), At: now.Add(-10 * time.Second), Source: "signal", Confidence: 0.95},
			{Name: "Vehicle.Speed", Value: waywarden.Number(80), At: now.Add(-time.Minute), Source: "signal", Confidence: 0.95},
		},
		Links:    []waywarden.Link{{Rel: "owner", Type: waywarden.AssetConsumer, UID: "u-1", Since: now.Add(-time.Hour), Until: now.Add(-time.Minute), Proof: "list", Confidence: 0.9}},
		Commands: []waywarden.Command{{Operation: &waywarden.Operation{Method: "POST", Host: "h", Template: "/lock", Function: waywarden.Function{Class: "act.door.lock"}}, Caller: "u-1", At: now, State: waywarden.CommandAccepted, Since: now}},
	})
	v := newView(line, states, now)
	if v.State["Vehicle.LowVoltageSystemState"].Stale || !v.State["Vehicle.Speed"].Stale || v.State["Vehicle.Speed"].AgeS != 60 {
		t.Errorf("state %+v", v.State)
	}
	if len(v.Unknown) < 20 {
		t.Errorf("unknown %q", v.Unknown)
	}
	var b bytes.Buffer
	if err := v.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"vehicle V1 as known at 2026-03-01T08:00:00Z", "vehicle_id   1 2", "80  (1m0s old, signal, confidence 0.95, stale)", "until 2026-03-01T07:59:00Z", "act.door.lock", "ACCEPTED", "effect unknown"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}

// TestSameID holds that spellings of one identifier are the same.
func TestSameID(t *testing.T) {
	if !sameID("AB-C 123", "abc123") || !sameID("5YJ", "5yj") || sameID("v-1", "v-2") {
		t.Error("spellings")
	}
}
