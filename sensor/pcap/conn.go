package pcap

import (
	"encoding/binary"
	"strconv"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/capture"
	"github.com/waywarden/waywarden/internal/http1"
	"github.com/waywarden/waywarden/internal/http2"
	"github.com/waywarden/waywarden/sensor"
)

// A protocol reads a connection once it is known what it carries. client says that the sender is the client.
type protocol interface {
	data(client bool, c capture.Chunk)
	gap(client bool, n int64)
	end(client bool)
	close(why capture.Why)
}

// A conn is a TCP connection. It finds out what is spoken and hands the rest to that protocol.
type conn struct {
	d      *decoder
	tcp    *capture.Conn
	client capture.Dir // who calls, as far as is known
	proto  protocol
	id     string // stable name of the connection
	serial int    // of the records made of it

	known bool // client is certain
	dead  bool // nothing more is read
	lossy bool // the beginning of a message must be sought
	spoke bool // there was a payload
	doubt [2]doubt

	first [2]capture.Chunk // what came before it was clear what is spoken
	held  int64            // room taken
	from  waywarden.Client
	to    waywarden.Server
}

// A doubt says that messages of a direction may be missing before its next one. If the sender of that one had received
// no more than up to ack when it sent it, it was sent along with what is missing, and an answer may be to that.
type doubt struct {
	is  bool
	any bool // it is not known up to where: the next one is doubtful in any case
	ack uint32
}

// open starts a connection that carries data.
func (d *decoder) open(tcp *capture.Conn) capture.Stream {
	if tcp.Midway {
		d.count(sensor.CountStreamMidway)
	}
	return &conn{d: d, tcp: tcp, known: !tcp.Midway, lossy: tcp.Midway}
}

// name returns the id of the connection: a hash of its ends and the time of its first packet.
func (c *conn) name() string {
	if c.id != "" {
		return c.id
	}
	var b [2*18 + 8]byte
	for i, e := range c.tcp.Ends {
		ip := e.Addr().As16()
		copy(b[i*18:], ip[:])
		binary.BigEndian.PutUint16(b[i*18+16:], e.Port)
	}
	binary.BigEndian.PutUint64(b[36:], uint64(c.tcp.Start))
	hash := xxh3.Hash(b[:])
	id := make([]byte, 0, 18)
	id = append(id, "p-"...)
	for shift := 60; shift >= 0; shift -= 4 {
		id = append(id, "0123456789abcdef"[hash>>shift&15])
	}
	c.id = string(id)
	return c.id
}

// recordID returns the id of a record of the connection.
func (c *conn) recordID() string {
	c.serial++
	return c.name() + "-" + strconv.Itoa(c.serial)
}

// parties returns who calls and who answers.
func (c *conn) parties() (waywarden.Client, waywarden.Server) {
	if c.from.IP == "" {
		from, to := c.tcp.Ends[c.client], c.tcp.Ends[c.client.Other()]
		c.from = waywarden.Client{IP: from.Addr().String(), Port: int(from.Port)}
		c.to = waywarden.Server{Host: to.Addr().String(), Port: int(to.Port)}
	}
	return c.from, c.to
}

// take asks for room for n bytes of messages under way; give returns it.
func (c *conn) take(n int) bool {
	if int64(n) > c.d.room {
		return false
	}
	c.d.room -= int64(n)
	c.held += int64(n)
	return true
}

func (c *conn) give(n int) {
	c.d.room += int64(n)
	c.held -= int64(n)
}

// Data implements [capture.Stream].
func (c *conn) Data(dir capture.Dir, ch capture.Chunk) {
	switch {
	case c.dead:
	case c.proto != nil:
		c.proto.data(dir == c.client, ch)
	default:
		c.sniff(dir, ch)
	}
}

// Gap implements [capture.Stream].
func (c *conn) Gap(dir capture.Dir, n int64, lost bool) {
	if lost {
		c.d.count(sensor.CountSegmentLost)
	}
	switch {
	case c.dead:
	case c.proto != nil:
		c.proto.gap(dir == c.client, n)
	default:
		c.forget()
		c.spoke, c.lossy = true, true
		c.miss(dir)
	}
}

// miss takes note of bytes of dir that cannot be read.
func (c *conn) miss(dir capture.Dir) {
	other := dir.Other()
	c.doubt[dir] = doubt{is: true, any: c.tcp.Missing(other), ack: c.tcp.Delivered(other)}
}

// End implements [capture.Stream].
func (c *conn) End(dir capture.Dir) {
	if c.proto != nil {
		c.proto.end(dir == c.client)
	}
}

// Close implements [capture.Stream].
func (c *conn) Close(why capture.Why) {
	switch {
	case c.dead:
	case c.proto != nil:
		c.proto.close(why)
	case c.spoke:
		c.d.count(sensor.CountStreamUndecodable)
	}
	c.drop()
}

// abandon gives a connection up.
func (c *conn) abandon(reason string) {
	c.d.count(reason)
	c.drop()
}

// drop reads nothing more and gives all room back.
func (c *conn) drop() {
	c.first = [2]capture.Chunk{}
	c.d.room += c.held
	c.held, c.proto, c.dead = 0, nil, true
}

// forget drops what was kept until the protocol is known.
func (c *conn) forget() {
	for i := range c.first {
		c.give(len(c.first[i].Data))
		c.first[i] = capture.Chunk{}
	}
}

// sniff looks at the first bytes of a direction.
func (c *conn) sniff(dir capture.Dir, ch capture.Chunk) {
	c.spoke = true
	if old := &c.first[dir]; len(old.Data) > 0 { // goes on: judge by both together
		if !c.keep(dir, ch) {
			return
		}
		ch = *old
	}
	request, answer, preface := c.judge(dir, ch.Data)
	switch {
	case isTLS(ch.Data):
		c.abandon(sensor.CountStreamEncrypted)
	case preface == http1.Yes:
		c.start(dir, newHTTP2(c), dir, ch)
	case c.lossy:
		c.seek(dir, ch)
	case request == http1.Yes && preface == http1.No:
		c.start(dir, newHTTP1(c), dir, ch)
	case answer == http1.Yes:
		c.start(dir.Other(), newHTTP1(c), dir, ch)
	case request == http1.Perhaps, preface == http1.Perhaps, answer == http1.Perhaps:
		if len(c.first[dir].Data) == 0 {
			c.keep(dir, ch)
		}
	default:
		c.abandon(sensor.CountStreamUndecodable)
	}
}

// judge says whether what a direction begins with is a request, an answer, or the preface of HTTP/2, as far as the
// direction can be that of one. Settings of a server that does not wait for the client may become an answer.
func (c *conn) judge(dir capture.Dir, b []byte) (request, answer, preface http1.Verdict) {
	if !c.known || dir == c.client {
		request, preface = http1.Begins(b, false), isPreface(b)
	}
	if !c.known || dir != c.client {
		if answer = http1.Begins(b, true); isSettings(b) {
			answer = http1.Perhaps
		}
	}
	return request, answer, preface
}

// keep remembers bytes that do not tell yet what is spoken.
func (c *conn) keep(dir capture.Dir, ch capture.Chunk) bool {
	f := &c.first[dir]
	if len(f.Data)+len(ch.Data) > sniffMax || !c.take(len(ch.Data)) {
		c.abandon(sensor.CountStreamUndecodable)
		return false
	}
	data := append(f.Data, ch.Data...)
	if len(f.Data) == 0 {
		*f = ch
	}
	f.Data = data
	return true
}

// seek looks for the beginning of a message in the middle of a connection.
func (c *conn) seek(dir capture.Dir, ch capture.Chunk) {
	c.give(len(c.first[dir].Data))
	c.first[dir] = capture.Chunk{}
	for _, response := range [...]bool{false, true} {
		if c.known && response == (dir == c.client) {
			continue
		}
		i := http1.Find(ch.Data, response)
		if i < 0 {
			continue
		}
		if i > 0 {
			c.doubt[dir] = doubt{is: true, ack: ch.Ack}
		}
		ch.Data, ch.Seq = ch.Data[i:], ch.Seq+uint32(i)
		client := dir
		if response {
			client = dir.Other()
		}
		c.start(client, newHTTP1(c), dir, ch)
		return
	}
	c.doubt[dir] = doubt{is: true, ack: ch.Ack}
}

// start begins to read a protocol with ch of direction dir and what was kept of the other one, the client's first.
func (c *conn) start(client capture.Dir, p protocol, dir capture.Dir, ch capture.Chunk) {
	c.client, c.known, c.proto = client, true, p
	other := c.first[dir.Other()]
	c.forget()
	if dir != client && len(other.Data) > 0 {
		c.Data(client, other)
	}
	c.Data(dir, ch)
	if dir == client && len(other.Data) > 0 {
		c.Data(client.Other(), other)
	}
}

// isTLS knows the records that TLS streams begin with, and by which they can be told in the middle: handshake, alert,
// change of cipher and application data of SSL 3.0 to TLS 1.3 (RFC 8446, 5.1).
func isTLS(b []byte) bool {
	if len(b) < 6 || b[0] < 20 || b[0] > 23 || b[1] != 3 || b[2] > 4 {
		return false
	}
	n := int(binary.BigEndian.Uint16(b[3:]))
	if n == 0 || n > 1<<14+2048 {
		return false
	}
	if next := b[5:]; len(next) >= n+3 { // another record must follow
		next = next[n:]
		return next[0] >= 20 && next[0] <= 23 && next[1] == 3 && next[2] <= 4
	}
	return true
}

// isPreface says whether b begins an HTTP/2 connection.
func isPreface(b []byte) http1.Verdict {
	n := min(len(b), len(http2.Preface))
	switch {
	case string(b[:n]) != http2.Preface[:n]:
		return http1.No
	case n < len(http2.Preface):
		return http1.Perhaps
	}
	return http1.Yes
}

// isSettings says whether b is the first frame of an HTTP/2 server that does not wait for the client.
func isSettings(b []byte) bool {
	return len(b) >= 9 && b[0] == 0 && b[1] == 0 && b[2]%6 == 0 && b[3] == 4 && b[4] == 0 && binary.BigEndian.Uint32(b[5:]) == 0
}
