package risk

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/risk/graph"
)

// served is one answered call, to be bent by a test.
func served(op *waywarden.Operation, status int) *waywarden.Call {
	c := call(op, "user")
	c.Success = status < 400
	c.Record = &waywarden.Record{At: start, HTTP: &waywarden.Transaction{Method: "GET", Status: status, Server: waywarden.Server{Host: "api.oem.example", Port: 443, TLS: true}}}
	return c
}

func TestHygiene(t *testing.T) {
	for name, c := range map[string]struct {
		class string
		types []waywarden.DataType
		bend  func(i int, c *waywarden.Call)
		want  string // "" for nothing
	}{
		"clean":        {bend: func(int, *waywarden.Call) {}},
		"any origin":   {bend: header("access-control-allow-origin", "*", "access-control-allow-credentials", "true"), want: "permissive_cors"},
		"own origin":   {bend: header("access-control-allow-origin", "https://app.oem.example", "access-control-allow-credentials", "true")},
		"loose cookie": {bend: header("set-cookie", "JSESSIONID=1; Path=/"), want: "insecure_cookie"},
		"fast cookie":  {bend: header("set-cookie", "JSESSIONID=1; Path=/; HttpOnly; Secure")},
		"other cookie": {bend: header("set-cookie", "lang=de")},
		"version":      {bend: header("server", "nginx/1.18.0"), want: "version_told"},
		"public cache": {bend: header("cache-control", "public, max-age=60"), want: "cacheable_private"},
		"clear": {bend: func(_ int, c *waywarden.Call) {
			c.Record.HTTP.Server.TLS, c.Record.HTTP.Server.Port = false, 80
		}, want: "no_tls"},
		"trace": {bend: func(_ int, c *waywarden.Call) {
			c.Success, c.Record.HTTP.Status = false, 500
			c.Record.HTTP.Response.Body = []byte("{\"error\":\"java.lang.NullPointerException\"}")
		}, want: "verbose_error"},
		"long token": {bend: func(_ int, c *waywarden.Call) {
			c.Principal.Expires = start.Add(60 * 24 * time.Hour)
		}, want: "weak_token"},
		"unsigned token": {bend: func(_ int, c *waywarden.Call) {
			c.Principal.Scheme, c.Principal.Algorithm = waywarden.SchemeBearerJWT, "None"
		}, want: "weak_token"},
		"running numbers": {bend: func(i int, c *waywarden.Call) {
			c.Leaves = []waywarden.Leaf{leaf(waywarden.InPath, "id", fmt.Sprint(5000+i))}
		}, want: "predictable_ids"},
		"random numbers": {bend: func(i int, c *waywarden.Call) {
			c.Leaves = []waywarden.Leaf{leaf(waywarden.InPath, "id", fmt.Sprint(uint64(i+1)*0x9e3779b97f4a7c15))}
		}},
		"guessed codes": {class: "id.mfa", types: []waywarden.DataType{waywarden.TypeOTP}, bend: func(_ int, c *waywarden.Call) {
			c.Success, c.Record.HTTP.Status = false, 401
		}, want: "no_rate_limit"},
		"guessing slowed down": {class: "id.mfa", types: []waywarden.DataType{waywarden.TypeOTP}, bend: func(i int, c *waywarden.Call) {
			c.Success, c.Record.HTTP.Status = false, 401
			if i > 10 {
				c.Record.HTTP.Status = 429
			}
		}},
		"old refresh tokens": {class: "id.login", types: []waywarden.DataType{waywarden.TypeRefreshToken}, bend: func(_ int, c *waywarden.Call) {
			c.Success, c.Record.HTTP.Status = false, 401
		}},
	} {
		t.Run(name, func(t *testing.T) {
			op := &waywarden.Operation{ID: "e"}
			e := endpoint("e", "read.vehicle.status", "always")
			if c.class != "" {
				e.Function.Class = c.class
			}
			for _, typ := range c.types {
				e.Parameters = append(e.Parameters, waywarden.Parameter{In: "body", Name: string(typ), DataType: typ})
			}
			e.Access, e.Principals = waywarden.AccessRead, 40
			inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{e}}
			h := NewHygiene(DefaultEvidence())
			for i := range 40 {
				x := served(op, 200)
				c.bend(i, x)
				h.Learn(x)
			}
			r := scorer(t).Report(inv, graph.Graph{}, nil, scales(t))
			var got []string
			for _, f := range Posture(inv, &r, h, nil, nil) {
				got = append(got, f.Types[1][len("posture:"):])
			}
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// header sets fields of the answer.
func header(nameValue ...string) func(int, *waywarden.Call) {
	return func(_ int, c *waywarden.Call) {
		for i := 0; i < len(nameValue); i += 2 {
			c.Record.HTTP.Response.Headers = append(c.Record.HTTP.Response.Headers, waywarden.Header{Name: nameValue[i], Value: nameValue[i+1]})
		}
	}
}

func TestOverExposure(t *testing.T) {
	give := func(types ...waywarden.DataType) []waywarden.Parameter {
		var ps []waywarden.Parameter
		for _, typ := range types {
			ps = append(ps, waywarden.Parameter{In: "response", Name: "a." + string(typ), DataType: typ})
		}
		return ps
	}
	for name, c := range map[string]struct {
		class, required string
		parameters      []waywarden.Parameter
		want            bool
	}{
		"who and where":         {"adm.support", "always", give(waywarden.TypeVIN, waywarden.TypeNameAddress, waywarden.TypeLocation), true},
		"where alone":           {"read.location.current", "always", give(waywarden.TypeVIN, waywarden.TypeLocation), false},
		"owner by plate":        {"read.lookup.person_by_vehicle", "always", give(waywarden.TypePlate, waywarden.TypePhone), true},
		"own profile":           {"read.person.profile", "always", give(waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypeIDTag), false},
		"others' cards":         {"adm.support", "always", give(waywarden.TypeIDTag), true},
		"stations for everyone": {"ride.feed_public", "never", give(waywarden.TypeStationID, waywarden.TypeLocation), true},
		"the station asked for": {"ride.feed_public", "never", append(give(waywarden.TypeStationID), waywarden.Parameter{In: "path", Name: "id", DataType: waywarden.TypeStationID}), false},
		"contact for everyone":  {"ride.feed_public", "mixed", give(waywarden.TypeEmail), true},
	} {
		e := endpoint("e", c.class, c.required)
		e.Parameters, e.Access = c.parameters, waywarden.AccessRead
		if why, got := overexposed(Exposure{Endpoint: &e}); got != c.want {
			t.Errorf("%s: %v (%s), want %v", name, got, why, c.want)
		}
	}
}

// TestWeaknessesThatShowInUse: what a finding is about counts, what it also touches does not, and what is withdrawn is gone.
func TestWeaknessesThatShowInUse(t *testing.T) {
	op := &waywarden.Operation{ID: "e"}
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{endpoint("e", "act.door.unlock", "always")}}
	ev := NewEvidence(DefaultEvidence())
	f := &waywarden.Finding{Operation: op, Activity: waywarden.ActivityCreate, Severity: waywarden.SeverityHigh, Types: []string{"R155:16.1", "API5:2023", "API1:2023"}}
	count := func() (n int) {
		r := scorer(t).Report(inv, graph.Graph{}, ev, scales(t))
		for _, f := range Posture(inv, &r, nil, ev, nil) {
			if slices.Contains(f.Types, "posture:broken_function_auth") {
				n++
			} else {
				t.Errorf("unexpected %v", f.Types)
			}
		}
		return n
	}
	ev.Found(f)
	if count() != 1 {
		t.Error("a function given to who may not have it is no weakness")
	}
	f.Activity = waywarden.ActivityClose
	ev.Found(f)
	if count() != 0 {
		t.Error("a withdrawn finding is still a weakness")
	}
}

func TestSocketsOfChargePoints(t *testing.T) {
	ev := NewEvidence(DefaultEvidence())
	open := func(station string, headers ...waywarden.Header) {
		ev.Learn(&waywarden.Scene{Record: &waywarden.Record{At: start, OCPP: &waywarden.Frame{Station: station, Event: waywarden.SocketOpen, Handshake: waywarden.Handshake{
			Status: 101, Headers: headers,
		}}}})
	}
	open("CP-2")
	open("CP-1")
	open("CP-3", waywarden.Header{Name: "authorization", Value: "Basic eDp5"})
	open("CP-4", waywarden.Header{Name: "x-forwarded-client-cert", Value: "Subject=CP-4"})
	r := scorer(t).Report(&waywarden.Inventory{}, graph.Graph{}, ev, scales(t))
	var got []string
	for _, f := range Posture(&waywarden.Inventory{}, &r, nil, ev, nil) {
		for _, res := range f.Resources {
			got = append(got, f.Types[1]+" "+res.UID)
		}
	}
	want := []string{"posture:ocpp_no_authentication CP-1", "posture:ocpp_no_authentication CP-2", "posture:ocpp_password CP-3"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
