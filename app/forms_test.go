package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waywarden/waywarden/sensor/records"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// TestFormsOfTheSameTraffic reads the built-in capture as records, HAR, pcap, OTLP and access logs. Each must lead to the
// same endpoints, as far as the form carries what tells them apart: without bodies, functions behind one path stay one.
func TestFormsOfTheSameTraffic(t *testing.T) {
	res, err := sensortest.Decode(t.Context(), records.Format{}, strings.NewReader(strings.Join(capture(t), "")))
	if err != nil {
		t.Fatal(err)
	}
	want := endpoints(t, "records.ndjson", sensortest.ToRecords(res.Records), true)
	if len(want) < 30 {
		t.Fatalf("%d endpoints", len(want))
	}
	for _, form := range []struct {
		name  string
		text  []byte
		whole bool // it carries bodies and hosts
	}{
		{"har.har", sensortest.ToHAR(res.Records), true},
		{"capture.pcap", sensortest.ToPcap(res.Records), true},
		{"spans.json", sensortest.ToOTLP(res.Records), false},
		{"access.json", sensortest.ToJSONLog(res.Records), false},
	} {
		t.Run(form.name, func(t *testing.T) {
			got, want := endpoints(t, form.name, form.text, form.whole), want
			if !form.whole {
				want = paths(want)
				got = paths(got)
			}
			if missing := minus(want, got); len(missing) > 0 {
				t.Errorf("missing\n  %s", strings.Join(missing, "\n  "))
			}
			if extra := minus(got, want); len(extra) > 0 {
				t.Errorf("too many\n  %s", strings.Join(extra, "\n  "))
			}
		})
	}
}

// endpoints analyzes one file and returns its endpoints.
func endpoints(t *testing.T, name string, text []byte, whole bool) []string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := newAnalysis(AnalyzeOptions{Out: filepath.Join(dir, "out"), Files: []string{file}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.out.close(); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range a.flow.Catalog.Report().Inventory.Endpoints {
		s := e.Method + " " + e.Host + " " + e.Template
		if e.Discriminator != nil {
			s += " " + e.Discriminator.Value
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// paths leaves out discriminators and the names of parameters.
func paths(endpoints []string) []string {
	var out []string
	for _, e := range endpoints {
		f := strings.Fields(e)
		out = append(out, strings.Join(f[:3], " "))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func minus(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// TestNothingFollowsFromFieldsThatWereNotCaptured: an access log has no credentials, which is no lack of authentication.
func TestNothingFollowsFromFieldsThatWereNotCaptured(t *testing.T) {
	log := `192.0.2.1 - - [02/Mar/2026:10:00:00 +0000] "POST /v1/cars/100234/doors/unlock HTTP/1.1" 202 17 "-" "okhttp/4.12.0"` + "\n"
	dir := t.TempDir()
	file := filepath.Join(dir, "access.log")
	if err := os.WriteFile(file, []byte(strings.Repeat(log, 5)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Analyze(t.Context(), AnalyzeOptions{Out: filepath.Join(dir, "out"), Files: []string{file}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if s.Endpoints != 1 || s.Posture != 0 || s.Top[0].Auth != "" {
		t.Errorf("%d endpoints, %d weaknesses, authentication %q; want 1, 0 and none told", s.Endpoints, s.Posture, s.Top[0].Auth)
	}
	if !strings.Contains(strings.Join(s.Blind, "\n"), "header fields") {
		t.Errorf("what could not be seen is not said: %q", s.Blind)
	}
}
