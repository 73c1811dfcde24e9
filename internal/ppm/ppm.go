// Package ppm is a sequence model of variable order: how likely a symbol is after the ones before it, learned while it is
// asked, from contexts of up to three symbols that back off to shorter ones (prediction by partial matching, Cleary and
// Witten 1984, in the interpolated form with method C escapes of Moffat 1990). Memory is bounded: when the table is full
// all counts are halved, and what is then gone makes room.
package ppm

import "math"

// Order is the number of symbols that a context has at most.
const Order = 3

// bitsMax bounds the surprise of one symbol.
const bitsMax = 16

// fresh is the number of symbols never seen that the model reckons with.
const fresh = 64

// A History is what came before. The zero History is a beginning.
type History [Order]uint32

// Push puts a symbol last.
func (h *History) Push(sym uint32) { h[2], h[1], h[0] = h[1], h[0], sym }

// A Model is the sequences of one kind. It is not safe for several goroutines.
type Model struct {
	cells []cell
	used  int
	limit int
}

// A cell counts a context, or a symbol after a context.
type cell struct {
	key   uint64
	n     float32 // times
	kinds float32 // different symbols after a context
	usual float32 // mean surprise after a context, bits
}

// New returns a model of at most limit contexts and symbols after contexts; a power of two, 24 bytes each.
func New(limit int) *Model { return &Model{cells: make([]cell, 64), limit: max(limit, 64)} }

// Len returns how many contexts and symbols after contexts are remembered.
func (m *Model) Len() int { return m.used }

// See learns that a symbol came after what was before, and pushes it. It returns how surprising it was, and how
// surprising what comes there is as a rule, both in bits.
func (m *Model) See(h *History, sym uint32) (bits, usual float64) {
	m.room()
	var ctx, pair [Order + 1]int
	key := uint64(0x9e3779b97f4a7c15)
	p := 0.0
	for k := range Order + 1 {
		if k > 0 {
			key = mix(key, uint64(h[k-1]))
		}
		ctx[k], pair[k] = m.at(key), m.at(mix(key, uint64(sym)|1<<40))
		c, s := &m.cells[ctx[k]], &m.cells[pair[k]]
		if k == 0 {
			p = 1 / (float64(c.kinds) + fresh)
		}
		if c.n > 0 {
			p = (float64(s.n) + float64(c.kinds)*p) / float64(c.n+c.kinds)
		}
	}
	bits = min(-math.Log2(p), bitsMax)
	known := &m.cells[ctx[1]]
	usual = float64(known.usual)
	if known.n == 0 {
		usual = bits
	}
	known.usual += (float32(bits) - float32(usual)) / min(known.n+1, 64)
	if known.n == 0 {
		known.usual = float32(bits)
	}
	for k := range Order + 1 {
		c, s := &m.cells[ctx[k]], &m.cells[pair[k]]
		if s.n == 0 {
			c.kinds++
		}
		c.n++
		s.n++
	}
	h.Push(sym)
	return bits, usual
}

// at returns the place of a key, a new one if there is none. There is room.
func (m *Model) at(key uint64) int {
	mask := len(m.cells) - 1
	for i := int(key>>20) & mask; ; i = (i + 1) & mask {
		switch m.cells[i].key {
		case key:
			return i
		case 0:
			m.cells[i].key = key
			m.used++
			return i
		}
	}
}

// room makes room for what one symbol needs, so that places stay while they are used.
func (m *Model) room() {
	for 4*(m.used+2*Order+2) > 3*len(m.cells) {
		if 2*len(m.cells) <= m.limit {
			m.rebuild(2*len(m.cells), 1)
			continue
		}
		m.rebuild(len(m.cells), 0.5)
	}
}

// rebuild takes what is left after fading into a table of a size. Counts below one are gone.
func (m *Model) rebuild(size int, f float32) {
	old := m.cells
	m.cells, m.used = make([]cell, size), 0
	for _, c := range old {
		if c.n *= f; c.key == 0 || c.n < 1 {
			continue
		}
		c.kinds = max(c.kinds*f, 1)
		m.cells[m.at(c.key)] = c
	}
}

func mix(a, b uint64) uint64 {
	a = (a ^ b) * 0xff51afd7ed558ccd
	a = (a ^ a>>32) * 0xc4ceb9fe1a85ec53
	return a ^ a>>29
}
