package graph

import (
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// A carrier is who takes a value from one call to the next: a principal, or, before it has signed in, a program at an
// address. Values are filed under who is named where somebody is; a call without a name finds them through the principal
// that was last named at the same device.
type carrier struct {
	who    uint64 // hash of the principal; 0 for nobody
	device uint64 // hash of address, program and TLS fingerprint; 0 where too many people share it
	last   uint64 // the principal named last at the device; 0 when who is set
	before bool   // the device called before without a name
}

// key is where a value is filed.
func (c carrier) key() uint64 {
	if c.who != 0 {
		return c.who
	}
	return c.device
}

// A device is a program at an address.
type device struct {
	who   uint64 // named last
	at    int64  // when, in unix seconds
	turns uint8  // how often somebody else was named than before
	plain bool   // it called without a name
}

const (
	// sharedMin is how many changes of the person make a device a gateway or the exit of a network, which carries nothing.
	sharedMin = 8
	// aloneMax is how long a device without a name is taken to be the person's last named there.
	aloneMax = int64(12 * time.Hour / time.Second)
)

// devices are the devices seen lately, in two generations.
type devices struct {
	max        int
	young, old map[uint64]device
}

func newDevices(limit int) devices {
	return devices{max: limit, young: map[uint64]device{}, old: map[uint64]device{}}
}

// carrier says who carries values to and from a call, and remembers who is named at its device. first is true for the
// first call that names the principal at this device.
func (d *devices) carrier(c *waywarden.Call) (by carrier, first bool) {
	if c.Principal.UID != "" {
		by.who = xxh3.HashString(c.Principal.UID)
	}
	rec := c.Record
	if rec == nil || rec.HTTP == nil || rec.HTTP.Client.IP == "" {
		return by, false
	}
	h := xxh3.HashString(rec.HTTP.Client.IP)
	h = xxh3.HashStringSeed(rec.HTTP.Client.JA4, h)
	h = xxh3.HashStringSeed(c.Application.Name, h)
	dev, ok := d.young[h]
	if !ok {
		dev = d.old[h]
	}
	now := rec.At.Unix()
	by.before = dev.plain
	if by.who == 0 {
		if now-dev.at <= aloneMax {
			by.last = dev.who
		}
		if !dev.plain {
			dev.plain = true
			d.keep(h, dev)
		}
	} else if dev.who != by.who || now-dev.at > aloneMax/8 {
		first = dev.who != by.who
		if first && dev.who != 0 && dev.turns < sharedMin {
			dev.turns++
		}
		dev.who, dev.at = by.who, now
		d.keep(h, dev)
	}
	if dev.turns >= sharedMin {
		by.last, by.before = 0, false
		return by, first
	}
	by.device = h
	return by, first
}

func (d *devices) keep(h uint64, dev device) {
	if len(d.young) >= d.max {
		d.old, d.young = d.young, make(map[uint64]device, d.max/4)
	}
	d.young[h] = dev
}
