package rule

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Limits of a window.
const (
	exactMax    = 128 // calls of a key that are told apart; beyond, those of a 64th of the window are counted together
	evidenceMax = 20  // calls of a key that are remembered as evidence, the latest
)

// A counting is one key's calls in a window, the oldest first.
type counting struct {
	ticks    []tick // of a count
	values   []seen // of a count of different values
	evidence []proof
	cited    bool // what is remembered was already cited
}

// A tick is calls of about one moment, which leave together when the first of them does.
type tick struct {
	at int64
	n  int32
}

// seen is when a value was last there.
type seen struct {
	value uint64
	at    int64
}

// A proof is a call with the asset it was about.
type proof struct {
	at       int64
	evidence waywarden.Evidence
	resource waywarden.Resource
}

// add counts a call and returns how many there are within the window that ends with it.
func (c *counting) add(now int64, within time.Duration) int {
	c.expire(now, within)
	last := len(c.ticks) - 1
	if len(c.ticks) >= exactMax && now-c.ticks[last].at < int64(within)/64 {
		c.ticks[last].n++
	} else {
		c.ticks = append(c.ticks, tick{now, 1})
	}
	return c.count()
}

func (c *counting) count() int {
	n := 0
	for _, t := range c.ticks {
		n += int(t.n)
	}
	return n
}

// addValue counts a value and returns how many different ones there are, at most limit.
func (c *counting) addValue(v uint64, now int64, within time.Duration, limit int) int {
	c.expire(now, within)
	if i := slices.IndexFunc(c.values, func(s seen) bool { return s.value == v }); i >= 0 {
		c.values = slices.Delete(c.values, i, i+1)
	} else if len(c.values) >= limit {
		c.values = slices.Delete(c.values, 0, 1)
	}
	c.values = append(c.values, seen{v, now})
	return len(c.values)
}

// expire forgets what has left the window.
func (c *counting) expire(now int64, within time.Duration) {
	start := now - int64(within)
	i := 0
	for i < len(c.ticks) && c.ticks[i].at < start {
		i++
	}
	c.ticks = slices.Delete(c.ticks, 0, i)
	i = 0
	for i < len(c.values) && c.values[i].at < start {
		i++
	}
	c.values = slices.Delete(c.values, 0, i)
	i = 0
	for i < len(c.evidence) && c.evidence[i].at < start {
		i++
	}
	c.evidence = slices.Delete(c.evidence, 0, i)
	if len(c.evidence) == 0 {
		c.cited = false
	}
}

// remember keeps a call as evidence.
func (c *counting) remember(p proof) {
	if len(c.evidence) >= evidenceMax {
		c.evidence = slices.Delete(c.evidence, 1, 2) // the first one shows when it began
	}
	c.evidence = append(c.evidence, p.own())
}

// own copies what would keep a record alive.
func (p proof) own() proof {
	e := &p.evidence
	e.Record, e.Principal, e.IP, p.resource.UID = strings.Clone(e.Record), strings.Clone(e.Principal), strings.Clone(e.IP), strings.Clone(p.resource.UID)
	return p
}

// proofOf makes evidence of what the scope shows.
func proofOf(s *scope) proof {
	p := proof{at: s.scene.Now.UnixNano(), evidence: detect.EvidenceOf(s.scene)}
	if t := s.subjectType(); t != "" {
		p.resource = waywarden.Resource{Type: t, UID: s.subjectID()}
	}
	return p
}
