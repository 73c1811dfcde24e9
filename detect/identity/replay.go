package identity

import (
	"slices"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Replay makes IDN-003: a token used from elsewhere by another program.
func Replay(m *detect.Memory) detect.Detector {
	return &replay{
		tokens: detect.NewTable[token](m, "IDN-003 tokens", 1<<16),
		owners: detect.NewTable[stacks](m, "IDN-003 programs per caller", 1<<16),
		common: detect.NewTable[int32](m, "IDN-003 callers per program", 1<<13),
	}
}

type replay struct {
	tokens *detect.Table[token]
	owners *detect.Table[stacks]
	common *detect.Table[int32] // per group of callers and program, and per group: how many callers
}

// A token is where one credential is at home: the program and networks that used it, most recently used first.
type token struct {
	home     stack
	networks [4]uint64
	uses     int32 // by the program at home
	last     int64 // use by it
	moves    int32 // programs taken in after the first
	thief    stack // zero: none
	reported bool
	evidence detect.Few // of the thief's first uses
}

// A stack is what a program looks like on the wire.
type stack struct{ ja4, app uint64 }

// stacks are the programs a caller uses, whatever its token.
type stacks struct {
	n  int
	at [6]stack
}

// Bounds of the verdict.
const (
	mainstream  = 0.1 // share of a group's callers from which a program is what everybody has
	personUses  = 3   // uses at home before another place stands out, of a person's token …
	personSpan  = 2 * time.Hour
	serviceUses = 20 // … and of a service's, however long ago
	movesMax    = 2  // programs beyond the first from which a token is shared by design
)

func (d *replay) Card() detect.Card {
	return detect.Card{
		ID: "IDN-003", Title: "Token used from elsewhere by another program", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API2:2023", "API10:2023", "R155:6.2", "R155:20.2"},
		Needs: detect.InputCalls | detect.InputCredentials,
		Desc: `Raised when a token that one program uses is accepted from another network, with another TLS fingerprint and from another application at once, and its owner never used that program. A service's token or key must have a habit (twenty calls); then any use is enough. A person's token must have been in use (three calls, the last within two hours), and it is raised once the other program commands a vehicle or a charger, unless one in ten of the person's peers uses that program: people do lend their tokens to scripts that read, and open the app beside them. Where no sensor takes TLS fingerprints, application and network decide.

A token that more than two programs use is shared by design and says nothing. It is critical when the new place commands a vehicle or a charger.`,
		Silent: []string{
			"a handover from Wi-Fi to a mobile network: the program is the same",
			"an update of the app, or another version of a library",
			"a proxy that changes the TLS fingerprint: the application is the same",
			"a key that is built into many clients",
			"the owner's other devices, and scripts that only read",
		},
		Respond: "Revoke the token and those of the same sign-in, ask its owner, and bind tokens to the client (mTLS or DPoP).",
	}
}

func (*replay) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted} }

func (d *replay) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || c.Principal.Session == "" || !c.Success || c.Principal.Kind == waywarden.PrincipalCharger {
		return
	}
	at := stack{detect.Key(s.Record.HTTP.Client.JA4), detect.Key(named(c))}
	group := detect.Key(string(c.Principal.Kind), c.Principal.Client, string(c.Principal.Scheme))
	net := network(s.Record.HTTP.Client.IP)
	t := d.tokens.At(detect.Key(c.Principal.Session))
	owner := d.owners.At(detect.Key(c.Principal.UID))
	now := s.Now.UnixNano()
	switch {
	case t.uses == 0:
		t.home, t.networks[0] = at, net
	case t.thief != (stack{}) && at == t.thief, at != t.home && d.stranger(s, t, owner, at, net, now):
		d.judge(s, t, at, group, out)
		return
	case at != t.home:
		if elsewhere(at, t.home) {
			t.moves++
		}
		t.home = at
	}
	t.uses++
	t.last = now
	t.settle(net)
	if owner.learn(at) {
		*d.common.At(detect.Mix(group, detect.Mix(at.ja4, at.app)))++
		if owner.n == 1 {
			*d.common.At(group)++
		}
	}
}

// judge keeps the first uses by a stranger until they are enough, and then says so.
func (d *replay) judge(s *waywarden.Scene, t *token, at stack, group uint64, out *detect.Output) {
	switch {
	case t.reported:
		d.report(s, t, nil, out)
		return
	case t.thief != at:
		t.thief, t.evidence = at, detect.Few{}
	}
	if s.Call.Principal.Kind != waywarden.PrincipalService {
		users, all := *d.common.At(detect.Mix(group, detect.Mix(at.ja4, at.app))), *d.common.At(group)
		if s.Call.Operation.Access != waywarden.AccessControl || float64(users) >= mainstream*float64(all) {
			t.evidence.Add(s)
			return
		}
	}
	t.reported = true
	d.report(s, t, t.evidence.With(s), out)
}

// named names the application of a call and its library.
func named(c *waywarden.Call) string { return c.Application.UID + " " + library(c.Application.SDK) }

// elsewhere says whether two stacks are of different programs in every respect a sensor sees.
func elsewhere(a, b stack) bool {
	blind := detect.Key("")
	return a.app != b.app && (a.ja4 != b.ja4 || a.ja4 == blind)
}

// stranger says whether a use of a token is not its owner's.
func (d *replay) stranger(s *waywarden.Scene, t *token, owner *stacks, at stack, net uint64, now int64) bool {
	if !elsewhere(at, t.home) || t.moves > movesMax || owner.holds(at) {
		return false
	}
	if slices.Contains(t.networks[:], net) {
		return false
	}
	if s.Call.Principal.Kind == waywarden.PrincipalService {
		return t.uses >= serviceUses
	}
	return t.uses >= personUses && now-t.last <= int64(personSpan)
}

// settle notes a network the token is used from.
func (t *token) settle(net uint64) {
	i := 0
	for i < len(t.networks)-1 && t.networks[i] != net {
		i++
	}
	copy(t.networks[1:i+1], t.networks[:i])
	t.networks[0] = net
}

func (o *stacks) holds(s stack) bool {
	return slices.Contains(o.at[:min(o.n, len(o.at))], s)
}

// learn notes a program; it says whether it is a new one.
func (o *stacks) learn(s stack) bool {
	if o.holds(s) {
		return false
	}
	o.at[o.n%len(o.at)] = s
	o.n++
	return true
}

func (d *replay) report(s *waywarden.Scene, t *token, ev []waywarden.Evidence, out *detect.Output) {
	c := s.Call
	r := detect.Report{
		Group: "token " + c.Principal.Session, Severity: waywarden.SeverityHigh, Confidence: 80, Operation: c.Operation, Principal: c.Principal, Evidence: ev,
		Title: "Token of " + c.Principal.UID + " used from elsewhere",
		Facts: []waywarden.Fact{
			{Name: "uses by the program it is at home with", Observed: detect.Itoa(t.uses), Normal: "all"},
			{Name: "new place", Observed: detect.Address(s) + " with " + named(c), Normal: "the networks and programs of its owner"},
		},
	}
	r.Desc = "A token of " + detect.Who(s) + ", so far used " + detect.Itoa(t.uses) + " times by one program, was accepted from " + detect.Address(s) + " with " + named(c) +
		": another network, another TLS fingerprint and another application at once. Its owner never used that program. It was last used to call " + detect.What(c.Operation) + "."
	for i := range s.Subjects {
		if w := s.Subjects[i].Twin; w != nil {
			r.Resources = append(r.Resources, waywarden.Resource{Type: w.Type, UID: w.UID})
		}
	}
	if c.Operation.Access == waywarden.AccessControl {
		r.Severity = waywarden.SeverityCritical
	}
	out.Raise(&r)
}
