package app

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/domain"
)

var rewriteDetectors = flag.Bool("rewrite-detectors", false, "write docs/detectors/README.md, and take what is built out of unbuilt.tsv")

// TestDetectorTable holds docs/detectors/README.md against the detectors of the binary and the table of threat rules:
// every rule is built, or docs/detectors/unbuilt.tsv says why not, and never both.
func TestDetectorTable(t *testing.T) {
	folder := filepath.Join("..", "docs", "detectors")
	k, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	cards := map[string]detect.Card{}
	for _, m := range Detectors() {
		c := m(&detect.Memory{}).Card()
		cards[c.ID] = c
	}
	reasons := readReasons(t, filepath.Join(folder, "unbuilt.tsv"))
	if *rewriteDetectors {
		maps.DeleteFunc(reasons, func(id string, _ [2]string) bool { _, built := cards[id]; return built })
		writeReasons(t, filepath.Join(folder, "unbuilt.tsv"), reasons)
	}
	known := map[string]bool{}
	for _, r := range k.Rules() {
		known[r.ID] = true
		_, built := cards[r.ID]
		_, reason := reasons[r.ID]
		switch {
		case built && reason:
			t.Errorf("%s is built: take it out of unbuilt.tsv (go test ./app -run TestDetectorTable -rewrite-detectors)", r.ID)
		case !built && !reason:
			t.Errorf("%s is neither built nor in unbuilt.tsv", r.ID)
		}
	}
	for id := range reasons {
		if !known[id] {
			t.Errorf("unbuilt.tsv gives a reason for %s, which is no rule", id)
		}
	}
	page := filepath.Join(folder, "README.md")
	want := detectorTable(k.Rules(), cards, reasons, known)
	if *rewriteDetectors {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(page); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not as the detectors are (%v): go test ./app -run TestDetectorTable -rewrite-detectors", page, err)
	}
}

func readReasons(t *testing.T, path string) map[string][2]string {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = '\t', 3, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][2]string{}
	for _, row := range rows[1:] {
		if row[1] == "" || row[2] == "" {
			t.Errorf("%s has no reason", row[0])
		}
		out[row[0]] = [2]string{row[1], row[2]}
	}
	return out
}

func writeReasons(t *testing.T, path string, reasons map[string][2]string) {
	var b strings.Builder
	b.WriteString("id\tbecause\treason\n")
	for _, id := range slices.Sorted(maps.Keys(reasons)) {
		fmt.Fprintf(&b, "%s\t%s\t%s\n", id, reasons[id][0], reasons[id][1])
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// detectorTable writes the page.
func detectorTable(rules []domain.Rule, cards map[string]detect.Card, reasons map[string][2]string, known map[string]bool) []byte {
	var b bytes.Buffer
	built := 0
	for _, r := range rules {
		if _, ok := cards[r.ID]; ok {
			built++
		}
	}
	fmt.Fprintf(&b, "# Detectors\n\n<!-- Generated: go test ./app -run TestDetectorTable -rewrite-detectors -->\n\n")
	fmt.Fprintf(&b, "Of the %d threat rules in `domain/invariants.tsv` %d have a detector. Of the others this page says why not:\n", len(rules), built)
	b.WriteString("*input*: what it needs is not in the traffic or feeds that are read; *partly*: another detector finds part of it;\n" +
		"*weakness*: it is a weakness of the posture rather than an attack; *coverage* and *privacy*: it is no matter for\nfindings; *not built*: with the inputs there are, honest behaviour looks the same, or nobody built it yet.\n\n")
	b.WriteString("| rule | what | detector |\n|---|---|---|\n")
	for _, r := range rules {
		if c, ok := cards[r.ID]; ok {
			fmt.Fprintf(&b, "| [%s](%s.md) | %s | up to %s |\n", r.ID, r.ID, c.Title, strings.ToLower(c.Severity.String()))
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s: %s |\n", r.ID, r.Title, reasons[r.ID][0], reasons[r.ID][1])
	}
	var more []string
	for id := range cards {
		if !known[id] {
			more = append(more, id)
		}
	}
	if slices.Sort(more); len(more) > 0 {
		b.WriteString("\nDetectors beyond the table:\n\n")
		for _, id := range more {
			fmt.Fprintf(&b, "- [%s](%s.md): %s\n", id, id, cards[id].Title)
		}
	}
	return b.Bytes()
}
