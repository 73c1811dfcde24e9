package tara

import (
	"testing"

	"github.com/waywarden/waywarden"
)

func TestProposeOrdersByRiskAndKeepsEvidence(t *testing.T) {
	in := func(id, class string, risk int) Input {
		return Input{Endpoint: waywarden.Endpoint{ID: id, Method: "POST", Template: "/" + id, Host: "h", Function: waywarden.FunctionEntry{Class: class}}, Risk: risk, State: "moving", Attempts: risk}
	}
	a := Propose([]Input{in("read", "read.vehicle.status", 2), in("misc", "infra.misc", 1), in("stop", "act.engine.stop", 5)})
	if len(a.Rows) != 2 {
		t.Fatalf("%d rows, want 2: nothing is threatened by images", len(a.Rows))
	}
	stop, read := a.Rows[0], a.Rows[1]
	if stop.ID != "TS-stop" || stop.Treatment != "reduce" || stop.Property != "integrity" || stop.R155[0] != "16.1" || stop.Attempts != 5 {
		t.Errorf("%+v", stop)
	}
	if read.Treatment != "retain" || read.Property != "confidentiality" || read.AttackPath[0] != "read" {
		t.Errorf("%+v", read)
	}
}
