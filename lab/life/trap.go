package life

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

// A trap is honest behaviour that looks like an attack.
type trap struct {
	name, note string
	needs      string // interface.operation, all of them
	perDay     float64
	from, to   float64 // hours of the day
	do         func(*life, time.Time)
}

func (x *trap) possible(w *life) bool { return w.can(x.needs) }

// can says that the business has all the operations, each given as interface.operation; a kind of fact without a dot is
// asked of the population.
func (w *life) can(needs string) bool {
	for n := range strings.FieldsSeq(needs) {
		s, op, dotted := strings.Cut(n, ".")
		switch {
		case dotted && !w.Of[s].Has(op),
			n == "owned" && (len(w.Vehicles) == 0 || len(w.Drivers) == 0),
			n == "stations" && len(w.Stations) == 0,
			n == "pool" && len(w.Pool) == 0,
			n == "jwt" && w.Of["app"].Auth != "jwt",
			n == "bearer" && w.Of["app"].Auth == "cookie":
			return false
		}
	}
	return true
}

var traps = []trap{
	{"ferry", "carried with the ignition off; the owner uses the app on board", "owned app.unlock", 0.5, 9, 15, (*life).ferry},
	{"tow", "on a tow truck, watched by its owner, opened by the workshop", "owned app.location", 0.5, 9, 17, (*life).tow},
	{"late_telemetry", "opened just after parking, while the report of it is on its way", "owned app.unlock", 1, 8, 19, (*life).lateParking},
	{"handover", "sold from one person to another, with a code from the car", "owned app.pair app.transfer", 1, 9, 18, (*life).handover},
	{"dealer_handover", "sold by a dealer, who transfers it", "owned dealer.transfer app.vehicles", 1, 9, 17, (*life).dealerSale},
	{"family_sharing", "a key is shared, and a new member of the family uses it", "owned app.share app.pair", 1, 10, 20, (*life).familyJoins},
	{"vpn", "the address changes amid a session, to another network", "app.profile", 2, 8, 22, (*life).vpn},
	{"outage", "the issuer of tokens fails for some minutes, then all renew at once", "identity.refresh app.profile", 0.5, 7, 20, (*life).outage},
	{"typo", "single wrong ids", "owned app.status", 4, 7, 22, (*life).typo},
	{"old_app", "an old build still calls the version before, signed in", "owned before.status", 4, 7, 22, (*life).oldApp},
	{"recall", "a desk goes through many customers' vehicles, by order", "owned support.case", 0.4, 9, 15, (*life).recall},
	{"new_phone", "somebody gets a new phone: another device, another number, then a command", "owned app.settings app.unlock", 1.5, 8, 20, (*life).newPhone},
	{"forgotten", "a password is forgotten and reset, by its owner, who mistypes the code", "identity.forgot identity.reset identity.code app.profile", 2, 7, 22, (*life).forgotten},
	{"office", "many sign in from one address within minutes, some mistype", "identity.login app.profile", 1, 8, 9, (*life).officeMorning},
	{"retries", "a client without reception asks again and again", "owned app.status", 2, 7, 22, (*life).retries},
	{"load_test", "the business tests itself with a car and an account of its own", "owned app.status", 0.4, 20, 23, (*life).loadTest},
	{"playing", "children toggle the locks", "owned app.unlock app.lock", 0.7, 9, 19, (*life).playing},
	{"webhook", "a partner registers where to be called", "fleet.webhook", 0.4, 9, 17, func(w *life, t time.Time) { w.registerHook("fleet", t) }},
	{"webhook", "a partner registers where to be called", "partner.webhook", 0.4, 9, 17, func(w *life, t time.Time) { w.registerHook("partner", t) }},
	{"depot", "a manager immobilizes all that stands in the depot for the night", "fleet.immobilize", 0.7, 21, 23, (*life).depotNight},
	{"dealer_lot", "a workshop goes through a row of cars on its lot", "owned dealer.case dealer.diagnose", 0.5, 9, 16, (*life).dealerLot},
	{"campaign", "many agree to an update in the evening, all of them standing", "owned app.install", 0.4, 22, 23, (*life).campaignNight},
	{"concert", "a concert ends: many rides from one place, and all are taken", "app.ride pool", 0.4, 21, 22, (*life).concert},
	{"site_restart", "a site's router restarts: its stations come back from another address", "stations operator.stations", 0.6, 2, 22, (*life).siteRestart},
	{"half_open", "stations reconnect while their old sockets are still half open", "stations operator.stations", 0.6, 2, 22, (*life).halfOpen},
	{"rollout", "a planned update of stations from the known host", "stations operator.firmware", 0.3, 20, 23, (*life).rollout},
	{"two_cars", "one card charges two cars of a household at one site", "stations app.charging", 0.5, 8, 20, (*life).twoCars},
	{"promotion", "a promotion is announced and many redeem it", "app.promo", 0.4, 12, 18, (*life).promotion},
	{"apostrophe", "names with apostrophes are searched for", "support.search", 2, 9, 17, (*life).apostrophe},
	{"new_release", "a new version of the app appears on many phones", "app.profile", 0.1, 7, 9, (*life).newRelease},
}

func (w *life) owned() (*world.Vehicle, *world.Person) {
	for range 200 {
		if v := world.Pick(w, w.Vehicles); len(w.Drivers[v]) > 0 && w.Drivers[v][0].Role != "manager" && !v.Silent {
			return v, w.Drivers[v][0]
		}
	}
	return w.Vehicles[0], w.Drivers[w.Vehicles[0]][0]
}

// idle returns an owned vehicle that stands for a while from t on.
func (w *life) idle(t time.Time, long time.Duration) (*world.Vehicle, *world.Person) {
	for range 300 {
		v, p := w.owned()
		if v.Free(t, 20*time.Minute, long+20*time.Minute) && t.After(v.Busy) {
			return v, p
		}
	}
	return nil, nil
}

func (w *life) ferry(t time.Time) {
	v, p := w.idle(t, 90*time.Minute)
	if v == nil {
		return
	}
	w.drive(v, world.Trip{From: t.Add(5 * time.Minute), To: t.Add(75 * time.Minute), KMH: 28 + w.Rng.Float64()*14, Carried: true})
	k := w.Walk(p, w.Of["app"], t.Add(30*time.Minute))
	k.Do("status", &v.Thing)
	k.Command("unlock", v)
	k.Wait(100, 200)
	k.Command("lock", v)
}

func (w *life) tow(t time.Time) {
	v, p := w.idle(t, 60*time.Minute)
	if v == nil {
		return
	}
	w.drive(v, world.Trip{From: t.Add(4 * time.Minute), To: t.Add(45 * time.Minute), KMH: 55 + w.Rng.Float64()*20, Carried: true})
	k := w.Walk(p, w.Of["app"], t.Add(12*time.Minute))
	for range 3 {
		k.Do("location", &v.Thing)
		k.Wait(200, 400)
	}
	if w.Of["support"].Has("unlock") && len(w.Staff["support"]) > 0 { // the driver of the truck needs the wheel free
		h := w.Walk(w.Staff["support"][0], w.Of["support"], t.Add(20*time.Minute))
		h.Do("unlock", &v.Thing, w.caseNumber())
	}
}

func (w *life) lateParking(t time.Time) {
	v, p := w.idle(t, 40*time.Minute)
	if v == nil {
		return
	}
	end := t.Add(w.Span(700, 1200))
	w.drive(v, world.Trip{From: t.Add(time.Minute), To: end, KMH: 60})
	v.Silent = true // nothing arrives for a while from half way on
	w.On(t.Add(2*time.Minute), func(time.Time) { v.Silent = false })
	mark := w.Mark
	w.On(end.Add(-35*time.Second), func(time.Time) { v.Silent = true })
	w.On(end.Add(w.Span(12, 40)), func(t time.Time) {
		w.Marked(mark, func() {
			k := w.Walk(p, w.Of["app"], t)
			k.Command("unlock", v)
			v.Silent = false
			r := &world.Record{Kind: "signal", Time: end.Add(2 * time.Second), Sensor: "telematics", Vehicle: map[string]string{"vin": v.VIN}, Signals: map[string]any{"Vehicle.Speed": 0.0, "Vehicle.LowVoltageSystemState": "OFF"}}
			late := k.Now.Add(w.Span(10, 40))
			r.Received = &late
			w.Sink.Add(r)
		})
	})
}

// newcomer is somebody who just got an account.
func (w *life) newcomer(role string, t time.Time) (*world.Person, *world.Walk) {
	p := w.NewPerson(role)
	p.Habit = 0.8
	id := w.Of["identity"]
	k := w.Guest(p.Devices[0], id, t)
	k.Who = p
	k.Send(world.Exchange{Op: "register", Args: world.Node{f("email", "email", p.Email), f("password", "", p.Password), f("name", "name_address", p.Name)}, Reply: world.Node{f("user id", "person_id", p.ID)}})
	k.Wait(5, 30)
	return p, w.Walk(p, w.Of["app"], k.Now)
}

func (w *life) handover(t time.Time) {
	v, seller := w.idle(t, 30*time.Minute)
	if v == nil {
		return
	}
	_, buyer := w.newcomer("owner", t.Add(-10*time.Minute))
	k := w.Walk(seller, w.Of["app"], t)
	k.Do("transfer", &v.Thing, f("email", "email", buyer.Who.Email), f("consent", "", true))
	w.sold(v, buyer.Who)
	buyer.Now = t.Add(w.Span(200, 600))
	buyer.Do("pair", nil, buyer.At.Ident(&v.Thing), f("code", "invite_code", w.Letters(world.Digits, 6)))
	buyer.Do("vehicles", nil)
	buyer.Do("status", &v.Thing)
	buyer.Command("unlock", v)
}

// sold gives a vehicle to a new owner; who had it before has it no more.
func (w *life) sold(v *world.Vehicle, to *world.Person) {
	for _, p := range w.Drivers[v] {
		w.Unlink(p, &v.Thing)
		for i, x := range p.Vehicles {
			if x == v {
				p.Vehicles = append(p.Vehicles[:i:i], p.Vehicles[i+1:]...)
				break
			}
		}
	}
	delete(w.Drivers, v)
	w.give(to, v, "owner")
}

func (w *life) dealerSale(t time.Time) {
	v, _ := w.idle(t, 40*time.Minute)
	if v == nil {
		return
	}
	buyer, b := w.newcomer("owner", t)
	k := w.Walk(world.Pick(w, w.Staff["dealer"]), w.Of["dealer"], t.Add(5*time.Minute))
	k.Pace = 15
	k.Do("case", &v.Thing)
	k.Do("transfer", &v.Thing, f("email", "email", buyer.Email), f("contract", "", w.Letters(world.Digits, 8)))
	w.sold(v, buyer)
	b.Now = k.Now.Add(w.Span(100, 400))
	b.Do("vehicles", nil)
	b.Do("status", &v.Thing)
}

func (w *life) familyJoins(t time.Time) {
	v, p := w.idle(t, 30*time.Minute)
	if v == nil {
		return
	}
	k := w.Walk(p, w.Of["app"], t)
	code := w.Letters(world.Alnum, 10)
	kid, b := w.newcomer("driver", t.Add(-2*time.Minute))
	k.Send(world.Exchange{Op: "share", Obj: &v.Thing, Args: world.Node{f("email", "email", kid.Email), f("role", "", "driver")}, Reply: world.Node{f("invite code", "invite_code", code)}})
	w.give(kid, v, "driver")
	b.Now = k.Now.Add(w.Span(60, 300))
	b.Send(world.Exchange{Op: "pair", Args: world.Node{f("invite code", "invite_code", code)}, Reply: world.Node{b.At.Ident(&v.Thing), f("role", "", "driver")}})
	b.Try("vehicles", nil)
	b.Do("status", &v.Thing)
	b.Command("unlock", v)
}

func (w *life) vpn(t time.Time) {
	p := w.customer()
	k := w.Walk(p, w.Of["app"], t)
	k.Do("profile", nil)
	k.IP = w.Address("home")
	k.Try("vehicles", nil)
	if len(p.Vehicles) > 0 {
		k.Try("status", &p.Vehicles[0].Thing)
		k.Try("location", &p.Vehicles[0].Thing)
	}
	k.Try("bookings", nil)
}

func (w *life) outage(t time.Time) {
	s := w.Of["identity"]
	for range min(60, len(w.Everyone)/3) {
		p := w.customer()
		c := p.Creds[w.Of["app"]]
		if c == nil || w.Of["app"].Auth == "cookie" {
			continue
		}
		k := w.Guest(p.Devices[0], w.Of["app"], t.Add(w.Span(0, 200)))
		k.Who = p
		k.Through(s, func() {
			for range 2 + w.IntN(3) {
				k.Send(world.Exchange{Op: "refresh", Args: world.Node{f("=refresh_token", "refresh_token", c.Refresh)}, Status: 503})
				k.Wait(10, 60)
			}
		})
		k.Now = t.Add(w.Span(210, 280))
		c.Expires = t
		k.Enter()
		k.Do("profile", nil)
	}
}

func (w *life) typo(t time.Time) {
	_, p := w.owned()
	k := w.Walk(p, w.Of["app"], t)
	ghost := w.Ghost()
	k.Refused("status", &ghost.Thing, 404)
	if w.Chance(0.3) { // an app whose garage is stale
		v, _ := w.owned()
		k.Refused("status", &v.Thing, 403)
	}
}

func (w *life) oldApp(t time.Time) {
	v, p := w.owned()
	mine := *p
	mine.Devices = []*world.Device{{Agent: w.App + "/1.9.3 (Android 9) okhttp/3.12.1", Version: "1.9.3", Home: p.Devices[0].Home}}
	k := w.Walk(&mine, w.Of["app"], t)
	k.At = w.Of["before"]
	k.Do("status", &v.Thing)
	k.Do("location", &v.Thing)
}

func (w *life) recall(t time.Time) {
	if len(w.Staff["support"]) == 0 {
		return
	}
	k := w.Walk(w.Staff["support"][0], w.Of["support"], t)
	for i := range min(60, len(w.Vehicles)) {
		k.Do("case", &w.Vehicles[i].Thing, f("ticket", "work_order", "RECALL-2026-11"))
	}
}

func (w *life) newPhone(t time.Time) {
	v, p := w.idle(t, 20*time.Minute)
	if v == nil {
		return
	}
	p.Devices = []*world.Device{w.Device(p.Role)}
	p.Devices[0].Home = w.Address("home")
	delete(p.Creds, w.Of["app"])
	k := w.Walk(p, w.Of["app"], t)
	k.Do("profile", nil)
	k.Do("settings", nil, f("phone", "phone", p.Phone))
	k.Try("vehicles", nil)
	k.Command("unlock", v)
}

func (w *life) forgotten(t time.Time) {
	p := w.customer()
	k := w.Guest(p.Devices[0], w.Of["identity"], t)
	k.Who = p
	k.Do("forgot", nil, f("email", "email", p.Email))
	for range w.IntN(3) {
		k.Refused("code", nil, 400, f("email", "email", p.Email), f("code", "otp", w.Letters(world.Digits, 6)))
	}
	k.Do("code", nil, f("email", "email", p.Email), f("code", "otp", w.Letters(world.Digits, 6)))
	p.Password = w.Secret(11)
	k.Do("reset", nil, f("email", "email", p.Email), f("reset token", "reset_token", w.Secret(24)), f("new password", "", p.Password))
	delete(p.Creds, w.Of["app"])
	w.Walk(p, w.Of["app"], k.Now).Do("profile", nil)
}

func (w *life) officeMorning(t time.Time) {
	at := w.Address("home")
	for range min(25, len(w.Everyone)/4) {
		p := w.customer()
		mine := *p
		mine.Devices = []*world.Device{{Agent: p.Devices[0].Agent, Version: p.Devices[0].Version, Home: at}}
		k := w.Guest(mine.Devices[0], w.Of["app"], t.Add(w.Span(0, 1500)))
		k.Who = p
		if w.Chance(0.2) {
			k.SignIn(p.Email, w.Secret(9), false)
			k.Wait(3, 9)
		}
		k.SignIn(p.Email, p.Password, true)
		k.Do("profile", nil)
	}
}

func (w *life) retries(t time.Time) {
	v, p := w.owned()
	k := w.Walk(p, w.Of["app"], t)
	k.Pace = 0.5
	for range 12 + w.IntN(30) {
		k.Refused("status", &v.Thing, world.Pick(w, []int{503, 504, 503, 429}))
	}
	k.Do("status", &v.Thing)
}

func (w *life) loadTest(t time.Time) {
	v, p := w.owned()
	mine := *p
	mine.Devices = []*world.Device{{Agent: "k6/0.55.0 (https://k6.io/)", Home: w.Address("inside"), Script: true}}
	k := w.Walk(&mine, w.Of["app"], t)
	k.Pace = 0.1
	for range 200 {
		k.Do("status", &v.Thing)
	}
}

func (w *life) playing(t time.Time) {
	v, p := w.idle(t, 15*time.Minute)
	if v == nil {
		return
	}
	k := w.Walk(p, w.Of["app"], t)
	for range 2 {
		k.Do("unlock", &v.Thing)
		k.Wait(5, 20)
		k.Do("lock", &v.Thing)
		k.Wait(5, 20)
	}
}
