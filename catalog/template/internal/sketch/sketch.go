// Package sketch counts what is too much to keep: the most frequent and the different values of a stream.
package sketch

import (
	"math"
	"math/bits"
	"slices"
)

// A Tally counts the most frequent of a stream of values (Misra and Gries) in four counters.
type Tally struct {
	value [4]uint64
	count [4]uint32
	total uint32
}

// Add counts a value n times.
func (t *Tally) Add(v uint64, n uint32) {
	t.total += n
	free := -1
	for i := range t.value {
		if t.count[i] > 0 && t.value[i] == v {
			t.count[i] += n
			return
		}
		if t.count[i] == 0 && free < 0 {
			free = i
		}
	}
	if free >= 0 {
		t.value[free], t.count[free] = v, n
		return
	}
	least := slices.Min(t.count[:])
	take := min(least, n)
	for i := range t.count {
		t.count[i] -= take
	}
	if n > take {
		t.Add(v, n-take)
		t.total -= n - take
	}
}

// Merge adds what another tally counted.
func (t *Tally) Merge(o *Tally) {
	total := t.total + o.total
	for i, v := range o.value {
		if o.count[i] > 0 {
			t.Add(v, o.count[i])
		}
	}
	t.total = total
}

// Top returns the most frequent value, the smaller one of equals.
func (t *Tally) Top() uint64 {
	var v uint64
	var n uint32
	for i := range t.value {
		if t.count[i] > n || t.count[i] == n && n > 0 && t.value[i] < v {
			v, n = t.value[i], t.count[i]
		}
	}
	return v
}

// A Distinct estimates how many different values were added: HyperLogLog with 64 registers, standard error 13 %.
type Distinct [64]uint8

// Estimate returns about how many different values were added.
func (s *Distinct) Estimate() int {
	const m = 64
	sum, zeros := 0.0, 0
	for _, r := range s {
		sum += 1 / float64(uint64(1)<<r)
		if r == 0 {
			zeros++
		}
	}
	e := .709 * m * m / sum
	if e <= 2.5*m && zeros > 0 {
		e = m * math.Log(m/float64(zeros))
	}
	return int(math.Round(e))
}

// Add says whether the value changed the sketch; it is surely new then.
func (s *Distinct) Add(h uint64) bool {
	i, rank := h&63, uint8(bits.TrailingZeros64(h>>6|1<<57)+1)
	if rank <= s[i] {
		return false
	}
	s[i] = rank
	return true
}

// News says whether Add would.
func (s *Distinct) News(h uint64) bool { return uint8(bits.TrailingZeros64(h>>6|1<<57)+1) > s[h&63] }

// Merge adds the values of another.
func (s *Distinct) Merge(o *Distinct) {
	for i, r := range o {
		s[i] = max(s[i], r)
	}
}

// Hash is FNV-1a, mixed: its low bits are as good as the others.
func Hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return Mix(h)
}

// Mix is the finaliser of splitmix64.
func Mix(h uint64) uint64 {
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}

// Alike is the share of equal bytes of two signatures, 0 below two of the eight: the likeness of key sets when they are
// minhashes, and equality when they are plain hashes.
func Alike(a, b uint64) float64 {
	n := 0
	for i := range 8 {
		if byte(a>>(8*i)) == byte(b>>(8*i)) {
			n++
		}
	}
	if n < 2 {
		return 0
	}
	return float64(n) / 8
}
