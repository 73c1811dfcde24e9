package assumption

import (
	"flag"
	"net/netip"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation page of the detector")

func maker() detect.Maker {
	return New([]Assumption{
		{ID: "A-1", That: InternalOnly, Host: "ops.example", Networks: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, Severity: waywarden.SeverityCritical, Row: "TS-1", Types: []string{"R155:1.2"}},
		{ID: "A-2", That: Authenticated, Host: "api.example", Method: "GET", Template: "/vehicles/{vehicle}/status"},
		{ID: "A-3", That: RejectedInMotion, Template: "/vehicles/{id}/lock"},
		{ID: "A-4", That: RateLimited, Template: "/wake", Limit: 5},
		{ID: "A-5", That: OnlyRole, Template: "/orders/{id}", Roles: []string{"Dealer", "support"}},
	})
}

func TestStories(t *testing.T) { detecttest.Stories(t, []detect.Maker{maker()}) }

func TestDocs(t *testing.T) { detecttest.Docs(t, []detect.Maker{maker()}, *rewrite) }

func BenchmarkAssumption(b *testing.B) { detecttest.Benchmark(b, maker(), detecttest.Read("u1")) }

func TestFits(t *testing.T) {
	for _, c := range []struct {
		template, path string
		want           bool
	}{
		{"/a/{x}/b", "/a/{id}/b", true}, {"/a/{x}/b", "/a/17/b", true}, {"/a/{x}/b", "/a//b", false}, {"/a/{x}", "/a/17/b", false},
		{"/a/{x}/b", "/a/17", false}, {"/a/b", "/a/{x}", false}, {"/", "/", true},
	} {
		if got := fits(c.template, c.path); got != c.want {
			t.Errorf("%s of %s: %v", c.path, c.template, got)
		}
	}
}

func TestRate(t *testing.T) {
	var r rate
	for i := range int64(120) {
		if got := r.count(1000 + i); got != int(min(i+1, 60)) {
			t.Fatalf("second %d: %d", i, got)
		}
	}
	if got := r.count(9000); got != 1 {
		t.Errorf("after a pause: %d", got)
	}
	if got := r.count(8990); got != 2 {
		t.Errorf("of a record that is late: %d", got)
	}
}

// TestOrigin: a proxy within tells from where it forwards; what a caller outside claims counts for nothing.
func TestOrigin(t *testing.T) {
	for _, c := range []struct{ ip, forwarded, want string }{
		{"198.51.100.1", "10.0.0.1", "198.51.100.1"}, {"10.0.0.1", "", "10.0.0.1"}, {"10.0.0.1", "10.2.2.2, 198.51.100.9, 10.0.0.7", "198.51.100.9"},
		{"10.0.0.1", "192.168.1.1", "10.0.0.1"}, {"10.0.0.1", "unknown", "10.0.0.1"},
	} {
		r := &waywarden.Transaction{Client: waywarden.Client{IP: c.ip}}
		r.Request.Headers = waywarden.Headers{{Name: "x-forwarded-for", Value: c.forwarded}}
		if got := origin(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestVehicleRefuses: what the vehicle refuses within its time is no contradiction; what it does not is one within a minute.
func TestVehicleRefuses(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, refuses := range []bool{true, false} {
		e := detect.New(detect.Default(), maker())
		s := detecttest.Read("u1")
		s.Call.Operation.Template, s.Record.HTTP.Status = "/vehicles/{vin}/lock", 202
		s.Subjects[0].Twin.State = []waywarden.Reading{{Name: "Vehicle.Speed", Value: waywarden.Number(80), At: at, Confidence: 1}}
		s.Command = &waywarden.Command{Operation: s.Call.Operation, State: waywarden.CommandAccepted}
		if s.Now = at; len(e.Inspect(s)) != 0 {
			t.Fatal("raised before the vehicle could answer")
		}
		if refuses {
			poll := *s
			poll.Call, poll.Now, poll.Command = nil, at.Add(20*time.Second), &waywarden.Command{Operation: s.Call.Operation, State: waywarden.CommandRejected}
			e.Inspect(&poll)
		}
		found := e.Advance(at.Add(time.Minute))
		if refuses != (len(found) == 0) {
			t.Errorf("refused %v: %d findings", refuses, len(found))
		}
		for _, f := range found {
			if f.At.Sub(at) > time.Minute {
				t.Errorf("raised after %s", f.At.Sub(at))
			}
		}
	}
}
