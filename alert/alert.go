// Package alert turns findings into as few incidents as a person needs.
//
// Findings of one party are one incident while they follow each other within a window of event time: the same
// principal; or, where nobody signed in, the same network address. A finding of neither stands alone. An incident is
// told when it begins and whenever a finding joins it or raises its severity.
package alert

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// Options are the developer's settings.
type Options struct {
	Window      time.Duration // of event time within which a party's next finding joins its incident
	FindingsMax int           // findings an incident lists; later ones still raise it
	OpenMax     int           // incidents kept open; the one longest quiet is closed to new findings first
}

// Default returns settings for one operator.
func Default() Options {
	return Options{Window: 24 * time.Hour, FindingsMax: 1000, OpenMax: 100_000}
}

// A Book keeps the open incidents. It belongs to one goroutine.
type Book struct {
	o     Options
	open  map[string]*incident // by party
	of    map[string]*incident // by finding UID
	Ended int64                // incidents no longer open to new findings because of OpenMax
}

type incident struct {
	waywarden.Incident
	party    string
	last     time.Time
	affected map[waywarden.Resource]bool
}

// New returns an empty book.
func New(o Options) *Book {
	return &Book{o: o, open: map[string]*incident{}, of: map[string]*incident{}}
}

// Raise files a finding and returns the incident it belongs to if there is something new to tell, or nil.
func (b *Book) Raise(f *waywarden.Finding) *waywarden.Incident {
	if f.Severity <= waywarden.SeverityInformational {
		return nil
	}
	in, known := b.of[f.UID]
	if !known {
		in = b.join(f)
	}
	changed := !known
	in.last = f.At
	if f.Severity > in.Severity {
		in.Severity, changed = f.Severity, true
	}
	for _, r := range f.Resources {
		if !in.affected[r] {
			in.affected[r] = true
			in.Affected = append(in.Affected, r)
		}
	}
	in.Risk.Score = max(in.Risk.Score, f.Risk.Score)
	if !changed {
		return nil
	}
	in.At = f.At
	out := in.Incident
	out.Findings, out.Affected = slices.Clone(in.Findings), slices.Clone(in.Affected)
	slices.SortFunc(out.Affected, func(x, y waywarden.Resource) int {
		return cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.UID, y.UID))
	})
	in.Activity = waywarden.ActivityUpdate
	return &out
}

// join adds a finding to its party's open incident, or opens one.
func (b *Book) join(f *waywarden.Finding) *incident {
	party := partyOf(f)
	in := b.open[party]
	if in == nil || f.At.Sub(in.last) > b.o.Window {
		in = &incident{party: party, affected: map[waywarden.Resource]bool{}}
		in.UID = "inc-" + strconv.FormatUint(xxh3.HashString(party+"\x00"+f.UID), 36)
		in.Activity, in.Title = waywarden.ActivityCreate, f.Title
		b.evict()
		b.open[party] = in
	}
	if len(in.Findings) < b.o.FindingsMax {
		in.Findings = append(in.Findings, f.UID)
		b.of[f.UID] = in
	}
	return in
}

// evict closes the incident longest quiet when there are too many.
func (b *Book) evict() {
	if len(b.open) < b.o.OpenMax {
		return
	}
	var oldest *incident
	for _, in := range b.open {
		if oldest == nil || in.last.Before(oldest.last) || in.last.Equal(oldest.last) && in.UID < oldest.UID {
			oldest = in
		}
	}
	delete(b.open, oldest.party)
	for _, uid := range oldest.Findings {
		delete(b.of, uid)
	}
	b.Ended++
}

// partyOf names whoever is behind a finding, as far as it is known.
func partyOf(f *waywarden.Finding) string {
	if f.Principal.UID != "" {
		return "principal " + strings.Clone(f.Principal.UID)
	}
	if len(f.Evidence) > 0 && f.Evidence[0].IP != "" {
		return "address " + strings.Clone(f.Evidence[0].IP)
	}
	return "finding " + f.UID
}
