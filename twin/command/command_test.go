package command

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

const locked = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// A play is a book and the one asset that commands go to.
type play struct {
	*Book
	head Serial
	now  time.Time
}

func newPlay(t testing.TB) *play {
	know, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &play{Book: New(know), now: start}
}

func (p *play) call(class string, access waywarden.Access, ok bool, leaves ...waywarden.Leaf) *waywarden.Call {
	return &waywarden.Call{
		Record:    &waywarden.Record{At: p.now},
		Principal: waywarden.Principal{UID: "u-1"}, Success: ok, Leaves: leaves,
		Operation: &waywarden.Operation{ID: class, Host: "api.oem.example", Access: access, Function: waywarden.Function{Class: class}},
	}
}

func (p *play) ask(ok bool, leaves ...waywarden.Leaf) {
	p.head = p.Ask(p.head, p.call("act.door.unlock", waywarden.AccessControl, ok, leaves...), false)
}

func (p *play) poll(id, state string) {
	c := p.call("read.command.status", waywarden.AccessRead, true, answer("status", "", state))
	if id != "" {
		c.Leaves = append([]waywarden.Leaf{{In: waywarden.InQuery, Name: "id", Type: waywarden.TypeRequestID, Value: id, Kind: waywarden.ValueText}}, c.Leaves...)
	}
	p.Tell(p.head, c)
}

func (p *play) read(was, is bool) {
	p.Reading(p.head, locked, waywarden.Bool(was), waywarden.Bool(is), p.now.UnixNano(), int64(time.Minute))
}

func answer(name string, typ waywarden.DataType, value string) waywarden.Leaf {
	return waywarden.Leaf{In: waywarden.InResponse, Name: name, Type: typ, Value: value, Kind: waywarden.ValueText}
}

func id(v string) waywarden.Leaf { return answer("requestId", waywarden.TypeRequestID, v) }

// TestLife holds that attempted, accepted, carried out, rejected and took effect are told apart.
func TestLife(t *testing.T) {
	for name, c := range map[string]struct {
		play   func(p *play)
		state  waywarden.CommandState
		effect waywarden.Truth
	}{
		"refused by the server": {func(p *play) { p.ask(false) }, waywarden.CommandRefused, waywarden.Unknown},
		"accepted":              {func(p *play) { p.ask(true, id("r-1")) }, waywarden.CommandAccepted, waywarden.Unknown},
		"executed at once":      {func(p *play) { p.ask(true, id("r-1"), answer("status", "", "SUCCESS")) }, waywarden.CommandExecuted, waywarden.Unknown},
		"delivered":             {func(p *play) { p.ask(true, id("r-1")); p.poll("r-1", "DELIVERED") }, waywarden.CommandDelivered, waywarden.Unknown},
		"executed, as polled": {func(p *play) {
			p.ask(true, id("r-1"))
			p.poll("r-1", "PENDING")
			p.poll("r-1", "ausgeführt")
			p.poll("r-1", "EXECUTED")
		}, waywarden.CommandExecuted, waywarden.Unknown},
		"rejected by the vehicle":    {func(p *play) { p.ask(true, id("r-1")); p.poll("r-1", "REJECTED") }, waywarden.CommandRejected, waywarden.Unknown},
		"final states stay":          {func(p *play) { p.ask(true, id("r-1")); p.poll("r-1", "REJECTED"); p.poll("r-1", "EXECUTED") }, waywarden.CommandRejected, waywarden.Unknown},
		"another's number":           {func(p *play) { p.ask(true, id("r-1")); p.poll("r-2", "REJECTED") }, waywarden.CommandAccepted, waywarden.Unknown},
		"no number, the last of its": {func(p *play) { p.ask(true); p.poll("", "FAILED") }, waywarden.CommandFailed, waywarden.Unknown},
		"lost":                       {func(p *play) { p.ask(true, id("r-1")); p.poll("r-1", "PENDING"); p.now = p.now.Add(time.Hour) }, waywarden.CommandTimeout, waywarden.Unknown},
		"took effect":                {func(p *play) { p.ask(true); p.now = p.now.Add(20 * time.Second); p.read(true, false) }, waywarden.CommandExecuted, waywarden.True},
		"no effect":                  {func(p *play) { p.ask(true); p.now = p.now.Add(5 * time.Minute); p.read(true, true) }, waywarden.CommandAccepted, waywarden.False},
		"was so already":             {func(p *play) { p.ask(true); p.now = p.now.Add(5 * time.Minute); p.read(false, false) }, waywarden.CommandAccepted, waywarden.Unknown},
		"refused, unlocked by hand":  {func(p *play) { p.ask(false); p.now = p.now.Add(20 * time.Second); p.read(true, false) }, waywarden.CommandRefused, waywarden.Unknown},
	} {
		p := newPlay(t)
		c.play(p)
		got, ok := p.Command(p.head, p.now.UnixNano())
		if !ok || got.State != c.state || got.Effect != c.effect {
			t.Errorf("%s: %s, effect %s; want %s, %s", name, got.State, got.Effect, c.state, c.effect)
		}
	}
}

// TestEffects holds the counts by which functions are told from what they do.
func TestEffects(t *testing.T) {
	p := newPlay(t)
	for i := range 40 {
		p.now = p.now.Add(time.Hour)
		p.read(true, true)
		moving := i%10 == 0
		p.head = p.Ask(p.head, p.call("act.other", waywarden.AccessControl, !moving), moving)
		if !moving {
			p.now = p.now.Add(10 * time.Second)
			p.read(true, false)
		}
	}
	es := p.Effects()
	if len(es) != 1 || len(es[0].Changes) != 1 {
		t.Fatalf("effects %+v", es)
	}
	e := es[0]
	if e.Calls != 40 || e.Refused != 4 || e.AskedMoving != 4 || e.RefusedMoving != 4 || e.Changes[0].Signal != locked || e.Changes[0].Value != "false" || e.Changes[0].Seen != 36 || e.Changes[0].Last != 36 {
		t.Errorf("effect %+v", e)
	}
	// 36 such changes in 76 minutes observed: one within two minutes of itself in three cases of five.
	if b := e.Changes[0].Base; b < 0.60 || b > 0.63 {
		t.Errorf("base rate %.3f", b)
	}
}

// TestRing holds that overwritten commands are gone, and with them their numbers.
func TestRing(t *testing.T) {
	p := newPlay(t)
	p.ask(true, id("r-first"))
	first := p.head
	for range commandsMax {
		p.ask(true)
	}
	if _, ok := p.Command(first, 0); ok || len(p.byID) != 0 || len(p.ring) != commandsMax {
		t.Errorf("the first is still there: %d numbers, %d places", len(p.byID), len(p.ring))
	}
	if n := len(p.Show(nil, p.head, 0)); n != chainMax {
		t.Errorf("%d shown", n)
	}
}

// BenchmarkReading measures a reading of a vehicle with commands.
func BenchmarkReading(b *testing.B) {
	p := newPlay(b)
	for range chainMax {
		p.ask(true)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.read(true, true)
	}
}
