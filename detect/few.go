package detect

import (
	"slices"

	"github.com/waywarden/waywarden"
)

// A Few keeps the first pieces of evidence, to be cited once there is a verdict.
type Few struct {
	n  int
	at [6]waywarden.Evidence
}

// Add keeps the scene's record while there is room.
func (f *Few) Add(s *waywarden.Scene) {
	if f.n < len(f.at) {
		f.at[f.n] = Keep(s)
		f.n++
	}
}

// With returns what is kept and the scene's own record.
func (f *Few) With(s *waywarden.Scene) []waywarden.Evidence {
	out := append([]waywarden.Evidence{}, f.at[:f.n]...)
	if e := EvidenceOf(s); f.n == 0 || f.at[f.n-1].Record != e.Record {
		out = append(out, e)
	}
	return out
}

// A Set is the first different keys of something, counted.
type Set struct {
	N    int32
	keys [SetMax]uint32
}

// SetMax is the number of keys a [Set] tells apart.
const SetMax = 48

// Add says whether the key is new. Beyond the limit only the keys kept are known, and every other one counts as known.
func (s *Set) Add(k uint64) bool {
	if s.N == SetMax || s.Holds(k) {
		return false
	}
	s.keys[s.N] = fold(k)
	s.N++
	return true
}

// Holds says whether the key is among those kept.
func (s *Set) Holds(k uint64) bool { return slices.Contains(s.keys[:s.N], fold(k)) }

func fold(k uint64) uint32 { return uint32(k>>32) ^ uint32(k) }
