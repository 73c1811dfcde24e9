package catalog

import (
	"testing"

	"github.com/waywarden/waywarden"
)

func TestSucceeded(t *testing.T) {
	text, boolean := waywarden.ValueText, waywarden.ValueBool
	for _, c := range []struct {
		what   string
		status int
		leaves []waywarden.Leaf
		want   bool
	}{
		{"plain", 200, []waywarden.Leaf{{Name: "vin", Kind: text, Value: "x"}}, true},
		{"refused", 403, nil, false},
		{"no answer", 0, nil, false},
		{"says no", 200, []waywarden.Leaf{{Name: "ok", Kind: boolean, Value: "false"}}, false},
		{"German no", 200, []waywarden.Leaf{{Name: "erfolg", Kind: boolean, Value: "false"}}, false},
		{"nested false is data", 200, []waywarden.Leaf{{Name: "doors.ok", Kind: boolean, Value: "false"}}, true},
		{"JSON-RPC error", 200, []waywarden.Leaf{{Name: "error.message", Kind: text, Value: "denied"}}, false},
		{"GraphQL error", 200, []waywarden.Leaf{{Name: "errors[].message", Kind: text, Value: "denied"}, {Name: "data", Kind: waywarden.ValueNull}}, false},
		{"GraphQL partial", 200, []waywarden.Leaf{{Name: "errors[].message", Kind: text, Value: "x"}, {Name: "data.car.vin", Kind: text, Value: "y"}}, true},
		{"error code zero", 200, []waywarden.Leaf{{Name: "errorCode", Kind: waywarden.ValueNumber, Value: "0"}}, true},
		{"error null", 200, []waywarden.Leaf{{Name: "error", Kind: waywarden.ValueNull}}, true},
	} {
		for i := range c.leaves {
			c.leaves[i].In = waywarden.InResponse
		}
		if got := succeeded(&waywarden.Transaction{Status: c.status}, c.leaves); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
