package app

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRepeatFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "in.ndjson")
	in := `{"kind":"http","id":"a","time":"2026-03-02T10:00:00Z","x":"user-100234"}` + "\n" +
		`{"kind":"http","id":"b","time":"2026-03-02T12:00:00Z","x":"user-100234"}` + "\n"
	if err := os.WriteFile(name, []byte(in), 0o644); err != nil {
		t.Fatal(err)
	}
	span, err := spanOf(name)
	if err != nil || span != 2*time.Hour+time.Minute {
		t.Fatalf("span %s, %v", span, err)
	}
	var b bytes.Buffer
	if err := repeatFile(&b, name, 3, span); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), in) {
		t.Error("the first round is changed")
	}
	ids, people := map[string]bool{}, map[string]bool{}
	var last time.Time
	for line := range strings.Lines(b.String()) {
		var r struct {
			ID   string
			Time time.Time
			X    string
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if !r.Time.After(last) {
			t.Errorf("%s at %s does not follow %s", r.ID, r.Time, last)
		}
		last = r.Time
		ids[r.ID], people[r.X] = true, true
	}
	if len(ids) != 6 || len(people) != 3 {
		t.Errorf("%d ids, %d people; want 6 and 3", len(ids), len(people))
	}
}

func TestCompare(t *testing.T) {
	rows := compare([]benchRow{{Program: ourName, Input: "given", Rate: 30}, {Program: "limit", Input: "given", Rate: 60}, {Program: "limit", Input: "plain", Rate: 60}})
	if rows[1].Ratio != 0.5 || rows[0].Ratio != 0 || rows[2].Ratio != 0 {
		t.Errorf("%+v", rows)
	}
	var b bytes.Buffer
	if err := printBench(&b, benchReport{File: "f", Rows: rows, Repeat: &repetition{4, 100, 110, 1.1}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0.50 times as fast", "100 MB for the file, 110 MB for 4"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}
