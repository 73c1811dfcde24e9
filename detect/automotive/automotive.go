// Package automotive holds the detectors that judge a command by the state of the vehicle it acts on.
package automotive

import (
	"slices"
	"time"

	"github.com/waywarden/waywarden"
)

// VSS paths that the detectors of this package read.
const (
	vssSpeed     = "Vehicle.Speed"
	vssMoving    = "Vehicle.IsMoving"
	vssIgnition  = "Vehicle.LowVoltageSystemState"
	vssMode      = "Vehicle.Private.Mode"
	vssLatitude  = "Vehicle.CurrentLocation.Latitude"
	vssLongitude = "Vehicle.CurrentLocation.Longitude"
)

// wheels are the wheel speeds, which a satellite's error does not touch.
var wheels = [...]string{"Vehicle.Chassis.Axle.Row1.Wheel.Left.Speed", "Vehicle.Chassis.Axle.Row1.Wheel.Right.Speed"}

// linksMin is how many links a group of callers must have before one without a link is foreign.
const linksMin = 20

// entitled says whether the caller may act on the vehicle, or is of a group that works on strangers' vehicles.
func entitled(s *waywarden.Scene, l waywarden.Link) bool {
	return own(l, s.Now) || s.LinksLearned < linksMin
}

// own says whether a link gives a right at now.
func own(l waywarden.Link, now time.Time) bool {
	return l.Rel != "" && l.Rel != "contact" && (l.Until.IsZero() || l.Until.After(now))
}

// classes returns what tells whether a call is of one of the classes.
func classes(names ...string) func(*waywarden.Call) bool {
	return func(c *waywarden.Call) bool {
		return slices.Contains(names, c.Operation.Function.Class)
	}
}
