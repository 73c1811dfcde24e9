package progress

import (
	"strings"
	"testing"
	"time"
)

// clock is a hand-moved clock.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func TestBar(t *testing.T) {
	var b strings.Builder
	c := &clock{time.Unix(0, 0)}
	r := New(Options{W: &b, Bar: true, Width: 100, Now: c.read})
	r.Update(1, 100, 1) // too early to be told
	if b.Len() != 0 {
		t.Errorf("told at once: %q", b.String())
	}
	c.now = c.now.Add(2 * time.Second)
	r.Update(25, 100, 5000)
	want := "\r[======                  ]  25%  5k records, 2.5k/s, 6s left"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
	b.Reset()
	r.Done()
	if got := b.String(); strings.Trim(got, "\r ") != "" || len(got) != len(want)+1 {
		t.Errorf("the bar is not wiped: %q", got)
	}
}

func TestBarFits(t *testing.T) {
	var b strings.Builder
	c := &clock{time.Unix(0, 0)}
	r := New(Options{W: &b, Bar: true, Width: 40, Now: c.read})
	c.now = c.now.Add(time.Second)
	r.Update(50, 100, 123456)
	if n := len(strings.TrimPrefix(b.String(), "\r")); n > 39 {
		t.Errorf("%d columns on a terminal of 40: %q", n, b.String())
	}
}

func TestLines(t *testing.T) {
	var b strings.Builder
	c := &clock{time.Unix(0, 0)}
	r := New(Options{W: &b, Now: c.read})
	for range 25 {
		c.now = c.now.Add(time.Second)
		r.Update(0, 0, 1_500_000) // of unknown size
	}
	r.Done()
	if got, want := b.String(), "1.5M records, 150k/s\n1.5M records, 75k/s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
