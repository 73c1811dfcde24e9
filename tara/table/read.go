package table

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"

	"github.com/waywarden/waywarden/tara"
)

// An Import is how a table becomes decisions.
type Import struct {
	By      string         // who answers for rows that do not say so
	At      time.Time      // when, where rows do not say so
	Current *tara.Analysis // what there is; rows that say the same are left alone. May be nil.
}

// Read returns the decisions that a CSV, XLSX or JSON file brings. An error names file, row and column.
func (im Import) Read(name string, data []byte) ([]tara.Decision, error) {
	lines, first, err := parse(name, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	head, columns := header(lines)
	if head < 0 {
		return nil, fmt.Errorf("%s: no header found: no row among the first %d has two column names that are known, such as id, asset, threat scenario, risk", name, headerMax)
	}
	var out []tara.Decision
	for i, line := range lines[head+1:] {
		if !slices.ContainsFunc(line, func(v string) bool { return strings.TrimSpace(v) != "" }) {
			continue
		}
		d, skip, err := im.decision(columns, line, head+1+i+first)
		if err != nil {
			return nil, fmt.Errorf("%s, row %d, %w", name, head+1+i+first, err)
		}
		if !skip {
			out = append(out, d)
		}
	}
	return out, nil
}

// parse returns the lines of a table, and the number of its first line for people.
func parse(name string, data []byte) (lines [][]string, first int, err error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".tsv", ".txt":
		lines, err = readCSV(data)
	case ".xlsx":
		lines, err = readXLSX(data)
	case ".json":
		lines, err = readJSON(data)
	default:
		return nil, 0, fmt.Errorf("a file of this kind cannot be read: give .csv, .xlsx or .json")
	}
	return lines, 1, err
}

// readXLSX returns the first sheet that has a header; the sheet of rows of an export where there is one.
func readXLSX(data []byte) ([][]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read XLSX: %w", err)
	}
	defer f.Close()
	sheets := f.GetSheetList()
	if i := slices.Index(sheets, sheetRows); i > 0 {
		sheets[0], sheets[i] = sheets[i], sheets[0]
	}
	var lines [][]string
	for _, s := range sheets {
		if lines, err = f.GetRows(s, excelize.Options{RawCellValue: true}); err != nil {
			return nil, fmt.Errorf("read sheet %s: %w", s, err)
		}
		if head, _ := header(lines); head >= 0 {
			return lines, nil
		}
	}
	return lines, nil
}

// readJSON makes a table of the rows of an analysis, or of a list of flat objects.
func readJSON(data []byte) ([][]string, error) {
	var a tara.Analysis
	if err := json.Unmarshal(data, &a); err == nil && a.Version >= 2 {
		return rows(&a), nil
	}
	var list []map[string]any
	wrapped := struct {
		Rows *[]map[string]any `json:"rows"`
	}{&list}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		err = d.Decode(&list)
	} else {
		err = d.Decode(&wrapped)
	}
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w: give an export of this program, or a list of objects", err)
	}
	names := map[string]bool{}
	for _, o := range list {
		for n := range o {
			names[n] = true
		}
	}
	lines := [][]string{slices.Sorted(maps.Keys(names))}
	for _, o := range list {
		line := make([]string, len(lines[0]))
		for i, n := range lines[0] {
			line[i] = text(o[n])
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// text is a JSON value as a cell: lists joined, objects as JSON.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = text(v[i])
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		return string(b)
	}
	return fmt.Sprint(v)
}

// headerMax is how far down a header is looked for: other tools put titles above it.
const headerMax = 20

// A head is what a column means: the name of a field or of a column of ours, or "" and its own title.
type head struct{ name, title string }

// header finds the row of column names; -1 where there is none.
func header(lines [][]string) (int, []head) {
	known := names()
	for i, line := range lines[:min(len(lines), headerMax)] {
		var out []head
		seen := map[string]bool{}
		for _, title := range line {
			n := known[plain(title)]
			if seen[n] {
				n = "" // a second column of the same meaning is kept as it is
			}
			seen[n] = n != ""
			out = append(out, head{n, strings.TrimSpace(title)})
		}
		if count := len(slices.DeleteFunc(slices.Clone(out), func(h head) bool { return h.name == "" })); count >= 2 {
			return i, out
		}
	}
	return -1, nil
}

// plain leaves letters and digits, small.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// names maps spellings of column names to ours. Derived columns map to "-": they are not read.
func names() map[string]string {
	out := map[string]string{}
	for _, f := range tara.Fields() {
		out[plain(f.Name)] = f.Name
	}
	for _, c := range slices.Concat(before(), after()) {
		out[plain(c.name)] = "-" + c.name
	}
	for _, own := range []string{"id", "operation", "status", "by", "at", "reason"} {
		out[own] = own
	}
	for name, spellings := range map[string]string{
		"id":             "threatscenarioid threatid rowid tarid taraid nr no number uid key bedrohungsid kennung",
		"operation":      "endpoint api interface apiendpoint endpunkt schnittstelle",
		"item":           "component system host itemname komponente gegenstand",
		"asset":          "assetname assets vermögenswert schutzobjekt",
		"property":       "cybersecurityproperty securityproperty securityattribute attribute cia protectiongoal schutzziel sicherheitseigenschaft",
		"damageScenario": "damage damagescenarios damagescenariodescription impactdescription schadensszenario schaden",
		"threatScenario": "threat threatscenarios threatscenariodescription threatdescription bedrohungsszenario bedrohung",
		"stride":         "strideclass stridecategory",
		"r155":           "unr155 r155id annex5 r155annex5 unr155annex5 unecer155",
		"owasp":          "owaspapi owaspid owaspapitop10",
		"safety":         "s impactsafety safetyimpact impacts sicherheit",
		"financial":      "f impactfinancial financialimpact impactf finanziell",
		"operational":    "o impactoperational operationalimpact impacto betrieblich betrieb",
		"privacy":        "p impactprivacy privacyimpact impactp datenschutz privatsphäre",
		"feasibility":    "attackfeasibility feasibilityrating attackfeasibilityrating afr likelihood angriffsmachbarkeit machbarkeit durchführbarkeit",
		"risk":           "riskvalue risklevel riskrating riskdetermination risiko risikowert",
		"cal":            "assurancelevel cybersecurityassurancelevel",
		"treatment":      "risktreatment risktreatmentdecision treatmentdecision risktreatmentoption risikobehandlung behandlung maßnahme",
		"goal":           "cybersecuritygoal securitygoal goals cybersecurityziel sicherheitsziel",
		"claim":          "cybersecurityclaim securityclaim claims cybersecurityaussage",
		"status":         "decision reviewstatus state2 entscheidung",
		"by":             "decidedby reviewer approvedby author owner responsible verantwortlich entschiedenvon geprüftvon",
		"at":             "decidedat date reviewdate approvedat datum entschiedenam",
		"reason":         "rationale justification comment begründung kommentar",
	} {
		for s := range strings.FieldsSeq(spellings) {
			out[s] = name
		}
	}
	return out
}

// decision reads one line. skip says that it says nothing new.
func (im Import) decision(columns []head, line []string, number int) (d tara.Decision, skip bool, err error) {
	d = tara.Decision{Values: map[string]string{}, At: im.At}
	cells := map[string]string{}
	for i, v := range line {
		v = strings.TrimSpace(v)
		switch {
		case i >= len(columns) || columns[i].name == "" && columns[i].title == "" || strings.HasPrefix(columns[i].name, "-"):
			continue
		case columns[i].name == "":
			if v != "" {
				d.Extra = with(d.Extra, columns[i].title, v)
			}
			continue
		}
		cells[columns[i].name] = v
		if err := im.value(&d, columns[i], v); err != nil {
			return d, false, fmt.Errorf("column %q: %w", columns[i].title, err)
		}
	}
	d.ID = cmp.Or(d.ID, "IMP-"+strconv.Itoa(number))
	r := im.row(d.ID)
	dropEmpty(d.Values, r)
	return im.decide(d, r, cells["status"])
}

// dropEmpty drops empty cells that only say that nothing was ever there; an empty cell where there is a text takes it away.
func dropEmpty(values map[string]string, r *tara.Row) {
	for _, f := range tara.Fields() {
		if v, said := values[f.Name]; said && v == "" && (r == nil || f.Of(r) == "") {
			delete(values, f.Name)
		}
	}
}

func with(m map[string]string, k, v string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[k] = v
	return m
}

// value puts one cell into the decision.
func (im Import) value(d *tara.Decision, c head, v string) error {
	switch c.name {
	case "id":
		d.ID = v
	case "operation":
		d.Operation = v
	case "by":
		d.By = v
	case "reason":
		d.Reason = v
	case "at":
		at, err := moment(v)
		if err != nil {
			return err
		}
		if !at.IsZero() {
			d.At = at
		}
	case "status":
		s, err := status(v)
		d.Status = s
		return err
	case "safety", "financial", "operational", "privacy", "risk", "feasibility":
		if v == "" {
			return nil // not rated
		}
		fallthrough
	default:
		n, err := tara.Normal(c.name, v)
		if err != nil {
			return err
		}
		d.Values[c.name] = n
	}
	return nil
}

// moment reads a date or time in the usual spellings, or as a spreadsheet counts days.
func moment(v string) (time.Time, error) {
	if v == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "02.01.2006", "02.01.2006 15:04", "02/01/2006"} {
		if t, err := time.Parse(form, v); err == nil {
			return t.UTC(), nil
		}
	}
	if days, err := strconv.ParseFloat(v, 64); err == nil && days > 20000 && days < 100000 {
		return excelEpoch().Add(time.Duration(days * 24 * float64(time.Hour))).Truncate(time.Second), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-03-01 or 2026-03-01T08:00:00Z", v)
}

// excelEpoch is day 0 of spreadsheets.
func excelEpoch() time.Time { return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC) }

func status(v string) (string, error) {
	switch strings.ToLower(v) {
	case "", "proposed", "open", "draft", "new", "in review", "offen", "neu", "entwurf":
		return "", nil
	case "accepted", "approved", "done", "closed", "final", "released", "freigegeben", "akzeptiert", "erledigt", "geprüft":
		return "accepted", nil
	case "edited", "changed", "modified", "geändert":
		return "edited", nil
	case "rejected", "not applicable", "n/a", "declined", "abgelehnt", "verworfen", "nicht zutreffend":
		return "rejected", nil
	}
	return "", fmt.Errorf("%q is no status: proposed, accepted, edited or rejected", v)
}

func (im Import) row(id string) *tara.Row {
	if im.Current == nil {
		return nil
	}
	for i := range im.Current.Rows {
		if r := &im.Current.Rows[i]; r.ID == id || r.DecisionID == id {
			return r
		}
	}
	return nil
}

// decide completes a decision by what there is already.
func (im Import) decide(d tara.Decision, r *tara.Row, said string) (tara.Decision, bool, error) {
	if r != nil {
		if same(&d, r) {
			return d, true, nil
		}
		d.ID, d.Operation = r.Decision().ID, cmp.Or(d.Operation, r.Operation)
		for name, v := range d.Values {
			if p := r.Proposal(name); p != v {
				d.Basis = with(d.Basis, name, p)
			}
		}
		if d.Status != "rejected" && len(d.Basis) > 0 {
			d.Status = "edited"
		}
	}
	d.Status, d.By = cmp.Or(d.Status, "accepted"), cmp.Or(d.By, im.By)
	switch {
	case d.By == "":
		return d, false, fmt.Errorf(`column "by": who answers for row %s? fill the column in, or say so with --by`, d.ID)
	case d.Status == "rejected" && d.Reason == "":
		return d, false, fmt.Errorf(`column "reason": why is row %s %s?`, d.ID, cmp.Or(said, "rejected"))
	}
	return d, false, nil
}

// same says whether a line says nothing but what the row says already.
func same(d *tara.Decision, r *tara.Row) bool {
	was := r.Decision().Values
	for name, v := range d.Values {
		if was[name] != v {
			return false
		}
	}
	for name, v := range d.Extra {
		if r.Extra[name] != v {
			return false
		}
	}
	return d.Status == "" || d.Status == r.Status && cmp.Or(d.Reason, r.Reason) == r.Reason && cmp.Or(d.By, r.By) == r.By
}
