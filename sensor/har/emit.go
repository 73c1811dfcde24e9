package har

import (
	"bytes"
	"mime"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// emit hands on the records of the entry.
func (d *decoder) emit() error {
	y := d.at.Year()
	switch {
	case d.at.IsZero() || y < 1678 || y > 2261:
		return entryError("entry without a startedDateTime")
	case d.url == "":
		return entryError("entry without request.url")
	case d.method == "":
		return entryError("entry without request.method")
	}
	scheme, host, target, ok := splitURL(d.url)
	if !ok {
		d.out.Count(sensor.CountNotHTTP, 1)
		return nil
	}
	version := sensor.OCPPVersion(d.response.headers.First("sec-websocket-protocol"))
	if version == "" {
		version = sensor.OCPPVersion(d.request.headers.First("sec-websocket-protocol"))
	}
	if version != "" {
		return d.socket(version, target)
	}
	x := &struct {
		rec waywarden.Record
		tx  waywarden.Transaction
	}{}
	x.rec = waywarden.Record{Kind: waywarden.KindHTTP, ID: d.id, At: d.at, HTTP: &x.tx}
	t := &x.tx
	t.Client.IP = d.client()
	t.Server.TLS = scheme == "https" || scheme == "wss"
	t.Server.Host, t.Server.Port = sensor.Host(host, 0)
	if t.Server.Host == "" {
		return entryError("request.url without a host")
	}
	if t.Server.Port == 0 {
		t.Server.Port = 80
		if t.Server.TLS {
			t.Server.Port = 443
		}
	}
	t.Method, t.Target = strings.ToUpper(d.method), target
	t.Version = sensor.HTTPVersion(strings.ToLower(d.request.version))
	t.Status, t.Duration = d.status, d.duration
	d.fill(&t.Request, &d.request)
	d.fill(&t.Response, &d.response)
	if d.status == 0 {
		d.out.Count(sensor.CountResponseMissing, 1)
	}
	return d.out.Record(&x.rec)
}

func (d *decoder) client() string {
	if d.clientIP != "" {
		return d.clientIP
	}
	return "127.0.0.1"
}

// splitURL takes "https://host:port/path?query#fragment" apart; ok is false for what is no URL of HTTP or WebSocket.
func splitURL(s string) (scheme, host, target string, ok bool) {
	scheme, rest, ok := strings.Cut(s, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "http" && scheme != "https" && scheme != "ws" && scheme != "wss" {
		return "", "", "", false
	}
	rest, _, _ = strings.Cut(rest, "#")
	host, target = rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		host, target = rest[:i], rest[i:]
		if target[0] == '?' {
			target = "/" + target
		}
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	return scheme, host, target, host != ""
}

// socket hands on the opening of a charge point's socket and its frames. The station is the last part of the path
// (OCPP-J 1.6, 3.1.1), and the client that was recorded.
func (d *decoder) socket(version, target string) error {
	station, _, _ := strings.Cut(target, "?")
	station = path.Base(station)
	if s, err := url.PathUnescape(station); err == nil {
		station = s
	}
	if station == "" || station == "/" || station == "." {
		return entryError("OCPP socket without a station in its path")
	}
	client := waywarden.Client{IP: d.client()}
	open := &waywarden.Record{Kind: waywarden.KindOCPP, ID: d.id, At: d.at, OCPP: &waywarden.Frame{
		Station: station, Connection: d.id, Version: version, Client: client, Inbound: true, Event: waywarden.SocketOpen,
		Handshake: waywarden.Handshake{Target: target, Headers: d.request.headers, Status: d.status},
	}}
	if err := d.out.Record(open); err != nil {
		return err
	}
	for i := range d.messages {
		m := &d.messages[i]
		f := &waywarden.Frame{Station: station, Connection: d.id, Version: version, Client: client, Inbound: m.sent}
		if m.opcode > 2 { // ping, pong, close
			continue
		}
		if err := sensor.ParseFrame(m.data, f); err != nil {
			d.out.Count(sensor.CountStreamUndecodable, 1)
			continue
		}
		at := d.at
		if m.at > 0 && m.at < 7.3e9 {
			at = time.UnixMicro(int64(m.at * 1e6)).UTC()
		}
		id := d.id + "-" + strconv.Itoa(i+1)
		if err := d.out.Record(&waywarden.Record{Kind: waywarden.KindOCPP, ID: id, At: at, OCPP: f}); err != nil {
			return err
		}
	}
	return nil
}

// encodeParams writes posted fields as the body that carried them, as far as they tell.
func encodeParams(m *side) []byte {
	ct := m.headers.First("content-type")
	if ct == "" {
		ct = m.mime
	}
	if media, args, err := mime.ParseMediaType(ct); err == nil && strings.HasPrefix(media, "multipart/") {
		if b, ok := encodeMultipart(m.params, args["boundary"]); ok {
			return b
		}
	}
	var b bytes.Buffer
	for i, p := range m.params {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(reescape(p.name))
		b.WriteByte('=')
		b.WriteString(reescape(p.value))
	}
	return b.Bytes()
}

// reescape encodes for a form what may be encoded already: browsers differ.
func reescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		s = u
	}
	return url.QueryEscape(s)
}

func encodeMultipart(params []param, boundary string) ([]byte, bool) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if w.SetBoundary(boundary) != nil {
		return nil, false
	}
	for _, p := range params {
		args := map[string]string{"name": p.name}
		if p.file != "" {
			args["filename"] = p.file
		}
		h := textproto.MIMEHeader{"Content-Disposition": {mime.FormatMediaType("form-data", args)}}
		if p.mime != "" {
			h.Set("Content-Type", p.mime)
		}
		part, err := w.CreatePart(h)
		if err != nil {
			return nil, false
		}
		if _, err := part.Write([]byte(p.value)); err != nil {
			return nil, false
		}
	}
	err := w.Close()
	return b.Bytes(), err == nil
}
