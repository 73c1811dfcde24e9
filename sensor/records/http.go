package records

import (
	"bytes"
	"errors"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
	"github.com/waywarden/waywarden/sensor"
)

func (d *decoder) readClient() {
	d.client = waywarden.Client{}
	if d.s.Null() {
		return
	}
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		switch string(d.s.Key()) {
		case "ip":
			d.client.IP = d.text()
		case "port":
			d.client.Port = int(d.number())
		case "ja4":
			d.client.JA4 = d.text()
		default:
			d.s.Skip()
		}
	}
}

func (d *decoder) readServer() {
	d.server, d.hasTLS = waywarden.Server{}, false
	if d.s.Null() {
		return
	}
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		switch string(d.s.Key()) {
		case "host":
			d.server.Host = d.text()
		case "port":
			d.server.Port = int(d.number())
		case "tls":
			if !d.s.Null() {
				d.server.TLS, d.hasTLS = d.s.Bool(), true
			}
		default:
			d.s.Skip()
		}
	}
}

// readSide reads a request or a response of a call, or of the opening of a socket.
func (d *decoder) readSide(m *side) {
	*m = side{bytes: -1, fields: [2]int{len(d.fields), len(d.fields)}}
	if d.s.Null() {
		return
	}
	m.given = true
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		switch string(d.s.Key()) {
		case "method":
			m.method = d.text()
		case "target":
			m.target = d.text()
		case "version":
			m.version = d.text()
		case "status":
			m.status = int(d.number())
		case "headers":
			d.readHeaders(m)
		case "body":
			d.readBody(m)
		case "bodyEncoding":
			m.encoding = d.view()
		case "bodyBytes":
			if !d.s.Null() {
				m.bytes = int64(d.number())
			}
		case "truncated":
			m.short = !d.s.Null() && d.s.Bool()
		default:
			d.s.Skip()
		}
	}
}

// view reads text that does not outlive the line, or null as nothing.
func (d *decoder) view() []byte {
	if d.s.Null() {
		return nil
	}
	return d.s.View()
}

// readBody reads a body: text, or JSON that was not put into quotes.
func (d *decoder) readBody(m *side) {
	switch d.s.Peek() {
	case '"':
		m.body, m.captured = d.s.Bytes(), true
	case 'n':
		d.s.Null()
		m.body, m.captured = nil, false
	default:
		m.body, m.captured = d.s.Keep(d.s.Raw()), true
	}
}

// readHeaders reads {"name":"value","other":["a","b"]}.
func (d *decoder) readHeaders(m *side) {
	m.fields, m.cut = [2]int{len(d.fields), len(d.fields)}, 0
	if d.s.Null() {
		return
	}
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		name := lower(d.s.KeyText())
		if d.s.Peek() != '[' {
			d.header(m, name, d.text())
			continue
		}
		for ok := d.s.Enter('['); ok; ok = d.s.More(']') {
			d.header(m, name, d.text())
		}
	}
	m.fields[1] = len(d.fields)
}

func (d *decoder) header(m *side, name, value string) {
	if len(d.fields)-m.fields[0] >= maxHeaders {
		m.cut++
		return
	}
	d.fields = append(d.fields, waywarden.Header{Name: name, Value: value})
}

// lower turns ASCII letters of b to lower case in place.
func lower(b []byte) string {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return jsonscan.String(b)
}

// An exchange holds a record and its transaction in one piece of memory.
type exchange struct {
	rec waywarden.Record
	tx  waywarden.Transaction
}

// http makes the record of an API call.
func (d *decoder) http() (*waywarden.Record, error) {
	host, port := sensor.Host(d.server.Host, d.server.Port)
	switch {
	case d.client.IP == "":
		return nil, errors.New("http record without client.ip")
	case host == "":
		return nil, errors.New("http record without server.host")
	case d.request.method == "":
		return nil, errors.New("http record without request.method")
	case d.request.target == "":
		return nil, errors.New("http record without request.target")
	}
	x := &exchange{rec: d.rec}
	x.rec.Kind, x.rec.HTTP = waywarden.KindHTTP, &x.tx
	t := &x.tx
	t.Client, t.Server = d.client, d.server
	t.Server.Host, t.Server.Port = host, port
	if !d.hasTLS {
		t.Server.TLS = t.Server.Port == 443 || t.Server.Port == 8443
	}
	t.Method = strings.ToUpper(d.request.method)
	t.Target = d.request.target
	t.Version = sensor.HTTPVersion(d.request.version)
	t.Status, t.Duration = d.response.status, d.duration
	d.message(&t.Request, &d.request)
	d.message(&t.Response, &d.response)
	if !d.response.given {
		d.count(sensor.CountResponseMissing, 1)
	}
	return &x.rec, nil
}

// message fills m from what was read of it.
func (d *decoder) message(m *waywarden.Message, from *side) {
	if n := from.fields[1] - from.fields[0]; n > 0 {
		m.Headers = make(waywarden.Headers, n)
		copy(m.Headers, d.fields[from.fields[0]:from.fields[1]])
	}
	if from.cut > 0 {
		d.count(sensor.CountHeadersCut, int64(from.cut))
	}
	m.BodyBytes = from.bytes
	if !from.captured {
		if from.bytes > 0 {
			d.count(sensor.CountBodyMissing, 1)
		}
		m.Truncated = from.short
		return
	}
	if name := d.body(m, from); name != "" {
		d.count(name, 1)
	}
}

// body takes the body of a message over and returns the name of what was wrong with it.
func (d *decoder) body(m *waywarden.Message, from *side) string {
	limit := d.bodyLimit
	if limit <= 0 {
		limit = sensor.DefaultBodyLimit
	}
	if len(from.encoding) > 0 && !bytes.EqualFold(from.encoding, []byte("utf8")) && !bytes.EqualFold(from.encoding, []byte("utf-8")) {
		if !bytes.EqualFold(from.encoding, []byte("base64")) {
			return sensor.CountBodyUndecodable
		}
		raw, ok := unbase64(from.body, from.short)
		if !ok {
			return sensor.CountBodyUndecodable
		}
		return sensor.TakeBody(m, raw, from.short, limit)
	}
	m.Body, m.Captured, m.Truncated = from.body, true, from.short
	if int64(len(m.Body)) > limit {
		m.Body, m.Truncated = m.Body[:limit:limit], true
	}
	if m.Truncated {
		return sensor.CountBodyTruncated
	}
	return ""
}
