package reach

import (
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/index"
)

// A World is the assets of one moment and who has which right to them. It is filled with [World.Add], closed with
// [World.Seal], and can then be asked from any number of goroutines. An asset takes about 150 bytes.
type World struct {
	now     time.Time
	assets  []asset // index 0 is none
	uids    index.Map
	aliases index.Map
	edges   []edge // of Add, until Seal

	holds   lists // party to what it has rights to
	holders lists // asset to the parties with rights to it
	all     [kinds]tally
}

// kind is what an asset is to a World.
type kind uint8

const (
	kindNone kind = iota
	kindVehicle
	kindCharger
	kindPerson
	kindFleet
	kinds
)

func kindOf(t waywarden.AssetType) kind {
	switch t {
	case waywarden.AssetVehicle:
		return kindVehicle
	case waywarden.AssetCharger:
		return kindCharger
	case waywarden.AssetConsumer:
		return kindPerson
	case waywarden.AssetFleet:
		return kindFleet
	}
	return kindNone
}

type asset struct {
	uid    string
	rated  float32 // W, of a charger; 0 unknown
	drawn  float32 // W, of a charger, by fresh meter values
	kind   kind
	motion waywarden.Truth // whether it moves now
}

// edge is a right, until it is known where its asset stands.
type edge struct {
	party int32
	key   uint64
}

// movingKMH is the speed from which the threat rules take a vehicle to move, and motionMax how old a reading of it may be.
const (
	movingKMH = 5
	motionMax = time.Minute
	// meterMax is how old a meter value may be: stations send them every 15 minutes at the latest as a rule (OCPP 1.6,
	// ClockAlignedDataInterval).
	meterMax = 15 * time.Minute
)

// Names of the readings that reach is told by.
const (
	speed        = "Vehicle.Speed"
	ratedPower   = "Charger.RatedPower" // W
	chargerPower = "Charger."           // … ".Power": what one of its places draws, W
	powerSuffix  = ".Power"
)

// Needs says whether [World.Add] looks at a reading of that name.
func Needs(name string) bool {
	return name == speed || name == ratedPower || strings.HasPrefix(name, chargerPower) && strings.HasSuffix(name, powerSuffix)
}

// NewWorld returns a world without assets, as of now.
func NewWorld(now time.Time) *World { return &World{now: now, assets: make([]asset, 1)} }

// Add takes over a twin: a vehicle, charger, consumer or fleet, with the rights that a consumer or fleet has. Twins of
// other types are passed over.
func (w *World) Add(t *waywarden.Twin) {
	a := asset{uid: t.UID, kind: kindOf(t.Type)}
	if a.kind == kindNone {
		return
	}
	switch a.kind {
	case kindVehicle:
		a.motion = w.motion(t)
	case kindCharger:
		a.rated, a.drawn = w.power(t)
	}
	i := int32(len(w.assets))
	w.assets = append(w.assets, a)
	if k := nameKey(a.kind, a.uid); w.uids.Place(k) == 0 {
		w.uids.Set(k, i)
	}
	for _, id := range t.IDs {
		if k := nameKey(a.kind, id.Value); id.Value != a.uid && w.aliases.Place(k) == 0 {
			w.aliases.Set(k, i)
		}
	}
	if a.kind != kindPerson && a.kind != kindFleet {
		return
	}
	for j := range t.Links {
		l := &t.Links[j]
		to := kindOf(l.Type)
		if to == kindNone || to == kindPerson || !l.Until.IsZero() && !l.Until.After(w.now) {
			continue
		}
		w.edges = append(w.edges, edge{i, nameKey(to, l.UID)})
	}
}

// Seal closes the world: rights are resolved, totals taken.
func (w *World) Seal() {
	pairs := make([][2]int32, 0, len(w.edges))
	for _, e := range w.edges {
		if to := w.uids.Place(e.key); to != 0 {
			pairs = append(pairs, [2]int32{e.party, to})
		}
	}
	w.edges = nil
	w.holds = newLists(len(w.assets), pairs, 0)
	w.holders = newLists(len(w.assets), pairs, 1)
	for i := range w.assets {
		a := &w.assets[i]
		w.all[a.kind].add(a)
		switch a.kind {
		case kindFleet:
			for _, v := range w.holds.of(int32(i)) {
				if k := w.assets[v].kind; k == kindVehicle || k == kindCharger {
					w.all[k].fleets++
					break
				}
			}
		case kindPerson:
			var met [kinds]bool
			for _, v := range w.holds.of(int32(i)) {
				met[w.assets[v].kind] = true
			}
			for _, k := range [...]kind{kindVehicle, kindCharger} {
				if met[k] {
					w.all[k].people++
				}
			}
		}
	}
}

// find returns an asset by any of its identifiers, 0 if there is none.
func (w *World) find(k kind, id string) int32 {
	if i := w.uids.Place(nameKey(k, id)); i != 0 {
		return i
	}
	return w.aliases.Place(nameKey(k, id))
}

func nameKey(k kind, id string) uint64 { return xxh3.HashStringSeed(id, uint64(k)) }

// motion says whether a vehicle moves now, as far as a fresh reading tells.
func (w *World) motion(t *waywarden.Twin) waywarden.Truth {
	r, ok := t.Fresh(speed, w.now, motionMax)
	if !ok || r.Value.Kind != waywarden.ValueNumber {
		return waywarden.Unknown
	}
	return waywarden.TruthOf(r.Value.Number > movingKMH)
}

// power returns a charger's rated power and what it draws now.
func (w *World) power(t *waywarden.Twin) (rated, drawn float32) {
	for i := range t.State {
		r := &t.State[i]
		switch {
		case r.Value.Kind != waywarden.ValueNumber || r.Value.Number < 0:
		case r.Name == ratedPower:
			rated = float32(r.Value.Number)
		case Needs(r.Name) && w.now.Sub(r.At) <= meterMax:
			drawn += float32(r.Value.Number)
		}
	}
	return rated, drawn
}

// lists are short lists of places in one slab.
type lists struct{ start, to []int32 }

// newLists sorts pairs by their end from (0 or 1) into lists of the other end, keeping their order.
func newLists(n int, pairs [][2]int32, from int) lists {
	l := lists{make([]int32, n+1), make([]int32, len(pairs))}
	for _, p := range pairs {
		l.start[p[from]+1]++
	}
	for i := 1; i <= n; i++ {
		l.start[i] += l.start[i-1]
	}
	next := append([]int32(nil), l.start...)
	for _, p := range pairs {
		l.to[next[p[from]]] = p[1-from]
		next[p[from]]++
	}
	return l
}

func (l *lists) of(i int32) []int32 { return l.to[l.start[i]:l.start[i+1]] }

// A tally counts assets of one kind.
type tally struct {
	count, moving, still int
	rated, drawn         float64 // W
	unrated              int
	people, fleets       int // with a right to one of them
}

func (t *tally) add(a *asset) {
	t.count++
	switch a.motion {
	case waywarden.True:
		t.moving++
	case waywarden.False:
		t.still++
	}
	t.rated += float64(a.rated)
	t.drawn += float64(a.drawn)
	if a.kind == kindCharger && a.rated == 0 {
		t.unrated++
	}
}

// A set is some of the assets.
type set struct {
	bits []uint64
	list []int32
}

func (w *World) newSet() *set { return &set{bits: make([]uint64, len(w.assets)/64+1)} }

// mark says whether i is new, and takes it in without listing it.
func (s *set) mark(i int32) bool {
	if s.bits[i>>6]>>(uint(i)&63)&1 != 0 {
		return false
	}
	s.bits[i>>6] |= 1 << (uint(i) & 63)
	return true
}

// add says whether i is new, and takes it in.
func (s *set) add(i int32) bool {
	if !s.mark(i) {
		return false
	}
	s.list = append(s.list, i)
	return true
}

// grant adds what a party has rights to, through the fleets it manages too.
func (w *World) grant(s *set, party int32) {
	for _, v := range w.holds.of(party) {
		if s.add(v) && w.assets[v].kind == kindFleet {
			w.grant(s, v)
		}
	}
}
