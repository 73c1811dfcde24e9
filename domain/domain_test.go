package domain

import (
	"slices"
	"strings"
	"testing"

	"github.com/waywarden/waywarden"
)

func load(tb testing.TB) *Knowledge {
	tb.Helper()
	k, err := Load()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestClassesReferToWhatExists(t *testing.T) {
	k := load(t)
	if n := len(k.Classes()); n != 77 {
		t.Errorf("%d classes, want 77", n)
	}
	states, err := LoadStates()
	if err != nil {
		t.Fatal(err)
	}
	for i := range k.Classes() {
		c := &k.Classes()[i]
		if k.Class(c.ID) != c {
			t.Errorf("%s: stands twice", c.ID)
		}
		for _, id := range c.Rules {
			if k.Rule(id) == nil {
				t.Errorf("%s: rule %s does not exist", c.ID, id)
			}
		}
		for _, id := range slices.Concat(c.Yields, c.Needs) {
			if k.IDType(id) == nil {
				t.Errorf("%s: type of data %s does not exist", c.ID, id)
			}
		}
		for _, r := range c.Roles {
			if !slices.Contains(k.Roles(), r) {
				t.Errorf("%s: role %s does not exist", c.ID, r)
			}
		}
		for _, m := range c.Impacts {
			if m.Impact.Worst() > 3 || min(m.Impact.Safety, m.Impact.Financial, m.Impact.Operational, m.Impact.Privacy) < 0 {
				t.Errorf("%s: rating %v is out of 0..3", c.ID, m)
			}
		}
		checkConfirm(t, k, states, c)
	}
}

func checkConfirm(t *testing.T, k *Knowledge, states *States, c *Class) {
	t.Helper()
	if (c.Confirm.Within > 0) != (len(c.Confirm.Effects) > 0) {
		t.Errorf("%s: confirm has a time or effects but not both", c.ID)
	}
	for _, e := range c.Confirm.Effects {
		switch {
		case strings.HasPrefix(e.Signal, "ocpp:"):
		case strings.HasPrefix(e.Signal, "Vehicle.Private."):
			if !slices.ContainsFunc(states.Vehicle.Private, func(s PrivateSignal) bool { return s.Path == e.Signal }) {
				t.Errorf("%s: private signal %s does not exist", c.ID, e.Signal)
			}
		default:
			i := slices.IndexFunc(k.Signals(), func(s Signal) bool { return MatchPath(e.Signal, s.Path) })
			if i < 0 {
				t.Errorf("%s: no signal fits %s", c.ID, e.Signal)
				continue
			}
			s := k.Signals()[i]
			for _, v := range e.Becomes {
				if s.DataType == "boolean" && v != "true" && v != "false" || s.Allowed != nil && !slices.Contains(s.Allowed, v) {
					t.Errorf("%s: %s cannot become %q", c.ID, s.Path, v)
				}
			}
		}
	}
}

// TestVocabularyKnowsTypes holds the constants of the vocabulary and the list of the taxonomy together.
func TestVocabularyKnowsTypes(t *testing.T) {
	k := load(t)
	named := []waywarden.DataType{
		waywarden.TypeVIN, waywarden.TypePlate, waywarden.TypeVehicleID, waywarden.TypeIMEI, waywarden.TypeICCID,
		waywarden.TypePersonID, waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypeNameAddress, waywarden.TypeLocation,
		waywarden.TypeTripHistory, waywarden.TypeAccessToken, waywarden.TypeRefreshToken, waywarden.TypeOTP, waywarden.TypePIN,
		waywarden.TypeResetToken, waywarden.TypeInviteCode, waywarden.TypeKeyMaterial, waywarden.TypeStationID,
		waywarden.TypeIDTag, waywarden.TypeEMAID, waywarden.TypeSessionID, waywarden.TypeRequestID, waywarden.TypeArtefactURL,
		waywarden.TypeCloudSecret, waywarden.TypeWorkOrder,
	}
	for _, id := range named {
		if k.IDType(id) == nil {
			t.Errorf("%s is a constant but not in the taxonomy", id)
		}
	}
	if len(named) != len(k.IDTypes()) {
		t.Errorf("%d constants, %d types in the taxonomy", len(named), len(k.IDTypes()))
	}
}

// TestChainsAreEdges walks the ways attackers went: each step must be proposed by the type-level graph. A recovered
// account leads on through a login, so a step may take that way.
func TestChainsAreEdges(t *testing.T) {
	k := load(t)
	incidents := incidentIDs(t)
	if len(k.Chains()) == 0 {
		t.Fatal("no chains")
	}
	for _, c := range k.Chains() {
		if !slices.Contains(incidents, c.Incident) {
			t.Errorf("chain of %s: incident does not exist", c.Incident)
		}
		for i := 1; i < len(c.Path); i++ {
			a, b := c.Path[i-1], c.Path[i]
			if !k.Enables(a, b) && (!k.Enables(a, "id.login") || !k.Enables("id.login", b)) {
				t.Errorf("chain of %s: %s does not enable %s", c.Incident, a, b)
			}
		}
	}
}

func TestRequiresTakesLongestPrefix(t *testing.T) {
	k := load(t)
	for class, want := range map[string][]string{
		"read.vehicle.list": {"session"}, "life.transfer": {"role", "link"}, "act.horn_lights": {"link"}, "infra.misc": nil,
	} {
		if got := k.Requires(class); !slices.Equal(got, want) {
			t.Errorf("%s requires %v, want %v", class, got, want)
		}
	}
	for _, r := range k.requires {
		if !slices.ContainsFunc(k.Classes(), func(c Class) bool { return strings.HasPrefix(c.ID, r.Prefix) }) {
			t.Errorf("requirement of %s: no class has the prefix", r.Prefix)
		}
	}
	for _, e := range k.states {
		if k.Class(e.Class) == nil || !slices.ContainsFunc(k.Classes(), func(c Class) bool { return strings.HasPrefix(c.ID, e.To) }) || e.WithinS <= 0 {
			t.Errorf("state edge %+v refers to no class, or lasts no time", e)
		}
	}
	for _, g := range k.grants {
		if k.Class(g.Class) == nil {
			t.Errorf("grant of %s: class does not exist", g.Class)
		}
	}
}

func TestRulesReferToWhatExists(t *testing.T) {
	k := load(t)
	incidents := incidentIDs(t)
	tara, err := LoadTARA()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(k.Rules()); n != 171 {
		t.Errorf("%d rules, want 171", n)
	}
	for i := range k.Rules() {
		r := &k.Rules()[i]
		if k.Rule(r.ID) != r {
			t.Errorf("%s: stands twice", r.ID)
		}
		if r.Title == "" || r.Trigger == "" || r.Window == "" || len(r.Twins) == 0 {
			t.Errorf("%s: incomplete", r.ID)
		}
		if !slices.Contains([]string{"info", "low", "medium", "high", "critical"}, r.Severity) {
			t.Errorf("%s: severity %q", r.ID, r.Severity)
		}
		for _, id := range r.Incidents {
			if !slices.Contains(incidents, id) {
				t.Errorf("%s: incident %s does not exist", r.ID, id)
			}
		}
		for _, id := range r.R155 {
			if !slices.ContainsFunc(tara.R155.Threats, func(x R155Threat) bool { return x.ID == id }) {
				t.Errorf("%s: R155 row %s does not exist", r.ID, id)
			}
		}
		for _, id := range r.OWASP {
			if !slices.ContainsFunc(tara.OWASP, func(x OWASPItem) bool { return x.ID == id }) {
				t.Errorf("%s: OWASP item %s does not exist", r.ID, id)
			}
		}
	}
}

func incidentIDs(t *testing.T) []string {
	t.Helper()
	incidents, err := LoadIncidents()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, x := range incidents {
		ids = append(ids, x.ID)
	}
	return ids
}

// TestIncidentsAndRulesAgree: an incident and a rule that names it name each other.
func TestIncidentsAndRulesAgree(t *testing.T) {
	k := load(t)
	incidents, err := LoadIncidents()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string][]string{}
	for _, x := range incidents {
		named[x.ID] = x.Rules
		for _, id := range x.Rules {
			if r := k.Rule(id); r == nil || !slices.Contains(r.Incidents, x.ID) {
				t.Errorf("%s names rule %s, which does not name it", x.ID, id)
			}
		}
		if len(x.Pattern) == 0 || len(x.Sources) == 0 || x.Earliest == "" {
			t.Errorf("%s: incomplete", x.ID)
		}
	}
	for _, r := range k.Rules() {
		for _, id := range r.Incidents {
			if !slices.Contains(named[id], r.ID) {
				t.Errorf("rule %s names %s, which does not name it", r.ID, id)
			}
		}
	}
}

func TestStatesReferToWhatExists(t *testing.T) {
	k := load(t)
	s, err := LoadStates()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range s.Vehicle.Signals {
		v := k.Signal(x.Path)
		if v == nil {
			t.Errorf("signal %s is not in VSS", x.Path)
		} else if v.Unit != x.Unit {
			t.Errorf("signal %s has unit %q, in VSS %q", x.Path, x.Unit, v.Unit)
		}
	}
	rules := slices.Concat(s.Command.Guards, s.Consumer.Guards, s.Application.Guards, s.Fleet.Guards, s.Backend.Guards, s.Ride.Guards)
	for _, c := range s.Calendars {
		rules = append(rules, c.Damps...)
	}
	for _, l := range slices.Concat(s.Vehicle.Legal, s.Charger.Legal) {
		rules = append(rules, l.Rule)
		if k.Class(l.Class) == nil {
			t.Errorf("legal call %s: class does not exist", l.Class)
		}
		for _, m := range l.When["motion"] {
			if !slices.ContainsFunc(s.Vehicle.Motion, func(x MotionState) bool { return x.State == m }) {
				t.Errorf("legal call %s: motion %s does not exist", l.Class, m)
			}
		}
	}
	for _, id := range rules {
		if k.Rule(id) == nil {
			t.Errorf("rule %s does not exist", id)
		}
	}
	closed(t, "OCPP 1.6", s.Charger.OCPP16.States, s.Charger.OCPP16.Transitions)
	closed(t, "ride", s.Ride.States, s.Ride.Transitions)
	for _, x := range s.Vehicle.Lifecycle.Transitions {
		if !slices.Contains(s.Vehicle.Lifecycle.States, x.From) || !slices.Contains(s.Vehicle.Lifecycle.States, x.To) {
			t.Errorf("lifecycle: %s to %s is between states that do not exist", x.From, x.To)
		}
	}
}

func closed(t *testing.T, what string, states []string, next map[string][]string) {
	t.Helper()
	for from, tos := range next {
		for _, s := range append(tos, from) {
			if !slices.Contains(states, s) {
				t.Errorf("%s: state %s does not exist", what, s)
			}
		}
	}
}

func TestTARATables(t *testing.T) {
	x, err := LoadTARA()
	if err != nil {
		t.Fatal(err)
	}
	for impact, level := range x.ImpactLevels {
		prev := 0
		for _, column := range x.RiskMatrix.Columns {
			v, ok := x.RiskMatrix.At(impact, column)
			if !ok || v < max(1, prev) || v > 5 {
				t.Errorf("risk of %s at %s is %d: not rising within 1..5", level, column, v)
			}
			prev = v
		}
	}
	if v, ok := x.RiskMatrix.At(4, "high"); ok {
		t.Errorf("an impact of 4 has risk %d", v)
	}
	most := 0
	for _, f := range x.AttackPotential.Factors {
		if f.Levels[0].Points != 0 || !slices.IsSortedFunc(f.Levels, func(a, b Level) int { return a.Points - b.Points }) {
			t.Errorf("levels of %s do not rise from 0", f.Factor)
		}
		most += f.Levels[len(f.Levels)-1].Points
	}
	next := 0.0
	for _, b := range x.AttackPotential.Bands {
		if b.From != next {
			t.Errorf("band %s begins at %v, want %v", b.Feasibility, b.From, next)
		}
		next = b.To + 1
	}
	if next-1 != float64(most) {
		t.Errorf("bands end at %v, the highest sum is %d", next-1, most)
	}
	for _, r := range x.R155.Threats {
		for _, m := range r.Mitigations {
			if !slices.ContainsFunc(x.R155.Mitigations, func(y R155Mitigation) bool { return y.ID == m }) {
				t.Errorf("R155 %s: mitigation %s does not exist", r.ID, m)
			}
		}
	}
	if len(x.OWASP) != 10 {
		t.Errorf("%d OWASP items", len(x.OWASP))
	}
}

func TestSignals(t *testing.T) {
	k := load(t)
	s := k.Signal("Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure")
	if s == nil || s.Unit != "kPa" || s.DataType != "uint16" {
		t.Fatalf("tire pressure is %+v", s)
	}
	if s := k.Signal("Vehicle.CurrentLocation.Latitude"); s == nil || !s.Min.Set || s.Min.Value != -90 || s.Max.Value != 90 {
		t.Fatalf("latitude is %+v", s)
	}
	if s := k.Signal("Vehicle.LowVoltageSystemState"); !slices.Contains(s.Allowed, "START") {
		t.Fatalf("ignition is %+v", s)
	}
	if k.Signal("Vehicle.Nothing") != nil {
		t.Error("a signal that is not in VSS was found")
	}
	for i := range k.Signals() {
		if s := &k.Signals()[i]; k.Signal(s.Path) != s || strings.ContainsAny(s.Path, "{}|") {
			t.Errorf("%s: stands twice or is not expanded", s.Path)
		}
	}
}

func TestMatchPath(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"Vehicle.Speed", "Vehicle.Speed", true},
		{"Vehicle.Speed", "Vehicle.SpeedLimit", false},
		{"Vehicle.Cabin.Door.*.IsLocked", "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", true},
		{"Vehicle.Cabin.Door.*.IsLocked", "Vehicle.Cabin.Door.IsLocked", false},
		{"Vehicle.Cabin.Door.*.IsLocked", "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", false},
		{"Vehicle.*", "Vehicle.Speed", true},
	} {
		if got := MatchPath(c.pattern, c.path); got != c.want {
			t.Errorf("MatchPath(%q, %q) = %v", c.pattern, c.path, got)
		}
	}
}

func TestRowsRejectsRaggedLines(t *testing.T) {
	for _, tsv := range []string{"a\tb\n1\n", "a\tb\n1\t2\t3\n", "x\n"} {
		if err := rows(tsv, "a\tb", func([]string) error { return nil }); err == nil {
			t.Errorf("%q was taken", tsv)
		}
	}
	if _, err := parseImpact("S9"); err == nil {
		t.Error("S9 was taken")
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadStates(b *testing.B) {
	for b.Loop() {
		if _, err := LoadStates(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadTARA(b *testing.B) {
	for b.Loop() {
		if _, err := LoadTARA(); err != nil {
			b.Fatal(err)
		}
	}
}
