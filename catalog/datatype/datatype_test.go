package datatype

import (
	"os"
	"strings"
	"testing"

	"github.com/waywarden/waywarden"
)

// The cases are lines of testdata/fields.txt: place, path, dotted name with its parents, names beside it, values
// separated by " ; ", and the type that is right ("-" for none), separated by "|".
func TestTypeOfFieldsInManyTongues(t *testing.T) {
	text, err := os.ReadFile("testdata/fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	n, wrong := 0, 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "|")
		if len(f) != 6 {
			t.Fatalf("%q has %d columns", line, len(f))
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		want := waywarden.DataType(strings.TrimPrefix(f[5], "-"))
		n++
		if got, c, why := typeOfCase(f); got != want {
			wrong++
			t.Errorf("%s\n\tgot %q (%.2f, %s), want %q", line, got, c, why, want)
		}
	}
	t.Logf("%d of %d right", n-wrong, n)
}

func typeOfCase(f []string) (waywarden.DataType, float64, string) {
	c := Context{In: map[string]waywarden.Place{"path": waywarden.InPath, "query": waywarden.InQuery, "body": waywarden.InBody, "resp": waywarden.InResponse}[f[0]]}
	for seg := range strings.SplitSeq(strings.Trim(f[1], "/"), "/") {
		if seg != "" && seg[0] != '{' {
			c.Nouns = append(c.Nouns, Read(seg))
		}
	}
	name, element := strings.CutSuffix(f[2], "[]")
	parts := strings.Split(strings.ReplaceAll(name, "[]", ""), ".")
	c.Name, c.Element = Read(parts[len(parts)-1]), element
	for i := len(parts) - 2; i >= 0; i-- {
		c.Parents = append(c.Parents, Read(parts[i]))
	}
	for b := range strings.FieldsSeq(f[3]) {
		c.Siblings |= Read(b).Concepts()
	}
	var s Stats
	for v := range strings.SplitSeq(f[4], " ; ") {
		v = strings.TrimSpace(v)
		kind := waywarden.ValueText
		if v == "true" || v == "false" {
			kind = waywarden.ValueBool
		} else if n, ok := strings.CutPrefix(v, "#"); ok {
			v, kind = n, waywarden.ValueNumber
		}
		s.Observe(v, kind)
	}
	return Of(c, &s)
}
