package schema_test

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/schema"
)

// A recording is one message of a real API.
type recording struct {
	api, method, template, query string
	request, response            string
	requestType                  string
}

// bodyFiles reads the JSON files below dir as responses; the file's path without identifiers is the API's.
func bodyFiles(t *testing.T, dir, api string) (rs []recording) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, ".json") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".zst") {
			z, err := zstd.NewReader(nil)
			if err != nil {
				return err
			}
			defer z.Close()
			if b, err = z.DecodeAll(b, nil); err != nil {
				return err
			}
		}
		rel, err := filepath.Rel(dir, path)
		rs = append(rs, recording{api: api, method: "GET", template: templateOf(rel), response: string(b)})
		return err
	})
	if err != nil {
		t.Fatalf("read %s: %v", dir, err)
	}
	return rs
}

var upperDigits = regexp.MustCompile(`^[A-Z0-9]{8,}$`)

// templateOf turns a fixture's file name into a path: separators are slashes, identifiers parameters.
func templateOf(rel string) string {
	rel, _, _ = strings.Cut(rel, ".json")
	var out []string
	for _, part := range strings.FieldsFunc(rel, func(r rune) bool { return r == '/' || r == '_' }) {
		if upperDigits.MatchString(part) {
			part = "{vin}"
		}
		out = append(out, part)
	}
	return "/" + strings.Join(out, "/")
}

// cassettes reads the recordings of Ruby's and Python's VCR libraries.
func cassettes(t *testing.T, dir, api string) (rs []recording) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	tag := regexp.MustCompile(`!!python/\S+ ?`)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		type side struct {
			Method, URI string
			Body        any
			Headers     map[string]any
		}
		type interaction struct{ Request, Response side }
		var c struct {
			HTTP         []interaction `yaml:"http_interactions"`
			Interactions []interaction `yaml:"interactions"`
		}
		if err := yaml.Unmarshal(tag.ReplaceAll(b, nil), &c); err != nil {
			t.Logf("%s: %v", file, err)
			continue
		}
		for _, i := range append(c.HTTP, c.Interactions...) {
			u, err := url.Parse(i.Request.URI)
			if err != nil {
				continue
			}
			rs = append(rs, recording{
				api: api, method: strings.ToUpper(i.Request.Method), template: idSegments.ReplaceAllString(u.Path, "/{id}$1"), query: u.RawQuery,
				request: bodyText(i.Request.Body), response: bodyText(i.Response.Body),
			})
		}
	}
	return rs
}

var idSegments = regexp.MustCompile(`/(?:\d{4,}|<[A-Z_]+>|[0-9a-f-]{36})(/|$)`)

func bodyText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		s, _ := v["string"].(string)
		return s
	}
	return ""
}

func skoda(t *testing.T, dir string) (rs []recording) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*.yaml"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		var f struct {
			Reports []struct {
				URL, Raw string
				Endpoint string
			}
		}
		if err := yaml.UnmarshalWithOptions(b, &f, yaml.AllowDuplicateMapKey()); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, r := range f.Reports {
			rs = append(rs, recording{api: "skoda", method: "GET", template: "/vehicles/{vin}/" + r.Endpoint, response: r.Raw})
		}
	}
	return rs
}

// realTypes walks all recordings and returns the types by "api in name".
func realTypes(t *testing.T, rs []recording) map[string]string {
	trees := map[string]*schema.Tree{}
	tree := func(r recording, in string, place waywarden.Place) *schema.Tree {
		key := r.api + "\x00" + in + "\x00" + r.method + r.template
		if trees[key] == nil {
			trees[key] = schema.NewTree(place)
			trees[key].About(r.method, r.template)
		}
		return trees[key]
	}
	var w schema.Walker
	for _, r := range rs {
		w.Reset()
		if r.query != "" {
			w.Query(tree(r, "query", waywarden.InQuery), r.query)
		}
		if r.request != "" {
			_, _ = w.Body(tree(r, "body", waywarden.InBody), waywarden.InBody, r.requestType, []byte(r.request), false)
		}
		if json.Valid([]byte(r.response)) {
			if _, err := w.Body(tree(r, "response", waywarden.InResponse), waywarden.InResponse, "application/json", []byte(r.response), false); err != nil {
				t.Errorf("%s %s: %v", r.api, r.template, err)
			}
		}
	}
	types := map[string]string{}
	for key, tr := range trees {
		parts := strings.Split(key, "\x00")
		for _, p := range tr.Parameters(nil, parts[1]) {
			name := parts[0] + " " + parts[1] + " " + parts[2] + " " + p.Name
			types[name] = string(p.DataType)
		}
	}
	return types
}

func TestDataTypesOfRealAPIs(t *testing.T) {
	dir := filepath.Join(shared(t), "data", "fixtures")
	rs := bodyFiles(t, filepath.Join(dir, "bmw_bimmer_connected"), "bmw")
	rs = append(rs, bodyFiles(t, filepath.Join(dir, "renault_api"), "renault")...)
	rs = append(rs, bodyFiles(t, filepath.Join(dir, "ocpi_locations_real_cpos"), "ocpi")...)
	rs = append(rs, bodyFiles(t, filepath.Join(dir, "teslemetry"), "teslemetry")...)
	rs = append(rs, bodyFiles(t, filepath.Join(dir, "bmw_cardata_iobroker"), "cardata")...)
	rs = append(rs, cassettes(t, filepath.Join(dir, "tesla_ownerapi_cassettes"), "tesla")...)
	rs = append(rs, cassettes(t, filepath.Join(dir, "uber_rides_vcr"), "uber")...)
	rs = append(rs, skoda(t, filepath.Join(dir, "skoda_myskoda", "fixtures"))...)
	types := realTypes(t, rs)
	found := map[string]map[string]int{}
	for name, typ := range types {
		f := strings.Fields(name)
		key := f[0] + " " + f[1] + " " + f[len(f)-1]
		if found[key] == nil {
			found[key] = map[string]int{}
		}
		found[key][typ]++
	}
	labelled, err := os.ReadFile("testdata/real.txt")
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := 0, 0
	for line := range strings.Lines(string(labelled)) {
		f := strings.Fields(line)
		if len(f) != 4 || f[0] == "#" {
			continue
		}
		want := strings.TrimPrefix(f[3], "-")
		got := found[f[0]+" "+f[1]+" "+f[2]]
		ok := len(got) == 1 && got[want] > 0 || want != "" && len(got) == 2 && got[want] > 0 && got[""] > 0
		if ok {
			right++
			continue
		}
		wrong++
		t.Logf("%s: got %v", strings.TrimSpace(line), got)
	}
	t.Logf("%d of %d labelled fields right", right, right+wrong)
	if wrong*20 > right {
		t.Errorf("more than one in twenty wrong")
	}
}
