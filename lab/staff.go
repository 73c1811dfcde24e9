package lab

import (
	"fmt"
	"net/url"
	"time"
)

// staff lets four people work at the console.
func (w *world) staff() {
	for i, name := range []string{"s.deboer", "m.adeyemi", "t.vos", "r.lind"} {
		who := &caller{ip: fmt.Sprintf("192.0.2.%d", 20+i), agent: "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"}
		at := w.between(10+10*i, 20+10*i)
		session := opaque("console " + name)
		login := w.http(at, who, call{method: "POST", host: hostConsole, target: "/session", form: url.Values{"user": {name}, "password": {"x" + w.code(9)}}.Encode(),
			status: 200, answer: object{"user": name, "role": "support"}})
		login.Response.Headers["set-cookie"] = "vl_session=" + session + "; Path=/; HttpOnly; Secure"
		who.headers = map[string]string{"cookie": "vl_session=" + session}
		for range 9 {
			at = w.help(who, w.later(at, 200, 1100))
		}
	}
}

// help is one customer's call: staff look the shop up, then its vans, and help.
func (w *world) help(who *caller, at time.Time) time.Time {
	t := w.teams[w.rng.IntN(len(w.teams))]
	console := func(method, target string, body object, status int, answer any) {
		w.http(at, who, call{method: method, host: hostConsole, target: target, body: body, status: status, answer: answer})
		at = w.later(at, 4, 40)
	}
	console("GET", "/admin/teams?search="+url.QueryEscape(t.name), nil, 200, object{"teams": []object{{"id": t.id, "name": t.name, "vans": len(t.vans)}}})
	var vans, people []object
	for _, v := range t.vans {
		vans = append(vans, object{"vin": v.vin, "plate": v.plate, "model": v.model})
	}
	for _, d := range t.drivers {
		people = append(people, object{"id": d.id, "name": d.name, "email": d.email, "phone": d.phone})
	}
	console("GET", "/admin/teams/"+t.id, nil, 200, object{"id": t.id, "name": t.name, "vans": vans, "drivers": people})
	v := t.vans[w.rng.IntN(len(t.vans))]
	lat, lon, _ := v.at(at)
	console("GET", "/admin/vans/"+v.vin, nil, 200, object{"vin": v.vin, "plate": v.plate, "odometerKm": v.odometer, "firmware": "4.18.2",
		"lastPosition": object{"lat": lat, "lon": lon}, "faults": []string{}})
	action := []string{"unlock", "locate", "lock", ""}[w.rng.IntN(4)]
	if action == "locate" || action != "" && v.parked(at) { // nobody opens a van that drives
		console("POST", "/admin/vans/"+v.vin+"/commands", object{"type": action, "ticket": "T-" + w.letters("0123456789", 6)}, 202, object{"accepted": true})
	}
	return at
}

// telemetry has every van report each minute while it drives and each quarter of an hour while it stands.
func (w *world) telemetry() {
	end := w.start.Add(hours)
	for i, v := range w.vans {
		odometer := v.odometer
		quiet := 0
		for at := w.start.Add(time.Duration(i) * 1700 * time.Millisecond); at.Before(end); at = at.Add(time.Minute) {
			lat, lon, speed := v.at(at)
			if speed == 0 && quiet%15 != 0 {
				quiet++
				continue
			}
			quiet++
			state := "OFF"
			if speed > 0 {
				quiet, state = 0, "ON"
				odometer += speed / 60
			}
			w.signal(at, v, map[string]any{"Vehicle.Speed": speed, "Vehicle.LowVoltageSystemState": state, "Vehicle.TraveledDistance": round(odometer, 1),
				"Vehicle.CurrentLocation.Latitude": lat, "Vehicle.CurrentLocation.Longitude": lon})
		}
	}
}
