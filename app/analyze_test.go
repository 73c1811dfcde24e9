package app

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden/lab"
)

// capture returns the lines of the built-in capture.
func capture(t *testing.T) []string {
	t.Helper()
	packed, err := fs.ReadFile(lab.Files(), lab.CaptureName)
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	text, err := d.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
}

// written runs the main job over files of those lines and returns what it wrote by name.
func written(t *testing.T, files ...[]string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	o := AnalyzeOptions{Out: filepath.Join(dir, "out"), Log: slog.New(slog.DiscardHandler)}
	for i, lines := range files {
		name := filepath.Join(dir, string(rune('a'+i))+".ndjson")
		if err := os.WriteFile(name, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		o.Files = append(o.Files, name)
	}
	if _, err := Analyze(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	err := filepath.WalkDir(o.Out, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, o.Out+"/")] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, what string, a, b map[string]string) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%s: %d files and %d", what, len(a), len(b))
	}
	for name, text := range a {
		if b[name] != text {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}

// TestSameInputSameBytes holds what recovery, back-tests and audits rest on: the files depend on the records alone, not
// on the number of cores, nor on how records are spread over files, nor on their order within the reorder window.
func TestSameInputSameBytes(t *testing.T) {
	lines := capture(t)
	whole := written(t, lines)
	if len(whole["findings.ndjson"]) == 0 {
		t.Fatal("the capture has findings")
	}
	same(t, "again", whole, written(t, lines))

	before := runtime.GOMAXPROCS(1)
	same(t, "on one core", whole, written(t, lines))
	runtime.GOMAXPROCS(before)

	var odd, even []string
	for i, l := range lines {
		if i%2 == 0 {
			even = append(even, l)
		} else {
			odd = append(odd, l)
		}
	}
	same(t, "in two files", whole, written(t, odd, even))

	shuffled := slices.Clone(lines)
	for i := 0; i+1 < len(shuffled); i += 2 {
		shuffled[i], shuffled[i+1] = shuffled[i+1], shuffled[i]
	}
	same(t, "out of order", whole, written(t, shuffled))
}

// TestCausality runs on a prefix: what was found until then must be the same.
func TestCausality(t *testing.T) {
	lines := capture(t)
	whole := findings(t, written(t, lines)["findings.ndjson"])
	for _, part := range []float64{0.3, 0.6, 0.9} {
		n := int(part * float64(len(lines)))
		prefix := findings(t, written(t, lines[:n])["findings.ndjson"])
		limit := timeOf(t, lines[n-1]) - DefaultConfig().Reorder.Milliseconds()
		for key, at := range whole {
			if _, ok := prefix[key]; at <= limit && !ok {
				t.Errorf("cut at %.1f: %s was found only with what came later", part, key)
			}
		}
		for key, at := range prefix {
			if _, ok := whole[key]; at <= limit && !ok {
				t.Errorf("cut at %.1f: %s was found only without what came later", part, key)
			}
		}
	}
}

// findings returns the times of all events of findings by what identifies them.
func findings(t *testing.T, ndjson string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for line := range strings.Lines(ndjson) {
		var f struct {
			ActivityID  int   `json:"activity_id"`
			SeverityID  int   `json:"severity_id"`
			Time        int64 `json:"time"`
			FindingInfo struct {
				UID string `json:"uid"`
			} `json:"finding_info"`
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		key, err := json.Marshal([]any{f.FindingInfo.UID, f.ActivityID, f.SeverityID, f.Time})
		if err != nil {
			t.Fatal(err)
		}
		out[string(key)] = f.Time
	}
	return out
}

func timeOf(t *testing.T, line string) int64 {
	t.Helper()
	var r struct{ Time time.Time }
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatal(err)
	}
	return r.Time.UnixMilli()
}
