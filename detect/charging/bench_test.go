package charging

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

func frameScene(action, payload string, inbound bool) *waywarden.Scene {
	f := &waywarden.Frame{
		Station: "S1", Connection: "c1", Version: "1.6", Client: waywarden.Client{IP: "192.0.2.1"},
		Type: 2, Message: "m", Action: action, Payload: []byte(payload), Inbound: inbound,
	}
	rec := &waywarden.Record{Kind: waywarden.KindOCPP, ID: "r", OCPP: f}
	return &waywarden.Scene{Record: rec, Now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
}

func heartbeat() *waywarden.Scene { return frameScene("Heartbeat", "{}", true) }

func benchmark(b *testing.B, m detect.Maker, s *waywarden.Scene) {
	e := detect.New(detect.Default(), m)
	b.ReportAllocs()
	for b.Loop() {
		e.Inspect(s)
	}
}

func BenchmarkSocket(b *testing.B)    { benchmark(b, Socket, heartbeat()) }
func BenchmarkDrift(b *testing.B)     { benchmark(b, Drift, heartbeat()) }
func BenchmarkStorm(b *testing.B)     { benchmark(b, Storm, heartbeat()) }
func BenchmarkClone(b *testing.B)     { benchmark(b, Clone, heartbeat()) }
func BenchmarkGuess(b *testing.B)     { benchmark(b, Guess, heartbeat()) }
func BenchmarkLocation(b *testing.B)  { benchmark(b, Location, heartbeat()) }
func BenchmarkDowngrade(b *testing.B) { benchmark(b, Downgrade, heartbeat()) }

func BenchmarkWave(b *testing.B)           { benchmark(b, Wave, heartbeat()) }
func BenchmarkForeignStop(b *testing.B)    { benchmark(b, ForeignStop, heartbeat()) }
func BenchmarkSecurityEvents(b *testing.B) { benchmark(b, SecurityEvents, heartbeat()) }
