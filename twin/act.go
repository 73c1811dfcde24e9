package twin

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/command"
)

// askedMax is the number of assets of one request whose commands are followed.
const askedMax = 64

// act follows the commands that a call asks for, or whose state it tells.
func (t *Twins) act(c *waywarden.Call) {
	if t.commands == nil || c.Operation == nil || c.Record.Kind != waywarden.KindHTTP {
		return
	}
	s := command.Serial(0)
	if c.Operation.Access == waywarden.AccessRead || !acts(c.Operation.Function.Class) {
		s = t.commands.Tell(t.lastCommand(), c)
	} else {
		for i, e := range t.touched {
			if k := t.entities[e].kind; k != kindVehicle && k != kindCharger || i >= askedMax {
				continue
			}
			s = t.commands.Ask(t.entities[e].command, c, t.moves(e))
			t.entities[e].command = s
		}
	}
	if s == 0 {
		return
	}
	if x, ok := t.commands.Command(s, t.now); ok {
		t.scene.Command = &x
	}
}

// acts says whether calls of a class may do something to an asset: not those about people, rights and money.
func acts(class string) bool {
	group, _, _ := strings.Cut(class, ".")
	return group != "life" && group != "id" && group != "com" && group != "sys" && class != "read.command.status"
}

// lastCommand returns the last command of the only asset the request names.
func (t *Twins) lastCommand() command.Serial {
	if e := t.askedFor(); e != 0 {
		return t.entities[e].command
	}
	return 0
}

// Motion as commands count it: a speed above that of manoeuvring, said within the time for which motion is fresh at most.
const (
	movesKMH  = 5
	movesSpan = 180 * time.Second
)

// moves says whether a vehicle is known to move.
func (t *Twins) moves(e int32) bool {
	i, ok := t.names.Find("Vehicle.Speed")
	if !ok {
		return false
	}
	for k := range t.entities[e].state {
		if r := &t.entities[e].state[k]; r.name == i {
			return r.number > movesKMH && t.now-r.at <= int64(movesSpan) && r.source != sourceUndated
		}
	}
	return false
}

// Effects returns what was seen to follow the calls of each operation, by their ids.
func (t *Twins) Effects() []command.Effect {
	if t.commands == nil {
		return nil
	}
	return t.commands.Effects()
}

// change tells the commands that a reading takes the place of another.
func (t *Twins) change(e int32, was, is *reading) {
	if t.commands != nil {
		t.commands.Reading(t.entities[e].command, t.names.Name(is.name), t.value(was), t.value(is), is.at, is.at-was.at)
	}
}

// value returns a reading's value as the vocabulary has it.
func (t *Twins) value(r *reading) waywarden.Value {
	return waywarden.Value{Kind: r.kind, Number: r.number, Text: t.texts.Value(r.text)}
}
