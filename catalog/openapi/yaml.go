package openapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// An object is a mapping whose order is kept.
type object []pair

type pair struct {
	key   string
	value any
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// canonical returns a schema as JSON, with sorted keys.
func canonical(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v", v)
	}
	return string(b)
}

// marshal writes a document as YAML that reads the same under YAML 1.1 and 1.2: whatever an older reader could take for
// something other than text is quoted.
func marshal(doc object) ([]byte, error) {
	w := writer{}
	w.value(doc, 0, false)
	if w.err != nil {
		return nil, fmt.Errorf("write description: %w", w.err)
	}
	return []byte(w.b.String()), nil
}

type writer struct {
	b   strings.Builder
	err error
}

// value writes a value that follows a key or a dash. inline says that a mapping may begin on the same line.
func (w *writer) value(v any, depth int, inline bool) {
	switch v := v.(type) {
	case object:
		w.mapping(v, depth, inline)
	case map[string]any:
		o := make(object, 0, len(v))
		for _, k := range sortedKeys(v) {
			o = append(o, pair{k, v[k]})
		}
		w.mapping(o, depth, inline)
	case []any:
		w.sequence(v, depth)
	case []string:
		w.sequence(anys(v), depth)
	case []map[string]any:
		w.sequence(anys(v), depth)
	case []object:
		w.sequence(anys(v), depth)
	default:
		w.b.WriteString(" " + w.scalar(v) + "\n")
	}
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

func (w *writer) mapping(o object, depth int, inline bool) {
	if len(o) == 0 {
		w.b.WriteString(" {}\n")
		return
	}
	switch {
	case inline:
		w.b.WriteByte(' ')
	case depth > 0:
		w.b.WriteByte('\n')
	}
	for i, p := range o {
		if i > 0 || !inline {
			w.indent(depth)
		}
		w.b.WriteString(quote(p.key) + ":")
		w.value(p.value, depth+1, false)
	}
}

func (w *writer) sequence(list []any, depth int) {
	if len(list) == 0 {
		w.b.WriteString(" []\n")
		return
	}
	w.b.WriteByte('\n')
	for _, v := range list {
		w.indent(depth)
		w.b.WriteByte('-')
		w.value(v, depth+1, true)
	}
}

func (w *writer) indent(depth int) {
	for range depth {
		w.b.WriteString("  ")
	}
}

func (w *writer) scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return quote(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	b, err := json.Marshal(v) // JSON is YAML
	if err != nil && w.err == nil {
		w.err = err
	}
	return string(b)
}

// words that YAML 1.1 or 1.2 reads as something else than text.
var words = map[string]bool{"true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true, "null": true, "nan": true, "inf": true}

// quote writes a text plainly where every reader takes it for one, else in double quotes. The escapes of Go are escapes
// of YAML.
func quote(s string) string {
	if plain(s) {
		return s
	}
	return strconv.Quote(s)
}

func plain(s string) bool {
	if s == "" || s == "/" || words[strings.ToLower(s)] {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '/'
		if !letter && (i == 0 || strings.IndexByte("0123456789-_.", c) < 0) {
			return false
		}
	}
	return true
}
