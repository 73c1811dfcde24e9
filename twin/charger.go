package twin

import (
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/ocpp"
	"github.com/waywarden/waywarden/twin/evse"
)

// Names of a charger's state. VSS has none for chargers; these follow the state model of domain/statemodels.yaml. What an
// EVSE or a connector has stands below Charger.Evse.N and Charger.Connector.N (OCPP 1.6, where the connector is all there
// is) or Charger.Evse.N.Connector.M (2.x).
const (
	chargerSocket        = "Charger.Socket" // ONLINE, OFFLINE or DUPLICATE
	chargerConnection    = "Charger.Socket.Connection"
	chargerAddress       = "Charger.Socket.Address"
	chargerProtocol      = "Charger.Protocol" // OCPP version
	chargerVendor        = "Charger.Vendor"
	chargerModel         = "Charger.Model"
	chargerFirmware      = "Charger.FirmwareVersion"
	chargerSerial        = "Charger.SerialNumber"
	chargerICCID         = "Charger.Iccid"
	chargerIMSI          = "Charger.Imsi"
	chargerMeterType     = "Charger.Meter.Type"
	chargerMeterSerial   = "Charger.Meter.SerialNumber"
	chargerBootReason    = "Charger.Boot.Reason"
	chargerRegistration  = "Charger.Registration"  // Accepted, Pending or Rejected
	chargerHeartbeat     = "Charger.LastHeartbeat" // unix seconds
	chargerInterval      = "Charger.HeartbeatInterval"
	chargerSkew          = "Charger.ClockSkew" // seconds that the station's clock is behind at most
	chargerStatus        = "Charger.Status"
	chargerUpdate        = "Charger.Firmware.Status"
	chargerUpdateFrom    = "Charger.Firmware.Location"
	chargerLog           = "Charger.Log.Status"
	chargerLogTo         = "Charger.Log.Location"
	chargerEvent         = "Charger.Security.Event"
	chargerPassword      = "Charger.Security.Password"          // the handshake carried one (HTTP Basic)
	chargerTLS           = "Charger.Security.TLS"               // the socket is encrypted where it was seen
	chargerCertificate   = "Charger.Security.ClientCertificate" // the station showed one
	chargerProfile       = "Charger.Security.Profile"           // 0 to 3, as the socket shows it
	chargerProfileSet    = "Charger.Security.ProfileSet"        // 0 to 3, as the back office set it
	chargerListVersion   = "Charger.LocalList.Version"
	chargerConfig        = "Charger.Config."
	chargerRated         = "Charger.RatedPower" // W
	chargerLatitude      = "Charger.Latitude"
	chargerLongitude     = "Charger.Longitude"
	partStatus           = ".Status"
	partTransaction      = ".Transaction"
	partTransactionState = ".Transaction.State" // ACTIVE or ENDED, or the charging state of 2.x
	partToken            = ".Transaction.Token"
	partReservation      = ".Reservation"
	partAvailability     = ".Availability" // as the back office set it: Operative or Inoperative
)

// socket moves a charger's twin by what happens on its socket.
func (t *Twins) socket(rec *waywarden.Record, call *waywarden.Call) {
	f := rec.OCPP
	e := t.find(waywarden.AssetCharger, waywarden.TypeStationID, f.Station, "", true)
	if e == 0 {
		return
	}
	t.touch(e)
	switch f.Event {
	case waywarden.SocketOpen:
		if f.Handshake.Status == 101 {
			t.opened(e, rec)
			t.secured(e, rec)
		}
	case waywarden.SocketClose:
		if t.text(e, chargerConnection) == f.Connection {
			t.set(e, chargerSocket, waywarden.Text("OFFLINE"), rec, sourceOCPP)
		}
	default:
		if f.Inbound && t.text(e, chargerSocket) == "" {
			t.opened(e, rec) // the socket was open before the sensor looked
		}
		t.message(e, rec)
	}
	if call == nil {
		t.subject(e, -1, waywarden.Link{}, true)
	}
}

// opened notes a new socket. One that opens while another is live makes the station's identity doubtful.
func (t *Twins) opened(e int32, rec *waywarden.Record) {
	state := "ONLINE"
	if live := t.text(e, chargerSocket); live != "" && live != "OFFLINE" && t.text(e, chargerConnection) != rec.OCPP.Connection {
		state = "DUPLICATE"
	}
	t.set(e, chargerSocket, waywarden.Text(state), rec, sourceOCPP)
	t.set(e, chargerConnection, waywarden.Text(rec.OCPP.Connection), rec, sourceOCPP)
	t.set(e, chargerAddress, waywarden.Text(rec.OCPP.Client.IP), rec, sourceOCPP)
	if v := rec.OCPP.Version; v != "" {
		t.set(e, chargerProtocol, waywarden.Text(v), rec, sourceOCPP)
	}
}

// secured notes how the socket is protected: the security profiles of OCPP are 0 nothing, 1 a password, 2 a password over
// TLS, 3 certificates of both sides. Whether there is TLS is known where the sensor took its fingerprint or a proxy says so.
func (t *Twins) secured(e int32, rec *waywarden.Record) {
	f := rec.OCPP
	h := f.Handshake.Headers
	if len(h) == 0 {
		return
	}
	password := h.Has("authorization")
	t.set(e, chargerPassword, waywarden.Bool(password), rec, sourceOCPP)
	certificate, tls := evse.Channel(f)
	if tls != waywarden.Unknown {
		t.set(e, chargerTLS, waywarden.Bool(tls == waywarden.True), rec, sourceOCPP)
	}
	if certificate {
		t.set(e, chargerCertificate, waywarden.Bool(true), rec, sourceOCPP)
	}
	if p := evse.Profile(certificate, password, tls); p >= 0 {
		t.set(e, chargerProfile, waywarden.Number(float64(p)), rec, sourceOCPP)
	}
}

// A question is a request whose answer changes the twin: what it asked, and about which part.
type question struct {
	charger int32
	action  string // a constant of the tables
	part    string
	value   string
}

// questionsMax bounds the requests whose answer is awaited.
const questionsMax = 1 << 13

// questions holds the requests whose answers are awaited; the oldest makes room.
type questions struct {
	open map[uint64]question
	ring []uint64
	next int
}

func (q *questions) ask(key uint64, x question) {
	if q.open == nil {
		q.open = map[uint64]question{}
	}
	if len(q.ring) < questionsMax {
		q.ring = append(q.ring, key)
	} else {
		delete(q.open, q.ring[q.next])
		q.ring[q.next] = key
		q.next = (q.next + 1) % questionsMax
	}
	q.open[key] = x
}

func (q *questions) take(key uint64) (question, bool) {
	x, ok := q.open[key]
	delete(q.open, key)
	return x, ok
}

func questionKey(f *waywarden.Frame) uint64 {
	return xxh3.HashString(f.Station)*31 ^ xxh3.HashString(f.Connection)*7 ^ xxh3.HashString(f.Message)
}

// message takes over what a message of either side says.
func (t *Twins) message(e int32, rec *waywarden.Record) {
	f := rec.OCPP
	switch f.Type {
	case 2, 6:
		m, ok := ocpp.Read(f.Payload)
		if !ok {
			return
		}
		s := said{t: t, e: e, rec: rec, m: &m}
		if f.Inbound {
			s.station(f.Action)
		} else {
			s.office(f.Action)
		}
	case 3:
		q, ok := t.questions.take(questionKey(f))
		if !ok || q.charger >= int32(len(t.entities)) || t.entities[q.charger].kind != kindCharger {
			return
		}
		if m, ok := ocpp.Read(f.Payload); ok {
			said{t: t, e: e, rec: rec, m: &m}.answered(q)
		}
	case 4:
		t.questions.take(questionKey(f))
	}
}

// eventTime returns when something a station dates itself was so. Its clock may be wrong by any amount, and what it kept
// while it was offline arrives late: late is what took longer than the quickest of its messages did.
func (t *Twins) eventTime(e int32, stamp string, offline bool, rec *waywarden.Record) time.Time {
	if stamp == "" {
		return rec.At
	}
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return rec.At
	}
	lag := rec.At.Sub(at).Seconds()
	if offline && lag > 0 && lag < lateMax.Seconds() {
		return at
	}
	skew, known := t.numberOf(e, chargerSkew)
	if !known || lag < skew {
		t.set(e, chargerSkew, waywarden.Number(lag), rec, sourceOCPP)
		return rec.At
	}
	late := time.Duration((lag - skew) * float64(time.Second))
	if late > lateMax {
		return rec.At
	}
	return rec.At.Add(-late)
}

// lateMax is how late what a station kept while it was offline may arrive.
const lateMax = 7 * 24 * time.Hour

// text returns a text reading, or "".
func (t *Twins) text(e int32, name string) string {
	if r := t.readingOf(e, name); r != nil {
		return t.texts.Value(r.text)
	}
	return ""
}

// numberOf returns a numeric reading.
func (t *Twins) numberOf(e int32, name string) (float64, bool) {
	if r := t.readingOf(e, name); r != nil && r.kind == waywarden.ValueNumber {
		return r.number, true
	}
	return 0, false
}

func (t *Twins) readingOf(e int32, name string) *reading {
	i, ok := t.names.Find(name)
	if !ok {
		return nil
	}
	for k := range t.entities[e].state {
		if r := &t.entities[e].state[k]; r.name == i {
			return r
		}
	}
	return nil
}
