package otlp_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/otlp"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// lines are a call by the stable conventions with all that can be opted into, one by the old ones that the client and the
// server traced, the client first, and a client's span whose server does not trace.
const lines = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gateway"}}]},"scopeSpans":[{"scope":{},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"POST","kind":2,"startTimeUnixNano":"1772352000123456000","endTimeUnixNano":"1772352000164656000","attributes":[{"key":"http.request.method","value":{"stringValue":"POST"}},{"key":"url.scheme","value":{"stringValue":"https"}},{"key":"url.path","value":{"stringValue":"/api/v1/vehicles"}},{"key":"url.query","value":{"stringValue":"x=1"}},{"key":"server.address","value":{"stringValue":"API.oem.example"}},{"key":"server.port","value":{"intValue":"443"}},{"key":"client.address","value":{"stringValue":"203.0.113.7"}},{"key":"http.response.status_code","value":{"intValue":"202"}},{"key":"network.protocol.version","value":{"stringValue":"2"}},{"key":"user_agent.original","value":{"stringValue":"okhttp/4"}},{"key":"http.request.header.authorization","value":{"arrayValue":{"values":[{"stringValue":"Bearer t"}]}}},{"key":"http.request.body.content","value":{"stringValue":"{}"}},{"key":"http.response.body.size","value":{"intValue":"19"}}]}]}]}]}
{"resourceSpans":[{"resource":{"attributes":[{"key":"host.ip","value":{"arrayValue":{"values":[{"stringValue":"10.0.0.9"}]}}}]},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"aaa19b7ec3c1b174","name":"GET","kind":3,"startTimeUnixNano":"1772352001000000000","endTimeUnixNano":"1772352001500000000","attributes":[{"key":"http.method","value":{"stringValue":"GET"}},{"key":"http.url","value":{"stringValue":"http://b.example:8080/v2/x?y=1#z"}},{"key":"http.status_code","value":{"intValue":"200"}}]},{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"aaa19b7ec3c1b175","name":"SELECT","kind":3,"startTimeUnixNano":"1772352001000000000","endTimeUnixNano":"1772352001500000000"}]}]}]}
{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"bbb19b7ec3c1b174","parentSpanId":"aaa19b7ec3c1b174","name":"GET","kind":2,"startTimeUnixNano":"1772352001100000000","endTimeUnixNano":"1772352001200000000","attributes":[{"key":"http.method","value":{"stringValue":"GET"}},{"key":"http.target","value":{"stringValue":"/v2/x?y=1"}},{"key":"http.host","value":{"stringValue":"b.example:8080"}},{"key":"http.scheme","value":{"stringValue":"http"}},{"key":"http.status_code","value":{"intValue":"200"}},{"key":"net.sock.peer.addr","value":{"stringValue":"10.0.0.9"}}]}]}]}]}
{"resourceSpans":[{"resource":{"attributes":[{"key":"host.ip","value":{"arrayValue":{"values":[{"stringValue":"10.0.0.9"}]}}}]},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60e","spanId":"ccc19b7ec3c1b174","name":"GET","kind":3,"startTimeUnixNano":"1772352002000000000","endTimeUnixNano":"1772352002500000000","traceState":"ot=th:8","attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.full","value":{"stringValue":"https://partner.example/v3"}},{"key":"http.response.status_code","value":{"intValue":"200"}}]}]}]}]}
`

func traces(t testing.TB) []ptrace.Traces {
	t.Helper()
	var list []ptrace.Traces
	for line := range strings.Lines(lines) {
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, traces)
	}
	return list
}

// document is the same as one JSON document over many lines.
func document(t testing.TB) []byte {
	all := ptrace.NewTraces()
	for _, one := range traces(t) {
		one.ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
	}
	b, err := (&ptrace.JSONMarshaler{}).MarshalTraces(all)
	if err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, b, "", "  "); err != nil {
		t.Fatal(err)
	}
	return pretty.Bytes()
}

// protobuf is the same as one message.
func protobuf(t testing.TB) []byte {
	all := ptrace.NewTraces()
	for _, one := range traces(t) {
		one.ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
	}
	b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(all)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// delimited is the same as messages behind their lengths.
func delimited(t testing.TB, pack func([]byte) []byte) []byte {
	var out []byte
	for _, one := range traces(t) {
		b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(one)
		if err != nil {
			t.Fatal(err)
		}
		b = pack(b)
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(b))), b...)
	}
	return out
}

func plain(b []byte) []byte { return b }

func packed(t testing.TB) func([]byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return func(b []byte) []byte { return w.EncodeAll(b, nil) }
}

func TestContract(t *testing.T) {
	foreign := [][]byte{
		[]byte(`{"log":{"version":"1.2","entries":[]}}`), []byte(`{"kind":"http","time":"2026-03-01T08:00:00Z"}`),
		[]byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00"), []byte("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a"),
		[]byte(`10.0.0.1 - - [01/Mar/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 1`), []byte("\n{\n\"log\": 1}"),
	}
	for name, c := range map[string]struct {
		data  []byte
		whole bool
	}{
		"lines": {[]byte(lines), true}, "document": {document(t), true}, "message": {protobuf(t), true},
		"messages": {delimited(t, plain), true}, "packed messages": {delimited(t, packed(t)), true},
	} {
		t.Run(name, func(t *testing.T) {
			sensortest.Run(t, sensortest.Case{Format: otlp.Format{}, Sample: c.data, Records: 3, Foreign: foreign, Whole: c.whole})
		})
	}
}

func FuzzDecode(f *testing.F) {
	sensortest.Fuzz(f, otlp.Format{}, []byte(lines), document(f), protobuf(f), delimited(f, plain), delimited(f, packed(f)))
}

func TestFields(t *testing.T) {
	res, err := sensortest.Decode(t.Context(), otlp.Format{}, strings.NewReader(lines))
	if err != nil || len(res.Records) != 3 {
		t.Fatal(err, len(res.Records), res.Rejected)
	}
	r, server, client := res.Records[0], res.Records[1].HTTP, res.Records[2].HTTP
	h := r.HTTP
	for name, ok := range map[string]bool{
		"id":      r.ID == "5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174" && r.Sensor == "gateway" && r.At.UnixNano() == 1772352000123456000,
		"server":  h.Server == waywarden.Server{Host: "api.oem.example", Port: 443, TLS: true} && h.Client.IP == "203.0.113.7",
		"request": h.Method == "POST" && h.Target == "/api/v1/vehicles?x=1" && h.Version == "2" && h.Status == 202 && h.Duration.String() == "41.2ms",
		"headers": h.Request.Headers.First("authorization") == "Bearer t" && h.Request.Headers.First("user-agent") == "okhttp/4",
		"bodies":  string(h.Request.Body) == "{}" && !h.Response.Captured && h.Response.BodyBytes == 19,
		"old":     server.Server == waywarden.Server{Host: "b.example", Port: 8080} && server.Target == "/v2/x?y=1" && server.Client.IP == "10.0.0.9",
		"client":  client.Server == waywarden.Server{Host: "partner.example", TLS: true} && client.Target == "/v3" && client.Client.IP == "10.0.0.9",
		"counts":  res.Counts[sensor.CountNotHTTP] == 1 && res.Counts[sensor.CountSampled] == 1 && res.Counts[sensor.CountHeadersMissing] == 3,
	} {
		if !ok {
			t.Errorf("%s: %s\n%s\n%s\n%v", name, sensortest.Dump(res.Records[0]), sensortest.Dump(res.Records[1]), sensortest.Dump(res.Records[2]), res.Counts)
		}
	}
}

// TestEndUser: whom the server knew is the caller; a recorded credential says more.
func TestEndUser(t *testing.T) {
	const span = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","kind":2,"startTimeUnixNano":"1772352000123456000","attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.path","value":{"stringValue":"/me"}},{"key":"server.address","value":{"stringValue":"a.example"}},{"key":"enduser.id","value":{"stringValue":"anna"}}` +
		`HEADER]}]}]}]}`
	for header, want := range map[string]string{
		"": "Basic YW5uYTo=",
		`,{"key":"http.request.header.authorization","value":{"stringValue":"Bearer t"}}`: "Bearer t",
		`,{"key":"http.request.header.cookie","value":{"stringValue":"sid=1"}}`:           "",
	} {
		res, err := sensortest.Decode(t.Context(), otlp.Format{}, strings.NewReader(strings.Replace(span, "HEADER", header, 1)))
		if err != nil || len(res.Records) != 1 {
			t.Fatal(err, len(res.Records), res.Rejected)
		}
		if m := res.Records[0].HTTP.Request; m.Headers.First("authorization") != want || m.HeadersMissing {
			t.Errorf("%q: %+v", header, m)
		}
	}
}

// A client's span is dropped as well when the server's was there before it, and not kept waiting for ever.
func TestSpansOfOneCall(t *testing.T) {
	l := strings.SplitAfter(lines, "\n")
	res, err := sensortest.Decode(t.Context(), otlp.Format{}, strings.NewReader(l[2]+l[1]))
	if err != nil || len(res.Records) != 1 || !strings.HasSuffix(res.Records[0].ID, "-bbb19b7ec3c1b174") {
		t.Errorf("%v, %d records", err, len(res.Records))
	}
	later := strings.ReplaceAll(strings.ReplaceAll(l[0], "17723520001", "17723520991"), "eee1", "eee2")
	res, err = sensortest.Decode(t.Context(), otlp.Format{}, strings.NewReader(l[3]+later+l[0]))
	if err != nil || len(res.Records) != 3 || !strings.HasSuffix(res.Records[1].ID, "-ccc19b7ec3c1b174") {
		t.Errorf("%v, %d records", err, len(res.Records))
	}
}

func TestWritten(t *testing.T) {
	res, err := sensortest.Decode(t.Context(), otlp.Format{}, strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	again, err := sensortest.Decode(t.Context(), otlp.Format{}, bytes.NewReader(sensortest.ToOTLP(res.Records)))
	if err != nil || len(again.Records) != len(res.Records) {
		t.Fatal(err, len(again.Records), again.Rejected)
	}
	for i, r := range res.Records {
		a, b := r.HTTP, again.Records[i].HTTP
		if a.Method != b.Method || a.Target != b.Target || a.Server != b.Server || a.Status != b.Status || string(a.Request.Body) != string(b.Request.Body) {
			t.Errorf("%+v became %+v", a, b)
		}
	}
}
