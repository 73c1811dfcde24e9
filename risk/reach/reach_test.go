package reach

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waywarden/waywarden"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// served is a successful call.
func served(at time.Time, who, op, client, app string) *waywarden.Call {
	return &waywarden.Call{
		Record: &waywarden.Record{At: at}, Operation: &waywarden.Operation{ID: op}, Success: true,
		Principal: waywarden.Principal{UID: who, Kind: waywarden.PrincipalUser, Client: client}, Application: waywarden.Application{UID: app},
	}
}

func written(t *testing.T, c *Callers) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Write(&b, noon); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCallers(t *testing.T) {
	c := NewCallers(DefaultCallers())
	c.Learn(served(noon, "zoe", "op-2", "app-1", "app-1"))
	c.Learn(served(noon.Add(time.Hour), "zoe", "op-1", "", "okhttp"))
	refused := served(noon, "eve", "op-9", "", "")
	refused.Success = false
	c.Learn(refused)
	c.Learn(served(noon, "", "op-1", "", ""))
	behalf := served(noon, "bridge", "op-2", "", "")
	behalf.Principal.Kind, behalf.Principal.OnBehalf = waywarden.PrincipalService, "ann"
	c.Learn(behalf)
	want := `{"at":"2026-03-02T12:00:00Z","operations":["op-2","op-1"],"programs":["app-1","okhttp","bridge"]}
{"uid":"ann","kind":"user","last":"2026-03-02T12:00:00Z","operations":[0],"programs":[2]}
{"uid":"bridge","kind":"service","last":"2026-03-02T12:00:00Z","operations":[0],"programs":[]}
{"uid":"zoe","kind":"user","last":"2026-03-02T13:00:00Z","operations":[0,1],"programs":[0,1]}
`
	if d := cmp.Diff(want, written(t, c)); d != "" {
		t.Error(d)
	}
	back, at, err := ReadCallers(strings.NewReader(want))
	if err != nil || !at.Equal(noon) {
		t.Fatal(at, err)
	}
	if d := cmp.Diff(want, written(t, back)); d != "" {
		t.Errorf("read and written again: %s", d)
	}

	c.Rename("zoe", "ann")
	c.Rename("nobody", "ann")
	if got := written(t, c); strings.Contains(got, "zoe") || !strings.Contains(got, `{"uid":"ann","kind":"user","last":"2026-03-02T13:00:00Z","operations":[0,1],"programs":[0,1,2]}`) {
		t.Errorf("after zoe turned out to be ann:\n%s", got)
	}
	c.Rename("ann", "ann-1")
	if got := written(t, c); !strings.Contains(got, `{"uid":"ann-1"`) {
		t.Errorf("after ann turned out to be ann-1:\n%s", got)
	}
}

func TestWrongUseIsNoRight(t *testing.T) {
	c := NewCallers(DefaultCallers())
	c.Learn(served(noon, "eve", "op-1", "", ""))
	c.Learn(served(noon, "eve", "op-2", "", ""))
	f := waywarden.Finding{Operation: &waywarden.Operation{ID: "op-2"}, Principal: waywarden.Principal{UID: "eve"}, Types: []string{"API1:2023"}, Activity: waywarden.ActivityCreate}
	c.Heed(&f) // an object that is not hers: the function may well be
	if got := written(t, c); !strings.Contains(got, `"operations":[0,1]`) {
		t.Errorf("a foreign object took the function away:\n%s", got)
	}
	f.Types = []string{"API5:2023"}
	c.Heed(&f)
	if got := written(t, c); !strings.Contains(got, `"operations":[0]`) {
		t.Errorf("a foreign function stayed a right:\n%s", got)
	}
}

func TestCallersLimits(t *testing.T) {
	c := NewCallers(CallerOptions{CallersMax: 8, OperationsMax: 2, ProgramsMax: 2, OwnMax: 1})
	for i := range 40 {
		c.Learn(served(noon.Add(time.Duration(i)*time.Second), fmt.Sprint("u", i), fmt.Sprint("op-", i%3), "", ""))
	}
	if c.Len() > 8 || c.Dropped != int64(40-c.Len()) {
		t.Errorf("%d callers kept, %d dropped", c.Len(), c.Dropped)
	}
	if got := written(t, c); !strings.Contains(got, `"u39"`) || strings.Contains(got, `"u0"`) {
		t.Errorf("not the longest quiet was dropped:\n%s", got)
	}
	if c.Ignored != 13 { // every third operation
		t.Errorf("%d operations ignored", c.Ignored)
	}
	c.Learn(served(noon.Add(time.Hour), "u39", "op-1", "", ""))
	if c.Ignored != 14 {
		t.Errorf("a caller's second operation was not ignored: %d", c.Ignored)
	}
}

func TestReadCallersDamaged(t *testing.T) {
	head := `{"at":"2026-03-02T12:00:00Z","operations":["op-2"],"programs":[]}` + "\n"
	for text, want := range map[string]string{
		"": "first line", "{": "line 1", head + `{"uid":"a","last":"yesterday"}`: "line 2", head + `{"uid":"a","operations":[1]}`: "beyond the list",
	} {
		if _, _, err := ReadCallers(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// small is a platform of two households, a fleet and a station.
func small(t *testing.T) *Knowledge {
	t.Helper()
	w := NewWorld(noon)
	vehicle := func(uid string, kmh float64, age time.Duration) {
		w.Add(&waywarden.Twin{Type: waywarden.AssetVehicle, UID: uid, IDs: []waywarden.ID{{Type: "vin", Value: uid}, {Type: "plate", Value: "P-" + uid}}, State: []waywarden.Reading{
			{Name: "Vehicle.Speed", Value: waywarden.Number(kmh), At: noon.Add(-age), Confidence: 0.95},
		}})
	}
	party := func(typ waywarden.AssetType, uid string, ids []waywarden.ID, links ...waywarden.Link) {
		w.Add(&waywarden.Twin{Type: typ, UID: uid, IDs: ids, Links: links})
	}
	to := func(typ waywarden.AssetType, uid string) waywarden.Link { return waywarden.Link{Type: typ, UID: uid} }
	ended := to(waywarden.AssetVehicle, "v5")
	ended.Until = noon.Add(-time.Hour)
	party(waywarden.AssetConsumer, "ann", []waywarden.ID{{Type: "email", Value: "ann@x.example"}}, to(waywarden.AssetVehicle, "v1"), to(waywarden.AssetVehicle, "v2"), ended)
	party(waywarden.AssetConsumer, "bob", nil, to(waywarden.AssetVehicle, "v1"), to(waywarden.AssetCharger, "c1"))
	party(waywarden.AssetConsumer, "boss", nil, to(waywarden.AssetFleet, "f1"))
	party(waywarden.AssetFleet, "f1", nil, to(waywarden.AssetVehicle, "v3"), to(waywarden.AssetVehicle, "v4"), to(waywarden.AssetVehicle, "v5"))
	w.Add(&waywarden.Twin{Type: waywarden.AssetCharger, UID: "c1", State: []waywarden.Reading{
		{Name: "Charger.RatedPower", Value: waywarden.Number(22000)},
		{Name: "Charger.Connector.1.Power", Value: waywarden.Number(7400), At: noon.Add(-time.Minute)},
		{Name: "Charger.Connector.2.Power", Value: waywarden.Number(9900), At: noon.Add(-time.Hour)},
	}})
	w.Add(&waywarden.Twin{Type: waywarden.AssetCharger, UID: "c2"})
	vehicle("v1", 80, 10*time.Second)
	vehicle("v2", 0, 10*time.Second)
	vehicle("v3", 80, time.Hour)
	vehicle("v4", 3, 0)
	vehicle("v5", 100, 0)
	w.Seal()
	c := NewCallers(DefaultCallers())
	for who, ops := range map[string][]string{"ann": {"list", "unlock"}, "bob": {"list"}, "boss": {"fleet"}} {
		for _, op := range ops {
			c.Learn(served(noon, who, op, "app-"+who[:1], "app"))
		}
	}
	vehicles, chargers := waywarden.AssetVehicle, waywarden.AssetCharger
	return NewKnowledge(w, c, []Operation{
		{ID: "list", Name: "GET a/vans", Host: "a", Class: "read.vehicle.list", Access: waywarden.AccessRead, Asset: vehicles, Level: User, PerMinute: 6},
		{ID: "unlock", Name: "POST a/vans/{}/unlock", Host: "a", Class: "act.door.unlock", Access: waywarden.AccessControl, Asset: vehicles, Level: User, Checked: waywarden.True, PerMinute: 2, Limited: true},
		{ID: "horn", Name: "POST a/vans/{}/horn", Host: "a", Class: "act.horn_lights", Access: waywarden.AccessControl, Asset: vehicles, Level: User, Checked: waywarden.False, PerMinute: 1},
		{ID: "staff", Name: "POST a/staff/stop", Host: "a", Class: "act.engine.stop", Access: waywarden.AccessControl, Asset: vehicles, Level: Insider},
		{ID: "fleet", Name: "POST f/stop", Host: "f", Class: "act.engine.stop", Access: waywarden.AccessControl, Asset: vehicles, Level: Insider, PerMinute: 30, Batch: 3},
		{ID: "start", Name: "POST c/start", Host: "c", Class: "chg.start", Access: waywarden.AccessControl, Asset: chargers, Level: User},
		{ID: "login", Name: "POST a/login", Host: "a", Class: "id.login", Access: waywarden.AccessWrite, Open: true},
		{ID: "join", Name: "POST a/join", Host: "a", Class: "id.register", Access: waywarden.AccessWrite, Open: true},
	}, []Path{
		{Steps: []Step{{"list", ""}, {"unlock", "data"}}, Confirmed: true},
		{Steps: []Step{{"login", ""}, {"staff", "grant"}}, Confirmed: true},
		{Steps: []Step{{"join", ""}, {"fleet", "grant"}}, Confirmed: true},
		{Steps: []Step{{"list", ""}, {"start", "possible"}}, Bulk: true},
	})
}

func TestReach(t *testing.T) {
	k := small(t)
	kind, who := k.Who("ann@x.example")
	if kind != "principal" || !slices.Equal(who, []string{"ann"}) {
		t.Fatalf("ann@x.example is %s %q", kind, who)
	}
	r := k.Reach(Question{Callers: who, IDs: 9})
	if r.Level != "user" {
		t.Errorf("ann has shown to be %s", r.Level)
	}
	if d := cmp.Diff(Assets{Scale: "household", Vehicles: Vehicles{Count: 2, Moving: 1, Still: 1, IDs: []string{"v1", "v2"}}, People: 2}, r.Has.Control); d != "" {
		t.Errorf("by rights: %s", d)
	}
	if got := names(&r.Has); !slices.Equal(got, []string{"unlock", "horn", "list"}) {
		t.Errorf("functions by rights: %q", got)
	}
	if d := cmp.Diff([]Pace{{1, 30, "POST a/vans/{}/unlock", true}, {2, 60, "POST a/vans/{}/unlock", true}}, r.Has.Pace); d != "" {
		t.Errorf("pace by rights: %s", d)
	}
	// The horn is given to anybody, and whoever signs up may become a fleet's manager; to sign in as staff takes staff's password.
	if d := cmp.Diff(Assets{Scale: "platform", Vehicles: Vehicles{Count: 5, Moving: 2, Still: 2, Unknown: 1, IDs: []string{"v1", "v2", "v3", "v4", "v5"}}, People: 2, Fleets: 1}, r.Confirmed.Control); d != "" {
		t.Errorf("could: %s", d)
	}
	if got := names(&r.Confirmed); !slices.Equal(got, []string{"fleet", "horn"}) {
		t.Errorf("functions that could be had: %q", got)
	}
	if p := r.Confirmed.Pace; len(p) != 2 || p[1].Assets != 5 || p[1].Seconds != 3.3 {
		t.Errorf("pace of five at 30 calls of three a minute: %v", p)
	}
	if got := names(&r.Possible); !slices.Equal(got, []string{"start"}) || r.Possible.Control.Chargers.Count != 2 || r.Possible.Control.Chargers.Unrated != 1 {
		t.Errorf("perhaps: %q, %+v", got, r.Possible.Control.Chargers)
	}
	if c := r.Possible.Control.Chargers; c.RatedKW != 22 || c.DrawnKW != 7.4 {
		t.Errorf("power: %+v", c)
	}
}

func TestReachOfFleetAndApplication(t *testing.T) {
	k := small(t)
	r := k.Reach(Question{Callers: []string{"boss"}, IDs: 9})
	if v := r.Has.Control.Vehicles; r.Has.Control.Scale != "fleet" || v.Count != 3 || v.Moving != 1 || v.Still != 1 || v.Unknown != 1 {
		t.Errorf("a fleet's manager has %+v", r.Has.Control)
	}
	if kind, who := k.Who("app"); kind != "application" || !slices.Equal(who, []string{"ann", "bob", "boss"}) {
		t.Errorf("app is %s %q", kind, who)
	}
	if kind, who := k.Who("app-a"); kind != "application" || !slices.Equal(who, []string{"ann"}) {
		t.Errorf("app-a is %s %q", kind, who)
	}
	if kind, _ := k.Who("nobody"); kind != "" {
		t.Errorf("nobody is %s", kind)
	}
	r = k.Reach(Question{Operations: []string{"unlock"}})
	if v := r.Has.Control.Vehicles; v.Count != 2 || len(names(&r.Has)) != 1 || r.Confirmed.Control.Vehicles.Count != 2 {
		t.Errorf("who gets through unlock, which asks whose a vehicle is, reaches those of its callers: %+v, %+v", v, r.Confirmed.Control)
	}
	r = k.Reach(Question{Operations: []string{"horn"}})
	if v := r.Confirmed.Control; r.Has.Control.Vehicles.Count != 0 || v.Vehicles.Count != 5 || v.Scale != "platform" {
		t.Errorf("who gets through horn, which does not ask, reaches all: %+v", v)
	}
}

func names(c *Circle) []string {
	var out []string
	for _, f := range c.Functions {
		for _, o := range f.Operations {
			out = append(out, o.ID)
		}
	}
	return out
}
