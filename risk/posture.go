package risk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/risk/graph"
)

// An Exposure is an endpoint with all that is known about it.
type Exposure struct {
	*waywarden.Endpoint
	d      *Derivation
	owner  string
	habits habits
}

// A weakness is something about an endpoint that should not be so, whoever calls it.
type weakness struct {
	id       string // "posture:" + id is the finding's type
	owasp    string
	title    string
	fix      string
	once     bool // told once a host, of the first endpoint that shows it
	severity func(e Exposure) waywarden.Severity
	holds    func(e Exposure) (why string, ok bool)
}

// Posture returns the weaknesses of the endpoints of an inventory, in its order, and of the charge points' sockets. The
// report is that of the same inventory; hygiene and evidence may be nil.
// owners say who owns an endpoint; where they say nothing it is the host.
func Posture(inv *waywarden.Inventory, r *Report, h *Hygiene, ev *Evidence, owners Owners) []waywarden.Finding {
	var fs []waywarden.Finding
	told := map[string]bool{} // what is told once a host, and was
	for i := range inv.Endpoints {
		e := Exposure{Endpoint: &inv.Endpoints[i], d: &r.Endpoints[i], owner: owners.of(&inv.Endpoints[i]), habits: h.of(inv.Endpoints[i].ID)}
		for _, w := range weaknesses {
			if (e.Count == 0) != (w.id == "orphan") || w.once && told[w.id+e.Host] {
				continue
			}
			if why, ok := w.holds(e); ok {
				told[w.id+e.Host] = true
				fs = append(fs, w.finding(e, why))
			}
		}
		if e.Count > 0 {
			fs = append(fs, used(e, ev)...)
		}
	}
	return append(fs, socketWeaknesses(ev)...)
}

// finding writes a weakness down.
func (w weakness) finding(e Exposure, why string) waywarden.Finding {
	return waywarden.Finding{
		UID:      "pos-" + strconv.FormatUint(xxh3.HashString(e.ID+"\x00"+w.id), 36),
		Detector: "POS-" + strings.ToUpper(strings.ReplaceAll(w.id, "_", "-")), Analytic: waywarden.AnalyticRule, Activity: waywarden.ActivityCreate,
		At: e.FirstSeen, First: e.FirstSeen, Severity: w.severity(e), Confidence: 90,
		Title: w.title, Desc: graph.Name(e.Endpoint) + ": " + why + ".", Types: []string{w.owasp, "posture:" + w.id}, Respond: w.fix,
		Resources: []waywarden.Resource{{Type: waywarden.AssetEndpoint, UID: e.ID}},
		Facts:     []waywarden.Fact{{Name: w.id, Observed: why}, {Name: "owner", Observed: e.owner}},
	}
}

func always(s waywarden.Severity) func(Exposure) waywarden.Severity {
	return func(Exposure) waywarden.Severity { return s }
}

// byReach raises a severity by one for an endpoint that controls something.
func byReach(s waywarden.Severity) func(Exposure) waywarden.Severity {
	return func(e Exposure) waywarden.Severity {
		if e.Access == waywarden.AccessControl {
			return min(s+1, waywarden.SeverityCritical)
		}
		return s
	}
}

func drifted(e Exposure) (string, bool) {
	if len(e.Drift) == 0 {
		return "", false
	}
	d := e.Drift[0]
	return fmt.Sprintf("%d differences, the first: %s %s %s", len(e.Drift), strings.ReplaceAll(d.Kind, "_", " "), d.In, d.Name), true
}

func weakToken(e Exposure) (string, bool) {
	h := &e.habits
	switch {
	case h.tokenNone > 0:
		return fmt.Sprintf("%d calls were served with an unsigned token", h.tokenNone), true
	case h.tokenURL > 0:
		return fmt.Sprintf("%d calls carried their token in the URL", h.tokenURL), true
	case h.tokenLong > 0:
		return fmt.Sprintf("tokens hold up to %s", h.tokenLife.Round(time.Hour)), true
	}
	return "", false
}

// guessesMin is how many failed attempts within a minute show that nothing slows guessing down: NIST SP 800-63B allows 100
// for one account in all.
const guessesMin = 30

// unlimitedGuessing looks at functions that take what can be guessed: a code, or a name with a password. A token cannot.
func unlimitedGuessing(e Exposure) (string, bool) {
	if e.habits.throttled > 0 || !slices.Contains(issuing, e.Function.Class) {
		return "", false
	}
	short := slices.ContainsFunc(e.Parameters, func(p waywarden.Parameter) bool {
		return p.In == "body" && (p.DataType == waywarden.TypeOTP || p.DataType == waywarden.TypePIN || p.DataType == waywarden.TypeEmail || p.DataType == waywarden.TypePhone)
	})
	return fmt.Sprintf("%d failed attempts in one minute, and nobody was told to wait", e.habits.guesses), short && e.habits.guesses >= guessesMin
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
	if e.Authentication.Required == "always" || e.Authentication.Required == "" || slices.Contains(issuing, e.Function.Class) {
		return "", false
	}
	if e.Access == waywarden.AccessControl && e.Function.Confidence >= 0.72 {
		return "it controls (" + e.Function.Class + ") and answered without a credential", true
	}
	if e.Function.Class == "ops.debug" && debugging(e) {
		return "an operations surface answered without a credential", true
	}
	for _, p := range e.Parameters {
		if p.In == "response" && sensitive[p.DataType] && !asked(e, p.DataType) {
			return fmt.Sprintf("it answered with %s (%s) without a credential", p.DataType, p.Name), true
		}
	}
	return "", false
}

// asked says whether the request itself names a value of the type: its return tells nothing new.
func asked(e *waywarden.Endpoint, t waywarden.DataType) bool {
	return slices.ContainsFunc(e.Parameters, func(p waywarden.Parameter) bool {
		return p.DataType == t && p.In != "response" && p.In != "header" && p.In != "cookie"
	})
}

// told maps types to the kinds that over-exposure is judged by.
var told = map[waywarden.DataType]string{
	waywarden.TypeNameAddress: "person", waywarden.TypeEmail: "person", waywarden.TypePhone: "person",
	waywarden.TypeVIN: "thing", waywarden.TypePlate: "thing", waywarden.TypeIMEI: "thing", waywarden.TypeICCID: "thing",
	waywarden.TypeLocation: "place", waywarden.TypeTripHistory: "place", waywarden.TypeStationID: "station",
	waywarden.TypeKeyMaterial: "secret", waywarden.TypeIDTag: "secret", waywarden.TypeCloudSecret: "secret", waywarden.TypePIN: "secret",
}

// overexposed says whether an answer joins what should stand apart: people with places, people with their vehicles for
// whoever looks one up, credentials of others, people or stations' identities for the public. A person's own profile, and
// what the request named itself, is no over-exposure; nor is what a debug surface tells, which is a weakness of its own.
func overexposed(e Exposure) (string, bool) {
	class := e.Function.Class
	if personal(class) {
		return "", false
	}
	field := fields(e.Endpoint)
	public := e.Authentication.Required == "never" || e.Authentication.Required == "mixed"
	if public && asked(e.Endpoint, waywarden.TypeStationID) {
		delete(field, "station")
	}
	lookup := strings.HasPrefix(class, "read.lookup") || class == "adm.export"
	for _, j := range joints {
		here := (!j.public || public) && (!j.lookup || lookup || public)
		if !here || field[j.kinds[0]] == "" || field[j.kinds[1]] == "" {
			continue
		}
		return fmt.Sprintf("%s (%s)", j.say, strings.Join(slices.Compact([]string{field[j.kinds[0]], field[j.kinds[1]]}), ", ")), true
	}
	return "", false
}

// personal says whether a function is there to tell callers of themselves or of those they share with; what a debug surface
// tells is a weakness of its own.
func personal(class string) bool {
	return slices.Contains(issuing, class) || class == "read.person.profile" || class == "ops.debug" || strings.HasPrefix(class, "life.")
}

// fields returns the first field that tells each kind.
func fields(e *waywarden.Endpoint) map[string]string {
	out := map[string]string{}
	for _, p := range e.Parameters {
		if kind := told[p.DataType]; kind != "" && p.In == "response" && out[kind] == "" {
			out[kind] = p.Name
		}
	}
	return out
}

// joints are what should not stand in one answer, the gravest first.
var joints = []struct {
	kinds          [2]string
	public, lookup bool // only for who has no credential; only where somebody or everything is looked up
	say            string
}{
	{[2]string{"person", "place"}, false, false, "it tells who somebody is together with where"},
	{[2]string{"person", "thing"}, false, true, "it tells who somebody is by a vehicle"},
	{[2]string{"person", "person"}, true, false, "it tells anybody who somebody is"},
	{[2]string{"secret", "secret"}, false, false, "it gives a credential of others"},
	{[2]string{"station", "station"}, true, false, "it gives anybody the identities of charging stations"},
}

// benignOps are operations endpoints meant to be asked by anybody.
var benignOps = []string{"health", "healthz", "livez", "readyz", "ping", "status", "version", "alive", "ready"}

func debugging(e *waywarden.Endpoint) bool {
	last := strings.ToLower(e.Template[strings.LastIndexByte(e.Template, '/')+1:])
	return !slices.Contains(benignOps, last)
}

func debugExposed(e Exposure) (string, bool) {
	if e.Function.Class != "ops.debug" || !debugging(e.Endpoint) {
		return "", false
	}
	for status, n := range e.Statuses {
		if strings.HasPrefix(status, "2") && n > 0 {
			return fmt.Sprintf("answered %s %d times", status, n), true
		}
	}
	return "", false
}

func secretInURL(e Exposure) (string, bool) {
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
