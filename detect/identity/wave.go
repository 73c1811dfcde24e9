package identity

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// SharedSecret makes IDN-007: one password tried on many accounts.
func SharedSecret(m *detect.Memory) detect.Detector {
	return &sharedSecret{
		reader:  newReader(),
		secrets: detect.NewTable[wave](m, "IDN-007 passwords per operation", 1<<14),
		known:   detect.NewTable[struct{}](m, "IDN-007 accounts that signed in", 1<<17),
	}
}

type sharedSecret struct {
	reader  reader
	secrets *detect.Table[wave]
	known   *detect.Table[struct{}] // account with network: signed in before
}

// A wave is how one password is used at one operation.
type wave struct {
	first, last int64
	accounts    detect.Set // refused
	networks    detect.Set // that were refused
	latest      uint64
	switches    int32 // times the tries moved to another network
	refused     int32
	served      int32
	raised      bool
	evidence    detect.Few
}

// Bounds of the verdict.
const (
	waveSpan      = time.Hour
	waveAccounts  = 8    // accounts that one password was refused for
	waveServed    = 0.5  // share of sign-ins with it that succeed up to which it is guessed
	blindRefused  = 30   // refusals that are a wave where the requests do not tell the accounts apart …
	blindSwitches = 5    // … if they alternate between networks, as a device on the move does not
	blindServed   = 0.25 // … with this share of success at most
)

func (d *sharedSecret) Card() detect.Card {
	return detect.Card{
		ID: "IDN-007", Title: "One password tried on many accounts", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API2:2023", "API4:2023", "R155:1.2", "R155:16.1", "R155:28.2"},
		Needs: detect.InputCalls | detect.InputRequestBodies,
		Desc: `Raised when one password is refused for at least eight accounts within an hour and not more than half of the sign-ins with it succeed: a default or popular password is tried over devices or people. Where the requests do not tell the accounts apart, thirty refusals that keep alternating between networks are enough. It is critical once an account is opened with it.

Passwords are kept as hashes under a key of the process.`,
		Silent: []string{
			"an installer who sets up a batch with the first password, which is right",
			"people who happen to have the same popular password and sign in with it",
			"one device that repeats a wrong password, also when it moves between networks",
		},
		Respond: "Force a change of the default password, block sign-ins with it, and check the devices it opened.",
	}
}

func (*sharedSecret) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls} }

func (d *sharedSecret) Inspect(s *waywarden.Scene, out *detect.Output) {
	a, ok := d.reader.read(s)
	if !ok || a.code {
		return
	}
	now := s.Now.UnixNano()
	net := network(detect.Address(s))
	pair := detect.Mix(a.account, net)
	w := d.secrets.At(detect.Mix(detect.Key(s.Call.Operation.ID), a.secret))
	if w.first == 0 || !w.raised && now-w.first > int64(waveSpan) || now-w.last > int64(waveSpan) {
		*w = wave{first: now}
	}
	w.last = now
	switch {
	case a.served:
		w.served++
		if w.raised && w.networks.Holds(net) {
			d.report(s, w, true, nil, out)
			return
		}
		d.known.At(pair)
	case a.refused && d.known.Peek(pair) == nil:
		w.refuse(s, a.account, net)
		switch {
		case w.raised:
			d.report(s, w, false, nil, out)
		case w.guessed():
			w.raised = true
			d.report(s, w, false, w.evidence.With(s), out)
		}
	}
}

func (w *wave) refuse(s *waywarden.Scene, account, net uint64) {
	w.refused++
	w.accounts.Add(account)
	w.networks.Add(net)
	if w.latest != 0 && w.latest != net {
		w.switches++
	}
	w.latest = net
	w.evidence.Add(s)
}

// guessed says whether the password is tried rather than known.
func (w *wave) guessed() bool {
	all := float64(w.refused + w.served)
	if w.accounts.N >= waveAccounts {
		return float64(w.served) <= waveServed*all
	}
	return w.refused >= blindRefused && w.switches >= blindSwitches && float64(w.served) <= blindServed*all
}

func (d *sharedSecret) report(s *waywarden.Scene, w *wave, hit bool, ev []waywarden.Evidence, out *detect.Output) {
	op := s.Call.Operation
	r := detect.Report{
		Group: op.ID + " " + base36(uint64(w.first)), Severity: waywarden.SeverityHigh, Confidence: 90, Operation: op, Evidence: ev,
		First: time.Unix(0, w.first).UTC(),
		Title: "One password tried on many accounts at " + detect.What(op),
		Facts: []waywarden.Fact{
			{Name: "accounts refused with the same password", Observed: detect.Itoa(w.accounts.N), Normal: "below " + detect.Itoa(waveAccounts)},
			{Name: "refusals", Observed: detect.Itoa(w.refused), Normal: ""},
			{Name: "sign-ins served with it", Observed: detect.Itoa(w.served), Normal: "most"},
		},
	}
	r.Desc = "The same password was refused " + detect.Itoa(w.refused) + " times by " + detect.What(op) + ", for " + detect.Itoa(w.accounts.N) + " named accounts and from " +
		detect.Itoa(w.networks.N) + " networks, last from " + detect.Address(s) + ". Somebody tries which accounts still have it."
	if hit {
		r.Severity = waywarden.SeverityCritical
		r.Desc += " It opened at least one."
	}
	out.Raise(&r)
}
