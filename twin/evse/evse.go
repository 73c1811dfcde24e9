// Package evse reads what calls and handshakes say of charging places: the names under which APIs carry their state, and
// how a charge point's socket is protected.
package evse

import (
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/words"
)

// A Facet is what a field of an answer says of a charger.
type Facet uint8

// The facets.
const (
	None Facet = iota
	StatusField
	Latitude
	Longitude
	Power
	Stamp
	Model
	Vendor
	Part // the number of a connector
)

// facets are the names under which APIs of charging say it, without separators and in lower case: OCPI, OICP, back
// offices and apps in the languages they come in.
var facets = map[string]Facet{
	"status": StatusField, "state": StatusField, "availability": StatusField, "evsestatus": StatusField, "connectorstatus": StatusField,
	"chargepointstatus": StatusField, "chargerstatus": StatusField, "stationstatus": StatusField, "availabilitystatus": StatusField, "zustand": StatusField,
	"statut": StatusField, "etat": StatusField, "estado": StatusField, "stato": StatusField, "statusname": StatusField, "operationalstatus": StatusField,
	"latitude": Latitude, "lat": Latitude, "breitengrad": Latitude, "latitud": Latitude,
	"longitude": Longitude, "lng": Longitude, "lon": Longitude, "long": Longitude, "laengengrad": Longitude, "längengrad": Longitude, "longitud": Longitude,
	"powerkw": Power, "maxpowerkw": Power, "maxelectricpower": Power, "maxpower": Power, "power": Power, "ratedpower": Power, "leistung": Power, "potenciakw": Power, "puissance": Power,
	"lastupdated": Stamp, "updatedat": Stamp, "lastupdate": Stamp, "statustimestamp": Stamp, "timestamp": Stamp, "lastseen": Stamp,
	"model": Model, "chargepointmodel": Model, "modell": Model, "vendor": Vendor, "chargepointvendor": Vendor, "manufacturer": Vendor, "hersteller": Vendor,
	"connectorid": Part, "connector": Part, "connectornumber": Part, "evsenumber": Part, "plugid": Part,
}

// statuses are what APIs call the state of a charging place, as OCPP 2.x or 1.6 has it.
var statuses = map[string]string{
	"available": "Available", "free": "Available", "idle": "Available", "frei": "Available", "libre": "Available", "disponible": "Available", "libero": "Available", "verfuegbar": "Available", "ready": "Available", "disponibile": "Available", "vrij": "Available",
	"charging": "Charging", "laden": "Charging", "laedt": "Charging", "encharge": "Charging", "cargando": "Charging", "incarica": "Charging",
	"occupied": "Occupied", "inuse": "Occupied", "busy": "Occupied", "belegt": "Occupied", "occupe": "Occupied", "ocupado": "Occupied", "occupato": "Occupied", "bezet": "Occupied",
	"preparing": "Preparing", "finishing": "Finishing", "suspendedev": "SuspendedEV", "suspendedevse": "SuspendedEVSE",
	"reserved": "Reserved", "reserviert": "Reserved", "reserve": "Reserved", "reservado": "Reserved",
	"unavailable": "Unavailable", "inoperative": "Unavailable", "blocked": "Unavailable", "outofservice": "Unavailable", "offline": "Unavailable", "closed": "Unavailable", "ausserbetrieb": "Unavailable", "horsservice": "Unavailable", "planned": "Unavailable", "removed": "Unavailable", "maintenance": "Unavailable",
	"faulted": "Faulted", "outoforder": "Faulted", "fault": "Faulted", "error": "Faulted", "defective": "Faulted", "defekt": "Faulted", "enpanne": "Faulted", "broken": "Faulted", "gestoert": "Faulted", "averiado": "Faulted",
}

// PositionOnly says whether a coordinate stands in an object of coordinates.
func PositionOnly(name string) bool {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return false
	}
	switch parent := name[:i]; strings.ToLower(parent[strings.LastIndexByte(parent, '.')+1:]) {
	case "coordinates", "location", "position", "geo", "gps", "geolocation", "coords", "koordinaten", "geocoordinates", "point":
		return true
	}
	return false
}

// Watts returns a rated power; a charger of less than 1000 W does not exist: it is kW. 0 for what is none.
func Watts(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || v < 0 || v > 1e7:
		return 0
	case v < 1000:
		return v * 1000
	}
	return v
}

// certificateHeaders are the header fields by which proxies that end TLS hand on the client's certificate.
var certificateHeaders = [...]string{"x-forwarded-client-cert", "x-client-cert", "x-ssl-client-cert", "ssl-client-cert", "x-amzn-mtls-clientcert", "x-arr-clientcert", "x-client-certificate", "client-cert"}

// Channel says whether a station showed a certificate, and whether the socket is encrypted.
func Channel(f *waywarden.Frame) (certificate bool, tls waywarden.Truth) {
	h := f.Handshake.Headers
	certificate = strings.EqualFold(h.First("x-ssl-client-verify"), "success") || strings.EqualFold(h.First("x-client-verify"), "success")
	for _, name := range certificateHeaders {
		certificate = certificate || h.First(name) != ""
	}
	if certificate || f.Client.JA4 != "" {
		return certificate, waywarden.True
	}
	switch strings.ToLower(h.First("x-forwarded-proto")) {
	case "https", "wss":
		return false, waywarden.True
	case "http", "ws":
		return false, waywarden.False
	}
	return false, waywarden.Unknown
}

// Profile returns the security profile that a socket shows, -1 where it cannot be told.
func Profile(certificate, password bool, tls waywarden.Truth) int {
	switch {
	case certificate:
		return 3
	case tls == waywarden.True && password:
		return 2
	case tls == waywarden.False && password:
		return 1
	case tls != waywarden.True && !password:
		return 0
	}
	return -1
}

// FacetOf returns what a field says of a charger, by the last name of its path.
func FacetOf(path string) Facet {
	var buf [32]byte
	return facets[string(words.Bare(buf[:0], path))]
}

// Status returns what a value says the state of a charging place is, as OCPP has it; ok is false for other texts.
func Status(value string) (status string, ok bool) {
	var buf [32]byte
	status, ok = statuses[string(words.Bare(buf[:0], value))]
	return status, ok
}
