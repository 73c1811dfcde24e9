package catalog

import (
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// issued remembers, in two generations of bounded size, the identifiers that responses gave out. A path segment that
// was given out before is an object's name, whatever it looks like.
type issued struct {
	max       int
	young     map[uint64]struct{}
	old       map[uint64]struct{}
	forgotten int64
}

func newIssued(limit int) *issued {
	return &issued{max: limit, young: map[uint64]struct{}{}, old: map[uint64]struct{}{}}
}

func (s *issued) add(h uint64) {
	if _, ok := s.young[h]; ok {
		return
	}
	if len(s.young) >= s.max {
		s.forgotten += int64(len(s.old))
		s.old, s.young = s.young, make(map[uint64]struct{}, s.max/4)
	}
	s.young[h] = struct{}{}
}

func (s *issued) has(h uint64) bool {
	if _, ok := s.young[h]; ok {
		return true
	}
	_, ok := s.old[h]
	return ok
}

// issuedSegments returns which segments of path were given out by an earlier response: bit i for segment i.
func (c *Catalog) issuedSegments(path string) (bits uint64) {
	i := 0
	for seg := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if i >= 64 {
			break
		}
		if len(seg) >= 2 && c.issued.has(xxh3.HashString(seg)) {
			bits |= 1 << i
		}
		i++
	}
	return bits
}

// idLenMax is the longest value remembered as an identifier; longer ones do not stand in paths.
const idLenMax = 128

// remember keeps the identifiers a successful response gave out.
func (c *Catalog) remember(call *waywarden.Call) {
	if !call.Success {
		return
	}
	for i := range call.Leaves {
		l := &call.Leaves[i]
		if l.In == waywarden.InResponse && len(l.Value) >= 2 && len(l.Value) <= idLenMax && names(l) {
			c.issued.add(xxh3.HashString(l.Value))
		}
	}
}

// nameTypes are the data types whose values name objects in paths.
var nameTypes = map[waywarden.DataType]bool{
	waywarden.TypeVIN: true, waywarden.TypeVehicleID: true, waywarden.TypePlate: true, waywarden.TypeIMEI: true, waywarden.TypeICCID: true,
	waywarden.TypePersonID: true, waywarden.TypeEmail: true, waywarden.TypeStationID: true, waywarden.TypeIDTag: true, waywarden.TypeEMAID: true,
	waywarden.TypeSessionID: true, waywarden.TypeRequestID: true, waywarden.TypeWorkOrder: true, waywarden.TypeInviteCode: true,
}

// names says whether a leaf's value names an object: by its data type, or because its field is called an id.
func names(l *waywarden.Leaf) bool {
	if l.Type != "" {
		return nameTypes[l.Type]
	}
	if l.Kind != waywarden.ValueText && l.Kind != waywarden.ValueNumber {
		return false
	}
	return idName(l.Name)
}

// idName says whether the last part of a dotted path is what identifiers are called.
func idName(path string) bool {
	if path == "" {
		return false
	}
	switch path[len(path)-1] | 0x20 { // most names end otherwise
	case 'd':
		return hasSuffixFold(path, "id")
	case 'y':
		return hasSuffixFold(path, "key")
	case 'g':
		return hasSuffixFold(path, "slug")
	case 'e':
		return hasSuffixFold(path, "code") || hasSuffixFold(path, "name") && len(path)-strings.LastIndexByte(path, '.')-1 <= 12
	}
	return false
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
