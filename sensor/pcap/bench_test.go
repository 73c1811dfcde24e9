package pcap_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/pcap"
)

// BenchmarkHTTP reads calls of the range, half of them HTTP/2. With -cpu 1 tx/s is calls per CPU-second.
func BenchmarkHTTP(b *testing.B) {
	list := world(b, "alpha", waywarden.KindHTTP, 5000)
	for _, version := range []string{"1.1", "2"} {
		b.Run("HTTP"+version, func(b *testing.B) {
			for i := range list {
				c := *list[i].HTTP
				c.Version = version
				r := *list[i]
				r.HTTP = &c
				list[i] = &r
			}
			file, err := write(list)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			out := sensor.Output{Record: func(*waywarden.Record) error { n++; return nil }, Reject: func(sensor.Rejection) {}, Count: func(string, int64) {}}
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				n = 0
				if err := (pcap.Format{}).Decode(context.Background(), sensor.Input{Name: "bench", R: bytes.NewReader(file)}, out); err != nil {
					b.Fatal(err)
				}
			}
			if n != len(list) {
				b.Fatalf("%d records, want %d", n, len(list))
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "tx/s")
		})
	}
}
