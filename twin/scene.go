package twin

import (
	"slices"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/identifier"
)

// Links that a scene shows of a twin: enough to judge by, and bounded for parties with thousands.
const (
	callerLinks  = 8
	subjectLinks = 8
)

// A view holds a twin as a scene shows it, in buffers that are used again.
type view struct{ twin waywarden.Twin }

// fill shows entity e in v, with at most links of its links, those that prove something first.
func (t *Twins) fill(v *view, e int32, links int) *waywarden.Twin {
	w := &v.twin
	w.Type, w.UID = assetTypes[t.entities[e].kind], t.uid(e)
	w.IDs, w.State, w.Links = w.IDs[:0], w.State[:0], w.Links[:0]
	for i := t.entities[e].ids; i != 0; i = t.idents[i].next {
		w.IDs = append(w.IDs, waywarden.ID{Type: natures[t.idents[i].typ].typ, Value: t.idents[i].value})
	}
	w.State = t.readings(w.State, e)
	if w.Commands = w.Commands[:0]; t.entities[e].command != 0 {
		w.Commands = t.commands.Show(w.Commands, t.entities[e].command, t.now)
	}
	seen := 0
	for i := t.entities[e].links; i != 0 && len(w.Links) < links && seen < 8*links; i = t.next(i, e) {
		seen++
		if _, p := t.judge(&t.links[i]); p > proofContact {
			w.Links = append(w.Links, t.export(&t.links[i], e))
		}
	}
	return w
}

func (t *Twins) readings(to []waywarden.Reading, e int32) []waywarden.Reading {
	for i := range t.entities[e].state {
		r := &t.entities[e].state[i]
		to = append(to, waywarden.Reading{
			Name: t.names.Name(r.name), Value: waywarden.Value{Kind: r.kind, Number: r.number, Text: t.texts.Value(r.text)},
			At: time.Unix(0, r.at).UTC(), Received: time.Unix(0, r.seen).UTC(),
			Source: sources[r.source].name, Confidence: sources[r.source].confidence,
		})
	}
	return to
}

// subject adds a twin (0: one not known) to the scene.
func (t *Twins) subject(e int32, leaf int, l waywarden.Link, known bool) {
	if len(t.subs) >= t.o.SubjectsMax {
		return
	}
	s := waywarden.Subject{Leaf: leaf, Linked: l, Known: known}
	if e != 0 {
		for len(t.views) <= len(t.subs) {
			// Views already shown keep their place: subjects hold pointers to them.
			t.views = append(t.views, view{})
			for i := range t.subs {
				if t.subs[i].Twin != nil {
					t.subs[i].Twin = &t.views[i].twin
				}
			}
		}
		s.Twin = t.fill(&t.views[len(t.subs)], e, subjectLinks)
	}
	t.subs = append(t.subs, s)
}

// principal returns the entity of who calls, 0 for nobody. A service that says for whom it calls is that person.
func (t *Twins) principal(c *waywarden.Call) int32 {
	p := &c.Principal
	host := ""
	if c.Operation != nil {
		host = c.Operation.Host
	}
	if p.UID == "" {
		return 0
	}
	if p.Kind == waywarden.PrincipalCharger {
		return t.find(waywarden.AssetCharger, waywarden.TypeStationID, p.UID, "", true)
	}
	uid, person := p.UID, p.Kind == waywarden.PrincipalUser
	if p.OnBehalf != "" {
		uid, person = p.OnBehalf, true
	}
	e := t.party(uid, host, person)
	if e == 0 {
		return 0
	}
	t.touch(e)
	for _, id := range p.Aliases {
		n := natureOf(id.Type)
		if n.kind == kindNone {
			continue
		}
		o := t.find(assetTypes[n.kind], id.Type, id.Value, host, true)
		switch {
		case o == 0 || o == e:
		case n.kind == kindConsumer:
			if j := t.join(e, o, false); j != 0 {
				e = j
			}
		default:
			t.tie(e, o, proofToken, User, time.Time{}, time.Time{})
		}
	}
	return e
}

// party returns the consumer of that UID, creating it where it is not known.
func (t *Twins) party(uid, host string, person bool) int32 {
	if e := t.find(waywarden.AssetConsumer, waywarden.TypePersonID, uid, host, person); e != 0 {
		return e
	}
	return t.find(waywarden.AssetConsumer, typePrincipal, uid, host, true)
}

// Rename tells that the caller known as from turned out to be the one known as into.
func (t *Twins) Rename(from, into string) {
	var e [2]int32
	for i, uid := range [...]string{from, into} {
		if e[i] = t.find(waywarden.AssetConsumer, typePrincipal, uid, "", false); e[i] == 0 {
			e[i] = t.find(waywarden.AssetConsumer, waywarden.TypePersonID, uid, "", false)
		}
	}
	switch {
	case e[0] == 0:
	case e[1] == 0:
		t.attach(e[0], typePrincipal, into, keyOf(kindConsumer, typePrincipal, into, ""))
	default:
		t.join(e[0], e[1], false)
	}
}

// subjects looks up what the request names.
func (t *Twins) subjects(c *waywarden.Call, caller int32) {
	t.touched = t.touched[:0]
	if c.Operation == nil {
		return
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if names(l) {
			t.name(c, i, caller)
		}
	}
	for _, e := range t.touched {
		t.touch(e)
	}
}

// names says whether a leaf of a request names an asset that is acted on: of a person only its own identifier does.
func names(l *waywarden.Leaf) bool {
	if l.In == waywarden.InHeader {
		k := natureOf(l.Type).kind
		return k == kindVehicle || k == kindCharger // some interfaces name the asset there
	}
	if l.Type == "" || l.In != waywarden.InPath && l.In != waywarden.InQuery && l.In != waywarden.InBody {
		return false
	}
	k := natureOf(l.Type).kind
	return k == kindVehicle || k == kindCharger || l.Type == waywarden.TypePersonID
}

// name adds the asset that leaf i names to the scene, once.
func (t *Twins) name(c *waywarden.Call, i int, caller int32) {
	l := &c.Leaves[i]
	sure := l.In != waywarden.InHeader || l.Type == waywarden.TypeVIN // other header fields are as often about the device that calls
	e := t.find(assetTypes[natureOf(l.Type).kind], l.Type, l.Value, c.Operation.Host, c.Success && sure)
	if e == 0 {
		if sure && identifier.Specific(l.Type, l.Value) {
			t.subject(0, i, waywarden.Link{}, false)
		}
		return
	}
	if t.shown(e) {
		return
	}
	t.subject(e, i, t.linkOf(caller, e), t.entities[e].last < t.now)
	t.touched = append(t.touched, e)
}

func (t *Twins) shown(e int32) bool {
	return slices.Contains(t.touched, e)
}

// linkOf returns the caller's link to an asset; zero when there is none.
func (t *Twins) linkOf(caller, e int32) waywarden.Link {
	if caller == 0 || e == 0 {
		return waywarden.Link{}
	}
	if caller == e {
		return waywarden.Link{Rel: SelfRel, Type: waywarden.AssetConsumer, Proof: proofs[proofToken].name, Confidence: 1}
	}
	l := t.linked(caller, e)
	if l == nil {
		return waywarden.Link{}
	}
	return t.export(l, caller)
}
