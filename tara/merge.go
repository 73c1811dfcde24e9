package tara

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// Apply puts what people decided into the analysis, in place of what was put in before. Their values stand in the rows;
// what traffic proposes stands in Proposed, and where it moved since the decision, in Drift. A row that traffic does not
// show any more stays.
func (a *Analysis) Apply(f *File, scales *domain.TARA) {
	a.reset(scales)
	a.Name = f.Name
	for i := range f.Rows {
		d := &f.Rows[i]
		r := a.find(d)
		if r == nil {
			a.Rows = append(a.Rows, Row{
				ID: d.ID, Origin: originPerson, Operation: d.Operation, STRIDE: []string{}, R155: []string{}, OWASP: []string{}, AttackPath: []string{}, Paths: []string{},
				Exposure: exposureUnknown, Status: d.Status, By: d.By, At: d.At, Reason: d.Reason, Extra: d.Extra,
			})
			r = &a.Rows[len(a.Rows)-1]
			r.own(d, scale{scales})
			continue
		}
		r.decide(d, scale{scales})
	}
	a.Assumptions = a.judge(f.Assumptions)
	a.finish(scales)
}

// reset takes back what people decided.
func (a *Analysis) reset(scales *domain.TARA) {
	a.Rows = slices.DeleteFunc(a.Rows, func(r Row) bool { return r.Origin == originPerson })
	for i := range a.Rows {
		r := &a.Rows[i]
		for _, f := range Fields() {
			if v, ok := r.Proposed[f.Name]; ok {
				f.set(r, v)
			}
		}
		r.Proposed, r.Drift, r.Extra = nil, nil, nil
		r.Status, r.By, r.Reason, r.DecisionID = statusProposed, "", "", ""
		r.At = Row{}.At
		r.rate(scale{scales})
	}
	a.Name, a.Baseline, a.Signed, a.Assumptions = "", nil, nil, nil
}

// find returns the row that a decision is about: by its id, else by its operation where one alone has that shape and no
// decision names it; nil for none.
func (a *Analysis) find(d *Decision) *Row {
	for i := range a.Rows {
		if a.Rows[i].ID == d.ID {
			return &a.Rows[i]
		}
	}
	if d.Operation == "" {
		return nil
	}
	var found *Row
	for i := range a.Rows {
		r := &a.Rows[i]
		if r.Origin != originTraffic || shape(r.Operation) != shape(d.Operation) {
			continue
		}
		if found != nil || r.Status != statusProposed {
			return nil
		}
		found = r
	}
	return found
}

// decide puts a decision into a row of traffic.
func (r *Row) decide(d *Decision, s scale) {
	r.Status, r.By, r.At, r.Reason, r.Extra = d.Status, d.By, d.At, d.Reason, d.Extra
	if d.ID != r.ID {
		r.DecisionID = d.ID
	}
	r.Proposed = map[string]string{}
	for _, f := range Fields() {
		v, said := d.Values[f.Name]
		if !said {
			continue
		}
		now := f.Of(r)
		r.Proposed[f.Name] = now
		if was, moved := d.moved(f.Name, now); moved {
			r.Drift = append(r.Drift, Drift{Since: "decision", Field: f.Name, Was: was, Now: now})
		}
		f.set(r, v)
	}
	r.derive(d, s)
	r.rate(s)
}

// moved says whether what traffic proposes for a value is another now than when it was decided, and what it was then. Of an
// edit made by hand it is not known what was proposed: that it differs is then no drift.
func (d *Decision) moved(name, now string) (was string, moved bool) {
	if was, known := d.Basis[name]; known {
		return was, was != now
	}
	v := d.Values[name]
	return v, v != now && (d.Status != statusEdited || d.Basis != nil)
}

// derive follows what a person said: an impact or feasibility without a risk value gives the one of the matrix.
func (r *Row) derive(d *Decision, s scale) {
	said := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { _, ok := d.Values[n]; return ok })
	}
	rated := said("safety", "financial", "operational", "privacy")
	if rated || said("feasibility") {
		if !said("risk") && r.Feasibility != "" {
			r.keep("risk")
			r.Risk = s.value(r.Impact.Worst(), r.Feasibility)
		}
		if !said("cal") && rated {
			r.keep("cal")
			r.CAL = s.cal(r.Impact, r.Exposure)
		}
	}
}

// keep remembers what traffic proposed before it is written over.
func (r *Row) keep(name string) {
	if r.Proposed == nil {
		return
	}
	for _, f := range Fields() {
		if f.Name == name {
			r.Proposed[name] = f.Of(r)
		}
	}
}

// own fills a row that only the file has.
func (r *Row) own(d *Decision, s scale) {
	for _, f := range Fields() {
		if v, said := d.Values[f.Name]; said {
			f.set(r, v)
		}
	}
	r.Unrated = !slices.ContainsFunc([]string{"safety", "financial", "operational", "privacy"}, func(n string) bool { _, ok := d.Values[n]; return ok })
	r.derive(d, s)
	r.rate(s)
	if d.Operation != "" || strings.HasPrefix(d.ID, "TS-") {
		r.Drift = []Drift{{Since: "decision", Field: "operation", Was: cmp.Or(d.Operation, "seen in traffic"), Now: "not seen in this traffic"}}
	}
}

// rate computes what follows from impact and feasibility alone.
func (r *Row) rate(s scale) {
	r.ByCategory, r.Order = waywarden.Impact{}, 0
	if r.Feasibility != "" {
		r.ByCategory, r.Order = s.categories(r.Impact, r.Feasibility), s.order(r.Impact, r.Feasibility)
	}
}

// proposal returns a value that traffic proposes, whatever a person said.
func (r *Row) proposal(f *Field) string {
	if v, ok := r.Proposed[f.Name]; ok {
		return v
	}
	return f.Of(r)
}

// Decision returns a row as a person's decision: with all its values, and what was proposed where that differs. It is
// edited when it differs from the proposal.
func (r *Row) Decision() Decision {
	d := Decision{ID: cmp.Or(r.DecisionID, r.ID), Operation: r.Operation, Status: r.Status, By: r.By, At: r.At, Reason: r.Reason, Values: map[string]string{}, Extra: maps.Clone(r.Extra)}
	for _, f := range Fields() {
		v := f.Of(r)
		if v == "" || r.Unrated && slices.Contains(levels(), v) {
			continue
		}
		d.Values[f.Name] = v
		if p := r.proposal(&f); p != v {
			if d.Basis == nil {
				d.Basis = map[string]string{}
			}
			d.Basis[f.Name] = p
		}
	}
	return d
}

// Proposal returns the value of the named field that traffic proposes, whatever a person said; "" for an unknown field.
func (r *Row) Proposal(name string) string {
	for _, f := range Fields() {
		if f.Name == name {
			return r.proposal(&f)
		}
	}
	return ""
}
