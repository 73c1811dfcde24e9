package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/app/twinview"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/risk"
	"github.com/waywarden/waywarden/sensor"
)

// reject keeps a piece of input that could not be decoded.
func (a *analysis) reject(r sensor.Rejection) {
	b, err := json.Marshal(r)
	if err == nil {
		_, err = a.rejected.Write(append(b, '\n'))
	}
	if err != nil && a.failed == nil {
		a.failed = fmt.Errorf("write rejected.ndjson: %w", err)
	}
}

// report writes what is known at the end.
func (a *analysis) report() error {
	f := a.flow
	f.Conclude()
	known := f.Catalog.Report()
	inv := known.Inventory
	graph := f.Values.Graph(inv)
	scales, err := domain.LoadTARA()
	if err != nil {
		return fmt.Errorf("load embedded scales: %w", err)
	}
	risks := f.Scorer.Report(inv, graph, f.Evidence, scales)
	posture := risk.Posture(inv, &risks, f.Hygiene, f.Evidence, a.config.Owners)
	for i := range posture {
		if err := a.events.Weakness(&posture[i]); err != nil {
			return err
		}
	}
	if err := a.twins(); err != nil {
		return err
	}
	if err := a.out.write("callers.ndjson", func(w io.Writer) error { return f.Callers.Write(w, a.last) }); err != nil {
		return err
	}
	a.coverage.finish(f, inv)
	analysis, err := a.tara.Analysis(inv, &risks, a.tally.last)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		v    any
	}{
		{"inventory.json", inv}, {"graph.json", graph}, {"risk.json", risks}, {"tara.json", analysis},
		{"coverage.json", a.coverage}, {"explain.json", known.Why},
	} {
		if err := a.out.json(file.name, file.v); err != nil {
			return err
		}
	}
	if err := a.openapi(known.Described); err != nil {
		return err
	}
	a.summarise(inv, len(posture))
	return nil
}

// twins writes every twin as it stood at the end.
func (a *analysis) twins() error {
	return a.out.write("twins.ndjson", func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		var failed error
		a.flow.Twins.Each(func(t waywarden.Twin) {
			if failed == nil {
				failed = e.Encode(twinview.LineOf(t))
			}
			a.coverage.links += int64(len(t.Links))
		})
		return failed
	})
}

// topMax is how many endpoints and findings the summary names.
const topMax = 12

func (a *analysis) summarise(inv *waywarden.Inventory, posture int) {
	s := &a.summary
	c := a.coverage
	s.Records, s.HTTP, s.Rejected, s.Late = c.Read, c.calls, c.Rejected, c.Late
	s.Hosts, s.Probes, s.Posture, s.Out = len(inv.Hosts), len(inv.Probes), posture, a.o.Out
	s.Findings, s.TopFindings, s.Incidents = a.tally.findings(topMax)
	s.Blind = c.sentences()
	es := slices.Clone(inv.Endpoints)
	for _, e := range es {
		s.Shadow += one(e.Status, "shadow")
		s.Zombie += one(e.Status, "zombie")
		s.Orphans += one(e.Status, "orphan")
	}
	s.Endpoints = len(es) - s.Orphans
	slices.SortStableFunc(es, func(x, y waywarden.Endpoint) int { return cmp.Compare(y.Risk.Score, x.Risk.Score) })
	for _, e := range es {
		if e.Count == 0 || len(s.Top) == topMax {
			continue
		}
		s.Top = append(s.Top, top(e))
	}
}

func one(in []string, s string) int {
	if slices.Contains(in, s) {
		return 1
	}
	return 0
}

func top(e waywarden.Endpoint) TopEndpoint {
	t := TopEndpoint{
		Method: e.Method, Host: e.Host, Template: e.Template, Class: e.Function.Class, Access: string(e.Access), Auth: e.Authentication.Required, Risk: e.Risk.Score,
	}
	if e.Discriminator != nil {
		t.Discriminator = e.Discriminator.Name + "=" + e.Discriminator.Value
	}
	if len(e.Status) > 0 {
		t.Status = e.Status[0]
	}
	return t
}

// A tally keeps the last word on each finding, for the summary and the TARA. It is a notifier like any other.
type tally struct {
	last      map[string]*waywarden.Finding
	incidents map[string]bool
}

func newTally() *tally {
	return &tally{last: map[string]*waywarden.Finding{}, incidents: map[string]bool{}}
}

// Finding implements notify.Notifier.
func (t *tally) Finding(_ context.Context, f *waywarden.Finding) error {
	kept := *f
	t.last[f.UID] = &kept
	return nil
}

// Incident implements notify.Notifier.
func (t *tally) Incident(_ context.Context, i *waywarden.Incident) error {
	t.incidents[i.UID] = true
	return nil
}

// findings counts those not withdrawn by severity and returns the n gravest.
func (t *tally) findings(n int) (counts map[waywarden.Severity]int, gravest []waywarden.Finding, incidents int) {
	counts = map[waywarden.Severity]int{}
	for _, f := range t.last {
		if f.Activity == waywarden.ActivityClose {
			continue
		}
		counts[f.Severity]++
		gravest = append(gravest, *f)
	}
	slices.SortFunc(gravest, func(a, b waywarden.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Risk.Score, a.Risk.Score), a.At.Compare(b.At), cmp.Compare(a.UID, b.UID))
	})
	return counts, gravest[:min(n, len(gravest))], len(t.incidents)
}
