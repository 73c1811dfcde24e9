// Package index maps hashes to places in a slab. It is what a map[uint64]int32 is, with one look at memory per look-up
// instead of four: most tables are larger than the processor's caches, and the look at memory is what costs.
package index

import (
	"hash/maphash"
	"math/bits"
)

// A Map maps keys to places other than 0, which stands for none. The zero Map is empty.
type Map struct {
	cells []cell // a power of two of them, at most three quarters in use
	n     int
	shift uint8
	odd   uint64 // a secret multiplier, so that nobody can choose keys that meet; it moves cells, never results
}

type cell struct {
	key   uint64
	place int32 // 0: free
}

// smallest is the number of cells of a map that holds anything.
const smallest = 16

// Len returns the number of keys.
func (m *Map) Len() int { return m.n }

// home is where the search for a key begins: multiply-shift hashing (Dietzfelbinger and others 1997).
func (m *Map) home(key uint64) int { return int(key * m.odd >> m.shift) }

// Place returns the place of a key, 0 if there is none.
func (m *Map) Place(key uint64) int32 {
	if m.n == 0 {
		return 0
	}
	mask := len(m.cells) - 1
	for i := m.home(key); ; i = (i + 1) & mask {
		if c := &m.cells[i]; c.key == key || c.place == 0 {
			return c.place
		}
	}
}

// Set makes place, which is not 0, the place of key.
func (m *Map) Set(key uint64, place int32) {
	if 4*(m.n+1) > 3*len(m.cells) {
		m.grow()
	}
	if m.put(key, place) {
		m.n++
	}
}

// put says whether the key is new.
func (m *Map) put(key uint64, place int32) bool {
	mask := len(m.cells) - 1
	i := m.home(key)
	for m.cells[i].place != 0 && m.cells[i].key != key {
		i = (i + 1) & mask
	}
	fresh := m.cells[i].place == 0
	m.cells[i] = cell{key, place}
	return fresh
}

func (m *Map) grow() {
	if m.odd == 0 {
		m.odd = maphash.Bytes(maphash.MakeSeed(), nil) | 1
	}
	old := m.cells
	m.cells = make([]cell, max(smallest, 2*len(old)))
	m.shift = uint8(64 - bits.TrailingZeros(uint(len(m.cells))))
	for _, c := range old {
		if c.place != 0 {
			m.put(c.key, c.place)
		}
	}
}

// Delete forgets a key. The cells behind it move up, so that no search ends early (Knuth volume 3, 6.4, algorithm R).
func (m *Map) Delete(key uint64) {
	if m.n == 0 {
		return
	}
	mask := len(m.cells) - 1
	i := m.home(key)
	for m.cells[i].key != key {
		if m.cells[i].place == 0 {
			return
		}
		i = (i + 1) & mask
	}
	if m.cells[i].place == 0 {
		return
	}
	m.n--
	for j := (i + 1) & mask; m.cells[j].place != 0; j = (j + 1) & mask {
		if home := m.home(m.cells[j].key); (j-home)&mask >= (j-i)&mask {
			m.cells[i] = m.cells[j]
			i = j
		}
	}
	m.cells[i] = cell{}
}
