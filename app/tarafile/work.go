// Package tarafile keeps the threat analysis of a run: it proposes rows from what was seen, puts what people decided in
// their own file over them, and has the commands about both.
package tarafile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/risk"
	"github.com/waywarden/waywarden/tara"
)

// A Work is the threat analysis of one run.
type Work struct {
	path   string
	file   *tara.File // nil when people have none
	know   *domain.Knowledge
	scales *domain.TARA
}

// Open reads the file of what people decided; "" for none.
func Open(path string, know *domain.Knowledge) (*Work, error) {
	scales, err := domain.LoadTARA()
	if err != nil {
		return nil, fmt.Errorf("load embedded scales: %w", err)
	}
	w := &Work{path: path, know: know, scales: scales}
	if path == "" {
		return w, nil
	}
	w.file, err = readFile(path)
	return w, err
}

func readFile(path string) (*tara.File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &advice.Error{Err: fmt.Errorf("read the TARA file: %w", err), Next: "give an existing file with --tara; waywarden tara import makes one"}
	}
	f, err := tara.ReadFile(path, text)
	if err != nil {
		return nil, &advice.Error{Err: err, Next: "docs/tara.md shows the form of the file"}
	}
	return f, nil
}

// Analysis returns the threat analysis of what was seen. Findings are by their uid, as they were told last.
func (w *Work) Analysis(inv *waywarden.Inventory, r *risk.Report, findings map[string]*waywarden.Finding) (*tara.Analysis, error) {
	found := count(findings)
	a := tara.Propose(tara.Facts{
		Operations: operations(inv, r, found.operation), Paths: paths(r), ByType: found.types, Scales: w.scales, Functions: w.know,
	})
	if w.file == nil {
		return a, nil
	}
	a.Apply(w.file, w.scales)
	a.Found(found.assumption)
	return a, w.compare(a)
}

// compare holds the analysis against the baseline that the file names.
func (w *Work) compare(a *tara.Analysis) error {
	if w.file.Baseline == "" {
		return nil
	}
	path := w.file.Baseline
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(w.path), path)
	}
	base, err := readAnalysis(path)
	if err == nil {
		err = a.Compare(base)
	}
	if err != nil {
		return &advice.Error{Err: fmt.Errorf("compare with baseline %s: %w", path, err), Next: "name in " + w.path + " a baseline that waywarden tara export --sign wrote"}
	}
	return nil
}

// readAnalysis reads a tara.json, or that of a directory an analysis wrote.
func readAnalysis(path string) (*tara.Analysis, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "tara.json")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read TARA: %w", err)
	}
	a := &tara.Analysis{}
	if err := json.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("read TARA %s: %w", path, err)
	}
	if a.Version < 2 {
		return nil, errors.New(path + " is no TARA of this version: run waywarden analyze again")
	}
	return a, nil
}

// counts of findings that stand.
type counts struct{ operation, types, assumption map[string]int }

// detectorID is the detector that holds assumptions against traffic, assumptionFact the fact in which it names one.
const (
	detectorID     = "TARA-001"
	assumptionFact = "assumption"
)

func count(findings map[string]*waywarden.Finding) counts {
	c := counts{map[string]int{}, map[string]int{}, map[string]int{}}
	for _, f := range findings {
		if f.Activity == waywarden.ActivityClose {
			continue
		}
		if f.Detector == detectorID {
			for _, fact := range f.Facts {
				if fact.Name == assumptionFact {
					c.assumption[fact.Observed]++
				}
			}
			continue
		}
		if f.Operation != nil {
			c.operation[f.Operation.ID]++
		}
		for _, t := range f.Types {
			c.types[t]++
		}
	}
	return c
}

// operations are the rated endpoints and actions of charging protocols.
func operations(inv *waywarden.Inventory, r *risk.Report, attempts map[string]int) []tara.Operation {
	out := make([]tara.Operation, 0, len(r.Endpoints)+len(r.OCPP))
	for i := range r.Endpoints {
		out = append(out, operation(inv.Endpoints[i], &r.Endpoints[i], attempts))
	}
	for i := range r.OCPP {
		d, e := &r.OCPP[i], &inv.OCPP[i]
		out = append(out, operation(waywarden.Endpoint{
			ID: d.Endpoint, Host: "ocpp" + e.Version, Method: "OCPP", Template: "/" + e.Direction + "/" + e.Action, Function: e.Function, Access: d.Access,
		}, d, attempts))
	}
	return out
}

func operation(e waywarden.Endpoint, d *risk.Derivation, attempts map[string]int) tara.Operation {
	o, p := &d.Observed, &d.Feasibility
	return tara.Operation{
		Endpoint: e, Attacker: d.Attacker, State: d.State, Impact: d.Impact, Feasibility: p.Band,
		Potential: tara.Potential{
			ElapsedTime: p.ElapsedTime, Expertise: p.Expertise, Knowledge: p.Knowledge, Window: p.Window, Equipment: p.Equipment,
			Control: p.Control, Sum: p.Sum, Proven: p.Proven, Why: p.Why,
		},
		Own: d.Own, Enabled: d.Enabled, Path: d.Path, InsideOnly: o.InsideOnly, Attempts: attempts[d.Endpoint],
		Observed: tara.Observed{
			Served: o.Users + o.Services + o.Nobody, Nobody: o.Nobody, Moving: o.Served["moving"], MovingRefused: o.Refused["moving"],
			Limited: e.Statuses["429"], PerMinute: o.RatePerMinute, Roles: o.Roles,
		},
	}
}

func paths(r *risk.Report) []tara.Path {
	names := map[string]string{}
	for _, list := range [...][]risk.Derivation{r.Endpoints, r.OCPP} {
		for i := range list {
			names[list[i].Endpoint] = list[i].Name
		}
	}
	out := make([]tara.Path, 0, len(r.Paths))
	for i := range r.Paths {
		p := &r.Paths[i]
		t := tara.Path{
			Attacker: p.Attacker, Reaches: p.Reaches, Feasible: p.Band, Sum: p.Sum, Risk: p.Risk, Confidence: p.Confidence, Confirmed: p.Confirmed,
		}
		var ids []string
		for _, s := range p.Steps {
			t.Steps = append(t.Steps, tara.Step{Endpoint: s.Endpoint, Operation: names[s.Endpoint], By: s.By, What: s.What})
			ids = append(ids, s.Endpoint, s.By)
		}
		t.ID = tara.PathID(append(ids, p.Attacker))
		out = append(out, t)
	}
	return out
}
