package har

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
	"github.com/waywarden/waywarden/sensor"
)

// Limits of one entry beyond that of its text.
const (
	maxHeaders = 1024
	maxParams  = 1 << 14
)

// A decoder turns entries into records. The fields behind ids are of the entry at hand.
type decoder struct {
	limit int64
	out   sensor.Output
	ids   *sensor.IDs

	s         jsonscan.Scanner
	at        time.Time
	duration  time.Duration
	id        string
	clientIP  string
	request   side
	response  side
	url       string
	method    string
	status    int
	hasStatus bool
	messages  []message
}

// A side is the request or the response.
type side struct {
	headers   waywarden.Headers
	cut       int64
	version   string
	text      []byte
	hasText   bool
	mime      string
	base64    bool
	params    []param
	size      int64 // of the body on the wire, -1 when not known
	cleartext int64 // size after decoding, where said
}

// A param is a posted field.
type param struct{ name, value, file, mime string }

// A message is one of a WebSocket.
type message struct {
	sent   bool
	at     float64 // seconds since 1970
	opcode int64
	data   []byte
}

// entry decodes one entry and hands on its records.
func (d *decoder) entry(text []byte) error {
	d.s.Reset(text)
	d.at, d.duration, d.id, d.clientIP = time.Time{}, 0, "", ""
	d.request, d.response = side{size: -1, cleartext: -1}, side{size: -1, cleartext: -1}
	d.url, d.method, d.status, d.hasStatus, d.messages = "", "", 0, false, d.messages[:0]
	if d.s.Peek() != '{' {
		return entryError("not an object")
	}
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		d.member(string(d.s.Key()))
	}
	if err := d.s.End(); err != nil {
		return entryError(err.Error())
	}
	if d.id == "" {
		d.id = d.ids.ID(text)
	}
	return d.emit()
}

func (d *decoder) member(key string) {
	switch key {
	case "startedDateTime":
		if d.s.Peek() == '"' {
			d.at, _ = sensor.ParseTime(d.s.View())
			return
		}
		d.s.Skip()
	case "time":
		if ms := d.number(); ms > 0 && ms < 1e10 {
			d.duration = time.Duration(ms * float64(time.Millisecond))
		}
	case "_id":
		d.id = d.text()
	case "_clientIPAddress":
		d.clientIP = d.text()
	case "request":
		d.side(&d.request)
	case "response":
		d.side(&d.response)
	case "_webSocketMessages":
		d.readMessages()
	default:
		d.s.Skip()
	}
}

// text reads text; anything else is "".
func (d *decoder) text() string {
	if d.s.Peek() != '"' {
		d.s.Skip()
		return ""
	}
	return d.s.Text()
}

// number reads a number; anything else is -1.
func (d *decoder) number() float64 {
	if c := d.s.Peek(); c != '-' && (c < '0' || c > '9') {
		d.s.Skip()
		return -1
	}
	return d.s.Number()
}

// each calls f for the members of an object; anything else is passed over.
func (d *decoder) each(f func(key string)) {
	if d.s.Peek() != '{' {
		d.s.Skip()
		return
	}
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		f(string(d.s.Key()))
	}
}

// list calls f at each element of an array; anything else is passed over.
func (d *decoder) list(f func()) {
	if d.s.Peek() != '[' {
		d.s.Skip()
		return
	}
	for ok := d.s.Enter('['); ok; ok = d.s.More(']') {
		f()
	}
}

func (d *decoder) side(m *side) {
	d.each(func(key string) {
		switch key {
		case "method":
			d.method = d.text()
		case "url":
			d.url = d.text()
		case "status":
			d.status, d.hasStatus = int(max(d.number(), 0)), true
		case "httpVersion":
			m.version = d.text()
		case "headers":
			d.list(func() { d.header(m) })
		case "bodySize":
			m.size = int64(d.number())
		case "postData", "content":
			d.content(m)
		default:
			d.s.Skip()
		}
	})
}

func (d *decoder) header(m *side) {
	var h waywarden.Header
	d.each(func(key string) {
		switch key {
		case "name":
			h.Name = strings.ToLower(d.text())
		case "value":
			h.Value = d.text()
		default:
			d.s.Skip()
		}
	})
	switch {
	case h.Name == "" || h.Name[0] == ':': // pseudo fields of HTTP/2
	case len(m.headers) == maxHeaders:
		m.cut++
	default:
		m.headers = append(m.headers, h)
	}
}

func (d *decoder) content(m *side) {
	d.each(func(key string) {
		switch key {
		case "text":
			if d.s.Peek() == '"' {
				m.text, m.hasText = d.s.Bytes(), true
				return
			}
			d.s.Skip()
		case "mimeType":
			m.mime = d.text()
		case "encoding":
			m.base64 = strings.EqualFold(d.text(), "base64")
		case "size":
			m.cleartext = int64(d.number())
		case "params":
			d.list(func() { d.param(m) })
		default:
			d.s.Skip()
		}
	})
}

func (d *decoder) param(m *side) {
	var p param
	d.each(func(key string) {
		switch key {
		case "name":
			p.name = d.text()
		case "value":
			p.value = d.text()
		case "fileName":
			p.file = d.text()
		case "contentType":
			p.mime = d.text()
		default:
			d.s.Skip()
		}
	})
	if len(m.params) < maxParams {
		m.params = append(m.params, p)
	}
}

func (d *decoder) readMessages() {
	d.list(func() {
		var msg message
		d.each(func(key string) {
			switch key {
			case "type":
				msg.sent = d.text() == "send"
			case "time":
				msg.at = d.number()
			case "opcode":
				msg.opcode = int64(d.number())
			case "data":
				msg.data = []byte(d.text())
			default:
				d.s.Skip()
			}
		})
		d.messages = append(d.messages, msg)
	})
}

// fill makes the message of a side and counts what is wrong with it.
func (d *decoder) fill(m *waywarden.Message, from *side) {
	m.Headers, m.BodyBytes = from.headers, from.size
	if from.size < 0 && from.cleartext >= 0 {
		m.BodyBytes = from.cleartext
	}
	if from.cut > 0 {
		d.out.Count(sensor.CountHeadersCut, from.cut)
	}
	if from.mime != "" && !from.headers.Has("content-type") {
		m.Headers = append(m.Headers, waywarden.Header{Name: "content-type", Value: from.mime})
	}
	raw := from.text
	switch {
	case from.hasText && from.base64:
		var err error
		if raw, err = base64.StdEncoding.DecodeString(strings.TrimSpace(jsonscan.String(from.text))); err != nil {
			d.out.Count(sensor.CountBodyUndecodable, 1)
			return
		}
	case !from.hasText && len(from.params) > 0:
		raw = encodeParams(from)
	case !from.hasText && m.BodyBytes > 0:
		d.out.Count(sensor.CountBodyMissing, 1)
		return
	case !from.hasText:
		return
	}
	m.Body, m.Captured = raw, true
	if int64(len(raw)) > d.limit {
		m.Body, m.Truncated = raw[:d.limit:d.limit], true
		d.out.Count(sensor.CountBodyTruncated, 1)
	}
}
