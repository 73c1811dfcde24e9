package identity

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// DeadToken makes IDN-004: a token accepted after its end, or by a host it was not made for.
func DeadToken(m *detect.Memory) detect.Detector {
	return &deadToken{
		hosts:   detect.NewTable[checks](m, "IDN-004 hosts and audiences", 1<<12),
		holders: detect.NewTable[holder](m, "IDN-004 callers per host", 1<<17),
		seen:    detect.NewTable[struct{}](m, "IDN-004 tokens per host", 1<<17),
	}
}

type deadToken struct {
	hosts   *detect.Table[checks] // per issuer and host, and per audience as well
	holders *detect.Table[holder] // callers per issuer and host
	seen    *detect.Table[struct{}]
	start   time.Time
}

// checks is what callers come to a host with. Whether it looks at the end of a token is told by those who could have used
// a dead one and came with another.
type checks struct{ callers, renewed, dead int32 }

// A holder is what one caller came to a host with last.
type holder struct {
	ends          int64 // unix seconds
	renewed, dead bool
}

// Bounds of the verdict.
const (
	deadSlack    = 10 * time.Minute // clocks that differ and answers about tokens that are kept
	aliveMin     = 20               // callers that renewed a token that ended, or of the host's own audience …
	deadPart     = 0.01             // … and the share of them up to which others stand out
	elsewhereMin = 5                // callers elsewhere whose tokens have the strange audience
	audienceAge  = 6 * time.Hour    // how long the host must be watched for that: a feature may be new
)

func (d *deadToken) Card() detect.Card {
	return detect.Card{
		ID: "IDN-004", Title: "Token accepted that is dead or for another host", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API2:2023", "R155:6.2", "R155:26.1"},
		Needs: detect.InputCalls | detect.InputCredentials,
		Desc: `Raised when a call that is not for everybody is served with a signed token that

- ended more than ten minutes ago ("exp", RFC 7519 section 4.1.4), where at least twenty callers whose token ended came back to the host with a new one and at most one in a hundred with the dead one; or
- is made for others ("aud", section 4.1.3): none of at least twenty callers of the host, watched for six hours, had this audience, and at least five callers come with it elsewhere.`,
		Silent: []string{
			"clocks that differ by some minutes",
			"hosts that accept dead tokens from many: a weakness first of all",
			"a gateway that takes tokens of several audiences",
			"public operations, and what the server refuses",
		},
		Respond: "Check exp and aud on every host (RFC 8725 sections 3.8 and 3.9), revoke the token, and find out where it came from.",
	}
}

func (*deadToken) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed}
}

func (d *deadToken) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || c.Principal.Scheme != waywarden.SchemeBearerJWT || !c.Success || s.Record.HTTP == nil || c.Principal.UID == "" {
		return
	}
	if d.start.IsZero() {
		d.start = s.Now
	}
	host := detect.Key(c.Principal.Issuer, c.Operation.Host)
	if !c.Principal.Expires.IsZero() && s.Now.Sub(c.Principal.Expires) > deadSlack {
		if matters(s, out) {
			d.dead(s, host, out)
		}
		return
	}
	k := detect.Mix(host, detect.Key(c.Principal.UID, c.Principal.Session))
	if d.seen.Peek(k) != nil {
		return
	}
	h := d.hosts.At(host)
	if d.strange(s, h, host) {
		if matters(s, out) {
			d.report(s, "is made for "+c.Principal.Audiences[0]+", not for this host", "audience", c.Principal.Audiences[0], out)
		}
		return
	}
	d.seen.At(k)
	d.alive(s, h, host)
}

// dead judges a token that ended.
func (d *deadToken) dead(s *waywarden.Scene, host uint64, out *detect.Output) {
	p := &s.Call.Principal
	h, mine := d.hosts.At(host), d.holders.At(detect.Mix(host, detect.Key(p.UID)))
	if mine.dead {
		return
	}
	if h.renewed >= aliveMin && float64(h.dead) <= deadPart*float64(h.renewed) {
		d.report(s, "ended "+s.Now.Sub(p.Expires).Round(time.Minute).String()+" ago", "expiry", p.Expires.UTC().Format(time.RFC3339), out)
		return
	}
	mine.dead = true
	h.dead++
}

// alive notes a caller with a living token at a host.
func (d *deadToken) alive(s *waywarden.Scene, h *checks, host uint64) {
	p := &s.Call.Principal
	mine := d.holders.At(detect.Mix(host, detect.Key(p.UID)))
	if mine.ends != 0 && mine.ends < s.Now.Add(-deadSlack).Unix() && !mine.renewed {
		mine.renewed = true
		h.renewed++
	}
	if !p.Expires.IsZero() {
		mine.ends = p.Expires.Unix()
	}
	h.callers++
	for _, a := range p.Audiences {
		d.hosts.At(detect.Mix(host, detect.Key(a))).callers++
		d.hosts.At(detect.Key("audience", p.Issuer, a)).callers++
	}
}

// strange says whether a token has none of the audiences that a host's callers have, but one that is known elsewhere.
func (d *deadToken) strange(s *waywarden.Scene, h *checks, host uint64) bool {
	as := s.Call.Principal.Audiences
	if len(as) == 0 || h.callers < aliveMin || s.Now.Sub(d.start) < audienceAge {
		return false
	}
	elsewhere := int32(0)
	for _, a := range as {
		here := d.hosts.Peek(detect.Mix(host, detect.Key(a)))
		if here != nil && float64(here.callers) > deadPart*float64(h.callers) {
			return false
		}
		if n := d.hosts.Peek(detect.Key("audience", s.Call.Principal.Issuer, a)); n != nil {
			elsewhere = max(elsewhere, n.callers)
		}
	}
	return elsewhere >= elsewhereMin
}

func (d *deadToken) report(s *waywarden.Scene, what, name, value string, out *detect.Output) {
	c := s.Call
	out.Raise(&detect.Report{
		Group: "token " + c.Principal.Session, Severity: waywarden.SeverityHigh, Confidence: 80, Operation: c.Operation, Principal: c.Principal,
		Title:     "Token of " + c.Principal.UID + " accepted that should not be",
		Desc:      detect.What(c.Operation) + " accepted a token of " + detect.Who(s) + " that " + what + ". Hardly any other caller of the host comes with such a one: it was kept, found or made for something else.",
		Resources: detect.Assets(s),
		Facts:     []waywarden.Fact{{Name: name, Observed: value, Normal: "a living token for this host"}},
	})
}
