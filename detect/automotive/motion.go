package automotive

import (
	"math"
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Limits of what is remembered of motion.
const (
	pacesMax = 1 << 17 // vehicles
	marksMax = 1 << 13 // commands that wait for late telemetry
)

// telemetry is what the guards share: how vehicles report and move, and the commands that wait for late reports.
type telemetry struct {
	paces  *detect.Table[pace]
	marks  *detect.Table[mark]
	heeded bool   // a guard hears reports, for all
	heard  uint64 // serial of the scene heard last
	serial uint64 // of the last mark
}

// telemetryOf returns the telemetry that the detectors of a memory share.
func telemetryOf(m *detect.Memory) *telemetry {
	return detect.Shared(m, "telemetry", func(m *detect.Memory) *telemetry {
		return &telemetry{
			paces: detect.NewTable[pace](m, "SAF motion per vehicle", pacesMax),
			marks: detect.NewTable[mark](m, "SAF commands looked at again", marksMax),
		}
	})
}

// A pace is how a vehicle reports and moves.
type pace struct {
	last     int64 // report of the speed
	before   int64 // the one before it
	interval time.Duration
	kmh      float64
	moved    int64 // last report of a drive that more than one report showed
	fixed    int64 // last position
	lat, lon float64
	mark     uint64 // command held against its reports last
	driving  uint8  // reports in a row that showed motion, up to two
	jumped   bool   // the last speed came out of a stand faster than engines allow
	rolling  bool   // the wheels turn on the spot, or the speed is an error: positions say so
}

// A mark is a command that late reports are held against.
type mark struct {
	serial uint64
	older  uint64 // the mark before it of the same vehicle
	at     time.Time
	used   time.Time // of the speed known when the command came
	after  motion    // the first speed after the command
	late   motion    // the last speed before the command, where it came late
	off    bool      // the ignition turns out to have been off before the command
}

// A motion is whether a vehicle moved at a moment, and by which speed that is known.
type motion struct {
	Moving waywarden.Truth
	KMH    float64
	At     time.Time // of the speed; zero when none is known
}

// Freshness of motion: a vehicle that reports every n seconds is still known to move up to three intervals later, at
// least freshMin and at most freshMax (domain/statemodels.yaml, MOTION.decay).
const (
	freshMin = 30 * time.Second
	freshMax = 180 * time.Second
	offSpan  = 24 * time.Hour // an ignition that is reported when it changes stays off so long (fresh_off_s)
)

// Physics of road vehicles.
const (
	movingKMH = 5 // the speed above which stopping the engine endangers; below it is manoeuvring and noise of positioning
	brakeMS2  = 8 // the hardest braking: a vehicle that is said to stand earlier did not drive (MOTION.decay)
	driveMS2  = 8 // the hardest acceleration: a speed reached faster is an error of positioning
)

// watermark is how long late telemetry is waited for.
const watermark = 120 * time.Second

// hear takes a report of a vehicle into what is known of it, once for all guards.
func (d *telemetry) hear(s *waywarden.Scene, serial uint64) {
	if serial == d.heard || len(s.Subjects) == 0 || s.Subjects[0].Twin == nil {
		return
	}
	d.heard = serial
	v := value(s.Record.Signal, vssSpeed)
	if v == nil || v.Kind != waywarden.ValueNumber {
		return
	}
	at := when(s.Record)
	p := d.paces.At(detect.Key(s.Subjects[0].Twin.UID))
	p.place(s.Record.Signal, at.UnixNano(), v.Number)
	p.learn(at.UnixNano(), v.Number)
	if p.mark == 0 {
		return
	}
	off := off(s.Record.Signal)
	m := motion{KMH: v.Number, At: at, Moving: waywarden.TruthOf(v.Number > movingKMH && !off)}
	for id := p.mark; id != 0; {
		k := d.marks.Peek(id)
		if k == nil || k.serial != id {
			break
		}
		k.hear(m, off)
		id = k.older
	}
}

// when is the time of a report; a clock that runs ahead of the receiver's is set right by it.
func when(r *waywarden.Record) time.Time {
	if !r.Received.IsZero() && r.Received.Before(r.At) {
		return r.Received
	}
	return r.At
}

// learn takes a report of speed into the interval between reports of a moving vehicle, and into whether it drives.
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
	if p.driving == 2 && !p.rolling {
		p.moved = at
	}
	p.before, p.last, p.kmh = p.last, at, kmh
}

// Bounds of what positions say about a speed.
const (
	rollingWay = 60.0 // metres a speed must mean before positions can speak against it
	rollingGap = 15.0 // metres within which a standing receiver wanders
)

// place holds a speed against the way between two positions: on a roller bench and while a standing receiver drifts there
// is speed and no way. A position that is repeated to the last digit says nothing: it is what was known before a tunnel.
func (p *pace) place(s *waywarden.Signal, at int64, kmh float64) {
	lat, lon := value(s, vssLatitude), value(s, vssLongitude)
	if lat == nil || lon == nil || lat.Kind != waywarden.ValueNumber || lon.Kind != waywarden.ValueNumber || at <= p.fixed {
		return
	}
	if lat.Number == p.lat && lon.Number == p.lon {
		return
	}
	if gap := time.Duration(at - p.fixed); p.fixed != 0 && gap <= freshMax {
		if expected := min(kmh, p.kmh) / 3.6 * gap.Seconds(); expected >= rollingWay {
			p.rolling = metres(p.lat, p.lon, lat.Number, lon.Number) <= rollingGap
		} else if kmh <= movingKMH {
			p.rolling = false
		}
	}
	p.fixed, p.lat, p.lon = at, lat.Number, lon.Number
}

// metres is the distance of two near places.
func metres(lat1, lon1, lat2, lon2 float64) float64 {
	const degree = 111_195 // metres of latitude
	return math.Hypot(lat2-lat1, (lon2-lon1)*math.Cos(lat1*math.Pi/180)) * degree
}

// steady says whether the last two reports, none of them old, showed motion.
func (p *pace) steady(now time.Time) bool {
	return p.driving >= 2 && now.UnixNano()-p.before <= int64(2*freshMax)
}

// hear holds a report of speed against the command: the first one after it, and the last one before it that came late.
func (k *mark) hear(m motion, off bool) {
	if m.At.After(k.at) {
		if k.after.At.IsZero() || m.At.Before(k.after.At) {
			k.after = m
		}
		return
	}
	if m.At.After(k.used) && m.At.After(k.late.At) {
		k.late, k.off = m, off
	}
}

// mark has late reports held against a command of now, judged by the motion m.
func (d *telemetry) mark(uid string, now time.Time, m motion) uint64 {
	p := d.paces.At(detect.Key(uid))
	older := p.mark
	if o := d.marks.Peek(older); o == nil || now.Sub(o.at) > 2*watermark {
		older = 0
	}
	d.serial++
	p.mark = d.serial
	*d.marks.At(d.serial) = mark{serial: d.serial, older: older, at: now, used: m.At}
	return d.serial
}

// look returns what was held against a command; nil where there was no room to wait for it.
func (d *telemetry) look(id uint64) *mark {
	if k := d.marks.Peek(id); k != nil && k.serial == id {
		return k
	}
	return nil
}

// motion says whether the vehicle moved under its own power at now. A single speed is believed where the ignition is
// known to be on and the guard does not want two.
func (d *telemetry) motion(t *waywarden.Twin, now time.Time, twice bool) motion {
	var p pace
	if known := d.paces.Peek(detect.Key(t.UID)); known != nil {
		p = *known
	}
	m := motionOf(t, now, p.interval)
	if m.Moving != waywarden.True {
		return m
	}
	if m.KMH > 0 && (p.jumped || p.rolling || (twice || !lit(t, m.At)) && !p.steady(now)) {
		m.Moving = waywarden.Unknown
	}
	return m
}

// moved returns when a vehicle was last seen on a drive.
func (d *telemetry) moved(uid string) time.Time {
	if p := d.paces.Peek(detect.Key(uid)); p != nil && p.moved != 0 {
		return time.Unix(0, p.moved)
	}
	return time.Time{}
}

// motionOf says whether a vehicle that reports every interval moved under its own power at now, as far as its twin tells.
func motionOf(t *waywarden.Twin, now time.Time, interval time.Duration) motion {
	fresh := min(max(3*interval, freshMin), freshMax)
	own, said := t.Fresh(vssMoving, now, fresh)
	said = said && own.Value.Kind == waywarden.ValueBool
	speed, ok := t.Fresh(vssSpeed, now, fresh)
	if !ok || speed.Value.Kind != waywarden.ValueNumber || speed.At.After(now) {
		if said {
			return motion{Moving: waywarden.TruthOf(own.Value.Number != 0), At: own.At}
		}
		return motion{}
	}
	m := motion{KMH: speed.Value.Number, At: speed.At, Moving: waywarden.True}
	switch {
	case m.KMH <= movingKMH, carried(t, speed.At), standing(t, now, fresh):
		m.Moving = waywarden.False
	case wasOff(t, speed.At), said && own.Value.Number == 0 && !own.At.Before(speed.At):
		m.Moving = waywarden.Unknown // its speed and its own word differ
	}
	return m
}

// standing says whether a wheel is known to stand: then a speed is an error of positioning.
func standing(t *waywarden.Twin, now time.Time, fresh time.Duration) bool {
	for _, w := range wheels {
		if r, ok := t.Fresh(w, now, fresh); ok && r.Value.Kind == waywarden.ValueNumber && r.Value.Number <= 1 {
			return true
		}
	}
	return false
}

// ignition returns the state of the ignition as last reported, and how long before at.
func ignition(t *waywarden.Twin, at time.Time) (state string, age time.Duration) {
	r, ok := t.Reading(vssIgnition)
	if !ok {
		return "", 0
	}
	return r.Value.Text, at.Sub(r.At)
}

// carried says whether a vehicle with a speed is not driving: its ignition is off, so it is on a ferry, a train or a tow.
func carried(t *waywarden.Twin, at time.Time) bool {
	state, age := ignition(t, at)
	return dark(state) && age <= freshMax
}

// wasOff says whether the ignition was off when it was last reported, within the day: reports of what changed alone do
// not repeat it, but a report may also have been lost.
func wasOff(t *waywarden.Twin, at time.Time) bool {
	state, age := ignition(t, at)
	return dark(state) && age <= offSpan
}

// lit says whether the ignition is known to be on.
func lit(t *waywarden.Twin, at time.Time) bool {
	state, age := ignition(t, at)
	return (state == "ON" || state == "START") && age <= offSpan
}

func dark(state string) bool { return state == "OFF" || state == "LOCK" }

func off(s *waywarden.Signal) bool {
	v := value(s, vssIgnition)
	return v != nil && dark(v.Text)
}

func value(s *waywarden.Signal, name string) *waywarden.Value {
	for i := range s.Values {
		if s.Values[i].Name == name {
			return &s.Values[i].Value
		}
	}
	return nil
}

func kmh(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) + " km/h" }
