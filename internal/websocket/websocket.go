// Package websocket reads one direction of a WebSocket connection (RFC 6455) that it did not take part in, with
// permessage-deflate (RFC 7692): bytes as they come, with gaps.
package websocket

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"
)

// MessageMax is the most bytes of a message, compressed or not; longer ones are read over.
const MessageMax = 1 << 20

// Opcodes of messages.
const (
	opContinue = 0
	OpText     = 1
	OpBinary   = 2
	opClose    = 8
	opPong     = 10
)

// Errors of a message.
var (
	ErrTooLong  = errors.New("message too long")
	ErrDeflate  = errors.New("message cannot be decompressed")
	ErrUnfit    = errors.New("frame out of place")
	errReserved = errors.New("reserved bits or opcode")
)

// An Event is what Next found.
type Event uint8

// The events.
const (
	More    Event = iota // all was taken, the next message is not whole
	Message              // Parser.Op and Parser.Payload are a whole message; the payload is valid until the next event
	Missed               // a message that cannot be given: Parser.Err says why
	Close                // Parser.Code is that of the closing frame, 0 when it had none
	Broken               // what comes is no frame; the next is sought
)

// An Extension is what permessage-deflate was agreed to be for one direction.
type Extension struct {
	Deflate  bool
	Takeover bool // messages refer to those before
}

// Agreed reads the Sec-WebSocket-Extensions of an answer, for what the client and for what the server sends.
func Agreed(header string) (client, server Extension) {
	for offer := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(offer, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "permessage-deflate") {
			continue
		}
		client, server = Extension{true, true}, Extension{true, true}
		for param := range strings.SplitSeq(params, ";") {
			key, _, _ := strings.Cut(param, "=")
			switch strings.ToLower(strings.TrimSpace(key)) {
			case "client_no_context_takeover":
				client.Takeover = false
			case "server_no_context_takeover":
				server.Takeover = false
			}
		}
		break
	}
	return client, server
}

// A Parser reads the frames of one direction.
type Parser struct {
	Op      byte
	Payload []byte
	Code    int
	Err     error

	masked   bool
	ext      Extension
	inflater *Inflater
	window   []byte // the end of what was decompressed
	torn     bool   // the window is not that of the sender any more

	head    [14]byte
	headLen int
	inFrame bool
	lost    bool
	final   bool
	op      byte   // of the frame
	left    uint64 // of its payload
	key     [4]byte
	at      int // of the payload, for the mask
	control []byte

	open       bool // a message has begun
	compressed bool
	skip       error // it cannot be given
	message    []byte
}

// NewParser returns a parser of what a client sends (masked) or a server. inflater may be shared by parsers that one
// goroutine uses.
func NewParser(masked bool, ext Extension, inflater *Inflater) Parser {
	return Parser{masked: masked, ext: ext, inflater: inflater}
}

// Idle says that no message has begun.
func (p *Parser) Idle() bool { return !p.open && !p.inFrame && p.headLen == 0 }

// Buffered returns how many bytes the parser holds.
func (p *Parser) Buffered() int { return cap(p.message) + cap(p.window) }

// Next reads data up to the next event; rest is what was not read.
func (p *Parser) Next(data []byte) (ev Event, rest []byte) {
	for {
		if p.lost {
			if !p.chain(data) {
				return More, nil
			}
			p.lost = false
		}
		if !p.inFrame {
			var whole bool
			if data, whole = p.header(data); !whole {
				return More, nil
			}
			if err := p.begin(); err != nil {
				p.lose()
				return Broken, data
			}
		}
		n := min(uint64(len(data)), p.left)
		p.take(data[:n])
		if data, p.left = data[n:], p.left-n; p.left > 0 {
			return More, nil
		}
		p.inFrame, p.headLen = false, 0
		if ev := p.finish(); ev != More {
			return ev, data
		}
		if len(data) == 0 {
			return More, nil
		}
	}
}

// header collects the header of a frame.
func (p *Parser) header(data []byte) (rest []byte, whole bool) {
	for {
		need := 2
		if p.headLen >= 2 {
			need = headerLen(p.head[1])
		}
		if p.headLen >= need && p.headLen >= 2 {
			return data, true
		}
		n := copy(p.head[p.headLen:need], data)
		if n == 0 {
			return nil, false
		}
		p.headLen, data = p.headLen+n, data[n:]
	}
}

// headerLen returns the length of a header by its second byte.
func headerLen(b byte) int {
	n := 2
	switch b & 0x7f {
	case 126:
		n = 4
	case 127:
		n = 10
	}
	if b&0x80 != 0 {
		n += 4
	}
	return n
}

// begin starts the frame whose header was read.
func (p *Parser) begin() error {
	b := p.head[:p.headLen]
	p.final, p.op = b[0]&0x80 != 0, b[0]&0xf
	rsv1 := b[0]&0x40 != 0
	p.left = payloadLen(b)
	control := p.op >= opClose
	switch {
	case b[0]&0x30 != 0, p.op > OpBinary && !control, p.op > opPong, p.left > 1<<62, (b[1]&0x80 != 0) != p.masked,
		control && (!p.final || p.left > 125 || rsv1), rsv1 && !p.ext.Deflate:
		return errReserved
	}
	if p.masked {
		copy(p.key[:], b[len(b)-4:])
	}
	p.inFrame, p.at = true, 0
	switch {
	case control:
		p.control = p.control[:0]
	case p.op == opContinue:
		if !p.open {
			p.start(false)
			p.skip = ErrUnfit
		}
	default:
		unfit := p.open
		p.start(rsv1)
		p.Op = p.op
		if unfit { // the one before was never finished
			p.torn = p.torn || p.ext.Takeover
		}
	}
	return nil
}

func (p *Parser) start(compressed bool) {
	p.open, p.compressed, p.skip, p.message = true, compressed, nil, p.message[:0]
	if cap(p.message) > 64<<10 {
		p.message = nil
	}
}

func payloadLen(head []byte) uint64 {
	switch n := head[1] & 0x7f; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		return binary.BigEndian.Uint64(head[2:])
	default:
		return uint64(n)
	}
}

// take keeps a piece of a payload.
func (p *Parser) take(b []byte) {
	if len(b) == 0 {
		return
	}
	if p.op >= opClose {
		p.control = append(p.control, b...)
		p.unmask(p.control[len(p.control)-len(b):])
		return
	}
	if p.skip == nil && len(p.message)+len(b) > MessageMax {
		p.skip, p.message = ErrTooLong, nil
	}
	if p.skip != nil {
		p.at += len(b)
		return
	}
	p.message = append(p.message, b...)
	p.unmask(p.message[len(p.message)-len(b):])
}

func (p *Parser) unmask(b []byte) {
	if p.masked {
		for i := range b {
			b[i] ^= p.key[(p.at+i)&3]
		}
	}
	p.at += len(b)
}

// finish ends a frame.
func (p *Parser) finish() Event {
	switch {
	case p.op == opClose:
		p.Code = 0
		if len(p.control) >= 2 {
			p.Code = int(binary.BigEndian.Uint16(p.control))
		}
		return Close
	case p.op > opClose || !p.final:
		return More
	}
	p.open = false
	p.Payload, p.Err = p.message, p.skip
	if p.Err == nil && p.compressed {
		p.decompress()
	} else if p.Err != nil && p.compressed && p.ext.Takeover {
		p.torn = true
	}
	if p.Err != nil {
		p.Payload = nil
		return Missed
	}
	return Message
}

func (p *Parser) decompress() {
	if p.torn {
		p.Err = ErrDeflate
		return
	}
	p.Payload, p.Err = p.inflater.inflate(p.message, p.window)
	if !p.ext.Takeover {
		return
	}
	if p.Err != nil {
		p.torn = true
		return
	}
	p.window = slide(p.window, p.Payload)
}

// lose makes the parser seek a frame.
func (p *Parser) lose() {
	p.torn = p.torn || p.ext.Deflate && p.ext.Takeover
	p.lost, p.open, p.inFrame, p.headLen, p.left, p.message = true, false, false, 0, 0, nil
}

// Skip takes note of n bytes that are missing. More: they lie in a payload. Broken: nobody knows where they end.
func (p *Parser) Skip(n int64) Event {
	if p.lost || !p.inFrame || uint64(n) > p.left {
		p.lose()
		return Broken
	}
	p.left -= uint64(n)
	p.at += int(n & 3)
	if p.op < opClose {
		p.skip, p.message = ErrUnfit, nil
	}
	if p.left == 0 {
		p.inFrame, p.headLen = false, 0
		if p.op < opClose && p.final {
			p.open = false
			p.torn = p.torn || p.compressed && p.ext.Takeover
			return Missed
		}
	}
	return More
}

// chain says whether data, the payload of a segment, is nothing but whole frames that fit this direction: where one
// segment ends with a frame the next begins with one.
func (p *Parser) chain(data []byte) bool {
	for first := true; len(data) > 0; first = false {
		if len(data) < 2 || !p.fits(data[0], data[1]) {
			return false
		}
		n := headerLen(data[1])
		if len(data) < n {
			return false
		}
		size := payloadLen(data[:n])
		if size > uint64(len(data)-n) || !minimal(data[1], size) {
			return false
		}
		end := n + int(size)
		if first && data[0] == 0x80|OpText && !p.textual(data[:n], data[n:end]) {
			return false
		}
		data = data[end:]
	}
	return true
}

// fits says whether two bytes can begin a frame that is a whole message of this direction, or a control frame.
func (p *Parser) fits(a, b byte) bool {
	op := a & 0xf
	if a&0x80 == 0 || a&0x30 != 0 || a&0x40 != 0 && !p.ext.Deflate || (b&0x80 != 0) != p.masked {
		return false
	}
	return op == OpText || op == OpBinary || op >= opClose && op <= opPong
}

// minimal says whether a length is written in as few bytes as it must be.
func minimal(b byte, size uint64) bool {
	switch b & 0x7f {
	case 126:
		return size > 125
	case 127:
		return size > 0xffff
	}
	return true
}

// textual says whether the payload behind a header is UTF-8 once unmasked.
func (p *Parser) textual(head, payload []byte) bool {
	if !p.masked {
		return utf8.Valid(payload)
	}
	key := head[len(head)-4:]
	b := make([]byte, len(payload))
	for i, c := range payload {
		b[i] = c ^ key[i&3]
	}
	return utf8.Valid(b)
}
