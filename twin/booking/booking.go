// Package booking reads what a call says of a ride or booking: its number and its state, whatever the API calls them.
package booking

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/words"
)

// fields are the names under which APIs carry the number of a ride or booking, without separators.
var fields = map[string]bool{
	"bookingid": true, "rideid": true, "tripid": true, "reservationid": true, "rentalid": true, "orderid": true, "requestid": true, "journeyid": true,
	"hireid": true, "bookingreference": true, "bookingno": true, "buchungsid": true, "buchungsnr": true, "fahrtid": true, "mieteid": true, "reservierungsid": true,
	"idreserva": true, "reservaid": true, "idcourse": true, "courseid": true, "prenotazioneid": true, "ritid": true, "bookinguuid": true, "rideuuid": true, "tripuuid": true,
}

// states are what APIs call the state of a ride.
var states = map[string]string{
	"requested": "requested", "processing": "requested", "pending": "requested", "created": "requested", "searching": "requested", "matching": "requested", "quoted": "requested",
	"accepted": "reserved", "confirmed": "reserved", "reserved": "reserved", "booked": "reserved", "assigned": "reserved", "arriving": "reserved", "arrived": "reserved", "scheduled": "reserved", "driverarrived": "reserved", "enroute": "reserved",
	"inprogress": "on_trip", "started": "on_trip", "active": "on_trip", "ontrip": "on_trip", "ongoing": "on_trip", "running": "on_trip", "inuse": "on_trip", "pickedup": "on_trip", "paused": "on_trip",
	"completed": "completed", "finished": "completed", "ended": "completed", "closed": "completed", "droppedoff": "completed", "returned": "completed", "done": "completed",
	"cancelled": "cancelled", "canceled": "cancelled", "ridercanceled": "cancelled", "drivercanceled": "cancelled", "ridercancelled": "cancelled", "drivercancelled": "cancelled", "expired": "cancelled", "rejected": "cancelled", "storniert": "cancelled", "aborted": "cancelled",
	"noshow": "no_show",
}

// spoken are what the names of operations say a call does to a ride, the first that fits.
var spoken = [...]struct{ word, state string }{
	{"cancel", "cancelled"}, {"storn", "cancelled"}, {"annul", "cancelled"}, {"anul", "cancelled"}, {"abort", "cancelled"},
	{"noshow", "no_show"}, {"no_show", "no_show"}, {"no-show", "no_show"},
	{"end", "completed"}, {"finish", "completed"}, {"complete", "completed"}, {"return", "completed"}, {"dropoff", "completed"}, {"stop", "completed"}, {"beend", "completed"}, {"rueckgabe", "completed"}, {"termin", "completed"},
	{"start", "on_trip"}, {"begin", "on_trip"}, {"unlock", "on_trip"}, {"pickup", "on_trip"}, {"beginn", "on_trip"}, {"resume", "on_trip"},
}

// State returns the state that a call gives a ride, or brings it into: requested, reserved, on_trip, completed, cancelled,
// no_show; "" where it says nothing.
func State(c *waywarden.Call, node int32) string {
	if s := said(c, node); s != "" || c.Operation.Access == waywarden.AccessRead {
		return s
	}
	return done(c.Operation)
}

// Number returns the number of the one ride a call is about, and the object of the answer that has it (-1: none). What
// the request names counts before what the answer does; an answer with several rides is about none.
func Number(c *waywarden.Call) (id string, node int32, ok bool) {
	node = -1
	asked := ""
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.Value == "" || !numbersRide(c, l) {
			continue
		}
		if l.In != waywarden.InResponse {
			if l.In != waywarden.InHeader && l.In != waywarden.InCookie {
				asked = l.Value
			}
			continue
		}
		switch {
		case id == "":
			id, node = l.Value, l.Node
		case id != l.Value && l.Node != node:
			return asked, -1, asked != ""
		}
	}
	if asked != "" {
		if id != asked {
			node = -1
		}
		return asked, node, true
	}
	return id, node, id != ""
}

// numbersRide says whether a leaf is the number of a ride: by its name, by its type, or because it is the only id of an
// operation that is about rides.
func numbersRide(c *waywarden.Call, l *waywarden.Leaf) bool {
	switch l.Type {
	case "", waywarden.TypeSessionID, waywarden.TypeRequestID:
	default:
		return false
	}
	var buf [32]byte
	name := string(words.Bare(buf[:0], l.Name))
	if fields[name] {
		own := name == "requestid" && (l.In == waywarden.InBody || l.In == waywarden.InQuery) // the client's own, to tell repeats
		return !own && l.In != waywarden.InHeader && l.In != waywarden.InResponseHeader
	}
	switch l.In {
	case waywarden.InPath:
		return l.Type == waywarden.TypeSessionID || name == "id" || name == "uuid"
	case waywarden.InResponse:
		return name == "id" && strings.Count(l.Name, ".") <= 1 && !strings.Contains(l.Name, "[]") && c.Operation.Access != waywarden.AccessRead
	}
	return false
}

// said returns the state that the answer gives, in the object with the ride's number or beside it.
func said(c *waywarden.Call, node int32) string {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InResponse || node >= 0 && l.Node != node {
			continue
		}
		var buf [32]byte
		switch string(words.Bare(buf[:0], l.Name)) {
		case "status", "state", "ridestatus", "ridestate", "tripstatus", "tripstate", "bookingstatus", "bookingstate", "zustand", "estado", "statut", "stato":
			if s := states[string(words.Bare(buf[:0], l.Value))]; s != "" {
				return s
			}
		}
	}
	return ""
}

// done returns the state that a call brings a ride into, by the names of its operation.
func done(op *waywarden.Operation) string {
	if op.Method == "DELETE" {
		return "cancelled"
	}
	last := op.Template[strings.LastIndexByte(op.Template, '/')+1:]
	for _, text := range [...]string{strings.ToLower(op.Discriminator.Value), strings.ToLower(last)} {
		for _, w := range spoken {
			if strings.Contains(text, w.word) {
				return w.state
			}
		}
	}
	if op.Function.Class == "ride.request" && op.Method == "POST" {
		return "requested"
	}
	return ""
}
