package life

import (
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

// populate makes who and what is there at the start.
func (w *life) populate() {
	for range w.o.Vehicles {
		if w.Business == "charging" && len(w.Vehicles) > 0 {
			break
		}
		w.NewVehicle()
	}
	w.offer.shares(w.o.Vehicles, w.settle)
	for range w.o.Vehicles / 3 {
		if w.Of["operator"] != nil {
			w.newStation(nil)
		}
	}
}

// settle makes the people of a role.
func (w *life) settle(role string, n int) {
	switch role {
	case "poller", "aggregated": // some of those who are there, later
		w.Staff[role] = w.sample(w.Everyone, n)
		return
	case "manager":
		w.companies(n)
		return
	}
	for i := range n {
		switch role {
		case "owner":
			p := w.NewPerson(role)
			w.give(p, w.Vehicles[i%len(w.Vehicles)], "owner")
		case "family":
			v := world.Pick(w, w.Vehicles)
			w.give(w.NewPerson("driver"), v, "driver")
		case "fleetdriver":
			w.give(w.NewPerson("driver"), w.Vehicles[i%len(w.Vehicles)], "driver")
		case "charger":
			p := w.NewPerson("holder")
			w.Staff["holder"] = append(w.Staff["holder"], p)
			if w.Chance(0.35) {
				w.newStation(p)
			}
		case "renter", "rider", "crew":
			r := map[string]string{"crew": "driver"}[role]
			if r == "" {
				r = role
			}
			w.Staff[role] = append(w.Staff[role], w.NewPerson(r))
		default:
			w.Staff[role] = append(w.Staff[role], w.NewPerson(role))
		}
	}
	if role == "renter" || role == "rider" {
		w.Pool = w.Vehicles
	}
}

func (w *life) sample(of []*world.Person, n int) []*world.Person {
	var list []*world.Person
	for range n {
		if p := world.Pick(w, of); len(p.Vehicles) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// give links a person to a vehicle.
func (w *life) give(p *world.Person, v *world.Vehicle, rel string) {
	p.Vehicles = append(p.Vehicles, v)
	w.Drivers[v] = append(w.Drivers[v], p)
	w.Link(p, &v.Thing, rel)
}

// companies shares the vehicles among fleets, one manager each.
func (w *life) companies(n int) {
	for i := range n {
		f := &world.Fleet{Thing: *w.NewThing("fleet", w.Start), Name: world.Pick(w, w.Models) + " Logistics", Depot: w.Somewhere()}
		m := w.NewPerson("manager")
		m.Org = f
		f.Managers = append(f.Managers, m)
		for j, v := range w.Vehicles {
			if j%n == i {
				v.Fleet = f
				v.Settle(f.Depot)
				f.Vehicles = append(f.Vehicles, v)
				f.Drivers = append(f.Drivers, w.Drivers[v]...)
				w.Link(m, &v.Thing, "fleet_manager")
			}
		}
		w.Fleets = append(w.Fleets, f)
		w.Staff["manager"] = append(w.Staff["manager"], m)
	}
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

// hour draws a time of the day at which people are about.
func (w *life) hour(day time.Time) time.Time {
	h := 7 + w.Rng.NormFloat64()*1.3
	switch r := w.IntN(10); {
	case r < 4:
		h = 17.5 + w.Rng.NormFloat64()*2
	case r < 7:
		h = 12 + w.Rng.NormFloat64()*3
	}
	h = min(23.8, max(0.2, h))
	return day.Add(time.Duration(h * float64(time.Hour)))
}

// office draws a time in working hours.
func (w *life) office(day time.Time) time.Time { return day.Add(w.Span(8*3600, 17.5*3600)) }

// day plans a day.
func (w *life) day(day time.Time) {
	for _, v := range w.Vehicles {
		w.plan(v, day)
	}
	for _, p := range w.Everyone {
		visit := visits[p.Role]
		if visit == nil {
			continue
		}
		for n := w.times(p.Habit); n > 0; n-- {
			w.On(w.hour(day), func(t time.Time) { visit(w, p, t) })
		}
	}
	w.staffDay(day)
	w.machineDay(day)
	for i := range traps {
		x := &traps[i]
		for n := w.times(x.perDay * w.o.Traps); n > 0; n-- {
			if x.possible(w) {
				w.On(day.Add(w.Span(x.from*3600, x.to*3600)), func(t time.Time) { w.Trap(x.name, x.note, func() { x.do(w, t) }) })
			}
		}
	}
}

// times draws how often something happens that happens so often on average (Poisson).
func (w *life) times(mean float64) int {
	n, p := 0, w.Rng.ExpFloat64()
	for p < mean && n < 12 {
		n++
		p += w.Rng.ExpFloat64()
	}
	return n
}

// visits are what people do with their app, by role.
var visits = map[string]func(*life, *world.Person, time.Time){
	"owner": (*life).look, "driver": (*life).look, "renter": (*life).rent, "rider": (*life).hail, "holder": (*life).refill,
}

// plan draws a vehicle's trips of a day.
func (w *life) plan(v *world.Vehicle, day time.Time) {
	go_ := func(hour float64, to world.Place) {
		from := day.Add(time.Duration(hour * float64(time.Hour)))
		w.drive(v, world.Trip{From: from, End: to, KMH: 25 + w.Rng.Float64()*60})
	}
	switch {
	case w.Business == "rental", w.Business == "rides": // only who books them moves them
	case v.Fleet != nil && !weekend(day):
		h := 6.5 + w.Rng.Float64()
		for range 2 + w.IntN(4) {
			go_(h, w.Somewhere())
			h += 1.5 + w.Rng.Float64()
		}
		go_(h, v.Fleet.Depot)
	case v.Fleet != nil:
	case weekend(day):
		if w.Chance(0.6) {
			h := 9 + w.Rng.Float64()*6
			go_(h, w.Somewhere())
			go_(h+2+w.Rng.Float64()*2, v.Home)
		}
	case w.Chance(0.85):
		go_(6.5+w.Rng.Float64()*2, w.Somewhere())
		go_(16+w.Rng.Float64()*3, v.Home)
	}
}

// drive sends a vehicle on a trip if it is free then; it reports from the trip's beginning on.
func (w *life) drive(v *world.Vehicle, d world.Trip) (world.Trip, bool) {
	d, ok := v.Drive(d)
	if ok {
		w.On(d.From.Add(5*time.Second), func(t time.Time) { w.report(v, t, w.fresh(v)) })
	}
	return d, ok
}

// fresh begins another series of reports of a vehicle, which ends the one before.
func (w *life) fresh(v *world.Vehicle) int {
	v.Series++
	return v.Series
}

// report is a vehicle's telemetry: each minute while it moves, else about twice an hour; now and then late, or lost in a
// tunnel.
func (w *life) report(v *world.Vehicle, t time.Time, series int) {
	if v.Series != series {
		return
	}
	next := w.Span(1500, 2200)
	if d := v.Trip(t); d != nil {
		next = w.Span(50, 65)
		if w.Chance(0.01) { // a tunnel
			next = w.Span(200, 500)
		}
		next = min(next, d.To.Sub(t)+3*time.Second)
	}
	w.Signal(v, t)
	w.On(t.Add(next), func(t time.Time) { w.report(v, t, series) })
}

// look is what owners and drivers do: look at their vehicles, and at times have them do something.
func (w *life) look(p *world.Person, t time.Time) {
	app := w.Of["app"]
	if len(p.Vehicles) == 0 || app == nil {
		return
	}
	k := w.Walk(p, app, t)
	v := world.Pick(w, p.Vehicles)
	if w.Chance(0.7) {
		k.Try("vehicles", nil)
	}
	k.Try("status", &v.Thing)
	for _, x := range []struct {
		op string
		p  float64
	}{{"location", 0.3}, {"trips", 0.12}, {"software", 0.06}, {"diagnostics", 0.05}, {"snapshot", 0.03}} {
		if w.Chance(x.p) {
			k.Try(x.op, &v.Thing)
		}
	}
	w.errands(k)
	if v.Free(k.Now, 3*time.Minute, 4*time.Minute) && w.Chance(0.5) {
		w.commands(k, v)
	}
}

// errands are calls that have nothing to do with vehicles.
func (w *life) errands(k *world.Walk) {
	if w.Chance(0.15) {
		k.Try("profile", nil)
	}
	if w.Chance(0.03) {
		k.Try("settings", nil, f("locale", "", "x"), f("units", "", world.Pick(w, []string{"metric", "imperial"})))
	}
	if w.Chance(0.08) && k.At.Has("invoices", "invoice") {
		bill := w.NewThing("invoice", k.Now)
		k.Send(world.Exchange{Op: "invoices", Reply: world.Node{f("invoices", "", []world.Node{{f("invoice id", "", bill.ID), f("amount", "", 42.5)}})}})
		k.Wait(2, 6)
		k.Do("invoice", bill)
	}
	if w.Chance(0.05) && k.At.Has("policies", "policy") {
		k.Do("policies", nil)
	}
}

// commands has a standing vehicle do something.
func (w *life) commands(k *world.Walk, v *world.Vehicle) {
	switch r := w.IntN(20); {
	case r < 8:
		k.CommandWith("unlock", v)
		k.Wait(20, 60)
		k.CommandWith("lock", v)
	case r < 12:
		k.CommandWith("climate", v, f("target temperature", "", 21))
	case r < 13:
		k.CommandWith("horn", v)
	case r < 15:
		k.CommandWith("charge", v)
	case r < 16:
		k.CommandWith("trunk", v)
	case r < 17:
		k.CommandWith("wake", v)
	case r < 18 && k.At.Has("install"):
		k.CommandWith("install", v, f("=version", "", w.Releases[2]))
	case r < 20 && k.At.Has("start", "stop") && v.Free(k.Now, 10*time.Minute, 14*time.Minute):
		k.CommandWith("start", v)
		v.Running = true
		w.Signal(v, k.Now.Add(4*time.Second))
		k.Wait(200, 500)
		k.CommandWith("stop", v)
		v.Running = false
		w.Signal(v, k.Now.Add(4*time.Second))
	}
}
