package life

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

// A scenario is an attack with what is known of it. Incidents are ids of domain/incidents.yaml, or generic.
type scenario struct {
	name, incident string
	owasp          string // numbers of the API top ten of 2023
	families       string // of detectors that would name it well
	severity       int    // at least
	needs          string // as of traps
	note           string
	do             func(*life, time.Time)
}

func (s *scenario) possible(w *life) bool { return w.can(s.needs) }

// accountAttacks are attacks by and on accounts.
var accountAttacks = []scenario{
	{"foreign_object", "skoda-cloud-2023", "1", "AUT DAT ENU", 3, "owned app.status", "one stranger's vehicle, once, with an own token", (*life).foreignObject},
	{"foreign_slow", "skoda-cloud-2023", "1", "AUT DAT ENU", 3, "owned app.status", "a stranger's vehicle every quarter of an hour, each time from elsewhere", (*life).foreignSlow},
	{"foreign_many_accounts", "porsche-ford-jlr-2023", "1", "AUT DAT ENU", 3, "owned app.status", "several accounts share the strangers among them", (*life).foreignShared},
	{"foreign_enumeration", "iow-2022", "1 4", "AUT DAT ENU", 3, "owned app.status", "ids tried one after the other", (*life).enumerate},
	{"foreign_command", "vin-telematics-2022", "1", "AUT CMD LIF", 4, "owned app.unlock", "strangers' vehicles unlocked with an own token", (*life).foreignCommand},
	{"foreign_person", "uber-uuid-2019", "1 3 9", "AUT DAT ENU RID", 3, "app.person", "customers' profiles by id, through a call no app makes", (*life).foreignPeople},
	{"foreign_bills", "generic", "1", "AUT DAT ENU", 3, "app.invoice app.invoices", "invoices of others", func(w *life, t time.Time) { w.foreignThings(t, "invoice") }},
	{"foreign_rides", "uber-uuid-2019", "1", "AUT DAT ENU RID", 3, "app.rideget", "rides of others are watched", func(w *life, t time.Time) { w.foreignThings(t, "rideget") }},
	{"foreign_wallbox", "wallbox-2021", "1", "AUT CHG ENU", 3, "stations app.schedule", "strangers' wallboxes are given another schedule", (*life).foreignBoxes},
	{"stalker", "spireon-2023", "1", "AUT DAT ENU", 3, "owned app.location", "one stranger's position every few minutes", (*life).stalk},
	{"stop_storm", "evapps-2022", "1 6", "CHG AUT ENU FLT", 4, "stations app.chargestop", "one account stops the sessions of others", (*life).stopStorm},
	{"bfla_staff", "kia-dealer-2024", "5 1", "AUT DIA CHG RID", 4, "dealer.case owned", "a customer's token is accepted by the dealers' interface", func(w *life, t time.Time) { w.wrongDoor(t, "dealer", "lookup case order") }},
	{"bfla_support", "mb-sso-2023", "5 1", "AUT DIA CHG RID", 4, "support.case owned", "a customer's token is accepted by the support's interface", func(w *life, t time.Time) { w.wrongDoor(t, "support", "search case unlock") }},
	{"bfla_fleet", "spireon-2023", "5 1", "AUT FLT", 4, "fleet.status app.profile", "a customer's token is accepted by the managers' interface", func(w *life, t time.Time) { w.wrongDoor(t, "fleet", "fleet status unlock") }},
	{"bfla_operator", "evbox-2021", "5", "AUT CHG", 4, "operator.restart stations app.profile", "a customer's token is accepted by the operators' interface, stations restart", func(w *life, t time.Time) { w.wrongDoor(t, "operator", "stations restart") }},
	{"bfla_dispatch", "generic", "5", "AUT RID", 4, "dispatch.reroute app.profile", "a rider's token reroutes vehicles", func(w *life, t time.Time) { w.wrongDoor(t, "dispatch", "fleet reroute") }},
	{"bfla_updates", "kaspersky-tsp-2025", "5", "AUT OTA", 4, "ota.campaign app.profile", "a customer's token makes a campaign", func(w *life, t time.Time) { w.wrongDoor(t, "ota", "fleet campaign") }},
	{"self_made_dealer", "dealer-zveare-2025", "5 2", "AUT LIF", 4, "dealer.register dealer.transfer owned", "an account registered without invitation looks up and transfers", (*life).selfMade},
	{"mass_assignment", "ferrari-2023", "3", "AUT APP", 3, "app.settings", "a role in the own profile", (*life).massAssignment},
	{"create_admin", "ferrari-2023", "5", "AUT FLT", 4, "fleet.user app.profile", "a customer creates an administrator", func(w *life, t time.Time) { w.wrongDoor(t, "fleet", "user") }},
	{"export_scrape", "vwaudi-vendor-2021", "3 4 5", "ENU AUT DAT FLT", 3, "fleet.export app.profile", "a customer pages through the export", func(w *life, t time.Time) {
		w.wrongDoor(t, "fleet", strings.Repeat("export ", 12))
	}},
	{"support_export", "tesla-mothership-2017", "5 4 3", "ENU AUT DAT FLT", 3, "support.export", "an agent's session pages through a hidden export", (*life).hiddenExport},
	{"stuffing", "generic", "2 4", "IDN ENU", 3, "identity.login app.profile", "leaked pairs from many addresses, few fit", (*life).stuffing},
	{"spray", "itrack-2019", "2 4", "IDN ENU", 3, "identity.login app.profile", "one password, many accounts", (*life).spray},
	{"token_replay", "ownstar-2015", "2 10", "IDN APP AUT CMD", 3, "owned bearer app.unlock", "an owner's token is used from another network, by a script, while the owner goes on", (*life).replay},
	{"jwt_none", "gspims-2022", "2", "IDN AUT", 4, "owned jwt app.status", "a token without signature is accepted", (*life).unsigned},
	{"otp_guessing", "myvw-india-2025", "2 4", "IDN ENU", 3, "identity.code identity.reset", "codes tried until one fits", (*life).otpGuessing},
	{"account_takeover", "viper-pandora-2019", "1 3 2", "AUT LIF IDN", 4, "app.contact identity.forgot identity.reset identity.code", "a stranger's address is changed, the password reset, the vehicle opened", (*life).takeover},
	{"ex_owner", "myvw-india-2025", "1", "LIF AUT CMD", 3, "owned app.transfer app.pair app.unlock", "the seller goes on to locate and open", (*life).exOwner},
	{"ex_renter", "car2go-2019", "1", "LIF AUT CMD", 3, "pool app.bookingend app.unlock", "a renter opens the car after giving it back", (*life).exRenter},
	{"claim_by_number", "vin-telematics-2022", "6 5 1", "LIF AUT CMD SAF IDN", 4, "owned app.pair app.unlock", "a stranger's vehicle is claimed with guessed codes, then opened", (*life).claim},
	{"claim_wallbox", "wallbox-2021", "6 1", "LIF AUT CHG", 3, "stations app.boxpair app.schedule", "wallboxes claimed by serial numbers", (*life).claimBoxes},
}

// crook is a customer turned bad, at a place and with a device nobody else has.
func (w *life) crook(t time.Time) *world.Walk {
	p := w.customer()
	for range 50 {
		if w.Of["app"] == nil || len(p.Vehicles) > 0 || len(w.Drivers) == 0 {
			break
		}
		p = w.customer()
	}
	k := w.Walk(p, w.Of["app"], t)
	k.Pace = 4
	if w.Chance(0.5) {
		k.Device = &world.Device{Agent: world.Pick(w, []string{"python-requests/2.32.3", "curl/8.11.0", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/132.0.0.0"}), Home: w.Address("home"), Script: true}
		k.IP = k.Device.Home
	}
	return k
}

// victims are vehicles that somebody has nothing to do with.
func (w *life) victims(p *world.Person, n int) []*world.Vehicle {
	var list []*world.Vehicle
	for len(list) < n {
		v := world.Pick(w, w.Vehicles)
		if w.Links[[2]string{p.UID, v.UID}] == nil && !slices.Contains(list, v) {
			list = append(list, v)
		}
		n -= map[bool]int{true: 1}[w.Chance(0.01)] // small worlds
	}
	return list
}

// later lets a part of an attack happen in its own time, under the same label.
func (w *life) later(at time.Time, f func(time.Time)) {
	mark := w.Mark
	w.On(at, func(t time.Time) { w.Marked(mark, func() { f(t) }) })
}

func (w *life) peek(k *world.Walk, v *world.Vehicle) {
	k.Do("status", &v.Thing)
	if w.Chance(0.6) {
		k.Try("location", &v.Thing)
	}
}

func (w *life) foreignObject(t time.Time) {
	k := w.crook(t)
	w.peek(k, w.victims(k.Who, 1)[0])
}

func (w *life) foreignSlow(t time.Time) {
	k := w.crook(t)
	for i, v := range w.victims(k.Who, 8+w.IntN(10)) {
		w.later(t.Add(time.Duration(i)*w.Span(700, 1300)), func(t time.Time) {
			k.Now, k.IP = t, w.Address(world.Pick(w, []string{"home", "six", "mobile"}))
			k.Enter()
			w.peek(k, v)
		})
	}
}

func (w *life) foreignShared(t time.Time) {
	vs := w.victims(&world.Person{}, 10)
	for i := range 5 {
		w.later(t.Add(w.Span(0, 5000)), func(t time.Time) {
			k := w.crook(t)
			for _, v := range vs[min(len(vs), 2*i):min(len(vs), 2*i+2)] {
				if w.Links[[2]string{k.Who.UID, v.UID}] == nil {
					w.peek(k, v)
				}
			}
		})
	}
}

func (w *life) enumerate(t time.Time) {
	k := w.crook(t)
	k.Pace = 0.7
	for i, v := range w.victims(k.Who, 25+w.IntN(25)) {
		if i%3 == 1 {
			ghost := w.Ghost()
			k.Refused("status", &ghost.Thing, 404)
			continue
		}
		k.Do("status", &v.Thing)
	}
}

func (w *life) foreignCommand(t time.Time) {
	k := w.crook(t)
	for _, v := range w.victims(k.Who, 2+w.IntN(4)) {
		if v.Free(k.Now, 5*time.Minute, 5*time.Minute) {
			k.Command("unlock", v)
		}
	}
	if len(w.Mark.Attack.Records) == 0 {
		k.Command("unlock", w.victims(k.Who, 1)[0])
	}
}

func (w *life) foreignPeople(t time.Time) {
	k := w.crook(t)
	for range 6 + w.IntN(20) {
		if p := w.customer(); p != k.Who {
			k.Do("person", &p.Thing)
		}
	}
}

func (w *life) foreignThings(t time.Time, op string) {
	kind := map[string]string{"invoice": "invoice", "rideget": "ride"}[op]
	k := w.crook(t)
	for range 8 + w.IntN(12) {
		owner := w.customer()
		x := w.NewThing(kind, t) // one that its owner got from a list before
		if owner == k.Who {
			continue
		}
		w.Marked(nil, func() {
			o := w.Walk(owner, k.At, k.Now.Add(-w.Span(600, 3000)))
			if op == "invoice" {
				o.Send(world.Exchange{Op: "invoices", Reply: world.Node{f("invoices", "", []world.Node{{f("invoice id", "", x.ID), f("amount", "", 17.5)}})}})
				o.Do("invoice", x)
				return
			}
			v := world.Pick(w, w.Vehicles)
			o.Send(world.Exchange{Op: "ride", Args: spots(w.Somewhere(), w.Somewhere()), Reply: world.Node{f("ride id", "session_id", x.ID), o.At.Ident(&v.Thing), f("status", "", "assigned")}})
			o.Do(op, x)
		})
		at := w.Somewhere()
		k.Send(world.Exchange{Op: op, Obj: x, Reply: world.Node{f(kind+" id", "", x.ID), f("status", "", "x"), f("customer", "", world.Node{f("name", "name_address", owner.Name), f("phone", "phone", owner.Phone)}), f("position", "", world.Node{f("latitude", "location", at.Lat), f("longitude", "location", at.Lon)})}})
		k.Wait(1, 30)
	}
}

func (w *life) foreignBoxes(t time.Time) {
	k := w.crook(t)
	for _, s := range w.Stations {
		if s.BoxOf != nil && s.BoxOf != k.Who && w.Chance(0.5) && len(w.Mark.Attack.Objects) < 12 {
			k.Do("schedule", &s.Thing, f("=limit", "", 0), f("start", "", "00:00"))
		}
	}
}

func (w *life) stalk(t time.Time) {
	k := w.crook(t)
	v := w.victims(k.Who, 1)[0]
	for i := range 12 {
		w.later(t.Add(time.Duration(i)*w.Span(200, 400)), func(t time.Time) {
			k.Now = t
			k.Enter()
			k.Do("location", &v.Thing)
		})
	}
}

func (w *life) stopStorm(t time.Time) {
	k := w.crook(t)
	k.Pace = 0.3
	for _, s := range w.Stations {
		if c := s.Transaction; c != nil && c.By != k.Who && s.Connection != "" {
			k.Do("chargestop", &c.Thing)
			w.finish(s, k.Now, true)
		}
	}
}

// wrongDoor uses a customer's credential where it should not be accepted.
func (w *life) wrongDoor(t time.Time, audience, ops string) {
	k := w.crook(t)
	k.At = w.Of[audience]
	for op := range strings.FieldsSeq(ops) {
		var o *world.Thing
		var args world.Node
		switch world.Operations[op].On {
		case "vehicle":
			o = &world.Pick(w, w.Vehicles).Thing
			if vs := w.victims(k.Who, 1); len(vs) > 0 {
				o = &vs[0].Thing
			}
		case "station":
			o = &world.Pick(w, w.Stations).Thing
		}
		switch op {
		case "lookup":
			args = world.Node{f("plate", "plate", world.Pick(w, w.Vehicles).Plate)}
		case "search":
			args = world.Node{f("phone", "phone", w.customer().Phone)}
		case "export":
			args = world.Node{f("=page", "", len(w.Mark.Attack.Records))}
		case "user":
			args = world.Node{f("email", "email", "ops"+w.Letters(world.Digits, 4)+"@inbox.example"), f("role", "", "administrator")}
		case "campaign":
			args = world.Node{f("=name", "", "hotfix"), f("=url", "artefact_url", "https://cdn."+w.Letters(world.HexDigits, 6)+".example/x.bin")}
		}
		if op == "export" {
			k.Send(world.Exchange{Op: op, Args: args, Reply: w.dump(25)})
			k.Wait(1, 4)
			continue
		}
		k.Do(op, o, args...)
	}
}

// dump is a page of an export.
func (w *life) dump(n int) world.Node {
	var list []world.Node
	for range n {
		p := w.customer()
		list = append(list, world.Node{f("customer id", "person_id", p.ID), f("name", "name_address", p.Name), f("email", "email", p.Email), f("phone", "phone", p.Phone), f("address", "name_address", w.Letters(world.Digits, 2)+" Long Street")})
	}
	return world.Node{f("rows", "", list)}
}

func (w *life) selfMade(t time.Time) {
	p := w.NewPerson("dealer")
	p.Habit = 0
	k := w.Guest(&world.Device{Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0", Home: w.Address("home")}, w.Of["dealer"], t)
	k.Who = p
	k.Send(world.Exchange{Op: "register", Args: world.Node{f("email", "email", p.Email), f("password", "", p.Password), f("role", "", "dealer")}, Reply: world.Node{f("user id", "person_id", p.ID), f("role", "", "dealer")}})
	k.Wait(10, 60)
	k.SignIn(p.Email, p.Password, true)
	v := w.victims(p, 1)[0]
	k.Send(world.Exchange{Op: "lookup", Args: world.Node{f("plate", "plate", v.Plate)}, Reply: world.Node{k.At.Ident(&v.Thing), f("owner", "", world.Node{f("name", "name_address", w.customer().Name)})}})
	k.Wait(5, 20)
	k.Do("case", &v.Thing)
	k.Do("transfer", &v.Thing, f("email", "email", "x"+w.Letters(world.Digits, 5)+"@inbox.example"))
}

func (w *life) massAssignment(t time.Time) {
	k := w.crook(t)
	extra := world.Pick(w, []world.Field{f("role", "", "admin"), f("=isAdmin", "", true), f("account type", "", "staff"), f("tenant", "", "t-"+w.Letters(world.Digits, 3)), f("permissions", "", "*")})
	k.Send(world.Exchange{Op: "settings", Args: world.Node{f("locale", "", "x"), extra}, Reply: world.Node{f("user id", "person_id", k.Who.ID), f("locale", "", "x"), extra}})
}

func (w *life) hiddenExport(t time.Time) {
	if len(w.Staff["support"]) == 0 {
		return
	}
	k := w.Walk(world.Pick(w, w.Staff["support"]), w.Of["support"], t)
	k.IP = w.Address("home")
	for i := range 10 + w.IntN(15) {
		k.Send(world.Exchange{Op: "export", Args: world.Node{f("=page", "", i+1)}, Reply: w.dump(50)})
		k.Wait(1, 4)
	}
}
