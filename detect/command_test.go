package detect

import (
	"testing"

	"github.com/waywarden/waywarden"
)

// TestLifts holds the reading of commands against the styles of interfaces that were published, and their languages.
func TestLifts(t *testing.T) {
	body := func(name, value string, kind waywarden.ValueKind) waywarden.Leaf {
		return waywarden.Leaf{In: waywarden.InBody, Name: name, Value: value, Kind: kind}
	}
	for _, c := range []struct {
		method, path, action string
		leaf                 waywarden.Leaf
		want                 bool
	}{
		{"POST", "/v1/vehicles/{vin}/immobilizer/enable", "", waywarden.Leaf{}, false},
		{"POST", "/v1/vehicles/{vin}/immobilizer/disable", "", waywarden.Leaf{}, true},
		{"POST", "/v1/vehicles/{vin}/immobilize", "", waywarden.Leaf{}, false},
		{"POST", "/v1/vehicles/{vin}/mobilize", "", waywarden.Leaf{}, true},
		{"DELETE", "/v1/vehicles/{vin}/immobilizer", "", waywarden.Leaf{}, true},
		{"PUT", "/v1/vehicles/{vin}/immobilizer", "", body("state", "ON", waywarden.ValueText), false},
		{"PUT", "/v1/vehicles/{vin}/immobilizer", "", body("state", "off", waywarden.ValueText), true},
		{"PUT", "/v1/vehicles/{vin}/immobilizer", "", body("enabled", "false", waywarden.ValueBool), true},
		{"PUT", "/v1/vehicles/{vin}/immobilizer", "", body("disabled", "true", waywarden.ValueBool), true},
		{"PUT", "/v1/vehicles/{vin}/starter", "", body("disabled", "true", waywarden.ValueBool), false},
		{"PUT", "/v1/vehicles/{vin}/starter", "", body("enabled", "true", waywarden.ValueBool), true},
		{"PUT", "/v1/vehicles/{vin}/immobilizer", "", body("value", "0", waywarden.ValueNumber), true},
		{"PUT", "/v1/vehicles/{vin}/immobilizer", "", body("value", "1", waywarden.ValueNumber), false},
		{"POST", "/command", "WEGFAHRSPERRE_EIN", waywarden.Leaf{}, false},
		{"POST", "/command", "WEGFAHRSPERRE_AUS", waywarden.Leaf{}, true},
		{"POST", "/command", "engineStop", waywarden.Leaf{}, false},
		{"POST", "/command", "engineResume", waywarden.Leaf{}, true},
		{"POST", "/command", "engine_off", waywarden.Leaf{}, false},
		{"POST", "/command", "FUEL_CUT_OFF", waywarden.Leaf{}, false},
		{"POST", "/command", "fuel_cutoff", waywarden.Leaf{}, false},
		{"POST", "/command", "FUEL_ON", waywarden.Leaf{}, true},
		{"POST", "/command", "restoreFuel", waywarden.Leaf{}, true},
		{"POST", "/command", "starterDisable", waywarden.Leaf{}, false},
		{"POST", "/command", "STARTER_INTERRUPT_OFF", waywarden.Leaf{}, true},
		{"POST", "/graphql", "releaseImmobilizer", waywarden.Leaf{}, true},
		{"POST", "/graphql", "immobilizeVehicle", waywarden.Leaf{}, false},
		{"POST", "/vehicule/{id}/anti-demarrage/desactiver", "", waywarden.Leaf{}, true},
		{"POST", "/vehicule/{id}/coupure-moteur", "", waywarden.Leaf{}, false},
		{"POST", "/vehiculos/{id}/corte-combustible", "", waywarden.Leaf{}, false},
		{"POST", "/vehiculos/{id}/desbloqueo", "", waywarden.Leaf{}, true},
		{"POST", "/veicoli/{id}/blocco-motore/disattiva", "", waywarden.Leaf{}, true},
		{"POST", "/fahrzeuge/{id}/Anlasser/sperren", "", waywarden.Leaf{}, false},
		{"POST", "/fahrzeuge/{id}/sperre-aufheben", "", waywarden.Leaf{}, true},
		{"POST", "/pojazd/{id}/odblokuj", "", waywarden.Leaf{}, true},
		{"POST", "/v1/speed-limit/{vin}/deactivate", "", waywarden.Leaf{}, true},
		{"POST", "/v1/speed-limit/{vin}/activate", "", waywarden.Leaf{}, false},
	} {
		call := &waywarden.Call{
			Operation: &waywarden.Operation{Method: c.method, Template: c.path, Discriminator: waywarden.Discriminator{Value: c.action}},
			Leaves:    []waywarden.Leaf{c.leaf},
		}
		if got := Lifts(call); got != c.want {
			t.Errorf("%s %s %s %s=%s: lifts %v, want %v", c.method, c.path, c.action, c.leaf.Name, c.leaf.Value, got, c.want)
		}
	}
}
