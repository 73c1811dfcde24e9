package twin

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/twin/identifier"
)

// answersMax bounds the values of one answer about chargers that are looked at; nearMax how many fields away from the
// charger's identifier, and climbMax how many objects up or down, a value may stand.
const (
	answersMax = 4096
	nearMax    = 512
	climbMax   = 4
)

// A facet is what a field of an answer says of a charger.
type facet uint8

const (
	facetNone facet = iota
	facetStatus
	facetLatitude
	facetLongitude
	facetPower
	facetStamp
	facetModel
	facetVendor
	facetPart // the number of a connector
)

// facets are the names under which APIs of charging say it, without separators and in lower case: OCPI, OICP, back
// offices and apps in the languages they come in.
var facets = map[string]facet{
	"status": facetStatus, "state": facetStatus, "availability": facetStatus, "evsestatus": facetStatus, "connectorstatus": facetStatus,
	"chargepointstatus": facetStatus, "chargerstatus": facetStatus, "stationstatus": facetStatus, "availabilitystatus": facetStatus, "zustand": facetStatus,
	"statut": facetStatus, "etat": facetStatus, "estado": facetStatus, "stato": facetStatus, "statusname": facetStatus, "operationalstatus": facetStatus,
	"latitude": facetLatitude, "lat": facetLatitude, "breitengrad": facetLatitude, "latitud": facetLatitude,
	"longitude": facetLongitude, "lng": facetLongitude, "lon": facetLongitude, "long": facetLongitude, "laengengrad": facetLongitude, "längengrad": facetLongitude, "longitud": facetLongitude,
	"powerkw": facetPower, "maxpowerkw": facetPower, "maxelectricpower": facetPower, "maxpower": facetPower, "power": facetPower, "ratedpower": facetPower, "leistung": facetPower, "potenciakw": facetPower, "puissance": facetPower,
	"lastupdated": facetStamp, "updatedat": facetStamp, "lastupdate": facetStamp, "statustimestamp": facetStamp, "timestamp": facetStamp, "lastseen": facetStamp,
	"model": facetModel, "chargepointmodel": facetModel, "modell": facetModel, "vendor": facetVendor, "chargepointvendor": facetVendor, "manufacturer": facetVendor, "hersteller": facetVendor,
	"connectorid": facetPart, "connector": facetPart, "connectornumber": facetPart, "evsenumber": facetPart, "plugid": facetPart,
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

// A remark is a value of an answer that says something of a charger.
type remark struct {
	facet facet
	node  int32 // the object it is about
	leaf  int32
}

// chargers takes over what an answer says of chargers: of the one whose identifier stands in the same object, in the
// object around it, or for places in an object within it (OCPI's locations hold their charging places).
func (t *Twins) chargers(c *waywarden.Call) {
	if !c.Success || c.Operation == nil || c.Record.Kind != waywarden.KindHTTP || !t.mentionsCharger(c) {
		return
	}
	t.remark(c)
	if len(t.remarks) == 0 {
		return
	}
	for i := range t.mentions {
		m := &t.mentions[i]
		if m.kind != kindCharger || c.Leaves[m.leaf].In != waywarden.InResponse {
			continue
		}
		l := &c.Leaves[m.leaf]
		e := t.find(waywarden.AssetCharger, l.Type, l.Value, c.Operation.Host, false)
		if e == 0 {
			continue
		}
		node := c.Leaves[m.leaf].Node
		near := sort.Search(len(t.remarks), func(j int) bool { return t.remarks[j].leaf >= m.leaf-nearMax })
		far := near + sort.Search(len(t.remarks)-near, func(j int) bool { return t.remarks[near+j].leaf > m.leaf+nearMax })
		at, source := stampFor(c, node, t.remarks[near:far])
		for j := near; j < far; j++ {
			t.apply(c, e, node, &t.remarks[j], at, source)
		}
	}
}

func (t *Twins) mentionsCharger(c *waywarden.Call) bool {
	n := 0
	for i := range t.mentions {
		if m := &t.mentions[i]; m.kind == kindCharger && c.Leaves[m.leaf].In == waywarden.InResponse {
			n++
		}
	}
	return n > 0 && n <= answersMax
}

// remark collects the values that may say something of chargers.
func (t *Twins) remark(c *waywarden.Call) {
	t.remarks = t.remarks[:0]
	var name [32]byte
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InResponse || l.Value == "" {
			continue
		}
		f := facets[string(bare(name[:0], l.Name))]
		if f == facetNone || len(t.remarks) >= answersMax {
			continue
		}
		node := l.Node
		if (f == facetLatitude || f == facetLongitude) && node >= 0 && int(node) < len(c.Nodes) && !c.Nodes[node].Array && positionOnly(l.Name) {
			node = c.Nodes[node].Parent // the object of coordinates is of the one around it
		}
		t.remarks = append(t.remarks, remark{f, node, int32(i)})
	}
}

// positionOnly says whether a coordinate stands in an object of coordinates.
func positionOnly(name string) bool {
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

// bare writes the last name of a path to buf without separators, in lower case; of a longer one nothing.
func bare(buf []byte, path string) []byte {
	path = strings.TrimSuffix(path, "[]")
	path = path[strings.LastIndexByte(path, '.')+1:]
	if len(path) > cap(buf) {
		return nil
	}
	for i := range len(path) {
		switch b := path[i]; {
		case b >= 'A' && b <= 'Z':
			buf = append(buf, b+'a'-'A')
		case b != '_' && b != '-':
			buf = append(buf, b)
		}
	}
	return buf
}

// stampFor returns the time the object gives for itself, and how far what it says is to be trusted.
func stampFor(c *waywarden.Call, node int32, remarks []remark) (time.Time, uint8) {
	for i := range remarks {
		r := &remarks[i]
		if r.facet != facetStamp || r.node != node {
			continue
		}
		if at, err := time.Parse(time.RFC3339, c.Leaves[r.leaf].Value); err == nil && !at.After(c.Record.At) {
			return at, sourceAnswer
		}
	}
	return c.Record.At, sourceUndated
}

// apply takes one remark over to the charger whose identifier stands in the object node, if it is about it.
func (t *Twins) apply(c *waywarden.Call, e, node int32, r *remark, at time.Time, source uint8) {
	l := &c.Leaves[r.leaf]
	switch r.facet {
	case facetLatitude, facetLongitude:
		if v, err := strconv.ParseFloat(l.Value, 64); err == nil && v >= -180 && v <= 180 && above(c, r.node, node) {
			t.note(e, [...]string{chargerLatitude, chargerLongitude}[r.facet-facetLatitude], waywarden.Number(v), at, c.Record, source)
		}
	case facetStatus:
		t.applyStatus(c, e, node, r, at, source)
	case facetPower:
		if v := watts(l.Value); v > 0 && above(c, node, r.node) {
			t.note(e, chargerRated, waywarden.Number(v), at, c.Record, source)
		}
	case facetModel, facetVendor:
		if r.node == node && l.Kind == waywarden.ValueText && len(l.Value) <= 64 {
			t.note(e, [...]string{chargerModel, chargerVendor}[r.facet-facetModel], waywarden.Text(l.Value), at, c.Record, source)
		}
	}
}

// watts returns a rated power; a charger of less than 1000 W does not exist: it is kW. 0 for what is none.
func watts(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || v < 0 || v > 1e7:
		return 0
	case v < 1000:
		return v * 1000
	}
	return v
}

// applyStatus takes over the state of a charger or of one of its connectors.
func (t *Twins) applyStatus(c *waywarden.Call, e, node int32, r *remark, at time.Time, source uint8) {
	var buf [32]byte
	text, known := statuses[string(bare(buf[:0], c.Leaves[r.leaf].Value))]
	if !known {
		return
	}
	if r.node == node {
		t.note(e, chargerStatus, waywarden.Text(text), at, c.Record, source)
	} else if part := t.partFor(c, node, r.node); part != "" {
		t.note(e, part+partStatus, waywarden.Text(text), at, c.Record, source)
	}
}

// above says whether object a is b or around it.
func above(c *waywarden.Call, a, b int32) bool {
	for range climbMax {
		if a == b {
			return true
		}
		if b < 0 || int(b) >= len(c.Nodes) {
			return false
		}
		b = c.Nodes[b].Parent
	}
	return a == b
}

// partFor returns the name of the connector that the object below a charger's own describes, "" for none.
func (t *Twins) partFor(c *waywarden.Call, node, below int32) string {
	if below < 0 || int(below) >= len(c.Nodes) || c.Nodes[below].Parent != node {
		return ""
	}
	for i := range t.remarks {
		if r := &t.remarks[i]; r.facet == facetPart && r.node == below {
			if v := c.Leaves[r.leaf].Value; len(v) <= 3 && identifier.Short(v) && v != "0" {
				return "Charger.Connector." + v
			}
		}
	}
	return ""
}
