package charging

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// liveFor is how long a socket counts as live after its station last spoke: OCPP's heartbeats are rarely further apart.
const liveFor = time.Hour

type line struct {
	connection, ip string
	since, heard   time.Time
}

// A pair is the two latest sockets of a station, and who it said it is.
type pair struct {
	old, now line
	vendor   string
	swaps    int // times the older socket spoke after the newer did
	newer    bool
}

type socket struct{ stations *detect.Table[pair] }

// Socket makes CHG-003: a second socket for the identity of a live station.
func Socket(m *detect.Memory) detect.Detector {
	return &socket{detect.NewTable[pair](m, "CHG-003 stations", stationsMax)}
}

func (d *socket) Card() detect.Card {
	return detect.Card{
		ID: "CHG-003", Title: "Two live sockets for one station", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API2:2023", "R155:6.2", "R155:16.1"}, Needs: detect.InputOCPP,
		Desc: `Raised when a second socket opens for a station from another network while the first is live (it spoke within the hour and was not closed), and either the second one boots as another vendor, or both keep speaking: the older one speaks twice more, in turn with the newer, ten seconds or more after that opened.

After a reconnect the old socket is silent, so a new address alone raises nothing.`,
		Silent:  []string{"a reconnect from a new address with the old socket half open", "a reconnect after a close", "two sockets from one site's network"},
		Respond: "Close both sockets, renew the station's credentials, and check the sessions and meter values since the second one opened.",
	}
}

func (d *socket) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil || f.Connection == "" {
		return
	}
	p := d.stations.At(detect.Key(f.Station))
	switch {
	case f.Event == waywarden.SocketClose:
		for _, l := range [...]*line{&p.old, &p.now} {
			if l.connection == f.Connection {
				*l = line{}
			}
		}
	case f.Event == waywarden.SocketOpen && f.Handshake.Status == 101, f.Event == waywarden.SocketNone && f.Inbound:
		d.heard(s, f, p, out)
	}
}

func (d *socket) heard(s *waywarden.Scene, f *waywarden.Frame, p *pair, out *detect.Output) {
	switch f.Connection {
	case p.now.connection:
		p.now.heard, p.newer = s.Now, true
	case p.old.connection:
		p.old.heard = s.Now
		if p.newer && s.Now.Sub(p.now.since) >= 10*time.Second {
			p.swaps++
		}
		p.newer = false
	default:
		p.old = p.now
		p.now = line{strings.Clone(f.Connection), strings.Clone(f.Client.IP), s.Now, s.Now}
		p.swaps, p.newer = 0, false
	}
	other := p.another(f)
	live := p.old.connection != "" && within(p.old.heard, s.Now, liveFor) && apart(p.old.ip, p.now.ip)
	if !live || p.swaps < 2 && (!other || f.Connection != p.now.connection) {
		return
	}
	out.Raise(&detect.Report{
		Group: p.now.ip, Subject: f.Station, Severity: waywarden.SeverityCritical, Confidence: 90,
		Title:     "Second socket for a live station from " + p.now.ip,
		Desc:      "Station " + f.Station + " is connected from " + p.old.ip + ", and a second socket with its identity speaks from " + p.now.ip + ".",
		Resources: charger(f.Station),
		Facts:     []waywarden.Fact{{Name: "addresses of live sockets", Observed: p.old.ip + ", " + p.now.ip, Normal: "one"}},
	})
}

// another says whether a boot notification names another vendor than the one before.
func (p *pair) another(f *waywarden.Frame) bool {
	if f.Action != "BootNotification" {
		return false
	}
	vendor := vendorOf(f)
	if vendor == "" {
		return false
	}
	if p.vendor != "" && !strings.EqualFold(vendor, p.vendor) {
		return true
	}
	p.vendor = vendor
	return false
}

// vendorOf returns the vendor a boot notification of OCPP 1.6 or 2.x names.
func vendorOf(f *waywarden.Frame) string {
	var b struct {
		Vendor  string `json:"chargePointVendor"`
		Station struct {
			Vendor string `json:"vendorName"`
		} `json:"chargingStation"`
	}
	if !parse(f, &b) {
		return ""
	}
	return b.Vendor + b.Station.Vendor
}
