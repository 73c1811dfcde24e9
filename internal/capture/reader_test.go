package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC)

// readAll returns the packets of a capture and the error that ends it.
func readAll(r io.Reader) (list []Packet, err error) {
	rd, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	for {
		var p Packet
		if err := rd.Next(&p); err != nil {
			return list, err
		}
		p.Data = bytes.Clone(p.Data)
		list = append(list, p)
	}
}

// classic writes a pcap file by hand, in any byte order and resolution.
func classic(order binary.AppendByteOrder, magic uint32, link uint32, packets ...[]byte) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	for _, v := range []uint32{0, 0, 65535, link} {
		b = order.AppendUint32(b, v)
	}
	for i, p := range packets {
		for _, v := range []uint32{uint32(start.Unix()), uint32(i), uint32(len(p)), uint32(len(p) + 1)} {
			b = order.AppendUint32(b, v)
		}
		b = append(b, p...)
	}
	return b
}

func TestClassic(t *testing.T) {
	for _, c := range []struct {
		order binary.AppendByteOrder
		magic uint32
		unit  int64
	}{
		{binary.LittleEndian, magicMicro, 1000}, {binary.BigEndian, magicMicro, 1000},
		{binary.LittleEndian, magicNano, 1}, {binary.BigEndian, magicNano, 1},
	} {
		file := classic(c.order, c.magic, 0x10000001, []byte("one"), []byte{}, bytes.Repeat([]byte("x"), readBuffer+5))
		if !IsCapture(file) {
			t.Error("not recognised")
		}
		for name, r := range map[string]io.Reader{"whole": bytes.NewReader(file), "in halves": iotest.HalfReader(bytes.NewReader(file)), "data with EOF": iotest.DataErrReader(bytes.NewReader(file))} {
			list, err := readAll(r)
			if !errors.Is(err, io.EOF) || len(list) != 3 {
				t.Fatalf("%s: %d packets, error %v", name, len(list), err)
			}
			p := list[2]
			if len(p.Data) != readBuffer+5 || p.Length != len(p.Data)+1 || p.Time != start.Unix()*1e9+2*c.unit || p.Link != LinkEthernet || p.Number != 3 {
				t.Errorf("%s: %d of %d bytes at %d, link %d, number %d", name, len(p.Data), p.Length, p.Time, p.Link, p.Number)
			}
			if string(list[0].Data) != "one" || len(list[1].Data) != 0 {
				t.Errorf("%s: %q %q", name, list[0].Data, list[1].Data)
			}
		}
	}
}

func TestCutAnywhere(t *testing.T) {
	ng := nextGeneration(t)
	for name, file := range map[string][]byte{"pcap": classic(binary.LittleEndian, magicMicro, 1, []byte("one"), []byte("two")), "pcapng": ng} {
		before := 0
		for n := range file {
			list, err := readAll(bytes.NewReader(file[:n]))
			if !errors.Is(err, io.EOF) && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
			if len(list) < before || len(list) > 2 {
				t.Fatalf("%s cut at %d: %d packets", name, n, len(list))
			}
			before = len(list)
		}
	}
}

func TestErrorsOfTheFileAreHandedOn(t *testing.T) {
	broken := errors.New("disk on fire")
	file := classic(binary.LittleEndian, magicMicro, 1, []byte("one"))
	for _, n := range []int{2, 10, 30, 41, len(file)} {
		_, err := readAll(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("at %d: %v", n, err)
		}
	}
}

func nextGeneration(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriter(&b, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.AddInterface(pcapgo.NgInterface{LinkType: layers.LinkTypeRaw, TimestampResolution: 9, SnapLength: 100, Comment: "a comment"})
	if err != nil {
		t.Fatal(err)
	}
	for i, data := range []string{"one", "second"} {
		info := gopacket.CaptureInfo{Timestamp: start, CaptureLength: len(data), Length: len(data) + i, InterfaceIndex: second * i}
		if err := w.WritePacket(info, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNextGeneration(t *testing.T) {
	file := nextGeneration(t)
	list, err := readAll(bytes.NewReader(append(file, file...))) // two sections
	if !errors.Is(err, io.EOF) || len(list) != 4 {
		t.Fatalf("%d packets, %v", len(list), err)
	}
	for i, p := range list {
		want := Packet{Data: []byte("one"), Length: 3, Time: start.UnixNano(), Link: LinkEthernet}
		if i%2 == 1 {
			want = Packet{Data: []byte("second"), Length: 7, Time: start.UnixNano(), Link: LinkRaw}
		}
		if string(p.Data) != string(want.Data) || p.Length != want.Length || p.Time != want.Time || p.Link != want.Link {
			t.Errorf("packet %d: %+v, want %+v", i, p, want)
		}
	}
}

// block writes a block of pcapng.
func block(order binary.AppendByteOrder, kind uint32, body []byte) []byte {
	body = append(body, make([]byte, -len(body)&3)...)
	b := order.AppendUint32(nil, kind)
	b = order.AppendUint32(b, uint32(len(body)+12))
	return order.AppendUint32(append(b, body...), uint32(len(body)+12))
}

func words(order binary.AppendByteOrder, list ...uint32) (b []byte) {
	for _, v := range list {
		b = order.AppendUint32(b, v)
	}
	return b
}

func TestBlocks(t *testing.T) {
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		section := block(order, blockSection, words(order, sectionMagic, 1, 0xffffffff, 0xffffffff))
		options := order.AppendUint16(nil, optionResolution)
		options = order.AppendUint16(options, 1)
		options = append(options, 0x80|10, 0, 0, 0) // 1/1024 s
		options = order.AppendUint16(options, optionOffset)
		options = order.AppendUint16(options, 8)
		options = order.AppendUint64(options, 1000)
		face := block(order, blockInterface, append(append(order.AppendUint16(order.AppendUint16(nil, 1), 0), words(order, 5)...), options...))
		enhanced := block(order, blockPacket, append(words(order, 0, 0, 2048+512, 2, 2), "ab"...))
		old := block(order, blockPacketOld, append(words(order, 0, 0, 3072, 1, 1), 'c'))
		simple := block(order, blockSimple, append(words(order, 9), "123456789"...))
		foreign := block(order, blockPacket, append(words(order, 7, 0, 0, 1, 1), 'x')) // of an interface that was not described
		unknown := block(order, 0x40000bad, make([]byte, 300))
		file := bytes.Join([][]byte{section, unknown, face, enhanced, old, foreign, simple}, nil)
		list, err := readAll(bytes.NewReader(file))
		if !errors.Is(err, io.EOF) || len(list) != 3 {
			t.Fatalf("%s: %d packets, %v", name, len(list), err)
		}
		if string(list[0].Data) != "ab" || list[0].Time != 1002_500_000_000 {
			t.Errorf("%s: enhanced %+v", name, list[0])
		}
		if string(list[1].Data) != "c" || list[1].Time != 1003_000_000_000 {
			t.Errorf("%s: obsolete %+v", name, list[1])
		}
		if string(list[2].Data) != "12345" || list[2].Length != 9 || list[2].Time != list[1].Time {
			t.Errorf("%s: simple %+v", name, list[2])
		}
	}
}

func TestTimesThatDoNotFit(t *testing.T) {
	for _, i := range []iface{{units: 1, offset: 1 << 62}, {units: 1, offset: -1 << 62}, {units: 1 << 63}, {units: 1e19}, {units: 1}} {
		for _, stamp := range []uint64{0, 1, 1 << 63, 1<<64 - 1} {
			if at := i.time(stamp); at < 0 {
				t.Errorf("%+v at %d: %d", i, stamp, at)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(classic(binary.LittleEndian, magicMicro, 1, []byte("one")))
	f.Add(classic(binary.BigEndian, magicNano, 1, []byte("one")))
	le := binary.LittleEndian
	f.Add(append(block(le, blockSection, words(le, sectionMagic, 1, 0, 0)), block(le, blockInterface, words(le, 1, 0))...))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := readAll(bytes.NewReader(file))
		if !errors.Is(err, io.EOF) && !errors.Is(err, ErrCorrupt) {
			t.Errorf("error %v", err)
		}
		var d Decoder
		var s Segment
		for i := range list {
			if len(list[i].Data) > list[i].Length {
				t.Errorf("%d bytes of %d", len(list[i].Data), list[i].Length)
			}
			d.Decode(&list[i], &s)
		}
	})
}
