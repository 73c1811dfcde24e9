// Package ocpp reads the messages of OCPP 1.6, 2.0.1 and 2.1 as far as they say something about a charging station.
package ocpp

import (
	"encoding/json"
	"strconv"
	"strings"
)

// A Message is the fields of requests and answers that say how a station is. One type reads all versions: a field that two
// actions use for different things is read leniently, and one that is not as it should be is left empty.
type Message struct {
	// BootNotification, Heartbeat and their answers
	Vendor      string      `json:"chargePointVendor"`
	Model       string      `json:"chargePointModel"`
	Serial      string      `json:"chargePointSerialNumber"`
	Box         string      `json:"chargeBoxSerialNumber"`
	Firmware    Firmware    `json:"firmware"`
	FirmwareVer string      `json:"firmwareVersion"`
	ICCID       string      `json:"iccid"`
	IMSI        string      `json:"imsi"`
	MeterType   string      `json:"meterType"`
	MeterSerial string      `json:"meterSerialNumber"`
	Reason      string      `json:"reason"`
	Station     StationInfo `json:"chargingStation"`
	Interval    *float64    `json:"interval"`

	// what is spoken of, and how it is
	Connector *int   `json:"connectorId"`
	EVSEID    *int   `json:"evseId"`
	EVSE      *EVSE  `json:"evse"`
	Status    Status `json:"status"`
	ConStatus string `json:"connectorStatus"`
	ErrorCode string `json:"errorCode"`
	Timestamp string `json:"timestamp"`
	Type      string `json:"type"`
	Offline   bool   `json:"offline"`

	// transactions and meters
	Transaction Scalar       `json:"transactionId"`
	EventType   string       `json:"eventType"`
	Info        Transaction  `json:"transactionInfo"`
	IDTag       string       `json:"idTag"`
	IDToken     Token        `json:"idToken"`
	MeterStart  *float64     `json:"meterStart"`
	MeterStop   *float64     `json:"meterStop"`
	Meter       []MeterValue `json:"meterValue"`

	// settings
	Key         Key        `json:"key"`
	Value       string     `json:"value"`
	Set         []Variable `json:"setVariableData"`
	SetResult   []Variable `json:"setVariableResult"`
	GetResult   []Variable `json:"getVariableResult"`
	Events      []Variable `json:"eventData"`
	Keys        []KeyValue `json:"configurationKey"`
	Network     Network    `json:"connectionData"`
	List        *float64   `json:"listVersion"`
	ListNumber  *float64   `json:"versionNumber"`
	Reservation Scalar     `json:"reservationId"`
	ID          Scalar     `json:"id"`
	Operational string     `json:"operationalStatus"`
	Location    string     `json:"location"`
	Log         LogTarget  `json:"log"`
}

// The parts of a message, as OCPP has them.
type (
	// StationInfo is the chargingStation of OCPP 2.x.
	StationInfo struct {
		Vendor   string `json:"vendorName"`
		Model    string `json:"model"`
		Serial   string `json:"serialNumber"`
		Firmware string `json:"firmwareVersion"`
		Modem    struct {
			ICCID string `json:"iccid"`
			IMSI  string `json:"imsi"`
		} `json:"modem"`
	}
	// Firmware is what UpdateFirmware of OCPP 2.x fetches.
	Firmware struct {
		Location string `json:"location"`
	}
	// LogTarget is where GetLog sends to.
	LogTarget struct {
		Remote string `json:"remoteLocation"`
	}
	// EVSE is a charging place and its connector.
	EVSE struct {
		ID        *int `json:"id"`
		Connector *int `json:"connectorId"`
	}
	// Transaction is the transactionInfo of OCPP 2.x.
	Transaction struct {
		ID       string `json:"transactionId"`
		Charging string `json:"chargingState"`
		Stopped  string `json:"stoppedReason"`
	}
	// MeterValue is what was measured at one time.
	MeterValue struct {
		Timestamp string   `json:"timestamp"`
		Samples   []Sample `json:"sampledValue"`
	}
	// Sample is one measured value.
	Sample struct {
		Value     Scalar `json:"value"`
		Measurand string `json:"measurand"`
		Phase     string `json:"phase"`
		Unit      string `json:"unit"`
		Of        struct {
			Unit       string `json:"unit"`
			Multiplier int    `json:"multiplier"`
		} `json:"unitOfMeasure"`
	}
	// Variable is one of the device model of OCPP 2.x.
	Variable struct {
		Component struct {
			Name string `json:"name"`
		} `json:"component"`
		Variable struct {
			Name string `json:"name"`
		} `json:"variable"`
		Value  Scalar `json:"attributeValue"`
		Actual Scalar `json:"actualValue"`
		Status string `json:"attributeStatus"`
		Time   string `json:"timestamp"`
	}
	// KeyValue is a setting of OCPP 1.6.
	KeyValue struct {
		Key   string `json:"key"`
		Value Scalar `json:"value"`
	}
	// Network is the connectionData of SetNetworkProfile.
	Network struct {
		Profile *int `json:"securityProfile"`
	}
)

// A Scalar is a text or a number, as its text: Transaction ids are numbers in OCPP 1.6 and texts in 2.x.
type Scalar string

// UnmarshalJSON takes any scalar; of an object or array nothing.
func (s *Scalar) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '{' && b[0] != '[' && string(b) != "null" {
		*s = Scalar(strings.Trim(string(b), `"`))
	}
	return nil
}

// A Status is the text of a field that other actions use for an object.
type Status string

// UnmarshalJSON takes texts alone.
func (s *Status) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = Status(text)
	}
	return nil
}

// Key is the name of one setting; a list of names asks for them and sets nothing.
type Key string

// UnmarshalJSON takes texts alone.
func (k *Key) UnmarshalJSON(b []byte) error { return (*Status)(k).UnmarshalJSON(b) }

// A Token is a charge card: an object in OCPP 2.x, a text elsewhere.
type Token string

// UnmarshalJSON takes both forms.
func (f *Token) UnmarshalJSON(b []byte) error {
	var o struct {
		Token string `json:"idToken"`
	}
	if json.Unmarshal(b, &o) == nil {
		*f = Token(o.Token)
	}
	return nil
}

// Read reads a payload. ok is false when it is no object or says nothing that is known here.
func Read(payload []byte) (m Message, ok bool) {
	err := json.Unmarshal(payload, &m)
	return m, err == nil || m.some()
}

// some says whether anything was read of a message of which a field was not as it should be.
func (m *Message) some() bool {
	return m.Vendor != "" || m.Status != "" || m.ConStatus != "" || m.Transaction != "" || m.Info.ID != "" || len(m.Meter) > 0
}

// Part returns the name of the EVSE or connector a message is about; the station itself where it names none or number 0.
func (m *Message) Part() string {
	e, c := m.EVSEID, m.Connector
	if m.EVSE != nil {
		e, c = m.EVSE.ID, m.EVSE.Connector
	}
	name := "Charger"
	if e != nil && *e > 0 && *e <= partMax {
		name += ".Evse." + strconv.Itoa(*e)
	}
	if c != nil && *c > 0 && *c <= partMax {
		name += ".Connector." + strconv.Itoa(*c)
	}
	return name
}

// partMax is the highest number of an EVSE or connector that is taken for one.
const partMax = 999

// Reading returns the value of a sample in the unit of its measurand: Wh, W, A, V, percent.
func (s *Sample) Reading() (name string, v float64, ok bool) {
	v, err := strconv.ParseFloat(string(s.Value), 64)
	if err != nil || s.Phase != "" && s.Phase != "L1" {
		return "", 0, false
	}
	for range min(max(s.Of.Multiplier, 0), 9) {
		v *= 10
	}
	for range min(max(-s.Of.Multiplier, 0), 9) {
		v /= 10
	}
	unit := s.Unit + s.Of.Unit
	if strings.HasPrefix(unit, "k") {
		v *= 1000
	}
	for i := range measurands {
		if measurands[i].measurand == s.Measurand {
			return measurands[i].name, v, true
		}
	}
	return "", 0, false
}

// measurands are what is kept of what stations measure, and what it is called there; without a name it is the register.
var measurands = [...]struct{ measurand, name string }{
	{"", ".Energy"}, {"Energy.Active.Import.Register", ".Energy"}, {"Energy.Active.Export.Register", ".EnergyExported"},
	{"Power.Active.Import", ".Power"}, {"Power.Active.Export", ".PowerExported"}, {"Power.Offered", ".PowerOffered"},
	{"Current.Import", ".Current"}, {"Current.Offered", ".CurrentOffered"}, {"Voltage", ".Voltage"}, {"SoC", ".StateOfCharge"},
	{"Temperature", ".Temperature"},
}
