package rule

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/internal/diagnostic"
)

const examples = "../../docs/examples/rules"

// compileFiles compiles files without knowledge of the domain.
func compileFiles(t testing.TB, files ...string) (*Set, diagnostic.Problems) {
	t.Helper()
	var sources []diagnostic.Source
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, diagnostic.Source{Name: filepath.Base(name), Text: b})
	}
	set, ps, err := Compile(sources, Knowledge{})
	if err != nil {
		t.Fatal(err)
	}
	return set, ps
}

func exampleFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples: ", err)
	}
	return files
}

// TestExamples: the examples compile without a warning, and their scenes go as they say.
func TestExamples(t *testing.T) {
	set, ps := compileFiles(t, exampleFiles(t)...)
	if len(ps) > 0 {
		t.Fatal(ps.String())
	}
	for _, r := range set.Rules() {
		for _, o := range r.Play() {
			if !o.Passed() {
				t.Errorf("%s %s %s: want %s, got %s; %s", o.Rule, o.Kind, o.Scene, o.Want, o.Got, o.Why)
			}
		}
	}
}

// TestBuiltIn plays stories of built-in detectors to the rules that are to find the same.
func TestBuiltIn(t *testing.T) {
	set, _ := compileFiles(t, exampleFiles(t)...)
	for _, c := range []struct {
		rule, archive string
		stories       []string
	}{
		{"acme-engine-stop-in-motion", "automotive/testdata/SAF-001.txtar", []string{"fire/stopped-on-the-motorway", "fire/one-party-stops-a-fleet", "fire/the-server-refused", "silent/parked"}},
		{"acme-fleet-burst", "automotive/testdata/SAF-001.txtar", []string{"fire/one-party-stops-a-fleet", "silent/parked"}},
		{"acme-code-guessed", "identity/testdata/IDN-006.txtar", []string{"fire/fits", "silent/typing-errors", "silent/outage", "near/five-codes", "silent/same-outdated-password"}},
		{"acme-account-takeover", "identity/testdata/LIF-001.txtar", []string{"fire/reset", "silent/own-contact", "silent/agent-corrects", "silent/refused"}},
	} {
		b, err := os.ReadFile("../" + c.archive)
		if err != nil {
			t.Fatal(err)
		}
		stories, err := detect.ReadStories(b)
		if err != nil {
			t.Fatal(err)
		}
		live := &Live{}
		live.Swap(&Set{rules: []*Rule{set.Find(c.rule)}})
		for _, name := range c.stories {
			played := false
			for _, s := range stories {
				if s.Name != name {
					continue
				}
				played = true
				found, err := s.Play(live.Maker())
				if err != nil {
					t.Fatal(err)
				}
				if wrong := s.Check(found); wrong != "" {
					t.Errorf("%s on %s %s: want %s: %s", c.rule, c.archive, name, s.Want, wrong)
				}
			}
			if !played {
				t.Errorf("%s has no story %s", c.archive, name)
			}
		}
	}
}
