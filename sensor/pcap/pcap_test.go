package pcap

import (
	"bytes"
	"compress/flate"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/capture"
	"github.com/waywarden/waywarden/internal/http2"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func dial() *sensortest.Conversation {
	return sensortest.Dial("203.0.113.5", 40001, "198.51.100.1", 8080, start)
}

func decode(t *testing.T, packets ...[]sensortest.Packet) sensortest.Result {
	t.Helper()
	res, err := sensortest.Decode(t.Context(), Format{}, bytes.NewReader(sensortest.Capture(packets...)))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range res.Records {
		if bad := sensortest.Check(r); bad != "" {
			t.Errorf("record %s: %s", r.ID, bad)
		}
	}
	return res
}

// summary is a call in one line.
func summary(r *waywarden.Record) string {
	if f := r.OCPP; f != nil {
		return fmt.Sprint(f.Station, " ", f.Version, " in=", f.Inbound, " event=", f.Event, " ", f.Type, " ", f.Message, " ", f.Action, " ", string(f.Payload))
	}
	tx := r.HTTP
	return fmt.Sprintf("%s %s%s %q -> %d %q", tx.Method, tx.Server.Host, tx.Target, tx.Request.Body, tx.Status, tx.Response.Body)
}

func wantRecords(t *testing.T, res sensortest.Result, want ...string) {
	t.Helper()
	got := make([]string, 0, len(res.Records))
	for _, r := range res.Records {
		got = append(got, summary(r))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("records\n  %s\nwant\n  %s\ncounts %v", strings.Join(got, "\n  "), strings.Join(want, "\n  "), res.Counts)
	}
}

const (
	ask    = "POST /cars/1/lock?now=1 HTTP/1.1\r\nHost: Api.Example:8080\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
	ok     = "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"id\":\"r1\"}"
	askGet = "GET /cars HTTP/1.1\r\nHost: api.example\r\n\r\n"
	okList = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\n[{\"i\r\n6\r\nd\":1}]\r\n0\r\nTrailer: x\r\n\r\n"

	sumAsk  = `POST api.example/cars/1/lock?now=1 "{\"a\":1}" -> 202 "{\"id\":\"r1\"}"`
	sumList = `GET api.example/cars "" -> 200 "[{\"id\":1}]"`
)

func TestKeepAlivePipeliningAndChunks(t *testing.T) {
	c := dial()
	c.Send([]byte(ask))
	c.Answer([]byte("HTTP/1.1 100 Continue\r\n\r\n" + ok))
	c.Send([]byte(askGet + askGet + "HEAD /cars HTTP/1.1\r\nHost: api.example\r\n\r\n"))
	c.Answer([]byte(okList + okList + "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"))
	c.Close()
	res := decode(t, c.Packets())
	wantRecords(t, res, sumAsk, sumList, sumList, `HEAD api.example/cars "" -> 200 ""`)
	r := res.Records[0]
	if r.HTTP.Client != (waywarden.Client{IP: "203.0.113.5", Port: 40001}) || r.HTTP.Server.Port != 8080 || r.HTTP.Request.BodyBytes != 7 {
		t.Errorf("%+v", r.HTTP)
	}
	if !r.At.Equal(start.Add(3*time.Millisecond)) || r.HTTP.Duration != time.Millisecond {
		t.Errorf("at %v for %v", r.At, r.HTTP.Duration)
	}
}

func TestEverySegmentation(t *testing.T) {
	for size := 1; size < 40; size++ {
		c := dial()
		c.SegmentMax = size
		c.Send([]byte(ask + askGet))
		c.Answer([]byte(ok + okList))
		c.Close()
		wantRecords(t, decode(t, c.Packets()), sumAsk, sumList)
	}
}

func TestOrderOfPacketsDoesNotMatter(t *testing.T) {
	c := dial()
	c.SegmentMax = 20
	c.Send([]byte(ask))
	c.Answer([]byte(ok))
	c.Close()
	p := c.Packets()
	swapped := append([]sensortest.Packet{}, p...)
	for i := 3; i+1 < len(p)-3; i += 2 {
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
	}
	wantRecords(t, decode(t, swapped), sumAsk)
	var twice []sensortest.Packet
	for _, x := range p {
		twice = append(twice, x, x) // every packet retransmitted
	}
	wantRecords(t, decode(t, twice), sumAsk)
}

func TestALostSegmentCostsOneMessage(t *testing.T) {
	c := dial()
	c.Send([]byte(askGet))
	c.Answer([]byte(okList))
	before := len(c.Packets())
	c.SegmentMax = 30
	c.Send([]byte(ask))
	c.SegmentMax = 0
	c.Answer([]byte(ok))
	c.Send([]byte(askGet))
	c.Answer([]byte(okList))
	c.Close()
	p := c.Packets()
	lost := append(append([]sensortest.Packet{}, p[:before+1]...), p[before+2:]...) // the second segment of the POST's head
	res := decode(t, lost)
	if res.Counts[sensor.CountSegmentLost] != 1 {
		t.Errorf("counts %v", res.Counts)
	}
	if n := len(res.Records); n < 2 || summary(res.Records[0]) != sumList {
		t.Fatalf("%d records", n)
	}
	found := false
	for _, r := range res.Records[1:] {
		found = found || r.HTTP.Target == "/cars"
	}
	if !found {
		t.Error("the call behind the gap was lost too")
	}
}

func TestAHoleInABody(t *testing.T) {
	c := dial()
	c.Send([]byte(askGet))
	c.SegmentMax = 100
	body := strings.Repeat("x", 1000)
	c.Answer([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + body))
	c.Send([]byte(ask))
	c.Answer([]byte(ok))
	c.Close()
	p := c.Packets()
	res := decode(t, append(append([]sensortest.Packet{}, p[:7]...), p[8:]...))
	if len(res.Records) != 2 || summary(res.Records[1]) != sumAsk {
		t.Fatalf("%d records, %v", len(res.Records), res.Counts)
	}
	m := res.Records[0].HTTP.Response
	if !m.Truncated || m.BodyBytes != 1000 || len(m.Body) != 259 { // up to the hole: what is behind it is no text that was sent
		t.Errorf("truncated %v, %d bytes of %d", m.Truncated, len(m.Body), m.BodyBytes)
	}
}

func TestBegunMidway(t *testing.T) {
	c := sensortest.Resume("203.0.113.5", 40001, "198.51.100.1", 80, start)
	c.Answer([]byte("rest of a body that nobody knows the beginning of\r\n"))
	c.Send([]byte(ask))
	c.Answer([]byte(ok))
	res := decode(t, c.Packets())
	wantRecords(t, res, sumAsk)
	if res.Counts[sensor.CountStreamMidway] != 1 {
		t.Errorf("counts %v", res.Counts)
	}
}

func TestUnanswered(t *testing.T) {
	c := dial()
	c.Send([]byte(askGet))
	res := decode(t, c.Packets())
	wantRecords(t, res, `GET api.example/cars "" -> 0 ""`)
	if res.Counts[sensor.CountResponseMissing] != 1 {
		t.Errorf("counts %v", res.Counts)
	}
}

func TestEncryptedAndForeignStreams(t *testing.T) {
	c := dial()
	c.Send([]byte{22, 3, 1, 0, 5, 1, 0, 0, 1, 3})
	s := sensortest.Dial("203.0.113.5", 40002, "198.51.100.1", 22, start)
	s.Answer([]byte("SSH-2.0-OpenSSH_9.9 and then some more bytes\r\n"))
	res := decode(t, c.Packets(), s.Packets())
	if len(res.Records) != 0 || res.Counts[sensor.CountStreamEncrypted] != 1 || res.Counts[sensor.CountStreamUndecodable] != 1 {
		t.Errorf("%d records, counts %v", len(res.Records), res.Counts)
	}
}

func TestIPv6VLANAndSnapLength(t *testing.T) {
	c := sensortest.Dial("2001:db8::5", 40001, "2001:db8::1", 80, start)
	c.Send([]byte(ask))
	c.Answer([]byte(ok))
	c.Close()
	tagged := make([]sensortest.Packet, 0, len(c.Packets()))
	for _, p := range c.Packets() {
		data := append(append(append([]byte{}, p.Data[:12]...), 0x81, 0, 0, 42), p.Data[12:]...)
		tagged = append(tagged, sensortest.Packet{At: p.At, Data: data})
	}
	res := decode(t, tagged)
	wantRecords(t, res, sumAsk)
	if ip := res.Records[0].HTTP.Client.IP; ip != "2001:db8::5" {
		t.Errorf("client %s", ip)
	}
	cut := append([]sensortest.Packet{}, c.Packets()...)
	cut[3] = sensortest.Packet{At: cut[3].At, Data: cut[3].Data[:100], Size: len(cut[3].Data)}
	if res := decode(t, cut); res.Counts[sensor.CountPacketTruncated] != 1 {
		t.Errorf("counts %v", res.Counts)
	}
}

func TestFragments(t *testing.T) {
	c := dial()
	c.Send([]byte(ask))
	c.Answer([]byte(ok))
	c.Close()
	var out []sensortest.Packet
	for _, p := range c.Packets() {
		out = append(out, fragments(t, p, 32)...)
	}
	wantRecords(t, decode(t, out), sumAsk)
}

// fragments splits the IPv4 packet of a frame.
func fragments(t *testing.T, p sensortest.Packet, size int) []sensortest.Packet {
	t.Helper()
	whole := gopacket.NewPacket(p.Data, layers.LinkTypeEthernet, gopacket.Default)
	eth, ip := whole.Layer(layers.LayerTypeEthernet).(*layers.Ethernet), whole.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
	payload := ip.Payload
	var out []sensortest.Packet
	for off := 0; off < len(payload); off += size {
		part := *ip
		part.Id, part.FragOffset, part.Flags = uint16(p.At.Nanosecond()/1e6+1), uint16(off/8), 0
		end := min(off+size, len(payload))
		if end < len(payload) {
			part.Flags = layers.IPv4MoreFragments
		}
		buf := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, &part, gopacket.Payload(payload[off:end])); err != nil {
			t.Fatal(err)
		}
		out = append(out, sensortest.Packet{At: p.At, Data: bytes.Clone(buf.Bytes())})
	}
	return out
}

func TestPcapng(t *testing.T) {
	c := dial()
	c.Send([]byte(ask))
	c.Answer([]byte(ok))
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriter(&b, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Packets() {
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: p.At, CaptureLength: len(p.Data), Length: len(p.Data)}, p.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if (Format{}).Detect(b.Bytes()) != 100 {
		t.Error("not recognised")
	}
	res, err := sensortest.Decode(t.Context(), Format{}, &b)
	if err != nil {
		t.Fatal(err)
	}
	wantRecords(t, res, sumAsk)
}

const (
	upgrade  = "GET /ocpp/CP%2042 HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: ocpp1.6, ocpp2.0.1\r\n\r\n"
	accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: ocpp1.6\r\n"
)

func TestOCPP(t *testing.T) {
	c := dial()
	c.Send([]byte(upgrade))
	c.Answer([]byte(accepted + "\r\n"))
	boot := sensortest.TextFrame([]byte(`[2,"1","BootNotification",{"chargePointVendor":"V"}]`), true)
	c.Send(boot[:7])
	c.Send(boot[7:])
	c.Answer([]byte{0x89, 0}) // ping
	// The answer in two fragments with a pong of the client between them.
	answer := []byte(`[3,"1",{"status":"Accepted"}]`)
	c.Answer(append([]byte{0x01, 10}, answer[:10]...))
	c.Send([]byte{0x8a, 0x80, 1, 2, 3, 4})
	c.Answer(append([]byte{0x80, byte(len(answer) - 10)}, answer[10:]...))
	c.Send([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8})
	c.Close()
	res := decode(t, c.Packets())
	wantRecords(t, res,
		`CP 42 1.6 in=true event=1 0   `,
		`CP 42 1.6 in=true event=0 2 1 BootNotification {"chargePointVendor":"V"}`,
		`CP 42 1.6 in=false event=0 3 1  {"status":"Accepted"}`,
		`CP 42 1.6 in=true event=2 0   `)
	if f := res.Records[3].OCPP; f.CloseCode != 1000 || f.Connection == "" || f.Connection != res.Records[0].OCPP.Connection {
		t.Errorf("%+v", f)
	}
}

func TestCompressedMessagesShareTheirContext(t *testing.T) {
	c := dial()
	c.Send([]byte(upgrade))
	c.Answer([]byte(accepted + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"))
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		packed.Reset()
		fmt.Fprintf(w, `[2,"%d","MeterValues",{"connectorId":1,"transactionId":4711}]`, i)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		frame := sensortest.TextFrame(bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff}), true)
		frame[0] |= 0x40
		c.Send(frame)
	}
	res := decode(t, c.Packets())
	if len(res.Records) != 4 || res.Records[3].OCPP.Message != "2" || string(res.Records[3].OCPP.Payload) != `{"connectorId":1,"transactionId":4711}` {
		t.Errorf("%d records, counts %v", len(res.Records), res.Counts)
	}
}

func TestAnEndOfTheCaptureIsNoEndOfTheSocket(t *testing.T) {
	c := dial()
	c.Send([]byte(upgrade))
	c.Answer([]byte(accepted + "\r\n"))
	wantRecords(t, decode(t, c.Packets()), `CP 42 1.6 in=true event=1 0   `)
	c.Close()
	wantRecords(t, decode(t, c.Packets()), `CP 42 1.6 in=true event=1 0   `, `CP 42 1.6 in=true event=2 0   `)
}

func sample() []byte {
	c := dial()
	c.Send([]byte(ask + askGet))
	c.Answer([]byte(ok + okList))
	s := sensortest.Dial("203.0.113.6", 40002, "198.51.100.1", 9000, start.Add(time.Second))
	s.Send([]byte(upgrade))
	s.Answer([]byte(accepted + "\r\n"))
	s.Send(sensortest.TextFrame([]byte(`[2,"1","Heartbeat",{}]`), true))
	return sensortest.Capture(c.Packets(), s.Packets())
}

func TestContract(t *testing.T) {
	sensortest.Run(t, sensortest.Case{Format: Format{}, Sample: sample(), Records: 4, Foreign: [][]byte{[]byte(`{"kind":"http"}`), []byte("GET / HTTP/1.1\r\n")}, Whole: true, Open: true})
}

func FuzzDecode(f *testing.F) { sensortest.Fuzz(f, Format{}, sample()) }

// FuzzStreams gives the parsers of streams what no reassembly would sort out.
func FuzzStreams(f *testing.F) {
	f.Add([]byte(ask+askGet), []byte(ok+okList), uint8(7))
	f.Add([]byte(upgrade+"\x81\x85\x00\x00\x00\x00hello"), []byte(accepted+"\r\n\x81\x02[]"), uint8(3))
	f.Add([]byte(upgrade+"\xc1\x85\x00\x00\x00\x00hello"), []byte(accepted+"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n\xc1\x02[]"), uint8(3))
	f.Add([]byte(http2.Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x01\x05\x00\x00\x00\x01\x82"), []byte("\x00\x00\x00\x04\x00\x00\x00\x00\x00"), uint8(9))
	f.Add([]byte("CONNECT a:1 HTTP/1.1\r\n\r\n"+ask), []byte("HTTP/1.1 200 OK\r\n\r\n"+ok), uint8(0))
	f.Fuzz(func(t *testing.T, sent, answered []byte, gap uint8) {
		for _, midway := range []bool{false, true} {
			n := 0
			d := Format{}.decoder("fuzz", sensor.Output{Record: func(r *waywarden.Record) error {
				n++
				if bad := sensortest.Check(r); bad != "" {
					t.Errorf("record: %s", bad)
				}
				return nil
			}, Reject: func(sensor.Rejection) {}, Count: func(string, int64) {}})
			room := d.room
			c := d.open(&capture.Conn{Midway: midway, Start: start.UnixNano()})
			half := len(sent) / 2
			c.Data(0, capture.Chunk{Data: sent[:half], Time: 1, Seq: 0, Ack: 0})
			c.Data(1, capture.Chunk{Data: answered, Time: 2, Seq: 0, Ack: uint32(half)})
			c.Gap(0, int64(gap), true)
			c.Data(0, capture.Chunk{Data: sent[half:], Time: 3, Seq: uint32(half) + uint32(gap), Ack: uint32(len(answered))})
			c.Gap(1, int64(gap), true)
			c.Data(1, capture.Chunk{Data: answered, Time: 4, Seq: uint32(len(answered)) + uint32(gap), Ack: uint32(len(sent))})
			c.End(1)
			c.Close(capture.Closed)
			if n > len(sent)+2*len(answered)+2 {
				t.Errorf("%d records of %d bytes", n, len(sent))
			}
			if d.room != room {
				t.Errorf("%d bytes of room were not given back", room-d.room)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var packets [][]sensortest.Packet
	for i := range 200 {
		c := sensortest.Dial(net.IPv4(203, 0, 113, byte(i)).String(), 40001, "198.51.100.1", 80, start)
		for range 20 {
			c.Send([]byte(ask))
			c.Answer([]byte(ok))
		}
		c.Close()
		packets = append(packets, c.Packets())
	}
	file := sensortest.Capture(packets...)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		res, err := sensortest.Decode(b.Context(), Format{}, bytes.NewReader(file))
		if err != nil || len(res.Records) != 4000 {
			b.Fatal(err, len(res.Records))
		}
	}
	b.ReportMetric(4000*float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
