package charging

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Bounds of the time for which a silent socket counts as live. It is two and a half times what its station usually
// takes between two words; a station taken down for another to be put up is silent for longer than the upper one.
const (
	liveMin = 15 * time.Minute
	liveMax = time.Hour
)

// turnMin is how long after the newer socket opened the older one must speak for it to count: what was under way before
// a reconnect arrives within it.
const turnMin = 10 * time.Second

// A line is a socket of a station.
type line struct {
	connection   uint64 // 0 for none
	ip           string
	since, heard time.Time
	proof        proof
	other        identity // who it said it is, where that is not the station
	raised       bool
	ev           []waywarden.Evidence
}

// A pair is the two sockets of a station that were not closed, and who the station is.
type pair struct {
	old, now line
	who      identity
	proof    proof         // the best it gave
	gap      time.Duration // between two words, learned
	swaps    int           // times the older socket spoke after the newer did
	newer    bool          // the newer spoke last
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
		Desc: `Raised when a second socket opens for a station from another network, the first was not closed, and one of these is so:

- the second boots as another device (another vendor, or model and serial number both different) while the first was heard of within two and a half of its usual intervals (at least 15 minutes, at most an hour);
- the second boots as another device without the password that the station gave before;
- the second booted as another device, and the first speaks again ten seconds or more after;
- both keep speaking: the older one speaks twice more, in turn with the newer.

The interval is learned from the station. After an honest reconnect the old socket is silent and the device is the same, so a new address alone raises nothing, however long the old socket stays half open. Stations that one device pretends to be are one finding.`,
		Silent: []string{
			"a reconnect from a new address with the old socket half open: a restarted router, a second SIM card",
			"a reconnect after a close", "two sockets from one site's network",
			"a station replaced by another device hours after the old one was switched off",
			"firmware that is new: neither model nor serial number change",
		},
		Respond: "Close both sockets, renew the station's credentials, and check the sessions and meter values since the second one opened.",
	}
}

func (*socket) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames} }

func (d *socket) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil || f.Connection == "" {
		return
	}
	opened := f.Event == waywarden.SocketOpen && f.Handshake.Status == 101
	if !opened && f.Event != waywarden.SocketClose && (f.Event != waywarden.SocketNone || !f.Inbound) {
		return
	}
	p := d.stations.At(detect.Key(f.Station))
	c := detect.Key(f.Connection)
	if f.Event == waywarden.SocketClose {
		for _, l := range [...]*line{&p.old, &p.now} {
			if l.connection == c {
				*l = line{}
			}
		}
		return
	}
	p.heard(s, f, c)
	if f.Action == "BootNotification" && c == p.now.connection {
		p.boot(bootOf(f))
	}
	if why := p.twice(s.Now); why != "" {
		d.raise(s, f, p, why, out)
	}
}

// heard notes that a socket opened or spoke.
func (p *pair) heard(s *waywarden.Scene, f *waywarden.Frame, c uint64) {
	switch c {
	case p.now.connection:
		p.learn(s.Now.Sub(p.now.heard))
		p.now.heard, p.newer = s.Now, true
	case p.old.connection:
		p.old.heard = s.Now
		if p.newer && s.Now.Sub(p.now.since) >= turnMin {
			p.swaps++
		}
		p.newer = false
	default:
		if p.now.connection != 0 && (p.old.connection == 0 || apart(p.now.ip, f.Client.IP)) {
			if p.old = p.now; p.old.other.known() && !p.old.raised {
				p.who = p.old.other // it took the station's place in peace: the device was replaced
			}
		}
		p.now = line{connection: c, ip: own(f.Client.IP), since: s.Now, heard: s.Now, proof: proofOf(f), ev: []waywarden.Evidence{detect.Keep(s)}}
		p.swaps, p.newer = 0, false
		if p.old.connection == 0 {
			p.proof = max(p.proof, p.now.proof)
		}
	}
}

// learn takes a gap into the usual one: fast towards longer ones, slowly towards shorter ones, for a burst of messages
// around a charging session says nothing of how long a station may be silent.
func (p *pair) learn(gap time.Duration) {
	if gap > p.gap {
		p.gap += (gap - p.gap) / 2
		return
	}
	p.gap -= (p.gap - gap) / 16
}

// boot notes who the newer socket says it is.
func (p *pair) boot(who identity) {
	switch {
	case !who.known():
	case p.old.connection != 0 && p.who.other(who):
		p.now.other = who
	default:
		p.who = who
	}
}

// twice says why the station is there twice, "" if it is not known to be.
func (p *pair) twice(now time.Time) string {
	if p.old.connection == 0 || p.now.connection == 0 || !apart(p.old.ip, p.now.ip) {
		return ""
	}
	switch other := p.now.other.known(); {
	case p.swaps >= 2:
		return "both speak in turn"
	case other && p.swaps > 0:
		return "the second one says it is another device, " + p.now.other.String() + ", and the first still speaks"
	case other && p.proof == proofPassword && p.now.proof == proofNone:
		return "the second one says it is another device, " + p.now.other.String() + ", and gave no password where the station always had"
	case other && within(p.old.heard, now, min(max(p.gap*5/2, liveMin), liveMax)):
		return "the second one says it is another device, " + p.now.other.String()
	}
	return ""
}

func (d *socket) raise(s *waywarden.Scene, f *waywarden.Frame, p *pair, why string, out *detect.Output) {
	group := "at " + detect.Prefix(p.now.ip)
	if p.now.other.known() {
		group = "as " + p.now.other.String()
	}
	ev := detect.Keep(s)
	if last := p.now.ev[len(p.now.ev)-1]; last.Record != ev.Record {
		p.now.ev = append(p.now.ev, ev)
	}
	out.Raise(&detect.Report{
		Group: group, Subject: f.Station, Severity: waywarden.SeverityCritical, Confidence: 90, Evidence: p.now.ev, First: p.now.since,
		Title:     "Second socket for live station " + f.Station,
		Desc:      "Station " + f.Station + " is connected from " + p.old.ip + ", and a second socket with its identity speaks from " + p.now.ip + ": " + why + ".",
		Resources: charger(f.Station),
		Facts:     []waywarden.Fact{{Name: "addresses of live sockets", Observed: p.old.ip + ", " + p.now.ip, Normal: "one"}},
	})
	p.now.ev, p.now.raised = []waywarden.Evidence{ev}, true
}
