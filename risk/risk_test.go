package risk

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

var start = time.Date(2026, 5, 4, 6, 0, 0, 0, time.UTC)

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
