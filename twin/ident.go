package twin

import (
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/command"
	"github.com/waywarden/waywarden/twin/identifier"
)

// A kind is an asset type in one byte.
type kind uint8

const (
	kindNone kind = iota
	kindVehicle
	kindConsumer
	kindApplication
	kindCharger
	kindFleet
	kindRide
)

// assetTypes names the kinds.
var assetTypes = [...]waywarden.AssetType{
	"", waywarden.AssetVehicle, waywarden.AssetConsumer, waywarden.AssetApplication, waywarden.AssetCharger, waywarden.AssetFleet,
	waywarden.AssetRide,
}

func kindOf(a waywarden.AssetType) kind {
	for k, name := range assetTypes {
		if name == a {
			return kind(k)
		}
	}
	return kindNone
}

// Identifier types that are not data types of traffic.
const (
	typePrincipal = waywarden.DataType("principal") // a caller known by its credential alone
	typeClient    = waywarden.DataType("client_id")
	typeFleet     = waywarden.DataType("fleet_id")
	typeBooking   = waywarden.DataType("booking_id") // of a ride: its data type is any session's
)

// A nature says what an identifier type names, and how.
type nature struct {
	typ    waywarden.DataType
	kind   kind
	single bool // an asset has only one
	rank   int8 // the lowest is the twin's UID
}

// natures are the identifier types; the first names nothing.
var natures = [...]nature{
	{},
	{waywarden.TypeVIN, kindVehicle, true, 0},
	{waywarden.TypeVehicleID, kindVehicle, false, 1},
	{waywarden.TypeIMEI, kindVehicle, true, 2},
	{waywarden.TypePlate, kindVehicle, false, 3},
	{waywarden.TypeICCID, kindVehicle, true, 4},
	{waywarden.TypeStationID, kindCharger, false, 0},
	{waywarden.TypePersonID, kindConsumer, false, 0},
	{typePrincipal, kindConsumer, false, 1},
	{waywarden.TypeEmail, kindConsumer, false, 2},
	{waywarden.TypePhone, kindConsumer, false, 3},
	{waywarden.TypeEMAID, kindConsumer, false, 4},
	{typeClient, kindApplication, true, 0},
	{typeFleet, kindFleet, true, 0},
	{typeBooking, kindRide, true, 0},
}

// number returns the place of an identifier type in natures; 0 for types that name no asset.
func number(d waywarden.DataType) uint8 {
	for i := 1; i < len(natures); i++ {
		if n := natures[i].typ; len(n) == len(d) && n == d {
			return uint8(i)
		}
	}
	return 0
}

// natureOf returns the nature of a type; its kind is kindNone for types that name no asset.
func natureOf(d waywarden.DataType) nature { return natures[number(d)] }

// An entity is a twin without its view.
type entity struct {
	kind    kind
	unseen  bool           // an answer that lists its assets was not captured
	self    uint8          // times the answer to "who am I" named the same person
	ids     int32          // first of its identifiers
	links   int32          // first of its links
	who     int32          // of a consumer: the person a "who am I" named
	last    int64          // unix nanoseconds of its last touch
	command command.Serial // its last
	state   []reading
}

// An ident is one identifier of a twin.
type ident struct {
	value string
	key   uint64
	owner int32
	next  int32 // of the same owner
	typ   uint8 // of natures
}

func keyOf(k kind, d waywarden.DataType, v, scope string) uint64 {
	h := xxh3.HashString(v) ^ uint64(k)*0x9e3779b97f4a7c15 ^ xxh3.HashString(string(d))*31
	if scope != "" {
		h ^= xxh3.HashString(scope) * 0xff51afd7ed558ccd
	}
	return h
}

// find returns the entity an identifier names, 0 for none. With make it is created where it is not known. The scope
// is the host the identifier was seen on.
func (t *Twins) find(a waywarden.AssetType, d waywarden.DataType, value, host string, create bool) int32 {
	if !identifier.Specific(d, value) {
		t.counts.Vague++
		return 0
	}
	k := kindOf(a)
	c := identifier.Canon(d, value)
	key := keyOf(k, d, c, "")
	if i := t.keys.Place(key); i != 0 && (t.idents[i].value == value || identifier.Canon(d, t.idents[i].value) == c) {
		return t.idents[i].owner
	}
	if host != "" && identifier.Short(c) {
		key = keyOf(k, d, c, identifier.Site(host))
		if i := t.keys.Place(key); i != 0 && t.idents[i].value == value {
			return t.idents[i].owner
		}
	}
	if !create || t.keys.Place(key) != 0 {
		return 0
	}
	e := int32(len(t.entities))
	t.entities = append(t.entities, entity{kind: k, last: t.now})
	t.attach(e, d, value, key)
	return e
}

// attach gives an entity one more identifier.
func (t *Twins) attach(e int32, d waywarden.DataType, value string, key uint64) {
	i := int32(len(t.idents))
	t.idents = append(t.idents, ident{typ: number(d), owner: e, next: t.entities[e].ids, key: key, value: strings.Clone(value)})
	t.entities[e].ids = i
	t.keys.Set(key, i)
}

func (t *Twins) touch(e int32) {
	if e != 0 {
		t.entities[e].last = t.now
	}
}

// join makes one twin of two. It returns the one that remains, or 0 when they cannot be the same. A strict join is one
// that traffic suggests: there two identifiers of the same type are a conflict, where a register may give an asset several.
func (t *Twins) join(a, b int32, strict bool) int32 {
	if a == b {
		return a
	}
	if t.entities[a].kind != t.entities[b].kind || t.conflict(a, b, strict) {
		t.counts.Conflicts++
		return 0
	}
	a, b = min(a, b), max(a, b)
	last := int32(0)
	for i := t.entities[b].ids; i != 0; i = t.idents[i].next {
		t.idents[i].owner = a
		last = i
	}
	if last != 0 {
		t.idents[last].next = t.entities[a].ids
		t.entities[a].ids = t.entities[b].ids
	}
	for _, r := range t.entities[b].state {
		t.keep(a, r)
	}
	t.relink(b, a)
	t.forget(a)
	t.entities[a].command = max(t.entities[a].command, t.entities[b].command)
	t.entities[a].last = max(t.entities[a].last, t.entities[b].last)
	t.entities[b] = entity{}
	return a
}

// forget drops the oldest names of a caller that were its credential's alone: every session brings one.
func (t *Twins) forget(e int32) {
	n, at := 0, &t.entities[e].ids
	for *at != 0 {
		d := &t.idents[*at]
		if natures[d.typ].typ != typePrincipal {
			at = &d.next
			continue
		}
		if n++; n <= idsMax {
			at = &d.next
			continue
		}
		t.keys.Delete(d.key)
		next := d.next
		*d = ident{}
		*at = next
	}
}

// idsMax is how many identifiers of one type that is not single a twin may have before a further one means that
// different assets are being mixed up.
const idsMax = 4

// conflict says whether two entities have different values of a type of which an asset has one.
func (t *Twins) conflict(a, b int32, strict bool) bool {
	for i := t.entities[a].ids; i != 0; i = t.idents[i].next {
		n, same := natures[t.idents[i].typ], 1
		if n.typ == typePrincipal {
			continue // a party has as many as it has sessions
		}
		for j := t.entities[b].ids; j != 0; j = t.idents[j].next {
			if t.idents[i].typ != t.idents[j].typ {
				continue
			}
			if n.single || strict {
				return true
			}
			same++
		}
		if same > idsMax {
			return true
		}
	}
	return false
}

// uid returns the identifier a twin is called by.
func (t *Twins) uid(e int32) string {
	best, rank := "", int8(127)
	for i := t.entities[e].ids; i != 0; i = t.idents[i].next {
		// Identifiers are prepended: of equal rank the one seen first wins.
		if r := natures[t.idents[i].typ].rank; r <= rank {
			best, rank = t.idents[i].value, r
		}
	}
	return best
}
