package charging

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

var makers = []detect.Maker{Socket, Guess, Location, Downgrade}

// TestStories plays the stories of testdata. A line is: seconds, station, connection, address, then "open", "close",
// or "in" or "out" with an OCPP-J frame.
func TestStories(t *testing.T) {
	for _, m := range makers {
		id := m(&detect.Memory{}).Card().ID
		b, err := os.ReadFile(filepath.Join("testdata", id+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, part := range strings.Split("\n"+string(b), "\n-- ")[1:] {
			name, body, _ := strings.Cut(part, " --\n")
			names = append(names, name)
			t.Run(id+"/"+name, func(t *testing.T) { play(t, m, body) })
		}
		detecttest.Kinds(t, id, names)
	}
}

func play(t *testing.T, m detect.Maker, body string) {
	t.Helper()
	e := detect.New(detect.Default(), m)
	want, rest, _ := strings.Cut(strings.TrimSpace(body), "\n")
	got := map[string]waywarden.Finding{}
	for n, text := range strings.Split(rest, "\n") {
		rec, err := record(n, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range e.Inspect(&waywarden.Scene{Record: rec, Now: rec.At}) {
			got[f.UID] = f
		}
	}
	if want == "want nothing" {
		for _, f := range got {
			t.Errorf("raised %s: %s", f.Title, f.Desc)
		}
		return
	}
	if len(got) != 1 {
		t.Fatalf("%d findings, want one", len(got))
	}
	for _, f := range got {
		if s := "want " + strings.ToLower(f.Severity.String()); s != want || len(f.Evidence) == 0 || len(f.Resources) == 0 {
			t.Errorf("%s, want %s, %d evidence, %d resources", s, want, len(f.Evidence), len(f.Resources))
		}
	}
}

func record(n int, text string) (*waywarden.Record, error) {
	w := strings.SplitN(text, " ", 6)
	if len(w) < 5 {
		return nil, fmt.Errorf("read %q: too few words", text)
	}
	sec, err := strconv.Atoi(w[0])
	if err != nil {
		return nil, fmt.Errorf("read seconds: %w", err)
	}
	f := &waywarden.Frame{Station: w[1], Connection: w[2], Client: waywarden.Client{IP: w[3]}, Inbound: w[4] == "in"}
	rec := &waywarden.Record{Kind: waywarden.KindOCPP, ID: "r" + strconv.Itoa(n), At: time.Date(2026, 3, 1, 9, 0, sec, 0, time.UTC), OCPP: f}
	switch w[4] {
	case "open":
		f.Event, f.Handshake.Status = waywarden.SocketOpen, 101
		return rec, nil
	case "close":
		f.Event = waywarden.SocketClose
		return rec, nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal([]byte(w[5]), &parts); err != nil {
		return nil, fmt.Errorf("read frame %q: %w", w[5], err)
	}
	f.Type, _ = strconv.Atoi(string(parts[0]))
	f.Message = strings.Trim(string(parts[1]), `"`)
	if f.Type == 2 {
		f.Action = strings.Trim(string(parts[2]), `"`)
	}
	f.Payload = parts[len(parts)-1]
	return rec, nil
}

func TestDocs(t *testing.T) { detecttest.Docs(t, makers, *rewrite) }
