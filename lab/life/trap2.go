package life

import (
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

// registerHook has a partner say where it wants to be called: outside, by name.
func (w *life) registerHook(at string, t time.Time) {
	p := w.bot("hooks")
	if at == "fleet" {
		p = world.Pick(w, w.Staff["manager"])
	}
	s := w.Of[at]
	k := w.Guest(p.Devices[0], s, t)
	k.Who = p
	if s.Login == s && s.Has("login") {
		k = w.Walk(p, s, t)
	} else {
		if p.Creds[s] == nil {
			p.Creds[s] = w.Issue(s, p, t)
			p.Creds[s].Expires = t.Add(time.Hour)
		}
		k.Cred = p.Creds[s]
	}
	k.Do("webhook", nil, f("=url", "artefact_url", "https://events."+world.Pick(w, []string{"truckdesk", "tollhub", "fleetwise"})+".example/in/"+w.Secret(12)), f("=event", "", "trip.ended"))
}

func (w *life) depotNight(t time.Time) {
	m := world.Pick(w, w.Staff["manager"])
	k := w.Walk(m, w.Of["fleet"], t)
	for _, v := range m.Org.Vehicles {
		if v.Free(k.Now, 20*time.Minute, 30*time.Minute) && k.Now.Before(t.Add(20*time.Minute)) {
			k.Do("immobilize", &v.Thing, f("=reason", "", "night"))
		}
	}
}

func (w *life) dealerLot(t time.Time) {
	k := w.Walk(world.Pick(w, w.Staff["dealer"]), w.Of["dealer"], t)
	for range 15 {
		v := world.Pick(w, w.Vehicles)
		if !v.Free(k.Now, 20*time.Minute, 20*time.Minute) {
			continue
		}
		k.Do("case", &v.Thing)
		k.Do("diagnose", &v.Thing, f("routine", "", "battery check"))
		k.Wait(20, 60)
	}
}

func (w *life) campaignNight(t time.Time) {
	for range min(40, len(w.Vehicles)/3) {
		if v, p := w.idle(t, time.Hour); v != nil {
			k := w.Walk(p, w.Of["app"], t.Add(w.Span(0, 2400)))
			k.Do("software", &v.Thing)
			k.CommandWith("install", v, f("=version", "", w.Releases[2]))
		}
	}
}

func (w *life) concert(t time.Time) {
	hall := w.Somewhere()
	for range min(14, len(w.Pool)/5) {
		p := w.customer()
		at := t.Add(w.Span(0, 1500))
		mark := w.Mark
		w.On(at, func(t time.Time) {
			w.Marked(mark, func() {
				k := w.Walk(p, w.Of["app"], t)
				near := world.Place{Lat: world.Round(hall.Lat+w.Rng.NormFloat64()*0.002, 6), Lon: world.Round(hall.Lon+w.Rng.NormFloat64()*0.002, 6)}
				to := w.Somewhere()
				k.Do("quote", nil, spots(near, to)...)
				w.ride(k, near, to)
			})
		})
	}
}

// site returns the stations of a place.
func (w *life) siteOf(n int) []*world.Station {
	var list []*world.Station
	for _, s := range w.Stations {
		if s.Site == n && s.BoxOf == nil && s.Connection != "" {
			list = append(list, s)
		}
	}
	return list
}

func (w *life) siteRestart(t time.Time) {
	base := w.Address("home")
	for _, s := range w.siteOf(world.Pick(w, w.Stations).Site) {
		w.drop(s, t)
		s.IP = base
		mark := w.Mark
		w.On(t.Add(w.Span(30, 150)), func(t time.Time) { w.Marked(mark, func() { w.connect(s, t) }) })
	}
}

func (w *life) halfOpen(t time.Time) {
	base := w.Address("home")
	for _, s := range w.siteOf(world.Pick(w, w.Stations).Site) {
		old, oldIP := s.Connection, s.IP
		s.IP = base
		w.connect(s, t.Add(w.Span(1, 40)))
		w.frameOut(&world.Record{Kind: "ocpp", Time: t.Add(w.Span(100, 300)), Station: s.ID, Connection: old, Version: s.Version, Client: &world.Client{IP: oldIP}, Event: "close"}, s)
	}
}

func (w *life) rollout(t time.Time) {
	k := w.Walk(world.Pick(w, w.Staff["operator"]), w.Of["operator"], t)
	for i, s := range w.Stations {
		if s.BoxOf == nil && s.Transaction == nil && s.Connection != "" && i%3 == 0 {
			k.Do("firmware", &s.Thing, f("=url", "artefact_url", w.firmwareURL()))
			w.updateFirmware(s, k.Now, w.firmwareURL())
		}
	}
}

func (w *life) firmwareURL() string {
	return "https://packages." + w.Domain + "/stations/" + w.Releases[2] + ".bin"
}

func (w *life) updateFirmware(s *world.Station, t time.Time, url string) {
	if s.Version == "1.6" {
		w.frames(s, t, "out", "UpdateFirmware", world.Node{f("location", "", url), f("retrieveDate", "", t.Format(time.RFC3339))}, world.Node{})
		return
	}
	w.frames(s, t, "out", "UpdateFirmware", world.Node{f("requestId", "", s.Message), f("firmware", "", world.Node{f("location", "", url), f("retrieveDateTime", "", t.Format(time.RFC3339))})}, world.Node{f("status", "", "Accepted")})
}

func (w *life) twoCars(t time.Time) {
	p := world.Pick(w, w.Staff["holder"])
	site := w.siteOf(world.Pick(w, w.Stations).Site)
	n := 0
	for _, s := range site {
		if s.Transaction == nil && n < 2 {
			n++
			c := &world.Charging{Thing: *w.NewThing("session", t), Started: t, Tag: p.Tag, By: p, Meter: 5000}
			end := w.begin(s, c, t.Add(w.Span(0, 200)), false)
			w.On(end.Add(w.Span(1500, 4000)), func(t time.Time) {
				if s.Transaction == c && s.Connection != "" {
					w.finish(s, t, false)
				}
			})
		}
	}
}

func (w *life) promotion(t time.Time) {
	for range min(30, len(w.Everyone)/4) {
		w.Walk(w.customer(), w.Of["app"], t.Add(w.Span(0, 3600))).Do("promo", nil, f("code", "", "AUTUMN26"))
	}
}

func (w *life) apostrophe(t time.Time) {
	if len(w.Staff["support"]) == 0 {
		return
	}
	k := w.Walk(world.Pick(w, w.Staff["support"]), w.Of["support"], t)
	for _, n := range []string{"O'Rourke", "D'Angelo & Söhne", "N'Diaye; Paris (75)"} {
		k.Send(world.Exchange{Op: "search", Args: world.Node{f("name", "name_address", n)}, Reply: world.Node{f("customers", "", []world.Node{})}})
		k.Wait(10, 40)
	}
}

func (w *life) newRelease(time.Time) {
	v := w.Releases[0] + "1"
	for i, p := range w.Everyone {
		if d := p.Devices[0]; d.Version != "" && i%2 == 0 {
			old := d.Version
			d.Version = v
			d.Agent = w.App + "/" + v + d.Agent[len(w.App)+1+len(old):]
		}
	}
}
