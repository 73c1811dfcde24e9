package pcap

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// Limits of HTTP/2.
const (
	frameMax   = 1<<24 - 1 // RFC 9113, 4.2
	streamsMax = 1024      // streams open at a time on one connection; those of further ones are not decoded
	blockMax   = 256 << 10 // bytes of a header block
	tableMax   = 1 << 16   // bytes of a dynamic table, whatever the peer allows
)

// Types and flags of frames (RFC 9113, 6).
const (
	frameData, frameHeaders, frameReset, frameSettings, framePush, frameGoAway, frameContinuation = 0, 1, 3, 4, 5, 7, 9

	flagEnd, flagEndHeaders, flagPadded, flagPriority = 0x1, 0x4, 0x8, 0x20
)

// settingTableSize is SETTINGS_HEADER_TABLE_SIZE.
const settingTableSize = 1

// An h2 is a cleartext HTTP/2 connection.
type h2 struct {
	c       *conn
	sides   [2]h2side
	streams map[uint32]*h2stream
	refused bool
}

// An h2side is the state of one direction.
type h2side struct {
	decoder *hpack.Decoder
	begun   bool   // the preface was read
	block   []byte // header block being put together
	stream  uint32 // it belongs to
	end     bool   // it ends the stream
	pushed  bool   // it announces a push
	fields  waywarden.Headers
	pseudo  map[string]string
	size    int
}

// An h2stream is one exchange.
type h2stream struct {
	request, answer *message
	ended           [2]bool
}

func newH2(c *conn) *h2 {
	h := &h2{c: c, streams: map[uint32]*h2stream{}}
	for d := range h.sides {
		s := &h.sides[d]
		s.decoder = hpack.NewDecoder(4096, func(f hpack.HeaderField) { s.field(f) })
		s.decoder.SetMaxStringLength(blockMax)
		s.begun = d != c.client
	}
	return h
}

// field takes one decoded header field.
func (s *h2side) field(f hpack.HeaderField) {
	if s.size += len(f.Name) + len(f.Value); s.size > headMax || len(s.fields) >= headersMax {
		return
	}
	if strings.HasPrefix(f.Name, ":") {
		s.pseudo[f.Name] = f.Value
		return
	}
	// Cookies may be split into several fields for compression (RFC 9113, 8.2.3).
	if i := slices.IndexFunc(s.fields, func(h waywarden.Header) bool { return h.Name == "cookie" }); f.Name == "cookie" && i >= 0 {
		s.fields[i].Value += "; " + f.Value
		return
	}
	s.fields = append(s.fields, waywarden.Header{Name: strings.ToLower(f.Name), Value: f.Value})
}

// upgraded takes the request that an HTTP/1.1 connection was upgraded by: it is stream 1 (RFC 7540, 3.2).
func (h *h2) upgraded(request *message) {
	h.streams[1] = &h2stream{request: request, ended: [2]bool{}}
	h.streams[1].ended[h.c.client] = true
	if b, err := base64.RawURLEncoding.DecodeString(request.headers.First("http2-settings")); err == nil {
		h.settings(h.c.client, b)
	}
	h.feed(h.c.client)
	h.feed(1 - h.c.client)
}

// replay reads what the other direction sent before the protocol was recognised.
func (h *h2) replay(d int) { h.feed(d) }

// feed reads the frames that direction d holds.
func (h *h2) feed(d int) {
	side := &h.c.sides[d]
	s := &h.sides[d]
	if !s.begun {
		if len(side.buf) < len(preface) {
			return
		}
		if !bytes.HasPrefix(side.buf, preface) {
			h.fail()
			return
		}
		side.take(len(preface))
		s.begun = true
	}
	for h.c.protocol == http2 && len(side.buf) >= 9 {
		n := int(side.buf[0])<<16 | int(side.buf[1])<<8 | int(side.buf[2])
		if len(side.buf) < 9+n {
			return
		}
		kind, flags := side.buf[3], side.buf[4]
		id := binary.BigEndian.Uint32(side.buf[5:]) &^ (1 << 31)
		if !h.frame(d, kind, flags, id, side.buf[9:9+n]) {
			h.fail()
			return
		}
		side.take(9 + n)
	}
}

// fail gives the connection up: its compression state is lost.
func (h *h2) fail() {
	h.c.tap.out.Count(sensor.CountStreamUndecodable, 1)
	h.c.end()
	h.c.protocol = opaque
}

// frame takes one frame; false: it is none of HTTP/2.
func (h *h2) frame(d int, kind, flags byte, id uint32, b []byte) bool {
	s := &h.sides[d]
	if s.block != nil && kind != frameContinuation {
		return false
	}
	switch kind {
	case frameData:
		b, ok := unpadded(b, flags)
		h.data(d, id, b, flags&flagEnd != 0)
		return ok
	case frameHeaders, framePush:
		return h.block(d, kind, flags, id, b)
	case frameContinuation:
		return s.block != nil && id == s.stream && h.fragment(d, id, b, flags, s.end, s.pushed)
	case frameReset:
		h.close(id)
	case frameSettings:
		if flags&flagEnd == 0 { // no acknowledgement
			h.settings(d, b)
		}
	}
	return true
}

// block begins a header block, behind the padding and what else stands before it.
func (h *h2) block(d int, kind, flags byte, id uint32, b []byte) bool {
	b, ok := unpadded(b, flags)
	before := 0
	if kind == framePush {
		before = 4 // the promised stream
	} else if flags&flagPriority != 0 {
		before = 5
	}
	if !ok || len(b) < before {
		return false
	}
	return h.fragment(d, id, b[before:], flags, kind == frameHeaders && flags&flagEnd != 0, kind == framePush)
}

// unpadded removes padding (RFC 9113, 6.1).
func unpadded(b []byte, flags byte) ([]byte, bool) {
	if flags&flagPadded == 0 {
		return b, true
	}
	if len(b) < 1 || int(b[0]) > len(b)-1 {
		return nil, false
	}
	return b[1 : len(b)-int(b[0])], true
}

// settings takes the settings of direction d: the size of the table is for what the other direction sends.
func (h *h2) settings(d int, b []byte) {
	for ; len(b) >= 6; b = b[6:] {
		if binary.BigEndian.Uint16(b) == settingTableSize {
			h.sides[1-d].decoder.SetAllowedMaxDynamicTableSize(min(binary.BigEndian.Uint32(b[2:]), tableMax))
		}
	}
}

// fragment takes a part of a header block and decodes it when it is whole.
func (h *h2) fragment(d int, id uint32, b []byte, flags byte, end, pushed bool) bool {
	s := &h.sides[d]
	if len(s.block)+len(b) > blockMax {
		return false
	}
	at := h.c.sides[d].time()
	s.block = append(append(make([]byte, 0, len(s.block)+len(b)+1), s.block...), b...)
	s.stream, s.end, s.pushed = id, end, pushed
	if flags&flagEndHeaders == 0 {
		return true
	}
	s.fields, s.pseudo, s.size = nil, map[string]string{}, 0
	_, err := s.decoder.Write(s.block)
	if err == nil {
		err = s.decoder.Close()
	}
	s.block = nil
	if err != nil {
		return false
	}
	if pushed {
		return true // a push answers nobody's call
	}
	st := h.stream(d, id)
	if st == nil {
		return true
	}
	m := &message{headers: s.fields, version: "2", at: at}
	switch {
	case d == h.c.client && st.request == nil:
		m.method, m.target = s.pseudo[":method"], s.pseudo[":path"]
		if host := s.pseudo[":authority"]; host != "" && !m.headers.Has("host") {
			m.headers = append(m.headers, waywarden.Header{Name: "host", Value: host})
		}
		st.request = m
	case d != h.c.client && (st.answer == nil || st.answer.status < 200):
		m.status, _ = strconv.Atoi(s.pseudo[":status"])
		st.answer = m
	}
	if end {
		h.ended(d, id, st)
	}
	return true
}

// stream returns an open stream, or opens one that the client begins.
func (h *h2) stream(d int, id uint32) *h2stream {
	st := h.streams[id]
	if st != nil || d != h.c.client || id == 0 {
		return st
	}
	if len(h.streams) >= streamsMax {
		if !h.refused {
			h.refused = true
			h.c.tap.out.Count(sensor.CountStreamUndecodable, 1)
		}
		return nil
	}
	st = &h2stream{}
	h.streams[id] = st
	return st
}

func (h *h2) data(d int, id uint32, b []byte, end bool) {
	st := h.streams[id]
	if st == nil {
		return
	}
	m := st.request
	if d != h.c.client {
		m = st.answer
	}
	if m != nil {
		m.add(b)
	}
	if end {
		h.ended(d, id, st)
	}
}

// ended closes one direction of a stream; the exchange is whole when both are.
func (h *h2) ended(d int, id uint32, st *h2stream) {
	st.ended[d] = true
	if st.answer != nil {
		st.answer.until = h.c.sides[d].last()
	}
	if st.ended[0] && st.ended[1] {
		h.close(id)
	}
}

func (h *h2) close(id uint32) {
	st := h.streams[id]
	delete(h.streams, id)
	if st == nil || st.request == nil || st.request.method == "" {
		return
	}
	if a := st.answer; a != nil {
		if a.status < 200 {
			st.answer = nil
		}
		a.cut = a.cut || !st.ended[1-h.c.client]
	}
	st.request.cut = st.request.cut || !st.ended[h.c.client]
	h.c.emit(st.request, st.answer)
}

// end closes what is open.
func (h *h2) end() {
	ids := make([]uint32, 0, len(h.streams))
	for id := range h.streams {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		h.close(id)
	}
}
