package charging

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// returnMax is how long after a station's identity changed its return still counts as the same affair.
const returnMax = 24 * time.Hour

// A drifting is who a station was when it last booted, and before that.
type drifting struct {
	who, before identity
	changed     time.Time
	ev          []waywarden.Evidence // of the change
	network     string               // of the device it was before
	ip          string               // of the present socket
	proof, best proof                // of the present socket; the best of the device
	connection  uint64               // of the present socket, 0 once it was closed
	beside      bool                 // the present socket opened beside one that was not closed
}

type drift struct{ stations *detect.Table[drifting] }

// Drift makes CHG-004: a station that is another device than it was.
func Drift(m *detect.Memory) detect.Detector {
	return &drift{detect.NewTable[drifting](m, "CHG-004 stations", stationsMax)}
}

func (d *drift) Card() detect.Card {
	return detect.Card{
		ID: "CHG-004", Title: "Station identity used by another device", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule,
		Types: []string{"API2:2023", "R155:6.2", "R155:20.2"}, Needs: detect.InputOCPP,
		Desc: `Raised when a station boots as another device (another vendor, or model and serial number both different) than before, and either

- it comes from another network without the password that the station gave before, or
- within a day the former device boots again: a device that was replaced does not come back.

Every other change of device is noted as information: hardware is replaced, and the work order says so. A device that shows up while the socket of the former one is open from another network is CHG-003's.`,
		Silent: []string{
			"a station replaced by another device", "a firmware update", "a new SIM card: the address changes, the device does not",
			"a boot notification that leaves out the serial number",
		},
		Respond: "Renew the station's credentials, require client certificates, and void the sessions the foreign device reported.",
	}
}

func (*drift) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames} }

func (d *drift) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil || f.Connection == "" {
		return
	}
	opened := f.Event == waywarden.SocketOpen && f.Handshake.Status == 101
	if !opened && f.Event != waywarden.SocketClose && f.Action != "BootNotification" {
		return
	}
	st := d.stations.At(detect.Key(f.Station))
	c := detect.Key(f.Connection)
	switch {
	case f.Event == waywarden.SocketClose:
		if st.connection == c {
			st.connection = 0
		}
	case opened:
		st.open(f, c)
	case f.Inbound:
		if st.connection != c {
			st.open(f, c)
		}
		d.boot(s, f, st, out)
	}
}

// open notes a new socket.
func (st *drifting) open(f *waywarden.Frame, c uint64) {
	st.beside = st.connection != 0 && apart(st.ip, f.Client.IP)
	st.connection, st.ip, st.proof = c, own(f.Client.IP), proofOf(f)
}

func (d *drift) boot(s *waywarden.Scene, f *waywarden.Frame, st *drifting, out *detect.Output) {
	who := bootOf(f)
	if !who.known() || st.beside {
		return
	}
	if !st.who.other(who) {
		if st.best = max(st.best, st.proof); who.serial == "" {
			who.serial = st.who.serial
		}
		st.who, st.network = who, detect.Prefix(st.ip)
		return
	}
	r := detect.Report{
		Group: "as " + who.String(), Subject: f.Station, Severity: waywarden.SeverityInformational, Confidence: 60,
		Title:     "Station " + f.Station + " is another device",
		Desc:      "Station " + f.Station + " was " + st.who.String() + " and now says that it is " + who.String(),
		Resources: charger(f.Station),
		Facts:     []waywarden.Fact{{Name: "device", Observed: who.String() + " " + who.serial, Normal: st.who.String() + " " + st.who.serial}},
	}
	switch returned := st.before.known() && !st.before.other(who) && within(st.changed, s.Now, returnMax); {
	case returned:
		r.Group, r.Severity, r.Confidence = "as "+st.who.String(), waywarden.SeverityHigh, 85
		r.Title = "Station " + f.Station + " was impersonated"
		r.Desc = "A device that said it is " + st.who.String() + " used the identity of station " + f.Station + ", and then the station itself, " + who.String() + ", came back"
		r.Evidence, r.First = append(st.ev, detect.Keep(s)), st.changed
	case st.best == proofPassword && st.proof == proofNone && st.network != detect.Prefix(st.ip):
		r.Severity, r.Confidence = waywarden.SeverityHigh, 85
		r.Title = "Station " + f.Station + " impersonated"
		r.Desc += ", from another network and without the password that the station gave before"
	default:
		r.Desc += ". If it was not replaced, somebody uses its identity"
		st.best = st.proof
	}
	r.Desc += "."
	out.Raise(&r)
	st.before, st.who, st.changed, st.network = st.who, who, s.Now, detect.Prefix(st.ip)
	st.ev = []waywarden.Evidence{detect.Keep(s)}
}
