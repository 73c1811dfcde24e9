package actuation

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Turned makes IDN-013: a token that only ever read begins to command, from elsewhere.
func Turned(m *detect.Memory) detect.Detector {
	return &turned{tokens: detect.NewTable[reader](m, "IDN-013 tokens", 1<<15)}
}

type turned struct{ tokens *detect.Table[reader] }

// A reader is how one credential was used so far.
type reader struct {
	first    int64
	reads    int32
	commands int32
	networks [2]uint64
	program  uint64
	roams    bool // it was used from more than two networks, or by several programs
}

// Bounds of a habit of reading. The table speaks of fourteen days; what counts is that it was long and regular.
const (
	readsMin = 60
	readSpan = 6 * time.Hour
)

func (d *turned) Card() detect.Card {
	return detect.Card{
		ID: "IDN-013", Title: "Reading token begins to command from elsewhere", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API2:2023", "API10:2023", "R155:20.2"}, Needs: detect.InputCalls | detect.InputCredentials,
		Desc: `Raised when a credential that read at least sixty times over at least six hours, from at most two networks and with one program, and never commanded, has its first command accepted from a network it was never used from and by another program (TLS fingerprint and application).

That is what becomes of the tokens that loggers and home automation keep, once their store is read by somebody else.`,
		Silent: []string{
			"an owner who turns on automation: the network and the program are the same",
			"a telephone that leaves home and unlocks the vehicle: the program is the same",
			"tokens that are used from many places",
			"a new token of the same person: it has no habit",
		},
		Respond: "Revoke the token and its refresh token, ask the owner, and give readers tokens that cannot command.",
	}
}

func (*turned) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted, Areas: []string{"act", "read"}}
}

func (d *turned) Inspect(s *waywarden.Scene, out *detect.Output) {
	if !accepted(s) || s.Call.Principal.Session == "" {
		return
	}
	command := detect.Commands(s.Call)
	if !command && !strings.HasPrefix(s.Call.Operation.Function.Class, "read.") {
		return
	}
	key := detect.Key(s.Call.Principal.Session)
	t := d.tokens.Peek(key)
	if t == nil {
		if command {
			return // it has no habit of reading, and does not get one
		}
		t = d.tokens.At(key)
		t.first = s.Now.UnixNano()
	}
	client := &s.Record.HTTP.Client
	if t.use(command, s.Now.UnixNano(), detect.Network(client.IP), detect.Mix(detect.Key(client.JA4), detect.Key(s.Call.Application.UID))) {
		d.raise(s, t, out)
	}
}

// use takes a use in; it says whether it is the first command after a long habit of reading, and from elsewhere.
func (t *reader) use(command bool, now int64, network, program uint64) bool {
	habit := !t.roams && t.reads >= readsMin && now-t.first >= int64(readSpan)
	elsewhere := network != t.networks[0] && network != t.networks[1] && program != t.program
	if command {
		t.commands++
		return t.commands == 1 && habit && elsewhere
	}
	if !habit || !elsewhere {
		t.read(network, program) // what a thief reads first is no habit
	}
	return false
}

func (d *turned) raise(s *waywarden.Scene, t *reader, out *detect.Output) {
	vehicles(s, func(sub *waywarden.Subject) {
		r := report(s, sub, waywarden.SeverityHigh, "Reading token begins to command vehicle "+sub.Twin.UID+" from elsewhere",
			"A token of "+detect.Who(s)+" that read "+detect.Itoa(t.reads)+" times since "+time.Unix(0, t.first).UTC().Format(time.RFC3339)+" and never commanded was accepted for "+detect.What(s.Call.Operation)+" on vehicle "+sub.Twin.UID+", from another network and by another program.")
		r.Facts = []waywarden.Fact{{Name: "commands with this token", Observed: "the first", Normal: "none in " + detect.Itoa(t.reads) + " calls"}}
		out.Raise(&r)
	})
}

// read takes a read into the habit.
func (t *reader) read(network, program uint64) {
	t.reads++
	switch network {
	case t.networks[0], t.networks[1]:
	default:
		if t.networks[1] != 0 {
			t.roams = true
		}
		t.networks[0], t.networks[1] = network, t.networks[0]
	}
	if t.program != 0 && t.program != program {
		t.roams = true
	}
	t.program = program
}
