// Package graph learns which operation makes which possible: by the values that one's answers give and another's requests
// take, and by the sessions, roles, links and states that one's success brings and another asks for.
//
// flow.go follows values, carrier.go says who carries them, grant.go learns what admits to what, graph.go and chain.go
// write it down.
package graph

import (
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// Options bound what is remembered of value flow.
type Options struct {
	ValuesMax    int     // values remembered per generation; the older of two generations is forgotten first
	EdgesMax     int     // distinct edges kept, of each kind
	PartiesMax   int     // devices and grants of principals remembered per generation
	SupportMin   int     // distinct values an edge needs to be reported
	ShareMin     float64 // share of the uses of a parameter that an edge of a single party has to explain
	NullShareMax float64 // share of uses that coincidence may explain as well …
	NullTestsMin int     // … once so many were tested
}

// Default returns settings for one process.
func Default() Options {
	return Options{
		ValuesMax: 1 << 20, EdgesMax: 1 << 16, PartiesMax: 1 << 16,
		SupportMin: 3, ShareMin: 0.04, NullShareMax: 0.5, NullTestsMin: 4,
	}
}

// A Flow learns the value flow between operations: a value that one call's response gave to a carrier and that the same
// carrier later sent in another call's request. A value that the first request already held is an echo and no source.
// The first source of a value is kept; values too short to be anybody's are ignored. A value that opens something and
// that another party sends than the one that was given it (an invitation, a key) is kept apart as a hand-over.
type Flow struct {
	o         Options
	know      *domain.Knowledge
	young     map[uint64]source
	old       map[uint64]source
	turned    time.Time // when the young generation began
	edges     map[edgeKey]*edge
	crossed   map[edgeKey]*edge
	names     map[string]string // interned field names
	devices   devices
	grants    grants
	rivals    map[*waywarden.Operation][2]uint64 // the two carriers each operation answered last, for the test of coincidence
	Forgotten int64                              // values dropped by the limit
	Ignored   int64                              // edges not kept because of EdgesMax
}

// A source is where a value came from.
type source struct {
	op    *waywarden.Operation
	field string
	who   uint64 // who was given it; only of hand-overs
}

type edgeKey struct {
	from, to  *waywarden.Operation
	fromField string
	toField   string
	toIn      waywarden.Place
}

// valuesTracked is how many distinct values and principals an edge counts exactly.
const valuesTracked = 1024

type edge struct {
	dataType   waywarden.DataType
	values     map[uint64]struct{}
	principals map[uint64]struct{}
	calls      int64
	tests      int64  // uses for which another carrier's values were asked too …
	nulls      int64  // … and held the value as well: coincidence explains the edge that often
	example    string // id of the first record that used a value
}

// New returns a Flow that has seen nothing.
func New(o Options, know *domain.Knowledge) *Flow {
	return &Flow{
		o: o, know: know, young: map[uint64]source{}, old: map[uint64]source{}, edges: map[edgeKey]*edge{}, crossed: map[edgeKey]*edge{},
		names: map[string]string{}, rivals: map[*waywarden.Operation][2]uint64{}, devices: newDevices(o.PartiesMax), grants: newGrants(o, know),
	}
}

// Learn takes one call into account.
func (f *Flow) Learn(c *waywarden.Call) {
	if c == nil || c.Operation == nil || !c.Success {
		return
	}
	by, first := f.devices.carrier(c)
	f.grants.learn(c, by, first)
	if by.key() == 0 {
		return
	}
	f.age(c)
	asked := len(c.Leaves) // leaves of the request
	for i := range c.Leaves {
		l := &c.Leaves[i]
		switch l.In {
		case waywarden.InPath, waywarden.InQuery, waywarden.InBody:
			if telling(l) {
				f.used(c, l, by)
			}
		case waywarden.InResponse:
			asked = min(asked, i)
			if telling(l) && !echo(c.Leaves[:asked], l.Value) {
				f.given(c, l, by)
			}
		}
	}
	if r := f.rivals[c.Operation]; r[0] != by.key() && (r[0] != 0 || len(f.rivals) < f.o.EdgesMax) {
		f.rivals[c.Operation] = [2]uint64{by.key(), r[0]}
	}
}

// telling says whether a value can be traced: long enough not to be anybody's, no plain measure, and no credential.
func telling(l *waywarden.Leaf) bool {
	if len(l.Value) < 4 || len(l.Value) > 256 {
		return false
	}
	switch l.Type {
	case waywarden.TypeLocation, waywarden.TypeNameAddress:
		return false
	case waywarden.TypeAccessToken, waywarden.TypeRefreshToken:
		return false // a credential is a session: see grants
	}
	switch l.Kind {
	case waywarden.ValueNumber:
		return l.Type != "" || len(l.Value) >= 5 && !strings.ContainsAny(l.Value, ".eE")
	case waywarden.ValueText:
		return l.Type != "" || coded(l.Value)
	}
	return false
}

// coded says whether a text has a digit and is neither prose, a time nor a path.
func coded(v string) bool {
	digit := false
	for i := range len(v) {
		switch c := v[i]; {
		case c == ' ' || c == ':' || c == '/':
			return false
		case c >= '0' && c <= '9':
			digit = true
		}
	}
	return digit
}

// opening are the types whose value admits whoever holds it, so that it is worth following from hand to hand.
var opening = map[waywarden.DataType]bool{
	waywarden.TypeInviteCode: true, waywarden.TypeKeyMaterial: true, waywarden.TypeResetToken: true, waywarden.TypeOTP: true,
	waywarden.TypeWorkOrder: true, waywarden.TypePIN: true,
}

// handover is the seed under which opening values are filed whoever was given them.
const handover = 0x9e3779b97f4a7c15

// echo says whether the request already held the value.
func echo(asked []waywarden.Leaf, value string) bool {
	for i := range asked {
		if asked[i].Value == value {
			return true
		}
	}
	return false
}

func key(who uint64, value string) uint64 {
	return xxh3.HashStringSeed(value, who)
}

func (f *Flow) given(c *waywarden.Call, l *waywarden.Leaf, by carrier) {
	first := source{op: c.Operation, field: l.Name}
	if by.before && by.who != 0 {
		if s, ok := f.source(key(by.device, l.Value)); ok {
			first = s // it had the value before it signed in
		}
	}
	f.file(key(by.key(), l.Value), first)
	if opening[l.Type] {
		f.file(key(handover, l.Value), source{op: c.Operation, field: l.Name, who: by.key()})
	}
}

// file keeps the first source of a value.
func (f *Flow) file(k uint64, s source) {
	if _, ok := f.young[k]; ok {
		return
	}
	if was, ok := f.old[k]; ok {
		s = was
	} else {
		s.field = f.name(s.field)
	}
	if len(f.young) >= f.o.ValuesMax {
		f.Forgotten += int64(len(f.old))
		f.old, f.young = f.young, make(map[uint64]source, f.o.ValuesMax/4)
	}
	f.young[k] = s
}

// age begins a new generation of values every day: what nobody sent for two opens nothing any more.
func (f *Flow) age(c *waywarden.Call) {
	if c.Record != nil && c.Record.At.Sub(f.turned) > 24*time.Hour {
		f.old, f.young, f.turned = f.young, make(map[uint64]source, len(f.young)), c.Record.At
	}
}

func (f *Flow) source(k uint64) (source, bool) {
	s, ok := f.young[k]
	if !ok {
		s, ok = f.old[k]
	}
	return s, ok
}

// find returns where the carrier has a value from: as the person it is, at the device it stands, or as the person last
// named there.
func (f *Flow) find(by carrier, value string) (source, bool) {
	for _, who := range [...]uint64{by.who, by.device, by.last} {
		if who == 0 {
			continue
		}
		if s, ok := f.source(key(who, value)); ok {
			return s, true
		}
	}
	return source{}, false
}

func (f *Flow) used(c *waywarden.Call, l *waywarden.Leaf, by carrier) {
	s, ok := f.find(by, l.Value)
	if !ok {
		if opening[l.Type] {
			f.handed(c, l, by)
		}
		return
	}
	if s.op == c.Operation {
		return
	}
	e := f.edge(f.edges, edgeKey{from: s.op, to: c.Operation, fromField: s.field, toField: f.name(l.Name), toIn: l.In}, c, l, by)
	if e == nil || l.Type != "" {
		return // an identifier is no coincidence, however many know it: a map of chargers feeds their control
	}
	for _, rival := range f.rivals[s.op] {
		if rival != 0 && rival != by.who && rival != by.device && rival != by.last {
			e.tests++
			if _, ok := f.source(key(rival, l.Value)); ok {
				e.nulls++
			}
			return
		}
	}
}

// handed notes an opening value that somebody else was given.
func (f *Flow) handed(c *waywarden.Call, l *waywarden.Leaf, by carrier) {
	s, ok := f.source(key(handover, l.Value))
	if ok && s.op != c.Operation && s.who != by.key() {
		f.edge(f.crossed, edgeKey{from: s.op, to: c.Operation, fromField: s.field, toField: f.name(l.Name), toIn: l.In}, c, l, by)
	}
}

// edge counts one more use, nil where the limit forbids it.
func (f *Flow) edge(in map[edgeKey]*edge, k edgeKey, c *waywarden.Call, l *waywarden.Leaf, by carrier) *edge {
	e := in[k]
	if e == nil {
		if len(in) >= f.o.EdgesMax {
			f.Ignored++
			return nil
		}
		e = &edge{dataType: l.Type, values: map[uint64]struct{}{}, principals: map[uint64]struct{}{}}
		if c.Record != nil {
			e.example = strings.Clone(c.Record.ID)
		}
		in[k] = e
	}
	e.calls++
	if len(e.values) < valuesTracked {
		e.values[xxh3.HashString(l.Value)] = struct{}{}
	}
	if len(e.principals) < valuesTracked {
		e.principals[by.key()] = struct{}{}
	}
	return e
}

// name interns a field name.
func (f *Flow) name(s string) string {
	if n, ok := f.names[s]; ok {
		return n
	}
	s = strings.Clone(s)
	f.names[s] = s
	return s
}
