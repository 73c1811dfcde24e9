package payload

import (
	"bytes"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Injection makes INV-004: a value that breaks out of its field, and a server that gives way.
func Injection(m *detect.Memory) detect.Detector {
	return &injection{
		trials:    detect.NewTable[probe](m, "INV-004 fields with suspicious values", 1<<13),
		operators: detect.NewTable[detect.Set](m, "INV-004 operations with operators in fields", 1<<10),
	}
}

type injection struct {
	trials    *detect.Table[probe]
	operators *detect.Table[detect.Set] // callers that send operators, which some queries are made of
}

// A probe is what one caller tried in one field, and how the server took it.
type probe struct {
	last     int64
	errors   int32 // of the server: a sign that the value was taken for code
	raised   bool
	evidence waywarden.Evidence // of the first
}

const probeSpan = 10 * time.Minute

// A kind is how a value breaks out of its field.
type kind uint8

const (
	nothing kind = iota
	quote        // what breaks a statement, and may be a name's apostrophe
	statement
	climb
	lookup
	shell
	entity
	operator
)

// operatorUsers is how many callers send operators to an operation from which its queries are made of them.
const operatorUsers = 2

func (d *injection) Card() detect.Card {
	return detect.Card{
		ID: "INV-004", Title: "Injection that the server gives way to", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API8:2023", "API5:2023", "R155:1.2", "R155:28.1"},
		Needs: detect.InputCalls, Helped: detect.InputRequestBodies | detect.InputResponseBodies,
		Desc: `Raised when a value of a request breaks out of its field and the server gives way:

- a piece of an SQL statement (a quote or a number followed by OR, AND, UNION SELECT, a comment or another statement) that is served with data, or served after a quote in the same field made the server fail within ten minutes;
- a path that climbs out of its folder (../, also encoded once or twice, with backslashes, or overlong) in a name or a path that is accepted;
- a lookup or a template that the server would evaluate (${jndi:…}, ${…exec…}, {{7*7}}), or a command for a shell (; cat /etc/…, $(curl …)), that is accepted;
- an external entity in an XML body (<!ENTITY … SYSTEM …>) that is accepted;
- an operator of a database in place of a value ({"$ne": ""}, password[$gt]=) that signs somebody in or is served with data, by an operation to which hardly anybody sends operators.

Values are looked at only where they hold a character or word that such a value needs. Single quotes alone are names.`,
		Silent: []string{
			"names with an apostrophe, free text with the words of SQL",
			"scanners that are refused",
			"addresses (https://host/a/../b) and versions (1..3)",
		},
		Respond: "Bind values to statements instead of pasting them, resolve paths before use, find out what was read or written, and block the caller.",
	}
}

func (*injection) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls} }

func (d *injection) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil {
		return
	}
	if l, k := whole(s.Record.HTTP); k != nothing {
		d.judge(s, &l, k, out)
		return
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			return
		}
		k := suspicious(l)
		if k == operator && !d.unusual(c) {
			return
		}
		if k != nothing {
			d.judge(s, l, k, out)
			return
		}
	}
}

// whole looks at what is no field: the path as sent, and an XML body.
func whole(tx *waywarden.Transaction) (waywarden.Leaf, kind) {
	path, _, _ := strings.Cut(tx.Target, "?")
	if (strings.Contains(path, "..") || strings.IndexByte(path, '%') >= 0) && climbs(path) {
		return waywarden.Leaf{In: waywarden.InPath, Name: "path", Kind: waywarden.ValueText, Value: path}, climb
	}
	if b := tx.Request.Body; len(b) > 0 && b[0] == '<' && external(b) {
		return waywarden.Leaf{In: waywarden.InBody, Name: "body", Kind: waywarden.ValueText, Value: detect.Clip(string(b))}, entity
	}
	return waywarden.Leaf{}, nothing
}

// suspicious says how a field of a request breaks out of its place.
func suspicious(l *waywarden.Leaf) kind {
	if operates(l) {
		return operator
	}
	if l.Kind != waywarden.ValueText && l.In == waywarden.InBody || l.Value == "" || l.In == waywarden.InHeader || l.In == waywarden.InCookie {
		return nothing
	}
	return suspect(l.Value)
}

// external says whether an XML body defines an entity that is read from elsewhere.
func external(body []byte) bool {
	i := bytes.Index(body, []byte("<!ENTITY"))
	return i >= 0 && (bytes.Contains(body[i:], []byte("SYSTEM")) || bytes.Contains(body[i:], []byte("PUBLIC")))
}

// operates says whether a field's name ends in an operator of a database.
func operates(l *waywarden.Leaf) bool {
	if l.In != waywarden.InBody && l.In != waywarden.InQuery {
		return false
	}
	i := strings.IndexByte(l.Name, '$')
	if i <= 0 || l.Name[i-1] != '.' && l.Name[i-1] != '[' {
		return false
	}
	switch strings.TrimRight(l.Name[i+1:], "]") {
	case "ne", "gt", "gte", "lt", "lte", "regex", "where", "exists", "nin", "in", "not", "or":
		return true
	}
	return false
}

// unusual says whether operators are none of an operation's queries, and counts the caller among those who send them.
func (d *injection) unusual(c *waywarden.Call) bool {
	users := d.operators.At(detect.Key(c.Operation.ID))
	who := detect.Key(c.Principal.UID)
	if !detect.Proves(c.Operation.Function.Class) && users.N >= operatorUsers && !users.Holds(who) {
		return false
	}
	users.Add(who)
	return users.N <= operatorUsers
}

func (d *injection) judge(s *waywarden.Scene, l *waywarden.Leaf, k kind, out *detect.Output) {
	c := s.Call
	p := d.trials.At(detect.Mix(detect.Key(c.Operation.ID, l.Name), detect.Key(detect.Caller(s))))
	now := s.Now.UnixNano()
	if now-p.last > int64(probeSpan) {
		*p = probe{}
	}
	fresh := p.last == 0
	p.last = now
	if fresh {
		p.evidence = detect.Keep(s)
	}
	if s.Record.HTTP.Status >= 500 {
		p.errors++
	}
	if !c.Success || k == quote {
		return
	}
	data := out.Told != 0
	if k == operator && !data && !detect.Proves(c.Operation.Function.Class) {
		return
	}
	if k == statement && p.errors == 0 && !(data && closed(l)) && !p.raised {
		return
	}
	d.report(s, l, p, k, data, out)
}

// closed says whether a leaf is of a type whose values never hold a statement.
func closed(l *waywarden.Leaf) bool {
	switch l.Type {
	case "", waywarden.TypeNameAddress:
		return false
	}
	return true
}

func (d *injection) report(s *waywarden.Scene, l *waywarden.Leaf, p *probe, k kind, data bool, out *detect.Output) {
	c := s.Call
	var ev []waywarden.Evidence
	if !p.raised {
		p.raised = true
		ev = []waywarden.Evidence{detect.EvidenceOf(s)}
		if p.evidence.Record != ev[0].Record {
			ev = []waywarden.Evidence{p.evidence, ev[0]}
		}
	}
	what := [...]string{statement: "a piece of an SQL statement", climb: "a path that climbs out of its folder", lookup: "an expression that the server would evaluate",
		shell: "a command for a shell", entity: "an external entity", operator: "an operator in place of a value"}[k]
	r := detect.Report{
		Group: detect.Caller(s) + " " + c.Operation.ID, Severity: waywarden.SeverityHigh, Confidence: 85, Operation: c.Operation, Principal: c.Principal, Evidence: ev,
		Title: "Injection served by " + detect.What(c.Operation),
		Desc:  detect.Who(s) + " sent " + what + " in " + l.Name + " of " + detect.What(c.Operation) + " (" + detect.Clip(l.Value) + "), and it was served.",
		Facts: []waywarden.Fact{
			{Name: l.Name, Observed: detect.Clip(l.Value), Normal: string(l.Type)},
			{Name: "server errors by such values before", Observed: detect.Itoa(p.errors), Normal: "0"},
		},
	}
	if data && (k == statement || k == operator) || k == lookup || k == shell {
		r.Severity = waywarden.SeverityCritical
		if data {
			r.Desc += " The answer held " + strings.Join(out.Told.Names(), ", ") + "."
		}
	}
	out.Raise(&r)
}
