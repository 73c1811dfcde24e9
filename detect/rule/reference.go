package rule

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"cel.dev/cel-go/cel"

	"github.com/waywarden/waywarden/detect"
)

// Reference returns the page that lists the keys of a rule file and everything a condition can look at.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Rules: reference\n\n<!-- Generated from the environment of conditions: go test ./detect/rule -rewrite -->\n\n")
	b.WriteString("How to write rules is in [rules.md](rules.md). An editor that knows YAML takes [rules.schema.json](rules.schema.json).\n\n## Keys\n")
	writeKeys(&b, "A file", reflect.TypeFor[fileSpec]())
	for _, part := range [...]struct {
		title string
		typ   reflect.Type
	}{
		{"A rule (`rules`)", reflect.TypeFor[ruleSpec]()}, {"`match`", reflect.TypeFor[matchSpec]()}, {"A window (`windows`)", reflect.TypeFor[windowSpec]()},
		{"`sequence`", reflect.TypeFor[sequenceSpec]()}, {"A step (`steps`, `without`)", reflect.TypeFor[stepSpec]()}, {"A fact (`facts`)", reflect.TypeFor[factSpec]()},
		{"A scene (`scenes`)", reflect.TypeFor[sceneSpec]()},
	} {
		writeKeys(&b, part.title, part.typ)
	}
	b.WriteString("\n## Fields of conditions\n\nUnknown means: neither true nor false, whatever it is compared with.\n\n| field | type | what it is | needs |\n|---|---|---|---|\n")
	for i := range fields {
		f := &fields[i]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, cel.FormatCELType(f.typ), f.doc, strings.Join(f.needs.Names(), ", "))
	}
	b.WriteString("| `window.NAME` | int | count of the rule's window, this call included; unknown where its `by` is | |\n")
	b.WriteString("| `kept.NAME` | string | value that an earlier step kept; unknown where none did | |\n")
	b.WriteString("| `list.NAME` | list(string) | list of the file | |\n")
	b.WriteString("\n## Functions of conditions\n\nBesides these there are CEL's own: `in`, `size`, `startsWith`, `endsWith`, `contains`, `matches` (RE2), `exists`, `all`, `filter`, `map`, `int`, `double`, `string`, `duration`, `timestamp`, `getHours` and the others of a timestamp (UTC, or a named zone), `?:`.\n\n| function | result | what it is | needs |\n|---|---|---|---|\n")
	for i := range functions {
		f := &functions[i]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.usage, cel.FormatCELType(f.result), f.doc, strings.Join(f.needs.Names(), ", "))
	}
	fmt.Fprintf(&b, "\nThe functions of `subject` are those of `caller`, too.\n\n## Data types\n\n`%s`\n", strings.Join(detect.Types(1<<32-1).Names(), "`, `"))
	fmt.Fprintf(&b, "\n## Limits\n\n%d rules; an expression of 16 KB that costs at most %d at worst; texts are shown to conditions up to %d bytes and lists up to %d entries; %d windows and %d steps a rule; %d keys; %d different values.\n",
		rulesMax, costMax, textMax, listMax, windowsMax, stepsMax, keysMax, upToMax)
	return b.String()
}

func writeKeys(b *strings.Builder, title string, t reflect.Type) {
	fmt.Fprintf(b, "\n### %s\n\n| key | type | what it is |\n|---|---|---|\n", title)
	for f := range t.Fields() {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Tag.Get("yaml"), kindOf(f.Type), f.Tag.Get("doc"))
	}
}

func kindOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[text]():
		return "text"
	case reflect.TypeFor[texts]():
		return "text or list of texts"
	case reflect.TypeFor[time.Duration]():
		return "duration: 90s, 10m, 24h"
	}
	switch t.Kind() {
	case reflect.Int:
		return "number"
	case reflect.Slice:
		return "list"
	}
	return "mapping"
}

// Schema returns the JSON Schema of rule files, for editors.
func Schema() []byte {
	s := schemaOf(reflect.TypeFor[fileSpec]())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Waywarden rules"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("schema of rules: " + err.Error()) // it is made of maps and texts
	}
	return append(out, '\n')
}

func schemaOf(t reflect.Type) map[string]any {
	scalar := map[string]any{"type": []string{"string", "number", "boolean"}}
	switch t {
	case reflect.TypeFor[text]():
		return scalar
	case reflect.TypeFor[texts]():
		return map[string]any{"anyOf": []any{scalar, map[string]any{"type": "array", "items": scalar}}}
	case reflect.TypeFor[time.Duration]():
		return map[string]any{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Struct:
	default:
		return map[string]any{"type": "string"}
	}
	properties := map[string]any{}
	for f := range t.Fields() {
		p := schemaOf(f.Type)
		p["description"] = f.Tag.Get("doc")
		properties[f.Tag.Get("yaml")] = p
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}
