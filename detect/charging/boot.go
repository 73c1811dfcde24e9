package charging

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// An identity is who a station says it is when it boots.
type identity struct{ vendor, model, serial string }

// bootOf returns who a boot notification of OCPP 1.6 or 2.x says the station is, with the text copied.
func bootOf(f *waywarden.Frame) identity {
	var b struct {
		Vendor  string `json:"chargePointVendor"`
		Model   string `json:"chargePointModel"`
		Serial  string `json:"chargePointSerialNumber"`
		Box     string `json:"chargeBoxSerialNumber"`
		Station struct {
			Vendor string `json:"vendorName"`
			Model  string `json:"model"`
			Serial string `json:"serialNumber"`
		} `json:"chargingStation"`
	}
	if !parse(f, &b) {
		return identity{}
	}
	serial := b.Serial + b.Station.Serial
	if serial == "" {
		serial = b.Box
	}
	return identity{b.Vendor + b.Station.Vendor, b.Model + b.Station.Model, serial}
}

func (i identity) known() bool { return i.vendor != "" || i.model != "" }

func (i identity) String() string { return strings.TrimSpace(i.vendor + " " + i.model) }

// other says whether two identities cannot be of one device: another vendor, or model and serial number both changed.
// A firmware update changes neither, and a field that one of them leaves out says nothing.
func (i identity) other(o identity) bool {
	if !i.known() || !o.known() {
		return false
	}
	if differ(i.vendor, o.vendor) {
		return true
	}
	return differ(i.model, o.model) && differ(i.serial, o.serial)
}

func differ(a, b string) bool {
	return a != "" && b != "" && !strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// A proof is how a station showed who it is when its socket opened.
type proof uint8

const (
	proofUnseen proof = iota // the opening or its header fields were not seen
	proofNone
	proofPassword
)

func proofOf(f *waywarden.Frame) proof {
	switch {
	case f.Event != waywarden.SocketOpen || len(f.Handshake.Headers) == 0:
		return proofUnseen
	case f.Handshake.Headers.Has("authorization"):
		return proofPassword
	}
	return proofNone
}
