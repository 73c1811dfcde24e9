package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// shared returns the folder of material that is not part of the project, or skips.
func shared(tb testing.TB, parts ...string) string {
	tb.Helper()
	dir := os.Getenv("WAYWARDEN_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	path := filepath.Join(append([]string{dir}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		tb.Skip("not at hand: ", err)
	}
	return path
}

// BenchmarkAnalyze runs the whole main job over a recorded day; compare with `waywarden bench --peers`.
func BenchmarkAnalyze(b *testing.B) {
	in := shared(b, "range", "alpha", "traffic.ndjson.zst")
	specs := shared(b, "range", "alpha", "specs")
	log := slog.New(slog.DiscardHandler)
	for b.Loop() {
		s, err := Analyze(b.Context(), AnalyzeOptions{Out: b.TempDir(), Specs: []string{specs}, Files: []string{in}, Log: log})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(s.HTTP), "http/op")
	}
}
