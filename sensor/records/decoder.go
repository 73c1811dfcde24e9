package records

import (
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
	"github.com/waywarden/waywarden/sensor"
)

// Limits of one record beyond that of its line.
const (
	maxHeaders = 1024
	maxMembers = 1 << 16 // signals, ids, attributes or links
)

// A decoder turns lines into records. Its fields other than the first three are of the line at hand.
type decoder struct {
	bodyLimit int64
	count     func(name string, n int64)
	unnamed   *sensor.IDs

	s    jsonscan.Scanner
	rec  waywarden.Record
	kind waywarden.Kind

	client   waywarden.Client
	server   waywarden.Server
	hasTLS   bool
	request  side
	response side
	duration time.Duration
	fields   []waywarden.Header // of both messages

	vehicle waywarden.ID
	values  []waywarden.SignalValue

	frame    waywarden.Frame
	hasFrame bool
	badFrame bool

	assetType  waywarden.AssetType
	ids        []waywarden.ID
	attributes []waywarden.Attribute
	links      []waywarden.RegisterLink
}

// A side is the request or the response of a line.
type side struct {
	given           bool
	method, target  string
	version         string
	status          int
	fields          [2]int // from, to in decoder.fields
	body            []byte
	encoding        []byte // of the body's text: base64 or utf8
	bytes           int64
	captured, short bool
	cut             int // header fields beyond the limit
}

func (d *decoder) reset(line []byte) {
	d.s.Reset(line)
	d.rec, d.kind = waywarden.Record{}, 0
	d.client, d.server, d.hasTLS = waywarden.Client{}, waywarden.Server{}, false
	d.request, d.response, d.duration = side{bytes: -1}, side{bytes: -1}, 0
	d.fields, d.values, d.vehicle = d.fields[:0], d.values[:0], waywarden.ID{}
	d.frame, d.hasFrame, d.badFrame = waywarden.Frame{Inbound: true}, false, false
	d.assetType, d.ids, d.attributes, d.links = "", d.ids[:0], d.attributes[:0], d.links[:0]
}

// record decodes one line; the error is why it cannot be.
func (d *decoder) record(line []byte) (*waywarden.Record, error) {
	d.reset(line)
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		d.member(d.s.Key())
	}
	if err := d.s.End(); err != nil {
		return nil, err
	}
	if d.rec.At.IsZero() {
		return nil, errors.New("record without time")
	}
	if d.rec.ID == "" {
		d.rec.ID = d.unnamed.ID(line)
	}
	switch d.kind {
	case waywarden.KindHTTP:
		return d.http()
	case waywarden.KindSignal:
		return d.signal()
	case waywarden.KindOCPP:
		return d.ocpp()
	case waywarden.KindAsset:
		return d.asset()
	}
	return nil, errors.New("record without a known kind (http, signal, ocpp, asset)")
}

// member reads the value of a key of the record.
func (d *decoder) member(key []byte) {
	switch string(key) {
	case "kind":
		if d.s.Peek() != '"' {
			d.s.Fail("kind is not text")
			return
		}
		d.kind = kindOf(d.s.View())
	case "id":
		d.rec.ID = d.text()
	case "time":
		d.rec.At = d.time("time")
	case "received":
		d.rec.Received = d.time("received")
	case "sensor":
		d.rec.Sensor = d.text()
	case "client":
		d.readClient()
	case "server":
		d.readServer()
	case "request":
		d.readSide(&d.request)
	case "response":
		d.readSide(&d.response)
	case "durationMs":
		d.duration = milliseconds(d.number())
	default:
		d.memberOther(key)
	}
}

// memberOther reads the keys that only signals, frames and register rows have.
func (d *decoder) memberOther(key []byte) {
	switch string(key) {
	case "vehicle":
		d.readVehicle()
	case "signals":
		d.readSignals()
	case "station":
		d.frame.Station = d.text()
	case "connection":
		d.frame.Connection = d.text()
	case "version":
		d.frame.Version = d.text()
	case "direction":
		d.readDirection()
	case "frame":
		d.readFrame()
	case "event":
		d.readEvent()
	case "code":
		d.frame.CloseCode = int(d.number())
	case "type":
		d.assetType = waywarden.AssetType(d.text())
	case "ids":
		d.readIDs()
	case "attributes":
		d.readAttributes()
	case "links":
		d.readLinks()
	default:
		d.s.Skip()
	}
}

func kindOf(name []byte) waywarden.Kind {
	switch string(name) {
	case "http":
		return waywarden.KindHTTP
	case "signal":
		return waywarden.KindSignal
	case "ocpp":
		return waywarden.KindOCPP
	case "asset":
		return waywarden.KindAsset
	}
	return 0
}

// text reads text, a number or a truth value as its text, or null as "".
func (d *decoder) text() string {
	switch d.s.Peek() {
	case '"':
		return d.s.Text()
	case 'n':
		d.s.Null()
		return ""
	case '{', '[':
		d.s.Fail("expected text")
		return ""
	}
	return jsonscan.String(d.s.Keep(d.s.Raw()))
}

// number reads a number, also one in quotes, or null as 0.
func (d *decoder) number() float64 {
	switch d.s.Peek() {
	case 'n':
		d.s.Null()
		return 0
	case '"':
		f, err := strconv.ParseFloat(jsonscan.String(d.s.View()), 64)
		if err != nil || f != f {
			d.s.Fail("expected a number")
			return 0
		}
		return f
	}
	return d.s.Number()
}

// time reads an RFC 3339 time or null. Times that nanoseconds since 1970 cannot count are no times of traffic.
func (d *decoder) time(name string) time.Time {
	if d.s.Null() {
		return time.Time{}
	}
	if d.s.Peek() != '"' {
		d.s.Fail(name + " is not RFC 3339 text")
		return time.Time{}
	}
	t, ok := sensor.ParseTime(d.s.View())
	if y := t.Year(); !ok || y < 1678 || y > 2261 {
		d.s.Fail(name + " is not an RFC 3339 time of the years 1678 to 2261")
		return time.Time{}
	}
	return t
}

// value reads any value as a signal or an attribute has it.
func (d *decoder) value() waywarden.Value {
	switch d.s.Peek() {
	case '"':
		return waywarden.Text(d.s.Text())
	case 't', 'f':
		return waywarden.Bool(d.s.Bool())
	case 'n':
		d.s.Null()
		return waywarden.Value{}
	case '{', '[':
		return waywarden.Value{Kind: waywarden.ValueObject, Text: jsonscan.String(d.s.Keep(d.s.Raw()))}
	}
	return waywarden.Number(d.s.Number())
}

// milliseconds turns a duration of the contract into Go's; what no clock measures is 0.
func milliseconds(ms float64) time.Duration {
	if !(ms > 0) || ms > float64(365*24*time.Hour/time.Millisecond) {
		return 0
	}
	return time.Duration(ms*float64(time.Millisecond) + 0.5)
}

// unbase64 decodes any of the four usual alphabets of base64; ok is false when b is none. At the end of a body that was
// cut what is no whole group is dropped.
func unbase64(b []byte, cut bool) (raw []byte, ok bool) {
	for len(b) > 0 && b[len(b)-1] == '=' {
		b = b[:len(b)-1]
	}
	if cut {
		b = b[:len(b)/4*4]
	}
	enc := base64.RawStdEncoding
	for _, c := range b {
		if c == '-' || c == '_' {
			enc = base64.RawURLEncoding
			break
		}
	}
	raw = make([]byte, enc.DecodedLen(len(b)))
	n, err := enc.Decode(raw, b)
	return raw[:n], err == nil
}
