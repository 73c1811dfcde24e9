package twin

import (
	"time"

	"github.com/waywarden/waywarden"
)

// A proof is what a link rests on, the later the stronger.
type proof uint8

const (
	proofContact proof = iota // seen together
	proofUse                  // used for long
	proofList                 // named in the answer to the caller's own listing
	proofToken                // carried by the credential
	proofBooking
	proofPairing
	proofRegister
)

// proofs names the proofs and says how sure they make a link.
var proofs = [...]struct {
	name       string
	confidence float64
}{{"contact", 0.2}, {"use", 0.6}, {"list", 0.9}, {"token", 0.9}, {"booking", 0.8}, {"pairing", 0.9}, {"register", 0.95}}

// A link joins a party (consumer, fleet) to an asset.
type link struct {
	party, asset int32
	nextP, nextA int32 // next link of the same party, of the same asset
	since, until int64 // unix nanoseconds; until 0 still holds
	last         int64
	op           uint64 // operation whose list gave it
	uses         uint32
	proof        proof
	rel          uint8 // of rels
}

func pairKey(party, asset int32) uint64 { return uint64(uint32(party))<<32 | uint64(uint32(asset)) }

// linked returns the link between two twins, or nil.
func (t *Twins) linked(party, asset int32) *link {
	if i := t.pairs.Place(pairKey(party, asset)); i != 0 {
		return &t.links[i]
	}
	return nil
}

// meet returns the link between two twins, creating a contact where there is none. It is nil for nobody.
func (t *Twins) meet(party, asset int32) *link {
	if party == 0 || asset == 0 || party == asset {
		return nil
	}
	if l := t.linked(party, asset); l != nil {
		return l
	}
	i := int32(len(t.links))
	t.links = append(t.links, link{
		party: party, asset: asset, since: t.now, last: t.now,
		nextP: t.entities[party].links, nextA: t.entities[asset].links,
	})
	t.entities[party].links, t.entities[asset].links = i, i
	t.pairs.Set(pairKey(party, asset), i)
	return &t.links[i]
}

// tie states a link that something other than a list proves.
func (t *Twins) tie(party, asset int32, p proof, rel string, since, until time.Time) {
	l := t.meet(party, asset)
	if l == nil || l.proof > p {
		return
	}
	l.proof, l.rel, l.last = p, t.relation(rel), t.now
	if !since.IsZero() {
		l.since = since.UnixNano()
	}
	l.until = 0
	if !until.IsZero() {
		l.until = until.UnixNano()
	}
}

// relation returns the number of a relation. A register that names more than fit has its further ones called users.
func (t *Twins) relation(rel string) uint8 {
	if n, ok := t.rels.number(rel); ok && n < 256 {
		return uint8(n)
	}
	return 1
}

// next returns the link after i in e's list.
func (t *Twins) next(i, e int32) int32 {
	if t.links[i].party == e {
		return t.links[i].nextP
	}
	return t.links[i].nextA
}

// relink moves the links of from to to; where to has one already the stronger stays.
func (t *Twins) relink(from, to int32) {
	for i := t.entities[from].links; i != 0; {
		l := &t.links[i]
		next := t.next(i, from)
		t.pairs.Delete(pairKey(l.party, l.asset))
		asParty := l.party == from
		party, asset := l.party, l.asset
		if asParty {
			party = to
		} else {
			asset = to
		}
		if old := t.linked(party, asset); old != nil || party == asset {
			if old != nil {
				old.absorb(l)
			}
			t.unhook(i, from)
			*l = link{}
		} else {
			l.party, l.asset = party, asset
			if asParty {
				l.nextP = t.entities[to].links
			} else {
				l.nextA = t.entities[to].links
			}
			t.entities[to].links = i
			t.pairs.Set(pairKey(party, asset), i)
		}
		i = next
	}
	t.entities[from].links = 0
}

// unhook takes link i out of the list of its end other than e.
func (t *Twins) unhook(i, e int32) {
	l := t.links[i]
	other, after := l.party, l.nextP
	if other == e {
		other, after = l.asset, l.nextA
	}
	at := &t.entities[other].links
	for *at != 0 && *at != i {
		if m := &t.links[*at]; m.party == other {
			at = &m.nextP
		} else {
			at = &m.nextA
		}
	}
	if *at == i {
		*at = after
	}
}

func (l *link) absorb(o *link) {
	l.uses += o.uses
	l.since, l.last = min(l.since, o.since), max(l.last, o.last)
	if o.proof > l.proof {
		l.proof, l.rel, l.op, l.until = o.proof, o.rel, o.op, o.until
	}
}

// judge returns a link's relation and how sure it is, at the present state of knowledge.
func (t *Twins) judge(l *link) (rel string, p proof) {
	p, rel = l.proof, t.rels.list[l.rel]
	if l.until != 0 && l.until < t.now {
		return Contact, proofContact
	}
	if p == proofList && t.broad(l.op) {
		p, rel = proofContact, Contact
	}
	if p == proofContact && int(l.uses) >= t.o.UseCount && l.last-l.since >= int64(t.o.UseSpan) {
		p, rel = proofUse, User
	}
	return rel, p
}

// export returns a link as the vocabulary has it, seen from e.
func (t *Twins) export(l *link, e int32) waywarden.Link {
	rel, p := t.judge(l)
	other := l.party
	if other == e {
		other = l.asset
	}
	x := waywarden.Link{
		Rel: rel, Type: assetTypes[t.entities[other].kind], UID: t.uid(other),
		Since: time.Unix(0, l.since).UTC(), Proof: proofs[p].name, Confidence: proofs[p].confidence,
	}
	if l.until != 0 {
		x.Until = time.Unix(0, l.until).UTC()
	}
	return x
}
