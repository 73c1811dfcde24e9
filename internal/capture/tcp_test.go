package capture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A log is a stream that writes down what it is given, and complains about what cannot be.
type log struct {
	t    testing.TB
	conn *Conn
	got  [2]strings.Builder // gaps as a '?' for each byte
	said []string
	seq  [2]uint32 // of the next byte, once known
	some [2]bool
	over bool
}

func (l *log) Data(d Dir, c Chunk) {
	if l.over || len(c.Data) == 0 || l.some[d] && c.Seq != l.seq[d] {
		l.t.Errorf("direction %d: %d bytes at %d, expected %d, over %v", d, len(c.Data), c.Seq, l.seq[d], l.over)
	}
	l.some[d], l.seq[d] = true, c.Seq+uint32(len(c.Data))
	l.got[d].Write(c.Data)
	l.said = append(l.said, fmt.Sprintf("%d:%s", d, c.Data))
}

func (l *log) Gap(d Dir, n int64, lost bool) {
	l.seq[d] += uint32(n)
	if n < 1<<20 {
		l.got[d].WriteString(strings.Repeat("?", int(n)))
	}
	l.said = append(l.said, fmt.Sprintf("%d:gap %d %v", d, n, lost))
}

func (l *log) End(d Dir) { l.said = append(l.said, fmt.Sprintf("%d:end", d)) }

func (l *log) Close(why Why) {
	if l.over {
		l.t.Error("closed twice")
	}
	l.over = true
	l.said = append(l.said, fmt.Sprintf("close %d", why))
}

// A wire makes segments of one connection.
type wire struct {
	ends [2]Endpoint
	next [2]uint32
	now  int64
}

func newWire(port uint16) *wire {
	w := &wire{ends: [2]Endpoint{{Port: port}, {Port: 80}}, next: [2]uint32{0xfffffff0, 500}, now: second}
	w.ends[0].ip[15], w.ends[1].ip[15] = 9, 3 // the client is the greater one
	return w
}

func (w *wire) segment(d Dir, flags uint8, data string) Segment {
	s := Segment{Src: w.ends[d], Dst: w.ends[1-d], Seq: w.next[d], Ack: w.next[1-d], Flags: flags, Payload: []byte(data), Time: w.now}
	if flags&flagSYN != 0 {
		w.next[d]++
	}
	if flags == flagSYN {
		s.Ack = 0
	}
	w.next[d] += uint32(len(data))
	if flags&flagFIN != 0 {
		w.next[d]++
	}
	w.now += 1000
	return s
}

func (w *wire) shake() []Segment {
	return []Segment{w.segment(0, flagSYN, ""), w.segment(1, flagSYN|flagACK, ""), w.segment(0, flagACK, "")}
}

func (w *wire) close() []Segment {
	return []Segment{w.segment(0, flagFIN|flagACK, ""), w.segment(1, flagFIN|flagACK, ""), w.segment(0, flagACK, "")}
}

// run gives segments to an assembler and returns the logs of the connections.
func run(t testing.TB, segments []Segment, held int) []*log {
	var logs []*log
	a := NewAssembler(func(c *Conn) Stream {
		l := &log{t: t, conn: c}
		logs = append(logs, l)
		return l
	}, 0, held)
	for i := range segments {
		a.Add(&segments[i])
	}
	a.Close()
	if a.held != 0 || len(a.conns) != 0 {
		t.Errorf("%d bytes held, %d connections left", a.held, len(a.conns))
	}
	for _, l := range logs {
		if !l.over {
			t.Error("a stream was not closed")
		}
	}
	return logs
}

func say(t *testing.T, logs []*log, want ...string) {
	t.Helper()
	var got []string
	for _, l := range logs {
		got = append(got, l.said...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestConversation(t *testing.T) {
	w := newWire(1000)
	s := w.shake()
	s = append(s, w.segment(0, flagACK, "question"), w.segment(1, flagACK, "answer"))
	s = append(s, w.close()...)
	logs := run(t, s, 0)
	say(t, logs, "0:question", "1:answer", "0:end", "1:end", "close 0")
	if c := logs[0].conn; c.Midway || c.Ends[0].Port != 1000 || c.Start != second {
		t.Errorf("%+v", c)
	}
}

func TestAnswerBeforeItsQuestion(t *testing.T) {
	w := newWire(1000)
	s := append(w.shake(), w.segment(0, flagACK, "question"), w.segment(1, flagACK, "answer"))
	s[3], s[4] = s[4], s[3]
	say(t, run(t, s, 0), "0:question", "1:answer", "close 5")
	s[1], s[0] = s[0], s[1] // and the opening after its answer
	logs := run(t, s, 0)
	say(t, logs, "0:question", "1:answer", "close 5")
	if logs[0].conn.Midway || logs[0].conn.Ends[0].Port != 1000 {
		t.Errorf("%+v", logs[0].conn)
	}
}

func TestLostAndAcknowledged(t *testing.T) {
	w := newWire(1000)
	s := append(w.shake(), w.segment(0, flagACK, "lost question"), w.segment(1, flagACK, "answer"))
	s = append(s[:3], s[4:]...)
	w.now += 2 * second
	s = append(s, w.segment(0, flagACK, "next"), w.segment(1, flagACK, "last"))
	say(t, run(t, s, 0), "0:gap 13 true", "1:answer", "0:next", "1:last", "close 5")
}

func TestLostAtTheEnd(t *testing.T) {
	w := newWire(1000)
	s := append(w.shake(), w.segment(0, flagACK, "question"))
	w.segment(0, flagACK, "lost")
	s = append(s, w.segment(1, flagACK, "")) // a bare acknowledgement tells of it
	say(t, run(t, s, 0), "0:question", "0:gap 4 true", "close 5")
}

func TestNotYetAcknowledgedIsWaitedFor(t *testing.T) {
	w := newWire(1000)
	s := w.shake()
	first, rest := w.segment(0, flagACK, "first "), w.segment(0, flagACK, "rest")
	again := first
	again.Time += 40 * second // a retransmission after long
	rest.Ack, again.Ack = 501, 501
	say(t, run(t, append(s, rest, again), 0), "0:first ", "0:rest", "close 5")
}

func TestOneDirectionOnly(t *testing.T) {
	w := newWire(1000)
	w.shake()
	var s []Segment
	for range 3 {
		s = append(s, w.segment(0, flagACK, "ask "))
		w.segment(1, flagACK, "never seen")
	}
	say(t, run(t, s, 0), "0:ask ", "0:ask ", "0:ask ", "close 5")
}

func TestSnapLength(t *testing.T) {
	w := newWire(1000)
	s := append(w.shake(), w.segment(0, flagACK, "question that is long"), w.segment(0, flagACK, " end"))
	s[3].Payload, s[3].Missing = s[3].Payload[:8], 13
	say(t, run(t, s, 0), "0:question", "0:gap 13 false", "0: end", "close 5")
}

func TestReset(t *testing.T) {
	w := newWire(1000)
	s := append(w.shake(), w.segment(0, flagACK, "question"))
	forged := w.segment(1, flagRST, "")
	forged.Seq += 1 << 30
	s = append(s, forged, w.segment(1, flagACK, "answer"), w.segment(1, flagRST|flagACK, ""), w.segment(0, flagACK, "late"))
	say(t, run(t, s, 0), "0:question", "1:answer", "close 1")
}

func TestPortsAreUsedAgain(t *testing.T) {
	w := newWire(1000)
	s := append(w.shake(), w.segment(0, flagACK, "one"))
	s = append(s, s[0]) // a copy of the opening changes nothing
	w.next[0] += 5000
	s = append(s, w.shake()...)
	s = append(s, w.segment(0, flagACK, "two"))
	say(t, run(t, s, 0), "0:one", "close 2", "0:two", "close 5")
	late := append(append(newWire(1000).shake(), func() []Segment { w := newWire(1000); w.shake(); return w.close() }()...), s[3])
	if logs := run(t, late, 0); len(logs) > 1 {
		t.Error("a late copy opened a connection")
	}
}

func TestSilence(t *testing.T) {
	w, other := newWire(1000), newWire(2000)
	var logs []*log
	a := NewAssembler(func(c *Conn) Stream { l := &log{t: t, conn: c}; logs = append(logs, l); return l }, 0, 0)
	add := func(list ...Segment) {
		for i := range list {
			a.Add(&list[i])
		}
	}
	add(append(w.shake(), w.segment(0, flagACK, "one"))...)
	add(append(other.shake(), other.segment(0, flagACK, "kept"))...)
	a.Keep(logs[1].conn)
	other.now += idleYoung + second
	add(other.segment(0, flagACK, "more"))
	say(t, logs, "0:one", "close 3", "0:kept", "0:more")
	other.now += idleKept + second
	add(other.segment(0, flagACK, "gone")) // a stream of its own
	a.Close()
	say(t, logs, "0:one", "close 3", "0:kept", "0:more", "close 3", "0:gone", "close 5")
	if !logs[2].conn.Midway {
		t.Error("the end of a forgotten connection is taken for a beginning")
	}
}

func TestTooManyConnections(t *testing.T) {
	evicted := 0
	open := 0
	a := NewAssembler(func(*Conn) Stream { open++; return &counter{&evicted} }, 10, 0)
	for port := range uint16(1000) {
		w := newWire(port)
		for _, s := range append(w.shake(), w.segment(0, flagACK, "x")) {
			a.Add(&s)
		}
		if len(a.conns) > 10 {
			t.Fatalf("%d connections", len(a.conns))
		}
	}
	if open != 1000 || evicted != 990 {
		t.Errorf("%d opened, %d evicted", open, evicted)
	}
}

// A counter counts evictions.
type counter struct{ evicted *int }

func (*counter) Data(Dir, Chunk)      {}
func (*counter) Gap(Dir, int64, bool) {}
func (*counter) End(Dir)              {}
func (c *counter) Close(why Why) {
	if why == Evicted {
		*c.evicted++
	}
}

func TestHeldIsBounded(t *testing.T) {
	var segments []Segment
	most := 0
	a := NewAssembler(func(c *Conn) Stream { return &log{t: t, conn: c} }, 0, 1<<20)
	for port := range uint16(40) {
		w := newWire(port)
		segments = append(segments, w.shake()...)
		w.segment(0, flagACK, "lost")
		for range 100 {
			segments = append(segments, w.segment(0, flagACK, strings.Repeat("x", 1000)))
		}
	}
	for i := range segments {
		segments[i].Time = second // no time passes
		a.Add(&segments[i])
		most = max(most, a.held)
	}
	if most > 1<<20+2000 {
		t.Errorf("%d bytes held", most)
	}
	a.Close()
	one := newWire(1)
	many := one.shake()
	one.segment(0, flagACK, "lost")
	for range 3 * heldCountMax {
		many = append(many, one.segment(0, flagACK, "x"))
	}
	for i := range many {
		many[i].Time = second
		a.Add(&many[i])
		for _, c := range a.conns {
			if n := len(c.half[0].held); n > heldCountMax+1 {
				t.Fatalf("%d segments held", n)
			}
		}
	}
	a.Close()
}

// TestAnyNetwork sends a conversation through networks that reorder, repeat and cut anew: it must arrive as it was sent.
// Where the capture loses segments too, what arrives stands at its place, and nothing is made up.
func TestAnyNetwork(t *testing.T) {
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		lossy := seed%2 == 1
		w := newWire(1000)
		var sent [2]string
		list := w.shake()
		for range 5 + rnd.IntN(20) {
			d := Dir(rnd.IntN(2))
			text := make([]byte, 1+rnd.IntN(30))
			for i := range text {
				text[i] = 'a' + byte(rnd.IntN(26))
			}
			list = append(list, w.segment(d, flagACK, string(text)))
			sent[d] += string(text)
		}
		list = append(list, w.close()...)
		list = mangle(rnd, list, lossy)
		for i := range list {
			list[i].Time = second + int64(i)*1000
		}
		logs := run(t, list, 0)
		for d := range sent {
			var got string
			if len(logs) > 0 {
				got = logs[0].got[d].String()
			}
			if len(logs) > 1 || !fits(got, sent[d], lossy) {
				t.Fatalf("seed %d, direction %d of %d connections:\n got %q\nsent %q", seed, d, len(logs), got, sent[d])
			}
		}
	}
}

// fits says whether got is sent, but for gaps where there may be some.
func fits(got, sent string, lossy bool) bool {
	if !lossy {
		return got == sent
	}
	if len(got) == len(sent)+1 {
		got = strings.TrimSuffix(got, "?") // a FIN that was lost takes a byte too
	}
	if len(got) > len(sent) {
		return false
	}
	for i := range got {
		if got[i] != '?' && got[i] != sent[i] {
			return false
		}
	}
	return true
}

// mangle does to segments what networks and captures do, the handshake apart.
func mangle(rnd *rand.Rand, in []Segment, lossy bool) []Segment {
	out := slices.Clone(in[:3])
	for _, s := range in[3:] {
		if lossy && rnd.IntN(8) == 0 {
			continue
		}
		if n := len(s.Payload); n > 1 && rnd.IntN(3) == 0 { // in two, which may overlap
			cut := 1 + rnd.IntN(n-1)
			again := rnd.IntN(cut + 1)
			if rnd.IntN(2) == 0 {
				again = 0
			}
			a, b := s, s
			a.Payload, a.Flags = s.Payload[:cut], s.Flags&^flagFIN
			b.Payload, b.Seq = s.Payload[cut-again:], s.Seq+uint32(cut-again)
			out = append(out, a, b)
			continue
		}
		out = append(out, s)
		if rnd.IntN(6) == 0 {
			out = append(out, s)
		}
	}
	for i := 3; i+1 < len(out); i++ {
		if j := i + rnd.IntN(min(4, len(out)-i)); rnd.IntN(3) == 0 {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x00\x12\x01\x00\x00\x00\x10\x00\x01\x00\x03"))
	f.Fuzz(func(t *testing.T, program []byte) {
		var list []Segment
		w := newWire(7)
		for ; len(program) >= 6; program = program[6:] {
			d := Dir(program[0] & 1)
			s := w.segment(d, program[1]&0x17, string(bytes.Repeat([]byte{'x'}, int(program[2]&31))))
			s.Seq += uint32(int8(program[3])) << (program[0] >> 1 & 31)
			s.Ack += uint32(int8(program[4]))
			s.Missing = int(program[5] & 7)
			w.now += int64(program[5]>>3) * second / 4
			list = append(list, s)
		}
		run(t, list, 500)
	})
}
