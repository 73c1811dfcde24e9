package actuation

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Oscillation makes SAF-019: the same actuator of a vehicle toggled again and again.
func Oscillation(m *detect.Memory) detect.Detector {
	return &oscillation{rights: detect.RightsOf(m), toggles: detect.NewTable[toggle](m, "SAF-019 actuators", 1<<14)}
}

type oscillation struct {
	rights  *detect.Rights
	toggles *detect.Table[toggle]
}

// A toggle is the last turns of an actuator by one caller.
type toggle struct {
	on   bool
	next uint8
	at   [turnsMin]int64
}

// Bounds of the verdict (domain/invariants.tsv, SAF-019).
const (
	turnsMin = 6
	turnSpan = 5 * time.Minute
)

func (d *oscillation) Card() detect.Card {
	return detect.Card{
		ID: "SAF-019", Title: "Actuator toggled over and over", Severity: waywarden.SeverityMedium, Analytic: waywarden.AnalyticRule,
		Types: []string{"API4:2023", "R155:16.1", "R155:8.1"}, Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputLinks,
		Desc: `Raised when one caller turns the locks or the engine of one vehicle six times within five minutes, on and off in turn, and has no link to it though its peers have links. The same command again is a retry and no turn.

Who may act on the vehicle is noted only (informational): children play, and test rigs do nothing else.`,
		Silent:  []string{"retries of one command", "children with the app, test rigs: noted, not raised", "a fleet that locks each of many vehicles once"},
		Respond: "End the caller's session and limit commands per vehicle.",
	}
}

// turn returns the actuator that a class of commands moves, and where to; 0 for none.
func turn(c *waywarden.Call) (actuator uint64, on bool) {
	switch c.Operation.Function.Class {
	case "act.door.lock":
		return 1, false
	case "act.door.unlock":
		return 1, true
	case "act.engine.stop":
		return 2, false
	case "act.engine.start":
		return 2, true
	case "act.immobilise":
		return 3, detect.Lifts(c)
	}
	return 0, false
}

func (*oscillation) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Changing | detect.OnSubjects, Areas: []string{"act", "ota", "diag", "cfg"}}
}

func (d *oscillation) Inspect(s *waywarden.Scene, out *detect.Output) {
	d.rights.See(s, out.Serial)
	if !accepted(s) || !detect.Commands(s.Call) {
		return
	}
	actuator, on := turn(s.Call)
	if actuator == 0 {
		return
	}
	now := s.Now.UnixNano()
	vehicles(s, func(sub *waywarden.Subject) {
		t := d.toggles.At(detect.Mix(pair(s, sub.Twin), actuator))
		if t.at[(t.next+turnsMin-1)%turnsMin] != 0 && t.on == on {
			return
		}
		t.on, t.at[t.next] = on, now
		t.next = (t.next + 1) % turnsMin
		if first := t.at[t.next]; within(first, now, turnSpan) {
			r := report(s, sub, milder(d.rights, s, sub, waywarden.SeverityMedium), "Actuator of vehicle "+sub.Twin.UID+" toggled over and over",
				detect.Who(s)+" turned an actuator of vehicle "+sub.Twin.UID+" on and off "+detect.Itoa(turnsMin)+" times within "+time.Duration(now-first).Round(time.Second).String()+", last with "+detect.What(s.Call.Operation)+".")
			r.First = time.Unix(0, first).UTC()
			r.Facts = []waywarden.Fact{{Name: "turns within five minutes", Observed: detect.Itoa(turnsMin) + " or more", Normal: "one or two"}}
			out.Raise(&r)
		}
	})
}
