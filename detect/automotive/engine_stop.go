package automotive

import (
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// EngineStop makes SAF-001: an engine stop or immobiliser command to a vehicle that is being driven.
func EngineStop(m *detect.Memory) detect.Detector {
	return &engineStop{
		pace:    detect.NewTable[pace](m, "SAF-001 reporting interval per vehicle", 1<<17),
		pending: detect.NewTable[stopped](m, "SAF-001 commands looked at again", 1<<12),
	}
}

// watermark is how long late telemetry is waited for.
const watermark = 120 * time.Second

// brakeMS2 is the hardest braking of a road vehicle: one that is said to stand earlier than that allows did not drive
// at the speed told (domain/statemodels.yaml, MOTION.decay).
const brakeMS2 = 8

// driveMS2 is the hardest acceleration of a road vehicle: a speed reached faster is an error of positioning.
const driveMS2 = 8

type engineStop struct {
	pace    *detect.Table[pace]
	pending *detect.Table[stopped]
	serial  uint64
}

// pace is how often a vehicle reports its speed while it moves.
type pace struct {
	last     int64
	interval time.Duration
	kmh      float64 // last speed
	jumped   bool    // it came out of a stand faster than engines allow
	pending  uint64  // command that waits for telemetry
}

// stopped is a command that is looked at again at the watermark.
type stopped struct {
	at      time.Time // of the command
	told    bool      // it was reported
	used    motion    // what was known when it came
	report  detect.Report
	group   string
	vehicle string
	after   motion // the first speed after the command
	late    motion // the last speed before the command, where it came late
	serial  uint64
}

func (d *engineStop) Card() detect.Card {
	return detect.Card{
		ID: "SAF-001", Title: "Engine stop or immobiliser command to a moving vehicle",
		Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API6:2023", "API1:2023", "API5:2023", "R155:16.1", "R155:1.2"},
		Needs: detect.InputCalls | detect.InputSignals, Helped: detect.InputResponseBodies,
		Desc: `Raised when a command of the classes *engine stop* or *immobilise* names a vehicle whose fresh speed is above 5 km/h under its own power.

The speed is fresh for three reporting intervals of the vehicle, at least 30 s and at most 180 s. An unknown or stale state never raises anything. A command the server accepted is critical, a refused one is medium: somebody tried.

The verdict is looked at again 120 s later, when late telemetry has arrived. It is withdrawn when the vehicle turns out to have stood before the command, or to have come to a stand faster than brakes allow (the speed was an error of positioning), and raised when it turns out to have been driving.`,
		Silent: []string{
			"a vehicle carried by a ferry, train or tow truck: speed with the ignition off",
			"telemetry that is older than three reporting intervals, as in a tunnel",
			"an error of positioning: wheels that stand, a start or a stop faster than vehicles can",
			"a command that lifts an immobiliser",
			"a stolen vehicle under recovery, as far as its mode says so (informational)",
		},
		Respond: "Stop the caller's session now and warn the driver. Require a standstill check by the vehicle or the backend before such commands are passed on.",
	}
}

func (d *engineStop) Inspect(s *waywarden.Scene, out *detect.Output) {
	if s.Record.Kind == waywarden.KindSignal {
		d.hear(s)
		return
	}
	if s.Call == nil || s.Call.Operation == nil || !stops(s.Call) {
		return
	}
	for i := range s.Subjects {
		if t := s.Subjects[i].Twin; t != nil && t.Type == waywarden.AssetVehicle {
			d.judge(s, t, out)
		}
	}
}

// hear learns how often a vehicle reports, and holds what comes in against a pending command.
func (d *engineStop) hear(s *waywarden.Scene) {
	if len(s.Subjects) == 0 || s.Subjects[0].Twin == nil {
		return
	}
	v := value(s.Record.Signal, vssSpeed)
	if v == nil || v.Kind != waywarden.ValueNumber {
		return
	}
	p := d.pace.At(detect.Key(s.Subjects[0].Twin.UID))
	p.learn(s.Now.UnixNano(), v.Number)
	if p.pending == 0 {
		return
	}
	c := d.pending.Peek(p.pending)
	if c == nil {
		p.pending = 0
		return
	}
	c.hear(motion{KMH: v.Number, At: s.Now, Moving: waywarden.TruthOf(v.Number > movingKMH && !off(s.Record.Signal))})
}

// learn takes a report of speed into the interval between reports of a moving vehicle.
func (p *pace) learn(at int64, kmh float64) {
	if gap := time.Duration(at - p.last); p.last != 0 && gap > 0 && gap < freshMax && kmh > movingKMH {
		if p.interval == 0 {
			p.interval = gap
		}
		p.interval += (gap - p.interval) / 4
	}
	if at <= p.last {
		return
	}
	p.jumped = p.last != 0 && kmh-p.kmh > driveMS2*3.6*time.Duration(at-p.last).Seconds()
	p.last, p.kmh = at, kmh
}

// hear holds a report of speed against the command: the first one after it, and the last one before it that came late.
func (c *stopped) hear(m motion) {
	if m.At.After(c.at) {
		if c.after.At.IsZero() || m.At.Before(c.after.At) {
			c.after = m
		}
		return
	}
	if m.At.After(c.used.At) && m.At.After(c.late.At) {
		c.late = m
	}
}

// judge holds a command against what is known of the vehicle.
func (d *engineStop) judge(s *waywarden.Scene, t *waywarden.Twin, out *detect.Output) {
	p := d.pace.At(detect.Key(t.UID))
	m := motionOf(t, s.Now, p.interval)
	if p.jumped && m.Moving == waywarden.True {
		m.Moving = waywarden.Unknown
	}
	d.serial++
	p.pending = d.serial
	c := d.pending.At(d.serial)
	*c = stopped{at: s.Now, used: m, vehicle: t.UID, serial: d.serial}
	c.group = "caller " + s.Call.Principal.UID
	if s.Call.Principal.UID == "" {
		c.group = "address " + detect.Address(s)
	}
	c.report = d.describe(s, t, c.group, m)
	if m.Moving == waywarden.True {
		c.told = true
		out.Raise(&c.report)
	}
	out.Wake(s.Now.Add(watermark), d.serial)
}

// Wake looks at a command again, now that late telemetry is in.
func (d *engineStop) Wake(_ time.Time, token uint64, out *detect.Output) {
	c := d.pending.Peek(token)
	if c == nil || c.serial != token {
		return
	}
	switch {
	case c.told && !c.late.At.IsZero() && c.late.Moving == waywarden.False:
		out.Retract(c.group, c.vehicle, "telemetry that came late shows that the vehicle stood at "+kmh(c.late.KMH)+" before the command.")
	case c.told && !c.after.At.IsZero() && c.after.KMH <= 1 && tooFast(c):
		out.Retract(c.group, c.vehicle, "the vehicle stood "+c.after.At.Sub(c.used.At).Round(time.Second).String()+" after a speed of "+kmh(c.used.KMH)+", faster than brakes allow: the speed was an error.")
	case !c.told && c.late.Moving == waywarden.True && c.at.Sub(c.late.At) <= freshMin:
		c.report.Facts[0].Observed = kmh(c.late.KMH)
		c.report.Title = strings.Replace(c.report.Title, "at an unknown speed", "at "+kmh(c.late.KMH), 1)
		c.report.Confidence = 85
		out.Raise(&c.report)
	}
	*c = stopped{}
}

func tooFast(c *stopped) bool {
	return c.after.At.Sub(c.used.At).Seconds() < c.used.KMH/3.6/brakeMS2
}

func (d *engineStop) describe(s *waywarden.Scene, t *waywarden.Twin, group string, m motion) detect.Report {
	op, who := s.Call.Operation, detect.Who(s)
	speed := "at an unknown speed"
	if m.KMH > 0 {
		speed = "at " + kmh(m.KMH)
	}
	r := detect.Report{
		Group: group, Subject: t.UID, Severity: waywarden.SeverityCritical, Confidence: 95,
		Title:     "Engine of vehicle " + t.UID + " stopped while driving " + speed,
		Operation: op, Principal: detect.Own(s.Call.Principal),
		Evidence:  []waywarden.Evidence{owned(detect.EvidenceOf(s))},
		First:     s.Now,
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: t.UID}},
		Facts: []waywarden.Fact{
			{Name: "speed", Observed: kmh(m.KMH), Normal: "at most " + kmh(movingKMH)},
			{Name: "age of the speed", Observed: s.Now.Sub(m.At).Round(time.Second).String(), Normal: "fresh up to " + freshMax.String()},
		},
	}
	r.Desc = who + " had the server accept " + detect.What(op) + " for vehicle " + t.UID + " while it was driving " + speed +
		". A vehicle that loses its engine, steering assistance or brake assistance in traffic endangers its occupants and others; such a command is legal at a standstill only."
	if m.At.IsZero() {
		r.Facts = r.Facts[:1]
	}
	if !s.Call.Success {
		r.Severity, r.Confidence = waywarden.SeverityMedium, 80
		r.Title = "Engine stop refused for vehicle " + t.UID + " while driving " + speed
		r.Desc = who + " tried " + detect.What(op) + " on vehicle " + t.UID + " while it was driving " + speed + ". The server refused; the attempt alone is no honest use."
	}
	if recovering(t) {
		r.Severity = waywarden.SeverityInformational
		r.Desc += " The vehicle is marked as stolen and under recovery."
	}
	return r
}

// recovering says whether the vehicle is known to be stolen and under recovery.
func recovering(t *waywarden.Twin) bool {
	r, ok := t.Reading(vssMode)
	return ok && r.Value.Text == "STOLEN_RECOVERY"
}

// stops says whether a call stops an engine, rather than lifting such a stop.
func stops(c *waywarden.Call) bool {
	switch c.Operation.Function.Class {
	case "act.engine.stop":
		return true
	case "act.immobilise":
		return !lifts(c)
	}
	return false
}

// lifting are words that turn an immobiliser command around, in the languages of such interfaces.
var lifting = map[string]bool{
	"off": true, "aus": true, "release": true, "released": true, "restore": true, "resume": true, "mobilize": true, "mobilise": true,
	"remobilize": true, "remobilise": true, "unblock": true, "unlock": true, "disarm": true, "deactivate": true, "cancel": true, "lift": true,
	"freigeben": true, "freigabe": true, "entsperren": true, "aufheben": true, "deaktivieren": true,
	"desactivar": true, "desbloquear": true, "desbloqueo": true, "liberar": true, "debloquer": true, "deverrouiller": true, "desactiver": true,
	"sblocca": true, "sbloccare": true, "disattiva": true, "vrijgeven": true, "uit": true, "odblokuj": true, "wylacz": true,
	"enginestart": true, "engineresume": true, "start": true, "allow": true, "permit": true,
}

// lifts says whether a word of the operation, or a truth value of its request, turns the command around.
func lifts(c *waywarden.Call) bool {
	op := c.Operation
	text := op.Discriminator.Value
	if text == "" {
		text = op.Template[strings.LastIndexByte(op.Template, '/')+1:]
	}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && r < 0x80 }) {
		if lifting[w] {
			return true
		}
	}
	for i := range c.Leaves {
		if l := &c.Leaves[i]; l.In == waywarden.InBody && l.Kind == waywarden.ValueBool && l.Value == "false" && switches(l.Name) {
			return true
		}
	}
	return false
}

// switches says whether a truth value of that name tells on from off.
func switches(name string) bool {
	name = strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	for _, part := range [...]string{"immo", "enable", "activ", "block", "lock", "state", "sperre", "value"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return name == "on"
}

func off(s *waywarden.Signal) bool {
	v := value(s, vssIgnition)
	return v != nil && (v.Text == "OFF" || v.Text == "LOCK")
}

func value(s *waywarden.Signal, name string) *waywarden.Value {
	for i := range s.Values {
		if s.Values[i].Name == name {
			return &s.Values[i].Value
		}
	}
	return nil
}

func owned(e waywarden.Evidence) waywarden.Evidence {
	return waywarden.Evidence{Record: strings.Clone(e.Record), Principal: strings.Clone(e.Principal), IP: strings.Clone(e.IP)}
}

func kmh(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) + " km/h" }
