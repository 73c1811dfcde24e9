package payload

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
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

Every field of path, query and body is looked at, whatever its name: webhook, callback, response_url, image, firmware or log location. It is critical for the metadata service and for the schemes.`,
		Silent: []string{
			"callers on a private network, who name their own hosts",
			"a redirect to a program on the user's own machine during sign-in (RFC 8252)",
			"fields in which several callers send such addresses: it is what they are for",
			"what the server refuses",
		},
		Respond: "Remove the registration, allow only resolved public addresses and known hosts, and block the metadata service from application servers.",
	}
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
		if len(l.Value) < 7 || l.In == waywarden.InHeader || l.In == waywarden.InCookie {
			continue
		}
		if why, grave := inward(l.Value); why != "" {
			d.judge(s, l, why, grave, out)
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

// inward says what is wrong with a value that is an address, "" for nothing, and whether it is grave.
func inward(v string) (why string, grave bool) {
	scheme, rest, ok := strings.Cut(v, "://")
	if !ok {
		if scheme, rest, ok = strings.Cut(v, ":"); !ok || !strings.EqualFold(scheme, "jar") && !strings.EqualFold(scheme, "netdoc") {
			return "", false
		}
		rest = strings.TrimLeft(rest, "/")
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ws", "wss", "ftp", "ftps", "sftp", "":
	case "file", "gopher", "dict", "ldap", "ldaps", "jar", "netdoc", "phar", "expect", "tftp", "redis", "php":
		return "of a scheme that makes the server read files or speak other protocols", true
	default:
		return "", false
	}
	return inwardHost(hostOf(rest))
}

// hostOf returns the host of what follows the scheme, without user, port, path and brackets, in lower case.
func hostOf(rest string) string {
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		rest = rest[:i]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if after, ok := strings.CutPrefix(rest, "["); ok {
		host, _, _ := strings.Cut(after, "]")
		return host
	}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		rest = rest[:i]
	}
	return strings.ToLower(strings.TrimSuffix(rest, "."))
}

func inwardHost(host string) (why string, grave bool) {
	if a, disguised, ok := addressOf(host); ok {
		return inwardAddress(a, disguised)
	}
	switch host {
	case "":
		return "", false
	case "localhost":
		return "the machine itself", false
	case "metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal", "metadata.azure.internal", "metadata.tencentyun.com":
		return "the cloud's metadata service", true
	}
	for _, end := range [...]string{".localhost", ".internal", ".local", ".localdomain", ".intranet", ".lan", ".corp", ".home.arpa", ".svc", ".cluster.local"} {
		if strings.HasSuffix(host, end) {
			return "a name of an internal network", false
		}
	}
	for _, end := range [...]string{".nip.io", ".sslip.io", ".xip.io", ".localtest.me"} { // names that stand for any address
		if strings.HasSuffix(host, end) {
			return "a name that stands for an internal address", false
		}
	}
	if strings.IndexByte(host, '.') < 0 && plain(host) {
		return "a name without a domain", false
	}
	return "", false
}

// plain says whether a text is a host's label.
func plain(host string) bool {
	for _, c := range []byte(host) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func inwardAddress(a netip.Addr, disguised bool) (why string, grave bool) {
	a = a.Unmap()
	switch {
	case a == netip.AddrFrom4([4]byte{169, 254, 169, 254}), a == netip.AddrFrom4([4]byte{100, 100, 100, 200}), a.String() == "fd00:ec2::254":
		return "the cloud's metadata service", true
	case a.IsLoopback(), a.IsUnspecified():
		return "the machine itself", false
	case a.IsLinkLocalUnicast():
		return "an address of the local link", false
	case a.IsPrivate():
		return "an address of a private network", false
	case disguised:
		return "an IP address in disguise", false
	}
	return "", false
}

// addressOf reads an IP address as resolvers do (inet_aton): one to four numbers, each decimal, octal or hexadecimal.
// It says whether it was written in another way than four decimal numbers.
func addressOf(host string) (a netip.Addr, disguised, ok bool) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a, false, true
	}
	if host == "" || host[0] < '0' || host[0] > '9' {
		return netip.Addr{}, false, false
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false, false
	}
	var v uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 0, 32)
		if err != nil {
			return netip.Addr{}, false, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false, false
			}
			v |= n << (24 - 8*i)
			continue
		}
		if n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false, false
		}
		v |= n
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), true, true
}
