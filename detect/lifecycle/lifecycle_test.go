package lifecycle

import (
	"flag"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{Lockout, Handover, Claim, Former}
}

func TestStories(t *testing.T) { detecttest.Stories(t, makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers(), *rewrite) }

// BenchmarkOrdinary measures an owner's read of the own vehicle, which concerns no detector of the package.
func BenchmarkOrdinary(b *testing.B) {
	for _, m := range makers() {
		b.Run(m(&detect.Memory{}).Card().ID, func(b *testing.B) { detecttest.Benchmark(b, m, detecttest.Read("u1")) })
	}
}

// TestHabit holds that what an operation does for all former users is not told of each.
func TestHabit(t *testing.T) {
	e := detect.New(detect.Default(), Former)
	found := map[string]bool{}
	for i := range 3 * habitMax {
		for _, f := range e.Inspect(scene(string(rune('a' + i)))) {
			found[f.UID] = true
		}
	}
	if len(found) != habitMax {
		t.Errorf("%d findings, want %d", len(found), habitMax)
	}
}

// scene is a former user's look at a vehicle.
func scene(who string) *waywarden.Scene {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "r" + who, At: now, HTTP: &waywarden.Transaction{Method: "GET", Status: 200}}
	return &waywarden.Scene{
		Record: rec, Now: now, Caller: &waywarden.Twin{Type: waywarden.AssetConsumer, UID: who},
		Call: &waywarden.Call{
			Record: rec, Success: true, Principal: waywarden.Principal{UID: who},
			Operation: &waywarden.Operation{ID: "status", Method: "GET", Access: waywarden.AccessRead, Function: waywarden.Function{Class: "read.vehicle.status"}},
		},
		Subjects: []waywarden.Subject{{Twin: &waywarden.Twin{Type: waywarden.AssetVehicle, UID: "V1"}, Linked: waywarden.Link{Rel: "contact", Until: now.Add(-9 * time.Hour)}, Known: true}},
	}
}

// BenchmarkFormer measures an ordinary call, of an owner.
func BenchmarkFormer(b *testing.B) {
	s := scene("u1")
	s.Subjects[0].Linked = waywarden.Link{Rel: "owner"}
	detecttest.Benchmark(b, Former, s)
}
