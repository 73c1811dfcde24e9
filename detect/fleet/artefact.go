package fleet

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Artefact makes OTA-001: an update from a place that updates never came from.
func Artefact(m *detect.Memory) detect.Detector {
	return &artefact{
		places: detect.NewTable[struct{}](m, "OTA-001 places of updates", 1<<10),
		hosts:  detect.NewTable[places](m, "OTA-001 hosts that name them", 1<<8),
	}
}

type artefact struct {
	places *detect.Table[struct{}] // host of the interface and domain of the place
	hosts  *detect.Table[places]
}

// places is how many updates an interface named a place of, and how many different places.
type places struct{ uses, domains int32 }

// Bounds of what is known.
const (
	usesMin    = 5 // updates with a place before a new place stands out
	domainsMax = 4 // domains beyond which updates come from anywhere
)

func (d *artefact) Card() detect.Card {
	return detect.Card{
		ID: "OTA-001", Title: "Update from an unknown place", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API5:2023", "API8:2023", "API7:2023", "R155:12.1"}, Needs: detect.InputCalls | detect.InputRequestBodies, Helped: detect.InputResponseBodies,
		Desc: `Raised when a request that installs an update or sets up a campaign is accepted with an address of the package on a domain from which this interface never had updates fetched, though it named places at least five times before and at most four domains. It is critical when the address is bare (no name) or not encrypted, and high otherwise.

What answers name as the place of packages is known, too. Another host of a known domain is known. A place that was raised is never learned. There is no register of releases to hold hashes and campaign numbers against; the place is what traffic shows.`,
		Silent:  []string{"a roll-out from the usual place", "another host of the vendor's domain", "the first places that are ever named", "interfaces that fetch from anywhere"},
		Respond: "Stop the campaign, compare the package with the release, and find which account named the place.",
	}
}

func (*artefact) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted, Areas: []string{"ota"}}
}

func (d *artefact) Inspect(s *waywarden.Scene, out *detect.Output) {
	if !accepted(s) || !strings.HasPrefix(s.Call.Operation.Function.Class, "ota.") {
		return
	}
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		if l.Type != waywarden.TypeArtefactURL && !strings.Contains(l.Value, "://") {
			continue
		}
		u, err := url.Parse(l.Value)
		if err != nil || u.Hostname() == "" {
			continue
		}
		d.judge(s, l, u, out)
	}
}

func (d *artefact) judge(s *waywarden.Scene, l *waywarden.Leaf, u *url.URL, out *detect.Output) {
	host := strings.ToLower(u.Hostname())
	_, err := netip.ParseAddr(host)
	bare := err == nil
	key := detect.Key(s.Call.Operation.Host, detect.Domain(host, bare))
	n := d.hosts.At(detect.Key(s.Call.Operation.Host))
	known := d.places.Peek(key) != nil
	asked := l.In != waywarden.InResponse && !detect.Reads(s.Call)
	if known || !asked || n.uses < usesMin || n.domains > domainsMax {
		n.uses++
		if !known {
			n.domains++
			d.places.At(key)
		}
		return
	}
	severity := waywarden.SeverityHigh
	if bare || u.Scheme == "http" || u.Scheme == "ftp" {
		severity = waywarden.SeverityCritical
	}
	out.Raise(&detect.Report{
		Group: host, Severity: severity, Confidence: 85, Title: "Update from unknown place " + host,
		Desc:      detect.Who(s) + " had " + detect.What(s.Call.Operation) + " accepted with a package on " + host + ", a domain from which this interface never had updates fetched.",
		Operation: s.Call.Operation, Principal: s.Call.Principal, Resources: detect.Assets(s),
		Facts: []waywarden.Fact{{Name: "place of the package", Observed: host, Normal: "one of " + detect.Itoa(n.domains) + " domains known from " + detect.Itoa(n.uses) + " packages"}},
	})
}
