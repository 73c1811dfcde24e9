package http1

import (
	"bytes"
	"strconv"
	"strings"
)

// framing finds out how the body ends (RFC 9112, 6.3).
func (p *Parser) framing() bool {
	length, chunked, coded, ok := p.Head.framing()
	if !ok {
		return false
	}
	p.state, p.left = inLength, 0
	switch {
	case p.response && (p.Head.Status < 200 || p.Head.Status == 204 || p.Head.Status == 304):
	case chunked:
		p.state = inChunkSize
	case coded:
		p.state = inRest
		return p.response
	case length >= 0:
		p.Head.Length, p.left = length, uint64(length)
	case p.response:
		p.state = inRest
	}
	return true
}

// framing reads the fields that tell of the body; ok is false when they contradict each other.
func (h *Head) framing() (length int64, chunked, coded, ok bool) {
	length = -1
	for i := range h.Fields {
		switch f := &h.Fields[i]; f.Name {
		case "content-length":
			n, ok := contentLength(f.Value)
			if !ok || length >= 0 && n != length {
				return 0, false, false, false
			}
			length = n
		case "transfer-encoding":
			coded = true
			last := f.Value[strings.LastIndexByte(f.Value, ',')+1:]
			chunked = strings.EqualFold(strings.TrimSpace(last), "chunked")
		}
	}
	return length, chunked, coded, true
}

// contentLength reads a length, also one that was doubled into a list (RFC 9110, 8.6).
func contentLength(s string) (n int64, ok bool) {
	n = -1
	for part := range strings.SplitSeq(s, ",") {
		v, err := strconv.ParseUint(strings.TrimSpace(part), 10, 60)
		if err != nil || n >= 0 && int64(v) != n {
			return 0, false
		}
		n = int64(v)
	}
	return n, true
}

// Skip takes note of n bytes that are missing. More: they lie in the body of the message, which goes on behind them.
// End: they are all the rest of it. Broken: nobody knows where they end; what comes next is sought.
func (p *Parser) Skip(n int64) Event {
	switch p.state {
	case inLength, inChunk:
		if uint64(n) > p.left {
			break
		}
		p.left -= uint64(n)
		if p.left > 0 {
			return More
		}
		if p.state == inChunk {
			p.state = inChunkEnd
			return More
		}
		p.state = atStart
		return End
	case inRest:
		return More
	}
	p.Lose()
	return Broken
}

// Closed takes note of the end of the direction. End: a message is over that lasts until then. Broken: one was cut.
// More: there was none.
func (p *Parser) Closed() Event {
	switch p.state {
	case atStart, isLost:
		return More
	case inRest:
		p.state = atStart
		return End
	case inLength:
		if p.left == 0 {
			p.state = atStart
			return End
		}
	}
	p.Lose()
	return Broken
}

// A Verdict is how sure it is that bytes begin a message.
type Verdict uint8

// The verdicts.
const (
	No Verdict = iota
	Perhaps
	Yes
)

// methodMax is how long a method may be: WebDAV's longest has 17 letters.
const methodMax = 24

// Begins says whether b begins as a request or a response does; Perhaps when it is too short to tell.
func Begins(b []byte, response bool) Verdict {
	if response {
		return beginsResponse(b)
	}
	i := 0
	for i < len(b) && i <= methodMax && methodByte(b[i]) {
		i++
	}
	switch {
	case i == len(b) && i <= methodMax:
		return Perhaps
	case i == 0 || i > methodMax || b[i] != ' ':
		return No
	}
	line := b[i+1:]
	n := bytes.IndexByte(line, '\n')
	if n < 0 {
		return unfinished(line)
	}
	line = bytes.TrimSuffix(line[:n], []byte{'\r'})
	j := bytes.LastIndexByte(line, ' ')
	return verdict(j > 0 && (string(line[j+1:]) == "HTTP/1.1" || string(line[j+1:]) == "HTTP/1.0"))
}

func beginsResponse(b []byte) Verdict {
	const version = "HTTP/1."
	n := min(len(b), len(version))
	switch {
	case string(b[:n]) != version[:n]:
		return No
	case len(b) < 12:
		return Perhaps
	}
	return verdict((b[7] == '0' || b[7] == '1') && b[8] == ' ' && digit(b[9]) && digit(b[10]) && digit(b[11]))
}

// unfinished judges a target without the end of its line: text without controls.
func unfinished(line []byte) Verdict {
	for _, c := range line[:min(len(line), 256)] {
		if c < ' ' && c != '\r' && c != '\t' || c == 0x7f {
			return No
		}
	}
	if len(line) > HeadMax {
		return No
	}
	return Perhaps
}

func verdict(yes bool) Verdict {
	if yes {
		return Yes
	}
	return No
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func methodByte(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '-' || c == '_'
}

// Find returns where in b, the payload of a segment, a message begins whose predecessor is not known: at its front or
// behind an empty line, where a head or a chunked body ends; -1 for nowhere. A request must have a method that is common,
// for its line may not end in b, and a body that ends in letters may stand before it.
func Find(b []byte, response bool) int {
	for at := 0; ; {
		switch v := Begins(b[at:], response); {
		case v == Yes && response, v != No && !response && common(b[at:]):
			return at
		}
		i := bytes.Index(b[at:], []byte("\r\n\r\n"))
		if i < 0 {
			return -1
		}
		at += i + 4
	}
}

// common says that b begins with a method that APIs use, and a target.
func common(b []byte) bool {
	for _, m := range [...]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
		if len(b) > len(m)+1 && string(b[:len(m)]) == m && b[len(m)] == ' ' {
			return b[len(m)+1] == '/' || b[len(m)+1] == '*' || b[len(m)+1] == 'h'
		}
	}
	return false
}
