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

// A motion is whether a vehicle moved at a moment, and by which speed that is known.
type motion struct {
	Moving waywarden.Truth
	KMH    float64
	At     time.Time // of the speed; zero when none is known
}

// movingKMH is the speed above which stopping the engine endangers; below it is manoeuvring and noise of positioning.
const movingKMH = 5

// motionOf says whether the vehicle moved under its own power at now; interval is how often it reports.
func motionOf(t *waywarden.Twin, now time.Time, interval time.Duration) motion {
	fresh := min(max(3*interval, freshMin), freshMax)
	own, said := t.Fresh(vssMoving, now, fresh)
	said = said && own.Value.Kind == waywarden.ValueBool
	speed, ok := t.Fresh(vssSpeed, now, fresh)
	if !ok || speed.Value.Kind != waywarden.ValueNumber || speed.At.After(now) {
		if said {
			return motion{Moving: waywarden.TruthOf(own.Value.Number != 0), At: own.At}
		}
		return motion{}
	}
	m := motion{KMH: speed.Value.Number, At: speed.At, Moving: waywarden.True}
	switch {
	case m.KMH <= movingKMH, carried(t, speed.At), standing(t, now, fresh):
		m.Moving = waywarden.False
	case said && own.Value.Number == 0 && !own.At.Before(speed.At):
		m.Moving = waywarden.Unknown // its speed and its own word differ
	}
	return m
}

// standing says whether a wheel is known to stand: then a speed is an error of positioning.
func standing(t *waywarden.Twin, now time.Time, fresh time.Duration) bool {
	for _, w := range wheels {
		if r, ok := t.Fresh(w, now, fresh); ok && r.Value.Kind == waywarden.ValueNumber && r.Value.Number <= 1 {
			return true
		}
	}
	return false
}

// carried says whether a vehicle with a speed is not driving: its ignition is off, so it is on a ferry, a train or a
// tow. Ignition that was last reported long before the speed says nothing.
func carried(t *waywarden.Twin, at time.Time) bool {
	r, ok := t.Reading(vssIgnition)
	return ok && at.Sub(r.At) <= freshMax && (r.Value.Text == "OFF" || r.Value.Text == "LOCK")
}
