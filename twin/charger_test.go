package twin

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waywarden/waywarden"
)

// A station plays the socket of a charge point.
type station struct {
	*world
	version string
	serial  int
}

func (s *station) frame(f waywarden.Frame) *waywarden.Scene {
	s.now = s.now.Add(time.Second)
	f.Station, f.Version = "CP-0042", s.version
	if f.Connection == "" {
		f.Connection = "s-1"
	}
	if f.Event != waywarden.SocketNone {
		f.Handshake.Status = 101
	}
	rec := &waywarden.Record{Kind: waywarden.KindOCPP, At: s.now, OCPP: &f}
	return s.Observe(rec, nil)
}

// ask plays a request and its answer.
func (s *station) ask(inbound bool, action, payload, answer string) {
	s.serial++
	id := string(rune('a'+s.serial%26)) + s.now.String()
	s.frame(waywarden.Frame{Type: 2, Message: id, Action: action, Payload: []byte(payload), Inbound: inbound})
	s.frame(waywarden.Frame{Type: 3, Message: id, Payload: []byte(answer), Inbound: !inbound})
}

func (s *station) state() map[string]string {
	got := map[string]string{}
	for _, r := range s.frame(waywarden.Frame{Type: 3}).Subjects[0].Twin.State {
		got[r.Name] = r.Value.String()
	}
	return got
}

func TestSockets(t *testing.T) {
	s := &station{world: newWorld(Default()), version: "1.6"}
	basic := waywarden.Handshake{Headers: waywarden.Headers{{Name: "authorization", Value: "Basic " + base64.StdEncoding.EncodeToString([]byte("CP-0042:k"))}}}
	s.frame(waywarden.Frame{Event: waywarden.SocketOpen, Handshake: basic, Client: waywarden.Client{IP: "192.0.2.1", JA4: "t13d"}})
	s.ask(true, "BootNotification", `{"chargePointVendor":"V","chargePointModel":"M","iccid":"8949"}`, `{"status":"Accepted","interval":300,"currentTime":"2026-03-01T08:00:00Z"}`)
	s.ask(true, "StatusNotification", `{"connectorId":2,"errorCode":"NoError","status":"Charging"}`, `{}`)
	s.frame(waywarden.Frame{Event: waywarden.SocketOpen, Connection: "s-2"})
	s.frame(waywarden.Frame{Event: waywarden.SocketClose})
	want := map[string]string{
		chargerSocket: "DUPLICATE", chargerConnection: "s-2", chargerAddress: "", chargerProtocol: "1.6", chargerVendor: "V", chargerModel: "M", chargerICCID: "8949",
		chargerRegistration: "Accepted", chargerInterval: "300", "Charger.Connector.2.Status": "Charging", "Charger.Connector.2.ErrorCode": "NoError",
		chargerPassword: "true", chargerTLS: "true", chargerProfile: "2",
	}
	if d := cmp.Diff(want, s.state()); d != "" {
		t.Error(d)
	}
}

func TestTransactions(t *testing.T) {
	old := &station{world: newWorld(Default()), version: "1.6"}
	old.ask(true, "StartTransaction", `{"connectorId":1,"idTag":"04AA","meterStart":1000,"timestamp":"2026-03-01T08:00:00Z"}`, `{"transactionId":77,"idTagInfo":{"status":"Accepted"}}`)
	old.ask(true, "MeterValues", `{"connectorId":1,"transactionId":77,"meterValue":[{"timestamp":"2026-03-01T08:00:02Z","sampledValue":[{"value":"1.5","unit":"kWh"},{"value":"11000","measurand":"Power.Active.Import","unit":"W"},{"value":"230","measurand":"Voltage","phase":"L2"}]}]}`, `{}`)
	got := old.state()
	for name, want := range map[string]string{"Transaction": "77", "Transaction.State": "ACTIVE", "Transaction.Token": "04AA", "Energy": "1500", "Power": "11000"} {
		if got["Charger.Connector.1."+name] != want {
			t.Errorf("1.6 %s is %q, want %q", name, got["Charger.Connector.1."+name], want)
		}
	}
	if _, ok := got["Charger.Connector.1.Voltage"]; ok {
		t.Error("one phase stands for all")
	}
	old.ask(true, "StopTransaction", `{"transactionId":77,"meterStop":2000,"timestamp":"2026-03-01T08:00:06Z"}`, `{}`)
	if got := old.state(); got["Charger.Connector.1.Transaction.State"] != "ENDED" || got["Charger.Connector.1.Energy"] != "2000" {
		t.Errorf("after the stop: %v", got)
	}

	s := &station{world: newWorld(Default()), version: "2.0.1"}
	s.ask(true, "TransactionEvent", `{"eventType":"Started","timestamp":"2026-03-01T08:00:00Z","seqNo":0,"transactionInfo":{"transactionId":"t-1","chargingState":"Charging"},"idToken":{"idToken":"04AA","type":"ISO14443"},"evse":{"id":2,"connectorId":1}}`, `{"idTokenInfo":{"status":"Accepted"}}`)
	s.ask(true, "TransactionEvent", `{"eventType":"Updated","timestamp":"2026-03-01T08:00:02Z","seqNo":1,"transactionInfo":{"transactionId":"t-1"},"meterValue":[{"timestamp":"2026-03-01T08:00:02Z","sampledValue":[{"value":7.4,"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"kW"}}]}]}`, `{}`)
	s.ask(true, "TransactionEvent", `{"eventType":"Ended","timestamp":"2026-03-01T08:00:04Z","seqNo":2,"transactionInfo":{"transactionId":"t-1","stoppedReason":"Local"}}`, `{}`)
	got = s.state()
	for name, want := range map[string]string{"Transaction": "t-1", "Transaction.State": "ENDED", "Transaction.Token": "04AA", "Power": "7400"} {
		if got["Charger.Evse.2.Connector.1."+name] != want {
			t.Errorf("2.0.1 %s is %q, want %q", name, got["Charger.Evse.2.Connector.1."+name], want)
		}
	}
}

// TestSettings: what the back office asks for counts once the station agreed.
func TestSettings(t *testing.T) {
	s := &station{world: newWorld(Default()), version: "1.6"}
	s.ask(false, "ChangeConfiguration", `{"key":"SecurityProfile","value":"2"}`, `{"status":"Rejected"}`)
	if got := s.state(); got[chargerProfileSet] != "" {
		t.Errorf("a rejected setting holds: %v", got)
	}
	s.ask(false, "ChangeConfiguration", `{"key":"SecurityProfile","value":"2"}`, `{"status":"Accepted"}`)
	s.ask(false, "ChangeAvailability", `{"connectorId":1,"type":"Inoperative"}`, `{"status":"Scheduled"}`)
	s.ask(false, "ReserveNow", `{"connectorId":1,"idTag":"x","reservationId":42,"expiryDate":"2026-03-01T09:00:00Z"}`, `{"status":"Accepted"}`)
	s.ask(false, "GetConfiguration", `{"key":["HeartbeatInterval"]}`, `{"configurationKey":[{"key":"HeartbeatInterval","readonly":false,"value":"600"},{"key":"Odd","readonly":true,"value":"1"}]}`)
	s.ask(true, "SecurityEventNotification", `{"type":"TamperDetectionActivated","timestamp":"2026-03-01T08:00:00Z"}`, `{}`)
	s.ask(true, "FirmwareStatusNotification", `{"status":"Downloading"}`, `{}`)
	want := map[string]string{
		chargerProfileSet: "2", "Charger.Connector.1.Availability": "Inoperative", "Charger.Connector.1.Reservation": "42", "Charger.Config.HeartbeatInterval": "600",
		chargerEvent: "TamperDetectionActivated", chargerUpdate: "Downloading",
	}
	got := s.state()
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%s is %q, want %q", name, got[name], v)
		}
	}
	if _, ok := got["Charger.Config.Odd"]; ok {
		t.Error("an unknown setting is kept")
	}
	s.ask(false, "CancelReservation", `{"reservationId":42}`, `{"status":"Accepted"}`)
	if got := s.state(); got["Charger.Connector.1.Reservation"] != "null" {
		t.Errorf("the reservation holds: %v", got)
	}
}

// TestClocks: a station's clock may be hours off; what it kept while it was offline is dated back all the same.
func TestClocks(t *testing.T) {
	s := &station{world: newWorld(Default()), version: "1.6"}
	behind := func(d time.Duration) string { return s.now.Add(time.Second - 2*time.Hour - d).Format(time.RFC3339) }
	at := func(payload string) time.Time {
		s.frame(waywarden.Frame{Type: 2, Message: "m", Action: "StatusNotification", Payload: []byte(payload), Inbound: true})
		r, _ := s.frame(waywarden.Frame{Type: 3}).Subjects[0].Twin.Reading("Charger.Connector.1.Status")
		return r.At
	}
	live := at(`{"connectorId":1,"status":"Charging","timestamp":"` + behind(0) + `"}`)
	if d := s.now.Sub(live); d > 2*time.Second {
		t.Errorf("a clock two hours behind makes a live state %v old", d)
	}
	s.now = s.now.Add(time.Hour)
	late := at(`{"connectorId":1,"status":"Available","timestamp":"` + behind(20*time.Minute) + `"}`)
	if d := s.now.Sub(late); d < 19*time.Minute || d > 21*time.Minute {
		t.Errorf("a state kept for 20 minutes is dated %v back", d)
	}
}

func FuzzMessages(f *testing.F) {
	f.Add("StatusNotification", []byte(`{"connectorId":1,"status":"Charging"}`), true)
	f.Add("TransactionEvent", []byte(`{"evse":{"id":-1},"transactionInfo":{"transactionId":""}}`), true)
	f.Add("SetVariables", []byte(`{"setVariableData":[{}]}`), false)
	f.Fuzz(func(t *testing.T, action string, payload []byte, inbound bool) {
		s := &station{world: newWorld(Default())}
		s.frame(waywarden.Frame{Type: 2, Message: "m", Action: action, Payload: payload, Inbound: inbound})
		s.frame(waywarden.Frame{Type: 3, Message: "m", Payload: payload, Inbound: !inbound})
		s.check(t)
	})
}
