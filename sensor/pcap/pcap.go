// Package pcap decodes packet captures: pcap and pcapng, of Ethernet (VLAN, QinQ, MPLS, PPPoE), Linux cooked, raw IP and
// loopback links, IPv4 and IPv6 with fragments, and the tunnels that mirrors use (VXLAN, GRE, ERSPAN, Geneve, GTP-U,
// IP in IP).
//
// What a TCP connection carries is recognised by what it says, never by its port:
//
//	HTTP/1.0, 1.1   keep-alive, pipelining, chunked and coded bodies, upgrades, CONNECT
//	HTTP/2          with prior knowledge and by upgrade (h2c), hence gRPC
//	WebSocket       OCPP-J becomes ocpp records; another socket is the call that opened it, and counted
//	TLS             counted as stream_encrypted; nothing can be read
//	anything else   counted as stream_undecodable
//
// # What a record says
//
// At is when the first packet of the request was captured; Duration ends with the last packet of the answer. A call is
// handed on when it is complete: one that takes longer than the reorder window comes late. A request whose answer was
// not captured has Status 0 and is counted as response_missing. IDs are made of the connection (addresses, ports, time
// of its first packet) and the number of the exchange in it, so that a capture read again gives the same. Trailers
// are appended to the header fields of their message.
//
// # What is missing
//
// A gap (segment_lost, packet_truncated) in a body of known length costs that body alone: the part before it is kept,
// marked as truncated. A gap elsewhere in HTTP/1 costs the messages it touches, and reading goes on where the next one
// begins; from then on an answer is taken for that of a request only if it begins at the very byte up to which the
// client had received by then, so that a lost message never moves answers to other requests. A gap in HTTP/2 outside of
// a body, or its beginning before the capture, ends what can be read of the connection: header compression cannot be
// taken up later.
//
// # Limits
//
// What is held is bounded: see the constants of this package and of internal/capture. At a limit a body is cut (and
// says so), a head too large is no message, a gap is given up, and of too many connections the one that was silent for
// longest is ended, as it is after ten minutes of silence (a WebSocket after a day). VLAN tags and tunnels do not tell
// connections apart. Where copies of a segment differ the first one counts.
package pcap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/capture"
	"github.com/waywarden/waywarden/internal/websocket"
	"github.com/waywarden/waywarden/sensor"
)

// Limits of what is held; 0 in a [Format] means these.
const (
	// DefaultBodyLimit is how many bytes of a body are kept as they are on the wire; decoding may make 8 MiB of them.
	DefaultBodyLimit = 1 << 20
	// DefaultRoom is how many bytes of messages under way are kept, of all connections. Segments that wait for others
	// have room of their own, [capture.DefaultHeld].
	DefaultRoom = 128 << 20

	pendingMax = 1024     // requests without an answer on a connection
	streamsMax = 1024     // HTTP/2 streams that are open on a connection
	sniffMax   = 64 << 10 // bytes of a direction kept until it is clear what it carries: a long request line
)

// A Format reads packet captures.
type Format struct {
	BodyLimit int64 // bytes kept of a body
	Conns     int   // connections followed at a time; 0: [capture.DefaultConns]
	Room      int64 // bytes of messages under way
}

// Name is what --format calls it.
func (Format) Name() string { return "pcap" }

// Detect looks for the magic number of a capture.
func (Format) Detect(head []byte) int {
	if capture.IsCapture(head) {
		return 100
	}
	return 0
}

// Decode reads a capture to its end. Packets that are none of a TCP connection are passed over.
func (f Format) Decode(ctx context.Context, in sensor.Input, out sensor.Output) error {
	r, err := capture.NewReader(in.R)
	if err != nil {
		return broken(err, 0, in, out)
	}
	d := f.decoder(in.Name, out)
	var packets capture.Decoder
	var p capture.Packet
	var seg capture.Segment
	for n := 0; ; n++ {
		if n&0xff == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err = r.Next(&p); err != nil {
			break
		}
		d.packet = p.Number
		if len(p.Data) < p.Length {
			d.count(sensor.CountPacketTruncated)
		}
		if !p.Link.Known() {
			d.unknownLink(p.Link)
		} else if packets.Decode(&p, &seg) {
			d.asm.Add(&seg)
		}
		if d.err != nil {
			return d.err
		}
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, capture.ErrCorrupt) {
		return fmt.Errorf("read %s: %w", in.Name, err)
	}
	d.asm.Close()
	if d.err != nil {
		return d.err
	}
	return broken(err, r.Offset(), in, out)
}

// broken reports a capture that cannot be read further: what came before counts.
func broken(err error, offset int64, in sensor.Input, out sensor.Output) error {
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, capture.ErrCorrupt):
		out.Reject(sensor.Rejection{File: in.Name, Offset: offset, Reason: err.Error()})
		return nil
	}
	return fmt.Errorf("read %s: %w", in.Name, err)
}

// A decoder is the state of one Decode.
type decoder struct {
	name      string
	out       sensor.Output
	asm       *capture.Assembler
	bodyLimit int64
	room      int64                     // bytes that messages under way may still take
	packet    int64                     // number of the packet being read
	links     map[capture.LinkType]bool // unknown ones that were reported
	inflater  websocket.Inflater
	err       error // of out.Record
}

func (f Format) decoder(name string, out sensor.Output) *decoder {
	d := &decoder{name: name, out: out, bodyLimit: f.BodyLimit, room: f.Room, links: map[capture.LinkType]bool{}}
	if d.bodyLimit <= 0 {
		d.bodyLimit = DefaultBodyLimit
	}
	if d.room <= 0 {
		d.room = DefaultRoom
	}
	d.asm = capture.NewAssembler(d.open, f.Conns, 0)
	return d
}

// unknownLink reports a link type once.
func (d *decoder) unknownLink(l capture.LinkType) {
	if d.links[l] {
		return
	}
	d.links[l] = true
	d.out.Reject(sensor.Rejection{File: d.name, Offset: d.packet, Reason: "packets of link type " + strconv.Itoa(int(l)) + ", which is not decoded"})
}

func (d *decoder) count(name string) { d.out.Count(name, 1) }

func (d *decoder) emit(r *waywarden.Record) {
	if d.err == nil {
		d.err = d.out.Record(r)
	}
}
