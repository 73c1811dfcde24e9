// Package paper writes a threat analysis as a document: PDF on A4, with matrix and attack paths drawn.
package paper

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"github.com/waywarden/waywarden/tara"
)

// Measures of the page, A4 landscape, in millimetres.
const (
	margin  = 12.0
	width   = 297 - 2*margin
	bottom  = 210 - margin - 6
	size    = 8.0 // of the text, in points
	line    = 3.8 // height of a line of it
	padding = 1.0
)

// A page is the document in the making.
type page struct {
	*fpdf.Fpdf
	font    *sfnt.Font
	buffer  sfnt.Buffer
	missing map[rune]bool // characters that the font does not have
}

// Write writes the analysis. font is a TrueType font for scripts that the built-in one (Latin, Greek, Cyrillic) does not
// have; nil for the built-in one. Characters that are in neither are shown as an empty box, and listed on the last page.
func Write(w io.Writer, a *tara.Analysis, font []byte) error {
	if font == nil {
		font = goregular.TTF
	}
	known, err := sfnt.Parse(font)
	if err != nil {
		return fmt.Errorf("read font: %w", err)
	}
	p := &page{Fpdf: fpdf.New("L", "mm", "A4", ""), font: known, missing: map[rune]bool{}}
	p.AddUTF8FontFromBytes("text", "", font)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, margin)
	p.SetCatalogSort(true)
	at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the same analysis gives the same bytes
	if a.Signed != nil {
		at = a.Signed.At
	}
	p.SetCreationDate(at)
	p.SetModificationDate(at)
	p.SetTitle(a.Title(), true)
	p.SetCreator("waywarden", true)
	p.SetFooterFunc(func() {
		p.SetY(-margin)
		p.SetFont("text", "", 7)
		p.SetTextColor(110, 110, 110)
		p.CellFormat(width/2, 4, p.clean(a.Title()), "", 0, "L", false, 0, "")
		p.CellFormat(width/2, 4, strconv.Itoa(p.PageNo()), "", 0, "R", false, 0, "")
		p.SetTextColor(0, 0, 0)
	})
	p.front(a)
	p.rows(a)
	p.paths(a)
	p.tables(a)
	p.unknown()
	if err := p.Output(w); err != nil {
		return fmt.Errorf("write PDF: %w", err)
	}
	return nil
}

// clean shows what the font does not have as an empty box, and remembers it.
func (p *page) clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if r < ' ' {
			return ' '
		}
		if i, err := p.font.GlyphIndex(&p.buffer, r); err == nil && i != 0 && r <= 0xffff {
			return r
		}
		p.missing[r] = true
		return '□'
	}, s)
}

// heading begins a part on a page of its own.
func (p *page) heading(text, note string) {
	p.AddPage()
	p.SetFont("text", "", 15)
	p.CellFormat(width, 9, p.clean(text), "", 1, "L", false, 0, "")
	p.SetFont("text", "", size)
	if note != "" {
		p.SetTextColor(90, 90, 90)
		p.MultiCell(width, line, p.clean(note), "", "L", false)
		p.SetTextColor(0, 0, 0)
	}
	p.Ln(2)
}

// wrap breaks a text into lines of a width; words that are longer, such as paths, are broken where they have to be.
func (p *page) wrap(s string, within float64) []string {
	var out []string
	for part := range strings.SplitSeq(p.clean(s), "\n") {
		current := ""
		for word := range strings.FieldsSeq(part) {
			for {
				next := strings.TrimPrefix(current+" "+word, " ")
				if p.GetStringWidth(next) <= within {
					current = next
					break
				}
				if current != "" && p.GetStringWidth(word) <= within {
					out, current = append(out, current), word
					break
				}
				if current != "" {
					out, current = append(out, current), ""
					continue
				}
				cut := p.fitting(word, within)
				out, word = append(out, word[:cut]), word[cut:]
			}
		}
		out = append(out, current)
	}
	return out
}

// fitting returns how many bytes of a word fit, broken behind a slash or dash where there is one late enough.
func (p *page) fitting(word string, within float64) int {
	cut, nice := 0, 0
	for i, r := range word {
		end := i + len(string(r))
		if p.GetStringWidth(word[:end]) > within {
			break
		}
		if cut = end; strings.ContainsRune("/-_.,", r) {
			nice = end
		}
	}
	if nice > cut/2 {
		return nice
	}
	if cut == 0 {
		for _, r := range word { // narrower than one letter: never less than one, or there would be no end
			return len(string(r))
		}
	}
	return cut
}

// A column of a table on paper.
type column struct {
	name string
	wide float64 // share of the width
	risk bool    // coloured by risk value
}

// table draws a table over as many pages as it needs; the header stands on each.
func (p *page) table(columns []column, lines [][]string) {
	total := 0.0
	for _, c := range columns {
		total += c.wide
	}
	wide := make([]float64, len(columns))
	head := make([]string, len(columns))
	for i, c := range columns {
		wide[i], head[i] = c.wide/total*width, c.name
	}
	p.SetFont("text", "", size)
	p.row(columns, wide, head, true)
	for _, l := range lines {
		p.row(columns, wide, l, false)
	}
	if len(lines) == 0 {
		p.CellFormat(width, 6, "none", "", 1, "L", false, 0, "")
	}
}

func (p *page) row(columns []column, wide []float64, cells []string, head bool) {
	wrapped := make([][]string, len(cells))
	left := 0
	for i, v := range cells {
		wrapped[i] = p.wrap(v, wide[i]-2*padding-2)
		left = max(left, len(wrapped[i]))
	}
	for from := 0; from < left; {
		room := int((bottom - p.GetY() - 2*padding) / line)
		if room < min(left-from, 6) { // a row begins on the next page rather than with a few lines at the end of this
			p.AddPage()
			p.SetFont("text", "", size)
			if !head {
				names := make([]string, len(columns))
				for i, c := range columns {
					names[i] = c.name
				}
				p.row(columns, wide, names, true)
			}
			room = int((bottom - p.GetY() - 2*padding) / line)
		}
		n := min(room, left-from)
		p.cells(columns, wide, cells, wrapped, from, n, head)
		from += n
	}
}

// cells draws lines from to from+n of a row.
func (p *page) cells(columns []column, wide []float64, cells []string, wrapped [][]string, from, n int, head bool) {
	x, y, high := margin, p.GetY(), float64(n)*line+2*padding
	for i := range cells {
		p.fill(columns[i], cells[i], head)
		p.SetDrawColor(200, 200, 200)
		p.Rect(x, y, wide[i], high, "FD")
		for k := range n {
			if from+k < len(wrapped[i]) {
				p.SetXY(x+padding, y+padding+float64(k)*line)
				p.CellFormat(wide[i]-2*padding, line, wrapped[i][from+k], "", 0, "L", false, 0, "")
			}
		}
		x += wide[i]
	}
	p.SetXY(margin, y+high)
}

// fill chooses the background of a cell.
func (p *page) fill(c column, v string, head bool) {
	switch risk, err := strconv.Atoi(v); {
	case head:
		p.SetFillColor(217, 226, 236)
	case c.risk && err == nil:
		p.color(risk)
	default:
		p.SetFillColor(255, 255, 255)
	}
}

// color fills by risk value: from green over yellow to red, pale enough to read on.
func (p *page) color(risk int) {
	colors := [][3]int{{255, 255, 255}, {198, 229, 195}, {227, 239, 180}, {252, 231, 154}, {249, 192, 138}, {238, 154, 147}}
	c := colors[min(max(risk, 0), len(colors)-1)]
	p.SetFillColor(c[0], c[1], c[2])
}

// unknown lists the characters that the font does not have.
func (p *page) unknown() {
	if len(p.missing) == 0 {
		return
	}
	var list []string
	for r := range p.missing {
		list = append(list, fmt.Sprintf("U+%04X", r))
	}
	slices.Sort(list)
	p.heading("Characters not shown", "The font of this document does not have the characters below; each stands as □. Export again with --font and a font that has them, such as one of the Noto family.")
	p.MultiCell(width, line, strings.Join(list, "  "), "", "L", false)
}
