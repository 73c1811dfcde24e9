package detect

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
)

// sayer raises on the first scene and notes on every one whether its party is accused.
type sayer struct {
	analytic waywarden.AnalyticType
	said     int
	accused  []bool
}

func (d *sayer) Card() Card { return Card{ID: "X-1", Analytic: d.analytic, Types: []string{"t"}} }

func (d *sayer) Inspect(s *waywarden.Scene, out *Output) {
	d.accused = append(d.accused, out.Accused(Suspect(s)), out.Accused(SuspectOperation(s.Call.Operation)))
	if d.said++; d.said == 1 {
		out.Raise(&Report{Group: "g", Severity: waywarden.SeverityLow, Operation: s.Call.Operation})
	}
}

// TestAccused: whom a finding of a rule is about is accused for a day and a half, by name or by network; statistical
// findings accuse nobody.
func TestAccused(t *testing.T) {
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	op := &waywarden.Operation{ID: "op"}
	scene := func(uid string, after time.Duration) *waywarden.Scene {
		rec := &waywarden.Record{ID: "r", HTTP: &waywarden.Transaction{Client: waywarden.Client{IP: "192.0.2.7"}}}
		return &waywarden.Scene{Record: rec, Now: start.Add(after), Call: &waywarden.Call{Record: rec, Operation: op, Principal: waywarden.Principal{UID: uid}}}
	}
	for _, uid := range []string{"u1", ""} {
		d := &sayer{analytic: waywarden.AnalyticRule}
		e := New(Default(), func(*Memory) Detector { return d })
		for _, after := range []time.Duration{0, time.Hour, 48 * time.Hour} {
			e.Inspect(scene(uid, after))
		}
		e.Inspect(scene("other", 49*time.Hour))
		want := []bool{false, false, true, true, false, false, false, false}
		for i := range want {
			if d.accused[i] != want[i] {
				t.Errorf("%q: accused %v, want %v", uid, d.accused, want)
				break
			}
		}
	}
	d := &sayer{analytic: waywarden.AnalyticStatistical}
	e := New(Default(), func(*Memory) Detector { return d })
	e.Inspect(scene("u1", 0))
	e.Inspect(scene("u1", time.Hour))
	if d.accused[2] || d.accused[3] {
		t.Error("a statistical finding accuses")
	}
}
