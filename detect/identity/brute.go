package identity

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// BruteForce makes IDN-006: codes or passwords of an account tried one after the other.
func BruteForce(m *detect.Memory) detect.Detector {
	return &bruteForce{
		reader:  newReader(),
		targets: detect.NewTable[trial](m, "IDN-006 accounts and sources of codes", 1<<14),
	}
}

type bruteForce struct {
	reader  reader
	targets *detect.Table[trial]
}

// A trial is what was tried on one account, or from one source where many are tried.
type trial struct {
	first, last int64
	refused     detect.Set // secrets, for a source: account and secret
	served      int32
	raised      bool
	evidence    detect.Few
}

// Bounds of the verdict.
const (
	codeSpan     = 15 * time.Minute
	codeMin      = 6                // different codes refused for one target: five are typing errors …
	codeTyping   = 10 * time.Second // … and faster than this each nobody reads and types them
	codePatience = 10               // different codes refused at a person's pace: a clock that runs wrong, late messages
	passwordMin  = 10               // different passwords refused for one account: people have several
	sprayMin     = 15               // different codes refused from one address, over many targets
	sprayServed  = 0.2
	trialForgets = time.Hour
)

func (d *bruteForce) Card() detect.Card {
	return detect.Card{
		ID: "IDN-006", Title: "Codes or passwords tried until one fits", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API2:2023", "API4:2023", "R155:20.2", "R155:16.1"},
		Needs: detect.InputCalls | detect.InputRequestBodies,
		Desc: `Raised when six different one-time codes, PINs or reset codes are refused for one account faster than one in ten seconds, or ten within a quarter of an hour, or ten different passwords; where the request names no account, for one session. Also when fifteen different pairs of account and code are refused from one address and hardly any is served. It is critical when one fits in the end.

Only different values count: an app that repeats a wrong one is not guessing. Values are kept as hashes under a key of the process.`,
		Silent: []string{
			"a few typing errors, also when the last one is right",
			"a person whose clock runs wrong or whose messages come late",
			"an app that offers the same outdated password again and again",
			"an outage of the server: 500 and above do not count",
		},
		Respond: "Lock the code (not the account), lengthen it, limit tries per account and in total, and end the sessions opened with it.",
	}
}

func (*bruteForce) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls} }

func (d *bruteForce) Inspect(s *waywarden.Scene, out *detect.Output) {
	a, ok := d.reader.read(s)
	if !ok {
		return
	}
	op := detect.Key(s.Call.Operation.ID)
	target := a.account
	if target == 0 {
		target = detect.Key(s.Call.Principal.Session)
	}
	if target != detect.Key("") {
		d.step(s, &a, "account", detect.Mix(op, target), a.secret, out)
	}
	if a.code && s.Call.Principal.UID == "" {
		d.step(s, &a, "address", detect.Mix(op, detect.Key("from", detect.Address(s))), detect.Mix(a.account, a.secret), out)
	}
}

// step takes an attempt into a trial and says so when the trial is a search.
func (d *bruteForce) step(s *waywarden.Scene, a *attempt, by string, key, value uint64, out *detect.Output) {
	now := s.Now.UnixNano()
	t := d.targets.At(key)
	if t.first == 0 || t.raised && now-t.last > int64(trialForgets) || !t.raised && now-t.first > int64(codeSpan) {
		*t = trial{first: now}
	}
	t.last = now
	switch {
	case a.served:
		t.served++
		if t.raised && by == "account" {
			d.report(s, t, a, true, nil, out)
		} else if !t.raised {
			t.relax(by)
		}
		return
	case !a.refused || !t.refused.Add(value) && t.refused.N < detect.SetMax:
		return
	}
	t.evidence.Add(s)
	switch {
	case t.raised:
		d.report(s, t, a, false, nil, out)
	case t.search(a, by):
		t.raised = true
		d.report(s, t, a, false, t.evidence.With(s), out)
	}
}

// relax forgets the typing errors of an account that got in.
func (t *trial) relax(by string) {
	if by == "account" {
		*t = trial{}
	}
}

// search says whether so many different values are no typing errors.
func (t *trial) search(a *attempt, by string) bool {
	n := t.refused.N
	switch {
	case by == "address":
		return n >= sprayMin && float64(t.served) <= sprayServed*float64(n)
	case a.code:
		return n >= codePatience || n >= codeMin && t.last-t.first <= int64(n)*int64(codeTyping)
	}
	return n >= passwordMin
}

func (d *bruteForce) report(s *waywarden.Scene, t *trial, a *attempt, hit bool, ev []waywarden.Evidence, out *detect.Output) {
	op := s.Call.Operation
	what := "passwords"
	if a.code {
		what = "codes"
	}
	r := detect.Report{
		Group: op.ID + " " + base36(uint64(t.first/int64(trialForgets))), Severity: waywarden.SeverityHigh, Confidence: 90, Operation: op, Principal: s.Call.Principal,
		Evidence: ev, First: time.Unix(0, t.first).UTC(),
		Title: "Secrets tried one after the other at " + detect.What(op),
		Facts: []waywarden.Fact{{Name: "different " + what + " refused", Observed: atLeast(t.refused.N), Normal: "below " + detect.Itoa(codeMin)}},
	}
	r.Desc = detect.Who(s) + " had " + atLeast(t.refused.N) + " different " + what + " refused by " + detect.What(op) + " within " +
		time.Duration(t.last-t.first).Round(time.Second).String() + ". Nobody mistypes so often: the secret is searched for."
	if hit {
		r.Severity = waywarden.SeverityCritical
		r.Desc += " The last one fitted."
	}
	out.Raise(&r)
}

// atLeast returns a count that a set stops at its limit.
func atLeast(n int32) string {
	if n >= detect.SetMax {
		return "at least " + detect.Itoa(n)
	}
	return detect.Itoa(n)
}
