package capture

// Limits of an [Assembler]. What is given up for them shows as a gap, or as a connection that ends ([Evicted]).
const (
	// DefaultConns is how many connections are followed at a time.
	DefaultConns = 1 << 16
	// DefaultHeld is how many bytes of segments wait for others, of all connections.
	DefaultHeld = 64 << 20

	heldMax      = 4 << 20 // bytes of segments that wait in one direction: a large receive window
	heldCountMax = 4096    // segments that do
	heldOverhead = 80      // bytes a waiting segment takes beside its data

	// A gap that the other end has acknowledged was not seen by the capture: only disorder can still close it. One that
	// it has not acknowledged was lost on the way and will be sent again.
	patienceAcked   = 1 * second
	patienceUnacked = 60 * second

	idleYoung  = 10 * 60 * second
	idleKept   = 24 * 3600 * second
	idleClosed = 60 * second // late copies of segments must not look like a new connection

	sweepEvery        = second / 4
	sweepEveryPackets = 1 << 16

	second = 1_000_000_000
)

// An age is a list of connections by how long they may be silent.
type age uint8

const (
	gone age = iota // closed
	young
	kept
	ages
)

// A flow names a connection, the lesser end first.
type flow struct{ a, b Endpoint }

// An Assembler puts segments together.
type Assembler struct {
	open    func(*Conn) Stream
	conns   map[flow]*Conn
	lists   [ages]list
	blocked []*Conn // that hold segments, or did
	held    int     // bytes
	now     int64   // the latest time of a packet
	swept   int64
	packets int

	connsMax, heldMax int
}

// A list is connections in the order of their last packet.
type list struct{ head, tail *Conn }

// NewAssembler returns one that calls open for every connection that carries data. conns and held bound what it keeps;
// 0 means the default.
func NewAssembler(open func(*Conn) Stream, conns, held int) *Assembler {
	if conns <= 0 {
		conns = DefaultConns
	}
	if held <= 0 {
		held = DefaultHeld
	}
	return &Assembler{open: open, conns: map[flow]*Conn{}, connsMax: conns, heldMax: held}
}

// Add takes a segment.
func (a *Assembler) Add(s *Segment) {
	a.tick(s.Time)
	c, d := a.find(s)
	if c == nil {
		return
	}
	c.last = a.now
	a.move(c, c.age)
	if c.closed {
		return
	}
	h, other := &c.half[d], &c.half[d.Other()]
	h.seen = true
	seq := s.Seq
	if s.Flags&flagSYN != 0 {
		seq++
	}
	if !h.known {
		h.known, h.next = true, seq
	}
	hasAck := s.Flags&flagACK != 0
	if !other.known && hasAck {
		other.known, other.next = true, s.Ack
	}
	if hasAck = hasAck && near(s.Ack, other.next); hasAck && (!other.acked || int32(s.Ack-other.ack) > 0) {
		other.acked, other.ack = true, s.Ack
	}
	if s.Flags&flagRST != 0 {
		a.reset(c, h, s)
		return
	}
	seg := held{
		seq: seq, ack: s.Ack, hasAck: hasAck, fin: s.Flags&flagFIN != 0,
		missing: s.Missing, data: s.Payload, time: s.Time,
	}
	if seg.size() == 0 && !seg.fin || !near(seq, h.next) {
		return
	}
	a.take(c, d, seg)
}

// near says whether two sequence numbers can be of one window (RFC 7323, 2.3). Numbers further apart are stray or forged.
func near(a, b uint32) bool {
	const windowMax = 1 << 30
	off := int32(a - b)
	return -windowMax <= off && off <= windowMax
}

// take delivers a segment if nothing is missing before it, else holds it.
func (a *Assembler) take(c *Conn, d Dir, s held) {
	h, other := &c.half[d], &c.half[d.Other()]
	if h.ended || int32(h.next-s.seq) > 0 && int(int32(h.next-s.seq)) >= s.size() && !s.fin {
		return // a copy of what was delivered
	}
	if c.stream == nil {
		c.stream = a.open(c)
	}
	if h.ready(&s, other) && (len(h.held) == 0 || s.seq == h.next) {
		c.deliver(d, s)
	} else {
		a.hold(c, h, s)
	}
	a.drain(c)
	if len(h.held) > heldCountMax || h.bytes > heldMax {
		a.force(c, func() bool { return len(h.held) > heldCountMax/2 || h.bytes > heldMax/2 })
	}
	a.finish(c)
}

func (a *Assembler) hold(c *Conn, h *half, s held) {
	a.held += h.hold(s)
	if !c.blocked {
		c.blocked = true
		a.blocked = append(a.blocked, c)
	}
	for i := 0; a.held > a.heldMax && i < len(a.blocked); i++ {
		old := a.blocked[i]
		if old != c {
			a.force(old, old.holds)
			a.finish(old)
		}
	}
	if a.held > a.heldMax {
		a.force(c, c.holds)
	}
}

func (c *Conn) holds() bool { return len(c.half[0].held)+len(c.half[1].held) > 0 }

// drain delivers what has become ready.
func (a *Assembler) drain(c *Conn) {
	for progress := true; progress; {
		progress = false
		for d := range Dir(2) {
			h, other := &c.half[d], &c.half[d.Other()]
			for len(h.held) > 0 && h.ready(&h.held[0], other) {
				s, n := h.unhold()
				a.held -= n
				c.deliver(d, s)
				progress = true
			}
		}
	}
}

// force gives up gaps as long as more says so.
func (a *Assembler) force(c *Conn, more func() bool) {
	for c.holds() && more() {
		a.giveUp(c)
		a.drain(c)
	}
}

// oldest returns the direction whose first waiting segment came first.
func (c *Conn) oldest() Dir {
	x, y := c.half[0].held, c.half[1].held
	if len(x) == 0 || len(y) > 0 && y[0].time < x[0].time {
		return 1
	}
	return 0
}

// giveUp removes one obstacle.
func (a *Assembler) giveUp(c *Conn) {
	d := c.oldest()
	h, other := &c.half[d], &c.half[d.Other()]
	s := &h.held[0]
	switch {
	case int32(s.seq-h.next) > 0:
		c.skip(d, s.seq)
	case len(other.held) > 0 && int32(other.held[0].seq-other.next) > 0:
		to := other.held[0].seq
		if int32(to-s.ack) > 0 {
			to = s.ack
		}
		c.skip(d.Other(), to)
	case len(other.held) == 0:
		c.skip(d.Other(), s.ack)
	default: // each waits for the other: no order is right
		s.hasAck = false
	}
}

// impatient says whether the oldest obstacle of c has stood for too long.
func (a *Assembler) impatient(c *Conn) bool {
	d := c.oldest()
	h := &c.half[d]
	s := &h.held[0]
	patience := int64(patienceAcked)
	if int32(s.seq-h.next) > 0 && (!h.acked || int32(h.ack-s.seq) < 0) {
		patience = patienceUnacked
	}
	return a.now-s.time > patience
}

// reset ends a connection if the segment can be meant seriously: a reset beside the window is a forgery, or late.
func (a *Assembler) reset(c *Conn, h *half, s *Segment) {
	if off := int64(int32(s.Seq - h.next)); off < -1 || off > heldMax {
		return
	}
	a.close(c, Reset)
}

// finish closes a connection whose directions have both ended.
func (a *Assembler) finish(c *Conn) {
	if c.half[0].ended && c.half[1].ended {
		a.close(c, Closed)
	}
}

// close ends a connection; it stays known for a while.
func (a *Assembler) close(c *Conn, why Why) {
	if c.closed {
		return
	}
	a.force(c, c.holds)
	if c.stream != nil {
		for d := range Dir(2) { // what is missing at the end; one byte is a FIN
			h := &c.half[d]
			if h.seen && h.acked && !h.ended && int32(h.ack-h.next) > 1 {
				c.skip(d, h.ack)
			}
		}
		c.stream.Close(why)
	}
	c.closed, c.stream = true, nil
	a.move(c, gone)
}

// Close ends all connections, in the order of their last packets.
func (a *Assembler) Close() {
	for age := range ages {
		for c := a.lists[age].head; c != nil; c = a.lists[age].head {
			a.remove(c, Over)
		}
	}
}

// tick moves time on.
func (a *Assembler) tick(at int64) {
	a.now = max(a.now, at)
	a.packets++
	for age, idle := range [ages]int64{gone: idleClosed, young: idleYoung, kept: idleKept} {
		for c := a.lists[age].head; c != nil && a.now-c.last > idle; c = a.lists[age].head {
			a.remove(c, Idle)
		}
	}
	if a.now-a.swept < sweepEvery && a.packets < sweepEveryPackets {
		return
	}
	a.swept, a.packets = a.now, 0
	still := a.blocked[:0]
	for _, c := range a.blocked {
		if !c.closed {
			for c.holds() && a.impatient(c) {
				a.giveUp(c)
				a.drain(c)
			}
			a.finish(c)
		}
		if c.blocked = !c.closed && c.holds(); c.blocked {
			still = append(still, c)
		}
	}
	clear(a.blocked[len(still):])
	a.blocked = still
}

// find returns the connection of a segment and its direction, and makes it if there is none.
func (a *Assembler) find(s *Segment) (*Conn, Dir) {
	key, swapped := flow{s.Src, s.Dst}, false
	if s.Dst.before(&s.Src) {
		key, swapped = flow{s.Dst, s.Src}, true
	}
	c := a.conns[key]
	if c != nil {
		d := Dir(0)
		if swapped != c.swapped {
			d = 1
		}
		if !c.renewed(d, s) {
			return c, d
		}
		a.remove(c, Reused)
	}
	if s.Flags&flagRST != 0 {
		return nil, 0
	}
	a.room()
	c = &Conn{Ends: [2]Endpoint{s.Src, s.Dst}, Start: s.Time, Midway: s.Flags&flagSYN == 0, swapped: swapped, last: a.now, age: young}
	var d Dir
	if s.Flags&(flagSYN|flagACK) == flagSYN|flagACK { // the answer to an opening
		c.Ends[0], c.Ends[1], c.swapped, d = c.Ends[1], c.Ends[0], !swapped, 1
	}
	if s.Flags&flagSYN != 0 {
		c.half[d].syn, c.half[d].first = true, s.Seq
	}
	a.conns[key] = c
	a.lists[young].push(c)
	return c, d
}

// renewed says whether a segment opens another connection between the same ends.
func (c *Conn) renewed(d Dir, s *Segment) bool {
	if s.Flags&flagSYN == 0 {
		return false
	}
	h := &c.half[d]
	if s.Flags&flagACK != 0 {
		if !h.syn {
			h.syn, h.first = true, s.Seq
			return c.closed
		}
		return s.Seq != h.first
	}
	if !h.syn && !h.known && !c.closed { // the opening comes after its answer
		h.syn, h.first = true, s.Seq
		return false
	}
	if !h.syn && h.known && h.next == s.Seq+1 && !c.closed {
		h.syn, h.first = true, s.Seq
		return false
	}
	return !h.syn || s.Seq != h.first
}

// room makes room for one more connection.
func (a *Assembler) room() {
	if len(a.conns) < a.connsMax {
		return
	}
	for age := range ages {
		if c := a.lists[age].head; c != nil {
			a.remove(c, Evicted)
			return
		}
	}
}

// remove forgets a connection.
func (a *Assembler) remove(c *Conn, why Why) {
	a.close(c, why)
	a.lists[c.age].unlink(c)
	key := flow{c.Ends[0], c.Ends[1]}
	if c.swapped {
		key = flow{c.Ends[1], c.Ends[0]}
	}
	delete(a.conns, key)
}

// move puts a connection at the end of a list.
func (a *Assembler) move(c *Conn, to age) {
	l := &a.lists[c.age]
	if c.age == to && l.tail == c {
		return
	}
	l.unlink(c)
	c.age = to
	a.lists[to].push(c)
}

func (l *list) push(c *Conn) {
	c.prev, c.next = l.tail, nil
	if l.tail != nil {
		l.tail.next = c
	} else {
		l.head = c
	}
	l.tail = c
}

func (l *list) unlink(c *Conn) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.head = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		l.tail = c.prev
	}
	c.prev, c.next = nil, nil
}
