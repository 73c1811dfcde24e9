package twin

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// A world plays calls to twins, a second apart.
type world struct {
	*Twins
	now time.Time
	ops map[string]*waywarden.Operation
}

func newWorld(o Options) *world {
	return &world{Twins: New(o), now: start, ops: map[string]*waywarden.Operation{}}
}

// call observes a call of a user (by, "" for nobody) of an operation named class or class/variant. Leaves are
// "place node name type value".
func (w *world) call(class, by string, status int, leaves ...string) *waywarden.Scene {
	w.now = w.now.Add(time.Second)
	op := w.ops[class]
	if op == nil {
		kind, _, _ := strings.Cut(class, "/")
		op = &waywarden.Operation{ID: class, Host: "api.oem.example", Method: "GET", Function: waywarden.Function{Class: kind}}
		w.ops[class] = op
	}
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "r", At: w.now, HTTP: &waywarden.Transaction{Server: waywarden.Server{Host: op.Host}, Status: status}}
	c := &waywarden.Call{Record: rec, Operation: op, Success: status < 400}
	if by != "" {
		c.Principal = waywarden.Principal{UID: by, Kind: waywarden.PrincipalUser, Scheme: waywarden.SchemeBearerJWT, Client: "app"}
		if strings.HasPrefix(by, "session:") {
			c.Principal.Kind = waywarden.PrincipalSession
		}
	}
	for _, l := range leaves {
		var place, name, typ string
		var node int32
		if _, err := fmt.Sscan(l, &place, &node, &name, &typ); err != nil {
			panic(err)
		}
		value := strings.SplitN(l, " ", 5)[4]
		in := map[string]waywarden.Place{"path": waywarden.InPath, "body": waywarden.InBody, "response": waywarden.InResponse}[place]
		for int(node) >= len(c.Nodes) && node >= 0 {
			c.Nodes = append(c.Nodes, waywarden.Node{Parent: -1, Array: true})
		}
		c.Leaves = append(c.Leaves, waywarden.Leaf{In: in, Name: name, Type: waywarden.DataType(typ), Kind: waywarden.ValueText, Value: value, Node: node})
	}
	return w.Observe(rec, c)
}

func (w *world) signal(vin string, at time.Time, name string, v waywarden.Value) *waywarden.Scene {
	return w.Observe(&waywarden.Record{Kind: waywarden.KindSignal, At: at, Signal: &waywarden.Signal{
		Vehicle: waywarden.ID{Type: waywarden.TypeVIN, Value: vin}, Values: []waywarden.SignalValue{{Name: name, Value: v}},
	}}, nil)
}

// show renders the twins: "vehicle VIN [ids] links".
func (w *world) show() []string {
	var out []string
	w.Each(func(t waywarden.Twin) {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s", t.Type, t.UID)
		for _, id := range t.IDs {
			fmt.Fprintf(&b, " %s=%s", id.Type, id.Value)
		}
		for _, l := range t.Links {
			fmt.Fprintf(&b, " %s:%s:%s", l.Rel, l.UID, l.Proof)
		}
		out = append(out, b.String())
	})
	return out
}

const (
	vin1 = "5YJ3E1EA7KF000316"
	vin2 = "5YJ3E1EA7KF000317"
)

func TestListLinks(t *testing.T) {
	w := newWorld(Default())
	w.call("read.vehicle.list", "u-1", 200, "response 1 v[].vin vin "+vin1, "response 1 v[].id vehicle_id v-88001")
	s := w.call("read.location.current", "u-1", 200, "path -1 id vehicle_id v-88001", "response 0 lat location 48.1")
	if l := s.Subjects[0].Linked; l.Rel != User || l.Proof != "list" || l.Confidence < 0.5 {
		t.Errorf("link of the own car: %+v", l)
	}
	if s.Subjects[0].Twin.UID != vin1 {
		t.Errorf("the car is called %s", s.Subjects[0].Twin.UID)
	}
	s = w.call("read.location.current", "u-2", 200, "path -1 id vehicle_id v-88001", "response 0 lat location 48.1")
	if l := s.Subjects[0].Linked; l.Confidence >= 0.5 || !s.Subjects[0].Known {
		t.Errorf("a stranger's link: %+v, known %v", l, s.Subjects[0].Known)
	}
	if n := len(s.Subjects[0].Twin.Links); n != 1 || s.Subjects[0].Twin.Links[0].UID != "u-1" {
		t.Errorf("links of the car: %+v", s.Subjects[0].Twin.Links)
	}
	want := []string{"consumer u-1 person_id=u-1 user:" + vin1 + ":list", "consumer u-2 person_id=u-2", "vehicle " + vin1 + " vehicle_id=v-88001 vin=" + vin1 + " user:u-1:list"}
	if d := cmp.Diff(want, w.show()); d != "" {
		t.Error(d)
	}
}

// TestNamedIsNoList: who names the object in the request proves nothing by getting it.
func TestNamedIsNoList(t *testing.T) {
	w := newWorld(Default())
	w.call("read.vehicle.status", "u-1", 200, "path -1 vin vin "+vin1, "response 0 vin vin "+vin1)
	w.call("read.vehicle.list", "u-2", 200, "body -1 email email a@mail.example", "response 1 v[].vin vin "+vin2)
	w.call("read.vehicle.list", "u-3", 403, "response 1 v[].vin vin "+vin2)
	w.Each(func(x waywarden.Twin) {
		if len(x.Links) > 0 {
			t.Errorf("%s has links %+v", x.UID, x.Links)
		}
	})
}

// TestBroadLists: what gives the same to everybody gives nobody a right, and an early opinion heals.
func TestBroadLists(t *testing.T) {
	w := newWorld(Default())
	for u := range 3 {
		w.call("read.vehicle.list/map", fmt.Sprint("user-", u), 200, "response 1 s[].id station_id CP-0001", "response 2 s[].id station_id CP-0002")
	}
	if l := w.call("chg.start", "user-1", 200, "body -1 s station_id CP-0001").Subjects[0].Linked; l.Confidence < 0.5 {
		t.Errorf("three callers are a household: %+v", l)
	}
	for u := range 60 {
		w.call("read.vehicle.list/map", fmt.Sprint("user-", u), 200, "response 1 s[].id station_id CP-0001", "response 2 s[].id station_id CP-0002")
	}
	if l := w.call("chg.start", "user-1", 200, "body -1 s station_id CP-0001").Subjects[0].Linked; l.Rel != Contact || l.Confidence >= 0.5 {
		t.Errorf("a map gives rights: %+v", l)
	}
	for _, line := range w.show() {
		if strings.Contains(line, ":list") {
			t.Errorf("told: %s", line)
		}
	}
}

// TestSearchIsNoList: a listing that gives its callers ever new assets is a search.
func TestSearchIsNoList(t *testing.T) {
	w := newWorld(Default())
	for i := range 40 {
		for u := range 4 {
			w.call("read.vehicle.list/search", fmt.Sprint("clerk-", u), 200, fmt.Sprintf("response 1 v[].vin vin 5YJ3E1EA7KF%06d", i*4+u))
		}
	}
	if l := w.call("read.vehicle.status", "clerk-1", 200, "path -1 vin vin 5YJ3E1EA7KF000001").Subjects[0].Linked; l.Confidence >= 0.5 {
		t.Errorf("a search gives rights: %+v", l)
	}
}

func TestProofs(t *testing.T) {
	o := Default()
	o.UseCount, o.UseSpan = 3, 2*time.Hour
	w := newWorld(o)
	w.call("life.pair", "u-1", 200, "body -1 vin vin "+vin1)
	if l := w.call("act.wake", "u-1", 200, "body -1 vin vin "+vin1).Subjects[0].Linked; l.Rel != Owner || l.Proof != "pairing" {
		t.Errorf("after pairing: %+v", l)
	}
	w.call("ride.request", "u-2", 200, "body -1 vin vin "+vin1)
	if l := w.call("act.wake", "u-2", 200, "body -1 vin vin "+vin1).Subjects[0].Linked; l.Rel != Renter {
		t.Errorf("after booking: %+v", l)
	}
	for range 3 {
		w.now = w.now.Add(time.Hour)
		w.call("act.wake", "u-3", 200, "body -1 vin vin "+vin1)
	}
	if l := w.call("act.wake", "u-3", 200, "body -1 vin vin "+vin1).Subjects[0].Linked; l.Proof != "use" || l.Confidence < 0.5 {
		t.Errorf("after long use: %+v", l)
	}
	w.call("life.pair", "u-4", 403, "body -1 vin vin "+vin1)
	if l := w.call("act.wake", "u-4", 200, "body -1 vin vin "+vin1).Subjects[0].Linked; l.Confidence >= 0.5 {
		t.Errorf("after a refused pairing: %+v", l)
	}
	if l := w.call("id.recover", "u-4", 200, "path -1 id person_id u-4").Subjects[0].Linked; l.Rel != SelfRel {
		t.Errorf("oneself: %+v", l)
	}
}

func TestRegister(t *testing.T) {
	w := newWorld(Default())
	w.Observe(&waywarden.Record{Kind: waywarden.KindAsset, At: start, Asset: &waywarden.AssetRow{
		Type: waywarden.AssetVehicle, IDs: []waywarden.ID{{Type: waywarden.TypeVIN, Value: vin1}, {Type: waywarden.TypeVehicleID, Value: "88"}},
		Attributes: []waywarden.Attribute{{Name: "model", Value: waywarden.Text("M3")}, {Name: "fleet", Value: waywarden.Text("f-12")}},
		Links:      []waywarden.RegisterLink{{Rel: "owner", Type: waywarden.AssetConsumer, ID: "17", Until: start.Add(time.Hour)}},
	}}, nil)
	// A short number of the register is the same in traffic of any site.
	s := w.call("act.wake", "17", 200, "path -1 id vehicle_id 88")
	if l := s.Subjects[0].Linked; l.Rel != "owner" || l.Proof != "register" || l.Until.IsZero() {
		t.Errorf("link of the register: %+v", l)
	}
	if r, ok := s.Subjects[0].Twin.Reading("model"); !ok || r.Value.Text != "M3" || r.Source != "register" {
		t.Errorf("attribute %+v", r)
	}
	w.now = start.Add(2 * time.Hour)
	if l := w.call("act.wake", "17", 200, "path -1 id vehicle_id 88").Subjects[0].Linked; l.Confidence >= 0.5 {
		t.Errorf("a link that ended: %+v", l)
	}
}

// TestIdentity: what stands in one object is joined; two VINs never are; attacks are no identifiers.
func TestIdentity(t *testing.T) {
	w := newWorld(Default())
	w.call("read.lookup.person_by_vehicle", "d", 200, "path -1 plate plate AB-C 12", "response 0 vin vin "+vin1, "response 0 imei imei 352434573718123")
	w.call("read.lookup.person_by_vehicle", "d", 200, "path -1 plate plate abc12", "response 0 vin vin "+vin2)
	w.call("read.lookup.person_by_vehicle", "d", 200, "path -1 plate plate x' OR '1'='1", "response 0 vin vin "+vin2)
	w.call("read.lookup.person_by_vehicle", "d", 200, "response 1 old vin "+vin1, "response 1 new vin "+vin2, "response 1 id vehicle_id v-99001")
	want := []string{
		"consumer d person_id=d",
		"vehicle " + vin1 + " imei=352434573718123 plate=AB-C 12 vin=" + vin1,
		"vehicle " + vin2 + " vin=" + vin2,
		"vehicle v-99001 vehicle_id=v-99001",
	}
	if d := cmp.Diff(want, w.show()); d != "" {
		t.Error(d)
	}
	if c := w.Counts(); c.Conflicts != 1 || c.Vague == 0 {
		t.Errorf("counts %+v; want one conflict, and vague ones", c)
	}
}

// TestShortNumbers: the same small number of two operators names two assets.
func TestShortNumbers(t *testing.T) {
	w := newWorld(Default())
	w.call("read.vehicle.list", "u-1", 200, "response 1 v[].id vehicle_id 17")
	w.ops["act.wake"] = &waywarden.Operation{ID: "other", Host: "api.rival.example", Function: waywarden.Function{Class: "act.wake"}}
	w.ops["act.wake"].Host = "api.rival.test"
	if s := w.call("act.wake", "u-1", 200, "path -1 id vehicle_id 17"); s.Subjects[0].Linked.Confidence >= 0.5 {
		t.Errorf("vehicle 17 of another site is linked: %+v", s.Subjects[0].Linked)
	}
}

// TestWhoAmI: a session becomes the person its profile names twice, and takes its links along.
func TestWhoAmI(t *testing.T) {
	w := newWorld(Default())
	w.call("read.vehicle.list", "session:1", 200, "response 1 v[].vin vin "+vin1)
	for range whoamiMin {
		w.call("read.person.profile", "session:1", 200, "response 0 id person_id u-1", "response 0 email email a@mail.example")
	}
	w.call("read.vehicle.list", "u-2", 200, "response 1 v[].vin vin "+vin2)
	w.Rename("u-2", "u-9")
	want := []string{
		"consumer u-1 email=a@mail.example person_id=u-1 principal=session:1 user:" + vin1 + ":list",
		"consumer u-2 person_id=u-2 principal=u-9 user:" + vin2 + ":list",
		"vehicle " + vin1 + " vin=" + vin1 + " user:u-1:list",
		"vehicle " + vin2 + " vin=" + vin2 + " user:u-2:list",
	}
	if d := cmp.Diff(want, w.show()); d != "" {
		t.Error(d)
	}
}

// TestSessionsForgotten: a person of many sessions is not known by all of them for ever.
func TestSessionsForgotten(t *testing.T) {
	w := newWorld(Default())
	for i := range 50 {
		s := fmt.Sprint("session:", i)
		for range whoamiMin {
			w.call("read.person.profile", s, 200, "response 0 id person_id u-1")
		}
	}
	want := []string{"consumer u-1 person_id=u-1 principal=session:46 principal=session:47 principal=session:48 principal=session:49"}
	if d := cmp.Diff(want, w.show()); d != "" {
		t.Error(d)
	}
	w.check(t)
}

// TestState: the latest of event time is known, whatever the order; what was never said is unknown.
func TestState(t *testing.T) {
	w := newWorld(Default())
	w.signal(vin1, start, "Vehicle.Speed", waywarden.Number(82))
	s := w.signal(vin1, start.Add(-time.Minute), "Vehicle.Speed", waywarden.Number(7))
	v := s.Subjects[0].Twin
	if r, ok := v.Fresh("Vehicle.Speed", start.Add(10*time.Second), 30*time.Second); !ok || r.Value.Number != 82 || r.Source != "signal" {
		t.Errorf("speed %+v, %v", r, ok)
	}
	if _, ok := v.Fresh("Vehicle.Speed", start.Add(time.Minute), 30*time.Second); ok {
		t.Error("a stale speed is fresh")
	}
	if _, ok := v.Reading("Vehicle.IsMoving"); ok {
		t.Error("what was never said is known")
	}
	if w.Counts().LateReadings != 1 {
		t.Errorf("counts %+v", w.Counts())
	}
}

// TestShrink: at the limit the longest untouched go, counted, and what is left still hangs together.
func TestShrink(t *testing.T) {
	o := Default()
	o.TwinsMax, o.LinksMax = 80, 40
	w := newWorld(o)
	for i := range 200 {
		w.call("read.vehicle.list", fmt.Sprintf("user-%03d", i), 200, fmt.Sprintf("response 1 v[].vin vin 5YJ3E1EA7KF%06d", i))
	}
	if n := w.Len(); n > o.TwinsMax || n < o.TwinsMax/2 {
		t.Errorf("%d twins", n)
	}
	if c := w.Counts(); c.Dropped == 0 || c.LinksDropped == 0 && len(w.links) > o.LinksMax {
		t.Errorf("counts %+v", c)
	}
	if l := w.call("act.wake", "user-199", 200, "path -1 vin vin 5YJ3E1EA7KF000199").Subjects[0].Linked; l.Confidence < 0.5 {
		t.Errorf("the newest link is gone: %+v", l)
	}
	w.check(t)
}

// check holds the slabs together: every list ends, every index leads back.
func (w *world) check(t interface{ Errorf(string, ...any) }) {
	seen := map[int32]int{}
	for e := range w.entities {
		steps := 0
		for i := w.entities[e].ids; i != 0; i = w.idents[i].next {
			if w.idents[i].owner != int32(e) || w.keys.Place(w.idents[i].key) != i {
				t.Errorf("identifier %q of %d leads to %d", w.idents[i].value, e, w.idents[i].owner)
			}
			if steps++; steps > len(w.idents) {
				t.Errorf("identifiers of %d run in a circle", e)
				return
			}
		}
		for i := w.entities[e].links; i != 0; i = w.next(i, int32(e)) {
			seen[i]++
			if l := &w.links[i]; l.party != int32(e) && l.asset != int32(e) || w.pairs.Place(pairKey(l.party, l.asset)) != i {
				t.Errorf("link %d of %d: %+v", i, e, *l)
				return
			}
			if steps++; steps > len(w.links)+len(w.idents) {
				t.Errorf("links of %d run in a circle", e)
				return
			}
		}
	}
	for i, l := range w.links {
		if l.party != 0 && seen[int32(i)] != 2 {
			t.Errorf("link %d hangs on %d ends", i, seen[int32(i)])
		}
	}
	if w.pairs.Len() != len(seen) {
		t.Errorf("%d pairs, %d links", w.pairs.Len(), len(seen))
	}
}

// TestHangsTogether plays any calls, and holds the slabs and determinism.
func TestHangsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type step struct{ kind, user, a, b int }
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{rapid.IntRange(0, 5).Draw(t, "kind"), rapid.IntRange(1, 5).Draw(t, "user"), rapid.IntRange(1, 6).Draw(t, "a"), rapid.IntRange(1, 6).Draw(t, "b")}
		}), 1, 80).Draw(t, "steps")
		o := Default()
		o.TwinsMax, o.LinksMax = rapid.IntRange(8, 40).Draw(t, "twins"), rapid.IntRange(8, 40).Draw(t, "links")
		play := func() *world {
			w := newWorld(o)
			for _, s := range steps {
				u, vin, id := fmt.Sprint("user-", s.user), fmt.Sprintf("vin 5YJ3E1EA7KF%06d", s.a), fmt.Sprint("vehicle_id id-100", s.b)
				switch s.kind {
				case 0:
					w.call("read.vehicle.list", u, 200, "response 1 v[].vin "+vin, "response 1 v[].id "+id)
				case 1:
					w.call("read.vehicle.status", u, 200, "path -1 id "+id, "response 0 vin "+vin)
				case 2:
					w.call("life.pair", u, 200, "body -1 vin "+vin)
				case 3:
					w.call("read.person.profile", "session:"+u, 200, "response 0 id person_id "+u)
				case 4:
					w.Rename("session:"+u, u)
				case 5:
					w.call("read.vehicle.list", "session:"+u, 200, "response 1 v[].id "+id)
				}
			}
			return w
		}
		w := play()
		w.check(t)
		if d := cmp.Diff(w.show(), play().show()); d != "" {
			t.Fatalf("a second run differs: %s", d)
		}
	})
}

// TestVehicleSize: an idle vehicle with four identifiers, eight readings and two links takes at most 1 KiB.
func TestVehicleSize(t *testing.T) {
	const n = 5000
	measure := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := measure()
	w := newWorld(Default())
	for i := range n {
		vin := fmt.Sprintf("5YJ3E1EA7KF%06d", i)
		for _, u := range []string{"owner", "driver"} {
			w.call("read.vehicle.list", fmt.Sprintf("%s-%06d", u, i), 200, "response 1 v[].vin vin "+vin, fmt.Sprintf("response 1 v[].id vehicle_id v-%06d", i),
				fmt.Sprintf("response 1 v[].plate plate AB-C %06d", i), fmt.Sprintf("response 1 v[].imei imei 352434573%06d", i))
		}
		for s := range 8 {
			w.signal(vin, start, fmt.Sprint("Vehicle.Signal", s), waywarden.Number(1))
		}
	}
	after := measure()
	consumers := uint64(2 * n * 220) // the parties themselves: one identifier each
	if per := (after - before - consumers) / n; per > 1024 {
		t.Errorf("%d bytes a vehicle", per)
	} else {
		t.Logf("%d bytes a vehicle", per)
	}
	runtime.KeepAlive(w)
}

// BenchmarkObserve measures an ordinary call: an owner reads the state of the own car.
func BenchmarkObserve(b *testing.B) {
	w := newWorld(Default())
	w.call("read.vehicle.list", "u-1", 200, "response 1 v[].vin vin "+vin1, "response 1 v[].id vehicle_id v-88001")
	for i := range 10 {
		w.signal(vin1, start, fmt.Sprint("Vehicle.Signal", i), waywarden.Number(1))
	}
	leaves := []string{"path -1 id vehicle_id v-88001", "response 0 vin vin " + vin1}
	for i := range 70 {
		leaves = append(leaves, fmt.Sprintf("response 0 f%d - %d", i, i))
	}
	s := w.call("read.vehicle.status", "u-1", 200, leaves...)
	for i := range s.Call.Leaves {
		if s.Call.Leaves[i].Type == "-" {
			s.Call.Leaves[i].Type = ""
		}
	}
	rec, c := s.Record, s.Call
	b.ReportAllocs()
	for b.Loop() {
		w.Observe(rec, c)
	}
}

// BenchmarkSignal measures telemetry.
func BenchmarkSignal(b *testing.B) {
	w := newWorld(Default())
	rec := &waywarden.Record{Kind: waywarden.KindSignal, At: start, Signal: &waywarden.Signal{Vehicle: waywarden.ID{Type: waywarden.TypeVIN, Value: vin1}}}
	for _, n := range slices.Sorted(slices.Values([]string{"Vehicle.Speed", "Vehicle.LowVoltageSystemState", "Vehicle.CurrentLocation.Latitude", "Vehicle.CurrentLocation.Longitude", "Vehicle.TraveledDistance"})) {
		rec.Signal.Values = append(rec.Signal.Values, waywarden.SignalValue{Name: n, Value: waywarden.Number(1)})
	}
	b.ReportAllocs()
	for b.Loop() {
		w.Observe(rec, nil)
	}
}
