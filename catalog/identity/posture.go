package identity

import (
	"cmp"
	"slices"

	"github.com/waywarden/waywarden"
)

// A Posture accumulates what a server was seen to enforce at one operation. The zero Posture has seen nothing.
//
// Only what succeeded tells: a refusal of a call without credential shows a check, a success shows that there is none.
// A credential counts as one whatever it is worth. Whether a server accepts tokens that are expired, forged or somebody
// else's is a question about the credential, not about whether the operation asks for one; detectors answer it.
type Posture struct {
	open     int64 // 2xx to nobody
	doubtful int64 // 2xx to nobody who carried a value that may be a credential
	shut     int64 // 401 or 403 to nobody
	served   [schemeCount]int64
	sent     [schemeCount]int64 // with any answer
}

// Observe takes one call: who called, the status, and whether the server did what was asked.
func (p *Posture) Observe(by waywarden.Principal, status int, success bool) {
	success = success && status >= 200 && status < 300
	if i := schemeIndex(by.Scheme); i >= 0 {
		p.sent[i]++
		if success {
			p.served[i]++
		}
		return
	}
	switch {
	case success && by.Session != "":
		p.doubtful++
	case success:
		p.open++
	case status == 401 || status == 403:
		p.shut++
	}
}

// Merge adds what another posture of the same operation saw.
func (p *Posture) Merge(o Posture) {
	p.open += o.open
	p.doubtful += o.doubtful
	p.shut += o.shut
	for i := range p.served {
		p.served[i] += o.served[i]
		p.sent[i] += o.sent[i]
	}
}

// openShare is the share of open successes from which an operation is taken for public although some callers send what
// they always send: clients attach their token to everything.
const openShare = 0.98

// Authentication returns the schemes that worked and whether a credential is required: never when (nearly) all
// successes went without one and it was not more often refused for lack of it, mixed when some did, always when none did.
func (p *Posture) Authentication() waywarden.Authentication {
	served, sent := total(p.served), total(p.sent)
	open := p.open
	// Values that may have been credentials were some if calls with a credential of that kind succeeded later.
	if p.served[schemeIndex(waywarden.SchemeAPIKey)]+p.served[schemeIndex(waywarden.SchemeCookie)] == 0 {
		open += p.doubtful
	}
	a := waywarden.Authentication{Schemes: []waywarden.AuthScheme{}}
	switch {
	case open == 0 && served > 0:
		a.Required, a.Schemes = "always", ranked(p.served, served)
	case open == 0 && (p.shut > 0 || sent > 0):
		a.Required, a.Schemes = "always", ranked(p.sent, sent)
	case open == 0:
		a.Required = "never"
	case served == 0, p.shut <= open && float64(open) >= openShare*float64(open+served):
		a.Required = "never"
	default:
		a.Required, a.Schemes = "mixed", ranked(p.served, served)
	}
	return a
}

func total(n [schemeCount]int64) (sum int64) {
	for _, v := range n {
		sum += v
	}
	return sum
}

// schemeShare is the share of the successes below which a scheme is taken for a stray.
const schemeShare = 0.01

// ranked returns the schemes by how often they worked.
func ranked(n [schemeCount]int64, sum int64) []waywarden.AuthScheme {
	type used struct {
		scheme waywarden.AuthScheme
		count  int64
	}
	var us []used
	for i, v := range n {
		if v > 0 && float64(v) >= schemeShare*float64(sum) {
			us = append(us, used{schemes[i], v})
		}
	}
	slices.SortFunc(us, func(a, b used) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.scheme, b.scheme)) })
	out := make([]waywarden.AuthScheme, len(us))
	for i, u := range us {
		out[i] = u.scheme
	}
	return out
}
