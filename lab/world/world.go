// Package world is a business of connected mobility that does not exist: its interfaces and how they speak, who and what
// is there, its clock, the records of what happens and the labels that say what it was. What happens is package life's.
//
// Nothing in it is real: hosts end in .example, addresses are reserved ones, vehicle numbers begin with a manufacturer's
// code that is not assigned, people are invented.
package world

import (
	"container/heap"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Options are the size of a world.
type Options struct {
	Seed     uint64
	Days     int
	Vehicles int
	Business string  // a kind; "" goes by the seed
	Peaceful bool    // without attacks
	Traps    float64 // how often the honest things happen that look like attacks; 1 is usual
}

// A World is ...
type World struct {
	Rng    *rand.Rand
	Start  time.Time
	end    time.Time
	agenda agenda
	events int
	Sink   *sink
	Truth  *Truth
	Mark   *Label

	Business     string
	Title, brand string
	Domain, App  string
	lang         int
	alg          string
	Releases     []string
	Models       []string
	wmi          string
	checked      bool
	serial       int
	City         Place
	forms        map[string]*idForm
	command      *Thing // the last one
	Things       int
	people       int

	Surfaces []*surface
	Of       map[string]*surface // by audience
	Vehicles []*Vehicle
	Stations []*Station
	Everyone []*Person
	Staff    map[string][]*Person // by role
	Fleets   []*Fleet
	Drivers  map[*Vehicle][]*Person
	Pool     []*Vehicle // to rent, or to ride in
	Links    map[[2]string]*linkTruth
	Initial  struct {
		Vehicles []*Vehicle
		Drivers  map[*Vehicle][]*Person
	}
}

// On puts something on the agenda.
func (w *World) On(at time.Time, do func(time.Time)) {
	if at.After(w.end) {
		return
	}
	w.events++
	heap.Push(&w.agenda, event{at, w.events, do})
}

// Run lets everything on the agenda happen.
func (w *World) Run() {
	for len(w.agenda) > 0 {
		e := heap.Pop(&w.agenda).(event)
		w.Sink.flush(e.at.Add(-75 * time.Minute)) // scripts may look back an hour
		e.do(e.at)
	}
}

// Trap marks what f does as honest behaviour of a name.
func (w *World) Trap(name, note string, f func()) {
	i := slices.IndexFunc(w.Truth.Confounders, func(c *trapTruth) bool { return c.Trap == name })
	if i < 0 {
		i = len(w.Truth.Confounders)
		w.Truth.Confounders = append(w.Truth.Confounders, &trapTruth{Trap: name, Note: note})
	}
	w.Marked(&Label{trap: w.Truth.Confounders[i]}, f)
}

// New draws a world of a kind of business, in which nothing happens yet.
func New(o Options, business, title string, to io.Writer) *World {
	w := &World{Rng: rand.New(rand.NewPCG(o.Seed, 77)), Business: business, Sink: newSink(to), forms: map[string]*idForm{}, Of: map[string]*surface{},
		Staff: map[string][]*Person{}, Drivers: map[*Vehicle][]*Person{}, Links: map[[2]string]*linkTruth{}}
	w.Start = time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC).AddDate(0, 0, w.IntN(7))
	w.end = w.Start.AddDate(0, 0, o.Days)
	w.lang = w.IntN(len(languages))
	w.brand = Pick(w, strings.Fields("kes tol vin bar quil mor fen zan lum dra")) + Pick(w, strings.Fields("tra vio nova ril dex ona mira sol")) + Pick(w, strings.Fields("x n ly go s is"))
	w.Title = strings.ToUpper(w.brand[:1]) + w.brand[1:] + " (" + title + ")"
	w.Domain, w.App = w.brand+".example", strings.ToUpper(w.brand[:1])+w.brand[1:]+Pick(w, []string{"", "App", "Connect", "Go"})
	w.alg = Pick(w, []string{"RS256", "ES256", "EdDSA", "HS256"})
	major := 2 + w.IntN(9)
	for i := range 3 {
		w.Releases = append(w.Releases, fmt.Sprintf("%d.%d.%d", major, 4+i, w.IntN(5)))
	}
	for range 5 {
		w.Models = append(w.Models, strings.ToUpper(w.Letters("abcdefghjklmnprstuvwxyz", 1))+w.Letters(Digits, 2)+Pick(w, []string{"", "e", " Tourer", "i"}))
	}
	w.wmi, w.checked, w.serial = w.Letters("ABCDEFGH", 1), w.Chance(0.5), w.IntN(900_000)
	w.City = Place{38 + w.Rng.Float64()*20, -4 + w.Rng.Float64()*20}
	w.Truth = &Truth{World: business, Title: w.Title, Version: 1, Seed: o.Seed, Scale: o.Vehicles, Start: millis(w.Start), End: millis(w.end),
		NeutralPrefix: []string{"sg-"}, Entities: entities{[]EntityTruth{}, []EntityTruth{}, []EntityTruth{}}, byKey: map[string]*endpoint{}}
	return w
}
