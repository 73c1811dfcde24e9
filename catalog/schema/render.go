package schema

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/datatype"
)

// rootName names a body that is one scalar.
const rootName = "$"

// Parameters appends the fields the tree learned, in order of appearance, for the inventory. in is the contract's name
// of the place.
func (t *Tree) Parameters(dst []waywarden.Parameter, in string) []waywarden.Parameter {
	r := t.roots[t.place]
	if r == nil {
		return dst
	}
	return parameters(r, false, in, dst)
}

func parameters(n *node, required bool, in string, dst []waywarden.Parameter) []waywarden.Parameter {
	if n.field != nil || n.leafless() {
		dst = append(dst, n.parameter(in, required))
	}
	if n.element != nil {
		dst = parameters(n.element, required, in, dst)
	}
	m := n.members
	if m == nil {
		return dst
	}
	for _, k := range m.list {
		dst = parameters(k, k.seen >= m.closed, in, dst)
	}
	if m.wild != nil {
		for _, p := range parameters(m.wild, false, in, nil) {
			if p.DataType != "" {
				dst = append(dst, p)
			}
		}
		if m.keys != nil && m.keys.typ != "" {
			dst = append(dst, waywarden.Parameter{In: in, Name: m.wild.path, Type: "string", DataType: m.keys.typ})
		}
	}
	return dst
}

// leafless says whether a node never held anything that has parameters of its own: nulls, empty arrays and objects, maps.
func (n *node) leafless() bool {
	if n.parent == nil && n.kinds[kindNull] == 0 {
		return false
	}
	return n.element == nil && (n.members == nil || len(n.members.list) == 0)
}

func (n *node) parameter(in string, required bool) waywarden.Parameter {
	p := waywarden.Parameter{In: in, Name: n.path, Type: n.mainType(), Required: required}
	if p.Name == "" {
		p.Name = rootName
	}
	if f := n.field; f != nil {
		p.DataType, p.Format, p.Enum = f.typ, n.format(), n.enum()
		if f.typ == waywarden.TypeLocation {
			p.Precision = datatype.Precision(&f.stats)
		}
	}
	return p
}

// mainType is the JSON Schema type of most values.
func (n *node) mainType() string {
	ks := n.kinds
	if ks[kindNumber] > 0 {
		ks[kindNumber] += ks[kindInteger]
		ks[kindInteger] = 0
	}
	ks[kindNull] = 0
	best := kindNull
	for k, c := range ks {
		if c > ks[best] {
			best = k
		}
	}
	return typeNames[best]
}

var typeNames = [kindsN]string{
	kindNull: "null", kindBool: "boolean", kindInteger: "integer", kindNumber: "number", kindText: "string", kindObject: "object", kindArray: "array",
}

// format is the JSON Schema format of a text field, or "".
func (n *node) format() string {
	if n.kinds[kindText] == 0 || n.kinds[kindInteger]+n.kinds[kindNumber]+n.kinds[kindBool] > 0 {
		return ""
	}
	return n.field.stats.Format()
}

// Values are a closed set when each came back: there are at least so many calls, and so many times more than values.
const (
	enumCalls  = 24
	enumRepeat = 6
)

// enum returns the sorted values of a closed set of names, or nil.
func (n *node) enum() []string {
	f := n.field
	vs := f.values.list
	if f.values.open || len(vs) < 2 || len(vs) > enumMax || n.kinds[kindText] != f.count || f.count < enumCalls || f.count < enumRepeat*int64(len(vs)) {
		return nil
	}
	once := 0
	names := make([]string, 0, len(vs))
	for _, v := range vs {
		if v.Count == 1 {
			once++
		}
		if !nameLike(v.Value) {
			return nil
		}
		names = append(names, v.Value)
	}
	if 4*once > len(vs) {
		return nil
	}
	slices.Sort(names)
	return names
}

// nameLike says whether a value can be a constant of a program.
func nameLike(s string) bool {
	if len(s) > 40 {
		return false
	}
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_', c == '-', c == '.', c == ':', c == '/':
		case c >= '0' && c <= '9':
			if digits++; digits > 4 {
				return false
			}
		default:
			return false
		}
	}
	return digits < len(s)
}

// JSONSchema returns what was learned as a JSON Schema 2020-12 object, as OpenAPI 3.1 uses it. It is made of maps,
// slices, strings and booleans alone. An empty tree gives the schema that allows everything.
func (t *Tree) JSONSchema() map[string]any {
	r := t.roots[t.place]
	if r == nil {
		return map[string]any{}
	}
	return r.schema()
}

func (n *node) schema() map[string]any {
	s := map[string]any{}
	switch types := n.types(); len(types) {
	case 0:
		return s
	case 1:
		s["type"] = types[0]
	default:
		s["type"] = types
	}
	if n.field != nil {
		n.scalarSchema(s)
	}
	if n.element != nil {
		s["items"] = n.element.schema()
	}
	if n.members != nil {
		n.members.schema(s)
	}
	return s
}

func (n *node) scalarSchema(s map[string]any) {
	if f := n.format(); f != "" {
		s["format"] = f
	}
	if n.field.typ != "" {
		s["x-data-type"] = string(n.field.typ)
	}
	enum := n.enum()
	if enum == nil || n.kinds[kindText] != n.total() {
		return
	}
	vs := make([]any, len(enum))
	for i, v := range enum {
		vs[i] = v
	}
	s["enum"] = vs
}

func (m *members) schema(s map[string]any) {
	if len(m.list) > 0 {
		properties := map[string]any{}
		var required []any
		for _, k := range m.list {
			properties[k.key] = k.schema()
			if k.seen >= m.closed && m.closed > 0 {
				required = append(required, k.key)
			}
		}
		s["properties"] = properties
		if required != nil {
			slices.SortFunc(required, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
			s["required"] = required
		}
	}
	if m.wild != nil {
		s["additionalProperties"] = m.wild.schema()
	}
}

// types are the JSON Schema types a node had, in the order of the kinds; a number makes integers numbers.
func (n *node) types() []any {
	var ts []any
	for k, c := range n.kinds {
		if c == 0 || k == kindInteger && n.kinds[kindNumber] > 0 {
			continue
		}
		ts = append(ts, typeNames[k])
	}
	return ts
}

func (n *node) total() int64 {
	sum := int64(0)
	for _, c := range n.kinds {
		sum += c
	}
	return sum
}
