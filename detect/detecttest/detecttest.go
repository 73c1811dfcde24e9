// Package detecttest is what every detector has to pass: its stories and its documentation page.
package detecttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Stories plays the stories of each detector in testdata/ID.txtar: there must be some that fire, some that stay silent
// and a near miss.
func Stories(t *testing.T, makers []detect.Maker) {
	for _, m := range makers {
		id := m(&detect.Memory{}).Card().ID
		b, err := os.ReadFile(filepath.Join("testdata", id+".txtar"))
		if err != nil {
			t.Fatalf("%s has no stories: %v", id, err)
		}
		stories, err := detect.ReadStories(b)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range stories {
			names = append(names, s.Name)
			t.Run(id+"/"+s.Name, func(t *testing.T) { play(t, m, s) })
		}
		Kinds(t, id, names)
	}
}

func play(t *testing.T, m detect.Maker, s detect.Story) {
	fs, err := s.Play(m)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := s.Check(fs); wrong != "" {
		t.Errorf("want %s: %s", s.Want, wrong)
	}
	for _, f := range fs {
		if f.Title == "" || f.Desc == "" || len(f.Evidence) == 0 && f.Activity != waywarden.ActivityClose || len(f.Types) == 0 {
			t.Errorf("finding lacks what it must have: %+v", f)
		}
	}
}

// Kinds wants stories of every kind among the names, each "kind/what it is about".
func Kinds(t *testing.T, id string, names []string) {
	kinds := map[string]bool{}
	for _, n := range names {
		kind, _, _ := strings.Cut(n, "/")
		kinds[kind] = true
	}
	for _, kind := range []string{"fire", "silent", "near"} {
		if !kinds[kind] {
			t.Errorf("%s has no %s story", id, kind)
		}
	}
}

// Docs holds the documentation pages against the cards, or writes them.
func Docs(t *testing.T, makers []detect.Maker, rewrite bool) {
	for _, m := range makers {
		c := m(&detect.Memory{}).Card()
		page := filepath.Join("..", "..", "docs", "detectors", c.ID+".md")
		if rewrite {
			if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(page, []byte(c.Markdown()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := os.ReadFile(page); err != nil || string(b) != c.Markdown() {
			t.Errorf("%s is not the card's page (%v); go test with -rewrite", page, err)
		}
	}
}
