package charging

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// What makes a surge: stations commanded within its span, against what the back office did before.
const (
	surgeStations = 10
	surgeNetworks = 3
	surgeSigmas   = 6
	surgeFactor   = 2 // times the most of any span before
	surgeLearn    = 2 * time.Hour
	ringMax       = 512
	stormForget   = 5 * time.Minute
)

// A surge is what the back office commands stations to do, of one kind.
type surge struct {
	span        time.Duration
	recent      []order // of the last span, oldest first
	since       time.Time
	slot        int64   // the present one: spans since the epoch
	count, most float64 // in the present slot; the most in one, decaying
	mean, m2    float64 // per slot, exponentially weighted
	group       string
	told        time.Time
}

type order struct {
	at               time.Time
	station, network uint64
	name             string
	ev               waywarden.Evidence
}

// watch says that frames are seen: from then on it counts that nothing was commanded.
func (q *surge) watch(now time.Time) {
	if q.since.IsZero() {
		q.since = now
	}
}

// take notes a command to a station.
func (q *surge) take(s *waywarden.Scene, f *waywarden.Frame) {
	q.advance(s.Now)
	q.recent = append(q.recent, order{s.Now, detect.Key(f.Station), detect.Key(detect.Prefix(f.Client.IP)), own(f.Station), detect.Keep(s)})
	if len(q.recent) > ringMax {
		q.recent = append(q.recent[:0], q.recent[len(q.recent)-ringMax/2:]...)
	}
	q.count++
}

// report begins a report of the commands of the last span, and counts the stations.
func (q *surge) report(now time.Time, what string) (int, detect.Report) {
	r := detect.Report{Severity: waywarden.SeverityHigh, Confidence: 75, First: q.recent[0].at}
	stations := map[uint64]bool{}
	for i := range q.recent {
		o := &q.recent[i]
		if r.Evidence = append(r.Evidence, o.ev); !stations[o.station] {
			stations[o.station] = true
			r.Resources = append(r.Resources, charger(o.name)...)
		}
	}
	q.join(now, "back office "+what)
	r.Group = q.group
	r.Facts = []waywarden.Fact{{Name: "stations within " + q.span.String(), Observed: strconv.Itoa(len(stations)), Normal: strconv.FormatFloat(q.mean, 'f', 1, 64)}}
	return len(stations), r
}

// calendar makes a note of what begins at a quarter of an hour, as tariffs, demand response and planned work do.
func (q *surge) calendar(now time.Time, r *detect.Report) {
	if t := q.recent[0].at.Add(5 * time.Second); now.Sub(t.Truncate(15*time.Minute)) <= 80*time.Second || t.Sub(t.Truncate(15*time.Minute)) <= 20*time.Second {
		r.Severity, r.Confidence = waywarden.SeverityInformational, 40
		r.Desc += " It began at a quarter of an hour, as planned work does."
	}
}

// join keeps what happens within a few minutes in one finding.
func (q *surge) join(now time.Time, group string) {
	if q.group == "" || !within(q.told, now, stormForget) {
		q.group = own(group) + now.UTC().Format(" 2006-01-02T15:04")
	}
	q.told = now
}

// advance takes the spans that passed into what is usual, and lets go of commands older than one.
func (q *surge) advance(now time.Time) {
	seconds := int64(q.span / time.Second)
	m := now.Unix() / seconds
	if q.slot == 0 {
		q.slot = m
	}
	perDay := float64(24*60*60) / float64(seconds)
	keep := 1 - 1/perDay
	for n := min(m-q.slot, int64(perDay)); n > 0; n-- {
		if !within(q.told, now, stormForget) {
			q.most = max(q.most*keep, q.count)
		}
		x := min(q.count, q.mean+surgeSigmas*math.Sqrt(q.m2+q.mean+1)) // one burst moves the usual a little only
		delta := x - q.mean
		q.mean += delta / perDay
		q.m2 = keep * (q.m2 + delta*delta/perDay)
		q.count = 0
	}
	q.slot = m
	i := 0
	for i < len(q.recent) && !within(q.recent[i].at, now, q.span) {
		i++
	}
	q.recent = slices.Delete(q.recent, 0, i)
}

// unusual says whether the commands of the last span are far more than ever.
func (q *surge) unusual(now time.Time) bool {
	if len(q.recent) < surgeStations || now.Sub(q.since) < surgeLearn {
		return false
	}
	var stations, networks []uint64
	for i := range q.recent {
		if o := &q.recent[i]; !slices.Contains(stations, o.station) {
			stations = append(stations, o.station)
			if !slices.Contains(networks, o.network) {
				networks = append(networks, o.network)
			}
		}
	}
	n := float64(len(stations))
	return len(stations) >= surgeStations && len(networks) >= surgeNetworks && n > surgeFactor*q.most &&
		n > q.mean+surgeSigmas*math.Sqrt(max(q.m2, q.mean)+1)
}
