package automotive

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A guard holds commands of some classes against the motion of the vehicle they name: at once, and again at the
// watermark, when late telemetry is in.
type guard struct {
	rule      guardRule
	telemetry *telemetry
	recovery  *recovery
	pending   *detect.Table[waiting]
	hears     bool // telemetry and reports of thefts, for all guards of the memory
}

// A guardRule is what tells one guard from another.
type guardRule struct {
	card     detect.Card
	meant    func(*waywarden.Call) bool // whether the call is of the commands that are watched
	over     float64                    // speed in km/h from which the command is wrong; 0: movingKMH
	idle     bool                       // wrong at a standstill of a trip instead
	twice    bool                       // two reports in a row must show the motion
	foreign  bool                       // who may act on the vehicle is only noted
	severity waywarden.Severity         // of an accepted command
	refused  waywarden.Severity         // of a refused one
	done     string                     // title of an accepted one, %s standing for the vehicle
	tried    string                     // title of a refused one
	harm     string                     // why it is wrong
}

func newGuard(m *detect.Memory, r guardRule) detect.Detector {
	r.over = max(r.over, movingKMH)
	d := &guard{
		rule:      r,
		telemetry: telemetryOf(m), recovery: recoveryOf(m),
		pending: detect.NewTable[waiting](m, r.card.ID+" verdicts looked at again", 1<<11),
	}
	d.hears = !d.recovery.heeded
	d.recovery.heeded, d.telemetry.heeded = true, true
	return d
}

func (d *guard) Card() detect.Card { return d.rule.card }

// A waiting is a verdict that is looked at again at the watermark.
type waiting struct {
	told    bool   // it was reported
	used    motion // what was known when the command came
	report  detect.Report
	group   string
	vehicle string
}

// Scope is wide for the guard that hears for all; the others look at commands alone.
func (d *guard) Scope() detect.Scope {
	if d.hears {
		return detect.Scope{Of: detect.OfSignals | detect.OfFrames | detect.OfCalls}
	}
	return detect.Scope{Of: detect.OfFrames | detect.OfCalls, Only: detect.OnSubjects, Areas: []string{"act", "diag", "ota"}}
}

func (d *guard) Inspect(s *waywarden.Scene, out *detect.Output) {
	if s.Record.Kind == waywarden.KindSignal {
		d.telemetry.hear(s, out.Serial)
		return
	}
	if s.Call == nil || s.Call.Operation == nil {
		return
	}
	if d.hears {
		d.recovery.hear(s, out.Serial)
	}
	if !d.rule.meant(s.Call) {
		return
	}
	for i := range s.Subjects {
		if t := s.Subjects[i].Twin; t != nil && t.Type == waywarden.AssetVehicle {
			d.judge(s, t, s.Subjects[i].Linked, out)
		}
	}
}

// wrong says whether the command is wrong for the state the vehicle is in.
func (d *guard) wrong(m motion, t *waywarden.Twin, now time.Time) waywarden.Truth {
	if !d.rule.idle {
		return m.Moving.And(waywarden.TruthOf(m.KMH > d.rule.over || m.KMH == 0 && d.rule.over == movingKMH))
	}
	if m.At.IsZero() || m.Moving == waywarden.Unknown {
		return waywarden.Unknown
	}
	moved := d.telemetry.moved(t.UID)
	trip := !moved.IsZero() && now.Sub(moved) <= stopSpan && lit(t, m.At)
	return m.Moving.Not().And(waywarden.TruthOf(m.KMH <= movingKMH && trip))
}

// stopSpan is the longest halt of a trip: a red light, a crossing, a jam. A vehicle that stood longer is not on the road.
const stopSpan = 5 * time.Minute

// judge holds a command against what is known of the vehicle.
func (d *guard) judge(s *waywarden.Scene, t *waywarden.Twin, linked waywarden.Link, out *detect.Output) {
	m := d.telemetry.motion(t, s.Now, d.rule.twice || detect.Owns(linked, s.Now)) // whose it is hardly means harm
	wrong := d.wrong(m, t, s.Now)
	id := d.telemetry.mark(t.UID, s.Now, m)
	c := d.pending.At(id)
	*c = waiting{used: m, vehicle: t.UID}
	c.group = "caller " + s.Call.Principal.UID
	if s.Call.Principal.UID == "" {
		c.group = "address " + detect.Address(s)
	}
	c.report = d.describe(s, t, m)
	c.report.Group = c.group
	if d.rule.foreign && !d.recovery.rights.Stranger(s, linked) {
		c.report.Severity = waywarden.SeverityInformational
	}
	if wrong == waywarden.True {
		c.told = true
		out.Raise(&c.report)
	}
	out.Wake(s.Now.Add(watermark), id)
}

// Wake looks at a command again, now that late telemetry is in.
func (d *guard) Wake(_ time.Time, token uint64, out *detect.Output) {
	c, k := d.pending.Peek(token), d.telemetry.look(token)
	if c == nil || k == nil || c.vehicle == "" {
		return
	}
	if c.told {
		if why := d.excuse(c, k); why != "" {
			out.Retract(c.group, c.vehicle, why)
		}
	} else if !d.rule.idle && k.late.Moving == waywarden.True && k.late.KMH > d.rule.over && k.at.Sub(k.late.At) <= freshMin {
		c.report.Facts[0].Observed = kmh(k.late.KMH)
		c.report.Title = strings.Replace(c.report.Title, unknownSpeed, "at "+kmh(k.late.KMH), 1)
		c.report.Confidence = 85
		out.Raise(&c.report)
	}
	d.pending.Drop(token)
}

// excuse says what late telemetry has against a verdict; "" for nothing.
func (d *guard) excuse(c *waiting, k *mark) string {
	late := !k.late.At.IsZero()
	switch {
	case d.rule.idle:
		if late && (k.off || k.late.Moving == waywarden.True) {
			return "telemetry that came late shows that the vehicle did not stand in a trip."
		}
	case late && k.late.Moving == waywarden.False:
		return "telemetry that came late shows that the vehicle stood at " + kmh(k.late.KMH) + " before the command."
	case tooFast(c.used, k.after):
		return "the vehicle stood " + k.after.At.Sub(c.used.At).Round(time.Second).String() + " after a speed of " + kmh(c.used.KMH) + ", faster than brakes allow: the speed was an error."
	}
	return ""
}

// tooFast says whether a vehicle stood sooner after a speed than brakes allow.
func tooFast(used, after motion) bool {
	return !after.At.IsZero() && after.KMH <= 1 && after.At.Sub(used.At).Seconds() < used.KMH/3.6/brakeMS2
}

func (d *guard) describe(s *waywarden.Scene, t *waywarden.Twin, m motion) detect.Report {
	op, who, state := s.Call.Operation, detect.Who(s), "while driving "+unknownSpeed
	switch {
	case d.rule.idle:
		state = "at a halt in a trip"
	case m.KMH > 0:
		state = "while driving at " + kmh(m.KMH)
	}
	r := detect.Report{
		Subject: t.UID, Severity: d.rule.severity, Confidence: 95,
		Title:     strings.Replace(d.rule.done, "%s", t.UID, 1) + " " + state,
		Operation: op, Principal: detect.Own(s.Call.Principal),
		Evidence:  []waywarden.Evidence{detect.Keep(s)},
		First:     s.Now,
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: t.UID}},
		Facts: []waywarden.Fact{
			{Name: "speed", Observed: kmh(m.KMH), Normal: "at most " + kmh(d.rule.over)},
			{Name: "age of the speed", Observed: s.Now.Sub(m.At).Round(time.Second).String(), Normal: "fresh up to " + freshMax.String()},
		},
	}
	r.Desc = who + " had the server accept " + detect.What(op) + " for vehicle " + t.UID + " " + state + ". " + d.rule.harm
	if d.rule.idle {
		r.Facts[0].Normal, r.Confidence = "a parked vehicle, ignition off", 80
	}
	if m.At.IsZero() {
		r.Facts = r.Facts[:1]
	}
	if !s.Call.Success {
		r.Severity, r.Confidence = d.rule.refused, 80
		r.Title = strings.Replace(d.rule.tried, "%s", t.UID, 1) + " " + state
		r.Desc = who + " tried " + detect.What(op) + " on vehicle " + t.UID + " " + state + ". The server refused; the attempt alone is no honest use."
	}
	if d.recovery.known(s, t) {
		r.Severity = waywarden.SeverityInformational
		r.Desc += " The vehicle is reported stolen and under recovery."
	}
	return r
}

// unknownSpeed stands in a title until late telemetry says more.
const unknownSpeed = "at an unknown speed"
