package detect

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// A Scope says which scenes a detector may have something to say about, or learn from: the engine asks it about no
// others. It may be wider than what the detector looks at, never narrower. The zero Scope is every scene.
type Scope struct {
	Of    Sort     // sorts of scene; none: all
	Only  Trait    // what a scene must have, all of it
	Areas []string // areas of functions, the first part of their class ("act", "id"); none: all, also no operation at all
}

// A Scoped is a detector that says what it looks at.
type Scoped interface{ Scope() Scope }

// A Sort is a set of sorts of scene.
type Sort uint8

// The sorts of scene. A frame of a charging socket may ask for an operation, too.
const (
	OfCalls   Sort = 1 << iota // API calls of which the operation is known
	OfProbes                   // API calls without an operation
	OfFrames                   // of charging sockets
	OfSignals                  // vehicle telemetry
	OfRows                     // of the register
	sorts     = iota
)

// A Trait is a set of properties of a scene.
type Trait uint8

// The traits.
const (
	Accepted   Trait = 1 << iota // the call did what was asked
	Signed                       // it is known who calls
	Changing                     // the operation does not only read
	OnSubjects                   // the scene names an asset
	traits     = iota
)

// A roll keeps by sort, trait and area which detectors are to be asked, as sets of their numbers.
type roll struct {
	of      [sorts]bitset
	without [traits]bitset // those that do without the trait
	areas   []string
	in      []bitset // by area; the last: any other, and none
	want    bitset   // of the scene at hand
}

// A bitset is a set of small numbers, as bits.
type bitset []uint64

func (s bitset) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s bitset) and(o bitset) {
	for i := range s {
		s[i] &= o[i]
	}
}

// newRoll asks the detectors what they look at.
func newRoll(ds []Detector) *roll {
	scopes := make([]Scope, len(ds))
	r := &roll{}
	for i, d := range ds {
		if sc, ok := d.(Scoped); ok {
			scopes[i] = sc.Scope()
		}
		for _, a := range scopes[i].Areas {
			if !slices.Contains(r.areas, a) {
				r.areas = append(r.areas, a)
			}
		}
	}
	size := (len(ds) + 63) / 64
	r.in = make([]bitset, len(r.areas)+1)
	for _, sets := range [...][]bitset{r.of[:], r.without[:], r.in} {
		for i := range sets {
			sets[i] = make(bitset, size)
		}
	}
	r.want = make(bitset, size)
	for i := range scopes {
		r.enter(i, &scopes[i])
	}
	return r
}

func (r *roll) enter(i int, s *Scope) {
	for k := range r.of {
		if s.Of == 0 || s.Of&(1<<k) != 0 {
			r.of[k].add(i)
		}
	}
	for k := range r.without {
		if s.Only&(1<<k) == 0 {
			r.without[k].add(i)
		}
	}
	for k := range r.in {
		if len(s.Areas) == 0 || k < len(r.areas) && slices.Contains(s.Areas, r.areas[k]) {
			r.in[k].add(i)
		}
	}
}

// sortOf returns the number of a scene's sort.
func sortOf(s *waywarden.Scene) int {
	switch s.Record.Kind {
	case waywarden.KindOCPP:
		return bits.TrailingZeros8(uint8(OfFrames))
	case waywarden.KindSignal:
		return bits.TrailingZeros8(uint8(OfSignals))
	case waywarden.KindAsset:
		return bits.TrailingZeros8(uint8(OfRows))
	}
	if s.Call == nil || s.Call.Operation == nil {
		return bits.TrailingZeros8(uint8(OfProbes))
	}
	return bits.TrailingZeros8(uint8(OfCalls))
}

func traitsOf(s *waywarden.Scene) Trait {
	var t Trait
	if len(s.Subjects) > 0 {
		t |= OnSubjects
	}
	c := s.Call
	if c == nil {
		return t
	}
	if c.Success {
		t |= Accepted
	}
	if c.Principal.UID != "" {
		t |= Signed
	}
	if c.Operation != nil && c.Operation.Access != waywarden.AccessRead {
		t |= Changing
	}
	return t
}

// call returns the set of the detectors to ask about a scene; it is valid until the next one.
func (r *roll) call(s *waywarden.Scene) bitset {
	copy(r.want, r.of[sortOf(s)])
	has := traitsOf(s)
	for k := range r.without {
		if has&(1<<k) == 0 {
			r.want.and(r.without[k])
		}
	}
	r.want.and(r.in[r.area(s)])
	return r.want
}

// area returns the number of the area that a scene's operation is in.
func (r *roll) area(s *waywarden.Scene) int {
	if s.Call != nil && s.Call.Operation != nil {
		area, _, _ := strings.Cut(s.Call.Operation.Function.Class, ".")
		for k, a := range r.areas {
			if a == area {
				return k
			}
		}
	}
	return len(r.areas)
}
