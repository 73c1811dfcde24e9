// Package pcap reads packet captures: pcap and pcapng files of Ethernet, VLAN, Linux cooked, raw IP and loopback links,
// IPv4 with fragments and IPv6, and the tunnels VXLAN, GRE and GTP-U.
//
// TCP streams are put together; what is in them is recognised by what it says, not by port: HTTP/1 with keep-alive,
// pipelining, chunked and compressed bodies, WebSockets whose subprotocol is OCPP, and cleartext HTTP/2. A TLS stream is
// counted and not looked into. A lost segment costs the message it lies in; the stream is taken up again where the next
// message begins. Nothing in a capture is an error: a file that breaks off gives what came before.
//
// # Order
//
// A call is handed on when its answer is complete, with the time of its first packet. The reader puts records in order
// within the reorder window; a call that takes longer than that comes late and is counted so.
//
// # Limits
//
// Each of these bounds what a hostile capture can make the sensor hold: see the constants below. What they cut is
// counted under the names of package sensor.
package pcap

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/ip4defrag"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/gopacket/gopacket/reassembly"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// Limits of what is held.
const (
	pagesMax     = 1 << 15          // 1.9 KB pages of segments waiting for earlier ones, of all streams
	pagesConnMax = 1 << 10          // of one stream; beyond it the gap is given up
	gapAge       = 10 * time.Second // how long a gap may wait for a late segment, in packet time
	idleAge      = 10 * time.Minute // how long a silent connection is remembered, in packet time
	flushEvery   = time.Second      // how often that is looked after, in packet time
)

// A Format reads pcap and pcapng.
type Format struct{}

// Name implements [sensor.Format].
func (Format) Name() string { return "pcap" }

// Detect implements [sensor.Format].
func (Format) Detect(head []byte) int {
	if len(head) < 4 {
		return 0
	}
	switch binary.LittleEndian.Uint32(head) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a:
		return 100
	}
	return 0
}

// Decode implements [sensor.Format].
func (Format) Decode(ctx context.Context, in sensor.Input, out sensor.Output) error {
	from := &watched{r: in.R}
	source, err := open(bufio.NewReaderSize(from, 1<<16))
	if err != nil {
		return from.judge(err, in, out, 0)
	}
	t := newTap(out)
	for n := int64(1); ; n++ {
		if n&0xff == 1 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		data, info, link, err := source()
		if err != nil {
			t.finish()
			return errors.Join(t.failed, from.judge(err, in, out, n))
		}
		t.packet(data, info, link)
		if t.failed != nil {
			return t.failed
		}
	}
}

// A source returns the next packet with the type of its link.
type source func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error)

func open(r *bufio.Reader) (source, error) {
	magic, err := r.Peek(4)
	if err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(magic) == 0x0a0d0d0a {
		ng, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
		if err != nil {
			return nil, err
		}
		return func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
			data, info, err := ng.ReadPacketData()
			link := ng.LinkType()
			if err == nil && len(info.AncillaryData) > 0 {
				if l, ok := info.AncillaryData[0].(layers.LinkType); ok {
					link = l
				}
			}
			return data, info, link, err
		}, nil
	}
	p, err := pcapgo.NewReader(r)
	if err != nil {
		return nil, err
	}
	return func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
		data, info, err := p.ReadPacketData()
		return data, info, p.LinkType(), err
	}, nil
}

// watched remembers how reading itself failed, which the decoders do not tell from bad content.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// judge hands back an error of reading and makes bad content a rejection. packet counts from 1; 0 is the file's head.
func (w *watched) judge(err error, in sensor.Input, out sensor.Output, packet int64) error {
	if w.err != nil && !errors.Is(w.err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read %s: %w", in.Name, w.err)
	}
	if errors.Is(err, io.EOF) && packet > 0 {
		return nil
	}
	out.Count(sensor.CountRejected, 1)
	out.Reject(sensor.Rejection{File: in.Name, Offset: packet, Reason: fmt.Sprintf("packet %d: %v; nothing behind it can be read", packet, err)})
	return nil
}

// A tap turns packets into records. It is the assembler's factory of streams.
type tap struct {
	out       sensor.Output
	assembler *reassembly.Assembler
	fragments *ip4defrag.IPv4Defragmenter
	flushed   time.Time // packet time at which old streams were last looked after
	held      []*waywarden.Record
	holding   bool // records are held to be put in order: streams are flushed in no order of their own
	failed    error
}

func newTap(out sensor.Output) *tap {
	t := &tap{out: out, fragments: ip4defrag.NewIPv4Defragmenter()}
	t.assembler = reassembly.NewAssembler(reassembly.NewStreamPool(t))
	t.assembler.MaxBufferedPagesTotal = pagesMax
	t.assembler.MaxBufferedPagesPerConnection = pagesConnMax
	return t
}

// packet takes one packet.
func (t *tap) packet(data []byte, info gopacket.CaptureInfo, link layers.LinkType) {
	if info.CaptureLength < info.Length {
		t.out.Count(sensor.CountPacketTruncated, 1)
	}
	p := gopacket.NewPacket(data, link, gopacket.DecodeOptions{Lazy: false, NoCopy: true})
	network, tcp := t.innermost(p, info, 0)
	if tcp != nil {
		t.assembler.AssembleWithContext(network, tcp, (*packetContext)(&info))
	}
	if info.Timestamp.Sub(t.flushed) >= flushEvery {
		t.flush(info.Timestamp)
	}
}

// nestedMax bounds tunnels in tunnels.
const nestedMax = 4

// innermost returns the innermost TCP segment of a packet with its network flow, putting IPv4 fragments together.
func (t *tap) innermost(p gopacket.Packet, info gopacket.CaptureInfo, nested int) (flow gopacket.Flow, tcp *layers.TCP) {
	for _, l := range p.Layers() {
		switch l := l.(type) {
		case *layers.IPv4:
			flow = l.NetworkFlow()
			if l.Flags&layers.IPv4MoreFragments == 0 && l.FragOffset == 0 {
				continue
			}
			whole, err := t.fragments.DefragIPv4WithTimestamp(l, info.Timestamp)
			if err != nil || whole == nil || nested >= nestedMax {
				return flow, nil
			}
			inner := gopacket.NewPacket(whole.Payload, whole.NextLayerType(), gopacket.DecodeOptions{NoCopy: true})
			if f, tcp := t.innermost(inner, info, nested+1); tcp != nil {
				return cmpFlow(f, flow), tcp
			}
			return flow, nil
		case *layers.IPv6:
			flow = l.NetworkFlow()
		case *layers.TCP:
			tcp = l
		}
	}
	return flow, tcp
}

// cmpFlow returns the inner flow if there is one.
func cmpFlow(inner, outer gopacket.Flow) gopacket.Flow {
	if inner == (gopacket.Flow{}) {
		return outer
	}
	return inner
}

// flush gives up gaps and forgets connections that are too old at now.
func (t *tap) flush(now time.Time) {
	t.flushed = now
	t.inOrder(func() {
		t.assembler.FlushWithOptions(reassembly.FlushOptions{T: now.Add(-gapAge), TC: now.Add(-idleAge)})
	})
	t.fragments.DiscardOlderThan(now.Add(-gapAge))
}

// finish ends all streams.
func (t *tap) finish() { t.inOrder(func() { t.assembler.FlushAll() }) }

// inOrder hands on what f makes in the order of time, whatever order the streams come in.
func (t *tap) inOrder(f func()) {
	t.holding = true
	f()
	t.holding = false
	slices.SortFunc(t.held, func(a, b *waywarden.Record) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	for _, r := range t.held {
		t.emit(r)
	}
	clear(t.held)
	t.held = t.held[:0]
}

func (t *tap) emit(r *waywarden.Record) {
	if t.holding {
		t.held = append(t.held, r)
		return
	}
	if t.failed == nil {
		t.out.Count(sensor.CountRead, 1)
		t.failed = t.out.Record(r)
	}
}

// A packetContext hands the time of a packet through the assembler.
type packetContext gopacket.CaptureInfo

// GetCaptureInfo implements reassembly.AssemblerContext.
func (c *packetContext) GetCaptureInfo() gopacket.CaptureInfo { return gopacket.CaptureInfo(*c) }
