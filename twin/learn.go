package twin

import (
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/handover"
)

// A producer is what was learned of an operation that names assets in its answers.
type producer struct {
	callers int32
	pairs   int32 // distinct caller and asset
	objects int32 // distinct assets, as far as their links tell
	again   int32 // assets named to a caller that had been named to it before, from its second call on
	fresh   int32 // assets named to it for the first time then
}

// Limits of what counts as a listing of one's own. A garage gives an asset to its household, a fleet portal to the
// tenant's staff; a map gives it to everyone who looks. A garage answers the same tomorrow; a search does not.
const (
	broadCallers = 20  // callers before an opinion is formed
	broadShare   = 0.3 // share of all callers that the mean asset is given to
	freshMin     = 60  // assets of repeated calls before an opinion is formed
	freshShare   = 0.5 // share of them that the caller had not been given before
	managerMin   = 12  // assets of one listing that make its caller a manager
	askersMax    = 1 << 21
)

func (p *producer) broad() bool {
	if p.callers < 3 {
		return false
	}
	if n := p.again + p.fresh; n >= freshMin && float64(p.fresh) > freshShare*float64(n) {
		return true
	}
	return p.callers >= broadCallers && p.objects > 0 && float64(p.pairs)/float64(p.objects) >= broadShare*float64(p.callers)
}

func (t *Twins) broad(op uint64) bool {
	p := t.ops[op]
	return p != nil && p.broad()
}

// learn draws links from a successful call of a known caller.
func (t *Twins) learn(c *waywarden.Call, caller int32, group uint64) {
	named := 0
	for _, e := range t.touched {
		if k := t.entities[e].kind; k != kindVehicle && k != kindCharger {
			continue
		}
		named++
		t.use(c, caller, e, group)
	}
	if named > 0 || c.Record.Kind != waywarden.KindHTTP || public(c.Operation.Function.Class) || t.searches(c, caller) {
		return
	}
	t.list(c, caller, group)
}

// public says whether a class of operations gives the same to everybody, or to staff about anybody.
func public(class string) bool {
	return class == "ride.feed_public" || class == "read.lookup.person_by_vehicle" || class == "adm.export"
}

// searches says whether a request looks for an asset, or for somebody other than the caller.
func (t *Twins) searches(c *waywarden.Call, caller int32) bool {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		switch l.In {
		case waywarden.InResponse:
			return false
		case waywarden.InPath, waywarden.InQuery, waywarden.InBody:
			if k := natureOf(l.Type).kind; k == kindVehicle || k == kindCharger {
				return true // even where it is too vague to name one
			}
			switch l.Type {
			case waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypePersonID:
				if t.find(waywarden.AssetConsumer, l.Type, l.Value, c.Operation.Host, false) != caller {
					return true
				}
			case waywarden.TypeNameAddress:
				return true
			}
		}
	}
	return false
}

// use notes that caller acted on the asset it named.
func (t *Twins) use(c *waywarden.Call, caller, e int32, group uint64) {
	l := t.meet(caller, e)
	if l == nil {
		return
	}
	l.uses++
	l.last = t.now
	t.hand(c, caller, e, group)
}

func (t *Twins) prove(caller, e int32, p proof, rel string, group uint64) {
	if l := t.linked(caller, e); l != nil && l.proof < proofList {
		t.learned(group)
	}
	t.tie(caller, e, p, rel, time.Time{}, time.Time{})
}

// learned counts a link for the group of its party.
func (t *Twins) learned(group uint64) {
	if _, ok := t.groups[group]; ok || len(t.groups) < groupsMax {
		t.groups[group]++
	}
}

// list learns links from an answer that names assets its request did not.
func (t *Twins) list(c *waywarden.Call, caller int32, group uint64) {
	op := xxh3.HashString(c.Operation.ID)
	p := t.ops[op]
	if m := &c.Record.HTTP.Response; p != nil && !p.broad() {
		t.entities[caller].unseen = m.BodyBytes != 0 && (!m.Captured || m.Truncated)
	}
	t.enumerate(c)
	if len(t.listed) == 0 {
		return
	}
	if p == nil {
		if len(t.ops) >= producersMax {
			return
		}
		p = &producer{}
		t.ops[op] = p
	}
	known := t.asked(op, caller, p)
	if p.callers >= 2*broadCallers && p.broad() {
		t.counts.BroadLists++
		return
	}
	rel := User
	if len(t.listed) >= managerMin {
		rel = Manager
	}
	for i, e := range t.listed {
		t.give(p, op, caller, e, t.as(c, caller, i, rel), known, group)
	}
}

// as returns the relation in which the i-th asset of a listing is given to the caller: what the listing says, else rel.
func (t *Twins) as(c *waywarden.Call, caller int32, i int, rel string) string {
	if l := t.linked(caller, t.listed[i]); rel != User || l != nil && l.proof >= proofList {
		return rel
	}
	if role := handover.Role(c, t.nodes[i]); role != "" {
		return role
	}
	return rel
}

// enumerate collects the vehicles and chargers that an answer names.
func (t *Twins) enumerate(c *waywarden.Call) {
	t.listed, t.nodes = t.listed[:0], t.nodes[:0]
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InResponse || l.Type == "" {
			continue
		}
		k := natureOf(l.Type).kind
		if k != kindVehicle && k != kindCharger {
			continue
		}
		e := t.find(assetTypes[k], l.Type, l.Value, c.Operation.Host, true)
		if e == 0 || len(t.listed) > 0 && t.listed[len(t.listed)-1] == e {
			continue
		}
		if len(t.listed) >= t.o.ListMax {
			t.counts.ListsCut++
			return
		}
		t.listed, t.nodes = append(t.listed, e), append(t.nodes, l.Node)
	}
}

// asked notes that caller called the operation and says whether it had before.
func (t *Twins) asked(op uint64, caller int32, p *producer) bool {
	k := op ^ uint64(caller)*0x9e3779b97f4a7c15
	if _, ok := t.askers[k]; ok {
		return true
	}
	if len(t.askers) < askersMax {
		t.askers[k] = struct{}{}
	}
	p.callers++
	return false
}

// give links caller to an asset that the operation listed for it.
func (t *Twins) give(p *producer, op uint64, caller, e int32, rel string, known bool, group uint64) {
	t.touch(e)
	had := t.linked(caller, e)
	again := had != nil && had.proof >= proofList
	if known {
		if again {
			p.again++
		} else {
			p.fresh++
		}
	}
	if again && had.op == op && had.until == 0 {
		had.last = t.now
		return
	}
	if !t.gave(op, e) {
		p.objects++
	}
	l := t.meet(caller, e)
	if l == nil {
		return
	}
	if l.proof < proofList {
		t.learned(group)
		p.pairs++
	}
	l.last = t.now
	if l.ended(t.now) {
		l.until, l.proof, l.since = 0, proofContact, t.now // given anew
	}
	if l.proof < proofList || l.proof == proofList && t.broad(l.op) {
		l.proof, l.rel, l.op = proofList, t.relation(rel), op
	}
}

// gave says whether the operation named the asset to anybody before.
func (t *Twins) gave(op uint64, e int32) bool {
	for i := t.entities[e].links; i != 0; i = t.next(i, e) {
		if l := &t.links[i]; l.op == op && l.proof == proofList {
			return true
		}
	}
	return false
}

// groupOf returns the group of peers a caller belongs to: those that come with the same client and roles to the same
// host, or where neither is known, with the same kind of credential.
func groupOf(c *waywarden.Call) uint64 {
	p := &c.Principal
	kind := p.Kind
	if kind == waywarden.PrincipalSession {
		kind = waywarden.PrincipalUser // one whose name is not known yet
	}
	h := xxh3.HashString(p.Client) ^ xxh3.HashString(string(kind))*3
	if p.Client == "" {
		h ^= xxh3.HashString(string(p.Scheme)) * 5
	}
	for _, r := range p.Roles {
		h = h*31 + xxh3.HashString(r)
	}
	if c.Operation != nil {
		h ^= xxh3.HashString(c.Operation.Host) * 7
	}
	return h
}
