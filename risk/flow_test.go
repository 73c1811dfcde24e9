package risk

import (
	"fmt"
	"testing"

	"github.com/waywarden/waywarden"
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

func inventory() *waywarden.Inventory {
	return &waywarden.Inventory{Endpoints: []waywarden.Endpoint{
		{ID: "list", Access: waywarden.AccessRead}, {ID: "detail", Access: waywarden.AccessRead},
		{ID: "unlock", Access: waywarden.AccessControl, Function: waywarden.FunctionEntry{Class: "act.door.unlock"}},
	}}
}

func TestValueFlow(t *testing.T) {
	f := NewFlow(DefaultFlow())
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
	want := Edge{From: EdgeFrom{"list", "cars[].id"}, To: EdgeTo{"detail", "path", "id"}, DataType: waywarden.TypeVehicleID, Values: 5, Principals: 5}
	if g.Edges[1] != want {
		t.Errorf("edge %+v, want %+v", g.Edges[1], want)
	}
	if len(g.Chains) != 2 || len(g.Chains[1].Path) != 3 || g.Chains[1].Path[0] != "list" || g.Chains[1].Reaches != "act.door.unlock" {
		t.Errorf("chains %+v", g.Chains)
	}
}

func TestSupport(t *testing.T) {
	f := NewFlow(DefaultFlow())
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
	o := FlowOptions{ValuesMax: 10, EdgesMax: 1, SupportMin: 1}
	f := NewFlow(o)
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
