package fleet

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Silence makes FLT-004: vehicles of one make fall silent on the road while others report on.
func Silence(m *detect.Memory) detect.Detector {
	return &silence{vehicles: detect.NewTable[voice](m, "FLT-004 vehicles on the road", 1<<16), index: map[string]int{}}
}

type silence struct {
	vehicles *detect.Table[voice]
	index    map[string]int
	cohorts  []cohort
	minute   int64 // up to which all was judged
}

// A voice is when a vehicle last reported on the road.
type voice struct {
	minute int64
	back   bool // it was heard again since
}

// ring is how many minutes are open.
const ring = 8

// A cohort is the vehicles of one make and model, as their VINs say.
type cohort struct {
	name    string
	last    waywarden.Evidence
	started [ring]int32 // per minute: vehicles that reported on the road
	back    [ring]int32 // … of them, heard again within returnMin minutes
	steady  int32       // minutes in a row that nearly all came back
}

// Bounds of the verdict. Parked vehicles are silent by nature, so only those on the road count; an outage of the carrier
// or of the capture silences all makes alike.
const (
	cohortsMax = 256
	modelChars = 8 // of a VIN: maker and model
	returnMin  = 3 // minutes within which a vehicle on the road is heard again
	onRoadMin  = 20
	steadyMin  = 10
	usualShare = 0.8
	lostShare  = 0.3
	roadKMH    = 5
)

func (d *silence) Card() detect.Card {
	return detect.Card{
		ID: "FLT-004", Title: "Vehicles of one make fall silent on the road", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API4:2023", "R155:8.1"}, Needs: detect.InputSignals,
		Desc: `Raised when of at least twenty vehicles of one make and model that reported while driving in a minute at most three in ten are heard again within three minutes, though for ten minutes before at least eight in ten were, and while of at least twenty driving vehicles of other makes at least eight in ten are.

Only vehicles on the road count: parked ones sleep. Where all makes fall silent alike, the carrier or the capture failed, and nothing is raised. The make and model are the first eight characters of the VIN.`,
		Silent:  []string{"an outage of the carrier or of the capture", "evenings, when vehicles park one after the other", "vehicles that report rarely", "fleets of one make: there is nothing to compare with"},
		Respond: "Ask the telematics provider, look at what was sent to these vehicles last, and check emergency calls.",
	}
}

func (d *silence) Inspect(s *waywarden.Scene, out *detect.Output) {
	minute := s.Now.Unix() / 60
	if minute > d.minute {
		d.pass(minute, out)
	}
	if s.Record.Kind != waywarden.KindSignal || len(s.Subjects) == 0 || s.Subjects[0].Twin == nil || minute < d.minute-returnMin {
		return
	}
	t := s.Subjects[0].Twin
	c := d.cohortOf(t)
	if c == nil {
		return
	}
	v := d.vehicles.At(detect.Key(t.UID))
	if !v.back && v.minute != 0 && minute > v.minute && minute-v.minute <= returnMin {
		c.back[v.minute%ring]++
		v.back = true
	}
	if minute > v.minute && onRoad(s.Record.Signal) {
		c.started[minute%ring]++
		*v = voice{minute: minute}
		if c.started[minute%ring] == 1 {
			c.last = detect.Keep(s)
		}
	}
}

func onRoad(s *waywarden.Signal) bool {
	for i := range s.Values {
		if v := &s.Values[i]; v.Name == "Vehicle.Speed" {
			return v.Value.Kind == waywarden.ValueNumber && v.Value.Number > roadKMH
		}
	}
	return false
}

// cohortOf returns the cohort of a vehicle; nil for one whose VIN is not known, or where there are too many.
func (d *silence) cohortOf(t *waywarden.Twin) *cohort {
	name := ""
	for _, id := range t.IDs {
		if id.Type == waywarden.TypeVIN && len(id.Value) > modelChars {
			name = id.Value[:modelChars]
		}
	}
	if name == "" && len(t.UID) == 17 {
		name = t.UID[:modelChars]
	}
	if name == "" {
		return nil
	}
	i, ok := d.index[name]
	if !ok {
		if len(d.cohorts) >= cohortsMax {
			return nil
		}
		i, name = len(d.cohorts), strings.Clone(name)
		d.index[name] = i
		d.cohorts = append(d.cohorts, cohort{name: name})
	}
	return &d.cohorts[i]
}

// pass closes the minutes that can no longer change, now that minute began.
func (d *silence) pass(minute int64, out *detect.Output) {
	from := max(d.minute+1, minute-ring+returnMin+1)
	d.minute = minute
	for m := from; m <= minute; m++ {
		if done := m - returnMin - 1; done > 0 {
			d.judge(done, out)
		}
		for i := range d.cohorts {
			d.cohorts[i].started[m%ring], d.cohorts[i].back[m%ring] = 0, 0
		}
	}
}

// judge holds each cohort's return to the road's reports against the others'.
func (d *silence) judge(m int64, out *detect.Output) {
	var all, back int32
	for i := range d.cohorts {
		all += d.cohorts[i].started[m%ring]
		back += d.cohorts[i].back[m%ring]
	}
	for i := range d.cohorts {
		c := &d.cohorts[i]
		n, k := c.started[m%ring], c.back[m%ring]
		others, otherBack := all-n, back-k
		switch {
		case n < onRoadMin:
		case float64(k) >= usualShare*float64(n):
			c.steady++
		case c.steady >= steadyMin && float64(k) <= lostShare*float64(n) && others >= onRoadMin && float64(otherBack) >= usualShare*float64(others):
			d.raise(c, n, k, others, otherBack, out)
			c.steady = 0
		}
	}
}

func (d *silence) raise(c *cohort, n, k, others, otherBack int32, out *detect.Output) {
	lost := detect.Itoa(n-k) + " of " + detect.Itoa(n)
	out.Raise(&detect.Report{
		Group: c.name, Severity: waywarden.SeverityHigh, Confidence: 75, Evidence: []waywarden.Evidence{c.last},
		Title: lost + " vehicles of one make fell silent on the road",
		Desc:  lost + " vehicles with VINs that begin with " + c.name + " reported while driving and were not heard again within three minutes. Of other makes " + detect.Itoa(otherBack) + " of " + detect.Itoa(others) + " were.",
		Facts: []waywarden.Fact{{Name: "vehicles not heard again", Observed: lost, Normal: detect.Itoa(others-otherBack) + " of " + detect.Itoa(others) + " of other makes"}},
	})
}
