// Package profile holds the statistical detectors: what callers, endpoints, applications and the edges between calls do in
// a day, held against what they and those like them did before.
//
// One [book] learns and judges for all of them. Of every entity it counts a few features a day (calls, objects, bytes,
// refusals, how surprising the order of calls is, …) and knows from the days before what is to be expected: its own mean
// drawn to that of its peer group by how much either varies. What a day's value is above that, in standard deviations of
// the prediction, is its score. The upper tail of the scores of all days, per subject of alarm, is learned by
// [internal/tail], and the threshold is the score that is passed as often as the budget of false alarms allows.
//
// There is no training phase: what nothing is known of goes by its group, a new group by all groups, and those by the
// priors of [priors]. An alarm is therefore always possible, but takes the more the less is known.
package profile

import (
	"errors"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A Config is the user's settings of the profiles.
type Config struct {
	Budget     float64 `yaml:"budget"`      // false alarms accepted a day over all profiles; 0 turns profiles off
	PerMillion float64 `yaml:"per_million"` // … and in a million calls, though at least one a month; the lower of the two counts
}

// Default returns the settings where the user gives none: with less than two million calls a day it is the calls that
// count, so that a small site hears of something only where it is far out.
func Default() Config { return Config{Budget: 2, PerMillion: 1} }

// Validate says what is wrong with the settings.
func (c Config) Validate() error {
	if c.Budget < 0 || c.Budget > 1000 {
		return errors.New("budget must be between 0 (off) and 1000 false alarms a day")
	}
	if c.PerMillion <= 0 || c.PerMillion > 1e5 {
		return errors.New("per_million must be above 0 and at most 100000 false alarms in a million calls")
	}
	return nil
}

// Makers makes the detectors; none with a budget of 0.
func (c Config) Makers() []detect.Maker {
	if c.Budget == 0 {
		return nil
	}
	var list []detect.Maker
	for i := range subjectsN {
		list = append(list, func(m *detect.Memory) detect.Detector { return &detector{i, c.book(m)} })
	}
	return list
}

func (c Config) book(m *detect.Memory) *book {
	return detect.Shared(m, "profiles", func(m *detect.Memory) *book { return newBook(c, m) })
}

// A detector speaks for one subject of alarm of the book.
type detector struct {
	subject subject
	book    *book
}

// Card implements [detect.Detector].
func (d *detector) Card() detect.Card { return card(d.subject) }

// Inspect implements [detect.Detector].
func (d *detector) Inspect(s *waywarden.Scene, out *detect.Output) {
	d.book.see(s, out)
	for _, why := range d.book.takeBack(d.subject) {
		out.Retract(why, about, "many of its kind changed alike on the same day: a release, a campaign or an outage")
	}
	for i := range d.book.hits {
		if h := &d.book.hits[i]; h.subject == d.subject {
			h.raise(s, out)
		}
	}
}
