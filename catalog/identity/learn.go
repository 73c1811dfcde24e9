package identity

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// Learn learns from a call whose bodies were walked: which credentials its answer issues and to whom, and, of an answer
// about the caller itself, what identifiers the caller has. It completes the call's principal by what it learned; a
// credential in the body makes one. It must follow the Identify of the same record.
func (r *Registry) Learn(c *waywarden.Call) {
	if c.Record.Kind != waywarden.KindHTTP {
		return
	}
	tx := c.Record.HTTP
	e := &r.seen
	r.read(e, c)
	if c.Principal.UID == "" && e.key != "" && !e.password && len(e.issued) == 0 && len(e.grants) == 0 {
		f := found{scheme: e.scheme, value: e.key}
		p := r.present(r.credential(f, tx.Server.Host), f.scheme)
		p.Client = c.Principal.Client
		c.Principal = p
	}
	nobody := c.Principal.UID == ""
	r.settle(tx.Server.Host, nobody, tx.Status, c.Success)
	if !c.Success || tx.Status >= 400 {
		return
	}
	if !(e.issues() && r.issue(c, e)) && !nobody && c.Principal.OnBehalf == "" {
		r.learnSelf(c, e)
	}
	if !nobody {
		r.refresh(&c.Principal)
	}
}

// refresh makes a principal what the call itself taught about it.
func (r *Registry) refresh(p *waywarden.Principal) {
	a := r.now.root()
	p.UID, p.Aliases = a.uid, a.aliases
	if a.kind != waywarden.PrincipalNobody {
		p.Kind = a.kind
	}
}

// issue joins what a login, a registration, a refresh or a renewal gave out to the account it was given to. It says
// whether the call was such an exchange.
func (r *Registry) issue(c *waywarden.Call, e *exchange) bool {
	host := c.Record.HTTP.Server.Host
	e.cookies = r.sessionCookies(e, host)
	if !e.trades(c) {
		return e.password && (r.register(e, host) || r.upgrade(c, e))
	}
	if e.secret || len(e.grants) > 0 {
		e.issued = append(e.issued, e.maybe...)
	}
	if len(e.issued)+len(e.cookies) == 0 {
		return e.password && r.register(e, host)
	}
	a := r.recipient(e, host)
	for _, list := range [2][]string{e.issued, e.grants} {
		for _, v := range list {
			r.give(v, a, e.client)
		}
	}
	for _, k := range e.cookies {
		r.give(k.value, a, e.client)
		if e.password {
			r.prove(host, strings.Clone(k.name))
		}
	}
	r.upgrade(c, e)
	return true
}

// trades says whether the call gives out credentials: tokens, session cookies, something for an older credential, or the
// answer to a first factor. A command that is confirmed by a PIN does not.
func (e *exchange) trades(c *waywarden.Call) bool {
	switch {
	case len(e.cookies) > 0, len(e.grants) > 0:
		return true
	case len(e.issued) > 0:
		return e.secret || c.Record.HTTP.Method != "GET"
	}
	return e.secret && c.Principal.UID == ""
}

// sessionCookies returns the cookies of a response that stand for a session.
func (r *Registry) sessionCookies(e *exchange, host string) []cookie {
	set := e.cookies[:0]
	for _, k := range e.cookies {
		name := lower(k.name)
		if plainCookie(name) || len(k.value) < 8 {
			continue
		}
		if e.secret && opaque(k.value) || sessionCookie(name) || r.cookiePoints(k, host) >= pointsMin {
			set = append(set, k)
		}
	}
	return set
}

// register joins the name and the id a registration tells; it issues nothing.
func (r *Registry) register(e *exchange, host string) bool {
	id, ok := e.person()
	if !ok || e.name.Value == "" || e.name.Value == id.Value {
		return false
	}
	a := r.party(personHandle(id.Value, site(host)), rankPerson, waywarden.PrincipalUser)
	r.attach(a, loginHandle(e.name.Value, e.name.Type, site(host)), rankLogin)
	return true
}

// upgrade gives the session a login was made in to the account that logged in: servers that keep the cookie of a visitor
// issue nothing new. Only a path that says that it is a login counts: administrators set other people's passwords.
func (r *Registry) upgrade(c *waywarden.Call, e *exchange) bool {
	if !e.password || e.name.Value == "" || c.Principal.Scheme != waywarden.SchemeCookie || r.now == nil || r.now.root().rank != rankSession {
		return false
	}
	path, _, _ := strings.Cut(c.Record.HTTP.Target, "?")
	if !word(lower(path), loginPaths) {
		return false
	}
	where := site(c.Record.HTTP.Server.Host)
	return r.join(r.party(loginHandle(e.name.Value, e.name.Type, where), rankLogin, loginKind(e.name.Type)), r.now)
}

// recipient returns the account an exchange issues credentials to: whom a signed token names, else the one person of
// the answer, else the login name, else who holds the older credential, else who calls, else somebody new.
func (r *Registry) recipient(e *exchange, host string) *account {
	a := r.subject(e, host)
	where := site(host)
	if id, ok := e.person(); ok {
		a = r.told(a, personHandle(id.Value, where))
	}
	if e.secret && e.name.Value != "" {
		h := loginHandle(e.name.Value, e.name.Type, where)
		if a == nil {
			a = r.party(h, rankLogin, loginKind(e.name.Type))
		} else {
			a = r.lend(a, h)
		}
	}
	a = r.holder(a, e)
	if a == nil && e.clientSecret && e.client != "" && len(e.grants) == 0 {
		a = r.party(loginHandle(e.client, "", where), rankLogin, waywarden.PrincipalService)
	}
	if a == nil {
		a = r.caller(e, where)
	}
	if a == nil {
		a = r.stranger(r.mark(e.first()), waywarden.PrincipalSession)
	}
	return a.root()
}

// told adds the person id an answer names to the account its token names, or returns the account of that id.
func (r *Registry) told(a *account, h handle) *account {
	if a == nil {
		return r.party(h, rankPerson, waywarden.PrincipalUser)
	}
	if k := r.key(h); !differ(a.person, k) && a.subject != k {
		r.attach(a, h, rankPerson)
	}
	return a
}

// lend makes a login name lead to an account, joining the account that was known by that name alone.
func (r *Registry) lend(a *account, h handle) *account {
	if old, ok := r.handles.find(r.key(h)); ok && old.root() != a && old.root().rank == rankLogin {
		r.join(a, old)
		a = a.root()
	}
	r.attach(a, h, rankLogin)
	return a
}

// holder returns the account of the older credentials a request trades in. In a fresh login they say only what is known
// from nothing better: a device stays when its user changes.
func (r *Registry) holder(a *account, e *exchange) *account {
	for _, list := range [2][]string{e.grants, e.handles} {
		for _, v := range list {
			i, ok := r.issued.find(r.digest(v))
			if !ok {
				continue
			}
			if e.client == "" {
				e.client = i.client
			}
			switch {
			case a == nil:
				a = i.account.root()
			case !e.secret && r.join(a, i.account):
				a = a.root()
			}
		}
	}
	return a
}

// caller returns the account of who calls, if what is issued is for itself: a service that names a person, or trades in
// what it got from one, acts for that person.
func (r *Registry) caller(e *exchange, where string) *account {
	if r.now == nil || e.secret {
		return nil
	}
	a := r.now.root()
	if a.kind != waywarden.PrincipalService {
		return a
	}
	switch {
	case e.name.Value != "":
		return r.party(loginHandle(e.name.Value, e.name.Type, where), rankLogin, loginKind(e.name.Type))
	case len(e.grants) > 0:
		return nil
	}
	return a
}

func loginKind(t waywarden.DataType) waywarden.PrincipalKind {
	if t == waywarden.TypeIMEI || t == waywarden.TypeVIN {
		return waywarden.PrincipalDevice
	}
	return waywarden.PrincipalUser
}

// subject returns the account that a signed token among the issued values names.
func (r *Registry) subject(e *exchange, host string) *account {
	i := slices.IndexFunc(e.issued, looksJWT)
	if i < 0 {
		return nil
	}
	a := r.credential(found{scheme: waywarden.SchemeBearerJWT, value: e.issued[i]}, host).account.root()
	if a.rank == rankSession {
		return nil
	}
	return a
}

// give remembers that a secret belongs to an account, whether or not it was used yet.
func (r *Registry) give(secret string, a *account, client string) {
	k := r.digest(secret)
	a = a.root()
	if c, ok := r.credentials.find(k); ok {
		if old := c.account.root(); old.rank != rankSession || !r.join(a, old) {
			c.account = a
		}
		return
	}
	r.issued.put(k, issue{account: a, client: r.text(client)})
}
