package twin

import (
	"cmp"
	"slices"

	"github.com/waywarden/waywarden/internal/index"
)

// shrink drops an eighth of what is over its limit: the twins that were touched longest ago, and of the links first
// the contacts. What remains keeps its order, so that the result depends on the records alone.
func (t *Twins) shrink() {
	keepE := t.survivors()
	keepL := t.survivingLinks(keepE)
	old := *t
	t.entities, t.idents, t.links = make([]entity, 1), make([]ident, 1), make([]link, 1)
	t.keys, t.pairs = index.Map{}, index.Map{}
	to := make([]int32, len(old.entities))
	for e := range old.entities {
		if !keepE[e] {
			for _, r := range old.entities[e].state {
				t.texts.Release(r.text)
			}
			continue
		}
		to[e] = int32(len(t.entities))
		n := old.entities[e]
		n.ids, n.links = 0, 0
		t.entities = append(t.entities, n)
	}
	for e := range t.entities {
		if w := t.entities[e].who; w != 0 {
			t.entities[e].who = to[w]
		}
	}
	for i := range old.idents {
		d := old.idents[i]
		if i == 0 || to[d.owner] == 0 {
			continue
		}
		d.owner = to[d.owner]
		d.next = t.entities[d.owner].ids
		t.entities[d.owner].ids = int32(len(t.idents))
		t.keys.Set(d.key, int32(len(t.idents)))
		t.idents = append(t.idents, d)
	}
	for i := range old.links {
		if !keepL[i] {
			continue
		}
		l := old.links[i]
		l.party, l.asset = to[l.party], to[l.asset]
		l.nextP, l.nextA = t.entities[l.party].links, t.entities[l.asset].links
		n := int32(len(t.links))
		t.entities[l.party].links, t.entities[l.asset].links = n, n
		t.pairs.Set(pairKey(l.party, l.asset), n)
		t.links = append(t.links, l)
	}
	t.questions = questions{}
	clear(t.askers) // keyed by the old numbers; callers are counted anew
	for _, p := range t.ops {
		p.callers = 0
	}
}

// survivors marks the twins that stay.
func (t *Twins) survivors() []bool {
	keep := make([]bool, len(t.entities))
	var live []int32
	for e := range t.entities {
		if keep[e] = t.entities[e].kind != kindNone; keep[e] {
			live = append(live, int32(e))
		}
	}
	limit := t.o.TwinsMax - t.o.TwinsMax/8
	if len(live) <= limit {
		return keep
	}
	slices.SortFunc(live, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.entities[a].last, t.entities[b].last), cmp.Compare(a, b))
	})
	for _, e := range live[:len(live)-limit] {
		keep[e] = false
		t.counts.Dropped++
	}
	return keep
}

// survivingLinks marks the links that stay.
func (t *Twins) survivingLinks(twins []bool) []bool {
	keep := make([]bool, len(t.links))
	var live []int32
	for i := range t.links {
		l := &t.links[i]
		if keep[i] = l.party != 0 && twins[l.party] && twins[l.asset]; keep[i] {
			live = append(live, int32(i))
		}
	}
	limit := t.o.LinksMax - t.o.LinksMax/8
	if len(live) <= limit {
		return keep
	}
	weak := func(i int32) int {
		if _, p := t.judge(&t.links[i]); p == proofContact {
			return 0
		}
		return 1
	}
	slices.SortFunc(live, func(a, b int32) int {
		return cmp.Or(cmp.Compare(weak(a), weak(b)), cmp.Compare(t.links[a].last, t.links[b].last), cmp.Compare(a, b))
	})
	for _, i := range live[:len(live)-limit] {
		keep[i] = false
		t.counts.LinksDropped++
	}
	return keep
}
