// Package assumption holds what a threat analysis assumes of operations against traffic.
package assumption

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// What can be assumed of an operation.
const (
	InternalOnly     = "internal_only"
	Authenticated    = "authenticated"
	RejectedInMotion = "rejected_in_motion"
	RateLimited      = "rate_limited"
	OnlyRole         = "only_role"
)

// An Assumption is what a rating rests on. Empty fields fit everything.
type Assumption struct {
	ID        string
	That      string // one of the five
	Operation string // id
	Host      string
	Method    string
	Template  string // parameters in braces fit any segment
	Value     string // of the discriminator
	Limit     int    // calls of one caller in a minute
	Roles     []string
	Networks  []netip.Prefix     // of one's own, beside the private ones
	Severity  waywarden.Severity // from the risk value of the row that rests on it; 0: from what the operation does
	Types     []string           // threats of R155 of the row
	Row       string
}

// Limits of what is remembered.
const (
	operationsMax = 1 << 14
	callersMax    = 1 << 15 // callers whose calls are counted, of all rate limits
	pendingMax    = 1 << 12 // commands in motion whose outcome is waited for
)

// answerWait is how long a vehicle may take to refuse a command that the server took, so that a contradiction is still
// told within a minute.
const answerWait = 45 * time.Second

// freshMax is the age up to which a speed says that a vehicle drives, movingKMH the speed above which it does.
const (
	freshMax  = time.Minute
	movingKMH = 5
	offMax    = 24 * time.Hour // an ignition that is reported when it changes stays off so long
)

// New returns the maker of TARA-001 for these assumptions.
func New(list []Assumption) detect.Maker {
	return func(m *detect.Memory) detect.Detector {
		return &watch{
			list: list, bound: detect.NewTable[bound](m, "TARA-001 operations", operationsMax),
			rates: detect.NewTable[rate](m, "TARA-001 callers of limited operations", callersMax), waits: detect.NewTable[pending](m, "TARA-001 commands in motion", pendingMax),
		}
	}
}

type watch struct {
	list  []Assumption
	bound *detect.Table[bound]
	rates *detect.Table[rate]
	waits *detect.Table[pending]
}

// bound is which assumptions are about an operation.
type bound struct {
	known    bool
	template string // as it was when that was found out: it grows as more is learned
	about    []int32
}

// A rate counts the calls of one caller over a minute that slides in steps of a second.
type rate struct {
	at  int64 // the second counted last
	per [60]uint16
	sum int
}

// pending is a command to a vehicle in motion that the vehicle may still refuse.
type pending struct {
	report detect.Report
}

func (d *watch) Card() detect.Card {
	return detect.Card{
		ID: "TARA-001", Title: "Assumption of the threat analysis contradicted",
		Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API9:2023", "R155:28.1"},
		Needs: detect.InputCalls, Helped: detect.InputCredentials | detect.InputSignals,
		Desc: `Raised when traffic contradicts what people assumed of an operation in their TARA file (` + "`analyze --tara FILE`" + `). There is one finding per assumption; its severity is the risk value of the row that rests on it.

*internal only*: a caller outside private networks, and outside those the assumption names, was served. Where the address is that of a proxy, the last public address it forwards for counts.

*authenticated*: a call without any credential was served.

*rejected in motion*: a call was accepted for a vehicle whose speed, at most a minute old, is above 5 km/h. Where the server only took the command, the vehicle has 45 s to refuse it.

*rate limited*: one caller was served more often within a minute than the limit says.

*only role*: a caller was served whose credential names roles, and none of those allowed; or who showed no credential.`,
		Silent: []string{
			"calls that were refused: the assumption held",
			"calls without a credential from private networks, whose proxy may have taken it off, or with a secret in the request itself",
			"a command that the vehicle itself refuses",
			"a vehicle that is carried: a speed with the ignition off",
			"a credential that does not say which roles it has",
		},
		Respond: "Either the operation does what it should not: repair it. Or the assumption is wrong: correct the row that rests on it, and rate its feasibility again.",
	}
}

func (d *watch) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if s.Command != nil && s.Command.Operation != nil && (s.Command.State == waywarden.CommandRejected || s.Command.State == waywarden.CommandFailed) {
		d.refusedBy(s)
	}
	if c == nil || !c.Success || c.Operation == nil || s.Record.HTTP == nil {
		return
	}
	for _, i := range d.about(c.Operation) {
		a := &d.list[i]
		if fact, against := d.against(a, s, out); against {
			d.report(a, s, out, fact)
		}
	}
}

// about returns which assumptions an operation is one of.
func (d *watch) about(op *waywarden.Operation) []int32 {
	b := d.bound.At(detect.Key(op.ID))
	if b.known && b.template == op.Template {
		return b.about
	}
	b.known, b.template, b.about = true, strings.Clone(op.Template), nil
	for i := range d.list {
		if d.list[i].covers(op) {
			b.about = append(b.about, int32(i))
		}
	}
	return b.about
}

func (a *Assumption) covers(op *waywarden.Operation) bool {
	if a.Operation != "" && a.Operation == op.ID {
		return true
	}
	if a.Host == "" && a.Template == "" {
		return false
	}
	return (a.Host == "" || strings.EqualFold(a.Host, op.Host)) && (a.Method == "" || a.Method == op.Method) &&
		(a.Template == "" || fits(a.Template, op.Template)) && (a.Value == "" || a.Value == op.Discriminator.Value)
}

// fits says whether a path template, or a path that is not known as one yet, is of a template.
func fits(template, path string) bool {
	for {
		var t, p string
		var more, further bool
		t, template, more = strings.Cut(template, "/")
		p, path, further = strings.Cut(path, "/")
		if more != further || t != p && (!strings.Contains(t, "{") || p == "") {
			return false
		}
		if !more {
			return true
		}
	}
}

// against says what in a call that was served contradicts an assumption.
func (d *watch) against(a *Assumption, s *waywarden.Scene, out *detect.Output) (waywarden.Fact, bool) {
	c := s.Call
	p := &c.Principal
	nobody := p.UID == "" && p.Session == "" && p.Scheme == waywarden.SchemeNone && !s.Record.HTTP.Request.HeadersMissing &&
		!detect.Inside(s.Record.HTTP.Client.IP) && !out.Asked.Any(detect.Proofs())
	switch a.That {
	case InternalOnly:
		from := origin(s.Record.HTTP)
		return waywarden.Fact{Name: "called from", Observed: from, Normal: "private networks"}, outside(from, a.Networks)
	case Authenticated:
		return waywarden.Fact{Name: "credential", Observed: "none", Normal: "always one"}, nobody
	case RejectedInMotion:
		kmh, moving := driving(s)
		return waywarden.Fact{Name: "speed", Observed: fmt.Sprintf("%.0f km/h", kmh), Normal: "refused above 5 km/h"}, moving
	case RateLimited:
		who := cmp.Or(p.UID, p.Session, s.Record.HTTP.Client.IP)
		n := d.rates.At(detect.Key(a.ID, who)).count(s.Now.Unix())
		return waywarden.Fact{Name: "calls in a minute", Observed: detect.Itoa(n), Normal: "at most " + detect.Itoa(a.Limit)}, n > a.Limit
	case OnlyRole:
		fact := waywarden.Fact{Name: "roles", Observed: cmp.Or(strings.Join(p.Roles, ", "), "no credential"), Normal: strings.Join(a.Roles, ", ")}
		return fact, nobody || len(p.Roles) > 0 && !slices.ContainsFunc(p.Roles, a.allows)
	}
	return waywarden.Fact{}, false
}

func (a *Assumption) allows(role string) bool {
	return slices.ContainsFunc(a.Roles, func(r string) bool { return strings.EqualFold(r, role) })
}

// origin is the address a call came from: that of the client, or where that is a proxy within, the last address outside
// that it forwards for. What stands before it in the field the caller may have made up.
func origin(t *waywarden.Transaction) string {
	if !detect.Inside(t.Client.IP) {
		return t.Client.IP
	}
	hops := strings.Split(t.Request.Headers.First("x-forwarded-for"), ",")
	for _, h := range slices.Backward(hops) {
		if a, err := netip.ParseAddr(strings.TrimSpace(h)); err == nil && !detect.Inside(a.String()) {
			return a.String()
		}
	}
	return t.Client.IP
}

// outside says whether an address is of none of one's own networks. What is no address is not outside.
func outside(ip string, own []netip.Prefix) bool {
	a, err := netip.ParseAddr(ip)
	if err != nil || detect.Inside(ip) || a.IsLinkLocalUnicast() {
		return false
	}
	return !slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}

// driving says whether a call names a vehicle that is known to drive under its own power, and how fast.
func driving(s *waywarden.Scene) (kmh float64, ok bool) {
	for i := range s.Subjects {
		sub := &s.Subjects[i]
		if !detect.IsVehicle(sub) || s.Call.Leaves[sub.Leaf].In == waywarden.InResponse {
			continue
		}
		speed, known := sub.Twin.Fresh("Vehicle.Speed", s.Now, freshMax)
		if !known || speed.Value.Kind != waywarden.ValueNumber || speed.Value.Number <= movingKMH || speed.At.After(s.Now) {
			continue
		}
		power, said := sub.Twin.Reading("Vehicle.LowVoltageSystemState")
		dark := said && (power.Value.Text == "OFF" || power.Value.Text == "LOCK") && speed.At.Sub(power.At) <= offMax
		if !dark && speed.Value.Number > kmh {
			kmh, ok = speed.Value.Number, true
		}
	}
	return kmh, ok
}

// count counts a call of the second at, and returns how many there were in the minute up to it.
func (r *rate) count(at int64) int {
	if r.at == 0 {
		r.at = at
	}
	for range min(max(at-r.at, 0), int64(len(r.per))) {
		r.at++
		slot := &r.per[r.at%60]
		r.sum -= int(*slot)
		*slot = 0
	}
	r.at = max(r.at, at)
	if slot := &r.per[r.at%60]; *slot < 1<<15 {
		*slot++
		r.sum++
	}
	return r.sum
}

// severity is that of the row's risk value, else of what the operation does.
func (a *Assumption) severity(op *waywarden.Operation) waywarden.Severity {
	switch {
	case a.Severity != 0:
		return a.Severity
	case op.Access == waywarden.AccessControl:
		return waywarden.SeverityHigh
	}
	return waywarden.SeverityMedium
}

// types are the class of weakness that a contradiction is, and the threats of the row. That of the row is not taken: that
// an operation is open to be called says nothing about whose objects it gives.
func (a *Assumption) types() []string {
	owasp := map[string]string{
		InternalOnly: "API9:2023", Authenticated: "API2:2023", RejectedInMotion: "API6:2023", RateLimited: "API4:2023", OnlyRole: "API5:2023",
	}
	return append([]string{owasp[a.That]}, a.Types...)
}

func (d *watch) report(a *Assumption, s *waywarden.Scene, out *detect.Output, fact waywarden.Fact) {
	op := s.Call.Operation
	said := strings.ReplaceAll(a.That, "_", " ")
	r := detect.Report{
		Group: a.ID, Severity: a.severity(op), Confidence: 90, Operation: op, Principal: s.Call.Principal, Types: a.types(),
		Title: "Not " + said + ": " + detect.What(op),
		Desc: detect.Who(s) + " was served by " + detect.What(op) + ", which the threat analysis assumes to be " + said + " (" + a.ID + "): " +
			fact.Name + " " + fact.Observed + ", assumed " + fact.Normal + ". The rating that rests on it does not hold.",
		Facts: []waywarden.Fact{{Name: "assumption", Observed: a.ID, Normal: said}, fact}, Resources: detect.Assets(s),
	}
	if a.Row != "" {
		r.Facts = append(r.Facts, waywarden.Fact{Name: "row", Observed: a.Row})
	}
	if a.That == RejectedInMotion && d.undecided(s) {
		d.wait(&r, s, out)
		return
	}
	out.Raise(&r)
}

// undecided says whether a vehicle may still refuse what its server took.
func (d *watch) undecided(s *waywarden.Scene) bool {
	if s.Command != nil && s.Command.State == waywarden.CommandExecuted {
		return false
	}
	return s.Record.HTTP.Status == 202 || s.Command != nil && s.Command.State == waywarden.CommandAccepted
}

// wait keeps a report until the vehicle had its time to refuse.
func (d *watch) wait(r *detect.Report, s *waywarden.Scene, out *detect.Output) {
	r.Evidence, r.First = []waywarden.Evidence{detect.Keep(s)}, s.Now
	r.Principal = detect.Own(r.Principal)
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; detect.IsVehicle(sub) {
			key := detect.Key(sub.Twin.UID, s.Call.Operation.ID)
			if d.waits.Peek(key) == nil {
				*d.waits.At(key) = pending{report: *r}
				out.Wake(s.Now.Add(answerWait), key)
			}
			return
		}
	}
}

// refusedBy forgets a report whose command the vehicle refused.
func (d *watch) refusedBy(s *waywarden.Scene) {
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; detect.IsVehicle(sub) {
			d.waits.Drop(detect.Key(sub.Twin.UID, s.Command.Operation.ID))
		}
	}
}

// Wake tells of a command that the vehicle did not refuse.
func (d *watch) Wake(_ time.Time, token uint64, out *detect.Output) {
	if p := d.waits.Peek(token); p != nil {
		r := p.report
		d.waits.Drop(token)
		out.Raise(&r)
	}
}
