package identity

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
)

// kindOf returns what sort of caller a scheme suggests while nothing more is known.
func kindOf(s waywarden.AuthScheme) waywarden.PrincipalKind {
	switch s {
	case waywarden.SchemeAPIKey, waywarden.SchemeHMAC, waywarden.SchemeMTLS, waywarden.SchemeToken:
		return waywarden.PrincipalService
	}
	return waywarden.PrincipalSession
}

// decode reads what a credential says about its bearer. Signatures are not verified: the traffic's server did.
func (r *Registry) decode(f found, host string) *credential {
	c := &credential{principal: waywarden.Principal{Kind: kindOf(f.scheme), Scheme: f.scheme, Session: r.mark(f.value)}}
	switch f.scheme {
	case waywarden.SchemeBearerJWT:
		r.decodeJWT(c, f.value, host)
	case waywarden.SchemeBasic:
		r.decodeBasic(c, f.value, host)
	case waywarden.SchemeHMAC:
		if f.user != "" {
			c.account = r.party(loginHandle(f.user, "", site(host)), rankLogin, waywarden.PrincipalUser)
		}
	case waywarden.SchemeMTLS:
		if f.user != "" {
			kind := waywarden.PrincipalService
			if looksDevice(f.user) {
				kind = waywarden.PrincipalDevice
			}
			c.account = r.party(loginHandle(f.user, "", site(host)), rankLogin, kind)
		}
	}
	return c
}

// decodeBasic takes the user name for the principal; the password is not kept. What is not base64 of name:password is
// an opaque secret.
func (r *Registry) decodeBasic(c *credential, v, host string) {
	b, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		b, err = base64.RawStdEncoding.DecodeString(v)
	}
	user, password, ok := bytes.Cut(b, []byte(":"))
	if err != nil || !ok || len(user) == 0 || !utf8.Valid(user) || !printable(user) {
		return
	}
	name := string(user)
	if len(password) == 0 && opaque(name) {
		return // an API key sent as a user name, as payment providers do
	}
	kind := waywarden.PrincipalService
	if strings.IndexByte(name, '@') > 0 {
		kind = waywarden.PrincipalUser
	}
	c.account = r.party(loginHandle(name, "", site(host)), rankLogin, kind)
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// claimsMax bounds the bytes of a token that are decoded.
const claimsMax = 32 << 10

// decodeJWT reads the claims of a signed token (RFC 7519, RFC 8693, RFC 9068 and the habits of the large issuers).
func (r *Registry) decodeJWT(c *credential, v, host string) {
	parts := strings.SplitN(v, ".", 4)
	if len(parts) < 3 || len(v) > claimsMax {
		return
	}
	c.principal.Algorithm = r.algorithm(parts[0])
	m := object(parts[1])
	if m == nil {
		return // encrypted: the header is all that can be read
	}
	p := &c.principal
	p.Issuer = r.text(text(m["iss"]))
	p.Client = r.text(first(m, "client_id", "azp", "cid", "appid", "clientId", "client"))
	p.Audiences = r.list(list(m["aud"]))
	p.Scopes = r.list(scopes(m))
	p.Roles = r.list(roles(m))
	p.Expires = numericDate(m["exp"])
	sub := first(m, "sub", "user_id", "userId", "uid", "oid")
	where := site(host)
	if p.Issuer != "" {
		where = site(hostOf(p.Issuer))
	}
	kind := kindOfClaims(m, sub, p.Client)
	if sub == "" {
		if sub = p.Client; sub == "" {
			return
		}
	}
	if act, ok := m["act"].(map[string]any); ok {
		if actor := first(act, "sub", "client_id"); actor != "" {
			p.OnBehalf, sub, kind = sub, actor, waywarden.PrincipalService
		}
	}
	c.account = r.party(personHandle(sub, where), rankSubject, kind)
	if p.OnBehalf == "" && kind == waywarden.PrincipalUser {
		r.claimAliases(c.account, m)
	}
}

// algorithm returns the signature algorithm that the header of a token names. An issuer's tokens share few headers.
func (r *Registry) algorithm(header string) string {
	if a, ok := r.algorithms.find(header); ok {
		return a
	}
	h := object(header)
	if h == nil {
		return ""
	}
	a := r.text(text(h["alg"]))
	if len(header) <= headerMax {
		r.algorithms.put(strings.Clone(header), a)
	}
	return a
}

// headerMax is the longest header of a token that is remembered, in bytes.
const headerMax = 512

// claimAliases takes over the identifiers a token carries beside its subject.
func (r *Registry) claimAliases(a *account, m map[string]any) {
	if mail := text(m["email"]); strings.IndexByte(mail, '@') > 0 {
		r.attach(a, loginHandle(mail, "", ""), rankLogin)
	}
	if phone := first(m, "phone_number", "phone"); phone != "" {
		a.alias(waywarden.ID{Type: waywarden.TypePhone, Value: phone})
	}
	if name := first(m, "preferred_username", "upn", "unique_name", "username", "cognito:username"); name != "" {
		if strings.IndexByte(name, '@') > 0 {
			r.attach(a, loginHandle(name, "", ""), rankLogin)
		} else {
			a.alias(waywarden.ID{Type: waywarden.TypePersonID, Value: name})
		}
	}
}

// kindOfClaims tells programs and devices that call for themselves from people.
func kindOfClaims(m map[string]any, sub, client string) waywarden.PrincipalKind {
	grant := first(m, "gty", "grant_type", "gtyp")
	switch {
	case strings.Contains(grant, "client"), text(m["idtyp"]) == "app", strings.HasSuffix(sub, "@clients"),
		strings.HasPrefix(sub, "service-account-"), strings.HasPrefix(sub, "system:serviceaccount:"), strings.HasSuffix(sub, ".gserviceaccount.com"),
		sub == "", sub == client:
		return waywarden.PrincipalService
	}
	if looksDevice(sub) || first(m, "device_id", "deviceId", "vin") == sub {
		return waywarden.PrincipalDevice
	}
	for _, role := range roles(m) {
		if l := lower(role); l == "service" || l == "m2m" || l == "machine" || l == "system" {
			return waywarden.PrincipalService
		}
	}
	return waywarden.PrincipalUser
}

// looksDevice says whether a subject names a thing: a vehicle identification number (ISO 3779), an IMEI or a URN of a device.
func looksDevice(s string) bool {
	if strings.HasPrefix(s, "urn:dev:") || hasFold(s, "device:") || hasFold(s, "vehicle:") || hasFold(s, "vin:") || hasFold(s, "imei:") {
		return true
	}
	if len(s) != 17 {
		return false
	}
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c < 'A' || c > 'Z' || c == 'I' || c == 'O' || c == 'Q':
			return false
		}
	}
	return digits >= 4
}

// object decodes a base64url JSON object; nil when it is none.
func object(part string) map[string]any {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return nil
	}
	var s jsonscan.Scanner
	s.Reset(b)
	m, ok := claim(&s, 0).(map[string]any)
	if !ok || !s.OK() {
		return nil
	}
	return m
}

// claimDepth is how deep the objects of a token may nest.
const claimDepth = 32

// claim reads a JSON value as encoding/json does, numbers as they are written.
func claim(s *jsonscan.Scanner, depth int) any {
	switch s.Peek() {
	case '{':
		m := map[string]any{}
		for ok := s.Enter('{'); ok; ok = s.More('}') {
			k := string(s.Key())
			m[k] = nested(s, depth)
		}
		return m
	case '[':
		var l []any
		for ok := s.Enter('['); ok; ok = s.More(']') {
			l = append(l, nested(s, depth))
		}
		return l
	case '"':
		return string(s.View())
	case 't', 'f':
		return s.Bool()
	case 'n':
		s.Null()
		return nil
	}
	return json.Number(s.Raw())
}

func nested(s *jsonscan.Scanner, depth int) any {
	if depth >= claimDepth {
		s.Skip()
		return nil
	}
	return claim(s, depth+1)
}

// text returns a claim as text; "" for what is neither text nor number.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// first returns the first of the named claims that is there.
func first(m map[string]any, names ...string) string {
	for _, n := range names {
		if s := text(m[n]); s != "" {
			return s
		}
	}
	return ""
}

// list returns a claim that is a text or a list of texts.
func list(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			if s := text(e); s != "" && len(out) < 64 {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func scopes(m map[string]any) []string {
	for _, n := range []string{"scope", "scp", "scopes"} {
		if s, ok := m[n].(string); ok {
			return strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == ',' })
		}
		if l := list(m[n]); l != nil {
			return l
		}
	}
	return nil
}

func roles(m map[string]any) []string {
	var out []string
	for _, n := range []string{"role", "roles", "permissions", "authorities", "groups", "cognito:groups", "rol"} {
		out = append(out, list(m[n])...)
	}
	if realm, ok := m["realm_access"].(map[string]any); ok {
		out = append(out, list(realm["roles"])...)
	}
	return out
}

// numericDate reads seconds since 1970 (RFC 7519 section 2); zero when there is none.
func numericDate(v any) time.Time {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil || f <= 0 || f > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(f), 0).UTC()
}

// hostOf returns the host of an issuer, which is a URL by habit but need not be.
func hostOf(issuer string) string {
	s := issuer
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+3:]
	}
	if i := strings.IndexAny(s, "/:?"); i >= 0 {
		s = s[:i]
	}
	return s
}
