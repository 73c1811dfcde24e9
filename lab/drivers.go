package lab

import (
	"fmt"
	"net/url"
	"time"
)

// drivers lets every driver have a morning: signing in, one or two tours, a look at the bills.
func (w *world) drivers() {
	for _, t := range w.teams {
		for i, d := range t.drivers {
			at := w.between(5+20*i, 25+20*i)
			at = w.signIn(d, at)
			at = w.lookAround(d, at)
			v := t.vans[i%len(t.vans)]
			for range 1 + w.rng.IntN(2) {
				at = w.tour(d, v, at)
			}
			if i == 0 {
				w.bills(d, at)
			}
		}
	}
}

// app calls the app's interface as a driver, with a token that holds.
func (w *world) app(d *driver, at time.Time, c call) *record {
	if at.After(d.expires) {
		w.renew(d, at.Add(-300*time.Millisecond))
	}
	c.host = hostApp
	return w.http(at, &d.caller, c)
}

func (w *world) signIn(d *driver, at time.Time) time.Time {
	form := url.Values{"grant_type": {"password"}, "client_id": {"vanloop-app"}, "username": {d.email}, "password": {"x" + w.code(9)}}
	d.headers = nil
	if w.rng.IntN(6) == 0 { // mistyped
		w.http(at, &d.caller, call{method: "POST", host: hostID, target: "/oauth2/token", form: form.Encode(), status: 401,
			answer: object{"error": "invalid_grant"}})
		at = w.later(at, 8, 20)
	}
	w.issue(d, at, form)
	return w.later(at, 1, 3)
}

func (w *world) renew(d *driver, at time.Time) {
	d.headers = nil
	w.issue(d, at, url.Values{"grant_type": {"refresh_token"}, "client_id": {"vanloop-app"}, "refresh_token": {d.refresh}})
}

// issue gives a driver a token of 40 minutes.
func (w *world) issue(d *driver, at time.Time, form url.Values) {
	d.expires = at.Add(40 * time.Minute)
	d.refresh = "rt_" + w.letters("0123456789abcdefghijkmnopqrstuvwxyz", 28)
	access := token(object{"iss": "https://" + hostID, "sub": d.id, "azp": "vanloop-app", "aud": "vanloop-api",
		"scope": "vans reservations", "iat": at.Unix(), "exp": d.expires.Unix()})
	w.http(at, &d.caller, call{method: "POST", host: hostID, target: "/oauth2/token", form: form.Encode(), status: 200,
		answer: object{"access_token": access, "token_type": "Bearer", "expires_in": 2400, "refresh_token": d.refresh}})
	d.headers = map[string]string{"authorization": "Bearer " + access}
}

func (w *world) lookAround(d *driver, at time.Time) time.Time {
	w.app(d, at, call{method: "GET", target: "/v3/me", status: 200, answer: object{"id": d.id, "name": d.name, "email": d.email,
		"phone": d.phone, "team": object{"id": d.team.id, "name": d.team.name}}})
	at = w.later(at, 1, 3)
	w.app(d, at, call{method: "GET", target: "/v3/vans", status: 200, answer: object{"vans": w.listed(d.team.vans, at)}})
	at = w.later(at, 2, 20)
	for _, v := range d.team.vans {
		w.app(d, at, call{method: "GET", target: w.vanPath(d, v), status: 200, answer: w.described(v, at)})
		at = w.later(at, 2, 40)
	}
	return at
}

// vanPath is where a driver's app finds a van: old ones still use the second version.
func (w *world) vanPath(d *driver, v *van) string {
	if d.old {
		return "/v2/vans/" + v.id
	}
	return "/v3/vans/" + v.id
}

func (w *world) listed(vans []*van, at time.Time) []object {
	var list []object
	for _, v := range vans {
		_, _, speed := v.at(at)
		list = append(list, object{"id": v.id, "plate": v.plate, "model": v.model, "moving": speed > 0, "chargePercent": v.charge})
	}
	return list
}

func (w *world) described(v *van, at time.Time) object {
	lat, lon, speed := v.at(at)
	return object{"id": v.id, "vin": v.vin, "plate": v.plate, "model": v.model, "locked": v.locked, "odometerKm": v.odometer,
		"chargePercent": v.charge, "speedKmh": speed, "position": object{"lat": lat, "lon": lon}, "tyrePressureBar": []float64{3.1, 3.1, 3.4, 3.4}}
}

func (w *world) located(v *van, at time.Time) object {
	lat, lon, speed := v.at(at)
	return object{"vanId": v.id, "latitude": lat, "longitude": lon, "speedKmh": speed, "seenAt": at.Format(time.RFC3339)}
}

// tour is a reservation, a drive and the way back.
func (w *world) tour(d *driver, v *van, at time.Time) time.Time {
	id := "rsv-" + w.code(10)
	reservation := object{"reservationId": id, "vanId": v.id, "driverId": d.id, "from": at.Format(time.RFC3339),
		"until": at.Add(time.Hour).Format(time.RFC3339), "state": "confirmed"}
	w.app(d, at, call{method: "POST", target: "/v3/reservations", body: object{"vanId": v.id, "minutes": 60}, status: 201, answer: reservation})
	at = w.later(at, 30, 200)
	if w.rng.IntN(3) == 0 {
		at = w.command(d, v, at, "climate/start", object{"targetCelsius": 20})
	}
	at = w.command(d, v, at, "doors/unlock", nil)
	v.locked = false
	begin := w.later(at, 60, 120)
	end := begin.Add(time.Duration(18+w.rng.IntN(22)) * time.Minute)
	v.trips = append(v.trips, trip{begin, end, float64(35 + w.rng.IntN(60))})
	w.app(d, w.later(begin, 60, 600), call{method: "GET", target: "/v3/vans/" + v.id + "/location", status: 200, answer: w.located(v, begin.Add(5*time.Minute))})
	w.app(d, w.later(begin, 601, 900), call{method: "GET", target: "/v3/reservations/" + id, status: 200, answer: reservation})
	at = w.command(d, v, w.later(end, 20, 90), "doors/lock", nil)
	v.locked = true
	if w.rng.IntN(3) == 0 {
		at = w.command(d, v, at, "horn", nil)
	}
	w.app(d, at, call{method: "POST", target: "/v3/reservations/" + id + "/end", body: object{"odometerKm": v.odometer + 21}, status: 200,
		answer: object{"reservationId": id, "state": "ended", "distanceKm": 21.4}})
	if w.rng.IntN(2) == 0 { // a view that no description mentions
		at = w.later(at, 5, 30)
		w.app(d, at, call{method: "GET", target: "/v3/vans/" + v.id + "/trips", status: 200, answer: w.driven(v, begin, end)})
	}
	return w.later(at, 300, 900)
}

func (w *world) driven(v *van, begin, end time.Time) object {
	la, lo, _ := v.at(begin)
	lb, lp, _ := v.at(end)
	return object{"trips": []object{{"startedAt": begin.Format(time.RFC3339), "endedAt": end.Format(time.RFC3339), "distanceKm": 21.4,
		"start": object{"lat": la, "lon": lo}, "end": object{"lat": lb, "lon": lp}}}}
}

// command has a van do something, and asks once how it went.
func (w *world) command(d *driver, v *van, at time.Time, action string, body object) time.Time {
	id := "cmd-" + w.code(12)
	w.app(d, at, call{method: "POST", target: "/v3/vans/" + v.id + "/" + action, body: body, status: 202, answer: object{"commandId": id, "state": "queued"}})
	at = w.later(at, 2, 6)
	w.app(d, at, call{method: "GET", target: "/v3/commands/" + id, status: 200, answer: object{"commandId": id, "state": "done"}})
	return w.later(at, 3, 30)
}

func (w *world) bills(d *driver, at time.Time) {
	var list []object
	for _, no := range d.team.invoices {
		list = append(list, object{"number": no, "amountEur": 249.5, "paid": true})
	}
	w.app(d, at, call{method: "GET", target: "/v3/invoices?year=2026", status: 200, answer: object{"invoices": list}})
	for _, no := range d.team.invoices {
		at = w.later(at, 3, 20)
		w.app(d, at, call{method: "GET", target: "/v3/invoices/" + no, status: 200, answer: object{"number": no, "amountEur": 249.5, "paid": true,
			"customer": object{"name": d.team.name, "street": fmt.Sprintf("Voorstraat %d", 1+w.rng.IntN(90)), "city": "Delft"}}})
	}
}
