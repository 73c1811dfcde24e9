package ride

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

const (
	openingsMin = 20   // openings by riders seen of an operation before it is known what it is for …
	ridingShare = 0.95 // … and the share of them within a ride of the caller
	ridersMin   = 10   // different riders among them
	rideMax     = 24 * time.Hour
	carsMax     = 12 // names of vehicles remembered of rides that go on together
)

// A trip is the last ride of a caller, or the rides that go on together.
type trip struct {
	open  int // rides that go on
	cars  [carsMax]uint64
	n     int
	since time.Time
	over  time.Time // zero: it goes on
}

// An opening is how an operation that opens vehicles is used.
type opening struct{ riding, other, riders int }

// A holder is who had a vehicle last.
type holder struct {
	who   uint64
	since time.Time
}

type opened struct {
	trips *detect.Table[trip]
	cars  *detect.Table[holder]
	uses  *detect.Table[opening]
	known *detect.Table[bool] // riders of an operation
}

// Opened makes RID-006: a vehicle of a ride service opened by somebody who has no ride with it.
func Opened(m *detect.Memory) detect.Detector {
	return &opened{
		trips: detect.NewTable[trip](m, "RID-006 rides", callersMax), cars: detect.NewTable[holder](m, "RID-006 vehicles", callersMax), uses: detect.NewTable[opening](m, "RID-006 operations", 1<<12),
		known: detect.NewTable[bool](m, "RID-006 riders", callersMax),
	}
}

func (d *opened) Card() detect.Card {
	return detect.Card{
		ID: "RID-006", Title: "Ride vehicle opened without a ride", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API1:2023", "R155:16.1"}, Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputResponseBodies,
		Desc: `Raised when a person's account has a door, window or boot of a vehicle opened, or the vehicle started, while it has no ride or rental with that vehicle: its ride is over or with another vehicle, or the vehicle is in somebody else's ride. A caller of whom no ride was ever seen is told as information only while the vehicle is free: it may have booked under another name. It is judged for operations that are for riders alone: of at least twenty openings by ten different riders before, 95 in 100 were within a ride of the caller.

Rides are learned from bookings, from calls that begin and end them, and from the vehicles these name or are answered with. A ride whose vehicle was not named is taken to be with any. A vehicle in motion is SAF-003's and SAF-004's.`,
		Silent: []string{
			"staff, depots and first responders: they come with other credentials or other operations", "services and fleets that act for others",
			"a rider who unlocks the car within a few minutes of giving it back, for something forgotten", "owners' cars: nobody books those",
		},
		Respond: "Lock the vehicle, end the sessions of the account, and bind every opening to the ride it is for.",
	}
}

func (*opened) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls | detect.OfFrames, Only: detect.Accepted | detect.Changing, Areas: []string{"ride", "act"}}
}

func (d *opened) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || c.Operation.Access == waywarden.AccessRead {
		return
	}
	switch class := c.Operation.Function.Class; class {
	case "ride.request", "ride.lifecycle":
		if who := caller(c); who != 0 {
			d.ride(s, who)
		}
	case "act.door.unlock", "act.closure.open", "act.engine.start":
		if c.Principal.Kind == waywarden.PrincipalUser || c.Principal.Kind == waywarden.PrincipalSession {
			d.opens(s, out)
		}
	}
}

// forgotten is how long after a ride a rider may still open the vehicle.
const forgotten = 10 * time.Minute

// ride notes that a ride was booked, began or is over.
func (d *opened) ride(s *waywarden.Scene, who uint64) {
	c := s.Call
	was := d.trip(c)
	t := d.trips.At(who)
	if was != nil && t.since.IsZero() {
		*t = *was
	}
	if ends(c.Operation) {
		if t.open--; t.open <= 0 && t.over.IsZero() {
			t.over = s.Now
		}
		d.alias(c, t)
		return
	}
	if !t.over.IsZero() || s.Now.Sub(t.since) > rideMax {
		*t = trip{}
	}
	t.since = s.Now
	if c.Operation.Function.Class == "ride.request" && c.Operation.Access != waywarden.AccessRead {
		t.open++
	}
	cars(s, func(car uint64) {
		*d.cars.At(car) = holder{who, s.Now}
		if !slices.Contains(t.cars[:min(t.n, carsMax)], car) {
			t.cars[t.n%carsMax] = car // the oldest is forgotten: services end rides of which riders say nothing
			t.n++
		}
	})
	d.alias(c, t)
}

// alias files a caller's ride under its credential too: the name by which it is called changes once it is known.
func (d *opened) alias(c *waywarden.Call, t *trip) {
	if k := credential(c); k != 0 {
		ride := *t
		*d.trips.At(k) = ride
	}
}

// credential is the key of the credential of a call, 0 for none.
func credential(c *waywarden.Call) uint64 {
	if c.Principal.Session == "" {
		return 0
	}
	return detect.Mix(detect.Key(c.Principal.Session), 1)
}

// trip returns the last ride of the caller under its name or its credential, nil where none was seen.
func (d *opened) trip(c *waywarden.Call) *trip {
	t := d.trips.Peek(caller(c))
	if k := credential(c); k != 0 && (t == nil || t.since.IsZero()) {
		t = d.trips.Peek(k)
	}
	return t
}

// cars calls f with every name of the vehicles a call names or is answered with.
func cars(s *waywarden.Scene, f func(uint64)) {
	for i := range s.Subjects {
		if w := s.Subjects[i].Twin; w != nil && w.Type == waywarden.AssetVehicle {
			for _, id := range w.IDs {
				f(detect.Key(id.Value))
			}
			f(detect.Key(w.UID))
		}
	}
	for i := range s.Call.Leaves {
		switch l := &s.Call.Leaves[i]; l.Type {
		case waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypePlate:
			f(detect.Key(l.Value))
		}
	}
}

// riding says whether the caller has a ride with the vehicle of the scene; known is false when it never had any.
func (d *opened) riding(s *waywarden.Scene) (with, known bool) {
	t := d.trip(s.Call)
	if t == nil || t.since.IsZero() {
		return false, false
	}
	if over := t.over; !over.IsZero() && s.Now.Sub(over) > forgotten || s.Now.Sub(t.since) > rideMax {
		return false, true
	}
	if t.n == 0 {
		return true, true
	}
	cars(s, func(car uint64) {
		with = with || slices.Contains(t.cars[:min(t.n, carsMax)], car)
	})
	return with, true
}

// taken says whether a vehicle of the scene is in a ride of somebody else.
func (d *opened) taken(s *waywarden.Scene) (by bool) {
	cars(s, func(car uint64) {
		h := d.cars.Peek(car)
		if h == nil || h.who == caller(s.Call) || s.Now.Sub(h.since) > rideMax {
			return
		}
		t := d.trips.Peek(h.who)
		by = by || t != nil && t.over.IsZero()
	})
	return by
}

func (d *opened) opens(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if len(s.Subjects) == 0 || caller(c) == 0 {
		return
	}
	u := d.uses.At(detect.Key(c.Operation.ID))
	with, known := d.riding(s)
	if with {
		u.riding++
		if k := d.known.At(detect.Mix(caller(c), detect.Key(c.Operation.ID))); !*k {
			*k = true
			u.riders++
		}
		return
	}
	if u.riding < openingsMin || u.riders < ridersMin || float64(u.riding) < ridingShare*float64(u.riding+u.other) {
		u.other++
		return
	}
	// A caller whose rides were never seen may have booked under another name, or before the capture began: it is a
	// stranger for certain only where it has a name and the vehicle is in somebody else's ride.
	severity, why := waywarden.SeverityCritical, "It has no ride with it now."
	if !known {
		severity, why = waywarden.SeverityInformational, "No ride of this caller was seen."
		if c.Principal.Kind == waywarden.PrincipalUser && d.taken(s) {
			severity, why = waywarden.SeverityCritical, "The vehicle is in somebody else's ride."
		}
	}
	out.Raise(&detect.Report{
		Group: detect.Caller(s), Severity: severity, Confidence: 80, Operation: c.Operation, Principal: c.Principal,
		Title:     "Ride vehicle opened without a ride",
		Desc:      detect.Who(s) + " called " + detect.What(c.Operation) + " on a vehicle of a ride service. " + why,
		Resources: detect.Assets(s),
		Facts:     []waywarden.Fact{{Name: "openings within a ride of the caller", Observed: "no", Normal: detect.Itoa(u.riding) + " of " + detect.Itoa(u.riding+u.other)}},
	})
}

// ends says whether an operation ends a ride: its names say so, in the languages APIs come in.
func ends(op *waywarden.Operation) bool {
	if cancels(op) {
		return true
	}
	last := strings.ToLower(op.Template[strings.LastIndexByte(op.Template, '/')+1:])
	for _, w := range [...]string{"end", "finish", "complete", "return", "dropoff", "stop", "close", "rueckgabe", "terminar", "terminer", "termina", "finalizar", "checkout"} {
		if strings.Contains(last, w) || strings.Contains(strings.ToLower(op.Discriminator.Value), w) {
			return true
		}
	}
	return false
}
