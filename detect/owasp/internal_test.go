package owasp

import (
	"testing"

	"github.com/waywarden/waywarden"
)

func TestSurfaceOf(t *testing.T) {
	for path, want := range map[string]waywarden.Severity{
		"/actuator/heapdump":                 waywarden.SeverityCritical,
		"/api/1/actuator/env":                waywarden.SeverityCritical,
		"/ACTUATOR/Env/":                     waywarden.SeverityCritical,
		"/actuator/health":                   0,
		"/actuator/health/liveness":          0,
		"/actuator":                          waywarden.SeverityHigh,
		"/debug/pprof/goroutine":             waywarden.SeverityHigh,
		"/debug/vars":                        waywarden.SeverityHigh,
		"/.git/HEAD":                         waywarden.SeverityHigh,
		"/.env":                              waywarden.SeverityCritical,
		"/admin/backup.sql":                  waywarden.SeverityCritical,
		"/files/db_dump.tar.gz":              waywarden.SeverityCritical,
		"/downloads/manual.zip":              0,
		"/certs/server.pem":                  waywarden.SeverityCritical,
		"/metrics":                           waywarden.SeverityLow,
		"/v3/api-docs":                       waywarden.SeverityInformational,
		"/v1/vehicles/5YJ3E1EA7KF000316":     0,
		"/v1/environment":                    0,
		"/v1/vehicles/17/environment-report": 0,
		"/healthz":                           0,
		"/":                                  0,
		"":                                   0,
	} {
		if got := surfaceOf(path).severity; got != want {
			t.Errorf("%q: severity %d, want %d", path, got, want)
		}
	}
}

func TestNumberOf(t *testing.T) {
	number := func(d waywarden.DataType, v string) number { return numberOf(&waywarden.Leaf{Type: d, Value: v}) }
	a, b := number(waywarden.TypeVIN, "5YJ3E1EA2RB313563"), number(waywarden.TypeVIN, "5YJ3E1EA4RB313564")
	if a.around != b.around || b.n != a.n+1 {
		t.Errorf("serials one apart: %+v, %+v", a, b)
	}
	if c := number(waywarden.TypeVIN, "WDB9066A4RB313564"); c.around == b.around {
		t.Error("serials of two makers are compared")
	}
	if x, y := number(waywarden.TypeStationID, "DE*NSC*E681151*1"), number(waywarden.TypeStationID, "DE*NSC*E681152*1"); x.around != y.around || y.n != x.n+1 {
		t.Errorf("stations one apart: %+v, %+v", x, y)
	}
	for _, v := range []string{"", "abc", "a1", "1234567890123456789012"} {
		if n := number(waywarden.TypeVehicleID, v); n.around != 0 {
			t.Errorf("%q is a number: %+v", v, n)
		}
	}
}

// TestNorm: what breaks the norm of the peers, and what does not.
func TestNorm(t *testing.T) {
	for _, c := range []struct {
		name                   string
		m                      norm
		n                      int
		learned, listed, taken bool
		want                   bool
	}{
		{"one object, spotless peers", norm{callers: 80}, 1, true, true, true, true},
		{"one object that is nobody's", norm{callers: 80}, 1, true, true, false, false},
		{"one object, few peers", norm{callers: 40}, 1, true, true, true, false},
		{"two objects, few peers", norm{callers: 40}, 2, true, true, false, true},
		{"two objects where one in ten strays", norm{callers: 100, first: 10}, 2, true, true, true, false},
		{"five objects, own list unknown", norm{callers: 300}, 5, true, false, true, true},
		{"four objects, own list unknown", norm{callers: 300}, 4, true, false, true, false},
		{"many where each has one", norm{callers: 30, first: 30}, 5, true, true, true, true},
		{"many where each has one and nothing is linked", norm{callers: 30, first: 30}, 5, false, true, true, false},
		{"many where another has many", norm{callers: 30, first: 30, second: 1, tail: 1}, 5, true, true, true, false},
		{"dealers", norm{callers: 30, first: 30, second: 30, tail: 30}, 8, true, false, true, false},
	} {
		if got := c.m.broken(c.n, c.learned, c.listed, c.taken); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	m := norm{callers: 2}
	m.pool(norm{callers: 600, first: 60, second: 6})
	if m.callers != 62 || m.first != 6 || m.second < 0.59 || m.second > 0.61 {
		t.Errorf("pooled %+v", m)
	}
}
