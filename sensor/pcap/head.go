package pcap

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
)

// methods begin a request line. Those of RFC 9110 and 5789, and of WebDAV and its like that APIs do use.
var methods = []string{
	"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
	"REPORT", "SEARCH", "QUERY", "LINK", "UNLINK", "PURGE", "SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY",
}

// request says whether b begins as a request line does.
func request(b []byte) bool {
	i := bytes.IndexByte(b, ' ')
	if i < 0 || i > 12 || !slices.Contains(methods, string(b[:i])) {
		return false
	}
	return i+1 < len(b) && (b[i+1] == '/' || b[i+1] == '*' || b[i+1] == 'h' || string(b[:i]) == "CONNECT")
}

// begins returns where in b a message begins; -1 when nowhere. The end of a body need not be the end of a line, so a start
// line may begin anywhere in one.
func begins(b []byte) int {
	for from := 0; from < len(b); {
		line, n := nextLine(b[from:])
		if n == 0 {
			line = b[from:] // not whole yet: only a status line can be told
		}
		if i := statusLine(line); i >= 0 {
			return from + i
		}
		if n == 0 {
			return -1
		}
		if i := requestLine(line); i >= 0 {
			return from + i
		}
		from += n
	}
	return -1
}

// statusLine returns where in a line a status line begins.
func statusLine(line []byte) int {
	for from := 0; ; {
		i := bytes.Index(line[from:], []byte("HTTP/1."))
		if i < 0 {
			return -1
		}
		i += from
		rest := line[i:]
		if len(rest) >= 12 && rest[8] == ' ' && rest[9] >= '1' && rest[9] <= '5' && digit(rest[10]) && digit(rest[11]) {
			return i
		}
		from = i + 1
	}
}

// requestLine returns where in a line, which must end in a version, a request line begins.
func requestLine(line []byte) int {
	if !bytes.HasSuffix(line, []byte(" HTTP/1.1")) && !bytes.HasSuffix(line, []byte(" HTTP/1.0")) {
		return -1
	}
	best := -1
	for _, m := range methods {
		i := bytes.LastIndex(line, []byte(m+" "))
		// "GET" within "TARGET" is none, and of "UNLOCK" and the "LOCK" in it the longer one is meant.
		if i > best && request(line[i:]) && (i == 0 || line[i-1] < 'A' || line[i-1] > 'Z') {
			best = i
		}
	}
	return best
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// headEnd returns the length of the start line and header fields with the empty line behind them; -1 when not whole.
func headEnd(b []byte) int {
	from := 0
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		rest := b[from:]
		switch {
		case len(rest) > 0 && rest[0] == '\n':
			return from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from + 2
		}
	}
}

// parseHead reads a start line and header fields.
func parseHead(b []byte) (*message, bool) {
	line, rest, _ := strings.Cut(string(b), "\n")
	line = strings.TrimSuffix(line, "\r")
	m := &message{}
	if strings.HasPrefix(line, "HTTP/1.") {
		version, after, _ := strings.Cut(line, " ")
		code, _, _ := strings.Cut(after, " ")
		status, err := strconv.Atoi(code)
		if err != nil || status < 100 || status > 999 {
			return nil, false
		}
		m.status, m.version = status, strings.TrimPrefix(version, "HTTP/")
	} else {
		method, after, ok := strings.Cut(line, " ")
		i := strings.LastIndex(after, " HTTP/1.")
		if !ok || i < 0 || method == "" || !token(method) {
			return nil, false
		}
		m.method, m.target, m.version = strings.ToUpper(method), after[:i], after[i+len(" HTTP/"):]
	}
	m.headers = fields(rest)
	return m, true
}

// fields reads header fields, joining folded lines (RFC 9112, 5.2).
func fields(text string) waywarden.Headers {
	var hs waywarden.Headers
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || len(hs) >= headersMax {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if n := len(hs); n > 0 {
				hs[n-1].Value += " " + strings.Trim(line, " \t")
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if name = strings.TrimRight(name, " \t"); ok && token(name) {
			hs = append(hs, waywarden.Header{Name: strings.ToLower(name), Value: strings.Trim(value, " \t")})
		}
	}
	return hs
}

// token says whether s is a token of RFC 9110, 5.6.2.
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// chunked says whether chunked is the last transfer coding.
func chunked(hs waywarden.Headers) bool {
	last := ""
	for _, h := range hs {
		if h.Name == "transfer-encoding" {
			last = h.Value
		}
	}
	last = strings.ToLower(last)
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]) == "chunked"
}

// length returns the value of Content-Length.
func length(hs waywarden.Headers) (int64, bool) {
	v := hs.First("content-length")
	first, _, _ := strings.Cut(v, ",") // repeated fields that were joined are equal, or the message is bad anyway
	n, err := strconv.ParseInt(strings.TrimSpace(first), 10, 63)
	return n, err == nil && n >= 0
}
