package capture

// A Dir is a direction of a connection: 0 is what the end sends that opened it, or that was seen first.
type Dir uint8

// Other returns the opposite direction.
func (d Dir) Other() Dir { return 1 - d }

// A Chunk is bytes of one direction, in order, as they lay in one segment.
type Chunk struct {
	Data []byte // valid during the call
	Time int64  // of the packet, nanoseconds since 1970
	Seq  uint32 // sequence number of the first byte
	Ack  uint32 // what its sender had received of the other direction by then
}

// A Stream takes what a connection carries. Bytes that answer others come after those, as far as acknowledgements tell.
type Stream interface {
	Data(d Dir, c Chunk)
	// Gap says that n bytes are not there: lost, or cut off by the snap length.
	Gap(d Dir, n int64, lost bool)
	// End says that direction d was closed in order.
	End(d Dir)
	// Close says that nothing more comes: both directions were closed, the connection was reset, it was silent for long,
	// it had to make room, or the capture is over.
	Close(why Why)
}

// Why a connection is no longer followed.
type Why uint8

// The reasons.
const (
	Closed  Why = iota // both directions were closed
	Reset              // RST
	Reused             // the same addresses and ports began a new connection
	Idle               // no packet for long
	Evicted            // too many connections
	Over               // the capture ended
)

// A Conn is a TCP connection.
type Conn struct {
	Ends   [2]Endpoint // Ends[0] sends in direction 0
	Start  int64       // time of the first packet
	Midway bool        // its opening was not captured

	stream     Stream
	half       [2]half
	swapped    bool // Ends[0] is the greater of the two
	closed     bool
	blocked    bool // on the list of those that hold segments
	age        age
	last       int64
	prev, next *Conn
}

// A half is one direction of a connection.
type half struct {
	seen  bool   // a packet of it was
	known bool   // next is
	next  uint32 // sequence number of the byte to deliver next
	first uint32 // sequence number of its SYN
	syn   bool
	acked bool   // ack is known
	ack   uint32 // the other end has received all before
	ended bool
	held  []held // in order of sequence number
	bytes int
}

// A held segment waits for one before it, or for what it acknowledges.
type held struct {
	seq, ack uint32
	hasAck   bool
	fin      bool
	missing  int
	data     []byte
	time     int64
}

func (s *held) size() int { return len(s.data) + s.missing }

// Keep lets the connection be silent for longer than others: one that is there to be pushed to.
func (a *Assembler) Keep(c *Conn) {
	if c.age == young {
		a.move(c, kept)
	}
}

// hold keeps a copy of a segment in order of sequence numbers; of two that begin alike the longer one stays.
func (h *half) hold(s held) (grown int) {
	s.data = append(make([]byte, 0, len(s.data)), s.data...)
	i := len(h.held)
	for i > 0 && int32(s.seq-h.held[i-1].seq) < 0 {
		i--
	}
	if i > 0 && h.held[i-1].seq == s.seq && len(h.held[i-1].data) >= len(s.data) && (h.held[i-1].fin || !s.fin) {
		return 0
	}
	h.held = append(h.held, held{})
	copy(h.held[i+1:], h.held[i:])
	h.held[i] = s
	h.bytes += len(s.data) + heldOverhead
	return len(s.data) + heldOverhead
}

// unhold takes the first segment.
func (h *half) unhold() (s held, shrunk int) {
	s = h.held[0]
	h.held[0] = held{}
	h.held = h.held[1:]
	if len(h.held) == 0 {
		h.held = nil
	}
	h.bytes -= len(s.data) + heldOverhead
	return s, len(s.data) + heldOverhead
}

// ready says whether a segment of h can be delivered: nothing before it is missing, nor anything of the other direction
// that its sender had received. A direction of which no packet was ever seen is not waited for.
func (h *half) ready(s *held, other *half) bool {
	return int32(s.seq-h.next) <= 0 && !h.waits(s, other)
}

func (h *half) waits(s *held, other *half) bool {
	return s.hasAck && other.seen && other.known && !other.ended && int32(s.ack-other.next) > 0
}

// deliver hands on what of a segment is new.
func (c *Conn) deliver(d Dir, s held) {
	h := &c.half[d]
	if old := int32(h.next - s.seq); old > 0 {
		if int(old) >= s.size() {
			if s.fin && int(old) == s.size() {
				c.end(d)
			}
			return
		}
		cut := min(int(old), len(s.data))
		s.data, s.missing, s.seq = s.data[cut:], s.missing-(int(old)-cut), h.next
	}
	if h.ended {
		return
	}
	if len(s.data) > 0 {
		h.next += uint32(len(s.data))
		c.stream.Data(d, Chunk{Data: s.data, Time: s.time, Seq: s.seq, Ack: s.ack})
	}
	if s.missing > 0 {
		h.next += uint32(s.missing)
		c.stream.Gap(d, int64(s.missing), false)
	}
	if s.fin {
		c.end(d)
	}
}

func (c *Conn) end(d Dir) {
	h := &c.half[d]
	if h.ended {
		return
	}
	h.ended = true
	h.next++
	c.stream.End(d)
}

// skip gives up what is missing of direction d before sequence number to.
func (c *Conn) skip(d Dir, to uint32) {
	h := &c.half[d]
	n := int64(int32(to - h.next))
	if n <= 0 {
		return
	}
	h.next = to
	c.stream.Gap(d, n, true)
}

// Last returns the time of the last packet.
func (c *Conn) Last() int64 { return c.last }

// Delivered returns the sequence number up to which direction d was handed on.
func (c *Conn) Delivered(d Dir) uint32 { return c.half[d].next }

// Missing says whether bytes of direction d are missing that the other end has received.
func (c *Conn) Missing(d Dir) bool {
	h := &c.half[d]
	return h.acked && int32(h.ack-h.next) > 0 && (len(h.held) == 0 || int32(h.held[0].seq-h.next) > 0)
}
