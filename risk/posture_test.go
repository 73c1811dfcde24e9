package risk

import (
	"testing"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/risk/graph"
)

func TestPosture(t *testing.T) {
	open := endpoint("open", "act.door.unlock", "never")
	debug := endpoint("env", "ops.debug", "never")
	debug.Access, debug.Statuses = waywarden.AccessRead, map[string]int64{"200": 2}
	health := endpoint("healthz", "ops.debug", "never")
	health.Access, health.Statuses = waywarden.AccessRead, map[string]int64{"200": 2}
	shadow := endpoint("shadow", "read.vehicle.list", "always")
	shadow.Access, shadow.Status = waywarden.AccessRead, []string{"shadow"}
	login := endpoint("login", "id.login", "never")
	login.Access = waywarden.AccessWrite
	login.Parameters = []waywarden.Parameter{{In: "response", Name: "email", DataType: waywarden.TypeEmail}}
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{open, debug, health, shadow, login}}
	r := scorer(t).Report(inv, graph.Graph{}, nil, scales(t))
	got := map[string]int{}
	for _, f := range Posture(inv, &r, nil, nil, nil) {
		got[f.Resources[0].UID+" "+f.Types[1]]++
	}
	want := []string{"open posture:no_authentication", "env posture:debug_exposed", "env posture:no_authentication", "shadow posture:shadow"}
	for _, w := range want {
		if got[w] != 1 {
			t.Errorf("%s: %d times, want once", w, got[w])
		}
		delete(got, w)
	}
	if len(got) > 0 {
		t.Errorf("too much: %v", got)
	}
}
