package identity

import (
	"slices"

	"github.com/waywarden/waywarden"
)

// An exchange is what one call says about accounts: who logged in, what was issued, whom the answer is about.
type exchange struct {
	password     bool // the request carries a password
	code         bool // … or a PIN or one-time code
	secret       bool // either
	clientSecret bool
	name         waywarden.Leaf // the login name; Node is its grade
	grants       []string       // values of the request that may be older credentials: refresh tokens, codes, device secrets
	handles      []string       // other values of the request that an earlier answer may have given out
	client       string         // OAuth client id in the request
	key          string         // a credential in the body
	scheme       waywarden.AuthScheme
	issued       []string // values of the response that are credentials
	maybe        []string // values of the response that look like ones
	cookies      []cookie // set by the response
	people       []waywarden.Leaf
	persons      int // distinct person ids in the response
	mails        int // distinct e-mail addresses in the response
}

// Limits of what is taken from one call.
const (
	secretsMax = 16 // values of each kind
	peopleMax  = 24 // identifiers of people; lists are cut, which leaves them ambiguous
)

// issues says whether the call may be one that issues credentials or makes accounts.
func (e *exchange) issues() bool {
	return e.secret || len(e.grants) > 0 || len(e.cookies) > 0 || len(e.issued) > 0
}

// first returns a value that names the exchange when it names nobody.
func (e *exchange) first() string {
	switch {
	case len(e.grants) > 0:
		return e.grants[0]
	case len(e.issued) > 0:
		return e.issued[0]
	case len(e.cookies) > 0:
		return e.cookies[0].value
	}
	return ""
}

// person returns the one person id of the response.
func (e *exchange) person() (waywarden.Leaf, bool) {
	if e.persons != 1 {
		return waywarden.Leaf{}, false
	}
	i := slices.IndexFunc(e.people, func(l waywarden.Leaf) bool { return l.Type == waywarden.TypePersonID })
	return e.people[max(i, 0)], i >= 0
}

// read collects the exchange's facts from the call's leaves and headers.
func (r *Registry) read(e *exchange, c *waywarden.Call) {
	*e = exchange{
		grants: e.grants[:0], handles: e.handles[:0], issued: e.issued[:0], maybe: e.maybe[:0], cookies: e.cookies[:0], people: e.people[:0],
	}
	writes := c.Record.HTTP.Method != "GET"
	for i := range c.Leaves {
		l := &c.Leaves[i]
		switch {
		case l.In == waywarden.InBody:
			e.request(l, r.field(l.Name))
		case l.In == waywarden.InQuery && r.field(l.Name) == fieldPassword:
			e.request(l, fieldPassword)
		case l.In != waywarden.InResponse:
		case l.Type != "":
			e.response(l)
		case writes && l.Kind == waywarden.ValueText && len(l.Value) >= 16:
			e.guess(l.Value)
		}
	}
	e.secret = e.password || e.code
	for i := range c.Record.HTTP.Response.Headers {
		r.readHeader(e, &c.Record.HTTP.Response.Headers[i])
	}
}

// readHeader reads one header of the response, by which cookies and, with some servers, tokens are issued.
func (r *Registry) readHeader(e *exchange, h *waywarden.Header) {
	if h.Name == "set-cookie" {
		if k, ok := setCookie(h.Value); ok && len(e.cookies) < cookiesMax {
			e.cookies = append(e.cookies, k)
		}
		return
	}
	switch r.role(h.Name) {
	case roleToken, roleAuthorization:
		if f := authorization(h.Value); len(f.value) >= 16 && len(e.issued) < secretsMax {
			e.issued = append(e.issued, f.value)
		}
	}
}

// request reads one field of a request's body.
func (e *exchange) request(l *waywarden.Leaf, f field) {
	if l.Value == "" || l.Kind == waywarden.ValueBool || l.Kind == waywarden.ValueNull {
		return
	}
	switch l.Type {
	case waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypePersonID:
		e.named(l, 3)
		return
	case waywarden.TypeRefreshToken:
		f = fieldGrant
	case waywarden.TypeAccessToken:
		if f != fieldKey {
			f = fieldGrant
		}
	case waywarden.TypeIMEI, waywarden.TypeVIN:
		e.named(l, 1)
	}
	e.field(l, f)
}

// field reads one field by what its name says.
func (e *exchange) field(l *waywarden.Leaf, f field) {
	switch f {
	case fieldPassword:
		e.password = true
	case fieldCode:
		e.code = true
	case fieldClientSecret:
		e.clientSecret = true
	case fieldClient:
		e.client = l.Value
	case fieldKey:
		e.keyed(l)
	case fieldGrant:
		if len(l.Value) >= 8 && len(e.grants) < secretsMax {
			e.grants = append(e.grants, l.Value)
		}
	case fieldLogin:
		e.named(l, 2)
	default:
		if len(l.Value) >= 16 && len(e.handles) < secretsMax && opaque(l.Value) {
			e.handles = append(e.handles, l.Value)
		}
	}
}

// keyed takes a field of the body for the credential of the call.
func (e *exchange) keyed(l *waywarden.Leaf) {
	if !opaque(l.Value) {
		return
	}
	e.key, e.scheme = l.Value, bodyKeys[fold(l.Name)]
	if looksJWT(l.Value) {
		e.scheme = waywarden.SchemeBearerJWT
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
		if len(l.Value) >= 8 && len(e.issued) < secretsMax {
			e.issued = append(e.issued, l.Value)
		}
	case waywarden.TypePersonID:
		if e.adds(l) {
			e.persons++
		}
	case waywarden.TypeEmail:
		if e.adds(l) {
			e.mails++
		}
	case waywarden.TypePhone, waywarden.TypeEMAID, waywarden.TypeIDTag:
		e.adds(l)
	case waywarden.TypeSessionID, waywarden.TypeRequestID, waywarden.TypeResetToken, waywarden.TypeCloudSecret, waywarden.TypeKeyMaterial:
		e.guess(l.Value)
	}
}

// guess keeps a value of the response that may be a credential: it is one if it is used as one.
func (e *exchange) guess(v string) {
	if len(e.maybe) < secretsMax && opaque(v) {
		e.maybe = append(e.maybe, v)
	}
}

// adds keeps an identifier of a person and says whether it is one more. What is cut off counts as one more.
func (e *exchange) adds(l *waywarden.Leaf) bool {
	if l.Value == "" {
		return false
	}
	for i := range e.people {
		if e.people[i].Type == l.Type && e.people[i].Value == l.Value {
			return false
		}
	}
	if len(e.people) < peopleMax {
		e.people = append(e.people, *l)
	}
	return true
}
