package lifecycle

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// BenchmarkClaim measures steps of handing over, the only calls that the detector looks into.
func BenchmarkClaim(b *testing.B) {
	e := detect.New(detect.Default(), Claim)
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "r", HTTP: &waywarden.Transaction{Method: "POST", Status: 200}}
	s := &waywarden.Scene{
		Record: rec, Caller: &waywarden.Twin{Type: waywarden.AssetConsumer, UID: "u1"},
		Call: &waywarden.Call{
			Record: rec, Success: true, Principal: waywarden.Principal{UID: "u1"},
			Operation: &waywarden.Operation{ID: "pair", Method: "POST", Function: waywarden.Function{Class: "life.pair"}},
			Leaves: []waywarden.Leaf{
				{In: waywarden.InBody, Name: "serial", Value: "AB-00001", Node: -1},
				{In: waywarden.InBody, Name: "otp", Type: waywarden.TypeOTP, Value: "428812", Node: -1},
			},
		},
	}
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		rec.At, s.Now = now, now
		e.Inspect(s)
	}
}
