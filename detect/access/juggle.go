package access

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Juggling makes AUT-008: an identifier of another form than the parameter takes, that is answered.
func Juggling(m *detect.Memory) detect.Detector {
	return &juggling{
		fields: detect.NewTable[formats](m, "AUT-008 parameters", 1<<14),
		seen:   detect.NewTable[struct{}](m, "AUT-008 callers per parameter", 1<<18),
		new:    detect.NewTable[newcomer](m, "AUT-008 callers with a new form", 1<<12),
	}
}

type juggling struct {
	fields *detect.Table[formats]
	seen   *detect.Table[struct{}]
	new    *detect.Table[newcomer]
}

// formats is what the values of a parameter look like.
type formats struct {
	callers int32
	n       int
	shapes  [shapesMax]uint64
	tricks  [tricks]int32 // callers that sent such a value and were not reported
}

// A newcomer is what one caller sent in a form that the parameter never had.
type newcomer struct {
	values   detect.Set
	evidence detect.Few
	raised   bool
}

// A trick is how a value can name more than one object, or none.
type trick uint8

const (
	plainValue trick = iota
	trickOperator
	trickList
	trickWildcard
	trickNothing
	trickControl
	tricks
)

var trickNames = [tricks]string{"", "an operator in place of a value", "a list where one is taken", "a wildcard", "a value that means nothing", "a control character"}

// Bounds of the verdict.
const (
	shapesMax  = 4    // forms of values beyond which a parameter takes anything
	formsMin   = 20   // callers before a trick stands out …
	formsMany  = 100  // … and before a form that is merely new does, …
	formValues = 2    // … with so many different values of one caller that are not its own
	trickPart  = 0.01 // share of the callers that send such values up to which they are none of the parameter's
)

func (d *juggling) Card() detect.Card {
	return detect.Card{
		ID: "AUT-008", Title: "Identifier of another form is answered", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API1:2023", "R155:1.2", "R155:3.3"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputResponseBodies, Helped: detect.InputRequestBodies | detect.InputLinks,
		Desc: `Raised when a parameter that names an object, and of which at least twenty callers sent ordinary identifiers, gets a value that is none and the operation answers with data: a wildcard (*, %), an operator in place of the value (vin[$ne], {"$gt": ""}), a list where one is taken, a word or number that means nothing (null, undefined, 0, -1), or a control character. At most one in a hundred callers may have sent such a value.

Also raised when one caller is answered for two different values of a form (alphabet, namespace prefix) that none of at least a hundred callers ever sent, neither of which is its own, by a parameter that has at most four forms.`,
		Silent: []string{
			"an app that sends null or undefined by mistake and gets nothing, or an error",
			"operations that take lists or searches",
			"a new make whose identifiers look different: its owners name their own vehicles",
			"what the server refuses",
		},
		Respond: "Accept only values of the parameter's form (a schema with a pattern), look up objects through the caller's links, and check what the answer gave.",
	}
}

func (*juggling) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed}
}

func (d *juggling) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || c.Principal.UID == "" || !c.Success {
		return
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		switch l.In {
		case waywarden.InResponse:
			return
		case waywarden.InPath, waywarden.InQuery, waywarden.InBody:
			if base, operator := operatorOf(l.Name); operator || identifies(l.Type) {
				if d.judge(s, l, base, operator, out) {
					return
				}
			}
		}
	}
}

// identifies says whether a type names one object.
func identifies(t waywarden.DataType) bool {
	switch t {
	case waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypeIMEI, waywarden.TypePlate, waywarden.TypePersonID, waywarden.TypeStationID,
		waywarden.TypeIDTag, waywarden.TypeEMAID, waywarden.TypeSessionID, waywarden.TypeWorkOrder:
		return true
	}
	return false
}

// operatorOf splits a field's name where an operator or an index was put behind a parameter's name: vin[$ne], vin.$gt, vin[].
func operatorOf(name string) (base string, operator bool) {
	i := strings.IndexAny(name, "[$")
	switch {
	case i <= 0:
		return name, false
	case name[i] == '$' && name[i-1] != '.':
		return name, false
	case name[i] == '$':
		return name[:i-1], true
	case strings.HasPrefix(name[i:], "[$") || i+2 == len(name):
		return name[:i], true
	}
	return name, false
}

// judge holds a value against what its parameter takes; it says whether it was reported.
func (d *juggling) judge(s *waywarden.Scene, l *waywarden.Leaf, base string, operator bool, out *detect.Output) bool {
	key, who := detect.Key(s.Call.Operation.ID, l.In.String(), base), detect.Key(s.Call.Principal.UID)
	t := trickOf(l.Value)
	if operator {
		t = trickOperator
	}
	if t == plainValue {
		return d.plain(s, l, key, who, out)
	}
	f := d.fields.Peek(key)
	if f == nil || f.callers < formsMin {
		return false
	}
	if float64(f.tricks[t]) > trickPart*float64(f.callers) || !gives(s, out) {
		if k := detect.Mix(detect.Mix(key, who), uint64(t)); d.seen.Peek(k) == nil {
			d.seen.At(k)
			f.tricks[t]++
		}
		return false
	}
	d.report(s, l, trickNames[t], f, nil, out)
	return true
}

// gives says whether a call has an effect worth a trick: data in the answer, or a command.
func gives(s *waywarden.Scene, out *detect.Output) bool {
	return out.Told != 0 || out.Objects > 0 || s.Call.Operation.Access == waywarden.AccessControl
}

// trickOf says how a value names more than one object, or none.
func trickOf(v string) trick {
	switch v {
	case "null", "undefined", "nil", "None", "NaN", "0", "-1", "[]", "{}", "[object Object]", "all", "any":
		return trickNothing
	}
	for i := range len(v) {
		switch c := v[i]; {
		case c == '*', c == '%' && (i+2 >= len(v) || !hexadecimal(v[i+1]) || !hexadecimal(v[i+2])):
			if c == '*' && i > 0 && i < len(v)-1 { // DE*ABC*E1 is a station
				continue
			}
			return trickWildcard
		case c == ',', c == '|':
			if i > 3 && i < len(v)-4 {
				return trickList
			}
		case c < 0x20, c == 0x7f:
			return trickControl
		}
	}
	return plainValue
}

func hexadecimal(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// plain learns the form of a value, or notes that a caller sends one of a form that nobody else sends.
func (d *juggling) plain(s *waywarden.Scene, l *waywarden.Leaf, key, who uint64, out *detect.Output) bool {
	f := d.fields.At(key)
	shape := shapeOf(l.Value)
	if !f.knows(shape) {
		if f.n < shapesMax && f.callers >= formsMany && !owns(s, l) {
			return d.stranger(s, l, f, detect.Mix(key, who), out)
		}
		if f.n < shapesMax {
			f.shapes[f.n] = shape
		}
		f.n++
	}
	if k := detect.Mix(key, who); d.seen.Peek(k) == nil {
		d.seen.At(k)
		f.callers++
	}
	return false
}

// knows says whether a parameter takes values of a form, which one that takes anything does.
func (f *formats) knows(shape uint64) bool {
	return f.n > shapesMax || slices.Contains(f.shapes[:min(f.n, shapesMax)], shape)
}

// owns says whether a value names what is the caller's own.
func owns(s *waywarden.Scene, l *waywarden.Leaf) bool {
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; s.Call.Leaves[sub.Leaf].Name == l.Name && s.Call.Leaves[sub.Leaf].In == l.In {
			return detect.Linked(sub)
		}
	}
	return false
}

// stranger notes a value of a new form and reports its sender once there are enough.
func (d *juggling) stranger(s *waywarden.Scene, l *waywarden.Leaf, f *formats, key uint64, out *detect.Output) bool {
	if !out.Told.Any(detect.Contacts()|detect.Vehicles()|detect.Places()|detect.Secrets()) && s.Call.Operation.Access != waywarden.AccessControl {
		return false
	}
	n := d.new.At(key)
	if !n.values.Add(detect.Key(l.Value)) && !n.raised {
		return false
	}
	n.evidence.Add(s)
	if n.values.N < formValues {
		return false
	}
	var ev []waywarden.Evidence
	if !n.raised {
		n.raised = true
		ev = n.evidence.With(s)
	}
	d.report(s, l, "an identifier of another form or namespace", f, ev, out)
	return true
}

// shapeOf returns the form of an identifier: its namespace prefix and its alphabet, not its length.
func shapeOf(v string) uint64 {
	prefix, rest := "", v
	if i := strings.IndexAny(v, ":_/"); i >= 2 && letters(v[:i]) {
		prefix, rest = strings.ToLower(v[:i+1]), v[i+1:]
	}
	const (
		digit = 1 << iota
		letter
		at
		dash
		other
	)
	has := byte(0)
	for _, c := range []byte(rest) {
		switch {
		case c >= '0' && c <= '9':
			has |= digit
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			has |= letter
		case c == '@':
			has |= at
		case c == '-':
			has |= dash
		default:
			has |= other
		}
	}
	if has&(at|letter) == letter|at {
		return detect.Key("mail")
	}
	if has&letter != 0 {
		has |= digit // whether an alphanumeric one happens to have a digit says nothing
	}
	return detect.Key(prefix, string([]byte{has}))
}

func letters(v string) bool {
	for _, c := range []byte(v) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

func (d *juggling) report(s *waywarden.Scene, l *waywarden.Leaf, what string, f *formats, ev []waywarden.Evidence, out *detect.Output) {
	op := s.Call.Operation
	r := detect.Report{
		Group: s.Call.Principal.UID + " " + op.ID, Severity: waywarden.SeverityHigh, Confidence: 80, Operation: op, Principal: s.Call.Principal, Evidence: ev,
		Title: "Identifier of another form answered by " + detect.What(op),
		Desc: detect.Who(s) + " sent " + what + " in " + place(l) + " of " + detect.What(op) + " (" + detect.Clip(l.Value) + "), of which " + detect.Itoa(f.callers) +
			" callers sent ordinary identifiers, and was answered. The server takes the value for something else than one object of the caller.",
		Resources: detect.Assets(s),
		Facts:     []waywarden.Fact{{Name: place(l), Observed: detect.Clip(l.Value), Normal: "one identifier of type " + string(l.Type)}},
	}
	if out.Told != 0 {
		r.Facts = append(r.Facts, waywarden.Fact{Name: "data in the answer", Observed: strings.Join(out.Told.Names(), ", "), Normal: "none"})
	}
	out.Raise(&r)
}
