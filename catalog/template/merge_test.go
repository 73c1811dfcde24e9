package template

import (
	"fmt"
	"slices"
	"testing"
)

// Partitions that each saw a part of the calls decide, once merged, what one learner that saw all of them decides; in
// whatever order they are merged. Every cell of the other is told its place.
func TestMergeIsAsIfLearnedTogether(t *testing.T) {
	paths := func(part int) []string {
		var list []string
		for i := part; i < 600; i += 3 {
			vin := fmt.Sprintf("WVWZZZ1KZ%08d", 10000000+i*37%977)
			list = append(list, "/v1/vehicles/"+vin+"/lock", "/v1/vehicles/"+vin+"/unlock", "/v1/vehicles",
				fmt.Sprintf("/v1/trips/%d.json", i*7919), fmt.Sprintf("/v1/accounts/u-%x/trips", i*104729))
		}
		return list
	}
	learn := func(parts ...int) (*Learner, map[string]Cell) {
		l, cells := New(Default()), map[string]Cell{}
		for _, p := range parts {
			for _, path := range paths(p) {
				cells[path] = l.Observe(Sample{Method: "GET", Path: path, Status: 200})
			}
		}
		return l, cells
	}
	decided := func(l *Learner) (texts []string) {
		for _, x := range l.Templates() {
			texts = append(texts, fmt.Sprint(x.Text, " ", x.Count))
		}
		return texts
	}
	whole, _ := learn(0, 1, 2)
	want := decided(whole)
	if len(want) != 5 {
		t.Fatalf("learned together: %q", want)
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}, {1, 2, 0}} {
		l, _ := learn(order[0])
		for _, p := range order[1:] {
			o, theirs := learn(p)
			moved := l.Merge(o)
			for path, c := range theirs {
				if o.node(c) == nil {
					continue // folded there already: its calls came along with what took them in
				}
				to, ok := moved[c]
				if !ok || l.Template(to) == nil {
					t.Fatalf("%v: %s has no place in the whole", order, path)
				}
			}
		}
		if got := decided(l); !slices.Equal(got, want) {
			t.Errorf("%v:\n got %q\nwant %q", order, got, want)
		}
	}
}
