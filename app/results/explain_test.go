package results

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waywarden/waywarden/internal/advice"
)

// outputDir is what an analysis might have written.
func outputDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"inventory.json": `{"version":1,"endpoints":[
			{"id":"e1","host":"app.example","method":"GET","template":"/v3/vans/{vanId}","function":{"class":"read.vehicle.status","confidence":0.9},"access":"read","authentication":{"schemes":["bearer_jwt"],"required":"always"},"count":7,"status":["documented"],"risk":{"score":30,"impact":{"s":0,"f":0,"o":0,"p":2}}},
			{"id":"e2","host":"app.example","method":"POST","template":"/v3/vans/{vanId}/commands","discriminator":{"in":"body","name":"type","value":"lock"},"access":"control"},
			{"id":"e3","host":"app.example","method":"POST","template":"/v3/vans/{vanId}/commands","discriminator":{"in":"body","name":"type","value":"unlock"},"access":"control"},
			{"id":"e4","host":"other.example","method":"GET","template":"/v3/vans/{id}","access":"read"}]}`,
		"explain.json": `{"e1":["7 calls by about 2 callers","segment 3: ULID in 5 of 5"]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExplain(t *testing.T) {
	dir := outputDir(t)
	for _, c := range []struct {
		host, query string
		ids         []string
	}{
		{"", "e1", []string{"e1"}},
		{"app.example", "GET /v3/vans/{vanId}", []string{"e1"}},
		{"", "get /v3/vans/{x}", []string{"e1", "e4"}},
		{"", "/v3/vans/01HV00?full=1", []string{"e1", "e4"}},
		{"", "POST /v3/vans/{vanId}/commands", []string{"e2", "e3"}},
		{"other.example", "/v3/vans/{id}", []string{"e4"}},
	} {
		var b bytes.Buffer
		if err := explain(&b, dir, c.host, c.query); err != nil {
			t.Errorf("%q: %v", c.query, err)
		}
		var got []string
		for line := range strings.Lines(b.String()) {
			if id, ok := strings.CutPrefix(line, "  id        "); ok {
				got = append(got, strings.TrimSpace(id))
			}
		}
		if !slices.Equal(got, c.ids) {
			t.Errorf("%q at %q: got %q, want %q", c.query, c.host, got, c.ids)
		}
	}
	var b bytes.Buffer
	if err := explain(&b, dir, "", "e1"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"read.vehicle.status (confidence 0.90)", "segment 3: ULID", "bearer_jwt", "risk      30"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}

func TestExplainNothing(t *testing.T) {
	dir := outputDir(t)
	for _, c := range []struct{ host, query, next string }{
		{"", "GET /v3/van/{vanId}", "GET /v3/vans/{vanId}"},
		{"", "/v3/vans/{vanId}/comands/now", "/v3/vans/{vanId}/commands"},
		{"", "zzz", "inventory.json lists all"},
		{"third.example", "GET /v3/vans/{vanId}", "no call to that host"},
	} {
		err := explain(&bytes.Buffer{}, dir, c.host, c.query)
		var input *advice.Error
		if !errors.As(err, &input) || !strings.Contains(input.Next, c.next) {
			t.Errorf("%q: got %+v, want a hint at %q", c.query, err, c.next)
		}
	}
	if _, ok := errors.AsType[*advice.Error](explain(&bytes.Buffer{}, t.TempDir(), "", "e1")); !ok {
		t.Error("a directory without an analysis is no input error")
	}
}
