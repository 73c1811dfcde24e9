package life

import (
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

// rent is a visit of somebody who rents by the hour: booking, unlocking, driving, giving back.
func (w *life) rent(p *world.Person, t time.Time) {
	k := w.Walk(p, w.Of["app"], t)
	if w.Chance(0.5) {
		k.Try("bookings", nil)
		w.errands(k)
	}
	if w.Chance(0.35) || t.Before(p.Busy) && w.Chance(0.97) { // few have two at once
		return
	}
	w.rental(k, time.Duration(20+w.IntN(160))*time.Minute)
}

// rental books a free vehicle and uses it for a while; it returns the vehicle, or nil where none is free.
func (w *life) rental(k *world.Walk, long time.Duration) *world.Vehicle {
	var v *world.Vehicle
	for range 20 {
		if c := world.Pick(w, w.Pool); c.Free(k.Now, 20*time.Minute, long+30*time.Minute) && k.Now.After(c.Busy) {
			v = c
			break
		}
	}
	if v == nil {
		return nil
	}
	k.Try("quote", nil, f("model", "", v.Model))
	b := w.NewThing("booking", k.Now)
	id := k.At.Ident(&v.Thing)
	k.Send(world.Exchange{Op: "booking", Args: world.Node{id, f("until", "", k.Now.Add(long+w.Span(0, 1800)).Format(time.RFC3339))}, Reply: world.Node{f("booking id", "session_id", b.ID), id, f("customer id", "person_id", k.Who.ID), f("status", "", "confirmed")}})
	v.Busy = k.Now.Add(long + 12*time.Minute)
	k.Who.Busy = v.Busy
	w.Link(k.Who, &v.Thing, "renter")
	k.Wait(60, 400)
	k.Try("status", &v.Thing)
	k.Command("unlock", v)
	begin := k.Now.Add(w.Span(40, 120))
	drive, _ := w.drive(v, world.Trip{From: begin, To: begin.Add(long - 8*time.Minute), KMH: 10 + w.Rng.Float64()*30})
	w.On(drive.To.Add(w.Span(30, 120)), func(t time.Time) {
		k.Now = t
		k.Enter()
		k.Command("lock", v)
		k.Do("bookingend", b, f("odometer", "", int(v.Odometer)))
		w.Unlink(k.Who, &v.Thing)
	})
	return v
}

// hail is a rider's visit: a price, a ride, looking where it is; the robotaxi opens for the rider at the kerb.
func (w *life) hail(p *world.Person, t time.Time) {
	if t.Before(p.Busy) {
		return
	}
	k := w.Walk(p, w.Of["app"], t)
	w.errands(k)
	from, to := w.Somewhere(), w.Somewhere()
	k.Do("quote", nil, spots(from, to)...)
	if w.Chance(0.3) {
		return
	}
	w.ride(k, from, to)
}

func spots(from, to world.Place) world.Node {
	return world.Node{f("pickup", "", world.Node{f("latitude", "location", from.Lat), f("longitude", "location", from.Lon)}), f("dropoff", "", world.Node{f("latitude", "location", to.Lat), f("longitude", "location", to.Lon)})}
}

func (w *life) ride(k *world.Walk, from, to world.Place) {
	var v *world.Vehicle
	for range 20 { // the nearest of some
		c := world.Pick(w, w.Pool)
		if c.Free(k.Now, 15*time.Minute, time.Hour) && k.Now.After(c.Busy) && (v == nil || c.Far(from, k.Now) < v.Far(from, k.Now)) {
			v = c
		}
	}
	if v == nil {
		return
	}
	r := w.NewThing("ride", k.Now)
	id := k.At.Ident(&v.Thing)
	k.Send(world.Exchange{Op: "ride", Args: spots(from, to), Reply: world.Node{f("ride id", "session_id", r.ID), id, f("plate", "plate", v.Plate), f("eta", "", 240), f("status", "", "assigned")}})
	w.Link(k.Who, &v.Thing, "rider")
	v.Busy = k.Now.Add(time.Hour)
	k.Who.Busy = v.Busy
	state := func(status string) {
		at, _ := v.State(k.Now)
		k.Send(world.Exchange{Op: "rideget", Obj: r, Reply: world.Node{f("ride id", "session_id", r.ID), f("status", "", status), f("position", "", world.Node{f("latitude", "location", at.Lat), f("longitude", "location", at.Lon)})}})
	}
	come := k.Now.Add(w.Span(30, 60))
	coming, _ := w.drive(v, world.Trip{From: come, End: from, KMH: 32})
	for range 3 {
		k.Wait(20, 60)
		state("coming")
	}
	if w.Chance(0.06) {
		k.Do("ridecancel", r)
		w.Unlink(k.Who, &v.Thing)
		return
	}
	w.On(coming.To.Add(w.Span(30, 90)), func(t time.Time) {
		k.Now = t
		k.Enter()
		k.Try("unlock", &v.Thing)
		go_ := k.Now.Add(w.Span(70, 140))
		riding, _ := w.drive(v, world.Trip{From: go_, End: to, KMH: 30 + w.Rng.Float64()*30})
		k.Wait(200, 300)
		state("driving")
		w.On(riding.To.Add(w.Span(20, 60)), func(t time.Time) {
			k.Now = t
			k.Enter()
			state("ended")
			w.Unlink(k.Who, &v.Thing)
		})
	})
}

// refill is a visit of somebody who charges: the map, a station, a session; or the wallbox at home.
func (w *life) refill(p *world.Person, t time.Time) {
	k := w.Walk(p, w.Of["app"], t)
	w.errands(k)
	if len(p.Boxes) > 0 && w.Chance(0.5) {
		b := p.Boxes[0]
		k.Do("box", &b.Thing)
		if w.Chance(0.4) {
			k.Do("schedule", &b.Thing, f("=limit", "", 8+w.IntN(8)), f("start", "", "22:00"))
		}
		return
	}
	k.Open("stations", nil)
	s := w.publicStation()
	if s == nil || w.Chance(0.3) {
		return
	}
	k.Open("station", &s.Thing)
	w.chargeAt(k, s, p.Tag)
}

func (w *life) publicStation() *world.Station {
	for range 20 {
		if s := world.Pick(w, w.Stations); s.BoxOf == nil && s.Transaction == nil && s.Connection != "" {
			return s
		}
	}
	return nil
}

// chargeAt starts a session by remote and ends it later.
func (w *life) chargeAt(k *world.Walk, s *world.Station, tag string) {
	c := &world.Charging{Thing: *w.NewThing("session", k.Now), Started: k.Now, Tag: tag, By: k.Who, Meter: 1000 + w.IntN(90000)}
	c.Station = s
	k.Send(world.Exchange{Op: "charging", Obj: &s.Thing, Reply: world.Node{f("session id", "session_id", c.ID), f("status", "", "starting")}})
	w.begin(s, c, k.Now, true)
	k.Wait(20, 90)
	k.Do("session", &c.Thing)
	w.On(k.Now.Add(w.Span(1200, 7200)), func(t time.Time) {
		if s.Transaction != c {
			return
		}
		k.Now = t
		k.Enter()
		k.Do("chargestop", &c.Thing)
		w.finish(s, k.Now, true)
	})
}

// staffDay lets those who work for the business work.
func (w *life) staffDay(day time.Time) {
	for _, x := range []struct {
		role string
		n    int
		days bool // in working hours of working days alone
		do   func(*world.Person, time.Time)
	}{{"support", 9, false, w.help}, {"dealer", 8, true, w.repair}, {"operator", 14, false, w.operate}, {"dispatcher", 14, false, w.dispatch}, {"releaser", 5, true, w.release}} {
		if x.days && weekend(day) {
			continue
		}
		for _, p := range w.Staff[x.role] {
			for range x.n {
				at := w.office(day)
				if !x.days {
					at = day.Add(w.Span(0, 86000))
				}
				w.On(at, func(t time.Time) { x.do(p, t) })
			}
		}
	}
	for _, p := range w.Staff["crew"] {
		w.On(day.Add(w.Span(7*3600, 12*3600)), func(t time.Time) { w.shift(p, t, 0) })
	}
	if weekend(day) {
		return
	}
	for _, p := range w.Staff["manager"] {
		w.On(day.Add(w.Span(6.6*3600, 7.4*3600)), func(t time.Time) { w.morning(p, t) })
		for range 3 {
			w.On(w.office(day), func(t time.Time) { w.manage(p, t) })
		}
	}
}

func (w *life) caseNumber() world.Field {
	return f("ticket", "work_order", "C-"+w.Letters(world.Digits, 7))
}

// help is a customer's call to the support.
func (w *life) help(p *world.Person, t time.Time) {
	s := w.Of["support"]
	if s == nil {
		return
	}
	k := w.Walk(p, s, t)
	k.Pace = 12
	who := w.customer()
	k.Send(world.Exchange{Op: "search", Args: world.Node{f("phone", "phone", who.Phone)}, Reply: world.Node{f("customers", "", []world.Node{{f("customer id", "person_id", who.ID), f("name", "name_address", who.Name), f("email", "email", who.Email)}})}})
	k.Wait(5, 20)
	k.Try("person", &who.Thing)
	if len(who.Vehicles) == 0 {
		return
	}
	v := world.Pick(w, who.Vehicles)
	k.Try("case", &v.Thing, w.caseNumber())
	if w.Chance(0.2) && v.Free(k.Now, 5*time.Minute, 3*time.Minute) {
		k.Try("unlock", &v.Thing, w.caseNumber())
	}
}

// customer draws one of the business's customers.
func (w *life) customer() *world.Person {
	for {
		switch p := world.Pick(w, w.Everyone); p.Role {
		case "owner", "driver", "renter", "rider", "holder":
			return p
		}
	}
}

// repair is a vehicle in a workshop.
func (w *life) repair(p *world.Person, t time.Time) {
	v := world.Pick(w, w.Vehicles)
	if !v.Free(t, 30*time.Minute, time.Hour) {
		return
	}
	k := w.Walk(p, w.Of["dealer"], t)
	k.Pace = 20
	o := w.NewThing("order", t)
	id := k.At.Ident(&v.Thing)
	k.Send(world.Exchange{Op: "lookup", Args: world.Node{f("plate", "plate", v.Plate)}, Reply: world.Node{id, f("model", "", v.Model)}})
	k.Wait(10, 60)
	k.Send(world.Exchange{Op: "order", Args: world.Node{id, f("reason", "", "inspection")}, Reply: world.Node{f("order id", "work_order", o.ID)}})
	k.Wait(10, 60)
	k.Do("case", &v.Thing, f("order id", "work_order", o.ID))
	if w.Chance(0.6) {
		k.Try("diagnose", &v.Thing, f("routine", "", "self test"), f("order id", "work_order", o.ID))
	}
	if w.Chance(0.2) {
		k.Try("install", &v.Thing, f("=version", "", w.Releases[1]), f("order id", "work_order", o.ID))
	}
}

// operate is the work at the screens of a charging operator.
func (w *life) operate(p *world.Person, t time.Time) {
	k := w.Walk(p, w.Of["operator"], t)
	k.Pace = 15
	k.Do("stations", nil)
	s := world.Pick(w, w.Stations)
	if w.Chance(0.4) && s.Transaction == nil {
		k.Do("restart", &s.Thing, w.caseNumber())
		w.reset(s, k.Now)
	} else if w.Chance(0.3) && s.Transaction == nil {
		k.Do("connector", &s.Thing, w.caseNumber())
	}
}

// dispatch is the work at the screens of a ride operator.
func (w *life) dispatch(p *world.Person, t time.Time) {
	k := w.Walk(p, w.Of["dispatch"], t)
	k.Pace = 10
	k.Try("fleet", nil)
	v := world.Pick(w, w.Vehicles)
	k.Try("status", &v.Thing)
	if w.Chance(0.2) {
		k.Try("reroute", &v.Thing, w.caseNumber(), f("reason", "", "road works"))
	}
}

// release looks after campaigns: one is made, vehicles ask, people agree.
func (w *life) release(p *world.Person, t time.Time) {
	k := w.Walk(p, w.Of["ota"], t)
	k.Pace = 20
	k.Do("fleet", nil)
	if w.Chance(0.3) {
		k.Do("campaign", nil, f("=name", "", "winter "+w.Releases[2]), f("=version", "", w.Releases[2]), f("=url", "artefact_url", "https://packages."+w.Domain+"/"+w.Releases[2]+".bin"))
	}
}

// morning is a manager's look at all of the fleet before the shift.
func (w *life) morning(p *world.Person, t time.Time) {
	k := w.Walk(p, w.Of["fleet"], t)
	k.Pace = 2
	k.Do("fleet", nil)
	for _, v := range p.Org.Vehicles[:min(25, len(p.Org.Vehicles))] {
		k.Do("status", &v.Thing)
	}
}

func (w *life) manage(p *world.Person, t time.Time) {
	k := w.Walk(p, w.Of["fleet"], t)
	k.Pace = 8
	v := world.Pick(w, p.Org.Vehicles)
	k.Do("fleet", nil)
	k.Try("location", &v.Thing)
	switch r := w.IntN(12); {
	case r < 2 && v.Free(k.Now, 10*time.Minute, 10*time.Minute):
		k.Try("immobilize", &v.Thing, f("=reason", "", "contract"))
	case r < 4:
		if d := w.Drivers[v]; len(d) > 0 {
			k.Try("assign", &v.Thing, f("driver id", "person_id", d[0].ID))
		}
	case r < 5:
		k.Try("export", nil, f("month", "", t.Format("2006-01")))
	}
}

// shift is a driver's day: positions every few minutes.
func (w *life) shift(p *world.Person, t time.Time, n int) {
	k := w.Walk(p, w.Of["driver"], t)
	at := w.Somewhere()
	if n%20 == 0 {
		k.Do("profile", nil)
	}
	k.Do("position", nil, f("latitude", "location", at.Lat), f("longitude", "location", at.Lon), f("accuracy", "", 6))
	if n < 90 {
		w.On(t.Add(w.Span(200, 340)), func(t time.Time) { w.shift(p, t, n+1) })
	}
}
