package identity

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// An exchange is what one call says about accounts: who logged in, what was issued, whom the answer is about.
type exchange struct {
	secret  bool           // the request carries a password or the like
	name    waywarden.Leaf // the login name beside it
	grants  []string       // values of the request that may be older credentials: refresh tokens, codes, device secrets
	client  string         // OAuth client id in the request
	key     string         // a credential in the body
	scheme  waywarden.AuthScheme
	issued  []string // values of the response that are credentials
	maybe   []string // values of the response that look like ones
	cookies []cookie // set by the response
	people  []waywarden.Leaf
	persons int // distinct person ids in the response
	mails   int // distinct e-mail addresses in the response
}

// Learn learns from a call whose bodies were walked: which credentials its answer issues and to whom, and, of an answer
// about the caller itself, what identifiers the caller has. A credential in the body becomes the call's principal.
func (r *Registry) Learn(c *waywarden.Call) {
	if c.Record.Kind != waywarden.KindHTTP {
		return
	}
	tx := c.Record.HTTP
	e := &r.seen
	r.read(e, c)
	if c.Principal.UID == "" && e.key != "" && len(e.issued) == 0 && len(e.grants) == 0 {
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
	if e.secret || len(e.grants) > 0 || len(e.cookies) > 0 || len(e.issued) > 0 {
		if r.issue(c, e) {
			return
		}
	}
	if !nobody && e.persons+e.mails > 0 && c.Principal.OnBehalf == "" {
		r.learnSelf(c, e)
	}
}

// read collects the exchange's facts from the call's leaves and headers.
func (r *Registry) read(e *exchange, c *waywarden.Call) {
	*e = exchange{grants: e.grants[:0], issued: e.issued[:0], maybe: e.maybe[:0], cookies: e.cookies[:0], people: e.people[:0]}
	writes := c.Record.HTTP.Method != "GET"
	for i := range c.Leaves {
		l := &c.Leaves[i]
		switch l.In {
		case waywarden.InBody:
			e.request(l, r.field(l.Name))
		case waywarden.InResponse:
			if l.Type != "" {
				e.response(l)
			} else if (writes || e.secret) && l.Kind == waywarden.ValueText && len(l.Value) >= 16 && len(e.maybe) < 16 && opaque(l.Value) {
				e.maybe = append(e.maybe, l.Value)
			}
		}
	}
	for i := range c.Record.HTTP.Response.Headers {
		h := &c.Record.HTTP.Response.Headers[i]
		if h.Name == "set-cookie" && len(e.cookies) < cookiesMax {
			if k, ok := setCookie(h.Value); ok {
				e.cookies = append(e.cookies, k)
			}
		}
	}
}

// request reads one field of a request's body.
func (e *exchange) request(l *waywarden.Leaf, f field) {
	if l.Value == "" || l.Kind == waywarden.ValueBool || l.Kind == waywarden.ValueNull {
		return
	}
	switch {
	case l.Type == waywarden.TypeEmail, l.Type == waywarden.TypePhone, l.Type == waywarden.TypePersonID:
		e.named(l, 3)
	case f == fieldSecret:
		e.secret = true
	case f == fieldClient:
		e.client = l.Value
	case f == fieldKey && l.Type != waywarden.TypeRefreshToken && opaque(l.Value):
		e.key, e.scheme = l.Value, bodyKeys[fold(l.Name)]
		if looksJWT(l.Value) {
			e.scheme = waywarden.SchemeBearerJWT
		}
	case f == fieldGrant, l.Type == waywarden.TypeRefreshToken, l.Type == waywarden.TypeAccessToken:
		if len(l.Value) >= 8 {
			e.grants = append(e.grants, l.Value)
		}
	case f == fieldLogin:
		e.named(l, 2)
	case l.Type == waywarden.TypeIMEI, l.Type == waywarden.TypeVIN:
		e.named(l, 1)
	}
}

// named takes a field for the login name if it is a better one than what was found so far.
func (e *exchange) named(l *waywarden.Leaf, grade int32) {
	if e.name.Value == "" || grade > e.name.Node {
		e.name = *l
		e.name.Node = grade
	}
}

// response reads one typed field of a response's body.
func (e *exchange) response(l *waywarden.Leaf) {
	switch l.Type {
	case waywarden.TypeAccessToken, waywarden.TypeRefreshToken:
		if len(l.Value) >= 8 && len(e.issued) < 16 {
			e.issued = append(e.issued, l.Value)
		}
	case waywarden.TypePersonID:
		if !e.has(l) {
			e.persons++
		}
	case waywarden.TypeEmail:
		if !e.has(l) {
			e.mails++
		}
	case waywarden.TypePhone, waywarden.TypeEMAID, waywarden.TypeIDTag:
		e.has(l)
	case waywarden.TypeSessionID:
		if len(e.maybe) < 16 && opaque(l.Value) {
			e.maybe = append(e.maybe, l.Value)
		}
	}
}

// peopleMax bounds the identifiers of people taken from one answer; lists are cut, which leaves them ambiguous.
const peopleMax = 24

// has says whether the answer's identifier was there already, and keeps it when not.
func (e *exchange) has(l *waywarden.Leaf) bool {
	for i := range e.people {
		if e.people[i].Type == l.Type && e.people[i].Value == l.Value {
			return true
		}
	}
	if len(e.people) < peopleMax && l.Value != "" {
		e.people = append(e.people, *l)
		return false
	}
	return true
}

// issue joins what a login, a registration, a refresh or a renewal gave out to the account it was given to. It says
// whether the call was such an exchange.
func (r *Registry) issue(c *waywarden.Call, e *exchange) bool {
	host := c.Record.HTTP.Server.Host
	if e.secret || len(e.grants) > 0 {
		e.issued = append(e.issued, e.maybe...)
	}
	set := r.sessionCookies(e, host)
	if len(e.issued) == 0 && len(set) == 0 {
		return e.secret && r.register(e, host)
	}
	a := r.recipient(c, e, host)
	if a == nil {
		return false
	}
	for _, v := range e.issued {
		r.give(v, a, e.client)
	}
	for _, k := range set {
		r.give(k.value, a, e.client)
		if e.secret {
			r.prove(host, strings.Clone(k.name))
		}
	}
	for _, v := range e.grants {
		r.give(v, a, e.client)
	}
	if e.secret && c.Principal.Scheme == waywarden.SchemeCookie && len(set) == 0 {
		r.rebind(a) // the session the login was made in is the account's now
	}
	return true
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

// person returns the one person id of the response.
func (e *exchange) person() (waywarden.Leaf, bool) {
	if e.persons != 1 {
		return waywarden.Leaf{}, false
	}
	i := slices.IndexFunc(e.people, func(l waywarden.Leaf) bool { return l.Type == waywarden.TypePersonID })
	return e.people[max(i, 0)], i >= 0
}

// recipient returns the account an exchange issues credentials to: whom a signed token names, else the one person of
// the answer, else the login name, else who holds the older credential, else who calls, else somebody new.
func (r *Registry) recipient(c *waywarden.Call, e *exchange, host string) *account {
	a := r.subject(e, host)
	where := site(host)
	if id, ok := e.person(); ok {
		h := personHandle(id.Value, where)
		switch {
		case a == nil:
			a = r.party(h, rankPerson, waywarden.PrincipalUser)
		case !differ(a.person, r.key(h)) && a.subject != r.key(h):
			r.attach(a, h, rankPerson)
		}
	}
	if e.secret && e.name.Value != "" {
		h := loginHandle(e.name.Value, e.name.Type, where)
		if a == nil {
			a = r.party(h, rankLogin, loginKind(e.name.Type))
		} else {
			r.lend(a, h)
		}
	}
	for _, v := range e.grants {
		if i, ok := r.issued.find(r.digest(v)); ok {
			if a == nil {
				a = i.account.root()
			} else if r.join(a, i.account) {
				a = a.root()
			}
			if e.client == "" {
				e.client = i.client
			}
		}
	}
	if a == nil && r.now != nil && !e.secret {
		a = r.now.root()
	}
	if a == nil {
		a = r.stranger(r.mark(firstOf(e)), waywarden.PrincipalSession)
	}
	return a.root()
}

func loginKind(t waywarden.DataType) waywarden.PrincipalKind {
	if t == waywarden.TypeIMEI || t == waywarden.TypeVIN {
		return waywarden.PrincipalDevice
	}
	return waywarden.PrincipalUser
}

// lend makes a login name lead to an account, joining the account that was known by that name alone.
func (r *Registry) lend(a *account, h handle) {
	if old, ok := r.handles.find(r.key(h)); ok && old.root() != a && old.root().rank == rankLogin {
		r.join(a, old)
		a = a.root()
	}
	r.attach(a, h, rankLogin)
}

// subject returns the account that a signed token among the issued values names.
func (r *Registry) subject(e *exchange, host string) *account {
	for _, v := range e.issued {
		if looksJWT(v) {
			if c := r.credential(found{scheme: waywarden.SchemeBearerJWT, value: v}, host); c.account != nil && c.account.root().rank > rankSession {
				return c.account.root()
			}
		}
	}
	return nil
}

func firstOf(e *exchange) string {
	switch {
	case len(e.grants) > 0:
		return e.grants[0]
	case len(e.issued) > 0:
		return e.issued[0]
	}
	return e.cookies[0].value
}

// give remembers that a secret belongs to an account, whether or not it was used yet.
func (r *Registry) give(secret string, a *account, client string) {
	k := r.digest(secret)
	if c, ok := r.credentials.find(k); ok {
		if old := c.account.root(); old != a.root() && old.rank == rankSession {
			r.join(a, old)
		} else {
			c.account = a.root()
		}
		return
	}
	r.issued.put(k, issue{account: a, client: strings.Clone(client)})
}

// rebind gives the session a call was made in to the account that logged in in it.
func (r *Registry) rebind(a *account) {
	if r.now != nil && r.now.root().rank == rankSession {
		r.join(a, r.now)
	}
}
