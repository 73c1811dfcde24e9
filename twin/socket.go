package twin

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// Names of a charger's state. VSS has none for chargers; these follow the state model's branch.
const (
	chargerSocket     = "Charger.Socket" // ONLINE, OFFLINE or DUPLICATE
	chargerConnection = "Charger.Socket.Connection"
	chargerAddress    = "Charger.Socket.Address"
	chargerVendor     = "Charger.Vendor"
	chargerModel      = "Charger.Model"
	chargerFirmware   = "Charger.FirmwareVersion"
	chargerSerial     = "Charger.SerialNumber"
	chargerStatus     = "Charger.Status"
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
		}
	case waywarden.SocketClose:
		if t.text(e, chargerConnection) == f.Connection {
			t.set(e, chargerSocket, waywarden.Text("OFFLINE"), rec, sourceOCPP)
		}
	default:
		if f.Inbound && t.text(e, chargerSocket) == "" {
			t.opened(e, rec) // the socket was open before the sensor looked
		}
	}
	if call == nil {
		t.subject(e, -1, waywarden.Link{}, true)
		return
	}
	switch f.Action {
	case "BootNotification":
		t.booted(e, rec, call)
	case "StatusNotification":
		t.status(e, rec, call)
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
}

// bootFields maps fields of OCPP 1.6 and 2.x boot notifications to state.
var bootFields = [...]struct{ field, state string }{
	{"chargePointVendor", chargerVendor}, {"chargingStation.vendorName", chargerVendor},
	{"chargePointModel", chargerModel}, {"chargingStation.model", chargerModel},
	{"firmwareVersion", chargerFirmware}, {"chargingStation.firmwareVersion", chargerFirmware},
	{"chargePointSerialNumber", chargerSerial}, {"chargingStation.serialNumber", chargerSerial},
}

func (t *Twins) booted(e int32, rec *waywarden.Record, call *waywarden.Call) {
	for _, b := range bootFields {
		if v := field(call, b.field); v != "" {
			t.set(e, b.state, waywarden.Text(v), rec, sourceOCPP)
		}
	}
}

// status notes the state of a connector; connector 0 is the station itself.
func (t *Twins) status(e int32, rec *waywarden.Record, call *waywarden.Call) {
	v := field(call, "status")
	if v == "" {
		v = field(call, "connectorStatus")
	}
	if v == "" {
		return
	}
	name := chargerStatus
	if evse := field(call, "evseId"); evse != "" && evse != "0" && len(evse) <= 3 {
		name += "." + evse
	}
	if c := field(call, "connectorId"); c != "" && c != "0" && len(c) <= 3 {
		name += "." + c
	}
	t.set(e, name, waywarden.Text(v), rec, sourceOCPP)
}

// field returns the value of a request field of an OCPP call. Names may have the frame's own prefix.
func field(call *waywarden.Call, name string) string {
	for i := range call.Leaves {
		if l := &call.Leaves[i]; l.In == waywarden.InBody && (l.Name == name || strings.HasSuffix(l.Name, name) && l.Name[len(l.Name)-len(name)-1] == '.') {
			return l.Value
		}
	}
	return ""
}

// text returns a text reading, or "".
func (t *Twins) text(e int32, name string) string {
	i, ok := t.names.index[name]
	if !ok {
		return ""
	}
	for k := range t.entities[e].state {
		if r := &t.entities[e].state[k]; r.name == i {
			return t.texts.list[r.text].value
		}
	}
	return ""
}
