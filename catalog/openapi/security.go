package openapi

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// requirements writes what an operation was seen to require: one of its schemes, or nothing as well where it answered
// without a credential at times.
func (d *document) requirements(ops []Operation) []any {
	out := []any{}
	optional := false
	var used []waywarden.AuthScheme
	for i := range ops {
		e := &ops[i].Endpoint
		optional = optional || e.Authentication.Required != "always"
		if e.Authentication.Required == "never" {
			continue
		}
		for _, s := range e.Authentication.Schemes {
			if !slices.Contains(used, s) {
				used = append(used, s)
				d.use(s, e)
			}
		}
	}
	slices.Sort(used)
	for _, s := range used {
		out = append(out, object{{string(s), []any{}}})
	}
	if optional && len(used) > 0 {
		out = append(out, object{})
	}
	return out
}

// use remembers a security scheme by the first operation that used it.
func (d *document) use(s waywarden.AuthScheme, e *waywarden.Endpoint) {
	if d.security[s] == nil {
		d.security[s] = schemeObject(s, e)
	}
}

func (d *document) securitySchemes() object {
	out := object{}
	for _, s := range sortedKeys(d.security) {
		out = append(out, pair{string(s), d.security[s]})
	}
	return out
}

// schemeObject describes a scheme. OpenAPI knows registered HTTP schemes only; others are described as the header they
// are sent in.
func schemeObject(s waywarden.AuthScheme, e *waywarden.Endpoint) object {
	header := func(text string) object {
		return object{{"type", "apiKey"}, {"in", "header"}, {"name", "Authorization"}, {"description", text}}
	}
	switch s {
	case waywarden.SchemeBearerJWT:
		return object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}
	case waywarden.SchemeBearerOpaque:
		return object{{"type", "http"}, {"scheme", "bearer"}}
	case waywarden.SchemeBasic:
		return object{{"type", "http"}, {"scheme", "basic"}}
	case waywarden.SchemeMTLS:
		return object{{"type", "mutualTLS"}}
	case waywarden.SchemeToken:
		return header("Authorization: Token followed by the token")
	case waywarden.SchemeHMAC:
		return header("a signature over the request")
	case waywarden.SchemeCookie:
		name, _ := named(e, []string{"cookie"}, sessionWords)
		if name == "" {
			name = "session"
		}
		return object{{"type", "apiKey"}, {"in", "cookie"}, {"name", name}}
	}
	name, in := named(e, []string{"header", "query"}, keyWords)
	if name == "" {
		name, in = "X-API-Key", "header"
	}
	return object{{"type", "apiKey"}, {"in", in}, {"name", name}}
}

// Parts of the names credentials go by.
var (
	sessionWords = []string{"sess", "sid", "auth", "token", "jwt", "login", "sitzung", "identity", "ticket", "sesion", "sessao"}
	keyWords     = []string{"key", "token", "secret", "auth", "sig", "partner"}
)

// named returns the parameter of those places that carries a credential by its name.
func named(e *waywarden.Endpoint, places, words []string) (name, in string) {
	for _, place := range places {
		for _, w := range words {
			for _, p := range e.Parameters {
				if p.In == place && strings.Contains(strings.ToLower(p.Name), w) {
					return p.Name, place
				}
			}
		}
	}
	return "", ""
}

// credential says whether a header or cookie is the credential the security schemes describe.
func (d *document) credential(e *waywarden.Endpoint, p *waywarden.Parameter) bool {
	for _, s := range e.Authentication.Schemes {
		switch {
		case s == waywarden.SchemeCookie && p.In == "cookie":
			if n, _ := named(e, []string{"cookie"}, sessionWords); n == p.Name {
				return true
			}
		case s == waywarden.SchemeAPIKey && p.In == "header":
			if n, in := named(e, []string{"header", "query"}, keyWords); n == p.Name && in == "header" {
				return true
			}
		}
	}
	return false
}
