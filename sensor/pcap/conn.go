package pcap

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/reassembly"
	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// A conn is one TCP connection. Which side is the client is decided by what the sides say.
type conn struct {
	tap      *tap
	ends     [2]end // who sends in direction 0, in direction 1
	protocol protocol
	client   int // direction of the requests, once known
	began    time.Time
	number   int    // of records made so far
	id       uint64 // hash of the ends and the first packet's time
	headless bool   // the first packet seen was not its first
	midway   bool   // the beginning was not captured, and that was counted
	gaps     int
	ended    bool
	sides    [2]side
	pending  []*exchange // HTTP/1 requests without an answer yet
	orphans  []*message  // answers whose requests may still come: a gap holds up one direction alone
	h2       *h2
	ws       *socket
}

// An end is an address of a connection.
type end struct {
	ip   string
	port int
}

// A protocol is what a connection turned out to speak.
type protocol uint8

const (
	unknown protocol = iota
	http1
	http2
	websocket
	opaque // TLS, a tunnel, or nothing that is decoded here
)

// A side is one direction of a connection.
type side struct {
	buf   []byte
	at    []stamp // times of the bytes in buf
	total int64   // bytes delivered so far
	lost  bool    // a gap made the parser lose its place
	msg   *message
}

// A stamp says when the bytes from an offset on were captured.
type stamp struct {
	from int64
	at   time.Time
}

// New implements reassembly.StreamFactory.
func (t *tap) New(network, transport gopacket.Flow, first *layers.TCP, ac reassembly.AssemblerContext) reassembly.Stream {
	c := &conn{tap: t, client: -1, began: ac.GetCaptureInfo().Timestamp, headless: !first.SYN}
	src, dst := network.Endpoints()
	from, to := transport.Endpoints()
	c.ends = [2]end{{src.String(), portOf(from)}, {dst.String(), portOf(to)}}
	key := c.ends[0].ip + "\x00" + strconv.Itoa(c.ends[0].port) + "\x00" + c.ends[1].ip + "\x00" + strconv.Itoa(c.ends[1].port) + "\x00" +
		strconv.FormatInt(c.began.UnixNano(), 10)
	c.id = xxh3.HashString(key)
	return c
}

func portOf(e gopacket.Endpoint) int {
	if raw := e.Raw(); len(raw) == 2 {
		return int(binary.BigEndian.Uint16(raw))
	}
	return 0
}

// Accept implements reassembly.Stream: connections whose beginning was not captured are taken too.
func (c *conn) Accept(_ *layers.TCP, _ gopacket.CaptureInfo, _ reassembly.TCPFlowDirection, _ reassembly.Sequence, start *bool, _ reassembly.AssemblerContext) bool {
	*start = true
	return true
}

// ReassembledSG implements reassembly.Stream.
func (c *conn) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	dir, _, _, skip := sg.Info()
	n, _ := sg.Lengths()
	d := 0
	if dir == reassembly.TCPDirServerToClient {
		d = 1
	}
	if c.headless && n > 0 {
		c.begunMidway()
	}
	if skip > 0 {
		c.gaps++
		c.tap.out.Count(sensor.CountSegmentLost, 1)
		c.gap(d, skip)
	}
	if n > 0 {
		c.feed(d, sg.Fetch(n), sg.CaptureInfo(0).Timestamp)
	}
}

// ReassemblyComplete implements reassembly.Stream.
func (c *conn) ReassemblyComplete(reassembly.AssemblerContext) bool {
	c.end()
	return true
}

func (c *conn) begunMidway() {
	if !c.midway {
		c.midway = true
		c.tap.out.Count(sensor.CountStreamMidway, 1)
	}
}

// feed takes bytes of direction d.
func (c *conn) feed(d int, b []byte, at time.Time) {
	s := &c.sides[d]
	if c.protocol == opaque {
		return
	}
	s.at = append(s.at, stamp{s.total, at})
	s.buf = append(s.buf, b...)
	s.total += int64(len(b))
	if c.protocol == unknown {
		c.recognise(d)
	}
	switch c.protocol {
	case http1:
		c.http1(d)
	case http2:
		c.h2.feed(d)
	case websocket:
		c.ws.feed(d)
	}
	if c.protocol == opaque {
		c.drop()
	}
}

// time returns when the first byte of buf was captured.
func (s *side) time() time.Time {
	first := s.total - int64(len(s.buf))
	for len(s.at) > 1 && s.at[1].from <= first {
		s.at = s.at[1:]
	}
	if len(s.at) == 0 {
		return time.Time{}
	}
	return s.at[0].at
}

// last returns when the last byte was captured.
func (s *side) last() time.Time {
	if len(s.at) == 0 {
		return time.Time{}
	}
	return s.at[len(s.at)-1].at
}

// take removes n bytes from the front of buf.
func (s *side) take(n int) {
	s.buf = s.buf[n:]
	s.time()
}

// preface begins every HTTP/2 connection of a client that knows its server speaks it (RFC 9113, 3.4).
var preface = []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

// recognise decides what the connection speaks by the first bytes of direction d.
func (c *conn) recognise(d int) {
	s := &c.sides[d]
	switch {
	case bytes.HasPrefix(preface, s.buf[:min(len(s.buf), len(preface))]):
		if len(s.buf) < len(preface) {
			return
		}
		c.protocol, c.client = http2, d
		c.h2 = newH2(c)
		c.h2.replay(1 - d)
	case tls(s.buf):
		c.tap.out.Count(sensor.CountStreamEncrypted, 1)
		c.protocol = opaque
	case request(s.buf):
		c.protocol, c.client = http1, d
		c.http1(1 - d)
	case bytes.HasPrefix(s.buf, []byte("HTTP/1.")):
		c.protocol, c.client = http1, 1-d
	case c.midway && len(s.buf) < resyncMax:
		// The middle of something: wait for the beginning of a message.
		if i := begins(s.buf); i > 0 {
			s.take(i)
			c.recognise(d)
		}
	case len(s.buf) >= recogniseMin:
		c.tap.out.Count(sensor.CountStreamUndecodable, 1)
		c.protocol = opaque
	}
}

const (
	recogniseMin = 24      // bytes that suffice to tell that a stream is none of ours
	resyncMax    = 1 << 20 // bytes of a stream begun midway in which a message is sought
)

// tls says whether a stream begins with a TLS handshake record.
func tls(b []byte) bool {
	return len(b) >= 6 && b[0] == 22 && b[1] == 3 && b[2] <= 4 && (b[5] == 1 || b[5] == 2)
}

// gap tells that n bytes of direction d were lost.
func (c *conn) gap(d, n int) {
	s := &c.sides[d]
	switch c.protocol {
	case unknown:
		s.buf, s.at = nil, nil
		c.midway = true
	case http1:
		c.gap1(d, n)
	case http2, websocket:
		// The state of header compression, or the length of a frame, is lost with the bytes.
		c.tap.out.Count(sensor.CountStreamUndecodable, 1)
		c.end()
		c.protocol = opaque
		c.drop()
	}
}

// end closes what is open: no more bytes come.
func (c *conn) end() {
	if c.ended {
		return
	}
	c.ended = true
	switch c.protocol {
	case unknown:
		if len(c.sides[0].buf)+len(c.sides[1].buf) > 0 {
			c.tap.out.Count(sensor.CountStreamUndecodable, 1)
		}
	case http1:
		c.end1()
	case http2:
		c.h2.end()
	case websocket:
		c.ws.end()
	}
	c.drop()
}

// drop frees what is buffered.
func (c *conn) drop() {
	for d := range c.sides {
		c.sides[d].buf, c.sides[d].at, c.sides[d].msg = nil, nil, nil
	}
	c.pending, c.orphans = nil, nil
}

// record starts a record of the connection.
func (c *conn) record(kind waywarden.Kind, at time.Time) *waywarden.Record {
	c.number++
	return &waywarden.Record{Kind: kind, ID: "pcap-" + strconv.FormatUint(c.id, 36) + "-" + strconv.Itoa(c.number), At: at.UTC(), Received: at.UTC(), Sensor: "pcap"}
}

// name identifies the connection in the records of its socket.
func (c *conn) name() string { return "pcap-" + strconv.FormatUint(c.id, 36) }

func (c *conn) peer() waywarden.Client {
	e := c.ends[c.client]
	return waywarden.Client{IP: e.ip, Port: e.port}
}
