// Package charging holds the detectors that judge what is said on the sockets of charging stations, OCPP 1.6 to 2.1.
package charging

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Limits of what the detectors remember; the entry used longest ago makes room.
const (
	stationsMax = 1 << 16
	pendingMax  = 1 << 14
	tagsMax     = 1 << 16
	hostsMax    = 1 << 10
)

// frame returns the scene's OCPP frame, nil when it is none.
func frame(s *waywarden.Scene) *waywarden.Frame {
	if s.Record.Kind != waywarden.KindOCPP {
		return nil
	}
	return s.Record.OCPP
}

// parse reads a frame's payload; what does not parse has no fields.
func parse(f *waywarden.Frame, into any) bool { return json.Unmarshal(f.Payload, into) == nil }

func charger(id string) []waywarden.Resource {
	return []waywarden.Resource{{Type: waywarden.AssetCharger, UID: strings.Clone(id)}}
}

// apart says whether two addresses are of different networks: one site's router keeps its /24 (IPv4) or /48 (IPv6).
func apart(a, b string) bool {
	x, err1 := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	if err1 != nil || err2 != nil {
		return false // unknown
	}
	bits := 24
	if x.Is6() && !x.Is4In6() {
		bits = 48
	}
	p, err := x.Unmap().Prefix(bits)
	return err == nil && !p.Contains(y.Unmap())
}

// own returns a copy of a text that does not keep its record alive.
func own(s string) string { return strings.Clone(s) }

// within says whether at lies no further than d before now.
func within(at, now time.Time, d time.Duration) bool { return !at.IsZero() && now.Sub(at) <= d }

// pending is the key of a request whose answer is awaited.
func pending(f *waywarden.Frame) uint64 { return detect.Key(f.Station, f.Connection, f.Message) }

// A scalar is a text or a number, as its text: transaction ids are numbers in OCPP 1.6 and texts in 2.x.
type scalar string

// UnmarshalJSON takes numbers and texts alike.
func (j *scalar) UnmarshalJSON(b []byte) error {
	*j = scalar(strings.Trim(string(b), `"`))
	return nil
}
