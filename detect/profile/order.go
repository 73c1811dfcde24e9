package profile

import (
	"math"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/internal/ppm"
)

// Bounds of what the order of calls and the habits of callers tell.
const (
	seriesMin  = 4    // calls of a series before its order is judged
	driftShare = 0.15 // weight of the last call
	visitsMin  = 12   // hours in which a caller was seen before its hours mean anything
	visitsMax  = 200  // … after which the old ones fade
	groupVisit = 1e4
	bitsMost   = 12 // that a call surprises beyond the usual
	rareMost   = 6  // that an hour, a network or a program surprises, so that none of them is an alarm alone
)

// order learns which call came after which, and how surprising the caller's order was of late.
func (b *book) order(e *entity, o *observation) {
	if o.now-e.at > pause || e.at == 0 {
		e.before, e.series, e.drift = ppm.History{}, 0, 0
	}
	e.at = o.now
	m := b.orders.At(o.application)
	if *m == nil {
		*m = ppm.New(orderCells)
	}
	bits, usual := (*m).See(&e.before, uint32(o.endpoint>>32)|1)
	if e.series < math.MaxUint8 {
		e.series++
	}
	if e.series == 1 {
		return // with what a series begins is no matter of order
	}
	e.drift += driftShare * float32(min(max(bits-usual, -bitsMost), bitsMost)-float64(e.drift))
	if e.series >= seriesMin {
		e.value[disorder] = max(e.value[disorder], e.drift)
	}
}

// habit notes when, from where and with what a caller comes, once an hour and whenever it comes from elsewhere.
func (b *book) habit(e *entity, o *observation, h detect.Habit) {
	at := (o.now / 3600e9) % 24
	first := e.value[callsHour] <= 1 || e.hourCalls == 1
	if !first && !h.NewNetwork && !h.NewProgram {
		return
	}
	g := b.groupOf(e.group)
	if e.visits >= visitsMin && e.suspect != 0 {
		bits := rarity(float64(e.near(at))+8*g.near(at), float64(e.visits)+8)
		if h.NewNetwork {
			bits += rarity(float64(e.strange.networks+4*g.strange.share(g.strange.networks)), float64(e.strange.days+4))
		}
		if h.NewProgram {
			bits += rarity(float64(e.strange.programs+4*g.strange.share(g.strange.programs)), float64(e.strange.days+4))
		}
		e.value[strangeness] = max(e.value[strangeness], float32(bits))
	}
	if h.NewNetwork {
		e.strange.networks++
		g.strange.networks++
	}
	if h.NewProgram {
		e.strange.programs++
		g.strange.programs++
	}
	if first {
		e.visit(at)
		g.visit(at)
	}
}

// visit notes an hour in which a caller was seen.
func (e *entity) visit(at int64) {
	if e.visits >= visitsMax {
		e.visits = 0
		for i := range e.hours {
			e.hours[i] /= 2
			e.visits += uint16(e.hours[i])
		}
	}
	e.hours[at]++
	e.visits++
}

func (g *group) visit(at int64) {
	if g.visits >= groupVisit {
		g.visits /= 2
		for i := range g.hours {
			g.hours[i] /= 2
		}
	}
	g.hours[at]++
	g.visits++
}

// near is how often a caller was seen within an hour of a time of day, of three hours the mean times two, so that even
// visits come out as their number.
func (e *entity) near(at int64) float32 {
	return (float32(e.hours[(at+23)%24]) + 2*float32(e.hours[at]) + float32(e.hours[(at+1)%24])) * 6
}

// near is the same of a group, as a share that is 1 where visits are even.
func (g *group) near(at int64) float64 {
	return float64((g.hours[(at+23)%24]+2*g.hours[at]+g.hours[(at+1)%24])*6+2) / float64(g.visits+2)
}

// share is how often it happens in a day of a known caller, of which there have to be some before it counts as rare.
func (s *strange) share(n float32) float32 { return (n + 1) / (s.days + 4) }

// rarity is how many bits what happened n times of all is worth: nothing where it is no rarer than usual.
func rarity(n, of float64) float64 {
	return min(max(-math.Log2((n+0.02)/(of+0.02)), 0), rareMost)
}
