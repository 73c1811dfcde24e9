package charging

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
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
		Desc: `Raised when a station is told to fetch firmware from, or send logs to, a host that the back office did not use before for that purpose. It is critical when the host is a bare address, the transfer is unencrypted or carries a password in the address, and high otherwise.

The first host of each purpose is learned in silence, with two exceptions: a loopback or link-local address, and firmware from a bare public address without encryption. A host with the domain of a known one is known. A host that was raised is never learned.`,
		Silent:  []string{"a planned roll-out from the known host", "another host of the vendor's domain"},
		Respond: "Cancel the update, check the stations' firmware signature and log, and find which account of the back office sent it.",
	}
}

// locations is where OCPP 1.6 and 2.x say where to fetch from or send to.
type locations struct {
	Location string `json:"location"`
	Firmware struct {
		Location string `json:"location"`
	} `json:"firmware"`
	Log struct {
		RemoteLocation string `json:"remoteLocation"`
	} `json:"log"`
}

func (d *location) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil || f.Inbound || f.Action == "" {
		return
	}
	purpose := 0
	switch f.Action {
	case "UpdateFirmware", "SignedUpdateFirmware", "PublishFirmware":
	case "GetDiagnostics", "GetLog":
		purpose = 1
	default:
		return
	}
	var l locations
	if !parse(f, &l) {
		return
	}
	for _, text := range [...]string{l.Location, l.Firmware.Location, l.Log.RemoteLocation} {
		if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
			d.judge(f, u, purpose, out)
		}
	}
}

func (d *location) judge(f *waywarden.Frame, u *url.URL, purpose int, out *detect.Output) {
	host := strings.ToLower(u.Hostname())
	addr, err := netip.ParseAddr(host)
	bare := err == nil
	inside := host == "localhost" || inward(addr)
	key := detect.Key([...]string{"firmware", "log"}[purpose], site(host, bare))
	if !inside && d.known.Peek(key) != nil {
		return
	}
	open := u.Scheme == "http" || u.Scheme == "ftp"
	odd := bare && open && purpose == 0 && !addr.IsPrivate()
	if d.learnt[purpose] == 0 && !inside && !odd {
		*d.known.At(key) = true
		d.learnt[purpose]++
		return
	}
	out.Raise(&detect.Report{
		Group: purposeOf(purpose) + host, Subject: f.Station, Severity: graver(inside || bare || open || u.User != nil), Confidence: 85,
		Title:     "Stations sent to unknown host " + host,
		Desc:      "The back office sent " + f.Action + " with a location on " + host + " (" + u.Scheme + "), which it never used for this before.",
		Resources: charger(f.Station),
		Facts:     []waywarden.Fact{{Name: "location host", Observed: host, Normal: "a host used before"}},
	})
}

// inward says whether an address reaches nobody but the machine itself and its link; the zero address does not.
func inward(a netip.Addr) bool { return a.IsLoopback() || a.IsLinkLocalUnicast() }

// graver is critical for a location that no vendor would choose, else high.
func graver(odd bool) waywarden.Severity {
	if odd {
		return waywarden.SeverityCritical
	}
	return waywarden.SeverityHigh
}

func purposeOf(purpose int) string { return [...]string{"firmware ", "log "}[purpose] }

// site returns the domain of a host: its last two labels, or three where the second is a short one ("co.uk").
func site(host string, bare bool) string {
	if bare {
		return host
	}
	l := strings.Split(host, ".")
	n := 2
	if len(l) > 2 && len(l[len(l)-2]) <= 3 {
		n = 3
	}
	return strings.Join(l[max(len(l)-n, 0):], ".")
}
