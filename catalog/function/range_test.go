package function

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/waywarden/waywarden"
)

// shared returns a path below the reference data that may lie beside the repository, and skips where it does not.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("WAYWARDEN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the reference data is not here: %v", err)
	}
	return path
}

// An operation whose class is known.
type labelled struct {
	evidence      Evidence
	class, access string
}

func rangeTruth(t *testing.T, world string) []labelled {
	t.Helper()
	f, err := os.Open(shared(t, "range", world, "truth.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Endpoints []struct {
			Host, Method, Template, Class, Access string
			Discriminator                         struct{ In, Name, Value string }
			Parameters                            []struct{ In, Name, DataType string }
		}
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	var ls []labelled
	for _, e := range truth.Endpoints {
		l := labelled{Evidence{Host: e.Host, Method: e.Method, Template: e.Template}, e.Class, e.Access}
		l.evidence.Discriminator = waywarden.Discriminator{Name: e.Discriminator.Name, Value: e.Discriminator.Value}
		for _, p := range e.Parameters {
			f := Field{Name: p.Name, Type: waywarden.DataType(p.DataType)}
			switch p.In {
			case "response":
				l.evidence.Response = append(l.evidence.Response, f)
				if f.Type == waywarden.TypeRequestID && !strings.Contains(f.Name, "[]") {
					l.evidence.Accepted = true
				}
			case "path", "query", "body":
				l.evidence.Request = append(l.evidence.Request, f)
			}
		}
		ls = append(ls, l)
	}
	return ls
}

func group(class string) string {
	g, _, _ := strings.Cut(class, ".")
	return g
}

// TestRange holds the bars on simulated worlds with names, types of data and structure as evidence.
func TestRange(t *testing.T) {
	c := classifier(t)
	for _, world := range []string{"alpha", "bravo", "charlie"} {
		t.Run(world, func(t *testing.T) {
			ls := rangeTruth(t, world)
			class, kind, access := 0, 0, 0
			for _, l := range ls {
				v := c.Classify(l.evidence)
				e := l.evidence
				if v.Class == l.class {
					class++
				} else {
					t.Logf("%s %s %s %s: %s (%.2f) %v, want %s", e.Host, e.Method, e.Template, e.Discriminator.Value, v.Class, v.Confidence, v.Why, l.class)
				}
				if group(v.Class) == group(l.class) {
					kind++
				}
				if string(v.Access) == l.access {
					access++
				} else {
					t.Logf("access of %s %s %s %s: %s (%s), want %s", e.Host, e.Method, e.Template, e.Discriminator.Value, v.Access, v.Class, l.access)
				}
			}
			n := float64(len(ls))
			t.Logf("class %.3f, kind %.3f, access %.3f of %d", float64(class)/n, float64(kind)/n, float64(access)/n, len(ls))
			if float64(class)/n < 0.85 {
				t.Errorf("class %.3f, want at least 0.85", float64(class)/n)
			}
		})
	}
}
