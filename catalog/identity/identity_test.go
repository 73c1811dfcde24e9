package identity

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
)

// jwt makes an unsigned-looking token with these claims.
func jwt(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + enc([]byte(claims)) + ".c2lnbmF0dXJl"
}

func call(host, method, target string, status int, leaves []waywarden.Leaf, hs ...string) *waywarden.Call {
	tx := &waywarden.Transaction{Server: waywarden.Server{Host: host}, Method: method, Target: target, Status: status}
	for i := 0; i+1 < len(hs); i += 2 {
		if hs[i] == "set-cookie" {
			tx.Response.Headers = append(tx.Response.Headers, waywarden.Header{Name: hs[i], Value: hs[i+1]})
			continue
		}
		tx.Request.Headers = append(tx.Request.Headers, waywarden.Header{Name: hs[i], Value: hs[i+1]})
	}
	return &waywarden.Call{Record: &waywarden.Record{Kind: waywarden.KindHTTP, HTTP: tx}, Leaves: leaves, Success: status < 400}
}

func handle1(r *Registry, c *waywarden.Call) waywarden.Principal {
	c.Principal, c.Application = r.Identify(c.Record)
	r.Learn(c)
	return c.Principal
}

func in(name, value string, t waywarden.DataType) waywarden.Leaf {
	return waywarden.Leaf{In: waywarden.InBody, Name: name, Value: value, Type: t, Kind: waywarden.ValueText}
}

func out(name, value string, t waywarden.DataType) waywarden.Leaf {
	return waywarden.Leaf{In: waywarden.InResponse, Name: name, Value: value, Type: t, Kind: waywarden.ValueText}
}

func TestSchemes(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("jo@fleet.example:hunter2"))
	for _, tc := range []struct {
		name, header, value, target string
		scheme                      waywarden.AuthScheme
		uid                         string // "*": any
	}{
		{"jwt", "authorization", "Bearer " + jwt(`{"sub":"u-17"}`), "/", waywarden.SchemeBearerJWT, "u-17"},
		{"jwt without scheme word", "authorization", jwt(`{"sub":"u-17"}`), "/", waywarden.SchemeBearerJWT, "u-17"},
		{"jwt in a header of its own", "x-whatever", jwt(`{"sub":"u-17"}`), "/", waywarden.SchemeBearerJWT, "u-17"},
		{"opaque", "authorization", "bearer 8fKq2LmZx91QwE7rTy", "/", waywarden.SchemeBearerOpaque, "*"},
		{"basic", "authorization", basic, "/", waywarden.SchemeBasic, "jo@fleet.example"},
		{"basic of a bare secret", "authorization", "Basic SoNrHBYA9Y7KqWedcJ0mas9C", "/", waywarden.SchemeBasic, "*"},
		{"ocpi token", "authorization", "Token ZWJmM2IzOTktNzc5Zi00NDk3", "/", waywarden.SchemeToken, "*"},
		{"aws", "authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=5d672d79", "/", waywarden.SchemeHMAC, "*"},
		{"http signature", "authorization", `Signature keyId="fleet-1",algorithm="hmac-sha256",signature="c2ln"`, "/", waywarden.SchemeHMAC, "*"},
		{"digest", "authorization", `Digest username="Mufasa", realm="r", nonce="n", uri="/", response="6629fae49393a05397450978507c4ef1"`, "/", waywarden.SchemeHMAC, "Mufasa"},
		{"api key", "x-api-key", "ak_8VqCuO4CRiLF", "/", waywarden.SchemeAPIKey, "*"},
		{"azure key", "ocp-apim-subscription-key", "0123456789abcdef", "/", waywarden.SchemeAPIKey, "*"},
		{"service key", "x-service-key", "ak_m23bCnm8Zjbzm", "/", waywarden.SchemeAPIKey, "*"},
		{"query key", "", "", "/a?x=1&api_key=0123456789", waywarden.SchemeAPIKey, "*"},
		{"query token", "", "", "/a?access_token=" + jwt(`{"sub":"u-17"}`), waywarden.SchemeBearerJWT, "u-17"},
		{"query word named key", "", "", "/a?key=temperature", "", ""},
		{"certificate", "x-forwarded-client-cert", `By=spiffe://a;Hash=46874;Subject="CN=oem-gw,O=Fleet";URI=spiffe://b`, "/", waywarden.SchemeMTLS, "oem-gw"},
		{"certificate of a vehicle", "ssl-client-s-dn", "CN=WDB9066A6RF330504,O=OEM", "/", waywarden.SchemeMTLS, "WDB9066A6RF330504"},
		{"no certificate", "x-client-cert", "(null)", "/", "", ""},
		{"session cookie among others", "cookie", "_ga=GA1.2.99; lang=de; PHPSESSID=298zf09hf012fh2; theme=dark", "/", waywarden.SchemeCookie, "*"},
		{"measuring cookies", "cookie", "_ga=GA1.2.1234567890.1234567890; _gid=GA1.2.1234567890; AWSALB=ab12cd34ef56ab12cd34ef56; csrftoken=a1b2c3d4e5f6a7b8", "/", "", ""},
		{"empty bearer", "authorization", "Bearer ", "/", "", ""},
		{"bearer null", "authorization", "Bearer null", "/", "", ""},
		{"request id", "x-request-id", "d39489c990dabf50aa12", "/", "", ""},
		{"device id", "x-device-id", "d39489c990dabf50aa12", "/", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.target == "" {
				tc.target = "/"
			}
			p := handle1(New(Default()), call("api.test", "GET", tc.target, 200, nil, tc.header, tc.value))
			if p.Scheme != tc.scheme || tc.uid != "*" && p.UID != tc.uid || tc.uid == "*" && p.UID == "" {
				t.Errorf("got scheme %q uid %q, want %q %q", p.Scheme, p.UID, tc.scheme, tc.uid)
			}
			for _, secret := range []string{tc.value, strings.TrimPrefix(tc.value, "Bearer "), "hunter2"} {
				if len(secret) > 6 && strings.Contains(fmt.Sprintf("%+v", p), secret) {
					t.Errorf("the secret is given out: %+v", p)
				}
			}
		})
	}
}

func TestClaims(t *testing.T) {
	r := New(Default())
	p := handle1(r, call("api.test", "GET", "/", 200, nil, "authorization", "Bearer "+jwt(
		`{"iss":"https://idp.test/","sub":"u-17","aud":["a","b"],"azp":"app","scp":["x","y"],"realm_access":{"roles":["driver"]},"exp":1772431230,"email":"Jo@Fleet.example"}`)))
	if p.Client != "app" || p.Issuer != "https://idp.test/" || !slices.Equal(p.Scopes, []string{"x", "y"}) || !slices.Equal(p.Roles, []string{"driver"}) ||
		!slices.Equal(p.Audiences, []string{"a", "b"}) || !p.Expires.Equal(time.Unix(1772431230, 0)) || p.Algorithm != "RS256" || p.Kind != waywarden.PrincipalUser {
		t.Errorf("%+v", p)
	}
	if !slices.Contains(p.Aliases, waywarden.ID{Type: waywarden.TypeEmail, Value: "jo@fleet.example"}) {
		t.Errorf("aliases %v", p.Aliases)
	}
	for claims, kind := range map[string]waywarden.PrincipalKind{
		`{"sub":"abc@clients","gty":"client-credentials"}`: waywarden.PrincipalService,
		`{"client_id":"poller"}`:                           waywarden.PrincipalService,
		`{"sub":"WDB9066A6RF330504"}`:                      waywarden.PrincipalDevice,
		`{"sub":"1234","role":"service"}`:                  waywarden.PrincipalService,
	} {
		if p := handle1(r, call("api.test", "GET", "/", 200, nil, "authorization", "Bearer "+jwt(claims))); p.Kind != kind || p.UID == "" {
			t.Errorf("%s: kind %q uid %q, want %q", claims, p.Kind, p.UID, kind)
		}
	}
	p = handle1(r, call("api.test", "GET", "/", 200, nil, "authorization", "Bearer "+jwt(`{"sub":"u-17","act":{"sub":"support-9"}}`)))
	if p.UID != "support-9" || p.OnBehalf != "u-17" {
		t.Errorf("impersonation: %+v", p)
	}
}

func TestIssuersThatClash(t *testing.T) {
	r := New(Default())
	one := handle1(r, call("api.test", "GET", "/", 200, nil, "authorization", "Bearer "+jwt(`{"iss":"https://a.one.test","sub":"4711"}`)))
	two := handle1(r, call("api.test", "GET", "/", 200, nil, "authorization", "Bearer "+jwt(`{"iss":"https://b.two.test","sub":"4711"}`)))
	if one.UID != "4711" || two.UID == one.UID || !strings.HasPrefix(two.UID, "4711@") {
		t.Errorf("%q and %q", one.UID, two.UID)
	}
}

// One person logs in, refreshes, logs in again: one principal, under the id the server gave.
func TestOnePersonAcrossTokens(t *testing.T) {
	const a1, r1, a2, r2, a3 = "AAAAaaaa1111bbbb2222", "RRRRaaaa1111bbbb2222", "AAAAcccc3333dddd4444", "RRRRcccc3333dddd4444", "AAAAeeee5555ffff6666"
	r := New(Default())
	login := func(token, refresh string) *waywarden.Call {
		return call("api.test", "POST", "/login", 200, []waywarden.Leaf{
			in("email", "jo@fleet.example", waywarden.TypeEmail), in("password", "hunter2", ""),
			out("accessToken", token, waywarden.TypeAccessToken), out("refreshToken", refresh, waywarden.TypeRefreshToken), out("userId", "usr_4711", waywarden.TypePersonID),
		})
	}
	handle1(r, login(a1, r1))
	p1 := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer "+a1))
	handle1(r, call("api.test", "POST", "/refresh", 200, []waywarden.Leaf{
		in("refreshToken", r1, waywarden.TypeRefreshToken), out("accessToken", a2, waywarden.TypeAccessToken), out("refreshToken", r2, waywarden.TypeRefreshToken)}))
	p2 := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer "+a2))
	handle1(r, login(a3, "RRRReeee5555ffff6666"))
	p3 := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer "+a3))
	for _, p := range []waywarden.Principal{p1, p2, p3} {
		if p.UID != "usr_4711" || p.Kind != waywarden.PrincipalUser || !slices.Contains(p.Aliases, waywarden.ID{Type: waywarden.TypeEmail, Value: "jo@fleet.example"}) {
			t.Errorf("%+v", p)
		}
	}
	if c := r.Consumers(); c.Total != 1 || c.ByScheme["bearer_opaque"] != 1 {
		t.Errorf("consumers %+v", c)
	}
}

// A session that is only ever renewed is nobody's until a path that answers about its caller tells whose it is.
func TestSelfNamesSession(t *testing.T) {
	r := New(Default())
	token := func(i, n int) string { return fmt.Sprintf("tok%dX%dabcdefGH12345", i, n) }
	me := func(i, n int) *waywarden.Call {
		return call("api.test", "GET", "/users/me", 200, []waywarden.Leaf{
			out("id", fmt.Sprintf("usr_%d", i), waywarden.TypePersonID), out("mail", fmt.Sprintf("p%d@x.example", i), waywarden.TypeEmail)},
			"authorization", "Bearer "+token(i, n))
	}
	for i := range 5 { // people the registry knows by their login
		handle1(r, call("api.test", "POST", "/login", 200, []waywarden.Leaf{
			in("user", fmt.Sprintf("p%d@x.example", i), waywarden.TypeEmail), in("password", "x", ""),
			out("token", token(i, 0), waywarden.TypeAccessToken), out("id", fmt.Sprintf("usr_%d", i), waywarden.TypePersonID)}))
		handle1(r, me(i, 0))
	}
	first := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer "+token(77, 0)))
	if !strings.HasPrefix(first.UID, "session:") {
		t.Fatalf("%+v", first)
	}
	then := handle1(r, me(77, 0))
	if then.UID != "usr_77" || r.Resolve(first.UID) != "usr_77" {
		t.Errorf("uid %q, resolved %q", then.UID, r.Resolve(first.UID))
	}
	// Another session of the same person.
	if p := handle1(r, me(77, 1)); p.UID != "usr_77" {
		t.Errorf("second session: %q", p.UID)
	}
	if js := r.Joins(nil); len(js) == 0 || js[0] != (Join{first.UID, "usr_77"}) {
		t.Errorf("joins %v", js)
	}
}

// What everybody is given names nobody, and neither does an answer about somebody the request asked for.
func TestAnswersThatAreNotAboutTheCaller(t *testing.T) {
	r := New(Default())
	for range 4 {
		for i := range 20 {
			auth := fmt.Sprintf("Bearer tok%dXabcdefGH123456", i)
			handle1(r, call("api.test", "GET", "/config", 200, []waywarden.Leaf{out("support", "help@x.example", waywarden.TypeEmail)}, "authorization", auth))
			who := fmt.Sprintf("usr_%d", i)
			handle1(r, call("api.test", "GET", "/users/"+who, 200, []waywarden.Leaf{out("id", who, waywarden.TypePersonID)}, "authorization", auth))
		}
	}
	named := 0
	for i := range 20 {
		p := handle1(r, call("api.test", "GET", "/x", 200, nil, "authorization", fmt.Sprintf("Bearer tok%dXabcdefGH123456", i)))
		if !strings.HasPrefix(p.UID, "session:") {
			named++
		}
	}
	// The first few answers cannot be told from a self answer; a constant must not draw everybody together.
	if named > 8 || r.Consumers().Total < 13 {
		t.Errorf("%d named, consumers %+v", named, r.Consumers())
	}
}

// A mail address that changes hands takes nobody with it.
func TestLoginNameChangesHands(t *testing.T) {
	r := New(Default())
	login := func(sub, token string) {
		handle1(r, call("api.test", "POST", "/login", 200, []waywarden.Leaf{
			in("email", "jo@fleet.example", waywarden.TypeEmail), in("password", "x", ""),
			out("token", token, waywarden.TypeAccessToken), out("id", sub, waywarden.TypePersonID)}))
	}
	login("usr_1", "AAAAaaaa1111bbbb2222")
	login("usr_2", "AAAAcccc3333dddd4444")
	p1 := handle1(r, call("api.test", "GET", "/", 200, nil, "authorization", "Bearer AAAAaaaa1111bbbb2222"))
	p2 := handle1(r, call("api.test", "GET", "/", 200, nil, "authorization", "Bearer AAAAcccc3333dddd4444"))
	if p1.UID != "usr_1" || p2.UID != "usr_2" {
		t.Errorf("%q %q", p1.UID, p2.UID)
	}
}

// The second factor gets the token; the first one tells whose it is.
func TestSecondFactor(t *testing.T) {
	r := New(Default())
	handle1(r, call("api.test", "POST", "/login", 200, []waywarden.Leaf{
		in("username", "jo@fleet.example", waywarden.TypeEmail), in("password", "x", ""), out("challenge", "ch41A9f8E7d6C5b4A3z9", "")}))
	handle1(r, call("api.test", "POST", "/login/otp", 200, []waywarden.Leaf{
		in("challenge", "ch41A9f8E7d6C5b4A3z9", ""), in("otp", "123456", ""), out("token", "AAAAaaaa1111bbbb2222", waywarden.TypeAccessToken)}))
	if p := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer AAAAaaaa1111bbbb2222")); p.UID != "jo@fleet.example" {
		t.Errorf("%+v", p)
	}
}

// What a service gets for a person is the person's; what it gets for itself is its own.
func TestServiceThatIssues(t *testing.T) {
	r := New(Default())
	handle1(r, call("api.test", "POST", "/tokens", 201, []waywarden.Leaf{in("userId", "usr_4711", waywarden.TypePersonID), out("token", "AAAAaaaa1111bbbb2222", waywarden.TypeAccessToken)},
		"x-api-key", "ak_8VqCuO4CRiLFmax7n8"))
	if p := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer AAAAaaaa1111bbbb2222")); p.UID != "usr_4711" {
		t.Errorf("of a person: %+v", p)
	}
	handle1(r, call("api.test", "POST", "/oauth/token", 200, []waywarden.Leaf{
		in("grant_type", "client_credentials", ""), in("client_id", "poller", ""), in("client_secret", "zzz", ""), out("access_token", "AAAAcccc3333dddd4444", waywarden.TypeAccessToken)}))
	if p := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer AAAAcccc3333dddd4444")); p.UID != "poller" || p.Kind != waywarden.PrincipalService || p.Client != "poller" {
		t.Errorf("of a program: %+v", p)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("webapp:secret"))
	for i, code := range []string{"code-AAAAaaaa1111", "code-BBBBbbbb2222"} {
		handle1(r, call("api.test", "POST", "/oauth/token", 200, []waywarden.Leaf{in("code", code, ""), out("access_token", fmt.Sprintf("EEEEeeee5555ffff666%d", i), waywarden.TypeAccessToken)}, "authorization", basic))
	}
	one := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer EEEEeeee5555ffff6660"))
	two := handle1(r, call("api.test", "GET", "/cars", 200, nil, "authorization", "Bearer EEEEeeee5555ffff6661"))
	if one.UID == two.UID || one.UID == "webapp" {
		t.Errorf("two people behind one client: %q %q", one.UID, two.UID)
	}
}

// A PIN that confirms a command, or a password set for somebody else, makes nobody somebody else.
func TestSecretsThatAreNoLogin(t *testing.T) {
	r := New(Default())
	session := []string{"cookie", "JSESSIONID=a1b2c3d4e5f6a7b8c9"}
	before := handle1(r, call("api.test", "GET", "/", 200, nil, session...))
	handle1(r, call("api.test", "POST", "/vehicles/7/unlock", 202, []waywarden.Leaf{in("pin", "1234", waywarden.TypePIN), out("requestId", "req1A9f8E7d6C5b4A3z9", waywarden.TypeRequestID)}, session...))
	handle1(r, call("api.test", "POST", "/admin/users", 201, []waywarden.Leaf{in("email", "new@fleet.example", waywarden.TypeEmail), in("password", "x", ""), out("id", "usr_9", waywarden.TypePersonID)}, session...))
	if p := handle1(r, call("api.test", "GET", "/", 200, nil, session...)); p.UID != before.UID {
		t.Errorf("%q became %q", before.UID, p.UID)
	}
	handle1(r, call("api.test", "POST", "/login", 200, []waywarden.Leaf{in("email", "jo@fleet.example", waywarden.TypeEmail), in("password", "x", "")}, session...))
	if p := handle1(r, call("api.test", "GET", "/", 200, nil, session...)); p.UID != "jo@fleet.example" || r.Resolve(before.UID) != p.UID {
		t.Errorf("a login in a visitor's session: %+v", p)
	}
}

func TestTokenInResponseHeader(t *testing.T) {
	r := New(Default())
	c := call("api.test", "POST", "/login", 200, []waywarden.Leaf{in("user", "jo", ""), in("pwd", "x", "")})
	c.Record.HTTP.Response.Headers = waywarden.Headers{{Name: "x-auth-token", Value: "AAAAaaaa1111bbbb2222"}}
	handle1(r, c)
	if p := handle1(r, call("api.test", "GET", "/cars", 200, nil, "x-auth-token", "AAAAaaaa1111bbbb2222")); p.UID != "jo" {
		t.Errorf("%+v", p)
	}
}

func TestKeyInBody(t *testing.T) {
	r := New(Default())
	p := handle1(r, call("api.test", "POST", "/rpc", 200, []waywarden.Leaf{in("apiKey", "ak8VqCuO4CRiLFmax7n8", ""), in("pin", "1234", "")}))
	if p.UID == "" || p.Scheme != waywarden.SchemeAPIKey {
		t.Errorf("%+v", p)
	}
}

// A cookie with a name of the customer's own is known by the login that sets it; cookies are renewed.
func TestCookieSession(t *testing.T) {
	r := New(Default())
	handle1(r, call("shop.test", "POST", "/anmelden", 200, []waywarden.Leaf{in("benutzer", "jo", ""), in("kennwort", "x", "")}, "set-cookie", "KFZ=a1b2c3d4e5f6a7b8c9; Path=/; HttpOnly"))
	p := handle1(r, call("shop.test", "GET", "/", 200, nil, "cookie", "lang=de; KFZ=a1b2c3d4e5f6a7b8c9"))
	if p.UID != "jo" || p.Scheme != waywarden.SchemeCookie {
		t.Fatalf("%+v", p)
	}
	handle1(r, call("shop.test", "POST", "/renew", 200, nil, "cookie", "KFZ=a1b2c3d4e5f6a7b8c9", "set-cookie", "KFZ=f6e5d4c3b2a1f6e5d4; Path=/"))
	if p := handle1(r, call("shop.test", "GET", "/", 200, nil, "cookie", "KFZ=f6e5d4c3b2a1f6e5d4")); p.UID != "jo" {
		t.Errorf("renewed: %+v", p)
	}
	if p := handle1(r, call("shop.test", "GET", "/", 200, nil, "cookie", "KFZ=0011223344aabbccdd")); p.Scheme != waywarden.SchemeCookie || !strings.HasPrefix(p.UID, "session:") {
		t.Errorf("of somebody not seen to log in: %+v", p)
	}
}

// A header of the customer's own is learned to be a credential when calls without it are refused.
func TestLearnedHeader(t *testing.T) {
	r := New(Default())
	var posture Posture
	observe := func(hs ...string) waywarden.Principal {
		status := 200
		if len(hs) == 0 {
			status = 401
		}
		c := call("api.test", "GET", "/data", status, nil, hs...)
		p := handle1(r, c)
		posture.Observe(p, status, c.Success)
		return p
	}
	var p waywarden.Principal
	for i := range 200 {
		p = observe("x-fleet-partner", fmt.Sprintf("pk%dA9f8E7d6C5b4A3", i%4))
		if i%20 == 0 {
			observe()
		}
	}
	if p.Scheme != waywarden.SchemeAPIKey || p.UID == "" {
		t.Fatalf("%+v", p)
	}
	if a := posture.Authentication(); a.Required != "always" || !slices.Equal(a.Schemes, []waywarden.AuthScheme{waywarden.SchemeAPIKey}) {
		t.Errorf("%+v", a)
	}
}

func TestPosture(t *testing.T) {
	jwtUser := waywarden.Principal{UID: "u", Scheme: waywarden.SchemeBearerJWT}
	type seen struct {
		p      waywarden.Principal
		status int
		n      int
	}
	for _, tc := range []struct {
		name     string
		seen     []seen
		required string
		schemes  int
	}{
		{"nothing", nil, "never", 0},
		{"only with", []seen{{jwtUser, 200, 9}, {waywarden.Principal{}, 401, 3}}, "always", 1},
		{"only without", []seen{{waywarden.Principal{}, 200, 9}}, "never", 0},
		{"a login that fails often", []seen{{waywarden.Principal{}, 200, 9}, {waywarden.Principal{}, 401, 99}}, "never", 0},
		{"at times", []seen{{jwtUser, 200, 17}, {waywarden.Principal{}, 200, 32}, {waywarden.Principal{}, 404, 50}}, "mixed", 1},
		{"one bypass", []seen{{jwtUser, 200, 5000}, {waywarden.Principal{}, 200, 1}}, "mixed", 1},
		{"public, a client sends its token anyway", []seen{{waywarden.Principal{}, 200, 990}, {jwtUser, 200, 10}}, "never", 0},
		{"refused whatever is sent", []seen{{waywarden.Principal{}, 403, 9}}, "always", 0},
		{"only failures", []seen{{waywarden.Principal{}, 404, 9}, {waywarden.Principal{}, 500, 2}}, "never", 0},
		{"sent to a login page", []seen{{waywarden.Principal{}, 302, 9}, {jwtUser, 200, 3}}, "always", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p, half Posture
			for _, s := range tc.seen {
				for i := range s.n {
					if i%2 == 0 {
						p.Observe(s.p, s.status, s.status < 400)
					} else {
						half.Observe(s.p, s.status, s.status < 400)
					}
				}
			}
			p.Merge(half)
			if a := p.Authentication(); a.Required != tc.required || len(a.Schemes) != tc.schemes {
				t.Errorf("%+v, want %s with %d schemes", a, tc.required, tc.schemes)
			}
		})
	}
}

func TestAgents(t *testing.T) {
	for ua, want := range map[string]agent{
		"AlphaApp/6.2.0 (Android 14) okhttp/4.12.0":                                        {"AlphaApp", "6.2.0", "okhttp/4.12.0"},
		"My%20Car/45 CFNetwork/1485 Darwin/23.1.0":                                         {"My Car", "45", "CFNetwork/1485"},
		"My Car/4.5 (iPhone; iOS 18.3)":                                                    {"My Car", "4.5", ""},
		"okhttp/4.12.0":                                                                    {"okhttp", "4.12.0", "okhttp/4.12.0"},
		"Dart/3.2 (dart:io)":                                                               {"Dart", "3.2", "Dart/3.2"},
		"HomeAssistant/2026.2 aiohttp/3.11":                                                {"HomeAssistant", "2026.2", "aiohttp/3.11"},
		"Apache-HttpClient/5.3 (Java/17.0.9)":                                              {"Apache-HttpClient", "5.3", "Apache-HttpClient/5.3"},
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":         {"Googlebot", "2.1", ""},
		"Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/133.0":                            {"Firefox", "133", ""},
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36":  {"Chrome", "131", ""},
		"Mozilla/5.0 (iPhone) AppleWebKit/605 (KHTML, like Gecko) Mobile/15E ChargeGo/3.1": {"ChargeGo", "3.1", "Browser"},
		"": {},
	} {
		if got := parseAgent(ua); got != want {
			t.Errorf("%q: %+v, want %+v", ua, got, want)
		}
	}
}

func TestChargePoint(t *testing.T) {
	r := New(Default())
	frame := func(f waywarden.Frame) waywarden.Principal {
		p, _ := r.Identify(&waywarden.Record{Kind: waywarden.KindOCPP, OCPP: &f})
		return p
	}
	frame(waywarden.Frame{Station: "CP-1", Connection: "s-1", Event: waywarden.SocketOpen, Handshake: waywarden.Handshake{Headers: waywarden.Headers{{Name: "authorization", Value: "Basic YTpi"}}}})
	if p := frame(waywarden.Frame{Station: "CP-1", Inbound: true, Action: "Heartbeat"}); p.UID != "CP-1" || p.Kind != waywarden.PrincipalCharger || p.Scheme != waywarden.SchemeBasic {
		t.Errorf("%+v", p)
	}
	if p := frame(waywarden.Frame{Station: "CP-1", Action: "Reset"}); p.UID != ManagementSystem {
		t.Errorf("%+v", p)
	}
}

func TestTablesAreBounded(t *testing.T) {
	o := Default()
	o.CredentialsMax, o.AccountsMax, o.AppsMax = 100, 100, 10
	r := New(o)
	for i := range 5000 {
		handle1(r, call("api.test", "GET", "/", 200, nil, "authorization", "Bearer "+jwt(fmt.Sprintf(`{"sub":"u-%d","client_id":"c-%d"}`, i, i))))
	}
	if n := len(r.credentials.young) + len(r.credentials.old); n > 200 {
		t.Errorf("%d credentials", n)
	}
	if n := len(r.uids.young) + len(r.uids.old); n > 200 {
		t.Errorf("%d uids", n)
	}
	if len(r.apps) > 11 {
		t.Errorf("%d applications", len(r.apps))
	}
}

func BenchmarkIdentify(b *testing.B) {
	r := New(Default())
	var leaves []waywarden.Leaf
	for i := range 72 {
		leaves = append(leaves, out(fmt.Sprintf("data.state.field%d", i), "some text of a state", ""))
	}
	c := call("api.test", "GET", "/api/1/vehicles/123/data?page=1", 200, leaves,
		"user-agent", "AlphaApp/6.2.0 (Android 14) okhttp/4.12.0", "accept", "application/json", "x-request-id", "d39489c990dabf50", "x-app-version", "6.2.1",
		"cookie", "lang=de; _ga=GA1.2.3", "authorization", "Bearer "+jwt(`{"iss":"https://idp.test/","sub":"u-17","aud":"x","client_id":"app","scope":"a b c","exp":1772431230}`))
	b.ReportAllocs()
	for b.Loop() {
		c.Principal, c.Application = r.Identify(c.Record)
		r.Learn(c)
	}
}

// Whatever stands in a request's head, it is read without harm, alike each time, and no secret comes out.
func FuzzIdentify(f *testing.F) {
	f.Add("authorization", "Bearer "+jwt(`{"sub":"u","exp":1e300,"aud":[1,null],"act":{"sub":7}}`), "/?api_key=1", "x=y")
	f.Add("authorization", "Basic Og==", "/?X-Amz-Credential=a%2Fb", "JSESSIONID=")
	f.Add("authorization", `Digest username="a, b="`, "?", "=;;=")
	f.Add("x-forwarded-client-cert", `Subject="`, "/", "a=b; a=b")
	f.Add("user-agent", "Mozilla/5.0 (compatible; )", "/?token", "")
	f.Fuzz(func(t *testing.T, name, value, target, cookies string) {
		var said []waywarden.Principal
		for range 2 {
			r := New(Default())
			c := call("api.test", "POST", target, 200, []waywarden.Leaf{in(name, value, ""), out(name, value, waywarden.TypeAccessToken)}, name, value, "cookie", cookies, "set-cookie", cookies)
			handle1(r, c)
			said = append(said, handle1(r, c))
			r.Applications()
			r.Resolve(said[0].UID)
		}
		if fmt.Sprint(said[0]) != fmt.Sprint(said[1]) {
			t.Errorf("%+v and %+v", said[0], said[1])
		}
		if p := said[0]; p.UID != "" && p.Scheme == waywarden.SchemeBearerOpaque && len(value) > 24 && strings.Contains(fmt.Sprint(p), value) {
			t.Errorf("a secret is given out: %+v", p)
		}
	})
}
