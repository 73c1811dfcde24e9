package rename

import (
	"bytes"
	"encoding/json"
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
		r := Renamer{Round: 1, Shift: day}
		if got := string(r.Line([]byte(c.in))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestRenameKeepsTogether: an identifier changes, and everywhere alike: in paths, bodies and signed tokens.
func TestRenameKeepsTogether(t *testing.T) {
	const id, vin = "880120", "1M8GDM9AXKP042788"
	const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI4ODAxMjAifQ.c2ln" // {"sub":"880120"}
	r := Renamer{Round: 2, Shift: time.Hour}
	var got struct {
		Target, Body, Token, VIN string
	}
	line := `{"target":"/users/` + id + `/cars","body":"{\"id\":` + id + `}","token":"Bearer ` + token + `","vin":"` + vin + `"}`
	if err := json.Unmarshal(r.Line([]byte(line)), &got); err != nil {
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
		r := Renamer{Round: 3}
		word := []byte{byte('1' + n/1000%9), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10), '7', '7'}
		r.digits(word)
		seen[string(word)]++
	}
	if len(seen) != 5000 {
		t.Errorf("5000 words became %d", len(seen))
	}
}
