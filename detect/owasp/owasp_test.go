package owasp

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waywarden/waywarden/detect"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{Unauthenticated, ForeignObject, Enumeration, DebugSurface, ForeignFunction, InwardURL, PrivilegedField, MixUp, Injection, PoisonedAnswer, SelfMade}
}

// TestStories plays every detector's stories: what fires, what stays silent and what is just not enough.
func TestStories(t *testing.T) {
	for _, m := range makers() {
		id := m(&detect.Memory{}).Card().ID
		b, err := os.ReadFile(filepath.Join("testdata", id+".txtar"))
		if err != nil {
			t.Fatalf("%s has no stories: %v", id, err)
		}
		stories, err := detect.ReadStories(b)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, s := range stories {
			kind, _, _ := strings.Cut(s.Name, "/")
			kinds[kind]++
			t.Run(id+"/"+s.Name, func(t *testing.T) {
				fs, err := s.Play(m)
				if err != nil {
					t.Fatal(err)
				}
				if wrong := s.Check(fs); wrong != "" {
					t.Errorf("want %s: %s", s.Want, wrong)
				}
				for _, f := range fs {
					if f.Title == "" || f.Desc == "" || len(f.Evidence) == 0 && f.Activity != 3 || len(f.Types) == 0 {
						t.Errorf("finding lacks what it must have: %+v", f)
					}
				}
			})
		}
		for _, kind := range []string{"fire", "silent", "near"} {
			if kinds[kind] == 0 {
				t.Errorf("%s has no %s story", id, kind)
			}
		}
	}
}

// TestDocs holds the documentation pages against the cards.
func TestDocs(t *testing.T) {
	for _, m := range makers() {
		c := m(&detect.Memory{}).Card()
		page := filepath.Join("..", "..", "docs", "detectors", c.ID+".md")
		if *rewrite {
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
