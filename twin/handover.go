package twin

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/answer"
	"github.com/waywarden/waywarden/twin/handover"
)

// offerSpan is how long the offer of a holder stands until somebody takes it.
const offerSpan = 14 * 24 * time.Hour

// hand follows an asset from one party to another: offers, claims, and the ends of what parties had. It says whether the
// call was such a step.
func (t *Twins) hand(c *waywarden.Call, caller, e int32, group uint64) bool {
	class := c.Operation.Function.Class
	switch {
	case c.Operation.Access == waywarden.AccessRead:
		return false
	case class == "life.pair", class == "life.transfer", class == "life.share_key":
		l := t.linked(caller, e)
		held := l != nil && t.holds(l)
		switch {
		case handover.Ends(c.Operation):
			t.end(c, caller, e, held)
		case t.take(c, caller, e, group), !held && class != "life.pair":
		case !held:
			t.prove(caller, e, proofPairing, Owner, group)
		default:
			l.offered, l.gives = seconds(t.now), class == "life.transfer"
		}
		return true
	case class == "ride.request" || class == "ride.lifecycle":
		if handover.Ends(c.Operation) {
			t.end(c, caller, e, true)
			return true
		}
		if class == "ride.request" {
			t.book(c, caller, e, group)
			return true
		}
	}
	return false
}

// holds says whether a link gives a right at present.
func (t *Twins) holds(l *link) bool {
	_, p := t.judge(l)
	return p > proofContact
}

// take gives an asset to a party that claims it, with a code or as what the answer says, after another offered it. Who
// gave it away to a new owner, or had it by a handover itself and not as owner, has it no longer; one who lends it has it
// still. It says whether there was an offer to take.
func (t *Twins) take(c *waywarden.Call, caller, e int32, group uint64) bool {
	role := handover.Role(c, -1)
	if role == "" && !handover.Coded(c) {
		return false
	}
	from := t.offerer(caller, e)
	if from == nil {
		return false
	}
	from.offered = 0
	if rel := t.rels.Name(uint16(from.rel)); from.gives && rel != Manager && (role == Owner || from.handed && rel != Owner) {
		from.until = seconds(t.now)
	}
	if role == "" {
		role = User
	}
	t.prove(caller, e, proofPairing, role, group)
	if l := t.linked(caller, e); l != nil {
		l.handed = true
	}
	return true
}

// offerer returns the link of the party that offered an asset last, to others than the caller; nil for none.
func (t *Twins) offerer(caller, e int32) *link {
	var from *link
	for i := t.entities[e].links; i != 0; i = t.next(i, e) {
		l := &t.links[i]
		if l.asset == e && l.party != caller && l.offered != 0 && seconds(t.now)-l.offered <= uint32(offerSpan/time.Second) && (from == nil || l.offered > from.offered) {
			from = l
		}
	}
	return from
}

// end ends what the caller has, or where the request names other persons, what they have. Who manages a fleet goes on
// doing so.
func (t *Twins) end(c *waywarden.Call, caller, e int32, held bool) {
	if !held {
		return
	}
	others := false
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if l.In != waywarden.InPath && l.In != waywarden.InQuery && l.In != waywarden.InBody || natureOf(l.Type).kind != kindConsumer {
			continue
		}
		if o := t.find(waywarden.AssetConsumer, l.Type, l.Value, c.Operation.Host, false); o != caller {
			others = true
			t.stop(o, e)
		}
	}
	if !others {
		t.stop(caller, e)
	}
}

func (t *Twins) stop(party, e int32) {
	if l := t.linked(party, e); l != nil && l.proof > proofContact && t.rels.Name(uint16(l.rel)) != Manager {
		l.until = seconds(t.now)
	}
}

// book links a party to what it booked, until the end it booked it for, where the call says so.
func (t *Twins) book(c *waywarden.Call, caller, e int32, group uint64) {
	if l := t.linked(caller, e); l != nil && l.proof > proofBooking && l.until == 0 {
		return // its own
	}
	t.prove(caller, e, proofBooking, Renter, group)
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if !handover.Until(l) {
			continue
		}
		if at, ok := answer.ParseTime(l.Value); ok && at.UnixNano() > t.now {
			t.tie(caller, e, proofBooking, Renter, time.Time{}, at)
			return
		}
	}
}

// Heed takes a finding into account: what a party did that was found to be wrong must not make itself normal. Use of the
// assets named no longer links the party to them, and where it claimed them, the claim and what lists say of them since
// neither. A finding that is withdrawn is forgotten.
func (t *Twins) Heed(f *waywarden.Finding) {
	if f.Principal.UID == "" || f.Severity < waywarden.SeverityMedium {
		return
	}
	caller := t.find(waywarden.AssetConsumer, waywarden.TypePersonID, f.Principal.UID, "", false)
	if caller == 0 {
		caller = t.find(waywarden.AssetConsumer, typePrincipal, f.Principal.UID, "", false)
	}
	if caller == 0 {
		return
	}
	d := doubtUse
	if strings.HasPrefix(f.Detector, "LIF-003") {
		d = doubtClaim
	}
	for _, r := range f.Resources {
		for i := t.entities[caller].links; i != 0; i = t.next(i, caller) {
			l := &t.links[i]
			if l.party != caller || assetTypes[t.entities[l.asset].kind] != r.Type || t.uid(l.asset) != r.UID {
				continue
			}
			if f.Activity == waywarden.ActivityClose {
				l.doubt = 0
			} else {
				l.doubt = max(l.doubt, d)
			}
		}
	}
}

// Doubts about a link.
const (
	doubtUse   uint8 = iota + 1 // its use was found to be wrong
	doubtClaim                  // it was claimed without a right
)
