package sensortest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/waywarden/waywarden"
)

// A Conversation writes TCP connections into a capture, as a network would have carried them.
type Conversation struct {
	client, server   net.IP
	clientPort, port uint16
	seq              [2]uint32 // next sequence number of the client, of the server
	packets          []Packet
	At               time.Time // of the next packet; it moves on by a millisecond with each
	SegmentMax       int       // bytes of payload in a packet; 0: 1400
}

// A Packet is one frame of a capture.
type Packet struct {
	At   time.Time
	Data []byte
	Size int // on the wire; 0: len(Data)
}

// Dial begins a connection with its handshake.
func Dial(client string, clientPort uint16, server string, port uint16, at time.Time) *Conversation {
	c := Resume(client, clientPort, server, port, at)
	c.segment(0, nil, func(t *layers.TCP) { t.SYN, t.ACK = true, false })
	c.seq[0]++
	c.segment(1, nil, func(t *layers.TCP) { t.SYN = true })
	c.seq[1]++
	c.segment(0, nil, nil)
	return c
}

// Resume is [Dial] for a connection whose beginning is not in the capture.
func Resume(client string, clientPort uint16, server string, port uint16, at time.Time) *Conversation {
	return &Conversation{client: net.ParseIP(client), server: net.ParseIP(server), clientPort: clientPort, port: port, seq: [2]uint32{1000, 90000}, At: at}
}

// Send sends b from the client.
func (c *Conversation) Send(b []byte) { c.send(0, b) }

// Answer sends b from the server.
func (c *Conversation) Answer(b []byte) { c.send(1, b) }

// Close ends the connection from both sides.
func (c *Conversation) Close() {
	for d := range 2 {
		c.segment(d, nil, func(t *layers.TCP) { t.FIN = true })
		c.seq[d]++
	}
	c.segment(0, nil, nil)
}

// Packets returns what was sent so far.
func (c *Conversation) Packets() []Packet { return c.packets }

func (c *Conversation) send(d int, b []byte) {
	limit := c.SegmentMax
	if limit == 0 {
		limit = 1400
	}
	for len(b) > 0 {
		n := min(limit, len(b))
		c.segment(d, b[:n], func(t *layers.TCP) { t.PSH = n == len(b) })
		c.seq[d] += uint32(n)
		b = b[n:]
	}
}

// segment writes one packet of direction d.
func (c *Conversation) segment(d int, payload []byte, change func(*layers.TCP)) {
	tcp := &layers.TCP{SrcPort: layers.TCPPort(c.clientPort), DstPort: layers.TCPPort(c.port), Seq: c.seq[d], Ack: c.seq[1-d], ACK: true, Window: 65535}
	src, dst := c.client, c.server
	if d == 1 {
		tcp.SrcPort, tcp.DstPort, src, dst = tcp.DstPort, tcp.SrcPort, dst, src
	}
	if change != nil {
		change(tcp)
	}
	eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	var ip gopacket.SerializableLayer
	if src.To4() != nil {
		v4 := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: src.To4(), DstIP: dst.To4()}
		_ = tcp.SetNetworkLayerForChecksum(v4) // an IP layer is always taken
		ip = v4
	} else {
		eth.EthernetType = layers.EthernetTypeIPv6
		v6 := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP, SrcIP: src, DstIP: dst}
		_ = tcp.SetNetworkLayerForChecksum(v6)
		ip = v6
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, tcp, gopacket.Payload(payload)); err != nil {
		panic("sensortest: " + err.Error())
	}
	c.packets = append(c.packets, Packet{At: c.At, Data: bytes.Clone(buf.Bytes())})
	c.At = c.At.Add(time.Millisecond)
}

// Capture writes packets, in the order given, as a pcap file with nanosecond times.
func Capture(packets ...[]Packet) []byte {
	var b bytes.Buffer
	w := pcapgo.NewWriterNanos(&b)
	if err := w.WriteFileHeader(1<<16, layers.LinkTypeEthernet); err != nil {
		panic("sensortest: " + err.Error())
	}
	for _, list := range packets {
		for _, p := range list {
			info := gopacket.CaptureInfo{Timestamp: p.At, CaptureLength: len(p.Data), Length: max(p.Size, len(p.Data))}
			if err := w.WritePacket(info, p.Data); err != nil {
				panic("sensortest: " + err.Error())
			}
		}
	}
	return b.Bytes()
}

// ToPcap writes http and ocpp records as a capture: one connection for each call, one for each charge point's socket.
func ToPcap(list []*waywarden.Record) []byte {
	var packets [][]Packet
	sockets := map[string]*Conversation{}
	var order []string
	port := uint16(1024)
	for _, r := range list {
		switch r.Kind {
		case waywarden.KindHTTP:
			if port++; port < 1024 {
				port = 1024
			}
			c := Dial(address(r.HTTP.Client.IP), port, "198.18.0.1", 80, r.At)
			c.Send(requestBytes(r.HTTP))
			c.Answer(answerBytes(r.HTTP))
			c.Close()
			packets = append(packets, c.packets)
		case waywarden.KindOCPP:
			key := r.OCPP.Station + "\x00" + r.OCPP.Connection
			c := sockets[key]
			if c == nil {
				port++
				c = Dial(address(r.OCPP.Client.IP), port, "198.18.0.2", 80, r.At)
				sockets[key] = c
				order = append(order, key)
				c.Send([]byte("GET /ocpp/" + r.OCPP.Station + " HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: ocpp" + r.OCPP.Version + "\r\n\r\n"))
				c.Answer([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: ocpp" + r.OCPP.Version + "\r\n\r\n"))
			}
			if r.OCPP.Event != waywarden.SocketNone {
				continue
			}
			c.At = later(c.At, r.At)
			frame := TextFrame(OCPPMessage(r.OCPP), r.OCPP.Inbound)
			if r.OCPP.Inbound {
				c.Send(frame)
			} else {
				c.Answer(frame)
			}
		}
	}
	for _, k := range order {
		packets = append(packets, sockets[k].packets)
	}
	return Capture(packets...)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func address(ip string) string {
	if net.ParseIP(ip) == nil {
		return "198.18.9.9"
	}
	return ip
}

// TextFrame is a whole WebSocket text message, masked as a client must.
func TextFrame(text []byte, masked bool) []byte { return WebSocketFrame(0x81, text, masked) }

// WebSocketFrame writes a frame with the first byte as given: FIN, reserved bits, opcode.
func WebSocketFrame(first byte, payload []byte, masked bool) []byte {
	b := []byte{first}
	var mask byte
	if masked {
		mask = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(n))
	}
	if !masked {
		return append(b, payload...)
	}
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i&3])
	}
	return b
}

// OCPPMessage writes the JSON of a message.
func OCPPMessage(f *waywarden.Frame) []byte {
	b := fmt.Appendf(nil, "[%d,%q", f.Type, f.Message)
	switch f.Type {
	case 2, 6:
		b = fmt.Appendf(b, ",%q", f.Action)
	case 4, 5:
		b = fmt.Appendf(b, `,%q,""`, f.Error)
	}
	if f.Payload != nil {
		b = fmt.Appendf(b, ",%s", f.Payload)
	}
	return append(b, ']')
}

func requestBytes(t *waywarden.Transaction) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", t.Method, strings.ReplaceAll(t.Target, " ", "%20"))
	if !t.Request.Headers.Has("host") {
		fmt.Fprintf(&b, "host: %s\r\n", t.Server.Host)
	}
	fieldBytes(&b, &t.Request)
	return b.Bytes()
}

func answerBytes(t *waywarden.Transaction) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d Status\r\n", t.Status)
	fieldBytes(&b, &t.Response)
	return b.Bytes()
}

func fieldBytes(b *bytes.Buffer, m *waywarden.Message) {
	for _, h := range m.Headers {
		if h.Name != "content-length" && h.Name != "transfer-encoding" && h.Name != "content-encoding" {
			fmt.Fprintf(b, "%s: %s\r\n", h.Name, strings.NewReplacer("\r", "", "\n", "").Replace(h.Value))
		}
	}
	fmt.Fprintf(b, "content-length: %d\r\n\r\n", len(m.Body))
	b.Write(m.Body)
}
