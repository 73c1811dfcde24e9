package pcap

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// An exchange is a record and its transaction in one piece of memory.
type exchange struct {
	rec waywarden.Record
	tx  waywarden.Transaction
}

// A call is an exchange under way.
type call struct {
	*exchange
	request, answer body
	start           int64  // first byte of the request
	last            int64  // last byte of the answer so far
	ack             uint32 // what the client had received by then: where the answer begins
	requested       bool   // the request is complete
	answered        bool   // the answer is, or will not come
	expects         bool   // 100-continue before it sends the body
	doubtful        bool   // other requests may have been sent along with it, and lost
	first           bool   // nothing is known of what was sent before it
	emitted         bool
}

// A body is the body of a message under way, as it is on the wire.
type body struct {
	data     []byte
	size     int64
	declared int64 // -1: not said
	lost     bool  // not all of it was captured: data end where the first byte is missing
	full     bool  // there was no room for more
}

// field is a header field as the parsers give it.
type field interface{ ~struct{ Name, Value string } }

// headers copies fields, which the parsers use again.
func headers[F field](fields []F) waywarden.Headers {
	if len(fields) == 0 {
		return nil
	}
	h := make(waywarden.Headers, len(fields))
	for i := range fields {
		h[i] = waywarden.Header(fields[i])
	}
	return h
}

// newCall starts a call whose request began at a time.
func (c *conn) newCall(start int64) *call {
	k := &call{exchange: &exchange{}, start: start}
	k.request.declared, k.answer.declared = -1, -1
	at := time.Unix(0, start).UTC()
	k.rec = waywarden.Record{Kind: waywarden.KindHTTP, ID: c.recordID(), At: at, Received: at, HTTP: &k.tx}
	k.tx.Client, k.tx.Server = c.parties()
	return k
}

// setHost takes the host that the request names; the address of the server stands where it names none.
func (k *call) setHost(name string) {
	if host, _ := sensor.Host(strings.TrimSpace(name), 0); host != "" {
		k.tx.Server.Host = host
	}
}

// add takes a piece of a body, as far as there is room.
func (b *body) add(c *conn, piece []byte) {
	b.size += int64(len(piece))
	if b.lost || b.full {
		return
	}
	if over := int64(len(b.data)+len(piece)) - c.d.bodyLimit; over > 0 {
		piece, b.full = piece[:int64(len(piece))-over], true
	}
	if !c.take(len(piece)) {
		b.full = true
		return
	}
	if b.data == nil {
		b.data = make([]byte, 0, max(len(piece), int(min(b.declared, c.d.bodyLimit, 64<<10))))
	}
	b.data = append(b.data, piece...)
}

// lose takes note of bytes that are missing.
func (b *body) lose(n int64) { b.size, b.lost = b.size+n, true }

// finish makes the body that of m.
func (b *body) finish(c *conn, m *waywarden.Message) {
	c.give(len(b.data))
	switch {
	case !b.lost:
		m.BodyBytes = b.size
	default:
		m.BodyBytes = b.declared
	}
	switch {
	case m.BodyBytes == 0:
	case len(b.data) == 0:
		m.Truncated = true
		c.d.count(sensor.CountBodyMissing)
	default:
		if name := sensor.TakeBody(m, b.data, b.lost || b.full, sensor.DefaultBodyLimit); name != "" {
			c.d.count(name)
		}
	}
	b.data = nil
}

// emit hands a call on, once.
func (c *conn) emit(k *call) {
	if k.emitted {
		return
	}
	k.emitted = true
	k.request.finish(c, &k.tx.Request)
	if k.tx.Status == 0 {
		c.d.count(sensor.CountResponseMissing)
		k.tx.Response.BodyBytes = -1
	} else {
		k.answer.finish(c, &k.tx.Response)
		k.tx.Duration = time.Duration(max(k.last-k.start, 0))
	}
	c.d.emit(&k.rec)
}

// cutHeaders counts fields that were left out.
func (c *conn) cutHeaders(n int) {
	if n > 0 {
		c.d.out.Count(sensor.CountHeadersCut, int64(n))
	}
}
