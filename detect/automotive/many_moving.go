package automotive

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// ManyMoving makes SAF-017: safety commands of one caller to several moving vehicles.
func ManyMoving(m *detect.Memory) detect.Detector {
	return &manyMoving{
		telemetry: telemetryOf(m), recovery: recoveryOf(m),
		callers: detect.NewTable[spread](m, "SAF-017 vehicles per caller", 1<<12),
	}
}

type manyMoving struct {
	telemetry *telemetry
	recovery  *recovery
	callers   *detect.Table[spread]
}

// Bounds of the verdict (domain/invariants.tsv, SAF-017). Late telemetry makes a share of parked vehicles look moving, so
// that a help desk with many calls meets some; who means the moving ones meets mostly such.
const (
	spreadMin   = 3
	spreadSpan  = 5 * time.Minute
	spreadShare = 0.5
	spreadMax   = 16 // vehicles of a caller remembered
)

// A spread is the vehicles a caller commanded last.
type spread struct {
	next uint8
	at   [spreadMax]int64
	seen [spreadMax]uint64
	hit  [spreadMax]bool // it was moving
}

// add notes a vehicle and returns how many there were lately, and how many of them moving.
func (p *spread) add(vehicle uint64, moving bool, now int64) (all, hits int) {
	at := int(p.next)
	for i := range p.seen {
		if p.seen[i] == vehicle {
			at = i
		}
	}
	if at == int(p.next) {
		p.next = (p.next + 1) % spreadMax
	}
	p.seen[at], p.at[at], p.hit[at] = vehicle, now, moving
	for i := range p.at {
		if p.seen[i] == 0 || now-p.at[i] > int64(spreadSpan) {
			continue
		}
		all++
		if p.hit[i] {
			hits++
		}
	}
	return all, hits
}

func (d *manyMoving) Card() detect.Card {
	return detect.Card{
		ID: "SAF-017", Title: "Safety commands to several moving vehicles", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API5:2023", "API6:2023", "R155:16.1", "R155:1.2"}, Needs: detect.InputCalls | detect.InputSignals,
		Desc: `Raised when one caller has commands that are wrong in motion accepted (engine stop, immobiliser, unlock, opening, installing, erasing) for three moving vehicles within five minutes, whatever its rights, and at least half of the vehicles it commanded in that time were moving.

Limits, remote driving, resets and diagnostic routines count where the caller has no link to the vehicle though its peers have links: operators of devices and automated vehicles send them on the road.

One such command may be a mistake; a series is none. Motion is judged as for a single vehicle: fresh, under its own power, two reports in a row.`,
		Silent: []string{
			"a help desk that meets a moving vehicle now and then",
			"a fleet's bulk work on parked vehicles",
			"an operator that restarts devices, sets limits or guides automated vehicles on the road",
			"vehicles on a ferry",
		},
		Respond: "End the caller's session, block its commands and warn the drivers. Find out which account gave it the vehicles.",
	}
}

// Scope leaves telemetry to the guards where there are any.
func (d *manyMoving) Scope() detect.Scope {
	if d.telemetry.heeded {
		return detect.Scope{Of: detect.OfFrames | detect.OfCalls, Only: detect.Accepted | detect.OnSubjects, Areas: []string{"act", "diag", "ota"}}
	}
	return detect.Scope{}
}

func (d *manyMoving) Inspect(s *waywarden.Scene, out *detect.Output) {
	if s.Record.Kind == waywarden.KindSignal {
		d.telemetry.hear(s, out.Serial)
		return
	}
	if s.Call == nil || s.Call.Operation == nil || !s.Call.Success {
		return
	}
	d.recovery.rights.See(s, out.Serial)
	always, strangers := endangers(s.Call)
	if !always && !strangers {
		return
	}
	for i := range s.Subjects {
		sub := &s.Subjects[i]
		if sub.Twin != nil && sub.Twin.Type == waywarden.AssetVehicle && (always || d.recovery.rights.Stranger(s, sub.Linked)) && !d.recovery.known(s, sub.Twin) {
			d.judge(s, sub.Twin, out)
		}
	}
}

// judge takes a command to a vehicle in, and says so where it is one of several moving ones.
func (d *manyMoving) judge(s *waywarden.Scene, t *waywarden.Twin, out *detect.Output) {
	moving := d.telemetry.motion(t, s.Now, true).Moving == waywarden.True
	all, hits := d.callers.At(detect.Key(detect.Caller(s))).add(detect.Key(t.UID), moving, s.Now.UnixNano())
	if moving && hits >= spreadMin && float64(hits) >= spreadShare*float64(all) {
		d.raise(s, t, hits, all, out)
	}
}

func (d *manyMoving) raise(s *waywarden.Scene, t *waywarden.Twin, hits, all int, out *detect.Output) {
	out.Raise(&detect.Report{
		Group: detect.Caller(s), Subject: t.UID, Severity: waywarden.SeverityCritical, Confidence: 95,
		Title:     "Several moving vehicles commanded by " + detect.Caller(s),
		Desc:      detect.Who(s) + " had " + detect.What(s.Call.Operation) + " and the like accepted for " + detect.Itoa(hits) + " moving vehicles within five minutes. Nobody who means well does that to vehicles in traffic.",
		Operation: s.Call.Operation, Principal: s.Call.Principal,
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: t.UID}},
		Facts: []waywarden.Fact{
			{Name: "moving vehicles in five minutes", Observed: detect.Itoa(hits) + " of " + detect.Itoa(all), Normal: "at most " + detect.Itoa(spreadMin-1)},
		},
	})
}

// endangers says whether a call is of the classes that are wrong in motion: always, or where a stranger sends them; the
// operators of devices and of automated vehicles restart, limit and guide them on the road.
func endangers(c *waywarden.Call) (always, strangers bool) {
	switch c.Operation.Function.Class {
	case "act.engine.stop", "act.door.unlock", "act.closure.open", "act.erase":
		return true, false
	case "act.immobilise":
		return !detect.Lifts(c), false
	case "ota.install":
		return installs(c), false
	case "act.limit":
		return false, !detect.Reads(c) && !detect.Lifts(c)
	case "act.drive.remote", "diag.session", "diag.reset":
		return false, !detect.Reads(c)
	}
	return false, false
}
