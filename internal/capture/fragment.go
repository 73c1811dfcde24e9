package capture

// Limits of IP packets that wait for fragments. Beyond them the oldest is dropped; the gap shows in its TCP stream.
const (
	datagramsMax  = 256
	fragmentsMax  = 64 // of one packet; a segment of 64 KB in packets of 1,280 bytes has 52
	fragmentsWait = 30 * 1e9
	datagramMax   = 64 << 10
)

// A fragmentKey says which packet a fragment is of.
type fragmentKey struct {
	src, dst [16]byte
	id       uint32
	proto    uint8
	six      bool
}

// fragments puts IP packets together.
type fragments struct {
	open  map[fragmentKey]*datagram
	order []*datagram // the oldest first
}

// A datagram is an IP packet of which some fragments were seen.
type datagram struct {
	key   fragmentKey
	since int64
	data  []byte
	have  []span // what of data is there, in order
	size  int    // once the last fragment was seen, else 0
}

type span struct{ from, to int }

// add takes a fragment and returns the packet when it is whole. Where fragments overlap, the first one counts.
func (f *fragments) add(key fragmentKey, offset int, more bool, b []byte, at int64) ([]byte, bool) {
	if len(b) == 0 || offset+len(b) > datagramMax {
		return nil, false
	}
	g := f.open[key]
	if g != nil && at-g.since > fragmentsWait {
		f.drop(g)
		g = nil
	}
	if g == nil {
		g = f.start(key, at)
	}
	if !more {
		g.size = offset + len(b)
	}
	if len(g.have) >= fragmentsMax {
		f.drop(g)
		return nil, false
	}
	g.put(offset, b)
	if g.size == 0 || len(g.have) != 1 || g.have[0] != (span{0, g.size}) {
		return nil, false
	}
	f.drop(g)
	return g.data[:g.size], true
}

func (f *fragments) start(key fragmentKey, at int64) *datagram {
	if f.open == nil {
		f.open = map[fragmentKey]*datagram{}
	}
	if len(f.order) >= datagramsMax {
		f.drop(f.order[0])
	}
	g := &datagram{key: key, since: at}
	f.open[key] = g
	f.order = append(f.order, g)
	return g
}

func (f *fragments) drop(g *datagram) {
	delete(f.open, g.key)
	for i, o := range f.order {
		if o == g {
			f.order = append(f.order[:i], f.order[i+1:]...)
			return
		}
	}
}

// put copies what of b is not there yet.
func (g *datagram) put(offset int, b []byte) {
	if end := offset + len(b); end > len(g.data) {
		g.data = append(g.data, make([]byte, end-len(g.data))...)
	}
	at, end := offset, offset+len(b)
	merged := make([]span, 0, len(g.have)+1)
	for _, s := range g.have {
		if s.from > at && at < end {
			copy(g.data[at:min(s.from, end)], b[at-offset:])
		}
		if s.to >= offset && s.from <= end { // touches: becomes one with it
			at = max(at, s.to)
			continue
		}
		merged = append(merged, s)
	}
	if at < end {
		copy(g.data[at:end], b[at-offset:])
	}
	whole := span{offset, end}
	for _, s := range g.have {
		if s.to >= offset && s.from <= end {
			whole.from, whole.to = min(whole.from, s.from), max(whole.to, s.to)
		}
	}
	i := 0
	for i < len(merged) && merged[i].from < whole.from {
		i++
	}
	merged = append(merged, span{})
	copy(merged[i+1:], merged[i:])
	merged[i] = whole
	g.have = merged
}
