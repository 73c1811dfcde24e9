package identity

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// A cookie is a name and a value of a Cookie header.
type cookie struct{ name, value string }

// cookiesMax bounds the cookies looked at.
const cookiesMax = 64

func splitCookies(dst []cookie, v string) []cookie {
	for v != "" && len(dst) < cookiesMax {
		var pair string
		pair, v, _ = strings.Cut(v, ";")
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if ok && name != "" && value != "" {
			dst = append(dst, cookie{name, unquote(value)})
		}
	}
	return dst
}

// Points a cookie gets for what speaks for its being the session; pointsMin make it one.
const (
	pointsIssued  = 8 // its value was given out by a login
	pointsLearned = 4 // its name was, to somebody
	pointsJWT     = 3
	// A name that web frameworks give their session.
	pointsFramework = 3
	pointsName      = 2
	pointsRandom    = 1
	pointsMin       = 3
)

// chooseCookie takes the cookie that best stands for a session, if any does. What is left over may be learned to be one.
func (r *Registry) chooseCookie(s *survey, host string) {
	best, points := cookie{}, pointsMin-1
	for _, c := range r.cookies {
		n := r.cookiePoints(c, host)
		if n > points || n == points && n >= pointsMin && c.name < best.name {
			best, points = c, n
		}
	}
	if best.value != "" {
		f := found{scheme: waywarden.SchemeCookie, value: best.value, grade: gradeCookie}
		s.offer(f)
		return
	}
	if s.credential.value != "" {
		return
	}
	for _, c := range r.cookies {
		if opaque(c.value) && !plainCookie(lower(c.name)) {
			r.try(s, host, "cookie "+c.name, c.value, waywarden.SchemeCookie, gradeCookie)
		}
	}
}

func (r *Registry) cookiePoints(c cookie, host string) int {
	if len(c.value) < 8 {
		return 0
	}
	k := r.digest(c.value)
	if _, ok := r.issued.find(k); ok {
		return pointsIssued
	}
	name := lower(c.name)
	if plainCookie(name) {
		return 0
	}
	n := 0
	if t, ok := r.trials.find(r.digest(host + "\x00cookie " + c.name)); ok && t.proven {
		n += pointsLearned
	}
	switch {
	case frameworkCookies[strings.TrimPrefix(strings.TrimPrefix(name, "__secure-"), "__host-")]:
		n += pointsFramework
	case sessionCookie(name):
		n += pointsName
	}
	switch {
	case looksJWT(c.value):
		n += pointsJWT
	case opaque(c.value):
		n += pointsRandom
	}
	return n
}

// frameworkCookies are the names web frameworks give their sessions by default.
var frameworkCookies = map[string]bool{
	"jsessionid": true, "phpsessid": true, "asp.net_sessionid": true, ".aspxauth": true, ".aspnetcore.session": true, ".aspnetcore.cookies": true,
	".aspnet.applicationcookie": true, "connect.sid": true, "laravel_session": true, "sessionid": true, "_session_id": true, "cfid": true, "session": true,
	"ci_session": true, "express.sid": true, "koa.sess": true, "sails.sid": true, "rack.session": true, "play_session": true, "authjs.session-token": true,
	"next-auth.session-token": true, "grafana_session": true, "symfony": true,
}

// sessionParts are parts of names that session cookies have, over the frameworks in use and the languages people
// name them in.
var sessionParts = []string{
	"sess", "sid", "sitzung", "auth", "token", "jwt", "login", "logged", "sesion", "sessao", "sesja", "oturum", "identity", "bearer", "aspx", "remember", "sso",
	"ticket", "anmeld", "credential", "connect.",
}

func sessionCookie(name string) bool {
	for _, p := range sessionParts {
		if strings.Contains(name, p) {
			return true
		}
	}
	return false
}

// plainParts are beginnings of names of cookies that are no credentials: measuring, load balancing, choices, forgery tokens.
var plainParts = []string{
	"_ga", "_gid", "_gat", "_gcl", "_fbp", "_fbc", "_hj", "_pk_", "_uet", "_clck", "_clsk", "_dd_s", "__hs", "hubspot", "__utm", "__cf", "cf_", "_cf", "awsalb", "ajs_",
	"amplitude", "amp_", "mp_", "optimizely", "intercom-id", "ab_", "abtest", "_vwo", "_vis_opt", "lang", "locale", "i18n", "language", "theme", "tz", "timezone",
	"currency", "consent", "cookie", "optanon", "onetrust", "euconsent", "csrf", "xsrf", "_csrf", "__requestverification", "antiforgery", "visitor", "_sp_", "nmstat",
	"ak_bm", "bm_sv", "bm_sz", "_abck", "incap_", "visid_", "nlbi_", "datadome", "gdpr", "utm_", "device", "country", "region", "srv", "route", "bigipserver",
	"stickysession", "lb_", "ts0", "rl_anonymous", "rl_user", "_pin", "_scid", "_tt_", "_rdt", "adroll", "__adroll", "__stripe", "sbjs_", "last", "seen",
}

func plainCookie(name string) bool {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "__secure-"), "__host-")
	for _, p := range plainParts {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// setCookie reads the name and the value of a Set-Cookie header (RFC 6265 section 4.1); a cookie that is deleted has no value.
func setCookie(v string) (c cookie, ok bool) {
	pair, rest, _ := strings.Cut(v, ";")
	name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
	if !ok || name == "" || value == "" {
		return cookie{}, false
	}
	if i := strings.Index(lower(rest), "max-age="); i >= 0 {
		if age := rest[i+len("max-age="):]; strings.HasPrefix(age, "0") || strings.HasPrefix(age, "-") {
			return cookie{}, false
		}
	}
	return cookie{name, unquote(value)}, true
}
