package risk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// A weakness is something about an endpoint that should not be so, whoever calls it.
type weakness struct {
	id       string // "posture:" + id is the finding's type
	owasp    string
	title    string
	fix      string
	severity func(e *waywarden.Endpoint) waywarden.Severity
	holds    func(e *waywarden.Endpoint) (why string, ok bool)
}

// weaknesses is the list of what is looked for, in the order it is reported.
var weaknesses = []weakness{
	{
		id: "shadow", owasp: "API9:2023", title: "Endpoint is served but not in the specification",
		fix:      "Document the endpoint, or take it out of service.",
		severity: byReach(waywarden.SeverityMedium),
		holds: func(e *waywarden.Endpoint) (string, bool) {
			return "no given specification of the host has it", slices.Contains(e.Status, "shadow")
		},
	},
	{
		id: "zombie", owasp: "API9:2023", title: "Deprecated or old version is still served",
		fix:      "Move the remaining callers to the current version and take this one out of service.",
		severity: byReach(waywarden.SeverityMedium),
		holds: func(e *waywarden.Endpoint) (string, bool) {
			return fmt.Sprintf("%d calls to a version that is deprecated or has a successor", e.Count), slices.Contains(e.Status, "zombie")
		},
	},
	{
		id: "no_authentication", owasp: "API2:2023", title: "Data or control without authentication",
		fix:      "Require a credential, and check that it may act on the object.",
		severity: byReach(waywarden.SeverityHigh),
		holds:    unauthenticated,
	},
	{
		id: "debug_exposed", owasp: "API8:2023", title: "Debug or operations surface is reachable",
		fix:      "Serve it on an internal address only.",
		severity: func(*waywarden.Endpoint) waywarden.Severity { return waywarden.SeverityHigh },
		holds:    debugExposed,
	},
	{
		id: "get_side_effect", owasp: "API8:2023", title: "GET changes something",
		fix:      "Use POST: links, prefetching and caches repeat a GET at will.",
		severity: byReach(waywarden.SeverityMedium),
		holds: func(e *waywarden.Endpoint) (string, bool) {
			return "a GET whose function is " + e.Function.Class, e.Method == "GET" && e.Access == waywarden.AccessControl && e.Function.Confidence >= 0.6
		},
	},
	{
		id: "secret_in_url", owasp: "API8:2023", title: "Secret in the URL",
		fix:      "Send it in a header or the body: URLs end up in logs, histories and referrers.",
		severity: byReach(waywarden.SeverityMedium),
		holds:    secretInURL,
	},
}

// Posture returns the weaknesses of the endpoints of an inventory, in its order.
func Posture(inv *waywarden.Inventory) []waywarden.Finding {
	var fs []waywarden.Finding
	for i := range inv.Endpoints {
		e := &inv.Endpoints[i]
		if e.Count == 0 {
			continue
		}
		for _, w := range weaknesses {
			if why, ok := w.holds(e); ok {
				fs = append(fs, w.finding(e, why))
			}
		}
	}
	return fs
}

func (w weakness) finding(e *waywarden.Endpoint, why string) waywarden.Finding {
	return waywarden.Finding{
		UID:      "pos-" + strconv.FormatUint(xxh3.HashString(e.ID+"\x00"+w.id), 36),
		Detector: "POS-" + strings.ToUpper(strings.ReplaceAll(w.id, "_", "-")), Analytic: waywarden.AnalyticRule, Activity: waywarden.ActivityCreate,
		At: e.FirstSeen, First: e.FirstSeen, Severity: w.severity(e), Confidence: 90,
		Title: w.title, Desc: name(e) + ": " + why + ".", Types: []string{w.owasp, "posture:" + w.id}, Respond: w.fix,
		Resources: []waywarden.Resource{{Type: waywarden.AssetEndpoint, UID: e.ID}},
		Facts:     []waywarden.Fact{{Name: w.id, Observed: why}},
	}
}

func name(e *waywarden.Endpoint) string {
	s := e.Method + " " + e.Host + e.Template
	if e.Discriminator != nil {
		s += " " + e.Discriminator.Name + "=" + e.Discriminator.Value
	}
	return s
}

// byReach raises a severity by one for an endpoint that controls something.
func byReach(s waywarden.Severity) func(*waywarden.Endpoint) waywarden.Severity {
	return func(e *waywarden.Endpoint) waywarden.Severity {
		if e.Access == waywarden.AccessControl {
			return min(s+1, waywarden.SeverityCritical)
		}
		return s
	}
}

// sensitive are the data types nobody should be given unasked who they are. Identifiers of public things, such as a
// charging station on a map, are not among them.
var sensitive = map[waywarden.DataType]bool{
	waywarden.TypeVIN: true, waywarden.TypePlate: true, waywarden.TypeIMEI: true, waywarden.TypeICCID: true, waywarden.TypePersonID: true,
	waywarden.TypeEmail: true, waywarden.TypePhone: true, waywarden.TypeNameAddress: true, waywarden.TypeTripHistory: true,
	waywarden.TypeKeyMaterial: true, waywarden.TypeIDTag: true, waywarden.TypeEMAID: true, waywarden.TypeCloudSecret: true, waywarden.TypePIN: true,
}

// issuing are the functions that are called before there is a credential.
var issuing = []string{"id.login", "id.mfa", "id.recover", "id.register", "id.consent"}

func unauthenticated(e *waywarden.Endpoint) (string, bool) {
	if e.Authentication.Required == "always" || e.Authentication.Required == "" || slices.Contains(issuing, e.Function.Class) || strings.HasPrefix(e.Function.Class, "ride.feed_public") {
		return "", false
	}
	if e.Access == waywarden.AccessControl && e.Function.Confidence >= 0.6 {
		return "it controls (" + e.Function.Class + ") and answered without a credential", true
	}
	if e.Function.Class == "ops.debug" && debugging(e) {
		return "an operations surface answered without a credential", true
	}
	for _, p := range e.Parameters {
		if p.In == "response" && sensitive[p.DataType] {
			return fmt.Sprintf("it answered with %s (%s) without a credential", p.DataType, p.Name), true
		}
	}
	return "", false
}

// benignOps are operations endpoints meant to be asked by anybody.
var benignOps = []string{"health", "healthz", "livez", "readyz", "ping", "status", "version", "alive", "ready"}

func debugging(e *waywarden.Endpoint) bool {
	last := strings.ToLower(e.Template[strings.LastIndexByte(e.Template, '/')+1:])
	return !slices.Contains(benignOps, last)
}

func debugExposed(e *waywarden.Endpoint) (string, bool) {
	if e.Function.Class != "ops.debug" || !debugging(e) {
		return "", false
	}
	for status, n := range e.Statuses {
		if strings.HasPrefix(status, "2") && n > 0 {
			return fmt.Sprintf("answered %s %d times", status, n), true
		}
	}
	return "", false
}

func secretInURL(e *waywarden.Endpoint) (string, bool) {
	for _, p := range e.Parameters {
		if p.In != "query" && p.In != "path" {
			continue
		}
		switch p.DataType {
		case waywarden.TypeAccessToken, waywarden.TypeRefreshToken, waywarden.TypePIN, waywarden.TypeOTP, waywarden.TypeResetToken, waywarden.TypeCloudSecret, waywarden.TypeKeyMaterial:
			return fmt.Sprintf("the %s parameter %s carries %s", p.In, p.Name, p.DataType), true
		}
	}
	return "", false
}
