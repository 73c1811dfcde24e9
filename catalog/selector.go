package catalog

import (
	"strings"
	"unicode"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/function"
	"github.com/waywarden/waywarden/catalog/schema"
	"github.com/waywarden/waywarden/internal/words"
)

// A selector is a request field that may select one of many functions behind one path. Calls are kept apart by its
// values from its first sight on; whether it really selects functions is a decision that evidence can change.
type selector struct {
	in    waywarden.Place
	name  string // dotted path of the field
	prior prior
	open  bool // more values than a closed set has: it selects nothing

	decided   bool  // the present decision
	decideAt  int64 // calls of the spot at which to decide again
	decideFor int   // number of values the decision was made for
}

// A prior says how far a field's mere name or protocol speaks for its being a selector.
type prior uint8

// The priors, in rising order. A weak one needs the evidence of differing functions or differing request fields.
const (
	priorNone prior = iota
	priorWeak
	priorStrong
	priorProtocol // the protocol itself says so: GraphQL, JSON-RPC, SOAP
	priorUser     // the settings say so
)

// valueLenMax bounds what can be the name of a function.
const valueLenMax = 64

// selectorHeaders are header fields that name the function called.
var selectorHeaders = [...]string{"soapaction", "x-amz-target"}

// strongWords name a field that selects a function, whatever its values. Languages: en, de, fr, es, it, nl, pt, pl, sv.
var strongWords = wordSet(`command cmd action operation operationname op function func fn verb task job procedure rpc
	commandtype actiontype messagetype msgtype eventtype requesttype servicetype operationtype jobtype tasktype granttype grant_type
	kommando befehl aktion auftrag auftragsart vorgang vorgangsart funktion aktionstyp commande ordre operacion accion comando orden mando
	azione operazione opdracht actie bewerking acao operacao polecenie akcja kommandot atgard`)

// weakWords name fields that often select a function and as often merely qualify one.
var weakWords = wordSet(`type typ tipo kind art event service method do act request message mode modus control ctrl directive intent instruction tipus soort rodzaj`)

func wordSet(list string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

// priorOf judges a field by its last name part.
func priorOf(name string) prior {
	last := name[strings.LastIndexByte(name, '.')+1:]
	flat := strings.ToLower(strings.Map(letters, last))
	if strongWords[flat] || strongWords[strings.ToLower(last)] {
		return priorStrong
	}
	best := priorNone
	if weakWords[flat] {
		best = priorWeak
	}
	var buf [8]string
	for _, w := range words.Split(last, buf[:0]) {
		switch {
		case strongWords[w]:
			return priorStrong
		case weakWords[w]:
			best = priorWeak
		}
	}
	return best
}

func letters(r rune) rune {
	if unicode.IsLetter(r) {
		return r
	}
	return -1
}

// wordlike says whether a value can be the name of a function: letters first of all, no identifier.
func wordlike(v string) bool {
	if v == "" || len(v) > valueLenMax {
		return false
	}
	letters, digits := 0, 0
	for _, r := range v {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune("_-.:/# {}\"", r):
			return false
		}
	}
	return letters > 0 && digits <= letters/2
}

// selectValue returns the value by which the call's spot keeps its calls apart, or "".
func (c *Catalog) selectValue(s *spot, tx *waywarden.Transaction, query string) string {
	if v, ok := s.headerValue(tx); ok {
		return s.admit(v, c.o.ValuesMax)
	}
	if !s.scouted(c.o.ScoutCalls) || query == "" && len(tx.Request.Body) == 0 {
		return ""
	}
	if s.scout == nil {
		s.scout = schema.NewTree(waywarden.InBody)
	}
	w := &c.scout
	w.Reset()
	w.Query(s.scout, query)
	if tx.Request.Captured {
		// A body that cannot be read is counted where it is kept; here it only has no candidate.
		_, _ = w.Body(s.scout, waywarden.InBody, tx.Request.Headers.First("content-type"), tx.Request.Body, tx.Request.Truncated)
	}
	if s.selector == nil || s.selector.prior < priorStrong && s.count < int64(c.o.ScoutCalls) {
		c.seek(s, w)
	}
	if s.selector == nil {
		return ""
	}
	return s.admit(selectorValue(s.selector, w.Leaves), c.o.ValuesMax)
}

// scouted says whether the request's fields are to be looked at: while candidates are sought, now and then later, and
// as long as there is one.
func (s *spot) scouted(first int) bool {
	if s.selector != nil {
		return !s.selector.open
	}
	return s.count < int64(first) || s.count&(s.count-1) == 0
}

// headerValue returns the value of a header that names the function, making it the selector.
func (s *spot) headerValue(tx *waywarden.Transaction) (string, bool) {
	if tx.Method != "POST" {
		return "", false
	}
	for _, name := range selectorHeaders {
		if v := strings.Trim(tx.Request.Headers.First(name), `"`); v != "" {
			if s.selector == nil || s.selector.in != waywarden.InHeader {
				s.selector = &selector{in: waywarden.InHeader, name: name, prior: priorProtocol}
			}
			return v, true
		}
	}
	return "", false
}

// admit returns v if it can be one of a closed set of functions.
func (s *spot) admit(v string, limit int) string {
	if !wordlike(v) || s.selector.open {
		return ""
	}
	if s.facets[v] == nil && len(s.facets) >= limit {
		s.selector.open = true
		return ""
	}
	return v
}

// seek looks for the best candidate among the leaves of a request, and keeps the present one unless a better is found.
func (c *Catalog) seek(s *spot, w *schema.Walker) {
	best := selector{}
	if s.selector != nil {
		best = *s.selector
	}
	for i := range w.Leaves {
		l := &w.Leaves[i]
		if strings.Count(l.Name, ".") > 2 || strings.Contains(l.Name, "[]") {
			continue
		}
		if p := leafPrior(l, w.Leaves); p > best.prior && (wordlike(l.Value) || p == priorProtocol) {
			best = selector{in: l.In, name: l.Name, prior: p}
		}
	}
	if best.prior == priorNone && s.count > 0 && s.count&(s.count-1) == 0 {
		best = c.seekByEffect(s)
	}
	if best.prior == priorNone || s.selector != nil && s.selector.name == best.name && s.selector.in == best.in {
		return
	}
	s.selector = &best
}

// leafPrior judges one leaf in the light of the protocol that the others show.
func leafPrior(l *waywarden.Leaf, all []waywarden.Leaf) prior {
	if l.In == waywarden.InBody {
		switch l.Name {
		case "operationName", graphqlName:
			return priorProtocol
		case "method":
			for i := range all {
				if all[i].In == waywarden.InBody && all[i].Name == "jsonrpc" {
					return priorProtocol
				}
			}
		case "query":
			if graphqlOperation(l.Value) != "" {
				return priorProtocol
			}
		}
	}
	if l.Kind != waywarden.ValueText {
		return priorNone
	}
	return priorOf(l.Name)
}

// seekByEffect finds a closed field of any name whose values name different actions.
func (c *Catalog) seekByEffect(s *spot) selector {
	for _, f := range s.scout.ClosedFields() {
		if len(f.Values) < 2 || len(f.Values) > 16 {
			continue
		}
		named := 0
		for _, v := range f.Values {
			if !wordlike(v.Value) {
				named = 0
				break
			}
			if c.acts(v.Value) != "" {
				named++
			}
		}
		if named >= 2 && c.differ(f.Values) {
			return selector{in: f.In, name: f.Name, prior: priorWeak}
		}
	}
	return selector{}
}

// acts returns the class of action that a bare value names, or "".
func (c *Catalog) acts(value string) string {
	v := c.classes.Classify(function.Evidence{Discriminator: waywarden.Discriminator{In: waywarden.InBody, Value: value}})
	if v.Confidence < 0.72 || v.Review || v.Access != waywarden.AccessControl {
		return ""
	}
	return v.Class
}

func (c *Catalog) differ(vs []schema.ValueCount) bool {
	first := ""
	for _, v := range vs {
		switch class := c.acts(v.Value); {
		case class == "":
		case first == "":
			first = class
		case class != first:
			return true
		}
	}
	return false
}

// selectorValue finds the value of the selector among the leaves of a request.
func selectorValue(sel *selector, leaves []waywarden.Leaf) string {
	query := ""
	for i := range leaves {
		l := &leaves[i]
		if l.In != sel.in {
			continue
		}
		if l.Name == sel.name {
			if sel.name == "query" && sel.prior == priorProtocol {
				return graphqlOperation(l.Value)
			}
			return l.Value
		}
		if l.Name == "query" {
			query = l.Value
		}
	}
	if sel.prior == priorProtocol && query != "" {
		return graphqlOperation(query)
	}
	return ""
}

// graphqlName is the field of a persisted query, which is known by its hash alone.
const graphqlName = "extensions.persistedQuery.sha256Hash"

// graphqlOperation returns the operation a GraphQL document names, or its root fields joined; "" for other text.
func graphqlOperation(doc string) string {
	d := strings.TrimSpace(doc)
	for _, kind := range [...]string{"query", "mutation", "subscription"} {
		rest, ok := strings.CutPrefix(d, kind)
		if !ok || rest == "" || nameLen(rest) > 0 {
			continue
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
		if n := nameLen(rest); n > 0 {
			if !strings.ContainsRune(rest[n:], '{') {
				return ""
			}
			return rest[:n]
		}
		if i := strings.IndexByte(rest, '{'); i >= 0 && (rest[0] == '{' || rest[0] == '(') {
			return rootField(rest[i+1:])
		}
		return ""
	}
	if strings.HasPrefix(d, "{") && !strings.HasPrefix(strings.TrimLeft(d[1:], " \t\r\n"), `"`) {
		return rootField(d[1:])
	}
	return ""
}

func rootField(s string) string {
	s = strings.TrimLeft(s, " \t\r\n")
	return s[:nameLen(s)]
}

func nameLen(s string) int {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return i
		}
	}
	return len(s)
}
