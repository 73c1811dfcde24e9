package twin

import (
	"math"
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
	nextP, nextA int32  // next link of the same party, of the same asset
	since, last  int64  // unix nanoseconds
	op           uint64 // operation whose list gave it
	until        uint32 // unix seconds; 0: it still holds
	offered      uint32 // unix seconds: when the party offered the asset to another; 0 when it did not
	uses         uint32
	proof        proof
	rel          uint8 // of rels
	gives        bool  // the offer was to give it away, not to share it
	handed       bool  // the party was given the asset by one who held it
	doubt        uint8 // what was found to be wrong about it
}

// seconds are a time in the form in which links keep those that need no more: unix seconds, up to the year 2106.
func seconds(nano int64) uint32 { return uint32(min(max(nano/int64(time.Second), 0), math.MaxUint32)) }

// ended says whether the link is over at now.
func (l *link) ended(now int64) bool { return l.until != 0 && l.until <= seconds(now) }

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
	if l.ended(t.now) {
		l.since = t.now // begun anew
	}
	l.until = 0
	if !until.IsZero() {
		l.until = seconds(until.UnixNano())
	}
}

// relation returns the number of a relation. A register that names more than fit has its further ones called users.
func (t *Twins) relation(rel string) uint8 {
	if n, ok := t.rels.Number(rel); ok && n < 256 {
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
	l.offered, l.handed, l.doubt = max(l.offered, o.offered), l.handed || o.handed, max(l.doubt, o.doubt)
}

// judge returns a link's relation and how sure it is, at the present state of knowledge.
func (t *Twins) judge(l *link) (rel string, p proof) {
	p, rel = l.proof, t.rels.Name(uint16(l.rel))
	if l.ended(t.now) || l.doubt == doubtClaim && p < proofRegister {
		return Contact, proofContact
	}
	if p == proofList && t.broad(l.op) {
		p, rel = proofContact, Contact
	}
	if p == proofContact && l.doubt == 0 && int(l.uses) >= t.o.UseCount && l.last-l.since >= int64(t.o.UseSpan) {
		p, rel = proofUse, User
	}
	return rel, p
}

// former returns an ended link as what it was.
func (t *Twins) former(l *link, e int32) waywarden.Link {
	x := t.export(l, e)
	x.Rel, x.Proof, x.Confidence = t.rels.Name(uint16(l.rel)), proofs[l.proof].name, proofs[l.proof].confidence
	return x
}

// fadeHalf is the time after which a link that nothing confirms is half as sure.
const fadeHalf = 180 * 24 * time.Hour

// fade returns a confidence after some nanoseconds without confirmation, to the hundredth.
func fade(c float64, idle int64) float64 {
	if idle < int64(24*time.Hour) {
		return c
	}
	return math.Round(100*c*math.Exp2(-float64(idle)/float64(fadeHalf))) / 100
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
	if p == proofList || p == proofUse {
		x.Confidence = fade(x.Confidence, t.now-l.last)
	}
	if l.until != 0 {
		x.Until = time.Unix(int64(l.until), 0).UTC()
	}
	return x
}
