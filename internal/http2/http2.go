// Package http2 reads one direction of a cleartext HTTP/2 connection (RFC 9113) that it did not take part in: bytes as
// they come, with gaps. Header compression has a state that lives as long as the connection, so a gap outside of a body
// ends what can be read.
package http2

import (
	"encoding/binary"
	"strings"

	"golang.org/x/net/http2/hpack"
)

// Preface is what a client sends first.
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Limits of a connection.
const (
	// BlockMax is the most bytes of a header block, compressed.
	BlockMax = 1 << 20
	// FieldsMax is the most fields that are kept of one.
	FieldsMax = 1024
	// fieldsBytesMax is the most bytes that the fields of a block may have that are kept.
	fieldsBytesMax = 1 << 20
	// tableMax is the largest dynamic table, whatever the peer allows. Browsers ask for 64 KiB.
	tableMax = 64 << 10
	// settingsMax is the most bytes of a SETTINGS frame, and of others that are looked into.
	settingsMax = 16 << 10
)

// Types and flags of frames (RFC 9113, 6).
const (
	frameData         = 0
	frameHeaders      = 1
	frameReset        = 3
	frameSettings     = 4
	framePush         = 5
	frameContinuation = 9

	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

// Settings that are looked at.
const settingTableSize = 1

// A Field is a header field.
type Field struct{ Name, Value string }

// An Event is what Next found.
type Event uint8

// The events.
const (
	More     Event = iota // all was taken
	Headers               // Parser.Fields are header fields of Parser.Stream; valid until the next event
	Data                  // Parser.Payload is a piece of a body of Parser.Stream
	Finished              // nothing more comes on Parser.Stream in this direction
	Reset                 // Parser.Stream was cancelled
	Settings              // Parser.TableSize is what the other direction may use from now on
	Broken                // what comes is no HTTP/2; nothing more can be read
)

// A Parser reads the frames of one direction.
type Parser struct {
	Stream    uint32
	Fields    []Field
	Cut       int // fields beyond FieldsMax
	Payload   []byte
	TableSize uint32

	decoder *hpack.Decoder
	preface int // bytes of it that are still to come
	broken  bool

	head    [9]byte
	headLen int
	inFrame bool
	left    int // of the frame
	kind    byte
	flags   byte
	stream  uint32
	pad     int // bytes at the end of the frame that are padding
	padRead bool
	ended   bool // Finished is due
	gathers bool // the frame is one of those that are read as a whole
	buf     []byte

	block       []byte // header block under way
	blockStream uint32
	blockEnds   bool // it ends the stream
	pushed      bool // it is a promise of the server
	inBlock     bool
	bytes       int // of Fields
}

// NewParser returns a parser; client says that the direction begins with [Preface].
func NewParser(client bool) *Parser {
	p := &Parser{}
	if client {
		p.preface = len(Preface)
	}
	p.decoder = hpack.NewDecoder(4096, p.field)
	p.decoder.SetMaxStringLength(BlockMax)
	return p
}

// AllowTable takes note of what the other direction's settings allow the encoder of this one.
func (p *Parser) AllowTable(size uint32) {
	p.decoder.SetAllowedMaxDynamicTableSize(min(size, tableMax))
}

// ReadSettings returns the table size that the payload of a SETTINGS frame sets; false when it sets none.
func ReadSettings(b []byte) (size uint32, ok bool) {
	for ; len(b) >= 6; b = b[6:] {
		if binary.BigEndian.Uint16(b) == settingTableSize {
			size, ok = binary.BigEndian.Uint32(b[2:]), true
		}
	}
	return size, ok
}

// Idle says that no frame has begun.
func (p *Parser) Idle() bool { return p.headLen == 0 && !p.inBlock }

// Buffered returns how many bytes the parser holds, the dynamic table apart.
func (p *Parser) Buffered() int { return cap(p.buf) + cap(p.block) }

func (p *Parser) field(f hpack.HeaderField) {
	p.bytes += len(f.Name) + len(f.Value)
	if len(p.Fields) >= FieldsMax || p.bytes > fieldsBytesMax {
		p.Cut++
		return
	}
	name := f.Name
	for i := range len(name) { // an encoder that does not keep to lower case
		if c := name[i]; 'A' <= c && c <= 'Z' {
			name = strings.ToLower(name)
			break
		}
	}
	p.Fields = append(p.Fields, Field{name, f.Value})
}

// Next reads data up to the next event; rest is what was not read.
func (p *Parser) Next(data []byte) (ev Event, rest []byte) {
	for {
		if p.broken {
			return Broken, nil
		}
		if p.ended {
			p.ended = false
			return Finished, data
		}
		if p.preface > 0 {
			n := min(p.preface, len(data))
			if at := len(Preface) - p.preface; string(data[:n]) != Preface[at:at+n] {
				return p.fail()
			}
			if data, p.preface = data[n:], p.preface-n; p.preface > 0 {
				return More, nil
			}
		}
		if !p.inFrame {
			n := copy(p.head[p.headLen:], data)
			if data, p.headLen = data[n:], p.headLen+n; p.headLen < len(p.head) {
				return More, nil
			}
			if !p.begin() {
				return p.fail()
			}
		}
		var done bool
		if ev, data, done = p.payload(data); done {
			return ev, data
		}
	}
}

func (p *Parser) fail() (Event, []byte) {
	p.broken, p.buf, p.block, p.Fields = true, nil, nil, nil
	return Broken, nil
}

// begin starts the frame whose header was read.
func (p *Parser) begin() bool {
	h := &p.head
	p.left = int(h[0])<<16 | int(h[1])<<8 | int(h[2])
	p.kind, p.flags, p.stream = h[3], h[4], binary.BigEndian.Uint32(h[5:])&^(1<<31)
	p.inFrame, p.pad, p.padRead, p.buf = true, 0, false, p.buf[:0]
	if p.inBlock && (p.kind != frameContinuation || p.stream != p.blockStream) {
		return false
	}
	switch p.kind {
	case frameData:
		p.gathers = false
		return p.stream != 0
	case frameHeaders, framePush:
		p.gathers = true
		return p.stream != 0 && p.left <= BlockMax
	case frameContinuation:
		p.gathers = true
		return p.inBlock && p.left <= BlockMax
	case frameReset:
		p.gathers = true
		return p.stream != 0 && p.left == 4
	case frameSettings:
		p.gathers = true
		return p.stream == 0 && p.left <= settingsMax && p.left%6 == 0
	}
	p.gathers = false // nothing to us
	return true
}

// payload reads the payload of a frame; done is false when there is more of data to look at.
func (p *Parser) payload(data []byte) (ev Event, rest []byte, done bool) {
	switch {
	case p.gathers:
		return p.gather(data)
	case p.kind == frameData && p.flags&flagPadded != 0 && !p.padRead:
		return p.padding(data)
	}
	n := min(p.left, len(data))
	piece, rest := data[:n], data[n:]
	p.left -= n
	ended := p.left == 0
	if ended {
		p.inFrame, p.headLen = false, 0
		p.ended = p.kind == frameData && p.flags&flagEndStream != 0
	}
	if p.kind == frameData {
		p.Stream = p.stream
		if over := p.pad - p.left; over > 0 { // the end of piece is padding
			piece = piece[:max(len(piece)-over, 0)]
		}
		if p.Payload = piece; len(piece) > 0 {
			return Data, rest, true
		}
	}
	return More, rest, !ended || len(rest) == 0 && !p.ended
}

// gather reads a frame that is looked at as a whole.
func (p *Parser) gather(data []byte) (ev Event, rest []byte, done bool) {
	n := min(p.left, len(data))
	piece := data[:n]
	if n < p.left || len(p.buf) > 0 {
		p.buf = append(p.buf, piece...)
		piece = p.buf
	}
	if p.left -= n; p.left > 0 {
		return More, nil, true
	}
	p.inFrame, p.headLen = false, 0
	ev = p.frame(piece)
	if cap(p.buf) > settingsMax {
		p.buf = nil
	}
	if ev == Broken {
		ev, rest = p.fail()
		return ev, rest, true
	}
	return ev, data[n:], ev != More
}

// padding reads how much of a DATA frame is padding.
func (p *Parser) padding(data []byte) (ev Event, rest []byte, done bool) {
	switch {
	case len(data) == 0 && p.left > 0:
		return More, nil, true
	case p.left == 0 || int(data[0]) >= p.left:
		ev, rest = p.fail()
		return ev, rest, true
	}
	p.pad, p.padRead, p.left = int(data[0]), true, p.left-1
	return More, data[1:], false
}

// frame takes a frame that was read as a whole.
func (p *Parser) frame(b []byte) Event {
	switch p.kind {
	case frameReset:
		p.Stream = p.stream
		return Reset
	case frameSettings:
		size, ok := ReadSettings(b)
		if p.flags&flagAck != 0 || !ok {
			return More
		}
		p.TableSize = size
		return Settings
	case frameContinuation:
		return p.fragment(b)
	}
	b, ok := p.unpad(b)
	if !ok {
		return Broken
	}
	p.inBlock, p.blockStream, p.block = true, p.stream, p.block[:0]
	p.pushed, p.blockEnds = p.kind == framePush, p.kind == frameHeaders && p.flags&flagEndStream != 0
	return p.fragment(b)
}

// unpad removes padding and what stands before the header block.
func (p *Parser) unpad(b []byte) ([]byte, bool) {
	if p.flags&flagPadded != 0 {
		if len(b) == 0 || int(b[0]) >= len(b) {
			return nil, false
		}
		b = b[1 : len(b)-int(b[0])]
	}
	n := 0
	switch {
	case p.kind == framePush:
		n = 4
	case p.flags&flagPriority != 0:
		n = 5
	}
	if len(b) < n {
		return nil, false
	}
	return b[n:], true
}

// fragment takes a part of a header block.
func (p *Parser) fragment(b []byte) Event {
	whole := p.flags&flagEndHeaders != 0
	if len(p.block) > 0 || !whole {
		if len(p.block)+len(b) > BlockMax {
			return Broken
		}
		p.block = append(p.block, b...)
		b = p.block
	}
	if !whole {
		return More
	}
	p.inBlock = false
	p.Fields, p.Cut, p.bytes = p.Fields[:0], 0, 0
	_, err := p.decoder.Write(b)
	if err == nil {
		err = p.decoder.Close()
	}
	if cap(p.block) > settingsMax {
		p.block = nil
	}
	switch {
	case err != nil:
		return Broken
	case p.pushed:
		return More
	}
	p.Stream, p.ended = p.blockStream, p.blockEnds
	return Headers
}

// Skip takes note of n bytes that are missing. Data: they lie in the body of Parser.Stream. More: nobody misses them.
// Broken: nothing more can be read.
func (p *Parser) Skip(n int64) Event {
	if p.broken || !p.inFrame || p.gathers || n > int64(p.left) || p.kind == frameData && p.flags&flagPadded != 0 && !p.padRead {
		p.fail()
		return Broken
	}
	p.left -= int(n)
	if p.left == 0 {
		p.inFrame, p.headLen = false, 0
		p.ended = p.kind == frameData && p.flags&flagEndStream != 0
	}
	if p.kind != frameData {
		return More
	}
	p.Stream = p.stream
	return Data
}
