package charging

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

const (
	sessionsMax  = 1 << 18
	stopsMin     = 20   // stops by those who started, before an operation is known to be for them …
	stoppersMin  = 10   // … of different callers
	stopsByOwner = 0.95 // … and their share
	namesMax     = 8    // sessions taken from one answer
)

// A session is a charging session and who started it.
type session struct{ starter, network uint64 }

// stops is how an operation that ends sessions is used.
type stops struct{ own, other, callers int }

type foreignStop struct {
	sessions *detect.Table[session]
	given    *detect.Table[bool] // sessions that an answer named to a caller who had not asked for them
	uses     *detect.Table[stops]
	known    *detect.Table[bool]
}

// ForeignStop makes CHG-007: somebody's charging session stopped or changed by somebody else.
func ForeignStop(m *detect.Memory) detect.Detector {
	return &foreignStop{
		sessions: detect.NewTable[session](m, "CHG-007 sessions", sessionsMax), given: detect.NewTable[bool](m, "CHG-007 named to callers", sessionsMax),
		uses: detect.NewTable[stops](m, "CHG-007 operations", hostsMax), known: detect.NewTable[bool](m, "CHG-007 callers", tagsMax),
	}
}

func (d *foreignStop) Card() detect.Card {
	return detect.Card{
		ID: "CHG-007", Title: "Charging session stopped by somebody else", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API1:2023", "R155:16.1"}, Needs: detect.InputCalls | detect.InputCredentials | detect.InputResponseBodies,
		Desc: `Raised when a person's account stops, unlocks or reschedules a charging session that another account started, though no answer ever named the session to it. Who started a session is learned from the answer to the start. It is judged for operations that are for drivers alone: of at least twenty calls by ten different callers before, 95 in 100 were by the one who had started the session.

Callers of whom only a credential is known are not judged: a driver has many. A caller from the network the session was started from is taken for the same household.`,
		Silent: []string{
			"a couple with two accounts at home", "a shared session that the app lists", "the help desk and operators: they come with other operations or credentials",
			"roaming partners that speak for drivers", "sessions started with a card, whose starter no call shows",
		},
		Respond: "Check that a session belongs to the caller before it is changed, and look for other sessions the account touched.",
	}
}

func (*foreignStop) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted}
}

func (d *foreignStop) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Record.HTTP == nil {
		return
	}
	who := personOf(s)
	if who == 0 {
		return
	}
	class := c.Operation.Function.Class
	if class == "chg.start" {
		d.started(s, who)
		return
	}
	if c.Operation.Access != waywarden.AccessRead && (class == "chg.stop" || class == "chg.unlock" || class == "chg.profile") {
		d.stopped(s, who, out)
		return
	}
	if out.Told.Any(detect.TypesOf(waywarden.TypeSessionID)) {
		d.named(c, who)
	}
}

// personOf returns who calls, 0 where only the credential is known: a driver has many, one after the other.
func personOf(s *waywarden.Scene) uint64 {
	p := &s.Call.Principal
	if s.Caller == nil || s.Caller.Type != waywarden.AssetConsumer || p.OnBehalf != "" || p.Kind != waywarden.PrincipalUser && p.Kind != waywarden.PrincipalSession {
		return 0
	}
	for _, id := range s.Caller.IDs {
		if id.Type == waywarden.TypePersonID {
			return detect.Key(s.Caller.UID)
		}
	}
	return 0
}

// started notes who started the sessions that the answer names.
func (d *foreignStop) started(s *waywarden.Scene, who uint64) {
	n := 0
	for i := range s.Call.Leaves {
		if l := &s.Call.Leaves[i]; l.In == waywarden.InResponse && numbersSession(l) && n < namesMax {
			*d.sessions.At(detect.Key(l.Value)) = session{who, detect.Network(s.Record.HTTP.Client.IP)}
			n++
		}
	}
}

// numbersSession says whether a leaf is the number of a session.
func numbersSession(l *waywarden.Leaf) bool {
	if len(l.Value) < 4 {
		return false
	}
	switch l.Type {
	case waywarden.TypeSessionID:
		return true
	case "":
		switch detect.LastName(l.Name) {
		case "sessionid", "session_id", "transactionid", "transaction_id", "chargingsessionid", "chargeid", "charge_id":
			return true
		}
	}
	return false
}

// named notes the sessions that an answer names to a caller who did not ask for them.
func (d *foreignStop) named(c *waywarden.Call, who uint64) {
	n := 0
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if !numbersSession(l) {
			continue
		}
		if l.In != waywarden.InResponse {
			return // it asked
		}
		k := detect.Key(l.Value)
		if x := d.sessions.Peek(k); x != nil && x.starter != who {
			*d.given.At(detect.Mix(who, k)) = true
		}
		if n++; n >= namesMax*8 {
			return
		}
	}
}

func (d *foreignStop) stopped(s *waywarden.Scene, who uint64, out *detect.Output) {
	c := s.Call
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			return
		}
		if l.In != waywarden.InPath && !numbersSession(l) {
			continue
		}
		k := detect.Key(l.Value)
		x := d.sessions.Peek(k)
		if x == nil {
			continue
		}
		d.judge(s, l, *x, who, d.given.Peek(detect.Mix(who, k)) != nil, out)
		return
	}
}

func (d *foreignStop) judge(s *waywarden.Scene, l *waywarden.Leaf, x session, who uint64, given bool, out *detect.Output) {
	c := s.Call
	u := d.uses.At(detect.Key(c.Operation.ID))
	if x.starter == who {
		u.own++
		if k := d.known.At(detect.Mix(who, detect.Key(c.Operation.ID))); !*k {
			*k = true
			u.callers++
		}
		return
	}
	if given || x.network == detect.Network(s.Record.HTTP.Client.IP) {
		return
	}
	if u.own < stopsMin || u.callers < stoppersMin || float64(u.own) < stopsByOwner*float64(u.own+u.other) {
		u.other++
		return
	}
	out.Raise(&detect.Report{
		Group: detect.Caller(s) + c.Operation.ID, Severity: waywarden.SeverityHigh, Confidence: 85, Operation: c.Operation, Principal: c.Principal,
		Title:     "Charging session of somebody else: " + detect.What(c.Operation),
		Desc:      detect.Who(s) + " called " + detect.What(c.Operation) + " for session " + detect.Clip(l.Value) + ", which another account started and no answer ever named to it.",
		Resources: detect.Assets(s),
		Facts:     []waywarden.Fact{{Name: "calls by who started the session", Observed: "no", Normal: detect.Itoa(u.own) + " of " + detect.Itoa(u.own+u.other)}},
	})
}
