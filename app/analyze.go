package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/alert"
	"github.com/waywarden/waywarden/app/rulefile"
	"github.com/waywarden/waywarden/app/tarafile"
	"github.com/waywarden/waywarden/catalog"
	"github.com/waywarden/waywarden/catalog/spec"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/crs"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/heap"
	"github.com/waywarden/waywarden/notify"
	"github.com/waywarden/waywarden/notify/ocsf"
	"github.com/waywarden/waywarden/risk"
	"github.com/waywarden/waywarden/risk/graph"
	"github.com/waywarden/waywarden/risk/reach"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/twin"
)

// Analyze reads recorded traffic as the live service would see it and writes the files of the contract.
//
// An error that is an [InputError] is about what was asked for; any other is a failure of ours or of the disk.
func Analyze(ctx context.Context, o AnalyzeOptions) (Summary, error) {
	began := time.Now()
	a, err := newAnalysis(o)
	if err != nil {
		return Summary{}, err
	}
	err = errors.Join(a.run(ctx), a.out.close())
	if err != nil {
		return Summary{}, asInput(err)
	}
	a.summary.Elapsed = time.Since(began)
	return a.summary, nil
}

// asInput marks what the user can cure.
func asInput(err error) error {
	if errors.Is(err, sensor.ErrUnreadable) {
		return &InputError{Err: err}
	}
	return err
}

// An analysis is one run.
type analysis struct {
	o        AnalyzeOptions
	config   Config
	out      *output
	flow     *Flow
	coverage *coverage
	events   *ocsf.Writer
	rejected io.Writer
	tally    *tally
	heap     *heap.Pacer
	tara     *tarafile.Work
	last     time.Time // event time of the latest record
	failed   error     // of writing rejected.ndjson
	summary  Summary
}

func newAnalysis(o AnalyzeOptions) (*analysis, error) {
	config, err := LoadConfig(o.Config)
	if err != nil {
		return nil, &InputError{Err: err}
	}
	know, err := domain.Load()
	if err != nil {
		return nil, fmt.Errorf("load embedded knowledge: %w", err)
	}
	specs, err := loadSpecs(o)
	if err != nil {
		return nil, &InputError{Err: err, Next: "give OpenAPI files, or directories of them, with --spec"}
	}
	work, err := tarafile.Open(cmp.Or(o.TARA, config.TARA), know)
	if err != nil {
		return nil, err
	}
	detectors, err := detectors(&config, o, know)
	if err != nil {
		return nil, err
	}
	a := &analysis{o: o, config: config, coverage: newCoverage(specs != nil), tally: newTally(), heap: heap.New(), tara: work}
	if a.out, err = openOutput(o.Out); err != nil {
		return nil, &InputError{Err: err}
	}
	if err := a.openStreams(); err != nil {
		return nil, &InputError{Err: err}
	}
	co := catalog.Default()
	co.Specs = specs
	config.apply(&co)
	a.flow = newFlow(know, co, slices.Concat(detectors, work.Makers()), config.Risk, a.events, a.tally)
	return a, nil
}

// newFlow puts the stages together.
func newFlow(know *domain.Knowledge, co catalog.Options, detectors []detect.Maker, weights risk.Weights, tell ...notify.Notifier) *Flow {
	to := twin.Default()
	to.Knowledge = know
	return &Flow{
		Catalog: catalog.New(co, know), Twins: twin.New(to), Detectors: detect.New(detect.Default(), detectors...),
		Values: graph.New(graph.Default(), know), Evidence: risk.NewEvidence(risk.DefaultEvidence()),
		Hygiene: risk.NewHygiene(risk.DefaultEvidence()), Callers: reach.NewCallers(reach.DefaultCallers()),
		Scorer: risk.NewScorer(functions{know}, weights), Incidents: alert.New(alert.Default()), Notifiers: tell,
	}
}

// detectors are the built-in ones, those that are optional and asked for, and, where there are any, the user's own rules.
func detectors(c *Config, o AnalyzeOptions, know *domain.Knowledge) ([]detect.Maker, error) {
	makers := exact()
	if c.CRS || o.CRS {
		rules, err := crs.Load()
		if err != nil {
			return nil, err
		}
		makers = append(makers, rules.Maker())
	}
	profiles := c.Profiles.Makers()
	paths := slices.Concat(c.Rules, o.Rules)
	if len(paths) == 0 {
		return append(makers, profiles...), nil
	}
	rules, err := rulefile.Maker(paths, rulefile.Knowledge(know, slices.Concat(makers, profiles)))
	if err != nil {
		return nil, asInput(err)
	}
	return append(append(makers, rules), profiles...), nil
}

// loadSpecs loads the documented APIs. A broken specification does not stop the run: it is named, and the others count.
func loadSpecs(o AnalyzeOptions) (*spec.Set, error) {
	if len(o.Specs) == 0 {
		return nil, nil
	}
	set, problems, err := spec.Load(o.Specs)
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		o.Log.Warn("specification not read whole", "file", p.File, "line", p.Line, "reason", p.Reason, "advice", p.Advice)
	}
	return set, nil
}

func (a *analysis) openStreams() error {
	a.events = &ocsf.Writer{Version: Version()}
	for name, to := range map[string]*io.Writer{
		"findings.ndjson": &a.events.Findings, "incidents.ndjson": &a.events.Incidents, "posture.ndjson": &a.events.Posture, "rejected.ndjson": &a.rejected,
	} {
		w, err := a.out.stream(name)
		if err != nil {
			return err
		}
		*to = w
	}
	return nil
}

func (a *analysis) run(ctx context.Context) error {
	files := sensor.FilesOptions{
		Paths: a.o.Files, Formats: Formats(), Format: a.o.Format, Reorder: a.config.Reorder,
		OnReject: a.reject, OnCount: a.coverage.count,
	}
	if a.o.Progress != nil {
		files.Progress = func(done, total int64) { a.o.Progress(done, total, a.coverage.Read) }
	}
	if err := sensor.Files(ctx, files, a.handle); err != nil {
		return err
	}
	if err := a.flow.Finish(ctx, a.last); err != nil {
		return err
	}
	return errors.Join(a.failed, a.report())
}

func (a *analysis) handle(ctx context.Context, records ...*waywarden.Record) error {
	for _, rec := range records {
		a.coverage.observe(rec)
		if rec.At.After(a.last) {
			a.last = rec.At
		}
	}
	a.heap.Tend(len(records))
	return a.flow.Handle(ctx, records...)
}

// functions gives the scorer what the taxonomy knows.
type functions struct{ know *domain.Knowledge }

// Enables implements risk.Functions.
func (f functions) Enables(a, b string) bool { return f.know.Enables(a, b) }

// Impacts implements risk.Functions.
func (f functions) Impacts(class string) []risk.StateImpact {
	c := f.know.Class(class)
	if c == nil {
		return nil
	}
	out := make([]risk.StateImpact, 0, len(c.Impacts))
	for _, i := range c.Impacts {
		out = append(out, risk.StateImpact(i))
	}
	return out
}
