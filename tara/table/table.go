// Package table writes the rows of a threat analysis as tables, and reads them and those of other tools.
package table

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden/tara"
)

// A column of the table of rows that is no [tara.Field].
type column struct {
	name string
	of   func(*tara.Row) string
}

// before and after are the columns around the fields.
func before() []column {
	return []column{
		{"id", func(r *tara.Row) string { return r.ID }},
		{"operation", func(r *tara.Row) string { return r.Operation }},
		{"function", func(r *tara.Row) string { return r.Function }},
		{"state", func(r *tara.Row) string { return r.State }},
	}
}

func after() []column {
	return []column{
		{"cvssVector", func(r *tara.Row) string { return r.CVSS.Vector }},
		{"cvssFeasibility", func(r *tara.Row) string { return r.CVSS.Feasibility }},
		{"attackVectorFeasibility", func(r *tara.Row) string { return r.AttackVector.Feasibility }},
		{"attacker", func(r *tara.Row) string { return r.Attacker }},
		{"exposure", func(r *tara.Row) string { return r.Exposure }},
		{"observedAttempts", func(r *tara.Row) string { return strconv.Itoa(r.Attempts) }},
		{"attackPaths", func(r *tara.Row) string { return strings.Join(r.Paths, ", ") }},
		{"drift", drift},
		{"status", func(r *tara.Row) string { return r.Status }},
		{"by", func(r *tara.Row) string { return r.By }},
		{"at", func(r *tara.Row) string {
			if r.At.IsZero() {
				return ""
			}
			return r.At.Format(time.RFC3339)
		}},
		{"reason", func(r *tara.Row) string { return r.Reason }},
	}
}

// drift says in words what moved.
func drift(r *tara.Row) string {
	var out []string
	for _, d := range r.Drift {
		out = append(out, fmt.Sprintf("%s was %s, is %s (since %s)", d.Field, orNothing(d.Was), orNothing(d.Now), d.Since))
	}
	return strings.Join(out, "; ")
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// rows is the table of rows: a header, and a line for each.
func rows(a *tara.Analysis) [][]string {
	columns := before()
	for _, f := range tara.Fields() {
		columns = append(columns, column{f.Name, func(r *tara.Row) string {
			if r.Unrated && slices.Contains([]string{"safety", "financial", "operational", "privacy"}, f.Name) || f.Name == "risk" && r.Risk == 0 {
				return ""
			}
			return f.Of(r)
		}})
	}
	columns = append(columns, after()...)
	extra := extras(a)
	head := make([]string, 0, len(columns)+len(extra))
	for _, c := range columns {
		head = append(head, c.name)
	}
	out := [][]string{append(head, extra...)}
	for i := range a.Rows {
		line := make([]string, 0, len(head))
		for _, c := range columns {
			line = append(line, c.of(&a.Rows[i]))
		}
		for _, name := range extra {
			line = append(line, a.Rows[i].Extra[name])
		}
		out = append(out, line)
	}
	return out
}

// extras are the names of columns of other tools, in order.
func extras(a *tara.Analysis) []string {
	var out []string
	for i := range a.Rows {
		for name := range a.Rows[i].Extra {
			if j, known := slices.BinarySearch(out, name); !known {
				out = slices.Insert(out, j, name)
			}
		}
	}
	return out
}

// WriteCSV writes the rows as RFC 4180 has it. What a spreadsheet would take for a formula begins with an apostrophe.
func WriteCSV(w io.Writer, a *tara.Analysis) error {
	c := csv.NewWriter(w)
	for _, line := range rows(a) {
		for i, v := range line {
			line[i] = guard(v)
		}
		if err := c.Write(line); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	c.Flush()
	return c.Error()
}

const formula = "=+-@\t\r'"

func guard(v string) string {
	if v != "" && strings.IndexByte(formula, v[0]) >= 0 && (v[0] != '\'' || len(v) > 1 && strings.IndexByte(formula, v[1]) >= 0) {
		return "'" + v
	}
	return v
}

func unguard(v string) string {
	if len(v) > 1 && v[0] == '\'' && strings.IndexByte(formula, v[1]) >= 0 {
		return v[1:]
	}
	return v
}

// readCSV reads a table with commas, semicolons or tabs.
func readCSV(data []byte) ([][]string, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	first, _, _ := bytes.Cut(data, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	for _, sep := range ";\t" {
		if bytes.Count(first, []byte(string(sep))) > bytes.Count(first, []byte(string(r.Comma))) {
			r.Comma = sep
		}
	}
	lines, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read CSV: %w", err)
	}
	for _, line := range lines {
		for i, v := range line {
			line[i] = unguard(v)
		}
	}
	return lines, nil
}
