package twin

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/booking"
)

// Names of the state of a ride or booking.
const (
	rideState   = "Ride.State"   // requested, reserved, on_trip, completed, cancelled, no_show
	rideRider   = "Ride.Rider"   // who asked for it
	rideVehicle = "Ride.Vehicle" // which vehicle it is with
	rideAsked   = "Ride.Asked"   // when it was asked for, began and was over, unix seconds
	rideBegan   = "Ride.Began"
	rideOver    = "Ride.Over"
)

// ride moves the twin of the one ride or booking that a call is about.
func (t *Twins) ride(c *waywarden.Call, caller int32) {
	if !c.Success || c.Operation == nil || c.Record.Kind != waywarden.KindHTTP {
		return
	}
	class := c.Operation.Function.Class
	if class != "ride.request" && class != "ride.lifecycle" {
		return
	}
	id, node, ok := booking.Number(c)
	if !ok {
		return
	}
	e := t.find(waywarden.AssetRide, typeBooking, id, c.Operation.Host, true)
	if e == 0 {
		return
	}
	t.touch(e)
	writes := c.Operation.Access != waywarden.AccessRead
	if state := booking.State(c, node); state != "" {
		t.rideIs(e, state, c, sourceUndated)
	}
	if writes && class == "ride.request" {
		t.rideFor(e, caller, c)
	}
	if v := t.rideWith(c); v != 0 {
		t.set(e, rideVehicle, waywarden.Text(t.uid(v)), c.Record, sourceAnswer)
	}
}

// rideFor notes who asked for a ride: the first that did.
func (t *Twins) rideFor(e, caller int32, c *waywarden.Call) {
	if caller != 0 && t.entities[caller].kind == kindConsumer && t.text(e, rideRider) == "" {
		t.set(e, rideRider, waywarden.Text(t.uid(caller)), c.Record, sourceAnswer)
	}
}

// rideIs notes the state of a ride, and when it got there first.
func (t *Twins) rideIs(e int32, state string, c *waywarden.Call, source uint8) {
	was := t.text(e, rideState)
	t.set(e, rideState, waywarden.Text(state), c.Record, source)
	if was == state {
		return
	}
	stamp := rideAsked
	switch state {
	case "on_trip":
		stamp = rideBegan
	case "completed", "cancelled", "no_show":
		stamp = rideOver
	}
	if _, known := t.numberOf(e, stamp); !known {
		t.set(e, stamp, waywarden.Number(float64(c.Record.At.Unix())), c.Record, source)
	}
}

// rideWith returns the only vehicle a call names, 0 for none or several.
func (t *Twins) rideWith(c *waywarden.Call) int32 {
	one := int32(0)
	for i := range t.mentions {
		m := &t.mentions[i]
		if m.kind != kindVehicle {
			continue
		}
		l := &c.Leaves[m.leaf]
		e := t.find(waywarden.AssetVehicle, l.Type, l.Value, c.Operation.Host, false)
		if e == 0 || e == one {
			continue
		}
		if one != 0 {
			return 0
		}
		one = e
	}
	return one
}
