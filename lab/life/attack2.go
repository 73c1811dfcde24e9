package life

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

func (w *life) stuffing(t time.Time) {
	dev := &world.Device{Agent: "okhttp/4.9.1", Home: w.Address("home"), Script: true}
	n := 120 + w.IntN(150)
	for i := range n {
		p := w.customer()
		w.later(t.Add(w.Span(0, float64(n)*4)), func(t time.Time) {
			k := w.Guest(&world.Device{Agent: dev.Agent, Home: w.Address(world.Pick(w, []string{"home", "home", "six"})), Script: true}, w.Of["app"], t)
			k.Who = p
			if i%40 != 39 {
				name := p.Email
				if i%2 == 0 {
					name, k.Who = "u"+w.Letters(world.Digits, 6)+"@letterbox.example", nil
				}
				k.Who = p
				k.SignIn(name, w.Secret(8), false)
				return
			}
			k.SignIn(p.Email, p.Password, true)
			k.Try("profile", nil)
			k.Try("vehicles", nil)
		})
	}
}

func (w *life) spray(t time.Time) {
	k := w.Guest(&world.Device{Agent: "Go-http-client/1.1", Home: w.Address("home"), Script: true}, w.Of["app"], t)
	n := 60 + w.IntN(80)
	for i := range n {
		k.Who = w.customer()
		right := i > 0 && i%30 == 0
		if right {
			k.Who.Password = "welcome1"
		}
		k.SignIn(k.Who.Email, "welcome1", right)
		if right {
			k.Try("profile", nil)
			k.Try("vehicles", nil)
		}
		k.Wait(0.5, 3)
	}
}

func (w *life) replay(t time.Time) {
	v, p := w.idle(t, 40*time.Minute)
	if v == nil {
		v, p = w.owned()
	}
	w.Marked(nil, func() { w.Walk(p, w.Of["app"], t.Add(-20*time.Minute)).Try("status", &v.Thing) })
	k := w.Guest(&world.Device{Agent: world.Pick(w, []string{"python-httpx/0.28.1", "node-fetch/3.3", "curl/8.11.0"}), Home: w.Address("home"), Script: true}, w.Of["app"], t)
	k.Who, k.Cred = p, p.Creds[w.Of["app"]]
	k.Do("status", &v.Thing)
	k.Try("location", &v.Thing)
	w.Marked(nil, func() { w.Walk(p, w.Of["app"], k.Now.Add(5*time.Second)).Try("status", &v.Thing) })
	k.Command("unlock", v)
	k.Try("start", &v.Thing)
}

func (w *life) unsigned(t time.Time) {
	k := w.Guest(&world.Device{Agent: "python-requests/2.31.0", Home: w.Address("home"), Script: true}, w.Of["app"], t)
	for range 2 + w.IntN(4) {
		v, p := w.owned()
		k.Who = p
		k.Cred = &world.Credential{Value: world.JWT(world.Pick(w, []string{"none", "none", "None"}), world.Node{f("=iss", "", "https://"+k.At.Login.Host), f("=sub", "", p.ID), f("=aud", "", k.At.Name), f("=iat", "", t.Unix()), f("=exp", "", t.Unix()+86400)})}
		w.peek(k, v)
	}
}

func (w *life) otpGuessing(t time.Time) {
	p := w.customer()
	s := w.Of["identity"]
	mobile := w.Chance(0.4)
	k := w.Guest(&world.Device{Agent: "python-requests/2.31.0", Home: w.Address("home"), Script: true}, s, t)
	k.Who, k.Pace = p, 0.4
	k.Do("forgot", nil, f("email", "email", p.Email))
	for i := range 90 + w.IntN(120) {
		if mobile && i%12 == 0 {
			k.IP = w.Address("home")
		}
		k.Refused("code", nil, 400, f("email", "email", p.Email), f("code", "otp", fmt.Sprintf("%06d", 1000+i*7)))
	}
	k.Do("code", nil, f("email", "email", p.Email), f("code", "otp", w.Letters(world.Digits, 6)))
	k.Do("reset", nil, f("email", "email", p.Email), f("reset token", "reset_token", w.Secret(24)), f("new password", "", w.Secret(10)))
}

func (w *life) takeover(t time.Time) {
	k := w.crook(t)
	victim := w.customer()
	for victim == k.Who {
		victim = w.customer()
	}
	mail := "new" + w.Letters(world.Digits, 5) + "@letterbox.example"
	k.Send(world.Exchange{Op: "contact", Obj: &victim.Thing, Args: world.Node{f("email", "email", mail)}, Reply: world.Node{f("customer id", "person_id", victim.ID), f("email", "email", mail), f("name", "name_address", victim.Name)}})
	k.Wait(10, 60)
	g := w.Guest(k.Device, w.Of["identity"], k.Now)
	g.IP, g.Who = k.IP, victim
	g.Do("forgot", nil, f("email", "email", mail))
	g.Do("code", nil, f("email", "email", mail), f("code", "otp", w.Letters(world.Digits, 6)))
	victim.Password, victim.Email = w.Secret(11), mail
	g.Do("reset", nil, f("email", "email", mail), f("reset token", "reset_token", w.Secret(24)), f("new password", "", victim.Password))
	g.At = w.Of["app"]
	g.SignIn(mail, victim.Password, true)
	g.Try("profile", nil)
	g.Try("vehicles", nil)
	if len(victim.Vehicles) > 0 {
		g.Try("status", &victim.Vehicles[0].Thing)
		if v := victim.Vehicles[0]; v.Free(g.Now, 5*time.Minute, 5*time.Minute) {
			g.Command("unlock", v)
		}
	}
}

func (w *life) exOwner(t time.Time) {
	v, seller := w.idle(t, 2*time.Hour)
	if v == nil {
		return
	}
	w.Marked(nil, func() { // the sale is honest
		k := w.Walk(seller, w.Of["app"], t)
		k.Try("status", &v.Thing)
		_, buyer := w.newcomer("owner", t.Add(-10*time.Minute))
		k.Do("transfer", &v.Thing, f("email", "email", buyer.Who.Email), f("consent", "", true))
		w.sold(v, buyer.Who)
		buyer.Now = t.Add(5 * time.Minute)
		buyer.Do("pair", nil, buyer.At.Ident(&v.Thing), f("code", "invite_code", w.Letters(world.Digits, 6)))
		buyer.Do("vehicles", nil)
		buyer.Do("status", &v.Thing)
	})
	w.later(t.Add(w.Span(3600, 6000)), func(t time.Time) {
		k := w.Walk(seller, w.Of["app"], t)
		k.Try("location", &v.Thing)
		k.Command("unlock", v)
	})
}

func (w *life) exRenter(t time.Time) {
	var v *world.Vehicle
	var p *world.Person
	w.Marked(nil, func() {
		for range 30 {
			k := w.Walk(w.customer(), w.Of["app"], t)
			if v = w.rental(k, 40*time.Minute); v != nil {
				p = k.Who
				return
			}
		}
	})
	if v == nil {
		return
	}
	v.Busy = t.Add(6 * time.Hour)
	w.later(t.Add(w.Span(5000, 9000)), func(t time.Time) {
		k := w.Walk(p, w.Of["app"], t)
		k.Try("status", &v.Thing)
		k.Command("unlock", v)
	})
}

func (w *life) claim(t time.Time) {
	k := w.crook(t)
	v := w.victims(k.Who, 1)[0]
	for range w.IntN(9) {
		k.Refused("pair", nil, 400, k.At.Ident(&v.Thing), f("code", "invite_code", w.Letters(world.Digits, 6)))
	}
	k.Send(world.Exchange{Op: "pair", Args: world.Node{k.At.Ident(&v.Thing), f("code", "invite_code", w.Letters(world.Digits, 6))}, Reply: world.Node{k.At.Ident(&v.Thing), f("role", "", "owner")}})
	k.Wait(3, 20)
	k.Try("vehicles", nil)
	k.Try("location", &v.Thing)
	if v.Free(k.Now, 5*time.Minute, 5*time.Minute) {
		k.Command("unlock", v)
		k.Try("start", &v.Thing)
	}
}

func (w *life) claimBoxes(t time.Time) {
	k := w.crook(t)
	n := 0
	for _, s := range w.Stations {
		if s.BoxOf != nil && s.BoxOf != k.Who && n < 6 {
			n++
			k.Send(world.Exchange{Op: "boxpair", Args: world.Node{f("serial", "", s.Serial)}, Obj: nil, Reply: world.Node{f("station id", "station_id", s.ID), f("serial", "", s.Serial)}})
			k.Wait(2, 8)
			k.Do("schedule", &s.Thing, f("=limit", "", 0), f("start", "", "00:00"))
		}
	}
}

// serviceAttacks are attacks on vehicles, stations and services.
var serviceAttacks = []scenario{
	{"engine_stop_moving", "viper-pandora-2019", "6 1 5", "SAF CMD AUT", 5, "owned app.stop", "a stolen session stops the engine at speed", func(w *life, t time.Time) { w.moving(t, "stop", false) }},
	{"unlock_moving", "generic", "6 1", "SAF CMD AUT", 4, "owned app.unlock", "a stranger unlocks at speed", func(w *life, t time.Time) { w.moving(t, "unlock", true) }},
	{"trunk_moving", "generic", "6 1", "SAF CMD AUT", 4, "owned app.trunk", "a stranger opens the trunk at speed", func(w *life, t time.Time) { w.moving(t, "trunk", true) }},
	{"install_moving", "jeep-ota-2025", "6 5", "SAF OTA CMD", 4, "owned app.install", "an update is installed while driving", func(w *life, t time.Time) { w.moving(t, "install", false) }},
	{"immobilize_moving", "spireon-2023", "5 6 1", "SAF FLT CMD IDN AUT", 5, "fleet.immobilize owned", "a manager's session from elsewhere immobilizes cars on the road", (*life).fleetStop},
	{"fleet_wave", "viper-pandora-2019", "6 5 1", "FLT CMD SAF IDN AUT", 4, "fleet.immobilize", "a manager's session from elsewhere immobilizes the whole fleet", (*life).fleetWave},
	{"lockout", "app-ransom-2025", "6 2", "LIF SAF CMD IDN FLT", 4, "owned app.lock app.unlock app.settings", "stolen sessions change the contact, then toggle locks again and again", (*life).ransom},
	{"wake_flood", "nissan-leaf-2016", "4", "SAF CMD ENU APP IDN", 2, "owned app.wake", "one vehicle is woken all night", (*life).wakeFlood},
	{"old_version_walk", "nissan-leaf-2016", "1 2 9", "ENU DAT AUT INV APP", 3, "owned before.status", "the version before answers by number without a credential", (*life).oldWalk},
	{"open_data", "toyota-cloud-2023", "2 8 9", "DAT AUT INV ENU", 4, "app.profile", "a forgotten path gives people and positions without a credential", (*life).openData},
	{"debug_surface", "cariad-2024", "8 9", "INV DAT", 3, "app.profile", "paths guessed until one with settings and secrets answers", (*life).debugSurface},
	{"injection", "spireon-2023", "8", "INV", 3, "support.search", "quotes in a search until the answer changes", (*life).injection},
	{"ssrf_hook", "generic", "7", "INV CHG BKD", 3, "fleet.webhook", "a place to be called that is inside", func(w *life, t time.Time) { w.insideHook(t, "fleet") }},
	{"ssrf_hook", "generic", "7", "INV CHG BKD", 3, "partner.webhook", "a place to be called that is inside", func(w *life, t time.Time) { w.insideHook(t, "partner") }},
	{"mixed_up", "mercedesme-2019", "8 1", "DAT", 4, "app.profile", "for some minutes people get the answers of others", (*life).mixUp},
	{"partner_turns", "generic", "2 5 10", "APP AUT FLT IDN BKD", 3, "owned partner.unlock partner.status", "a client that only ever read begins to unlock, for many owners", (*life).partnerTurns},
	{"foreign_telemetry", "grab-gps-2019", "2 10 1", "AUT TEL IDN", 3, "device.drive owned", "one device reports for other vehicles", (*life).foreignDevice},
	{"promo_farm", "grab-gps-2019", "6", "RID APP ENU IDN LIF", 2, "app.promo identity.register", "one device, many new accounts, one promotion", (*life).promoFarm},
	{"ride_swarm", "waymo-2025", "6", "RID", 3, "app.ride pool", "dozens order to one dead end, and nobody boards", (*life).swarm},
	{"spoofed_position", "grab-gps-2019", "6 10", "RID TEL", 2, "driver.position", "a driver's position jumps over the city", (*life).spoof},
	{"rider_lookup", "uber-uuid-2019", "1 3 9", "AUT DAT RID ENU", 3, "driver.person", "a driver reads riders it never drove", (*life).riderLookup},
	{"duplicate_socket", "saiflow-2023", "2", "CHG IDN", 4, "stations operator.stations", "another socket for a live station, from elsewhere, of another make", (*life).duplicateSocket},
	{"tag_guessing", "ocpp-cisa-2026", "2 4", "CHG IDN", 3, "stations operator.stations", "a station tries card numbers", (*life).tagGuessing},
	{"tag_clone", "generic", "2 6", "CHG IDN", 3, "stations app.charging", "one card charges at far sites at once", (*life).tagClone},
	{"firmware_elsewhere", "saiflow-2023", "5 7", "CHG OTA INV", 4, "stations operator.firmware", "stations are told to fetch firmware from a host nobody knows", (*life).firmwareElsewhere},
	{"rehoming", "m11-2022", "8 5", "CHG", 4, "stations operator.stations", "the security profile is lowered and stations sent to another server", (*life).rehoming},
	{"profile_abuse", "wallbox-2021", "6 5", "CHG", 3, "stations operator.stations", "zero amperes for all stations, out of schedule", (*life).profileAbuse},
	{"restart_wave", "m11-2022", "5 6", "CHG FLT AUT IDN", 3, "stations operator.restart", "an operator's session from elsewhere takes the stations down", (*life).restartWave},
	{"roaming_token", "generic", "2", "CHG IDN BKD APP", 3, "stations roaming.charging", "a partner's token from another network starts sessions", (*life).roamingToken},
	{"roaming_ssrf", "generic", "7", "INV CHG BKD", 3, "roaming.webhook", "a response address that is inside", func(w *life, t time.Time) { w.insideHook(t, "roaming") }},
}

// moving sends a command to a vehicle at speed: a stranger's, or one through a session of its owner from elsewhere.
func (w *life) moving(t time.Time, op string, stranger bool) {
	v, p := w.idle(t, 50*time.Minute)
	if v == nil {
		return
	}
	w.drive(v, world.Trip{From: t, To: t.Add(25 * time.Minute), KMH: 60 + w.Rng.Float64()*60})
	w.later(t.Add(w.Span(300, 1200)), func(t time.Time) {
		if stranger {
			k := w.crook(t)
			for range 20 {
				if !slices.Contains(w.Drivers[v], k.Who) {
					break
				}
				k = w.crook(t)
			}
			k.Command(op, v)
			return
		}
		k := w.Walk(p, w.Of["app"], t)
		if w.Chance(0.6) {
			k.IP = w.Address("home")
		}
		k.Command(op, v)
	})
}

func (w *life) fleetStop(t time.Time) {
	m := world.Pick(w, w.Staff["manager"])
	n := 0
	for _, v := range m.Org.Vehicles {
		if n == 8 {
			break
		}
		if _, ok := w.drive(v, world.Trip{From: t, To: t.Add(30 * time.Minute), KMH: 50 + w.Rng.Float64()*50}); ok {
			v.Silent = false
			n++
		}
	}
	w.later(t.Add(w.Span(400, 900)), func(t time.Time) {
		k := w.thief(m, "fleet", t)
		k.Pace = 1
		for _, v := range m.Org.Vehicles {
			if v.Trip(k.Now) != nil {
				k.Do("immobilize", &v.Thing, f("=reason", "", "contract"))
			}
		}
	})
}

// thief goes on with a session of somebody, from elsewhere.
func (w *life) thief(p *world.Person, at string, t time.Time) *world.Walk {
	w.Marked(nil, func() { w.Walk(p, w.Of[at], t.Add(-10*time.Minute)).Try("fleet", nil) })
	k := w.Guest(&world.Device{Agent: "Mozilla/5.0 (Windows NT 10.0; rv:115.0) Gecko/20100101 Firefox/115.0", Home: w.Address("home")}, w.Of[at], t)
	k.Who, k.Cred = p, p.Creds[w.Of[at]]
	return k
}

func (w *life) fleetWave(t time.Time) {
	m := world.Pick(w, w.Staff["manager"])
	k := w.thief(m, "fleet", t)
	k.Pace = 0.4
	k.Do("fleet", nil)
	for _, v := range m.Org.Vehicles {
		k.Do("immobilize", &v.Thing, f("=reason", "", ""))
	}
}

func (w *life) ransom(t time.Time) {
	for range 3 {
		v, p := w.idle(t, 40*time.Minute)
		if v == nil {
			continue
		}
		w.Marked(nil, func() { w.Walk(p, w.Of["app"], t.Add(-10*time.Minute)).Try("vehicles", nil) })
		k := w.Guest(&world.Device{Agent: "python-requests/2.31.0", Home: w.Address("home"), Script: true}, w.Of["app"], t)
		k.Who, k.Cred = p, p.Creds[w.Of["app"]]
		k.Do("settings", nil, f("phone", "phone", "+999"+w.Letters(world.Digits, 9)))
		for range 4 {
			k.Do("lock", &v.Thing)
			k.Wait(10, 25)
			k.Do("unlock", &v.Thing)
			k.Wait(10, 25)
		}
		k.Do("lock", &v.Thing)
	}
}

func (w *life) wakeFlood(t time.Time) {
	v, p := w.owned()
	k := w.Walk(p, w.Of["app"], t)
	k.Pace = 20
	for range 100 + w.IntN(60) {
		if k.Now.After(k.Cred.Expires.Add(-time.Minute)) {
			k.Enter()
		}
		k.Do("wake", &v.Thing)
	}
}

func (w *life) oldWalk(t time.Time) {
	k := w.Guest(&world.Device{Agent: "curl/8.11.0", Home: w.Address("home"), Script: true}, w.Of["before"], t)
	k.Pace = 0.8
	for i, v := range w.victims(&world.Person{}, 20+w.IntN(40)) {
		if i%4 == 3 {
			ghost := w.Ghost()
			k.Refused("status", &ghost.Thing, 404)
		}
		k.Who = &world.Person{Thing: world.Thing{ID: "-"}}
		k.Do("status", &v.Thing)
	}
}

func (w *life) openData(t time.Time) {
	k := w.Guest(&world.Device{Agent: "Mozilla/5.0 (compatible; DataFinder/0.3)", Home: w.Address("home"), Script: true}, world.Pick(w, w.Surfaces), t)
	path := world.Pick(w, []string{"/internal/sync/contacts", "/tmp/export/latest", "/api/internal/positions", "/v0/reporting/accounts"})
	for i := range 3 + w.IntN(5) {
		k.Send(world.Exchange{Raw: path, Reply: append(w.dump(20), f("next", "", i+1), f("position", "", world.Node{f("latitude", "location", w.City.Lat), f("longitude", "location", w.City.Lon)}))})
		k.Wait(2, 9)
	}
}

func (w *life) debugSurface(t time.Time) {
	k := w.Guest(&world.Device{Agent: "Mozilla/5.0 (compatible; Nuclei)", Home: w.Address("home"), Script: true}, world.Pick(w, w.Surfaces), t)
	for p := range strings.FieldsSeq("/.git/config /phpinfo.php /server-status /manager/html /console /backup.tar.gz /swagger-ui.html") {
		k.Send(world.Exchange{Raw: p, Status: 404})
		k.Wait(0.3, 2)
	}
	hit := world.Pick(w, []string{"/actuator/env", "/actuator/heapdump", "/.env", "/debug/pprof/heap", "/metrics", "/_profiler/phpinfo"})
	body := "DB_HOST=db-1.internal\nDB_PASSWORD=" + w.Secret(14) + "\nJWT_SIGNING_KEY=" + w.Secret(40) + "\nAWS_SECRET_ACCESS_KEY=" + w.Secret(40) + "\n"
	for range 2 {
		k.Send(world.Exchange{Raw: hit, Body: body})
		k.Wait(2, 9)
	}
}

func (w *life) injection(t time.Time) {
	if len(w.Staff["support"]) == 0 {
		return
	}
	k := w.Walk(world.Pick(w, w.Staff["support"]), w.Of["support"], t)
	k.IP = w.Address("home")
	for i, q := range []string{"x'", "x' OR '1'='1", "x' UNION SELECT email,phone FROM customers--"} {
		x := world.Exchange{Op: "search", Args: world.Node{f("name", "name_address", q)}, Reply: w.dump(40)}
		if i == 0 {
			x.Status, x.Reply = 500, nil
		}
		k.Send(x)
		k.Wait(2, 9)
	}
}
