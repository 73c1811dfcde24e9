package handover

import (
	"testing"

	"github.com/waywarden/waywarden"
)

func TestEnds(t *testing.T) {
	for _, c := range []struct {
		op   waywarden.Operation
		want bool
	}{
		{waywarden.Operation{Method: "DELETE", Template: "/vehicles/{vin}"}, true},
		{waywarden.Operation{Method: "POST", Template: "/miete/rückgabe"}, true},
		{waywarden.Operation{Method: "POST", Template: "/miete/rueckgabe"}, true},
		{waywarden.Operation{Method: "POST", Template: "/rentals/{id}/return"}, true},
		{waywarden.Operation{Method: "POST", Template: "/rpc", Discriminator: waywarden.Discriminator{Value: "unpair_vehicle"}}, true},
		{waywarden.Operation{Method: "POST", Template: "/vehicles/{vin}/transfer"}, false},
		{waywarden.Operation{Method: "POST", Template: "/returns/start"}, false},
	} {
		if got := Ends(&c.op); got != c.want {
			t.Errorf("%s %s %s: %v", c.op.Method, c.op.Template, c.op.Discriminator.Value, got)
		}
	}
}

func TestRole(t *testing.T) {
	for value, want := range map[string]string{"OWNER": owner, "Fahrer": driver, "co_user": shared, "mieter": renter, "fleet_manager": manager, "unknown": ""} {
		c := &waywarden.Call{Leaves: []waywarden.Leaf{
			{In: waywarden.InBody, Name: "role", Kind: waywarden.ValueText, Value: "owner"},
			{In: waywarden.InResponse, Name: "data.role", Kind: waywarden.ValueText, Value: value, Node: 3},
		}}
		if got := Role(c, -1); got != want {
			t.Errorf("%s: %q", value, got)
		}
		if got := Role(c, 2); got != "" {
			t.Errorf("%s in another object: %q", value, got)
		}
	}
}

func TestCoded(t *testing.T) {
	for typ, want := range map[waywarden.DataType]bool{waywarden.TypeOTP: true, waywarden.TypeInviteCode: true, waywarden.TypeVIN: false} {
		if got := Coded(&waywarden.Call{Leaves: []waywarden.Leaf{{In: waywarden.InBody, Type: typ, Value: "1"}}}); got != want {
			t.Errorf("%s: %v", typ, got)
		}
	}
}

func TestUntil(t *testing.T) {
	for name, want := range map[string]bool{"booking.end_time": true, "bis": true, "start": false} {
		if got := Until(&waywarden.Leaf{In: waywarden.InBody, Name: name}); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
