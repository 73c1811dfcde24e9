package ride

import (
	"flag"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

var makers = []detect.Maker{Converge, Opened}

func TestStories(t *testing.T) { detecttest.Stories(t, makers) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers, *rewrite) }

// TestSpots: places are read however an API writes them.
func TestSpots(t *testing.T) {
	leaf := func(name, value string) waywarden.Leaf {
		return waywarden.Leaf{In: waywarden.InBody, Name: name, Kind: waywarden.ValueNumber, Value: value, Node: -1}
	}
	home := cellAt(48.2, 11.7)
	for name, c := range map[string]struct {
		leaves []waywarden.Leaf
		want   []spot
	}{
		"flat":      {[]waywarden.Leaf{leaf("start_latitude", "48.2"), leaf("start_longitude", "11.7")}, []spot{{pickup, home}}},
		"longitude": {[]waywarden.Leaf{leaf("destination.lng", "11.7"), leaf("destination.lat", "48.2")}, []spot{{destination, home}}},
		"geojson":   {[]waywarden.Leaf{leaf("dropoff.coordinates[]", "11.7"), leaf("dropoff.coordinates[]", "48.2")}, []spot{{destination, home}}},
		"text":      {[]waywarden.Leaf{leaf("from", "48.2, 11.7")}, []spot{{pickup, home}}},
		"none":      {[]waywarden.Leaf{leaf("price", "12.5"), leaf("seats", "2"), leaf("note", "a, b")}, nil},
		"island":    {[]waywarden.Leaf{leaf("pickup.lat", "0"), leaf("pickup.lng", "0")}, nil},
	} {
		got := spots(&waywarden.Call{Leaves: c.leaves}, nil)
		if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if n := len(spots(&waywarden.Call{Leaves: []waywarden.Leaf{leaf("pickup_place_id", "ChIJ"), leaf("dropoff_place_id", "ChIK")}}, nil)); n != 2 {
		t.Errorf("%d named places, want 2", n)
	}
}

func scene(class string, access waywarden.Access) *waywarden.Scene {
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "r", HTTP: &waywarden.Transaction{Method: "POST", Status: 200, Client: waywarden.Client{IP: "192.0.2.1"}}}
	op := &waywarden.Operation{ID: "op", Host: "api.example", Method: "POST", Template: "/rides", Function: waywarden.Function{Class: class}, Access: access}
	c := &waywarden.Call{Record: rec, Operation: op, Success: true, Principal: waywarden.Principal{UID: "u1", Kind: waywarden.PrincipalUser}, Leaves: []waywarden.Leaf{
		{In: waywarden.InBody, Name: "pickup.lat", Value: "48.2"}, {In: waywarden.InBody, Name: "pickup.lng", Value: "11.7"},
	}}
	return &waywarden.Scene{Record: rec, Call: c, Now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
}

func benchmark(b *testing.B, m detect.Maker, s *waywarden.Scene) {
	e := detect.New(detect.Default(), m)
	b.ReportAllocs()
	for b.Loop() {
		s.Now = s.Now.Add(time.Second)
		e.Inspect(s)
	}
}

func BenchmarkConverge(b *testing.B) {
	benchmark(b, Converge, scene("ride.request", waywarden.AccessWrite))
}
func BenchmarkConvergeOther(b *testing.B) {
	benchmark(b, Converge, scene("read.vehicle.status", waywarden.AccessRead))
}

func BenchmarkOpened(b *testing.B) {
	benchmark(b, Opened, scene("act.door.unlock", waywarden.AccessControl))
}
