package actuation

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Burst makes CMD-005: a burst of commands on one vehicle.
func Burst(m *detect.Memory) detect.Detector {
	return &burst{rights: detect.RightsOf(m), pairs: detect.NewTable[train](m, "CMD-005 callers and vehicles", 1<<14)}
}

type burst struct {
	rights *detect.Rights
	pairs  *detect.Table[train]
}

// A train is the last commands of one caller to one vehicle.
type train struct {
	class uint64
	last  int64 // retries counted or not
	next  uint8
	at    [burstMax + 1]int64
}

// Bounds of the verdict (domain/invariants.tsv, CMD-005).
const (
	burstMax  = 10
	burstSpan = 5 * time.Minute
	againSpan = 3 * time.Second  // the same command again so soon is a retry …
	retrySpan = 15 * time.Second // … until retries give up
)

func (d *burst) Card() detect.Card {
	return detect.Card{
		ID: "CMD-005", Title: "Burst of commands on one vehicle", Severity: waywarden.SeverityLow, Analytic: waywarden.AnalyticRule,
		Types: []string{"API4:2023"}, Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputLinks,
		Desc: `Raised when one caller has more than ten commands accepted for one vehicle within five minutes and has no link to it though its peers have links. The same command again within three seconds is a retry, for fifteen seconds at most.

Who may act on the vehicle is noted only (informational): users are impatient, test rigs do nothing else. Bursts over many vehicles are FLT-001, lock-outs LIF-011.`,
		Silent:  []string{"impatient users and test rigs: noted, not raised", "retries in a bad network", "a fleet's bulk work, one command a vehicle"},
		Respond: "Limit commands per vehicle and caller, and look at what the caller is after.",
	}
}

func (*burst) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Changing | detect.OnSubjects, Areas: []string{"act", "ota", "diag", "cfg"}}
}

func (d *burst) Inspect(s *waywarden.Scene, out *detect.Output) {
	d.rights.See(s, out.Serial)
	if !accepted(s) || !detect.Commands(s.Call) || s.Call.Operation.Function.Class == "act.wake" {
		return
	}
	now, class := s.Now.UnixNano(), detect.Key(s.Call.Operation.Function.Class)
	vehicles(s, func(sub *waywarden.Subject) {
		t := d.pairs.At(pair(s, sub.Twin))
		const n = uint8(len(t.at))
		counted := t.at[(t.next+n-1)%n]
		retry := t.class == class && within(t.last, now, againSpan) && within(counted, now, retrySpan)
		t.last = now
		if retry {
			return
		}
		t.class, t.at[t.next] = class, now
		t.next = (t.next + 1) % n
		if first := t.at[t.next]; within(first, now, burstSpan) {
			r := report(s, sub, milder(d.rights, s, sub, waywarden.SeverityLow), "Burst of commands on vehicle "+sub.Twin.UID,
				detect.Who(s)+" had more than ten commands accepted for vehicle "+sub.Twin.UID+" within "+time.Duration(now-first).Round(time.Second).String()+", last "+detect.What(s.Call.Operation)+".")
			r.First = time.Unix(0, first).UTC()
			r.Facts = []waywarden.Fact{{Name: "commands within five minutes", Observed: "more than " + detect.Itoa(burstMax), Normal: "a few"}}
			out.Raise(&r)
		}
	})
}
