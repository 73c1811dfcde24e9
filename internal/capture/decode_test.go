package capture

import (
	"bytes"
	"fmt"
	"net"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// build serialises layers, lengths and checksums filled in.
func build(tb testing.TB, stack ...gopacket.SerializableLayer) []byte {
	tb.Helper()
	for i, l := range stack {
		if t, ok := l.(*layers.TCP); ok {
			if err := t.SetNetworkLayerForChecksum(stack[i-1].(gopacket.NetworkLayer)); err != nil {
				tb.Fatal(err)
			}
		}
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, stack...); err != nil {
		tb.Fatal(err)
	}
	return bytes.Clone(buf.Bytes())
}

func eth(kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: kind}
}

func ip4(next layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: next, SrcIP: net.IP{192, 0, 2, 1}, DstIP: net.IP{192, 0, 2, 2}}
}

func ip6(next layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: next, SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}
}

func segment() *layers.TCP {
	return &layers.TCP{SrcPort: 1000, DstPort: 80, Seq: 7, Ack: 9, ACK: true, PSH: true, Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindNop}, {OptionType: layers.TCPOptionKindNop}, {OptionType: layers.TCPOptionKindNop}, {OptionType: layers.TCPOptionKindNop}}}
}

func TestLinksAndTunnels(t *testing.T) {
	const text = "hello"
	payload := gopacket.Payload(text)
	v4 := build(t, ip4(6), segment(), payload)
	v6 := build(t, ip6(6), segment(), payload)
	inner := build(t, eth(layers.EthernetTypeIPv4), ip4(6), segment(), payload)
	udp := func(port uint16, inner []byte) []byte {
		u := &layers.UDP{SrcPort: 5555, DstPort: layers.UDPPort(port)}
		return build(t, eth(layers.EthernetTypeIPv4), ip4(17), u, gopacket.Payload(inner))
	}
	tagged := func(types ...uint16) []byte {
		b := append([]byte{}, inner[:12]...)
		for _, k := range types {
			b = append(b, byte(k>>8), byte(k), 0, 42)
		}
		return append(append(b, 8, 0), v4...)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	options := []byte{6, 0, 1, 4, 0, 0, 0, 0} // a destination options header before TCP
	extended := join(v6[:4], []byte{0, byte(len(v6) - 40 + 8), 60, 64}, v6[8:40], options, v6[40:])
	for _, c := range []struct {
		name string
		link LinkType
		data []byte
	}{
		{"ethernet", LinkEthernet, inner},
		{"ethernet with padding", LinkEthernet, append(bytes.Clone(inner), make([]byte, 20)...)},
		{"ethernet, IPv6", LinkEthernet, build(t, eth(layers.EthernetTypeIPv6), ip6(6), segment(), payload)},
		{"VLAN", LinkEthernet, tagged(0x8100)},
		{"QinQ", LinkEthernet, tagged(0x88a8, 0x8100)},
		{"QinQ of old", LinkEthernet, tagged(0x9100, 0x8100)},
		{"MPLS", LinkEthernet, join(inner[:12], []byte{0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64}, v4)},
		{"PPPoE", LinkEthernet, join(inner[:12], []byte{0x88, 0x64, 0x11, 0, 0, 1, 0, 50, 0, 0x21}, v4)},
		{"null", LinkNull, join([]byte{2, 0, 0, 0}, v4)},
		{"loop, IPv6", LinkLoop, join([]byte{0, 0, 0, 30}, v6)},
		{"raw", LinkRaw, v4},
		{"raw of old", LinkRawOld, v6},
		{"IPv4", LinkIPv4, v4},
		{"IPv6", LinkIPv6, v6},
		{"cooked", LinkSLL, join(make([]byte, 14), []byte{8, 0}, v4)},
		{"cooked, VLAN", LinkSLL, join(make([]byte, 14), []byte{0x81, 0, 0, 1, 8, 0}, v4)},
		{"cooked 2", LinkSLL2, join([]byte{0x86, 0xdd}, make([]byte, 18), v6)},
		{"IPv6 with options", LinkRaw, extended},
		{"VXLAN", LinkEthernet, udp(4789, join([]byte{8, 0, 0, 0, 0, 0, 1, 0}, inner))},
		{"VXLAN in VXLAN", LinkEthernet, udp(4789, join([]byte{8, 0, 0, 0, 0, 0, 1, 0}, udp(8472, join([]byte{8, 0, 0, 0, 0, 0, 1, 0}, inner))))},
		{"Geneve with options", LinkEthernet, udp(6081, join([]byte{1, 0, 0x65, 0x58, 0, 0, 1, 0, 1, 2, 3, 4}, inner))},
		{"GTP-U", LinkEthernet, udp(2152, join([]byte{0x30, 255, 0, 0, 0, 0, 0, 1}, v4))},
		{"GTP-U with an extension", LinkEthernet, udp(2152, join([]byte{0x34, 255, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0x85, 1, 0, 9, 0}, v6))},
		{"GRE", LinkEthernet, build(t, eth(layers.EthernetTypeIPv4), ip4(47), gopacket.Payload(join([]byte{0, 0, 8, 0}, v4)))},
		{"GRE with key and sequence, bridged", LinkEthernet, build(t, eth(layers.EthernetTypeIPv4), ip4(47), gopacket.Payload(join([]byte{0x30, 0, 0x65, 0x58, 1, 2, 3, 4, 5, 6, 7, 8}, inner)))},
		{"ERSPAN II", LinkEthernet, build(t, eth(layers.EthernetTypeIPv4), ip4(47), gopacket.Payload(join([]byte{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1}, make([]byte, 8), inner)))},
		{"IPv4 in IPv4", LinkRaw, build(t, ip4(4), gopacket.Payload(v4))},
		{"IPv6 in IPv4", LinkRaw, build(t, ip4(41), gopacket.Payload(v6))},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d Decoder
			var s Segment
			p := Packet{Data: c.data, Length: len(c.data), Time: 5, Link: c.link}
			if !d.Decode(&p, &s) {
				t.Fatal("no segment found")
			}
			got := fmt.Sprintln(s.Src.Addr(), s.Src.Port, s.Dst.Addr(), s.Dst.Port, s.Seq, s.Ack, s.Flags, s.Missing, s.Time, string(s.Payload))
			want := fmt.Sprintln("192.0.2.1", 1000, "192.0.2.2", 80, 7, 9, 0x18, 0, 5, text)
			want6 := fmt.Sprintln("2001:db8::1", 1000, "2001:db8::2", 80, 7, 9, 0x18, 0, 5, text)
			if got != want && got != want6 {
				t.Errorf("got %s", got)
			}
			for n := range c.data { // cut anywhere: no more than there is, and what is missing is known
				p.Data = c.data[:n:n]
				if d.Decode(&p, &s) && len(s.Payload)+s.Missing != len(text) {
					t.Errorf("cut at %d: %d bytes and %d missing", n, len(s.Payload), s.Missing)
				}
			}
		})
	}
}

func TestFragments(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 300)
	payload := build(t, ip4(6), segment(), gopacket.Payload(text))[20:]
	var parts []Packet
	for off := 0; off < len(payload); off += 600 {
		ip := ip4(6)
		ip.Id, ip.FragOffset = 99, uint16(off/8)
		if off+600 < len(payload) {
			ip.Flags = layers.IPv4MoreFragments
		}
		data := build(t, ip, gopacket.Payload(payload[off:min(off+600, len(payload))]))
		parts = append(parts, Packet{Data: data, Length: len(data), Link: LinkRaw})
	}
	orders := [][]int{{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 0, 0, 5, 1, 4, 4, 2}, {1, 1, 3, 5, 0, 2, 4}}
	for _, order := range orders {
		var d Decoder
		var s Segment
		done := 0
		for _, i := range order {
			if i < len(parts) && d.Decode(&parts[i], &s) {
				done++
				if !bytes.Equal(s.Payload, text) {
					t.Errorf("order %v: %d bytes", order, len(s.Payload))
				}
			}
		}
		if done != 1 {
			t.Errorf("order %v: %d segments", order, done)
		}
		if n := len(d.fragments.open); n != 0 {
			t.Errorf("order %v: %d packets left", order, n)
		}
	}
}

func TestFragmentsThatOverlap(t *testing.T) {
	var f fragments
	key := fragmentKey{id: 1}
	f.add(key, 8, true, []byte("BBBBBBBB"), 0)
	f.add(key, 24, false, []byte("DDDDDDDD"), 0)
	got, ok := f.add(key, 0, true, []byte("aaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 0)
	if want := "aaaaaaaaBBBBBBBBaaaaaaaaDDDDDDDD"; !ok || string(got) != want {
		t.Errorf("%v %q, want %q: the first copy counts", ok, got, want)
	}
}

func TestFragmentsAreBounded(t *testing.T) {
	var f fragments
	for i := range 10 * datagramsMax {
		f.add(fragmentKey{id: uint32(i)}, 8, true, make([]byte, 8), int64(i))
	}
	if len(f.open) > datagramsMax || len(f.order) > datagramsMax {
		t.Errorf("%d packets kept", len(f.open))
	}
	for i := range 1000 {
		f.add(fragmentKey{id: 5}, i*16, true, make([]byte, 8), 0)
	}
	if g := f.open[fragmentKey{id: 5}]; g != nil && len(g.have) > fragmentsMax {
		t.Errorf("%d fragments kept", len(g.have))
	}
}

func TestFragmentsOfIPv6(t *testing.T) {
	whole := build(t, ip6(6), segment(), gopacket.Payload("hello, in two parts"))
	payload := whole[40:]
	part := func(off int, more byte, b []byte) Packet {
		data := append([]byte{}, whole[:40]...)
		data[6], data[5] = protoFragment, byte(8+len(b))
		data = append(data, 6, 0, byte(off>>8), byte(off)|more, 0, 0, 0, 9)
		data = append(data, b...)
		return Packet{Data: data, Length: len(data), Link: LinkRaw}
	}
	var d Decoder
	var s Segment
	first, second := part(0, 1, payload[:24]), part(24, 0, payload[24:])
	if d.Decode(&second, &s) || !d.Decode(&first, &s) || string(s.Payload) != "hello, in two parts" {
		t.Errorf("%q", s.Payload)
	}
	atomic := part(0, 0, payload)
	if !d.Decode(&atomic, &s) || string(s.Payload) != "hello, in two parts" {
		t.Errorf("atomic: %q", s.Payload)
	}
}
