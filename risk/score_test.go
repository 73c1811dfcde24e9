package risk

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/risk/graph"
)

// taxonomy is domain knowledge as the scorer asks for it.
type taxonomy struct{ k *domain.Knowledge }

func (t taxonomy) Enables(a, b string) bool { return t.k.Enables(a, b) }
func (t taxonomy) Impacts(class string) []StateImpact {
	c := t.k.Class(class)
	if c == nil {
		return nil
	}
	var out []StateImpact
	for _, i := range c.Impacts {
		out = append(out, StateImpact(i))
	}
	return out
}

func scorer(tb testing.TB) *Scorer { return NewScorer(taxonomy{know(tb)}, DefaultWeights()) }

// list of carried ids, as an edge of the graph.
func carries(from, to string) graph.Edge {
	return graph.Edge{From: graph.EdgeFrom{Endpoint: from, Field: "id"}, To: graph.EdgeTo{Endpoint: to, In: "path", Name: "id"}, Confidence: 0.9, Values: 9, Principals: 9}
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

func TestWorstStateAndWhatItEnables(t *testing.T) {
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{endpoint("list", "read.vehicle.list", "always"), endpoint("stop", "act.engine.stop", "always")}}
	inv.Endpoints[0].Access = waywarden.AccessRead
	r := scorer(t).Report(inv, graph.Graph{Edges: []graph.Edge{carries("list", "stop")}}, nil, scales(t))
	list, stop := r.Endpoints[0], r.Endpoints[1]
	if stop.Own != 5 || stop.State != "moving" || stop.Impact.Safety != 3 {
		t.Errorf("engine stop: %+v, want R 5 by its moving state", stop)
	}
	if list.Own != 3 || list.Enabled != 5 || !slices.Equal(list.Path, []string{"list", "stop"}) {
		t.Errorf("list: own %d enabled %d by %v, want 3 and 5", list.Own, list.Enabled, list.Path)
	}
	if inv.Endpoints[1].Risk.Score != stop.Score || stop.Score <= list.Own {
		t.Errorf("the inventory was given %d, want %d", inv.Endpoints[1].Risk.Score, stop.Score)
	}
}

// vehicle is the twin of a vehicle at a speed.
func vehicle(kmh float64, power string, at time.Time) *waywarden.Twin {
	return &waywarden.Twin{Type: waywarden.AssetVehicle, UID: "v", State: []waywarden.Reading{
		{Name: "Vehicle.LowVoltageSystemState", Value: waywarden.Text(power), At: at, Confidence: 1}, {Name: "Vehicle.Speed", Value: waywarden.Number(kmh), At: at, Confidence: 1},
	}}
}

// scene is a call on a vehicle in a state.
func scene(op *waywarden.Operation, status int, kmh float64, power string) *waywarden.Scene {
	c := call(op, "owner", leaf(waywarden.InPath, "id", "v"))
	c.Principal.Kind = waywarden.PrincipalUser
	c.Record = &waywarden.Record{At: start, HTTP: &waywarden.Transaction{Client: waywarden.Client{IP: "203.0.113.9"}, Status: status}}
	c.Success = status < 400
	return &waywarden.Scene{Record: c.Record, Call: c, Now: start, Subjects: []waywarden.Subject{{Twin: vehicle(kmh, power, start), Linked: waywarden.Link{Rel: "owner"}, Known: true}}}
}

// TestEngineStopIsLessOnceRejectedInMotion is a worked case: R 5, and R 3 once the interlock was seen to work.
func TestEngineStopIsLessOnceRejectedInMotion(t *testing.T) {
	op := &waywarden.Operation{ID: "stop", Function: waywarden.Function{Class: "act.engine.stop"}}
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{endpoint("stop", "act.engine.stop", "always")}}
	ev := NewEvidence(DefaultEvidence())
	for range 4 {
		ev.Learn(scene(op, 202, 0, "OFF"))
	}
	if d := scorer(t).Report(inv, graph.Graph{}, ev, scales(t)).Endpoints[0]; d.Own != 5 || d.Interlock != "" {
		t.Errorf("R %d (%s), want 5 before anything was refused", d.Own, d.Interlock)
	}
	for range interlockMin {
		ev.Learn(scene(op, 409, 83, "ON"))
	}
	if d := scorer(t).Report(inv, graph.Graph{}, ev, scales(t)).Endpoints[0]; d.Own != 3 || d.State != "parked" || d.Interlock == "" {
		t.Errorf("R %d in state %s (%s), want 3, parked", d.Own, d.State, d.Interlock)
	}
	ev.Learn(scene(op, 202, 83, "ON"))
	if d := scorer(t).Report(inv, graph.Graph{}, ev, scales(t)).Endpoints[0]; d.Own != 5 {
		t.Errorf("R %d, want 5 again once it was served in motion", d.Own)
	}
}

// TestDealerRegistersItself is a worked case, after the dealer portals of 2024 and 2025: R 3 alone, R 5 by what it enables.
// TestRejectionsToldLater holds that an interlock of the vehicle is seen, which a server that accepts everything hides, and
// that silence about what became of a command shows none.
func TestRejectionsToldLater(t *testing.T) {
	op := &waywarden.Operation{ID: "stop", Function: waywarden.Function{Class: "act.engine.stop"}}
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{endpoint("stop", "act.engine.stop", "always")}}
	for _, x := range []struct {
		what   string
		moving Moving
		own    int
	}{
		{"nothing told", Moving{Asked: 6}, 5},
		{"all rejected", Moving{Asked: 6, Refused: 6, Rejected: 6}, 3},
		{"one of them not", Moving{Asked: 6, Refused: 5, Rejected: 5}, 5},
		{"those while it was longer since it said so, too", Moving{Asked: 20, Refused: 20, Rejected: 20}, 3},
		{"more of those, one of them not rejected", Moving{Asked: 20, Refused: 19, Rejected: 19}, 5},
		{"too few", Moving{Asked: 2, Refused: 2, Rejected: 2}, 5},
	} {
		ev := NewEvidence(DefaultEvidence())
		ev.Learn(scene(op, 202, 0, "OFF"))
		for range 6 {
			ev.Learn(scene(op, 202, 83, "ON"))
		}
		ev.Followed("stop", x.moving)
		ev.Followed("stop", x.moving) // the last word counts, once
		if d := scorer(t).Report(inv, graph.Graph{}, ev, scales(t)).Endpoints[0]; d.Own != x.own {
			t.Errorf("%s: R %d (%s; served %v, refused %v), want %d", x.what, d.Own, d.Interlock, d.Observed.Served, d.Observed.Refused, x.own)
		}
	}
}

func TestDealerRegistersItself(t *testing.T) {
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{
		endpoint("register", "id.register", "never"), endpoint("lookup", "read.lookup.person_by_vehicle", "always"),
		endpoint("transfer", "life.transfer", "always"), endpoint("start", "act.engine.start", "always"),
	}}
	for i := range 3 {
		inv.Endpoints[i].Access = waywarden.AccessWrite
	}
	ev := NewEvidence(DefaultEvidence())
	for who := range uint64(90) { // owners start their cars, some dealers look people up
		for _, id := range []string{"start", "lookup", "transfer"} {
			if h := xxh3.HashString(fmt.Sprint(id == "start", who)); id == "start" || who < 9 {
				ev.proof(id).people.add(h)
			}
		}
	}
	g := graph.Graph{
		Edges: []graph.Edge{carries("lookup", "transfer")},
		Admits: []graph.Admits{
			{From: "register", To: "lookup", Kind: "grant", Confidence: 0.9}, {From: "register", To: "transfer", Kind: "grant", Confidence: 0.9},
			{From: "transfer", To: "start", Kind: "grant", Confidence: 0.8},
		},
	}
	r := scorer(t).Report(inv, g, ev, scales(t))
	d := r.Endpoints[0]
	if d.Own != 3 || d.Enabled != 5 || d.Attacker != "outsider" || r.Endpoints[1].Attacker != "insider" {
		t.Errorf("own %d, enabled %d by %v for a %s; lookup is for a %s", d.Own, d.Enabled, d.Path, d.Attacker, r.Endpoints[1].Attacker)
	}
	if len(r.Chokes) == 0 || !r.Paths[0].Confirmed || r.Paths[0].Confidence > 0.9 {
		t.Errorf("paths %+v, chokes %+v", r.Paths, r.Chokes)
	}
	if w := r.Fix("start"); len(w.Remaining) != 0 || w.Closed != len(r.Paths) || !slices.Equal(w.Safe, []string{"act.engine.start"}) {
		t.Errorf("with the start repaired: %+v", w)
	}
}

// TestStationIDsOnAMap is a worked case: a partner map that leaks station ids is R 4 where sockets are accepted on the
// identity alone or with a shared password, and R 1 where each station has a certificate.
func TestStationIDsOnAMap(t *testing.T) {
	feed := endpoint("map", "ride.feed_public", "never")
	feed.Access, feed.Method = waywarden.AccessRead, "GET"
	feed.Parameters = []waywarden.Parameter{{In: "response", Name: "stations[].id", DataType: waywarden.TypeStationID}}
	inv := &waywarden.Inventory{
		Endpoints: []waywarden.Endpoint{feed},
		OCPP:      []waywarden.OCPPEntry{{Action: "StatusNotification", Direction: "in", Version: "1.6", Function: waywarden.FunctionEntry{Class: "chg.ingest", Confidence: 1}}},
	}
	for _, c := range []struct {
		header string
		value  string
		risk   int
	}{{"user-agent", "station", 4}, {"authorization", "Basic eDp5", 4}, {"x-forwarded-client-cert", "Subject=CP-1", 1}} {
		ev := NewEvidence(DefaultEvidence())
		ev.Learn(&waywarden.Scene{Record: &waywarden.Record{OCPP: &waywarden.Frame{Event: waywarden.SocketOpen, Handshake: waywarden.Handshake{
			Status: 101, Headers: waywarden.Headers{{Name: c.header, Value: c.value}},
		}}}})
		r := scorer(t).Report(inv, graph.Graph{}, ev, scales(t))
		if d := r.Endpoints[0]; d.Possible != c.risk || d.Own != 1 || d.Enabled != 0 {
			t.Errorf("%s: own %d, enabled %d, possible %d, want 1, 0, %d", c.header, d.Own, d.Enabled, d.Possible, c.risk)
		}
	}
}

// TestForeignObjects: what was seen given is high whatever it takes; what was refused time and again costs more.
func TestForeignObjects(t *testing.T) {
	op := &waywarden.Operation{ID: "unlock", Function: waywarden.Function{Class: "act.door.unlock"}}
	e := endpoint("unlock", "act.door.unlock", "always")
	e.Authentication.Schemes = []waywarden.AuthScheme{waywarden.SchemeMTLS}
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{e}}
	ev := NewEvidence(DefaultEvidence())
	for i := range deniedMin {
		s := scene(op, 403, 0, "OFF")
		s.Call.Principal.UID, s.Subjects[0].Linked, s.LinksLearned = fmt.Sprint("u", i%deniedByMin), waywarden.Link{}, 100
		ev.Learn(s)
	}
	before := scorer(t).Report(inv, graph.Graph{}, ev, scales(t)).Endpoints[0]
	if before.Feasibility.Control != controlPoints || before.Feasibility.Band != "very_low" {
		t.Errorf("%+v, want a working control", before.Feasibility)
	}
	ev.Found(&waywarden.Finding{Operation: op, Activity: waywarden.ActivityCreate, Severity: waywarden.SeverityHigh, Types: []string{"API1:2023"}})
	after := scorer(t).Report(inv, graph.Graph{}, ev, scales(t)).Endpoints[0]
	if !after.Feasibility.Proven || after.Feasibility.Band != "high" || after.Evidence != 1 || after.Scale != scalePlatform || after.Own <= before.Own {
		t.Errorf("%+v, want it proven", after)
	}
	ev.Found(&waywarden.Finding{Operation: op, Activity: waywarden.ActivityClose, Severity: waywarden.SeverityHigh, Types: []string{"API1:2023"}})
	if again := scorer(t).Report(inv, graph.Graph{}, ev, scales(t)).Endpoints[0]; again.Feasibility.Proven {
		t.Error("a withdrawn finding still proves")
	}
}

func TestCrowds(t *testing.T) {
	var all, half, other crowd
	for i := range 4000 {
		h := xxh3.HashString(fmt.Sprint("p", i))
		all.add(h)
		if i%2 == 0 {
			half.add(h)
		} else if i%40 == 1 {
			other.add(h)
		}
	}
	if n := all.size(); n < 3200 || n > 4800 {
		t.Errorf("4000 callers are taken for %.0f", n)
	}
	if w, ok := half.within(all); !ok || w < 0.95 {
		t.Errorf("half is %.2f within all", w)
	}
	if w, ok := other.within(half); !ok || w > 0.05 {
		t.Errorf("others are %.2f within the half they are not of", w)
	}
}

func TestWeights(t *testing.T) {
	if err := DefaultWeights().Validate(); err != nil {
		t.Error(err)
	}
	if (Weights{Risk: 0.9, Impact: 0.2}).Validate() == nil || (Weights{Risk: 1.5, Impact: -0.5}).Validate() == nil {
		t.Error("weights that do not add up are accepted")
	}
}

// TestRecomputable computes every score again from the JSON alone.
func TestRecomputable(t *testing.T) {
	list := endpoint("b", "act.engine.stop", "always")
	list.Parameters = []waywarden.Parameter{{In: "body", Name: "vins[]", DataType: waywarden.TypeVIN}}
	inv := &waywarden.Inventory{Endpoints: []waywarden.Endpoint{endpoint("a", "act.door.unlock", "never"), list, endpoint("c", "unknown", "mixed")}}
	b, err := json.Marshal(scorer(t).Report(inv, graph.Graph{Edges: []graph.Edge{carries("c", "b")}}, nil, scales(t)))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Matrix  map[string]map[string]int
		Weights struct{ Risk, Impact, Scale, Evidence float64 }
		Bands   []struct {
			Feasibility string
			From, To    float64
		}
		Paths []struct {
			Steps []struct{ Endpoint string }
			Sum   int
			Risk  int
		}
		Endpoints []struct {
			Endpoint                   string
			Own, Enabled, Scale, Score int
			Evidence                   float64
			Impact                     struct{ S, F, O, P float64 }
			Feasibility                struct {
				ElapsedTime, Expertise, Knowledge, Window, Equipment, Control, Sum int
				Proven                                                             bool
			}
		}
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Endpoints {
		f, i := e.Feasibility, e.Impact
		if f.Sum != f.ElapsedTime+f.Expertise+f.Knowledge+f.Window+f.Equipment+f.Control {
			t.Errorf("sum %d is not that of its parts %+v", f.Sum, f)
		}
		band := ""
		for _, b := range r.Bands {
			if float64(f.Sum) >= b.From && float64(f.Sum) <= b.To {
				band = b.Feasibility
			}
		}
		if f.Proven {
			band = "high"
		}
		if own := r.Matrix[fmt.Sprint(max(i.S, i.F, i.O, i.P))][band]; own != e.Own {
			t.Errorf("%s: own %d, computed %d", e.Endpoint, e.Own, own)
		}
		enabled := 0
		for _, p := range r.Paths {
			if len(p.Steps) > 1 && p.Steps[0].Endpoint == e.Endpoint {
				enabled = max(enabled, p.Risk)
			}
		}
		if enabled != e.Enabled {
			t.Errorf("%s: enabled %d, its paths say %d", e.Endpoint, e.Enabled, enabled)
		}
		w := r.Weights
		want := 100 * (w.Risk*(float64(max(e.Own, e.Enabled))-1)/4 + w.Impact*(1.5*i.S+i.F+i.O+i.P)/13.5 + w.Scale*float64(e.Scale)/3 + w.Evidence*e.Evidence)
		if math.Abs(want-float64(e.Score)) > 0.5 {
			t.Errorf("%s: score %d, computed %.2f", e.Endpoint, e.Score, want)
		}
	}
}

// TestMoreWaysNeverLowerTheScore adds an edge, a grant or evidence of misuse, and compares.
func TestMoreWaysNeverLowerTheScore(t *testing.T) {
	sc, rates := scales(t), scorer(t)
	classes := []string{"read.vehicle.list", "act.door.unlock", "act.engine.stop", "id.register", "read.lookup.person_by_vehicle"}
	ids := []string{"a", "b", "c", "d", "e"}
	rapid.Check(t, func(t *rapid.T) {
		inv := &waywarden.Inventory{}
		for _, id := range ids {
			e := endpoint(id, rapid.SampledFrom(classes).Draw(t, "class"), rapid.SampledFrom([]string{"always", "mixed", "never"}).Draw(t, "auth"))
			if e.Function.Class[:3] != "act" {
				e.Access = waywarden.AccessWrite
			}
			e.Authentication.Schemes = []waywarden.AuthScheme{rapid.SampledFrom([]waywarden.AuthScheme{waywarden.SchemeBearerJWT, waywarden.SchemeMTLS, waywarden.SchemeHMAC}).Draw(t, "scheme")}
			inv.Endpoints = append(inv.Endpoints, e)
		}
		var g graph.Graph
		more := func() {
			p := rapid.Permutation(ids).Draw(t, "hop")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				g.Edges = append(g.Edges, carries(p[0], p[1]))
			case 1:
				g.Admits = append(g.Admits, graph.Admits{From: p[0], To: p[1], Kind: "grant", Confidence: 0.9})
			default:
				e := carries(p[0], p[1])
				e.From.Field = "list[].id"
				g.Edges = append(g.Edges, e)
			}
		}
		for range rapid.IntRange(0, 8).Draw(t, "hops") {
			more()
		}
		before := rates.Report(inv, g, nil, sc)
		more()
		after := rates.Report(inv, g, nil, sc)
		for i := range before.Endpoints {
			if after.Endpoints[i].Score < before.Endpoints[i].Score {
				t.Fatalf("%s fell from %d to %d", ids[i], before.Endpoints[i].Score, after.Endpoints[i].Score)
			}
		}
	})
}
