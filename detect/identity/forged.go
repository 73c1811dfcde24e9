package identity

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Forged makes IDN-011: a token accepted that its issuer cannot have signed.
func Forged(m *detect.Memory) detect.Detector {
	return &forged{
		issuers: detect.NewTable[issuer](m, "IDN-011 issuers", 1<<10),
		seen:    detect.NewTable[family](m, "IDN-011 callers per issuer", 1<<17),
	}
}

type forged struct {
	issuers *detect.Table[issuer]
	seen    *detect.Table[family]
}

// An issuer is how many different callers come with tokens of it, per family of algorithm.
type issuer struct{ callers [families]int32 }

// A family is a kind of signature, as bits of what a caller came with.
type family uint8

const (
	unsigned = iota
	symmetric
	asymmetric
	families
)

const (
	signedMin  = 5    // callers with properly signed tokens before another family stands out …
	strangeMax = 0.02 // … if at most this share of callers comes with it
)

func (d *forged) Card() detect.Card {
	return detect.Card{
		ID: "IDN-011", Title: "Forged token accepted", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API2:2023", "R155:1.2", "R155:26.2"},
		Needs: detect.InputCalls | detect.InputCredentials,
		Desc: `Raised when a JSON Web Token is accepted that says it is not signed ("alg": "none", RFC 8725 section 3.1), or is signed with a shared secret though its issuer signs with a key pair (section 2.1, where the public key is taken for the secret), and the call names or is given something that is not for everybody.

The issuer's other tokens decide what is strange: at least five other callers must come with signed ones, and at most one in fifty with such a one. All forged tokens of an issuer are one finding.`,
		Silent: []string{
			"tokens that are refused",
			"public operations that do not look at tokens",
			"an issuer that uses the family for everybody: a weakness, but no attack",
		},
		Respond: "Accept only the algorithms the issuer uses, end the sessions named, and look for what was read or commanded with them.",
	}
}

// familyOf returns the family of an algorithm (RFC 7518 section 3.1), false where it says nothing.
func familyOf(algorithm string) (int, bool) {
	switch {
	case algorithm == "":
		return 0, false
	case strings.EqualFold(algorithm, "none"):
		return unsigned, true
	case len(algorithm) > 2 && strings.EqualFold(algorithm[:2], "HS"):
		return symmetric, true
	}
	return asymmetric, true
}

func (*forged) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed}
}

func (d *forged) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || !c.Success || c.Operation == nil || s.Record.HTTP == nil || c.Principal.UID == "" {
		return
	}
	f, ok := familyOf(c.Principal.Algorithm)
	if !ok {
		return
	}
	key := detect.Key(c.Principal.Issuer)
	is := d.issuers.At(key)
	if f != asymmetric && is.strange(f) && matters(s, out) {
		d.report(s, is, f, out)
		return
	}
	mine := d.seen.At(detect.Mix(key, detect.Key(c.Principal.UID)))
	if *mine&(1<<f) == 0 {
		*mine |= 1 << f
		is.callers[f]++
	}
}

// strange says whether hardly anybody comes with tokens of a family, but many with a better one.
func (is *issuer) strange(f int) bool {
	better := int32(0)
	for k := f + 1; k < families; k++ {
		better += is.callers[k]
	}
	return better >= signedMin && float64(is.callers[f]) <= strangeMax*float64(better)
}

// matters says whether a call is not one that everybody may make.
func matters(s *waywarden.Scene, out *detect.Output) bool {
	switch s.Call.Operation.Function.Class {
	case "ride.feed_public", "infra.misc":
		return false
	}
	return len(s.Subjects) > 0 || s.Call.Operation.Access != waywarden.AccessRead || out.Told != 0
}

func (d *forged) report(s *waywarden.Scene, is *issuer, f int, out *detect.Output) {
	c := s.Call
	how := "is not signed at all"
	if f == symmetric {
		how = "is signed with a shared secret though its issuer signs with a key pair"
	}
	r := detect.Report{
		Group: "issuer " + c.Principal.Issuer + " " + detect.Itoa(f), Subject: c.Principal.UID, Severity: waywarden.SeverityCritical, Confidence: 95,
		Operation: c.Operation, Principal: c.Principal,
		Title: "Forged token accepted by " + c.Operation.Host,
		Desc: detect.What(c.Operation) + " accepted a token for " + c.Principal.UID + " that " + how + " (" + c.Principal.Algorithm + "). Anybody can write such a token for anybody. The last came from " +
			detect.Address(s) + ".",
		Facts: []waywarden.Fact{
			{Name: "algorithm", Observed: c.Principal.Algorithm, Normal: "a signature with a key pair"},
			{Name: "callers with tokens of this kind", Observed: detect.Itoa(is.callers[f]), Normal: "of " + detect.Itoa(is.callers[unsigned]+is.callers[symmetric]+is.callers[asymmetric])},
		},
	}
	for i := range s.Subjects {
		if w := s.Subjects[i].Twin; w != nil {
			r.Resources = append(r.Resources, waywarden.Resource{Type: w.Type, UID: w.UID})
		}
	}
	out.Raise(&r)
}
