package identity

import (
	"strconv"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// read is an ordinary call: an owner reads the state of the own vehicle.
func read() *waywarden.Scene {
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "r", HTTP: &waywarden.Transaction{
		Method: "GET", Target: "/v1/vehicles/V1/state", Status: 200, Server: waywarden.Server{Host: "api.example"}, Client: waywarden.Client{IP: "192.0.2.1", JA4: "t13d1516h2"},
	}}
	op := &waywarden.Operation{ID: "op", Host: "api.example", Method: "GET", Template: "/v1/vehicles/{vin}/state", Function: waywarden.Function{Class: "read.vehicle.status"}, Access: waywarden.AccessRead}
	c := &waywarden.Call{
		Record: rec, Operation: op, Success: true, Application: waywarden.Application{UID: "app", SDK: "okhttp/4.12.0"},
		Principal: waywarden.Principal{UID: "u1", Kind: waywarden.PrincipalUser, Scheme: waywarden.SchemeBearerJWT, Client: "app", Session: "s", Issuer: "i", Algorithm: "RS256"},
		Leaves:    []waywarden.Leaf{{In: waywarden.InPath, Name: "vin", Type: waywarden.TypeVIN, Value: "V1", Node: -1}},
	}
	for i := range 72 {
		c.Leaves = append(c.Leaves, waywarden.Leaf{In: waywarden.InResponse, Name: "f" + strconv.Itoa(i), Value: strconv.Itoa(i)})
	}
	return &waywarden.Scene{Record: rec, Call: c, Now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
}

// login is a sign-in.
func login() *waywarden.Scene {
	s := read()
	s.Call.Principal = waywarden.Principal{}
	s.Call.Operation = &waywarden.Operation{ID: "login", Host: "id.example", Method: "POST", Template: "/login", Function: waywarden.Function{Class: "id.login"}, Access: waywarden.AccessWrite}
	s.Call.Leaves = []waywarden.Leaf{
		{In: waywarden.InBody, Name: "email", Type: waywarden.TypeEmail, Kind: waywarden.ValueText, Value: "a@mail.example"},
		{In: waywarden.InBody, Name: "password", Kind: waywarden.ValueText, Value: "p"},
	}
	return s
}

func benchmark(b *testing.B, m detect.Maker, s *waywarden.Scene) {
	e := detect.New(detect.Default(), m)
	b.ReportAllocs()
	for b.Loop() {
		e.Inspect(s)
	}
}

func BenchmarkReplay(b *testing.B)       { benchmark(b, Replay, read()) }
func BenchmarkStuffing(b *testing.B)     { benchmark(b, Stuffing, login()) }
func BenchmarkBruteForce(b *testing.B)   { benchmark(b, BruteForce, login()) }
func BenchmarkSharedSecret(b *testing.B) { benchmark(b, SharedSecret, login()) }
func BenchmarkForged(b *testing.B)       { benchmark(b, Forged, read()) }
func BenchmarkTakeover(b *testing.B)     { benchmark(b, Takeover, read()) }
func BenchmarkFarm(b *testing.B)         { benchmark(b, Farm, read()) }
func BenchmarkStepUp(b *testing.B)       { benchmark(b, StepUp, read()) }
func BenchmarkBareReset(b *testing.B)    { benchmark(b, BareReset, login()) }
func BenchmarkDeadToken(b *testing.B)    { benchmark(b, DeadToken, read()) }
