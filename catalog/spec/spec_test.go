package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waywarden/waywarden"
)

// load writes descriptions into files and loads their folder.
func load(t testing.TB, files map[string]string) (*Set, []Problem) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, problems, err := Load([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	return s, problems
}

const fleet = `
openapi: 3.1.0
info: {title: Fleet, version: "2"}
servers:
  - url: https://api.fleet.test/v2/
  - url: https://{region}.fleet.test/v2
    variables: {region: {default: eu, enum: [eu, us]}}
  - url: https://{tenant}.cloud.fleet.test/v2
    variables: {tenant: {default: acme}}
security: [{bearer: []}]
paths:
  /vehicles/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
      - {name: X-Tenant, in: header, required: true, schema: {type: string}}
    get:
      parameters:
        - {name: fields, in: query, schema: {type: array, items: {type: string}}}
        - {name: page, in: query, required: true, schema: {type: integer}}
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Vehicle"}
  /vehicles/mine:
    get:
      security: []
      responses: {"200": {description: ok}}
  /vehicles/{id}/commands:
    post:
      requestBody:
        content:
          application/json:
            schema:
              allOf:
                - {$ref: "#/components/schemas/Base"}
                - type: object
                  required: [command]
                  properties: {command: {type: string}, level: {type: [integer, "null"]}}
      responses: {"202": {description: accepted}, 4XX: {description: no}}
  /exports/{name}.csv:
    get: {deprecated: true, responses: {default: {description: ok}}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer, bearerFormat: JWT}
  schemas:
    Base: {type: object, properties: {id: {type: string}, meta: {type: object}}}
    Vehicle:
      type: object
      required: [vin]
      properties:
        vin: {type: string}
        soc: {type: number}
        owner: {type: object, properties: {name: {type: string}}}
        trailers: {type: array, items: {$ref: "#/components/schemas/Vehicle"}}
        extra: {type: object, additionalProperties: {type: string}}
`

func TestMatch(t *testing.T) {
	s, problems := load(t, map[string]string{"fleet.yaml": fleet})
	if len(problems) > 0 {
		t.Errorf("problems: %+v", problems)
	}
	for _, tc := range []struct{ host, method, template, want string }{
		{"api.fleet.test", "GET", "/v2/vehicles/{vin}", "/v2/vehicles/{id}"},
		{"API.Fleet.test:443", "GET", "/v2/vehicles/{vin}/", "/v2/vehicles/{id}"},
		{"us.fleet.test", "GET", "/v2/vehicles/{x}", "/v2/vehicles/{id}"},
		{"globex.cloud.fleet.test", "GET", "/v2/vehicles/{x}", "/v2/vehicles/{id}"},
		{"api.fleet.test", "GET", "/v2/vehicles/mine", "/v2/vehicles/mine"},
		{"api.fleet.test", "GET", "/v2/vehicles/WDB1", "/v2/vehicles/{id}"},
		{"api.fleet.test", "GET", "/v2/exports/{day}.csv", "/v2/exports/{name}.csv"},
		{"api.fleet.test", "GET", "/v2/exports/{file}", "/v2/exports/{name}.csv"},
		{"api.fleet.test", "POST", "/v2/vehicles/{id}", ""},
		{"api.fleet.test", "GET", "/vehicles/{id}", ""},
		{"asia.fleet.test", "GET", "/v2/vehicles/{id}", ""},
	} {
		got := ""
		if o, ok := s.Match(tc.host, tc.method, tc.template, nil); ok {
			got = o.Template
		}
		if got != tc.want {
			t.Errorf("%s %s%s: %q, want %q", tc.method, tc.host, tc.template, got, tc.want)
		}
	}
	if o, ok := s.Match("api.fleet.test", "GET", "/v2/{a}/{b}", []string{"/v2/vehicles/1", "/v2/vehicles/2?x=1"}); !ok || o.Template != "/v2/vehicles/{id}" {
		t.Errorf("by examples: %+v", o)
	}
	want := []string{"/v2/exports/{name}.csv", "/v2/vehicles/mine", "/v2/vehicles/{id}", "/v2/vehicles/{id}/commands"}
	if d := cmp.Diff(want, s.Templates("api.fleet.test")); d != "" {
		t.Error(d)
	}
	o, _ := s.Match("api.fleet.test", "GET", "/v2/vehicles/{id}", nil)
	if o.Public || !slices.Equal(o.Schemes, []waywarden.AuthScheme{waywarden.SchemeBearerJWT}) {
		t.Errorf("security: %+v", o)
	}
	if o, _ := s.Match("api.fleet.test", "GET", "/v2/vehicles/mine", nil); !o.Public {
		t.Error("an empty list of requirements makes an operation public")
	}
}

func TestJudge(t *testing.T) {
	s, _ := load(t, map[string]string{"fleet.yaml": fleet, "portal.yaml": `
openapi: 3.0.0
servers: [{url: "https://v3.portal.test"}]
paths:
  /orders/{id}: {get: {responses: {"200": {description: ok}}}}
  /api/2/cars: {get: {responses: {"200": {description: ok, headers: {Sunset: {schema: {type: string}}}}}}}
`})
	for _, tc := range []struct {
		host, template string
		want           []string
	}{
		{"api.fleet.test", "/v2/vehicles/{id}", []string{Documented}},
		{"api.fleet.test", "/v2/exports/{x}.csv", []string{Documented, Zombie}},
		{"api.fleet.test", "/v1/vehicles/{id}", []string{Zombie}},
		{"api.fleet.test", "/v1/vehicle/{id}", []string{Zombie}},
		{"api.fleet.test", "/v3/vehicles/{id}", []string{Shadow}},
		{"api.fleet.test", "/internal/dump", []string{Shadow}},
		{"v3.portal.test", "/orders/{x}", []string{Documented}},
		{"v3.portal.test", "/api/1/cars", []string{Zombie}},
		{"v3.portal.test", "/api/2/cars", []string{Documented, Zombie}},
		{"v1.portal.test", "/orders/{x}", []string{Zombie}},
		{"v1.portal.test", "/backup.sql", []string{}},
		{"v4.portal.test", "/orders/{x}", []string{}},
		{"partner.test", "/orders/{x}", []string{}},
	} {
		if got := s.Judge(tc.host, "GET", tc.template).Status; !slices.Equal(got, tc.want) {
			t.Errorf("%s%s: %v, want %v", tc.host, tc.template, got, tc.want)
		}
	}
	var none *Set
	if v := none.Judge("api.fleet.test", "GET", "/"); len(v.Status) > 0 || none.Has("x") {
		t.Errorf("without descriptions: %+v", v)
	}
}

func TestOrphans(t *testing.T) {
	s, _ := load(t, map[string]string{"fleet.yaml": fleet})
	got := []string{}
	for _, o := range s.Orphans([]waywarden.Endpoint{
		{Host: "us.fleet.test", Method: "GET", Template: "/v2/vehicles/{vin}", Count: 3},
		{Host: "us.fleet.test", Method: "GET", Template: "/v2/vehicles/mine", Count: 1},
	}) {
		got = append(got, o.Method+" "+o.Host+o.Template)
	}
	want := []string{"GET us.fleet.test/v2/exports/{name}.csv", "POST us.fleet.test/v2/vehicles/{id}/commands"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDrift(t *testing.T) {
	s, _ := load(t, map[string]string{"fleet.yaml": fleet})
	get, _ := s.Match("api.fleet.test", "GET", "/v2/vehicles/{id}", nil)
	p := func(in, name, typ string) waywarden.Parameter {
		return waywarden.Parameter{In: in, Name: name, Type: typ}
	}
	got := Drift(get, []waywarden.Parameter{
		p("path", "vin", "string"), p("header", "x-tenant", "string"), p("header", "user-agent", "string"), p("query", "debug", "boolean"), p("query", "fields", "string"),
		p("response", "vin", "string"), p("response", "soc", "integer"), p("response", "owner.name", "string"), p("response", "owner.phone", "string"),
		p("response", "extra.anything", "string"), p("response", "trailers[].vin", "integer"), p("response", "trailers", "array"),
	}, map[string]int64{"200": 9, "404": 1, "401": 2, "503": 1, "304": 1})
	want := []waywarden.Drift{
		{Kind: "field_undocumented", In: "response", Name: "owner.phone", Detail: "seen as string"},
		{Kind: "parameter_missing", In: "query", Name: "page", Detail: "documented as required, never seen"},
		{Kind: "parameter_undocumented", In: "query", Name: "debug", Detail: "seen as boolean"},
		{Kind: "status_undocumented", In: "response", Name: "304"},
	}
	// Fields below a recursion are left open, so trailers[].vin is not judged; it is the price of an end.
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	post, _ := s.Match("api.fleet.test", "POST", "/v2/vehicles/{id}/commands", nil)
	got = Drift(post, []waywarden.Parameter{p("body", "command", "string"), p("body", "level", "string"), p("body", "meta.x", "string"), p("body", "role", "string"), p("response", "any", "string")},
		map[string]int64{"202": 1, "409": 1})
	want = []waywarden.Drift{
		{Kind: "field_undocumented", In: "body", Name: "role", Detail: "seen as string"},
		{Kind: "type_differs", In: "body", Name: "level", Detail: "documented as integer, seen as string"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestVersion2(t *testing.T) {
	s, problems := load(t, map[string]string{"old.json": `{"swagger":"2.0","host":"Old.test:8080","basePath":"/api/","schemes":["https"],
		"securityDefinitions":{"k":{"type":"apiKey","in":"header","name":"X-Key"}},"security":[{"k":[]}],
		"parameters":{"P":{"name":"limit","in":"query","type":"integer"}},
		"paths":{"/cars":{"get":{"parameters":[{"$ref":"#/parameters/P"}],"responses":{"200":{"description":"","schema":{"type":"array","items":{"$ref":"#/definitions/Car"}}}}},
		"post":{"parameters":[{"in":"body","name":"car","required":true,"schema":{"$ref":"#/definitions/Car"}}],"responses":{"201":{"description":""}}}}},
		"definitions":{"Car":{"type":"object","required":["vin"],"properties":{"vin":{"type":"string"}}}}}`})
	if len(problems) > 0 {
		t.Errorf("problems: %+v", problems)
	}
	get, ok := s.Match("old.test", "GET", "/api/cars", nil)
	if !ok {
		t.Fatal("not found")
	}
	want := []Parameter{{In: "query", Name: "limit", Types: []string{"integer"}}, {In: "response", Name: "[]", Types: []string{"object"}}, {In: "response", Name: "[].vin", Types: []string{"string"}}}
	if d := cmp.Diff(want, append(get.Parameters, get.Fields["response"]...)); d != "" {
		t.Error(d)
	}
	post, _ := s.Match("old.test", "POST", "/api/cars", nil)
	if want := []Parameter{{In: "body", Name: "vin", Types: []string{"string"}, Required: true}}; !cmp.Equal(want, post.Fields["body"]) {
		t.Error(cmp.Diff(want, post.Fields["body"]))
	}
}

func TestHostsAndReferences(t *testing.T) {
	s, problems := load(t, map[string]string{
		"api.one.test.yaml": "openapi: 3.0.1\nservers: [{url: /base}]\npaths:\n  /a: {get: {responses: {'200': {description: x, content: {application/json: {schema: {$ref: 'parts.yaml#/Thing'}}}}}}}\n",
		"parts.yaml":        "Thing: {type: object, properties: {sub: {$ref: '#/Sub'}}}\nSub: {type: object, properties: {vin: {type: string}}}\n",
		"nameless.yaml":     "openapi: 3.0.1\npaths:\n  /b: {get: {responses: {}}}\n",
		"broken.yaml":       "openapi: 3.0.1\npaths:\n  /c: {get: [\n",
		"broken.json":       "{\"openapi\":\"3.0.0\",\n\"paths\": {\"/a\": [}",
		"dangling.yaml":     "openapi: 3.0.1\nservers: [{url: 'https://d.test'}]\npaths:\n  /d: {get: {responses: {'200': {$ref: '#/components/responses/Nope'}}}}\n",
		"unrelated.json":    `{"type":"FeatureCollection"}`,
	})
	o, ok := s.Match("api.one.test", "GET", "/base/a", nil)
	if !ok || !slices.ContainsFunc(o.Fields["response"], func(p Parameter) bool { return p.Name == "sub.vin" }) {
		t.Errorf("host of the file name, reference into another file: %+v", o)
	}
	if _, ok := s.Match("d.test", "GET", "/d", nil); !ok {
		t.Error("a dangling reference must not lose the operation")
	}
	var got []string
	for _, p := range problems {
		if p.Reason == "" || p.Advice == "" {
			t.Errorf("a problem says what and what to do: %+v", p)
		}
		if strings.HasPrefix(filepath.Base(p.File), "broken") && p.Line == 0 {
			t.Errorf("no line: %+v", p)
		}
		got = append(got, filepath.Base(p.File))
	}
	if want := []string{"broken.json", "broken.yaml", "dangling.yaml", "nameless.yaml"}; !slices.Equal(got, want) {
		t.Errorf("problems in %v, want %v: %+v", got, want, problems)
	}
	if _, _, err := Load([]string{"/does/not/exist"}); err == nil {
		t.Error("a path that is not there is an error")
	}
}

// A description of thousands of operations over schemas that refer to one another is read in seconds.
func TestLargeDescription(t *testing.T) {
	var b strings.Builder
	b.WriteString("openapi: 3.0.3\nservers: [{url: 'https://large.test'}]\npaths:\n")
	for i := range 1500 {
		fmt.Fprintf(&b, "  /things%d/{id}: {get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/S%d'}}}}}}}\n", i, i%60)
	}
	b.WriteString("components:\n  schemas:\n")
	for i := range 60 {
		fmt.Fprintf(&b, "    S%d: {allOf: [{$ref: '#/components/schemas/S%d'}, {type: object, properties: {a: {$ref: '#/components/schemas/S%d'}, b: {$ref: '#/components/schemas/S%d'}, c: {type: string}}}]}\n",
			i, (i+1)%60, (i+7)%60, (i+13)%60)
	}
	s, problems := load(t, map[string]string{"large.yaml": b.String()})
	if len(problems) > 0 || len(s.Operations()) != 1500 {
		t.Errorf("%d operations, %v", len(s.Operations()), problems)
	}
	for _, o := range s.Operations() {
		if n := len(o.Fields["response"]); n == 0 || n > fieldsMax+100 {
			t.Fatalf("%d fields", n)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(fleet))
	f.Add([]byte(`{"swagger":"2.0","paths":{"/a":{"get":{}}}}`))
	f.Add([]byte("openapi: 3.0.0\nx: &a [*a]\npaths: {/a: {$ref: '#/paths/~1a'}}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		file := filepath.Join(t.TempDir(), "api.fuzz.test.yaml")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, _, err := Load([]string{file})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range s.Operations() {
			if got, ok := s.Match(strings.ReplaceAll(o.Host, "*", "x"), o.Method, o.Template, nil); ok && fit(got.segments, o.segments) < 0 {
				t.Errorf("%s matches %s", o.Template, got.Template)
			}
		}
	})
}

func TestAssign(t *testing.T) {
	files := map[string]string{"tomp.yaml": "openapi: 3.0.1\nservers: [{url: /v1}]\npaths:\n  /offers: {get: {responses: {}}}\n  /legs/{id}: {get: {responses: {}}}\n  /x: {post: {responses: {}}}\n"}
	s, problems := load(t, files)
	if len(problems) != 1 || s.Has("mobility.test") {
		t.Fatalf("%+v", problems)
	}
	seen := []waywarden.Endpoint{
		{Host: "other.test", Method: "GET", Template: "/v1/offers"},
		{Host: "mobility.test", Method: "GET", Template: "/v1/offers"}, {Host: "mobility.test", Method: "GET", Template: "/v1/legs/{leg}"}, {Host: "mobility.test", Method: "GET", Template: "/v1/secret"},
	}
	if got := s.Assign(seen); !slices.Equal(got, []string{"mobility.test"}) {
		t.Fatalf("assigned to %v", got)
	}
	if got := s.Judge("mobility.test", "GET", "/v1/secret").Status; !slices.Equal(got, []string{Shadow}) {
		t.Errorf("%v", got)
	}
	if s.Has("other.test") || len(s.Assign(seen)) > 0 {
		t.Error("a description belongs to one host")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "tomp.yaml")
	if err := os.WriteFile(file, []byte(files["tomp.yaml"]), 0o600); err != nil {
		t.Fatal(err)
	}
	s, problems, err := Load([]string{"API.Mobility.test=" + file})
	if err != nil || len(problems) > 0 || !s.Has("api.mobility.test") {
		t.Errorf("host given: %v %v", problems, err)
	}
}
