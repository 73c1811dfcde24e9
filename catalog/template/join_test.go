package template

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// endpoints learns calls and returns the canonical templates that answers show to exist.
func endpoints(calls []Sample) []string {
	l := New(Default())
	for _, s := range calls {
		l.Template(l.Observe(s))
		l.Folds(nil)
	}
	var all []string
	for _, t := range l.Templates() {
		if t.Evidenced {
			all = append(all, canonicalText(t.Text))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("templates %q, want %q", got, want)
	}
}

// TestTwins: words that no API knows, followed by the same known literals, are values of one parameter.
func TestTwins(t *testing.T) {
	var calls []Sample
	for i := range 40 {
		for _, tenant := range []string{"clamwick", "sextonby", "brambley"} {
			for _, below := range []string{"company", "appointments", "allocations", "users", "branches", "reports", "settings"} {
				calls = append(calls, Sample{Method: "GET", Path: "/v3/diary/" + tenant + "/" + below, Status: 200})
			}
		}
		calls = append(calls, Sample{Method: "GET", Path: fmt.Sprintf("/v3/health/%d", i), Status: 200})
	}
	got := endpoints(calls)
	if slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "clamwick") }) {
		t.Errorf("the tenants are told apart: %q", got)
	}
}

// TestCollections: known words that identifiers follow are collections, however alike they are.
func TestCollections(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // reproducible, not secret
	names := []string{"users", "teams", "user-accounts", "team-members", "transport-email", "transport-sms", "roles", "webhooks", "schedules", "alerts"}
	var calls []Sample
	var want []string
	for _, n := range names {
		want = append(want, "/api/"+n, "/api/"+n+"/{}")
		for range 30 {
			calls = append(calls, Sample{Method: "POST", Path: "/api/" + n, Status: 201})
			for _, m := range []string{"GET", "PATCH", "DELETE"} {
				calls = append(calls, Sample{Method: m, Path: "/api/" + n + "/" + letters(r, "0123456789abcdefGHJKLMNPQRSTuvwxyz", 22), Status: 200})
			}
		}
	}
	r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	same(t, endpoints(calls), want...)
}

// TestFunctionsStayApart: whatever is pooled beside them, actions are never merged.
func TestFunctionsStayApart(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // reproducible, not secret
	for _, actions := range [][]string{
		{"lock", "unlock", "honk", "flash"}, {"oeffnen", "schliessen", "hupen"}, {"engine-start", "engine-stop"}, {"avaa", "sulje", "kaynnista"},
	} {
		var calls []Sample
		var want []string
		for _, a := range actions {
			want = append(want, "/v1/vehicles/{}/commands/"+a)
			for range 40 {
				vin := "WVWZZZ1KZ" + letters(r, digits, 8)
				calls = append(calls, Sample{Method: "POST", Path: "/v1/vehicles/" + vin + "/commands/" + a, Status: 202})
			}
		}
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		same(t, endpoints(calls), want...)
	}
}

// TestSystemResources: what begins with a dollar is OData's own, not a key.
func TestSystemResources(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // reproducible, not secret
	var calls []Sample
	for range 60 {
		calls = append(calls, Sample{Method: "GET", Path: "/odata/Cars/" + letters(r, "0123456789abcdef", 24), Status: 200},
			Sample{Method: "GET", Path: "/odata/Cars/$count", Status: 200})
	}
	same(t, endpoints(calls), "/odata/Cars/$count", "/odata/Cars/{}")
}

// TestFileNames: suffixes of which each value has one only are part of file names; such of which it has several are
// representations.
func TestFileNames(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8)) //nolint:gosec // reproducible, not secret
	var files, forms []Sample
	for i := range 40 {
		name := letters(r, "abcdefghijklmnopqrstuvwxyz", 9)
		files = append(files, Sample{Method: "GET", Path: "/v1/exports/" + name + []string{".json", ".csv"}[i%2], Status: 200})
		id := fmt.Sprint(10000 + r.IntN(90000))
		for _, form := range []string{"", ".json", ".csv"} {
			forms = append(forms, Sample{Method: "GET", Path: "/v1/trips/" + id + form, Status: 200})
		}
	}
	same(t, endpoints(forms), "/v1/trips/{}", "/v1/trips/{}.csv", "/v1/trips/{}.json")
	same(t, endpoints(files), "/v1/exports/{}")
}
