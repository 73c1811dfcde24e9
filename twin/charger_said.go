package twin

import (
	"cmp"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/ocpp"
)

// A said is one message of a charge point's socket on its way into the twin.
type said struct {
	t   *Twins
	e   int32
	rec *waywarden.Record
	m   *ocpp.Message
}

func (s said) text(name, v string) {
	if v != "" && len(v) <= textMax {
		s.t.set(s.e, name, waywarden.Text(v), s.rec, sourceOCPP)
	}
}

func (s said) number(name string, v *float64) {
	if v != nil {
		s.t.set(s.e, name, waywarden.Number(*v), s.rec, sourceOCPP)
	}
}

// textMax is the length of the longest text kept as state: OCPP's longest, an address of 512 characters.
const textMax = 512

// dated notes a value at the time the station gives.
func (s said) dated(name string, v waywarden.Value, at time.Time) {
	if v.Kind == waywarden.ValueText && (v.Text == "" || len(v.Text) > textMax) {
		return
	}
	s.t.note(s.e, name, v, at, s.rec, sourceOCPP)
}

func (s said) ask(action, part, value string) {
	s.t.questions.ask(questionKey(s.rec.OCPP), question{s.e, action, part, value})
}

// station takes over what the station says.
func (s said) station(action string) {
	m := s.m
	switch action {
	case "BootNotification":
		s.boot()
	case "Heartbeat":
		s.t.set(s.e, chargerHeartbeat, waywarden.Number(float64(s.rec.At.Unix())), s.rec, sourceOCPP)
	case "StatusNotification":
		at := s.at(m.Timestamp)
		s.dated(m.Part()+partStatus, waywarden.Text(string(m.Status)+m.ConStatus), at)
		if m.ErrorCode != "" {
			s.dated(m.Part()+".ErrorCode", waywarden.Text(m.ErrorCode), at)
		}
	case "StartTransaction":
		at := s.at(m.Timestamp)
		s.dated(m.Part()+partToken, waywarden.Text(m.IDTag), at)
		s.meterAt(".Energy", m.MeterStart, at)
		s.ask("StartTransaction", m.Part(), "")
	case "StopTransaction":
		s.stopped()
	case "TransactionEvent":
		s.event()
	case "MeterValues":
		s.meters(m.Part())
	case "FirmwareStatusNotification", "SignedFirmwareStatusNotification":
		s.text(chargerUpdate, string(m.Status))
	case "DiagnosticsStatusNotification", "LogStatusNotification":
		s.text(chargerLog, string(m.Status))
	case "SecurityEventNotification":
		s.dated(chargerEvent, waywarden.Text(m.Type), s.at(m.Timestamp))
	case "NotifyEvent", "NotifyReport":
		for i := range m.Events {
			v := &m.Events[i]
			s.setting(v.Variable.Name, string(v.Actual))
		}
	case "ReservationStatusUpdate":
		s.unreserve(string(m.Reservation))
	}
}

func (s said) at(stamp string) time.Time {
	return s.t.eventTime(s.e, stamp, s.m.Offline, s.rec)
}

func (s said) meterAt(name string, v *float64, at time.Time) {
	if v != nil {
		s.dated(s.m.Part()+name, waywarden.Number(*v), at)
	}
}

func (s said) boot() {
	m := s.m
	s.text(chargerVendor, m.Vendor+m.Station.Vendor)
	s.text(chargerModel, m.Model+m.Station.Model)
	s.text(chargerFirmware, m.FirmwareVer+m.Station.Firmware)
	if serial := m.Serial + m.Station.Serial; serial != "" {
		s.text(chargerSerial, serial)
	} else {
		s.text(chargerSerial, m.Box)
	}
	s.text(chargerICCID, m.ICCID+m.Station.Modem.ICCID)
	s.text(chargerIMSI, m.IMSI+m.Station.Modem.IMSI)
	s.text(chargerMeterType, m.MeterType)
	s.text(chargerMeterSerial, m.MeterSerial)
	s.text(chargerBootReason, m.Reason)
	s.ask("BootNotification", "", "")
}

// stopped ends the transaction of OCPP 1.6, whose connector its start said.
func (s said) stopped() {
	m := s.m
	at := s.at(m.Timestamp)
	part := s.transactionPart(string(m.Transaction))
	if part == "" {
		return
	}
	s.dated(part+partTransactionState, waywarden.Text("ENDED"), at)
	if m.MeterStop != nil {
		s.dated(part+".Energy", waywarden.Number(*m.MeterStop), at)
	}
	s.dated(part+".Power", waywarden.Number(0), at)
}

// unreserve notes that a reservation is over.
func (s said) unreserve(id string) {
	if part := s.partWith(partReservation, id); part != "" {
		s.t.set(s.e, part+partReservation, waywarden.Value{}, s.rec, sourceOCPP)
	}
}

// transactionPart returns the connector that a transaction runs on, "" where it is not known.
func (s said) transactionPart(id string) string { return s.partWith(partTransaction, id) }

// partWith returns the part of the station whose named reading has the value, "" where there is none.
func (s said) partWith(suffix, id string) string {
	if id == "" {
		return ""
	}
	for _, r := range s.t.entities[s.e].state {
		name := s.t.names.Name(r.name)
		if n := len(name) - len(suffix); n > 0 && name[n:] == suffix && s.t.texts.Value(r.text) == id {
			return name[:n]
		}
	}
	return ""
}

// event takes over a transaction event of OCPP 2.x.
func (s said) event() {
	m := s.m
	at := s.at(m.Timestamp)
	part := m.Part()
	if part == "Charger" { // only the first event has to say where
		if part = s.transactionPart(m.Info.ID); part == "" {
			return
		}
	}
	s.dated(part+partTransaction, waywarden.Text(m.Info.ID), at)
	state := m.Info.Charging
	switch {
	case m.EventType == "Ended":
		state = "ENDED"
	case state == "" && m.EventType == "Started":
		state = "ACTIVE"
	}
	s.dated(part+partTransactionState, waywarden.Text(state), at)
	s.dated(part+partToken, waywarden.Text(string(m.IDToken)), at)
	s.meters(part)
}

// meters takes over measured values, in order of time.
func (s said) meters(part string) {
	for i := range s.m.Meter {
		at := s.at(s.m.Meter[i].Timestamp)
		for j := range s.m.Meter[i].Samples {
			if name, v, ok := s.m.Meter[i].Samples[j].Reading(); ok {
				s.dated(part+name, waywarden.Number(v), at)
			}
		}
	}
}

// office notes what the back office asks for whose answer will tell.
func (s said) office(action string) {
	m := s.m
	switch action {
	case "ChangeConfiguration":
		s.ask("ChangeConfiguration", string(m.Key), m.Value)
	case "GetConfiguration", "GetVariables", "GetLocalListVersion":
		s.ask("Get", "", "")
	case "SetVariables":
		s.setVariables()
	case "SetNetworkProfile":
		if p := m.Network.Profile; p != nil && *p >= 0 && *p <= 3 {
			s.ask("ChangeConfiguration", "SecurityProfile", string(rune('0'+*p)))
		}
	case "ChangeAvailability":
		s.ask("ChangeAvailability", m.Part(), m.Type+m.Operational)
	case "ReserveNow":
		s.ask("ReserveNow", m.Part(), cmp.Or(string(m.Reservation), string(m.ID)))
	case "CancelReservation":
		s.ask("CancelReservation", "", string(m.Reservation))
	case "UpdateFirmware", "SignedUpdateFirmware":
		s.text(chargerUpdateFrom, m.Location+m.Firmware.Location)
	case "GetDiagnostics", "GetLog":
		s.text(chargerLogTo, m.Location+m.Log.Remote)
	}
}

// setVariables awaits the answer to a setting: of several in one request, the security profile's.
func (s said) setVariables() {
	for i := range s.m.Set {
		if v := &s.m.Set[i]; v.Variable.Name == "SecurityProfile" || len(s.m.Set) == 1 {
			s.ask("SetVariables", v.Variable.Name, string(v.Value))
			return
		}
	}
}

// answered takes over the answer to a question.
func (s said) answered(q question) {
	m := s.m
	switch q.action {
	case "BootNotification":
		s.text(chargerRegistration, string(m.Status))
		s.number(chargerInterval, m.Interval)
	case "StartTransaction":
		if id := string(m.Transaction); id != "" && id != "0" && id != "-1" {
			s.text(q.part+partTransaction, id)
			s.text(q.part+partTransactionState, "ACTIVE")
		}
	case "SetVariables":
		for i := range m.SetResult {
			if r := &m.SetResult[i]; r.Variable.Name == q.part && agreed(r.Status) {
				s.setting(q.part, q.value)
			}
		}
	case "Get":
		s.settings()
	default:
		if agreed(string(m.Status)) {
			s.done(q)
		}
	}
}

// agreed says whether a station does what it was asked to.
func agreed(status string) bool {
	return status == "Accepted" || status == "RebootRequired" || status == "Scheduled"
}

// done takes over what a station agreed to do.
func (s said) done(q question) {
	switch q.action {
	case "ChangeConfiguration":
		s.setting(q.part, q.value)
	case "ChangeAvailability":
		s.text(q.part+partAvailability, q.value)
	case "ReserveNow":
		s.text(q.part+partReservation, q.value)
	case "CancelReservation":
		s.unreserve(q.value)
	}
}

// settings takes over what the station says its settings are.
func (s said) settings() {
	m := s.m
	for i := range m.Keys {
		s.setting(m.Keys[i].Key, string(m.Keys[i].Value))
	}
	for i := range m.GetResult {
		s.setting(m.GetResult[i].Variable.Name, string(m.GetResult[i].Value))
	}
	s.number(chargerListVersion, m.List)
	s.number(chargerListVersion, m.ListNumber)
}

// kept are the settings that a charger's twin keeps: what says how a station is protected and how often it speaks. A
// station may have hundreds.
var kept = [...]string{
	"HeartbeatInterval", "MeterValueSampleInterval", "TxUpdatedInterval", "WebSocketPingInterval", "AuthorizeRemoteTxRequests", "AuthorizeRemoteStart",
	"AllowOfflineTxForUnknownId", "OfflineTxForUnknownIdEnabled", "LocalPreAuthorize", "LocalAuthorizeOffline", "LocalAuthListEnabled",
	"AuthorizationCacheEnabled", "AdditionalRootCertificateCheck", "CertSigningRepeatTimes", "CpoName", "OrganizationName",
}

func (s said) setting(name, value string) {
	if name == "SecurityProfile" {
		if len(value) == 1 && value[0] >= '0' && value[0] <= '3' {
			s.t.set(s.e, chargerProfileSet, waywarden.Number(float64(value[0]-'0')), s.rec, sourceOCPP)
		}
		return
	}
	for _, k := range kept {
		if k == name {
			s.text(chargerConfig+k, value)
			return
		}
	}
}
