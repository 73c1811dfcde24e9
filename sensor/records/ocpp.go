package records

import (
	"errors"
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

func (d *decoder) readDirection() {
	if d.s.Null() {
		return
	}
	switch string(d.s.View()) {
	case "in":
		d.frame.Inbound = true
	case "out":
		d.frame.Inbound = false
	default:
		d.s.Fail("direction is neither in nor out")
	}
}

func (d *decoder) readEvent() {
	d.frame.Event = waywarden.SocketNone
	if d.s.Null() {
		return
	}
	switch string(d.s.View()) {
	case "open":
		d.frame.Event = waywarden.SocketOpen
	case "close":
		d.frame.Event = waywarden.SocketClose
	default:
		d.s.Fail("event is neither open nor close")
	}
}

// readFrame reads a message, also one that was put into quotes.
func (d *decoder) readFrame() {
	d.hasFrame, d.badFrame = false, false
	switch d.s.Peek() {
	case 'n':
		d.s.Null()
		return
	case '"':
		d.hasFrame, d.badFrame = true, sensor.ParseFrame(d.s.Bytes(), &d.frame) != nil
	case '[':
		d.hasFrame, d.badFrame = true, !sensor.ScanFrame(&d.s, &d.frame)
	default:
		d.s.Skip()
		d.hasFrame, d.badFrame = true, true
	}
}

func (d *decoder) ocpp() (*waywarden.Record, error) {
	switch {
	case d.frame.Station == "":
		return nil, errors.New("ocpp record without station")
	case d.hasFrame && d.badFrame:
		return nil, errors.New("ocpp record with a frame that is no OCPP-J message")
	case !d.hasFrame && d.frame.Event == waywarden.SocketNone:
		return nil, errors.New("ocpp record without frame or event")
	}
	x := &struct {
		rec   waywarden.Record
		frame waywarden.Frame
	}{d.rec, d.frame}
	x.rec.Kind, x.rec.OCPP = waywarden.KindOCPP, &x.frame
	f := &x.frame
	f.Client = d.client
	if d.hasFrame {
		f.Event, f.CloseCode = waywarden.SocketNone, 0
		return &x.rec, nil
	}
	if f.Event == waywarden.SocketOpen {
		f.CloseCode = 0
		f.Handshake = waywarden.Handshake{
			Target: d.request.target, Status: d.response.status,
			Headers: slices.Clone(waywarden.Headers(d.fields[d.request.fields[0]:d.request.fields[1]])),
		}
		if f.Version == "" {
			f.Version = d.agreedVersion()
		}
	}
	return &x.rec, nil
}

// agreedVersion returns the version that the handshake names: the server's choice, else the station's first wish.
func (d *decoder) agreedVersion() string {
	for _, m := range []*side{&d.response, &d.request} {
		h := waywarden.Headers(d.fields[m.fields[0]:m.fields[1]])
		if v := sensor.OCPPVersion(h.First("sec-websocket-protocol")); v != "" {
			return v
		}
	}
	return ""
}
