// Package command follows remote commands through their life: asked for, accepted or refused by the server, delivered,
// carried out or rejected by the vehicle, and seen to take effect in the twin.
//
// A command is known again by the number its answer gave it, which later status polls and pushed events name, else as the
// caller's last on the asset. Its effect is the change of state that domain/taxonomy.yaml says its function causes, within
// the time it should take. Apart from what is known of functions, it is counted which signals change after calls of each
// operation and how often they change anyway: what a call does shows in what follows it more often than chance
// ([Book.Effects]).
//
// Commands live in a ring: at Options.CommandsMax the oldest is overwritten. An asset shows its last four.
package command

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// Limits of what is kept.
const (
	commandsMax  = 1 << 15
	operationMax = 1 << 13 // operations whose effects are counted
	changesMax   = 64      // changes counted of each
	valuesMax    = 16      // values of one signal that are told apart …
	valueMax     = 24      // … of so many bytes
	chainMax     = 4       // commands of an asset that are followed
	hitsMax      = 8       // changes counted of one command
)

// Spans of a command's life.
const (
	window  = 120 * time.Second // within which a change of state may be due to a call
	overdue = 10 * time.Minute  // after which a command that was asked after and never came through is taken for lost
	gapMax  = time.Hour         // longest time between two readings that counts as observed
)

// A Serial is the number of a command; 0 is none. It stays valid for ever: one that was overwritten finds nothing.
type Serial uint64

// A Book holds the commands. It belongs to one goroutine.
type Book struct {
	know  *domain.Knowledge
	ring  []entry
	last  Serial
	byID  map[uint64]Serial
	ops   map[string]*tally
	rates map[string]*rate
}

// An entry is one command.
type entry struct {
	serial, prev Serial
	key          uint64 // of its id
	id, caller   string
	op           *waywarden.Operation
	confirm      *domain.Confirm // nil: the effect is not known
	at, since    int64           // unix nanoseconds
	state        waywarden.CommandState
	effect       waywarden.Truth
	signal       string
	polled       bool // its state was asked for
	moving       bool // the vehicle moved when it was asked for
	counted      *tally
	hits         [hitsMax]change
	hit          int
}

// A tally counts the calls of an operation and what followed them.
type tally struct {
	op                                   *waywarden.Operation
	calls, refused, rejected             int64
	askedMoving, refusedMoving, tookHold int64
	rejectedMoving                       int64
	changes                              map[change]after
}

// after counts the calls that a change came after, and those of them that were the last before it.
type after struct{ seen, last int64 }

// A change is a signal that became a value.
type change struct{ signal, value string }

// A rate is how often a signal becomes each value anyway.
type rate struct {
	changes map[string]int64 // by value
	span    int64            // nanoseconds over which it was observed, over all assets
}

// New returns an empty book.
func New(k *domain.Knowledge) *Book {
	return &Book{know: k, byID: map[uint64]Serial{}, ops: map[string]*tally{}, rates: map[string]*rate{}}
}

func (b *Book) get(s Serial) *entry {
	if s == 0 {
		return nil
	}
	if i := int(uint64(s) % commandsMax); i < len(b.ring) && b.ring[i].serial == s {
		return &b.ring[i]
	}
	return nil
}

// Ask notes a command of a call to an asset whose last command is prev; moving says whether it is known to move.
func (b *Book) Ask(prev Serial, c *waywarden.Call, moving bool) Serial {
	b.last++
	at := int(uint64(b.last) % commandsMax)
	if len(b.ring) <= at {
		b.ring = append(b.ring, make([]entry, min(max(64, len(b.ring)), commandsMax-len(b.ring)))...)
	}
	e := &b.ring[at]
	if e.key != 0 && b.byID[e.key] == e.serial {
		delete(b.byID, e.key)
	}
	now := c.Record.At.UnixNano()
	*e = entry{serial: b.last, prev: prev, caller: strings.Clone(c.Principal.UID), op: c.Operation, at: now, since: now, state: waywarden.CommandRefused, moving: moving}
	if class := b.know.Class(c.Operation.Function.Class); class != nil && len(class.Confirm.Effects) > 0 {
		e.confirm = &class.Confirm
	}
	if c.Success {
		e.state = waywarden.CommandAccepted
		if s := told(c); s != "" {
			e.state = s
		}
		if id := number(c, true); id != "" {
			e.id, e.key = strings.Clone(id), keyOf(c.Operation.Host, id)
			b.byID[e.key] = e.serial
		}
	}
	b.count(e)
	return e.serial
}

// count counts a call.
func (b *Book) count(e *entry) {
	t := b.ops[e.op.ID]
	if t == nil {
		if len(b.ops) >= operationMax {
			return
		}
		t = &tally{op: e.op, changes: map[change]after{}}
		b.ops[e.op.ID] = t
	}
	t.calls++
	if e.moving {
		t.askedMoving++
	}
	if e.state == waywarden.CommandRefused {
		t.refused++
		if e.moving {
			t.refusedMoving++
		}
		return
	}
	e.counted = t
}

// keyOf is a command's number within the site that gave it.
func keyOf(host, id string) uint64 {
	if i := strings.LastIndexByte(host, '.'); i > 0 {
		host = host[strings.LastIndexByte(host[:i], '.')+1:]
	}
	return xxh3.HashString(id) ^ xxh3.HashString(host)*31 | 1
}

// Tell takes over what a call says of the state of a command: of the one it names by number, else of the caller's latest
// on the asset whose last command is head. It returns that command; 0 when the call tells of none.
func (b *Book) Tell(head Serial, c *waywarden.Call) Serial {
	if len(b.byID) == 0 && head == 0 || !c.Success || c.Operation == nil {
		return 0
	}
	poll := c.Operation.Function.Class == "read.command.status"
	var e *entry
	if id := number(c, false); id != "" {
		e = b.get(b.byID[keyOf(c.Operation.Host, id)])
	} else if poll {
		e = b.latest(head, c)
	}
	if e == nil {
		return 0
	}
	e.polled = e.polled || poll
	if s := told(c); s != "" && s != e.state && !final(e.state) {
		e.become(s, c.Record.At.UnixNano())
	}
	return e.serial
}

// become notes that a command got further.
func (e *entry) become(s waywarden.CommandState, at int64) {
	e.state, e.since = s, at
	if s != waywarden.CommandRejected || e.counted == nil {
		return
	}
	e.counted.rejected++
	if e.moving {
		e.counted.refusedMoving++
		e.counted.rejectedMoving++
	}
}

// latest returns the caller's last command of a chain that is not over.
func (b *Book) latest(head Serial, c *waywarden.Call) *entry {
	for range chainMax {
		e := b.get(head)
		if e == nil {
			return nil
		}
		if e.caller == c.Principal.UID && !final(e.state) && c.Record.At.UnixNano()-e.at <= int64(overdue) {
			return e
		}
		head = e.prev
	}
	return nil
}

func final(s waywarden.CommandState) bool {
	switch s {
	case waywarden.CommandAccepted, waywarden.CommandDelivered:
		return false
	}
	return true
}

// Reading tells of a signal of an asset whose last command is head: what it was, what it is as of at, and how much time
// lies between (unix nanoseconds).
func (b *Book) Reading(head Serial, signal string, was, is waywarden.Value, at, gap int64) {
	changed, value := was != is, ""
	if is.Kind != waywarden.ValueNumber && gap > 0 {
		value = b.rate(signal, is, changed, min(gap, int64(gapMax)))
	}
	last := true
	for n := 0; n < chainMax && head != 0; n++ {
		e := b.get(head)
		if e == nil || at-e.at > int64(gapMax) {
			return
		}
		head = e.prev
		if at < e.at || e.state == waywarden.CommandRefused {
			continue
		}
		// What the answer of a call shows, the call did not cause.
		if changed && is.Kind != waywarden.ValueNumber && at > e.at && at-e.at <= int64(window) {
			e.follow(change{signal, value}, last)
			last = false
		}
		b.confirm(e, signal, is, changed, at)
	}
}

// rate counts a reading of a signal, and returns the value that it is counted under.
func (b *Book) rate(signal string, is waywarden.Value, changed bool, gap int64) string {
	r := b.rates[signal]
	if r == nil {
		if len(b.rates) >= operationMax {
			return ""
		}
		r = &rate{changes: map[string]int64{}}
		b.rates[strings.Clone(signal)] = r
	}
	r.span += gap
	if !changed {
		return ""
	}
	value := is.String()
	if _, known := r.changes[value]; !known {
		if len(r.changes) >= valuesMax || len(value) > valueMax {
			value = ""
		}
		value = strings.Clone(value)
	}
	r.changes[value]++
	return value
}

// follow counts a change after a command, once; last says that no other command came between.
func (e *entry) follow(c change, last bool) {
	if e.counted == nil || e.hit == hitsMax || slices.Contains(e.hits[:e.hit], c) {
		return
	}
	if _, known := e.counted.changes[c]; !known && len(e.counted.changes) >= changesMax {
		return
	}
	e.hits[e.hit] = c
	e.hit++
	a := e.counted.changes[c]
	a.seen++
	if last {
		a.last++
	}
	e.counted.changes[c] = a
}

// confirm holds a reading against the effect that a command should have.
func (b *Book) confirm(e *entry, signal string, is waywarden.Value, changed bool, at int64) {
	if e.confirm == nil || e.effect != waywarden.Unknown {
		return
	}
	for i := range e.confirm.Effects {
		x := &e.confirm.Effects[i]
		if !domain.MatchPath(x.Signal, signal) {
			continue
		}
		as := len(x.Becomes) == 0 || slices.Contains(x.Becomes, is.String())
		switch late := at-e.at > int64(e.confirm.Within); {
		case late && (!as || len(x.Becomes) == 0):
			e.effect, e.signal = waywarden.False, signal
		case !late && changed && as:
			e.effect, e.signal = waywarden.True, signal
			if e.counted != nil {
				e.counted.tookHold++
			}
		default:
			continue
		}
		return
	}
}

// Show appends the last commands of an asset, the last first, as they stand at now. Calls that merely write are no commands.
func (b *Book) Show(to []waywarden.Command, head Serial, now int64) []waywarden.Command {
	for range chainMax {
		e := b.get(head)
		if e == nil {
			break
		}
		if e.op.Access == waywarden.AccessControl {
			to = append(to, e.export(now))
		}
		head = e.prev
	}
	return to
}

// Command returns a command as it stands at now; ok is false where it is none.
func (b *Book) Command(s Serial, now int64) (c waywarden.Command, ok bool) {
	e := b.get(s)
	if e == nil || e.op.Access != waywarden.AccessControl {
		return c, false
	}
	return e.export(now), true
}

func (e *entry) export(now int64) waywarden.Command {
	c := waywarden.Command{
		ID: e.id, Operation: e.op, Caller: e.caller, At: time.Unix(0, e.at).UTC(), State: e.state, Since: time.Unix(0, e.since).UTC(), Effect: e.effect, Signal: e.signal,
	}
	switch {
	case final(e.state):
	case e.effect == waywarden.True:
		c.State = waywarden.CommandExecuted
	case e.polled && now-e.at > int64(overdue):
		c.State = waywarden.CommandTimeout
	}
	return c
}

// An Effect is what was seen to follow the calls of an operation.
type Effect struct {
	Operation     *waywarden.Operation
	Calls         int64 // that named an asset
	Refused       int64 // by the server
	Rejected      int64 // by the vehicle, after the server had accepted
	AskedMoving   int64 // while the vehicle was known to move
	RefusedMoving int64 // of those: refused or rejected …
	ToldMoving    int64 // … rejected by the vehicle, which was told later
	TookEffect    int64 // accepted calls after which the signal of the operation's class changed as it should
	Changes       []Change
}

// A Change is a signal that became a value within two minutes of accepted calls.
type Change struct {
	Signal string
	Value  string  // "": one of many
	Seen   int64   // calls after which it did …
	Last   int64   // … of those, such that were the last command before it
	Base   float64 // probability that it does within as much time anyway
}

// Effects returns what was seen of all operations, by their ids.
func (b *Book) Effects() []Effect {
	out := make([]Effect, 0, len(b.ops))
	for _, t := range b.ops {
		x := Effect{
			Operation: t.op, Calls: t.calls, Refused: t.refused, Rejected: t.rejected, AskedMoving: t.askedMoving, RefusedMoving: t.refusedMoving, ToldMoving: t.rejectedMoving, TookEffect: t.tookHold,
		}
		for c, n := range t.changes {
			x.Changes = append(x.Changes, Change{c.signal, c.value, n.seen, n.last, b.base(c)})
		}
		slices.SortFunc(x.Changes, func(a, b Change) int {
			return cmp.Or(cmp.Compare(b.Seen, a.Seen), cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Value, b.Value))
		})
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Effect) int { return cmp.Compare(a.Operation.ID, b.Operation.ID) })
	return out
}

// base returns the probability that a change comes within the window of itself, such changes being a Poisson process.
func (b *Book) base(c change) float64 {
	r := b.rates[c.signal]
	if r == nil || r.span == 0 {
		return 0
	}
	return 1 - math.Exp(-float64(r.changes[c.value])*float64(window)/float64(r.span))
}
