package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/axiomhq/hyperloglog"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/function"
	"github.com/waywarden/waywarden/catalog/identity"
	"github.com/waywarden/waywarden/catalog/schema"
)

// A spot is what was learned about one method on one cell of the path learner. Its calls are kept apart by the value
// of its selector, if it has one: whether that field really selects functions is decided when it is asked, so that a
// decision can be reversed without losing what was learned.
type spot struct {
	key      spotKey
	count    int64
	selector *selector         // nil: no field of the request is a candidate
	scout    *schema.Tree      // request fields over all facets, while candidates are sought
	facets   map[string]*facet // by selector value; "" for calls without one
}

// A facet is what was learned about the calls of a spot that carry one value of its selector.
type facet struct {
	spot       *spot
	value      string
	count      int64
	headless   int64 // calls whose header fields were not captured
	trees      trees
	request    media
	response   media
	statuses   map[int]int64
	posture    identity.Posture
	principals *hyperloglog.Sketch
	first      time.Time
	last       time.Time
	requests   signatures // key sets of request bodies
	told       string     // template and method that the trees know
	toldMethod string
	action     string // class of action that the selector's value names, or ""
	op         *waywarden.Operation
	classifyAt int64
	weighed    uint64 // hash of the evidence for the verdict
	verdict    function.Verdict
}

// trees are the learned schemas of a facet, one a place.
type trees struct{ path, query, header, cookie, body, response, refusal *schema.Tree }

func (t *trees) all() [7]*schema.Tree {
	return [...]*schema.Tree{t.path, t.query, t.header, t.cookie, t.body, t.response, t.refusal}
}

// media counts the formats of the bodies of one side.
type media map[schema.Format]int64

func (m media) merge(o media) {
	for k, n := range o {
		m[k] += n
	}
}

func newSpot(k spotKey) *spot {
	return &spot{key: k, facets: map[string]*facet{}}
}

func newFacet(s *spot, value string) *facet {
	return &facet{
		spot: s, value: value, statuses: map[int]int64{}, request: media{}, response: media{}, principals: hyperloglog.New14(),
		trees: trees{
			path: schema.NewTree(waywarden.InPath), query: schema.NewTree(waywarden.InQuery), header: schema.NewTree(waywarden.InHeader),
			cookie: schema.NewTree(waywarden.InCookie), body: schema.NewTree(waywarden.InBody),
			response: schema.NewTree(waywarden.InResponse), refusal: schema.NewTree(waywarden.InResponse),
		},
	}
}

// facet returns the accumulator of the calls with that selector value.
func (s *spot) facet(value string) *facet {
	f := s.facets[value]
	if f == nil {
		f = newFacet(s, strings.Clone(value))
		s.facets[f.value] = f
	}
	return f
}

// about tells the facet's schemas which operation they describe.
func (f *facet) about(method, template string) {
	if f.told == template && f.toldMethod == method {
		return
	}
	f.told, f.toldMethod = template, method
	for _, t := range f.trees.all() {
		t.About(method, template)
	}
}

// answer returns the schema an answer with that status belongs to: what is served and what is said in refusal differ.
func (f *facet) answer(status int) *schema.Tree {
	if status >= 400 {
		return f.trees.refusal
	}
	return f.trees.response
}

func (s *spot) observe(f *facet, call *waywarden.Call, w *schema.Walker) {
	tx := call.Record.HTTP
	s.count++
	f.count++
	f.statuses[tx.Status]++
	if tx.Request.HeadersMissing && call.Principal.UID == "" {
		f.headless++ // whether there was a credential is not known
	} else {
		f.posture.Observe(call.Principal, tx.Status, call.Success)
	}
	if call.Principal.UID != "" {
		f.principals.InsertHash(hashOf(call.Principal.UID))
	}
	f.requests.add(w.RequestSignature)
	f.first, f.last = earlier(f.first, call.Record.At), later(f.last, call.Record.At)
}

// authentication returns what the server was seen to enforce; Required is "" when no call's header fields were captured.
func (f *facet) authentication() waywarden.Authentication {
	if f.headless == f.count {
		return waywarden.Authentication{Schemes: []waywarden.AuthScheme{}}
	}
	return f.posture.Authentication()
}

// merge takes over what another spot learned. Its selector is kept if it is the same field; otherwise the other
// spot's facets are taken as calls without one.
func (s *spot) merge(o *spot) {
	same := s.selector != nil && o.selector != nil && s.selector.in == o.selector.in && s.selector.name == o.selector.name
	if s.count == 0 && s.selector == nil {
		s.selector, same = o.selector, true
	}
	for _, f := range o.sorted() {
		value := f.value
		if !same {
			value = ""
		}
		s.facet(value).merge(f)
	}
	s.count += o.count
}

func (f *facet) merge(o *facet) {
	f.count += o.count
	f.headless += o.headless
	f.classifyAt, f.told = 0, ""
	for i, t := range f.trees.all() {
		t.Merge(o.trees.all()[i])
	}
	f.request.merge(o.request)
	f.response.merge(o.response)
	for code, n := range o.statuses {
		f.statuses[code] += n
	}
	f.posture.Merge(o.posture)
	// Sketches of one precision always merge.
	_ = f.principals.Merge(o.principals)
	f.requests.merge(o.requests)
	f.first, f.last = earlier(f.first, o.first), later(f.last, o.last)
}

// forget drops what was cached by the spot's former key.
func (s *spot) forget() {
	for _, f := range s.facets {
		f.op = nil
	}
}

// sorted returns the facets by value.
func (s *spot) sorted() []*facet {
	fs := make([]*facet, 0, len(s.facets))
	for _, f := range s.facets {
		fs = append(fs, f)
	}
	slices.SortFunc(fs, func(a, b *facet) int { return cmp.Compare(a.value, b.value) })
	return fs
}

// signatures is a small set of key-set hashes; more than it holds count as "many".
type signatures struct {
	seen [8]uint64
	n    int
	many bool
}

func (s *signatures) add(h uint64) {
	if h == 0 || s.has(h) {
		return
	}
	if s.n == len(s.seen) {
		s.many = true
		return
	}
	s.seen[s.n] = h
	s.n++
}

func (s *signatures) has(h uint64) bool { return slices.Contains(s.seen[:s.n], h) }

func (s *signatures) merge(o signatures) {
	for _, h := range o.seen[:o.n] {
		s.add(h)
	}
	s.many = s.many || o.many
}

// disjoint says whether two sets, both known in full, share nothing.
func (s *signatures) disjoint(o *signatures) bool {
	if s.many || o.many || s.n == 0 || o.n == 0 {
		return false
	}
	return !slices.ContainsFunc(s.seen[:s.n], o.has)
}
