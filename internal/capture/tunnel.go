package capture

import "encoding/binary"

// Ports of tunnels over UDP.
const (
	portGTP      = 2152
	portVXLAN    = 4789
	portVXLANOld = 8472 // Linux before it had a number
	portGeneve   = 6081
)

// tunnel returns the kind of packet that travels inside another one, and the packet; etherNone for none. Mirrors of
// clouds send copies this way: VXLAN (AWS), GRE and ERSPAN (switches), Geneve (gateway load balancers); mobile networks
// carry the traffic of vehicles in GTP.
func tunnel(proto uint8, b []byte) (kind uint16, rest []byte) {
	switch proto {
	case protoIPIP:
		return etherIPv4, b
	case protoIPv6:
		return etherIPv6, b
	case protoGRE:
		return gre(b)
	case protoUDP:
		if len(b) < 8 {
			return etherNone, nil
		}
		port := binary.BigEndian.Uint16(b[2:])
		switch b = b[8:]; port {
		case portVXLAN, portVXLANOld:
			return vxlan(b)
		case portGeneve:
			return geneve(b)
		case portGTP:
			return gtp(b)
		}
	}
	return etherNone, nil
}

// gre reads RFC 2784 and 2890, and ERSPAN within (draft-foschiano-erspan).
func gre(b []byte) (uint16, []byte) {
	if len(b) < 4 || b[1]&7 != 0 {
		return etherNone, nil
	}
	flags, kind := b[0], binary.BigEndian.Uint16(b[2:])
	n := 4
	for _, optional := range [...]byte{0x80, 0x20, 0x10} { // checksum, key, sequence number
		if flags&optional != 0 {
			n += 4
		}
	}
	if flags&0x40 != 0 || len(b) < n { // source routes were abandoned
		return etherNone, nil
	}
	switch b = b[n:]; kind {
	case etherBridge:
		return ethernet(b)
	case etherERSPAN:
		if flags&0x10 == 0 { // type I has no header of its own, type II has a sequence number in GRE
			return ethernet(b)
		}
		if len(b) >= 8 {
			return ethernet(b[8:])
		}
		return etherNone, nil
	}
	return tagged(kind, b)
}

// vxlan reads RFC 7348.
func vxlan(b []byte) (uint16, []byte) {
	if len(b) < 8 || b[0]&0x08 == 0 {
		return etherNone, nil
	}
	return ethernet(b[8:])
}

// geneve reads RFC 8926.
func geneve(b []byte) (uint16, []byte) {
	if len(b) < 8 || b[0]>>6 != 0 {
		return etherNone, nil
	}
	n, kind := 8+int(b[0]&0x3f)*4, binary.BigEndian.Uint16(b[2:])
	if len(b) < n {
		return etherNone, nil
	}
	if kind == etherBridge {
		return ethernet(b[n:])
	}
	return tagged(kind, b[n:])
}

// gtp reads GTPv1-U (3GPP TS 29.281): a G-PDU (255) holds an IP packet.
func gtp(b []byte) (uint16, []byte) {
	if len(b) < 8 || b[0]>>5 != 1 || b[0]&0x10 == 0 || b[1] != 255 {
		return etherNone, nil
	}
	flags, next := b[0]&7, byte(0)
	if b = b[8:]; flags != 0 { // sequence number, N-PDU number, first extension
		if len(b) < 4 {
			return etherNone, nil
		}
		if flags&4 != 0 {
			next = b[3]
		}
		b = b[4:]
	}
	for range nestedMax {
		if next == 0 {
			return ipVersion(b), b
		}
		n := 0
		if len(b) > 0 {
			n = int(b[0]) * 4
		}
		if n == 0 || n > len(b) {
			break
		}
		next, b = b[n-1], b[n:]
	}
	return etherNone, nil
}
