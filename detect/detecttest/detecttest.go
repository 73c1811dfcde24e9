// Package detecttest is what every detector has to pass: its stories and its documentation page.
package detecttest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

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

// Benchmark shows a fresh engine of one detector the same scene over and over.
func Benchmark(b *testing.B, m detect.Maker, s *waywarden.Scene) {
	e := detect.New(detect.Default(), m)
	b.ReportAllocs()
	for b.Loop() {
		e.Inspect(s)
	}
}

// Read is an ordinary call: an owner reads the state of the own vehicle, or of one that is nobody's where by is "".
func Read(by string) *waywarden.Scene {
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "r", HTTP: &waywarden.Transaction{
		Method: "GET", Target: "/v1/vehicles/V1/state", Status: 200, Server: waywarden.Server{Host: "api.example"}, Client: waywarden.Client{IP: "192.0.2.1", JA4: "t13d1516h2"},
	}}
	op := &waywarden.Operation{ID: "op", Host: "api.example", Method: "GET", Template: "/v1/vehicles/{vin}/state", Function: waywarden.Function{Class: "read.vehicle.status"}, Access: waywarden.AccessRead}
	c := &waywarden.Call{
		Record: rec, Operation: op, Success: true, Application: waywarden.Application{UID: "app", SDK: "okhttp/4.12.0"},
		Leaves: []waywarden.Leaf{{In: waywarden.InPath, Name: "vin", Type: waywarden.TypeVIN, Value: "V1", Node: -1}},
	}
	for i := range 72 {
		l := waywarden.Leaf{In: waywarden.InResponse, Name: "f" + strconv.Itoa(i), Value: strconv.Itoa(i)}
		if i%12 == 0 {
			l.Type = waywarden.TypeLocation
		}
		c.Leaves = append(c.Leaves, l)
	}
	s := &waywarden.Scene{Record: rec, Call: c, Now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	sub := waywarden.Subject{Twin: &waywarden.Twin{Type: waywarden.AssetVehicle, UID: "V1"}, Known: true}
	if by != "" {
		c.Principal = waywarden.Principal{UID: by, Kind: waywarden.PrincipalUser, Scheme: waywarden.SchemeBearerJWT, Client: "app", Session: "s", Issuer: "i", Algorithm: "RS256"}
		s.Caller = &waywarden.Twin{Type: waywarden.AssetConsumer, UID: by, IDs: []waywarden.ID{{Type: waywarden.TypePersonID, Value: by}}}
		sub.Linked = waywarden.Link{Rel: "user", Confidence: 0.9, Proof: "list"}
	}
	s.Subjects = []waywarden.Subject{sub}
	return s
}
