package pcap_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// write writes http and ocpp records, which must be in order of time, as the connections that carried them: HTTP/1.1 with
// keep-alive, or cleartext HTTP/2 for version 2, and a WebSocket for every OCPP connection. What a record does not have is
// left out: a body that was not captured is an empty one.
func write(records []*waywarden.Record) ([]byte, error) {
	s := script{calls: map[string]*session{}, sockets: map[string]*sensortest.Conversation{}}
	for _, r := range records {
		switch r.Kind {
		case waywarden.KindHTTP:
			if err := s.http(r); err != nil {
				return nil, fmt.Errorf("write record %s: %w", r.ID, err)
			}
		case waywarden.KindOCPP:
			s.ocpp(r)
		}
	}
	var packets []sensortest.Packet
	for _, c := range s.all {
		packets = append(packets, c.Packets()...)
	}
	slices.SortStableFunc(packets, func(a, b sensortest.Packet) int { return a.At.Compare(b.At) })
	return sensortest.Capture(packets), nil
}

// idleMax is how long a connection is kept for the next call.
const idleMax = time.Minute

// A script is the conversations so far.
type script struct {
	all     []*sensortest.Conversation
	calls   map[string]*session
	sockets map[string]*sensortest.Conversation
}

// A session is an HTTP connection.
type session struct {
	*sensortest.Conversation
	busy   time.Time // until the last answer
	stream uint32
	codecs [2]*codec // of HTTP/2
}

// at gives all packets that write sends the same time.
func at(c *sensortest.Conversation, when time.Time, write func()) {
	before := len(c.Packets())
	c.At = when
	write()
	for i := range c.Packets()[before:] {
		c.Packets()[before+i].At = when
	}
}

func (c *session) sendAt(when time.Time, b []byte) { at(c.Conversation, when, func() { c.Send(b) }) }
func (c *session) answerAt(when time.Time, b []byte) {
	at(c.Conversation, when, func() { c.Answer(b) })
}

// A codec writes HTTP/2 frames of one side.
type codec struct {
	out    bytes.Buffer
	framer *http2.Framer
	block  bytes.Buffer
	hpack  *hpack.Encoder
}

func newCodec() *codec {
	c := &codec{}
	c.framer = http2.NewFramer(&c.out, nil)
	c.hpack = hpack.NewEncoder(&c.block)
	return c
}

// address makes up an address of the benchmark range (RFC 2544), or of the local one for IPv6, for a name.
func address(name string, like netip.Addr) netip.Addr {
	h := fnv.New32a()
	h.Write([]byte(name))
	sum := h.Sum32()
	if like.Is4() {
		return netip.AddrFrom4([4]byte{198, 18 + byte(sum>>16&1), byte(sum >> 8), byte(sum)})
	}
	b := [16]byte{0: 0xfd}
	binary.BigEndian.PutUint32(b[12:], sum)
	return netip.AddrFrom16(b)
}

func port(n int, name string) uint16 {
	if n > 0 {
		return uint16(n)
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	return uint16(1024 + h.Sum32()%60000)
}

func (s *script) http(r *waywarden.Record) error {
	t := r.HTTP
	client, err := netip.ParseAddr(t.Client.IP)
	if err != nil {
		return fmt.Errorf("parse client address: %w", err)
	}
	from, server := port(t.Client.Port, r.ID), address(t.Server.Host, client)
	two := t.Version == "2"
	key := fmt.Sprint(client, from, server, t.Server.Port, two)
	c := s.calls[key]
	if c == nil || !two && r.At.Before(c.busy) || r.At.Sub(c.busy) > idleMax {
		if c != nil { // its port is in use, or was
			from = port(0, r.ID)
		}
		c = &session{Conversation: sensortest.Dial(client.String(), from, server.String(), uint16(max(t.Server.Port, 1)), r.At)}
		s.calls[key] = c
		s.all = append(s.all, c.Conversation)
	}
	done := r.At.Add(t.Duration)
	if done.After(c.busy) {
		c.busy = done
	}
	request, err := coded(&t.Request)
	if err != nil {
		return err
	}
	response, err := coded(&t.Response)
	if err != nil {
		return err
	}
	if two {
		c.call2(t, r.At, done, request, response)
		return nil
	}
	c.sendAt(r.At, message(t.Method+" "+t.Target+" HTTP/1.1", t.Server.Host, t.Request.Headers, request, len(request) > 0))
	if t.Status > 0 {
		bodyless := t.Method == "HEAD" || t.Status == 204 || t.Status == 304 || t.Status < 200
		if bodyless {
			response = nil
		}
		c.answerAt(done, message("HTTP/1.1 "+strconv.Itoa(t.Status)+" -", "", t.Response.Headers, response, !bodyless))
	}
	return nil
}

// message writes a message of HTTP/1.1.
func message(start, host string, headers waywarden.Headers, body []byte, length bool) []byte {
	var b bytes.Buffer
	b.WriteString(start + "\r\n")
	if host != "" && !headers.Has("host") {
		b.WriteString("Host: " + host + "\r\n")
	}
	for _, h := range headers {
		if h.Name != "content-length" && h.Name != "transfer-encoding" {
			b.WriteString(h.Name + ": " + h.Value + "\r\n")
		}
	}
	if length {
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// coded returns the body as it was on the wire.
func coded(m *waywarden.Message) ([]byte, error) {
	if !m.Captured || len(m.Body) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding := m.Headers.First("content-encoding"); strings.ToLower(coding) {
	case "", "identity":
		return m.Body, nil
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b)
	default:
		err = fmt.Errorf("content coding %q", coding)
	}
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(m.Body); err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	return b.Bytes(), nil
}

// call2 writes a call of HTTP/2.
func (c *session) call2(t *waywarden.Transaction, begun, done time.Time, request, response []byte) {
	if c.codecs[0] == nil {
		c.codecs = [2]*codec{newCodec(), newCodec()}
		c.codecs[0].out.WriteString(http2.ClientPreface)
		for _, side := range c.codecs {
			must(side.framer.WriteSettings())
		}
		c.stream = 1
	} else {
		c.stream += 2
	}
	pseudo := waywarden.Headers{{Name: ":method", Value: t.Method}, {Name: ":scheme", Value: "http"}, {Name: ":authority", Value: t.Server.Host}, {Name: ":path", Value: t.Target}}
	c.sendAt(begun, c.codecs[0].message(c.stream, append(pseudo, t.Request.Headers...), request))
	if t.Status > 0 {
		pseudo = waywarden.Headers{{Name: ":status", Value: strconv.Itoa(t.Status)}}
		c.answerAt(done, c.codecs[1].message(c.stream, append(pseudo, t.Response.Headers...), response))
	}
}

// message returns the frames of a message and of what was written before.
func (c *codec) message(stream uint32, headers waywarden.Headers, body []byte) []byte {
	c.block.Reset()
	for _, h := range headers {
		must(c.hpack.WriteField(hpack.HeaderField{Name: h.Name, Value: h.Value}))
	}
	const frameMax = 16 << 10
	block := c.block.Bytes()
	n := min(len(block), frameMax)
	must(c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: block[:n], EndStream: len(body) == 0, EndHeaders: n == len(block),
	}))
	for block = block[n:]; len(block) > 0; block = block[n:] {
		n = min(len(block), frameMax)
		must(c.framer.WriteContinuation(stream, n == len(block), block[:n]))
	}
	for len(body) > 0 {
		n = min(len(body), frameMax)
		must(c.framer.WriteData(stream, n == len(body), body[:n]))
		body = body[n:]
	}
	out := bytes.Clone(c.out.Bytes())
	c.out.Reset()
	return out
}

func (s *script) ocpp(r *waywarden.Record) {
	f := r.OCPP
	c := s.sockets[f.Connection]
	if f.Event == waywarden.SocketOpen {
		client, err := netip.ParseAddr(f.Client.IP)
		must(err)
		c = sensortest.Dial(client.String(), port(f.Client.Port, f.Connection), address("csms", client).String(), 80, r.At)
		s.sockets[f.Connection] = c
		s.all = append(s.all, c)
		up := waywarden.Headers{{Name: "upgrade", Value: "websocket"}, {Name: "connection", Value: "Upgrade"}}
		at(c, r.At, func() {
			c.Send(message("GET "+f.Handshake.Target+" HTTP/1.1", "csms.example", append(up, f.Handshake.Headers...), nil, false))
			if p := f.Handshake.Headers.First("sec-websocket-protocol"); p != "" {
				up = append(up, waywarden.Header{Name: "sec-websocket-protocol", Value: p})
			}
			c.Answer(message("HTTP/1.1 "+strconv.Itoa(f.Handshake.Status)+" -", "", up, nil, false))
		})
		return
	}
	if c == nil {
		return // its opening was not recorded: nobody could read it
	}
	at(c, r.At, func() {
		switch {
		case f.Event == waywarden.SocketClose:
			if f.CloseCode != 0 && f.CloseCode != 1006 {
				c.Send(sensortest.WebSocketFrame(0x88, binary.BigEndian.AppendUint16(nil, uint16(f.CloseCode)), true))
			}
			c.Close()
		case f.Inbound:
			c.Send(sensortest.WebSocketFrame(0x81, sensortest.OCPPMessage(f), true))
		default:
			c.Answer(sensortest.WebSocketFrame(0x81, sensortest.OCPPMessage(f), false))
		}
	})
}

// must stops a test that asks for what cannot be.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
