package tara

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

var rewrite = flag.Bool("rewrite", false, "write the golden analysis")

func scales(t testing.TB) *domain.TARA {
	t.Helper()
	s, err := domain.LoadTARA()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func knowledge(t testing.TB) *domain.Knowledge {
	t.Helper()
	k, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// operation is one with a rating that the matrix gives.
func operation(s *domain.TARA, id, class string, i waywarden.Impact, feasibility string) Operation {
	own, _ := s.RiskMatrix.At(i.Worst(), feasibility)
	return Operation{
		Endpoint: waywarden.Endpoint{ID: id, Method: "POST", Host: "api.example", Template: "/vehicles/{id}/" + id, Function: waywarden.FunctionEntry{Class: class}, Access: waywarden.AccessControl},
		Attacker: "user", State: "moving", Impact: i, Feasibility: feasibility, Own: own, Observed: Observed{Served: 9},
	}
}

func facts(t testing.TB) Facts {
	s := scales(t)
	stop := operation(s, "stop", "act.engine.stop", waywarden.Impact{Safety: 3, Financial: 2, Operational: 3}, "high")
	stop.Attempts, stop.Observed.Moving = 4, 2
	read := operation(s, "read", "read.location.current", waywarden.Impact{Privacy: 3}, "low")
	read.InsideOnly, read.State, read.Attacker = true, "any", "partner"
	list := operation(s, "list", "read.vehicle.list", waywarden.Impact{Privacy: 1}, "high")
	list.Enabled, list.Path = 5, []string{"list", "stop"}
	return Facts{
		Operations: []Operation{read, stop, operation(s, "misc", "infra.misc", waywarden.Impact{}, "high"), list},
		Paths: []Path{{ID: PathID([]string{"list", "stop"}), Attacker: "user", Reaches: "act.engine.stop", Feasible: "high", Sum: 2, Risk: 5, Confirmed: true,
			Steps: []Step{{Endpoint: "list", Operation: "POST list"}, {Endpoint: "stop", Operation: "POST stop", By: "data", What: "vehicles[].id"}}}},
		ByType: map[string]int{"R155:16.1": 4, "R155:4.1": 1}, Scales: s, Functions: knowledge(t),
	}
}

func TestPropose(t *testing.T) {
	a := Propose(facts(t))
	if len(a.Rows) != 3 {
		t.Fatalf("%d rows, want 3: nothing is threatened by images", len(a.Rows))
	}
	stop, list, read := a.Rows[0], a.Rows[1], a.Rows[2]
	if stop.ID != "TS-stop" || stop.Treatment != "reduce" || stop.Goal == "" || stop.CAL != "CAL4" || stop.R155[0] != "16.1" || stop.Attempts != 4 || stop.Paths[0] != a.Paths[0].ID {
		t.Errorf("%+v", stop)
	}
	if list.ID != "TS-list" || list.Risk != 5 || list.RiskOwn != 3 || len(list.AttackPath) != 2 || len(list.Paths) != 1 {
		t.Errorf("%+v", list)
	}
	if read.Exposure != "private" || read.AttackVector.Feasibility != "medium" || !strings.HasPrefix(read.CVSS.Vector, "AV:A/") || read.AttackPath[0] != "read" {
		t.Errorf("%+v", read)
	}
	for _, c := range a.Coverage {
		if c.Says == "" {
			t.Errorf("R155 %s: nothing said", c.ID)
		}
		if c.Evidence == "none" && c.Rows == 0 && !strings.Contains(c.Says, "Not assessed") {
			t.Errorf("R155 %s has no evidence, and says %q", c.ID, c.Says)
		}
	}
	for _, w := range a.Products {
		if !w.Complete {
			t.Errorf("%s lacks %v", w.ID, w.Missing)
		}
	}
}

// TestScenarios: every class of the taxonomy that can do harm has a scenario, with ids that exist.
func TestScenarios(t *testing.T) {
	s := scales(t)
	known := map[string]bool{}
	for _, r := range s.R155.Threats {
		known[r.ID] = true
	}
	for _, o := range s.OWASP {
		known[o.ID] = true
	}
	for _, x := range s.Scenarios {
		for _, id := range slices.Concat(x.R155, x.OWASP) {
			if !known[id] {
				t.Errorf("%s names %s, which is none", x.Prefix, id)
			}
		}
		for _, p := range append([]string{x.Property}, x.Properties...) {
			if n, err := property(p); err != nil || n != p {
				t.Errorf("%s: property %q: %v", x.Prefix, p, err)
			}
		}
		if !slices.Contains(x.Properties, x.Property) || x.Goal == "" || x.Claim == "" || len(x.STRIDE) == 0 {
			t.Errorf("%s is incomplete", x.Prefix)
		}
	}
	for _, c := range knowledge(t).Classes() {
		harm := 0
		for _, i := range c.Impacts {
			harm = max(harm, i.Impact.Worst())
		}
		if harm > 1 && s.Scenario(c.ID) == nil {
			t.Errorf("%s can do harm and has no scenario", c.ID)
		}
	}
}

// TestCVSS holds the formula against the values that domain/tara.yaml gives for it.
func TestCVSS(t *testing.T) {
	s := scale{scales(t)}
	want := map[string]SecondOpinion{}
	for _, c := range s.Exploitability.Computed {
		want[c.Vector] = SecondOpinion{c.Vector, c.Value, c.Feasibility}
	}
	for _, c := range []struct {
		attacker  string
		expertise int
		open      bool
	}{{"outsider", 0, false}, {"user", 0, true}, {"user", 0, false}, {"partner", 6, false}, {"insider", 0, false}, {"insider", 6, false}, {"outsider", 6, false}} {
		got := s.cvss(&Operation{Attacker: c.attacker, Potential: Potential{Expertise: c.expertise}}, exposureInternet, c.open)
		if got != want[got.Vector] {
			t.Errorf("%+v: %+v, want %+v", c, got, want[got.Vector])
		}
	}
}

const file = `# what we decided
version: 1
name: Vans
rows:
  - id: TS-stop # the worst one
    status: edited
    by: Jörg Müller
    at: 2026-03-01T08:00:00Z
    reason: the gateway checks motion
    values: {feasibility: low, treatment: share, claim: the insurer pays}
    basis: {feasibility: high, treatment: reduce, claim: ""}
  - id: TS-gone
    operation: POST api.example/vehicles/{vin}/gone
    status: accepted
    by: Anna
    values: {risk: "4", safety: S2, feasibility: hoch, damageScenario: it is gone, threatScenario: x, asset: y, property: i, treatment: avoid}
  - id: TS-old-id
    operation: POST api.example/vehicles/{vehicleId}/read
    status: rejected
    by: Anna
    reason: it is public
assumptions:
  - {id: A-1, that: rejected_in_motion, row: TS-stop}
  - {id: A-2, that: internal_only, host: api.example, template: "/vehicles/{x}/read"}
  - {id: A-3, that: rate_limited, host: api.example, template: /nowhere, limit: 5}
`

func read(t testing.TB, text string) *File {
	t.Helper()
	f, err := ReadFile("tara.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func row(t testing.TB, a *Analysis, id string) *Row {
	t.Helper()
	for i := range a.Rows {
		if a.Rows[i].ID == id {
			return &a.Rows[i]
		}
	}
	t.Fatalf("no row %s", id)
	return nil
}

func TestApply(t *testing.T) {
	f := facts(t)
	a := Propose(f)
	a.Apply(read(t, file), f.Scales)
	stop := row(t, a, "TS-stop")
	if stop.Feasibility != "low" || stop.Risk != 3 || stop.Proposed["risk"] != "5" || stop.Claim != "the insurer pays" || stop.By != "Jörg Müller" || len(stop.Drift) != 0 {
		t.Errorf("%+v", stop)
	}
	if gone := row(t, a, "TS-gone"); gone.Origin != "person" || gone.Impact.Safety != 2 || gone.Feasibility != "high" || gone.Property != "integrity" || len(gone.Drift) != 1 {
		t.Errorf("%+v", gone)
	}
	if moved := row(t, a, "TS-read"); moved.Status != "rejected" || moved.Reason != "it is public" {
		t.Errorf("%+v", moved)
	}
	verdicts := []string{}
	for _, x := range a.Assumptions {
		verdicts = append(verdicts, x.Verdict)
	}
	if want := []string{"contradicted", "holds", "untested"}; !slices.Equal(verdicts, want) {
		t.Errorf("verdicts %q, want %q", verdicts, want)
	}
	for _, c := range a.Claims {
		if c.Text == "the insurer pays" && !strings.HasPrefix(c.ID, "CS-") {
			t.Errorf("%+v", c)
		}
	}
	// Runtime moves: the person's value stays, and the change stands beside it.
	f.Operations[1].Feasibility = "medium"
	b := Propose(f)
	b.Apply(read(t, file), f.Scales)
	stop = row(t, b, "TS-stop")
	if want := []Drift{{"decision", "feasibility", "high", "medium"}}; stop.Feasibility != "low" || !slices.Equal(stop.Drift, want) {
		t.Errorf("%s, drift %v", stop.Feasibility, stop.Drift)
	}
	// Without the file all is as proposed.
	b.Apply(&File{}, f.Scales)
	if diff := cmp.Diff(Propose(f), b); diff != "" {
		t.Error(diff)
	}
}

func TestFileRefused(t *testing.T) {
	for text, want := range map[string]string{
		"rows: [{id: a, status: maybe, by: x}]":                                      "accepted, edited, rejected",
		"rows: [{id: a, status: accepted}]":                                          "by is missing",
		"rows: [{id: a, status: rejected, by: x}]":                                   "reason is missing",
		"rows: [{id: a, status: edited, by: x, values: {feasibilty: low}}]":          "feasibility",
		"rows: [{id: a, status: edited, by: x, values: {risk: \"7\"}}]":              "1 to 5",
		"rows: [{id: a, status: accepted, by: x}, {id: a, status: edited, by: x}]":   "twice",
		"rows: [{id: a, sttus: accepted}]":                                           "sttus",
		"assumptions: [{id: a, that: safe, host: h}]":                                "internal_only",
		"assumptions: [{id: a, that: rate_limited, host: h}]":                        "limit",
		"assumptions: [{id: a, that: only_role, host: h}]":                           "roles",
		"assumptions: [{id: a, that: authenticated}]":                                "which operations",
		"assumptions: [{id: a, that: internal_only, host: h, networks: [10.0.0.x]}]": "network",
	} {
		if _, err := ReadFile("tara.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestFileKeepsComments: what a person wrote beside the data survives a write.
func TestFileKeepsComments(t *testing.T) {
	f := read(t, file)
	if err := f.Decide(Decision{ID: "X-1", Status: statusAccepted, By: "x", Values: map[string]string{"risk": "2"}}); err != nil {
		t.Fatal(err)
	}
	b, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# what we decided", "# the worst one", "X-1", "Jörg Müller"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("%q is lost in\n%s", want, b)
		}
	}
	again := read(t, string(b))
	if diff := cmp.Diff(f.Rows, again.Rows); diff != "" {
		t.Error(diff)
	}
}

func TestSignedBaseline(t *testing.T) {
	f := facts(t)
	base := Propose(f)
	if err := Propose(f).Compare(base); err == nil {
		t.Error("an unsigned baseline was taken")
	}
	if err := base.Sign("Anna", time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	f.Operations[1].InsideOnly = true
	f.Operations = append(f.Operations[1:], operation(f.Scales, "unlock", "act.door.unlock", waywarden.Impact{Financial: 3}, "high"))
	now := Propose(f)
	if err := now.Compare(base); err != nil {
		t.Fatal(err)
	}
	want := &Baseline{By: "Anna", At: base.Signed.At, Intact: true, New: []string{"TS-unlock"}, Gone: []string{"TS-read"}, Changed: []string{"TS-stop"}}
	if diff := cmp.Diff(want, now.Baseline); diff != "" {
		t.Error(diff)
	}
	base.Rows[0].Risk = 1
	if err := now.Compare(base); err != nil || now.Baseline.Intact {
		t.Errorf("a changed baseline counts as intact (%v)", err)
	}
}

func TestCheck(t *testing.T) {
	f := facts(t)
	a := Propose(f)
	a.Apply(read(t, file), f.Scales)
	kinds := map[string]int{}
	for _, p := range a.Check(3) {
		kinds[p.Kind]++
	}
	if want := map[string]int{"undecided": 1, "contradicted": 1, "drift": 1}; !maps.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
}

// TestGolden holds the form of tara.json.
func TestGolden(t *testing.T) {
	f := facts(t)
	a := Propose(f)
	a.Apply(read(t, file), f.Scales)
	got, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "tara.json")
	if *rewrite {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error("not as testdata/tara.json (go test ./tara -rewrite):\n", diff)
	}
}

// TestNoEditLost: whatever happens to traffic, to ids and to names of parameters, and however often the file is written
// and read again, every value that a person gave stands in the analysis.
func TestNoEditLost(t *testing.T) {
	s, k := scales(t), knowledge(t)
	classes := []string{"act.door.unlock", "act.engine.stop", "read.location.current", "life.pair", "chg.start", "infra.misc"}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(generation int) Facts {
			f := Facts{Scales: s, Functions: k}
			for i := range rapid.IntRange(0, 6).Draw(t, "operations") {
				o := operation(s, fmt.Sprint("o", i), rapid.SampledFrom(classes).Draw(t, "class"),
					waywarden.Impact{Safety: rapid.IntRange(0, 3).Draw(t, "s"), Privacy: rapid.IntRange(0, 3).Draw(t, "p")}, rapid.SampledFrom(s.RiskMatrix.Columns).Draw(t, "feasibility"))
				if rapid.Bool().Draw(t, "renamed") {
					o.Endpoint.Template = fmt.Sprintf("/vehicles/{p%d}/o%d", generation, i)
					o.Endpoint.ID = fmt.Sprintf("g%do%d", generation, i)
				}
				f.Operations = append(f.Operations, o)
			}
			return f
		}
		decided := &File{}
		want := map[string]Decision{} // by id
		for generation := range rapid.IntRange(1, 5).Draw(t, "runs") {
			a := Propose(draw(generation))
			a.Apply(decided, s)
			held(t, a, want)
			for i := range a.Rows {
				if !rapid.Bool().Draw(t, "decides") {
					continue
				}
				r := a.Rows[i]
				r.Status, r.Reason = rapid.SampledFrom([]string{statusAccepted, statusEdited, statusRejected}).Draw(t, "status"), "because"
				d := r.Decision()
				d.By = "person of " + d.ID
				d.Values["damageScenario"] = rapid.SampledFrom([]string{"ä: {x}", "\"quoted\" #1", "line\nline", "- 文字", "true", "0123", "null"}).Draw(t, "text")
				d.Values["feasibility"] = rapid.SampledFrom(s.RiskMatrix.Columns).Draw(t, "edit")
				if err := decided.Decide(d); err != nil {
					t.Fatal(err)
				}
				want[d.ID] = d
			}
			b, err := decided.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if decided, err = ReadFile("f", b); err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			a.Apply(decided, s)
			held(t, a, want)
		}
	})
}

// held wants each decision to stand in one row, with all its values.
func held(t *rapid.T, a *Analysis, want map[string]Decision) {
	for id, d := range want {
		found := 0
		for i := range a.Rows {
			r := &a.Rows[i]
			if r.By != d.By {
				continue
			}
			found++
			for _, f := range Fields() {
				if v, said := d.Values[f.Name]; said && f.Of(r) != v {
					t.Fatalf("%s: %s is %q, a person said %q", id, f.Name, f.Of(r), v)
				}
			}
		}
		if found != 1 {
			t.Fatalf("%s stands in %d rows", id, found)
		}
	}
}
