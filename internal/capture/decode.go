package capture

import (
	"encoding/binary"
	"net/netip"
)

// A LinkType says what a packet begins with (the LINKTYPE registry of tcpdump.org).
type LinkType uint16

// Link types that are decoded.
const (
	LinkNull     LinkType = 0
	LinkEthernet LinkType = 1
	LinkRawOld   LinkType = 12
	LinkRawBSD   LinkType = 14
	LinkRaw      LinkType = 101
	LinkLoop     LinkType = 108
	LinkSLL      LinkType = 113
	LinkIPv4     LinkType = 228
	LinkIPv6     LinkType = 229
	LinkSLL2     LinkType = 276
)

// Known says whether packets of that link can be decoded.
func (l LinkType) Known() bool {
	switch l {
	case LinkNull, LinkEthernet, LinkRawOld, LinkRawBSD, LinkRaw, LinkLoop, LinkSLL, LinkIPv4, LinkIPv6, LinkSLL2:
		return true
	}
	return false
}

// An Endpoint is one end of a connection.
type Endpoint struct {
	ip   [16]byte // IPv4 as mapped into IPv6
	Port uint16
}

// Addr returns the address.
func (e Endpoint) Addr() netip.Addr { return netip.AddrFrom16(e.ip).Unmap() }

// before is an arbitrary order of ends.
func (e *Endpoint) before(o *Endpoint) bool {
	for i := 0; i < len(e.ip); i += 8 {
		if a, b := binary.BigEndian.Uint64(e.ip[i:]), binary.BigEndian.Uint64(o.ip[i:]); a != b {
			return a < b
		}
	}
	return e.Port < o.Port
}

// Flags of a segment.
const (
	flagFIN = 0x01
	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

// A Segment is a TCP segment.
type Segment struct {
	Src, Dst Endpoint
	Seq, Ack uint32
	Flags    uint8
	Payload  []byte // valid as long as the packet
	Missing  int    // bytes behind Payload that the snap length cut off
	Time     int64
}

// Ethernet types; the first two double as the kinds of network packet.
const (
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	etherVLAN   = 0x8100
	etherQinQ   = 0x88a8
	etherQinQ2  = 0x9100
	etherPPPoE  = 0x8864
	etherMPLS   = 0x8847
	etherBridge = 0x6558
	etherERSPAN = 0x88be
	etherNone   = 0
)

// IP protocols.
const (
	protoHopByHop = 0
	protoIPIP     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoGRE      = 47
	protoAH       = 51
	protoOptions  = 60
	protoMobility = 135
)

// nestedMax bounds headers within headers: VLAN tags, tunnels, extension headers.
const nestedMax = 16

// A Decoder finds TCP segments in packets. It holds fragments of IP packets.
type Decoder struct{ fragments fragments }

// Decode finds the TCP segment of p; false when there is none (yet).
func (d *Decoder) Decode(p *Packet, s *Segment) bool {
	kind, b := link(p.Link, p.Data)
	for range nestedMax {
		var proto uint8
		var missing int
		var ok bool
		switch kind {
		case etherIPv4:
			b, proto, missing, ok = d.ipv4(b, p.Time, s)
		case etherIPv6:
			b, proto, missing, ok = d.ipv6(b, p.Time, s)
		}
		if !ok {
			return false
		}
		if proto == protoTCP {
			s.Time, s.Missing = p.Time, missing
			return tcp(b, s)
		}
		kind, b = tunnel(proto, b)
	}
	return false
}

// tcp reads the header of a segment.
func tcp(b []byte, s *Segment) bool {
	if len(b) < 20 {
		return false
	}
	head := int(b[12]>>4) * 4
	if head < 20 {
		return false
	}
	if head > len(b) { // options cut by the snap length
		s.Missing -= head - len(b)
		head = len(b)
	}
	s.Src.Port, s.Dst.Port = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	s.Seq, s.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	s.Flags, s.Payload, s.Missing = b[13], b[head:], max(s.Missing, 0)
	return true
}

// link reads the header of the link and returns the kind of the network packet behind it; etherNone for none.
func link(l LinkType, b []byte) (kind uint16, rest []byte) {
	switch l {
	case LinkEthernet:
		return ethernet(b)
	case LinkRaw, LinkRawOld, LinkRawBSD, LinkIPv4, LinkIPv6:
		return ipVersion(b), b
	case LinkNull, LinkLoop:
		if len(b) >= 4 { // the address family, in whatever order: the packet itself says it better
			return ipVersion(b[4:]), b[4:]
		}
	case LinkSLL:
		if len(b) >= 16 {
			return tagged(binary.BigEndian.Uint16(b[14:]), b[16:])
		}
	case LinkSLL2:
		if len(b) >= 20 {
			return tagged(binary.BigEndian.Uint16(b), b[20:])
		}
	}
	return etherNone, nil
}

func ethernet(b []byte) (kind uint16, rest []byte) {
	if len(b) < 14 {
		return etherNone, nil
	}
	return tagged(binary.BigEndian.Uint16(b[12:]), b[14:])
}

// tagged looks behind VLAN tags, PPPoE and MPLS labels.
func tagged(kind uint16, b []byte) (uint16, []byte) {
	for range nestedMax {
		switch kind {
		case etherVLAN, etherQinQ, etherQinQ2:
			if len(b) < 4 {
				return etherNone, nil
			}
			kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case etherPPPoE:
			if len(b) < 8 {
				return etherNone, nil
			}
			b = b[8:]
			return ipVersion(b), b
		case etherMPLS:
			if len(b) < 4 {
				return etherNone, nil
			}
			bottom := b[2]&1 != 0
			if b = b[4:]; bottom {
				return ipVersion(b), b
			}
		default:
			return kind, b
		}
	}
	return etherNone, nil
}

// ipVersion tells what an IP packet is by its first bits.
func ipVersion(b []byte) uint16 {
	if len(b) > 0 {
		switch b[0] >> 4 {
		case 4:
			return etherIPv4
		case 6:
			return etherIPv6
		}
	}
	return etherNone
}

// ipv4 reads an IPv4 header; rest is what the packet carries, without padding of the link. missing are bytes of it that
// were not captured.
func (d *Decoder) ipv4(b []byte, at int64, s *Segment) (rest []byte, proto uint8, missing int, ok bool) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return nil, 0, 0, false
	}
	head, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 { // left to the network card (segmentation offload)
		total = len(b)
	}
	if head < 20 || head > len(b) || total < head {
		return nil, 0, 0, false
	}
	proto = b[9]
	missing = max(total-len(b), 0)
	rest = b[head:min(total, len(b))]
	mapped(&s.Src.ip, b[12:16])
	mapped(&s.Dst.ip, b[16:20])
	fragment := binary.BigEndian.Uint16(b[6:])
	if fragment&0x3fff == 0 { // neither more fragments nor an offset
		return rest, proto, missing, true
	}
	if missing > 0 {
		return nil, 0, 0, false
	}
	key := fragmentKey{src: s.Src.ip, dst: s.Dst.ip, id: uint32(binary.BigEndian.Uint16(b[4:])), proto: proto}
	rest, ok = d.fragments.add(key, int(fragment&0x1fff)*8, fragment&0x2000 != 0, rest, at)
	return rest, proto, 0, ok
}

func mapped(ip *[16]byte, v4 []byte) {
	*ip = [16]byte{10: 0xff, 11: 0xff, 12: v4[0], 13: v4[1], 14: v4[2], 15: v4[3]}
}

// ipv6 reads an IPv6 header and its extension headers.
func (d *Decoder) ipv6(b []byte, at int64, s *Segment) (rest []byte, proto uint8, missing int, ok bool) {
	if len(b) < 40 || b[0]>>4 != 6 {
		return nil, 0, 0, false
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	proto = b[6]
	copy(s.Src.ip[:], b[8:24])
	copy(s.Dst.ip[:], b[24:40])
	rest = b[40:]
	switch {
	case size == 0: // a jumbogram, or left to the network card
	case size > len(rest):
		missing = size - len(rest)
	default:
		rest = rest[:size]
	}
	for range nestedMax {
		if proto == protoFragment {
			if rest, proto, ok = d.fragment6(rest, missing, at, s); !ok {
				return nil, 0, 0, false
			}
			continue
		}
		n, extension := extensionLen(proto, rest)
		switch {
		case !extension:
			return rest, proto, missing, true
		case n > len(rest):
			return nil, 0, 0, false
		}
		proto, rest = rest[0], rest[n:]
	}
	return nil, 0, 0, false
}

// extensionLen returns the length of an extension header other than that of a fragment.
func extensionLen(proto uint8, b []byte) (n int, extension bool) {
	switch proto {
	case protoHopByHop, protoRouting, protoOptions, protoMobility, protoAH:
	default:
		return 0, false
	}
	switch {
	case len(b) < 8:
		return 8, true
	case proto == protoAH:
		return int(b[1])*4 + 8, true
	}
	return int(b[1])*8 + 8, true
}

// fragment6 takes a fragment and returns what the packet carries when it is whole.
func (d *Decoder) fragment6(b []byte, missing int, at int64, s *Segment) (rest []byte, proto uint8, ok bool) {
	if len(b) < 8 {
		return nil, 0, false
	}
	proto, rest = b[0], b[8:]
	offset := binary.BigEndian.Uint16(b[2:])
	if offset&^6 == 0 { // the only fragment
		return rest, proto, true
	}
	if missing > 0 {
		return nil, 0, false
	}
	key := fragmentKey{src: s.Src.ip, dst: s.Dst.ip, id: binary.BigEndian.Uint32(b[4:]), six: true}
	rest, ok = d.fragments.add(key, int(offset&^7), offset&1 != 0, rest, at)
	return rest, proto, ok
}
