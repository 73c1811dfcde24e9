package twin

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
)

// TestRides: a booking has a twin with its state, its rider, its vehicle and its times, whatever the API calls them.
func TestRides(t *testing.T) {
	type step struct {
		method, template, class, action string
		read                            bool
		leaves                          []waywarden.Leaf
	}
	asked := func(in waywarden.Place, name, value string, d waywarden.DataType) waywarden.Leaf {
		return waywarden.Leaf{In: in, Name: name, Type: d, Kind: waywarden.ValueText, Value: value, Node: -1}
	}
	told := func(name, value string, d waywarden.DataType) waywarden.Leaf {
		return waywarden.Leaf{In: waywarden.InResponse, Name: name, Type: d, Kind: waywarden.ValueText, Value: value}
	}
	const vin = "5YJ3E1EA7KF000316"
	for name, c := range map[string]struct {
		steps                  []step
		id, state, car         string
		began, over, noBooking bool
	}{
		"rest": {steps: []step{
			{method: "POST", template: "/bookings", class: "ride.request", leaves: []waywarden.Leaf{told("bookingId", "B-77001", ""), told("status", "confirmed", "")}},
			{method: "POST", template: "/bookings/{bookingId}/start", class: "ride.lifecycle", leaves: []waywarden.Leaf{asked(waywarden.InPath, "bookingId", "B-77001", ""), told("vin", vin, waywarden.TypeVIN)}},
		}, id: "B-77001", state: "on_trip", car: vin, began: true},
		"body command": {steps: []step{
			{method: "POST", template: "/rpc", class: "ride.request", action: "reserveCar", leaves: []waywarden.Leaf{asked(waywarden.InBody, "vin", vin, waywarden.TypeVIN), told("result.reservation_id", "r-9f2", "")}},
			{method: "POST", template: "/rpc", class: "ride.lifecycle", action: "endRental", leaves: []waywarden.Leaf{asked(waywarden.InBody, "reservation_id", "r-9f2", "")}},
		}, id: "r-9f2", state: "completed", car: vin, over: true},
		"uber": {steps: []step{
			{method: "POST", template: "/v1/requests", class: "ride.request", leaves: []waywarden.Leaf{told("request_id", "852b8fdd", ""), told("status", "processing", "")}},
			{method: "DELETE", template: "/v1/requests/{request_id}", class: "ride.request", leaves: []waywarden.Leaf{asked(waywarden.InPath, "request_id", "852b8fdd", "")}},
		}, id: "852b8fdd", state: "cancelled", over: true},
		"list": {steps: []step{
			{method: "GET", template: "/trips", class: "ride.request", read: true, leaves: []waywarden.Leaf{
				{In: waywarden.InResponse, Name: "trips[].tripId", Value: "t-1", Node: 1}, {In: waywarden.InResponse, Name: "trips[].tripId", Value: "t-2", Node: 2},
			}},
		}, noBooking: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(Default())
			for _, s := range c.steps {
				w.now = w.now.Add(time.Minute)
				access := waywarden.AccessWrite
				if s.read {
					access = waywarden.AccessRead
				}
				rec := &waywarden.Record{Kind: waywarden.KindHTTP, At: w.now, HTTP: &waywarden.Transaction{Method: s.method, Status: 200}}
				op := &waywarden.Operation{
					ID: s.template + s.action, Host: "api.example", Method: s.method, Template: s.template, Access: access,
					Function: waywarden.Function{Class: s.class, Confidence: 1}, Discriminator: waywarden.Discriminator{Value: s.action},
				}
				w.Observe(rec, &waywarden.Call{
					Record: rec, Operation: op, Success: true, Leaves: s.leaves, Nodes: []waywarden.Node{{Parent: -1}, {Parent: 0, Array: true}, {Parent: 0, Array: true}},
					Principal: waywarden.Principal{UID: "rider-17", Kind: waywarden.PrincipalUser},
				})
			}
			rides := 0
			w.Each(func(v waywarden.Twin) {
				if v.Type != waywarden.AssetRide {
					return
				}
				rides++
				text := func(name string) string { r, _ := v.Reading(name); return r.Value.Text }
				_, began := v.Reading(rideBegan)
				_, over := v.Reading(rideOver)
				if v.UID != c.id || text(rideState) != c.state || text(rideRider) != "rider-17" || text(rideVehicle) != c.car || began != c.began || over != c.over {
					t.Errorf("ride %s is %+v", v.UID, v.State)
				}
			})
			if want := map[bool]int{true: 0, false: 1}[c.noBooking]; rides != want {
				t.Errorf("%d rides, want %d", rides, want)
			}
			w.check(t)
		})
	}
}
