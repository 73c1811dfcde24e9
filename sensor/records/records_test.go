package records

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/valyala/fastjson"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// rangeFile returns a decompressed range file, or skips.
func rangeFile(tb testing.TB) []byte {
	tb.Helper()
	path := os.Getenv("WAYWARDEN_RECORDS")
	if path == "" {
		tb.Skip("WAYWARDEN_RECORDS names no file of records")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func BenchmarkDecode(b *testing.B) {
	data := rangeFile(b)
	n := 0
	out := sensor.Output{
		Record: func(*waywarden.Record) error { n++; return nil },
		Reject: func(r sensor.Rejection) { b.Fatalf("%+v", r) },
		Count:  func(string, int64) {},
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n = 0
		if err := (Format{}).Decode(context.Background(), sensor.Input{Name: "x", R: bytes.NewReader(data)}, out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/record")
}

func BenchmarkFastjson(b *testing.B) {
	data := rangeFile(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var p fastjson.Parser
	for b.Loop() {
		for line := range bytes.Lines(data) {
			if _, err := p.ParseBytes(line); err != nil {
				b.Fatal(err)
			}
		}
	}
}
