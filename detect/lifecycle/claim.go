package lifecycle

import (
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Claim makes LIF-003: a vehicle or charger claimed without a proof of possession.
func Claim(m *detect.Memory) detect.Detector {
	return &claim{
		asked:  detect.NewTable[int64](m, "LIF-003 codes asked for", 1<<16),
		offers: detect.NewTable[int64](m, "LIF-003 assets and codes offered", 1<<16),
		norms:  detect.NewTable[norm](m, "LIF-003 claims per operation", 1<<10),
		seen:   detect.NewTable[struct{}](m, "LIF-003 claimers per operation", 1<<15),
	}
}

type claim struct {
	asked  *detect.Table[int64]    // caller and value: when it asked for a code for it, or was given it
	offers *detect.Table[int64]    // value: when one who holds the asset offered it
	norms  *detect.Table[norm]     // per operation
	seen   *detect.Table[struct{}] // operation and caller
}

// A norm is how many different parties claimed with an operation, with a proof and without.
type norm struct{ proved, unproved int32 }

// Spans within which a claim follows what makes it honest, and what makes a norm.
const (
	askedSpan = 24 * time.Hour
	offerSpan = 14 * 24 * time.Hour
	provedMin = 3    // parties that proved possession before one that did not stands out
	provedNot = 0.05 // share of parties without a proof up to which there is a norm at all
	valueMin  = 5    // letters from which a value tells one asset or errand from another
)

func (d *claim) Card() detect.Card {
	return detect.Card{
		ID: "LIF-003", Title: "Vehicle or charger claimed without proof of possession", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API6:2023", "API2:2023", "API1:2023", "API5:2023", "R155:20.2", "R155:31.1"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputRequestBodies, Helped: detect.InputLinks | detect.InputResponseBodies | detect.InputRegister,
		Desc: `Raised when a claim that carries a code succeeds (pairing, redeeming, accepting a handover) though the caller neither asked for a code for this asset before, nor was given the errand's number, nor did one who holds the asset offer or share it.

The code of an honest claim is shown in the vehicle or at the charger after the caller asked for it, or comes from the holder. A claim that skips this used a guessed, leaked or default code.

It is raised where at least three other parties claimed with the operation and at most one in twenty of them without such a proof, or where the asset is known to be somebody else's.`,
		Silent: []string{
			"a handover with the old owner's consent and a code from the vehicle",
			"a rental: the holder releases, the renter accepts",
			"an invited driver who redeems a code that was made for the vehicle",
			"interfaces whose claims never have a step before: nothing can be said there",
		},
		Respond: "Revoke the link and its sessions, ask the true owner, and rate-limit and bind codes to an errand that the vehicle itself confirms.",
	}
}

func (*claim) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted, Areas: []string{"life"}}
}

func (d *claim) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Record.HTTP == nil || s.Caller == nil || !hands(c) {
		return
	}
	switch {
	case holds(s):
		d.offer(s)
	case coded(c):
		d.judge(s, out)
	default:
		d.ask(s)
	}
}

// hands says whether a call is a step of giving an asset from one party to another.
func hands(c *waywarden.Call) bool {
	switch c.Operation.Function.Class {
	case "life.pair", "life.share_key", "life.transfer":
		return c.Record.HTTP.Method != "GET"
	}
	return false
}

// holds says whether the caller has a right to an asset it names.
func holds(s *waywarden.Scene) bool {
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; asset(sub) && detect.Owns(sub.Linked, s.Now) {
			return true
		}
	}
	return false
}

// asset says whether a subject is a thing rather than a person.
func asset(sub *waywarden.Subject) bool {
	return sub.Twin != nil && (sub.Twin.Type == waywarden.AssetVehicle || sub.Twin.Type == waywarden.AssetCharger)
}

// coded says whether a request carries a code.
func coded(c *waywarden.Call) bool {
	for i := range c.Leaves {
		switch l := &c.Leaves[i]; l.Type {
		case waywarden.TypeOTP, waywarden.TypePIN, waywarden.TypeInviteCode, waywarden.TypeKeyMaterial:
			if l.In == waywarden.InBody || l.In == waywarden.InQuery || l.In == waywarden.InPath {
				return true
			}
		}
	}
	return false
}

// values calls f with every value of the given places that can tell one asset or errand from another, codes excepted.
func values(c *waywarden.Call, answer bool, f func(l *waywarden.Leaf)) {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if len(l.Value) < valueMin || l.Kind == waywarden.ValueBool || (l.In == waywarden.InResponse) != answer {
			continue
		}
		switch l.In {
		case waywarden.InPath, waywarden.InQuery, waywarden.InBody, waywarden.InResponse:
			f(l)
		}
	}
}

// offer notes what a holder gives away: the assets it names, and the codes and numbers it was answered with.
func (d *claim) offer(s *waywarden.Scene) {
	now := s.Now.UnixNano()
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; asset(sub) {
			*d.offers.At(detect.Key("asset", sub.Twin.UID)) = now
		}
	}
	values(s.Call, true, func(l *waywarden.Leaf) {
		switch l.Type {
		case waywarden.TypeInviteCode, waywarden.TypeOTP, waywarden.TypePIN, waywarden.TypeKeyMaterial, waywarden.TypeRequestID:
			*d.offers.At(detect.Key("code", l.Value)) = now
		}
	})
}

// ask notes for which asset a caller asks for a code, and the errand's number that it is given.
func (d *claim) ask(s *waywarden.Scene) {
	now, who := s.Now.UnixNano(), s.Caller.UID
	values(s.Call, false, func(l *waywarden.Leaf) { *d.asked.At(detect.Key(who, l.Value)) = now })
	values(s.Call, true, func(l *waywarden.Leaf) {
		if l.Type == waywarden.TypeRequestID || l.Type == waywarden.TypeSessionID {
			*d.asked.At(detect.Key(who, l.Value)) = now
		}
	})
}

// proved says whether the claim follows an offer, or the caller's asking for a code.
func (d *claim) proved(s *waywarden.Scene) bool {
	now, who, found := s.Now.UnixNano(), s.Caller.UID, false
	fresh := func(t *detect.Table[int64], key uint64, span time.Duration) bool {
		at := t.Peek(key)
		return at != nil && now-*at <= int64(span)
	}
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; asset(sub) {
			found = found || fresh(d.offers, detect.Key("asset", sub.Twin.UID), offerSpan)
		}
	}
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		switch l.In {
		case waywarden.InPath, waywarden.InQuery, waywarden.InBody:
			found = found || fresh(d.offers, detect.Key("code", l.Value), offerSpan) ||
				len(l.Value) >= valueMin && fresh(d.asked, detect.Key(who, l.Value), askedSpan)
		}
	}
	return found
}

// judge holds a claim against what came before it and what others did.
func (d *claim) judge(s *waywarden.Scene, out *detect.Output) {
	op := detect.Key(s.Call.Operation.ID)
	n := *d.norms.At(op)
	known := d.seen.Peek(detect.Mix(op, detect.Key(s.Caller.UID))) != nil
	proved := d.proved(s)
	if !known {
		d.seen.At(detect.Mix(op, detect.Key(s.Caller.UID)))
		if proved {
			d.norms.At(op).proved++
		} else {
			d.norms.At(op).unproved++
		}
	}
	if proved {
		return
	}
	if known && n.unproved > 0 {
		n.unproved-- // the caller's own earlier claim is no norm
	}
	owner := holder(s)
	usual := n.proved >= provedMin && float64(n.unproved) <= provedNot*float64(n.proved+n.unproved)
	if !usual && (owner == "" || n.unproved > n.proved) {
		return
	}
	d.raise(s, out, owner, n)
}

// holder returns who is known to have an asset that the call claims; "" for nobody.
func holder(s *waywarden.Scene) string {
	for i := range s.Subjects {
		sub := &s.Subjects[i]
		if !asset(sub) || !sub.Known {
			continue
		}
		for _, l := range sub.Twin.Links {
			if detect.Owns(l, s.Now) && l.Type == waywarden.AssetConsumer && l.UID != s.Caller.UID {
				return l.UID
			}
		}
	}
	return ""
}

func (d *claim) raise(s *waywarden.Scene, out *detect.Output, owner string, n norm) {
	what := "an asset"
	r := detect.Report{
		Group: s.Caller.UID, Severity: waywarden.SeverityCritical, Confidence: 85,
		Operation: s.Call.Operation, Principal: s.Call.Principal,
		Facts: []waywarden.Fact{{
			Name: "steps before the claim", Observed: "none",
			Normal: "a code asked for, or an offer of the holder: " + strconv.Itoa(int(n.proved)) + " of " + strconv.Itoa(int(n.proved+n.unproved)) + " other claimers",
		}},
	}
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; asset(sub) {
			what, r.Subject = string(sub.Twin.Type)+" "+sub.Twin.UID, sub.Twin.UID
			r.Resources = append(r.Resources, waywarden.Resource{Type: sub.Twin.Type, UID: sub.Twin.UID})
		}
	}
	r.Title = "Claim of " + what + " without proof of possession"
	r.Desc = detect.Who(s) + " had the server accept " + detect.What(s.Call.Operation) + " for " + what + " with a code it never asked for, and nobody who holds it offered it."
	if owner != "" {
		r.Desc += " It is known to be of " + owner + "."
	}
	out.Raise(&r)
}
