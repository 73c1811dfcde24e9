package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden/internal/jsonscan"
)

// read turns JSON into what encoding/json makes of it.
func read(s *jsonscan.Scanner) any {
	switch s.Peek() {
	case '{':
		m := map[string]any{}
		for ok := s.Enter('{'); ok; ok = s.More('}') {
			k := string(s.KeyText())
			m[k] = read(s)
		}
		return m
	case '[':
		l := []any{}
		for ok := s.Enter('['); ok; ok = s.More(']') {
			l = append(l, read(s))
		}
		return l
	case '"':
		return s.Text()
	case 't', 'f':
		return s.Bool()
	case 'n':
		s.Null()
		return nil
	}
	return s.Number()
}

func document() *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil), rapid.Map(rapid.Int(), func(i int) any { return i }),
	)
	list := rapid.Map(rapid.SliceOfN(scalar, 0, 8), func(l []any) any { return l })
	inner := rapid.OneOf(scalar, list)
	return rapid.OneOf(scalar, list, rapid.Map(rapid.MapOfN(rapid.String(), inner, 0, 8), func(m map[string]any) any { return m }))
}

func TestSameAsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.MarshalIndent(document().Draw(t, "document"), "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		var s jsonscan.Scanner
		s.Reset(text)
		got := read(&s)
		if err := s.End(); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: %s", text, diff)
		}
		s.Reset(text)
		if raw := s.Raw(); !bytes.Equal(raw, bytes.TrimSpace(text)) || s.End() != nil {
			t.Fatalf("%s: raw %s", text, raw)
		}
	})
}

// What encoding/json takes, the scanner takes and reads alike; nothing makes it panic.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e-3,"\u00fc\ud83d\ude97\n",true,null]}`, `"\ud83d"`, `[[[]]]`, `1e400`, `01`, `{"a"`, `"\x"`, `{"a":1}}`, `-`, `123456789012345678901234567890.5`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s, skip jsonscan.Scanner
		skip.Reset(text)
		skip.Skip()
		skipped := skip.End()
		var want any
		dec := json.Unmarshal(text, &want)
		if skipped != nil {
			if dec == nil && !strings.Contains(skipped.Error(), "nested too deep") {
				t.Fatalf("%q: %v", text, skipped)
			}
			return
		}
		s.Reset(text)
		got := read(&s)
		err := s.End()
		if dec == nil && err == nil && bytes.ContainsFunc(text, func(r rune) bool { return r == '\uFFFD' }) {
			return // bytes that are not UTF-8 are kept as they are
		}
		if dec == nil && (err != nil || !cmp.Equal(want, got)) {
			t.Fatalf("%q: %v %v, want %v", text, got, err, want)
		}
	})
}

func TestArray(t *testing.T) {
	const text = "\xef\xbb\xbf" + `{"x":{"list":[0]},"a":"]}","log":{"n":1.5,"list":[ 1 ,"a\"]b",{"list":[2]},[[]],null,"` + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" + `",7]}}`
	a := jsonscan.NewArray(iotest.OneByteReader(strings.NewReader(text)), 20, "log", "list")
	var got []string
	for {
		elem, err := a.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, jsonscan.ErrTooLong) {
			t.Fatal(err)
		}
		got = append(got, string(elem))
	}
	want := []string{`1`, `"a\"]b"`, `{"list":[2]}`, `[[]]`, `null`, `"` + "xxxxxxxxxxxxxxxxxxx", `7`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]error{
		`{"log":{}}`: jsonscan.ErrNotFound, `[]`: jsonscan.ErrNotFound, `{"log":{"list":{}}}`: jsonscan.ErrNotFound, `{"log":{"list":[1`: jsonscan.ErrSyntax,
		`{"log`: jsonscan.ErrSyntax, `{"log":{"list":[1 2]}}`: jsonscan.ErrSyntax, ``: io.EOF,
	} {
		a := jsonscan.NewArray(strings.NewReader(text), 20, "log", "list")
		var err error
		for err == nil {
			_, err = a.Next()
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}
