// Package life makes whole businesses of connected mobility that do not exist, with months of their traffic if need be,
// the attacks on them and the honest behaviour that looks like attacks, all labelled.
//
// A seed draws the business (carmaker, rental, leasing, rides, charging, insurance, updates, aggregation), how its
// interfaces speak, who and what is there, and what befalls it. The same options give the same bytes.
package life

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

// Files receive what a world is made of.
type Files struct {
	Traffic, Truth, Assets io.Writer
	Spec                   func(host, text string) error
}

// Summary is what was made.
type Summary struct {
	Business, Title string
	Records         map[string]int // by kind
	Attacks, Traps  []string
}

// A life is a world with what happens in it.
type life struct {
	*world.World
	o     world.Options
	offer business
}

// Make makes a world.
func Make(o world.Options, f Files) (Summary, error) {
	i := slices.Index(Businesses(), o.Business)
	if i < 0 {
		i = int(o.Seed % uint64(len(businesses))) // seeds in a row show them all
	}
	b := businesses[i]
	w := &life{World: world.New(o, b.name, b.title, f.Traffic), o: o, offer: b}
	w.speak()
	w.populate()
	w.schedule()
	w.Run()
	if err := w.Sink.Close(); err != nil {
		return Summary{}, err
	}
	w.Truth.Finish(w.World)
	if err := w.Truth.Write(f.Truth); err != nil {
		return Summary{}, err
	}
	if err := w.Assets(f.Assets); err != nil {
		return Summary{}, err
	}
	specs := w.Specs()
	for _, h := range world.Sorted(specs) {
		if err := f.Spec(h, specs[h]); err != nil {
			return Summary{}, fmt.Errorf("write description: %w", err)
		}
	}
	s := Summary{Business: w.Business, Title: w.Title, Records: w.Truth.Counts}
	for _, a := range w.Truth.Attacks {
		s.Attacks = append(s.Attacks, a.Scenario)
	}
	for _, c := range w.Truth.Confounders {
		s.Traps = append(s.Traps, c.Trap)
	}
	return s, nil
}

// speak draws the interfaces.
func (w *life) speak() {
	shared := w.Chance(0.3) // interfaces of one host, told apart by their paths
	for _, a := range w.offer.interfaces {
		sub := world.Pick(w, strings.Fields(hostNames[a.name]))
		host := sub + "." + w.Domain
		if shared && (a.name == "app" || a.name == "partner") {
			host = "api." + w.Domain
		}
		s := w.Surface(a.name, host, world.Pick(w, strings.Fields(a.auth)), a.ops, w.Of[a.login])
		w.Of[a.name] = s
		if shared {
			for _, other := range w.Surfaces[:len(w.Surfaces)-1] {
				if other.Host == host && other.Dialect.Prefix == s.Dialect.Prefix {
					s.Dialect.Prefix += "/" + a.name
					s.Replace()
				}
			}
		}
	}
	if app := w.Of["app"]; app != nil && (app.Dialect.Style == "rest" || app.Dialect.Style == "command") && app.Has("status") { // the version before, still answering
		old := w.Surface("before", app.Host, app.Auth, "status location", app.Login)
		old.Dialect = app.Dialect
		old.Dialect.Style, old.Dialect.Prefix, old.Dialect.Vehicle = "rest", world.Pick(w, []string{"/api/v1", "/v1", "/legacy", "/rest/1.0"}), "vin"
		if old.Dialect.IDAt == 3 {
			old.Dialect.IDAt = 0
		}
		old.Name = app.Name
		old.Replace()
		for _, o := range old.Ops {
			o.Status = "zombie"
		}
		w.Of["before"] = old
	}
}

// schedule puts the first day on the agenda, each day the next, and the attacks.
func (w *life) schedule() {
	w.Initial.Vehicles, w.Initial.Drivers = slices.Clone(w.Vehicles), maps.Clone(w.Drivers)
	for _, v := range w.Vehicles {
		w.On(w.Start.Add(w.Span(0, 1800)), func(t time.Time) { w.report(v, t, w.fresh(v)) })
	}
	for _, s := range w.Stations {
		w.On(w.Start.Add(w.Span(0, 400)), func(t time.Time) { w.connect(s, t) })
	}
	for d := range w.o.Days {
		w.On(w.Start.AddDate(0, 0, d), w.day)
	}
	if !w.o.Peaceful {
		w.crimes()
	}
}

// crimes puts each attack that can be done here at a moment of its own.
func (w *life) crimes() {
	for _, s := range slices.Concat(accountAttacks, serviceAttacks) {
		if !s.possible(w) {
			continue
		}
		a := &world.AttackTruth{ID: w.Business + "-" + s.name, Scenario: s.name, Incident: s.incident, OWASP: expand(s.owasp), Families: strings.Fields(s.families),
			Kind: "threat", MinSeverity: s.severity, Note: s.note, Objects: []world.TouchedAt{}, Principals: []string{}, IPs: []string{}}
		w.Truth.Attacks = append(w.Truth.Attacks, a)
		at := w.Start.Add(time.Duration(w.o.Days-1) * 12 * time.Hour).Add(w.Span(9*3600, 21*3600))
		w.On(at, func(t time.Time) { w.Marked(&world.Label{Attack: a}, func() { s.do(w, t) }) })
	}
}

func expand(list string) []string {
	var out []string
	for n := range strings.FieldsSeq(list) {
		out = append(out, "API"+n+":2023")
	}
	return out
}

// f is a field of a message: the words of its name, its data type, its value.
func f(key, typ string, val any) world.Field { return world.Field{Key: key, Typ: typ, Val: val} }
