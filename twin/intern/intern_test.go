package intern

import "testing"

func TestTexts(t *testing.T) {
	x := NewTexts()
	a, b := x.Hold("ON"), x.Hold("OFF")
	if a == b || x.Hold("ON") != a || x.Value(a) != "ON" || x.Hold("") != 0 {
		t.Fatal("a text has one place")
	}
	x.Release(x.Again(a))
	x.Release(a)
	if x.Value(a) != "ON" {
		t.Error("dropped while it was held")
	}
	x.Release(a)
	if c := x.Hold("START"); c != a || x.Value(c) != "START" || x.Value(b) != "OFF" {
		t.Error("a free place is taken again")
	}
}

func TestGlossary(t *testing.T) {
	g := NewGlossary()
	for i := range namesMax {
		if n, ok := g.Number(string(rune('a'+i%26)) + string(rune(i+1000))); !ok || int(n) != i {
			t.Fatalf("name %d has number %d", i, n)
		}
	}
	if _, ok := g.Number("one too many"); ok {
		t.Error("no limit")
	}
	if _, ok := g.Find("one too many"); ok {
		t.Error("it was kept")
	}
}
