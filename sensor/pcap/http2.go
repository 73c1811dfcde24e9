package pcap

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/capture"
	"github.com/waywarden/waywarden/internal/http2"
	"github.com/waywarden/waywarden/sensor"
)

// An http2Conn is a cleartext HTTP/2 connection.
type http2Conn struct {
	c        *conn
	parsers  [2]*http2.Parser // of the client, of the server
	streams  map[uint32]*call
	latest   uint32 // the highest stream of a client
	buffered [2]int
	startAt  int64 // when what the client's parser reads began
}

const (
	fromClient = 0
	fromServer = 1
)

func sideOf(client bool) int {
	if client {
		return fromClient
	}
	return fromServer
}

func newHTTP2(c *conn) *http2Conn {
	return &http2Conn{c: c, parsers: [2]*http2.Parser{http2.NewParser(true), http2.NewParser(false)}, streams: map[uint32]*call{}}
}

// upgraded goes on with a connection that was upgraded from HTTP/1.1 by k: it is the request of stream 1 (RFC 7540, 3.2).
func upgraded(c *conn, k *call) *http2Conn {
	h := newHTTP2(c)
	k.tx.Status, k.tx.Response.Headers, k.answered = 0, nil, false
	h.streams[1], h.latest = k, 1
	if b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(k.tx.Request.Headers.First("http2-settings"), "=")); err == nil {
		if size, ok := http2.ReadSettings(b); ok {
			h.parsers[fromServer].AllowTable(size)
		}
	}
	return h
}

func (h *http2Conn) data(client bool, ch capture.Chunk) {
	side := sideOf(client)
	p := h.parsers[side]
	for data := ch.Data; ; {
		if client && p.Idle() {
			h.startAt = ch.Time
		}
		ev, rest := p.Next(data)
		k := h.streams[p.Stream]
		switch ev {
		case http2.More:
			h.account(side, p.Buffered())
			return
		case http2.Broken:
			h.fail()
			return
		case http2.Headers:
			h.headers(client, k, p, ch.Time)
		case http2.Data:
			h.piece(client, k, p.Payload, ch.Time)
		case http2.Finished:
			h.finished(client, p.Stream, k)
		case http2.Reset:
			h.drop(p.Stream, k)
		case http2.Settings:
			h.parsers[1-side].AllowTable(p.TableSize)
		}
		data = rest
	}
}

// account keeps the books of what a parser holds; without room the connection is given up.
func (h *http2Conn) account(side, n int) {
	if more := n - h.buffered[side]; more > 0 && !h.c.take(more) {
		h.fail()
		return
	} else if more < 0 {
		h.c.give(-more)
	}
	h.buffered[side] = n
}

// headers takes a header block: a head, or trailers.
func (h *http2Conn) headers(client bool, k *call, p *http2.Parser, at int64) {
	h.c.cutHeaders(p.Cut)
	switch {
	case client && k == nil:
		h.request(p)
	case k == nil: // to a request that was not seen
	case client:
		k.tx.Request.Headers = append(k.tx.Request.Headers, regular(p.Fields)...)
	case k.tx.Status == 0:
		if status := status(p.Fields); status >= 200 { // else an interim answer
			k.tx.Status, k.last = status, at
			k.tx.Response.Headers = regular(p.Fields)
			k.answer.declared = declared(k.tx.Response.Headers)
		}
	default:
		k.last = at
		k.tx.Response.Headers = append(k.tx.Response.Headers, regular(p.Fields)...)
	}
}

// request starts a call.
func (h *http2Conn) request(p *http2.Parser) {
	if p.Stream <= h.latest || p.Stream&1 == 0 { // one that is over
		return
	}
	h.latest = p.Stream
	if len(h.streams) >= streamsMax {
		oldest := slices.Min(h.ids())
		h.drop(oldest, h.streams[oldest])
	}
	k := h.c.newCall(h.startAt)
	k.tx.Version = "2"
	var authority string
	for _, f := range p.Fields {
		switch f.Name {
		case ":method":
			k.tx.Method = strings.ToUpper(f.Value)
		case ":path":
			k.tx.Target = f.Value
		case ":authority":
			authority = f.Value
		}
	}
	k.tx.Request.Headers = regular(p.Fields)
	if k.tx.Target == "" { // CONNECT
		k.tx.Target = authority
	}
	if k.tx.Method == "" || k.tx.Target == "" {
		return
	}
	k.setHost(k.tx.Request.Headers.First("host"))
	k.setHost(authority)
	k.request.declared = declared(k.tx.Request.Headers)
	h.streams[p.Stream] = k
}

func (h *http2Conn) ids() []uint32 {
	ids := make([]uint32, 0, len(h.streams))
	for id := range h.streams {
		ids = append(ids, id)
	}
	return ids
}

// regular returns the fields that are no pseudo-header fields. Cookies, which may be split for compression, are joined
// again (RFC 9113, 8.2.3).
func regular(fields []http2.Field) waywarden.Headers {
	out := make(waywarden.Headers, 0, len(fields))
	cookie := -1
	for _, f := range fields {
		switch {
		case f.Name == "" || f.Name[0] == ':':
		case f.Name == "cookie" && cookie >= 0:
			out[cookie].Value += "; " + f.Value
		default:
			if f.Name == "cookie" {
				cookie = len(out)
			}
			out = append(out, waywarden.Header(f))
		}
	}
	return out
}

func status(fields []http2.Field) int {
	for _, f := range fields {
		if f.Name == ":status" {
			n, err := strconv.ParseUint(f.Value, 10, 16)
			if err != nil || n > 999 {
				return 0
			}
			return int(n)
		}
	}
	return 0
}

// declared returns the length a message says its body has, -1 if it does not.
func declared(h waywarden.Headers) int64 {
	n, err := strconv.ParseUint(h.First("content-length"), 10, 62)
	if err != nil {
		return -1
	}
	return int64(n)
}

func (h *http2Conn) piece(client bool, k *call, b []byte, at int64) {
	switch {
	case k == nil:
	case client:
		k.request.add(h.c, b)
	default:
		k.last = at
		k.answer.add(h.c, b)
	}
}

// finished ends one side of a call.
func (h *http2Conn) finished(client bool, id uint32, k *call) {
	if k == nil {
		return
	}
	if client {
		k.requested = true
	} else {
		k.answered = true
	}
	if k.requested && k.answered {
		delete(h.streams, id)
		h.c.emit(k)
	}
}

// drop ends a call as far as it came.
func (h *http2Conn) drop(id uint32, k *call) {
	if k == nil {
		return
	}
	delete(h.streams, id)
	if !k.requested {
		k.request.lose(0)
	}
	if !k.answered {
		k.answer.lose(0)
	}
	h.c.emit(k)
}

func (h *http2Conn) gap(client bool, n int64) {
	p := h.parsers[sideOf(client)]
	switch ev := p.Skip(n); ev {
	case http2.Broken:
		h.fail()
	case http2.Data:
		if k := h.streams[p.Stream]; k != nil && client {
			k.request.lose(n)
		} else if k != nil {
			k.answer.lose(n)
		}
		h.data(client, capture.Chunk{Time: h.c.tcp.Last()}) // the gap may have been the end
	}
}

// fail ends a connection that cannot be read further.
func (h *http2Conn) fail() {
	h.close(capture.Over)
	h.c.abandon(sensor.CountStreamUndecodable)
}

func (h *http2Conn) end(bool) {}

// close hands on what is under way.
func (h *http2Conn) close(capture.Why) {
	ids := h.ids()
	slices.Sort(ids)
	for _, id := range ids {
		h.drop(id, h.streams[id])
	}
	h.c.give(h.buffered[0] + h.buffered[1])
	h.buffered = [2]int{}
}
