package fleet

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Wave makes FLT-002: many callers' sessions used by one program to command their vehicles.
func Wave(m *detect.Memory) detect.Detector {
	return &wave{habits: detect.HabitsOf(m), released: detect.NewTable[int32](m, "FLT-002 programs taken up at home", 1<<12), moved: detect.NewFan(m, "FLT-002 callers moved to one place", 1<<11, waveSpan)}
}

type wave struct {
	habits   *detect.Habits
	moved    *detect.Fan
	released *detect.Table[int32] // callers that took a program up in a network they knew
}

// Bounds of the verdict. The table's z-score needs weeks of history; that several callers turn up in one network with one
// program that none of them ever used needs none.
const (
	waveSpan = 10 * time.Minute
	waveMin  = 5
	habitMin = 3 // calls of a caller before there is a habit
	homeMin  = 3 // callers that took the program up at home: it is a release
)

func (d *wave) Card() detect.Card {
	return detect.Card{
		ID: "FLT-002", Title: "Wave of commands by many callers from one place", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API6:2023", "API2:2023", "R155:16.1"}, Needs: detect.InputCalls | detect.InputCredentials,
		Desc: `Raised when within ten minutes at least five callers have the same grave command to vehicles accepted from one network with one program (TLS fingerprint and application), and none of them, each known by three calls at least, ever used that network or that program. Someone holds their sessions.

Waves of honest callers share neither: on a cold morning everybody comes from an own network, in a stadium everybody with the own telephone, after a release everybody with a new program from the usual networks: a program that three callers took up in a network they knew is a release, and then says nothing.`,
		Silent:  []string{"a cold morning, a football match, an app release", "a carrier's shared address", "callers that were never seen before"},
		Respond: "End the sessions of all callers of the wave, block the program and the network, and look for how the tokens got out.",
	}
}

func (*wave) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls | detect.OfProbes} }

func (d *wave) Inspect(s *waywarden.Scene, out *detect.Output) {
	if s.Call == nil || s.Record.HTTP == nil {
		return
	}
	habit := d.habits.See(s, out.Serial)
	if !habit.NewProgram {
		return
	}
	program := detect.Key(s.Record.HTTP.Client.JA4, s.Call.Application.UID)
	if !habit.NewNetwork {
		*d.released.At(program)++
		return
	}
	if n := d.released.Peek(program); n != nil && *n >= homeMin {
		return
	}
	if habit.Calls < habitMin || !accepted(s) || !grave(s.Call) {
		return
	}
	client := &s.Record.HTTP.Client
	class := detect.Key(s.Call.Operation.Function.Class)
	place := detect.Mix(detect.Network(client.IP), program)
	n := d.moved.Add(class, detect.Mix(class, place), detect.Key(s.Call.Principal.UID), s.Now)
	if n.Things < waveMin {
		return
	}
	out.Raise(&detect.Report{
		Group: s.Call.Operation.Function.Class + " " + client.JA4, Severity: waywarden.SeverityHigh, Confidence: 85,
		Title:     "Sessions of many callers command vehicles from one place",
		Desc:      detect.Itoa(n.Things) + " callers within ten minutes had " + detect.What(s.Call.Operation) + " and the like accepted from one network with one program, neither of which any of them ever used.",
		Operation: s.Call.Operation, Principal: s.Call.Principal, Resources: detect.Assets(s),
		Facts: []waywarden.Fact{{Name: "callers new to the network and the program", Observed: detect.Itoa(n.Things), Normal: "fewer than " + detect.Itoa(waveMin)}},
	})
}
