package actuation

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Theft makes CMD-006: a vehicle located, unlocked and started by a stranger.
func Theft(m *detect.Memory) detect.Detector {
	return &theft{rights: detect.RightsOf(m), pairs: detect.NewTable[heist](m, "CMD-006 callers and vehicles", 1<<14)}
}

type theft struct {
	rights *detect.Rights
	pairs  *detect.Table[heist]
}

// A heist is how far a caller has come with a vehicle.
type heist struct {
	located, unlocked int64
	evidence          [2]waywarden.Evidence
}

// theftSpan is within what time the steps belong together (domain/invariants.tsv, CMD-006).
const theftSpan = 30 * time.Minute

func (d *theft) Card() detect.Card {
	return detect.Card{
		ID: "CMD-006", Title: "Vehicle located, unlocked and started by a stranger", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule,
		Types: []string{"API6:2023", "API1:2023", "R155:16.1"}, Needs: detect.InputCalls | detect.InputCredentials | detect.InputLinks,
		Desc: `Raised when a caller asks where a vehicle is, unlocks it and starts it within thirty minutes, in this order, and has no link to it though its peers have links. Remote start gives the vehicle away: that is what a thief needs.

The sequence alone says nothing: everybody does that in a car park. Groups without links (workshops, call centres) are not judged.`,
		Silent:  []string{"an owner who looks for the car in a car park", "a new owner and a renter, who are linked", "a workshop and a call centre"},
		Respond: "Stop the engine start, lock the vehicle once it stands, end the caller's session and tell the owner and the police.",
	}
}

func (*theft) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.OnSubjects, Areas: []string{"act", "read", "ota", "diag", "cfg"}}
}

func (d *theft) Inspect(s *waywarden.Scene, out *detect.Output) {
	if !accepted(s) {
		return
	}
	d.rights.See(s, out.Serial)
	class := s.Call.Operation.Function.Class
	switch class {
	case "read.location.current", "read.vehicle.status", "act.horn_lights", "act.door.unlock", "act.engine.start":
	default:
		return
	}
	now := s.Now.UnixNano()
	vehicles(s, func(sub *waywarden.Subject) {
		if !d.rights.Stranger(s, sub.Linked) {
			return
		}
		key := pair(s, sub.Twin)
		h := d.pairs.Peek(key)
		switch class {
		case "act.door.unlock":
			if h != nil && within(h.located, now, theftSpan) {
				h.unlocked, h.evidence[1] = now, detect.Keep(s)
			}
		case "act.engine.start":
			if h != nil && within(h.located, now, theftSpan) && h.unlocked != 0 {
				d.raise(s, sub, h, out)
			}
		default:
			if class == "read.vehicle.status" && !out.Told.Any(detect.Places()) {
				return
			}
			*d.pairs.At(key) = heist{located: now, evidence: [2]waywarden.Evidence{detect.Keep(s)}}
		}
	})
}

func (d *theft) raise(s *waywarden.Scene, sub *waywarden.Subject, h *heist, out *detect.Output) {
	r := report(s, sub, waywarden.SeverityHigh, "Vehicle "+sub.Twin.UID+" located, unlocked and started by a stranger",
		detect.Who(s)+", who has no link to vehicle "+sub.Twin.UID+", asked where it is, unlocked it and started it within "+time.Duration(s.Now.UnixNano()-h.located).Round(time.Second).String()+".")
	r.First, r.Evidence, r.Confidence = time.Unix(0, h.located).UTC(), []waywarden.Evidence{h.evidence[0], h.evidence[1], detect.Keep(s)}, 90
	r.Facts = []waywarden.Fact{{Name: "link to the vehicle", Observed: "none", Normal: "owner, driver, renter"}}
	out.Raise(&r)
}
