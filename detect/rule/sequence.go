package rule

import (
	"slices"
	"time"
)

// A progress is how far the calls of one key have come in a sequence: at i, the latest run of calls that completes its
// first i+1 places. A step that wants several calls has as many places.
type progress struct{ runs []run }

// A run is calls that completed the first places of a sequence.
type run struct {
	start    int64 // of its first call; 0 for none
	kept     []string
	evidence []proof
}

// step moves on all runs that wait for a call of the given places, the furthest first, so that one call is one place.
// It returns the run that is complete now, or nil.
func (p *progress) step(first, last, total int, now int64, within time.Duration, proved proof, keep func(kept []string) []string) *run {
	if p.runs == nil {
		p.runs = make([]run, total)
	}
	var done *run
	for i := last; i >= first; i-- {
		next := run{start: now}
		if i > 0 {
			r := &p.runs[i-1]
			if r.start == 0 || now-r.start > int64(within) || r.start < p.runs[i].start {
				continue
			}
			next = run{start: r.start, kept: r.kept, evidence: r.evidence}
		}
		next.kept = keep(next.kept)
		next.evidence = append(slices.Clip(next.evidence), proved)
		if i == total-1 {
			done = &next
			continue
		}
		p.runs[i] = next
	}
	if done != nil {
		p.breaks() // the same calls are not told of twice
	}
	return done
}

// breaks says that something came between.
func (p *progress) breaks() { clear(p.runs) }
