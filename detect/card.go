// Package detect is the contract of detectors and the engine that runs them.
//
// A detector is a [Card] and one method: it looks at one scene and raises what is wrong with it. It keeps what it must
// remember in tables of the engine's [Memory], which are bounded and counted; the engine turns reports into findings,
// merges what belongs together, and withdraws what turns out to be harmless.
//
// Time comes from the scenes. A detector that needs to wait for late telemetry asks to be woken at a time; it is woken
// when the records have passed that time, and what it then says carries that time.
package detect

import (
	"time"

	"github.com/waywarden/waywarden"
)

// A Card is what a detector says about itself. It is the single source of its documentation, of the console's text and
// of the coverage report.
type Card struct {
	ID       string                 // "SAF-001"
	Title    string                 // what it finds, in a few words
	Desc     string                 // how it decides, in paragraphs of Markdown
	Silent   []string               // honest behaviour that looks alike and stays silent
	Severity waywarden.Severity     // the worst it gives
	Analytic waywarden.AnalyticType //
	Types    []string               // taxonomy ids: "API1:2023", "R155:16.1"
	Needs    Inputs                 // what it cannot work without
	Helped   Inputs                 // what sharpens it
	Respond  string                 // what to do about a finding
}

// A Detector says what is wrong with a scene. It belongs to the goroutine of its engine.
type Detector interface {
	Card() Card
	// Inspect raises on out what is wrong with the scene. The scene is valid during the call alone.
	Inspect(s *waywarden.Scene, out *Output)
}

// Many is a detector that speaks for several, as a set of rules does. Each of its reports names its card, and its own
// card stands for nothing.
type Many interface{ Cards() []Card }

// A Waker is a detector that looks again at what it could not decide at once.
type Waker interface {
	// Wake is called with the token given to [Output.Wake] once all records up to the time asked for were handled.
	Wake(at time.Time, token uint64, out *Output)
}

// A Maker makes a detector that remembers in m.
type Maker func(m *Memory) Detector

// Inputs is a set of kinds of input.
type Inputs uint16

// The kinds of input that detectors need.
const (
	InputCalls Inputs = 1 << iota
	InputRequestBodies
	InputResponseBodies
	InputCredentials
	InputLinks
	InputSignals
	InputOCPP
	InputRegister
	InputSpecs
)

// inputs names the kinds of input and says why they are missed.
var inputs = [...]struct{ name, missing string }{
	{"calls", "no API calls were seen"},
	{"request_bodies", "request bodies were not captured"},
	{"response_bodies", "response bodies were not captured"},
	{"credentials", "no call carried a credential that tells callers apart"},
	{"links", "no links between parties and assets were learned"},
	{"signals", "no vehicle telemetry was seen"},
	{"ocpp", "no charging sockets were seen"},
	{"register", "no register of assets was given"},
	{"specs", "no specifications were given"},
}

// Names returns the names of the kinds in the set.
func (in Inputs) Names() []string { return in.texts(func(i int) string { return inputs[i].name }) }

func (in Inputs) texts(of func(int) string) []string {
	var out []string
	for i := range inputs {
		if in&(1<<i) != 0 {
			out = append(out, of(i))
		}
	}
	return out
}

// A Silence is a detector that cannot see, and why.
type Silence struct {
	Detector string   `json:"detector"`
	Title    string   `json:"title"`
	Blind    bool     `json:"blind"` // it cannot find anything; otherwise it is only less sharp
	Missing  []string `json:"missing"`
	Why      []string `json:"why"`
}

// Silences says which of the detectors are blind or dulled when only the given inputs were seen.
func Silences(cards []Card, seen Inputs) []Silence {
	var out []Silence
	for _, c := range cards {
		lacks := (c.Needs | c.Helped) &^ seen
		if lacks == 0 {
			continue
		}
		out = append(out, Silence{
			Detector: c.ID, Title: c.Title, Blind: c.Needs&^seen != 0,
			Missing: lacks.Names(), Why: lacks.texts(func(i int) string { return inputs[i].missing }),
		})
	}
	return out
}
