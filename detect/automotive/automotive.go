// Package automotive holds the detectors that judge a command by the state of the vehicle it acts on.
package automotive

import (
	"slices"

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

// classes returns what tells whether a call is of one of the classes.
func classes(names ...string) func(*waywarden.Call) bool {
	return func(c *waywarden.Call) bool {
		return slices.Contains(names, c.Operation.Function.Class)
	}
}
