package sensor

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// An item is a record with what its place in the stream depends on.
type item struct {
	rec  *waywarden.Record
	unix int64 // nanoseconds since 1970
	file int32
	pos  int64 // number of the record in its file
}

// before is the order of the stream: time, then kind, id, file and position. It depends on nothing but the input.
func (a *item) before(b *item) bool {
	if a.unix != b.unix {
		return a.unix < b.unix
	}
	if a.rec.Kind != b.rec.Kind {
		return a.rec.Kind < b.rec.Kind
	}
	if c := strings.Compare(a.rec.ID, b.rec.ID); c != 0 {
		return c < 0
	}
	if a.file != b.file {
		return a.file < b.file
	}
	return a.pos < b.pos
}

// A heapOf is a binary heap of items, the earliest first.
type heapOf []item

func (h *heapOf) push(it item) {
	*h = append(*h, it)
	s := *h
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !it.before(&s[up]) {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = it
}

func (h *heapOf) pop() item {
	s := *h
	first, last := s[0], s[len(s)-1]
	s[len(s)-1] = item{}
	s = s[:len(s)-1]
	*h = s
	if len(s) > 0 {
		s.down(0, last)
	}
	return first
}

// down puts it where i is or further down.
func (h heapOf) down(i int, it item) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].before(&h[child]) {
			child++
		}
		if !h[child].before(&it) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = it
}

// A reorder brings the records of one file into order, as far as they are not further apart than its window. A record
// that comes when the window has passed it is handed on at once.
//
// The clock is the highest time seen, and no single record moves it by more than the window, so that the wrong clock of
// one device makes nobody else late. A record further ahead is held until leapConfirm records in a row are, which is what
// a pause in the traffic looks like, or until the others come near it, or to the end.
type reorder struct {
	window time.Duration
	limit  int   // most records held
	bytes  int64 // most bytes held, about

	heap     heapOf
	held     int64
	latest   int64 // the clock
	released int64 // the highest time handed on
	started  bool

	ahead     heapOf // records beyond the clock
	heldAhead int64
	leaps     []int64 // times of the last records in a row that were beyond the clock
	behind    int     // records in a row that were as far behind it

	late int64 // records that came after a later one was handed on
	full int64 // records handed on before their window had passed
	lone int64 // records beyond the clock that nothing confirmed
}

const (
	leapConfirm = 16      // records in a row that make a leap the time it is
	aheadMax    = 8 << 10 // records held beyond the clock …
	aheadShare  = 4       // … and the part of the bytes they hold; further ones are handed on as they come
)

func newReorder(window time.Duration, limit int, bytes int64) *reorder {
	return &reorder{window: window, limit: limit, bytes: bytes, released: math.MinInt64}
}

// add takes a record and calls out for those whose time has come.
func (o *reorder) add(it item, out func(item)) {
	if !o.started {
		o.started, o.latest = true, it.unix
	}
	if o.window > 0 && it.unix > o.latest+int64(o.window) {
		o.behind = 0
		o.leapt(it, out)
		return
	}
	o.leaps = o.leaps[:0]
	if it.unix < o.released {
		o.late++
		out(it)
		return
	}
	o.latest = max(o.latest, it.unix)
	o.push(it)
	if o.trails(it.unix) {
		o.turnBack(it.unix)
	}
	o.catchUp()
	o.hand(out)
}

// leapt holds a record beyond the clock; enough of them in a row move it.
func (o *reorder) leapt(it item, out func(item)) {
	if len(o.ahead) >= aheadMax || o.heldAhead > o.bytes/aheadShare {
		o.lone++
		out(it)
		return
	}
	o.ahead.push(it)
	o.heldAhead += size(it.rec)
	if o.leaps = append(o.leaps, it.unix); len(o.leaps) < leapConfirm {
		return
	}
	slices.Sort(o.leaps)
	o.latest = o.leaps[len(o.leaps)/2] // a few of them may be wrong in their own way
	o.leaps = o.leaps[:0]
	o.catchUp()
	o.hand(out)
}

// catchUp takes the records ahead that the clock has come near to. They do not move it: nobody confirmed them.
func (o *reorder) catchUp() {
	for len(o.ahead) > 0 && o.ahead[0].unix <= o.latest+int64(o.window) {
		it := o.ahead.pop()
		o.heldAhead -= size(it.rec)
		o.push(it)
	}
}

// trails says whether so many records in a row are far behind a clock none of whose records was handed on that it must be
// wrong: the first record of all may be.
func (o *reorder) trails(unix int64) bool {
	if o.window == 0 || unix >= o.latest-int64(o.window) {
		o.behind = 0
		return false
	}
	o.behind++
	return o.behind >= leapConfirm
}

// turnBack puts the clock back to now; what is far ahead of it then is held as such.
func (o *reorder) turnBack(now int64) {
	o.behind = 0
	o.latest = max(now, o.released)
	all := o.heap
	o.heap, o.held = nil, 0
	for _, it := range all {
		if it.unix > o.latest+int64(o.window) {
			o.ahead.push(it)
			o.heldAhead += size(it.rec)
			continue
		}
		o.push(it)
	}
}

func (o *reorder) push(it item) {
	o.heap.push(it)
	o.held += size(it.rec)
}

// hand hands on what is due, and what there is no room for.
func (o *reorder) hand(out func(item)) {
	for len(o.heap) > 0 {
		due := o.heap[0].unix <= o.latest-int64(o.window)
		if !due {
			if len(o.heap) <= o.limit && o.held <= o.bytes {
				return
			}
			o.full++
		}
		o.release(out)
	}
}

func (o *reorder) release(out func(item)) {
	it := o.heap.pop()
	o.held -= size(it.rec)
	o.released = it.unix
	out(it)
}

// flush hands on all that is left, what is beyond the clock last.
func (o *reorder) flush(out func(item)) {
	for len(o.heap) > 0 {
		o.release(out)
	}
	o.lone += int64(len(o.ahead))
	o.heap, o.ahead = o.ahead, nil
	for len(o.heap) > 0 {
		o.release(out)
	}
}

// size is about what a record keeps alive, in bytes.
func size(r *waywarden.Record) int64 {
	const fixed = 512
	switch {
	case r.HTTP != nil:
		t := r.HTTP
		return int64(fixed + len(t.Target) + 96*(len(t.Request.Headers)+len(t.Response.Headers)) + len(t.Request.Body) + len(t.Response.Body))
	case r.Signal != nil:
		return int64(fixed + 96*len(r.Signal.Values))
	case r.OCPP != nil:
		return int64(fixed + len(r.OCPP.Payload) + 96*len(r.OCPP.Handshake.Headers))
	case r.Asset != nil:
		return int64(fixed + 96*(len(r.Asset.IDs)+len(r.Asset.Attributes)+len(r.Asset.Links)))
	}
	return fixed
}
