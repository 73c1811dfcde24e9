package owasp

import (
	"strconv"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// scene is an ordinary call: an owner reads the state of the own vehicle, or of none where by is "".
func scene(by string) *waywarden.Scene {
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "r", HTTP: &waywarden.Transaction{
		Method: "GET", Target: "/v1/vehicles/V1/state", Status: 200, Server: waywarden.Server{Host: "api.example"}, Client: waywarden.Client{IP: "192.0.2.1"},
	}}
	op := &waywarden.Operation{ID: "op", Host: "api.example", Method: "GET", Template: "/v1/vehicles/{vin}/state", Function: waywarden.Function{Class: "read.vehicle.status"}, Access: waywarden.AccessRead}
	c := &waywarden.Call{Record: rec, Operation: op, Success: true, Leaves: []waywarden.Leaf{{In: waywarden.InPath, Name: "vin", Type: waywarden.TypeVIN, Value: "V1", Node: -1}}}
	for i := range 72 {
		l := waywarden.Leaf{In: waywarden.InResponse, Name: "f" + strconv.Itoa(i), Value: strconv.Itoa(i)}
		if i%12 == 0 {
			l.Type = waywarden.TypeLocation
		}
		c.Leaves = append(c.Leaves, l)
	}
	s := &waywarden.Scene{Record: rec, Call: c, Now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	sub := waywarden.Subject{Twin: &waywarden.Twin{Type: waywarden.AssetVehicle, UID: "V1"}, Known: true}
	if by != "" {
		c.Principal = waywarden.Principal{UID: by, Kind: waywarden.PrincipalUser, Scheme: waywarden.SchemeBearerJWT, Client: "app"}
		s.Caller = &waywarden.Twin{Type: waywarden.AssetConsumer, UID: by, IDs: []waywarden.ID{{Type: waywarden.TypePersonID, Value: by}}}
		sub.Linked = waywarden.Link{Rel: "user", Confidence: 0.9, Proof: "list"}
	}
	s.Subjects = []waywarden.Subject{sub}
	return s
}

func benchmark(b *testing.B, m detect.Maker, by string) {
	e := detect.New(detect.Default(), m)
	s := scene(by)
	b.ReportAllocs()
	for b.Loop() {
		e.Inspect(s)
	}
}

func BenchmarkUnauthenticated(b *testing.B) { benchmark(b, Unauthenticated, "u1") }
func BenchmarkForeignObject(b *testing.B)   { benchmark(b, ForeignObject, "u1") }
func BenchmarkEnumeration(b *testing.B)     { benchmark(b, Enumeration, "u1") }
func BenchmarkDebugSurface(b *testing.B)    { benchmark(b, DebugSurface, "u1") }
func BenchmarkForeignFunction(b *testing.B) { benchmark(b, ForeignFunction, "u1") }
func BenchmarkSelfMade(b *testing.B)        { benchmark(b, SelfMade, "u1") }
func BenchmarkPrivilegedField(b *testing.B) { benchmark(b, PrivilegedField, "u1") }
func BenchmarkMixUp(b *testing.B)           { benchmark(b, MixUp, "u1") }
func BenchmarkInwardURL(b *testing.B)       { benchmark(b, InwardURL, "u1") }
func BenchmarkInjection(b *testing.B)       { benchmark(b, Injection, "u1") }
func BenchmarkPoisonedAnswer(b *testing.B)  { benchmark(b, PoisonedAnswer, "u1") }
