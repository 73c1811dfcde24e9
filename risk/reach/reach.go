package reach

import (
	"slices"
	"time"

	"github.com/waywarden/waywarden"
)

// An Operation is what is known of one endpoint, or of one action of a charging protocol.
type Operation struct {
	ID, Name, Host string
	Class          string // of domain/taxonomy.yaml
	Access         waywarden.Access
	Asset          waywarden.AssetType // what it names: vehicle or charger; "" neither
	Level          int                 // the least that somebody has to be to call it: Outsider to Insider
	Open           bool                // it was seen to answer without a credential
	Checked        waywarden.Truth     // foreign objects: True seen refused and never given, False seen given
	Platform       bool                // who may call it reaches everything
	PerMinute      int64               // most calls of one caller in one minute; 0 unknown
	Batch          int                 // most objects in one call
	Limited        bool                // somebody was told to slow down (429)
}

// What somebody has to be, from the least to the most.
const (
	Outsider = iota
	User
	Partner
	Insider
)

// A Path is a way over operations to one that acts on vehicles or chargers. The gravest come first.
type Path struct {
	Steps     []Step
	Confirmed bool // each step was seen in traffic
	Bulk      bool // it carries the identifiers of many objects, given to anybody
}

// A Step is one operation of a path.
type Step struct {
	Operation string // id
	By        string // what led there: "grant", "data", …; "" for the first
}

// A Question says whose reach is asked for: of callers, or of whoever gets through operations.
type Question struct {
	Callers    []string             // UIDs
	Operations []string             // ids: what if they were misused
	Hit        []waywarden.Resource // assets already hit
	Total      int                  // number of assets for which the time is told, besides the powers of ten
	IDs        int                  // identifiers listed of each kind, at most
}

// Knowledge is what reach follows from.
type Knowledge struct {
	World      *World
	Callers    *Callers
	operations []Operation
	paths      []Path
	byID       map[string]int
	numbered   []int   // by number of an operation among callers: its place in operations, -1 where it is not known
	parties    []int32 // by caller: its asset, 0 where none is known
	most       []int32 // by number of an operation among callers: that party among its callers that has rights to most
}

// NewKnowledge puts together what is known.
func NewKnowledge(w *World, c *Callers, operations []Operation, paths []Path) *Knowledge {
	k := &Knowledge{World: w, Callers: c, operations: operations, paths: paths, byID: map[string]int{}}
	for i := range operations {
		k.byID[operations[i].ID] = i
	}
	for _, id := range c.operations.of {
		at, known := k.byID[id]
		if !known {
			at = -1
		}
		k.numbered = append(k.numbered, at)
	}
	k.most = make([]int32, len(c.operations.of))
	k.parties = make([]int32, len(c.list))
	for i := 1; i < len(c.list); i++ {
		x := &c.list[i]
		p := k.party(x.uid)
		k.parties[i] = p
		for _, n := range x.operations {
			if p != 0 && len(w.holds.of(p)) > len(w.holds.of(k.most[n])) {
				k.most[n] = p
			}
		}
	}
	return k
}

// party returns the consumer or charger that a caller is, 0 where none is known.
func (k *Knowledge) party(uid string) int32 {
	if uid == "" {
		return 0
	}
	if i := k.World.find(kindPerson, uid); i != 0 {
		return i
	}
	return k.World.find(kindCharger, uid)
}

// Who returns the callers that a word names: one by its UID or another identifier of the same party, else all of a
// program or OAuth client. kind is "principal" or "application"; "" when nobody is meant.
func (k *Knowledge) Who(word string) (kind string, uids []string) {
	c := k.Callers
	if i := c.at.Place(keyOf(word)); i != 0 {
		uids = append(uids, c.list[i].uid)
	}
	p := c.programs.at[word]
	if p != 0 {
		for i := range c.list {
			if _, through := slices.BinarySearch(c.list[i].programs, p); through && c.list[i].uid != word {
				uids = append(uids, c.list[i].uid)
			}
		}
	}
	switch {
	case len(uids) > 1 || len(uids) == 1 && uids[0] != word:
		slices.Sort(uids)
		return "application", uids
	case len(uids) == 1:
		return "principal", uids
	}
	if i := k.party(word); i != 0 {
		return "principal", []string{k.callerOf(i, word)}
	}
	return "", nil
}

// callerOf returns the caller that an asset is, by whichever identifier it called: word where it never did.
func (k *Knowledge) callerOf(i int32, word string) string {
	if uid := k.World.assets[i].uid; k.Callers.at.Place(keyOf(uid)) != 0 {
		return uid
	}
	return word
}

// A Report is the answer.
type Report struct {
	At        time.Time      `json:"at"`
	Callers   int            `json:"callers"`            // that are meant
	Programs  []string       `json:"programs,omitempty"` // through which they call
	Level     string         `json:"level"`              // what they have shown to be: outsider, user, partner or insider
	Hit       map[string]int `json:"hit,omitempty"`      // assets already hit, by type
	Has       Circle         `json:"has"`                // by rights
	Confirmed Circle         `json:"confirmed"`          // and over steps that traffic showed to be open
	Possible  Circle         `json:"possible"`           // and over steps that nobody was seen to take
}

// A Circle is what can be reached under some assumption. A wider one includes the narrower ones; its functions are those
// that it adds.
type Circle struct {
	Control   Assets     `json:"control"` // what can be acted on
	Read      Assets     `json:"read"`    // what can be looked at
	Functions []Function `json:"functions"`
	Pace      []Pace     `json:"pace"` // how long it takes at the limits seen
}

// Assets are some vehicles and chargers.
type Assets struct {
	Scale    string   `json:"scale"` // none, one, household, fleet or platform
	Vehicles Vehicles `json:"vehicles"`
	Chargers Chargers `json:"chargers"`
	People   int      `json:"people"` // with a right to one of them
	Fleets   int      `json:"fleets"`
}

// Vehicles counts vehicles by motion, told by a reading of the last minute.
type Vehicles struct {
	Count   int      `json:"count"`
	Moving  int      `json:"moving"`
	Still   int      `json:"still"`
	Unknown int      `json:"unknown"`
	IDs     []string `json:"ids,omitempty"` // the first
}

// Chargers counts chargers and their power.
type Chargers struct {
	Count   int      `json:"count"`
	RatedKW float64  `json:"ratedKW"` // of those whose rated power is known
	Unrated int      `json:"unrated"` // whose is not
	DrawnKW float64  `json:"drawnKW"` // now, by meter values of the last 15 minutes
	IDs     []string `json:"ids,omitempty"`
}

// A Function is a class of functions with the operations that give it.
type Function struct {
	Class      string           `json:"class"`
	Access     waywarden.Access `json:"access"`
	Operations []Way            `json:"operations"`
}

// A Way is an operation that gives a function.
type Way struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Called    bool     `json:"called"` // they were served by it already
	Why       string   `json:"why,omitempty"`
	Path      []string `json:"path,omitempty"` // names of the operations on the way
	PerMinute int64    `json:"perMinute"`      // fastest minute of one caller
	Batch     int      `json:"batch,omitempty"`
	Limited   bool     `json:"limited"` // somebody was told to slow down (429)
}

// Pace is how long it takes to reach so many assets with one call after the other, at the fastest minute that one caller
// was seen to have, all of the callers at once.
type Pace struct {
	Assets  int     `json:"assets"`
	Seconds float64 `json:"seconds"`
	By      string  `json:"by"` // name of the operation
	Limited bool    `json:"limited"`
}
