package sensor

import (
	"github.com/zeebo/xxh3"
)

// seenKept is how many records a generation of [seen] remembers: at least that many, at most twice as many are known.
const seenKept = 1 << 16

// seen knows the records of the recent past, to drop those that an at-least-once source delivers again. A record is the
// same when its sensor, kind, id and time are: an id alone would let whoever can choose one (a propagated request id)
// hide a call behind another.
type seen struct {
	now, before *[2 * seenKept]uint64 // open addressing, 0 is free
	n           int
}

func newSeen() *seen {
	return &seen{now: new([2 * seenKept]uint64), before: new([2 * seenKept]uint64)}
}

// again says whether the record was seen, and remembers it.
func (s *seen) again(it *item) bool {
	h := xxh3.HashStringSeed(it.rec.ID, uint64(it.unix)<<3|uint64(it.rec.Kind))
	if it.rec.Sensor != "" {
		h = xxh3.HashStringSeed(it.rec.Sensor, h)
	}
	h = max(h, 1)
	if s.before[slot(s.before, h)] == h {
		return true
	}
	i := slot(s.now, h)
	if s.now[i] == h {
		return true
	}
	if s.n == seenKept {
		s.now, s.before, s.n = s.before, s.now, 0
		clear(s.now[:])
		i = slot(s.now, h)
	}
	s.now[i] = h
	s.n++
	return false
}

// slot returns where h is, or would be.
func slot(table *[2 * seenKept]uint64, h uint64) int {
	i := int(h & (2*seenKept - 1))
	for table[i] != 0 && table[i] != h {
		i = (i + 1) & (2*seenKept - 1)
	}
	return i
}
