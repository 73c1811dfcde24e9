// Package progress tells a person how far a long job is: a bar that redraws itself on a terminal, a plain line now and
// then elsewhere.
package progress

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// How often is told, on a terminal and elsewhere.
const (
	everyBar  = 100 * time.Millisecond
	everyLine = 10 * time.Second
)

const barCells = 24

// Options say where and how to report.
type Options struct {
	W     io.Writer
	Bar   bool // W is a terminal: redraw one line
	Width int  // columns of the terminal; 0: 80
	Now   func() time.Time
}

// A Reporter reports on one job. It belongs to one goroutine.
type Reporter struct {
	o     Options
	start time.Time
	last  time.Time
	drawn int // columns of the line on the screen
}

// New returns a Reporter of a job that begins now.
func New(o Options) *Reporter {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Width <= 0 {
		o.Width = 80
	}
	now := o.Now()
	return &Reporter{o: o, start: now, last: now}
}

// Update takes note of done of total bytes (total 0: not known) and of the records handled, and reports when it is time.
func (r *Reporter) Update(done, total, records int64) {
	now := r.o.Now()
	every := everyLine
	if r.o.Bar {
		every = everyBar
	}
	if now.Sub(r.last) < every {
		return
	}
	r.last = now
	line := r.line(done, total, records, now.Sub(r.start))
	if !r.o.Bar {
		fmt.Fprintln(r.o.W, line)
		return
	}
	if n := r.o.Width - 1; len([]rune(line)) > n {
		line = string([]rune(line)[:n])
	}
	n := len([]rune(line))
	fmt.Fprintf(r.o.W, "\r%s%s", line, strings.Repeat(" ", max(0, r.drawn-n)))
	r.drawn = n
}

// Done wipes the bar, so that what follows begins on a clean line.
func (r *Reporter) Done() {
	if r.drawn > 0 {
		fmt.Fprintf(r.o.W, "\r%s\r", strings.Repeat(" ", r.drawn))
		r.drawn = 0
	}
}

func (r *Reporter) line(done, total, records int64, elapsed time.Duration) string {
	rate := float64(records) / max(elapsed.Seconds(), 1e-9)
	tail := fmt.Sprintf("%s records, %s/s", count(float64(records)), count(rate))
	if total <= 0 || done <= 0 {
		return tail
	}
	share := min(float64(done)/float64(total), 1)
	eta := time.Duration(float64(elapsed) * (1 - share) / share).Round(time.Second)
	line := fmt.Sprintf("%3.0f%%  %s, %s left", 100*share, tail, eta)
	if !r.o.Bar {
		return strings.TrimSpace(line)
	}
	full := int(share * barCells)
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", barCells-full) + "] " + line
}

// count writes a number with three digits that count.
func count(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.3gM", n/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.3gk", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}
