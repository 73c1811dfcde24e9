package template

import (
	"fmt"
	"testing"
)

func TestLearner(t *testing.T) {
	l := New(Default())
	for i := range 200 {
		vin := fmt.Sprintf("WVWZZZ1KZ%08d", 10000000+i*37%977)
		for _, c := range []string{"lock", "unlock", "engine-start"} {
			l.Observe(Sample{Method: "POST", Path: "/api/v1/vehicles/" + vin + "/commands/" + c, Status: 200})
		}
		l.Observe(Sample{Method: "GET", Path: fmt.Sprintf("/api/v1/trips/%d.json", i*7919), Status: 200})
		l.Observe(Sample{Method: "GET", Path: fmt.Sprintf("/api/v1/trips/%d:cancel", i*7919), Status: 200})
		l.Observe(Sample{Method: "GET", Path: fmt.Sprintf("/odata/Cars(%d)", i*7919), Status: 200})
	}
	l.Observe(Sample{Method: "GET", Path: "/.env", Status: 404})
	for _, x := range l.Templates() {
		t.Log(x.Text, x.Evidenced, x.Count, x.Params)
		for _, w := range l.Explain(x) {
			t.Log("    ", w)
		}
	}
}
