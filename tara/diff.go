package tara

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Change is what became of a row from one analysis to another.
type Change struct {
	ID        string  `json:"id"`
	Operation string  `json:"operation,omitempty"`
	What      string  `json:"what"` // new, gone, changed
	Fields    []Drift `json:"fields,omitempty"`
	Risk      int     `json:"risk"` // now, or last
}

// Diff says what became of the rows of before: all that people see in them, or only what traffic proposes.
func Diff(before, now *Analysis, proposed bool) []Change {
	old := map[string]*Row{}
	for i := range before.Rows {
		old[before.Rows[i].ID] = &before.Rows[i]
	}
	out := []Change{}
	for i := range now.Rows {
		r := &now.Rows[i]
		was, known := old[r.ID]
		delete(old, r.ID)
		switch {
		case proposed && r.Origin == originPerson:
		case !known:
			out = append(out, Change{ID: r.ID, Operation: r.Operation, What: "new", Risk: r.Risk})
		default:
			if f := differences(was, r, proposed); len(f) > 0 {
				out = append(out, Change{ID: r.ID, Operation: r.Operation, What: "changed", Fields: f, Risk: r.Risk})
			}
		}
	}
	for i := range before.Rows {
		r := &before.Rows[i]
		if old[r.ID] != nil && (!proposed || r.Origin != originPerson) {
			out = append(out, Change{ID: r.ID, Operation: r.Operation, What: "gone", Risk: r.Risk})
		}
	}
	return out
}

// differences lists in which fields two rows differ.
func differences(was, now *Row, proposed bool) []Drift {
	var out []Drift
	add := func(field, a, b string) {
		if a != b {
			out = append(out, Drift{Since: "baseline", Field: field, Was: a, Now: b})
		}
	}
	for _, f := range Fields() {
		if proposed {
			add(f.Name, was.proposal(&f), now.proposal(&f))
		} else {
			add(f.Name, f.Of(was), f.Of(now))
		}
	}
	add("exposure", was.Exposure, now.Exposure)
	add("attacker", was.Attacker, now.Attacker)
	if !proposed {
		add("status", was.Status, now.Status)
		add("reason", was.Reason, now.Reason)
	}
	return out
}

// Compare notes in the rows how traffic moved since a signed analysis.
func (a *Analysis) Compare(base *Analysis) error {
	if base.Signed == nil {
		return fmt.Errorf("the baseline is not signed: waywarden tara export --sign NAME makes one that is")
	}
	digest, err := base.digest()
	if err != nil {
		return err
	}
	b := &Baseline{Name: base.Name, By: base.Signed.By, At: base.Signed.At, Intact: digest == base.Signed.Digest, New: []string{}, Gone: []string{}, Changed: []string{}}
	for _, c := range Diff(base, a, true) {
		switch c.What {
		case "new":
			b.New = append(b.New, c.ID)
		case "gone":
			b.Gone = append(b.Gone, c.ID)
		default:
			b.Changed = append(b.Changed, c.ID)
		}
		i := slices.IndexFunc(a.Rows, func(r Row) bool { return r.ID == c.ID })
		if i < 0 {
			continue
		}
		if c.What == "new" {
			c.Fields = []Drift{{Since: "baseline", Field: "row", Was: "not there", Now: "new"}}
		}
		a.Rows[i].Drift = append(a.Rows[i].Drift, c.Fields...)
	}
	a.Baseline = b
	return nil
}

// Sign says who answers for the analysis as it is.
func (a *Analysis) Sign(by string, at time.Time) error {
	digest, err := a.digest()
	if err != nil {
		return err
	}
	a.Signed = &Signature{By: by, At: at.UTC().Truncate(time.Second), Digest: digest}
	return nil
}

// digest is the SHA-256 of the analysis without its signature.
func (a *Analysis) digest() (string, error) {
	bare := *a
	bare.Signed = nil
	b, err := json.Marshal(&bare)
	if err != nil {
		return "", fmt.Errorf("digest analysis: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// A Problem is something that keeps an analysis from being complete.
type Problem struct {
	Kind  string `json:"kind"` // product, undecided, contradicted, drift, baseline
	About string `json:"about"`
	Text  string `json:"text"`
}

// Check says what keeps the analysis from being complete: work products that lack something, rows of at least a risk value
// that nobody decided on, assumptions that traffic contradicts, values that traffic moved away from, and a baseline that
// was tampered with.
func (a *Analysis) Check(undecidedFrom int) []Problem {
	out := []Problem{}
	for _, w := range a.Products {
		for _, m := range w.Missing {
			out = append(out, Problem{"product", w.ID, m})
		}
	}
	for i := range a.Rows {
		r := &a.Rows[i]
		if r.Status == statusProposed && r.Risk >= undecidedFrom {
			out = append(out, Problem{"undecided", r.ID, fmt.Sprintf("risk %d, nobody decided: %s", r.Risk, r.Operation)})
		}
		for _, d := range r.Drift {
			if d.Since == "decision" && r.Status != statusRejected && !strings.Contains("goal claim item asset", d.Field) {
				out = append(out, Problem{"drift", r.ID, fmt.Sprintf("%s was %s when it was decided, and is %s now", d.Field, d.Was, d.Now)})
			}
		}
	}
	for i := range a.Assumptions {
		if x := &a.Assumptions[i]; x.Verdict == verdictContradicted {
			out = append(out, Problem{"contradicted", x.ID, fmt.Sprintf("assumed %s: %s", words(x.That), x.Why)})
		}
	}
	if a.Baseline != nil && !a.Baseline.Intact {
		out = append(out, Problem{"baseline", a.Baseline.By, "the baseline was changed after it was signed"})
	}
	return out
}
