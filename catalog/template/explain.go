package template

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/catalog/template/internal/evidence"
	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

// weigh sums up the evidence that a template exists.
//
// An answer that only somebody who knows the path gets shows it: success, a redirect, a complaint about the request, a
// failure behind the router. "Not found" never does. A refusal (401, 403) does where the host tells what is not there
// apart by "not found"; else only when several callers met it, as a scanner is one.
func (l *Learner) weigh(t *Template) {
	var present, refused, ends uint32
	t.methods = 0
	var callers uint64
	for _, n := range t.view.raw {
		present += n.present
		refused += n.refused
		ends += n.ends
		callers |= n.callers
		t.methods |= n.methods
	}
	t.Count = int(ends)
	switch {
	case present > 0 || t.Known && refused > 0:
		t.Evidenced = true
	case refused > 0 && !t.hidden():
		t.Evidenced = l.tellsMissing() || bits.OnesCount64(callers) > 1
	}
}

// Serves says whether any call of the method was answered other than "not found".
func (t *Template) Serves(method string) bool { return t.methods&methodBit(method) != 0 }

// hidden says whether a segment of the template is the name of a hidden file, as scanners ask for.
func (t *Template) hidden() bool {
	return strings.Contains(t.Text, "/.")
}

// tellsMissing says whether the host has answered "not found" to anything at all.
func (l *Learner) tellsMissing() bool { return l.root.live < l.root.calls }

// A reason is a feature and what it adds to a belief, in logits.
type reason struct {
	of evidence.Feature
	x  float64
}

// reasons returns what the features add to the belief in a candidate, greatest first.
func (l *Learner) reasons(r *evidence.Row) []reason {
	var sums [evidence.Count]float64
	for layer := range 2 {
		w := l.model.Layers[layer]
		r.Expand(layer, func(slot int, x float32, of evidence.Feature) {
			if of >= 0 && of != evidence.Self {
				sums[of] += float64(w[slot] * x)
			}
		})
	}
	var all []reason
	for i, x := range sums {
		if math.Abs(x) > .3 {
			all = append(all, reason{evidence.Feature(i), x})
		}
	}
	slices.SortStableFunc(all, func(a, b reason) int { return cmp.Compare(math.Abs(b.x), math.Abs(a.x)) })
	return all[:min(len(all), reasonsMax)]
}

const reasonsMax = 4

// Explain says in sentences why a template is what it is: for every parameter what is pooled under it and what carried
// the decision, for every literal that could have been one why it is none.
func (l *Learner) Explain(t *Template) []string {
	if t == nil || t.view == nil {
		return nil
	}
	out := []string{fmt.Sprintf("%s: %d calls on %d kept path cells; %s", t.Text, t.Count, max(len(t.Cells), 1), t.evidence())}
	var chain []*view
	depth := []int{}
	for p := t.view; p.parent != nil; p = p.parent {
		chain = append(chain, p)
	}
	slices.Reverse(chain)
	for i, p := range chain {
		depth = append(depth, i)
		if p.role == segment.Fixed {
			continue
		}
		out = append(out, l.explain(p, depth[i])...)
	}
	return out
}

func (t *Template) evidence() string {
	switch {
	case t.Known:
		return "named by a specification or the configuration"
	case t.Evidenced:
		return "answers show that it exists"
	}
	return "only probed: no answer shows that it exists"
}

// explain says why one step of a template is a parameter or a literal.
func (l *Learner) explain(v *view, depth int) []string {
	up := v.parent
	cs := l.candidates(&view{raw: up.raw})
	rows := slices.Clone(l.measure(up, cs, depth))
	l.classify(up, cs, depth)
	l.influence(up, cs, l.feat.rows)
	copy(rows, l.feat.rows)
	l.guard(up, cs, depth)
	pins(up, cs)
	if !v.param {
		for i, c := range cs {
			if c.token == v.token && c.live > 0 {
				return []string{fmt.Sprintf("%q is a literal (%.0f%% sure): %s", v.token, 100*(1-c.belief), l.because(c, &rows[i]))}
			}
		}
		return []string{fmt.Sprintf("%q is taken literally: no call found anything there", v.token)}
	}
	folded, kept := 0, 0
	var best = -1
	for _, n := range v.raw {
		if n.folded != nil {
			folded += n.folded.values
		} else {
			kept++
		}
	}
	for i, c := range cs {
		if c.belief > .5 && c.live > 0 && (best < 0 || c.live > cs[best].live) {
			best = i
		}
	}
	s := fmt.Sprintf("{%s} is a parameter (%s): about %d values, such as %s", v.name, v.kind, folded+kept, strings.Join(v.examples(), ", "))
	if best < 0 {
		return []string{s}
	}
	return []string{s, fmt.Sprintf("  %q is a value (%.0f%% sure): %s", cs[best].token, 100*cs[best].belief, l.because(cs[best], &rows[best]))}
}

func (l *Learner) because(c *candidate, r *evidence.Row) string {
	if c.why != "" {
		return c.why
	}
	var parts []string
	for _, re := range l.reasons(r) {
		parts = append(parts, fmt.Sprintf("%s (%+.1f)", re.of, re.x))
	}
	if len(parts) == 0 {
		return "nothing speaks clearly for or against it"
	}
	return strings.Join(parts, ", ")
}
