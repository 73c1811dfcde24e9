package pcap

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/capture"
	"github.com/waywarden/waywarden/internal/websocket"
	"github.com/waywarden/waywarden/sensor"
)

// closedAbnormally is the code of a socket that ended without a closing frame; it is never sent (RFC 6455, 7.1.5).
const closedAbnormally = 1006

// A socket is a WebSocket connection.
type socket struct {
	c        *conn
	opening  *call // until it is known whether the socket is one of OCPP
	frame    waywarden.Frame
	parsers  [2]websocket.Parser // of the client, of the server
	at       [2]int64            // first byte of the message under way
	buffered [2]int
	closed   bool
}

// newSocket goes on with the connection that k was accepted to upgrade.
func newSocket(c *conn, k *call) protocol {
	asked, agreed := k.tx.Request.Headers.First("sec-websocket-protocol"), k.tx.Response.Headers.First("sec-websocket-protocol")
	version := sensor.OCPPVersion(agreed)
	if agreed == "" {
		version = sensor.OCPPVersion(asked)
	}
	if version == "" && asked+agreed != "" {
		c.emit(k)
		c.abandon(sensor.CountStreamUndecodable)
		return nil
	}
	toServer, toClient := websocket.Agreed(k.tx.Response.Headers.First("sec-websocket-extensions"))
	s := &socket{c: c, opening: k}
	s.parsers[fromClient] = websocket.NewParser(true, toServer, &c.d.inflater)
	s.parsers[fromServer] = websocket.NewParser(false, toClient, &c.d.inflater)
	c.d.asm.Keep(c.tcp)
	if version != "" {
		s.open(version)
	}
	return s
}

// open makes the record of the opening.
func (s *socket) open(version string) {
	k := s.opening
	s.opening = nil
	k.emitted = true
	k.request.finish(s.c, &k.tx.Request)
	client, _ := s.c.parties()
	s.frame = waywarden.Frame{Station: station(&k.tx), Connection: s.c.name(), Version: version, Client: client}
	f := s.frame
	f.Inbound, f.Event = true, waywarden.SocketOpen
	f.Handshake = waywarden.Handshake{Target: k.tx.Target, Headers: k.tx.Request.Headers, Status: k.tx.Status}
	k.rec.Kind, k.rec.HTTP, k.rec.OCPP = waywarden.KindOCPP, nil, &f
	s.c.d.emit(&k.rec)
}

// station returns the identity of a charge point: the last segment of the path (OCPP-J 1.6, 3.1.1), else the user name it
// authenticates with, else its address.
func station(t *waywarden.Transaction) string {
	path, _, _ := strings.Cut(t.Target, "?")
	path = strings.TrimRight(path, "/")
	name := path[strings.LastIndexByte(path, '/')+1:]
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	if name != "" {
		return name
	}
	scheme, token, _ := strings.Cut(t.Request.Headers.First("authorization"), " ")
	if raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token)); err == nil && strings.EqualFold(scheme, "basic") {
		if user, _, _ := strings.Cut(string(raw), ":"); user != "" {
			return user
		}
	}
	return t.Client.IP
}

func (s *socket) data(client bool, ch capture.Chunk) {
	side := sideOf(client)
	p := &s.parsers[side]
	for data := ch.Data; s.c.proto == protocol(s); {
		if p.Idle() {
			s.at[side] = ch.Time
		}
		ev, rest := p.Next(data)
		switch ev {
		case websocket.More:
			s.account(side, p.Buffered())
			return
		case websocket.Message:
			s.message(client, p, s.at[side])
		case websocket.Missed:
			s.missed(p.Err)
		case websocket.Close:
			s.shut(client, p.Code, ch.Time)
		case websocket.Broken:
			s.c.d.count(sensor.CountStreamUndecodable)
		}
		data = rest
	}
}

func (s *socket) account(side, n int) {
	if more := n - s.buffered[side]; more > 0 && !s.c.take(more) {
		s.c.abandon(sensor.CountStreamUndecodable)
		return
	} else if more < 0 {
		s.c.give(-more)
	}
	s.buffered[side] = n
}

// message makes the record of a message.
func (s *socket) message(client bool, p *websocket.Parser, at int64) {
	f := s.frame
	err := errors.New("binary message")
	if p.Op == websocket.OpText {
		err = sensor.ParseFrame(p.Payload, &f)
	}
	if s.opening != nil && !s.decide(err == nil, &f, p) || s.closed {
		return
	}
	if err != nil {
		r := sensor.Reject(s.c.d.name, 0, "message of an OCPP socket: "+err.Error(), p.Payload)
		r.Offset = s.c.d.packet
		s.c.d.out.Reject(r)
		return
	}
	f.Inbound = client
	s.emit(&f, at)
}

// decide finds out by the first message whether a socket without a subprotocol is one of OCPP.
func (s *socket) decide(is bool, f *waywarden.Frame, p *websocket.Parser) bool {
	if !is {
		s.c.emit(s.opening)
		s.opening = nil
		s.c.abandon(sensor.CountStreamUndecodable)
		return false
	}
	s.open("")
	*f = s.frame
	return sensor.ParseFrame(p.Payload, f) == nil
}

// emit makes a record of a frame.
func (s *socket) emit(f *waywarden.Frame, at int64) {
	t := time.Unix(0, at).UTC()
	s.c.d.emit(&waywarden.Record{Kind: waywarden.KindOCPP, ID: s.c.recordID(), At: t, Received: t, OCPP: f})
}

// missed counts a message that could not be read.
func (s *socket) missed(err error) {
	switch {
	case errors.Is(err, websocket.ErrTooLong):
		s.c.d.count(sensor.CountBodyTruncated)
	case errors.Is(err, websocket.ErrDeflate):
		s.c.d.count(sensor.CountBodyUndecodable)
	default:
		s.c.d.count(sensor.CountBodyMissing)
	}
}

// shut makes the record of the closing, once.
func (s *socket) shut(client bool, code int, at int64) {
	if s.closed || s.opening != nil {
		return
	}
	s.closed = true
	f := s.frame
	f.Inbound, f.Event, f.CloseCode = client, waywarden.SocketClose, code
	s.emit(&f, at)
}

func (s *socket) gap(client bool, n int64) {
	switch s.parsers[sideOf(client)].Skip(n) {
	case websocket.Missed, websocket.Broken:
		s.missed(nil)
	}
}

func (s *socket) end(client bool) { s.shut(client, closedAbnormally, s.c.tcp.Last()) }

// close tells of a socket that was reset. The end of the capture, or a long silence in it, closes none.
func (s *socket) close(why capture.Why) {
	if s.opening != nil {
		s.c.emit(s.opening)
		s.opening = nil
	}
	if why == capture.Reset || why == capture.Reused {
		s.shut(true, closedAbnormally, s.c.tcp.Last())
	}
}
