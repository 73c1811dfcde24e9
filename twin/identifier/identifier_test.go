package identifier

import (
	"testing"

	"github.com/waywarden/waywarden"
)

func TestSpecific(t *testing.T) {
	for _, c := range []struct {
		d    waywarden.DataType
		v    string
		want bool
	}{
		{waywarden.TypeVIN, "5YJ3E1EA7KF000316", true}, {waywarden.TypeVIN, "5YJ", false}, {waywarden.TypeVehicleID, "0000", false}, {waywarden.TypeVehicleID, "me", false},
		{waywarden.TypeVehicleID, "v-1' OR 1=1", false}, {waywarden.TypeEmail, "a@mail.example", true}, {waywarden.TypePlate, "AB1", false},
	} {
		if got := Specific(c.d, c.v); got != c.want {
			t.Errorf("%s %q: %v", c.d, c.v, got)
		}
	}
}

func TestCanon(t *testing.T) {
	for d, c := range map[waywarden.DataType][2]string{waywarden.TypeVIN: {"5yj3", "5YJ3"}, waywarden.TypePlate: {"ab-c 12", "ABC12"}, waywarden.TypeEmail: {"A@Mail.example", "a@mail.example"}, waywarden.TypeVehicleID: {"aB", "aB"}} {
		if got := Canon(d, c[0]); got != c[1] {
			t.Errorf("%s: %q, want %q", d, got, c[1])
		}
	}
}

func TestShort(t *testing.T) {
	if !Short("12345678") || Short("123456789") || Short("12a") || Site("api.eu.oem.example") != "oem.example" || Site("localhost") != "localhost" {
		t.Error("short numbers count within their site")
	}
}
