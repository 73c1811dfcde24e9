package twin

import (
	"cmp"
	"slices"

	"github.com/waywarden/waywarden"
)

// Each calls f for every twin, by type and then identifier, with the links that prove something, ended ones included. The twin is valid
// during the call.
func (t *Twins) Each(f func(waywarden.Twin)) {
	type named struct {
		uid string
		e   int32
	}
	var all []named
	for e := range t.entities {
		if t.entities[e].kind != kindNone {
			all = append(all, named{t.uid(int32(e)), int32(e)})
		}
	}
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(cmp.Compare(assetTypes[t.entities[a.e].kind], assetTypes[t.entities[b.e].kind]), cmp.Compare(a.uid, b.uid), cmp.Compare(a.e, b.e))
	})
	var v view
	for _, n := range all {
		w := t.fill(&v, n.e, 0)
		for i := t.entities[n.e].links; i != 0; i = t.next(i, n.e) {
			l := &t.links[i]
			if _, p := t.judge(l); p > proofContact {
				w.Links = append(w.Links, t.export(l, n.e))
			} else if l.ended(t.now) && l.proof > proofContact {
				w.Links = append(w.Links, t.former(l, n.e))
			}
		}
		slices.SortFunc(w.IDs, func(a, b waywarden.ID) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Value, b.Value))
		})
		slices.SortFunc(w.Links, func(a, b waywarden.Link) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.UID, b.UID), cmp.Compare(a.Rel, b.Rel))
		})
		f(*w)
	}
}
