package function

import (
	"testing"

	"github.com/waywarden/waywarden"
)

// TestObserve holds what effects on twins make of verdicts by name.
func TestObserve(t *testing.T) {
	c := classifier(t)
	const (
		locked  = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
		running = "Vehicle.Powertrain.CombustionEngine.IsRunning"
		hvac    = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
	)
	named := func(class string, confidence float64) Verdict {
		return Verdict{Class: class, Confidence: confidence, Access: waywarden.AccessControl, Review: confidence < reviewBelow, Why: []string{"its name"}}
	}
	for _, x := range []struct {
		what       string
		v          Verdict
		calls      int64
		changes    []Change
		class      string
		confidence float64
		review     bool
	}{
		{"nothing follows", named("act.other", 0.3), 100, nil, "act.other", 0.3, true},
		{"confirmed", named("act.door.lock", 0.7), 40, []Change{{locked, "true", 36, 36, 0.2}}, "act.door.lock", confirmed, false},
		{"a command of no known function", named("act.other", 0.3), 40, []Change{{locked, "false", 36, 36, 0.2}}, "act.door.unlock", corrected, false},
		{"its own signal, the other way", named("act.door.lock", 0.95), 40, []Change{{locked, "false", 36, 36, 0.2}}, "act.door.unlock", corrected, false},
		{"both, since a door locks itself again", named("act.door.unlock", 0.6), 40, []Change{{locked, "false", 38, 38, 0.2}, {locked, "true", 25, 25, 0.2}}, "act.door.unlock", confirmed, false},
		{"a consequence does not overrule a sure name", named("act.engine.start", 0.95), 40, []Change{{hvac, "true", 36, 36, 0.1}}, "act.engine.start", 0.95, true},
		{"a consequence beside the effect", named("act.engine.start", 0.6), 40, []Change{{hvac, "true", 38, 38, 0.1}, {running, "true", 30, 30, 0.1}}, "act.engine.start", confirmed, false},
		{"too few calls", named("act.other", 0.3), 19, []Change{{locked, "false", 19, 19, 0}}, "act.other", 0.3, true},
		{"no more than by chance", named("act.other", 0.3), 200, []Change{{locked, "false", 100, 100, 0.45}}, "act.other", 0.3, true},
		{"a rare effect", named("act.other", 0.3), 1000, []Change{{locked, "false", 60, 60, 0.01}}, "act.other", 0.3, true},
		{"a poll after the command of another", named("act.other", 0.3), 400, []Change{{locked, "false", 333, 20, 0.01}}, "act.other", 0.3, true},
		{"a booking before one", named("ride.request", 0.6), 400, []Change{{locked, "false", 85, 5, 0.01}}, "ride.request", 0.6, false},
		{"a signal that shows no class", named("act.other", 0.3), 40, []Change{{"Vehicle.IsOnline", "true", 40, 40, 0}}, "act.other", 0.3, true},
	} {
		got := c.Observe(x.v, Seen{Calls: x.calls, Changes: x.changes})
		if got.Class != x.class || got.Confidence != x.confidence || got.Review != x.review || len(got.Why) == 0 {
			t.Errorf("%s: %+v, want %s at %.2f, review %v", x.what, got, x.class, x.confidence, x.review)
		}
	}
	got := c.Observe(named("act.other", 0.3), Seen{Calls: 40, Changes: []Change{{locked, "false", 36, 36, 0.2}}})
	if want := locked + " became false after 36 of 40 calls, by chance after 20 %"; got.Why[0] != want {
		t.Errorf("reason %q, want %q", got.Why[0], want)
	}
}
