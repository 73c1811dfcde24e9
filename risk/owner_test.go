package risk

import (
	"testing"

	"github.com/waywarden/waywarden"
)

func TestOwners(t *testing.T) {
	o := Owners{{Host: "*.vans.example", Team: "platform"}, {Path: "/v1/vans", Team: "vans"}, {Host: "api.vans.example", Path: "/v1/vans/", Team: "van api"}}
	for _, c := range [][3]string{
		{"api.vans.example", "/v1/vans/{id}", "van api"}, {"b.example", "/v1/vans", "vans"}, {"api.vans.example", "/v1/vansales", "platform"}, {"b.example", "/", "b.example"},
	} {
		if got := o.of(&waywarden.Endpoint{Host: c[0], Template: c[1]}); got != c[2] {
			t.Errorf("%s%s is of %s, want %s", c[0], c[1], got, c[2])
		}
	}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Owner{{Team: "x"}, {Host: "h"}, {Path: "v1", Team: "x"}} {
		if (Owners{bad}).Validate() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
