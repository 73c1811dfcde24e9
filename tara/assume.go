package tara

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// What can be assumed of an operation and held against traffic.
const (
	InternalOnly     = "internal_only"      // it is only called from private networks
	Authenticated    = "authenticated"      // it serves nobody without a credential
	RejectedInMotion = "rejected_in_motion" // it is refused while the vehicle drives
	RateLimited      = "rate_limited"       // no caller is served more often than limit times a minute
	OnlyRole         = "only_role"          // it only serves callers of one of the roles
)

// Verdicts about an assumption.
const (
	verdictHolds        = "holds"        // traffic put it to the test, and it stood
	verdictContradicted = "contradicted" //
	verdictUntested     = "untested"     // traffic did not put it to the test
)

// An Assumption is what a rating rests on, said so that traffic can contradict it.
type Assumption struct {
	ID       string    `json:"id" yaml:"id"`
	That     string    `json:"that" yaml:"that"`
	Row      string    `json:"row,omitempty" yaml:"row,omitempty"`           // of an operation; or:
	Host     string    `json:"host,omitempty" yaml:"host,omitempty"`         // "" for every host
	Method   string    `json:"method,omitempty" yaml:"method,omitempty"`     // "" for every method
	Template string    `json:"template,omitempty" yaml:"template,omitempty"` // "/vehicles/{id}/commands"; "" for every one
	Value    string    `json:"value,omitempty" yaml:"value,omitempty"`       // of the discriminator
	Limit    int       `json:"limit,omitempty" yaml:"limit,omitempty"`       // calls of one caller in a minute
	Roles    []string  `json:"roles,omitempty" yaml:"roles,omitempty"`       //
	Networks []string  `json:"networks,omitempty" yaml:"networks,omitempty"` // of one's own beside the private ones: "203.0.113.0/24"
	By       string    `json:"by,omitempty" yaml:"by,omitempty"`             //
	At       time.Time `json:"at,omitzero" yaml:"at,omitempty"`              //
	Reason   string    `json:"reason,omitempty" yaml:"reason,omitempty"`     //
	Verdict  string    `json:"verdict,omitempty" yaml:"-"`                   // holds, contradicted, untested
	Why      string    `json:"why,omitempty" yaml:"-"`                       //
	Findings int       `json:"findings,omitempty" yaml:"-"`                  // that contradict it
	Rows     []string  `json:"rows,omitempty" yaml:"-"`                      // that rest on it
}

func (a *Assumption) check() error {
	switch {
	case a.ID == "":
		return errors.New("id is missing")
	case !slices.Contains([]string{InternalOnly, Authenticated, RejectedInMotion, RateLimited, OnlyRole}, a.That):
		return fmt.Errorf("that is %q: it must be one of internal_only, authenticated, rejected_in_motion, rate_limited, only_role", a.That)
	case a.Row == "" && a.Host == "" && a.Template == "":
		return errors.New("say which operations: give row, or host and template")
	case a.Template != "" && !strings.HasPrefix(a.Template, "/"):
		return fmt.Errorf("template is %q: it must begin with /", a.Template)
	case a.That == RateLimited && a.Limit < 1:
		return errors.New("limit is missing: how many calls of one caller in a minute?")
	case a.That == OnlyRole && len(a.Roles) == 0:
		return errors.New("roles are missing")
	}
	for _, n := range a.Networks {
		if _, err := netip.ParsePrefix(n); err != nil {
			return fmt.Errorf("networks: %q is no network such as 203.0.113.0/24", n)
		}
	}
	a.Method = strings.ToUpper(a.Method)
	return nil
}

// Covers says whether an assumption is about a row.
func (a *Assumption) Covers(r *Row) bool {
	if a.Row != "" {
		return a.Row == r.ID || a.Row == r.DecisionID
	}
	at := ParseOperation(r.Operation)
	return r.Operation != "" && (a.Method == "" || a.Method == at.Method) && (a.Host == "" || strings.EqualFold(a.Host, at.Host)) &&
		(a.Template == "" || shape(a.Template) == shape(at.Template)) && (a.Value == "" || a.Value == at.Value)
}

// An Address is what the name of an operation says.
type Address struct{ Method, Host, Template, Value string }

// ParseOperation takes the name of an operation apart.
func ParseOperation(name string) Address {
	method, rest, _ := strings.Cut(name, " ")
	at, selector, _ := strings.Cut(rest, " ")
	i := strings.IndexByte(at, '/')
	if i < 0 {
		i = len(at)
	}
	_, value, _ := strings.Cut(selector, "=")
	return Address{Method: method, Host: at[:i], Template: at[i:], Value: value}
}

// judge holds assumptions against what traffic showed of the rows that rest on them.
func (a *Analysis) judge(list []Assumption) []Assumption {
	out := slices.Clone(list)
	for i := range out {
		x := &out[i]
		x.Verdict, x.Why, x.Rows, x.Findings = verdictUntested, "no operation that it is about was called", nil, 0
		for j := range a.Rows {
			r := &a.Rows[j]
			if !x.Covers(r) {
				continue
			}
			x.Rows = append(x.Rows, r.ID)
			verdict, why := x.verdict(r)
			if rank(verdict) > rank(x.Verdict) || x.Why == "" || len(x.Rows) == 1 {
				x.Verdict, x.Why = verdict, why
			}
		}
	}
	return out
}

// rank orders verdicts: one contradiction counts more than what holds elsewhere.
func rank(verdict string) int {
	return slices.Index([]string{verdictUntested, verdictHolds, verdictContradicted}, verdict)
}

// heldMin is how many calls have to have gone as assumed before an assumption holds.
const heldMin = 3

func (a *Assumption) verdict(r *Row) (verdict, why string) {
	o, name := &r.Observed, cmp.Or(r.Operation, r.ID)
	if against := a.against(r); against != "" {
		return verdictContradicted, name + " " + against
	}
	held := o.Served >= heldMin
	switch a.That {
	case InternalOnly:
		held = held && r.Exposure == exposurePrivate
	case RejectedInMotion:
		held = o.MovingRefused >= heldMin
	case RateLimited:
		held = o.Limited > 0
	case OnlyRole:
		held = held && len(o.Roles) > 0 && a.known(o.Roles) == len(o.Roles)
	}
	if held {
		return verdictHolds, fmt.Sprintf("%s: %d calls were served as assumed, or refused as they should be", name, max(o.Served, o.MovingRefused))
	}
	return verdictUntested, name + " was not called in a way that tests it"
}

// against says what totals of traffic contradict the assumption, "" for nothing.
func (a *Assumption) against(r *Row) string {
	o := &r.Observed
	switch {
	case a.That == InternalOnly && r.Exposure == exposureInternet && len(a.Networks) == 0:
		return "served callers from outside private networks"
	case a.That == Authenticated && o.Nobody > 0 && r.Exposure != exposurePrivate:
		return fmt.Sprintf("served %d calls without a credential", o.Nobody)
	case a.That == RejectedInMotion && o.Moving > 0:
		return fmt.Sprintf("was accepted %d times for vehicles in motion", o.Moving)
	case a.That == RateLimited && o.PerMinute > int64(a.Limit):
		return fmt.Sprintf("served one caller %d times in a minute", o.PerMinute)
	case a.That == OnlyRole && len(o.Roles) > 0 && a.known(o.Roles) == 0:
		return "served callers of the roles " + strings.Join(o.Roles, ", ") + " alone"
	}
	return ""
}

// known counts those of the roles that the assumption allows.
func (a *Assumption) known(roles []string) int {
	n := 0
	for _, role := range roles {
		if slices.ContainsFunc(a.Roles, func(s string) bool { return strings.EqualFold(s, role) }) {
			n++
		}
	}
	return n
}

// Found tells which findings contradict which assumption: counts by the assumption's id. Those counts stand above what
// the totals of traffic suggest, for they know each single call.
func (a *Analysis) Found(counts map[string]int) {
	for i := range a.Assumptions {
		x := &a.Assumptions[i]
		if n := counts[x.ID]; n > 0 {
			x.Findings, x.Verdict, x.Why = n, verdictContradicted, "a finding of TARA-001 shows it, call by call"
		}
	}
}

// Says is what is assumed, in words.
func (a *Assumption) Says() string {
	switch a.That {
	case RateLimited:
		return fmt.Sprintf("rate limited to %d calls of one caller in a minute", a.Limit)
	case OnlyRole:
		return "only for the roles " + strings.Join(a.Roles, ", ")
	}
	return words(a.That)
}

// Of is what an assumption is about, in words.
func (a *Assumption) Of() string {
	if a.Row != "" {
		return "row " + a.Row
	}
	return strings.TrimSpace(a.Method + " " + a.Host + a.Template + " " + a.Value)
}
