package records_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/records"
)

func BenchmarkFiles(b *testing.B) {
	path := os.Getenv("WAYWARDEN_RECORDS")
	if path == "" {
		b.Skip("WAYWARDEN_RECORDS names no file of records")
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		n, last, back := 0, time.Time{}, 0
		counts := map[string]int64{}
		err := sensor.Files(context.Background(), sensor.FilesOptions{
			Paths: []string{path}, Formats: []sensor.Format{records.Format{}},
			OnCount: func(name string, k int64) { counts[name] += k },
		}, func(_ context.Context, rs ...*waywarden.Record) error {
			for _, r := range rs {
				if r.At.Before(last) {
					back++
				}
				last = r.At
			}
			n += len(rs)
			return nil
		})
		if err != nil || back > 0 {
			b.Fatal(err, back)
		}
		b.Logf("%d records, %v", n, counts)
	}
}
