package spec

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"yaml.example.yaml": "openapi: 3.0.0\npaths:\n  /v1/vans:\n    summary: vans\n    get: {responses: {'200': {description: ok}}}\n    post:\n      responses: {'200': {description: ok}}\n",
		"json.example.json": "{\n\t\"openapi\": \"3.0.0\", \"tags\": [{\"name\": \"x\"}],\n\t\"paths\": {\"/v1/vans\": {\n\t\t\"get\": {}},\n\t\"/v1/old\": {\"post\": {}}}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set, _, err := Load([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var p Places
	for _, c := range []struct {
		host, method, template string
		line, column           int
	}{
		{"yaml.example", "GET", "/v1/vans", 5, 5}, {"yaml.example", "POST", "/v1/vans", 6, 5},
		{"json.example", "GET", "/v1/vans", 4, 3}, {"json.example", "POST", "/v1/old", 5, 14},
	} {
		o, ok := set.Match(c.host, c.method, c.template, nil)
		if !ok {
			t.Fatalf("%v: not found", c)
		}
		if line, column := p.Of(o); line != c.line || column != c.column {
			t.Errorf("%s %s%s stands at %d:%d, want %d:%d", c.method, c.host, c.template, line, column, c.line, c.column)
		}
	}
	if o, shared := set.Nearest("json.example", "POST", "/v1/vans/{id}/unlock"); o == nil || o.Template != "/v1/vans" || shared != 2 {
		t.Errorf("nearest is %v with %d", o, shared)
	}
	if o, _ := set.Nearest("other.example", "GET", "/v1/vans"); o != nil {
		t.Errorf("a host that is not described has %v", o)
	}
}
