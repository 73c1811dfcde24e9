package har_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/har"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// sample is what Chrome saves, shortened.
const sample = `{
  "log": {
    "version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "pages": [{"id": "page_1", "title": "[\"entries\"]"}],
    "entries": [
      {"_resourceType": "fetch", "startedDateTime": "2026-03-01T09:00:00.123+01:00", "time": 41.2,
       "request": {"method": "POST", "url": "https://user@API.oem.example/api/v1/vehicles?x=%20y#top", "httpVersion": "h2",
         "headers": [{"name": ":authority", "value": "api.oem.example"}, {"name": "Authorization", "value": "Bearer t"}, {"name": "content-type", "value": "application/json"}],
         "queryString": [{"name": "x", "value": " y"}], "cookies": [], "headersSize": -1, "bodySize": 8,
         "postData": {"mimeType": "application/json", "text": "{\"a\":\"\u00fc\"}"}},
       "response": {"status": 200, "statusText": "", "httpVersion": "h2", "headers": [{"name": "content-encoding", "value": "gzip"}],
         "content": {"size": 2, "mimeType": "application/json", "text": "e30=", "encoding": "base64"}, "redirectURL": "", "bodySize": -1}},
      {"startedDateTime": "2026-03-01T08:00:01Z", "request": {"method": "GET", "url": "data:text/plain,x", "headers": []}, "response": {"status": 200}},
      {"startedDateTime": "2026-03-01T08:00:02Z", "time": 3, "request": {"method": "POST", "url": "http://h.example:8080", "httpVersion": "HTTP/1.1", "headers": [],
         "postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "user", "value": "a b"}, {"name": "c", "value": "%26"}]}},
       "response": {"status": 0, "headers": [], "content": {"size": 5, "mimeType": "x-unknown"}}},
      {"startedDateTime": "2026-03-01T08:00:03Z", "request": {"method": "GET", "url": "wss://csms.example/ocpp/CP%2F1?x=1", "headers": [{"name": "Sec-WebSocket-Protocol", "value": "ocpp2.0.1, ocpp1.6"}]},
       "response": {"status": 101, "headers": [{"name": "Sec-WebSocket-Protocol", "value": "ocpp1.6"}]},
       "_webSocketMessages": [{"type": "send", "time": 1772352003.5, "opcode": 1, "data": "[2,\"1\",\"Heartbeat\",{}]"}, {"type": "receive", "time": 1772352003.75, "opcode": 1, "data": "[3,\"1\",{\"currentTime\":\"x\"}]"}, {"type": "send", "time": 1772352004, "opcode": 1, "data": "hello"}]}
    ]
  }
}
`

func TestContract(t *testing.T) {
	sensortest.Run(t, sensortest.Case{
		Format: har.Format{}, Sample: []byte(sample), Records: 5,
		Foreign: [][]byte{[]byte(`{"kind":"http","time":"2026-03-01T08:00:00Z"}`), []byte(`{"resourceSpans":[]}`), []byte(`{"logs":[]}`)},
	})
}

func FuzzDecode(f *testing.F) { sensortest.Fuzz(f, har.Format{}, []byte(sample)) }

func decode(t *testing.T, in string) sensortest.Result {
	t.Helper()
	res, err := sensortest.Decode(t.Context(), har.Format{}, strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestFields(t *testing.T) {
	res := decode(t, sample)
	a, b := res.Records[0].HTTP, res.Records[1].HTTP
	for name, ok := range map[string]bool{
		"server":    a.Server == waywarden.Server{Host: "api.oem.example", Port: 443, TLS: true},
		"target":    a.Target == "/api/v1/vehicles?x=%20y" && a.Version == "2" && a.Method == "POST",
		"headers":   len(a.Request.Headers) == 2 && a.Request.Headers.First("authorization") == "Bearer t",
		"body":      string(a.Request.Body) == `{"a":"ü"}` && a.Request.Captured && a.Request.BodyBytes == 8,
		"response":  string(a.Response.Body) == "{}" && a.Response.Headers.First("content-type") == "application/json",
		"duration":  a.Duration.String() == "41.2ms",
		"other":     b.Server == waywarden.Server{Host: "h.example", Port: 8080} && b.Target == "/",
		"params":    string(b.Request.Body) == "user=a+b&c=%26",
		"no answer": b.Status == 0 && !b.Response.Captured,
		"counts": res.Counts[sensor.CountNotHTTP] == 1 && res.Counts[sensor.CountResponseMissing] == 1 &&
			res.Counts[sensor.CountBodyMissing] == 1 && res.Counts[sensor.CountStreamUndecodable] == 1,
	} {
		if !ok {
			t.Errorf("%s: %s %s %v", name, sensortest.Dump(res.Records[0]), sensortest.Dump(res.Records[1]), res.Counts)
		}
	}
	open, call, result := res.Records[2].OCPP, res.Records[3].OCPP, res.Records[4].OCPP
	if open.Event != waywarden.SocketOpen || open.Station != "CP/1" || open.Version != "1.6" || open.Handshake.Status != 101 {
		t.Errorf("open: %+v", open)
	}
	if !call.Inbound || call.Action != "Heartbeat" || call.Connection != open.Connection || res.Records[3].At.Format("05.00") != "03.50" {
		t.Errorf("call: %+v at %s", call, res.Records[3].At)
	}
	if result.Inbound || result.Type != 3 || string(result.Payload) != `{"currentTime":"x"}` {
		t.Errorf("result: %+v", result)
	}
}

func TestMultipart(t *testing.T) {
	res := decode(t, `{"log":{"entries":[{"startedDateTime":"2026-03-01T08:00:00Z","request":{"method":"POST","url":"https://h/","headers":[],
		"postData":{"mimeType":"multipart/form-data; boundary=xyz","params":[{"name":"file","fileName":"a.txt","contentType":"text/plain","value":"hi"}]}},"response":{"status":200}}]}}`)
	want := "--xyz\r\nContent-Disposition: form-data; filename=a.txt; name=file\r\nContent-Type: text/plain\r\n\r\nhi\r\n--xyz--\r\n"
	if got := string(res.Records[0].HTTP.Request.Body); got != want {
		t.Errorf("%q", got)
	}
}

// A broken entry does not spoil the next, unless it is not known where it ends.
func TestRejected(t *testing.T) {
	good := `{"startedDateTime":"2026-03-01T08:00:00Z","request":{"method":"GET","url":"https://h/"},"response":{"status":200}}`
	for entry, after := range map[string]int{
		`{"a":tru}`: 1, `7`: 1, `{}`: 1, `"x"`: 1, strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000): 1, `{"startedDateTime":"x"}`: 1,
		`{"request":{"url":"https://h/}}`: 0,
	} {
		res := decode(t, `{"log":{"entries":[`+good+","+entry+","+good+`]}}`)
		if len(res.Records) != 1+after || len(res.Rejected) != 1 || !strings.HasPrefix(res.Rejected[0].Reason, "entry 2: ") {
			t.Errorf("%.40s: %d records, %+v", entry, len(res.Records), res.Rejected)
		}
	}
}

func TestWritten(t *testing.T) {
	first := decode(t, sample).Records[:2]
	again := decode(t, string(sensortest.ToHAR(first))).Records
	for i, r := range first {
		r.HTTP.Request.Headers, again[i].HTTP.Request.Headers = nil, nil // content-type may come once more
		r.HTTP.Response.Headers, again[i].HTTP.Response.Headers = nil, nil
		r.HTTP.Request.BodyBytes, again[i].HTTP.Request.BodyBytes = 0, 0
		r.HTTP.Response.BodyBytes, again[i].HTTP.Response.BodyBytes = 0, 0
		if a, b := fmt.Sprintf("%+v", r.HTTP), fmt.Sprintf("%+v", again[i].HTTP); a != b || r.ID != again[i].ID {
			t.Errorf("%s became %s", a, b)
		}
	}
}
