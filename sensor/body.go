package sensor

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/waywarden/waywarden"
)

// DefaultBodyLimit is how many bytes one message body may have after decoding.
const DefaultBodyLimit = 8 << 20

// Limits that hold whatever the caller asks for.
const (
	// Beyond bombFloor bytes of output, more than bombRatio bytes out of one byte in is a bomb. JSON shrinks by 5 to 50,
	// deflate cannot do better than 1,032, brotli and zstd reach 100,000.
	bombFloor = 1 << 20
	bombRatio = 250
	// RFC 9110 sets no limit to the number of codings; nothing honest applies more than two.
	maxCodings = 4
	// Scratch buffers above this size are not kept for the next body.
	maxScratch = 1 << 20
)

// ErrBodyBomb says that decompression was stopped at a limit: what is returned is the beginning.
var ErrBodyBomb = errors.New("body expands beyond the limit")

// ErrBodyEncoding says that a content coding is unknown or the coded bytes are broken.
var ErrBodyEncoding = errors.New("body cannot be decoded")

// DecodeBody undoes the codings of a Content-Encoding header (several fields joined by commas; "" is identity) in the
// reverse of the order they are named in. limit is the most bytes returned; 0 or less means [DefaultBodyLimit].
//
// The result is raw itself where nothing was coded, else memory of its own. truncated says that it is only the
// beginning: raw was cut off (err is nil) or a limit was met (err wraps [ErrBodyBomb]). An err that wraps
// [ErrBodyEncoding] comes without a body.
func DecodeBody(encoding string, raw []byte, limit int64) (body []byte, truncated bool, err error) {
	if limit <= 0 {
		limit = DefaultBodyLimit
	}
	body = raw
	for n := 0; encoding != "" && len(raw) > 0; n++ {
		if n == maxCodings {
			return nil, false, fmt.Errorf("%w: more than %d content codings", ErrBodyEncoding, maxCodings)
		}
		coding := encoding
		if i := strings.LastIndexByte(encoding, ','); i >= 0 {
			encoding, coding = encoding[:i], encoding[i+1:]
		} else {
			encoding = ""
		}
		c := codingOf(coding)
		if c == codingIdentity {
			continue
		}
		if c == codingUnknown {
			return nil, false, fmt.Errorf("%w: unknown content coding %q", ErrBodyEncoding, clip(strings.TrimSpace(coding), 32))
		}
		var cut bool
		body, cut, err = inflate(c, body, limit)
		truncated = truncated || cut
		if errors.Is(err, ErrBodyBomb) && hasCoding(encoding) {
			return nil, true, err // the beginning of a body that is still coded is no body
		}
		if err != nil {
			return body, truncated, err
		}
	}
	if int64(len(body)) > limit {
		body, truncated = body[:limit:limit], true
	}
	return body, truncated, nil
}

// TakeBody makes raw, as it was on the wire, the body of m: it undoes the content encoding that the headers of m name
// and sets Body, Captured and Truncated. truncated says that the sensor cut raw. The result is the name under which
// [Output.Count] must hear of what went wrong, or "".
//
// A sensor that has already decoded the body often leaves the header in place. Hence text under a coding that has no
// text form is taken as it is.
func TakeBody(m *waywarden.Message, raw []byte, truncated bool, limit int64) (count string) {
	encoding := joined(m.Headers, "content-encoding")
	if encoding != "" && plain(raw) {
		encoding = ""
	}
	body, cut, err := DecodeBody(encoding, raw, limit)
	m.Body, m.Captured, m.Truncated = body, true, truncated || cut
	switch {
	case errors.Is(err, ErrBodyBomb):
		m.Captured = body != nil
		return CountBodyBomb
	case err != nil:
		m.Body, m.Captured = nil, false
		return CountBodyUndecodable
	case m.Truncated:
		return CountBodyTruncated
	}
	return ""
}

// joined returns the values of all fields of that name as one list.
func joined(h waywarden.Headers, name string) string {
	v, n := "", 0
	for i := range h {
		if h[i].Name != name {
			continue
		}
		if n++; n == 1 {
			v = h[i].Value
		} else if n <= maxCodings {
			v += "," + h[i].Value
		}
	}
	return v
}

// plain says that b begins as text does and no compressed stream: printable UTF-8 without control characters.
func plain(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	head := b[:min(len(b), 64)]
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n <= 1 {
			return len(b) > 64 && len(head) < utf8.UTFMax && !utf8.FullRune(head)
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
			return false
		}
		head = head[n:]
	}
	return true
}

type coding uint8

const (
	codingIdentity coding = iota
	codingGzip
	codingDeflate
	codingBrotli
	codingZstd
	codingUnknown
)

// codingOf knows the registered names of codings, and what servers write by mistake for "none".
func codingOf(name string) coding {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "identity", "none", "utf-8", "utf8":
		return codingIdentity
	case "gzip", "x-gzip":
		return codingGzip
	case "deflate":
		return codingDeflate
	case "br", "brotli":
		return codingBrotli
	case "zstd":
		return codingZstd
	}
	return codingUnknown
}

func hasCoding(encoding string) bool {
	for name := range strings.SplitSeq(encoding, ",") {
		if codingOf(name) != codingIdentity {
			return true
		}
	}
	return false
}

// inflate undoes one coding.
func inflate(c coding, raw []byte, limit int64) (body []byte, truncated bool, err error) {
	body, truncated, err = decodePools.inflate(c, raw, limit)
	if c == codingDeflate && errors.Is(err, ErrBodyEncoding) {
		// RFC 9110, 8.4.1.2: some send deflate without the zlib wrapper; its first bytes can look like one.
		if b, t, e := decodePools.inflate(codingRawDeflate, raw, limit); !errors.Is(e, ErrBodyEncoding) {
			return b, t, e
		}
	}
	return body, truncated, err
}

// drain reads r to its end or to a limit and returns a copy of its own.
func drain(r io.Reader, in int, limit int64, scratch []byte) (body, grown []byte, truncated bool, err error) {
	buf := scratch[:0]
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, e := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		out := int64(len(buf))
		if out > limit || out > bombFloor && out > int64(in)*bombRatio {
			buf = buf[:min(out, limit)]
			truncated, err = true, ErrBodyBomb
			break
		}
		if e == io.EOF {
			break
		}
		if errors.Is(e, io.ErrUnexpectedEOF) && len(buf) > 0 {
			truncated = true
			break
		}
		if e != nil {
			return nil, buf, false, fmt.Errorf("%w: %w", ErrBodyEncoding, e)
		}
	}
	body = make([]byte, len(buf))
	copy(body, buf)
	return body, buf, truncated, err
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
