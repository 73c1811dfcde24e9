package charging

import (
	"bytes"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/internal/inward"
)

type location struct {
	known  *detect.Table[bool]
	learnt [2]int // known hosts for firmware, for logs
}

// Location makes CHG-012: firmware, log or diagnostics exchanged with a host off the learned ones.
func Location(m *detect.Memory) detect.Detector {
	return &location{known: detect.NewTable[bool](m, "CHG-012 hosts", hostsMax)}
}

func (d *location) Card() detect.Card {
	return detect.Card{
		ID: "CHG-012", Title: "Firmware or log location off the known hosts", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API7:2023", "API5:2023", "R155:12.1", "R155:5.1"}, Needs: detect.InputOCPP,
		Desc: `Raised in two ways:

- A station is told to fetch firmware from, or send logs to, a host that the back office did not use before for that purpose. It is critical when the host is a bare address, the transfer is unencrypted or carries a password in the address, and high otherwise. The first host of each purpose is learned in silence, unless it is a bare public address without encryption that firmware comes from. A host with the domain of a known one is known. A host that was raised is never learned.
- An address in a message of either side leads inside: to the machine itself or its local link, to the cloud's metadata service, to an address in disguise (decimal, octal, hexadecimal, mapped into IPv6, a name that stands for an address), or by a scheme that reads files or speaks other protocols. Critical. Looked at are the locations of firmware, diagnostics and logs, the address of the back office, settings, and what a station sends for the back office to call: the OCSP responder of a certificate, and its own data.

Addresses of private networks are ordinary here: stations and their servers often share one.`,
		Silent: []string{
			"a planned roll-out from the known host", "another host of the vendor's domain", "a file server in the operator's private network, once known",
			"a re-homing to another encrypted address (CHG-013 looks at those)",
		},
		Respond: "Cancel the update, check the stations' firmware signature and log, and find which account of the back office sent it. Let servers resolve and call known hosts alone.",
	}
}

// locations is where OCPP 1.6 and 2.x say where to fetch from, send to or ask.
type locations struct {
	Location string `json:"location"`
	Firmware struct {
		Location string `json:"location"`
	} `json:"firmware"`
	Log struct {
		RemoteLocation string `json:"remoteLocation"`
	} `json:"log"`
	Network struct {
		URL string `json:"ocppCsmsUrl"`
	} `json:"connectionData"`
	Value string `json:"value"`
	Set   []struct {
		Value string `json:"attributeValue"`
	} `json:"setVariableData"`
	Data   any        `json:"data"`
	Hashes []hashData `json:"iso15118CertificateHashData"`
	OCSP   hashData   `json:"ocspRequestData"`
}

type hashData struct {
	Responder string `json:"responderURL"`
}

func (*location) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames} }

func (d *location) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil || f.Action == "" {
		return
	}
	purpose := -1
	switch f.Action {
	case "UpdateFirmware", "SignedUpdateFirmware", "PublishFirmware":
		purpose = 0
	case "GetDiagnostics", "GetLog":
		purpose = 1
	case "SetNetworkProfile", "SetVariables", "ChangeConfiguration", "DataTransfer", "GetCertificateStatus":
	case "Authorize":
		if !bytes.Contains(f.Payload, []byte("responderURL")) {
			return
		}
	default:
		return
	}
	var l locations
	if !parse(f, &l) {
		return
	}
	for _, text := range [...]string{l.Location, l.Firmware.Location, l.Log.RemoteLocation} {
		if d.inside(f, text, out) || purpose < 0 || f.Inbound {
			continue
		}
		if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
			d.judge(f, u, purpose, out)
		}
	}
	d.others(f, &l, out)
}

// others looks at the addresses that are not for firmware or logs.
func (d *location) others(f *waywarden.Frame, l *locations, out *detect.Output) {
	d.inside(f, l.Network.URL, out)
	d.inside(f, l.Value, out)
	d.inside(f, l.OCSP.Responder, out)
	for i := range l.Set {
		d.inside(f, l.Set[i].Value, out)
	}
	for i := range l.Hashes {
		d.inside(f, l.Hashes[i].Responder, out)
	}
	if text, ok := l.Data.(string); ok {
		d.inside(f, text, out)
	} else if fields, ok := l.Data.(map[string]any); ok {
		for _, k := range slices.Sorted(maps.Keys(fields)) {
			if text, ok := fields[k].(string); ok {
				d.inside(f, text, out)
			}
		}
	}
}

// inside judges an address that leads inside.
func (d *location) inside(f *waywarden.Frame, text string, out *detect.Output) bool {
	kind, why := inward.Look(text)
	if kind <= inward.Private {
		return false
	}
	if len(text) > 100 {
		text = text[:100] + "…"
	}
	who := "The back office"
	if f.Inbound {
		who = "Station " + f.Station
	}
	out.Raise(&detect.Report{
		Group: "inside " + text, Subject: f.Station, Severity: waywarden.SeverityCritical, Confidence: 90,
		Title:     "Address that leads inside in " + f.Action,
		Desc:      who + " sent " + f.Action + " with the address " + text + " (station " + f.Station + "). It is " + why + ".",
		Resources: charger(f.Station),
		Facts:     []waywarden.Fact{{Name: "address", Observed: text, Normal: "a host on the internet or in the operator's network"}},
	})
	return true
}

func (d *location) judge(f *waywarden.Frame, u *url.URL, purpose int, out *detect.Output) {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	addr, err := netip.ParseAddr(host)
	bare := err == nil
	key := detect.Key([...]string{"firmware", "log"}[purpose], detect.Domain(host, bare))
	if d.known.Peek(key) != nil {
		return
	}
	open := u.Scheme == "http" || u.Scheme == "ftp"
	odd := bare && open && purpose == 0 && !addr.IsPrivate()
	if d.learnt[purpose] == 0 && !odd {
		*d.known.At(key) = true
		d.learnt[purpose]++
		return
	}
	out.Raise(&detect.Report{
		Group: purposeOf(purpose) + host, Subject: f.Station, Severity: graver(bare || open || u.User != nil), Confidence: 85,
		Title:     "Stations sent to unknown host " + host,
		Desc:      "The back office sent " + f.Action + " with a location on " + host + " (" + u.Scheme + "), which it never used for this before.",
		Resources: charger(f.Station),
		Facts:     []waywarden.Fact{{Name: "location host", Observed: host, Normal: "a host used before"}},
	})
}

// graver is critical for a location that no vendor would choose, else high.
func graver(odd bool) waywarden.Severity {
	if odd {
		return waywarden.SeverityCritical
	}
	return waywarden.SeverityHigh
}

func purposeOf(purpose int) string { return [...]string{"firmware ", "log "}[purpose] }
