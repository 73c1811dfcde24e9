package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// frame writes a frame.
func frame(first byte, payload string, masked bool) []byte {
	b := []byte{first}
	bit := byte(0)
	if masked {
		bit = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, bit|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, bit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, bit|127), uint64(n))
	}
	if !masked {
		return append(b, payload...)
	}
	key := []byte{1, 2, 3, 4}
	b = append(b, key...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i&3])
	}
	return b
}

// read gives parts to a parser and returns what it said.
func read(p *Parser, parts ...[]byte) (said []string) {
	for _, part := range parts {
		for data, turn := part, 0; ; turn++ {
			ev, rest := p.Next(data)
			if turn > len(part)+10 {
				return append(said, "no progress")
			}
			switch ev {
			case Message:
				said = append(said, fmt.Sprintf("%d %s", p.Op, p.Payload))
			case Missed:
				said = append(said, p.Err.Error())
			case Close:
				said = append(said, fmt.Sprint("close ", p.Code))
			case Broken:
				said = append(said, "broken")
			}
			if data = rest; ev == More {
				break
			}
		}
	}
	return said
}

func parser(masked bool, e Extension) *Parser {
	p := NewParser(masked, e, &Inflater{})
	return &p
}

func parts(b []byte, n int) (out [][]byte) {
	for chunk := range slices.Chunk(b, n) {
		out = append(out, chunk)
	}
	return out
}

func TestFrames(t *testing.T) {
	long, longer := strings.Repeat("l", 300), strings.Repeat("m", 70_000)
	for _, masked := range []bool{false, true} {
		b := slices.Concat(
			frame(0x81, "one", masked), frame(0x81, "", masked), frame(0x89, "ping", masked), frame(0x82, long, masked), frame(0x81, longer, masked),
			frame(0x01, "fir", masked), frame(0x8a, "pong", masked), frame(0x00, "st ", masked), frame(0x80, "last", masked), frame(0x88, "\x03\xe8bye", masked), frame(0x88, "", masked))
		want := []string{"1 one", "1 ", "2 " + long, "1 " + longer, "1 first last", "close 1000", "close 0"}
		for _, n := range []int{len(b), 1, 2, 3, 7, 1000} {
			if got := read(parser(masked, Extension{}), parts(b, n)...); !slices.Equal(got, want) {
				t.Errorf("masked %v, in parts of %d: %.200q", masked, n, got)
			}
		}
	}
}

// deflated returns messages as a sender with or without context takeover compresses them.
func deflated(t testing.TB, takeover bool, messages ...string) (out []string) {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		b.Reset()
		if !takeover {
			w.Reset(&b)
		}
		_, _ = w.Write([]byte(m)) // into memory
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(b.String(), "\x00\x00\xff\xff"))
	}
	return out
}

func TestDeflate(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 50_000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	messages := []string{"[2,\"1\",\"Heartbeat\",{}]", "[2,\"2\",\"Heartbeat\",{}]", "", string(noise), string(noise[20_000:]), "[2,\"3\",\"Heartbeat\",{}]"}
	var want []string
	for _, m := range messages {
		want = append(want, "1 "+m)
	}
	for _, takeover := range []bool{false, true} {
		var b []byte
		for _, m := range deflated(t, takeover, messages...) {
			half := len(m) / 2
			b = append(b, frame(0x41, m[:half], true)...)
			b = append(b, frame(0x80, m[half:], true)...)
		}
		b = append(b, frame(0x81, "plain", true)...)
		got := read(parser(true, Extension{Deflate: true, Takeover: takeover}), parts(b, 999)...)
		if !slices.Equal(got, append(slices.Clone(want), "1 plain")) {
			t.Errorf("takeover %v: %.300q", takeover, got)
		}
	}
}

func TestAGapInADeflatedMessage(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		p := parser(false, Extension{Deflate: true, Takeover: takeover})
		m := deflated(t, takeover, "first message", "second message", "third message")
		got := read(p, frame(0xc1, m[0], false))
		f := frame(0xc1, m[1], false)
		got = append(got, read(p, f[:5])...)
		if ev := p.Skip(int64(len(f) - 5)); ev != Missed {
			t.Errorf("event %d", ev)
		}
		got = append(got, read(p, frame(0xc1, m[2], false), frame(0x81, "plain", false))...)
		want := []string{"1 first message", "1 third message", "1 plain"}
		if takeover { // what it refers to is not known
			want[1] = ErrDeflate.Error()
		}
		if !slices.Equal(got, want) {
			t.Errorf("takeover %v: %q", takeover, got)
		}
	}
}

func TestBombsAndLongMessages(t *testing.T) {
	zeros := strings.Repeat("0", 50<<20)
	p := parser(false, Extension{Deflate: true})
	got := read(p, frame(0xc1, deflated(t, false, zeros)[0], false), frame(0x81, "next", false))
	if !slices.Equal(got, []string{ErrTooLong.Error(), "1 next"}) {
		t.Errorf("bomb: %q", got)
	}
	got = read(p, append(parts(frame(0x81, zeros, false), 1000), frame(0x81, "next", false))...)
	if !slices.Equal(got, []string{ErrTooLong.Error(), "1 next"}) || p.Buffered() > 4*MessageMax {
		t.Errorf("long: %q, %d bytes kept", got, p.Buffered())
	}
	got = read(p, frame(0xc1, "\xff\xff\xff no deflate", false), frame(0x81, "next", false))
	if len(got) != 2 || !strings.HasPrefix(got[0], ErrDeflate.Error()) || got[1] != "1 next" {
		t.Errorf("broken: %q", got)
	}
}

func TestResume(t *testing.T) {
	p := parser(true, Extension{})
	got := read(p, frame(0x81, "one", true))
	if p.Skip(10) != Broken {
		t.Error("a gap between frames")
	}
	f := frame(0x81, "[2,\"1\"]", true)
	got = append(got, read(p, []byte("no frame"), f[3:], frame(0x81, "server", false), slices.Concat(f, frame(0x8a, "", true)), frame(0x81, "two", true))...)
	if want := []string{"1 one", "1 [2,\"1\"]", "1 two"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for name, bad := range map[string][]byte{
		"reserved bit": frame(0xa1, "x", true), "compressed and not agreed": frame(0xc1, "x", true), "reserved opcode": frame(0x83, "x", true),
		"not masked": frame(0x81, "x", false), "long ping": frame(0x89, strings.Repeat("p", 126), true), "fragmented close": frame(0x08, "", true),
	} {
		if got := read(parser(true, Extension{}), bad); !slices.Contains(got, "broken") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAgreed(t *testing.T) {
	for header, want := range map[string][2]Extension{
		"":                   {},
		"x-other; a=b":       {},
		"permessage-deflate": {{true, true}, {true, true}},
		"x, Permessage-Deflate ; server_max_window_bits=10; client_no_context_takeover": {{true, false}, {true, true}},
		"permessage-deflate;server_no_context_takeover":                                 {{true, true}, {true, false}},
	} {
		if c, s := Agreed(header); [2]Extension{c, s} != want {
			t.Errorf("%q: %v %v", header, c, s)
		}
	}
}

func FuzzParser(f *testing.F) {
	f.Add(frame(0x81, "hello", true), true, true, uint8(2))
	f.Add(frame(0xc1, "\xca\x48\xcd\xc9\xc9\x07\x00", false), false, true, uint8(1))
	f.Add(slices.Concat(frame(1, "a", false), frame(0x89, "p", false), frame(0x80, "b", false)), false, false, uint8(4))
	f.Fuzz(func(t *testing.T, b []byte, masked, takeover bool, n uint8) {
		e := Extension{Deflate: takeover, Takeover: takeover}
		whole := read(parser(masked, e), b)
		if slices.Contains(whole, "no progress") {
			t.Fatal("no progress")
		}
		if got := read(parser(masked, e), parts(b, int(n)+1)...); !slices.Contains(append(whole, got...), "broken") && !slices.Equal(got, whole) {
			t.Errorf("in parts %q, whole %q", got, whole)
		}
		p := parser(masked, e)
		read(p, b)
		p.Skip(int64(n))
		read(p, b, b)
		if p.Buffered() > 4*MessageMax+windowMax {
			t.Errorf("%d bytes kept", p.Buffered())
		}
	})
}
