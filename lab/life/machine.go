package life

import (
	"fmt"
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

// machineDay lets programs work: aggregators and loggers for owners, partners' batches, vehicles' own calls.
func (w *life) machineDay(day time.Time) {
	for i, p := range w.Staff["poller"] {
		w.On(day.Add(w.Span(0, 600)), func(t time.Time) { w.poll(p, t, i, day.AddDate(0, 0, 1)) })
	}
	if s := w.Of["partner"]; s != nil {
		for _, p := range w.Staff["aggregated"] {
			w.On(day.Add(w.Span(0, 3600)), func(t time.Time) { w.aggregate(p, t, day.AddDate(0, 0, 1)) })
		}
		if s.Login == s {
			for h := 1; h < 24; h += 6 {
				w.On(day.Add(time.Duration(h)*time.Hour), w.batch)
			}
		}
	}
	if s := w.Of["device"]; s != nil {
		for _, v := range w.Vehicles {
			w.On(day.Add(w.Span(0, 86000)), func(t time.Time) { w.uplink(v, t) })
		}
	}
	if w.Of["roaming"] != nil {
		for h := range 24 {
			w.On(day.Add(time.Duration(h)*time.Hour+w.Span(60, 900)), w.hub)
		}
	}
	w.On(day.Add(w.Span(0, 80000)), w.crawl)
}

// bot returns the standing program of a name.
func (w *life) bot(name string) *world.Person {
	if l := w.Staff["bot "+name]; len(l) > 0 {
		return l[0]
	}
	p := w.NewPerson("machine")
	w.Staff["bot "+name] = []*world.Person{p}
	return p
}

// poll is somebody's home automation: it asks for one vehicle all day.
func (w *life) poll(p *world.Person, t time.Time, i int, until time.Time) {
	if t.After(until) || !w.Of["app"].Has("status") || len(p.Vehicles) == 0 {
		return
	}
	w.Trap("home_automation", "an owner's own program asks for the owner's vehicle all day", func() {
		mine := *p
		mine.Devices = []*world.Device{{Agent: "HomeHub/2026.8 aiohttp/3.11", Home: p.Devices[0].Home, Script: true}}
		k := w.Walk(&mine, w.Of["app"], t)
		k.Pace = 0.5
		k.Do("status", &p.Vehicles[0].Thing)
		if i == 0 && w.Chance(0.05) && p.Vehicles[0].Free(k.Now, 3*time.Minute, 2*time.Minute) {
			k.Command("charge", p.Vehicles[0])
		}
	})
	w.On(t.Add(w.Span(280, 340)*time.Duration(1+i%3)), func(t time.Time) { w.poll(p, t, i, until) })
}

// aggregate is a third party's client that speaks for owners who agreed, each with a token of theirs.
func (w *life) aggregate(p *world.Person, t time.Time, until time.Time) {
	if t.After(until) || len(p.Vehicles) == 0 {
		return
	}
	w.Trap("aggregator", "one client speaks for many owners, with a token for each", func() {
		s := w.Of["partner"]
		dev := w.bot("aggregator").Devices[0]
		k := w.Guest(dev, s, t)
		k.Who, k.Pace = p, 0.3
		if c := p.Creds[s]; c == nil || t.After(c.Expires) {
			c = w.Issue(s, p, t)
			c.Expires = t.Add(24 * time.Hour)
			p.Creds[s] = c
		}
		k.Cred = p.Creds[s]
		if w.Chance(0.3) {
			k.Try("vehicles", nil)
		}
		k.Try("status", &p.Vehicles[0].Thing)
	})
	w.On(t.Add(w.Span(3000, 5400)), func(t time.Time) { w.aggregate(p, t, until) })
}

// batch is a partner's job that goes through all its vehicles.
func (w *life) batch(t time.Time) {
	w.Trap("partner_batch", "a partner's job goes through all the vehicles it has to do with", func() {
		k := w.Machine(w.bot("batch"), w.Of["partner"], t)
		for i := 0; i < len(w.Vehicles); i += 2 {
			k.Try("status", &w.Vehicles[i].Thing)
			if i%8 == 0 {
				k.Try("trips", &w.Vehicles[i].Thing)
			}
		}
	})
}

// uplink is a vehicle's own call with its certificate.
func (w *life) uplink(v *world.Vehicle, t time.Time) {
	s := w.Of["device"]
	dev := &world.Device{Agent: "tcu/4.2 (embedded)", Home: fmt.Sprintf("100.96.%d.%d", v.IMEI[3], v.IMEI[4]), Script: true}
	k := w.Guest(dev, s, t)
	k.Cred = &world.Credential{Value: v.VIN}
	at, kmh := v.State(t)
	k.Try("drive", nil, k.At.Ident(&v.Thing), f("speed", "", kmh), f("harsh braking", "", w.IntN(3)))
	k.Try("position", nil, k.At.Ident(&v.Thing), f("latitude", "location", at.Lat), f("longitude", "location", at.Lon))
	k.Try("software", &v.Thing)
}

// hub is a roaming partner that speaks for drivers of its own.
func (w *life) hub(t time.Time) {
	w.Trap("roaming_hub", "one partner's token reads all stations and starts sessions for many drivers", func() {
		k := w.Machine(w.bot("hub"), w.Of["roaming"], t)
		k.Do("stations", nil)
		for range 4 {
			k.Do("station", &world.Pick(w, w.Stations).Thing)
		}
		if s := w.publicStation(); s != nil && w.Chance(0.5) {
			w.chargeAt(k, s, "RO"+w.Letters(world.Digits, 10))
		}
	})
}

// crawl is a search engine or a scanner that finds nothing.
func (w *life) crawl(t time.Time) {
	w.Trap("crawler", "search engines and scanners that find nothing", func() {
		s := world.Pick(w, w.Surfaces)
		k := w.Guest(&world.Device{Agent: "Mozilla/5.0 (compatible; FinderBot/3.1)", Home: w.Address("home")}, s, t)
		for _, p := range []string{"/robots.txt", "/.well-known/security.txt", "/favicon.ico", "/.env", "/wp-login.php", "/sitemap.xml"} {
			k.Send(world.Exchange{Raw: p, Status: 404})
			k.Wait(1, 20)
		}
	})
}
