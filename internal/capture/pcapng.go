package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
)

// Types of blocks of pcapng (draft-ietf-opsawg-pcapng) and the magic number of a section.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacketOld = 2
	blockSimple    = 3
	blockPacket    = 6

	sectionMagic        = 0x1a2b3c4d
	sectionMagicSwapped = 0x4d3c2b1a
)

// Options of an interface.
const (
	optionEnd        = 0
	optionResolution = 9
	optionOffset     = 14
)

const (
	ifacesMax    = 4096     // interfaces of a section; packets of further ones are read over
	ifaceHeadMax = 64 << 10 // bytes of the description of an interface
)

// An iface is an interface that packets were captured on.
type iface struct {
	link   LinkType
	snap   int
	units  uint64 // of time in a second
	offset int64  // seconds to add
}

// nextBlock reads blocks up to the next packet.
func (r *Reader) nextBlock(p *Packet) error {
	for {
		head, err := r.in.Peek(12)
		if errors.Is(err, io.EOF) && zeroes(head) {
			return io.EOF
		}
		if err != nil {
			return r.short(err)
		}
		if binary.LittleEndian.Uint32(head) == blockSection { // reads the same in both orders
			if err := r.section(binary.LittleEndian.Uint32(head[8:])); err != nil {
				return err
			}
		} else if r.order == nil {
			return fmt.Errorf("%w: no section", ErrCorrupt)
		}
		kind, size := r.order.Uint32(head), int64(r.order.Uint32(head[4:]))
		if size < 12 || size&3 != 0 {
			return fmt.Errorf("%w: block of %d bytes", ErrCorrupt, size)
		}
		var done bool
		switch kind {
		case blockInterface:
			err = r.iface(size)
		case blockPacket, blockPacketOld, blockSimple:
			done, err = r.packet(p, kind, size)
		default:
			err = r.skip(size)
		}
		if done || err != nil {
			return err
		}
	}
}

// section begins a section: byte order and interfaces are its own.
func (r *Reader) section(magic uint32) error {
	switch magic {
	case sectionMagic:
		r.order = binary.LittleEndian
	case sectionMagicSwapped:
		r.order = binary.BigEndian
	default:
		return fmt.Errorf("%w: section without a byte order", ErrCorrupt)
	}
	r.ifaces = r.ifaces[:0]
	return nil
}

// skip reads over size bytes.
func (r *Reader) skip(size int64) error {
	for size > 0 {
		n := min(size, 1<<30)
		if err := r.discard(int(n)); err != nil {
			return err
		}
		size -= n
	}
	return nil
}

func (r *Reader) iface(size int64) error {
	if size < 20 || size > ifaceHeadMax {
		return fmt.Errorf("%w: interface description of %d bytes", ErrCorrupt, size)
	}
	b, err := r.peek(int(size))
	if err != nil {
		return err
	}
	i := iface{link: LinkType(r.order.Uint16(b[8:])), snap: int(r.order.Uint32(b[12:])), units: 1e6}
	for opts := b[16 : size-4]; len(opts) >= 4; {
		code, n := r.order.Uint16(opts), int(r.order.Uint16(opts[2:]))
		if opts = opts[4:]; code == optionEnd || n > len(opts) {
			break
		}
		switch {
		case code == optionResolution && n == 1:
			i.units = resolution(opts[0])
		case code == optionOffset && n == 8:
			i.offset = int64(r.order.Uint64(opts))
		}
		opts = opts[min((n+3)&^3, len(opts)):]
	}
	if len(r.ifaces) < ifacesMax {
		r.ifaces = append(r.ifaces, i)
	}
	return r.discard(int(size))
}

// resolution returns units of a second: a power of ten, or with the highest bit one of two.
func resolution(b byte) uint64 {
	if b&0x80 != 0 {
		return 1 << min(b&0x7f, 63)
	}
	u := uint64(1)
	for range min(b, 19) {
		u *= 10
	}
	return u
}

// packet reads a block that holds a packet; done is false when it had to be read over.
func (r *Reader) packet(p *Packet, kind uint32, size int64) (done bool, err error) {
	if size > packetMax {
		return false, fmt.Errorf("%w: packet block of %d bytes", ErrCorrupt, size)
	}
	fixed := int64(28)
	if kind == blockSimple {
		fixed = 12
	}
	if size < fixed+4 {
		return false, fmt.Errorf("%w: packet block of %d bytes", ErrCorrupt, size)
	}
	b, err := r.peek(int(fixed))
	if err != nil {
		return false, err
	}
	var index, captured, length int
	at := r.last
	switch kind {
	case blockSimple:
		length = int(r.order.Uint32(b[8:]))
		captured = int(min(int64(length), size-fixed-4))
	case blockPacket:
		index = int(r.order.Uint32(b[8:]))
		captured, length = int(r.order.Uint32(b[20:])), int(r.order.Uint32(b[24:]))
	default:
		index = int(r.order.Uint16(b[8:]))
		captured, length = int(r.order.Uint32(b[20:])), int(r.order.Uint32(b[24:]))
	}
	if int64(captured) > size-fixed-4 {
		return false, fmt.Errorf("%w: packet of %d bytes in a block of %d", ErrCorrupt, captured, size)
	}
	if index >= len(r.ifaces) {
		return false, r.skip(size)
	}
	i := r.ifaces[index]
	if kind == blockSimple && i.snap > 0 {
		captured = min(captured, i.snap)
	} else if kind != blockSimple {
		at = i.time(uint64(r.order.Uint32(b[12:]))<<32 | uint64(r.order.Uint32(b[16:])))
	}
	if err := r.discard(int(fixed)); err != nil {
		return false, err
	}
	return true, r.take(p, captured, int(size-fixed), length, at, i.link)
}

// time converts a time stamp to nanoseconds since 1970, at most what they can hold.
func (i *iface) time(stamp uint64) int64 {
	const secondsMax = math.MaxInt64/1_000_000_000 - 1
	sec, rest := stamp/i.units, stamp%i.units
	hi, lo := bits.Mul64(rest, 1e9)
	nano, _ := bits.Div64(hi, lo, i.units)
	s := int64(min(sec, secondsMax))
	s = min(max(s+min(max(i.offset, -secondsMax), secondsMax), 0), secondsMax)
	return s*1e9 + int64(nano)
}
