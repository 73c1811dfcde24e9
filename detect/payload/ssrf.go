package payload

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/internal/inward"
)

// InwardURL makes INV-005: an address in a request that leads the server inside.
func InwardURL(m *detect.Memory) detect.Detector {
	return &inwardURL{fields: detect.NewTable[customs](m, "INV-005 fields with addresses", 1<<13)}
}

type inwardURL struct{ fields *detect.Table[customs] }

// customs is who sends what kind of address in a field.
type customs struct {
	inward uint8 // different callers that sent an inward one and were not reported …
	who    [customsMin]uint64
}

const customsMin = 3 // … from which it is what the field is for

func (d *inwardURL) Card() detect.Card {
	return detect.Card{
		ID: "INV-005", Title: "Address in a request leads inside (SSRF)", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API7:2023", "R155:1.2", "R155:29.2"},
		Needs: detect.InputCalls, Helped: detect.InputRequestBodies,
		Desc: `Raised when a field of a request that was accepted holds an address that a caller from outside has no business with: the machine itself (loopback), the cloud's metadata service (169.254.169.254 and its names), link-local and private networks, names without a domain or below .internal, .local and the like, an IP address in decimal, octal or hexadecimal disguise, or a scheme that makes the server read files or speak other protocols (file, gopher, dict, ldap, jar and others).

Every field of path, query and body is looked at, whatever its name: webhook, callback, response_url, image, firmware or log location; also inside JSON, XML or base64 in a text, percent-encoded, and with slashes missing or leaning the other way. Of header fields, which proxies fill as well, only the worst counts. It is critical for the metadata service and for the schemes.`,
		Silent: []string{
			"callers on a private network, who name their own hosts",
			"a redirect to a program on the user's own machine during sign-in (RFC 8252)",
			"fields in which several callers send such addresses: it is what they are for",
			"what the server refuses",
		},
		Respond: "Remove the registration, allow only resolved public addresses and known hosts, and block the metadata service from application servers.",
	}
}

func (*inwardURL) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted}
}

func (d *inwardURL) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Record.HTTP == nil {
		return
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			return
		}
		if len(l.Value) < 7 || l.In == waywarden.InCookie {
			continue
		}
		kind, why := inward.Find(l.Value)
		// Proxies put inner addresses into fields of their own: of a header field only the worst counts.
		if kind != inward.None && (kind >= inward.Metadata || l.In != waywarden.InHeader) {
			d.judge(s, l, why, kind >= inward.Metadata, out)
			return
		}
	}
}

func (d *inwardURL) judge(s *waywarden.Scene, l *waywarden.Leaf, why string, grave bool, out *detect.Output) {
	c := s.Call
	if detect.Inside(s.Record.HTTP.Client.IP) || !grave && detect.Proves(c.Operation.Function.Class) {
		return
	}
	f := d.fields.At(detect.Key(c.Operation.ID, l.Name))
	if !grave && f.inward >= customsMin {
		return
	}
	who := detect.Key(detect.Caller(s))
	if f.inward < customsMin && (f.inward == 0 || f.who[f.inward-1] != who) {
		f.who[f.inward] = who
		f.inward++
	}
	value := l.Value
	if len(value) > 100 {
		value = value[:100] + "…"
	}
	r := detect.Report{
		Group: detect.Caller(s) + " " + c.Operation.ID, Severity: waywarden.SeverityHigh, Confidence: 90, Operation: c.Operation, Principal: c.Principal,
		Title: "Address that leads inside accepted by " + detect.What(c.Operation),
		Desc: detect.Who(s) + " sent " + value + " in the field " + l.Name + " of " + detect.What(c.Operation) + ", which was accepted. It is " + why +
			": the server would call it from inside and can be made to read what nobody outside may.",
		Facts: []waywarden.Fact{{Name: l.Name, Observed: value, Normal: "an address on the internet"}},
	}
	if grave {
		r.Severity = waywarden.SeverityCritical
	}
	out.Raise(&r)
}
