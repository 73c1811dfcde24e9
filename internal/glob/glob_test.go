package glob

import "testing"

// TestMatch holds globs of hosts, classes and templates.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		glob, v string
		want    bool
	}{
		{"act.*", "act.door.unlock", true}, {"act.*", "read.x", false}, {"*", "", true}, {"*.example", "a.b.example", true}, {"*.example", "example", false},
		{"a*b*c", "axxbyyc", true}, {"a*b*c", "axxcyyb", false}, {"a*a", "a", false}, {"", "", true},
	} {
		if got := Match(c.glob, c.v); got != c.want {
			t.Errorf("%s %s: %v", c.glob, c.v, got)
		}
	}
	for _, c := range []struct {
		glob, template string
		want           bool
	}{
		{"/v1/vehicles/{id}/lock", "/v1/vehicles/{vin}/lock", true}, {"/v1/*/*/lock", "/v1/vehicles/{vin}/lock", true}, {"/**/lock", "/v1/vehicles/{vin}/lock", true},
		{"/v1/**", "/v1", true}, {"/v1/**", "/v2/x", false}, {"/v*/vehicles", "/v12/vehicles", true}, {"/v1/vehicles", "/v1/vehicles/{vin}", false}, {"/v1/{id}", "/v1/me", false},
	} {
		if got := Path(c.glob, c.template); got != c.want {
			t.Errorf("%s %s: %v", c.glob, c.template, got)
		}
	}
}
