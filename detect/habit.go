package detect

import (
	"net/netip"

	"github.com/waywarden/waywarden"
)

// Habits is what detectors share about callers: how much they called, from which networks and with which programs.
type Habits struct {
	callers *Table[habit]
	heard   uint64 // serial of the scene heard last
	last    Habit
}

// A Habit is a call held against what its caller did before.
type Habit struct {
	Calls      int32 // before this one
	Since      int64 // time of the first call, nanoseconds
	NewNetwork bool  // the caller was never seen from this network; false at its first call
	NewProgram bool  // … nor with this TLS fingerprint or this application
}

// habitMax is how many networks and programs of a caller are remembered; the one used longest ago makes room.
const habitMax = 4

type habit struct {
	calls    int32
	since    int64
	networks [habitMax]uint64
	programs [habitMax]uint64
}

// HabitsOf returns the habits that the detectors of a memory share.
func HabitsOf(m *Memory) *Habits {
	return Shared(m, "habits", func(m *Memory) *Habits {
		return &Habits{callers: NewTable[habit](m, "habits of callers", 1<<16)}
	})
}

// See takes the call of a scene in, once for all detectors, and returns how it compares. Calls of nobody have no habit.
func (h *Habits) See(s *waywarden.Scene, serial uint64) Habit {
	if serial == h.heard {
		return h.last
	}
	h.heard, h.last = serial, Habit{}
	if s.Call == nil || s.Record.HTTP == nil || s.Call.Principal.UID == "" {
		return h.last
	}
	c := h.callers.At(Key(s.Call.Principal.UID))
	if c.calls == 0 {
		c.since = s.Now.UnixNano()
	}
	client := &s.Record.HTTP.Client
	network, program := remember(&c.networks, Network(client.IP)), remember(&c.programs, Mix(Key(client.JA4), Key(s.Call.Application.UID)))
	h.last = Habit{Calls: c.calls, Since: c.since, NewNetwork: network && c.calls > 0, NewProgram: program && c.calls > 0}
	c.calls++
	return h.last
}

// remember puts a value first and says whether it was not among them.
func remember(list *[habitMax]uint64, v uint64) bool {
	at := habitMax - 1
	found := false
	for i := range list {
		if list[i] == v {
			at, found = i, true
			break
		}
	}
	copy(list[1:at+1], list[:at])
	list[0] = v
	return !found
}

// Network returns the key of the network an address is in: 24 bits of an IPv4 address, 48 of an IPv6 one.
func Network(ip string) uint64 {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return Key(ip)
	}
	if a = a.Unmap(); a.Is4() {
		b := a.As4()
		return Mix(4, uint64(b[0])<<16|uint64(b[1])<<8|uint64(b[2]))
	}
	b := a.As16()
	return Mix(6, uint64(b[0])<<40|uint64(b[1])<<32|uint64(b[2])<<24|uint64(b[3])<<16|uint64(b[4])<<8|uint64(b[5]))
}
