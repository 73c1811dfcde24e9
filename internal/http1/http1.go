// Package http1 reads one direction of an HTTP/1 connection (RFC 9112) that it did not take part in: bytes as they come,
// with gaps, from peers that are not under its control. It keeps no more than the head of a message.
package http1

import (
	"bytes"
	"strconv"
	"strings"
	"unsafe"
)

// Limits of a message.
const (
	// HeadMax is the most bytes of a head, or of trailers.
	HeadMax = 1 << 20
	// FieldsMax is the most fields that are kept of a head.
	FieldsMax = 1024

	chunkLineMax = 4096
)

// A Field is a header field, its name in lower case.
type Field struct{ Name, Value string }

// A Head is the head of a message.
type Head struct {
	Method, Target string // of a request, as sent
	Status         int    // of a response
	Version        string // "1.1"
	Fields         []Field
	Cut            int   // fields beyond FieldsMax
	Length         int64 // of the body; -1 when it is not said
}

// First returns the first value of the named field (lower case), or "".
func (h *Head) First(name string) string {
	for i := range h.Fields {
		if h.Fields[i].Name == name {
			return h.Fields[i].Value
		}
	}
	return ""
}

// An Event is what Next found.
type Event uint8

// The events.
const (
	More    Event = iota // all was taken, the next message is not whole
	HeadEnd              // Parser.Head is that of a message; its Fields are valid until the next event
	Body                 // a piece of its body
	End                  // it is over; Parser.Trailers are the fields behind its body
	Broken               // what comes is no message; the next is sought where one can begin
)

type state uint8

const (
	atStart state = iota
	inHead
	inLength
	inChunkSize
	inChunk
	inChunkEnd
	inTrailers
	inRest // until the connection is closed
	isLost
)

// A Parser reads the messages of one direction.
type Parser struct {
	Head     Head
	Trailers []Field // valid until the next event
	Passed   int     // bytes that the last call of Next passed over in search of a message

	response bool
	state    state
	left     uint64 // of a body or chunk
	buf      []byte
	seen     int // bytes of buf that hold no end of a head
}

// NewParser returns a parser of requests or of responses.
func NewParser(response bool) Parser { return Parser{response: response} }

// Idle says that no message has begun: the next byte is the first of one, or nothing is known.
func (p *Parser) Idle() bool { return p.state == atStart || p.state == isLost }

// Lost says that the beginning of a message is sought.
func (p *Parser) Lost() bool { return p.state == isLost }

// Lose makes the parser seek the beginning of a message.
func (p *Parser) Lose() { p.state, p.buf, p.seen = isLost, nil, 0 }

// Buffered returns how many bytes the parser holds.
func (p *Parser) Buffered() int { return cap(p.buf) }

// Bodyless says, at HeadEnd, that no body follows whatever the head says: the answer to HEAD, or to a CONNECT that
// succeeded.
func (p *Parser) Bodyless() { p.state, p.left = inLength, 0 }

// Abort ends a message whose body will not come.
func (p *Parser) Abort() { p.state, p.buf, p.seen = atStart, nil, 0 }

// Next reads data up to the next event. b is the piece of a body, rest what was not read.
func (p *Parser) Next(data []byte) (ev Event, b, rest []byte) {
	p.Passed = 0
	for {
		switch p.state {
		case atStart:
			if data = bytes.TrimLeft(data, "\r\n"); len(data) == 0 {
				return More, nil, nil
			}
			p.state, p.seen = inHead, 0
		case inHead:
			return p.head(data)
		case inLength:
			if p.left == 0 {
				return p.end(data)
			}
			if len(data) == 0 {
				return More, nil, nil
			}
			return p.piece(data)
		case inRest:
			if len(data) == 0 {
				return More, nil, nil
			}
			return Body, data, nil
		case isLost:
			i := Find(data, p.response)
			if i < 0 {
				p.Passed = len(data)
				return More, nil, nil
			}
			p.Passed = i
			data, p.state, p.seen = data[i:], inHead, 0
		default:
			var done bool
			if ev, b, data, done = p.chunked(data); done {
				return ev, b, data
			}
		}
	}
}

func (p *Parser) end(rest []byte) (Event, []byte, []byte) {
	p.state = atStart
	return End, nil, rest
}

// piece takes a part of a body or chunk.
func (p *Parser) piece(data []byte) (Event, []byte, []byte) {
	n := len(data)
	if uint64(n) > p.left {
		n = int(p.left)
	}
	p.left -= uint64(n)
	if p.left == 0 && p.state == inChunk {
		p.state = inChunkEnd
	}
	return Body, data[:n], data[n:]
}

func (p *Parser) broken(rest []byte) (Event, []byte, []byte) {
	p.Lose()
	return Broken, nil, rest
}

// chunked reads the chunked coding; done is false when there is more of data to look at.
func (p *Parser) chunked(data []byte) (ev Event, b, rest []byte, done bool) {
	if p.state == inChunk {
		if len(data) == 0 {
			return More, nil, nil, true
		}
		ev, b, rest = p.piece(data)
		return ev, b, rest, true
	}
	if p.state == inTrailers {
		ev, b, rest = p.trailers(data)
		return ev, b, rest, true
	}
	line, rest, ok := p.line(data)
	switch {
	case !ok && len(p.buf) > chunkLineMax:
		ev, b, rest = p.broken(data)
		return ev, b, rest, true
	case !ok:
		return More, nil, nil, true
	case p.state == inChunkEnd && len(line) > 0:
		ev, b, rest = p.broken(rest)
		return ev, b, rest, true
	case p.state == inChunkEnd:
		p.state = inChunkSize
		return More, nil, rest, false
	}
	size, ok := chunkSize(line)
	if !ok {
		ev, b, rest = p.broken(rest)
		return ev, b, rest, true
	}
	if p.left, p.state = size, inChunk; size == 0 {
		p.state = inTrailers
	}
	return More, nil, rest, false
}

// line takes a line, which may have come in parts, without its end.
func (p *Parser) line(data []byte) (line, rest []byte, ok bool) {
	before, after, ok := bytes.Cut(data, []byte{'\n'})
	if !ok {
		p.buf = append(p.buf, data[:min(len(data), chunkLineMax+1)]...)
		return nil, nil, false
	}
	line, rest = before, after
	if len(p.buf) > 0 {
		line = append(p.buf, line...)
		p.buf = nil
	}
	return bytes.TrimSuffix(line, []byte{'\r'}), rest, true
}

// chunkSize reads a size in hexadecimal digits, before extensions.
func chunkSize(line []byte) (n uint64, ok bool) {
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	line = bytes.TrimRight(line, " \t")
	if len(line) == 0 || len(line) > 15 {
		return 0, false
	}
	for _, c := range line {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if c < '0' || d < 0 {
			return 0, false
		}
		n = n<<4 | uint64(d)
	}
	return n, true
}

// trailers reads fields up to an empty line.
func (p *Parser) trailers(data []byte) (Event, []byte, []byte) {
	block, rest, ok := p.block(data)
	switch {
	case !ok && len(p.buf) > HeadMax:
		return p.broken(data)
	case !ok:
		return More, nil, nil
	}
	if len(block) > 2 {
		p.Head.Fields, p.Head.Cut = p.Head.Fields[:0], 0
		p.fields(writable(block))
		p.Trailers = p.Head.Fields
	}
	return p.end(rest)
}

// block takes bytes up to an empty line, which may have come in parts. At the start of trailers there may be none.
func (p *Parser) block(data []byte) (block, rest []byte, ok bool) {
	if len(p.buf) == 0 {
		if n := blockEnd(data, 0, p.state == inTrailers); n > 0 {
			return data[:n], data[n:], true
		}
		p.keep(data)
		return nil, nil, false
	}
	was := len(p.buf)
	p.keep(data)
	from := max(p.seen-3, 0)
	if p.state == inTrailers && was < 2 {
		from = 0
	}
	n := blockEnd(p.buf, from, p.state == inTrailers)
	if n <= 0 {
		p.seen = len(p.buf)
		return nil, nil, false
	}
	block, rest = p.buf[:n], data[min(max(n-was, 0), len(data)):]
	p.buf, p.seen = nil, 0
	return block, rest, true
}

// keep buffers the beginning of a head, and nothing of what is too long for one.
func (p *Parser) keep(data []byte) {
	p.buf = append(p.buf, data[:min(len(data), HeadMax+1-min(len(p.buf), HeadMax+1))]...)
}

// blockEnd returns where the bytes after an empty line begin, -1 if there is none. bare says that the block itself may
// be nothing but the empty line.
func blockEnd(b []byte, from int, bare bool) int {
	if bare && from == 0 {
		switch {
		case len(b) > 0 && b[0] == '\n':
			return 1
		case len(b) > 1 && b[0] == '\r' && b[1] == '\n':
			return 2
		}
	}
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		switch {
		case from < len(b) && b[from] == '\n':
			return from + 1
		case from+1 < len(b) && b[from] == '\r' && b[from+1] == '\n':
			return from + 2
		}
	}
}

// writable returns a copy of b that strings may point into.
func writable(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// head reads the head of a message.
func (p *Parser) head(data []byte) (Event, []byte, []byte) {
	if len(p.buf) == 0 && Begins(data, p.response) == No {
		return p.broken(data)
	}
	block, rest, ok := p.block(data)
	switch {
	case !ok && len(p.buf) > HeadMax:
		return p.broken(data)
	case !ok:
		return More, nil, nil
	}
	p.Head, p.Trailers = Head{Fields: p.Head.Fields[:0], Length: -1}, nil
	b := writable(block)
	n := bytes.IndexByte(b, '\n') + 1
	line := bytes.TrimRight(b[:n], "\r\n")
	if !p.startLine(line) {
		return p.broken(rest)
	}
	if p.fields(b[n:]); !p.framing() {
		return p.broken(rest)
	}
	return HeadEnd, nil, rest
}

// startLine reads a request line or a status line.
func (p *Parser) startLine(line []byte) bool {
	h := &p.Head
	if p.response {
		if len(line) < 12 || line[8] != ' ' {
			return false
		}
		status, err := strconv.ParseUint(text(line[9:12]), 10, 16)
		h.Version, h.Status = text(line[5:8]), int(status)
		return err == nil && status >= 100 && (len(line) == 12 || line[12] == ' ')
	}
	i, j := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if i <= 0 || j <= i+1 || !bytes.HasPrefix(line[j+1:], []byte("HTTP/1.")) || len(line) != j+9 {
		return false
	}
	h.Method, h.Target, h.Version = text(line[:i]), text(bytes.TrimSpace(line[i:j])), text(line[j+6:])
	return h.Target != ""
}

// fields reads header fields up to the empty line. Lines that begin with a blank go on with the one before (obsolete
// folding, RFC 9112, 5.2); a line that is no field is left out.
func (p *Parser) fields(b []byte) {
	h := &p.Head
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		if n == 0 {
			n = len(b)
		}
		for n < len(b) && (b[n] == ' ' || b[n] == '\t') {
			end := bytes.IndexByte(b[n:], '\n') + 1
			if end == 0 {
				end = len(b) - n
			}
			blank(b[:n])
			n += end
		}
		line := bytes.TrimRight(b[:n], "\r\n")
		b = b[n:]
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 {
			continue
		}
		if len(h.Fields) >= FieldsMax {
			h.Cut++
			continue
		}
		name := bytes.TrimRight(line[:colon], " \t")
		lower(name)
		h.Fields = append(h.Fields, Field{text(name), text(bytes.Trim(line[colon+1:], " \t"))})
	}
}

// blank turns the end of a line into blanks.
func blank(line []byte) {
	for i := len(line) - 1; i >= 0 && (line[i] == '\n' || line[i] == '\r'); i-- {
		line[i] = ' '
	}
}

func lower(b []byte) {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}
