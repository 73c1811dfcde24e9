package risk

import (
	"fmt"
	"maps"
	"slices"

	"github.com/waywarden/waywarden"
)

// weaknesses is the list of what is looked for, in the order it is reported.
var weaknesses = []weakness{
	{
		id: "shadow", owasp: "API9:2023", title: "Endpoint is served but not in the specification", severity: byReach(waywarden.SeverityMedium),
		fix: "Document the endpoint, or take it out of service.",
		holds: func(e Exposure) (string, bool) {
			return "no given specification of the host has it", slices.Contains(e.Status, "shadow")
		},
	},
	{
		id: "zombie", owasp: "API9:2023", title: "Deprecated or old version is still served", severity: byReach(waywarden.SeverityMedium),
		fix: "Move the remaining callers to the current version and take this one out of service.",
		holds: func(e Exposure) (string, bool) {
			return fmt.Sprintf("%d calls to a version that is deprecated or has a successor", e.Count), slices.Contains(e.Status, "zombie")
		},
	},
	{
		id: "orphan", owasp: "API9:2023", title: "Documented endpoint that nobody calls", severity: always(waywarden.SeverityInformational),
		fix:   "Take it out of service if nobody needs it: what is not used is not watched.",
		holds: func(Exposure) (string, bool) { return "the specification has it, traffic does not", true },
	},
	{
		id: "spec_drift", owasp: "API9:2023", title: "Traffic differs from the specification", severity: always(waywarden.SeverityLow),
		fix: "Correct the specification, or the service.", holds: drifted,
	},
	{
		id: "no_authentication", owasp: "API2:2023", title: "Data or control without authentication", severity: byReach(waywarden.SeverityHigh),
		fix:   "Require a credential, and check that it may act on the object.",
		holds: func(e Exposure) (string, bool) { return unauthenticated(e.Endpoint) },
	},
	{
		id: "excessive_data", owasp: "API3:2023", title: "Answers tell more than their purpose needs", severity: always(waywarden.SeverityMedium),
		fix: "Leave out what the caller does not need; give positions coarser and people by reference.", holds: overexposed,
	},
	{
		id: "debug_exposed", owasp: "API8:2023", title: "Debug or operations surface is reachable", severity: always(waywarden.SeverityHigh),
		fix: "Serve it on an internal address only.", holds: debugExposed,
	},
	{
		id: "get_side_effect", owasp: "API8:2023", title: "GET changes something", severity: byReach(waywarden.SeverityMedium),
		fix: "Use POST: links, prefetching and caches repeat a GET at will.",
		holds: func(e Exposure) (string, bool) {
			return "a GET whose function is " + e.Function.Class, e.Method == "GET" && e.Access == waywarden.AccessControl && e.Function.Confidence >= 0.72
		},
	},
	{
		id: "secret_in_url", owasp: "API8:2023", title: "Secret in the URL", severity: byReach(waywarden.SeverityMedium),
		fix: "Send it in a header or the body: URLs end up in logs, histories and referrers.", holds: secretInURL,
	},
	{
		id: "vin_in_url", owasp: "API8:2023", title: "Vehicle identification number in the URL", severity: always(waywarden.SeverityInformational),
		fix: "Name vehicles by an opaque id: a VIN in a URL ends up in every log on the way and is personal data.",
		holds: func(e Exposure) (string, bool) {
			return fmt.Sprintf("%d calls with a VIN in path or query", e.habits.vinInURL), e.habits.vinInURL > 0
		},
	},
	{
		id: "weak_token", owasp: "API2:2023", title: "Weak token practice", severity: always(waywarden.SeverityMedium),
		fix: "Sign tokens, let access tokens expire within hours, and keep them out of URLs (RFC 9700).", holds: weakToken,
	},
	{
		id: "predictable_ids", owasp: "API1:2023", title: "Running numbers name objects", severity: always(waywarden.SeverityLow), once: true,
		fix: "Use random identifiers, and check each time that the caller may act on the object.",
		holds: func(e Exposure) (string, bool) {
			span, ok := e.habits.ids.sequential(e.d.Observed.ObjectsMost + e.Principals)
			return fmt.Sprintf("all identifiers are numbers within a range of %.0f", span), ok
		},
	},
	{
		id: "no_rate_limit", owasp: "API4:2023", title: "Guessing is not slowed down", severity: always(waywarden.SeverityMedium),
		fix: "Limit attempts per account and per address, and answer 429.", holds: unlimitedGuessing,
	},
	{
		id: "verbose_error", owasp: "API8:2023", title: "Errors tell how the service is built", severity: always(waywarden.SeverityLow),
		fix: "Answer with an error id, and keep traces in the log.",
		holds: func(e Exposure) (string, bool) {
			return fmt.Sprintf("%d error answers with a trace (%s)", e.habits.traces, e.habits.trace), e.habits.traces > 0
		},
	},
	{
		id: "version_told", owasp: "API8:2023", title: "Answers tell the version of the server", severity: always(waywarden.SeverityInformational), once: true,
		fix: "Leave the version out of the Server and X-Powered-By fields.",
		holds: func(e Exposure) (string, bool) {
			return e.habits.versionSay, e.habits.inVersion > 0
		},
	},
	{
		id: "permissive_cors", owasp: "API8:2023", title: "Any site may read answers with the caller's credentials", severity: byReach(waywarden.SeverityMedium),
		fix: "Allow the origins of your own front ends by name.",
		holds: func(e Exposure) (string, bool) {
			return fmt.Sprintf("%d answers allow %s with credentials", e.habits.anyOrigin, e.habits.origin), e.habits.anyOrigin > 0
		},
	},
	{
		id: "no_tls", owasp: "API8:2023", title: "Served without encryption", severity: byReach(waywarden.SeverityMedium),
		fix: "Serve it over TLS alone.",
		holds: func(e Exposure) (string, bool) {
			return fmt.Sprintf("%.0f %% of calls were not encrypted where the sensor stands", 100*e.habits.share(e.habits.clear)), e.habits.clear > 0 && e.Authentication.Required != "never"
		},
	},
	{
		id: "insecure_cookie", owasp: "API8:2023", title: "Session cookie without HttpOnly and Secure", severity: always(waywarden.SeverityLow),
		fix: "Set HttpOnly, Secure and SameSite.",
		holds: func(e Exposure) (string, bool) {
			return "the cookie " + e.habits.cookie, e.habits.looseSet > 0
		},
	},
	{
		id: "cacheable_private", owasp: "API8:2023", title: "Personal answers may be kept by shared caches", severity: always(waywarden.SeverityMedium),
		fix: "Answer with Cache-Control: no-store or private.",
		holds: func(e Exposure) (string, bool) {
			return fmt.Sprintf("%d answers to signed-in callers are marked public", e.habits.cacheable), e.habits.cacheable > 0 && e.Authentication.Required == "always"
		},
	},
}

// actives are the weaknesses that show only when somebody uses them: what a finding of a class of the OWASP API Security Top
// 10 says of the endpoint it cites.
var actives = []struct {
	owasp string
	write bool // only where it changes something
	weakness
}{
	{"API1:2023", false, weakness{id: "broken_object_auth", title: "Gives objects that are not the caller's", fix: "Check on each call that the caller may act on the object it names."}},
	{"API3:2023", true, weakness{id: "mass_assignment", title: "Takes fields that callers must not set", fix: "Accept the fields by name that a caller may set, and refuse others."}},
	{"API4:2023", false, weakness{id: "no_rate_limit", title: "Use is not limited", fix: "Limit calls per caller and per object."}},
	{"API5:2023", false, weakness{id: "broken_function_auth", title: "Gives functions that are not the caller's", fix: "Check the role of the caller on each call, and refuse by default."}},
	{"API6:2023", false, weakness{id: "broken_business_flow", title: "A flow of business can be misused", fix: "Ask for the proof that the flow rests on, such as presence at the vehicle, and limit its use."}},
	{"API7:2023", false, weakness{id: "ssrf", title: "Follows addresses that callers give", fix: "Allow addresses by name, and refuse what leads inside."}},
}

// used returns the weaknesses that findings saw used.
func used(e Exposure, ev *Evidence) []waywarden.Finding {
	var fs []waywarden.Finding
	for _, a := range actives {
		n := ev.usedAs(e.ID, a.owasp)
		if n <= 0 || a.write && e.Method == "GET" {
			continue
		}
		w := a.weakness
		w.owasp, w.severity = a.owasp, byReach(waywarden.SeverityHigh)
		fs = append(fs, w.finding(e, fmt.Sprintf("%d findings saw it used", n)))
	}
	return fs
}

// sockets are the weaknesses of how charge points are let in, by security profile.
var sockets = []struct {
	profile string
	weakness
}{
	{profileNone, weakness{
		id: "ocpp_no_authentication", owasp: "API2:2023", title: "Charge points are let in on their identity alone", severity: always(waywarden.SeverityHigh),
		fix: "Move the stations to security profile 2 or 3 (OCPP security white paper): a password each at least, better a certificate.",
	}},
	{profilePassword, weakness{
		id: "ocpp_password", owasp: "API2:2023", title: "Charge points prove themselves with a password", severity: always(waywarden.SeverityInformational),
		fix: "Move the stations to security profile 3, and see that no two share a password.",
	}},
}

// stationsShown bounds the stations that one weakness names.
const stationsShown = 1000

// socketWeaknesses returns how charge points are let in that should not be so.
func socketWeaknesses(ev *Evidence) []waywarden.Finding {
	if ev == nil {
		return nil
	}
	var fs []waywarden.Finding
	for _, s := range sockets {
		var in []waywarden.Resource
		n := 0
		for _, id := range slices.Sorted(maps.Keys(ev.stations)) {
			if ev.stations[id].profile != s.profile {
				continue
			}
			if n++; n <= stationsShown {
				in = append(in, waywarden.Resource{Type: waywarden.AssetCharger, UID: id})
			}
		}
		if n == 0 {
			continue
		}
		f := s.finding(Exposure{Endpoint: &waywarden.Endpoint{ID: "ocpp"}}, fmt.Sprintf("%d stations", n))
		f.Desc, f.Resources, f.At = fmt.Sprintf("%s: %d stations.", s.title, n), in, ev.stations[in[0].UID].at
		f.First = f.At
		f.Facts = f.Facts[:1]
		fs = append(fs, f)
	}
	return fs
}
