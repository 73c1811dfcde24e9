package world

import (
	"fmt"
	"strings"
	"time"
)

// An operation is something an interface can do, in no dialect yet.
type operation struct {
	name  string
	class string // of the taxonomy
	kind  byte   // r reads, l lists, c creates, u updates, a acts
	On    string // the kind of object that is named; "" for none
	verb  string
	noun  string
}

func (o *operation) domain() string {
	if o.On != "" {
		return o.On
	}
	w := strings.Fields(o.noun)
	return w[len(w)-1]
}

func (o *operation) access() string {
	switch o.kind {
	case 'r', 'l':
		return "read"
	case 'a':
		return "control"
	}
	return "write"
}

// operations by name. Classes are those of the taxonomy.
var Operations = operationTable(`
login       id.login              c -        login   session
refresh     id.login              c -        refresh session
forgot      id.recover            c -        request password_reset
reset       id.recover            c -        reset   password
code        id.mfa                c -        verify  code
register    id.register           c -        register user
profile     read.person.profile   r -        get     profile
person      read.person.profile   r customer get     customer
contact     read.person.profile   u customer update  customer
settings    read.person.profile   u -        update  profile
vehicles    read.vehicle.list     l -        list    vehicles
status      read.vehicle.status   r vehicle  get     status
location    read.location.current r vehicle  get     location
trips       read.location.history r vehicle  get     trips
diagnostics read.diagnostics      r vehicle  get     diagnostics
snapshot    read.media            r vehicle  get     camera_snapshot
unlock      act.door.unlock       a vehicle  unlock  doors
lock        act.door.lock         a vehicle  lock    doors
climate     act.climate           a vehicle  start   climate
horn        act.horn_lights       a vehicle  sound   horn
trunk       act.closure.open      a vehicle  open    trunk
start       act.engine.start      a vehicle  start   engine
stop        act.engine.stop       a vehicle  stop    engine
wake        act.wake              a vehicle  wake    vehicle
immobilize  act.immobilise        a vehicle  immobilize vehicle
charge      act.charge.vehicle    a vehicle  start   charge
command     read.command.status   r command  get     status
pair        life.pair             c -        pair    vehicle
share       life.share_key        c vehicle  share   key
transfer    life.transfer         c vehicle  transfer owner
software    ota.query             r vehicle  get     software
install     ota.install           a vehicle  install software
campaign    ota.campaign          c -        create  campaign
fleet       read.vehicle.list     l -        list    fleet
assign      adm.fleet             c vehicle  assign  driver
export      adm.export            l -        export  report
user        adm.iam               c -        create  user
webhook     sys.webhook           c -        create  webhook
lookup      read.lookup.person_by_vehicle l - search owner
order       adm.dealer            c -        create  workshop_order
diagnose    diag.session          a vehicle  run     diagnostics
search      adm.support           l -        search  customers
case        adm.support           r vehicle  get     support_view
booking     ride.request          c -        create  booking
bookings    ride.request          l -        list    bookings
bookingend  ride.lifecycle        a booking  end     booking
quote       ride.pricing          c -        price   ride
rideget     ride.request          r ride     get     ride
ridecancel  ride.lifecycle        a ride     cancel  ride
position    ride.position_ingest  c -        send    position
ride        ride.request          c -        request ride
reroute     ride.assist           a vehicle  reroute mission
stations    ride.feed_public      l -        list    stations
station     ride.feed_public      r station  get     station
charging    chg.start             c station  start   session
chargestop  chg.stop              a session  stop    session
box         chg.profile           r station  get     charger_schedule
session     chg.start             r session  get     session
schedule    chg.profile           a station  update  charger_schedule
boxpair     life.pair             c -        pair    charger
restart     chg.availability      a station  reset   station
connector   chg.unlock            a station  unlock  connector
firmware    chg.firmware          a station  update  firmware
invoices    com.payment           l -        list    invoices
invoice     com.payment           r invoice  get     invoice
policies    com.payment           l -        list    policies
policy      com.payment           r policy   get     policy
drive       ride.position_ingest  c -        upload  drive
promo       ride.pricing          c -        redeem  promo
`)

func operationTable(text string) map[string]*operation {
	m := map[string]*operation{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		o := &operation{name: f[0], class: f[1], kind: f[2][0], On: strings.Trim(f[3], "-"), verb: f[4], noun: strings.ReplaceAll(f[5], "_", " ")}
		m[o.name] = o
	}
	return m
}

// Ident is how an interface names a thing: the words of the field, its data type, its value.
func (s *surface) Ident(o *Thing) Field {
	switch {
	case o == nil:
		return Field{}
	case o.vehicle != nil && o.Kind == "vehicle":
		switch s.Dialect.Vehicle {
		case "vin":
			return Field{"=vin", "vin", o.vehicle.VIN}
		case "plate":
			return Field{"plate", "plate", o.vehicle.Plate}
		}
		return Field{"vehicle id", "vehicle_id", o.ID}
	case o.Kind == "station":
		return Field{"station id", "station_id", o.ID}
	case o.Kind == "consumer":
		return Field{"customer id", "person_id", o.ID}
	}
	return Field{o.Kind + " id", map[string]string{"booking": "session_id", "ride": "session_id", "session": "session_id", "command": "request_id", "order": "work_order"}[o.Kind], o.ID}
}

// answers says what an operation answers when all is well.
func (w *World) Answer(k *Walk, op string, o *Thing) Node {
	switch op {
	case "profile", "person", "contact", "settings":
		p := k.Who
		if o != nil && o.person != nil {
			p = o.person
		}
		return Node{{"user id", "person_id", p.ID}, {"name", "name_address", p.Name}, {"email", "email", p.Email}, {"phone", "phone", p.Phone}, {"locale", "", "x"}}
	case "vehicles", "fleet":
		return w.garage(k, o)
	case "status", "case", "location", "trips", "diagnostics", "software", "snapshot":
		return w.vehicleAnswer(k, op, o.vehicle)
	case "stations", "station", "box", "boxpair":
		return w.stationAnswer(op, o)
	}
	if x := Operations[op]; x.kind == 'a' {
		w.command = w.NewThing("command", k.Now)
		return Node{{"command id", "request_id", w.command.ID}, {"status", "", "accepted"}}
	}
	if o != nil && o.Kind != "vehicle" && o.Kind != "station" {
		return Node{k.At.Ident(o), {"status", "", "active"}, {"created", "", o.made.Format(time.RFC3339)}}
	}
	return Node{{"=ok", "", true}, {"reference", "", w.Secret(8)}}
}

func (w *World) garage(k *Walk, _ *Thing) Node {
	mine := k.Who.Vehicles
	if k.Who.Org != nil {
		mine = k.Who.Org.Vehicles
	}
	var list []Node
	for _, v := range mine {
		if len(list) == 60 {
			break
		}
		n := Node{{"vehicle id", "vehicle_id", v.ID}, {"=vin", "vin", v.VIN}, {"plate", "plate", v.Plate}, {"model", "", v.Model}}
		switch k.At.Dialect.Vehicle { // an interface that names vehicles one way does not need every other
		case "vin":
			n = n[1:]
		case "plate":
			n = Node{n[2], n[1], n[3]}
		}
		list = append(list, n)
	}
	return Node{{"vehicles", "", list}, {"total", "", len(mine)}}
}

func (w *World) vehicleAnswer(k *Walk, op string, v *Vehicle) Node {
	at, kmh := v.State(k.Now)
	id := k.At.Ident(&v.Thing)
	where := Field{"position", "", Node{{"latitude", "location", at.Lat}, {"longitude", "location", at.Lon}}}
	switch op {
	case "location":
		return Node{id, where, {"heading", "", w.Rng.IntN(360)}, {"time", "", k.Now.Format(time.RFC3339)}}
	case "trips":
		var list []Node
		for _, d := range v.Trips {
			if d.To.Before(k.Now) && len(list) < 8 {
				list = append(list, Node{{"start", "", d.From.Format(time.RFC3339)}, {"distance", "", Round(d.KMH*d.To.Sub(d.From).Hours(), 1)},
					{"start position", "", Node{{"latitude", "location", d.begin.Lat}, {"longitude", "location", d.begin.Lon}}}})
			}
		}
		return Node{id, {"trips", "", list}}
	case "diagnostics":
		return Node{id, {"=dtc", "", []string{"P0" + w.Letters(Digits, 3)}}, {"battery voltage", "", 12.4}, {"engine hours", "", w.Rng.IntN(4000)}}
	case "software":
		return Node{id, {"=version", "", w.Releases[0]}, {"available", "", w.Releases[len(w.Releases)-1]}, {"state", "", "ready"}}
	case "snapshot":
		return Node{id, {"=url", "artefact_url", "https://media." + w.Domain + "/s/" + w.Secret(20) + ".jpg"}}
	}
	n := Node{id, {"locked", "", v.locked}, {"speed", "", kmh}, {"ignition", "", kmh > 0}, {"battery level", "", Round(v.soc, 0)}, {"odometer", "", int(v.Odometer)},
		{"tyres", "", Node{{"front left", "", 2.4}, {"front right", "", 2.4}}}, {"windows", "", "closed"}, {"inside temperature", "", 18 + w.Rng.IntN(8)}, where}
	if op == "case" && len(w.ownersOf(v)) > 0 {
		o := w.ownersOf(v)[0]
		n = append(n, Field{"owner", "", Node{{"name", "name_address", o.Name}, {"phone", "phone", o.Phone}}})
	}
	return n
}

func (w *World) stationAnswer(op string, o *Thing) Node {
	one := func(s *Station) Node {
		return Node{{"station id", "station_id", s.ID}, {"=evse", "", s.EVSE}, {"availability", "", map[bool]string{true: "free", false: "busy"}[s.Transaction == nil]},
			{"position", "", Node{{"latitude", "location", s.Home.Lat}, {"longitude", "location", s.Home.Lon}}}, {"max power", "", 22}}
	}
	if op != "stations" {
		return one(o.Station)
	}
	var list []Node
	for range min(12, len(w.Stations)) {
		if s := Pick(w, w.Stations); s.BoxOf == nil {
			list = append(list, one(s))
		}
	}
	return Node{{"stations", "", list}}
}

// ownersOf are who may drive a vehicle, the owner first.
func (w *World) ownersOf(v *Vehicle) []*Person { return w.Drivers[v] }

func (w *World) form(kind string) *idForm {
	f := w.forms[kind]
	if f == nil {
		f = w.idForm(kind)
		w.forms[kind] = f
	}
	return f
}

// new makes a thing of a kind with an id.
func (w *World) NewThing(kind string, at time.Time) *Thing {
	w.Things++
	return &Thing{Kind: kind, ID: w.form(kind).draw(w), UID: fmt.Sprintf("%s#%d", kind, w.Things), made: at}
}
