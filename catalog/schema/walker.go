package schema

import (
	"unsafe"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/datatype"
)

// A Walker takes messages apart. It is reused from call to call: see [Walker.Reset]. Leaves alias the bytes walked.
type Walker struct {
	Leaves []waywarden.Leaf
	Nodes  []waywarden.Node

	// Signatures stand for the set of field names in the two top levels of the bodies walked last, whatever their
	// order; 0 for a body without any.
	RequestSignature  uint64
	ResponseSignature uint64

	Lost int64 // values not looked into since Reset: too deep, or too many

	tree *Tree
	in   waywarden.Place
	sign uint64
	src  []byte
	text string // src
	pos  int
	err  error
	near [256]nearHeader
}

// Reset forgets the last call and keeps its memory.
func (w *Walker) Reset() {
	w.Leaves, w.Nodes = w.Leaves[:0], w.Nodes[:0]
	w.RequestSignature, w.ResponseSignature, w.Lost = 0, 0, 0
}

// begin starts the walk of one message for tree t.
func (w *Walker) begin(t *Tree, in waywarden.Place) *node {
	w.tree, w.in, w.sign, w.err = t, in, 0, nil
	t.walks++
	r := t.root(in)
	r.seen++
	return r
}

// view returns b as a string that shares its memory.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// signed adds a field to the message's signature, once.
func (w *Walker) signed(k *node) {
	if k.sign != 0 && k.walked != w.tree.walks {
		k.walked = w.tree.walks
		w.sign += k.sign
	}
}

// seen counts that the object begun last has the member, once.
func (m *members) seen(k *node) {
	if k.stamp != m.opened {
		k.stamp = m.opened
		k.seen++
	}
}

// open begins an object and returns its index among the nodes.
func (w *Walker) open(parent int32, array bool) int32 {
	w.Nodes = append(w.Nodes, waywarden.Node{Parent: parent, Array: array})
	return int32(len(w.Nodes) - 1)
}

// leaf learns a scalar and adds it to the leaves. at is the object it stands in.
func (w *Walker) leaf(n *node, kind int, value string, at int32) {
	n.kinds[kind]++
	if len(w.Leaves) >= leavesMax {
		w.Lost++
		return
	}
	var typ waywarden.DataType
	if kind != kindNull && value != "" {
		f := n.field
		if f == nil {
			f = n.fieldOf()
		}
		typ = w.learn(n, f, value, kind)
	}
	w.add(waywarden.Leaf{In: w.in, Name: n.path, Type: typ, Kind: valueKinds[kind], Value: value, Node: at})
}

// add appends a leaf, in place where there is room.
func (w *Walker) add(l waywarden.Leaf) {
	if k := len(w.Leaves); k < cap(w.Leaves) {
		w.Leaves = w.Leaves[:k+1]
		w.Leaves[k] = l
		return
	}
	w.Leaves = append(w.Leaves, l)
}

var valueKinds = [kindsN]waywarden.ValueKind{
	kindNull: waywarden.ValueNull, kindBool: waywarden.ValueBool, kindInteger: waywarden.ValueNumber, kindNumber: waywarden.ValueNumber,
	kindText: waywarden.ValueText, kindObject: waywarden.ValueObject, kindArray: waywarden.ValueObject,
}

// learn counts a value and returns its data type.
func (w *Walker) learn(n *node, f *field, value string, kind int) waywarden.DataType {
	f.count++
	if f.count >= f.next {
		w.tree.sample(n, f, value, valueKinds[kind])
	}
	if !f.values.open && (kind == kindText || kind == kindInteger && f.values.max == closedMax && len(value) <= 6) {
		f.values.add(value)
	}
	if f.typ != "" && !f.mixed {
		return f.typ
	}
	if kind == kindText {
		if strong := datatype.Strong(value); strong != "" {
			return strong
		}
	}
	return f.typ
}

// key learns a dynamic member name and adds it to the leaves if it is of a data type.
func (w *Walker) key(n *node, m *members, name string, at int32) {
	f := m.keys
	if f == nil {
		f = m.keysOf()
	}
	f.count++
	if f.count >= f.next {
		w.tree.sample(n, f, name, waywarden.ValueText)
	}
	typ := f.typ
	if f.mixed && (typ != "" || f.count <= sampleAll || f.stats.Strong()) {
		if strong := datatype.Strong(name); strong != "" {
			typ = strong
		}
	}
	if typ != "" && len(w.Leaves) < leavesMax {
		w.add(waywarden.Leaf{In: w.in, Name: m.wild.path, Type: typ, Kind: waywarden.ValueText, Value: name, Node: at})
	}
}
