package pcap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c" //nolint:staticcheck // net/http has no server that is upgraded

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// talk sends what the client says through real sockets to server, until the answer ends with until, and returns the
// recording.
func talk(t *testing.T, server string, steps ...[2]string) []sensortest.Packet {
	t.Helper()
	var rec recorder
	conn, err := net.Dial("tcp", rec.record(t, server))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if _, err := io.WriteString(conn, step[0]); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for buf := make([]byte, 4096); !strings.Contains(string(got), step[1]); {
			n, err := conn.Read(buf)
			if got = append(got, buf[:n]...); err != nil {
				t.Fatalf("read %q, wanted %q: %v", got, step[1], err)
			}
		}
	}
	conn.Close()
	return rec.packets()[0]
}

func TestRealPipelining(t *testing.T) {
	get := func(n int) string { return fmt.Sprintf("GET /p/%d HTTP/1.1\r\nHost: api.example\r\n\r\n", n) }
	packets := talk(t, serve(t, http.HandlerFunc(echo)), [2]string{get(1) + get(2) + "HEAD /p HTTP/1.1\r\nHost: api.example\r\n\r\n" + get(3), "/p/3\",\r\n8\r\n\"got\":0}\r\n0\r\n\r\n"})
	wantRecords(t, decode(t, packets), `GET api.example/p/1 "" -> 200 "{\"path\":\"/p/1\",\"got\":0}"`, `GET api.example/p/2 "" -> 200 "{\"path\":\"/p/2\",\"got\":0}"`,
		`HEAD api.example/p "" -> 200 ""`, `GET api.example/p/3 "" -> 200 "{\"path\":\"/p/3\",\"got\":0}"`)
}

func TestRealContinue(t *testing.T) {
	head := "POST /%s HTTP/1.1\r\nHost: api.example\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "got %s", body)
	}))
	wantRecords(t, decode(t, talk(t, server, [2]string{fmt.Sprintf(head, "a"), "100 Continue\r\n\r\n"}, [2]string{"body", "got body"})),
		`POST api.example/a "body" -> 200 "got body"`)
	c := dial() // a client that is refused and goes on
	c.Send(fmt.Appendf(nil, head, "a"))
	c.Answer([]byte("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"))
	c.Send([]byte(ask))
	c.Answer([]byte(ok))
	wantRecords(t, decode(t, c.Packets()), `POST api.example/a "" -> 417 ""`, sumAsk)
}

func TestRealUpgradeToHTTP2(t *testing.T) {
	h := h2c.NewHandler( //nolint:staticcheck // as above
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }), &http2.Server{}) //nolint:staticcheck // as above
	var out bytes.Buffer
	f := http2.NewFramer(&out, nil)
	frames := func(err error) string {
		if err != nil {
			t.Fatal(err)
		}
		defer out.Reset()
		return out.String()
	}
	preface := http2.ClientPreface + frames(f.WriteSettings())
	// :method GET, :scheme http, :path /index.html of the static table, :authority x
	get := frames(f.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: []byte{0x82, 0x86, 0x85, 0x41, 1, 'x'}, EndHeaders: true, EndStream: true}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	packets := talk(t, l.Addr().String(),
		[2]string{"GET /first HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", "101 Switching"},
		[2]string{preface, "/first"}, [2]string{get, "/index.html"})
	wantRecords(t, decode(t, packets), `GET api.example/first "" -> 200 "/first"`, `GET x/index.html "" -> 200 "/index.html"`)
}

func TestRealTrailers(t *testing.T) {
	var rec recorder
	addr := rec.record(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Trailer", "Grpc-Status")
		fmt.Fprint(w, "message")
		w.(http.Flusher).Flush()
		w.Header().Set("Grpc-Status", r.Trailer.Get("Sum"))
	})))
	for _, two := range []bool{false, true} {
		var p http.Protocols
		p.SetHTTP1(!two)
		p.SetUnencryptedHTTP2(two)
		tr := &http.Transport{Protocols: &p}
		req, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr+"/pkg.Service/Method", io.MultiReader(strings.NewReader("question")))
		if err != nil {
			t.Fatal(err)
		}
		req.Trailer = http.Header{"Sum": {"7"}}
		resp, err := (&http.Client{Transport: tr}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		tr.CloseIdleConnections()
	}
	res := decode(t, rec.packets()...)
	if len(res.Records) != 2 {
		t.Fatalf("%d records", len(res.Records))
	}
	for _, r := range res.Records {
		tx := r.HTTP
		if tx.Request.Headers.First("sum") != "7" || tx.Response.Headers.First("grpc-status") != "7" || string(tx.Request.Body) != "question" || string(tx.Response.Body) != "message" {
			t.Errorf("version %s: %v %v", tx.Version, tx.Request.Headers, tx.Response.Headers)
		}
	}
}

func TestConnect(t *testing.T) {
	c := dial()
	c.Send([]byte("CONNECT inner.example:443 HTTP/1.1\r\nHost: inner.example:443\r\n\r\n"))
	c.Answer([]byte("HTTP/1.1 200 Established\r\n\r\n"))
	plain := *c
	c.Send([]byte{22, 3, 1, 0, 5, 1, 0, 0, 1, 3})
	const sum = `CONNECT inner.exampleinner.example:443 "" -> 200 ""`
	res := decode(t, c.Packets())
	wantRecords(t, res, sum)
	if res.Counts[sensor.CountStreamEncrypted] != 1 {
		t.Errorf("counts %v", res.Counts)
	}
	plain.Send([]byte(ask))
	plain.Answer([]byte(ok))
	wantRecords(t, decode(t, plain.Packets()), sum, sumAsk)
}

func TestProxyForm(t *testing.T) {
	c := dial()
	c.Send([]byte("GET http://u:p@Other.Example:81/a?b HTTP/1.1\r\nHost: proxy\r\n\r\nGET http://other.example?b HTTP/1.1\r\nHost: proxy\r\n\r\nOPTIONS * HTTP/1.1\r\n\r\n"))
	wantRecords(t, decode(t, c.Packets()), `GET other.example/a?b "" -> 0 ""`, `GET other.example/?b "" -> 0 ""`, `OPTIONS 198.51.100.1* "" -> 0 ""`)
}

func TestOtherSockets(t *testing.T) {
	open := func(asked, agreed string) *sensortest.Conversation {
		c := dial()
		c.Send([]byte("GET /ws/CP1 HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\n" + asked + "\r\n"))
		c.Answer([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n" + agreed + "\r\n"))
		return c
	}
	const boot, call = `[2,"1","Heartbeat",{}]`, `GET csms.example/ws/CP1 "" -> 101 ""`
	c := open("Sec-WebSocket-Protocol: mqtt\r\n", "Sec-WebSocket-Protocol: mqtt\r\n")
	c.Send(sensortest.TextFrame([]byte(boot), true))
	res := decode(t, c.Packets())
	wantRecords(t, res, call)
	if res.Counts[sensor.CountStreamUndecodable] != 1 {
		t.Errorf("mqtt: counts %v", res.Counts)
	}
	c = open("", "") // says what it is by its messages
	c.Send(sensortest.TextFrame([]byte(boot), true))
	c.Answer(sensortest.TextFrame([]byte(`[3,"1",{}]`), false))
	wantRecords(t, decode(t, c.Packets()), `CP1  in=true event=1 0   `, `CP1  in=true event=0 2 1 Heartbeat {}`, `CP1  in=false event=0 3 1  {}`)
	c = open("", "")
	c.Send(sensortest.TextFrame([]byte(`{"chat":"hello"}`), true))
	res = decode(t, c.Packets())
	wantRecords(t, res, call)
	if res.Counts[sensor.CountStreamUndecodable] != 1 {
		t.Errorf("chat: counts %v", res.Counts)
	}
	wantRecords(t, decode(t, open("", "").Packets()), call)
	c = open("Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6\r\n", "") // a server that forgets to choose
	c.Send(sensortest.TextFrame([]byte(`not OCPP`), true))
	res = decode(t, c.Packets())
	wantRecords(t, res, `CP1 2.0.1 in=true event=1 0   `)
	if len(res.Rejected) != 1 || res.Rejected[0].Offset != 6 {
		t.Errorf("rejected %+v", res.Rejected)
	}
}

func TestASocketMayBeSilentForHours(t *testing.T) {
	c := dial()
	c.Send([]byte(upgrade))
	c.Answer([]byte(accepted + "\r\n"))
	var others [][]sensortest.Packet
	for i := range 20 { // traffic that moves time on
		other := sensortest.Dial("203.0.113.6", uint16(41000+i), "198.51.100.1", 80, start.Add(time.Duration(i)*time.Hour))
		other.Send([]byte(askGet))
		others = append(others, other.Packets())
	}
	c.At = start.Add(20 * time.Hour)
	c.Send(sensortest.TextFrame([]byte(`[2,"1","Heartbeat",{}]`), true))
	late := c.Packets()[5:]
	res := decode(t, append(append([][]sensortest.Packet{c.Packets()[:5]}, others...), late)...)
	if n := len(res.Records); n != 22 || res.Records[n-1].OCPP == nil && res.Records[n-2].OCPP == nil {
		t.Errorf("%d records, counts %v", n, res.Counts)
	}
}

func TestAResetSocketIsClosed(t *testing.T) {
	c := dial()
	c.Send([]byte(upgrade))
	c.Answer([]byte(accepted + "\r\n"))
	broken := *c
	c.Close()
	reset := append([]sensortest.Packet{}, broken.Packets()...)
	fin := bytes.Clone(c.Packets()[5].Data)
	fin[14+20+13] = 0x14 // RST, ACK
	reset = append(reset, sensortest.Packet{At: c.Packets()[5].At, Data: fin})
	for name, packets := range map[string][]sensortest.Packet{"closed": c.Packets(), "reset": reset} {
		res := decode(t, packets)
		if len(res.Records) != 2 || res.Records[1].OCPP.CloseCode != 1006 || !res.Records[1].At.Equal(c.Packets()[5].At) {
			t.Errorf("%s: %d records", name, len(res.Records))
		}
	}
}

func TestSockets(t *testing.T) {
	for target, want := range map[string]string{"/ocpp/a%2Fb/": "a/b", "/x?y=/z": "x", "/%zz": "%zz", "/": "me", "/?a": "me"} {
		tx := waywarden.Transaction{Target: target, Request: waywarden.Message{Headers: waywarden.Headers{{Name: "authorization", Value: "Basic bWU6cHc="}}}}
		if got := station(&tx); got != want {
			t.Errorf("%s: station %s, want %s", target, got, want)
		}
	}
	if got := station(&waywarden.Transaction{Target: "/", Client: waywarden.Client{IP: "192.0.2.9"}}); got != "192.0.2.9" {
		t.Errorf("station %s", got)
	}
}

func TestLargeBodies(t *testing.T) {
	c := dial()
	body := strings.Repeat("0123456789", 30_000)
	c.Send(fmt.Appendf(nil, "POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	c.Answer(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body))
	c.Send([]byte(ask))
	c.Answer([]byte(ok))
	for name, f := range map[string]Format{"of a body": {BodyLimit: 1000}, "of all": {Room: 1000}} {
		res, err := sensortest.Decode(t.Context(), f, bytes.NewReader(sensortest.Capture(c.Packets())))
		if err != nil || len(res.Records) != 2 || summary(res.Records[1]) != sumAsk {
			t.Fatalf("%s: %d records, %v", name, len(res.Records), err)
		}
		for _, m := range []waywarden.Message{res.Records[0].HTTP.Request, res.Records[0].HTTP.Response} {
			if !m.Truncated || m.BodyBytes != int64(len(body)) || len(m.Body) > 1000 || !strings.HasPrefix(body, string(m.Body)) {
				t.Errorf("limit %s: truncated %v, %d of %d bytes", name, m.Truncated, len(m.Body), m.BodyBytes)
			}
		}
	}
}

func TestWhatIsCut(t *testing.T) {
	c := dial()
	c.Send([]byte(askGet))
	c.Answer([]byte("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"))
	res := decode(t, c.Packets())
	wantRecords(t, res, `GET api.example/cars "" -> 200 "half"`)
	if m := res.Records[0].HTTP.Response; !m.Truncated || m.BodyBytes != 50 || res.Counts[sensor.CountBodyTruncated] != 1 {
		t.Errorf("%+v", m)
	}
	c = dial()
	c.Send([]byte(askGet))
	c.Answer([]byte("HTTP/1.0 200 OK\r\n\r\nuntil the end"))
	open := decode(t, c.Packets())
	c.Close()
	closed := decode(t, c.Packets())
	if m := open.Records[0].HTTP.Response; !m.Truncated || m.BodyBytes != -1 {
		t.Errorf("open: %+v", m)
	}
	if m := closed.Records[0].HTTP.Response; m.Truncated || m.BodyBytes != 13 {
		t.Errorf("closed: %+v", m)
	}
}

func TestLinksAndFilesThatCannotBeRead(t *testing.T) {
	file := sample()
	foreign := bytes.Clone(file)
	binary.LittleEndian.PutUint32(foreign[20:], 147)
	for name, in := range map[string][]byte{"link": foreign, "end": file[:len(file)-3], "magic": []byte("no capture"), "packet": append(bytes.Clone(file), bytes.Repeat([]byte{0xff}, 32)...)} {
		res, err := sensortest.Decode(t.Context(), Format{}, bytes.NewReader(in))
		if err != nil || len(res.Rejected) != 1 || res.Rejected[0].Reason == "" {
			t.Errorf("%s: %v, rejected %+v", name, err, res.Rejected)
		}
		if want := map[string]int{"end": 3, "packet": 4}[name]; len(res.Records) != want {
			t.Errorf("%s: %d records, want %d", name, len(res.Records), want)
		}
	}
}

// TestMemory opens connections that never end: what is kept does not grow with them.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	r, w := io.Pipe()
	go func() {
		first := sensortest.Capture()
		_, _ = w.Write(first)
		for i := range 30_000 {
			c := sensortest.Dial(fmt.Sprintf("10.0.%d.%d", i>>8&255, i&255), uint16(1024+i>>16), "198.51.100.1", 80, start.Add(time.Duration(i)*time.Millisecond))
			c.Send([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat("x", 1300)))
			if _, err := w.Write(sensortest.Capture(c.Packets())[len(first):]); err != nil {
				return
			}
		}
		w.Close()
	}()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	out := sensor.Output{Reject: func(sensor.Rejection) {}, Count: func(string, int64) {}, Record: func(*waywarden.Record) error {
		if n++; n == 25_000 {
			runtime.GC()
			runtime.ReadMemStats(&after)
		}
		return nil
	}}
	if err := (Format{Conns: 1000, Room: 1 << 20}).Decode(t.Context(), sensor.Input{Name: "pipe", R: r}, out); err != nil {
		t.Fatal(err)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); n != 30_000 || grown > 20<<20 {
		t.Errorf("%d records, the heap grew by %d MB", n, grown>>20)
	}
}
