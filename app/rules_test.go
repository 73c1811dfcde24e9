package app

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waywarden/waywarden/app/rulefile"
	"github.com/waywarden/waywarden/detect/rule"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/diagnostic"
	"github.com/waywarden/waywarden/lab"
	"github.com/waywarden/waywarden/notify/ocsf"
)

const exampleRules = "../docs/examples/rules"

// compiledRules compiles rules with the knowledge of the domain.
func compiledRules(t *testing.T, paths []string) (*rule.Set, diagnostic.Problems, error) {
	t.Helper()
	know, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	var sources []diagnostic.Source
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, diagnostic.Source{Name: p, Text: text})
	}
	return rule.Compile(sources, rulefile.Knowledge(know, Detectors()))
}

// TestExampleRules: the examples are right with the knowledge of the domain, and their scenes go as they say.
func TestExampleRules(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(exampleRules, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples: ", err)
	}
	set, problems, err := compiledRules(t, files)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems.String())
	}
	for _, r := range set.Rules() {
		for _, o := range r.Play() {
			if !o.Passed() {
				t.Errorf("%s %s: want %s, got %s", o.Rule, o.Scene, o.Want, o.Got)
			}
		}
	}
}

// TestTutorial: the first rule of docs/rules.md is right, and its scenes go as they say.
func TestTutorial(t *testing.T) {
	page, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	file := filepath.Join(t.TempDir(), "export.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	set, problems, err := compiledRules(t, []string{file})
	if err != nil || len(problems) > 0 || len(set.Rules()) != 1 {
		t.Fatal(err, problems.String())
	}
	for _, o := range set.Rules()[0].Play() {
		if !o.Passed() {
			t.Errorf("%s: want %s, got %s", o.Scene, o.Want, o.Got)
		}
	}
}

// TestRulesOnLab: on the built-in capture the example rules find the attacks that the built-in detectors find, on the
// same records, and call nothing honest an attack.
func TestRulesOnLab(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "in"), lab.Files()); err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(dir, "waywarden.yaml")
	rules, err := filepath.Abs(exampleRules)
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain.yaml") // a rule with nothing that may be left out
	if err := os.WriteFile(plain, []byte("rules: [{id: acme-plain, title: plain, severity: informational, match: {access: control}, when: call.success}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, []byte("rules: ["+rules+", plain.yaml]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	if _, err := Analyze(t.Context(), AnalyzeOptions{
		Out: out, Config: settings, Files: []string{filepath.Join(dir, "in", lab.CaptureName)}, Specs: []string{filepath.Join(dir, "in", lab.SpecDir)},
		Log: slog.New(slog.DiscardHandler),
	}); err != nil {
		t.Fatal(err)
	}
	truth, err := lab.Capture(io.Discard, lab.Default())
	if err != nil {
		t.Fatal(err)
	}
	validFindings(t, out)
	findings := readFindings(t, out)
	for _, f := range findings {
		if strings.HasPrefix(f.Info.Analytic.UID, "acme-") && attackOf(truth, f) == "" {
			t.Errorf("false finding: %s %s", f.Info.Analytic.UID, f.Info.Title)
		}
	}
	for own, builtIn := range map[string]string{
		"acme-engine-stop-in-motion": "SAF-001", "acme-foreign-vehicle": "AUT-001", "acme-identifiers-walked": "ENU-001", "acme-data-without-credential": "DAT-002",
	} {
		mine, theirs := recordsOf(findings, own), recordsOf(findings, builtIn)
		both := 0
		for r := range mine {
			if theirs[r] {
				both++
			}
		}
		if both == 0 || 2*both < len(mine) {
			t.Errorf("%s cites %d records, %s %d; %d are the same", own, len(mine), builtIn, len(theirs), both)
		}
	}
}

// validFindings holds the findings of rules against the published JSON Schema, where it is at hand.
func validFindings(t *testing.T, out string) {
	t.Helper()
	file := filepath.Join(os.Getenv("WAYWARDEN_SHARED"), "contract", "ocsf", "ocsf-"+ocsf.SchemaVersion+"-detection_finding.json")
	if _, err := os.Stat(file); err != nil {
		t.Log("the OCSF schema is not at hand: ", err)
		return
	}
	schema, err := jsonschema.NewCompiler().Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(out, "findings.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var v any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(line, []byte(`"acme-`)) {
			if err := schema.Validate(v); err != nil {
				t.Errorf("%v\n%s", err, line)
			}
		}
	}
}

// recordsOf are the records that the findings of a detector cite.
func recordsOf(fs []told, detector string) map[string]bool {
	out := map[string]bool{}
	for _, f := range fs {
		if f.Info.Analytic.UID != detector {
			continue
		}
		for _, e := range f.Evidences {
			out[e.API.Request.UID] = true
		}
	}
	return out
}
