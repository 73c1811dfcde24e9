package risk

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// Hygiene is what answers and credentials show of how carefully an operation is served, whoever calls it.
type Hygiene struct {
	o     EvidenceOptions
	ops   map[string]*habits
	rates map[string]*minute // per operation, failed attempts of the present minute
}

// habits are counted over the calls of one operation.
type habits struct {
	calls      int64
	clear      int64 // without TLS
	traces     int64 // error answers with a stack trace or a database's message
	trace      string
	anyOrigin  int64 // any site may read the answer with the caller's credentials
	origin     string
	looseSet   int64 // cookies that a script or a plain connection may read
	cookie     string
	cacheable  int64         // personal answers that a shared cache may keep
	tokenLong  int64         // calls with a token that holds longer than a day
	tokenLife  time.Duration // longest time to live seen
	tokenNone  int64         // served with an unsigned token
	tokenURL   int64         // credential in the query
	ids        idSample
	guesses    int64 // most failed attempts of one minute …
	throttled  int64 // … and how often anybody was told to wait
	vinInURL   int64
	inVersion  int64 // server or framework version told
	versionSay string
}

type minute struct {
	at int64
	n  int64
}

// tokenLifeMax is how long an access token of a public client may hold: RFC 9700 (OAuth 2.0 Security Best Current Practice)
// asks for short ones; the large identity providers issue them for an hour to a day.
const tokenLifeMax = 24 * time.Hour

// NewHygiene returns hygiene of nothing yet.
func NewHygiene(o EvidenceOptions) *Hygiene {
	return &Hygiene{o: o, ops: map[string]*habits{}, rates: map[string]*minute{}}
}

// Learn takes a call into account.
func (h *Hygiene) Learn(c *waywarden.Call) {
	if c == nil || c.Operation == nil || c.Record == nil || c.Record.HTTP == nil {
		return
	}
	p := h.ops[c.Operation.ID]
	if p == nil {
		if len(h.ops) >= h.o.OperationsMax {
			return
		}
		p = &habits{}
		h.ops[c.Operation.ID] = p
	}
	t := c.Record.HTTP
	p.calls++
	if !t.Server.TLS && t.Server.Port != 443 {
		p.clear++
	}
	p.headers(t, c)
	p.token(c)
	switch {
	case t.Status == 429:
		p.throttled++
	case t.Status >= 400:
		p.failed(t)
		h.guess(p, c)
	case c.Success:
		p.named(c)
	}
}

// headers looks at the fields of an answer.
func (p *habits) headers(t *waywarden.Transaction, c *waywarden.Call) {
	if t.Response.HeadersMissing {
		return
	}
	var origin, credentials, cache string
	for i := range t.Response.Headers {
		f := &t.Response.Headers[i]
		switch f.Name {
		case "access-control-allow-origin":
			origin = f.Value
		case "access-control-allow-credentials":
			credentials = f.Value
		case "cache-control":
			cache = f.Value
		case "set-cookie":
			p.setCookie(f.Value)
		case "server", "x-powered-by", "x-aspnet-version":
			if strings.ContainsAny(f.Value, "0123456789") {
				p.inVersion++
				p.versionSay = keepFirst(p.versionSay, f.Name+": "+f.Value)
			}
		}
	}
	if strings.EqualFold(credentials, "true") && reflects(origin, t.Request.Headers.First("origin"), t.Server.Host) {
		p.anyOrigin++
		p.origin = keepFirst(p.origin, origin)
	}
	if c.Principal.UID != "" && c.Success && t.Method == "GET" && strings.Contains(cache, "public") {
		p.cacheable++
	}
}

// keepFirst keeps the first example; the copy lets go of the record.
func keepFirst(have, say string) string {
	if have != "" {
		return have
	}
	return strings.Clone(say[:min(len(say), 120)])
}

// reflects says whether an answer lets another site in: any, or just the one that asked.
func reflects(allowed, asked, host string) bool {
	if allowed == "*" || allowed == "null" {
		return true
	}
	return asked != "" && allowed == asked && !sameSite(asked, host)
}

// sameSite says whether an origin ends in the same two labels as the host: its own front end.
func sameSite(origin, host string) bool {
	_, origin, _ = strings.Cut(origin, "://")
	origin, _, _ = strings.Cut(origin, ":")
	a, b := strings.Split(origin, "."), strings.Split(host, ".")
	return len(a) >= 2 && len(b) >= 2 && a[len(a)-1] == b[len(b)-1] && a[len(a)-2] == b[len(b)-2]
}

// sessionNames tell a cookie that carries a session from one that carries a preference.
var sessionNames = []string{"sess", "sid", "token", "auth", "jwt", "login"}

func (p *habits) setCookie(v string) {
	name, _, _ := strings.Cut(v, "=")
	low := strings.ToLower(name)
	if !slices.ContainsFunc(sessionNames, func(s string) bool { return strings.Contains(low, s) }) {
		return
	}
	attributes := strings.ToLower(v)
	if !strings.Contains(attributes, "httponly") || !strings.Contains(attributes, "secure") {
		p.looseSet++
		p.cookie = keepFirst(p.cookie, name)
	}
}

// token looks at the credential of a served call.
func (p *habits) token(c *waywarden.Call) {
	if !c.Success {
		return
	}
	if !c.Principal.Expires.IsZero() {
		if life := c.Principal.Expires.Sub(c.Record.At); life > tokenLifeMax {
			p.tokenLong++
			p.tokenLife = max(p.tokenLife, life)
		}
	}
	if c.Principal.Scheme == waywarden.SchemeBearerJWT && strings.EqualFold(c.Principal.Algorithm, "none") {
		p.tokenNone++
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InBody || l.In == waywarden.InResponse {
			break
		}
		if l.In == waywarden.InQuery && (l.Type == waywarden.TypeAccessToken || l.Type == waywarden.TypeRefreshToken) {
			p.tokenURL++
		}
		if (l.In == waywarden.InPath || l.In == waywarden.InQuery) && l.Type == waywarden.TypeVIN {
			p.vinInURL++
		}
	}
}

// traces are what programs say when they fail and nobody catches it.
var traces = [][]byte{
	[]byte("Traceback (most recent call last)"), []byte("\tat "), []byte("\\n\\tat "), []byte("java.lang."), []byte("goroutine "), []byte("System.NullReference"),
	[]byte("Stack trace:"), []byte("SQLSTATE["), []byte("ORA-0"), []byte("syntax error at or near"), []byte("You have an error in your SQL syntax"), []byte("org.hibernate."),
	[]byte("pg_query"), []byte("MongoError"), []byte("/node_modules/"), []byte("Whitelabel Error Page"), []byte("Unhandled exception"),
}

const bodyLooked = 8 << 10

func (p *habits) failed(t *waywarden.Transaction) {
	body := t.Response.Body[:min(len(t.Response.Body), bodyLooked)]
	for _, mark := range traces {
		if bytes.Contains(body, mark) {
			p.traces++
			p.trace = keepFirst(p.trace, strings.TrimSpace(string(mark)))
			return
		}
	}
}

// guess counts failed attempts of all callers in one minute.
func (h *Hygiene) guess(p *habits, c *waywarden.Call) {
	m := h.rates[c.Operation.ID]
	if m == nil {
		m = &minute{}
		h.rates[c.Operation.ID] = m
	}
	if now := c.Record.At.Unix() / 60; now != m.at {
		m.at, m.n = now, 0
	}
	m.n++
	p.guesses = max(p.guesses, m.n)
}

// named samples the object identifiers that callers name.
func (p *habits) named(c *waywarden.Call) {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InPath {
			if l.In == waywarden.InBody {
				break
			}
			continue
		}
		if guessable[l.Type] {
			p.ids.add(l.Value)
		}
	}
}

// guessable are the types that name objects without being printed on them; those which stand on the vehicle are no secret
// to begin with.
var guessable = map[waywarden.DataType]bool{
	waywarden.TypeVehicleID: true, waywarden.TypePersonID: true, waywarden.TypeSessionID: true, waywarden.TypeRequestID: true,
}

// An idSample tells running numbers from random identifiers.
type idSample struct {
	n       int
	numeric int
	min     uint64
	max     uint64
}

func (s *idSample) add(v string) {
	s.n++
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return
	}
	if s.numeric == 0 || n < s.min {
		s.min = n
	}
	s.max = max(s.max, n)
	s.numeric++
}

// sequential says whether the identifiers are running numbers: numbers all, and so close that a guess hits one in at most
// 1/guessMin tries.
func (s *idSample) sequential(distinct int) (span float64, ok bool) {
	if s.n < 20 || s.numeric < s.n || distinct < 5 {
		return 0, false
	}
	span = float64(s.max-s.min) + 1
	return span, float64(distinct)/span >= guessMin
}

// guessMin is the share of a range of numbers that has to be taken for guessing to pay: one in a thousand. At the pace of
// one call a second that is more than three objects an hour.
const guessMin = 0.001

// of returns the habits of an endpoint; the zero value where nothing is known.
func (h *Hygiene) of(id string) habits {
	if h == nil || h.ops[id] == nil {
		return habits{}
	}
	return *h.ops[id]
}

// share is how often something was so.
func (p *habits) share(n int64) float64 {
	if p.calls == 0 {
		return 0
	}
	return math.Round(float64(n)/float64(p.calls)*100) / 100
}
