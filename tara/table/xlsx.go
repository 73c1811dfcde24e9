package table

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/waywarden/waywarden/tara"
)

// sheetRows is the sheet that is read back; the others are for reading alone.
const sheetRows = "Threat scenarios"

// A sheet is one table of the workbook.
type sheet struct {
	name  string
	lines [][]string
	risk  int // column of risk values, which are coloured; -1 for none
}

// WriteXLSX writes the analysis as a workbook.
func WriteXLSX(w io.Writer, a *tara.Analysis) error {
	f := excelize.NewFile()
	defer f.Close()
	b := book{f: f}
	b.prepare()
	b.matrix(a)
	for _, s := range sheets(a) {
		b.write(s)
	}
	if b.err != nil {
		return fmt.Errorf("write XLSX: %w", b.err)
	}
	f.SetActiveSheet(0)
	at := "2000-01-01T00:00:00Z" // the same analysis gives the same bytes
	if a.Signed != nil {
		at = a.Signed.At.Format(time.RFC3339)
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: a.Title(), Creator: "waywarden", LastModifiedBy: "waywarden", Created: at, Modified: at}); err != nil {
		return fmt.Errorf("write XLSX: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write XLSX: %w", err)
	}
	return nil
}

// A book is a workbook in the making; the first error stays.
type book struct {
	f          *excelize.File
	head, cell int
	bold       int
	risk       [6]int // by risk value
	err        error
}

func (b *book) try(err error) {
	if b.err == nil {
		b.err = err
	}
}

// RiskColors are the background colours of risk values 1 to 5, from green to red.
func RiskColors() [6]string {
	return [6]string{"FFFFFF", "C6E5C3", "E3EFB4", "FCE79A", "F9C08A", "EE9A93"}
}

func (b *book) style(bold bool, fill string) int {
	s := &excelize.Style{
		Font: &excelize.Font{Family: "Calibri", Size: 10, Bold: bold}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"},
		Border: []excelize.Border{{Type: "bottom", Color: "D0D0D0", Style: 1}, {Type: "right", Color: "D0D0D0", Style: 1}},
	}
	if fill != "" {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}}
	}
	id, err := b.f.NewStyle(s)
	b.try(err)
	return id
}

func (b *book) prepare() {
	b.head, b.cell, b.bold = b.style(true, "D9E2EC"), b.style(false, ""), b.style(true, "")
	for i, c := range RiskColors() {
		b.risk[i] = b.style(i > 0, c)
	}
}

// at names a cell, counted from 0.
func at(column, line int) string {
	name, err := excelize.CoordinatesToCellName(column+1, line+1)
	if err != nil {
		return "A1"
	}
	return name
}

func (b *book) set(sheet string, column, line, style int, v string) {
	b.try(b.f.SetCellStr(sheet, at(column, line), clip(v)))
	b.try(b.f.SetCellStyle(sheet, at(column, line), at(column, line), style))
}

// clip keeps within what a cell can hold.
func clip(v string) string {
	const cellMax = excelize.TotalCellChars
	if utf8.RuneCountInString(v) <= cellMax {
		return v
	}
	return string([]rune(v)[:cellMax-1]) + "…"
}

// matrix writes the first sheet: who, when, and the risk matrix with the number of rows in each cell.
func (b *book) matrix(a *tara.Analysis) {
	const name = "Matrix"
	b.try(b.f.SetSheetName("Sheet1", name))
	lines := [][2]string{{a.Title(), ""}, {"Standard", a.Standard}, {"Rows", strconv.Itoa(len(a.Rows))}}
	if a.Signed != nil {
		lines = append(lines, [2]string{"Signed", a.Signed.By + ", " + a.Signed.At.Format(time.RFC3339)})
	}
	if bl := a.Baseline; bl != nil {
		lines = append(lines, [2]string{"Baseline", fmt.Sprintf("%s, %s: %d rows new, %d gone, %d changed", bl.By, bl.At.Format(time.RFC3339), len(bl.New), len(bl.Gone), len(bl.Changed))})
	}
	for i, l := range lines {
		b.try(b.f.SetCellStr(name, at(0, i), l[0]))
		b.try(b.f.SetCellStr(name, at(1, i), l[1]))
	}
	top := len(lines) + 1
	b.set(name, 0, top, b.head, "impact \\ feasibility")
	for i, m := range a.Matrix {
		b.set(name, 0, top+1+i, b.head, m.Impact)
		for j, c := range m.Cells {
			b.set(name, 1+j, top, b.head, strings.ReplaceAll(c.Feasibility, "_", " "))
			b.set(name, 1+j, top+1+i, b.risk[c.Risk], fmt.Sprintf("risk %d: %d rows", c.Risk, c.Rows))
		}
	}
	b.try(b.f.SetCellStr(name, at(0, top+2+len(a.Matrix)), "Rows whose risk comes from what they enable stand at their own impact here."))
	b.try(b.f.SetColWidth(name, "A", "A", 24))
	b.try(b.f.SetColWidth(name, "B", "E", 20))
	b.printed(name, 1)
}

// Widths of columns in characters.
const (
	widthMin = 8
	widthMax = 48
)

// write adds a sheet: header in place, filter, widths by content, text wrapped and lines as high as it needs.
func (b *book) write(s sheet) {
	if _, err := b.f.NewSheet(s.name); err != nil {
		b.try(err)
		return
	}
	widths := make([]int, len(s.lines[0]))
	for _, line := range s.lines {
		for i, v := range line {
			widths[i] = min(max(widths[i], widest(v)+2, widthMin), widthMax)
		}
	}
	for n, line := range s.lines {
		high := 1
		for i, v := range line {
			style := b.cell
			if n == 0 {
				style = b.head
			} else if risk, err := strconv.Atoi(v); i == s.risk && err == nil && risk >= 0 && risk < len(b.risk) {
				style = b.risk[risk]
			}
			b.set(s.name, i, n, style, v)
			high = max(high, linesOf(v, widths[i]))
		}
		b.try(b.f.SetRowHeight(s.name, n+1, min(float64(high)*14+2, 409))) // 409 points is the most there can be
	}
	for i, w := range widths {
		column, err := excelize.ColumnNumberToName(i + 1)
		b.try(err)
		b.try(b.f.SetColWidth(s.name, column, column, float64(w)))
	}
	b.try(b.f.SetPanes(s.name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	if len(s.lines) > 1 {
		b.try(b.f.AutoFilter(s.name, "A1:"+at(len(s.lines[0])-1, len(s.lines)-1), nil))
	}
	pages := 1
	if s.name == sheetRows { // its columns are too many to be read on one page
		pages = rowsPages
	}
	b.printed(s.name, pages)
}

// rowsPages is how many pages beside each other the rows are printed on.
const rowsPages = 4

// printed sets a sheet to be printed in landscape, A3, on so many pages beside each other, with its header on each.
func (b *book) printed(sheet string, pages int) {
	landscape, tall, paper, fit := "landscape", 0, 8, true
	b.try(b.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &paper, Orientation: &landscape, FitToWidth: &pages, FitToHeight: &tall}))
	b.try(b.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
	if pages > 1 {
		b.try(b.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + sheet + "'!$A:$A,'" + sheet + "'!$1:$1", Scope: sheet}))
	}
}

// widest is the length of the longest line of a text.
func widest(v string) int {
	n := 0
	for line := range strings.SplitSeq(v, "\n") {
		n = max(n, columnsOf(line))
	}
	return n
}

// columnsOf counts in widths of Latin letters: those of East Asia are two wide.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= 0x1100 {
			n++
		}
	}
	return n
}

// linesOf is how many lines a text takes in a column, words kept whole.
func linesOf(v string, width int) int {
	n := 0
	for line := range strings.SplitSeq(v, "\n") {
		n++
		used := 0
		for word := range strings.FieldsSeq(line) {
			w := columnsOf(word)
			if used > 0 && used+1+w > width-1 {
				n++
				used = 0
			}
			n += w / width
			used += 1 + w%width
		}
	}
	return n
}

// sheets are the tables beside the matrix.
func sheets(a *tara.Analysis) []sheet {
	all := rows(a)
	return []sheet{
		{sheetRows, all, slices.Index(all[0], "risk")}, items(a), assets(a), damages(a), paths(a), statements(a), assumptions(a), coverage(a), products(a),
	}
}

func items(a *tara.Analysis) sheet {
	t := [][]string{{"id", "item", "exposure", "rows", "highest risk"}}
	for _, i := range a.Items {
		t = append(t, []string{i.ID, i.Name, i.Exposure, strconv.Itoa(i.Rows), strconv.Itoa(i.Risk)})
	}
	return sheet{"Items", t, 4}
}

func assets(a *tara.Analysis) sheet {
	t := [][]string{{"id", "item", "asset", "kind", "cybersecurity properties", "functions", "rows"}}
	for _, x := range a.Assets {
		t = append(t, []string{x.ID, x.Item, x.Name, x.Kind, strings.Join(x.Properties, ", "), strings.Join(x.Functions, ", "), strconv.Itoa(x.Rows)})
	}
	return sheet{"Assets", t, -1}
}

func damages(a *tara.Analysis) sheet {
	t := [][]string{{"id", "function", "vehicle state", "damage scenario", "safety", "financial", "operational", "privacy", "level"}}
	for _, d := range a.Damages {
		i := d.Impact
		t = append(t, []string{d.ID, d.Function, d.State, d.Text, strconv.Itoa(i.Safety), strconv.Itoa(i.Financial), strconv.Itoa(i.Operational), strconv.Itoa(i.Privacy), d.Level})
	}
	return sheet{"Damage scenarios", t, -1}
}

func paths(a *tara.Analysis) sheet {
	t := [][]string{{"id", "attacker", "reaches", "feasibility", "attack potential", "risk", "seen", "confidence", "steps"}}
	for i := range a.Paths {
		p := &a.Paths[i]
		seen := "possible"
		if p.Confirmed {
			seen = "confirmed"
		}
		var steps []string
		for n, s := range p.Steps {
			step := strconv.Itoa(n+1) + ". " + s.Operation
			if s.By != "" {
				step += " (by " + strings.ReplaceAll(s.By, "_", " ") + " " + s.What + ")"
			}
			steps = append(steps, step)
		}
		t = append(t, []string{p.ID, p.Attacker, p.Reaches, p.Feasible, strconv.Itoa(p.Sum), strconv.Itoa(p.Risk), seen, strconv.FormatFloat(p.Confidence, 'f', 2, 64), strings.Join(steps, "\n")})
	}
	return sheet{"Attack paths", t, 5}
}

func statements(a *tara.Analysis) sheet {
	t := [][]string{{"id", "goal or claim", "CAL", "rows"}}
	for _, s := range slices.Concat(a.Goals, a.Claims) {
		t = append(t, []string{s.ID, s.Text, s.CAL, strings.Join(s.Rows, ", ")})
	}
	return sheet{"Goals and claims", t, -1}
}

func assumptions(a *tara.Analysis) sheet {
	t := [][]string{{"id", "assumed", "of", "verdict", "why", "findings", "by", "reason"}}
	for i := range a.Assumptions {
		x := &a.Assumptions[i]
		t = append(t, []string{x.ID, x.Says(), x.Of(), x.Verdict, x.Why, strconv.Itoa(x.Findings), x.By, x.Reason})
	}
	return sheet{"Assumptions", t, -1}
}

func coverage(a *tara.Analysis) sheet {
	t := [][]string{{"R155 Annex 5", "group", "threat", "evidence in API traffic", "rows", "highest risk", "findings", "what is known"}}
	for _, c := range a.Coverage {
		t = append(t, []string{c.ID, c.Group, c.Name, c.Evidence, strconv.Itoa(c.Rows), strconv.Itoa(c.Risk), strconv.Itoa(c.Findings), c.Says})
	}
	return sheet{"R155 coverage", t, 5}
}

func products(a *tara.Analysis) sheet {
	t := [][]string{{"work product", "what", "entries", "complete", "missing"}}
	for _, p := range a.Products {
		complete := "yes"
		if !p.Complete {
			complete = "no"
		}
		t = append(t, []string{p.ID, p.What, strconv.Itoa(p.Count), complete, strings.Join(p.Missing, "\n")})
	}
	return sheet{"Work products", t, -1}
}
