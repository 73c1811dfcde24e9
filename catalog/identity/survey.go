package identity

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// A found is a value that stands where a credential stands.
type found struct {
	scheme waywarden.AuthScheme
	value  string
	grade  int // the better one says who calls; a session or a person goes before a key of the program
	user   string
}

// A survey is what one request says about who sends it.
type survey struct {
	credential found
	doubtful   string // a value that may be a credential
	agent      string // user agent
	version    string // of the application
	name       string // of the application
	client     string // id of the application
	onBehalf   string
}

// A role is what a header is for.
type role uint8

const (
	roleNone role = iota
	roleCustom
	roleAuthorization
	roleCookie
	roleToken // a bearer token in a header of its own
	roleKey
	roleSignature
	roleCertificate
	roleAgent
	roleAppVersion
	roleAppName
	roleClient
	roleOnBehalf
)

// Grades of credentials.
const (
	gradeCertificate = iota + 1
	gradeLearned
	gradeKey
	gradeSignature
	gradeCookie
	gradeAuthorization
)

// survey looks for everything in a request's head that tells who sends it.
func (r *Registry) survey(tx *waywarden.Transaction) survey {
	var s survey
	r.cookies, r.trialled = r.cookies[:0], r.trialled[:0]
	for i := range tx.Request.Headers {
		h := &tx.Request.Headers[i]
		switch ro := r.role(h.Name); ro {
		case roleNone:
		case roleAuthorization:
			s.offer(authorization(h.Value))
		case roleCookie:
			r.cookies = splitCookies(r.cookies, h.Value)
		case roleToken:
			s.offer(token(h.Value, gradeSignature))
		case roleKey:
			s.offer(found{scheme: waywarden.SchemeAPIKey, value: strings.TrimSpace(h.Value), grade: gradeKey})
		case roleSignature:
			if signature(h.Value) {
				s.offer(found{scheme: waywarden.SchemeHMAC, value: h.Name, grade: gradeCertificate})
			}
		case roleCertificate:
			s.offer(certificate(h.Value))
		case roleCustom:
			r.custom(&s, tx.Server.Host, h)
		default:
			s.note(ro, h.Value)
		}
	}
	if len(r.cookies) > 0 && s.credential.grade < gradeCookie {
		r.chooseCookie(&s, tx.Server.Host)
	}
	if s.credential.grade < gradeKey {
		s.query(tx.Target)
	}
	return s
}

// offer takes a credential if it tells more than the one held so far.
func (s *survey) offer(f found) {
	if f.value == "" {
		return
	}
	if f.grade > s.credential.grade {
		s.credential = f
	}
}

// note keeps what describes the application.
func (s *survey) note(ro role, v string) {
	switch ro {
	case roleAgent:
		s.agent = v
	case roleAppVersion:
		s.version = v
	case roleAppName:
		s.name = v
	case roleClient:
		s.client = v
	case roleOnBehalf:
		s.onBehalf = v
	}
}

// authorization reads an Authorization header (RFC 9110 section 11).
func authorization(v string) found {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(v), " ")
	rest = strings.TrimSpace(rest)
	if !ok {
		return token(scheme, gradeAuthorization)
	}
	f := found{value: rest, grade: gradeAuthorization}
	switch {
	case strings.EqualFold(scheme, "bearer"), strings.EqualFold(scheme, "jwt"), strings.EqualFold(scheme, "oauth"), strings.EqualFold(scheme, "dpop"):
		return token(rest, gradeAuthorization)
	case strings.EqualFold(scheme, "basic"):
		f.scheme = waywarden.SchemeBasic
	case strings.EqualFold(scheme, "token"):
		f.scheme, f.value = waywarden.SchemeToken, unquote(strings.TrimPrefix(rest, "token="))
	case strings.EqualFold(scheme, "apikey"), strings.EqualFold(scheme, "api-key"), strings.EqualFold(scheme, "key"):
		f.scheme = waywarden.SchemeAPIKey
	case strings.EqualFold(scheme, "digest"):
		f.scheme, f.user = waywarden.SchemeHMAC, param(rest, "username")
		f.value = f.user
	case signing(scheme):
		f.scheme, f.value = waywarden.SchemeHMAC, signer(rest)
	default:
		f.scheme = waywarden.SchemeBearerOpaque
	}
	return f
}

// token reads a bearer token, which may be signed and readable (RFC 7519) or opaque.
func token(v string, grade int) found {
	v = strings.TrimSpace(v)
	if len(v) > 7 && strings.EqualFold(v[:7], "bearer ") {
		v = strings.TrimSpace(v[7:])
	}
	if v == "" || strings.EqualFold(v, "null") || strings.EqualFold(v, "undefined") || strings.EqualFold(v, "bearer") {
		return found{} // a client that has none
	}
	if looksJWT(v) {
		return found{scheme: waywarden.SchemeBearerJWT, value: v, grade: grade}
	}
	return found{scheme: waywarden.SchemeBearerOpaque, value: v, grade: grade}
}

// signing says whether an authorization scheme carries a signature over the request: AWS SigV4, HTTP signatures
// (RFC 9421 and its drafts), Hawk, Azure SharedKey and vendors' HMAC schemes.
func signing(scheme string) bool {
	s := lower(scheme)
	return strings.HasPrefix(s, "aws4-") || strings.HasPrefix(s, "sdk-hmac") || strings.HasPrefix(s, "tc3-hmac") || strings.Contains(s, "hmac") ||
		s == "aws" || s == "signature" || s == "hawk" || strings.HasPrefix(s, "sharedkey")
}

// signer returns the key id of a signature header: the secret signs, the id stays the same.
func signer(v string) string {
	for _, name := range []string{"credential", "keyid", "username", "id", "access", "accesskey", "appid", "clientid"} {
		if k := param(v, name); k != "" {
			k, _, _ = strings.Cut(k, "/") // of an AWS credential scope the first part is the key id
			return k
		}
	}
	if k, _, ok := strings.Cut(v, ":"); ok && k != "" && !strings.ContainsAny(k, "= ,") {
		return k // SharedKey account:signature
	}
	return v
}

// param returns a parameter of a credential: name="value" or name=value, separated by commas or spaces.
func param(v, name string) string {
	for len(v) > 0 {
		v = strings.TrimLeft(v, " ,;")
		eq := strings.IndexByte(v, '=')
		if eq < 0 {
			return ""
		}
		k := v[:eq]
		v = v[eq+1:]
		var val string
		if strings.HasPrefix(v, `"`) {
			val, v, _ = strings.Cut(v[1:], `"`)
		} else {
			i := strings.IndexAny(v, ", ;")
			if i < 0 {
				i = len(v)
			}
			val, v = v[:i], v[i:]
		}
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return val
		}
	}
	return ""
}

// certificate reads a header in which a proxy passes on the client's certificate or its subject.
func certificate(v string) found {
	if v == "" || v == "(null)" || v == "-" {
		return found{} // a proxy that asked for none
	}
	f := found{scheme: waywarden.SchemeMTLS, grade: gradeCertificate, value: v}
	// Envoy's x-forwarded-client-cert lists By, Hash, Cert, Chain, Subject, URI, DNS of each certificate.
	for _, name := range []string{"subject", "uri", "hash"} {
		if s := param(v, name); s != "" && strings.Contains(v, ";") {
			f.value = s
			break
		}
	}
	f.user = commonName(f.value)
	return f
}

// commonName returns the CN of a distinguished name written as in RFC 4514 or with slashes.
func commonName(dn string) string {
	i := strings.Index(lower(dn), "cn=")
	if i < 0 {
		return ""
	}
	cn := dn[i+3:]
	if j := strings.IndexAny(cn, ",/+;"); j >= 0 {
		cn = cn[:j]
	}
	return strings.TrimSpace(cn)
}

// queryKeys are the query parameters that carry credentials, with what the value must look like.
var queryKeys = map[string]struct {
	scheme waywarden.AuthScheme
	strict bool // the name has other uses: only a value that looks random counts
}{
	"api_key": {waywarden.SchemeAPIKey, false}, "apikey": {waywarden.SchemeAPIKey, false}, "api-key": {waywarden.SchemeAPIKey, false},
	"subscription-key": {waywarden.SchemeAPIKey, false}, "subscription_key": {waywarden.SchemeAPIKey, false}, "app_key": {waywarden.SchemeAPIKey, true},
	"appkey": {waywarden.SchemeAPIKey, true}, "appid": {waywarden.SchemeAPIKey, true}, "key": {waywarden.SchemeAPIKey, true},
	"access_token": {waywarden.SchemeBearerOpaque, false}, "auth_token": {waywarden.SchemeBearerOpaque, false}, "authtoken": {waywarden.SchemeBearerOpaque, false},
	"accesstoken": {waywarden.SchemeBearerOpaque, false}, "token": {waywarden.SchemeBearerOpaque, true}, "auth": {waywarden.SchemeBearerOpaque, true},
	"jwt": {waywarden.SchemeBearerOpaque, true}, "sessionid": {waywarden.SchemeCookie, true}, "jsessionid": {waywarden.SchemeCookie, true},
	"sid": {waywarden.SchemeCookie, true}, "x-amz-credential": {waywarden.SchemeHMAC, false}, "sig": {waywarden.SchemeHMAC, true},
	"signature": {waywarden.SchemeHMAC, true}, "hmac": {waywarden.SchemeHMAC, true},
}

// query looks for a credential among the query parameters.
func (s *survey) query(target string) {
	_, q, ok := strings.Cut(target, "?")
	if !ok {
		return
	}
	for q != "" {
		var pair string
		pair, q, _ = strings.Cut(q, "&")
		k, v, _ := strings.Cut(pair, "=")
		if len(k) < 3 || len(k) > 20 || len(v) < 8 {
			continue
		}
		kind, ok := queryKeys[lower(k)]
		if !ok || kind.strict && !opaque(v) {
			continue
		}
		f := found{scheme: kind.scheme, value: v, grade: gradeKey}
		switch {
		case looksJWT(v):
			f.scheme = waywarden.SchemeBearerJWT
		case kind.scheme == waywarden.SchemeHMAC:
			// A signature differs from call to call: it proves that somebody allowed the call, not who.
			f.value, f.grade = "query:"+k, gradeCertificate
			if lower(k) == "x-amz-credential" {
				f.value, _, _ = strings.Cut(strings.ReplaceAll(v, "%2F", "/"), "/")
			}
		}
		s.offer(f)
	}
}

func unquote(v string) string { return strings.Trim(v, `"`) }

// lower puts the ASCII letters of s in lower case. Other than with strings.ToLower, whatever the bytes are, the result is
// as long as s, so that an index into one is an index into the other.
func lower(s string) string {
	i := 0
	for i < len(s) && (s[i] < 'A' || s[i] > 'Z') {
		i++
	}
	if i == len(s) {
		return s
	}
	b := []byte(s)
	for ; i < len(b); i++ {
		if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
