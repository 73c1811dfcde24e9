package paper

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden/tara"
)

// front is the first page: what it is about, who signed it, and the risk matrix.
func (p *page) front(a *tara.Analysis) {
	p.heading(a.Title(), a.Standard)
	decided := 0
	for i := range a.Rows {
		if a.Rows[i].Status != "proposed" {
			decided++
		}
	}
	lines := []string{fmt.Sprintf("%d threat scenarios of %d items; people decided on %d of them.", len(a.Rows), len(a.Items), decided)}
	if a.Signed != nil {
		lines = append(lines, "Signed by "+a.Signed.By+", "+a.Signed.At.Format("2006-01-02 15:04 MST")+".", "SHA-256 "+a.Signed.Digest)
	}
	if b := a.Baseline; b != nil {
		intact := ""
		if !b.Intact {
			intact = " The baseline was changed after it was signed."
		}
		lines = append(lines, fmt.Sprintf("Compared with the baseline of %s, %s: %d rows are new, %d gone, %d changed.%s", b.By, b.At.Format("2006-01-02 15:04 MST"), len(b.New), len(b.Gone), len(b.Changed), intact))
	}
	for _, l := range lines {
		p.MultiCell(width, line+0.6, p.clean(l), "", "L", false)
	}
	p.Ln(4)
	p.matrix(a)
}

// matrix draws the risk matrix with the number of rows in each cell.
func (p *page) matrix(a *tara.Analysis) {
	const cell, high, side = 44.0, 18.0, 30.0
	x, y := margin, p.GetY()
	p.SetFont("text", "", 9)
	p.SetXY(x+side, y)
	p.CellFormat(4*cell, 6, "attack feasibility", "", 0, "C", false, 0, "")
	y += 6
	for i, m := range a.Matrix {
		top := y + 7 + float64(i)*high
		p.SetXY(x, top)
		p.CellFormat(side-2, high, m.Impact, "", 0, "R", false, 0, "")
		for j, c := range m.Cells {
			left := x + side + float64(j)*cell
			if i == 0 {
				p.SetXY(left, y)
				p.CellFormat(cell, 7, strings.ReplaceAll(c.Feasibility, "_", " "), "", 0, "C", false, 0, "")
			}
			p.color(c.Risk)
			p.SetDrawColor(150, 150, 150)
			p.Rect(left, top, cell, high, "FD")
			p.SetFont("text", "", 8)
			p.SetXY(left+1, top+1)
			p.CellFormat(cell-2, 4, "risk "+strconv.Itoa(c.Risk), "", 0, "L", false, 0, "")
			if c.Rows > 0 {
				p.SetFont("text", "", 15)
				p.SetXY(left, top+5)
				p.CellFormat(cell, 10, strconv.Itoa(c.Rows), "", 0, "C", false, 0, "")
			}
			p.SetFont("text", "", 9)
		}
	}
	p.SetXY(margin, y+7+4*high+3)
	p.SetFont("text", "", size)
	p.MultiCell(width, line, "Rows by their own impact (down) and feasibility (across), rejected ones left out. A row whose risk comes from what it enables stands at its own impact here; its risk value is in the table.", "", "L", false)
}

// rows is the table of threat scenarios.
func (p *page) rows(a *tara.Analysis) {
	p.heading("Threat scenarios", "Impact: safety, financial, operational, privacy, 0 negligible to 3 severe. Feasibility: attack potential; behind it the second opinions by CVSS exploitability and attack vector.")
	var lines [][]string
	for i := range a.Rows {
		r := &a.Rows[i]
		feasibility := strings.ReplaceAll(r.Feasibility, "_", " ")
		if r.CVSS.Feasibility != "" {
			feasibility += fmt.Sprintf("\npotential %d\nCVSS %s\nvector %s", r.Potential.Sum, words(r.CVSS.Feasibility), words(r.AttackVector.Feasibility))
		}
		impact := fmt.Sprintf("S%d F%d O%d P%d", r.Impact.Safety, r.Impact.Financial, r.Impact.Operational, r.Impact.Privacy)
		if r.Unrated {
			impact = "not rated"
		}
		lines = append(lines, []string{
			r.ID, strings.TrimSpace(r.Operation + "\n" + r.Asset + ": " + r.Property), r.Damage + "\n" + r.Threat,
			"R155 " + strings.Join(r.R155, ", ") + "\n" + strings.Join(r.OWASP, ", ") + "\n" + strings.Join(r.STRIDE, ", "),
			impact, feasibility, strconv.Itoa(r.Risk), r.CAL, r.Treatment, live(r), decision(r),
		})
	}
	p.table([]column{
		{name: "id", wide: 21}, {name: "operation, asset: property", wide: 35}, {name: "damage, threat", wide: 34}, {name: "maps to", wide: 22}, {name: "impact", wide: 11},
		{name: "feasibility", wide: 17}, {name: "risk", wide: 7, risk: true}, {name: "CAL", wide: 9}, {name: "treatment", wide: 14}, {name: "live", wide: 25}, {name: "decision", wide: 25},
	}, lines)
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// live is what traffic says of a row now.
func live(r *tara.Row) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d attempts\n%s", r.Attempts, r.Exposure)
	if r.Attacker != "" {
		out.WriteString(", " + r.Attacker)
	}
	for _, d := range r.Drift {
		fmt.Fprintf(&out, "\n%s was %s, is %s", d.Field, orNothing(d.Was), orNothing(d.Now))
	}
	return out.String()
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func decision(r *tara.Row) string {
	out := r.Status
	if r.By != "" {
		out += " by " + r.By
	}
	if !r.At.IsZero() {
		out += ", " + r.At.Format("2006-01-02")
	}
	if r.Reason != "" {
		out += ": " + r.Reason
	}
	return out
}

// paths draws each attack path as boxes with arrows, as many to a line as fit.
func (p *page) paths(a *tara.Analysis) {
	p.heading("Attack paths", "The gravest first. A full frame: each step was seen in traffic; a broken one: some step is only possible.")
	for i := range a.Paths {
		p.path(&a.Paths[i])
	}
	if len(a.Paths) == 0 {
		p.CellFormat(width, 6, "none", "", 1, "L", false, 0, "")
	}
}

const (
	boxWide   = 56.0
	gap       = 16.0
	labelSize = 5.5 // of what an arrow carries, in points
)

func (p *page) path(t *tara.Path) {
	const perLine = 4 // boxes that fit beside each other: 4*boxWide + 3*gap is less than width
	texts := make([][]string, len(t.Steps))
	most := 1
	p.SetFont("text", "", 7)
	for i, s := range t.Steps {
		texts[i] = p.wrap(s.Operation, boxWide-4)
		most = max(most, len(texts[i]))
	}
	p.SetFont("text", "", labelSize)
	labels := 0 // lines of the longest text below an arrow
	for _, s := range t.Steps {
		labels = max(labels, len(p.wrap(words(s.By)+" "+s.What, gap-2)))
	}
	rowsOf := (len(t.Steps) + perLine - 1) / perLine
	high := max(float64(most)*3.4+3, 2*(float64(labels)*2.3+0.8))
	if p.GetY()+7+float64(rowsOf)*(high+5) > bottom {
		p.AddPage()
	}
	p.SetFont("text", "", size)
	p.color(t.Risk)
	seen := "possible"
	if t.Confirmed {
		seen = "confirmed"
	}
	p.CellFormat(width, 5, p.clean(fmt.Sprintf(" %s   risk %d   %s to %s   feasibility %s (%d)   %s, confidence %.2f", t.ID, t.Risk, t.Attacker, t.Reaches, words(t.Feasible), t.Sum, seen, t.Confidence)), "", 1, "L", true, 0, "")
	y := p.GetY() + 1.5
	for i := range t.Steps {
		x, top := margin+float64(i%perLine)*(boxWide+gap), y+float64(i/perLine)*(high+5)
		p.box(t, i, x, top, high, texts[i], i%perLine == 0)
	}
	p.SetXY(margin, y+float64(rowsOf)*(high+5))
}

// box draws one step, and the arrow that leads to it.
func (p *page) box(t *tara.Path, i int, x, y, high float64, text []string, first bool) {
	p.SetDrawColor(70, 90, 120)
	if !t.Confirmed {
		p.SetDashPattern([]float64{1.2, 1}, 0)
	}
	p.SetFillColor(246, 248, 251)
	p.Rect(x, y, boxWide, high, "FD")
	p.SetDashPattern([]float64{}, 0)
	p.SetFont("text", "", 7)
	for k, l := range text {
		p.SetXY(x+1, y+1.5+float64(k)*3.4)
		p.CellFormat(boxWide-2, 3.4, l, "", 0, "L", false, 0, "")
	}
	if i == 0 {
		return
	}
	middle, from := y+high/2, x-gap
	if first { // the arrow of a new line begins at the margin
		from = x - 6
	}
	p.Line(from, middle, x, middle)
	p.Line(x-1.6, middle-1.1, x, middle)
	p.Line(x-1.6, middle+1.1, x, middle)
	if first {
		return
	}
	p.SetFont("text", "", labelSize)
	for k, l := range p.wrap(words(t.Steps[i].By)+" "+t.Steps[i].What, gap-2) {
		p.SetXY(from+0.5, middle+0.4+float64(k)*2.3)
		p.CellFormat(gap-1, 2.3, l, "", 0, "C", false, 0, "")
	}
}

// tables are the remaining work products.
func (p *page) tables(a *tara.Analysis) {
	p.heading("Items and assets", "")
	var lines [][]string
	for _, i := range a.Items {
		lines = append(lines, []string{i.ID, i.Name, i.Exposure, strconv.Itoa(i.Rows), strconv.Itoa(i.Risk)})
	}
	p.table([]column{{name: "id", wide: 3}, {name: "item", wide: 3}, {name: "exposure", wide: 1}, {name: "rows", wide: 1}, {name: "highest risk", wide: 1, risk: true}}, lines)
	p.Ln(4)
	lines = nil
	for _, x := range a.Assets {
		lines = append(lines, []string{x.ID, x.Name, x.Kind, strings.Join(x.Properties, ", "), strings.Join(x.Functions, ", "), strconv.Itoa(x.Rows)})
	}
	p.table([]column{{name: "id", wide: 4}, {name: "asset", wide: 3}, {name: "kind", wide: 1.3}, {name: "cybersecurity properties", wide: 4}, {name: "functions", wide: 4}, {name: "rows", wide: 1}}, lines)
	p.heading("Damage scenarios", "One for each function class and state of the vehicle; impact 0 negligible to 3 severe.")
	lines = nil
	for _, d := range a.Damages {
		i := d.Impact
		lines = append(lines, []string{d.ID, words(d.State), d.Text, fmt.Sprintf("S%d F%d O%d P%d", i.Safety, i.Financial, i.Operational, i.Privacy), d.Level})
	}
	p.table([]column{{name: "id", wide: 4}, {name: "state", wide: 1.5}, {name: "damage scenario", wide: 8}, {name: "impact", wide: 2}, {name: "level", wide: 1.5}}, lines)
	p.heading("Cybersecurity goals and claims", "")
	lines = nil
	for _, s := range slices.Concat(a.Goals, a.Claims) {
		lines = append(lines, []string{s.ID, s.Text, s.CAL, strings.Join(s.Rows, ", ")})
	}
	p.table([]column{{name: "id", wide: 1}, {name: "goal (CG) or claim (CC retained, CS shared)", wide: 5}, {name: "CAL", wide: 0.8}, {name: "rows", wide: 7}}, lines)
	p.heading("Assumptions", "What ratings rest on, held against traffic.")
	lines = nil
	for i := range a.Assumptions {
		x := &a.Assumptions[i]
		lines = append(lines, []string{x.ID, x.Says(), x.Of(), x.Verdict, x.Why, x.By})
	}
	p.table([]column{{name: "id", wide: 1}, {name: "assumed", wide: 3}, {name: "of", wide: 4}, {name: "verdict", wide: 1.5}, {name: "why", wide: 5}, {name: "by", wide: 1.5}}, lines)
	p.closing(a)
}

// closing is what is covered and what is missing.
func (p *page) closing(a *tara.Analysis) {
	p.heading("Coverage of UN R155 Annex 5", "What API traffic can show of each threat, and what is known. Threats without evidence have to be assessed by other means.")
	var lines [][]string
	for _, c := range a.Coverage {
		risk := ""
		if c.Risk > 0 {
			risk = strconv.Itoa(c.Risk)
		}
		lines = append(lines, []string{c.ID, c.Group, c.Name, c.Evidence, strconv.Itoa(c.Rows), risk, strconv.Itoa(c.Findings), c.Says})
	}
	p.table([]column{{name: "id", wide: 0.8}, {name: "group", wide: 1.6}, {name: "threat", wide: 5}, {name: "evidence", wide: 1.3}, {name: "rows", wide: 0.8}, {name: "risk", wide: 0.8, risk: true}, {name: "findings", wide: 1.2}, {name: "what is known", wide: 6}}, lines)
	p.heading("Work products of ISO/SAE 21434 clause 15", "")
	lines = nil
	for _, w := range a.Products {
		state := "complete"
		if !w.Complete {
			state = "incomplete"
		}
		lines = append(lines, []string{w.ID, w.What, strconv.Itoa(w.Count), state, strings.Join(w.Missing, "\n")})
	}
	p.table([]column{{name: "id", wide: 1.2}, {name: "work product", wide: 4}, {name: "entries", wide: 1}, {name: "state", wide: 1.3}, {name: "missing", wide: 7}}, lines)
}
