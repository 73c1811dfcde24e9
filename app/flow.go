// Package app puts the parts together and owns their life: the only package that knows them all.
package app

import (
	"context"
	"fmt"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/alert"
	"github.com/waywarden/waywarden/catalog"
	"github.com/waywarden/waywarden/catalog/function"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/notify"
	"github.com/waywarden/waywarden/risk"
	"github.com/waywarden/waywarden/risk/graph"
	"github.com/waywarden/waywarden/risk/reach"
	"github.com/waywarden/waywarden/twin"
)

// A Flow is the way of a record from a sensor to those who are told. It belongs to one goroutine.
type Flow struct {
	Catalog   *catalog.Catalog
	Twins     *twin.Twins
	Detectors *detect.Engine
	Values    *graph.Flow
	Evidence  *risk.Evidence
	Hygiene   *risk.Hygiene
	Callers   *reach.Callers
	Scorer    *risk.Scorer
	Incidents *alert.Book
	Notifiers []notify.Notifier
}

// Handle takes records all the way, in the order given. It is the whole data path.
func (f *Flow) Handle(ctx context.Context, records ...*waywarden.Record) error {
	for _, rec := range records {
		call := f.Catalog.Resolve(rec)        // which call is it, and who calls?
		for _, j := range f.Catalog.Joins() { // who turned out to be whom?
			f.Twins.Rename(j.From, j.Into)
			f.Callers.Rename(j.From, j.Into)
		}
		f.Values.Learn(call)                                            // whose answer made it possible?
		scene := f.Twins.Observe(rec, call)                             // what was the world like?
		f.Evidence.Learn(scene)                                         // who gets what served, in which state?
		f.Hygiene.Learn(call)                                           // how carefully?
		f.Callers.Learn(call)                                           // who can do what?
		if err := f.tell(ctx, f.Detectors.Inspect(scene)); err != nil { // what is wrong?
			return fmt.Errorf("record %s: %w", rec.ID, err)
		}
	}
	return nil
}

// Conclude tells catalog and evidence what was seen to follow the calls of each operation.
func (f *Flow) Conclude() {
	for _, x := range f.Twins.Effects() {
		seen := function.Seen{Calls: x.Calls - x.Refused - x.Rejected}
		for _, c := range x.Changes {
			seen.Changes = append(seen.Changes, function.Change(c))
		}
		f.Catalog.Saw(x.Operation.ID, seen)
		f.Evidence.Followed(x.Operation.ID, risk.Moving{Asked: x.AskedMoving, Refused: x.RefusedMoving, Rejected: x.ToldMoving})
	}
}

// Finish lets every open verdict fall, now being the time of the last record.
func (f *Flow) Finish(ctx context.Context, now time.Time) error {
	return f.tell(ctx, f.Detectors.Flush(now))
}

// tell rates what was found, files it, and tells everyone.
func (f *Flow) tell(ctx context.Context, found []waywarden.Finding) error {
	for i := range found {
		finding := &found[i]
		f.Evidence.Found(finding)
		f.Callers.Heed(finding)
		f.Twins.Heed(finding)                  // what is wrong must not become normal
		finding.Risk = f.Scorer.Rate(finding)  // how bad is it?
		incident := f.Incidents.Raise(finding) // does anyone know yet?
		for _, n := range f.Notifiers {        // tell them
			if err := n.Finding(ctx, finding); err != nil {
				return fmt.Errorf("tell of %s: %w", finding.UID, err)
			}
			if incident == nil {
				continue
			}
			if err := n.Incident(ctx, incident); err != nil {
				return fmt.Errorf("tell of %s: %w", incident.UID, err)
			}
		}
	}
	return nil
}
