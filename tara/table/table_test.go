package table

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/tara"
)

var when = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// sample is the golden analysis, with a person's texts that tables could break.
func sample(t testing.TB) (*tara.Analysis, *domain.TARA) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "tara.json"))
	if err != nil {
		t.Fatal(err)
	}
	a := &tara.Analysis{}
	if err := json.Unmarshal(b, a); err != nil {
		t.Fatal(err)
	}
	s, err := domain.LoadTARA()
	if err != nil {
		t.Fatal(err)
	}
	a.Apply(&tara.File{Rows: []tara.Decision{
		{ID: "TS-stop", Status: "edited", By: "Jörg", At: when, Reason: "=1+1", Values: map[string]string{"claim": "'quoted'", "treatment": "share", "feasibility": "low", "damageScenario": "Fahrzeug hält,\n\"plötzlich\"; 车辆"}},
		{ID: "OWN-1", Status: "accepted", By: "Ann", At: when, Values: map[string]string{"asset": "-", "threatScenario": "'=x", "safety": "severe", "feasibility": "medium", "treatment": "avoid"}, Extra: map[string]string{"Ticket No.": "J-1"}},
		{ID: "TS-read", Status: "rejected", By: "Ann", At: when, Reason: "twice"},
	}}, s)
	return a, s
}

// TestRoundTrip: what was exported and imported gives the same rows, in each form, and a second time nothing to import.
func TestRoundTrip(t *testing.T) {
	want, s := sample(t)
	for form, write := range map[string]func(*bytes.Buffer) error{
		"x.csv":  func(b *bytes.Buffer) error { return WriteCSV(b, want) },
		"x.xlsx": func(b *bytes.Buffer) error { return WriteXLSX(b, want) },
		"x.json": func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(want) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		got, _ := sample(t)
		got.Apply(&tara.File{}, s)
		ds, err := Import{Current: got}.Read(form, b.Bytes())
		if err != nil {
			t.Fatal(form, err)
		}
		f := &tara.File{}
		for _, d := range ds {
			if err := f.Decide(d); err != nil {
				t.Fatal(form, err)
			}
		}
		got.Apply(f, s)
		if diff := cmp.Diff(rows(want), rows(got)); diff != "" {
			t.Error(form, diff)
		}
		again, err := Import{Current: got}.Read(form, b.Bytes())
		if err != nil || len(again) != 0 {
			t.Errorf("%s: %d decisions the second time (%v): %+v", form, len(again), err, again)
		}
	}
}

func TestImportForeign(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv":  "My TARA;;;;;;\nThreat ID;Asset Name;Cybersecurity Property;Threat Scenario;Impact (Safety);Attack Feasibility Rating;Risk Value;Jira\nT-7;Türsteuergerät;C;Öffnen durch Dritte;S3;Very Low;2;X-1\n",
		"b.json": `[{"threat_id":"T-7","asset_name":"Türsteuergerät","property":"confidentiality","threatScenario":"Öffnen durch Dritte","safety":3,"feasibility":"very low","risk":2,"Jira":"X-1"}]`,
		"c.csv":  "\xef\xbb\xbfKennung,Schutzobjekt,Schutzziel,Bedrohungsszenario,Safety,Angriffsmachbarkeit,Risiko,Jira\nT-7,Türsteuergerät,Vertraulichkeit,Öffnen durch Dritte,schwerwiegend,sehr gering,2,X-1\n",
	} {
		ds, err := Import{By: "me", At: when}.Read(name, []byte(text))
		if err != nil {
			t.Error(name, err)
			continue
		}
		want := []tara.Decision{{ID: "T-7", Status: "accepted", By: "me", At: when, Extra: map[string]string{"Jira": "X-1"}, Values: map[string]string{
			"asset": "Türsteuergerät", "property": "confidentiality", "threatScenario": "Öffnen durch Dritte", "safety": "severe", "feasibility": "very_low", "risk": "2",
		}}}
		if diff := cmp.Diff(want, ds); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestImportRefused(t *testing.T) {
	for text, want := range map[string]string{
		"id,asset,risk\nT-1,x,3\nT-2,y,9\n":        `x.csv, row 3, column "risk": "9" is no risk value`,
		"id,asset,Date\nT-1,x,yesterday\n":         `x.csv, row 2, column "Date": "yesterday" is no time`,
		"id,asset,status\nT-1,x,rejected\n":        `x.csv, row 2, column "reason": why`,
		"id,asset,Safety Impact\nT-1,x,enormous\n": `x.csv, row 2, column "Safety Impact"`,
		"a,b\n1,2\n":                                 "x.csv: no header found",
		"id,asset,decision\nT-1,x,perhaps\n":         `column "decision": "perhaps" is no status`,
		"id,asset,treatment\nT-1,x,\"hope, pray\"\n": "hope, pray",
	} {
		if _, err := (Import{By: "me"}).Read("x.csv", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := (Import{}).Read("x.csv", []byte("id,asset,risk\nT-1,x,3\n")); err == nil || !strings.Contains(err.Error(), `row 2, column "by": who answers`) {
		t.Error(err)
	}
	if _, err := (Import{}).Read("x.doc", nil); err == nil {
		t.Error("a .doc was read")
	}
	if _, err := (Import{}).Read("x.xlsx", []byte("no zip")); err == nil {
		t.Error("nonsense was read as XLSX")
	}
}

func TestDeterministic(t *testing.T) {
	a, _ := sample(t)
	var x, y bytes.Buffer
	for _, b := range []*bytes.Buffer{&x, &y} {
		if err := WriteXLSX(b, a); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(x.Bytes(), y.Bytes()) {
		t.Error("two workbooks of one analysis differ")
	}
}
