package spec

import (
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/goccy/go-yaml"

	"github.com/waywarden/waywarden"
)

func shared(t testing.TB, part string) string {
	dir := os.Getenv("WAYWARDEN_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	dir = filepath.Join(dir, part)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not here; set WAYWARDEN_SHARED to the folder that holds it", part)
	}
	return dir
}

// Statuses of the labelled worlds, given the true endpoints.
func TestWorlds(t *testing.T) {
	dir := shared(t, "range")
	worlds, err := filepath.Glob(filepath.Join(dir, "*", "truth.json.gz"))
	if err != nil || len(worlds) == 0 {
		t.Skip("no worlds in", dir)
	}
	for _, w := range worlds {
		t.Run(filepath.Base(filepath.Dir(w)), func(t *testing.T) { judgeWorld(t, filepath.Dir(w)) })
	}
}

func judgeWorld(t *testing.T, dir string) {
	f, err := os.Open(filepath.Join(dir, "truth.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	type key struct{ Host, Method, Template string }
	var truth struct {
		Endpoints []struct {
			Host, Method, Template, Status string
			Count                          int64
		}
		Orphans []key
	}
	if err := json.NewDecoder(z).Decode(&truth); err != nil {
		t.Fatal(err)
	}
	s, problems, err := Load([]string{filepath.Join(dir, "specs")})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	var seen []waywarden.Endpoint
	for _, e := range truth.Endpoints {
		template := renamed(e.Template)
		seen = append(seen, waywarden.Endpoint{Host: e.Host, Method: e.Method, Template: template, Count: max(e.Count, 1)})
		v := s.Judge(e.Host, e.Method, template)
		for _, status := range []string{Shadow, Zombie} {
			if slices.Contains(v.Status, status) != (e.Status == status) {
				t.Errorf("%s %s%s: %v, want %s", e.Method, e.Host, e.Template, v.Status, e.Status)
			}
		}
	}
	want := map[string]bool{}
	for _, o := range truth.Orphans {
		want[o.Method+" "+o.Host+strings.Join(segments(o.Template), "/")] = true
	}
	for _, o := range s.Orphans(seen) {
		k := o.Method + " " + o.Host + strings.Join(o.segments, "/")
		if !want[k] {
			t.Errorf("%s is no orphan", k)
		}
		delete(want, k)
	}
	if len(want) > 0 {
		t.Errorf("orphans not found: %v", want)
	}
}

// renamed gives a template other parameter names than the description has.
func renamed(template string) string {
	return strings.ReplaceAll(strings.Join(append([]string{""}, segments(template)...), "/"), "{}", "{param}")
}

// Descriptions written by others are read in full: what a strict library finds in them, this reader finds too.
func TestDescriptionsInTheField(t *testing.T) {
	dir := shared(t, filepath.Join("data", "specs"))
	files, total := 0, 0
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(p)) {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil || !looksOpenAPI(b) {
			return err
		}
		want, ok := strictly(p, b)
		if !ok {
			t.Logf("%s: a strict library refuses it", p)
		}
		l := &loader{set: &Set{hosts: map[string]*api{}}, docs: map[string]map[string]any{}, host: "given.test"}
		l.file(p, true)
		got := map[string]bool{}
		for _, a := range l.set.hosts {
			for _, o := range a.ops {
				got[o.identity] = true
			}
		}
		files, total = files+1, total+len(got)
		if ok && len(got) != want {
			t.Errorf("%s: %d operations, a strict library finds %d", p, len(got), want)
		}
		if len(l.problems) > 0 {
			t.Logf("%s: %d operations, %+v", filepath.Base(p), len(got), l.problems[0])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d operations", files, total)
}

// strictly counts the operations as kin-openapi reads them.
func strictly(path string, b []byte) (n int, ok bool) {
	var doc *openapi3.T
	var err error
	if strings.Contains(string(b[:min(len(b), 4000)]), "swagger") {
		j, convErr := yaml.YAMLToJSON(b)
		if convErr != nil {
			return 0, false
		}
		var old openapi2.T
		if json.Unmarshal(j, &old) != nil {
			return 0, false
		}
		doc, err = openapi2conv.ToV3(&old)
	} else {
		l := openapi3.NewLoader()
		l.IsExternalRefsAllowed = true
		doc, err = l.LoadFromFile(path)
	}
	if err != nil || doc == nil || doc.Paths == nil {
		return 0, false
	}
	for _, item := range doc.Paths.Map() {
		n += len(item.Operations())
	}
	return n, true
}
