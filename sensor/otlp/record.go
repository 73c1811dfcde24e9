package otlp

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// maxHeaders is how many header fields of a message are kept.
const maxHeaders = 1024

// attributes reads those of a span by the names of the conventions, the stable one first.
type attributes struct{ pcommon.Map }

func (a attributes) text(names ...string) string {
	for _, n := range names {
		if v, ok := a.Get(n); ok {
			if s := v.AsString(); s != "" {
				return s
			}
		}
	}
	return ""
}

// number returns the first of the attributes that is a number, or -1.
func (a attributes) number(names ...string) int64 {
	if n, err := strconv.ParseInt(a.text(names...), 10, 64); err == nil && n >= 0 {
		return n
	}
	return -1
}

func isHTTP(m pcommon.Map) bool {
	return attributes{m}.text("http.request.method", "http.method") != ""
}

// record makes the record of a span; reason says why it cannot be.
func record(resource pcommon.Map, span ptrace.Span, count func(string, int64)) (rec *waywarden.Record, reason string) {
	a := attributes{span.Attributes()}
	x := &struct {
		rec waywarden.Record
		tx  waywarden.Transaction
	}{}
	t := &x.tx
	x.rec = waywarden.Record{
		Kind: waywarden.KindHTTP, At: span.StartTimestamp().AsTime().UTC(), HTTP: t,
		ID:     span.TraceID().String() + "-" + span.SpanID().String(),
		Sensor: attributes{resource}.text("service.name"),
	}
	if span.StartTimestamp() == 0 || x.rec.At.Year() > 2261 || x.rec.At.Year() < 1970 {
		return nil, "no start time"
	}
	if span.EndTimestamp() > span.StartTimestamp() {
		t.Duration = span.EndTimestamp().AsTime().Sub(x.rec.At)
	}
	t.Method = strings.ToUpper(a.text("http.request.method_original", "http.request.method", "http.method"))
	t.Version = sensor.HTTPVersion(a.text("network.protocol.version", "http.flavor"))
	t.Status = int(max(a.number("http.response.status_code", "http.status_code"), 0))
	t.Request = message(a, "request")
	endUser(a, &t.Request)
	t.Response = message(a, "response")
	server(a, t)
	if t.Target == "" {
		return nil, "neither a URL nor a path"
	}
	if t.Server.Host == "" {
		t.Server.Host = sensor.UnknownHost
		count(sensor.CountHostMissing, 1)
	}
	t.Client = client(a, resource, span.Kind())
	account(t, count)
	if state := span.TraceState().AsRaw(); sampled(state) {
		count(sensor.CountSampled, 1)
	}
	return &x.rec, ""
}

// An address is where a call went, as far as a span tells.
type address struct {
	scheme, host, target string
	port                 int
}

// server fills target and server from the URL as a whole or in parts; the host field of the request counts most.
func server(a attributes, t *waywarden.Transaction) {
	d := address{
		scheme: a.text("url.scheme", "http.scheme"),
		host:   a.text("server.address", "http.host", "net.host.name", "net.peer.name"),
		port:   int(min(max(a.number("server.port", "net.host.port", "net.peer.port"), 0), 65535)),
		target: a.text("http.target"),
	}
	if path := a.text("url.path"); path != "" {
		d.target = path
		if q := a.text("url.query"); q != "" {
			d.target += "?" + strings.TrimPrefix(q, "?")
		}
	}
	d.whole(a.text("url.full", "http.url"))
	if named := t.Request.Headers.First("host"); named != "" {
		d.host = named
	}
	if d.target == "" {
		d.target = a.text("http.route")
	}
	if d.target != "" && d.target[0] != '/' && d.target != "*" {
		d.target = "/" + d.target
	}
	t.Target = d.target
	t.Server.Host, t.Server.Port = sensor.Host(d.host, d.port)
	switch strings.ToLower(d.scheme) {
	case "https", "wss":
		t.Server.TLS = true
	case "":
		t.Server.TLS = t.Server.Port == 443 || t.Server.Port == 8443
	}
}

// whole fills from a URL what the parts did not tell.
func (d *address) whole(url string) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return
	}
	authority, path := rest, "/"
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	path, _, _ = strings.Cut(path, "#")
	d.scheme = scheme
	if d.target == "" {
		d.target = "/" + strings.TrimPrefix(path, "/")
	}
	if d.host == "" {
		d.host = authority
	}
	if d.port == 0 {
		_, d.port = sensor.Host(authority, 0)
	}
}

// client returns who called. The client's own span does not say; then it is the host it ran on, where that is told.
func client(a attributes, resource pcommon.Map, kind ptrace.SpanKind) (c waywarden.Client) {
	c.IP = netip.IPv4Unspecified().String()
	if kind == ptrace.SpanKindClient {
		for _, name := range []string{"k8s.pod.ip", "host.ip"} {
			if v, ok := resource.Get(name); ok {
				if v.Type() == pcommon.ValueTypeSlice && v.Slice().Len() > 0 {
					v = v.Slice().At(0)
				}
				if ip, err := netip.ParseAddr(v.AsString()); err == nil {
					c.IP = ip.String()
					break
				}
			}
		}
		return c
	}
	if ip := a.text("client.address", "http.client_ip", "network.peer.address", "net.sock.peer.addr", "net.peer.ip"); ip != "" {
		c.IP = ip
	}
	c.Port = int(min(max(a.number("client.port", "network.peer.port", "net.sock.peer.port"), 0), 65535))
	return c
}

// message reads one side: http.SIDE.header.NAME, http.SIDE.body and its size.
func message(a attributes, side string) (m waywarden.Message) {
	prefix := "http." + side + ".header."
	for name, v := range a.All() {
		field, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		field = strings.ToLower(strings.ReplaceAll(field, "_", "-")) // old instrumentations wrote content_type
		if v.Type() != pcommon.ValueTypeSlice {
			m.Headers = appendHeader(m.Headers, field, v.AsString())
			continue
		}
		for i := range v.Slice().Len() {
			m.Headers = appendHeader(m.Headers, field, v.Slice().At(i).AsString())
		}
	}
	if side == "request" {
		if ua := a.text("user_agent.original", "http.user_agent"); ua != "" && !m.Headers.Has("user-agent") {
			m.Headers = appendHeader(m.Headers, "user-agent", ua)
		}
	}
	m.BodyBytes = a.number("http."+side+".body.size", "http."+side+"_content_length")
	if body := a.text("http."+side+".body.content", "http."+side+".body.text", "http."+side+".body"); body != "" {
		m.Truncated = len(body) > sensor.DefaultBodyLimit
		m.Body, m.Captured = []byte(body[:min(len(body), sensor.DefaultBodyLimit)]), true
	}
	return m
}

// endUser puts down whom the server knew as the caller, where the credential itself was not recorded: as a user name
// without a password, as access logs with a user are read.
func endUser(a attributes, m *waywarden.Message) {
	user := a.text("enduser.id", "user.id", "enduser.pseudo.id")
	if user == "" || strings.Contains(user, ":") || m.Headers.Has("authorization") || m.Headers.Has("cookie") {
		return
	}
	m.Headers = appendHeader(m.Headers, "authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":")))
}

func appendHeader(h waywarden.Headers, name, value string) waywarden.Headers {
	if len(h) >= maxHeaders {
		return h
	}
	return append(h, waywarden.Header{Name: name, Value: value})
}

// account counts what the span does not tell.
func account(t *waywarden.Transaction, count func(string, int64)) {
	if !t.Request.Headers.Has("authorization") && !t.Request.Headers.Has("cookie") {
		t.Request.HeadersMissing = true
		count(sensor.CountHeadersMissing, 1)
	}
	post := t.Method == "POST" || t.Method == "PUT" || t.Method == "PATCH"
	for _, side := range []struct {
		m        *waywarden.Message
		expected bool
	}{{&t.Request, post}, {&t.Response, true}} {
		if !side.m.Captured && (side.m.BodyBytes > 0 || side.m.BodyBytes < 0 && side.expected) {
			count(sensor.CountBodyMissing, 1)
		}
	}
	if t.Status == 0 {
		count(sensor.CountResponseMissing, 1)
	}
	if t.Duration < 0 || t.Duration > 365*24*time.Hour {
		t.Duration = 0
	}
}

// sampled says that a span stands for several: OpenTelemetry's consistent probability sampling writes a threshold
// ("ot=th:8", 0 is none) or, formerly, a p-value ("ot=p:3") into the trace state.
func sampled(state string) bool {
	for member := range strings.SplitSeq(state, ",") {
		list, ok := strings.CutPrefix(strings.TrimSpace(member), "ot=")
		if !ok {
			continue
		}
		for kv := range strings.SplitSeq(list, ";") {
			k, v, _ := strings.Cut(kv, ":")
			if (k == "th" || k == "p") && strings.Trim(v, "0") != "" {
				return true
			}
		}
	}
	return false
}
