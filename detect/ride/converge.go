package ride

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

const (
	window     = 10 * time.Minute
	syncSpan   = time.Minute
	showUp     = 15 * time.Minute // after which who has not begun the ride is not coming
	recentMax  = 4096             // requests of the window
	requestMin = 100              // seen before anything is judged

	// likelihood is the log-likelihood ratio of the scan from which a place is not the usual: a chance below 1e-9 for one
	// place, so that with ten thousand places and a look at every request one false alarm takes years.
	likelihood = 20.0

	crowdLate = 8  // different callers in one place, where most then do not ride
	crowdNew  = 12 // … where most of them are strangers
	crowdSync = 20 // … where they come at once to a place nobody goes to
)

// A request is one ride asked for in the present window.
type request struct {
	at       time.Time
	who      uint64
	spot     spot
	stranger bool
	ev       waywarden.Evidence
}

// A burst is a crowd that asked for rides at one place, waiting to be told from an honest one.
type burst struct {
	spot  spot
	who   []uint64
	rides int // of them, rides begun
	took  int // … and rides taken back
	began time.Time
	ev    []waywarden.Evidence
	fact  []waywarden.Fact
}

type converge struct {
	cells   *detect.Table[float64] // requests per place and end, decaying over weeks
	riders  *detect.Table[time.Time]
	bursts  *detect.Table[burst]
	waiting *detect.Table[uint64] // burst of a caller that has not ridden yet
	recent  []request
	total   float64 // requests
	rides   float64 // … of which their callers were seen to begin the ride
	took    float64 // … or to take it back
	buf     []spot
}

// Converge makes RID-001: many rides asked for at one place.
func Converge(m *detect.Memory) detect.Detector {
	return &converge{
		cells: detect.NewTable[float64](m, "RID-001 places", cellsMax), riders: detect.NewTable[time.Time](m, "RID-001 riders", callersMax),
		bursts: detect.NewTable[burst](m, "RID-001 crowds", burstsMax), waiting: detect.NewTable[uint64](m, "RID-001 waiting", burstsMax*64),
	}
}

func (d *converge) Card() detect.Card {
	return detect.Card{
		ID: "RID-001", Title: "Many rides asked for at one place", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API6:2023", "R155:16.1", "R155:2.1"}, Needs: detect.InputCalls | detect.InputRequestBodies, Helped: detect.InputCredentials,
		Desc: `Every call is legal; together they gather the fleet in one street and block it. Rides asked for within ten minutes are counted per place of 150 m (and the eight around it), for pick-up and destination apart, by different callers, and compared with the place's share of all rides before by a spatial scan statistic (Kulldorff 1997, Poisson): because the whole city's rides of the same ten minutes are the measure, rain, rush hours and New Year change nothing. From a log-likelihood ratio of 20 on a place is conspicuous. It is raised when besides

- at least 20 callers came to a place where hardly anybody ever went, half of them within one minute; or
- at least 12 callers came, most of whom never asked for a ride before, four standard deviations more than elsewhere at the time; or
- at least 8 callers came, half of whom took the ride back within 15 minutes though hardly anybody else does, or did not begin it though most others do, and the place is one where hardly anybody ever went or the callers come from one network.

A crowd that leaves a concert or a station comes over many minutes, is made of known riders, and rides.`,
		Silent: []string{
			"the end of a concert, a football match, a trade fair", "an airport, a station, a closed railway line", "rain, rush hour, New Year",
			"a wedding party in the country", "one rider who asks again and again",
		},
		Respond: "Stop dispatching to the place, cap rides per street by what it can hold, and ask the accounts for proof of presence.",
	}
}

func (*converge) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls | detect.OfFrames, Only: detect.Accepted | detect.Changing, Areas: []string{"ride"}}
}

func (d *converge) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || c.Operation.Access == waywarden.AccessRead {
		return
	}
	switch c.Operation.Function.Class {
	case "ride.lifecycle":
		d.rode(c)
	case "ride.request":
		if cancels(c.Operation) {
			d.rode(c)
			return
		}
		if who := caller(c); who != 0 {
			d.asked(s, who, out)
		}
	}
}

// rode notes that somebody began the ride asked for, or took it back.
func (d *converge) rode(c *waywarden.Call) {
	who := caller(c)
	if who == 0 {
		return
	}
	back := cancels(c.Operation)
	if back {
		d.took++
	} else {
		d.rides++
	}
	w := d.waiting.Peek(who)
	if w == nil || *w == 0 {
		return
	}
	if b := d.bursts.Peek(*w); b != nil && back {
		b.took++
	} else if b != nil {
		b.rides++
	}
	*w = 0
}

func (d *converge) asked(s *waywarden.Scene, who uint64, out *detect.Output) {
	d.buf = spots(s.Call, d.buf[:0])
	if len(d.buf) == 0 {
		return
	}
	i := 0
	for i < len(d.recent) && s.Now.Sub(d.recent[i].at) > window {
		d.recent[i].ev = waywarden.Evidence{}
		i++
	}
	d.recent = slices.Delete(d.recent, 0, i)
	first := d.riders.Peek(who)
	stranger := first == nil || s.Now.Sub(*first) < window
	if first == nil {
		*d.riders.At(who) = s.Now
	}
	ev := detect.Keep(s)
	for _, p := range d.buf {
		if len(d.recent) < recentMax {
			d.recent = append(d.recent, request{s.Now, who, p, stranger, ev})
		}
		if d.total >= requestMin {
			d.scan(s, p, out)
		}
	}
	for _, p := range d.buf {
		*d.cells.At(p.key())++
	}
	d.total++
}

func (p spot) key() uint64 { return detect.Mix(uint64(p.cell), uint64(p.end)+1) }

// A crowd is what the window holds at a place, and elsewhere.
type crowd struct {
	who                    []uint64
	ev                     []waywarden.Evidence
	first                  time.Time
	strangers, synchronous int
	others, otherStrangers int
	calls                  int // at the place, of whomever
}

// gather counts the window's requests of the same end, one per caller.
func (d *converge) gather(p spot, now time.Time) crowd {
	var zone [9]cell
	n := 0
	p.cell.around(func(c cell) { zone[n] = c; n++ })
	var w crowd
	for i := range d.recent {
		r := &d.recent[i]
		switch {
		case r.spot.end != p.end:
		case !slices.Contains(zone[:n], r.spot.cell):
			if w.others++; r.stranger {
				w.otherStrangers++
			}
		default:
			if w.calls++; slices.Contains(w.who, r.who) {
				continue
			}
			if len(w.who) == 0 {
				w.first = r.at
			}
			w.who, w.ev = append(w.who, r.who), append(w.ev, r.ev)
			if r.stranger {
				w.strangers++
			}
			if now.Sub(r.at) <= syncSpan {
				w.synchronous++
			}
		}
	}
	return w
}

// usual returns the rides that the place and those around it had before those of the window, and their share of all.
func (d *converge) usual(p spot, window int) (rides, share float64) {
	p.cell.around(func(c cell) {
		if v := d.cells.Peek(spot{p.end, c}.key()); v != nil {
			rides += *v
		}
	})
	rides = max(rides-float64(window), 0)
	return rides, (rides + 1) / (d.total + float64(d.cells.Len()) + 1)
}

// ratio is the log-likelihood ratio of Kulldorff's scan statistic: c of all in the zone where e were expected.
func ratio(c, e, all float64) float64 {
	if c <= e || e <= 0 {
		return 0
	}
	llr := c * math.Log(c/e)
	if all > c && all > e {
		llr += (all - c) * math.Log((all-c)/(all-e))
	}
	return llr
}

func (d *converge) scan(s *waywarden.Scene, p spot, out *detect.Output) {
	w := d.gather(p, s.Now)
	n := len(w.who)
	if n < crowdLate {
		return
	}
	rides, share := d.usual(p, w.calls-1)
	all := float64(n + w.others)
	llr := ratio(float64(n), share*all, all)
	if llr < likelihood {
		return
	}
	unknown := rides <= max(3, d.total/500)
	facts := []waywarden.Fact{{
		Name: "callers at one place within ten minutes", Observed: strconv.Itoa(n),
		Normal: strconv.FormatFloat(share*all, 'f', 1, 64) + " (log-likelihood ratio " + strconv.FormatFloat(llr, 'f', 0, 64) + ")",
	}}
	switch {
	case n >= crowdSync && unknown && 2*w.synchronous >= n:
		d.raise(s.Now, p, &w, facts, "a place where hardly anybody goes, half of them within one minute", out)
	case n >= crowdNew && 2*w.strangers > n && w.unlike():
		d.raise(s.Now, p, &w, facts, "most of them callers that never asked for a ride before", out)
	case unknown || w.oneNetwork():
		d.wait(s.Now, p, &w, facts, out)
	}
}

// unlike says whether strangers are four standard deviations more than elsewhere.
func (w *crowd) unlike() bool {
	share := (float64(w.otherStrangers) + 1) / (float64(w.others) + 2)
	n := float64(len(w.who))
	return float64(w.strangers) > n*share+4*math.Sqrt(n*share*(1-share))
}

func (w *crowd) oneNetwork() bool {
	seen := map[string]int{}
	for i := range w.ev {
		n := detect.Prefix(w.ev[i].IP)
		if seen[n]++; 2*seen[n] > len(w.ev) {
			return true
		}
	}
	return false
}

// wait keeps a crowd until it is known whether it rides.
func (d *converge) wait(now time.Time, p spot, w *crowd, facts []waywarden.Fact, out *detect.Output) {
	key := p.key()
	b := d.bursts.At(key)
	if b.began.IsZero() || now.Sub(b.began) > window+showUp {
		*b = burst{spot: p, began: w.first}
		out.Wake(now.Add(showUp), key)
	}
	b.ev, b.fact = slices.Clone(w.ev), facts
	for _, who := range w.who {
		if !slices.Contains(b.who, who) && len(b.who) < 256 {
			b.who = append(b.who, who)
			*d.waiting.At(who) = key
		}
	}
}

// Wake judges a crowd by how many of it rode. Where riders are not seen to begin their rides (the driver does, elsewhere)
// only what they take back counts.
func (d *converge) Wake(at time.Time, token uint64, out *detect.Output) {
	b := d.bursts.Peek(token)
	if b == nil || len(b.who) < crowdLate {
		return
	}
	n := len(b.who)
	w := crowd{who: b.who, ev: b.ev, first: b.began}
	switch {
	case 2*b.took > n && d.took < d.total/4:
		d.raise(at, b.spot, &w, b.fact, strconv.Itoa(b.took)+" of them took the ride back", out)
	case 2*b.rides < n && d.rides > d.total/2:
		d.raise(at, b.spot, &w, b.fact, strconv.Itoa(n-b.rides)+" of them did not take the ride", out)
	}
}

func (d *converge) raise(now time.Time, p spot, w *crowd, facts []waywarden.Fact, why string, out *detect.Output) {
	what := [...]string{"picked up", "driven to"}[p.end]
	out.Raise(&detect.Report{
		Group: strconv.FormatUint(p.key(), 36) + now.UTC().Format("2006-01-02"), Severity: waywarden.SeverityHigh, Confidence: 75, Evidence: w.ev, First: w.first,
		Title: "Many rides asked for at one place",
		Desc:  strconv.Itoa(len(w.who)) + " callers asked to be " + what + " at " + p.cell.String() + " within ten minutes: " + why + ".",
		Facts: facts,
	})
}

// String returns where the cell is.
func (c cell) String() string {
	if c&named != 0 {
		return "the same place"
	}
	lat := (float64(c>>18)+0.5)/(1<<17)*180 - 90
	lon := (float64(c&(1<<18-1))+0.5)/(1<<18)*360 - 180
	return strconv.FormatFloat(lat, 'f', 3, 64) + ", " + strconv.FormatFloat(lon, 'f', 3, 64)
}
