package lab

import (
	"fmt"
	"strings"
	"time"
)

// Names of the attacks.
const (
	AttackForeignVans = "foreign vans"         // a driver reads and opens vans of other teams (API1:2023)
	AttackVINs        = "vin enumeration"      // nobody in particular asks which vehicles exist
	AttackEngineOff   = "engine off in motion" // a partner stops the engine of a van at 80 km/h
	AttackOpenData    = "unauthenticated data" // recipients and positions of shipments without a key (API2:2023)
	AttackDebug       = "debug surface"        // a scanner finds a page with settings and secrets (API8:2023)
)

func (w *world) crime(name string, objects []string, records ...*record) {
	w.crimes = append(w.crimes, crime{name, records, objects})
}

// attacks are those that need nothing of the partners' morning.
func (w *world) attacks() {
	w.foreignVans(w.teams[3].drivers[0])
	w.vins()
	w.debug()
}

func (w *world) foreignVans(d *driver) {
	at := w.start.Add(150 * time.Minute)
	var records []*record
	var objects []string
	for _, t := range w.teams[5:11] {
		v := t.vans[0]
		objects = append(objects, v.id)
		at = w.later(at, 8, 30)
		records = append(records, w.app(d, at, call{method: "GET", target: "/v3/vans/" + v.id, status: 200, answer: w.described(v, at)}))
		at = w.later(at, 4, 12)
		records = append(records, w.app(d, at, call{method: "GET", target: "/v3/vans/" + v.id + "/location", status: 200, answer: w.located(v, at)}))
	}
	for _, t := range w.teams[9:11] {
		at = w.later(at, 10, 30)
		records = append(records, w.app(d, at, call{method: "POST", target: "/v3/vans/" + t.vans[0].id + "/doors/unlock", status: 202,
			answer: object{"commandId": "cmd-" + w.code(12), "state": "queued"}}))
	}
	w.crime(AttackForeignVans, objects, records...)
}

// vins asks of one number after the other whether it can be paired. That anyone may ask is meant for the app's first
// screen, where honest drivers ask once, for the van they stand beside.
func (w *world) vins() {
	for _, t := range w.teams {
		d := t.drivers[0]
		w.pair(&caller{ip: d.ip, agent: d.agent}, w.between(1, 230), t.vans[0].vin, t.vans[0])
	}
	who := &caller{ip: "192.0.2.201", agent: "python-httpx/0.28.1"}
	known := map[int]*van{}
	for i := range 7 {
		known[10+17*i] = w.vans[(3*i)%len(w.vans)]
	}
	at := w.start.Add(95 * time.Minute)
	var records []*record
	var objects []string
	for i := range 130 {
		at = w.later(at, 1, 6)
		v := known[i]
		vin := checked(fmt.Sprintf("XV9VANKD0TV%06d", 310400+i))
		if v != nil {
			vin = v.vin
		}
		objects = append(objects, vin)
		records = append(records, w.pair(who, at, vin, v))
	}
	w.crime(AttackVINs, objects, records...)
}

func (w *world) pair(who *caller, at time.Time, vin string, v *van) *record {
	c := call{method: "GET", host: hostApp, target: "/v3/pairing/" + vin, status: 404, answer: object{"error": "unknown_vehicle"}}
	if v != nil {
		c.status, c.answer = 200, object{"vin": vin, "model": v.model, "claimed": true}
	}
	return w.http(at, who, c)
}

// engineOff stops the engine of a van that does 82 km/h, as its telemetry shows.
func (w *world) engineOff(p *partner) {
	v := p.vans[0]
	begin := w.start.Add(236 * time.Minute).Add(-25 * time.Minute)
	last := v.trips[len(v.trips)-1].to
	if begin.Before(last.Add(10 * time.Minute)) {
		begin = last.Add(10 * time.Minute)
	}
	v.trips = append(v.trips, trip{begin, begin.Add(20 * time.Minute), 86})
	w.crime(AttackEngineOff, []string{v.plate, v.vin}, w.order(p, v, begin.Add(9*time.Minute), "motor_uit", object{"reden": "betaling achterstallig"}))
}

// trackedByStranger asks for shipments without any key, and is answered.
func (w *world) trackedByStranger(p *partner) {
	who := &caller{ip: "192.0.2.77", agent: "curl/8.14.1"}
	at := w.start.Add(221 * time.Minute)
	var records []*record
	codes := p.codes[3:12]
	for _, code := range codes {
		at = w.later(at, 5, 25)
		records = append(records, w.track(who, p, code, at))
	}
	w.crime(AttackOpenData, codes, records...)
}

// debug is a scanner that finds a page with settings among many that do not exist.
func (w *world) debug() {
	who := &caller{ip: "192.0.2.150", agent: "Mozilla/5.0 zgrab/0.x"}
	at := w.start.Add(63 * time.Minute)
	for path := range strings.FieldsSeq("/.env /.git/config /wp-login.php /actuator /actuator/env /phpinfo.php /server-status /admin.php /config.json /api/swagger.json /backup.zip /console") {
		at = w.later(at, 1, 3)
		w.http(at, who, call{method: "GET", host: hostConsole, target: path, status: 404, answer: object{"error": "not found"}})
	}
	var records []*record
	for _, path := range []string{"/internal/debug/vars", "/internal/debug/config", "/internal/debug/config"} {
		at = w.later(at, 1, 30)
		records = append(records, w.http(at, who, call{method: "GET", host: hostConsole, target: path, status: 200, answer: object{
			"goroutines": 214, "memstats": object{"Alloc": 48213400, "NumGC": 912}, "cmdline": []string{"/srv/console", "--config", "/etc/console.yaml"},
			"env": object{"DB_HOST": "db-1.internal", "DB_PASSWORD": "x" + opaque("database")[:15], "SIGNING_KEY": opaque("signing")}}}))
	}
	w.crime(AttackDebug, []string{"/internal/debug/config"}, records...)
}
