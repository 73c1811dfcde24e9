package rulefile

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/rule"
	"github.com/waywarden/waywarden/domain"
)

const ruleText = `rules:
- id: acme-burst
  title: burst
  severity: high
  windows: [{name: n, within: 10m}]
  when: window.n >= 5
`

// watched is a watch of a real directory with one file of rules in it.
func watched(t *testing.T) (w *Watch, write func(name, text string), log *bytes.Buffer) {
	t.Helper()
	know, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write = func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.yaml", ruleText)
	log = &bytes.Buffer{}
	w = &Watch{Paths: []string{dir}, Knowledge: Knowledge(know, nil), Live: &rule.Live{}, Log: slog.New(slog.NewTextHandler(log, nil))}
	if err := w.Load(); err != nil {
		t.Fatal(err)
	}
	return w, write, log
}

// TestWatch: rules are reloaded between records, windows of those that did not change go on, and rules that are wrong
// leave those in force where they are.
func TestWatch(t *testing.T) {
	w, write, log := watched(t)
	e := detect.New(detect.Default(), w.Live.Maker())
	calls := 0
	call := func() []waywarden.Finding {
		calls++
		at := time.Date(2026, 3, 1, 8, 0, calls, 0, time.UTC)
		rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "r" + string(rune('a'+calls)), At: at, HTTP: &waywarden.Transaction{Status: 200}}
		return e.Inspect(&waywarden.Scene{Record: rec, Now: at, Call: &waywarden.Call{Record: rec, Success: true, Operation: &waywarden.Operation{ID: "o"}, Principal: waywarden.Principal{UID: "u"}}})
	}
	check := func(want bool) {
		t.Helper()
		if first, second := w.Check(), w.Check(); first || second != want {
			t.Fatalf("loaded %v at the first look and %v at the second, want %v at the second; log %s", first, second, want, log)
		}
	}
	for range 3 {
		call()
	}
	write("b.yaml", "rules:\n- id: acme-broken\n  title: t\n  severity: high\n  when: call.clas == 'x'\n")
	check(false)
	if text := log.String(); !strings.Contains(text, "b.yaml:5:9: there is no call.clas; did you mean call.class?") {
		t.Errorf("the log says %s", text)
	}
	if cards := e.Cards(); len(cards) != 1 || cards[0].ID != "acme-burst" {
		t.Errorf("in force are %v", cards)
	}
	log.Reset()
	check(false)
	if log.Len() > 0 {
		t.Errorf("told again of the same: %s", log)
	}
	write("b.yaml", "rules:\n- id: acme-other\n  title: other\n  severity: low\n  when: call.success\n  group: call.operation\n")
	check(true)
	var titles []string
	for range 2 {
		for _, f := range call() {
			titles = append(titles, f.Title)
		}
	}
	if !slices.Equal(titles, []string{"other", "burst", "other"}) && !slices.Equal(titles, []string{"other", "other", "burst"}) && !slices.Equal(titles, []string{"other", "burst"}) {
		t.Errorf("found %v: the window of acme-burst did not live on", titles)
	}
	if err := os.Remove(filepath.Join(w.Paths[0], "b.yaml")); err != nil {
		t.Fatal(err)
	}
	check(true)
	if cards := e.Cards(); len(cards) != 1 {
		t.Errorf("in force are %v", cards)
	}
	if err := os.RemoveAll(w.Paths[0]); err != nil {
		t.Fatal(err)
	}
	check(false)
	if cards := e.Cards(); len(cards) != 1 {
		t.Errorf("the directory is gone and in force are %v", cards)
	}
}

// TestWatchRuns: the watch runs beside the engine and ends with its context.
func TestWatchRuns(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	w, write, _ := watched(t)
	e := detect.New(detect.Default(), w.Live.Maker())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx, time.Millisecond)
	}()
	write("b.yaml", strings.Replace(ruleText, "acme-burst", "acme-second", 1))
	for deadline := time.Now().Add(10 * time.Second); len(e.Cards()) != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the second file never came into force")
		}
	}
	stop()
	<-done
}
