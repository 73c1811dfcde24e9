package detect

import (
	"cmp"
	"container/heap"
	"math/bits"
	"slices"
	"time"

	"github.com/waywarden/waywarden"
)

// Options are the developer's settings of an engine.
type Options struct {
	OpenMax      int // findings that can still grow; the one idle longest is let go, and later evidence opens a new one
	EvidenceMax  int // records cited by a finding: the first ones and the last
	ResourcesMax int // assets named by a finding
	WakesMax     int // pending looks at what could not be decided at once; further ones are counted and not taken
}

// Default returns the settings for one process.
func Default() Options {
	return Options{OpenMax: 1 << 14, EvidenceMax: 100, ResourcesMax: 1000, WakesMax: 1 << 16}
}

// An Engine runs detectors. It belongs to one goroutine.
type Engine struct {
	o         Options
	memory    Memory
	detectors []Detector
	cards     []Card
	roll      *roll // who is to be asked
	open      *Table[*growing]
	accused   *Table[int64] // parties and operations that findings other than statistical ones are about: when last
	wakes     wakes
	seq       uint64
	scenes    uint64
	refused   int64 // wakes beyond the limit
	out       []waywarden.Finding
	output    Output // handed to detectors, used again for every scene
}

// New returns an engine of the detectors that the makers make.
func New(o Options, makers ...Maker) *Engine {
	e := &Engine{o: o}
	e.open = NewTable[*growing](&e.memory, "findings", o.OpenMax)
	e.accused = NewTable[int64](&e.memory, "parties and operations with findings", o.OpenMax)
	for _, m := range makers {
		d := m(&e.memory)
		e.detectors = append(e.detectors, d)
		e.cards = append(e.cards, d.Card())
	}
	e.roll = newRoll(e.detectors)
	return e
}

// Cards returns the cards of the detectors, of those that speak for several all.
func (e *Engine) Cards() []Card {
	var out []Card
	for i, d := range e.detectors {
		if m, ok := d.(Many); ok {
			out = append(out, m.Cards()...)
			continue
		}
		out = append(out, e.cards[i])
	}
	return out
}

// card returns the card that a report speaks for.
func (e *Engine) card(d int, r *Report) *Card {
	if r.Card != nil {
		return r.Card
	}
	return &e.cards[d]
}

// Coverage says which detectors are blind or dulled when only the given inputs were seen.
func (e *Engine) Coverage(seen Inputs) []Silence { return Silences(e.Cards(), seen) }

// Memory returns how full the detectors' tables are, and the number of looks that were not taken for want of room.
func (e *Engine) Memory() (tables []TableUse, refused int64) { return e.memory.Use(), e.refused }

// Inspect returns what the detectors find in a scene, and what they find on looking again at what came before it. The
// findings are complete in themselves; the slice is valid until the next call.
func (e *Engine) Inspect(s *waywarden.Scene) []waywarden.Finding {
	e.out = e.out[:0]
	e.advance(s.Now)
	e.scenes++
	e.output = Output{Digest: digest(s.Call), Serial: e.scenes, engine: e, scene: s, now: s.Now}
	for w, set := range e.roll.call(s) {
		for ; set != 0; set &= set - 1 {
			i := w*64 + bits.TrailingZeros64(set)
			e.output.detector = i
			e.detectors[i].Inspect(s, &e.output)
		}
	}
	e.output.scene = nil
	return e.out
}

// Advance tells that all records up to now were handled. It returns what the detectors find on looking again.
func (e *Engine) Advance(now time.Time) []waywarden.Finding {
	e.out = e.out[:0]
	e.advance(now)
	return e.out
}

// Flush returns the findings that grew since they were last told, as they stand at now, the time of the last record.
func (e *Engine) Flush(now time.Time) []waywarden.Finding {
	e.out = e.out[:0]
	e.advance(now)
	var grown []*growing
	for i := e.open.slots[0].prev; i != 0; i = e.open.slots[i].prev {
		if g := e.open.slots[i].value; g.dirty() {
			grown = append(grown, g)
		}
	}
	slices.SortFunc(grown, func(a, b *growing) int { return cmp.Compare(a.f.UID, b.f.UID) })
	for _, g := range grown {
		e.tell(g, waywarden.ActivityUpdate, now)
	}
	return e.out
}

func (e *Engine) advance(now time.Time) {
	for len(e.wakes) > 0 && !e.wakes[0].at.After(now) {
		w := heap.Pop(&e.wakes).(wake)
		o := Output{engine: e, detector: w.detector, now: w.at}
		e.detectors[w.detector].(Waker).Wake(w.at, w.token, &o)
	}
}

func (e *Engine) wakeAt(detector int, at time.Time, token uint64) {
	if _, ok := e.detectors[detector].(Waker); !ok || len(e.wakes) >= e.o.WakesMax {
		e.refused++
		return
	}
	e.seq++
	heap.Push(&e.wakes, wake{at, e.seq, token, detector})
}

// A wake is a detector's wish to look again.
type wake struct {
	at       time.Time
	seq      uint64
	token    uint64
	detector int
}

// wakes is a heap of wakes by time and then order of asking.
type wakes []wake

func (w wakes) Len() int { return len(w) }
func (w wakes) Less(i, j int) bool {
	if c := w[i].at.Compare(w[j].at); c != 0 {
		return c < 0
	}
	return w[i].seq < w[j].seq
}
func (w wakes) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w *wakes) Push(x any)   { *w = append(*w, x.(wake)) }
func (w *wakes) Pop() any {
	old := *w
	x := old[len(old)-1]
	*w = old[:len(old)-1]
	return x
}
