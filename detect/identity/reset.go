package identity

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// BareReset makes IDN-010: a password set anew without any proof.
func BareReset(m *detect.Memory) detect.Detector {
	return &bareReset{
		ops:     detect.NewTable[resetting](m, "IDN-010 operations", 1<<10),
		proved:  detect.NewTable[int64](m, "IDN-010 accounts and addresses that proved something", 1<<15),
		sources: detect.NewTable[resets](m, "IDN-010 addresses that set passwords", 1<<12),
	}
}

type bareReset struct {
	ops     *detect.Table[resetting]
	proved  *detect.Table[int64]
	sources *detect.Table[resets]
}

// A resetting is whose passwords an operation set, with a proof and without.
type resetting struct{ proven, bare detect.Set }

// resets is whose passwords were set without a proof from one address.
type resets struct {
	first    int64
	accounts detect.Set
	evidence detect.Few
}

// Bounds of the verdict.
const (
	resetProven  = 3   // accounts whose password was set with a proof before one without stands out …
	resetShare   = 0.1 // … if others without are at most this share of them
	resetMany    = 5   // or accounts of one address, where at most …
	resetOthers  = 1   // … so many are of others: what many send without a proof is a sign-in
	resetSpan    = 24 * time.Hour
	resetAfter   = time.Hour // how long a proof given in an earlier step holds
	resetOpaque  = 16        // length from which a value of letters and digits may be a proof of its own
	resetWordMin = 4
)

func (d *bareReset) Card() detect.Card {
	return detect.Card{
		ID: "IDN-010", Title: "Password reset without any proof", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API2:2023", "R155:1.2", "R155:20.2"},
		Needs: detect.InputCalls | detect.InputRequestBodies,
		Desc:  `Raised when a password is set anew by a caller without a credential whose request carries no proof (reset token, one-time code, PIN, the old password, any long random value), and who gave none in an earlier step within the hour, under the same account or from the same address. Where at least three accounts were reset with a proof by the same operation, and at most a tenth as many without, the first one is enough; elsewhere an address must have set five accounts' passwords within a day, and others hardly any.`,
		Silent: []string{
			"flows of several steps: the code is asked for first",
			"a link with a token in it",
			"a signed-in person who changes the own password, and the helpdesk",
			"one reset by an operation that never asks anybody for a proof: a weakness first of all",
		},
		Respond: "Require a token bound to the account and sent to its owner, undo the resets, end the sessions opened since, and tell the owners.",
	}
}

func (*bareReset) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted, Areas: []string{"id"}}
}

func (d *bareReset) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || s.Record.HTTP == nil || !c.Success || c.Principal.UID != "" || c.Operation == nil || !detect.Proves(c.Operation.Function.Class) {
		return
	}
	d.step(s, out)
}

// step takes one step of a flow in which somebody without a credential proves who he is or sets a password.
func (d *bareReset) step(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	whose, passwords, opaque := readReset(c)
	address := detect.Key("from", detect.Address(s))
	proof := opaque || passwords > 1 || out.Asked.Any(detect.Proofs())
	switch {
	case passwords == 0 && proof:
		*d.proved.At(address) = s.Now.UnixNano()
		if whose != 0 {
			*d.proved.At(whose) = s.Now.UnixNano()
		}
	case passwords == 0 || c.Operation.Function.Class != "id.recover":
	case proof:
		d.ops.At(detect.Key(c.Operation.ID)).proven.Add(whose)
	case !d.earlier(s, whose) && !d.earlier(s, address):
		d.judge(s, whose, address, out)
	}
}

// readReset returns whose password a request sets, how many different passwords it holds, and whether it holds a long
// value that may be a proof.
func readReset(c *waywarden.Call) (whose uint64, passwords int, opaque bool) {
	first := ""
	for i := range c.Leaves {
		l := &c.Leaves[i]
		switch {
		case l.In == waywarden.InResponse:
			return whose, passwords, opaque
		case l.Value == "" || l.In == waywarden.InHeader:
		case l.In == waywarden.InBody && detect.Password(l):
			if passwords == 0 || l.Value != first {
				passwords++
				first = l.Value
			}
		case account(l):
			if whose == 0 {
				whose = detect.Key(strings.ToLower(l.Value))
			}
		case random(l.Value):
			opaque = true
		}
	}
	return whose, passwords, opaque
}

// random says whether a value is long and of letters and digits, as tokens are.
func random(v string) bool {
	digits, letters := 0, 0
	for _, c := range []byte(v) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		}
	}
	return len(v) >= resetOpaque && digits >= resetWordMin/2 && letters >= resetWordMin
}

// earlier says whether something was proved under a key within the hour.
func (d *bareReset) earlier(s *waywarden.Scene, key uint64) bool {
	t := d.proved.Peek(key)
	return t != nil && s.Now.UnixNano()-*t <= int64(resetAfter)
}

func (d *bareReset) judge(s *waywarden.Scene, whose, address uint64, out *detect.Output) {
	op := s.Call.Operation
	r := d.sources.At(detect.Mix(detect.Key(op.ID), address))
	if now := s.Now.UnixNano(); r.first == 0 || now-r.first > int64(resetSpan) {
		*r = resets{first: now}
	}
	if r.accounts.Add(whose) {
		r.evidence.Add(s)
	}
	u := d.ops.At(detect.Key(op.ID))
	u.bare.Add(whose)
	others, proven := u.bare.N-r.accounts.N, u.proven.N
	few := proven >= resetProven && float64(others) <= resetShare*float64(proven)
	if !few && (r.accounts.N < resetMany || others > resetOthers) {
		return
	}
	out.Raise(&detect.Report{
		Group: op.ID + " " + detect.Address(s), Severity: waywarden.SeverityCritical, Confidence: 85, Operation: op, Evidence: r.evidence.With(s),
		First: time.Unix(0, r.first).UTC(),
		Title: "Password set without any proof by " + detect.What(op),
		Desc: "A caller at " + detect.Address(s) + " set the password of " + detect.Itoa(r.accounts.N) + " " + detect.Plural(int(r.accounts.N), "account", "accounts") + " with " + detect.What(op) +
			" without a reset token, a code, the old password or an earlier step that proved anything. Whoever knows a name takes the account over.",
		Facts: []waywarden.Fact{
			{Name: "accounts reset without a proof from this address", Observed: detect.Itoa(r.accounts.N), Normal: "0"},
			{Name: "accounts reset with a proof", Observed: detect.Itoa(proven), Normal: "all"},
		},
	})
}
