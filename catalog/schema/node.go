package schema

import (
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/datatype"
)

// The JSON kinds counted at a node.
const (
	kindNull = iota
	kindBool
	kindInteger
	kindNumber
	kindText
	kindObject
	kindArray
	kindsN
)

// A node is one place in a message where values stand: a field, the elements of an array, or the members of a map.
//
// What every value touches comes first: it fills the two first lines of the processor's cache.
type node struct {
	key     string // own name; "" for array elements, wildKey for members of a map
	field   *field
	members *members
	seen    int64  // objects that had it; for a root: times walked
	stamp   uint64 // the object that had it last, to count a duplicate name once
	sign    uint64
	odd     bool // the key cannot be compared with raw JSON text: it holds a quote or a backslash
	read    bool // the name was looked up
	in      waywarden.Place
	depth   int32  // objects above it
	path    string // dotted path from the root, "[]" for elements, "{}" for members of a map
	kinds   [kindsN]int64
	element *node
	walked  uint64 // the walk whose signature has it already
	parent  *node
	means   datatype.Meaning
}

// Members are the fields of the objects at a node.
type members struct {
	list   []*node
	index  map[string]*node // of list, once it is long
	wild   *node            // members of dynamic name
	keys   *field           // the dynamic names themselves
	open   bool             // names are dynamic: no new ones are learned
	opened uint64           // objects begun
	closed int64            // objects read to their end
}

const (
	wildKey    = "{}"
	indexFrom  = 12 // members from which an index is worth it
	openFrom   = 32 // members from which it is asked whether names are dynamic …
	openAfter  = 4  // … of at least so many objects
	membersMax = 1024
)

// kid returns the child of that name; hint is the position it is expected at, and the next hint is returned.
func (t *Tree) kid(n *node, m *members, key string, hint int) (*node, int) {
	if m.index != nil {
		if k := m.index[key]; k != nil {
			return k, m.after(k, hint)
		}
	} else {
		for i, k := range m.list {
			if k.key == key {
				return k, i + 1
			}
		}
	}
	if m.open || t.nodes >= nodesMax || len(key) > nameMax || dynamicKey(key) {
		if !m.open && (t.nodes >= nodesMax || len(key) > nameMax) {
			t.lost++
		}
		return t.wild(n, m), hint
	}
	k := t.newKid(n, m, strings.Clone(key))
	if len(m.list)%8 == 0 && m.dynamic() {
		t.collapse(n, m)
		if !slices.Contains(m.list, k) {
			return m.wild, 0
		}
	}
	return k, len(m.list)
}

// after returns the position behind k, looked for near the hint.
func (m *members) after(k *node, hint int) int {
	for i := hint; i < min(hint+4, len(m.list)); i++ {
		if m.list[i] == k {
			return i + 1
		}
	}
	for i, l := range m.list {
		if l == k {
			return i + 1
		}
	}
	return hint
}

func (t *Tree) newKid(n *node, m *members, key string) *node {
	path := key
	if n.path != "" {
		path = n.path + "." + key
	}
	k := &node{key: key, path: path, parent: n, in: n.in, depth: n.depth + 1, odd: strings.ContainsAny(key, "\"\\")}
	k.sign = signOf(k)
	m.add(k)
	t.nodes++
	return k
}

func (m *members) add(k *node) {
	m.list = append(m.list, k)
	switch {
	case m.index != nil:
		m.index[k.key] = k
	case len(m.list) >= indexFrom:
		m.reindex()
	}
}

func (m *members) reindex() {
	m.index = make(map[string]*node, 2*len(m.list))
	for _, k := range m.list {
		m.index[k.key] = k
	}
}

// wild returns the child that stands for all members of dynamic name.
func (t *Tree) wild(n *node, m *members) *node {
	if m.wild == nil {
		path := wildKey
		if n.path != "" {
			path = n.path + "." + wildKey
		}
		m.wild = &node{key: wildKey, path: path, parent: n, in: n.in, depth: n.depth + 1}
		t.nodes++
	}
	return m.wild
}

// elements returns the child that stands for the elements of the arrays at n.
func (t *Tree) elements(n *node) *node {
	if n.element == nil {
		n.element = &node{path: n.path + "[]", parent: n, in: n.in, depth: n.depth}
		t.nodes++
	}
	return n.element
}

// dynamic says whether the names of an object's members are data rather than names. It is asked when there are many:
// names that come from a closed list have been seen again by then, names made up on the go have not (the share of those
// seen once estimates the chance that the next name is new: Good 1953).
func (m *members) dynamic() bool {
	if len(m.list) >= membersMax {
		return true
	}
	if len(m.list) < openFrom || m.opened < openAfter {
		return false
	}
	once, total := int64(0), int64(0)
	for _, k := range m.list {
		total += k.seen
		if k.seen <= 1 {
			once++
		}
	}
	// Half of the names were seen once only, or a name is there in one object of eight.
	return 2*once > int64(len(m.list)) || 8*total < int64(len(m.list))*int64(m.opened)
}

// oftenMin is how often a name must have come back to be kept whatever else is there.
const oftenMin = 8

// collapse gives up the names of an object whose members are dynamic, but for those that are there in most objects or
// came back often: strange names that a scanner tries must not make it forget the known ones.
func (t *Tree) collapse(n *node, m *members) {
	m.open = true
	w := t.wild(n, m)
	kept := m.list[:0]
	for _, k := range m.list {
		if 2*k.seen >= int64(m.opened) || k.seen >= oftenMin && 32*k.seen >= int64(m.opened) {
			kept = append(kept, k)
			continue
		}
		t.nodes -= k.size()
		t.merge(w, k)
	}
	clear(m.list[len(kept):])
	m.list, m.index = kept, nil
	if len(kept) >= indexFrom {
		m.reindex()
	}
	w.forgetValues()
}

// size is the number of nodes of the subtree.
func (n *node) size() int {
	size := 1
	if n.element != nil {
		size += n.element.size()
	}
	if m := n.members; m != nil {
		for _, k := range m.list {
			size += k.size()
		}
		if m.wild != nil {
			size += m.wild.size()
		}
	}
	return size
}

// dynamicKey says whether a name is an identifier, a number or a date: then it is data, whatever else is there.
func dynamicKey(key string) bool {
	digits, letters, others := 0, 0, 0
	for i := range len(key) {
		switch c := key[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		case c == '@':
			return i > 0 && strings.IndexByte(key[i:], '.') > 0
		default:
			others++
		}
	}
	if digits == 0 {
		return false
	}
	switch {
	case letters == 0: // "17", "2026-03-02", "48.1"
		return true
	case len(key) >= 16 && digits >= 4 && others == 0: // VIN, ULID, hash
		return true
	case len(key) >= 32 && digits >= 6: // UUID
		return true
	}
	return false
}

// merge adds what another node, of this tree or another, has learned.
func (t *Tree) merge(n, o *node) {
	n.seen += o.seen
	for i, c := range o.kinds {
		n.kinds[i] += c
	}
	if o.field != nil {
		n.fieldOf().merge(o.field)
	}
	if o.element != nil {
		t.merge(t.elements(n), o.element)
	}
	if o.members == nil {
		return
	}
	m := n.membersOf()
	t.mergeMembers(n, m, o.members)
}

func (t *Tree) mergeMembers(n *node, m, o *members) {
	m.opened += o.opened
	m.closed += o.closed
	for _, k := range o.list {
		mine, _ := t.kid(n, m, k.key, 0)
		t.merge(mine, k)
	}
	if o.wild != nil {
		t.merge(t.wild(n, m), o.wild)
	}
	if o.keys != nil {
		m.keysOf().merge(o.keys)
	}
	if !m.open && (o.open || m.dynamic()) {
		t.collapse(n, m)
	}
}

func (n *node) membersOf() *members {
	if n.members == nil {
		n.members = &members{}
	}
	return n.members
}

func (m *members) keysOf() *field {
	if m.keys == nil {
		m.keys = &field{values: values{open: true}}
	}
	return m.keys
}

// signDepth is the number of object levels whose names make a message's signature.
const signDepth = 2

// signOf is the part a field has in the signature of its message: 0 for deep ones and for names that look made up.
func signOf(n *node) uint64 {
	if n.depth > signDepth || twoDigits(n.key) {
		return 0
	}
	return xxh3.HashString(n.path)
}

func twoDigits(s string) bool {
	run := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			run = 0
			continue
		}
		if run++; run == 2 {
			return true
		}
	}
	return false
}
