// Package reach says what somebody can reach: which vehicles and chargers, which functions, how fast. It is what security
// people call the blast radius of a token, a program, a partner, an endpoint or an incident.
//
// [Callers] learns from traffic who calls what, through which program. A [World] is the assets of one moment and the rights
// of parties to them. [World.Reach] puts both together with what is known of the operations and the attack paths over them,
// and keeps three circles apart: what a party has by its rights, what it could reach over steps that traffic showed to be
// open, and what it could reach if steps that only types of data propose were open too.
package reach

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/index"
)

// CallerOptions bound what is remembered of callers.
type CallerOptions struct {
	CallersMax    int // callers; those that were quiet longest make room
	OperationsMax int // operations of all callers together, at most 65535
	ProgramsMax   int // programs of all callers together, at most 65535
	OwnMax        int // operations, and programs, of one caller
}

// DefaultCallers returns settings for one process: about 150 bytes for a caller of ten operations.
func DefaultCallers() CallerOptions {
	return CallerOptions{CallersMax: 1 << 20, OperationsMax: 1 << 15, ProgramsMax: 1 << 14, OwnMax: 512}
}

// Callers is who was served by which operations, through which programs. It belongs to one goroutine.
type Callers struct {
	o          CallerOptions
	list       []caller // index 0 is nobody
	at         index.Map
	operations glossary
	programs   glossary // applications and OAuth clients

	Dropped int64 // callers forgotten at the limit
	Ignored int64 // operations and programs not noted at a limit
}

// caller is one party.
type caller struct {
	uid        string
	kind       waywarden.PrincipalKind
	last       int64    // unix seconds
	operations []uint16 // that served it, ascending
	programs   []uint16 // that called for it, ascending
}

// NewCallers returns callers of which nobody has called yet.
func NewCallers(o CallerOptions) *Callers {
	return &Callers{o: o, list: make([]caller, 1), operations: newGlossary(o.OperationsMax), programs: newGlossary(o.ProgramsMax)}
}

// Len returns the number of callers.
func (c *Callers) Len() int { return len(c.list) - 1 }

// Learn takes a call into account. Only one that was served says anything about what its caller may do.
func (c *Callers) Learn(call *waywarden.Call) {
	if call == nil || !call.Success || call.Operation == nil || call.Principal.UID == "" {
		return
	}
	p := &call.Principal
	seconds := call.Record.At.Unix()
	op := c.number(&c.operations, call.Operation.ID)
	client, app := c.number(&c.programs, p.Client), c.number(&c.programs, call.Application.UID)
	c.note(c.caller(p.UID, p.Kind), seconds, op, client, app)
	if p.OnBehalf != "" && p.OnBehalf != p.UID {
		if client == 0 {
			client = c.number(&c.programs, p.UID) // the service is the program
		}
		c.note(c.caller(p.OnBehalf, waywarden.PrincipalUser), seconds, op, client, app)
	}
}

// Heed takes back what a finding shows to be no right: a function that was given though it was not the caller's.
func (c *Callers) Heed(f *waywarden.Finding) {
	if f.Operation == nil || f.Activity == waywarden.ActivityClose || !slices.Contains(f.Types, "API5:2023") {
		return
	}
	i, op := c.at.Place(keyOf(f.Principal.UID)), c.operations.at[f.Operation.ID]
	if i == 0 || op == 0 {
		return
	}
	w := &c.list[i]
	if k, has := slices.BinarySearch(w.operations, op); has {
		w.operations = slices.Delete(w.operations, k, k+1)
	}
}

// Rename tells that the caller known as from turned out to be the one known as into.
func (c *Callers) Rename(from, into string) {
	i, j := c.at.Place(keyOf(from)), c.at.Place(keyOf(into))
	if i == 0 || i == j {
		return
	}
	was := c.list[i]
	c.at.Delete(keyOf(from))
	if j == 0 {
		c.list[i].uid = strings.Clone(into)
		c.at.Set(keyOf(into), i)
		return
	}
	c.list[i] = caller{}
	w := &c.list[j]
	for _, op := range was.operations {
		c.note(w, was.last, op)
	}
	c.note(w, was.last, 0, was.programs...)
}

// each calls f for every caller, in the order of their UIDs.
func (c *Callers) each(f func(*caller)) {
	order := make([]int32, 0, len(c.list))
	for i := range c.list {
		if c.list[i].uid != "" {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(c.list[a].uid, c.list[b].uid) })
	for _, i := range order {
		f(&c.list[i])
	}
}

// note adds to what is known of a caller; an operation of 0 is none, and so is such a program.
func (c *Callers) note(w *caller, seconds int64, op uint16, programs ...uint16) {
	w.last = max(w.last, seconds)
	c.insert(&w.operations, op)
	for _, p := range programs {
		c.insert(&w.programs, p)
	}
}

func (c *Callers) insert(to *[]uint16, n uint16) {
	if n == 0 {
		return
	}
	i, known := slices.BinarySearch(*to, n)
	switch {
	case known:
	case len(*to) >= c.o.OwnMax:
		c.Ignored++
	default:
		*to = slices.Insert(*to, i, n)
	}
}

// number returns the number of a text, 0 for none and where there is no room.
func (c *Callers) number(g *glossary, s string) uint16 {
	n := g.number(s)
	if n == 0 && s != "" {
		c.Ignored++
	}
	return n
}

// caller returns the entry of a party, making one where there is none. It is valid until the next call.
func (c *Callers) caller(uid string, kind waywarden.PrincipalKind) *caller {
	key := keyOf(uid)
	if i := c.at.Place(key); i != 0 {
		return &c.list[i]
	}
	if len(c.list) > c.o.CallersMax {
		c.shrink()
	}
	c.list = append(c.list, caller{uid: strings.Clone(uid), kind: kind})
	i := len(c.list) - 1
	c.at.Set(key, int32(i))
	return &c.list[i]
}

// shrink forgets the eighth that was quiet longest.
func (c *Callers) shrink() {
	order := make([]int32, 0, len(c.list))
	for i := 1; i < len(c.list); i++ {
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(c.list[b].last, c.list[a].last), cmp.Compare(c.list[a].uid, c.list[b].uid))
	})
	kept := make([]caller, 1, len(c.list))
	c.at = index.Map{}
	for _, i := range order[:len(order)*7/8] {
		if c.list[i].uid == "" {
			continue // merged into another
		}
		c.at.Set(keyOf(c.list[i].uid), int32(len(kept)))
		kept = append(kept, c.list[i])
	}
	c.Dropped += int64(len(c.list) - len(kept))
	c.list = kept
}

func keyOf(uid string) uint64 { return xxh3.HashString(uid) }

// A glossary numbers texts from 1 on.
type glossary struct {
	max int
	of  []string
	at  map[string]uint16
}

func newGlossary(limit int) glossary {
	return glossary{max: limit, of: make([]string, 1), at: map[string]uint16{}}
}

func (g *glossary) number(s string) uint16 {
	if s == "" {
		return 0
	}
	if n, known := g.at[s]; known {
		return n
	}
	if len(g.of) > min(g.max, 1<<16-1) {
		return 0
	}
	s = strings.Clone(s)
	n := uint16(len(g.of))
	g.of, g.at[s] = append(g.of, s), n
	return n
}
