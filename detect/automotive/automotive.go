// Package automotive holds the detectors that judge a call by the state of the vehicle it acts on.
package automotive

import (
	"time"

	"github.com/waywarden/waywarden"
)

// VSS paths that the detectors of this package read.
const (
	vssSpeed    = "Vehicle.Speed"
	vssMoving   = "Vehicle.IsMoving"
	vssIgnition = "Vehicle.LowVoltageSystemState"
	vssMode     = "Vehicle.Private.Mode"
)

// wheels are the wheel speeds, which a satellite's error does not touch.
var wheels = [...]string{"Vehicle.Chassis.Axle.Row1.Wheel.Left.Speed", "Vehicle.Chassis.Axle.Row1.Wheel.Right.Speed"}

// Freshness of motion: a vehicle that reports every n seconds is still known to move up to three intervals later, at
// least freshMin and at most freshMax (domain/statemodels.yaml, MOTION.decay).
const (
	freshMin = 30 * time.Second
	freshMax = 180 * time.Second
)

// A motion is whether a vehicle moved at a moment, and by what that is known.
type motion struct {
	Moving waywarden.Truth
	KMH    float64
	At     time.Time // of the speed
	Why    string    // of an answer that is not true
}

// movingKMH is the speed above which stopping the engine endangers; below it is manoeuvring and noise of positioning.
const movingKMH = 5

// motionOf says whether the vehicle moved under its own power at now; interval is how often it reports.
func motionOf(t *waywarden.Twin, now time.Time, interval time.Duration) motion {
	fresh := min(max(3*interval, freshMin), freshMax)
	speed, ok := t.Fresh(vssSpeed, now, fresh)
	if !ok {
		if m, ok := t.Fresh(vssMoving, now, fresh); ok && m.Value.Kind == waywarden.ValueBool {
			return motion{Moving: waywarden.TruthOf(m.Value.Number != 0), At: m.At, Why: "reported as standing"}
		}
		return motion{Why: "no fresh speed is known"}
	}
	m := motion{KMH: speed.Value.Number, At: speed.At}
	if speed.Value.Kind != waywarden.ValueNumber || speed.At.After(now) {
		return motion{Why: "no fresh speed is known"}
	}
	if m.KMH <= movingKMH {
		m.Moving, m.Why = waywarden.False, "it stood or crept"
		return m
	}
	if why := carried(t, speed.At); why != "" {
		m.Moving, m.Why = waywarden.False, why
		return m
	}
	for _, w := range wheels {
		if r, ok := t.Fresh(w, now, fresh); ok && r.Value.Kind == waywarden.ValueNumber && r.Value.Number <= 1 {
			m.Moving, m.Why = waywarden.False, "its wheels stood still: the speed is an error of positioning"
			return m
		}
	}
	if r, ok := t.Fresh(vssMoving, now, fresh); ok && r.Value.Kind == waywarden.ValueBool && r.Value.Number == 0 && !r.At.Before(speed.At) {
		m.Moving, m.Why = waywarden.Unknown, "its speed and its own word on moving differ"
		return m
	}
	m.Moving = waywarden.True
	return m
}

// carried says why a vehicle with a speed is not driving: its ignition is off, so it is on a ferry, a train or a tow.
// Ignition that was last reported long before the speed says nothing.
func carried(t *waywarden.Twin, at time.Time) string {
	r, ok := t.Reading(vssIgnition)
	if !ok || at.Sub(r.At) > freshMax {
		return ""
	}
	if r.Value.Text == "OFF" || r.Value.Text == "LOCK" {
		return "its ignition was off: it was carried or towed"
	}
	return ""
}
