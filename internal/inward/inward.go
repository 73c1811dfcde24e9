// Package inward tells addresses (URLs) that lead a server inside: what server-side request forgery sends.
package inward

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A Kind says where an address leads. The later ones are the graver ones.
type Kind uint8

// The kinds of address.
const (
	None      Kind = iota // onto the internet, or no address at all
	Private               // a private network, or a name that only one knows
	Host                  // the machine itself, or its local link
	Disguised             // an address written so that filters do not know it
	Metadata              // the cloud's metadata service
	Scheme                // files, or another protocol
)

// Look says where a value leads that is an address, and that in words.
func Look(v string) (Kind, string) {
	scheme, rest, ok := strings.Cut(v, "://")
	if !ok {
		if scheme, rest, ok = strings.Cut(v, ":"); !ok || !strings.EqualFold(scheme, "jar") && !strings.EqualFold(scheme, "netdoc") {
			return None, ""
		}
		rest = strings.TrimLeft(rest, "/")
	}
	if outer, _, nested := strings.Cut(scheme, ":"); nested { // jar:http://…
		scheme = outer
	}
	switch strings.ToLower(strings.TrimSpace(scheme)) {
	case "http", "https", "ws", "wss", "ftp", "ftps", "sftp", "":
	case "file", "gopher", "dict", "ldap", "ldaps", "jar", "netdoc", "phar", "expect", "tftp", "redis", "php":
		return Scheme, "of a scheme that makes the server read files or speak other protocols"
	default:
		return None, ""
	}
	return host(hostOf(rest))
}

// hostOf returns the host of what follows the scheme, without user, port, path, brackets, zone and final dot, decoded and
// in lower case.
func hostOf(rest string) string {
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		rest = rest[:i]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if after, ok := strings.CutPrefix(rest, "["); ok {
		h, _, _ := strings.Cut(after, "]")
		h, _, _ = strings.Cut(h, "%")
		return h
	}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		rest = rest[:i]
	}
	if strings.IndexByte(rest, '%') >= 0 {
		if d, err := url.PathUnescape(rest); err == nil {
			rest = d
		}
	}
	return strings.ToLower(strings.TrimRight(ascii(rest), "."))
}

// ascii writes the forms of digits, letters and dots that resolvers take for plain ones as plain ones: full-width,
// circled, mathematical.
func ascii(s string) string {
	i := 0
	for i < len(s) && s[i] < 0x80 {
		i++
	}
	if i == len(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r >= '①' && r <= '⑨':
			return r - '①' + '1'
		case r == '⓪':
			return '0'
		case r >= 'ⓐ' && r <= 'ⓩ':
			return r - 'ⓐ' + 'a'
		case r == '。', r == '．', r == '｡':
			return '.'
		}
		return r
	}, s)
}

// anywhere are domains whose names stand for the address written in them.
var anywhere = [...]string{".nip.io", ".sslip.io", ".xip.io", ".localtest.me", ".lvh.me", ".vcap.me", ".lacolhost.com", ".rbndr.us", ".1u.ms"}

func host(h string) (Kind, string) {
	if a, disguised, ok := addressOf(h); ok {
		return address(a, disguised)
	}
	switch h {
	case "":
		return None, ""
	case "localhost", "localtest.me", "lvh.me", "vcap.me", "ip6-localhost", "ip6-loopback":
		return Host, "the machine itself"
	case "metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal", "metadata.azure.internal", "metadata.tencentyun.com":
		return Metadata, "the cloud's metadata service"
	}
	for _, end := range [...]string{".localhost", ".internal", ".local", ".localdomain", ".intranet", ".lan", ".corp", ".home.arpa", ".svc", ".cluster.local"} {
		if strings.HasSuffix(h, end) {
			return Private, "a name of an internal network"
		}
	}
	for _, end := range anywhere {
		if name, ok := strings.CutSuffix(h, end); ok {
			if k, why := written(name); k != None {
				return max(k, Disguised), "a name that stands for " + why
			}
			return Disguised, "a name that stands for an internal address"
		}
	}
	if strings.IndexByte(h, '.') < 0 && plain(h) {
		return Private, "a name without a domain"
	}
	return None, ""
}

// written reads the address in a name: four numbers between dots or dashes at its end, or eight hexadecimal digits.
func written(name string) (Kind, string) {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if len(last) == 8 {
		if v, err := strconv.ParseUint(last, 16, 32); err == nil {
			return address(netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), false)
		}
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '-' })
	if len(parts) < 4 {
		return None, ""
	}
	a, err := netip.ParseAddr(strings.Join(parts[len(parts)-4:], "."))
	if err != nil {
		return None, ""
	}
	return address(a, false)
}

// plain says whether a text is a host's label.
func plain(h string) bool {
	for _, c := range []byte(h) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// embedded returns the IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64, 6to4.
func embedded(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is4() {
		return a
	}
	b := a.As16()
	switch {
	case strings.HasPrefix(a.StringExpanded(), "0064:ff9b:0000:0000:0000:0000:"), [12]byte(b[:12]) == [12]byte{} && b[12] != 0:
		return netip.AddrFrom4([4]byte(b[12:]))
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

func address(a netip.Addr, disguised bool) (Kind, string) {
	a = embedded(a)
	switch {
	case a == netip.AddrFrom4([4]byte{169, 254, 169, 254}), a == netip.AddrFrom4([4]byte{169, 254, 170, 2}),
		a == netip.AddrFrom4([4]byte{100, 100, 100, 200}), a == netip.AddrFrom4([4]byte{192, 0, 0, 192}), a.Is6() && a.String() == "fd00:ec2::254":
		return Metadata, "the cloud's metadata service"
	case disguised:
		return Disguised, "an IP address in disguise"
	case a.IsLoopback(), a.IsUnspecified(), a.Is4() && a.As4()[0] == 0:
		return Host, "the machine itself"
	case a.IsLinkLocalUnicast():
		return Host, "an address of the local link"
	case a.IsPrivate():
		return Private, "an address of a private network"
	}
	return None, ""
}

// addressOf reads an IP address as resolvers do (inet_aton): one to four numbers, each decimal, octal or hexadecimal.
// It says whether it was written in another way than four decimal numbers.
func addressOf(h string) (a netip.Addr, disguised, ok bool) {
	if a, err := netip.ParseAddr(h); err == nil {
		return a, false, true
	}
	if h == "" || h[0] < '0' || h[0] > '9' {
		return netip.Addr{}, false, false
	}
	parts := strings.Split(h, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false, false
	}
	var v uint64
	for i, p := range parts {
		n, err := number(p)
		if err != nil {
			return netip.Addr{}, false, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false, false
			}
			v |= n << (24 - 8*i)
			continue
		}
		if n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false, false
		}
		v |= n
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), true, true
}

// number reads a part of an address: decimal, 0x hexadecimal, or octal with any number of leading zeros.
func number(p string) (uint64, error) {
	if len(p) > 1 && p[0] == '0' && p[1] >= '0' && p[1] <= '7' {
		return strconv.ParseUint(p, 8, 32)
	}
	return strconv.ParseUint(p, 0, 32)
}
