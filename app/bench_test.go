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

func TestRename(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct{ name, in, want string }{
		{"time", `{"time":"2026-03-02T23:00:00.123456Z"}`, `{"time":"2026-03-03T23:00:00.123456Z"}`},
		{"own id", `{"id":"tx-1"}`, `{"id":"tx-1-r1"}`},
		{"date", `{"day":"2026-03-02"}`, `{"day":"2026-03-02"}`},
		{"bare numbers", `{"bodyBytes":1234567,"durationMs":123456.75}`, `{"bodyBytes":1234567,"durationMs":123456.75}`},
		{"words", `{"a":"okhttp/4.12.0 field_name23 47.939813 161.98.76.218"}`, `{"a":"okhttp/4.12.0 field_name23 47.939813 161.98.76.218"}`},
		{"seconds", `{"body":"{\"exp\":1772424000}"}`, `{"body":"{\"exp\":1772510400}"}`},
		{"escapes", `{"body":"\u00e912 %2F12 \"\\"}`, `{"body":"\u00e912 %2F12 \"\\"}`},
	} {
		r := renamer{round: 1, shift: day}
		if got := string(r.line([]byte(c.in))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestRenameKeepsTogether: an identifier changes, and everywhere alike: in paths, bodies and signed tokens.
func TestRenameKeepsTogether(t *testing.T) {
	const id, vin = "880120", "1M8GDM9AXKP042788"
	const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI4ODAxMjAifQ.c2ln" // {"sub":"880120"}
	r := renamer{round: 2, shift: time.Hour}
	var got struct {
		Target, Body, Token, VIN string
	}
	line := `{"target":"/users/` + id + `/cars","body":"{\"id\":` + id + `}","token":"Bearer ` + token + `","vin":"` + vin + `"}`
	if err := json.Unmarshal(r.line([]byte(line)), &got); err != nil {
		t.Fatal(err)
	}
	renamed := strings.Split(got.Target, "/")[2]
	if renamed == id || len(renamed) != len(id) {
		t.Errorf("%s became %s", id, renamed)
	}
	if got.Body != `{"id":`+renamed+`}` {
		t.Errorf("body %s, want the id %s", got.Body, renamed)
	}
	claims := r.text(nil, []byte(`{"sub":"880120"}`))
	if !bytes.Contains(claims, []byte(renamed)) || got.Token == "Bearer "+token || !strings.HasPrefix(got.Token, "Bearer eyJhbGciOiJub25lIn0.ey") {
		t.Errorf("token %s", got.Token)
	}
	if got.VIN == vin || !vinChecks([]byte(got.VIN)) {
		t.Errorf("VIN %s", got.VIN)
	}
}

// TestRenameIsOneToOne: what differs before still differs, within a round and between rounds' equal words.
func TestRenameIsOneToOne(t *testing.T) {
	seen := map[string]int{}
	for n := range 5000 {
		r := renamer{round: 3}
		word := []byte{byte('1' + n/1000%9), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10), '7', '7'}
		r.digits(word)
		seen[string(word)]++
	}
	if len(seen) != 5000 {
		t.Errorf("5000 words became %d", len(seen))
	}
}

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
