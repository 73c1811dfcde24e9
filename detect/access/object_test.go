package access

import (
	"slices"
	"testing"

	"github.com/waywarden/waywarden/detect"
)

// TestNorm: what breaks the norm of the peers, and what does not.
func TestNorm(t *testing.T) {
	for _, c := range []struct {
		name                   string
		m                      norm
		n                      int
		learned, listed, taken bool
		want                   bool
	}{
		{"one object, spotless peers", norm{callers: 80}, 1, true, true, true, true},
		{"one object that is nobody's", norm{callers: 80}, 1, true, true, false, false},
		{"one object, few peers", norm{callers: 40}, 1, true, true, true, false},
		{"two objects, few peers", norm{callers: 40}, 2, true, true, false, true},
		{"two objects where one in ten strays", norm{callers: 100, first: 10}, 2, true, true, true, false},
		{"five objects, own list unknown", norm{callers: 300}, 5, true, false, true, true},
		{"four objects, own list unknown", norm{callers: 300}, 4, true, false, true, false},
		{"many where each has one", norm{callers: 30, first: 30}, 5, true, true, true, true},
		{"many where each has one and nothing is linked", norm{callers: 30, first: 30}, 5, false, true, true, false},
		{"many where another has many", norm{callers: 30, first: 30, second: 1, tail: 1}, 5, true, true, true, false},
		{"dealers", norm{callers: 30, first: 30, second: 30, tail: 30}, 8, true, false, true, false},
	} {
		if got := c.m.broken(c.n, c.learned, c.listed, c.taken); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	m := norm{callers: 2}
	m.pool(norm{callers: 600, first: 60, second: 6})
	if m.callers != 62 || m.first != 6 || m.second < 0.59 || m.second > 0.61 {
		t.Errorf("pooled %+v", m)
	}
}

// TestAccidents holds that a large group's accidents are told a few times only, and that a caller who goes further is.
func TestAccidents(t *testing.T) {
	stories, err := detect.ReadStories([]byte(`-- fire/accidents --
want high
call "GET api.example/v1/vehicles/{vin}/location" repeat=1900 class=read.location.current by=u{i} names=vin:V{i} link=user
call "GET api.example/v1/vehicles/{vin}/location" repeat=9 class=read.location.current by=u{i} names=vin:V9{i} owner=u9{i} listed=user
call "GET api.example/v1/vehicles/{vin}/location" class=read.location.current by=u9 names=vin:V777 owner=u777 listed=user
`))
	if err != nil {
		t.Fatal(err)
	}
	found, err := stories[0].Play(ForeignObject)
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, f := range found {
		who = append(who, f.Principal.UID)
	}
	if want := []string{"u1", "u2", "u3", "u9"}; !slices.Equal(who, want) {
		t.Errorf("reported %v, want %v", who, want)
	}
}
