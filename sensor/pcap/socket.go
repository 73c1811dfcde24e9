package pcap

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// Limits of WebSocket messages.
const (
	textMax   = 1 << 20 // bytes of a message, compressed or not; OCPP messages have some kilobytes
	windowMax = 1 << 15 // bytes of context a compressed message may refer to (RFC 7692)
)

// A socket is a WebSocket connection (RFC 6455). Its messages become records if its subprotocol is OCPP.
type socket struct {
	c        *conn
	ocpp     bool
	template waywarden.Frame // what every frame record has in common
	deflated bool
	lanes    [2]lane
	closed   bool
}

// A lane is one direction of a socket.
type lane struct {
	message    []byte
	compressed bool
	open       bool // a fragmented message is being put together
	text       bool
	skip       bool // too long
	at         time.Time
	window     []byte // what compressed messages may refer to
	fresh      bool   // each message is compressed on its own
}

func newSocket(c *conn, request, answer *message) *socket {
	s := &socket{c: c}
	protocol := answer.headers.First("sec-websocket-protocol")
	version := sensor.OCPPVersion(protocol)
	s.ocpp = version != ""
	extensions := strings.ToLower(answer.headers.First("sec-websocket-extensions"))
	s.deflated = strings.Contains(extensions, "permessage-deflate")
	s.lanes[c.client].fresh = strings.Contains(extensions, "client_no_context_takeover")
	s.lanes[1-c.client].fresh = strings.Contains(extensions, "server_no_context_takeover")
	if !s.ocpp {
		c.emit(request, answer)
		c.tap.out.Count(sensor.CountStreamUndecodable, 1)
		return s
	}
	s.template = waywarden.Frame{Station: station(request.target), Connection: c.name(), Version: version, Client: c.peer()}
	r := c.record(waywarden.KindOCPP, request.at)
	f := s.template
	f.Inbound, f.Event = true, waywarden.SocketOpen
	f.Handshake = waywarden.Handshake{Target: request.target, Headers: request.headers, Status: answer.status}
	r.OCPP = &f
	c.tap.emit(r)
	return s
}

// station is the charge point identity: the last segment of the path (OCPP-J 1.6, 3.1.1).
func station(target string) string {
	path, _, _ := strings.Cut(target, "?")
	path = strings.TrimRight(path, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	if s, err := url.PathUnescape(last); err == nil {
		return s
	}
	return last
}

// feed reads the frames that direction d holds.
func (s *socket) feed(d int) {
	side := &s.c.sides[d]
	if !s.ocpp {
		side.buf, side.at = nil, nil
		return
	}
	for !s.closed {
		f, n := nextFrame(side.buf)
		if n == 0 {
			return
		}
		if n < 0 {
			s.c.tap.out.Count(sensor.CountStreamUndecodable, 1)
			s.c.end()
			s.c.protocol = opaque
			return
		}
		at := side.time()
		side.take(n)
		s.frame(d, f, at)
	}
}

// A wire is a frame as it was on the wire, unmasked.
type wire struct {
	final, compressed bool
	opcode            byte
	payload           []byte
}

// nextFrame reads a frame and returns how many bytes it takes: 0 when it is not whole, -1 when it is none.
func nextFrame(b []byte) (wire, int) {
	if len(b) < 2 {
		return wire{}, 0
	}
	f := wire{final: b[0]&0x80 != 0, compressed: b[0]&0x40 != 0, opcode: b[0] & 0xf}
	if b[0]&0x30 != 0 || f.opcode > 2 && f.opcode < 8 || f.opcode > 10 {
		return f, -1
	}
	n, size := frameSize(b)
	masked := b[1]&0x80 != 0
	if masked {
		n += 4
	}
	switch {
	case len(b) < n:
		return f, 0
	case size > textMax:
		return f, -1 // longer than any message that is decoded here
	case uint64(len(b)-n) < size:
		return f, 0
	}
	f.payload = bytes.Clone(b[n : n+int(size)])
	if masked {
		key := b[n-4 : n]
		for i := range f.payload {
			f.payload[i] ^= key[i&3]
		}
	}
	return f, n + int(size)
}

// frameSize returns the length of a frame's head without the mask, and that of its payload as far as the head is there.
func frameSize(b []byte) (head int, payload uint64) {
	switch short := b[1] & 0x7f; {
	case short == 126 && len(b) >= 4:
		return 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case short == 126:
		return 4, 0
	case short == 127 && len(b) >= 10:
		return 10, binary.BigEndian.Uint64(b[2:])
	case short == 127:
		return 10, 0
	default:
		return 2, uint64(short)
	}
}

func (s *socket) frame(d int, f wire, at time.Time) {
	l := &s.lanes[d]
	switch f.opcode {
	case 8:
		code := 0
		if len(f.payload) >= 2 {
			code = int(binary.BigEndian.Uint16(f.payload))
		}
		s.close(d, code, at)
	case 1, 2:
		l.message, l.open, l.text, l.compressed, l.skip, l.at = f.payload, true, f.opcode == 1, f.compressed, false, at
	case 0:
		if !l.open {
			return
		}
		if l.message = append(l.message, f.payload...); len(l.message) > textMax {
			l.message, l.skip = nil, true
		}
	default:
		return // ping, pong
	}
	if f.opcode <= 2 && f.final {
		l.open = false
		s.text(d, l)
	}
}

// text makes a record of a whole message.
func (s *socket) text(d int, l *lane) {
	body := l.message
	l.message = nil
	if l.compressed && s.deflated && !l.skip {
		var err error
		if body, err = l.inflate(body); err != nil {
			s.c.tap.out.Count(sensor.CountBodyUndecodable, 1)
			return
		}
	}
	if l.skip || !l.text {
		s.c.tap.out.Count(sensor.CountBodyUndecodable, 1)
		return
	}
	f := s.template
	if err := sensor.ParseFrame(body, &f); err != nil {
		s.c.tap.out.Count(sensor.CountRejected, 1)
		s.c.tap.out.Reject(sensor.Reject(s.c.name(), int64(s.c.number), "WebSocket message: "+err.Error(), body))
		return
	}
	f.Inbound = d == s.c.client
	r := s.c.record(waywarden.KindOCPP, l.at)
	r.OCPP = &f
	s.c.tap.emit(r)
}

// tail ends every message that permessage-deflate compressed (RFC 7692, 7.2.2).
var tail = []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}

// inflate decompresses a message in the light of those before.
func (l *lane) inflate(b []byte) ([]byte, error) {
	r := flate.NewReaderDict(io.MultiReader(bytes.NewReader(b), bytes.NewReader(tail)), l.window)
	body, err := io.ReadAll(io.LimitReader(r, textMax+1))
	if err != nil {
		return nil, err
	}
	if len(body) > textMax {
		return nil, sensor.ErrBodyBomb
	}
	if !l.fresh {
		l.window = append(l.window, body...)
		if n := len(l.window) - windowMax; n > 0 {
			l.window = bytes.Clone(l.window[n:])
		}
	}
	return body, nil
}

func (s *socket) close(d, code int, at time.Time) {
	if s.closed || !s.ocpp {
		return
	}
	s.closed = true
	f := s.template
	f.Inbound, f.Event, f.CloseCode = d == s.c.client, waywarden.SocketClose, code
	r := s.c.record(waywarden.KindOCPP, at)
	r.OCPP = &f
	s.c.tap.emit(r)
}

// end tells of a connection that ended without a closing handshake (code 1006 of RFC 6455, which is never sent). The end
// of the capture, or a long silence in it, is no end of the connection.
func (s *socket) end() {
	if s.c.tap.holding {
		return
	}
	at := s.c.sides[0].last()
	if other := s.c.sides[1].last(); other.After(at) {
		at = other
	}
	if at.IsZero() {
		at = s.c.began
	}
	s.close(s.c.client, 1006, at)
}
