// Package identity holds the detectors that judge how callers prove who they are: guessed and tried secrets, stolen and
// forged tokens, and accounts that are taken over or made by the dozen.
package identity

import (
	"net/netip"
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

func base36(k uint64) string { return strconv.FormatUint(k, 36) }
