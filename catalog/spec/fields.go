package spec

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of what is taken from one operation.
const (
	fieldsMax = 2000
	depthMax  = 16
	stepsMax  = 20000 // schemas looked at; composition can multiply without end
)

// parameters reads an operation's parameters and request body; those of the path item hold unless the operation says
// otherwise.
func (r *reader) parameters(o *Operation, item, op map[string]any) {
	type key struct{ in, name string }
	byKey := map[key]map[string]any{}
	var order []key
	for _, list := range [][]any{array(item["parameters"]), array(op["parameters"])} {
		for _, v := range list {
			p := r.resolve(v)
			k := key{strings.ToLower(text(p["in"])), text(p["name"])}
			if p == nil || k.name == "" && k.in != "body" {
				continue
			}
			if _, again := byKey[k]; !again {
				order = append(order, k)
			}
			byKey[k] = p
		}
	}
	for _, k := range order {
		p := byKey[k]
		switch k.in {
		case "body": // OpenAPI 2.0
			r.body(o, "body", p["schema"], truth(p["required"]))
		case "formdata":
			o.form = true
			o.Fields["body"] = append(slices.Clip(o.Fields["body"]), r.parameter("body", k.name, p))
		case "path", "query", "header", "cookie":
			o.Parameters = append(o.Parameters, r.parameter(k.in, k.name, p))
		}
	}
	r.requestBody(o, op)
}

func (r *reader) requestBody(o *Operation, op map[string]any) {
	body := r.resolve(op["requestBody"])
	content := object(body["content"])
	o.form = o.form || len(content) > 0
	for _, ct := range keys(content) {
		if !strings.Contains(ct, "form") {
			o.form = false
		}
		r.body(o, "body", object(content[ct])["schema"], truth(body["required"]))
	}
}

// parameter reads one parameter; its type stands in a schema (3.x) or beside it (2.0).
func (r *reader) parameter(in, name string, p map[string]any) Parameter {
	schema := p
	if s, ok := p["schema"]; ok {
		schema = r.resolve(s)
	} else if content := object(p["content"]); len(content) > 0 {
		return Parameter{In: in, Name: name, Required: truth(p["required"]), Open: true} // JSON inside a parameter
	}
	types := typesOf(schema)
	return Parameter{
		In: in, Name: name, Types: types, Format: text(schema["format"]), Required: truth(p["required"]) || in == "path",
		Open: slices.Contains(types, "object") || text(p["style"]) == "deepObject",
	}
}

// responses reads what an operation answers. The fields of successful answers are taken together: which one was given is
// for the status to say.
func (r *reader) responses(o *Operation, op map[string]any) {
	responses := object(op["responses"])
	for _, code := range keys(responses) {
		if strings.HasPrefix(code, "x-") {
			continue
		}
		o.Statuses = append(o.Statuses, strings.ToUpper(code))
		if strings.EqualFold(code, "default") {
			o.Statuses[len(o.Statuses)-1] = "default"
		}
		res := r.resolve(responses[code])
		for h := range object(res["headers"]) { // RFC 8594, RFC 9745: an answer that announces its end
			o.Deprecated = o.Deprecated || strings.EqualFold(h, "sunset") || strings.EqualFold(h, "deprecation")
		}
		if s, ok := res["schema"]; ok {
			r.body(o, "response", s, false)
		}
		content := object(res["content"])
		for _, ct := range keys(content) {
			r.body(o, "response", object(content[ct])["schema"], false)
		}
	}
}

// body reads the fields of a body. A body without a schema is described by nobody. Where there are several content types
// or answers, what one of them describes is described.
func (r *reader) body(o *Operation, in string, schema any, required bool) {
	if schema == nil {
		return
	}
	fields := r.flatten(in, schema, required)
	have, there := o.Fields[in]
	if !there {
		o.Fields[in] = fields
		return
	}
	w := fieldWalk{fields: slices.Clone(have), at: map[string]int{}}
	for i := range w.fields {
		w.fields[i].Types = slices.Clone(w.fields[i].Types)
		w.at[w.fields[i].Name] = i
	}
	for _, p := range fields {
		w.put(p)
	}
	o.Fields[in] = w.fields
}

// flatten returns the fields of a schema, never nil. Those of a schema that is referred to are told once and shared.
func (r *reader) flatten(in string, schema any, required bool) []Parameter {
	key := ""
	if ref := text(object(schema)["$ref"]); ref != "" {
		key = fmt.Sprintf("%s %t %s", in, required, ref)
		if fields, ok := r.flat[key]; ok {
			return fields
		}
	}
	w := fieldWalk{reader: r, in: in, at: map[string]int{}, fields: []Parameter{}}
	w.walk("", schema, required, 0, nil)
	if key != "" {
		r.flat[key] = w.fields
	}
	return w.fields
}

// A fieldWalk flattens a schema into dotted names.
type fieldWalk struct {
	*reader
	in     string
	fields []Parameter
	at     map[string]int // index of a field among them
	steps  int
}

func (w *fieldWalk) walk(name string, v any, required bool, depth int, above []string) {
	ref := text(object(v)["$ref"])
	s := w.resolve(v)
	w.steps++
	// No schema: true, or a reference that leads nowhere. It and what is cut off take anything.
	if s == nil || depth > depthMax || w.steps > stepsMax || len(w.fields) > fieldsMax || ref != "" && slices.Contains(above, ref) {
		w.put(Parameter{In: w.in, Name: name, Open: true})
		return
	}
	if ref != "" {
		above = append(slices.Clip(above), ref)
	}
	sh := w.merge(s, depth, above)
	types := typesOf(s)
	p := Parameter{In: w.in, Name: name, Types: types, Format: text(s["format"]), Required: required}
	p.Open = sh.open || sh.empty() && (len(types) == 0 || slices.Contains(types, "object") || slices.Contains(types, "array"))
	w.put(p)
	for _, k := range keys(sh.props) {
		w.walk(joinName(name, k), sh.props[k], required && slices.Contains(sh.required, k), depth+1, above)
	}
	if sh.items != nil {
		w.walk(name+"[]", sh.items, false, depth+1, above)
	}
}

// put adds a field, or widens the one already there: what one content type or alternative leaves open is open.
func (w *fieldWalk) put(p Parameter) {
	if p.Name == "" && !p.Open {
		return
	}
	if i, there := w.at[p.Name]; there {
		w.fields[i].widen(p)
		return
	}
	w.at[p.Name] = len(w.fields)
	w.fields = append(w.fields, p)
}

// widen makes a field fit another description of it too.
func (p *Parameter) widen(o Parameter) {
	if len(o.Types) == 0 || len(p.Types) == 0 {
		p.Types = nil
	}
	for _, t := range o.Types {
		if len(p.Types) > 0 && !slices.Contains(p.Types, t) {
			p.Types = append(p.Types, t)
		}
	}
	p.Required, p.Open = p.Required && o.Required, p.Open || o.Open
}

// A shape is what an object or array schema holds, with what the schemas it is composed of hold.
type shape struct {
	props    map[string]any
	required []string
	open     bool // takes fields that are not described
	items    any
}

// empty says whether nothing is described inside.
func (s *shape) empty() bool { return len(s.props) == 0 && s.items == nil }

// merge returns the shape of a schema. Of alternatives nothing is required.
func (w *fieldWalk) merge(s map[string]any, depth int, above []string) shape {
	out := shape{props: map[string]any{}, items: s["items"], open: open(s)}
	maps.Copy(out.props, object(s["properties"]))
	for _, v := range array(s["required"]) {
		out.required = append(out.required, text(v))
	}
	if list := array(s["prefixItems"]); out.items == nil && len(list) > 0 {
		out.items = list[0]
	}
	if w.steps++; depth > depthMax || w.steps > stepsMax {
		out.open = true
		return out
	}
	for _, k := range []string{"allOf", "oneOf", "anyOf"} {
		for _, v := range array(s[k]) {
			ref := text(object(v)["$ref"])
			part := w.resolve(v)
			if part == nil || ref != "" && slices.Contains(above, ref) {
				out.open = out.open || part == nil
				continue
			}
			next := above
			if ref != "" {
				next = append(slices.Clip(above), ref)
			}
			out.add(w.merge(part, depth+1, next), k == "allOf")
		}
	}
	return out
}

// open says whether a schema says that it takes fields that are not described.
func open(s map[string]any) bool {
	extra, _ := s["additionalProperties"].(bool)
	_, typed := s["additionalProperties"].(map[string]any)
	return extra || typed || s["patternProperties"] != nil
}

// add takes over the shape of a part.
func (s *shape) add(part shape, all bool) {
	for name, v := range part.props {
		if _, there := s.props[name]; !there {
			s.props[name] = v
		}
	}
	if all {
		s.required = append(s.required, part.required...)
	}
	s.open = s.open || part.open
	if s.items == nil {
		s.items = part.items
	}
}

func joinName(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// typesOf returns the JSON types of a schema; none when it does not say.
func typesOf(s map[string]any) []string {
	var out []string
	switch t := s["type"].(type) {
	case string:
		out = []string{strings.ToLower(t)}
	case []any:
		for _, v := range t {
			if n := text(v); n != "null" {
				out = append(out, n)
			}
		}
	}
	for _, k := range []string{"oneOf", "anyOf", "allOf"} {
		if len(out) > 0 {
			break
		}
		for _, v := range array(s[k]) {
			m := object(v)
			if m["$ref"] != nil || m["type"] == nil {
				return nil
			}
			for _, t := range typesOf(m) {
				if t != "null" && !slices.Contains(out, t) {
					out = append(out, t)
				}
			}
		}
	}
	if slices.Contains(out, "file") {
		return []string{"string"}
	}
	return out
}

// resolve follows references; nil for what is no object or leads nowhere.
func (r *reader) resolve(v any) map[string]any {
	for range 32 {
		m := object(v)
		ref := text(m["$ref"])
		if ref == "" {
			return m
		}
		next, ok := r.target(ref)
		if !ok {
			if !r.dangled[ref] && len(r.dangled) < 20 {
				r.dangled[ref] = true
				r.problem(r.file, 0, "reference "+ref+" leads nowhere", "add what it refers to; until then anything is taken to be allowed there")
			}
			return nil
		}
		v = next
	}
	return nil
}

// target returns what a reference points at, in this file or in one beside or below it. Nothing is fetched from elsewhere.
func (r *reader) target(ref string) (any, bool) {
	file, pointer, _ := strings.Cut(ref, "#")
	root := r.root
	if file != "" {
		if strings.Contains(file, "://") || filepath.IsAbs(file) {
			return nil, false
		}
		if root = r.beside(file); root == nil {
			return nil, false
		}
	}
	var v any = root
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if part == "" {
			continue
		}
		if u, err := url.PathUnescape(part); err == nil {
			part = u
		}
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		next, ok := object(v)[part]
		if !ok {
			return nil, false
		}
		v = next
	}
	return v, true
}

// beside reads a file that is referred to, once.
func (r *reader) beside(name string) map[string]any {
	at := filepath.Join(filepath.Dir(r.file), filepath.FromSlash(name))
	if root, ok := r.docs[at]; ok {
		return root
	}
	r.docs[at] = nil
	b, err := readBounded(at)
	if err != nil {
		return nil
	}
	root, _, err := parse(b)
	if err != nil {
		return nil
	}
	rebase(root, name)
	r.docs[at] = root
	return root
}

// rebase makes the references of a file that was read for another one hold from there.
func rebase(v any, name string) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && !strings.Contains(ref, "://") {
			file, pointer, _ := strings.Cut(ref, "#")
			if file == "" {
				file = name
			} else {
				file = path.Join(path.Dir(filepath.ToSlash(name)), file)
			}
			v["$ref"] = file + "#" + pointer
		}
		for _, c := range v {
			rebase(c, name)
		}
	case []any:
		for _, c := range v {
			rebase(c, name)
		}
	}
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func array(v any) []any {
	a, _ := v.([]any)
	return a
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v != "" && v != "false"
	}
	return false
}

// keys returns the keys of an object in order of name.
func keys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
