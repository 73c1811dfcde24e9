package openapi

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
)

func str(props ...string) map[string]any {
	m := map[string]any{}
	for _, p := range props {
		m[p] = map[string]any{"type": "string"}
	}
	return map[string]any{"type": "object", "properties": m, "required": props}
}

const jsonType = "application/json"

// fleet is a host with most of what can come up.
func fleet() []Operation {
	jwt := waywarden.Authentication{Schemes: []waywarden.AuthScheme{waywarden.SchemeBearerJWT}, Required: "always"}
	command := func(value, class string, count int64, fields ...string) Operation {
		return Operation{
			Endpoint: waywarden.Endpoint{
				ID: "op-" + value, Method: "POST", Template: "/v1/vehicles/{vin}/commands", Count: count, Access: waywarden.AccessControl,
				Discriminator: &waywarden.DiscriminatorEntry{In: "body", Name: "order.command", Value: value}, Function: waywarden.FunctionEntry{Class: class, Confidence: 0.9},
				Parameters: []waywarden.Parameter{
					{In: "path", Name: "vin", Type: "string", DataType: waywarden.TypeVIN, Required: true}, {In: "query", Name: "wake", Type: "integer", Required: value == "unlock"},
					{In: "header", Name: "authorization", Type: "string"}, {In: "header", Name: "x-tenant", Type: "string", Required: true, Enum: []string{"eu", "us"}},
				},
				Authentication: jwt,
			},
			RequestBody: map[string]map[string]any{jsonType: {"type": "object", "properties": map[string]any{"order": str(append(fields, "command")...)}}},
			Responses:   map[int]map[string]map[string]any{202: {jsonType: str("requestId")}, 403: {jsonType: str("error")}},
		}
	}
	return []Operation{
		command("unlock", "act.door.unlock", 30), command("lock", "act.door.lock", 20), command("climate", "act.climate", 10, "level"),
		{
			Endpoint: waywarden.Endpoint{
				ID: "op-get", Method: "GET", Template: "/v1/vehicles/{id}", Count: 100, Access: waywarden.AccessRead,
				Parameters:     []waywarden.Parameter{{In: "path", Name: "id", Type: "string"}, {In: "cookie", Name: "SESSID", Type: "string"}, {In: "query", Name: "on", Type: "boolean"}},
				Authentication: waywarden.Authentication{Schemes: []waywarden.AuthScheme{waywarden.SchemeCookie}, Required: "mixed"},
			},
			Responses: map[int]map[string]map[string]any{
				200: {jsonType: {"type": "object", "example": "WDB9066A6RF330504", "properties": map[string]any{
					"vin": map[string]any{"type": "string", "examples": []any{"WDB9066A6RF330504"}, "default": "s3cr3t-token"}, "on": map[string]any{"type": "boolean"},
					"example": map[string]any{"type": []any{"string", "null"}}, "Größe: #1": map[string]any{"type": "number"},
				}}, "application/xml": {}},
				304: {}, 999: {jsonType: str("x")},
			},
		},
		{Endpoint: waywarden.Endpoint{Method: "GET", Template: "/v1/vehicles/{vin}", Count: 1, Parameters: []waywarden.Parameter{{In: "path", Name: "vin", Type: "integer"}}}},
		{Endpoint: waywarden.Endpoint{Method: "GET", Template: "/files/{name}.csv", Deprecated: true, Authentication: waywarden.Authentication{Required: "never"}}},
		{Endpoint: waywarden.Endpoint{Method: "PROPFIND", Template: "/dav/{a}/{a}", Authentication: waywarden.Authentication{Required: "always", Schemes: []waywarden.AuthScheme{waywarden.SchemeHMAC, waywarden.SchemeMTLS}}}},
		{Endpoint: waywarden.Endpoint{
			Method: "GET", Template: "odd{brace/q?x#y", Parameters: []waywarden.Parameter{{In: "header", Name: "x-api-key", Type: "string"}},
			Authentication: waywarden.Authentication{Required: "always", Schemes: []waywarden.AuthScheme{waywarden.SchemeAPIKey, waywarden.SchemeToken, waywarden.SchemeBasic, waywarden.SchemeBearerOpaque}},
		}},
	}
}

func describe(t testing.TB, ops []Operation) []byte {
	t.Helper()
	b, err := Document("api.fleet.test", ops)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func validate(t testing.TB, b []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(b)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return doc
}

func TestDocument(t *testing.T) {
	b := describe(t, fleet())
	doc := validate(t, b)
	post := doc.Paths.Value("/v1/vehicles/{vin}/commands")
	if post == nil {
		if post = doc.Paths.Value("/v1/vehicles/{id}/commands"); post == nil {
			t.Fatalf("no commands:\n%s", b)
		}
	}
	schema := post.Post.RequestBody.Value.Content[jsonType].Schema.Value
	if len(schema.OneOf) != 3 {
		t.Fatalf("%d alternatives, want 3:\n%s", len(schema.OneOf), b)
	}
	for i, want := range []string{"climate", "lock", "unlock"} {
		field := schema.OneOf[i].Value.Properties["order"].Value.Properties["command"].Value
		if !slices.Equal(field.Enum, []any{want}) {
			t.Errorf("alternative %d: %v, want %s", i, field.Enum, want)
		}
	}
	if p := post.Post.Parameters.GetByInAndName("query", "wake"); p == nil || p.Required {
		t.Errorf("a parameter one function requires is not required: %+v", p)
	}
	if p := post.Post.Parameters.GetByInAndName("header", "x-tenant"); p == nil || !p.Required {
		t.Errorf("%+v", p)
	}
	if post.Post.Parameters.GetByInAndName("header", "authorization") != nil {
		t.Error("credentials are described by the security schemes")
	}
	get := doc.Paths.Value("/v1/vehicles/{id}")
	if get == nil || get.Get.Parameters.GetByInAndName("path", "id") == nil || doc.Paths.Value("/v1/vehicles/{vin}") != nil {
		t.Errorf("paths that differ by a name are one:\n%s", b)
	}
	if sec := *get.Get.Security; len(sec) != 2 || len(sec[1]) != 0 {
		t.Errorf("mixed means that a credential is optional: %+v", sec)
	}
	if doc.Components.SecuritySchemes["cookie"].Value.Name != "SESSID" || doc.Components.SecuritySchemes["api_key"].Value.Name != "x-api-key" {
		t.Errorf("names of credentials: %+v", doc.Components.SecuritySchemes)
	}
	for _, secret := range []string{"WDB9066A6RF330504", "s3cr3t"} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%s is in the description", secret)
		}
	}
	if _, ok := get.Get.Responses.Value("200").Value.Content[jsonType].Schema.Value.Properties["example"]; !ok {
		t.Error("a field named example is a field")
	}
}

func TestDocumentIsDeterministic(t *testing.T) {
	ops := fleet()
	want := describe(t, ops)
	for range 20 {
		slices.Reverse(ops[:3])
		ops = append(ops[1:], ops[0])
		if got := describe(t, ops); !bytes.Equal(got, want) {
			t.Fatalf("order of operations shows:\n%s\n---\n%s", want, got)
		}
	}
}

// An independent judge: the Python validator, where it is installed (pip install openapi-spec-validator).
func TestPythonValidator(t *testing.T) {
	tool := os.Getenv("OPENAPI_SPEC_VALIDATOR")
	if tool == "" {
		var err error
		if tool, err = exec.LookPath("openapi-spec-validator"); err != nil {
			t.Skip("openapi-spec-validator is not installed; set OPENAPI_SPEC_VALIDATOR to its path")
		}
	}
	file := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(file, describe(t, fleet()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// Whatever templates and names come from the traffic, the description is valid and reads back as it was written.
func TestAnyTemplate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ops []Operation
		for range rapid.IntRange(1, 6).Draw(t, "operations") {
			name := rapid.StringN(1, 8, 40).Draw(t, "name")
			ops = append(ops, Operation{
				Endpoint: waywarden.Endpoint{
					Method:     rapid.SampledFrom([]string{"GET", "POST", "DELETE", "MERGE"}).Draw(t, "method"),
					Template:   "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "{x}", "{y}", "{}", "{x}.json", "b{c", "d}e", "{x}{y}", "ü", "yes", "1"}), 0, 4).Draw(t, "segments"), "/"),
					Parameters: []waywarden.Parameter{{In: rapid.SampledFrom([]string{"query", "header", "cookie", "path"}).Draw(t, "in"), Name: name, Type: rapid.SampledFrom([]string{"string", "integer", "null", ""}).Draw(t, "type")}},
				},
				Responses: map[int]map[string]map[string]any{200: {jsonType: {"type": "object", "properties": map[string]any{name: map[string]any{"type": "string"}}}}},
			})
		}
		b, err := Document("api.test", ops)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := openapi3.NewLoader().LoadFromData(b)
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if err := doc.Validate(context.Background()); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"on", "NO", "y", "1", "1e3", "0x1f", "12:30:00", "2026-01-01", "null", "~", "", " a", "a ", "a: b", "a #b", "- a", "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]", "\"", "'", "\\", "a\nb", "\x00", "\u2028", "\u0085", "Größe", "😀", "=", "<<", ".", "..", "...", "---", "a.b", "_x", "/x"} {
		var back map[string]string
		if err := yaml.Unmarshal([]byte(quote(s)+": "+quote(s)+"\n"), &back); err != nil || back[s] != s {
			t.Errorf("%q is written %s and reads as %q (%v)", s, quote(s), back, err)
		}
	}
}
