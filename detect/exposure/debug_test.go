package exposure

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
