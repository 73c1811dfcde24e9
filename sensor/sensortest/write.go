package sensortest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waywarden/waywarden"
)

type object = map[string]any

// calls returns the HTTP records of list.
func calls(list []*waywarden.Record) []*waywarden.Record {
	var only []*waywarden.Record
	for _, r := range list {
		if r.HTTP != nil {
			only = append(only, r)
		}
	}
	return only
}

func line(b *bytes.Buffer, v any) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("encode test data: %v", err)) // maps of text and numbers cannot fail
	}
}

// headerMap is the contract's form of header fields.
func headerMap(h waywarden.Headers) object {
	m := object{}
	for _, f := range h {
		switch old := m[f.Name].(type) {
		case nil:
			m[f.Name] = f.Value
		case string:
			m[f.Name] = []string{old, f.Value}
		case []string:
			m[f.Name] = append(old, f.Value)
		}
	}
	return m
}

func side(m *waywarden.Message) object {
	o := object{"headers": headerMap(m.Headers)}
	if m.BodyBytes >= 0 {
		o["bodyBytes"] = m.BodyBytes
	}
	if m.Truncated {
		o["truncated"] = true
	}
	switch {
	case m.Captured && utf8.Valid(m.Body):
		o["body"] = string(m.Body)
	case m.Captured:
		o["body"], o["bodyEncoding"] = base64.StdEncoding.EncodeToString(m.Body), "base64"
	}
	return o
}

// ToRecords writes the HTTP calls of list as contract records.
func ToRecords(list []*waywarden.Record) []byte {
	var b bytes.Buffer
	for _, r := range calls(list) {
		t := r.HTTP
		request, response := side(&t.Request), side(&t.Response)
		request["method"], request["target"], request["version"] = t.Method, t.Target, t.Version
		response["status"] = t.Status
		line(&b, object{
			"kind": "http", "id": r.ID, "time": r.At.Format(time.RFC3339Nano), "sensor": r.Sensor,
			"client":  object{"ip": t.Client.IP, "port": t.Client.Port, "ja4": t.Client.JA4},
			"server":  object{"host": t.Server.Host, "port": t.Server.Port, "tls": t.Server.TLS},
			"request": request, "response": response, "durationMs": float64(t.Duration) / float64(time.Millisecond),
		})
	}
	return b.Bytes()
}

// ToHAR writes the HTTP calls of list as a HAR 1.2 document, with the private fields _id and _clientIPAddress.
func ToHAR(list []*waywarden.Record) []byte {
	var b bytes.Buffer
	b.WriteString(`{"log":{"version":"1.2","creator":{"name":"sensortest","version":"1"},"entries":[` + "\n")
	for i, r := range calls(list) {
		if i > 0 {
			b.WriteByte(',')
		}
		t := r.HTTP
		request := object{
			"method": t.Method, "url": fullURL(t), "httpVersion": "HTTP/" + t.Version, "headers": pairs(t.Request.Headers),
			"queryString": []any{}, "cookies": []any{}, "headersSize": -1, "bodySize": t.Request.BodyBytes,
		}
		if t.Request.Captured && len(t.Request.Body) > 0 {
			request["postData"] = content(&t.Request)
		}
		line(&b, object{
			"startedDateTime": r.At.Format(time.RFC3339Nano), "time": float64(t.Duration) / float64(time.Millisecond),
			"_id": r.ID, "_clientIPAddress": t.Client.IP, "request": request, "cache": object{}, "timings": object{},
			"response": object{
				"status": t.Status, "statusText": "", "httpVersion": "HTTP/" + t.Version, "headers": pairs(t.Response.Headers), "cookies": []any{},
				"content": content(&t.Response), "redirectURL": "", "headersSize": -1, "bodySize": t.Response.BodyBytes,
			},
		})
	}
	b.WriteString("]}}\n")
	return b.Bytes()
}

func pairs(h waywarden.Headers) []object {
	list := []object{}
	for _, f := range h {
		list = append(list, object{"name": f.Name, "value": f.Value})
	}
	return list
}

func content(m *waywarden.Message) object {
	o := object{"size": len(m.Body), "mimeType": m.Headers.First("content-type")}
	switch {
	case !m.Captured:
	case utf8.Valid(m.Body):
		o["text"] = string(m.Body)
	default:
		o["text"], o["encoding"] = base64.StdEncoding.EncodeToString(m.Body), "base64"
	}
	return o
}

func fullURL(t *waywarden.Transaction) string {
	scheme, port := "http", 80
	if t.Server.TLS {
		scheme, port = "https", 443
	}
	host := t.Server.Host
	switch {
	case t.Server.Port != 0 && t.Server.Port != port:
		host = net.JoinHostPort(host, strconv.Itoa(t.Server.Port))
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return scheme + "://" + host + t.Target
}

// escaped writes s as nginx does in a quoted field.
func escaped(s string) string {
	if s == "" {
		return "-"
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			fmt.Fprintf(&b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// basicUser is the user that a server with Basic authentication logs.
func basicUser(h waywarden.Headers) string {
	if s, ok := strings.CutPrefix(h.First("authorization"), "Basic "); ok {
		if b, err := base64.StdEncoding.DecodeString(s); err == nil {
			user, _, _ := strings.Cut(string(b), ":")
			return url.PathEscape(user)
		}
	}
	return "-"
}

// ToCombined writes the HTTP calls of list as vhost_combined lines.
func ToCombined(list []*waywarden.Record) []byte {
	var b bytes.Buffer
	for _, r := range calls(list) {
		t := r.HTTP
		fmt.Fprintf(&b, "%s:%d %s - %s [%s] \"%s %s HTTP/%s\" %d %d \"%s\" \"%s\"\n", t.Server.Host, t.Server.Port, t.Client.IP,
			basicUser(t.Request.Headers), r.At.Format("02/Jan/2006:15:04:05 -0700"), t.Method, escaped(t.Target), t.Version, t.Status,
			max(t.Response.BodyBytes, 0), escaped(t.Request.Headers.First("referer")), escaped(t.Request.Headers.First("user-agent")))
	}
	return b.Bytes()
}

// ToJSONLog writes the HTTP calls of list as a JSON log of nginx that also has the authorization field.
func ToJSONLog(list []*waywarden.Record) []byte {
	var b bytes.Buffer
	for _, r := range calls(list) {
		t := r.HTTP
		scheme := "http"
		if t.Server.TLS {
			scheme = "https"
		}
		o := object{
			"time_iso8601": r.At.Format(time.RFC3339Nano), "request_id": r.ID, "remote_addr": t.Client.IP, "host": t.Server.Host,
			"server_port": strconv.Itoa(t.Server.Port), "scheme": scheme, "request_method": t.Method, "request_uri": t.Target,
			"server_protocol": "HTTP/" + t.Version, "status": strconv.Itoa(t.Status), "body_bytes_sent": max(t.Response.BodyBytes, 0),
			"request_time": t.Duration.Seconds(),
		}
		for _, name := range []string{"user-agent", "authorization", "cookie", "referer", "content-type", "x-api-key"} {
			if v := t.Request.Headers.First(name); v != "" {
				o["http_"+strings.ReplaceAll(name, "-", "_")] = v
			}
		}
		line(&b, o)
	}
	return b.Bytes()
}

// ToOTLP writes the HTTP calls of list as server spans in JSON, one request a line, with all that can be opted into.
func ToOTLP(list []*waywarden.Record) []byte {
	var b bytes.Buffer
	for i, r := range calls(list) {
		t := r.HTTP
		scheme := "http"
		if t.Server.TLS {
			scheme = "https"
		}
		path, query, _ := strings.Cut(t.Target, "?")
		attrs := []object{
			text("http.request.method", t.Method), text("url.scheme", scheme), text("url.path", path), text("url.query", query),
			text("server.address", t.Server.Host), number("server.port", int64(t.Server.Port)), text("client.address", t.Client.IP),
			text("network.protocol.version", t.Version), number("http.response.status_code", int64(t.Status)),
			number("http.response.body.size", max(t.Response.BodyBytes, 0)),
		}
		for i, m := range []*waywarden.Message{&t.Request, &t.Response} {
			prefix := [...]string{"http.request.", "http.response."}[i]
			for _, h := range m.Headers {
				attrs = append(attrs, object{"key": prefix + "header." + h.Name, "value": object{"arrayValue": object{"values": []object{{"stringValue": h.Value}}}}})
			}
			if m.Captured && utf8.Valid(m.Body) {
				attrs = append(attrs, text(prefix+"body.content", string(m.Body)))
			}
		}
		id := make([]byte, 16)
		copy(id, fmt.Sprintf("%016x", i+1))
		line(&b, object{"resourceSpans": []object{{
			"resource": object{"attributes": []object{text("service.name", r.Sensor)}},
			"scopeSpans": []object{{"spans": []object{{
				"traceId": hex.EncodeToString(id), "spanId": hex.EncodeToString(id[8:]), "kind": 2, "name": t.Method,
				"startTimeUnixNano": strconv.FormatInt(r.At.UnixNano(), 10), "endTimeUnixNano": strconv.FormatInt(r.At.Add(t.Duration).UnixNano(), 10),
				"attributes": attrs,
			}}}},
		}}})
	}
	return b.Bytes()
}

func text(key, value string) object {
	return object{"key": key, "value": object{"stringValue": value}}
}

func number(key string, value int64) object {
	return object{"key": key, "value": object{"intValue": strconv.FormatInt(value, 10)}}
}
