package world

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Thing is an object of the business that calls are about.
type Thing struct {
	Kind string // vehicle, station, consumer; booking, ride, order, policy, campaign, session, invoice
	ID   string // of the business
	UID  string // of the truth

	vehicle *Vehicle // where it is one, or belongs to one
	Station *Station
	person  *Person
	made    time.Time
}

// A Vehicle is one, with where it goes and what state it is in.
type Vehicle struct {
	Thing
	VIN, Plate, IMEI, Model string
	Home                    Place
	at                      Place // where it stands, or began its trip
	Trips                   []Trip
	locked, Running         bool
	Odometer, soc           float64
	Silent                  bool // sends no telemetry
	Busy                    time.Time
	Fleet                   *Fleet
}

// A Place is a position in degrees.
type Place struct{ Lat, Lon float64 }

// A Trip is a time in which a vehicle moves.
type Trip struct {
	From, To time.Time
	begin    Place
	End      Place
	KMH      float64
	Carried  bool // by a ferry or a tow truck: it moves with the ignition off
}

// Trip returns the trip a vehicle is on at a time.
func (v *Vehicle) Trip(t time.Time) *Trip {
	for i := range v.Trips {
		if d := &v.Trips[i]; !t.Before(d.From) && t.Before(d.To) {
			return d
		}
	}
	return nil
}

// Free says that a vehicle stands, from some time before t to some after.
func (v *Vehicle) Free(t time.Time, before, after time.Duration) bool {
	for _, d := range v.Trips {
		if t.Add(after).After(d.From) && t.Add(-before).Before(d.To) {
			return false
		}
	}
	return true
}

// Drive notes a trip unless there is one already about then, and forgets old ones.
func (v *Vehicle) Drive(d Trip) bool {
	if !v.Free(d.From, 8*time.Minute, d.To.Sub(d.From)+8*time.Minute) {
		return false
	}
	if len(v.Trips) > 24 {
		v.Trips = append(v.Trips[:0], v.Trips[8:]...)
	}
	d.begin = v.at
	if len(v.Trips) > 0 {
		d.begin = v.Trips[0].begin
	}
	v.Trips = append(v.Trips, d)
	slices.SortFunc(v.Trips, func(a, b Trip) int { return a.From.Compare(b.From) })
	v.Trips[0].begin = d.begin
	for i := 1; i < len(v.Trips); i++ {
		v.Trips[i].begin = v.Trips[i-1].End
	}
	v.at = v.Trips[len(v.Trips)-1].End
	return true
}

// State is where a vehicle is at a time and how fast in km/h. The speed rises and falls within the trip's first and last
// minute, so that what is meant to be at speed has to be some way from both.
func (v *Vehicle) State(t time.Time) (at Place, kmh float64) {
	at = v.at
	for _, d := range v.Trips { // in order of time but for carried ones
		switch {
		case t.Before(d.From):
			return d.begin, 0
		case t.Before(d.To):
			x := t.Sub(d.From).Seconds() / d.To.Sub(d.From).Seconds()
			ramp := min(1, t.Sub(d.From).Minutes(), d.To.Sub(t).Minutes())
			return Place{Round(d.begin.Lat+(d.End.Lat-d.begin.Lat)*x, 6), Round(d.begin.Lon+(d.End.Lon-d.begin.Lon)*x, 6)},
				Round(d.KMH*ramp*(0.92+0.08*math.Sin(float64(t.Unix()%600))), 1)
		}
		at = d.End
	}
	return at, 0
}

// A Station is a charge point.
type Station struct {
	Thing
	Serial, EVSE string
	Version      string // of OCPP
	IP           string
	Connection   string
	Secret       string
	Message      int
	BoxOf        *Person // whose wallbox it is
	Site         int
	Firmware     string
	Vendor       string
	Transaction  *Charging
	Home         Place
}

// A Charging is a transaction of a station.
type Charging struct {
	Thing
	Started time.Time
	Tag     string
	Meter   int
	By      *Person
	Number  int
}

// A Person has an account: a customer, a member of the staff, or a program's.
type Person struct {
	Thing
	Name, Email, Phone string
	Tag                string
	Password           string
	Devices            []*Device
	Role               string
	Creds              map[*surface]*Credential
	Vehicles           []*Vehicle // may drive
	Boxes              []*Station
	Org                *Fleet
	Habit              float64 // sessions a day
	born               time.Time
}

// A Device is what a person calls from.
type Device struct {
	Agent, Version string
	Home           string // address at home or at work
	Roams          bool   // else always from home
	Script         bool
}

// A Fleet is a company with vehicles, managers and drivers.
type Fleet struct {
	Thing
	Name     string
	Managers []*Person
	Drivers  []*Person
	Vehicles []*Vehicle
	Depot    Place
}

// A Credential is what somebody proves with who they are.
type Credential struct {
	Value, Refresh string
	Expires        time.Time
	from           string // address it was issued to
}

// Link notes who may do what with what, from the start on or by what happens.
func (w *World) Link(p *Person, o *Thing, rel string) {
	k := [2]string{p.UID, o.UID}
	if l := w.Links[k]; l != nil {
		l.Weak = false
		return
	}
	l := &linkTruth{Consumer: p.UID, Object: o.UID, Rel: rel, Type: map[string]string{"station": "charger"}[o.Kind], Calls: 0}
	if l.Type == "" {
		l.Type = "vehicle"
	}
	w.Links[k] = l
	w.Truth.Links = append(w.Truth.Links, l)
}

// Unlink says that a link ended: it is not judged any more.
func (w *World) Unlink(p *Person, o *Thing) {
	if l := w.Links[[2]string{p.UID, o.UID}]; l != nil {
		l.Weak = true
	}
}

// Somewhere draws a place in the city.
func (w *World) Somewhere() Place {
	return Place{Round(w.City.Lat+w.Rng.NormFloat64()*0.08, 5), Round(w.City.Lon+w.Rng.NormFloat64()*0.12, 5)}
}

// NewVehicle invents a vehicle.
func (w *World) NewVehicle() *Vehicle {
	v := &Vehicle{Thing: Thing{Kind: "vehicle", ID: w.form("vehicle").draw(w)}, VIN: w.vin(), Plate: w.plate(), IMEI: "35" + w.Letters(Digits, 13),
		Model: Pick(w, w.Models), Home: w.Somewhere(), locked: true, Odometer: float64(2000 + w.Rng.IntN(120000)), soc: float64(40 + w.Rng.IntN(60))}
	v.at, v.UID = v.Home, v.VIN
	v.Thing.vehicle = v
	v.Silent = w.Chance(0.05)
	w.Vehicles = append(w.Vehicles, v)
	w.Truth.Entities.Vehicle = append(w.Truth.Entities.Vehicle, EntityTruth{UID: v.UID, IDs: []string{v.VIN, v.ID, v.Plate, v.IMEI}, Type: "vehicle"})
	return v
}

// NewPerson invents somebody of a role.
func (w *World) NewPerson(role string) *Person {
	c := cultures[w.culture()]
	first, last := Pick(w, c[0]), Pick(w, c[1])
	w.people++
	mail := ascii(strings.ToLower(first)) + "." + ascii(strings.ToLower(last)) + fmt.Sprint(w.people) + "@" + Pick(w, []string{"inbox.example", "letterbox.example", "correo.example"})
	p := &Person{Thing: Thing{Kind: "consumer", ID: w.form("person").draw(w)}, Name: first + " " + last, Email: mail,
		Phone: "+999" + w.Letters(Digits, 9), Password: w.Secret(11), Role: role, Creds: map[*surface]*Credential{}, Tag: strings.ToUpper(w.Letters(HexDigits, 14)),
		Habit: 0.8 + 2.5*w.Rng.ExpFloat64()}
	p.UID = p.ID
	p.Thing.person = p
	p.Devices = append(p.Devices, w.Device(role))
	w.Everyone = append(w.Everyone, p)
	w.Truth.Entities.Consumer = append(w.Truth.Entities.Consumer, EntityTruth{UID: p.UID, IDs: []string{p.ID, p.Email, p.Phone, p.Tag}, Type: "consumer", Role: role})
	return p
}

// culture is mostly that of the language of the business.
func (w *World) culture() int {
	if w.Chance(0.7) {
		return w.lang
	}
	return w.Rng.IntN(len(cultures))
}

func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.NewReplacer("ö", "oe", "ä", "ae", "ü", "ue", "é", "e", "è", "e", "í", "i", "ó", "o", "ñ", "n", "á", "a", "ı", "i").Replace(s))
}

// Device draws what somebody of a role calls from.
func (w *World) Device(role string) *Device {
	home := w.Address("home")
	if w.Chance(0.35) {
		home = w.Address("six")
	}
	switch role {
	case "owner", "driver", "rider", "renter", "holder":
		v := Pick(w, w.Releases)
		agent := w.App + "/" + v + Pick(w, []string{" (Android 15; SM-S921B) okhttp/4.12.0", " (Android 14; Pixel 7) okhttp/4.12.0", " (iPhone16,1; iOS 18.3) CFNetwork/1568 Darwin/24.2"})
		return &Device{Agent: agent, Version: v, Home: home, Roams: true}
	case "machine":
		return &Device{Agent: Pick(w, []string{"Go-http-client/2.0", "Apache-HttpClient/5.4 (Java/21)", "axios/1.7.9", "Dart/3.5 (dart:io)"}), Home: home, Script: true}
	}
	return &Device{Agent: Pick(w, []string{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15", "Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0"}), Home: home}
}

// Signal has a vehicle report its state at a time.
func (w *World) Signal(v *Vehicle, t time.Time) {
	if v.Silent {
		return
	}
	at, kmh := v.State(t)
	state := "OFF"
	d := v.Trip(t)
	switch {
	case d != nil && !d.Carried:
		state = "ON"
		v.Odometer += kmh / 60
		v.soc = max(8, v.soc-kmh/400)
	case v.Running:
		state = "ON"
	case v.soc < 30 && d == nil:
		v.soc += 20
	}
	r := &Record{Kind: "signal", Time: t, Sensor: "telematics", Vehicle: map[string]string{"vin": v.VIN}, Signals: map[string]any{
		"Vehicle.Speed": kmh, "Vehicle.LowVoltageSystemState": state, "Vehicle.CurrentLocation.Latitude": at.Lat, "Vehicle.CurrentLocation.Longitude": at.Lon,
		"Vehicle.Powertrain.TractionBattery.StateOfCharge.Current": Round(v.soc, 1), "Vehicle.TraveledDistance": Round(v.Odometer, 1), "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked": v.locked || kmh > 10}}
	if w.Chance(0.01) {
		late := t.Add(w.Span(5, 60))
		r.Received = &late
	}
	w.Sink.Add(r)
}

// Ghost is a vehicle that does not exist, with ids that look like those of one.
func (w *World) Ghost() *Vehicle {
	v := &Vehicle{Thing: Thing{Kind: "vehicle", ID: w.form("vehicle").draw(w)}, VIN: w.vin(), Plate: w.plate()}
	v.UID, v.Thing.vehicle = v.VIN, v
	return v
}

// Settle has a vehicle stand at a place from the start on.
func (v *Vehicle) Settle(at Place) { v.Home, v.at = at, at }
