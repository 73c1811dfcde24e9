package identity

import (
	"math"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Stuffing makes IDN-005: sign-ins tried over many accounts.
func Stuffing(m *detect.Memory) detect.Detector {
	return &stuffing{
		reader:  newReader(),
		tallies: detect.NewTable[tally](m, "IDN-005 sign-ins per source", 1<<14),
		paces:   detect.NewTable[pace](m, "IDN-005 sign-ins per operation", 1<<10),
		known:   detect.NewTable[struct{}](m, "IDN-005 accounts that signed in", 1<<17),
	}
}

type stuffing struct {
	reader  reader
	tallies *detect.Table[tally]
	paces   *detect.Table[pace]
	known   *detect.Table[struct{}] // account with network, account with program: signed in before
}

// A tally is what was tried from one source: an address, or one program wherever it runs.
type tally struct {
	first, last int64 // unix nanoseconds
	served      int32
	ever        int32      // served since the beginning
	own         int32      // refused for accounts that are known to sign in from there
	refused     detect.Set // accounts
	evidence    detect.Few
}

// A pace is how often sign-ins of an operation are refused.
type pace struct {
	tally
	windows, mean, m2 float64 // of accounts refused per window, Welford (Technometrics 4(3), 1962)
	wave              int64   // when the wave that is being reported began; 0: none
	waveLast          int64
	told              bool
}

// Bounds of the verdict.
const (
	sourceSpan   = 30 * time.Minute
	sourceMin    = 12  // accounts refused from one source
	sourceServed = 0.1 // share of sign-ins that succeed up to which a source guesses
	paceSpan     = 10 * time.Minute
	paceMin      = 20  // accounts refused at an operation, whoever calls
	paceServed   = 0.5 // share of sign-ins that succeed up to which it is not the day's usual
	paceSigmas   = 8
	outageMin    = 5         // known accounts refused while nobody is served: an outage
	everMin      = 50        // sign-ins that a program had served before: it is everybody's, and its address or the surge decides
	waveGap      = time.Hour // a pause after which tries are another wave
)

func (d *stuffing) Card() detect.Card {
	return detect.Card{
		ID: "IDN-005", Title: "Credential stuffing", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API2:2023", "API4:2023", "R155:1.2"},
		Needs: detect.InputCalls | detect.InputRequestBodies,
		Desc: `Raised when sign-ins are tried over many accounts and hardly any succeeds: at least 12 accounts refused within half an hour from one address, or by one program (application and TLS fingerprint) wherever it runs, with at most one in ten sign-ins served; or at least 20 accounts refused at one operation within ten minutes, eight standard deviations above what its windows usually have, with less than half of the sign-ins served.

An account that signed in before from the same network or with the same program does not count: its owner mistypes. Answers of 500 and above do not count: that is an outage, as it is when nobody gets in, not even those who did before. A program with which fifty sign-ins were served is everybody's: there the address or the surge decides. Sources of one wave are one finding. It is critical once a source of the wave gets in.`,
		Silent: []string{
			"an outage of the identity provider and the burst of renewals after it",
			"a depot or a mobile gateway from which many people sign in, most of them with success",
			"owners who mistype, or come back to an account after long",
			"a batch of devices that is set up with one first password",
		},
		Respond: "Challenge or block the program's fingerprint rather than addresses, reset the accounts that were opened, and check what they read or commanded since.",
	}
}

func (*stuffing) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls} }

func (d *stuffing) Inspect(s *waywarden.Scene, out *detect.Output) {
	a, ok := d.reader.read(s)
	if !ok || a.code || a.account == 0 {
		return
	}
	op := detect.Key(s.Call.Operation.ID)
	address := detect.Mix(op, detect.Key("address", detect.Address(s)))
	tool := detect.Mix(op, program(s.Call))
	near, same := detect.Mix(a.account, network(detect.Address(s))), detect.Mix(a.account, tool)
	now := s.Now.UnixNano()
	switch {
	case a.served:
		d.known.At(near)
		d.known.At(same)
		d.tallies.At(tool).serve(now, sourceSpan)
		t := d.tallies.At(address)
		t.serve(now, sourceSpan)
		p := d.paces.At(op)
		p.serve(now, paceSpan)
		if p.wave != 0 && now-p.waveLast < int64(waveGap) && t.refused.N >= 2 && t.served <= t.refused.N {
			d.report(s, p, nil, true, out)
		}
	case a.refused && (d.known.Peek(near) != nil || d.known.Peek(same) != nil):
		d.tallies.At(tool).deny(now, sourceSpan)
		d.tallies.At(address).deny(now, sourceSpan)
		d.paces.At(op).deny(now, paceSpan)
	case a.refused:
		d.refuse(s, &a, [2]uint64{tool, address}, op, out)
	}
}

// refuse takes a refused sign-in into the tallies of its sources and says so when one of them guesses.
func (d *stuffing) refuse(s *waywarden.Scene, a *attempt, sources [2]uint64, op uint64, out *detect.Output) {
	now := s.Now.UnixNano()
	p := d.paces.At(op)
	p.turn(now)
	p.refuse(s, a, paceSpan)
	if p.wave != 0 && now-p.waveLast >= int64(waveGap) {
		p.wave = 0
	}
	var guilty *tally
	if p.surge() {
		guilty = &p.tally
	}
	for i, k := range sources {
		t := d.tallies.At(k)
		t.refuse(s, a, sourceSpan)
		if (i > 0 || t.ever < everMin) && t.guesses() {
			guilty = t
		}
	}
	if guilty == nil {
		return
	}
	var ev []waywarden.Evidence
	if p.wave == 0 {
		p.wave, p.told = guilty.first, false
		ev = guilty.evidence.With(s)
	}
	d.report(s, p, ev, false, out)
}

func (t *tally) begin(now int64, span time.Duration) {
	if t.first == 0 || now-t.first > int64(span) {
		*t = tally{first: now, ever: t.ever}
	}
	t.last = now
}

func (t *tally) serve(now int64, span time.Duration) {
	t.begin(now, span)
	t.served++
	t.ever++
}

// deny notes that somebody was refused who is known to sign in so.
func (t *tally) deny(now int64, span time.Duration) {
	t.begin(now, span)
	t.own++
}

// down says whether nobody gets in, not even those who do so every day: that is an outage, whatever its status.
func (t *tally) down() bool { return t.served == 0 && t.own >= outageMin }

func (t *tally) refuse(s *waywarden.Scene, a *attempt, span time.Duration) {
	t.begin(s.Now.UnixNano(), span)
	if t.refused.Add(a.account) {
		t.evidence.Add(s)
	}
}

// guesses says whether hardly any of a source's sign-ins succeeds, over many accounts.
func (t *tally) guesses() bool {
	n := float64(t.refused.N)
	return t.refused.N >= sourceMin && !t.down() && float64(t.served) <= sourceServed*(n+float64(t.served))
}

// turn ends a window and takes it into the usual, unless it was one of a wave.
func (p *pace) turn(now int64) {
	if p.first == 0 || now-p.first <= int64(paceSpan) || p.surge() {
		return
	}
	p.windows++
	delta := float64(p.refused.N) - p.mean
	p.mean += delta / p.windows
	p.m2 += delta * (float64(p.refused.N) - p.mean)
}

// surge says whether far more accounts than usual are refused in the window. With no window to compare with, the spread
// is that of a Poisson count.
func (p *pace) surge() bool {
	n := float64(p.refused.N)
	sigma := math.Sqrt(max(p.mean, 1))
	if p.windows >= 2 {
		sigma = max(sigma, math.Sqrt(p.m2/(p.windows-1)))
	}
	return p.refused.N >= paceMin && !p.down() && n > p.mean+paceSigmas*sigma && float64(p.served) <= paceServed*(n+float64(p.served))
}

func (d *stuffing) report(s *waywarden.Scene, p *pace, ev []waywarden.Evidence, hit bool, out *detect.Output) {
	p.waveLast = s.Now.UnixNano()
	op := s.Call.Operation
	r := detect.Report{
		Group: op.ID + " " + base36(uint64(p.wave)), Severity: waywarden.SeverityHigh, Confidence: 85, Operation: op, Evidence: ev,
		First: time.Unix(0, p.wave).UTC(),
		Title: "Sign-ins tried over many accounts at " + detect.What(op),
		Facts: []waywarden.Fact{
			{Name: "accounts refused in ten minutes", Observed: detect.Itoa(p.refused.N), Normal: detect.Itoa(int(math.Round(p.mean)))},
			{Name: "sign-ins served in ten minutes", Observed: detect.Itoa(p.served), Normal: "most"},
		},
	}
	r.Desc = "Sign-ins at " + detect.What(op) + " are tried over one account after the other and hardly any succeeds; the last came from " + detect.Address(s) +
		". Owners know their password: who tries many accounts tries leaked pairs."
	if hit || p.told {
		p.told = true
		r.Severity = waywarden.SeverityCritical
		r.Desc += " At least one account was opened."
	}
	out.Raise(&r)
}
