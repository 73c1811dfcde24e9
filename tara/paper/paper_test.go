package paper

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"github.com/waywarden/waywarden/tara"
)

func sample(t testing.TB) *tara.Analysis {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "tara.json"))
	if err != nil {
		t.Fatal(err)
	}
	a := &tara.Analysis{}
	if err := json.Unmarshal(b, a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestWrite: the document is whole and the same each time, also with texts no page was made for.
func TestWrite(t *testing.T) {
	a := sample(t)
	a.Name = "Flotte Süd 车辆"
	a.Rows[0].Reason = strings.Repeat("a reason that is longer than a page ", 400)
	a.Rows[0].Operation = "GET /" + strings.Repeat("verylongsegment", 40)
	var x, y bytes.Buffer
	for _, b := range []*bytes.Buffer{&x, &y} {
		if err := Write(b, a, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.HasPrefix(x.Bytes(), []byte("%PDF-")) || !bytes.Contains(x.Bytes(), []byte("%%EOF")) {
		t.Error("no PDF")
	}
	if !bytes.Equal(x.Bytes(), y.Bytes()) {
		t.Error("two documents of one analysis differ")
	}
	if err := Write(&x, &tara.Analysis{}, nil); err != nil {
		t.Error("an analysis without rows: ", err)
	}
	if err := Write(&x, a, []byte("no font")); err == nil {
		t.Error("nonsense was taken for a font")
	}
}

// TestWrap: no line is wider than its cell, and no character is lost.
func TestWrap(t *testing.T) {
	known, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{Fpdf: fpdf.New("L", "mm", "A4", ""), font: known, missing: map[rune]bool{}}
	p.AddUTF8FontFromBytes("text", "", goregular.TTF)
	p.AddPage()
	p.SetFont("text", "", size)
	for _, s := range []string{"", "one", "two words", "POST api.example/api/fahrzeuge/{fahrgestellnummer}/öffnen", strings.Repeat("x", 200), "a\nb", "ÄÖÜ ß Привет"} {
		for _, within := range []float64{0.5, 6, 30} {
			lines := p.wrap(s, within)
			for _, l := range lines {
				if len([]rune(l)) > 1 && p.GetStringWidth(l) > within {
					t.Errorf("%q is wider than %g mm", l, within)
				}
			}
			if got, want := strings.Join(strings.Fields(strings.Join(lines, "")), ""), strings.Join(strings.Fields(s), ""); got != want {
				t.Errorf("%q became %q", want, got)
			}
		}
	}
	if got := p.clean("车辆 ok"); got != "□□ ok" || len(p.missing) != 2 {
		t.Errorf("%q, missing %v", got, p.missing)
	}
}
