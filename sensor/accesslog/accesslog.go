// Package accesslog decodes the access logs of servers and gateways: one call a line.
//
//	combined   nginx and Apache common, combined and vhost_combined, also with fields behind it; ingress-nginx; the CLF of API Gateway
//	envoy      Envoy's and Istio's default text
//	alb        AWS Application Load Balancer
//	json-log   one JSON object a line: nginx, Envoy, Kong http-log, API Gateway, Caddy, Traefik, ECS, by the usual names of keys
//
// A log carries less than a capture: no bodies, few header fields, often no host. What is missing is counted per message
// ([sensor.CountBodyMissing], [sensor.CountHeadersMissing], [sensor.CountHostMissing]), so that nobody concludes from a
// log that calls came without a credential. A user that the server authenticated by Basic becomes an authorization
// field with an empty password, the one thing the log proves. TLS is taken as given unless the log says otherwise.
package accesslog

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// A Format decodes one kind of access log.
type Format struct {
	name   string
	detect func(line []byte) int
	parse  func(line []byte, e *entry) error
}

// Combined decodes the log of nginx and Apache.
func Combined() Format { return Format{"combined", detectCombined, parseCombined} }

// Envoy decodes Envoy's text log.
func Envoy() Format { return Format{"envoy", detectEnvoy, parseEnvoy} }

// ALB decodes the log of AWS Application Load Balancers.
func ALB() Format { return Format{"alb", detectALB, parseALB} }

// JSON decodes logs of one JSON object a line.
func JSON() Format { return Format{"json-log", detectJSON, parseJSON} }

// Name is what --format calls it.
func (f Format) Name() string { return f.name }

// maxLine is how long a line of a log may be. Request lines are limited to some 8 KB by every server; JSON logs can
// carry bodies.
const maxLine = 4 << 20

// Detect looks at the lines of the beginning; one broken line does not hide the others.
func (f Format) Detect(head []byte) int {
	best, n := 0, 0
	for line := range bytes.Lines(head) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		best = max(best, f.detect(line))
		if n++; n == 20 {
			break
		}
	}
	return best
}

// Decode reads lines to the end of in.
func (f Format) Decode(ctx context.Context, in sensor.Input, out sensor.Output) error {
	lines, ids := sensor.NewLines(in.R, maxLine), sensor.NewIDs()
	for {
		if lines.Number()%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, sensor.ErrLineTooLong):
			return fmt.Errorf("read %s: %w", in.Name, err)
		case err == nil && line[0] == '#': // a comment, or the head of an extended log
			continue
		}
		var e entry
		if err == nil {
			err = f.parse(line, &e)
		}
		if err == nil {
			err = e.check()
		}
		if err != nil {
			out.Reject(sensor.Reject(in.Name, lines.Number(), err.Error(), line))
			continue
		}
		if e.id == "" {
			e.id = ids.ID(line)
		}
		if err := out.Record(e.record(out.Count)); err != nil {
			return err
		}
	}
}

// An entry is what a line says; fields that it does not have are empty, sizes -1.
type entry struct {
	at                        time.Time
	id                        string
	peer                      string // address that spoke to the server, perhaps with port
	forwarded                 string // X-Forwarded-For
	host                      string
	port                      int
	scheme                    string // http or https
	method, target, version   string
	user                      string
	status                    int
	sent, received            int64 // sizes of the bodies of response and request
	duration                  time.Duration
	request, response         waywarden.Headers
	requestBody, responseBody *string
}

// header adds a field unless the log has "-" for it.
func (e *entry) header(name, value string) {
	if value != "" && value != "-" && len(e.request) < maxFields {
		e.request = append(e.request, waywarden.Header{Name: name, Value: value})
	}
}

// maxFields is how many header fields of a message are kept.
const maxFields = 1024

// requestLine takes "GET /path HTTP/1.1" apart. Blanks within the target, as broken clients send them, stay in it.
func (e *entry) requestLine(line string) {
	method, rest, ok := strings.Cut(line, " ")
	if !ok {
		return
	}
	e.method, e.target = method, rest
	if i := strings.LastIndex(rest, " "); i >= 0 && strings.HasPrefix(rest[i+1:], "HTTP/") {
		e.target, e.version = rest[:i], rest[i+1:]
	}
}

// check says what is missing of a call, after bringing what is there to the form of a record.
func (e *entry) check() error {
	e.absolute()
	switch {
	case e.at.IsZero():
		return errors.New("access log line without a time")
	case !isMethod(e.method):
		return errors.New("access log line without an HTTP method")
	case e.target == "":
		return errors.New("access log line without a target")
	}
	return nil
}

// absolute splits a target in absolute form, as proxies and ALB log it.
func (e *entry) absolute() {
	scheme, rest, ok := strings.Cut(e.target, "://")
	if !ok || strings.ContainsAny(scheme, "/?") {
		return
	}
	host, path := rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		host, path = rest[:i], rest[i:]
		if path[0] == '?' {
			path = "/" + path
		}
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	e.target, e.scheme = path, strings.ToLower(scheme)
	if e.host == "" {
		e.host = host
	}
	if e.port == 0 {
		_, e.port = sensor.Host(host, 0)
	}
}

func isMethod(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// record makes the record of the call and counts what the log left out.
func (e *entry) record(count func(string, int64)) *waywarden.Record {
	x := &struct {
		rec waywarden.Record
		tx  waywarden.Transaction
	}{}
	x.rec = waywarden.Record{Kind: waywarden.KindHTTP, ID: e.id, At: e.at, HTTP: &x.tx}
	t := &x.tx
	t.Client.IP, t.Client.Port = clientAddress(e.peer, e.forwarded)
	t.Server.Host, t.Server.Port = sensor.Host(e.host, e.port)
	if t.Server.Host == "" || t.Server.Host == "-" || t.Server.Host == "_" {
		t.Server.Host = sensor.UnknownHost
		count(sensor.CountHostMissing, 1)
	}
	t.Server.TLS = e.tls(t.Server.Port)
	t.Method, t.Target, t.Version = strings.ToUpper(e.method), e.target, sensor.HTTPVersion(e.version)
	t.Status, t.Duration = e.status, max(e.duration, 0)
	if !e.request.Has("x-forwarded-for") {
		e.header("x-forwarded-for", e.forwarded)
	}
	if e.user != "" && e.user != "-" && !e.request.Has("authorization") {
		e.header("authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(e.user+":")))
	}
	t.Request = message(e.request, e.requestBody, e.received, hasBody(t.Method), count)
	if !e.request.Has("authorization") && !e.request.Has("cookie") {
		t.Request.HeadersMissing = true
		count(sensor.CountHeadersMissing, 1)
	}
	t.Response = message(e.response, e.responseBody, e.sent, true, count)
	return &x.rec
}

// tls says whether the call came over TLS, as far as the scheme or the port tell.
func (e *entry) tls(port int) bool {
	switch e.scheme {
	case "https", "wss", "h2", "grpcs":
		return true
	case "":
		return port != 80
	}
	return false
}

// message makes one side of a call; a size of 0 is not known, except that of a body that may not be.
func message(h waywarden.Headers, body *string, size int64, expected bool, count func(string, int64)) waywarden.Message {
	m := waywarden.Message{Headers: h, BodyBytes: size}
	switch {
	case body != nil:
		m.Body, m.Captured = []byte(*body), true
	case size > 0, size < 0 && expected:
		count(sensor.CountBodyMissing, 1)
	}
	return m
}

func hasBody(method string) bool { return method == "POST" || method == "PUT" || method == "PATCH" }

// clientAddress returns who called: behind a proxy the last public address of X-Forwarded-For, since what stands left
// of it anyone can write, else its first; without one the peer.
func clientAddress(peer, forwarded string) (ip string, port int) {
	addr, port := splitAddress(peer)
	if forwarded == "" || forwarded == "-" || addr.IsValid() && public(addr) {
		if addr.IsValid() {
			return addr.String(), port
		}
		if forwarded == "" || forwarded == "-" {
			return fallback(peer), 0
		}
	}
	first := ""
	list := strings.Split(forwarded, ",")
	for _, l := range slices.Backward(list) {
		a, _ := splitAddress(strings.TrimSpace(l))
		if a.IsValid() && public(a) {
			return a.String(), 0
		}
		if a.IsValid() {
			first = a.String()
		}
	}
	if first == "" {
		return fallback(peer), port
	}
	return first, 0
}

// fallback is an address for a client whose own is no IP address: a host name, or the unspecified address.
func fallback(peer string) string {
	if peer == "" || peer == "-" {
		return netip.IPv4Unspecified().String()
	}
	return peer
}

func splitAddress(s string) (netip.Addr, int) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap(), 0
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap(), int(ap.Port())
	}
	return netip.Addr{}, 0
}

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate()
}

// addQuery joins path and query where a log has them apart.
func addQuery(target, query string) string {
	query = strings.TrimPrefix(query, "?")
	if query == "" || query == "-" || strings.Contains(target, "?") {
		return target
	}
	return target + "?" + query
}

// escapeTarget percent-encodes what a decoded path cannot hold: nginx's $uri is decoded.
func escapeTarget(s string) string {
	if !strings.ContainsAny(s, " \t\r\n\x00") {
		return s
	}
	return strings.ReplaceAll(url.PathEscape(s), "%2F", "/")
}
