// Package twin says what the world was when a call was made.
//
// It keeps one twin per vehicle, consumer, application, charger, fleet and ride: the identifiers it goes by, its state with
// the time of each reading, and who may act on it. All of it is learned: from telemetry, from the operator's register,
// from charging sockets, and from the calls themselves: what an answer says of the state of the one vehicle it is about is
// a reading too, of less confidence than telemetry (package answer). Nothing is imputed: a state that was never reported is unknown.
//
// # Identity
//
// Identifiers that stand in the same object of an answer, or in a request and the one object it was answered with, name
// the same asset ([Twins.Observe] joins them). Two values of a type of which an asset has only one (two VINs) are never
// joined; such a conflict is counted.
//
// # Links
//
// A party is linked to an asset when the answer to its own listing names the asset though the request did not, when it
// paired or booked it, when the register says so, or when it used it for long. An operation that gives many assets to
// many parties (a map, a search, an export) proves nothing: links it gave are of relation [Contact], and whether it is
// such an operation is decided anew whenever it is asked, so that a wrong early opinion heals.
//
// A link ends: when the holder offers the asset and another party claims it as its owner, or the holder itself had it by
// such a handover; when the party gives it back, cancels, unpairs or is removed; when the booked time is over. One who
// lends an asset has it still, and a fleet manager always. An ended link keeps its end (waywarden.Link.Until), so that a
// former user is told from a stranger; a later list, booking or claim begins it anew. What was found to be wrong makes no
// link ([Twins.Heed]), and links by lists and use fade when nothing confirms them.
//
// # Commands
//
// Remote commands are followed from the call to the effect seen in the twin (package command); a scene shows the command its
// call asks for or tells of, a twin its last four.
//
// # Memory
//
// Everything lives in slabs without pointers between them. At Options.TwinsMax and Options.LinksMax the twins and the
// links that were touched longest ago are dropped, weak links first, and counted.
package twin

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/index"
	"github.com/waywarden/waywarden/twin/answer"
	"github.com/waywarden/waywarden/twin/command"
	"github.com/waywarden/waywarden/twin/intern"
)

// Relations of learned links.
const (
	Contact  = "contact"       // seen together; gives no right
	User     = "user"          // uses it as its own, owner or driver
	Owner    = "owner"         // paired it, or the register says so
	Manager  = "fleet_manager" // one of many it has
	Renter   = "renter"        // booked it
	Driver   = "driver"        // was given it to drive
	Shared   = "shared"        // one of its further users
	SelfRel  = "self"          // the consumer itself
	fleetRel = "member"        // a vehicle of a fleet
)

// Options are the developer's settings of the twins.
type Options struct {
	TwinsMax    int           // twins kept; the longest untouched eighth is dropped at the limit
	LinksMax    int           // links kept, contacts included
	ListMax     int           // assets of one answer from which links are learned
	SubjectsMax int           // assets of one request that are looked up
	UseCount    int           // uses of an asset that no list gave after which it counts as the caller's own …
	UseSpan     time.Duration // … if they lie this far apart

	Knowledge *domain.Knowledge // what fields of answers say and what commands do; nil: neither is looked at
}

// Default returns the settings for one process.
func Default() Options {
	return Options{TwinsMax: 1 << 20, LinksMax: 1 << 22, ListMax: 4096, SubjectsMax: 256, UseCount: 6, UseSpan: 6 * time.Hour}
}

// Counts are what the twins could not do as asked.
type Counts struct {
	Conflicts    int64 // identifiers that stood together but belong to two assets
	Vague        int64 // identifiers too unspecific to name an asset
	LateReadings int64 // readings older than the one known
	Dropped      int64 // twins dropped at the limit
	LinksDropped int64 // links dropped at the limit
	NamesDropped int64 // readings of a name beyond the limit
	ListsCut     int64 // answers with more assets than ListMax
	BroadLists   int64 // listings that proved nothing, their operation being over-broad
}

// Twins knows the assets seen so far. It belongs to one goroutine.
type Twins struct {
	o      Options
	counts Counts

	entities []entity // index 0 is nobody
	idents   []ident  // index 0 is none
	keys     index.Map
	links    []link // index 0 is none
	pairs    index.Map
	names    intern.Glossary
	texts    intern.Texts
	rels     intern.Glossary // relations of links
	ops      map[uint64]*producer
	askers   map[uint64]struct{} // operation and caller
	groups   map[uint64]int32    // links learned by callers of the group

	questions questions      // of charging sockets
	reader    *answer.Reader // nil: answers are not read
	commands  *command.Book  // nil: commands are not followed

	scene    waywarden.Scene
	caller   view
	views    []view
	subs     []waywarden.Subject
	listed   []int32
	nodes    []int32 // of the objects the listed stand in
	touched  []int32
	mentions []mention
	remarks  []remark
	now      int64 // unix nanoseconds of the present record
}

// identsPerTwin bounds the identifiers kept, dropped ones included; groupsMax and producersMax the groups of callers and
// the listing operations that are learned about.
const (
	identsPerTwin = 8
	groupsMax     = 1 << 16
	producersMax  = 1 << 16
)

// New returns twins of a world that nobody has seen yet.
func New(o Options) *Twins {
	t := &Twins{o: o}
	if o.Knowledge != nil {
		t.reader, t.commands = answer.New(o.Knowledge), command.New(o.Knowledge)
	}
	t.reset()
	return t
}

func (t *Twins) reset() {
	t.entities, t.idents, t.links = make([]entity, 1), make([]ident, 1), make([]link, 1)
	t.keys, t.pairs = index.Map{}, index.Map{}
	t.names, t.texts, t.rels = intern.NewGlossary(), intern.NewTexts(), intern.NewGlossary()
	for _, r := range [...]string{Contact, User, Owner, Manager, Renter, Driver, Shared, fleetRel} {
		t.rels.Number(r)
	}
	t.ops, t.askers, t.groups = map[uint64]*producer{}, map[uint64]struct{}{}, map[uint64]int32{}
}

// Counts returns what could not be done as asked so far.
func (t *Twins) Counts() Counts { return t.counts }

// Len returns the number of twins.
func (t *Twins) Len() int {
	n := 0
	for i := range t.entities {
		if t.entities[i].kind != kindNone {
			n++
		}
	}
	return n
}

// Observe learns from rec, and from call if it is one, and returns what was known of everyone it touches. Identifiers
// and telemetry of the record itself are known in its scene; links that the call creates are not. The scene and all it
// holds are valid until the next Observe.
func (t *Twins) Observe(rec *waywarden.Record, call *waywarden.Call) *waywarden.Scene {
	t.now = rec.At.UnixNano()
	t.subs = t.subs[:0]
	t.scene = waywarden.Scene{Record: rec, Call: call, Now: rec.At}
	switch rec.Kind {
	case waywarden.KindAsset:
		t.register(rec)
	case waywarden.KindSignal:
		t.signal(rec)
	case waywarden.KindOCPP:
		t.socket(rec, call)
	}
	if call != nil {
		t.call(call)
	}
	t.scene.Subjects = t.subs
	if len(t.entities) > t.o.TwinsMax+1 || len(t.links) > t.o.LinksMax+1 || len(t.idents) > identsPerTwin*(t.o.TwinsMax+1) {
		t.shrink()
	}
	return &t.scene
}

// call resolves who calls and what is named, and learns from the answer.
func (t *Twins) call(c *waywarden.Call) {
	caller := t.principal(c)
	if app := c.Application.UID; app != "" {
		t.touch(t.find(waywarden.AssetApplication, typeClient, app, "", true))
	}
	t.identify(c)
	group := groupOf(c)
	t.chargers(c)
	t.ride(c, caller)
	t.subjects(c, caller)
	t.act(c)
	t.answer(c)
	if caller != 0 {
		t.scene.Caller = t.fill(&t.caller, caller, callerLinks)
		t.scene.Unseen = t.entities[caller].unseen
	}
	t.scene.LinksLearned = int(t.groups[group])
	if c.Success && caller != 0 && c.Operation != nil {
		t.learn(c, caller, group)
	}
}
