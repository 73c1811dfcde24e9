package detect

import "time"

// FanMax is the number of different things up to which a [Fan] counts.
const FanMax = 16

// A Fan counts for how many different things each party was seen within a span, and how usual that is among its peers.
type Fan struct {
	span    time.Duration
	parties *Table[fan]
	groups  *Table[fans]
}

type fan struct {
	most uint8 // the most there ever were
	next uint8
	seen [FanMax]uint64
	at   [FanMax]int64
}

// fans is how many parties of a group ever had so many things within the span.
type fans [FanMax + 1]int32

// A Spread is how many things a party has within the span of a [Fan].
type Spread struct {
	Things  int
	Peers   int // other parties of the group
	Reached int // of them, how many ever had as many
	Most    int // the most any of them ever had
}

// NewFan lends a fan of at most limit parties.
func NewFan(m *Memory, name string, limit int, span time.Duration) *Fan {
	return &Fan{span: span, parties: NewTable[fan](m, name+" per party", limit), groups: NewTable[fans](m, name+" per group", 1<<10)}
}

// Add notes that a party of a group was seen with a thing.
func (f *Fan) Add(group, party, thing uint64, now time.Time) Spread {
	at := now.UnixNano()
	p, g := f.parties.At(party), f.groups.At(group)
	slot := int(p.next)
	for i := range p.seen {
		if p.seen[i] == thing {
			slot = i
			break
		}
	}
	if slot == int(p.next) {
		p.next = (p.next + 1) % FanMax
	}
	p.seen[slot], p.at[slot] = thing, at
	var s Spread
	for i := range p.seen {
		if p.seen[i] != 0 && at-p.at[i] <= int64(f.span) {
			s.Things++
		}
	}
	for int(p.most) < s.Things {
		p.most++
		g[p.most]++
	}
	s.Peers, s.Reached = int(g[1])-1, int(g[s.Things])-1 // itself apart
	for k := range g {
		own := int32(0)
		if k <= int(p.most) {
			own = 1
		}
		if g[k] > own {
			s.Most = k
		}
	}
	return s
}
