package identity

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// An account is a party that calls: a person, a service, a device, or a session of which nothing more is known yet.
// Accounts that prove to be one form a tree (union-find); only the root counts.
type account struct {
	parent    *account
	seq       uint64 // order of appearance
	uid       string
	kind      waywarden.PrincipalKind
	rank      rank
	subject   digest // of a signed token; zero when unknown
	person    digest // the person id its server knows it by; zero when unknown
	mail      digest // the e-mail address it logs in with; zero when unknown
	aliases   []waywarden.ID
	schemes   uint16  // bits of schemes it was counted under
	apps      []int32 // applications it was counted under
	candidate digest  // person an answer about itself named once
}

// A rank says how good the name of an account is: the better one survives a join.
type rank uint8

const (
	rankSession rank = iota // the digest of a credential
	rankLogin               // a name it logs in with
	rankPerson              // the id the server knows it by
	rankSubject             // the subject of a signed token
)

// aliasesMax bounds the identifiers kept of one account.
const aliasesMax = 12

// joinsMax bounds the joins kept for [Registry.Joins]; resolving goes on without them.
const joinsMax = 1 << 14

func (a *account) root() *account {
	for a.parent != nil {
		if a.parent.parent != nil {
			a.parent = a.parent.parent
		}
		a = a.parent
	}
	return a
}

// stranger makes an account of a credential of which only the digest is known.
func (r *Registry) stranger(mark string, kind waywarden.PrincipalKind) *account {
	return r.newAccount("session:"+mark, rankSession, kind)
}

func (r *Registry) newAccount(uid string, rk rank, kind waywarden.PrincipalKind) *account {
	r.sequence++
	a := &account{seq: r.sequence, uid: uid, rank: rk, kind: kind}
	r.uids.put(uid, a)
	return a
}

// A handle is an identifier that leads to an account.
type handle struct {
	class handleClass
	scope string // the site the value is unique in; "" when it is unique everywhere
	value string
	typ   waywarden.DataType
}

type handleClass byte

const (
	handleSubject handleClass = 's' // ids of persons, from tokens and answers alike
	handleMail    handleClass = 'm'
	handleLogin   handleClass = 'l' // any other login name, phone numbers included
)

func (r *Registry) key(h handle) digest {
	return r.digest(string(h.class) + h.scope + "\x00" + h.value)
}

// personHandle returns the handle of a person id. Ids of little entropy (running numbers) are unique within a site only.
func personHandle(value, site string) handle {
	h := handle{class: handleSubject, value: value, typ: waywarden.TypePersonID}
	if strings.IndexByte(value, '@') > 0 {
		h.typ = waywarden.TypeEmail
	}
	if !opaque(value) && h.typ != waywarden.TypeEmail {
		h.scope = site
	}
	return h
}

// loginHandle returns the handle of a login name.
func loginHandle(value string, t waywarden.DataType, site string) handle {
	switch {
	case strings.IndexByte(value, '@') > 0:
		return handle{class: handleMail, value: strings.ToLower(value), typ: waywarden.TypeEmail}
	case t == waywarden.TypePhone:
		return handle{class: handleLogin, value: value, typ: t}
	case t == waywarden.TypePersonID:
		return personHandle(value, site)
	case t == waywarden.TypeIMEI, t == waywarden.TypeVIN:
		return handle{class: handleLogin, value: value, typ: t}
	}
	return handle{class: handleLogin, scope: site, value: value}
}

func (h handle) rank() rank {
	if h.class == handleSubject {
		return rankPerson
	}
	return rankLogin
}

// party returns the account a handle leads to, making one when it is new.
func (r *Registry) party(h handle, rk rank, kind waywarden.PrincipalKind) *account {
	k := r.key(h)
	if a, ok := r.handles.find(k); ok {
		return a.root()
	}
	uid := strings.Clone(h.value)
	if _, taken := r.uids.find(uid); taken {
		if uid += "@" + h.scope; h.scope == "" {
			uid = h.value + "#" + string(h.class)
		}
	}
	a := r.newAccount(uid, rk, kind)
	r.attach(a, h, rk)
	return a
}

// attach makes a handle lead to an account. Names are lent, ids are not: a name that led to someone else now leads here,
// an id of someone else is left alone.
func (r *Registry) attach(a *account, h handle, rk rank) {
	k := r.key(h)
	if old, ok := r.handles.find(k); ok && old.root() != a && h.class == handleSubject {
		return
	}
	r.handles.put(k, a)
	switch {
	case rk == rankSubject:
		a.subject = k
	case h.class == handleSubject && a.person == (digest{}):
		a.person = k
	case h.class == handleMail && a.mail == (digest{}):
		a.mail = k
	}
	if h.typ != "" {
		a.alias(waywarden.ID{Type: h.typ, Value: h.value})
	} else {
		a.alias(waywarden.ID{Type: waywarden.TypePersonID, Value: h.value})
	}
	if rk > a.rank && a.rank == rankSession {
		r.rename(a, h, rk)
	}
}

// rename gives an account that had no name one.
func (r *Registry) rename(a *account, h handle, rk rank) {
	uid := strings.Clone(h.value)
	if b, taken := r.uids.find(uid); taken && b.root() != a {
		uid += "@" + h.scope
	}
	r.tell(a.uid, uid)
	a.uid, a.rank = uid, rk
	if a.kind == waywarden.PrincipalSession || a.kind == waywarden.PrincipalNobody {
		a.kind = waywarden.PrincipalUser
	}
	r.uids.put(uid, a)
}

// alias adds an identifier. The slice is shared with principals given out, so it is never changed in place.
func (a *account) alias(id waywarden.ID) {
	if slices.Contains(a.aliases, id) || len(a.aliases) >= aliasesMax {
		return
	}
	id.Value = strings.Clone(id.Value)
	a.aliases = append(slices.Clip(a.aliases), id)
}

// join makes two accounts one and says whether they are one now. It refuses, and counts, to join two that are known
// to be different parties.
func (r *Registry) join(a, b *account) bool {
	a, b = a.root(), b.root()
	if a == b {
		return true
	}
	if differ(a.subject, b.subject) || differ(a.person, b.person) || a.rank > rankSession && b.rank > rankSession && differ(a.mail, b.mail) {
		r.refused++
		return false
	}
	if b.rank > a.rank || b.rank == a.rank && b.seq < a.seq {
		a, b = b, a
	}
	b.parent = a
	a.subject, a.person, a.mail = either(a.subject, b.subject), either(a.person, b.person), either(a.mail, b.mail)
	for _, id := range b.aliases {
		a.alias(id)
	}
	if a.kind == waywarden.PrincipalSession || a.kind == waywarden.PrincipalNobody {
		a.kind = b.kind
	}
	r.recount(a, b)
	r.mergeApps(a, b)
	r.uids.put(b.uid, b)
	r.tell(b.uid, a.uid)
	b.aliases = nil
	return true
}

func (r *Registry) tell(from, into string) {
	if from != into && len(r.joins) < joinsMax {
		r.joins = append(r.joins, Join{From: from, Into: into})
	}
}

func differ(a, b digest) bool { return a != (digest{}) && b != (digest{}) && a != b }

func either(a, b digest) digest {
	if a != (digest{}) {
		return a
	}
	return b
}

// site returns the last two labels of a host name: what belongs to one operator, near enough to scope running numbers.
func site(host string) string {
	if i := strings.LastIndexByte(host, '.'); i > 0 {
		if j := strings.LastIndexByte(host[:i], '.'); j >= 0 {
			return host[j+1:]
		}
	}
	return host
}
