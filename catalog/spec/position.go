package spec

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Places finds where operations stand in their files. The zero Places is ready; files are read when they are asked for.
type Places struct{ files map[string]map[string]place }

// place is a line and column, both from 1 on.
type place struct{ line, column int }

// Of returns the line and column, from 1 on, of an operation's method in its file; of its path, or of the beginning of the
// file, where it is not to be found.
func (p *Places) Of(o *Operation) (line, column int) {
	at, read := p.files[o.Source]
	if !read {
		at = map[string]place{}
		if b, err := readBounded(o.Source); err == nil {
			locate(bytes.TrimPrefix(b, []byte("\ufeff")), at)
		}
		if p.files == nil {
			p.files = map[string]map[string]place{}
		}
		p.files[o.Source] = at
	}
	name := strings.TrimPrefix(o.identity, o.Source+" ")
	if x, found := at[name]; found {
		return x.line, x.column
	}
	_, path, _ := strings.Cut(name, " ")
	if x, found := at[path]; found {
		return x.line, x.column
	}
	return 1, 1
}

// locate notes where the paths of a description and their methods stand, as "/path" and "method /path".
func locate(b []byte, at map[string]place) {
	if t := bytes.TrimLeft(b, " \t\r\n"); len(t) > 0 && t[0] == '{' && locateJSON(b, at) {
		return
	}
	defer func() { _ = recover() }() // the parser is not ours: what it cannot read has no places
	file, err := parser.ParseBytes(b, 0, parser.AllowDuplicateMapKey())
	if err != nil || len(file.Docs) == 0 {
		return
	}
	for _, top := range entries(file.Docs[0].Body) {
		if word(top) != "paths" {
			continue
		}
		for _, path := range entries(top.Value) {
			at[word(path)] = spot(path)
			for _, m := range entries(path.Value) {
				if slices.Contains(methods, word(m)) {
					at[word(m)+" "+word(path)] = spot(m)
				}
			}
		}
	}
}

// entries returns the members of a mapping.
func entries(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	case *ast.AnchorNode:
		return entries(n.Value)
	case *ast.TagNode:
		return entries(n.Value)
	}
	return nil
}

func word(v *ast.MappingValueNode) string { return v.Key.GetToken().Value }

func spot(v *ast.MappingValueNode) place {
	p := v.Key.GetToken().Position
	return place{max(p.Line, 1), max(p.Column, 1)}
}

// locateJSON does as locate does for JSON, and says whether it is.
func locateJSON(b []byte, at map[string]place) bool {
	d := json.NewDecoder(bytes.NewReader(b))
	lines := lineStarts(b)
	return members(d, b, func(key string, _ int) bool {
		return key == "paths" && members(d, b, func(path string, start int) bool {
			at[path] = lines.place(start)
			return members(d, b, func(method string, start int) bool {
				if slices.Contains(methods, method) {
					at[method+" "+path] = lines.place(start)
				}
				return false
			})
		})
	})
}

// members calls f for each member of the next value, if it is an object, with where its name begins; f says whether it read
// the value.
func members(d *json.Decoder, b []byte, f func(key string, start int) bool) bool {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return err == nil && skipRest(d, t)
	}
	for d.More() {
		t, err := d.Token()
		key, text := t.(string)
		if err != nil || !text {
			return false
		}
		end := int(d.InputOffset())
		if f(key, bytes.LastIndexByte(b[:end-1], '"')) {
			continue
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return false
		}
	}
	_, err := d.Token()
	return err == nil
}

// skipRest reads the rest of a value that began with t.
func skipRest(d *json.Decoder, t json.Token) bool {
	if t != json.Delim('[') {
		return true
	}
	for d.More() {
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return false
		}
	}
	_, err := d.Token()
	return err == nil
}

// starts are the offsets at which lines begin.
type starts []int

func lineStarts(b []byte) starts {
	s := starts{0}
	for i, c := range b {
		if c == '\n' {
			s = append(s, i+1)
		}
	}
	return s
}

func (s starts) place(offset int) place {
	i, found := slices.BinarySearch(s, offset)
	if !found {
		i--
	}
	return place{i + 1, offset - s[i] + 1}
}

// Nearest returns the documented operation of a host that shares most of an endpoint's path with it, and how many segments
// that are; nil for a host that is not described.
func (s *Set) Nearest(host, method, template string) (o *Operation, shared int) {
	a := s.find(host)
	if a == nil {
		return nil, 0
	}
	path := segments(template)
	best := -1
	for _, x := range a.ops {
		n := 0
		for n < min(len(path), len(x.segments)) && fit(x.segments[n:n+1], path[n:n+1]) >= 0 {
			n++
		}
		score := 2 * n
		if x.Method == method {
			score++
		}
		if score > best {
			o, shared, best = x, n, score
		}
	}
	return o, shared
}
