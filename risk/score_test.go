package risk

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

type table map[string][]StateImpact

func (t table) Impacts(class string) []StateImpact { return t[class] }

var functions = table{
	"read.vehicle.list": {{"any", waywarden.Impact{Privacy: 1}}},
	"act.door.unlock":   {{"parked", waywarden.Impact{Safety: 1, Financial: 3, Privacy: 1}}, {"moving", waywarden.Impact{Safety: 2, Financial: 1, Operational: 1}}},
	"act.engine.stop":   {{"parked", waywarden.Impact{Operational: 1}}, {"moving", waywarden.Impact{Safety: 3, Financial: 2, Operational: 3}}},
}

func endpoint(id, class string, required string) waywarden.Endpoint {
	return waywarden.Endpoint{
		ID: id, Method: "POST", Host: "h", Template: "/" + id, Function: waywarden.FunctionEntry{Class: class, Confidence: 0.9}, Access: waywarden.AccessControl,
		Authentication: waywarden.Authentication{Required: required, Schemes: []waywarden.AuthScheme{waywarden.SchemeBearerJWT}}, Count: 1,
	}
}

func scales(t testing.TB) *domain.TARA {
	t.Helper()
	s, err := domain.LoadTARA()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWorstStateAndChain(t *testing.T) {
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{endpoint("list", "read.vehicle.list", "always"), endpoint("stop", "act.engine.stop", "always")}}
	r := NewScorer(functions).Report(inv, Graph{Chains: []Chain{{Path: []string{"list", "stop"}, Reaches: "act.engine.stop"}}}, scales(t))
	list, stop := r.Endpoints[0], r.Endpoints[1]
	if stop.Own != 5 || stop.State != "moving" || stop.Impact.Safety != 3 {
		t.Errorf("engine stop: %+v, want R 5 by its moving state", stop)
	}
	if list.Own != 3 || list.Enabled != 5 {
		t.Errorf("list: own %d enabled %d, want 3 and 5", list.Own, list.Enabled)
	}
	if inv.Endpoints[1].Risk.Score != stop.Score || stop.Score <= list.Own {
		t.Errorf("the inventory was given %d, want %d", inv.Endpoints[1].Risk.Score, stop.Score)
	}
}

// TestRecomputable computes every score again from the JSON alone.
func TestRecomputable(t *testing.T) {
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{endpoint("a", "act.door.unlock", "never"), endpoint("b", "act.engine.stop", "always"), endpoint("c", "unknown", "mixed")}}
	b, err := json.Marshal(NewScorer(functions).Report(inv, Graph{Chains: []Chain{{Path: []string{"a", "b"}}}}, scales(t)))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Endpoints []struct {
			Own, Enabled, Scale, Score int
			Evidence                   float64
			Impact                     struct{ S, F, O, P float64 }
			Feasibility                struct{ ElapsedTime, Expertise, Knowledge, Window, Equipment, Sum int }
		}
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Endpoints {
		if f := e.Feasibility; f.Sum != f.ElapsedTime+f.Expertise+f.Knowledge+f.Window+f.Equipment {
			t.Errorf("sum %d is not that of its parts %+v", f.Sum, f)
		}
		i := e.Impact
		want := 100 * (0.55*(float64(max(e.Own, e.Enabled))-1)/4 + 0.20*(1.5*i.S+i.F+i.O+i.P)/13.5 + 0.15*float64(e.Scale)/3 + 0.10*e.Evidence)
		if math.Abs(want-float64(e.Score)) > 0.5 {
			t.Errorf("score %d, computed %.2f", e.Score, want)
		}
	}
}

// TestMoreWaysNeverLowerTheScore adds a chain and compares.
func TestMoreWaysNeverLowerTheScore(t *testing.T) {
	sc := scales(t)
	rapid.Check(t, func(t *rapid.T) {
		classes := []string{"read.vehicle.list", "act.door.unlock", "act.engine.stop"}
		auth := []string{"always", "mixed", "never"}
		inv := &waywarden.Inventory{}
		ids := []string{"a", "b", "c", "d"}
		for _, id := range ids {
			inv.Endpoints = append(inv.Endpoints, endpoint(id, rapid.SampledFrom(classes).Draw(t, "class"), rapid.SampledFrom(auth).Draw(t, "auth")))
		}
		var g Graph
		for range rapid.IntRange(0, 3).Draw(t, "chains") {
			g.Chains = append(g.Chains, Chain{Path: rapid.Permutation(ids).Draw(t, "path")[:2]})
		}
		s := NewScorer(functions)
		before := s.Report(inv, g, sc)
		g.Chains = append(g.Chains, Chain{Path: rapid.Permutation(ids).Draw(t, "more")[:rapid.IntRange(2, 4).Draw(t, "hops")]})
		after := s.Report(inv, g, sc)
		for i := range before.Endpoints {
			if after.Endpoints[i].Score < before.Endpoints[i].Score {
				t.Fatalf("%s fell from %d to %d", ids[i], before.Endpoints[i].Score, after.Endpoints[i].Score)
			}
		}
	})
}

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
	got := map[string]int{}
	for _, f := range Posture(inv) {
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
