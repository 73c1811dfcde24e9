package access

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// ForeignFunction makes AUT-004: a function that callers of this kind do not have.
func ForeignFunction(m *detect.Memory) detect.Detector {
	return &foreignFunction{
		uses:    detect.NewTable[use](m, "AUT-004 operations", 1<<14),
		cells:   detect.NewTable[int32](m, "AUT-004 kinds of callers per operation", 1<<15),
		seen:    detect.NewTable[struct{}](m, "AUT-004 callers per operation", 1<<18),
		kinds:   detect.NewTable[int32](m, "AUT-004 kinds of callers", 1<<13),
		members: detect.NewTable[int32](m, "AUT-004 callers per kind", 1<<18),
		raised:  detect.NewTable[struct{}](m, "AUT-004 callers with foreign functions", 1<<14),
		carried: detect.NewTable[waywarden.AuthScheme](m, "AUT-004 how credentials are carried", 1<<17),
	}
}

type foreignFunction struct {
	uses    *detect.Table[use]
	cells   *detect.Table[int32]    // callers of a kind that used an operation
	seen    *detect.Table[struct{}] // callers counted there
	kinds   *detect.Table[int32]    // callers of a kind, whatever they use
	members *detect.Table[int32]    // callers counted there, with their calls of what customers have
	raised  *detect.Table[struct{}]
	carried *detect.Table[waywarden.AuthScheme] // how a credential was carried first
	start   time.Time                           // of the first call
}

// A use is who uses an operation.
type use struct {
	callers, calls int32
	schemes        [2]waywarden.AuthScheme // how they prove who they are; beyond two it says nothing
	many           bool                    // more than two schemes
}

// Bounds of the verdict.
const (
	usersMin   = 3  // other callers that the operation belongs to …
	callsMin   = 10 // … and their calls
	kindMin    = 12 // callers of the kind in question that never used it
	schemeMin  = 5  // callers that all prove themselves in one way, where another way alone is strange …
	schemeUses = 50 // … and their calls
	watchMin   = time.Hour
	habitMin   = 5  // calls of what customers have before a caller of whom nothing is known is taken for one …
	graveUsers = 5  // … or others who use a function that gives rights or reaches every vehicle
	hostPeers  = 24 // callers of the kind who never used a host …
	hostCalls  = 30 // … where others make so many calls
)

func (d *foreignFunction) Card() detect.Card {
	return detect.Card{
		ID: "AUT-004", Title: "Function of another role", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API5:2023", "API9:2023", "R155:1.2", "R155:3.3"},
		Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputLinks,
		Desc: `Raised when an operation of administration, dealers, support, diagnostics, campaigns or ownership serves a caller of a kind that does not use it. The kind is what the credential says (client, audience, roles, scheme) and, where it says nothing, how the caller stands: a fleet's manager, somebody with a vehicle, or an unnamed session.

Four things can show that the function is not the caller's:

- at least three callers of other kinds use it (ten calls), at least twelve callers of this kind were seen, and none of them ever used it. A caller of whom nothing is known yet, neither by its credential nor by what is its own, is of no kind until it made five calls of what customers have; before that only functions that give rights, change owners or reach every vehicle count, where at least five others use them;
- at least five callers use it (fifty calls), all with one kind of credential, and this is a person with another;
- nobody ever used it, its path says that it is internal, and callers of this kind are many and call other things;
- the whole host is used by at least three callers of other kinds (30 calls) and by none of at least 24 of this kind, and the call acts, is of those functions, or is about an asset that is not the caller's.

The first use is enough. Callers that were reported do not count as users.`,
		Silent: []string{
			"dealers, agents and managers, whatever vehicles they work on",
			"a new release that brings operations for everybody",
			"services, which have functions of their own",
			"the first hour of watching, and roles of which few callers were seen",
		},
		Respond: "Check the role of the caller on the server for every operation, revoke the session, and look at what was changed with it.",
	}
}

func (*foreignFunction) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed}
}

func (d *foreignFunction) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || c.Principal.UID == "" || !c.Success {
		return
	}
	if machine(c.Principal.Kind) {
		return
	}
	if d.start.IsZero() {
		d.start = s.Now
	}
	who := detect.Key(c.Principal.UID)
	kind, known := d.kind(s)
	member := d.members.Peek(detect.Mix(kind, who))
	if member == nil {
		member = d.members.At(detect.Mix(kind, who))
		*d.kinds.At(kind)++
	}
	known = known || *member >= habitMin
	if !privileged(c.Operation) {
		*member++
	}
	if why := d.why(s, kind, who, known); why != "" {
		d.raised.At(who)
		d.report(s, why, out)
		return
	}
	if d.raised.Peek(who) == nil {
		d.learn(s, detect.Key("host", c.Operation.Host), kind, who)
	}
	if privileged(c.Operation) {
		d.learn(s, detect.Key(c.Operation.ID), kind, who)
	}
}

// why says why a call is not the caller's to make, "" when it may be.
func (d *foreignFunction) why(s *waywarden.Scene, kind, who uint64, known bool) string {
	op := s.Call.Operation
	if why := d.elsewhere(s, kind, known); why != "" || !privileged(op) {
		return why
	}
	if d.raised.Peek(who) != nil && *d.cells.At(detect.Mix(detect.Key(op.ID), kind)) == 0 {
		return "it used other functions that are not its own before"
	}
	return d.foreign(s, kind, known)
}

// machine says whether a caller is no person: such have functions of their own.
func machine(k waywarden.PrincipalKind) bool {
	return k == waywarden.PrincipalService || k == waywarden.PrincipalCharger || k == waywarden.PrincipalDevice
}

// elsewhere says why an interface as a whole is not of the caller's kind, where the call acts, or reaches what is not the
// caller's; "" when it may be. A portal that its staff uses is not for the many who have the app, even if nobody of the
// staff used the very function yet.
func (d *foreignFunction) elsewhere(s *waywarden.Scene, kind uint64, known bool) string {
	host := detect.Key("host", s.Call.Operation.Host)
	if !known || *d.cells.At(detect.Mix(host, kind)) > 0 || s.Now.Sub(d.start) < watchMin {
		return ""
	}
	u, peers := *d.uses.At(host), *d.kinds.At(kind)
	if peers < hostPeers || u.callers < usersMin || u.calls < hostCalls || !reaches(s) {
		return ""
	}
	return detect.Itoa(u.callers) + " others use " + s.Call.Operation.Host + ", all of another kind, and none of " + detect.Itoa(peers) + " callers of its kind ever did"
}

// reaches says whether a call acts on something, is of those who run the business, or is about what is not the caller's.
func reaches(s *waywarden.Scene) bool {
	op := s.Call.Operation
	if op.Access == waywarden.AccessControl || privileged(op) || op.Function.Class == "id.register" {
		return true
	}
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; sub.Known && sub.Twin != nil && !detect.Linked(sub) {
			return true
		}
	}
	return false
}

// kind returns the key of what sort of caller it is, and whether that is known: a person of whom no asset is known may yet
// turn out to be anything. How a credential is carried is part of it, as it was carried first: a token that an app sends
// stays an app's when somebody puts it into a cookie.
func (d *foreignFunction) kind(s *waywarden.Scene) (key uint64, known bool) {
	p := &s.Call.Principal
	scheme := p.Scheme
	if p.Client != "" {
		scheme = ""
	} else if p.Session != "" {
		if first := d.carried.At(detect.Key(p.Session)); *first == "" {
			*first = scheme
		} else {
			scheme = *first
		}
	}
	k := detect.Key(p.Client, string(scheme), string(p.Kind), strings.Join(p.Audiences, " "), strings.Join(p.Roles, " "))
	if p.Client != "" || len(p.Roles) > 0 || s.Caller == nil {
		return detect.Mix(k, 1), true
	}
	if len(s.Caller.Links) == 0 {
		return detect.Mix(k, 3), false
	}
	return detect.Mix(k, 3+station(s.Caller)), true
}

// learn counts a caller as a user of an operation, or of a host.
func (d *foreignFunction) learn(s *waywarden.Scene, op, kind, who uint64) {
	u := d.uses.At(op)
	u.calls++
	u.scheme(s.Call.Principal.Scheme)
	if k := detect.Mix(op, who); d.seen.Peek(k) == nil {
		d.seen.At(k)
		u.callers++
	}
	if k := detect.Mix(detect.Mix(op, kind), who); d.seen.Peek(k) == nil {
		d.seen.At(k)
		*d.cells.At(detect.Mix(op, kind))++
	}
}

func (u *use) scheme(sch waywarden.AuthScheme) {
	for i := range u.schemes {
		switch u.schemes[i] {
		case sch:
			return
		case "":
			u.schemes[i] = sch
			return
		}
	}
	u.many = true
}

// foreign says why an operation is not of the caller's kind, "" when it may be.
func (d *foreignFunction) foreign(s *waywarden.Scene, kind uint64, known bool) string {
	op := detect.Key(s.Call.Operation.ID)
	if *d.cells.At(detect.Mix(op, kind)) > 0 || s.Now.Sub(d.start) < watchMin {
		return ""
	}
	u, peers := *d.uses.At(op), *d.kinds.At(kind)
	others := detect.Itoa(u.callers) + " others use it, all of another kind"
	switch {
	case peers >= kindMin && u.belongs(s.Call.Operation, known):
		return others + ", and none of " + detect.Itoa(peers) + " callers of its kind ever did"
	case u.oneScheme() && u.schemes[0] != s.Call.Principal.Scheme:
		return others + ", with another kind of credential"
	case u.callers == 0 && peers >= kindMin && part(s.Call.Operation.Template, internal):
		return "nobody ever used it, its path says that it is internal, and " + detect.Itoa(peers) + " callers of this kind use other things"
	}
	return ""
}

// privileged says whether an operation is of a class that customers do not have.
func privileged(op *waywarden.Operation) bool {
	if op.Access != waywarden.AccessRead && part(op.Template, administrative) || part(op.Template, internal) {
		return true
	}
	switch class := op.Function.Class; class {
	case "read.lookup.person_by_vehicle", "ota.campaign", "chg.availability", "life.transfer", "cfg.device", "cfg.fleet":
		return true
	default:
		return strings.HasPrefix(class, "adm.") || strings.HasPrefix(class, "diag.")
	}
}

// belongs says whether an operation has users enough to be theirs and not of a caller of another kind, or of one of whom
// nothing is known.
func (u *use) belongs(op *waywarden.Operation, known bool) bool {
	return u.callers >= usersMin && u.calls >= callsMin && (known || u.callers >= graveUsers && grave(op))
}

// oneScheme says whether all users of an operation prove themselves in one way.
func (u *use) oneScheme() bool {
	return u.callers >= schemeMin && u.calls >= schemeUses && !u.many && u.schemes[1] == ""
}

// grave says whether a function gives rights, changes owners or reaches every vehicle.
func grave(op *waywarden.Operation) bool {
	switch op.Function.Class {
	case "adm.iam", "ota.campaign", "life.transfer", "cfg.device", "cfg.fleet":
		return op.Access != waywarden.AccessRead
	}
	return strings.HasPrefix(op.Function.Class, "diag.") && op.Access != waywarden.AccessRead
}

// internal says whether a part of a path means "not for anybody outside", in the usual languages.
func internal(part string) bool {
	switch part {
	case "internal", "intern", "interne", "interno", "interna", "internal-api", "wewnetrzne", "private", "_internal", "_private":
		return true
	}
	return false
}

// administrative says whether a part of a path means "for those who run it", in the usual languages.
func administrative(part string) bool {
	switch part {
	case "admin", "administration", "verwaltung", "administracion", "amministrazione", "administracja", "beheer", "backoffice", "back-office", "staff", "mitarbeiter", "mgmt":
		return true
	}
	return false
}

// part says whether a path has a part of a kind.
func part(template string, is func(string) bool) bool {
	for p := range strings.SplitSeq(template, "/") {
		if p != "" && is(strings.ToLower(p)) {
			return true
		}
	}
	return false
}

func (d *foreignFunction) report(s *waywarden.Scene, why string, out *detect.Output) {
	op := s.Call.Operation
	r := detect.Report{
		Group: "caller " + s.Call.Principal.UID, Severity: waywarden.SeverityHigh, Confidence: 85, Operation: op, Principal: s.Call.Principal,
		Title: "Function of another role served to " + s.Call.Principal.UID,
		Desc:  detect.Who(s) + " was served by " + detect.What(op) + " (" + op.Function.Class + "): " + why + ". The server does not check the role.",
		Facts: []waywarden.Fact{
			{Name: "users of the operation", Observed: detect.Itoa(int(d.uses.At(detect.Key(op.ID)).callers)), Normal: "of other kinds"},
			{Name: "credential", Observed: strings.Trim(string(s.Call.Principal.Scheme)+" "+s.Call.Principal.Client+" "+strings.Join(s.Call.Principal.Roles, " "), " "), Normal: ""},
		},
	}
	if op.Access != waywarden.AccessRead || strings.HasPrefix(op.Function.Class, "adm.") {
		r.Severity = waywarden.SeverityCritical
	}
	r.Resources = detect.Assets(s)
	out.Raise(&r)
}
