package app

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waywarden/waywarden/lab/life"
	"github.com/waywarden/waywarden/lab/world"
)

// delivered returns how many findings of behaviour profiles an analysis of a file came to, information and those taken back
// aside.
func delivered(t *testing.T, traffic, settings string) int {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "waywarden.yaml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	if _, err := Analyze(t.Context(), AnalyzeOptions{Out: out, Config: file, Files: []string{traffic}, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range readFindings(t, out) {
		id := f.Info.Analytic.UID
		if (strings.HasPrefix(id, "BEH-") || id == "ENU-008") && f.Activity != 3 && f.Severity > 1 {
			n++
		}
	}
	return n
}

// TestPromisedAlarms: of two quiet weeks of a business as many alarms come as the budget promises, within a factor of two;
// with the budget that stands by default hardly any, and none with a budget of nothing. docs/accuracy.md has larger ones.
func TestPromisedAlarms(t *testing.T) {
	const days = 14
	traffic := filepath.Join(t.TempDir(), "traffic.ndjson")
	f, err := os.Create(traffic)
	if err != nil {
		t.Fatal(err)
	}
	_, err = life.Make(world.Options{Seed: 801, Days: days, Vehicles: 40, Business: "insurer", Peaceful: true, Traps: 1}, life.Files{
		Traffic: f, Truth: io.Discard, Assets: io.Discard, Spec: func(string, string) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	const budget = 2
	n := delivered(t, traffic, "profiles: {budget: 2, per_million: 100000}\n")
	t.Logf("%d alarms in %d days, %d promised", n, days, days*budget)
	if n < days*budget/2 || n > days*budget*2 {
		t.Errorf("%d alarms in %d days, %d promised", n, days, days*budget)
	}
	if n := delivered(t, traffic, ""); n > 2 {
		t.Errorf("%d alarms by default", n)
	}
	if n := delivered(t, traffic, "profiles: {budget: 0}\n"); n != 0 {
		t.Errorf("%d alarms without a budget", n)
	}
}
