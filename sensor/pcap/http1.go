package pcap

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// Limits of HTTP/1 messages.
const (
	headMax    = 256 << 10 // bytes of a start line with its header fields
	headersMax = 1000      // header fields kept; further ones are dropped
	bodyMax    = 1 << 20   // bytes of a body kept, as on the wire
	pendingMax = 256       // requests whose answers are awaited on one connection
)

// A message is an HTTP/1 message being read.
type message struct {
	method, target, version string // of a request
	status                  int    // of a response
	headers                 waywarden.Headers
	at, until               time.Time
	body                    []byte
	size                    int64 // bytes of the body so far
	cut                     bool  // body is only the beginning, or has a hole
	framing                 framing
	left                    int64 // bytes of the body, or of the chunk, still to come
	chunk                   chunkState
}

// A framing says where a body ends.
type framing uint8

const (
	bodyNone framing = iota
	bodyLength
	bodyChunked
	bodyUntilClose
)

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkData
	chunkEnd
	chunkTrailer
)

// An exchange is a request that awaits its answer.
type exchange struct{ request *message }

// http1 reads what direction d holds.
func (c *conn) http1(d int) {
	s := &c.sides[d]
	for len(s.buf) > 0 && c.protocol == http1 {
		if s.lost && !c.resync(d) {
			return
		}
		if s.msg == nil && !c.head(d) {
			return
		}
		if s.msg != nil && !c.body(d) {
			return
		}
	}
}

// resync finds the next beginning of a message after a gap.
func (c *conn) resync(d int) bool {
	s := &c.sides[d]
	i := begins(s.buf)
	if i < 0 {
		s.take(max(0, len(s.buf)-lineMax)) // a start line may be cut by the segment's end
		return false
	}
	s.take(i)
	s.lost = false
	return true
}

// head reads a start line with its header fields; false: more bytes are needed, or there is no message.
func (c *conn) head(d int) bool {
	s := &c.sides[d]
	for len(s.buf) > 0 && (s.buf[0] == '\r' || s.buf[0] == '\n') { // RFC 9112, 2.2: empty lines before a request
		s.take(1)
	}
	n := headEnd(s.buf)
	if n < 0 {
		if len(s.buf) > headMax {
			c.tap.out.Count(sensor.CountStreamUndecodable, 1)
			s.lost = true
			s.take(len(s.buf))
		}
		return false
	}
	at := s.time()
	m, ok := parseHead(s.buf[:n])
	if !ok || (m.status == 0) != (d == c.client) {
		s.lost = true
		if i := begins(s.buf[1:]); i >= 0 {
			s.take(i + 1)
			return true
		}
		s.take(len(s.buf))
		return false
	}
	m.at = at
	s.take(n)
	s.msg = m
	if d == c.client {
		m.framing, m.left = requestFraming(m)
		return true
	}
	c.answerFraming(m)
	return true
}

func requestFraming(m *message) (framing, int64) {
	if chunked(m.headers) {
		return bodyChunked, 0
	}
	if n, ok := length(m.headers); ok && n > 0 {
		return bodyLength, n
	}
	return bodyNone, 0
}

// answerFraming follows RFC 9112, 6.3; which request is answered decides.
func (c *conn) answerFraming(m *message) {
	method := ""
	if len(c.pending) > 0 {
		method = c.pending[0].request.method
	}
	n, sized := length(m.headers)
	switch {
	case method == "HEAD" || m.status < 200 || m.status == 204 || m.status == 304 || method == "CONNECT" && m.status < 300:
		m.framing = bodyNone
	case chunked(m.headers):
		m.framing = bodyChunked
	case sized && n > 0:
		m.framing, m.left = bodyLength, n
	case sized:
		m.framing = bodyNone
	default:
		m.framing = bodyUntilClose
	}
}

// body reads the body of the message being read; false: more bytes are needed.
func (c *conn) body(d int) bool {
	s := &c.sides[d]
	m := s.msg
	switch m.framing {
	case bodyLength:
		n := int(min(m.left, int64(len(s.buf))))
		m.add(s.buf[:n])
		m.left -= int64(n)
		s.take(n)
		if m.left > 0 {
			return false
		}
	case bodyUntilClose:
		m.add(s.buf)
		s.take(len(s.buf))
		return false
	case bodyChunked:
		whole, ok := m.chunks(s)
		if !ok {
			s.lost = true
			m.cut = true
		} else if !whole {
			return false
		}
	}
	m.until = s.last()
	s.msg = nil
	c.complete(d, m)
	return true
}

// add keeps what a body may hold of b.
func (m *message) add(b []byte) {
	m.size += int64(len(b))
	if room := bodyMax - len(m.body); len(b) > room {
		b, m.cut = b[:room], true
	}
	m.body = append(m.body, b...)
}

// lineMax bounds the line of a chunk size or a trailer field.
const lineMax = 8 << 10

// chunks reads chunks; ok is false where there is no chunk size.
func (m *message) chunks(s *side) (whole, ok bool) {
	for {
		if m.chunk == chunkData {
			n := int(min(m.left, int64(len(s.buf))))
			m.add(s.buf[:n])
			m.left -= int64(n)
			s.take(n)
			if m.left > 0 {
				return false, true
			}
			m.chunk = chunkEnd
		}
		line, n := nextLine(s.buf)
		if n == 0 {
			return false, len(s.buf) <= lineMax
		}
		s.take(n)
		switch m.chunk {
		case chunkEnd:
			if len(line) > 0 {
				return false, false
			}
			m.chunk = chunkSize
		case chunkTrailer:
			if len(line) == 0 {
				return true, true
			}
		case chunkSize:
			size, _, _ := strings.Cut(string(line), ";")
			v, err := strconv.ParseUint(strings.TrimSpace(size), 16, 40)
			if err != nil {
				return false, false
			}
			m.left, m.chunk = int64(v), chunkData
			if v == 0 {
				m.chunk = chunkTrailer
			}
		}
	}
}

// nextLine returns the first line without its end, and how many bytes it takes; 0 when it is not whole.
func nextLine(b []byte) ([]byte, int) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return nil, 0
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), i + 1
}

// complete pairs requests with answers, in order.
func (c *conn) complete(d int, m *message) {
	switch {
	case d == c.client:
		if answer := c.answered(m); answer != nil {
			c.switchTo(m, answer)
			return
		}
		if len(c.pending) >= pendingMax {
			c.emit(c.pending[0].request, nil)
			c.pending = c.pending[1:]
		}
		c.pending = append(c.pending, &exchange{m})
	case m.status < 200 && m.status != 101:
		// Interim: the answer is still to come.
	case len(c.pending) == 0:
		if c.gaps == 0 && len(c.sides[c.client].buf) == 0 && c.headless {
			c.begunMidway()
		}
		if len(c.orphans) < pendingMax {
			c.orphans = append(c.orphans, m)
		}
	default:
		request := c.pending[0].request
		c.pending = c.pending[1:]
		c.switchTo(request, m)
	}
}

// answered returns the answer to a request that a gap held up until after its answer; older answers are to requests
// that were lost.
func (c *conn) answered(request *message) *message {
	for len(c.orphans) > 0 {
		m := c.orphans[0]
		c.orphans = c.orphans[1:]
		if m.at.After(request.at) {
			return m
		}
	}
	return nil
}

// switchTo emits the exchange, or goes on with what an answer switches the connection to.
func (c *conn) switchTo(request, answer *message) {
	upgrade := strings.ToLower(answer.headers.First("upgrade"))
	switch {
	case answer.status == 101 && upgrade == "websocket":
		c.protocol, c.ws = websocket, newSocket(c, request, answer)
		c.ws.feed(0)
		c.ws.feed(1)
	case answer.status == 101 && upgrade == "h2c":
		c.protocol, c.h2 = http2, newH2(c)
		c.h2.upgraded(request)
	case request.method == "CONNECT" && answer.status < 300:
		c.emit(request, answer)
		c.tap.out.Count(sensor.CountStreamUndecodable, 1)
		c.protocol = opaque
	default:
		c.emit(request, answer)
	}
}

// gap1 takes a gap of n bytes: within a body of known length it is a hole, elsewhere the place is lost.
func (c *conn) gap1(d, n int) {
	s := &c.sides[d]
	if m := s.msg; m != nil && (m.framing == bodyLength || m.framing == bodyChunked && m.chunk == chunkData) && int64(n) <= m.left {
		m.left -= int64(n)
		m.size += int64(n)
		m.cut = true
		if m.left == 0 && m.framing == bodyLength {
			s.msg = nil
			m.until = s.last()
			c.complete(d, m)
		}
		return
	}
	if m := s.msg; m != nil {
		m.cut = true
		s.msg = nil
		m.until = s.last()
		c.complete(d, m)
	}
	s.buf, s.lost = s.buf[:0], true
}

// end1 closes a connection: a body that lasts until then is whole, requests without answers are told as such.
func (c *conn) end1() {
	for d := range c.sides {
		s := &c.sides[d]
		if m := s.msg; m != nil {
			m.cut = m.cut || m.framing != bodyUntilClose
			m.until = s.last()
			s.msg = nil
			c.complete(d, m)
		}
	}
	for _, e := range c.pending {
		c.emit(e.request, nil)
	}
	c.pending = nil
}

// emit makes a record of a request with its answer, which may be missing.
func (c *conn) emit(request, answer *message) {
	r := c.record(waywarden.KindHTTP, request.at)
	tx := &waywarden.Transaction{Client: c.peer(), Method: request.method, Target: request.target, Version: request.version}
	tx.Target, tx.Server = origin(request, c.ends[1-c.client])
	tx.Request = c.side(request)
	if answer == nil {
		c.tap.out.Count(sensor.CountResponseMissing, 1)
		tx.Response.BodyBytes = -1
	} else {
		tx.Status, tx.Response = answer.status, c.side(answer)
		tx.Duration = max(0, answer.until.Sub(request.at))
	}
	r.HTTP = tx
	c.tap.emit(r)
}

func (c *conn) side(m *message) waywarden.Message {
	w := waywarden.Message{Headers: m.headers, BodyBytes: m.size}
	if count := sensor.TakeBody(&w, m.body, m.cut, 0); count != "" {
		c.tap.out.Count(count, 1)
	}
	return w
}

// origin returns the target in origin form and the server a request is for.
func origin(m *message, to end) (target string, s waywarden.Server) {
	target, host := m.target, m.headers.First("host")
	if rest, ok := strings.CutPrefix(target, "http://"); ok { // absolute form, to a proxy
		i := strings.IndexAny(rest, "/?")
		if i < 0 {
			i = len(rest)
		}
		host, target = rest[:i], rest[i:]
		if !strings.HasPrefix(target, "/") {
			target = "/" + target
		}
	}
	s.Port = to.port
	if host == "" {
		s.Host = to.ip
		return target, s
	}
	s.Host, s.Port = sensor.Host(host, 0)
	if s.Port == 0 {
		s.Port = to.port
	}
	return target, s
}
