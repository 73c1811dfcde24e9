package lab

import (
	"fmt"
	"maps"
	"time"
)

// A partner is a parcel company that sees and steers the vans of some teams.
type partner struct {
	caller
	name  string
	vans  []*van
	codes []string // of its shipments
}

// partners lets three parcel companies work for the morning.
func (w *world) partners() {
	for i, name := range []string{"koerier-noord", "pakketlijn", "stadspost"} {
		p := &partner{name: name}
		p.ip, p.agent = fmt.Sprintf("203.0.113.%d", 10+i), name+"-planner/2.3 python-requests/2.32.3"
		p.headers = map[string]string{"x-api-key": "vlk_" + opaque(name)}
		for j, t := range w.teams {
			if j%3 == i {
				p.vans = append(p.vans, t.vans...)
			}
		}
		w.poll(p)
		w.ship(p)
		w.steer(p)
		if i == 0 {
			w.engineOff(p)
		}
		w.tracking(p, i == 1)
	}
}

func (w *world) vehicle(v *van, at time.Time) object {
	lat, lon, speed := v.at(at)
	return object{"kenteken": v.plate, "chassisnummer": v.vin, "kilometerstand": v.odometer, "accuPercentage": v.charge, "snelheid": speed,
		"positie": object{"breedtegraad": lat, "lengtegraad": lon}}
}

// poll lists the vans every ten minutes and looks at one of them in between.
func (w *world) poll(p *partner) {
	for at := w.between(0, 3); at.Before(w.start.Add(hours)); at = w.later(at, 560, 640) {
		var list []object
		for _, v := range p.vans {
			lat, lon, _ := v.at(at)
			list = append(list, object{"kenteken": v.plate, "positie": object{"breedtegraad": lat, "lengtegraad": lon}})
		}
		w.http(at, &p.caller, call{method: "GET", host: hostPartner, target: "/api/voertuigen?status=actief", status: 200, answer: object{"voertuigen": list, "aantal": len(list)}})
		for k := range 3 {
			t, v := w.later(at, 20+100*k, 100+100*k), p.vans[w.rng.IntN(len(p.vans))]
			w.http(t, &p.caller, call{method: "GET", host: hostPartner, target: "/api/voertuigen/" + v.plate, status: 200, answer: w.vehicle(v, t)})
		}
	}
}

// ship announces shipments and asks for the rides that carry them.
func (w *world) ship(p *partner) {
	for range 18 {
		at, v := w.between(5, 200), p.vans[w.rng.IntN(len(p.vans))]
		code := fmt.Sprintf("3SVL%09d", w.rng.IntN(1e9))
		p.codes = append(p.codes, code)
		w.ride++
		no := fmt.Sprintf("R%07d", w.ride)
		w.http(at, &p.caller, call{method: "POST", host: hostPartner, target: "/api/zendingen", status: 201,
			body:   object{"ontvanger": w.recipient(), "gewichtGram": 200 + w.rng.IntN(9000), "kenteken": v.plate},
			answer: object{"zendingcode": code, "ritnummer": no, "status": "aangemeld"}})
		at = w.later(at, 60, 1200)
		w.http(at, &p.caller, call{method: "GET", host: hostPartner, target: "/api/ritten/" + no, status: 200,
			answer: object{"ritnummer": no, "kenteken": v.plate, "status": "onderweg", "zendingen": []string{code}}})
	}
}

func (w *world) recipient() object {
	return object{"naam": firstNames[w.rng.IntN(len(firstNames))] + " " + lastNames[w.rng.IntN(len(lastNames))],
		"adres":    fmt.Sprintf("Kerkstraat %d, 26%02d %s Delft", 1+w.rng.IntN(120), 11+w.rng.IntN(20), w.letters("ABCDEFGH", 2)),
		"telefoon": fmt.Sprintf("+3197%08d", w.rng.IntN(1e8))}
}

// orders are what a partner may have a van do, with the details that go with each.
var orders = []struct {
	name string
	more object
}{
	{"ontgrendelen", object{"deur": "achter"}},
	{"vergrendelen", nil},
	{"route_sturen", object{"bestemming": object{"breedtegraad": 52.0116, "lengtegraad": 4.3571}}},
	{"laden_starten", object{"limietPercentage": 80}},
}

func (w *world) order(p *partner, v *van, at time.Time, name string, more object) *record {
	body := object{"opdracht": name}
	maps.Copy(body, more)
	return w.http(at, &p.caller, call{method: "POST", host: hostPartner, target: "/api/voertuigen/" + v.plate + "/opdrachten", body: body, status: 202,
		answer: object{"opdrachtId": "opd-" + w.code(8), "status": "geaccepteerd"}})
}

func (w *world) steer(p *partner) {
	for _, o := range orders {
		for range 6 {
			at, v := w.parked(p)
			w.order(p, v, at, o.name, o.more)
		}
	}
	for range 3 { // theft lock of vans that stand
		at, v := w.parked(p)
		w.order(p, v, at, "motor_uit", object{"reden": "diefstalbeveiliging"})
	}
}

// parked finds a van of a partner that has stood a while and will stand on.
func (w *world) parked(p *partner) (time.Time, *van) {
	for {
		at, v := w.between(30, 225), p.vans[w.rng.IntN(len(p.vans))]
		if v.parked(at) {
			return at, v
		}
	}
}

// parked says whether a van has stood for twenty minutes and will stand for ten.
func (v *van) parked(at time.Time) bool {
	for _, d := range v.trips {
		if at.After(d.from.Add(-10*time.Minute)) && at.Before(d.to.Add(20*time.Minute)) {
			return false
		}
	}
	return true
}

// tracking asks where shipments are, with the key as it should be.
func (w *world) tracking(p *partner, leaks bool) {
	for _, code := range p.codes[:12] {
		w.track(&p.caller, p, code, w.between(205, 238))
	}
	if leaks {
		w.trackedByStranger(p)
	}
}

func (w *world) track(who *caller, p *partner, code string, at time.Time) *record {
	v := p.vans[int(code[len(code)-1])%len(p.vans)]
	lat, lon, _ := v.at(at)
	return w.http(at, who, call{method: "GET", host: hostPartner, target: "/api/zendingen/" + code + "/positie", status: 200,
		answer: object{"zendingcode": code, "kenteken": v.plate, "ontvanger": w.recipient(), "positie": object{"breedtegraad": lat, "lengtegraad": lon}, "minutenTotAankomst": 14}})
}
