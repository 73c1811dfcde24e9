package schema

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/datatype"
)

// A field is what was learned of the scalar values at a node.
type field struct {
	count   int64 // values, null and empty ones not counted
	next    int64 // the value to look at next
	typ     waywarden.DataType
	values  values
	mixed   bool  // values of a type of their own occur: each is looked at
	judgeAt int64 // values from which on the samples are judged again
	conf    float64
	why     string
	stats   datatype.Stats
}

// sampleAll is the number of first values that are all looked at; from then on one per eighth of those seen, and what
// they say is judged anew when there are half as many again.
const sampleAll = 32

// fieldOf returns the node's field.
func (n *node) fieldOf() *field {
	if n.field == nil {
		n.field = &field{values: newValues(n)}
	}
	return n.field
}

// sample looks at a value and judges the field anew where the evidence has grown enough.
func (t *Tree) sample(n *node, f *field, value string, kind waywarden.ValueKind) {
	f.stats.Observe(value, kind)
	if f.count < sampleAll {
		f.next = f.count + 1
	} else {
		f.next = f.count + f.count/8
	}
	if f.count <= 4 || f.count&(f.count-1) == 0 || f.count >= f.judgeAt && f.count >= sampleAll {
		f.judgeAt = f.count + f.count/2
		t.judge(n, f, f == n.field)
	}
}

// judge decides the data type of a field; own is false for the names of a map's members.
func (t *Tree) judge(n *node, f *field, own bool) {
	ctx := t.context(n)
	if !own {
		ctx.Parents = append([]datatype.Meaning{ctx.Name}, ctx.Parents...)
		ctx.Name, ctx.Siblings = datatype.Meaning{}, 0
	}
	f.typ, f.conf, f.why = datatype.Of(ctx, &f.stats)
	f.mixed = f.stats.Mixed(f.typ)
	if f.typ != "" {
		f.values.drop()
	}
}

// judgeAll judges the fields of a subtree anew.
func (t *Tree) judgeAll(n *node) {
	if n.field != nil {
		t.judge(n, n.field, true)
	}
	if n.element != nil {
		t.judgeAll(n.element)
	}
	if n.members == nil {
		return
	}
	for _, k := range n.members.list {
		t.judgeAll(k)
	}
	if n.members.wild != nil {
		t.judgeAll(n.members.wild)
	}
	if n.members.keys != nil {
		t.judge(n, n.members.keys, false)
	}
}

// siblingsMax bounds how many neighbours of a field are looked at.
const siblingsMax = 48

// context gathers what the name of a field is understood by.
func (t *Tree) context(n *node) datatype.Context {
	t.parents = t.parents[:0]
	c := datatype.Context{In: n.in, Nouns: t.nouns}
	at := n
	for at != nil && at.key == "" { // an element is named by its array
		at = at.parent
	}
	if at == nil {
		return c
	}
	c.Element = at != n
	c.Name = at.meaning()
	if n.in == waywarden.InPath {
		c.Nouns = t.nounsBefore(n.key)
	}
	for p := at.parent; p != nil; p = p.parent {
		if p.key != "" && p.key != wildKey {
			t.parents = append(t.parents, p.meaning())
		}
	}
	c.Parents = t.parents
	if p := at.parent; p != nil && p.members != nil {
		for _, k := range p.members.list[:min(siblingsMax, len(p.members.list))] {
			if k != at {
				c.Siblings |= k.meaning().Concepts()
			}
		}
	}
	return c
}

// meaning is what the node's name says.
func (n *node) meaning() datatype.Meaning {
	if !n.read && n.key != wildKey {
		n.read, n.means = true, datatype.Read(n.key)
	}
	return n.means
}

// nounsBefore returns the nouns of the path before a parameter.
func (t *Tree) nounsBefore(name string) []datatype.Meaning {
	for _, p := range t.params {
		if p.name == name {
			return t.nouns[:p.before]
		}
	}
	return nil
}

func (f *field) merge(o *field) {
	f.count += o.count
	f.next = max(f.next, f.count, o.next)
	f.stats.Merge(&o.stats)
	f.values.merge(&o.values)
}

// A ValueCount is one value of a closed set with the number of times it was seen.
type ValueCount struct {
	Value string
	Count int64
}

// Values are the distinct values of a field as long as they are few.
type values struct {
	list []ValueCount
	max  int
	open bool // there are too many, or they are no names
}

const (
	closedMax   = 64 // distinct values of a request field that may select a function
	enumMax     = 16 // distinct values of any other field
	valueLenMax = 64 // bytes of a value that can be a name
)

// newValues says how many distinct values of a field are worth keeping.
func newValues(n *node) values {
	request := n.in == waywarden.InBody || n.in == waywarden.InQuery
	switch {
	case n.key == wildKey, n.in == waywarden.InPath, n.in == waywarden.InHeader, n.in == waywarden.InCookie:
		return values{open: true}
	case request && n.depth <= signDepth && n.key != "":
		return values{max: closedMax}
	}
	return values{max: enumMax}
}

// add counts a value. Frequent values move to the front, where they are found first.
func (v *values) add(s string) {
	for i := range v.list {
		if v.list[i].Value == s {
			v.list[i].Count++
			if i > 0 && v.list[i].Count > v.list[i-1].Count {
				v.list[i], v.list[i-1] = v.list[i-1], v.list[i]
			}
			return
		}
	}
	if len(v.list) >= v.max || len(s) > valueLenMax {
		v.drop()
		return
	}
	v.list = append(v.list, ValueCount{Value: strings.Clone(s), Count: 1})
}

func (v *values) drop() { v.open, v.list = true, nil }

func (v *values) merge(o *values) {
	if v.open || o.open {
		v.drop()
		return
	}
	v.max = max(v.max, o.max)
	for _, c := range o.list {
		i := slices.IndexFunc(v.list, func(m ValueCount) bool { return m.Value == c.Value })
		switch {
		case i >= 0:
			v.list[i].Count += c.Count
		case len(v.list) >= v.max:
			v.drop()
			return
		default:
			v.list = append(v.list, c)
		}
	}
}

// forgetValues drops the closed sets of a subtree: those of made-up names mean nothing.
func (n *node) forgetValues() {
	if n.field != nil {
		n.field.values.drop()
	}
	if n.element != nil {
		n.element.forgetValues()
	}
}

// A Field is a request field with few distinct values.
type Field struct {
	In     waywarden.Place
	Name   string
	Values []ValueCount // by count, then value
	Count  int64        // values seen, of all
}

// ClosedFields returns the text and small-number fields of the query and of the two top levels of the body that have
// at most 64 distinct values, in order of appearance: candidates for the field that selects a function.
func (t *Tree) ClosedFields() []Field {
	var fs []Field
	for _, in := range [...]waywarden.Place{waywarden.InQuery, waywarden.InBody} {
		if r := t.roots[in]; r != nil {
			fs = closedFields(r, fs)
		}
	}
	return fs
}

func closedFields(n *node, fs []Field) []Field {
	if f := n.field; f != nil && n.key != "" && n.depth <= signDepth && !f.values.open && len(f.values.list) > 0 {
		vs := slices.Clone(f.values.list)
		slices.SortFunc(vs, byCount)
		fs = append(fs, Field{In: n.in, Name: n.path, Values: vs, Count: f.count})
	}
	if n.members != nil {
		for _, k := range n.members.list {
			fs = closedFields(k, fs)
		}
	}
	return fs
}

func byCount(a, b ValueCount) int {
	if a.Count != b.Count {
		return int(max(-1, min(1, b.Count-a.Count)))
	}
	return strings.Compare(a.Value, b.Value)
}
