// Package heap paces the garbage collector of a process that streams.
package heap

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// A Pacer paces the garbage collector. Go's own pace, a collection whenever the heap has doubled, collects a small heap all
// the time and lets a large one grow by as much again. Here a heap collects for the first time at floor, and a large one
// after it grew by growth percent: memory depends on what is remembered, and hardly on how it was come by. GOGC or
// GOMEMLIMIT in the environment leave the pace to the user.
type Pacer struct {
	off     bool
	records int
	percent int
	sample  [1]metrics.Sample
}

const (
	floor  = 112 << 20 // bytes
	growth = 75        // percent
	most   = 400       // percent: a heap that is not known yet may not pass the floor by far
	every  = 4096      // records between two looks
)

// New returns a pacer of this process; there should be one.
func New() *Pacer {
	h := &Pacer{off: os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != ""}
	h.sample[0].Name = "/gc/heap/live:bytes"
	return h
}

// Tend counts records and looks, now and then, at what the last collection left, and sets when the next one is due.
func (h *Pacer) Tend(records int) {
	if h.off {
		return
	}
	if h.records -= records; h.records > 0 {
		return
	}
	h.records = every
	metrics.Read(h.sample[:])
	if h.sample[0].Value.Kind() != metrics.KindUint64 {
		h.off = true
		return
	}
	if p := pace(int64(h.sample[0].Value.Uint64())); p*10 > h.percent*11 || p*11 < h.percent*10 {
		h.percent = p
		debug.SetGCPercent(p)
	}
}

// pace returns by how many percent a heap may grow of which live bytes are in use.
func pace(live int64) int {
	return int(min(max((floor-live)*100/max(live, 1), growth), most))
}
