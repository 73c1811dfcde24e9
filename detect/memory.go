package detect

import (
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden/internal/index"
)

// A Memory lends bounded tables to detectors and says how full they are.
type Memory struct {
	tables []usage
	shared map[string]any
}

// Shared returns what the detectors of one memory have in common under a name; the first that asks has it made. All ask
// with the same type.
func Shared[T any](m *Memory, name string, made func(*Memory) *T) *T {
	if v, ok := m.shared[name].(*T); ok {
		return v
	}
	v := made(m)
	if m.shared == nil {
		m.shared = map[string]any{}
	}
	m.shared[name] = v
	return v
}

type usage struct {
	name string
	of   func() (entries, limit int, evicted int64)
}

// Forget takes back the tables of a name, which nobody uses any more.
func (m *Memory) Forget(name string) {
	m.tables = slices.DeleteFunc(m.tables, func(u usage) bool { return u.name == name })
}

// A TableUse says how full a table is.
type TableUse struct {
	Name    string `json:"name"`
	Entries int    `json:"entries"`
	Limit   int    `json:"limit"`
	Evicted int64  `json:"evicted"` // entries dropped, those used longest ago first
}

// Use returns how full the tables are, in the order they were lent.
func (m *Memory) Use() []TableUse {
	out := make([]TableUse, 0, len(m.tables))
	for _, t := range m.tables {
		n, limit, evicted := t.of()
		out = append(out, TableUse{t.name, n, limit, evicted})
	}
	return out
}

// A Table keeps a value per key for at most a number of keys; at the limit the one used longest ago makes room. Uses that
// follow one another within an eighth of the limit count as one, which spares the ring most of its moves.
type Table[V any] struct {
	limit   int
	index   index.Map
	slots   []slot[V] // slot 0 is the ring's anchor: its next is the newest, its prev the oldest
	free    int32     // first of the dropped slots, linked by next; 0: none
	moves   uint32    // slots put in front so far
	evicted int64
}

type slot[V any] struct {
	key        uint64
	prev, next int32
	moved      uint32 // Table.moves when it was put in front
	value      V
}

// NewTable lends a table of at most limit keys.
func NewTable[V any](m *Memory, name string, limit int) *Table[V] {
	t := &Table[V]{limit: limit, slots: make([]slot[V], 1)}
	m.tables = append(m.tables, usage{name, func() (int, int, int64) { return t.index.Len(), t.limit, t.evicted }})
	return t
}

// At returns the value of the key, a new zero one if there is none. It is valid until the next At.
func (t *Table[V]) At(key uint64) *V {
	if v := t.Peek(key); v != nil {
		return v
	}
	var i int32
	switch {
	case t.free != 0:
		i = t.free
		t.free = t.slots[i].next
	case len(t.slots) <= t.limit:
		i = int32(len(t.slots))
		t.slots = append(t.slots, slot[V]{})
	default:
		i = t.slots[0].prev
		t.index.Delete(t.slots[i].key)
		t.unhook(i)
		t.evicted++
	}
	t.slots[i] = slot[V]{key: key}
	t.index.Set(key, i)
	t.hook(i)
	return &t.slots[i].value
}

// Peek returns the value of the key, nil if there is none. It is valid until the next At.
func (t *Table[V]) Peek(key uint64) *V {
	i := t.index.Place(key)
	if i == 0 {
		return nil
	}
	if s := &t.slots[i]; t.moves-s.moved > uint32(t.limit/8) {
		t.unhook(i)
		t.hook(i)
	}
	return &t.slots[i].value
}

// Drop forgets a key; its value must not be used any more.
func (t *Table[V]) Drop(key uint64) {
	i := t.index.Place(key)
	if i == 0 {
		return
	}
	t.index.Delete(key)
	t.unhook(i)
	t.slots[i] = slot[V]{next: t.free}
	t.free = i
}

// Len returns the number of keys.
func (t *Table[V]) Len() int { return t.index.Len() }

func (t *Table[V]) unhook(i int32) {
	s := &t.slots[i]
	t.slots[s.prev].next, t.slots[s.next].prev = s.next, s.prev
}

func (t *Table[V]) hook(i int32) {
	first := t.slots[0].next
	t.moves++
	t.slots[i].moved = t.moves
	t.slots[i].prev, t.slots[i].next = 0, first
	t.slots[first].prev, t.slots[0].next = i, i
}

// Key makes one key of several texts.
func Key(parts ...string) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		h = Mix(h, xxh3.HashString(p))
	}
	return h
}

// Mix makes one key of two, in this order.
func Mix(a, b uint64) uint64 {
	a = (a ^ b) * 0xff51afd7ed558ccd
	return (a ^ a>>32) * 0xc4ceb9fe1a85ec53
}
