package tara

import (
	"math"
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// Exposures of an operation.
const (
	exposureInternet = "internet"
	exposurePrivate  = "private"
	exposureUnknown  = "unknown"
)

// A scale rates by the tables of domain/tara.yaml.
type scale struct{ *domain.TARA }

// value is the risk value of an impact (0 to 3) and a feasibility; 0 for an unknown one.
func (s scale) value(impact int, feasibility string) int {
	v, _ := s.RiskMatrix.At(impact, feasibility)
	return v
}

// categories is the risk value of each category of impact.
func (s scale) categories(i waywarden.Impact, feasibility string) waywarden.Impact {
	return waywarden.Impact{
		Safety: s.value(i.Safety, feasibility), Financial: s.value(i.Financial, feasibility),
		Operational: s.value(i.Operational, feasibility), Privacy: s.value(i.Privacy, feasibility),
	}
}

// order is 1 + I*F (table H.10): finer than the risk value, and only there to sort within it.
func (s scale) order(i waywarden.Impact, feasibility string) float64 {
	return 1 + s.RiskFormula.Impact[s.level(i.Worst())]*s.RiskFormula.Feasibility[feasibility]
}

// level is the word of an impact rating.
func (s scale) level(impact int) string {
	if impact < 0 || impact >= len(s.ImpactLevels) {
		return ""
	}
	return s.ImpactLevels[impact]
}

// vector is from where an operation can be attacked. What is only called from private networks is of a limited
// administrative domain, which CVSS calls adjacent.
func vector(exposure string) string {
	if exposure == exposurePrivate {
		return "adjacent"
	}
	return "network"
}

// cal is the cybersecurity assurance level (table E.1), "" where none is asked for.
func (s scale) cal(i waywarden.Impact, exposure string) string {
	v, _ := s.CAL.At(i.Worst(), vector(exposure))
	return v
}

// Points of attack potential from which an attack counts as complex: a signature has to be made, or each client has a
// certificate of its own.
const (
	expertPoints    = 6
	difficultPoints = 10
)

// cvss is the feasibility by exploitability, E = 8.22 * V * C * P * U. Where anybody can sign up, an account is no
// privilege (the warning of domain/tara.yaml).
func (s scale) cvss(o *Operation, exposure string, open bool) SecondOpinion {
	x := s.Exploitability
	v, c, p := vector(exposure), "low", "low"
	if o.Potential.Expertise >= expertPoints || o.Potential.Window >= difficultPoints {
		c = "high"
	}
	switch {
	case o.Attacker == "outsider", o.Attacker == "user" && open:
		p = "none"
	case o.Attacker == "insider":
		p = "high"
	}
	value := math.Round(822*x.V[v]*x.C[c]*x.P[p]*x.U["none"]) / 100
	out := SecondOpinion{Vector: "AV:" + cvssLetter(v) + "/AC:" + cvssLetter(c) + "/PR:" + cvssLetter(p) + "/UI:N", Value: value}
	for _, b := range x.Bands {
		if value >= b.From && value <= b.To {
			out.Feasibility = b.Feasibility
		}
	}
	return out
}

// cvssLetter is how CVSS abbreviates a level: its first letter, in capitals.
func cvssLetter(word string) string { return string(word[0] - 'a' + 'A') }

// byVector is the feasibility by attack vector alone.
func (s scale) byVector(exposure string) SecondOpinion {
	v := vector(exposure)
	return SecondOpinion{Vector: v, Feasibility: s.AttackVector[v]}
}

// exposure is who can reach an operation, as far as it was called.
func exposure(o *Operation) string {
	switch {
	case o.InsideOnly:
		return exposurePrivate
	case o.Observed.Served > 0:
		return exposureInternet
	}
	return exposureUnknown
}

// openToAll says whether anybody can make an account.
func openToAll(ops []Operation) bool {
	return slices.ContainsFunc(ops, func(o Operation) bool {
		return o.Endpoint.Function.Class == "id.register" && o.Attacker == "outsider" && o.Endpoint.Access != waywarden.AccessRead
	})
}
