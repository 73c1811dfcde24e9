package automotive

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

// BenchmarkEngineStop measures telemetry of moving vehicles, which is nearly all that the detector sees.
func BenchmarkEngineStop(b *testing.B) {
	e := detect.New(detect.Default(), EngineStop)
	rec := &waywarden.Record{Kind: waywarden.KindSignal, ID: "s", Signal: &waywarden.Signal{Values: []waywarden.SignalValue{{Name: vssSpeed, Value: waywarden.Number(80)}}}}
	t := &waywarden.Twin{Type: waywarden.AssetVehicle, UID: "V1"}
	s := &waywarden.Scene{Record: rec, Subjects: []waywarden.Subject{{Twin: t, Leaf: -1, Known: true}}}
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		rec.At, s.Now = now, now
		e.Inspect(s)
	}
}

// BenchmarkOrdinary measures an owner's read of the own vehicle, which concerns no detector of the package.
func BenchmarkOrdinary(b *testing.B) {
	for _, m := range makers() {
		b.Run(m(&detect.Memory{}).Card().ID, func(b *testing.B) { detecttest.Benchmark(b, m, detecttest.Read("u1")) })
	}
}
