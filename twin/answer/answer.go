// Package answer finds the state of vehicles in the answers of APIs: which field carries which signal, in which unit,
// as of when. The names it goes by are data: domain/fields.tsv.
//
// A field counts by the end of its path, so that envelopes and spellings (snake, camel, kebab case) do not matter. What
// lies below settings, capabilities, timers, destinations or statistics is no state. A value that is not of the form its
// field promises is left out: nothing is guessed.
package answer

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// A State is one value of a vehicle that an answer carries.
type State struct {
	Leaf   int    // of the call
	Signal string // VSS path, or one below Vehicle.Private
	Value  waywarden.Value
	At     time.Time // when it was so, as far as the answer itself says; zero where it does not
}

// operationsMax is the number of operations whose fields are remembered, fieldsMax that of fields of each. Beyond them
// all is worked out anew.
const (
	operationsMax = 1 << 14
	fieldsMax     = 1 << 12
	orderMax      = 256 // fields of an operation whose order is remembered
	timesMax      = 64  // times of one answer that are looked at
	statesMax     = 4096
)

// A Reader reads answers. It belongs to one goroutine.
type Reader struct {
	names   map[string][]pattern // by the last part of the path
	signals map[string]bool      // all VSS paths
	ops     map[*waywarden.Operation]*fields
	items   map[string]meaning // of names that stand as values: {"name":"odometer","value":5}
	out     []State
	times   []stamp
}

// fields are the meanings of an operation's fields. An answer mostly has the fields of the one before it, in the same
// order, so that comparing a name is enough to find its meaning.
type fields struct {
	byName map[string]meaning
	order  []named
}

// named is a field with its meaning.
type named struct {
	name string
	mean meaning
}

// A pattern is a way to name a signal.
type pattern struct {
	before []string // parts of the path before the last, the nearest last
	mean   meaning
}

// A meaning is what a field says.
type meaning struct {
	signal string
	form   form
	unit   unit
	item   bool // the name of what it is a value of stands beside it
}

// A stamp is a time in an answer.
type stamp struct {
	node  int32
	place bool // of the position alone
	at    time.Time
}

// New returns a reader that knows the fields of k.
func New(k *domain.Knowledge) *Reader {
	r := &Reader{names: map[string][]pattern{}, signals: map[string]bool{}, ops: map[*waywarden.Operation]*fields{}, items: map[string]meaning{}}
	for _, f := range k.Fields() {
		last := f.Path[len(f.Path)-1]
		p := pattern{before: f.Path[:len(f.Path)-1], mean: meaning{signal: f.Signal, form: formOf(f.Form)}}
		p.mean.unit = unitOf(last)
		at := 0
		for at < len(r.names[last]) && len(r.names[last][at].before) >= len(p.before) {
			at++ // the longest come first
		}
		ps := append(r.names[last], pattern{})
		copy(ps[at+1:], ps[at:])
		ps[at] = p
		r.names[last] = ps
	}
	for _, s := range k.Signals() {
		r.signals[s.Path] = true
	}
	return r
}

// Read returns the state that the answer to a call carries, in the order of its leaves. It is valid until the next Read.
// The answer to a command is no reading: what it says may be what is wanted.
func (r *Reader) Read(c *waywarden.Call) []State {
	r.out, r.times = r.out[:0], r.times[:0]
	if !c.Success || c.Operation == nil || c.Operation.Access != waywarden.AccessRead || silent(c.Operation.Function.Class) {
		return nil
	}
	f := r.fieldsOf(c.Operation)
	n := -1
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InResponse {
			continue
		}
		n++
		m := r.lookUp(f, c.Operation, l.Name, n)
		switch {
		case l.Value == "":
		case m.item:
			if m = r.item(c, l, m); m.signal != "" {
				r.take(c, i, m)
			}
		case m.form == formTime:
			r.stamp(c, l, m)
		case m.signal != "":
			r.take(c, i, m)
		}
	}
	for i := range r.out {
		s := &r.out[i]
		s.At = r.asOf(c, c.Leaves[s.Leaf].Node, strings.HasPrefix(s.Signal, "Vehicle.CurrentLocation."))
	}
	return r.out
}

// silent says whether the answers of a class speak of something else than the present: of trips made, of people, of
// prices, of what a vehicle could do.
func silent(class string) bool {
	switch class {
	case "read.location.history", "read.media", "read.person.profile", "read.capabilities", "read.command.status",
		"ride.feed_public", "adm.export", "ops.debug", "ota.query":
		return true
	}
	group, _, _ := strings.Cut(class, ".")
	return group == "com" || group == "chg"
}

func (r *Reader) fieldsOf(op *waywarden.Operation) *fields {
	f := r.ops[op]
	if f == nil {
		if len(r.ops) >= operationsMax {
			clear(r.ops)
		}
		f = &fields{byName: map[string]meaning{}}
		r.ops[op] = f
	}
	return f
}

// lookUp returns the meaning of the n-th field of an answer.
func (r *Reader) lookUp(f *fields, op *waywarden.Operation, name string, n int) meaning {
	if n < len(f.order) && f.order[n].name == name {
		return f.order[n].mean
	}
	m, known := f.byName[name]
	if !known {
		m = r.mean(op, name)
		name = strings.Clone(name)
		if len(f.byName) < fieldsMax {
			f.byName[name] = m
		}
	}
	switch {
	case n < len(f.order):
		f.order[n] = named{strings.Clone(name), m}
	case n == len(f.order) && n < orderMax:
		f.order = append(f.order, named{strings.Clone(name), m})
	}
	return m
}

// take adds what a leaf says, if its value is of the form.
func (r *Reader) take(c *waywarden.Call, i int, m meaning) {
	l := &c.Leaves[i]
	u := m.unit
	if u == unitNone && m.form.measured() {
		u = r.unitBeside(c, i)
	}
	if v, ok := m.form.read(l, u); ok && len(r.out) < statesMax {
		r.out = append(r.out, State{Leaf: i, Signal: m.signal, Value: v})
	}
}

// beside is how far from a value its unit and its name are looked for.
const beside = 4

// unitBeside returns the unit that stands in the same object as leaf i.
func (r *Reader) unitBeside(c *waywarden.Call, i int) unit {
	for j := max(0, i-beside); j <= i+beside && j < len(c.Leaves); j++ {
		if o := &c.Leaves[j]; o.In == waywarden.InResponse && o.Node == c.Leaves[i].Node && units[tight(last(o.Name))] {
			if u := unitNamed(o.Value); u != unitNone {
				return u
			}
		}
	}
	return unitNone
}

// units are names of fields that hold a unit.
var units = map[string]bool{"unit": true, "units": true, "uom": true, "einheit": true, "unitincar": true, "temperatureunit": true, "unite": true, "unidad": true, "speedunit": true, "odometerunit": true, "measure": true}

// item returns the meaning of a value whose name stands beside it, or above the object it stands in.
func (r *Reader) item(c *waywarden.Call, l *waywarden.Leaf, m meaning) meaning {
	if l.Node < 0 || int(l.Node) >= len(c.Nodes) {
		return meaning{}
	}
	parent := c.Nodes[l.Node].Parent
	for j := range c.Leaves {
		o := &c.Leaves[j]
		if o.In != waywarden.InResponse || o.Node != l.Node && o.Node != parent || o.Kind != waywarden.ValueText || !labels[tight(last(o.Name))] {
			continue
		}
		if o.Node == parent && parent < 0 {
			continue
		}
		x, known := r.items[o.Value]
		if !known {
			if r.signals[o.Value] {
				x = meaning{signal: o.Value, form: formRaw}
			} else {
				x = r.match(parts(o.Value, nil))
			}
			if len(r.items) < fieldsMax {
				r.items[strings.Clone(o.Value)] = x
			}
		}
		if x.signal != "" {
			return x
		}
	}
	m.item = false
	return m
}

// labels are names of fields that say what the value beside them is of.
var labels = map[string]bool{"name": true, "key": true, "id": true, "code": true, "signal": true, "attribute": true, "field": true, "type": true, "path": true, "element": true, "technicalidentifier": true, "metric": true, "property": true, "label": true, "bezeichnung": true, "nom": true, "nombre": true}

// values are names of fields that hold the value of something named elsewhere.
var values = map[string]bool{"value": true, "val": true, "wert": true, "valor": true, "valeur": true, "waarde": true, "currentvalue": true, "numericvalue": true}

// envelopes are names of objects that only wrap.
var envelopes = map[string]bool{"data": true, "attributes": true, "response": true, "result": true, "payload": true, "body": true, "item": true, "items": true, "vehicle": true, "fahrzeug": true, "state": true, "dp": true}

// apart are parts of the names of objects whose fields look like state and are not: what could be, shall be or was,
// and what is of others.
var apart = [...]string{
	"capabilit", "feature", "support", "config", "profile", "preference", "option", "timer", "schedule", "destination", "home", "histor", "trip", "statistic", "average", "dealer", "partner", "poi",
	"service", "geofence", "zone", "weather", "station", "site", "tariff", "request", "error", "warning", "message", "notification", "address", "previous", "planned", "event", "alert", "fahrten", "journey", "route", "parkingspot", "driverinfo", "customer", "person", "account",
}

// mean works out what a field of an operation's answer says.
func (r *Reader) mean(op *waywarden.Operation, name string) meaning {
	chain := parts(name, context(op.Template))
	if len(chain) == 0 {
		return meaning{}
	}
	if place, ok := timeNames[chain[len(chain)-1]]; ok {
		m := meaning{form: formTime}
		if place {
			m.signal = "place"
		}
		return m
	}
	for _, part := range chain[:len(chain)-1] {
		for _, a := range apart {
			if strings.Contains(part, a) {
				return meaning{}
			}
		}
	}
	if values[chain[len(chain)-1]] {
		m := r.match(chain[:len(chain)-1])
		m.item = true
		return m
	}
	return r.match(chain)
}

// match returns the meaning of a path: that of the longest pattern that fits its end.
func (r *Reader) match(chain []string) meaning {
	if len(chain) == 0 {
		return meaning{}
	}
	n := len(chain) - 1
	for _, p := range r.names[chain[n]] {
		if endsWith(chain[:n], p.before) {
			return p.mean
		}
	}
	return meaning{}
}

func endsWith(chain, end []string) bool {
	if len(end) > len(chain) {
		return false
	}
	for i := range end {
		if chain[len(chain)-len(end)+i] != end[i] {
			return false
		}
	}
	return true
}

// contextMax is how many fixed parts of a path speak for what its answer is about.
const contextMax = 2

// context returns the last fixed parts of a template.
func context(template string) []string {
	var out []string
	for part := range strings.SplitSeq(template, "/") {
		if part != "" && !strings.Contains(part, "{") {
			out = append(out, tight(part))
		}
	}
	return out[max(0, len(out)-contextMax):]
}

// parts appends the parts of a dotted name, envelopes left out unless they come last.
func parts(name string, to []string) []string {
	for name != "" {
		part, rest, _ := strings.Cut(name, ".")
		if p := tight(part); p != "" && (rest == "" || !envelopes[p]) {
			to = append(to, p)
		}
		name = rest
	}
	return to
}

func last(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// tight brings the spellings of a name together: lower case, letters and digits alone.
func tight(s string) string {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			var b strings.Builder
			for _, c := range strings.ToLower(s) {
				if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
					b.WriteRune(c)
				} else if plain := folded[c]; plain != "" {
					b.WriteString(plain)
				}
			}
			return b.String()
		}
	}
	return s
}

// folded are letters of European languages without their marks.
var folded = map[rune]string{
	'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss", 'é': "e", 'è': "e", 'ê': "e", 'à': "a", 'á': "a", 'â': "a", 'ã': "a", 'å': "a", 'ç': "c", 'í': "i", 'î': "i", 'ó': "o", 'ô': "o", 'õ': "o",
	'ú': "u", 'û': "u", 'ñ': "n", 'ł': "l", 'ę': "e", 'ą': "a", 'ś': "s", 'ż': "z", 'ź': "z", 'ć': "c", 'ń': "n", 'ø': "o",
}
