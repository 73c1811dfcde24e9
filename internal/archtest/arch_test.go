// Package archtest holds the promises of ARCHITECTURE.md and CONTRIBUTING.md as tests: who may import whom, how large
// things may grow, and that docs/architecture.mmd shows what is so.
package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/waywarden/waywarden"

// A row says what the packages it names may import of our own. The first row that fits a package counts.
type row struct {
	from string // a folder, or "folder/*" for everything below it
	to   string // folders; "." the vocabulary, "^" the parent, "x/*" everything below x, "*" everything
}

// rows is the import rule: a stage knows the vocabulary and the knowledge, never another stage.
var rows = []row{
	{".", ""},
	{"domain", "."},
	{"sensor", ". internal/*"}, {"sensor/*", ". ^ internal/*"},
	{"catalog", ". domain catalog/* internal/*"},
	{"catalog/schema", ". domain catalog/datatype internal/*"}, // a schema is made of typed leaves
	{"catalog/template/train", "^ catalog/template/*"},         // the command that trains the model
	{"catalog/template", ". domain internal/* catalog/template/*"},
	{"catalog/template/*", "internal/* catalog/template/*"}, // parts of one part, used by it alone
	{"catalog/*", ". domain internal/*"},
	{"twin", ". domain twin/* internal/*"},
	{"twin/*", ". domain internal/*"},
	{"detect", ". domain internal/*"}, {"detect/*", ". ^ internal/*"},
	{"risk", ". domain risk/* internal/*"}, {"risk/*", ". domain internal/*"},
	{"tara", ". domain internal/*"}, {"tara/*", ". ^ domain internal/*"}, // forms an analysis is written in
	{"alert", ". domain internal/*"},
	{"notify", ". internal/*"}, {"notify/*", ". ^ internal/*"},
	{"lab", "."}, {"lab/life", "lab/world"}, {"lab/*", ""},
	{"app", "*"},
	{"app/results", ". domain catalog/spec risk risk/* internal/*"},
	{"app/*", ". domain detect detect/* twin risk risk/* tara tara/* internal/*"}, // a part of app that stands by itself
	{"cmd/*", "app"},
	{"internal/*", ""},
}

// banned are names that say nothing about what is inside.
var banned = strings.Fields("util utils common helper helpers types models core base shared manager service misc impl")

var rewrite = flag.Bool("rewrite", false, "write docs/architecture.mmd")

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		from := rel(p.ImportPath)
		if slices.Contains(banned, path.Base(from)) {
			t.Errorf("%s: a package is named after the one noun it is about", from)
		}
		r, ok := find(from)
		if !ok {
			t.Errorf("%s has no row in %s: where does it belong?", from, "internal/archtest/arch_test.go")
			continue
		}
		for _, imp := range p.Imports {
			if !ours(imp) {
				continue
			}
			if to := rel(imp); !allowed(r, from, to) {
				t.Errorf("%s imports %s; it may import only: %s", from, to, r.to)
			}
		}
	}
}

// TestVocabulary keeps the root package free of everything but the standard library, and readable in one sitting.
func TestVocabulary(t *testing.T) {
	const linesMax = 1000
	total := 0
	for _, p := range packages(t) {
		if rel(p.ImportPath) != "." {
			continue
		}
		for _, imp := range p.Imports {
			if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") {
				t.Errorf("the vocabulary imports %s; it may import only the standard library", imp)
			}
		}
		for _, f := range p.GoFiles {
			b, err := os.ReadFile("../../" + f)
			if err != nil {
				t.Fatal(err)
			}
			total += bytes.Count(b, []byte("\n"))
		}
	}
	if total == 0 || total > linesMax {
		t.Errorf("the vocabulary has %d lines, want 1 to %d", total, linesMax)
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"domain", ".", true},
		{"sensor/har", "sensor", true},
		{"sensor/har", "sensor/pcap", false},
		{"sensor/har", "domain", false},
		{"catalog", "catalog/path", true},
		{"catalog", "twin", false},
		{"catalog/schema", "catalog/datatype", true},
		{"catalog/path", "catalog/datatype", false},
		{"catalog/path", "catalog", false},
		{"twin", "catalog", false},
		{"detect", "detect/access", false},
		{"app", "catalog/path", true},
		{"cmd/waywarden", "app", true},
		{"cmd/waywarden", "lab", false},
		{"internal/keyed", ".", false},
		{"lab", "app", false},
	} {
		r, ok := find(c.from)
		if !ok {
			t.Errorf("%s has no row", c.from)
			continue
		}
		if got := allowed(r, c.from, c.to); got != c.want {
			t.Errorf("may %s import %s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

func TestPicture(t *testing.T) {
	const file = "../../docs/architecture.mmd"
	want := picture()
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not the picture the rows draw; run: go test ./internal/archtest -rewrite", file)
	}
}

// picture draws the rows as a Mermaid flow chart: an arrow is a permitted import.
func picture() string {
	var b strings.Builder
	b.WriteString("%% Generated from the import rule by go test ./internal/archtest -rewrite; do not edit.\nflowchart TD\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "  %s[\"%s\"]\n", node(r.from), label(r.from))
	}
	for _, r := range rows {
		for to := range strings.FieldsSeq(r.to) {
			switch to {
			case "^":
				to = strings.TrimSuffix(r.from, "/*")
			case "*":
				to = "everything"
				fmt.Fprintf(&b, "  %s([\"everything below\"])\n", node(to))
			}
			fmt.Fprintf(&b, "  %s --> %s\n", node(r.from), node(to))
		}
	}
	return b.String()
}

func label(folder string) string {
	if folder == "." {
		return "waywarden (vocabulary)"
	}
	return folder
}

func node(folder string) string {
	if folder == "." {
		return "waywarden"
	}
	return strings.NewReplacer("/", "_", "*", "kinds").Replace(folder)
}

func allowed(r row, from, to string) bool {
	for rule := range strings.FieldsSeq(r.to) {
		switch {
		case rule == "*", rule == to, rule == "^" && to == path.Dir(from):
			return true
		case strings.HasSuffix(rule, "/*") && strings.HasPrefix(to, strings.TrimSuffix(rule, "*")):
			return true
		}
	}
	return false
}

func find(pkg string) (row, bool) {
	i := slices.IndexFunc(rows, func(r row) bool {
		dir, wild := strings.CutSuffix(r.from, "/*")
		return r.from == pkg || wild && strings.HasPrefix(pkg, dir+"/")
	})
	if i < 0 {
		return row{}, false
	}
	return rows[i], true
}

type pkg struct {
	ImportPath string
	Imports    []string
	GoFiles    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,GoFiles", module+"/...").Output()
	if err != nil {
		t.Fatal("list packages: ", err)
	}
	var ps []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return ps
		} else if err != nil {
			t.Fatal("read the list of packages: ", err)
		}
		ps = append(ps, p)
	}
}

func ours(imp string) bool { return imp == module || strings.HasPrefix(imp, module+"/") }

func rel(imp string) string {
	if imp == module {
		return "."
	}
	return strings.TrimPrefix(imp, module+"/")
}
