package twin

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// TestAnswers holds that an answer's state goes to the vehicle it is about, and what it is worth beside telemetry.
func TestAnswers(t *testing.T) {
	know, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	o := Default()
	o.Knowledge = know
	read := func(w *world, leaves ...string) {
		w.ops["read.vehicle.status"] = &waywarden.Operation{ID: "s", Host: "api.oem.example", Access: waywarden.AccessRead, Function: waywarden.Function{Class: "read.vehicle.status"}}
		w.call("read.vehicle.status", "u-1", 200, leaves...)
	}
	state := func(w *world) map[string]string {
		out := map[string]string{}
		w.Each(func(x waywarden.Twin) {
			for _, r := range x.State {
				out[x.UID+" "+r.Name] = fmt.Sprintf("%s %s %.1f %s", r.Value, r.Source, r.Confidence, r.At.Sub(start))
			}
		})
		return out
	}
	const speed = "Vehicle.Speed"
	for name, c := range map[string]struct {
		play func(w *world)
		want map[string]string
	}{
		"asked for": {func(w *world) { read(w, "path -1 vin vin "+vin1, "response 0 speed - 50") }, map[string]string{vin1 + " " + speed: "50 response 0.5 1s"}},
		"its own time": {func(w *world) {
			read(w, "path -1 vin vin "+vin1, "response 0 speed - 50", "response 0 timestamp - 2026-03-01T07:59:00Z")
		}, map[string]string{vin1 + " " + speed: "50 response 0.8 -1m0s"}},
		"two of a list": {func(w *world) {
			read(w, "response 0 v[].vin vin "+vin1, "response 0 v[].speed - 50", "response 1 v[].vin vin "+vin2, "response 1 v[].speed - 60")
		}, map[string]string{vin1 + " " + speed: "50 response 0.5 1s", vin2 + " " + speed: "60 response 0.5 1s"}},
		"of two asked":   {func(w *world) { read(w, "path -1 vin vin "+vin1, "path -1 other vin "+vin2, "response 0 speed - 50") }, map[string]string{}},
		"several places": {func(w *world) { read(w, "path -1 vin vin "+vin1, "response 0 p[].lat - 50", "response 1 p[].lat - 51") }, map[string]string{}},
		"telemetry wins": {func(w *world) {
			w.signal(vin1, start, speed, waywarden.Number(80))
			read(w, "path -1 vin vin "+vin1, "response 0 speed - 0")
		}, map[string]string{vin1 + " " + speed: "80 signal 0.9 0s"}},
		"telemetry of yesterday": {func(w *world) {
			w.signal(vin1, start.Add(-24*time.Hour), speed, waywarden.Number(80))
			read(w, "path -1 vin vin "+vin1, "response 0 speed - 0")
		}, map[string]string{vin1 + " " + speed: "0 response 0.5 1s"}},
		"a later time wins": {func(w *world) {
			w.signal(vin1, start.Add(-time.Hour), speed, waywarden.Number(80))
			read(w, "path -1 vin vin "+vin1, "response 0 speed - 5", "response 0 timestamp - 2026-03-01T07:30:00Z")
		}, map[string]string{vin1 + " " + speed: "5 response 0.8 -30m0s"}},
	} {
		w := newWorld(o)
		c.play(w)
		if d := cmp.Diff(c.want, state(w)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestOwnNumbers holds that the numbers a vehicle's object calls its own are joined, and those of others are not.
func TestOwnNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		leaves []string
		want   string
	}{
		"own":      {[]string{"response 1 v[].id vehicle_id 26640707", "response 1 v[].vehicle_id vehicle_id 1817902171", "response 1 v[].vin vin " + vin1}, "vehicle " + vin1 + " vehicle_id=1817902171 vehicle_id=26640707 vin=" + vin1},
		"replaced": {[]string{"response 1 v[].id vehicle_id 26640707", "response 1 v[].replaces vehicle_id 1817902171", "response 1 v[].vin vin " + vin1}, "vehicle " + vin1 + " vehicle_id=26640707 vin=" + vin1},
	} {
		w := newWorld(Default())
		w.call("read.vehicle.list", "", 200, c.leaves...)
		if got := w.show(); !slices.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestCommands holds that a scene shows the command its call asks for or tells of, and the vehicle its last ones.
func TestCommands(t *testing.T) {
	know, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	o := Default()
	o.Knowledge = know
	w := newWorld(o)
	w.ops["act.door.lock"] = &waywarden.Operation{ID: "lock", Host: "api.oem.example", Method: "POST", Access: waywarden.AccessControl, Function: waywarden.Function{Class: "act.door.lock"}}
	w.ops["read.command.status"] = &waywarden.Operation{ID: "poll", Host: "api.oem.example", Access: waywarden.AccessRead, Function: waywarden.Function{Class: "read.command.status"}}
	const locked = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	w.signal(vin1, start, locked, waywarden.Bool(false))
	if s := w.call("act.door.lock", "u-1", 202, "path -1 vin vin "+vin1, "response 0 requestId request_id r-9"); s.Command == nil || s.Command.State != waywarden.CommandAccepted || s.Command.ID != "r-9" {
		t.Errorf("asked: %+v", s.Command)
	}
	if s := w.call("read.command.status", "u-1", 200, "path -1 id request_id r-9", "response 0 state - DELIVERED"); s.Command == nil || s.Command.State != waywarden.CommandDelivered {
		t.Errorf("polled: %+v", s.Command)
	}
	s := w.signal(vin1, w.now.Add(5*time.Second), locked, waywarden.Bool(true))
	if cs := s.Subjects[0].Twin.Commands; len(cs) != 1 || cs[0].State != waywarden.CommandExecuted || cs[0].Effect != waywarden.True || cs[0].Signal != locked {
		t.Errorf("commands %+v", cs)
	}
	if es := w.Effects(); len(es) != 1 || es[0].Calls != 1 || es[0].TookEffect != 1 {
		t.Errorf("effects %+v", es)
	}
}
