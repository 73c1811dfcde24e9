package fleet

import (
	"math"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Harm makes OTA-004: vehicles that were updated break down more often than others.
func Harm(m *detect.Memory) detect.Detector {
	return &harm{vehicles: detect.NewTable[health](m, "OTA-004 vehicles", 1<<17)}
}

type harm struct {
	vehicles       *detect.Table[health]
	updated, other rate
	last           int64 // time of the last install
}

// A rate is how many vehicles of a cohort report their health, and how many of them took harm.
type rate struct{ all, hit int32 }

// A health is what is known of one vehicle.
type health struct {
	updated         int64
	faults          float64
	heard           bool // it reports its faults
	broken, counted bool // counted among the updated
	hit             int64
}

// Bounds of the verdict (domain/invariants.tsv, OTA-004).
const (
	harmSpan    = 24 * time.Hour
	settleSpan  = 10 * time.Minute // restarts just after an install are part of it
	harmMin     = 3
	harmRatio   = 3
	controlMin  = 20
	harmChance  = 1e-4 // chance of so much harm among as many vehicles that were not updated
	faultsName  = "Vehicle.Diagnostics.DTCCount"
	brokenName  = "Vehicle.IsBrokenDown"
	harmUpdated = "updated vehicles with new faults"
)

func (d *harm) Card() detect.Card {
	return detect.Card{
		ID: "OTA-004", Title: "Updated vehicles break down", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"R155:12.1", "R155:13.1"}, Needs: detect.InputCalls | detect.InputSignals,
		Desc: `Raised when of the vehicles that were sent an update at least three report new fault codes or a breakdown between ten minutes and 24 hours after it, that is more than three times the share among vehicles without an update, and chance would do it less than once in ten thousand times. At least twenty other vehicles must report their faults.

A vehicle counts once. The share among the others is counted since the beginning, which makes the comparison cautious.`,
		Silent:  []string{"restarts and codes within ten minutes of the install", "a fleet whose vehicles have faults anyway", "one or two updated vehicles that break down"},
		Respond: "Stop the campaign, compare the package with the release, roll back, and warn the drivers of updated vehicles.",
	}
}

func (*harm) Scope() detect.Scope { return detect.Scope{Of: detect.OfSignals | detect.OfCalls} }

func (d *harm) Inspect(s *waywarden.Scene, out *detect.Output) {
	if s.Record.Kind == waywarden.KindSignal {
		if len(s.Subjects) > 0 && s.Subjects[0].Twin != nil {
			d.hear(s, s.Subjects[0].Twin, out)
		}
		return
	}
	if !accepted(s) || s.Call.Operation.Function.Class != "ota.install" || detect.Reads(s.Call) {
		return
	}
	now := s.Now.UnixNano()
	if d.last != 0 && now-d.last > int64(harmSpan) {
		d.updated = rate{}
	}
	d.last = now
	for i := range s.Subjects {
		if detect.IsVehicle(&s.Subjects[i]) {
			d.install(s.Subjects[i].Twin.UID, now)
		}
	}
}

// install moves a vehicle to those that were updated.
func (d *harm) install(uid string, now int64) {
	v := d.vehicles.At(detect.Key(uid))
	if v.heard && !v.counted {
		d.other.all--
		d.updated.all++
	}
	v.updated, v.counted, v.hit = now, true, 0
}

// hear takes a report of a vehicle's faults in.
func (d *harm) hear(s *waywarden.Scene, t *waywarden.Twin, out *detect.Output) {
	faults, broken, said := readHealth(s.Record.Signal)
	if !said {
		return
	}
	now := s.Now.UnixNano()
	v := d.vehicles.At(detect.Key(t.UID))
	first := !v.heard
	if first {
		v.heard = true
		if v.counted {
			d.updated.all++
		} else {
			d.other.all++
		}
	}
	if v.counted && now-v.updated > int64(harmSpan) {
		v.counted = false
		d.updated.all, d.other.all = max(d.updated.all-1, 0), d.other.all+1
	}
	worse := !first && (faults > v.faults || broken && !v.broken)
	if faults >= 0 {
		v.faults = faults
	}
	v.broken = broken
	if !worse || v.hit != 0 || v.counted && now-v.updated < int64(settleSpan) {
		return
	}
	v.hit = now
	if !v.counted {
		d.other.hit++
		return
	}
	d.updated.hit++
	d.judge(t, out)
}

// readHealth returns the faults and the breakdown that a report tells; faults is -1 when it does not.
func readHealth(s *waywarden.Signal) (faults float64, broken, said bool) {
	faults = -1
	for i := range s.Values {
		switch v := &s.Values[i]; v.Name {
		case faultsName:
			if v.Value.Kind == waywarden.ValueNumber {
				faults, said = v.Value.Number, true
			}
		case brokenName:
			broken, said = v.Value.Number != 0, true
		}
	}
	return faults, broken, said
}

func (d *harm) judge(t *waywarden.Twin, out *detect.Output) {
	u, o := d.updated, d.other
	base := (float64(o.hit) + 1) / (float64(o.all) + 2)
	if u.hit < harmMin || o.all < controlMin || float64(u.hit) <= harmRatio*base*float64(u.all) || tail(int(u.all), int(u.hit), base) > harmChance {
		return
	}
	share := detect.Itoa(u.hit) + " of " + detect.Itoa(u.all)
	out.Raise(&detect.Report{
		Group: "harm", Subject: t.UID, Severity: waywarden.SeverityCritical, Confidence: 80,
		Title:     "Updated vehicles report new faults",
		Desc:      share + " vehicles that were updated within a day report new faults or a breakdown; of the others " + detect.Itoa(o.hit) + " of " + detect.Itoa(o.all) + " do.",
		Resources: []waywarden.Resource{vehicle(t.UID)},
		Facts:     []waywarden.Fact{{Name: harmUpdated, Observed: share, Normal: detect.Itoa(o.hit) + " of " + detect.Itoa(o.all)}},
	})
}

// tail is the chance of at least k hits in n tries of probability p, exactly.
func tail(n, k int, p float64) float64 {
	sum := 0.0
	for i := k; i <= n; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}
