// Package identity holds the detectors that judge how callers prove who they are: guessed and tried secrets, stolen and
// forged tokens, and accounts that are taken over or made by the dozen.
package identity

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// network returns the network of an address: one site or one mobile gateway keeps its /24 (IPv4) or /48 (IPv6).
func network(address string) uint64 {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return detect.Key(address)
	}
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return detect.Key(address)
	}
	b := p.Addr().As16()
	return detect.Key(string(b[:]))
}

// program returns the key of the program that makes a call: its application and library, and its TLS stack where a
// sensor takes one.
func program(c *waywarden.Call) uint64 {
	return detect.Key(c.Record.HTTP.Client.JA4, c.Application.UID, library(c.Application.SDK))
}

// library returns the name of a library without its version.
func library(sdk string) string {
	name, _, _ := strings.Cut(sdk, "/")
	return name
}

// own returns evidence that holds no memory of its record.
func own(e waywarden.Evidence) waywarden.Evidence {
	return waywarden.Evidence{Record: strings.Clone(e.Record), Principal: strings.Clone(e.Principal), IP: strings.Clone(e.IP)}
}

// few keeps the first pieces of evidence, to be cited once there is a verdict.
type few struct {
	n  int
	at [6]waywarden.Evidence
}

func (f *few) add(s *waywarden.Scene) {
	if f.n < len(f.at) {
		f.at[f.n] = detect.Keep(s)
		f.n++
	}
}

// with returns what is kept and the scene's own record.
func (f *few) with(s *waywarden.Scene) []waywarden.Evidence {
	out := append([]waywarden.Evidence{}, f.at[:f.n]...)
	if e := detect.EvidenceOf(s); f.n == 0 || f.at[f.n-1].Record != e.Record {
		out = append(out, e)
	}
	return out
}

// A set is the first different keys of something, counted.
type set struct {
	n    int32
	keys [setMax]uint32
}

const setMax = 48

// add says whether the key is new. Beyond the limit only the keys kept are known, and every other one counts as known.
func (s *set) add(k uint64) bool {
	if s.n == setMax || s.holds(k) {
		return false
	}
	s.keys[s.n] = uint32(k>>32) ^ uint32(k)
	s.n++
	return true
}

// holds says whether the key is among those kept.
func (s *set) holds(k uint64) bool {
	return slices.Contains(s.keys[:s.n], uint32(k>>32)^uint32(k))
}

func base36(k uint64) string { return strconv.FormatUint(k, 36) }

func itoa[N int | int32](n N) string { return strconv.Itoa(int(n)) }
