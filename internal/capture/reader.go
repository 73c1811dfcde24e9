// Package capture reads packet captures (pcap and pcapng) and puts the TCP connections in them together.
//
// A [Reader] yields packets, a [Decoder] finds the TCP segment in a packet, an [Assembler] orders the segments of each
// connection and hands the bytes of both directions to a [Stream], those that answer something after what they answer.
// All memory is bounded; time is that of the packets.
package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrCorrupt says that a capture cannot be read further: what came before stands.
var ErrCorrupt = errors.New("corrupt capture")

// A Packet is one packet of a capture.
type Packet struct {
	Data   []byte // valid until the next call of Next
	Length int    // bytes it had on the wire; more than len(Data) when it was cut by the snap length
	Time   int64  // nanoseconds since 1970, UTC
	Link   LinkType
	Number int64 // from 1
}

const (
	readBuffer = 256 << 10
	// packetMax is the most bytes of a packet. libpcap allows 262,144; segmentation offload of large IPv6 packets half a
	// megabyte.
	packetMax = 4 << 20
)

// Magic numbers of a classic capture as read in little-endian order.
const (
	magicMicro        = 0xa1b2c3d4
	magicNano         = 0xa1b23c4d
	magicMicroSwapped = 0xd4c3b2a1
	magicNanoSwapped  = 0x4d3cb2a1
)

// IsCapture says whether head begins as a capture does.
func IsCapture(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch binary.LittleEndian.Uint32(head) {
	case magicMicro, magicNano, magicMicroSwapped, magicNanoSwapped:
		return true
	case blockSection:
		if len(head) < 12 {
			return false
		}
		m := binary.LittleEndian.Uint32(head[8:])
		return m == sectionMagic || m == sectionMagicSwapped
	}
	return false
}

// A Reader reads the packets of a capture.
type Reader struct {
	in     *bufio.Reader
	order  binary.ByteOrder
	unit   int64 // nanoseconds of the fraction of a classic time stamp
	link   LinkType
	ng     bool
	ifaces []iface // of the section of a pcapng file
	taken  int     // bytes of in that the last packet lies in
	big    []byte  // a packet that is larger than the buffer of in
	offset int64
	number int64
	last   int64 // time of the last packet, for blocks that have none
}

// NewReader reads the header of a capture. The error wraps [ErrCorrupt] or is one of r.
func NewReader(r io.Reader) (*Reader, error) {
	rd := &Reader{in: bufio.NewReaderSize(r, readBuffer)}
	head, err := rd.peek(4)
	if err != nil {
		return nil, err
	}
	switch binary.LittleEndian.Uint32(head) {
	case magicMicro:
		rd.order, rd.unit = binary.LittleEndian, 1000
	case magicNano:
		rd.order, rd.unit = binary.LittleEndian, 1
	case magicMicroSwapped:
		rd.order, rd.unit = binary.BigEndian, 1000
	case magicNanoSwapped:
		rd.order, rd.unit = binary.BigEndian, 1
	case blockSection:
		rd.ng = true
		return rd, nil
	default:
		return nil, fmt.Errorf("%w: begins with neither a pcap nor a pcapng header", ErrCorrupt)
	}
	if head, err = rd.peek(24); err != nil {
		return nil, err
	}
	if major := rd.order.Uint16(head[4:]); major != 2 {
		return nil, fmt.Errorf("%w: pcap version %d", ErrCorrupt, major)
	}
	rd.link = LinkType(rd.order.Uint32(head[20:])) // the upper half tells of frame check sequences
	return rd, rd.discard(24)
}

// Offset returns how many bytes were read.
func (r *Reader) Offset() int64 { return r.offset }

// Next reads the next packet. The error is io.EOF at the end, wraps [ErrCorrupt], or is one of the reader below.
func (r *Reader) Next(p *Packet) error {
	if err := r.discard(r.taken); err != nil {
		return err
	}
	r.taken = 0
	if r.ng {
		return r.nextBlock(p)
	}
	head, err := r.in.Peek(16)
	if err == io.EOF && len(head) == 0 {
		return io.EOF
	}
	if err != nil {
		return r.short(err)
	}
	sec, frac := r.order.Uint32(head), r.order.Uint32(head[4:])
	size, length := int(r.order.Uint32(head[8:])), int(r.order.Uint32(head[12:]))
	if size > packetMax || size < 0 {
		return fmt.Errorf("%w: packet of %d bytes", ErrCorrupt, size)
	}
	if err := r.discard(16); err != nil {
		return err
	}
	return r.take(p, size, size, length, int64(sec)*1e9+int64(frac)*r.unit, r.link)
}

// take makes p of the next size bytes, and reads over them up to padded with the next call.
func (r *Reader) take(p *Packet, size, padded, length int, at int64, link LinkType) error {
	var data []byte
	var err error
	if padded <= readBuffer {
		data, err = r.peek(padded)
		r.taken = padded
	} else {
		if cap(r.big) < padded {
			r.big = make([]byte, padded)
		}
		data = r.big[:padded]
		var n int
		n, err = io.ReadFull(r.in, data)
		r.offset += int64(n)
		err = r.short(err)
	}
	if err != nil {
		r.taken = 0
		return err
	}
	r.number++
	r.last = at
	*p = Packet{Data: data[:size], Length: max(length, size), Time: at, Link: link, Number: r.number}
	return nil
}

func (r *Reader) peek(n int) ([]byte, error) {
	b, err := r.in.Peek(n)
	return b, r.short(err)
}

func (r *Reader) discard(n int) error {
	d, err := r.in.Discard(n)
	r.offset += int64(d)
	return r.short(err)
}

// short turns an end in the middle of something into [ErrCorrupt].
func (r *Reader) short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: ends in the middle", ErrCorrupt)
	}
	return err
}

// zeroes reports whether b holds nothing else: a file that was preallocated and not filled.
func zeroes(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
