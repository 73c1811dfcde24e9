package pcap

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ws "golang.org/x/net/websocket"

	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// A recorder carries connections between real peers and writes down what they say.
type recorder struct {
	mu    sync.Mutex
	conns []*sensortest.Conversation
	wg    sync.WaitGroup
}

// record listens in front of server and returns the address to call.
func (r *recorder) record(t *testing.T, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				return
			}
			r.mu.Lock()
			c := sensortest.Dial("203.0.113.5", uint16(40000+len(r.conns)), "198.51.100.1", 80, start.Add(time.Duration(len(r.conns))*time.Hour))
			r.conns = append(r.conns, c)
			r.mu.Unlock()
			r.wg.Add(2)
			go r.pump(client, up, c.Send)
			go r.pump(up, client, c.Answer)
		}
	}()
	return l.Addr().String()
}

func (r *recorder) pump(from, to net.Conn, write func([]byte)) {
	defer r.wg.Done()
	defer to.Close()
	buf := make([]byte, 700)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			r.mu.Lock()
			write(buf[:n])
			r.mu.Unlock()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// packets returns the recording once all connections are closed.
func (r *recorder) packets() [][]sensortest.Packet {
	r.wg.Wait()
	var out [][]sensortest.Packet
	for _, c := range r.conns {
		c.Close()
		out = append(out, c.Packets())
	}
	return out
}

// serve starts a server of net/http that speaks HTTP/1 and cleartext HTTP/2.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, Protocols: &p, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// echo answers with what it was sent, chunked, and compressed when the client takes that.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	var to io.Writer = w
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		to = z
	}
	fmt.Fprintf(to, `{"path":%q,`, r.URL.Path)
	w.(http.Flusher).Flush()
	fmt.Fprintf(to, `"got":%d}`, len(body))
}

func TestRealPeers(t *testing.T) {
	for name, set := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"HTTP/2":   func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		t.Run(name, func(t *testing.T) {
			var rec recorder
			addr := rec.record(t, serve(t, http.HandlerFunc(echo)))
			var p http.Protocols
			set(&p)
			tr := &http.Transport{Protocols: &p, DisableCompression: true}
			client := &http.Client{Transport: tr}
			var want []string
			for i := range 30 {
				body := strings.Repeat("x", i*997)
				req, err := http.NewRequestWithContext(t.Context(), "POST", fmt.Sprintf("http://%s/v1/cars/%d?i=%d", addr, i, i), strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				req.Host = "api.example"
				req.Header.Set("X-Caller", fmt.Sprint("u", i%3))
				if i%2 == 0 {
					req.Header.Set("Accept-Encoding", "gzip")
				}
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				want = append(want, fmt.Sprintf(`POST api.example/v1/cars/%d?i=%d %q -> 200 %q`, i, i, body, fmt.Sprintf(`{"path":"/v1/cars/%d","got":%d}`, i, len(body))))
			}
			tr.CloseIdleConnections()
			res := decode(t, rec.packets()...)
			var got []string
			for _, r := range res.Records {
				got = append(got, summary(r))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%d records, want %d; counts %v", len(got), len(want), res.Counts)
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Fatalf("first difference\n  %.200s\n  %.200s", got[i], want[i])
					}
				}
			}
		})
	}
}

func TestRealWebSocket(t *testing.T) {
	var rec recorder
	server := ws.Server{
		Handshake: func(c *ws.Config, _ *http.Request) error { c.Protocol = []string{"ocpp2.0.1"}; return nil },
		Handler: func(conn *ws.Conn) {
			var msg string
			for ws.Message.Receive(conn, &msg) == nil {
				_ = ws.Message.Send(conn, `[3,"`+strings.Split(msg, `"`)[1]+`",{}]`)
			}
		},
	}
	addr := rec.record(t, serve(t, server))
	config, err := ws.NewConfig("ws://"+addr+"/csms/ST-7", "http://localhost/")
	if err != nil {
		t.Fatal(err)
	}
	config.Protocol = []string{"ocpp2.0.1", "ocpp1.6"}
	conn, err := ws.DialConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := ws.Message.Send(conn, fmt.Sprintf(`[2,"m%d","Heartbeat",{"pad":%q}]`, i, strings.Repeat("p", i*400))); err != nil {
			t.Fatal(err)
		}
		var answer string
		if err := ws.Message.Receive(conn, &answer); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	res := decode(t, rec.packets()...)
	in, out := 0, 0
	for _, r := range res.Records {
		f := r.OCPP
		if f == nil || f.Station != "ST-7" || f.Version != "2.0.1" {
			t.Fatalf("record %s", summary(r))
		}
		switch {
		case f.Type == 2 && f.Inbound && f.Action == "Heartbeat":
			in++
		case f.Type == 3 && !f.Inbound:
			out++
		}
	}
	if in != 5 || out != 5 || len(res.Records) != 12 {
		t.Errorf("%d calls, %d answers, %d records; counts %v", in, out, len(res.Records), res.Counts)
	}
}

// TestHTTP2BegunMidway: header compression has a state that a capture begun later does not know.
func TestHTTP2BegunMidway(t *testing.T) {
	var rec recorder
	addr := rec.record(t, serve(t, http.HandlerFunc(echo)))
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	tr := &http.Transport{Protocols: &p}
	for range 3 {
		resp, err := (&http.Client{Transport: tr}).Get("http://" + addr + "/a")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	tr.CloseIdleConnections()
	packets := rec.packets()[0]
	res, err := sensortest.Decode(t.Context(), Format{}, bytes.NewReader(sensortest.Capture(packets[8:])))
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Records) != 0 || res.Counts[sensor.CountStreamMidway] == 0 || res.Counts[sensor.CountStreamUndecodable] == 0 {
		t.Errorf("%d records were guessed; counts %v", len(res.Records), res.Counts)
	}
}
