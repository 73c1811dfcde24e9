package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// Points of attack potential, as domain/tara.yaml has them from ISO/SAE 21434 annex G (table G.7 and its neighbours).
const (
	elapsedDay, elapsedWeek, elapsedMonth, elapsedHalfYear = 0, 1, 4, 17
	layman, proficient, expert                             = 0, 3, 6
	public, restricted, confidential, strictlyConfidential = 0, 3, 7, 11
	unlimited, easy, moderate, difficult                   = 0, 1, 4, 10
	controlPoints                                          = 7 // a check of the object that was seen to work
)

// A check of the object counts as working when it refused so many foreign objects to so many callers and let none through.
const (
	deniedMin   = 20
	deniedByMin = 3
)

// A term is one reason for points.
type term struct {
	points int
	why    string
}

// feasibility sums the attack potential of an endpoint.
func (t tables) feasibility(e *waywarden.Endpoint, o Observed, insiders bool) Feasibility {
	f := Feasibility{Why: []string{}}
	f.add(&f.ElapsedTime, elapsedTime(e, o))
	f.add(&f.Expertise, expertise(e))
	f.add(&f.Knowledge, knowledge(e, o, insiders))
	f.add(&f.Window, window(e))
	f.add(&f.Equipment, term{0, "equipment standard"})
	if o.ForeignServed == 0 && o.ForeignRefused >= deniedMin && o.RefusedCallers >= deniedByMin {
		f.add(&f.Control, term{controlPoints, fmt.Sprintf("control: %d foreign objects were refused to %d callers, and none given", o.ForeignRefused, o.RefusedCallers)})
	}
	f.Band = t.band(f.Sum)
	if o.ForeignServed > 0 {
		f.Proven, f.Band = true, t.band(0)
		f.Why = append(f.Why, fmt.Sprintf("proven: %d findings saw it give what is not the caller's", o.ForeignServed))
	}
	return f
}

func (f *Feasibility) add(to *int, t term) {
	*to = t.points
	f.Sum += t.points
	f.Why = append(f.Why, fmt.Sprintf("%d: %s", t.points, t.why))
}

func elapsedTime(e *waywarden.Endpoint, o Observed) term {
	switch {
	case e.Authentication.Required != "always" && e.Authentication.Required != "":
		return term{elapsedDay, "elapsed time up to a day: it answered without a credential"}
	case o.ForeignServed > 0:
		return term{elapsedDay, "elapsed time up to a day: it was seen to give what is not the caller's"}
	case has(e, waywarden.SchemeMTLS):
		return term{elapsedHalfYear, "elapsed time up to six months: the private key of a client has to be taken"}
	case has(e, waywarden.SchemeHMAC):
		return term{elapsedMonth, "elapsed time up to a month: requests are signed"}
	}
	return term{elapsedWeek, "elapsed time up to a week: an account of one's own is needed"}
}

func expertise(e *waywarden.Endpoint) term {
	switch {
	case has(e, waywarden.SchemeHMAC):
		return term{expert, "expertise expert: a signature has to be made"}
	case e.Discriminator != nil && e.Discriminator.Name == "operationName":
		return term{proficient, "expertise proficient: the operation is inside a query language"}
	}
	return term{layman, "expertise layman: a browser or curl will do"}
}

func knowledge(e *waywarden.Endpoint, o Observed, insiders bool) term {
	switch {
	case o.InsideOnly:
		return term{confidential, "knowledge confidential: it was only ever called from private networks"}
	case insiders || o.Users == 0 && o.Services > 0 || has(e, waywarden.SchemeAPIKey) || has(e, waywarden.SchemeMTLS) || has(e, waywarden.SchemeToken):
		return term{restricted, "knowledge restricted: callers are partners, dealers or staff"}
	}
	return term{public, "knowledge public: a public client calls it"}
}

func window(e *waywarden.Endpoint) term {
	switch {
	case has(e, waywarden.SchemeMTLS):
		return term{difficult, "window difficult: each client has a certificate of its own"}
	case e.Function.Class == "id.mfa":
		return term{moderate, "window moderate: a code holds for minutes"}
	case e.Statuses["429"] > 0:
		return term{easy, "window easy: a rate limit was seen"}
	}
	return term{unlimited, "window unlimited: no rate limit was ever seen"}
}

func has(e *waywarden.Endpoint, s waywarden.AuthScheme) bool {
	return slices.Contains(e.Authentication.Schemes, s)
}

// profiles is the attack potential of posing as a charge point, by the security profile of its socket.
var profiles = map[string]struct {
	elapsed, knowledge, window term
}{
	profileNone: {
		term{elapsedDay, "elapsed time up to a day: sockets are accepted on the identity alone"},
		term{public, "knowledge public: the identity stands on the station or a map"},
		term{unlimited, "window unlimited: from anywhere in the internet"},
	},
	profilePassword: {
		term{elapsedWeek, "elapsed time up to a week: a password that many stations share has to be learned"},
		term{restricted, "knowledge restricted: passwords are with installers"},
		term{unlimited, "window unlimited: from anywhere in the internet"},
	},
	profileCertificate: {
		term{elapsedHalfYear, "elapsed time up to six months: the private key of a station has to be taken"},
		term{strictlyConfidential, "knowledge strictly confidential: the key is in the station"},
		term{difficult, "window difficult: each station has a certificate of its own"},
	},
}

// station rates one action of a charging protocol: what posing as a station, or as its operator, can do.
func (s *Scorer) station(e *waywarden.OCPPEntry, profile string, t tables) Derivation {
	d := Derivation{
		Endpoint: ocppID(e), Name: "OCPP " + e.Version + " " + e.Action, Function: e.Function.Class, Confidence: e.Function.Confidence,
		Access: waywarden.AccessWrite, Attacker: attackers[outsider],
	}
	if strings.HasPrefix(e.Function.Class, "chg.") && e.Direction == "out" {
		d.Access, d.Attacker, d.Scale = waywarden.AccessControl, attackers[insider], scaleFleet
	}
	potential, known := profiles[profile]
	if !known {
		potential = profiles[profilePassword]
	}
	f := &d.Feasibility
	f.Why = []string{}
	f.add(&f.ElapsedTime, potential.elapsed)
	f.add(&f.Expertise, term{proficient, "expertise proficient: a WebSocket protocol"})
	f.add(&f.Knowledge, potential.knowledge)
	f.add(&f.Window, potential.window)
	f.add(&f.Equipment, term{0, "equipment standard"})
	f.Band = t.band(f.Sum)
	d.State, _, d.Impact = s.worst(e.Function.Class, Observed{})
	d.Own = t.value(d.Impact.Worst(), f.Band)
	return d
}

// ocppID is the id of the operation that the catalog gives an action.
func ocppID(e *waywarden.OCPPEntry) string {
	return "ocpp-" + e.Version + "-" + e.Direction + "-" + e.Action
}
