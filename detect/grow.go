package detect

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// A growing is a finding that can still change.
type growing struct {
	f        waywarden.Finding
	subjects []uint64 // of the evidence, in its order
	seen     int      // evidence so far, beyond what is kept
	told     int      // evidence when it was last told
	assets   int      // resources when it was last told
	changed  bool     // something was retracted since it was last told
	closed   bool
}

func (g *growing) dirty() bool { return !g.closed && (g.changed || g.seen != g.told) }

// raise opens a finding or lets it grow.
func (e *Engine) raise(d int, r *Report, ev []waywarden.Evidence, now time.Time) {
	if len(ev) == 0 {
		return
	}
	c := e.card(d, r)
	if c.Analytic != waywarden.AnalyticStatistical && r.Severity > waywarden.SeverityInformational {
		e.accuse(r, ev, now)
	}
	slot := e.open.At(Key(c.ID, r.Group))
	g := *slot
	if g == nil || g.closed {
		g = e.begin(d, r, ev[0], now)
		*slot = g
	}
	worse := r.Severity > g.f.Severity
	g.cite(ev, Key(r.Subject), e.o.EvidenceMax)
	g.hit(r.Resources, e.o.ResourcesMax)
	if worse || g.told == 0 || r.Severity == g.f.Severity {
		g.describe(r)
	}
	switch {
	case g.told == 0:
		e.tell(g, waywarden.ActivityCreate, now)
	case worse || g.seen >= 2*g.told || len(g.f.Resources) >= 2*max(1, g.assets):
		e.tell(g, waywarden.ActivityUpdate, now)
	}
}

// begin makes a finding. Its UID is the same whenever the same records are read again.
func (e *Engine) begin(d int, r *Report, first waywarden.Evidence, now time.Time) *growing {
	c := e.card(d, r)
	g := &growing{f: waywarden.Finding{
		UID: "f-" + strconv.FormatUint(Key(c.ID, r.Group, first.Record), 36), Detector: c.ID, Analytic: c.Analytic, First: now,
		Types: c.Types, Respond: c.Respond, Operation: r.Operation, Principal: Own(r.Principal),
	}}
	if r.Types != nil {
		g.f.Types = cloneAll(r.Types)
	}
	if !r.First.IsZero() {
		g.f.First = r.First
	}
	return g
}

// describe takes over what the report says; the worst report speaks, of equal ones the last.
func (g *growing) describe(r *Report) {
	g.f.Severity, g.f.Confidence = r.Severity, max(r.Confidence, g.f.Confidence)
	g.f.Title, g.f.Desc = strings.Clone(r.Title), strings.Clone(r.Desc)
	g.f.Facts = slices.Clone(r.Facts)
	for i := range g.f.Facts {
		f := &g.f.Facts[i]
		f.Observed, f.Normal = strings.Clone(f.Observed), strings.Clone(f.Normal)
	}
}

// cite adds evidence: at the limit the last place is taken over again and again.
func (g *growing) cite(ev []waywarden.Evidence, subject uint64, limit int) {
	for _, x := range ev {
		if n := len(g.f.Evidence); n > 0 && g.f.Evidence[n-1].Record == x.Record {
			continue
		}
		g.seen++
		x.Record, x.Principal, x.IP = strings.Clone(x.Record), strings.Clone(x.Principal), strings.Clone(x.IP)
		if len(g.f.Evidence) >= limit {
			g.f.Evidence[limit-1], g.subjects[limit-1] = x, subject
			continue
		}
		g.f.Evidence = append(g.f.Evidence, x)
		g.subjects = append(g.subjects, subject)
	}
}

func (g *growing) hit(rs []waywarden.Resource, limit int) {
	for _, r := range rs {
		if len(g.f.Resources) >= limit {
			return
		}
		if !slices.Contains(g.f.Resources, r) {
			r.UID = strings.Clone(r.UID)
			g.f.Resources = append(g.f.Resources, r)
		}
	}
}

// retract takes evidence back; without any left the finding is closed.
func (e *Engine) retract(d int, group, subject, why string, now time.Time) {
	slot := e.open.Peek(Key(e.cards[d].ID, group))
	if slot == nil || (*slot).closed {
		return
	}
	g, k := *slot, Key(subject)
	kept := g.f.Evidence[:0:0]
	var subjects []uint64
	for i, x := range g.f.Evidence {
		if g.subjects[i] != k {
			kept, subjects = append(kept, x), append(subjects, g.subjects[i])
		}
	}
	if len(kept) == len(g.f.Evidence) {
		return
	}
	if len(kept) == 0 {
		g.f.Desc += " Withdrawn: " + why
		e.tell(g, waywarden.ActivityClose, now)
		g.closed = true
		return
	}
	g.seen -= len(g.f.Evidence) - len(kept)
	g.f.Evidence, g.subjects, g.changed = kept, subjects, true
	g.f.Resources = slices.DeleteFunc(g.f.Resources, func(r waywarden.Resource) bool { return r.UID == subject })
}

// tell hands out a copy of the finding as it stands.
func (e *Engine) tell(g *growing, a waywarden.Activity, now time.Time) {
	g.told, g.assets, g.changed = g.seen, len(g.f.Resources), false
	f := g.f
	f.Activity, f.At = a, now
	f.Evidence, f.Resources, f.Facts = slices.Clone(f.Evidence), slices.Clone(f.Resources), slices.Clone(f.Facts)
	e.out = append(e.out, f)
}
