package function

import (
	"fmt"
	"testing"

	"github.com/waywarden/waywarden"
)

// TestNoUnknownWriteIsHarmless holds, over every form in which an operation can name a vehicle or a charger, that a write
// with a name nobody knows is taken for a command until somebody has looked.
func TestNoUnknownWriteIsHarmless(t *testing.T) {
	c := classifier(t)
	objects := []Field{
		{Name: "a", Type: waywarden.TypeVIN}, {Name: "a", Type: waywarden.TypeVehicleID}, {Name: "a", Type: waywarden.TypeIMEI}, {Name: "a", Type: waywarden.TypeStationID},
	}
	for _, word := range []string{"zorbl", "qwimpex", "frobnicate", "tdx", "玖玖玖"} {
		var forms []Evidence
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			for _, path := range []string{
				"/vehicles/{vin}/" + word, "/v2/cars/{id}/" + word, "/devices/{imei}/" + word, "/fahrzeuge/{id}/" + word + "/{x}", "/chargers/{id}/" + word,
				"/api/vehicle/" + word, "/remote/" + word,
			} {
				forms = append(forms, Evidence{Method: method, Template: path})
			}
			for _, f := range objects {
				forms = append(forms,
					Evidence{Method: method, Template: "/" + word, Request: []Field{f}},
					Evidence{Method: method, Template: "/" + word + "/{a}", Request: []Field{f}},
					Evidence{Method: method, Template: "/rpc", Discriminator: waywarden.Discriminator{In: waywarden.InBody, Name: "op", Value: word}, Request: []Field{f}},
					Evidence{Method: method, Template: "/" + word, Accepted: true, Request: []Field{f}},
					Evidence{Method: method, Template: "/" + word, Request: []Field{f, {Name: "value"}, {Name: word}}, Response: []Field{{Name: "ok"}}})
			}
		}
		for _, e := range forms {
			if v := c.Classify(e); v.Access != waywarden.AccessControl || !v.Review {
				t.Errorf("%s is %s %s (%.2f) for review: %v; %v", form(e), v.Access, v.Class, v.Confidence, v.Review, v.Why)
			}
		}
	}
}

func form(e Evidence) string {
	return fmt.Sprintf("%s %s %s %v", e.Method, e.Template, e.Discriminator.Value, e.Request)
}
