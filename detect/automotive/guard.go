package automotive

import (
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A guard holds commands of some classes against the motion of the vehicle they name: at once, and again at the
// watermark, when late telemetry is in.
type guard struct {
	rule    guardRule
	pace    *detect.Table[pace]
	pending *detect.Table[stopped]
	callers *detect.Table[spread]
	serial  uint64
}

// A spread is the moving vehicles that a caller acted on lately.
type spread struct {
	at   [spreadMin]int64
	seen [spreadMin]uint64
	next uint8
}

// Moving vehicles of one caller within spreadSpan from which on it is no mistake (domain/invariants.tsv, SAF-017).
const (
	spreadMin  = 3
	spreadSpan = 5 * time.Minute
)

// add notes a moving vehicle and says whether there were spreadMin of them lately.
func (p *spread) add(vehicle uint64, now int64) bool {
	for i := range p.seen {
		if p.seen[i] == vehicle {
			p.at[i] = now
			return p.count(now) >= spreadMin
		}
	}
	p.seen[p.next], p.at[p.next] = vehicle, now
	p.next = (p.next + 1) % spreadMin
	return p.count(now) >= spreadMin
}

func (p *spread) count(now int64) int {
	n := 0
	for i := range p.at {
		if p.seen[i] != 0 && now-p.at[i] <= int64(spreadSpan) {
			n++
		}
	}
	return n
}

// A guardRule is what tells one guard from another.
type guardRule struct {
	card     detect.Card
	meant    func(*waywarden.Call) bool // whether the call is of the commands that are watched
	twice    bool                       // two reports in a row must show the motion
	foreign  bool                       // who may act on the vehicle is only noted, unless it does so to several
	severity waywarden.Severity         // of an accepted command
	refused  waywarden.Severity         // of a refused one
	done     string                     // title of an accepted one, %s standing for the vehicle
	tried    string                     // title of a refused one
	harm     string                     // why it is wrong
}

func newGuard(m *detect.Memory, r guardRule) detect.Detector {
	return &guard{
		rule:    r,
		pace:    detect.NewTable[pace](m, r.card.ID+" reporting interval per vehicle", 1<<17),
		pending: detect.NewTable[stopped](m, r.card.ID+" commands looked at again", 1<<12),
		callers: detect.NewTable[spread](m, r.card.ID+" moving vehicles per caller", 1<<12),
	}
}

func (d *guard) Card() detect.Card { return d.rule.card }

// watermark is how long late telemetry is waited for.
const watermark = 120 * time.Second

// brakeMS2 is the hardest braking of a road vehicle: one that is said to stand earlier than that allows did not drive
// at the speed told (domain/statemodels.yaml, MOTION.decay).
const brakeMS2 = 8

// driveMS2 is the hardest acceleration of a road vehicle: a speed reached faster is an error of positioning.
const driveMS2 = 8

// pace is how often a vehicle reports its speed while it moves.
type pace struct {
	last     int64
	interval time.Duration
	kmh      float64 // last speed
	jumped   bool    // it came out of a stand faster than engines allow
	before   int64   // the report before the last
	driving  uint8   // reports in a row that showed motion, up to two
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

func (d *guard) Inspect(s *waywarden.Scene, out *detect.Output) {
	if s.Record.Kind == waywarden.KindSignal {
		d.hear(s)
		return
	}
	if s.Call == nil || s.Call.Operation == nil || !d.rule.meant(s.Call) {
		return
	}
	for i := range s.Subjects {
		if t := s.Subjects[i].Twin; t != nil && t.Type == waywarden.AssetVehicle {
			d.judge(s, t, s.Subjects[i].Linked, out)
		}
	}
}

// hear learns how often a vehicle reports, and holds what comes in against a pending command.
func (d *guard) hear(s *waywarden.Scene) {
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
	if kmh <= movingKMH {
		p.driving = 0
	} else if p.driving < 2 {
		p.driving++
	}
	p.before, p.last, p.kmh = p.last, at, kmh
}

// steady says whether the last two reports, none of them old, showed motion.
func (p *pace) steady(now time.Time) bool {
	return p.driving >= 2 && now.UnixNano()-p.before <= int64(2*freshMax)
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
func (d *guard) judge(s *waywarden.Scene, t *waywarden.Twin, linked waywarden.Link, out *detect.Output) {
	p := d.pace.At(detect.Key(t.UID))
	m := motionOf(t, s.Now, p.interval)
	if m.Moving == waywarden.True && (p.jumped || d.rule.twice && !p.steady(s.Now)) {
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
	if d.rule.foreign && entitled(s, linked) {
		wide := m.Moving == waywarden.True && d.callers.At(detect.Key(c.group)).add(detect.Key(t.UID), s.Now.UnixNano())
		if !wide {
			c.report.Severity = waywarden.SeverityInformational
		}
	}
	if m.Moving == waywarden.True {
		c.told = true
		out.Raise(&c.report)
	}
	out.Wake(s.Now.Add(watermark), d.serial)
}

// linksMin is how many links a group of callers must have before one without a link is foreign.
const linksMin = 20

// entitled says whether the caller may act on the vehicle, or is of a group that works on strangers' vehicles.
func entitled(s *waywarden.Scene, l waywarden.Link) bool {
	return own(l, s.Now) || s.LinksLearned < linksMin
}

// own says whether a link gives a right at now.
func own(l waywarden.Link, now time.Time) bool {
	return l.Rel != "" && l.Rel != "contact" && (l.Until.IsZero() || l.Until.After(now))
}

// Wake looks at a command again, now that late telemetry is in.
func (d *guard) Wake(_ time.Time, token uint64, out *detect.Output) {
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
		c.report.Title = strings.Replace(c.report.Title, unknownSpeed, "at "+kmh(c.late.KMH), 1)
		c.report.Confidence = 85
		out.Raise(&c.report)
	}
	*c = stopped{}
}

func tooFast(c *stopped) bool {
	return c.after.At.Sub(c.used.At).Seconds() < c.used.KMH/3.6/brakeMS2
}

func (d *guard) describe(s *waywarden.Scene, t *waywarden.Twin, group string, m motion) detect.Report {
	op, who := s.Call.Operation, detect.Who(s)
	speed := unknownSpeed
	if m.KMH > 0 {
		speed = "at " + kmh(m.KMH)
	}
	r := detect.Report{
		Group: group, Subject: t.UID, Severity: d.rule.severity, Confidence: 95,
		Title:     strings.Replace(d.rule.done, "%s", t.UID, 1) + " while driving " + speed,
		Operation: op, Principal: detect.Own(s.Call.Principal),
		Evidence:  []waywarden.Evidence{owned(detect.EvidenceOf(s))},
		First:     s.Now,
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: t.UID}},
		Facts: []waywarden.Fact{
			{Name: "speed", Observed: kmh(m.KMH), Normal: "at most " + kmh(movingKMH)},
			{Name: "age of the speed", Observed: s.Now.Sub(m.At).Round(time.Second).String(), Normal: "fresh up to " + freshMax.String()},
		},
	}
	r.Desc = who + " had the server accept " + detect.What(op) + " for vehicle " + t.UID + " while it was driving " + speed + ". " + d.rule.harm
	if m.At.IsZero() {
		r.Facts = r.Facts[:1]
	}
	if !s.Call.Success {
		r.Severity, r.Confidence = d.rule.refused, 80
		r.Title = strings.Replace(d.rule.tried, "%s", t.UID, 1) + " while driving " + speed
		r.Desc = who + " tried " + detect.What(op) + " on vehicle " + t.UID + " while it was driving " + speed + ". The server refused; the attempt alone is no honest use."
	}
	if recovering(t) {
		r.Severity = waywarden.SeverityInformational
		r.Desc += " The vehicle is marked as stolen and under recovery."
	}
	return r
}

// unknownSpeed stands in a title until late telemetry says more.
const unknownSpeed = "at an unknown speed"

// recovering says whether the vehicle is known to be stolen and under recovery.
func recovering(t *waywarden.Twin) bool {
	r, ok := t.Reading(vssMode)
	return ok && r.Value.Text == "STOLEN_RECOVERY"
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
