package accesslog_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/accesslog"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

const (
	combined = `203.0.113.7 - - [01/Mar/2026:09:00:00 +0100] "GET /api/v1/vehicles/42?x=%20y HTTP/1.1" 200 512 "-" "okhttp/4.12.0"
api.oem.example:8443 203.0.113.8 - frank [01/Mar/2026:08:00:01 +0000] "POST /login HTTP/2.0" 401 - "https://a.example/" "agent \"x\" \xC3\xBC"
198.51.100.9 - - [01/Mar/2026:08:00:02 +0000] "DELETE /v2/x HTTP/1.1" 204 0
203.0.113.9 - - [01/Mar/2026:08:00:03 +0000] "GET /a HTTP/1.1" 200 1 "-" "curl/8" 812 0.042 [ns-svc-80] [] 10.0.0.5:8080 1 0.041 200 5f0c1d2e3b4a59687f0c1d2e3b4a5968
10.0.0.1 - - [01/Mar/2026:08:00:04 +0000] "GET /b HTTP/1.1" 200 1 "-" "curl/8" "203.0.113.10, 10.1.1.1" 0.250 host=shop.example
`
	envoy = `[2026-03-01T08:00:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations:8080" "tcp://10.0.2.1:80"
[2026-03-01T08:00:01.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 "-" "curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin.foo.svc.cluster.local default
`
	alb = `https 2026-03-01T08:00:00.186641Z app/my-lb/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 10 57 "GET https://www.example.com:443/a?b=c HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678" 1 2026-03-01T08:00:00.015000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-"
http 2026-03-01T08:00:05.186641Z app/my-lb/50dc6c495c0c9188 203.0.113.39:2817 - -1 -1 -1 503 - 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:x "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 0 2026-03-01T08:00:05.364000Z "forward" "-" "-" "-" "-" "-" "-"
`
	jsonLog = `{"time_iso8601":"2026-03-01T08:00:00+00:00","remote_addr":"203.0.113.7","host":"api.oem.example","request_method":"GET","request_uri":"/v/1?a=b","server_protocol":"HTTP/1.1","status":"200","body_bytes_sent":"17","request_time":"0.042","http_user_agent":"okhttp/4","http_x_api_key":"k","sent_http_content_type":"application/json","request_id":"r-1"}
{"start_time":"2026-03-01T08:00:01.5Z","method":"POST","path":"/v/2?x=1","protocol":"HTTP/2","response_code":201,"response_flags":"-","bytes_received":11,"bytes_sent":5,"duration":12,"x_forwarded_for":"203.0.113.8","user_agent":"curl","request_id":"r-2","authority":"api.oem.example:8443","upstream_host":"10.0.0.1:80"}
{"requestId":"r-3","ip":"203.0.113.9","requestTime":"01/Mar/2026:08:00:02 +0000","httpMethod":"GET","resourcePath":"/pets/{id}","path":"/prod/pets/7","status":"404","protocol":"HTTP/1.1","responseLength":"42","domainName":"x1.execute-api.eu-west-1.amazonaws.com"}
{"request":{"method":"GET","uri":"/get?a=1","url":"https://shop.example:8443/get?a=1","size":"75","querystring":{"a":"1"},"headers":{"accept":"*/*","host":"shop.example","authorization":"Bearer t"},"tls":{"version":"TLSv1.3"}},"upstream_uri":"/","response":{"status":200,"size":"434","headers":{"content-type":"application/json","via":["a","b"]}},"route":{"id":"x","hosts":["a"]},"consumer":{"username":"demo","id":"c-1"},"latencies":{"proxy":1430,"kong":9,"request":1921},"client_ip":"203.0.113.10","started_at":1772352003425}
{"level":"info","ts":1772352004.25,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"203.0.113.11","remote_port":"4","proto":"HTTP/2.0","method":"PUT","host":"caddy.example","uri":"/p","headers":{"User-Agent":["curl/8"]},"tls":{"version":772}},"duration":0.0009,"size":3,"status":200,"resp_headers":{"Content-Type":["text/plain"]}}
{"ClientAddr":"203.0.113.12:4","ClientHost":"203.0.113.12","Duration":2500000,"RequestMethod":"GET","RequestPath":"/t","RequestHost":"traefik.example","RequestProtocol":"HTTP/1.1","DownstreamStatus":200,"DownstreamContentSize":9,"StartUTC":"2026-03-01T08:00:05.000000001Z","time":"2026-03-01T08:00:06Z"}
`
)

var samples = []struct {
	format  accesslog.Format
	sample  string
	records int
}{
	{accesslog.Combined(), combined, 5}, {accesslog.Envoy(), envoy, 2}, {accesslog.ALB(), alb, 2}, {accesslog.JSON(), jsonLog, 6},
}

func TestContract(t *testing.T) {
	for i, s := range samples {
		t.Run(s.format.Name(), func(t *testing.T) {
			foreign := [][]byte{
				[]byte(`{"log":{"version":"1.2","creator":{},"entries":[]}}`), []byte(`{"resourceSpans":[]}`),
				[]byte(`{"kind":"signal","time":"2026-03-01T08:00:00Z","vehicle":{"vin":"V"},"signals":{"a":1}}`),
			}
			for j, other := range samples {
				if i != j {
					foreign = append(foreign, []byte(other.sample))
				}
			}
			sensortest.Run(t, sensortest.Case{Format: s.format, Sample: []byte(s.sample), Records: s.records, Foreign: foreign})
		})
	}
}

func FuzzCombined(f *testing.F) { sensortest.Fuzz(f, accesslog.Combined(), []byte(combined)) }
func FuzzEnvoy(f *testing.F)    { sensortest.Fuzz(f, accesslog.Envoy(), []byte(envoy)) }
func FuzzALB(f *testing.F)      { sensortest.Fuzz(f, accesslog.ALB(), []byte(alb)) }
func FuzzJSON(f *testing.F)     { sensortest.Fuzz(f, accesslog.JSON(), []byte(jsonLog)) }

func decode(t *testing.T, f sensor.Format, in string) sensortest.Result {
	t.Helper()
	res, err := sensortest.Decode(t.Context(), f, strings.NewReader(in))
	if err != nil || len(res.Rejected) > 0 {
		t.Fatalf("%s: %v %+v", f.Name(), err, res.Rejected)
	}
	return res
}

// short is a call in one line: time, id if the log had it, client, server, request, status, sizes, duration.
func short(r *waywarden.Record) string {
	t := r.HTTP
	id := r.ID
	if strings.HasPrefix(id, "x-") {
		id = "x"
	}
	scheme := "http"
	if t.Server.TLS {
		scheme = "https"
	}
	return strings.Join([]string{
		r.At.Format("15:04:05.999"), id, t.Client.IP, scheme, t.Server.Host, itoa(int64(t.Server.Port)), t.Method, t.Target, t.Version,
		itoa(int64(t.Status)), itoa(t.Request.BodyBytes), itoa(t.Response.BodyBytes), t.Duration.Round(10 * time.Microsecond).String(),
	}, " ")
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestFields(t *testing.T) {
	want := map[string][]string{
		"combined": {
			"08:00:00 x 203.0.113.7 https unknown.invalid 0 GET /api/v1/vehicles/42?x=%20y 1.1 200 -1 512 0s",
			"08:00:01 x 203.0.113.8 https api.oem.example 8443 POST /login 2 401 -1 0 0s",
			"08:00:02 x 198.51.100.9 https unknown.invalid 0 DELETE /v2/x 1.1 204 -1 0 0s",
			"08:00:03 5f0c1d2e3b4a59687f0c1d2e3b4a5968 203.0.113.9 https unknown.invalid 0 GET /a 1.1 200 -1 1 42ms",
			"08:00:04 x 203.0.113.10 https shop.example 0 GET /b 1.1 200 -1 1 250ms",
		},
		"envoy": {
			"08:00:00.31 cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2 10.0.35.28 https locations 8080 POST /api/v1/locations 2 204 154 0 226ms",
			"08:00:01.409 84961386-6d84-929d-98bd-c5aee93b5c88 10.44.1.23 https httpbin 8000 GET /status/418 1.1 418 0 135 4ms",
		},
		"alb": {
			"08:00:00.015 x 192.168.131.39 https www.example.com 443 GET /a?b=c 1.1 200 10 57 171ms",
			"08:00:05.364 x 203.0.113.39 http www.example.com 80 GET / 1.1 503 34 366 0s",
		},
		"json-log": {
			"08:00:00 r-1 203.0.113.7 https api.oem.example 0 GET /v/1?a=b 1.1 200 -1 17 42ms",
			"08:00:01.5 r-2 203.0.113.8 https api.oem.example 8443 POST /v/2?x=1 2 201 11 5 12ms",
			"08:00:02 r-3 203.0.113.9 https x1.execute-api.eu-west-1.amazonaws.com 0 GET /prod/pets/7 1.1 404 -1 42 0s",
			"08:00:03.425 x 203.0.113.10 https shop.example 0 GET /get?a=1  200 75 434 1.921s",
			"08:00:04.25 x 203.0.113.11 https caddy.example 0 PUT /p 2 200 -1 3 900µs",
			"08:00:05 x 203.0.113.12 https traefik.example 0 GET /t 1.1 200 -1 9 2.5ms",
		},
	}
	for _, s := range samples {
		res := decode(t, s.format, s.sample)
		for i, r := range res.Records {
			if got := short(r); got != want[s.format.Name()][i] {
				t.Errorf("%s, line %d:\n got %s\nwant %s", s.format.Name(), i+1, got, want[s.format.Name()][i])
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	list := decode(t, accesslog.Combined(), combined).Records
	if h := list[1].HTTP.Request.Headers; h.First("user-agent") != `agent "x" ü` || h.First("authorization") != "Basic ZnJhbms6" {
		t.Errorf("combined: %+v", h)
	}
	list = decode(t, accesslog.JSON(), jsonLog).Records
	if h := list[0].HTTP.Request.Headers; h.First("user-agent") != "okhttp/4" || h.First("x-api-key") != "k" {
		t.Errorf("nginx: %+v", h)
	}
	if h := list[0].HTTP.Response.Headers; h.First("content-type") != "application/json" {
		t.Errorf("nginx: %+v", h)
	}
	if h := list[3].HTTP.Request.Headers; h.First("authorization") != "Bearer t" {
		t.Errorf("kong: %+v", h)
	}
	if h := list[4].HTTP.Response.Headers; h.First("content-type") != "text/plain" {
		t.Errorf("caddy: %+v", h)
	}
}

// What a log does not carry is counted.
func TestCounts(t *testing.T) {
	res := decode(t, accesslog.Combined(), combined)
	for name, want := range map[string]int64{sensor.CountHostMissing: 3, sensor.CountHeadersMissing: 4, sensor.CountBodyMissing: 4} {
		if res.Counts[name] != want {
			t.Errorf("%s: %d, want %d", name, res.Counts[name], want)
		}
	}
}

func TestRejected(t *testing.T) {
	for _, line := range []string{
		`203.0.113.7 - - [01/Mar/2026:08:00:00 +0000] "\x16\x03\x01" 400 150 "-" "-"`,
		`203.0.113.7 - - [99/Mar/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 1`, `2026/03/01 08:00:00 [error] 7#7: *1 open() failed`,
	} {
		res, err := sensortest.Decode(t.Context(), accesslog.Combined(), strings.NewReader(line+"\n"+combined))
		if err != nil || len(res.Rejected) != 1 || res.Rejected[0].Line != 1 || len(res.Records) != 5 {
			t.Errorf("%s: %v, %+v", line, err, res.Rejected)
		}
	}
}

// The forms of the same calls carry the same requests.
func TestForms(t *testing.T) {
	records := decode(t, accesslog.JSON(), jsonLog).Records
	for _, form := range []struct {
		format sensor.Format
		data   []byte
	}{{accesslog.Combined(), sensortest.ToCombined(records)}, {accesslog.JSON(), sensortest.ToJSONLog(records)}} {
		if form.format.Detect(form.data) < 50 {
			t.Errorf("%s does not know %s", form.format.Name(), form.data)
		}
		got := decode(t, form.format, string(form.data)).Records
		for i, r := range records {
			a, b := r.HTTP, got[i].HTTP
			if a.Method != b.Method || a.Target != b.Target || a.Server.Host != b.Server.Host || a.Status != b.Status || a.Client.IP != b.Client.IP {
				t.Errorf("%s: %s became %s", form.format.Name(), short(r), short(got[i]))
			}
		}
	}
	if !bytes.Contains(sensortest.ToRecords(records), []byte(`"kind":"http"`)) {
		t.Error("no records")
	}
}
