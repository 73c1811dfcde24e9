package http2

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A peer writes frames as the implementation of Go does.
type peer struct {
	*http2.Framer
	out   bytes.Buffer
	block bytes.Buffer
	enc   *hpack.Encoder
}

func newPeer() *peer {
	p := &peer{}
	p.Framer = http2.NewFramer(&p.out, nil)
	p.enc = hpack.NewEncoder(&p.block)
	return p
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// fields returns a header block of names and values.
func (p *peer) fields(pairs ...string) []byte {
	p.block.Reset()
	for i := 0; i < len(pairs); i += 2 {
		must(p.enc.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]}))
	}
	return bytes.Clone(p.block.Bytes())
}

// read gives parts to a parser and returns what it said. Pieces of a body are joined.
func read(p *Parser, parts ...[]byte) (said []string) {
	body := ""
	for _, part := range parts {
		for data, turn := part, 0; ; turn++ {
			if turn > 2*len(part)+10 {
				return append(said, "no progress")
			}
			ev, rest := p.Next(data)
			if body != "" && ev != Data && ev != More {
				said = append(said, body)
				body = ""
			}
			switch ev {
			case Headers:
				line := fmt.Sprint("headers ", p.Stream)
				for _, f := range p.Fields {
					line += " " + f.Name + "=" + f.Value
				}
				said = append(said, line)
			case Data:
				if body == "" {
					body = fmt.Sprint("data ", p.Stream, " ")
				}
				body += string(p.Payload)
			case Finished:
				said = append(said, fmt.Sprint("finished ", p.Stream))
			case Reset:
				said = append(said, fmt.Sprint("reset ", p.Stream))
			case Settings:
				said = append(said, fmt.Sprint("table ", p.TableSize))
			case Broken:
				return append(said, "broken")
			}
			if data = rest; ev == More {
				break
			}
		}
	}
	if body != "" {
		said = append(said, body)
	}
	return said
}

func everyCut(t *testing.T, client bool, b []byte, want ...string) {
	t.Helper()
	for _, n := range []int{len(b), 1, 2, 5, 9, 100} {
		if got := read(NewParser(client), slices.Collect(slices.Chunk(b, n))...); !slices.Equal(got, want) {
			t.Errorf("in parts of %d:\n got %q\nwant %q", n, got, want)
		}
	}
}

func TestFrames(t *testing.T) {
	p := newPeer()
	p.out.WriteString(http2.ClientPreface)
	must(p.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 1 << 16}))
	must(p.WriteWindowUpdate(0, 1<<20))
	must(p.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: p.fields(":method", "POST", ":path", "/a", "X-Upper", "v"), EndHeaders: true, PadLength: 7,
		Priority: http2.PriorityParam{StreamDep: 3, Weight: 9},
	}))
	must(p.WriteData(1, false, []byte("one ")))
	must(p.WriteSettingsAck())
	must(p.WriteDataPadded(1, false, []byte("two"), make([]byte, 20)))
	must(p.WritePing(false, [8]byte{1}))
	must(p.WriteData(1, true, nil))
	must(p.WriteRawFrame(0xbe, 5, 77, []byte("of an extension")))
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: p.fields(":method", "POST", ":path", "/a"), EndHeaders: true, EndStream: true}))
	must(p.WriteRSTStream(5, http2.ErrCodeCancel))
	must(p.WriteGoAway(7, http2.ErrCodeNo, []byte("bye")))
	everyCut(t, true, p.out.Bytes(), "table 65536", "headers 1 :method=POST :path=/a x-upper=v", "data 1 one two", "finished 1",
		"headers 3 :method=POST :path=/a", "finished 3", "reset 5")
}

func TestContinuation(t *testing.T) {
	p := newPeer()
	block := p.fields(":status", "200", "a", strings.Repeat("x", 50), "b", "c")
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:5], EndStream: true}))
	must(p.WriteContinuation(1, false, block[5:20]))
	must(p.WriteContinuation(1, true, block[20:]))
	must(p.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: p.fields(":path", "/pushed", "new", "entry"), EndHeaders: true}))
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: p.fields("new", "entry"), EndHeaders: true, EndStream: true}))
	everyCut(t, false, p.out.Bytes(), "headers 1 :status=200 a="+strings.Repeat("x", 50)+" b=c", "finished 1", "headers 3 new=entry", "finished 3")
}

func TestTheTableGrowsAsTheOtherSideAllows(t *testing.T) {
	p := newPeer()
	p.enc.SetMaxDynamicTableSizeLimit(1 << 15)
	p.enc.SetMaxDynamicTableSize(1 << 15)
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.fields("a", "b"), EndHeaders: true}))
	if got := read(NewParser(false), p.out.Bytes()); !slices.Equal(got, []string{"broken"}) {
		t.Errorf("not allowed: %q", got)
	}
	allowed := NewParser(false)
	allowed.AllowTable(1 << 20)
	if got := read(allowed, p.out.Bytes()); !slices.Equal(got, []string{"headers 1 a=b"}) {
		t.Errorf("allowed: %q", got)
	}
	if size, ok := ReadSettings([]byte{0, 4, 0, 0, 0, 1, 0, 1, 0, 0, 16, 0}); size != 4096 || !ok {
		t.Errorf("settings: %d %v", size, ok)
	}
}

func TestSkip(t *testing.T) {
	p := newPeer()
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.fields(":status", "200"), EndHeaders: true}))
	must(p.WriteData(1, true, []byte("0123456789")))
	head := len(p.out.Bytes()) - 8
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: p.fields(":status", "404"), EndHeaders: true, EndStream: true}))
	b := p.out.Bytes()
	for lost, want := range map[int][]string{
		3: {"headers 1 :status=200", "data 1 01", "data 1 56789", "finished 1", "headers 3 :status=404", "finished 3"},
		8: {"headers 1 :status=200", "data 1 01", "finished 1", "headers 3 :status=404", "finished 3"},
		9: {"headers 1 :status=200", "data 1 01", "broken"},
	} {
		parser := NewParser(false)
		got := read(parser, b[:head])
		if ev := parser.Skip(int64(lost)); (ev == Data) != (lost < 9) {
			t.Errorf("%d lost: event %d", lost, ev)
		}
		if got = append(got, read(parser, b[head+lost:])...); !slices.Equal(got, want) {
			t.Errorf("%d lost:\n got %q\nwant %q", lost, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	p := newPeer()
	pairs := make([]string, 0, 6000)
	for range 3000 {
		pairs = append(pairs, "name", "value")
	}
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.fields(pairs...), EndHeaders: true}))
	parser := NewParser(false)
	if ev, _ := parser.Next(p.out.Bytes()); ev != Headers || len(parser.Fields) != FieldsMax || parser.Cut != 3000-FieldsMax {
		t.Errorf("event %d, %d fields, %d cut", ev, len(parser.Fields), parser.Cut)
	}
	// One large field in the table, named over and over: a small block that says much.
	p = newPeer()
	first := p.fields("a", strings.Repeat("x", 3000))
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: append(first, bytes.Repeat([]byte{0x80 | 62}, 10_000)...), EndHeaders: true}))
	parser = NewParser(false)
	if ev, _ := parser.Next(p.out.Bytes()); ev != Headers || len(parser.Fields)*3000 > fieldsBytesMax || parser.Cut == 0 {
		t.Errorf("event %d, %d fields, %d cut", ev, len(parser.Fields), parser.Cut)
	}
	// Headers without an end.
	p = newPeer()
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte("x")}))
	for range 200 {
		must(p.WriteContinuation(1, false, make([]byte, 16<<10)))
	}
	parser = NewParser(false)
	if got := read(parser, slices.Collect(slices.Chunk(p.out.Bytes(), 1400))...); !slices.Equal(got, []string{"broken"}) || parser.Buffered() > 3*BlockMax {
		t.Errorf("%q, %d bytes kept", got, parser.Buffered())
	}
}

func TestBroken(t *testing.T) {
	for name, b := range map[string][]byte{
		"headers on stream 0":          {0, 0, 1, frameHeaders, flagEndHeaders, 0, 0, 0, 0, 0x82},
		"continuation of nothing":      {0, 0, 1, frameContinuation, flagEndHeaders, 0, 0, 0, 1, 0x82},
		"another frame within a block": {0, 0, 1, frameHeaders, 0, 0, 0, 0, 1, 0x82, 0, 0, 0, frameData, 0, 0, 0, 0, 1},
		"too much padding":             {0, 0, 2, frameData, flagPadded, 0, 0, 0, 1, 9, 0},
		"padding without a length":     {0, 0, 0, frameData, flagPadded, 0, 0, 0, 1},
		"an index that is none":        {0, 0, 2, frameHeaders, flagEndHeaders, 0, 0, 0, 1, 0xff, 0x70},
		"a reset too short":            {0, 0, 1, frameReset, 0, 0, 0, 0, 1, 0},
	} {
		p := NewParser(false)
		if got := read(p, b); !slices.Equal(got, []string{"broken"}) {
			t.Errorf("%s: %q", name, got)
		}
		if ev, _ := p.Next([]byte("more")); ev != Broken {
			t.Errorf("%s: event %d afterwards", name, ev)
		}
	}
	if got := read(NewParser(true), []byte("PRI * HTTP/1.1")); !slices.Equal(got, []string{"broken"}) {
		t.Errorf("no preface: %q", got)
	}
}

func FuzzParser(f *testing.F) {
	p := newPeer()
	must(p.WriteSettings())
	must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.fields(":status", "200"), EndHeaders: true, PadLength: 3}))
	must(p.WriteDataPadded(1, true, []byte("body"), make([]byte, 3)))
	f.Add(p.out.Bytes(), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		whole := read(NewParser(false), b)
		parts := read(NewParser(false), slices.Collect(slices.Chunk(b, int(n)+1))...)
		if !slices.Equal(whole, parts) || slices.Contains(whole, "no progress") {
			t.Errorf("whole %q, in parts %q", whole, parts)
		}
		parser := NewParser(false)
		read(parser, b)
		parser.Skip(int64(n))
		read(parser, b)
	})
}
