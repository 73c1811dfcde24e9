package life

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

func (w *life) newStation(box *world.Person) {
	s := &world.Station{Thing: world.Thing{Kind: "station", ID: "W" + w.Letters("ABCDEFGHJK", 2) + fmt.Sprintf("%05d", 20000+7*len(w.Stations)+w.IntN(5))}, Serial: w.Letters(world.Digits, 9), Version: world.Pick(w, []string{"1.6", "1.6", "2.0.1"}),
		Secret: w.Secret(20), BoxOf: box, Site: len(w.Stations) / 5, Firmware: world.Pick(w, w.Releases[:2]), Vendor: world.Pick(w, []string{"Ohmwerk", "Ampera Nord", "Lumivolt"}), Home: w.Somewhere()}
	s.EVSE = fmt.Sprintf("XX*%s*E%06d*1", "WLD", 1000+len(w.Stations))
	s.IP = fmt.Sprintf("198.19.%d.%d", 200+s.Site%50, 1+len(w.Stations)%250)
	s.UID = s.ID
	s.Station = s
	if n := len(w.Stations) - 1; n >= 0 && w.Stations[n].Site == s.Site && box == nil && w.Stations[n].BoxOf == nil {
		s.Home = w.Stations[n].Home
	}
	w.Stations = append(w.Stations, s)
	w.Truth.Entities.Charger = append(w.Truth.Entities.Charger, world.EntityTruth{UID: s.UID, IDs: []string{s.ID, s.EVSE, s.Serial}, Type: "charger"})
	if box != nil {
		box.Boxes = append(box.Boxes, s)
		w.Link(box, &s.Thing, "owner")
	}
}

// socket opens a connection of a station.
func (w *life) socket(s *world.Station, t time.Time, ip, connection string) {
	sub := map[string]string{"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1"}[s.Version]
	r := &world.Record{Kind: "ocpp", Time: t, Station: s.ID, Connection: connection, Version: s.Version, Client: &world.Client{IP: ip}, Event: "open",
		Request: &world.Message{Target: "/ws/" + s.ID, Headers: map[string]string{"sec-websocket-protocol": sub, "authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(s.ID+":"+s.Secret))}}, Response: &world.Message{Status: 101}}
	w.frameOut(r, s)
}

func (w *life) frameOut(r *world.Record, s *world.Station) {
	w.Sink.Add(r)
	if w.Mark != nil {
		w.Mark.Add(r, nil, &s.Thing)
	}
}

// frames sends a request one way and its answer the other.
func (w *life) frames(s *world.Station, t time.Time, direction, action string, request, answer world.Node) time.Time {
	return w.framesOver(s, s.IP, s.Connection, t, direction, action, request, answer)
}

func (w *life) framesOver(s *world.Station, ip, connection string, t time.Time, direction, action string, request, answer world.Node) time.Time {
	s.Message++
	id := fmt.Sprintf("%s-%d", s.Serial[5:], s.Message)
	back := map[string]string{"in": "out", "out": "in"}[direction]
	w.frameOut(&world.Record{Kind: "ocpp", Time: t, Station: s.ID, Connection: connection, Version: s.Version, Client: &world.Client{IP: ip}, Direction: direction, Frame: []any{2, id, action, raw(request)}}, s)
	t = t.Add(w.Span(0.05, 0.6))
	w.frameOut(&world.Record{Kind: "ocpp", Time: t, Station: s.ID, Connection: connection, Version: s.Version, Client: &world.Client{IP: ip}, Direction: back, Frame: []any{3, id, raw(answer)}}, s)
	return t.Add(w.Span(0.1, 1))
}

// raw is a node as JSON inside JSON.
func raw(n world.Node) rawJSON { return rawJSON(n.JSON(world.Plain)) }

type rawJSON string

// MarshalJSON is for encoding/json.
func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// connect is a station that comes up, and beats from then on.
func (w *life) connect(s *world.Station, t time.Time) {
	s.Connection = "ws-" + w.Letters(world.HexDigits, 8)
	w.socket(s, t, s.IP, s.Connection)
	t = w.boot(s, s.IP, s.Connection, t.Add(time.Second), s.Vendor)
	mine := s.Connection
	w.On(t.Add(w.Span(600, 900)), func(t time.Time) { w.beat(s, t, mine) })
}

func (w *life) boot(s *world.Station, ip, connection string, t time.Time, vendor string) time.Time {
	request := world.Node{f("chargePointVendor", "", vendor), f("chargePointModel", "", "M22"), f("chargePointSerialNumber", "", s.Serial), f("firmwareVersion", "", s.Firmware)}
	if s.Version != "1.6" {
		request = world.Node{f("reason", "", "PowerUp"), f("chargingStation", "", world.Node{f("vendorName", "", vendor), f("model", "", "M22"), f("serialNumber", "", s.Serial), f("firmwareVersion", "", s.Firmware)})}
	}
	t = w.framesOver(s, ip, connection, t, "in", "BootNotification", request, world.Node{f("currentTime", "", t.Format(time.RFC3339)), f("interval", "", 900), f("status", "", "Accepted")})
	if s.Version == "1.6" {
		return w.framesOver(s, ip, connection, t, "in", "StatusNotification", world.Node{f("connectorId", "", 1), f("errorCode", "", "NoError"), f("status", "", "Available")}, world.Node{})
	}
	return w.framesOver(s, ip, connection, t, "in", "StatusNotification", world.Node{f("timestamp", "", t.Format(time.RFC3339)), f("connectorStatus", "", "Available"), f("evseId", "", 1), f("connectorId", "", 1)}, world.Node{})
}

// beat is a heartbeat, with the meter while something charges, for as long as the connection lives.
func (w *life) beat(s *world.Station, t time.Time, connection string) {
	if s.Connection != connection {
		return
	}
	next := w.Span(880, 920)
	if c := s.Transaction; c != nil && c.Number > 0 {
		c.Meter += 900 + w.IntN(600)
		next = w.Span(290, 310)
		if s.Version == "1.6" {
			w.frames(s, t, "in", "MeterValues", world.Node{f("connectorId", "", 1), f("transactionId", "", c.Number), f("meterValue", "", []world.Node{{f("timestamp", "", t.Format(time.RFC3339)), f("sampledValue", "", []world.Node{{f("value", "", fmt.Sprint(c.Meter)), f("measurand", "", "Energy.Active.Import.Register"), f("unit", "", "Wh")}})}})}, world.Node{})
		} else {
			w.frames(s, t, "in", "TransactionEvent", w.event201(c, t, "Updated", "MeterValuePeriodic"), world.Node{})
		}
	} else {
		w.frames(s, t, "in", "Heartbeat", world.Node{}, world.Node{f("currentTime", "", t.Format(time.RFC3339))})
	}
	w.On(t.Add(next), func(t time.Time) { w.beat(s, t, connection) })
}

func (w *life) event201(c *world.Charging, t time.Time, typ, reason string) world.Node {
	n := world.Node{f("eventType", "", typ), f("timestamp", "", t.Format(time.RFC3339)), f("triggerReason", "", reason), f("seqNo", "", int(t.Sub(c.Started).Seconds())), f("transactionInfo", "", world.Node{f("transactionId", "", c.ID), f("chargingState", "", "Charging")}), f("evse", "", world.Node{f("id", "", 1), f("connectorId", "", 1)}),
		f("meterValue", "", []world.Node{{f("timestamp", "", t.Format(time.RFC3339)), f("sampledValue", "", []world.Node{{f("value", "", c.Meter), f("measurand", "", "Energy.Active.Import.Register")}})}})}
	if typ == "Started" {
		n = append(n, f("idToken", "", world.Node{f("idToken", "", c.Tag), f("type", "", "ISO14443")}))
	}
	return n
}

// begin starts a transaction, by remote or by a card at the station.
func (w *life) begin(s *world.Station, c *world.Charging, t time.Time, remote bool) time.Time {
	s.Transaction = c
	w.Things++
	c.Number = 40000 + w.Things
	accepted := world.Node{f("idTagInfo", "", world.Node{f("status", "", "Accepted")})}
	if s.Version == "1.6" {
		if remote {
			t = w.frames(s, t, "out", "RemoteStartTransaction", world.Node{f("connectorId", "", 1), f("idTag", "", c.Tag)}, world.Node{f("status", "", "Accepted")})
		} else {
			t = w.frames(s, t, "in", "Authorize", world.Node{f("idTag", "", c.Tag)}, accepted)
		}
		return w.frames(s, t, "in", "StartTransaction", world.Node{f("connectorId", "", 1), f("idTag", "", c.Tag), f("meterStart", "", c.Meter), f("timestamp", "", t.Format(time.RFC3339))}, append(world.Node{f("transactionId", "", c.Number)}, accepted...))
	}
	token := f("idToken", "", world.Node{f("idToken", "", c.Tag), f("type", "", "ISO14443")})
	if remote {
		t = w.frames(s, t, "out", "RequestStartTransaction", world.Node{f("remoteStartId", "", c.Number), token, f("evseId", "", 1)}, world.Node{f("status", "", "Accepted"), f("transactionId", "", c.ID)})
	} else {
		t = w.frames(s, t, "in", "Authorize", world.Node{token}, world.Node{f("idTokenInfo", "", world.Node{f("status", "", "Accepted")})})
	}
	return w.frames(s, t, "in", "TransactionEvent", w.event201(c, t, "Started", "Authorized"), world.Node{f("idTokenInfo", "", world.Node{f("status", "", "Accepted")})})
}

// finish ends a transaction.
func (w *life) finish(s *world.Station, t time.Time, remote bool) {
	c := s.Transaction
	s.Transaction = nil
	c.Meter += 300
	if s.Version == "1.6" {
		if remote {
			t = w.frames(s, t, "out", "RemoteStopTransaction", world.Node{f("transactionId", "", c.Number)}, world.Node{f("status", "", "Accepted")})
		}
		w.frames(s, t, "in", "StopTransaction", world.Node{f("transactionId", "", c.Number), f("idTag", "", c.Tag), f("meterStop", "", c.Meter), f("timestamp", "", t.Format(time.RFC3339))}, world.Node{})
		return
	}
	if remote {
		t = w.frames(s, t, "out", "RequestStopTransaction", world.Node{f("transactionId", "", c.ID)}, world.Node{f("status", "", "Accepted")})
	}
	w.frames(s, t, "in", "TransactionEvent", w.event201(c, t, "Ended", "RemoteStop"), world.Node{})
}

// reset restarts a station: the connection ends, another begins from the same place.
func (w *life) reset(s *world.Station, t time.Time) {
	t = w.frames(s, t, "out", "Reset", world.Node{f("type", "", map[bool]string{true: "Soft", false: "OnIdle"}[s.Version == "1.6"])}, world.Node{f("status", "", "Accepted")})
	w.drop(s, t)
	mark := w.Mark
	w.On(t.Add(w.Span(20, 90)), func(t time.Time) { w.Marked(mark, func() { w.connect(s, t) }) })
}

func (w *life) drop(s *world.Station, t time.Time) {
	w.frameOut(&world.Record{Kind: "ocpp", Time: t, Station: s.ID, Connection: s.Connection, Version: s.Version, Client: &world.Client{IP: s.IP}, Event: "close"}, s)
	s.Connection = ""
}
