package main

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/catalog/template"
)

// A request is one call made up, with which tokens of its path are values.
type request struct {
	sample   template.Sample
	endpoint int
	values   []bool
}

// A traffic is the calls made up for one API.
type traffic struct {
	requests  []request
	templates []string // of the endpoints, parameters as {}
}

// A plan says how the traffic of an API is to be.
type plan struct {
	perEndpoint int
	recorded    bool // like recordings of a client's tests: one tenant, few values, most endpoints called once or twice
	wordy       bool // all identifiers are words
	signatures  signatureMode
	issued      bool
}

type signatureMode int

const (
	unsigned  signatureMode = iota
	telling                 // each endpoint answers with keys of its own
	enveloped               // all answers have the same keys
)

// wordKinds are the kinds of values people choose.
var wordKinds = []string{"slug", "word", "user", "repo", "camel", "slugnum", "code", "acronym", "name"}

var idStyles = []string{"int", "int", "int", "int", "uuid", "uuid", "uuid", "hex", "objectid", "base62", "base62", "upper", "prefixed", "snowflake", "ulid", "vin", "slug", "slugnum", "token"}

var (
	uuidShape = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}`)
	intShape  = regexp.MustCompile(`^-?[0-9]+$`)
)

// A generator makes up the traffic of one API.
type generator struct {
	r     *rand.Rand
	api   *api
	plan  plan
	words []string
	style string
	avoid map[string]bool
	pops  map[string]*population
}

// kind chooses what the values of a parameter look like: by its schema and name, and else by chance.
func (g *generator) kind(name string, p param) string {
	if k := g.schemaKind(p); k != "" {
		return k
	}
	low := strings.ToLower(name)
	for _, n := range nameKinds {
		if slices.ContainsFunc(n.parts, func(s string) bool { return strings.Contains(low, s) }) {
			return n.kinds[g.r.IntN(len(n.kinds))]
		}
	}
	switch x := g.r.Float64(); {
	case strings.HasSuffix(low, "id") && x < .9, x < .4:
		return g.style
	case x < .8:
		return wordKinds[g.r.IntN(len(wordKinds))]
	}
	return []string{"base62", "token", "urn", "int", "hex", "code", "host", "file", "year", "pair"}[g.r.IntN(10)]
}

// schemaKind says what the values look like by the parameter's schema and examples, "" if these do not tell.
func (g *generator) schemaKind(p param) string {
	switch {
	case len(p.Enum) > 0:
		return "enum"
	case p.Type == "integer":
		return "int"
	case p.Type == "number":
		return []string{"int", "float"}[g.r.IntN(2)]
	case p.Format == "uuid" || p.Format == "guid":
		return "uuid"
	case strings.HasPrefix(p.Format, "date"):
		return "date"
	}
	for _, e := range p.Examples {
		if s, ok := e.(string); ok && uuidShape.MatchString(s) {
			return "uuid"
		} else if ok && intShape.MatchString(s) {
			return "int"
		}
	}
	return ""
}

// nameKinds say what values parameters of telling names have.
var nameKinds = []struct{ parts, kinds []string }{
	{[]string{"uuid", "guid"}, []string{"uuid"}},
	{[]string{"vin"}, []string{"vin"}},
	{[]string{"country"}, []string{"country"}},
	{[]string{"lang", "locale"}, []string{"locale"}},
	{[]string{"currency"}, []string{"currency"}},
	{[]string{"region", "zone", "location"}, []string{"region", "slug", "word"}},
	{[]string{"email"}, []string{"email"}},
	{[]string{"phone", "msisdn"}, []string{"phone"}},
	{[]string{"date"}, []string{"date"}},
	{[]string{"year"}, []string{"year"}},
	{[]string{"version"}, []string{"version", "version", "int"}},
	{[]string{"format", "ext"}, []string{"format"}},
	{[]string{"hash", "sha", "digest"}, []string{"hex"}},
	{[]string{"token", "secret"}, []string{"token", "hex"}},
	{[]string{"domain", "host"}, []string{"host"}},
	{[]string{"ip"}, []string{"ip", "slug", "int"}},
	{[]string{"file", "path"}, []string{"file", "slug"}},
	{[]string{"username", "user_name", "login", "handle", "owner"}, []string{"user", "repo"}},
	{[]string{"repo", "project", "package", "org"}, []string{"repo", "slug", "word"}},
	{[]string{"type", "category", "role", "status", "kind"}, []string{"word", "slug", "camel", "acronym", "int"}},
	{[]string{"name", "slug", "key", "tag", "title", "code", "label", "symbol", "group", "alias"}, []string{"slug", "word", "user", "code", "name", "repo", "acronym", "camel", "slugnum"}},
	{[]string{"number", "index", "count", "page", "offset"}, []string{"int"}},
}

// population returns the values of the parameter of that name that stands after a prefix of a template.
func (g *generator) population(name, prefix string, p param) *population {
	key := name
	if len(name) <= 4 { // {id} is another one after each noun
		parts := strings.FieldsFunc(braces.ReplaceAllString(prefix, ""), func(c rune) bool { return c == '/' })
		if len(parts) > 0 {
			key = parts[len(parts)-1] + "." + name
		}
	}
	if pop := g.pops[key]; pop != nil {
		return pop
	}
	kind := g.kind(name, p)
	if g.plan.wordy && kind != "enum" && closedKinds[kind] == nil {
		kind = wordKinds[g.r.IntN(len(wordKinds)-1)]
	}
	n := int(math.Exp(g.r.Float64() * math.Log(4000)))
	switch x := g.r.Float64(); {
	case g.plan.recorded:
		n = 1 + g.r.IntN(1+g.r.IntN(8))
	case x < .15:
		n = 1 + g.r.IntN(2)
	case x < .4:
		n = 2 + g.r.IntN(10)
	}
	skew := .5 + g.r.Float64()*.8
	if g.plan.recorded {
		skew = 1 + g.r.Float64()*1.5
	}
	pop := makePopulation(newMaker(g.r, g.words, kind), p, n, g.avoid, skew)
	g.pops[key] = pop
	return pop
}

// An endpoint is a template taken apart, ready to be filled.
type endpoint struct {
	method  string
	parts   []string
	pops    []*population
	values  []bool // per token
	request uint64
	answer  uint64
}

const mark = "\x00"

// endpoints prepares the endpoints of the API, templates that differ only in parameter names once.
func (g *generator) endpoints() []endpoint {
	var all []endpoint
	seen := map[string]bool{}
	shared := map[string]uint64{}
	for _, o := range g.api.ops {
		flat := braces.ReplaceAllString(o.template, mark)
		if key := o.method + " " + flat; seen[key] || flat == "" {
			continue
		} else {
			seen[key] = true
		}
		e := endpoint{method: o.method, request: g.r.Uint64(), answer: g.r.Uint64()}
		last := 0
		for _, ix := range braces.FindAllStringIndex(o.template, -1) {
			name := strings.TrimRight(strings.TrimPrefix(o.template[ix[0]+1:ix[1]-1], "+"), "*+")
			e.parts = append(e.parts, o.template[last:ix[0]])
			e.pops = append(e.pops, g.population(name, o.template[:ix[0]], o.params[o.template[ix[0]+1:ix[1]-1]]))
			last = ix[1]
		}
		e.parts = append(e.parts, o.template[last:])
		for _, t := range template.Tokens(flat) {
			e.values = append(e.values, strings.Contains(t, mark))
		}
		g.share(&e, flat, shared)
		all = append(all, e)
	}
	return all
}

// share lets endpoints below the same place answer alike by chance, as commands and as views of one resource do.
func (g *generator) share(e *endpoint, flat string, shared map[string]uint64) {
	switch g.plan.signatures {
	case enveloped:
		e.answer, e.request = 0x1234567890abcdef, 0xfedcba0987654321
	case telling:
		up := flat[:strings.LastIndexByte(flat, '/')+1]
		if s, ok := shared[up]; ok && g.r.Float64() < .3 {
			e.answer = s
		}
		shared[up] = e.answer
	}
	if e.method == "GET" || e.method == "DELETE" || e.method == "HEAD" {
		e.request = 0
	}
}

// generate makes up the traffic of an API.
func generate(a *api, words []string, seed uint64, p plan) *traffic {
	r := rand.New(rand.NewPCG(seed, hash(a.name))) //nolint:gosec // reproducible, not secret
	g := &generator{r: r, api: a, plan: p, words: words, style: idStyles[r.IntN(len(idStyles))], avoid: map[string]bool{}, pops: map[string]*population{}}
	for _, o := range a.ops {
		for _, t := range template.Tokens(o.template) {
			g.avoid[t] = true
		}
	}
	es := g.endpoints()
	tr := &traffic{templates: templatesOf(es)}
	if len(es) == 0 {
		return tr
	}
	skew := .7 + .5*r.Float64()
	if p.recorded {
		skew = .3
	}
	cdf := zipf(len(es), skew)
	order := r.Perm(len(es))
	issued := map[string]bool{}
	for range p.perEndpoint * len(es) {
		i, _ := slices.BinarySearch(cdf, r.Float64()*cdf[len(es)-1])
		i = order[min(i, len(es)-1)]
		tr.requests = append(tr.requests, g.call(&es[i], i, issued))
	}
	g.scan(tr)
	r.Shuffle(len(tr.requests), func(i, j int) { tr.requests[i], tr.requests[j] = tr.requests[j], tr.requests[i] })
	return tr
}

// call makes up one call of an endpoint.
func (g *generator) call(e *endpoint, index int, issued map[string]bool) request {
	r := g.r
	var b strings.Builder
	var bits uint64
	for j, part := range e.parts {
		b.WriteString(part)
		if j == len(e.pops) {
			break
		}
		v := e.pops[j].draw(r)
		b.WriteString(v)
		if g.plan.issued && g.isIssued(e.pops[j], v, issued) {
			bits |= 1 << max(0, strings.Count(strings.Trim(b.String(), "/"), "/"))
		}
	}
	q := request{endpoint: index, values: e.values}
	q.sample = template.Sample{Method: e.method, Path: b.String(), Status: status(r), Principal: r.Uint64N(40) + 1, Issued: bits}
	if g.plan.issued && r.Float64() < .004 { // a word that also happens to be some object's name
		q.sample.Issued |= 1 << r.UintN(4)
	}
	if g.plan.signatures != unsigned && q.sample.Status < 300 {
		q.sample.Signature = vary(r, e.answer)
		if e.request != 0 && r.Float64() < .8 {
			q.sample.RequestSignature = vary(r, e.request)
		}
	}
	return q
}

// vary changes some bytes of a signature, as optional keys do.
func vary(r *rand.Rand, s uint64) uint64 {
	for range r.IntN(3) * r.IntN(2) {
		s ^= r.Uint64N(4) << (8 * r.UintN(8))
	}
	return s
}

// isIssued says whether a response gave the value out before: most identifiers are, and things people choose less often.
func (g *generator) isIssued(p *population, v string, issued map[string]bool) bool {
	if p.kind == "enum" || p.kind == "date" || p.kind == "year" || closedKinds[p.kind] != nil {
		return false
	}
	if _, ok := issued[v]; !ok {
		issued[v] = g.r.Float64() < .6
	}
	return issued[v]
}

func status(r *rand.Rand) int {
	switch x := r.IntN(100); {
	case x < 92:
		return 200
	case x < 94:
		return 404
	}
	return []int{400, 401, 403, 409, 429, 500}[r.IntN(6)]
}

// probes are what scanners ask for first.
var probes = strings.Fields("/.env /.git/config /.git/HEAD /wp-login.php /admin /administrator /phpinfo.php /config.json /backup.zip /.aws/credentials /server-status /actuator/env /console /login.jsp /api/swagger.json /robots.txt /cgi-bin/test /owa/ /.DS_Store /vendor/phpunit /debug /test.php /old /dump.sql")

// scan adds what a scanner asks for, in vain.
func (g *generator) scan(tr *traffic) {
	if g.r.Float64() < .4 {
		return
	}
	for range 1 + len(tr.requests)/50 {
		s := template.Sample{Method: "GET", Path: probes[g.r.IntN(len(probes))], Status: 404, Principal: 99}
		tr.requests = append(tr.requests, request{sample: s, endpoint: -1})
	}
}
