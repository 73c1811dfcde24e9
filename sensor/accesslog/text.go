package accesslog

import (
	"errors"
	"net/netip"
	"strings"
	"time"
)

var errCombined = errors.New("not a line of a combined log")

// clfTime returns the index of the first token that is a time in brackets, or -1.
func clfTime(list []token) int {
	for i, t := range list {
		if t.delim == '[' && len(t.text) >= 20 && len(t.text) <= 32 && !when(t.text).IsZero() {
			return i
		}
	}
	return -1
}

func detectCombined(line []byte) int {
	list := tokens(line)
	i := clfTime(list)
	if i < 1 || i+2 >= len(list) || list[i+1].delim != '"' || status(list[i+2].text) < 100 {
		return 0
	}
	return 80
}

// parseCombined reads
//
//	[vhost[:port]] client ident user [time] "request" status bytes ["referer" "user agent" [more …]]
func parseCombined(line []byte, e *entry) error {
	list := tokens(line)
	i := clfTime(list)
	if i < 1 || i+1 >= len(list) || list[i+1].delim != '"' {
		return errCombined
	}
	e.at = when(list[i].text)
	e.client(list[:i])
	list = list[i+1:]
	e.requestLine(list[0].text)
	e.sent, e.received = -1, -1
	if len(list) > 1 {
		e.status = status(list[1].text)
	}
	if len(list) > 2 {
		e.sent = size(list[2].text)
		if list[2].text == "-" {
			e.sent = 0
		}
	}
	list = list[min(3, len(list)):]
	if len(list) >= 2 && list[0].delim == '"' && list[1].delim == '"' {
		e.header("referer", list[0].text)
		e.header("user-agent", list[1].text)
		list = list[2:]
	}
	if !e.ingress(list) {
		e.extras(list)
	}
	return nil
}

// client reads what stands before the time. The user can have blanks in it, so the fields are counted from the left,
// unless what comes first is no address and the second is: then it is the virtual host.
func (e *entry) client(list []token) {
	if len(list) >= 2 && !isAddress(list[0].text) && isAddress(list[1].text) {
		e.host = list[0].text
		list = list[1:]
	}
	e.peer = list[0].text
	if len(list) >= 3 {
		words := make([]string, 0, 2)
		for _, t := range list[2:] {
			words = append(words, t.text)
		}
		e.user = strings.Join(words, " ")
	}
}

func isAddress(s string) bool {
	a, _ := splitAddress(s)
	return a.IsValid()
}

// ingress reads the fields that ingress-nginx adds:
//
//	request_length request_time [upstream] [alternative] upstream_addr response_length response_time status req_id
func (e *entry) ingress(list []token) bool {
	if len(list) < 9 || list[2].delim != '[' || list[3].delim != '[' || size(list[0].text) < 0 {
		return false
	}
	e.duration = seconds(list[1].text)
	if id := list[len(list)-1]; id.delim == 0 && len(id.text) >= 16 {
		e.id = id.text
	}
	return true
}

// extras reads fields of one's own behind the combined ones by what they look like: addresses are X-Forwarded-For, a
// number with a point is the time in seconds, a name with points the host.
func (e *entry) extras(list []token) {
	for _, t := range list {
		text := strings.TrimSpace(t.text)
		if k, v, ok := strings.Cut(text, "="); ok && k != "" && len(k) < 24 && !strings.ContainsAny(k, "/?& ") {
			e.named(k, strings.Trim(v, `"`))
			continue
		}
		first, _, _ := strings.Cut(text, ",")
		switch {
		case text == "" || text == "-":
		case isAddress(strings.TrimSpace(first)):
			if e.forwarded == "" && t.delim == '"' {
				e.forwarded = text
			}
		case isHostName(text):
			if e.host == "" {
				e.host = text
			}
		case e.duration == 0 && strings.Count(text, ".") == 1:
			e.duration = seconds(text)
		}
	}
}

// named reads a field of the form name=value: rt=0.012 host=api.example.
func (e *entry) named(name, value string) {
	switch strings.ToLower(name) {
	case "rt", "request_time":
		e.duration = seconds(value)
	case "host", "h", "vhost", "server_name":
		if isHostName(value) {
			e.host = value
		}
	case "xff", "x_forwarded_for":
		e.forwarded = value
	case "rid", "request_id", "req_id":
		e.id = value
	}
}

// isHostName says that s looks like "api.example:443".
func isHostName(s string) bool {
	if i := strings.LastIndexByte(s, ':'); i > 0 && size(s[i+1:]) > 0 {
		s = s[:i]
	}
	if !strings.Contains(s, ".") || strings.HasSuffix(s, ".") || len(s) > 253 {
		return false
	}
	letters := false
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case 'a' <= c && c <= 'z':
			letters = true
		case '0' <= c && c <= '9', s[i] == '-', s[i] == '.', s[i] == '_':
		default:
			return false
		}
	}
	return letters
}

var errEnvoy = errors.New("not a line of Envoy's log")

func detectEnvoy(line []byte) int {
	if list := tokens(line); envoyLine(list) {
		return 90
	}
	return 0
}

func envoyLine(list []token) bool {
	return len(list) >= 12 && list[0].delim == '[' && strings.Contains(list[0].text, "T") && list[1].delim == '"' &&
		status(list[2].text) >= 0 && list[2].delim == 0 && len(list[2].text) <= 3 && !when(list[0].text).IsZero()
}

// parseEnvoy reads Envoy's default format,
//
//	[start] "METHOD path PROTOCOL" code flags received sent ms upstream_ms "xff" "user agent" "request id" "authority" "upstream"
//
// and Istio's, which has details of the response behind the flags and addresses at the end.
func parseEnvoy(line []byte, e *entry) error {
	list := tokens(line)
	if !envoyLine(list) {
		return errEnvoy
	}
	e.at, e.status = when(list[0].text), status(list[2].text)
	e.requestLine(list[1].text)
	e.sent, e.received = -1, -1
	rest := list[4:]
	if size(rest[0].text) < 0 && len(rest) >= 12 { // Istio: details, termination, "failure"
		rest = rest[3:]
		if len(rest) >= 13 {
			e.peer = rest[12].text
		}
	}
	if len(rest) < 8 {
		return errEnvoy
	}
	e.received, e.sent = size(rest[0].text), size(rest[1].text)
	e.duration = time.Duration(max(size(rest[2].text), 0)) * time.Millisecond
	if e.duration > 365*24*time.Hour {
		e.duration = 0
	}
	e.forwarded = rest[4].text
	e.header("user-agent", rest[5].text)
	if rest[6].text != "-" {
		e.id = rest[6].text
		e.header("x-request-id", rest[6].text)
	}
	if rest[7].text != "-" {
		e.host = rest[7].text
	}
	return nil
}

var errALB = errors.New("not a line of an ALB log")

// albTypes are the first fields of ALB lines and the schemes they stand for.
var albTypes = map[string]string{"http": "http", "https": "https", "h2": "https", "grpcs": "https", "ws": "http", "wss": "https"}

func detectALB(line []byte) int {
	list := tokens(line)
	if albLine(list) {
		return 95
	}
	return 0
}

func albLine(list []token) bool {
	return len(list) >= 17 && albTypes[list[0].text] != "" && list[12].delim == '"' && !when(list[1].text).IsZero()
}

// parseALB reads
//
//	type time elb client:port target:port t1 t2 t3 status target_status received sent "request" "user agent" cipher
//	protocol target_group "trace" "domain" "certificate" priority creation_time …
func parseALB(line []byte, e *entry) error {
	list := tokens(line)
	if !albLine(list) {
		return errALB
	}
	e.at = when(list[1].text) // of the answer
	if len(list) > 21 {
		if t := when(list[21].text); !t.IsZero() {
			e.at = t
		}
	}
	e.peer = list[3].text
	if ap, err := netip.ParseAddrPort(e.peer); err == nil {
		e.peer = ap.String()
	}
	for _, t := range list[5:8] {
		e.duration += seconds(t.text)
	}
	e.status = status(list[8].text)
	e.received, e.sent = size(list[10].text), size(list[11].text)
	e.requestLine(list[12].text)
	e.absolute()
	e.scheme = albTypes[list[0].text]
	e.header("user-agent", list[13].text)
	if len(list) > 18 {
		e.header("x-amzn-trace-id", list[17].text)
		if e.host == "" && list[18].text != "-" {
			e.host = list[18].text
		}
	}
	return nil
}
