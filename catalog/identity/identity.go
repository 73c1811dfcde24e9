// Package identity says who calls: the principal behind a credential and the application that carries it.
//
// Nothing is configured. Credentials are recognised by where they stand and how they look (JWT, opaque bearer, Basic,
// session cookie, API key in header or query, request signature, client certificate, charge point identity). What the
// same party is across its tokens is learned from the exchanges that issue them: a login joins the issued credential to
// the account that logged in, a refresh to the account the old token belonged to, an answer about oneself gives an
// account its identifiers. Addresses and devices join nobody: a token that changes hands stays its owner's.
//
// No secret is kept or given out. Credentials are held as keyed 128-bit hashes, and what leaves the package is a
// truncated HMAC-SHA-256. Every table is bounded: it forgets what was not used for a whole generation.
package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// Options are the developer's settings of a registry. The limits are per generation; a table holds at most two.
type Options struct {
	Key            string // of the hashes credentials are named by; a deployment that shares its output sets its own
	CredentialsMax int    // credentials known, and as many issued ones not yet used
	AccountsMax    int    // identifiers that lead to an account
	AppsMax        int    // applications counted apart; further ones are pooled under OtherApp
}

// Default returns the settings of a registry for one process.
func Default() Options {
	return Options{Key: "waywarden", CredentialsMax: 1 << 16, AccountsMax: 1 << 17, AppsMax: 1 << 12}
}

// A digest names a secret or an identifier inside the tables.
type digest = xxh3.Uint128

// A Registry knows the credentials, accounts and applications seen so far. It belongs to one goroutine.
type Registry struct {
	o    Options
	seed uint64 // of the digests, from the key

	credentials generations[digest, *credential]
	issued      generations[digest, issue]    // given out, not yet used
	handles     generations[digest, *account] // identifier → account
	uids        generations[string, *account] // every UID an account has or had
	selves      generations[digest, *self]    // paths that may answer about the caller
	trials      generations[digest, *trial]   // headers and cookies that may be credentials
	sockets     generations[string, waywarden.AuthScheme]
	headers     generations[string, role]
	near        [256]nearRole // of headers
	agents      generations[string, agent]
	fields      generations[string, field]
	texts       generations[string, string]   // claims many tokens share, kept once
	lists       generations[string, []string] // lists of them
	algorithms  generations[string, string]   // by header of a token

	apps     map[string]*appStat
	appList  []*appStat // in order of appearance
	overflow int64

	joins    []Join
	refused  int64 // joins not made because they would have made two people one
	total    int
	byScheme [schemeCount]int
	sequence uint64
	cookies  []cookie // scratch of Identify
	trialled []*trial // of the call being handled
	seen     exchange // scratch of Learn
	now      *account // whom the call being handled is from; nil for nobody
}

// A Join says that what was known as one principal turned out to be another.
type Join struct{ From, Into string } // UIDs

// A credential is what is known of one secret.
type credential struct {
	principal waywarden.Principal // as decoded; UID, Kind and Aliases come from the account
	account   *account
}

// An issue is a secret an answer gave out.
type issue struct {
	account *account
	client  string
}

// New returns a registry that has seen nothing yet.
func New(o Options) *Registry {
	r := &Registry{o: o, apps: map[string]*appStat{}}
	sum := sha256.Sum256([]byte(o.Key))
	r.seed = binary.LittleEndian.Uint64(sum[:8])
	r.credentials.max, r.issued.max = o.CredentialsMax, o.CredentialsMax
	r.handles.max, r.uids.max = o.AccountsMax, o.AccountsMax
	r.selves.max, r.trials.max, r.sockets.max = 1<<14, 1<<12, 1<<16
	r.headers.max, r.agents.max, r.fields.max = 1<<12, 1<<13, 1<<13
	r.texts.max, r.lists.max, r.algorithms.max = 1<<12, 1<<12, 1<<10
	return r
}

// Identify returns who sends rec and with which program. A principal with a Session but neither UID nor Scheme carries a
// value that may be a credential but is not yet known to be one.
func (r *Registry) Identify(rec *waywarden.Record) (waywarden.Principal, waywarden.Application) {
	switch rec.Kind {
	case waywarden.KindHTTP:
		return r.identifyHTTP(rec.HTTP)
	case waywarden.KindOCPP:
		return r.identifyOCPP(rec.OCPP), waywarden.Application{}
	}
	return waywarden.Principal{}, waywarden.Application{}
}

func (r *Registry) identifyHTTP(tx *waywarden.Transaction) (waywarden.Principal, waywarden.Application) {
	s := r.survey(tx)
	p := waywarden.Principal{}
	r.now = nil
	if f := s.credential; f.value != "" {
		c := r.credential(f, tx.Server.Host)
		p = r.present(c, f.scheme)
	} else if s.doubtful != "" {
		p.Session = r.mark(s.doubtful)
	}
	if p.Client == "" && s.client != "" {
		p.Client = r.text(s.client)
	}
	if p.OnBehalf == "" && p.UID != "" && s.onBehalf != "" && s.onBehalf != p.UID && !r.own(s.onBehalf) {
		p.OnBehalf = r.text(s.onBehalf)
	}
	return p, r.application(&s, &p)
}

// own says whether a value is an identifier of the caller itself.
func (r *Registry) own(v string) bool {
	return slices.ContainsFunc(r.now.aliases, func(id waywarden.ID) bool { return id.Value == v })
}

// present returns the principal of a credential as it is known now.
func (r *Registry) present(c *credential, scheme waywarden.AuthScheme) waywarden.Principal {
	a := c.account.root()
	c.account = a
	r.now = a
	r.count(a, scheme)
	p := c.principal
	p.Scheme = scheme
	r.refresh(&p)
	return p
}

// credential returns what is known of a secret, decoding it when it is new.
func (r *Registry) credential(f found, host string) *credential {
	k := r.digest(f.value)
	if c, ok := r.credentials.find(k); ok {
		return c
	}
	c := r.decode(f, host)
	if i, ok := r.issued.find(k); ok {
		if c.account == nil || !r.join(c.account, i.account) {
			c.account = i.account.root()
		}
		if c.principal.Client == "" {
			c.principal.Client = i.client
		}
	}
	if c.account == nil {
		c.account = r.stranger(c.principal.Session, kindOf(f.scheme))
	}
	r.credentials.put(k, c)
	return c
}

// Resolve returns the UID by which the party that was once known as uid is known now.
func (r *Registry) Resolve(uid string) string {
	if a, ok := r.uids.find(uid); ok {
		return a.root().uid
	}
	return uid
}

// Aliases returns the identifiers known of the party with that UID; the slice must not be changed.
func (r *Registry) Aliases(uid string) []waywarden.ID {
	if a, ok := r.uids.find(uid); ok {
		return a.root().aliases
	}
	return nil
}

// Joins appends the joins made since it was last asked.
func (r *Registry) Joins(dst []Join) []Join {
	dst = append(dst, r.joins...)
	r.joins = r.joins[:0]
	return dst
}

// identifyOCPP names a charge point by its station identity. What the other side sends comes from the charging
// station management system, of which there is one.
func (r *Registry) identifyOCPP(f *waywarden.Frame) waywarden.Principal {
	r.now = nil
	if f.Event == waywarden.SocketOpen {
		scheme := waywarden.SchemeNone
		switch {
		case hasFold(f.Handshake.Headers.First("authorization"), "basic "):
			scheme = waywarden.SchemeBasic
		case f.Handshake.Headers.Has("x-forwarded-client-cert") || f.Handshake.Headers.Has("x-client-cert"):
			scheme = waywarden.SchemeMTLS
		}
		r.sockets.put(strings.Clone(f.Station), scheme)
	}
	if !f.Inbound && f.Event == waywarden.SocketNone {
		return waywarden.Principal{UID: ManagementSystem, Kind: waywarden.PrincipalService}
	}
	scheme, _ := r.sockets.find(f.Station)
	return waywarden.Principal{
		UID: f.Station, Kind: waywarden.PrincipalCharger, Scheme: scheme, Session: f.Connection,
		Aliases: []waywarden.ID{{Type: waywarden.TypeStationID, Value: f.Station}},
	}
}

// ManagementSystem is the UID of the side that commands charge points.
const ManagementSystem = "csms"

// digest hashes a secret or identifier for use inside the tables.
func (r *Registry) digest(s string) digest { return xxh3.HashString128Seed(s, r.seed) }

// mark returns the name a secret goes by outside: 96 bits of its HMAC-SHA-256, in hex.
func (r *Registry) mark(secret string) string {
	m := hmac.New(sha256.New, []byte(r.o.Key))
	m.Write([]byte(secret)) // never fails
	return hex.EncodeToString(m.Sum(nil)[:12])
}

// text returns a kept copy of a text that comes up often.
func (r *Registry) text(s string) string {
	if s == "" {
		return ""
	}
	t, ok := r.texts.find(s)
	if !ok {
		t = strings.Clone(s)
		r.texts.put(t, t)
	}
	return t
}

// list returns a kept copy of a list of texts that comes up often; it must not be changed.
func (r *Registry) list(l []string) []string {
	if len(l) == 0 {
		return nil
	}
	k := strings.Join(l, "\x00")
	t, ok := r.lists.find(k)
	if !ok {
		t = l
		r.lists.put(k, t)
	}
	return t
}
