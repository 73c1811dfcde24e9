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
	Series                  int // of reports, the present one
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

// Drive notes a trip unless there is one already about then. A trip to a place takes as long as its speed needs; one to
// none goes to where its speed leads in its time.
func (v *Vehicle) Drive(d Trip) (Trip, bool) {
	d.begin, _ = v.State(d.From)
	if km := d.begin.km(d.End); d.End != (Place{}) {
		d.To = d.From.Add(time.Duration((km/d.KMH + ramp.Hours()) * float64(time.Hour)))
		if d.To.Sub(d.From) < 3*ramp { // round the corner
			d.To = d.From.Add(3 * ramp)
			d.KMH = km / (2 * ramp).Hours()
		}
	} else {
		km = d.KMH * (d.To.Sub(d.From) - ramp).Hours()
		way := float64(d.From.Unix()/60%360) * math.Pi / 180
		d.End = Place{Round(d.begin.Lat+km/kmPerDegree*math.Sin(way), 6), Round(d.begin.Lon+km/kmPerDegree*math.Cos(way)/math.Cos(d.begin.Lat*math.Pi/180), 6)}
	}
	if !v.Free(d.From, 8*time.Minute, d.To.Sub(d.From)+8*time.Minute) {
		return d, false
	}
	if len(v.Trips) > 24 {
		v.Trips = append(v.Trips[:0], v.Trips[8:]...)
	}
	v.Trips = append(v.Trips, d)
	slices.SortFunc(v.Trips, func(a, b Trip) int { return a.From.Compare(b.From) })
	for i := 1; i < len(v.Trips); i++ { // later ones begin elsewhere now
		if x := &v.Trips[i]; x.begin != v.Trips[i-1].End {
			x.begin = v.Trips[i-1].End
			x.KMH = x.begin.km(x.End) / (x.To.Sub(x.From) - ramp).Hours()
			if far := x.KMH / kmhMax; far > 1 { // it does not get there
				x.End = Place{x.begin.Lat + (x.End.Lat-x.begin.Lat)/far, x.begin.Lon + (x.End.Lon-x.begin.Lon)/far}
				x.KMH = kmhMax
			}
		}
	}
	v.at = v.Trips[len(v.Trips)-1].End
	return d, true
}

// ramp is how long a vehicle takes to reach its speed, and to lose it. What is meant to happen at speed has to be that far
// from both ends of a trip.
const ramp = time.Minute

const (
	kmPerDegree = 111.2
	kmhMax      = 130
)

// km is the distance of two places, near enough for a city.
func (p Place) km(q Place) float64 {
	return kmPerDegree * math.Hypot(p.Lat-q.Lat, (p.Lon-q.Lon)*math.Cos(p.Lat*math.Pi/180))
}

// State is where a vehicle is at a time and how fast in km/h.
func (v *Vehicle) State(t time.Time) (at Place, kmh float64) {
	at = v.at
	for i := range v.Trips {
		switch d := &v.Trips[i]; {
		case t.Before(d.From):
			return d.begin, 0
		case t.Before(d.To):
			share, full := d.progress(t)
			return Place{Round(d.begin.Lat+(d.End.Lat-d.begin.Lat)*share, 6), Round(d.begin.Lon+(d.End.Lon-d.begin.Lon)*share, 6)}, Round(d.KMH*full, 1)
		}
		at = v.Trips[i].End
	}
	return at, 0
}

// progress is the share of the way done at a time, and the share of the full speed: it grows and falls evenly at the ends.
func (d *Trip) progress(t time.Time) (share, full float64) {
	done, left, all := t.Sub(d.From).Minutes(), d.To.Sub(t).Minutes(), d.To.Sub(d.From).Minutes()
	switch {
	case done < 1:
		return done * done / 2 / (all - 1), done
	case left < 1:
		return 1 - left*left/2/(all-1), left
	}
	return (done - 0.5) / (all - 1), 1
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
	Habit              float64   // sessions a day
	Busy               time.Time // with a rental or a ride until then
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
	v.vehicle = v
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
	p.person = p
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
	v.UID, v.vehicle = v.VIN, v
	return v
}

// Settle has a vehicle stand at a place from the start on.
func (v *Vehicle) Settle(at Place) { v.Home, v.at = at, at }

// Far is how far a vehicle is from a place in km.
func (v *Vehicle) Far(from Place, t time.Time) float64 {
	at, _ := v.State(t)
	return at.km(from)
}
