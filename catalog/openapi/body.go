package openapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// requestBody writes the bodies an operation takes; nil when it takes none. Functions that a field of the body selects
// are alternatives, each with its own value of the field.
func requestBody(ops []Operation) object {
	content := map[string]*alternatives{}
	with := 0
	for i := range ops {
		o := &ops[i]
		if len(o.RequestBody) > 0 {
			with++
		}
		for _, ct := range sortedKeys(o.RequestBody) {
			schema := clean(o.RequestBody[ct])
			if dis := o.Endpoint.Discriminator; dis != nil && dis.In == "body" {
				schema = pinned(schema, strings.Split(dis.Name, "."), dis.Value)
			}
			add(content, ct, schema)
		}
	}
	if len(content) == 0 {
		return nil
	}
	return object{{"required", with == len(ops)}, {"content", contentObject(content)}}
}

// responses writes the answers an operation gave.
func responses(ops []Operation) object {
	codes := map[int]map[string]*alternatives{}
	for i := range ops {
		for code, byType := range ops[i].Responses {
			if code < 100 || code > 599 {
				continue // no status of HTTP
			}
			if codes[code] == nil {
				codes[code] = map[string]*alternatives{}
			}
			for _, ct := range sortedKeys(byType) {
				add(codes[code], ct, clean(byType[ct]))
			}
		}
	}
	out := object{}
	for _, code := range sortedKeys(codes) {
		text := http.StatusText(code)
		if text == "" {
			text = "Status " + strconv.Itoa(code)
		}
		r := object{{"description", text}}
		if len(codes[code]) > 0 {
			r = append(r, pair{"content", contentObject(codes[code])})
		}
		out = append(out, pair{strconv.Itoa(code), r})
	}
	if len(out) == 0 {
		out = object{{"default", object{{"description", "No answer was seen"}}}}
	}
	return out
}

// alternatives are the distinct schemas of one content type, in order of appearance.
type alternatives struct {
	schemas []any
	texts   []string
}

func add(content map[string]*alternatives, ct string, schema any) {
	if ct == "" {
		ct = "application/octet-stream"
	}
	a := content[ct]
	if a == nil {
		a = &alternatives{}
		content[ct] = a
	}
	text := canonical(schema)
	if !slices.Contains(a.texts, text) {
		a.schemas, a.texts = append(a.schemas, schema), append(a.texts, text)
	}
}

func contentObject(content map[string]*alternatives) object {
	out := object{}
	for _, ct := range sortedKeys(content) {
		a := content[ct]
		var schema any = object{{"anyOf", a.schemas}}
		if len(a.schemas) == 1 {
			schema = a.schemas[0]
		} else if distinct(a.schemas) {
			schema = object{{"oneOf", a.schemas}}
		}
		out = append(out, pair{ct, object{{"schema", schema}}})
	}
	return out
}

// distinct says whether all schemas were pinned to a value, so that no body fits two of them.
func distinct(schemas []any) bool {
	for _, s := range schemas {
		m, ok := s.(map[string]any)
		if !ok || m[pinMark] == nil {
			return false
		}
	}
	return true
}

// pinMark names the field that selects an alternative.
const pinMark = "x-waywarden-selects"

// pinned returns a copy of an object schema in which the field at the path is required and has the one value.
func pinned(schema any, path []string, value string) any {
	m, ok := schema.(map[string]any)
	if !ok {
		m = map[string]any{"type": "object"}
	}
	out := pin(m, path, value)
	out[pinMark] = strings.Join(path, ".")
	return out
}

func pin(schema map[string]any, path []string, value string) map[string]any {
	out := make(map[string]any, len(schema)+2)
	maps.Copy(out, schema)
	name, list := strings.CutSuffix(path[0], "[]")
	props := map[string]any{}
	old, _ := schema["properties"].(map[string]any)
	maps.Copy(props, old)
	child, _ := props[name].(map[string]any)
	switch {
	case list:
		props[name] = child
		if child == nil {
			props[name] = map[string]any{"type": "array"}
		}
	case len(path) == 1:
		field := map[string]any{"enum": []any{constant(child, value)}}
		if t, ok := child["type"].(string); ok {
			field["type"] = t
		}
		props[name] = field
	default:
		if child == nil {
			child = map[string]any{"type": "object"}
		}
		props[name] = pin(child, path[1:], value)
	}
	out["properties"] = props
	out["required"] = withName(schema["required"], name)
	return out
}

// constant returns the value as the field's type writes it.
func constant(schema map[string]any, value string) any {
	switch schema["type"] {
	case "integer", "number":
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return n
		}
	case "boolean":
		return value == "true"
	}
	return value
}

// withName adds a name to a list of required ones.
func withName(required any, name string) []string {
	var out []string
	switch r := required.(type) {
	case []string:
		out = slices.Clone(r)
	case []any:
		for _, v := range r {
			if s, ok := v.(string); ok {
				out = append(out, s)
			}
		}
	}
	if !slices.Contains(out, name) {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// clean returns a schema without anything that could repeat a value of the traffic. The names of properties are kept
// apart from keywords: a field may be called "example".
func clean(schema map[string]any) any {
	if schema == nil {
		return map[string]any{}
	}
	out := make(map[string]any, len(schema))
	for k, v := range schema {
		switch k {
		case "example", "examples", "default", "const":
			continue
		case "properties", "patternProperties", "$defs", "dependentSchemas":
			if props, ok := v.(map[string]any); ok {
				cp := make(map[string]any, len(props))
				for name, s := range props {
					if len(name) <= nameMax {
						cp[name] = cleanAny(s)
					}
				}
				v = cp
			}
		case "enum", "required", "type":
		default:
			v = cleanAny(v)
		}
		out[k] = v
	}
	return out
}

// nameMax bounds the names of fields: YAML allows keys of 1024 characters.
const nameMax = 512

func cleanAny(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return clean(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = cleanAny(v[i])
		}
		return out
	case []map[string]any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = clean(v[i])
		}
		return out
	}
	return v
}
