package access

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// PrivilegedField makes AUT-006: a field in a request that decides about rights and that no honest client sends.
func PrivilegedField(m *detect.Memory) detect.Detector {
	return &privilegedField{
		ops:    detect.NewTable[int32](m, "AUT-006 operations", 1<<14),
		fields: detect.NewTable[senders](m, "AUT-006 fields about rights", 1<<14),
		seen:   detect.NewTable[struct{}](m, "AUT-006 callers per operation", 1<<18),
	}
}

type privilegedField struct {
	ops    *detect.Table[int32] // callers whose writes were served
	fields *detect.Table[senders]
	seen   *detect.Table[struct{}]
}

// senders is how many different callers sent a field, reported ones aside.
type senders struct {
	n    int32
	last uint64
}

const (
	writersMin  = 5    // callers of the operation before a field none of them sends is strange if it names or shows a privilege …
	writersMany = 50   // … or whatever it holds
	sendersPart = 0.02 // share of them that send it up to which it is none of the form
)

func (d *privilegedField) Card() detect.Card {
	return detect.Card{
		ID: "AUT-006", Title: "Field about rights in a request (mass assignment)", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API3:2023", "R155:1.2", "R155:3.3", "R155:20.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputRequestBodies, Helped: detect.InputResponseBodies,
		Desc: `Raised when a write that was served holds a field whose name speaks of a role, a right, a tenant, an account's type, being staff or being verified, in the usual languages, and which at most one in fifty of the operation's other callers sends. At least five others must have written with it where the value names a privilege ("admin", "*", true) or the answer repeats the field with its value; none where both hold; fifty where neither does. It is critical when the answer repeats the value.`,
		Silent: []string{
			"forms of administrators, whose field this is",
			"a read, a refusal, or a field that the operation's callers send as a matter of course",
			"sign-in and registration, whose forms ask for a kind of account",
		},
		Respond: "Take only named fields from a request, check whether the value was stored, and set it back.",
	}
}

func (*privilegedField) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed}
}

func (d *privilegedField) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || c.Principal.UID == "" || s.Record.HTTP == nil || bodyless(s.Record.HTTP.Method) || forms(c.Operation.Function.Class) {
		return
	}
	op, who := detect.Key(c.Operation.ID), detect.Key(c.Principal.UID)
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if l.In == waywarden.InBody && about(l) && !d.usual(op, who, l) && d.judge(s, l, out) {
			return // not counted as a user of the operation either
		}
	}
	if k := detect.Mix(op, who); d.seen.Peek(k) == nil {
		d.seen.At(k)
		*d.ops.At(op)++
	}
}

// forms says whether a class of operations has forms that ask for rights.
func forms(class string) bool {
	return strings.HasPrefix(class, "adm.") || class == "id.login" || class == "id.register"
}

// bodyless says whether requests of a method change nothing by what they hold.
func bodyless(method string) bool {
	return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "DELETE"
}

// usual says whether a field is one that other callers of the operation send, and counts this one among them if so.
func (d *privilegedField) usual(op, who uint64, l *waywarden.Leaf) bool {
	k := detect.Mix(op, detect.Key(l.Name))
	f := d.fields.Peek(k)
	if f == nil || f.n == 1 && f.last == who || float64(f.n) <= sendersPart*float64(*d.ops.At(op)) {
		return false
	}
	d.count(k, who)
	return true
}

// count notes a caller as a sender of a field.
func (d *privilegedField) count(field, who uint64) {
	if k := detect.Mix(field, who); d.seen.Peek(k) == nil {
		d.seen.At(k)
		f := d.fields.At(field)
		f.n, f.last = f.n+1, who
	}
}

// judge says whether a field is none of the operation's form, and reports it.
func (d *privilegedField) judge(s *waywarden.Scene, l *waywarden.Leaf, out *detect.Output) bool {
	op, who := detect.Key(s.Call.Operation.ID), detect.Key(s.Call.Principal.UID)
	writers := *d.ops.At(op)
	if d.seen.Peek(detect.Mix(op, who)) != nil {
		writers--
	}
	echo := echoed(s.Call, l)
	if !strange(writers, echo, privilege(l)) {
		d.count(detect.Mix(op, detect.Key(l.Name)), who)
		return false
	}
	c := s.Call
	r := detect.Report{
		Group: c.Principal.UID + " " + c.Operation.ID, Severity: waywarden.SeverityHigh, Confidence: 80, Operation: c.Operation, Principal: c.Principal,
		Title: "Field about rights sent to " + detect.What(c.Operation),
		Desc: detect.Who(s) + " sent " + l.Name + " = " + detect.Clip(l.Value) + " to " + detect.What(c.Operation) + ", which was served. None of the operation's " + detect.Itoa(writers) +
			" other callers sends this field: it was added by hand to gain rights.",
		Facts: []waywarden.Fact{
			{Name: l.Name, Observed: detect.Clip(l.Value), Normal: "not sent"},
			{Name: "other callers of the operation", Observed: detect.Itoa(writers), Normal: ""},
		},
	}
	if echo {
		r.Severity = waywarden.SeverityCritical
		r.Desc += " The answer repeats the value: it was taken over."
	}
	r.Resources = detect.Assets(s)
	out.Raise(&r)
	return true
}

// strange says whether a field that none of so many others sent is none of the form, rather than one that few fill in.
func strange(writers int32, echo, privilege bool) bool {
	switch {
	case echo && privilege:
		return true
	case echo || privilege:
		return writers >= writersMin
	}
	return writers >= writersMany
}

// echoed says whether the answer repeats a field with the value sent.
func echoed(c *waywarden.Call, l *waywarden.Leaf) bool {
	name := l.Name[strings.LastIndexByte(l.Name, '.')+1:]
	for i := range c.Leaves {
		if a := &c.Leaves[i]; a.In == waywarden.InResponse && a.Value == l.Value && a.Name[strings.LastIndexByte(a.Name, '.')+1:] == name {
			return true
		}
	}
	return false
}

// about says whether a field's name speaks of rights. Names are taken apart into words: "isAdmin" and "is_admin" alike.
func about(l *waywarden.Leaf) bool {
	if l.Type != "" && l.Type != waywarden.TypePersonID {
		return false
	}
	name := l.Name[strings.LastIndexByte(l.Name, '.')+1:]
	if len(name) < 3 || len(name) > 40 {
		return false
	}
	var word [40]byte
	n := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && letter(name[i]) && !(i > 0 && upper(name[i]) && !upper(name[i-1])) {
			word[n] = name[i] | 0x20
			n++
			continue
		}
		if rights(string(word[:n])) {
			return true
		}
		n = 0
		if i < len(name) && letter(name[i]) {
			word[0], n = name[i]|0x20, 1
		}
	}
	return kindOfAccount(name)
}

func upper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// rights says whether a word of a name is about rights.
func rights(word string) bool {
	switch word {
	case "role", "roles", "rolle", "rollen", "rol", "ruolo", "ruoli", "papel", "rola",
		"admin", "administrator", "superuser", "superadmin", "root", "sudo", "staff", "isadmin", "isstaff", "employee", "mitarbeiter",
		"permission", "permissions", "privilege", "privileges", "privileged", "entitlement", "entitlements", "berechtigung", "berechtigungen", "recht", "rechte",
		"permiso", "permisos", "permessi", "droits", "rechten", "uprawnienia", "authorities", "grants",
		"tenant", "tenantid", "mandant", "mandanten", "mandantid", "locataire", "inquilino", "dzierzawca", "orgid",
		"verified", "verifiziert", "kyc", "approved", "freigeschaltet", "geprueft", "impersonate":
		return true
	}
	return false
}

// kindOfAccount says whether a name means the kind of an account or user.
func kindOfAccount(name string) bool {
	var b [40]byte
	n := 0
	for _, c := range []byte(name) {
		if letter(c) {
			b[n] = c | 0x20
			n++
		}
	}
	switch string(b[:n]) {
	case "accounttype", "usertype", "accesslevel", "userlevel", "accountlevel", "kontotyp", "kontoart", "benutzertyp", "benutzerart", "nutzertyp", "typecompte", "tipocuenta", "tipousuario", "tipoutente",
		"usergroup", "benutzergruppe", "ownerid", "createdby", "balance", "creditlimit", "pricefactor", "discountpercent":
		return true
	}
	return false
}

// privilege says whether a value names one.
func privilege(l *waywarden.Leaf) bool {
	switch strings.ToLower(l.Value) {
	case "admin", "administrator", "manager", "fleet_manager", "verwalter", "administrador", "amministratore", "beheerder", "administrateur", "superuser", "superadmin", "root", "owner", "internal", "intern", "staff", "support", "operator", "dealer", "haendler", "*", "all", "true":
		return true
	}
	return false
}
