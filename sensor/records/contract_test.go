package records_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/records"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// sample has every kind of record, as section 1 of the file contract shows them.
const sample = `{"kind":"http","id":"tx-1","time":"2026-03-01T08:00:00.123456Z","sensor":"gw-eu-1","client":{"ip":"203.0.113.7","port":51234,"ja4":"t13d1516h2_8daaf6152771_02713d6af862"},"server":{"host":"API.oem.example:443","port":443,"tls":true},"request":{"method":"post","target":"/api/v1/vehicles/5YJ3E1EA7KF000316/commands?wake=1","version":"2","headers":{"authorization":"Bearer eyJ...","Content-Type":"application/json","accept":["a","b"]},"body":"{\"command\":\"unlock \u00fc \ud83d\ude97\"}","bodyEncoding":"utf8","bodyBytes":20},"response":{"status":202,"headers":{"content-type":"application/json"},"body":"{\"requestId\":\"r-9\"}","bodyBytes":19},"durationMs":41.2}
{"kind":"signal","id":"sg-1","time":"2026-03-01T08:00:01Z","vehicle":{"vin":"5YJ3E1EA7KF000316"},"signals":{"Vehicle.Speed":82.1,"Vehicle.LowVoltageSystemState":"ON","Vehicle.Private.Tyres":{"fl":[1,2]},"Vehicle.Cabin.Door.IsOpen":true,"Vehicle.Nothing":null}}
{"kind":"ocpp","id":"oc-1","time":"2026-03-01T09:00:02+01:00","station":"CP-0042","connection":"s-77","version":"1.6","client":{"ip":"198.51.100.4"},"direction":"in","frame":[2,"19223201","BootNotification",{"chargePointVendor":"V\"","chargePointModel":"M"}]}

{"kind":"ocpp","id":"oc-0","time":"2026-03-01T08:00:01Z","station":"CP-0042","connection":"s-77","event":"open","client":{"ip":"198.51.100.4"},"request":{"target":"/ocpp/CP-0042","headers":{"sec-websocket-protocol":"ocpp1.6"}},"response":{"status":101}}
{"kind":"asset","time":"2026-03-01T00:00:00Z","type":"vehicle","ids":{"vin":"5YJ3E1EA7KF000316","vehicle_id":["v-88","v-89"]},"attributes":{"model":"M3","fleet":"f-12","doors":5},"links":[{"rel":"owner","type":"consumer","id":"u-17","since":"2025-01-02T00:00:00Z"}]}
`

func TestContract(t *testing.T) {
	sensortest.Run(t, sensortest.Case{
		Format: records.Format{}, Sample: []byte(sample), Records: 5,
		Foreign: [][]byte{
			[]byte(`{"log":{"version":"1.2","entries":[{"time":1}]}}`), []byte(`{"resourceSpans":[{"resource":{}}]}`),
			[]byte(`{"time":"2026-03-01T08:00:00Z","status":200,"request":"GET / HTTP/1.1"}`),
			[]byte(`10.0.0.1 - - [01/Mar/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 1`),
		},
	})
}

func FuzzDecode(f *testing.F) {
	sensortest.Fuzz(f, records.Format{}, []byte(sample))
}

func decode(t testing.TB, in string) sensortest.Result {
	t.Helper()
	res, err := sensortest.Decode(t.Context(), records.Format{}, strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestSample(t *testing.T) {
	res := decode(t, sample)
	utc := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC()
	}
	body := `{"command":"unlock ü 🚗"}`
	want := []*waywarden.Record{
		{Kind: waywarden.KindHTTP, ID: "tx-1", At: utc("2026-03-01T08:00:00.123456Z"), Sensor: "gw-eu-1", HTTP: &waywarden.Transaction{
			Client: waywarden.Client{IP: "203.0.113.7", Port: 51234, JA4: "t13d1516h2_8daaf6152771_02713d6af862"},
			Server: waywarden.Server{Host: "api.oem.example", Port: 443, TLS: true},
			Method: "POST", Target: "/api/v1/vehicles/5YJ3E1EA7KF000316/commands?wake=1", Version: "2",
			Request: waywarden.Message{
				Headers: waywarden.Headers{{Name: "authorization", Value: "Bearer eyJ..."}, {Name: "content-type", Value: "application/json"}, {Name: "accept", Value: "a"}, {Name: "accept", Value: "b"}},
				Body:    []byte(body), BodyBytes: 20, Captured: true,
			},
			Response: waywarden.Message{Headers: waywarden.Headers{{Name: "content-type", Value: "application/json"}}, Body: []byte(`{"requestId":"r-9"}`), BodyBytes: 19, Captured: true},
			Status:   202, Duration: 41200 * time.Microsecond,
		}},
		{Kind: waywarden.KindSignal, ID: "sg-1", At: utc("2026-03-01T08:00:01Z"), Signal: &waywarden.Signal{
			Vehicle: waywarden.ID{Type: waywarden.TypeVIN, Value: "5YJ3E1EA7KF000316"},
			Values: []waywarden.SignalValue{
				{Name: "Vehicle.Speed", Value: waywarden.Number(82.1)}, {Name: "Vehicle.LowVoltageSystemState", Value: waywarden.Text("ON")},
				{Name: "Vehicle.Private.Tyres", Value: waywarden.Value{Kind: waywarden.ValueObject, Text: `{"fl":[1,2]}`}},
				{Name: "Vehicle.Cabin.Door.IsOpen", Value: waywarden.Bool(true)}, {Name: "Vehicle.Nothing"},
			},
		}},
		{Kind: waywarden.KindOCPP, ID: "oc-1", At: utc("2026-03-01T08:00:02Z"), OCPP: &waywarden.Frame{
			Station: "CP-0042", Connection: "s-77", Version: "1.6", Client: waywarden.Client{IP: "198.51.100.4"}, Inbound: true,
			Type: 2, Message: "19223201", Action: "BootNotification", Payload: []byte(`{"chargePointVendor":"V\"","chargePointModel":"M"}`),
		}},
		{Kind: waywarden.KindOCPP, ID: "oc-0", At: utc("2026-03-01T08:00:01Z"), OCPP: &waywarden.Frame{
			Station: "CP-0042", Connection: "s-77", Version: "1.6", Client: waywarden.Client{IP: "198.51.100.4"}, Inbound: true, Event: waywarden.SocketOpen,
			Handshake: waywarden.Handshake{Target: "/ocpp/CP-0042", Headers: waywarden.Headers{{Name: "sec-websocket-protocol", Value: "ocpp1.6"}}, Status: 101},
		}},
		{Kind: waywarden.KindAsset, ID: res.Records[4].ID, At: utc("2026-03-01T00:00:00Z"), Asset: &waywarden.AssetRow{
			Type:       waywarden.AssetVehicle,
			IDs:        []waywarden.ID{{Type: waywarden.TypeVIN, Value: "5YJ3E1EA7KF000316"}, {Type: waywarden.TypeVehicleID, Value: "v-88"}, {Type: waywarden.TypeVehicleID, Value: "v-89"}},
			Attributes: []waywarden.Attribute{{Name: "model", Value: waywarden.Text("M3")}, {Name: "fleet", Value: waywarden.Text("f-12")}, {Name: "doors", Value: waywarden.Number(5)}},
			Links:      []waywarden.RegisterLink{{Rel: "owner", Type: waywarden.AssetConsumer, ID: "u-17", Since: utc("2025-01-02T00:00:00Z")}},
		}},
	}
	if diff := cmp.Diff(want, res.Records); diff != "" {
		t.Error(diff)
	}
}

const http = `{"kind":"http","time":"2026-03-01T08:00:00Z","client":{"ip":"1.2.3.4"},"server":{"host":"h"},"request":{"method":"GET","target":"/"%s},"response":{"status":200%s}}`

func TestRejected(t *testing.T) {
	for _, c := range []struct{ line, reason string }{
		{`{"kind":"http"}`, "record without time"},
		{`{"time":"2026-03-01T08:00:00Z"}`, "record without a known kind"},
		{`{"kind":"http","time":"yesterday"}`, "time is not an RFC 3339 time"},
		{`{"kind":"http","time":5}`, "time is not RFC 3339 text"},
		{`{"kind":"http","time":"2026-03-01T08:00:00Z"}`, "http record without client.ip"},
		{`{"kind":"http","time":"2026-03-01T08:00:00Z","client":{"ip":"1.2.3.4"}}`, "http record without server.host"},
		{`{"kind":"http","time":"2026-03-01T08:00:00Z","client":{"ip":"1.2.3.4"},"server":{"host":"h"}}`, "http record without request.method"},
		{`{"kind":"http","time":"2026-03-01T08:00:00Z","client":{"ip":"1.2.3.4"},"server":{"host":"h"},"request":{"method":"GET"}}`, "http record without request.target"},
		{`{"kind":"signal","time":"2026-03-01T08:00:00Z"}`, "signal record without vehicle"},
		{`{"kind":"signal","time":"2026-03-01T08:00:00Z","vehicle":{"vin":"V"},"signals":{}}`, "signal record without signals"},
		{`{"kind":"ocpp","time":"2026-03-01T08:00:00Z"}`, "ocpp record without station"},
		{`{"kind":"ocpp","time":"2026-03-01T08:00:00Z","station":"S"}`, "ocpp record without frame or event"},
		{`{"kind":"ocpp","time":"2026-03-01T08:00:00Z","station":"S","frame":[9,"1"]}`, "no OCPP-J message"},
		{`{"kind":"ocpp","time":"2026-03-01T08:00:00Z","station":"S","frame":{}}`, "no OCPP-J message"},
		{`{"kind":"asset","time":"2026-03-01T08:00:00Z","ids":{"vin":"V"}}`, "asset record without type"},
		{`{"kind":"asset","time":"2026-03-01T08:00:00Z","type":"vehicle"}`, "asset record without ids"},
		{`{"kind":"http"`, "expected a comma or the end of the object"},
		{`{"kind":"http"} {}`, "text behind the end"},
		{`[]`, "expected an object"},
		{"\x00\x01\x02", "NUL byte"},
		{strings.Repeat(`{"a":`, 10_000), "nested too deep"},
		{strings.Repeat(`[`, 10_000), "expected an object"},
		{`{"kind":"http","request":{"headers":{"a":` + strings.Repeat("[", 10_000) + `}}}`, "expected text"},
	} {
		res := decode(t, c.line+"\n"+fmt.Sprintf(http, "", "")+"\n")
		if len(res.Records) != 1 || len(res.Rejected) != 1 || !strings.Contains(res.Rejected[0].Reason, c.reason) || res.Rejected[0].Line != 1 {
			t.Errorf("%.80s: %d records, rejected %+v, want %q", c.line, len(res.Records), res.Rejected, c.reason)
		}
	}
}

func TestLenient(t *testing.T) {
	for name, c := range map[string]struct {
		line  string
		check func(*waywarden.Record) bool
	}{
		"last of a key that comes twice": {strings.Replace(fmt.Sprintf(http, "", ""), `"kind"`, `"time":"2020-01-01T00:00:00Z","request":{"method":"PUT","target":"/x","body":"b"},"kind"`, 1),
			func(r *waywarden.Record) bool {
				return r.At.Year() == 2026 && r.HTTP.Method == "GET" && !r.HTTP.Request.Captured
			}},
		"both of a header that comes twice": {fmt.Sprintf(http, `,"headers":{"a":"1","A":"2"}`, ""),
			func(r *waywarden.Record) bool { return len(r.HTTP.Request.Headers) == 2 }},
		"id that is a number":    {strings.Replace(fmt.Sprintf(http, "", ""), `"kind"`, `"id":12,"kind"`, 1), func(r *waywarden.Record) bool { return r.ID == "12" }},
		"body that is JSON":      {fmt.Sprintf(http, `,"body":{"a":[1]}`, ""), func(r *waywarden.Record) bool { return string(r.HTTP.Request.Body) == `{"a":[1]}` }},
		"empty body":             {fmt.Sprintf(http, `,"body":""`, ""), func(r *waywarden.Record) bool { return r.HTTP.Request.Captured && len(r.HTTP.Request.Body) == 0 }},
		"bytes that are no text": {fmt.Sprintf(http, ",\"body\":\"\xff\x01\"", ""), func(r *waywarden.Record) bool { return string(r.HTTP.Request.Body) == "\xff\x01" }},
		"NUL in text":            {fmt.Sprintf(http, ",\"body\":\"\x00\"", ""), func(r *waywarden.Record) bool { return string(r.HTTP.Request.Body) == "\x00" }},
		"half a surrogate pair":  {fmt.Sprintf(http, `,"body":"\ud83dx"`, ""), func(r *waywarden.Record) bool { return string(r.HTTP.Request.Body) == "\uFFFDx" }},
		"frame in quotes": {`{"kind":"ocpp","time":"2026-03-01T08:00:00Z","station":"S","direction":"out","frame":"[4,\"7\",\"GenericError\",\"d\",{\"a\":1}]"}`,
			func(r *waywarden.Record) bool {
				f := r.OCPP
				return f.Type == 4 && f.Message == "7" && f.Error == "GenericError" && string(f.Payload) == `{"a":1}` && !f.Inbound
			}},
		"result": {`{"kind":"ocpp","time":"2026-03-01T08:00:00Z","station":"S","frame":[3,"7",{"a":1}]}`,
			func(r *waywarden.Record) bool { return r.OCPP.Type == 3 && string(r.OCPP.Payload) == `{"a":1}` }},
	} {
		res := decode(t, c.line)
		if len(res.Records) != 1 || !c.check(res.Records[0]) {
			t.Errorf("%s: %s, rejected %+v", name, sensortest.Dump(append(res.Records, nil)[0]), res.Rejected)
		}
	}
}

func TestBodies(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write([]byte(`{"a":1}`)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	zipped := base64.StdEncoding.EncodeToString(z.Bytes())
	for name, c := range map[string]struct {
		request string
		body    string
		counts  map[string]int64
	}{
		"base64":                       {`,"body":"AAEC","bodyEncoding":"base64"`, "\x00\x01\x02", nil},
		"base64 for URLs":              {`,"bodyEncoding":"base64","body":"__8"`, "\xff\xff", nil},
		"gzip":                         {`,"headers":{"content-encoding":"gzip"},"bodyEncoding":"base64","body":"` + zipped + `"`, `{"a":1}`, nil},
		"gzip said, text sent":         {`,"headers":{"content-encoding":"gzip"},"body":"{}"`, "{}", nil},
		"gzip said, text sent, base64": {`,"headers":{"content-encoding":"gzip"},"bodyEncoding":"base64","body":"e30="`, "{}", nil},
		"broken gzip":                  {`,"headers":{"content-encoding":"gzip"},"bodyEncoding":"base64","body":"H4sAAAAA"`, "", map[string]int64{sensor.CountBodyUndecodable: 1}},
		"no base64":                    {`,"bodyEncoding":"base64","body":"%%"`, "", map[string]int64{sensor.CountBodyUndecodable: 1}},
		"other encoding":               {`,"bodyEncoding":"rot13","body":"a"`, "", map[string]int64{sensor.CountBodyUndecodable: 1}},
		"missing":                      {`,"bodyBytes":12`, "", map[string]int64{sensor.CountBodyMissing: 1}},
		"truncated":                    {`,"bodyBytes":12,"truncated":true,"body":"{\"a\""`, `{"a"`, map[string]int64{sensor.CountBodyTruncated: 1}},
	} {
		res := decode(t, fmt.Sprintf(http, c.request, ""))
		if len(res.Records) != 1 {
			t.Errorf("%s: rejected %+v", name, res.Rejected)
			continue
		}
		if got := string(res.Records[0].HTTP.Request.Body); got != c.body {
			t.Errorf("%s: body %q, want %q", name, got, c.body)
		}
		if c.counts == nil {
			c.counts = map[string]int64{}
		}
		if diff := cmp.Diff(c.counts, res.Counts); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestManyHeaders(t *testing.T) {
	var b strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&b, `,"x-%d":"v"`, i)
	}
	res := decode(t, fmt.Sprintf(http, `,"headers":{`+b.String()[1:]+`}`, ""))
	if n := len(res.Records[0].HTTP.Request.Headers); n != 1024 || res.Counts[sensor.CountHeadersCut] != 50_000-1024 {
		t.Errorf("%d headers kept, counted %v", n, res.Counts)
	}
}

// A line of 100 MB is skipped in bounded memory.
func TestLongLine(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	long := &repeater{n: 100 << 20}
	in := multi(strings.NewReader(fmt.Sprintf(http, "", "")+"\n{\"body\":\""), long, strings.NewReader("\"}\n"+fmt.Sprintf(http, "", "")+"\n"))
	res, err := sensortest.Decode(t.Context(), records.Format{}, in)
	runtime.ReadMemStats(&after)
	if err != nil || len(res.Records) != 2 || len(res.Rejected) != 1 || res.Rejected[0].Line != 2 || !strings.Contains(res.Rejected[0].Reason, sensor.ErrLineTooLong.Error()) {
		t.Errorf("error %v, %d records, rejected %+v", err, len(res.Records), res.Rejected)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 128<<20 {
		t.Errorf("%d MB allocated", grown>>20)
	}
	if res.Records[0].ID == res.Records[1].ID {
		t.Error("the same line twice has the same id twice")
	}
}

// A secret in a line that is rejected does not get into rejected.ndjson.
func TestRejectionHasNoSecrets(t *testing.T) {
	for _, secret := range []string{
		`"authorization":"Bearer s3cr3t"`, `"Cookie":"sid=s3cr3t; a=b"`, `\"password\":\"s3cr3t\"`, `"x-api-key": "s3cr3t"`, `access_token=s3cr3t&a=b`,
		`{"refreshToken":["s3cr3t"]}`, `"pin":s3cr3t`, `client_secret=s3cr3t`, `"Set-Cookie":"JSESSIONID=s3cr3t"`,
	} {
		res := decode(t, `{"kind":"http",`+secret+`{{{`)
		if len(res.Rejected) != 1 || strings.Contains(res.Rejected[0].Raw, "s3cr3t") {
			t.Errorf("%s: %+v", secret, res.Rejected)
		}
	}
	jwt := "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJl"
	if raw := decode(t, `{"kind":"http","x":"`+jwt).Rejected[0].Raw; strings.Contains(raw, "eyJzdWIi") || !strings.Contains(raw, `"kind":"http"`) {
		t.Errorf("%s", raw)
	}
}

// What the scanner reads is what encoding/json reads.
func TestSameAsEncodingJSON(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.Float64(), func(f float64) any { return f }), rapid.Map(rapid.Int64(), func(i int64) any { return i }),
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil),
	)
	rapid.Check(t, func(t *rapid.T) {
		signals := rapid.MapOfN(rapid.String(), value, 1, 30).Draw(t, "signals")
		body := rapid.String().Draw(t, "body")
		at := time.Unix(rapid.Int64Range(-9e9, 9e9).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanos"))
		at = at.In(time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "zone")))
		signal, err := json.Marshal(map[string]any{"kind": "signal", "time": at, "vehicle": map[string]string{"vin": "V"}, "signals": signals})
		if err != nil {
			t.Fatal(err)
		}
		call, err := json.MarshalIndent(map[string]any{
			"kind": "http", "time": at, "id": rapid.String().Draw(t, "id"), "client": map[string]any{"ip": "::1"}, "server": map[string]any{"host": "h", "port": 1},
			"request": map[string]any{"method": "GET", "target": "/", "body": body, "bodyBytes": len(body)},
		}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		in := string(signal) + "\n" + strings.ReplaceAll(string(call), "\n", "") + "\n"
		res, err := sensortest.Decode(context.Background(), records.Format{}, strings.NewReader(in))
		if err != nil || len(res.Records) != 2 {
			t.Fatalf("%v %+v of %s", err, res.Rejected, in)
		}
		if string(res.Records[1].HTTP.Request.Body) != body || !res.Records[1].At.Equal(at) {
			t.Fatalf("body %q of %q", res.Records[1].HTTP.Request.Body, in)
		}
		var want struct{ Signals map[string]any }
		if err := json.Unmarshal(signal, &want); err != nil {
			t.Fatal(err)
		}
		for _, v := range res.Records[0].Signal.Values {
			var got any
			switch v.Value.Kind {
			case waywarden.ValueBool:
				got = v.Value.Number != 0
			case waywarden.ValueNumber:
				got = v.Value.Number
			case waywarden.ValueText:
				got = v.Value.Text
			}
			if diff := cmp.Diff(want.Signals[v.Name], got); diff != "" {
				t.Fatalf("%q: %s", v.Name, diff)
			}
			delete(want.Signals, v.Name)
		}
		if len(want.Signals) > 0 {
			t.Fatalf("missing %v", want.Signals)
		}
	})
}
