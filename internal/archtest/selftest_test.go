package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTidyCatches shows that the checks see what they are there for, and let pass what they should.
func TestTidyCatches(t *testing.T) {
	long := "// Package p is long.\npackage p\n\nfunc f() {\n" + strings.Repeat("\t_ = 1\n", funcLinesMax) + "}\n"
	branchy := "// Package p branches.\npackage p\n\nfunc f(a, b bool) {\n" + strings.Repeat("\tif a && b {\n\t}\n", 8) + "}\n"
	for _, c := range []struct{ name, src, want string }{
		{"clean", "// Package p is clean.\npackage p\n\n// T is one.\ntype T struct{}\n\nvar table = map[string]int{\"a\": 1}\n\nfunc f() int { table := 1; table++; return table }\n", ""},
		{"no package comment", "package p\n", "no package comment"},
		{"uncommented", "// Package p has a bare name.\npackage p\n\nfunc F() {}\n", "F has no comment"},
		{"method of a hidden type", "// Package p is clean.\npackage p\n\ntype t struct{}\n\nfunc (t) String() string { return \"\" }\n", ""},
		{"init", "// Package p has init.\npackage p\n\nfunc init() {}\n", "init: list it"},
		{"long function", long, "f has 72 lines"},
		{"complexity", branchy, "cyclomatic complexity of 17"},
		{"assigned", "// Package p has state.\npackage p\n\nvar n int\n\nfunc f() { n = 1 }\n", "package variable n is changed"},
		{"counted", "// Package p has state.\npackage p\n\nvar n struct{ x [2]int }\n\nfunc f() { n.x[1]++ }\n", "package variable n is changed"},
		{"pointer taken", "// Package p has state.\npackage p\n\nvar n int\n\nfunc f() *int { return &n }\n", "package variable n is changed"},
		{"row looked at", "// Package p reads.\npackage p\n\nvar t = []struct{ n int }{{1}}\n\nfunc f() int { r := &t[0]; return r.n }\n", ""},
		{"row changed", "// Package p has state.\npackage p\n\nvar t = []struct{ n int }{{1}}\n\nfunc f() { r := &t[0]; r.n++ }\n", "package variable t is changed"},
		{"deleted from", "// Package p has state.\npackage p\n\nvar m = map[int]int{1: 1}\n\nfunc f() { delete(m, 1) }\n", "package variable m is changed"},
		{"mutex", "// Package p has state.\npackage p\n\nimport \"sync\"\n\nvar mu sync.Mutex\n", "made to be changed"},
		{"context kept", "// Package p keeps a context.\npackage p\n\nimport \"context\"\n\ntype t struct{ ctx context.Context }\n", "context in a struct"},
		{"context second", "// Package p hides a context.\npackage p\n\nimport \"context\"\n\nfunc f(n int, ctx context.Context) {}\n", "first parameter"},
		{"goroutine", "// Package p runs off.\npackage p\n\nfunc f() { go f() }\n", "goroutine"},
		{"wall clock", "// Package p looks at the clock.\npackage p\n\nimport \"time\"\n\nfunc f() time.Time { return time.Now() }\n", "time comes from the records"},
		{"wide interface", "// Package p is wide.\npackage p\n\ntype i interface { A(); B(); C(); D(); E(); F(); G(); H(); I() }\n", "interface of 9 methods"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(c.src), 0o644); err != nil {
				t.Fatal(err)
			}
			p, err := read(dir, "catalog")
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(p.check(), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestTidyAcrossFiles: a variable declared in one file and written in another is seen.
func TestTidyAcrossFiles(t *testing.T) {
	dir := t.TempDir()
	for name, src := range map[string]string{
		"a.go": "// Package p has state.\npackage p\n\nvar n int\n",
		"b.go": "package p\n\nfunc f() { n++ }\n\nfunc g(n int) { n++ }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := read(dir, "catalog")
	if err != nil {
		t.Fatal(err)
	}
	got := p.check()
	if len(got) != 1 || !strings.Contains(got[0], "b.go:3: package variable n is changed") {
		t.Errorf("got %q", got)
	}
}
