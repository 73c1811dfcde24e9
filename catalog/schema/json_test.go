package schema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/waywarden/waywarden"
)

// flat lists the scalars of a JSON text by the standard library's reading, as "path=text".
func flat(t *testing.T, src string) ([]string, bool) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(src))
	d.UseNumber()
	if !json.Valid([]byte(src)) {
		return nil, false
	}
	var out []string
	var walk func(path string) bool
	walk = func(path string) bool {
		tok, err := d.Token()
		if err != nil {
			t.Fatalf("token: %v", err)
		}
		switch v := tok.(type) {
		case json.Delim:
			for i := 0; d.More(); i++ {
				if v == '{' {
					k, err := d.Token()
					if err != nil {
						t.Fatalf("token: %v", err)
					}
					walk(join(path, k.(string)))
				} else {
					walk(path + "[]")
				}
			}
			_, _ = d.Token()
		case string:
			out = append(out, path+"="+v)
		case json.Number:
			out = append(out, path+"="+v.String())
		case bool:
			out = append(out, path+"="+map[bool]string{true: "true", false: "false"}[v])
		case nil:
			out = append(out, path+"=null")
		}
		return true
	}
	walk("")
	return out, true
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

var jsonSamples = []string{
	`{}`, `[]`, `"x"`, `17`, `-0.5e+3`, `true`, `null`, ` { "a" : [ 1 , { "b" : "c" } , [ ] , null ] } `,
	`{"a":1,"a":"two","b":{"a":[[1,2],["x"]]}}`, `{"u":"\u00e9\ud83d\ude00\n\"\\\/","k\"ey":1,"\u0061":2}`,
	`[1,"a",{"x":true},[false]]`, `{"big":123456789012345678901234567890,"e":1E5}`,
	`{`, `{"a"`, `{"a":`, `{"a":1,}`, `[1,]`, `[1 2]`, `01`, `1.`, `-`, `1e`, `tru`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `"\ud800"`, `{}x`, `nullx`, `{"a":1]`,
}

func TestJSONAsTheStandardLibraryReadsIt(t *testing.T) {
	for _, s := range jsonSamples {
		compareJSON(t, s)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range jsonSamples {
		f.Add(s)
	}
	f.Fuzz(compareJSON)
}

func compareJSON(t *testing.T, src string) {
	var w Walker
	tree := NewTree(waywarden.InResponse)
	_ = w.json(w.begin(tree, waywarden.InResponse), []byte(src), false)
	err := w.err
	for range 3 { // predictions must not change what is read
		w.Reset()
		_ = w.json(w.begin(tree, waywarden.InResponse), []byte(src), false)
	}
	if bytes.ContainsFunc([]byte(src), func(r rune) bool { return r < ' ' || r == '\ufffd' }) || w.Lost > 0 {
		return // control characters are let through, bytes that are not UTF-8 are kept
	}
	want, valid := flat(t, src)
	if valid != (err == nil) {
		t.Fatalf("%q: error %v, valid is %v", src, err, valid)
	}
	if !valid || strings.Contains(src, "@") {
		return
	}
	got := []string{}
	for _, l := range w.Leaves {
		if !strings.Contains(l.Name, wildKey) {
			got = append(got, l.Name+"="+l.Value)
		}
	}
	if len(got) == len(want) && !slices.Equal(got, want) {
		t.Fatalf("%q: got %q, want %q", src, got, want)
	}
	if len(got) != len(want) && !hasWild(w.Leaves) {
		t.Fatalf("%q: %d leaves, want %d", src, len(got), len(want))
	}
}

func hasWild(ls []waywarden.Leaf) bool {
	return slices.ContainsFunc(ls, func(l waywarden.Leaf) bool { return strings.Contains(l.Name, wildKey) })
}
