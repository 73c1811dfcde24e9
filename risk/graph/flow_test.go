package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

var (
	list   = &waywarden.Operation{ID: "list"}
	detail = &waywarden.Operation{ID: "detail"}
	unlock = &waywarden.Operation{ID: "unlock"}
)

func call(op *waywarden.Operation, who string, leaves ...waywarden.Leaf) *waywarden.Call {
	return &waywarden.Call{Operation: op, Principal: waywarden.Principal{UID: who}, Leaves: leaves, Success: true}
}

func leaf(in waywarden.Place, name, value string) waywarden.Leaf {
	return waywarden.Leaf{In: in, Name: name, Value: value, Kind: waywarden.ValueText, Type: waywarden.TypeVehicleID}
}

func know(tb testing.TB) *domain.Knowledge {
	tb.Helper()
	k, err := domain.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func inventory() *waywarden.Inventory {
	return &waywarden.Inventory{Endpoints: []waywarden.Endpoint{
		{ID: "list", Access: waywarden.AccessRead}, {ID: "detail", Access: waywarden.AccessRead},
		{ID: "unlock", Access: waywarden.AccessControl, Function: waywarden.FunctionEntry{Class: "act.door.unlock"}},
	}}
}

func TestValueFlow(t *testing.T) {
	f := New(Default(), know(t))
	for i := range 5 {
		who, id, key := fmt.Sprintf("user%d", i), fmt.Sprintf("car-%d", i), fmt.Sprintf("key-%d", i)
		f.Learn(call(list, who, leaf(waywarden.InResponse, "cars[].id", id)))
		f.Learn(call(detail, who, leaf(waywarden.InPath, "id", id), leaf(waywarden.InResponse, "id", id), leaf(waywarden.InResponse, "key", key)))
		f.Learn(call(unlock, who, leaf(waywarden.InBody, "key", key)))
		// What another principal was given is no flow, nor what nobody was given.
		f.Learn(call(unlock, "stranger", leaf(waywarden.InBody, "key", key)))
	}
	g := f.Graph(inventory())
	if len(g.Edges) != 2 {
		t.Fatalf("edges %+v, want list to detail and detail to unlock", g.Edges)
	}
	want := Edge{From: EdgeFrom{"list", "cars[].id"}, To: EdgeTo{"detail", "path", "id"}, DataType: waywarden.TypeVehicleID, Values: 5, Principals: 5, Confidence: 0.857}
	if g.Edges[1] != want {
		t.Errorf("edge %+v, want %+v", g.Edges[1], want)
	}
	if len(g.Chains) != 2 || len(g.Chains[1].Path) != 3 || g.Chains[1].Path[0] != "list" || g.Chains[1].Reaches != "act.door.unlock" {
		t.Errorf("chains %+v", g.Chains)
	}
}

func TestSupport(t *testing.T) {
	f := New(Default(), know(t))
	for i := range 2 {
		who, id := fmt.Sprintf("user%d", i), fmt.Sprintf("car-%d", i)
		f.Learn(call(list, who, leaf(waywarden.InResponse, "id", id)))
		f.Learn(call(detail, who, leaf(waywarden.InPath, "id", id)))
	}
	if g := f.Graph(inventory()); len(g.Edges) != 0 {
		t.Errorf("two values made an edge: %+v", g.Edges)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	o := Options{ValuesMax: 10, EdgesMax: 1, PartiesMax: 10, SupportMin: 1}
	f := New(o, know(t))
	for i := range 100 {
		f.Learn(call(list, "u", leaf(waywarden.InResponse, "id", fmt.Sprintf("car-%d", i))))
	}
	if len(f.young)+len(f.old) > 20 || f.Forgotten == 0 {
		t.Errorf("young %d old %d forgotten %d", len(f.young), len(f.old), f.Forgotten)
	}
	f.Learn(call(detail, "u", leaf(waywarden.InPath, "id", "car-99")))
	f.Learn(call(unlock, "u", leaf(waywarden.InPath, "id", "car-99")))
	if len(f.edges) != 1 || f.Ignored != 1 {
		t.Errorf("edges %d ignored %d", len(f.edges), f.Ignored)
	}
}

var start = time.Date(2026, 5, 4, 6, 0, 0, 0, time.UTC)

// from puts a call on the wire: at second s, from an address.
func from(ip string, s int, c *waywarden.Call) *waywarden.Call {
	c.Record = &waywarden.Record{
		ID: fmt.Sprintf("r%d", s), At: start.Add(time.Duration(s) * time.Second), HTTP: &waywarden.Transaction{Client: waywarden.Client{IP: ip}},
	}
	return c
}

func TestValuesAreCarriedOverTheSignIn(t *testing.T) {
	login := &waywarden.Operation{ID: "list", Function: waywarden.Function{Class: "id.login"}}
	f := New(Default(), know(t))
	for i := range 4 {
		ip, who, id := fmt.Sprintf("192.0.2.%d", i), fmt.Sprintf("user%d", i), fmt.Sprintf("person-%d", i)
		f.Learn(from(ip, 10*i, call(login, "", leaf(waywarden.InResponse, "userId", id))))
		f.Learn(from(ip, 10*i+1, call(detail, who, leaf(waywarden.InPath, "id", id))))
		// Somebody elsewhere who sends the value has it from somewhere else.
		f.Learn(from("198.51.100.1", 10*i+2, call(unlock, "other", leaf(waywarden.InPath, "id", id))))
	}
	g := f.Graph(inventory())
	if len(g.Edges) != 1 || g.Edges[0].From.Endpoint != "list" || g.Edges[0].To.Endpoint != "detail" || g.Edges[0].Example != "r1" {
		t.Errorf("edges %+v, want the user id from the sign-in to the profile", g.Edges)
	}
}

func TestAGatewayCarriesNothing(t *testing.T) {
	f := New(Default(), know(t))
	for i := range 40 { // one address for everybody
		f.Learn(from("192.0.2.1", 2*i, call(list, fmt.Sprintf("user%d", i))))
	}
	for i := range 5 {
		id := fmt.Sprintf("car-%d", i)
		f.Learn(from("192.0.2.1", 100+2*i, call(list, "", leaf(waywarden.InResponse, "id", id))))
		f.Learn(from("192.0.2.1", 101+2*i, call(detail, "user1", leaf(waywarden.InPath, "id", id))))
	}
	if g := f.Graph(inventory()); len(g.Edges) != 0 {
		t.Errorf("values went from nobody to somebody through a shared address: %+v", g.Edges)
	}
}

func TestCoincidenceIsNoEdge(t *testing.T) {
	number := func(in waywarden.Place, name, v string) waywarden.Leaf {
		return waywarden.Leaf{In: in, Name: name, Value: v, Kind: waywarden.ValueNumber}
	}
	f := New(Default(), know(t))
	for i := range 30 { // everybody is told the same settings, and everybody sends some of them
		who, v := fmt.Sprintf("user%d", i), fmt.Sprint(10000+i%5)
		f.Learn(call(list, who, number(waywarden.InResponse, "limits[]", "10000"), number(waywarden.InResponse, "limits[]", "10001"),
			number(waywarden.InResponse, "limits[]", "10002"), number(waywarden.InResponse, "limits[]", "10003"), number(waywarden.InResponse, "limits[]", "10004")))
		f.Learn(call(detail, who, number(waywarden.InQuery, "max", v)))
	}
	if g := f.Graph(inventory()); len(g.Edges) != 0 {
		t.Errorf("a common setting made an edge: %+v", g.Edges)
	}
}

func TestHandOversStandApart(t *testing.T) {
	invite := func(in waywarden.Place, v string) waywarden.Leaf {
		return waywarden.Leaf{In: in, Name: "code", Value: v, Kind: waywarden.ValueText, Type: waywarden.TypeInviteCode}
	}
	f := New(Default(), know(t))
	for i := range 3 {
		code := fmt.Sprintf("invite-%d", i)
		f.Learn(call(list, fmt.Sprintf("owner%d", i), invite(waywarden.InResponse, code)))
		f.Learn(call(detail, fmt.Sprintf("guest%d", i), invite(waywarden.InBody, code)))
	}
	g := f.Graph(inventory())
	if len(g.Edges) != 0 || len(g.HandOvers) != 1 || g.HandOvers[0].Values != 3 || g.HandOvers[0].DataType != waywarden.TypeInviteCode {
		t.Errorf("edges %+v, hand-overs %+v", g.Edges, g.HandOvers)
	}
}

func TestGrantsAndStates(t *testing.T) {
	op := func(id, class string) *waywarden.Operation {
		return &waywarden.Operation{ID: id, Function: waywarden.Function{Class: class}}
	}
	pair, wake, open := op("list", "life.pair"), op("detail", "act.wake"), op("unlock", "act.door.unlock")
	f := New(Default(), know(t))
	for i := range 4 {
		who, ip, car := fmt.Sprintf("user%d", i), fmt.Sprintf("192.0.2.%d", i), fmt.Sprintf("car-%d", i)
		f.Learn(from(ip, 100*i, call(pair, who)))
		f.Learn(from(ip, 100*i+1, call(wake, who, leaf(waywarden.InPath, "id", car))))
		f.Learn(from(ip, 100*i+2, call(open, who, leaf(waywarden.InPath, "id", car))))
		// Another car is not awake.
		f.Learn(from(ip, 100*i+3, call(open, who, leaf(waywarden.InPath, "id", car+"b"))))
	}
	var got []string
	for _, a := range f.Graph(inventory()).Admits {
		got = append(got, fmt.Sprintf("%s>%s %s %d", a.From, a.To, a.Kind, a.Calls))
	}
	want := []string{"detail>unlock state 4", "list>detail grant 4", "list>unlock grant 8"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDOT(t *testing.T) {
	g := Graph{
		Edges:  []Edge{{From: EdgeFrom{"list", "cars[].id"}, To: EdgeTo{"unlock", "path", "id"}}},
		Admits: []Admits{{From: "detail", To: "unlock", Kind: "state"}},
	}
	var b strings.Builder
	if err := g.DOT(&b, inventory()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"list" -> "unlock" [label="id → id"]`, `"detail" -> "unlock" [style=dotted]`, "style=bold"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}
