package charging

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// What makes a storm of one caller: objects commanded within stormSpan, where those who use the operation command few.
const (
	stormSpan    = time.Minute
	stormObjects = 8    // different objects of one caller
	busyObjects  = 4    // … from which a caller counts as one that works in bulk
	callersMin   = 10   // callers of the operation that must have been seen
	busyShare    = 0.02 // of the callers may work in bulk; with more the operation is a tool for that
)

// What makes a storm of the back office: stations commanded within stormSpan, against what it did before.
const (
	surgeStations = 10
	surgeNetworks = 3
	surgeSigmas   = 6
	surgeFactor   = 2 // times the most of any minute before
	surgeLearn    = 2 * time.Hour
	ringMax       = 512
	stormForget   = 5 * time.Minute
)

// A caller is who commands with an operation, in the present minute.
type caller struct {
	since   time.Time
	objects [stormObjects]uint64
	n       int8
	busy    bool
	ev      []waywarden.Evidence
}

// A usage is how an operation is used.
type usage struct{ callers, busy int }

// A surge is what the back office commands stations to do, of one kind.
type surge struct {
	recent      []order // of the last minute, oldest first
	since       time.Time
	minute      int64
	count, most float64 // of the present minute; the most of one minute, decaying
	mean, m2    float64 // per minute, exponentially weighted
	group       string
	told        time.Time
}

type order struct {
	at               time.Time
	station, network uint64
	name             string
	ev               waywarden.Evidence
}

type storm struct {
	callers *detect.Table[caller]
	usages  *detect.Table[usage]
	surges  [len(kinds)]surge
}

// kinds are what is commanded to many at once: what it is called, and how the protocol and the APIs say it.
var kinds = [...]struct {
	name    string
	actions []string
	classes []string
}{
	{"start", []string{"RemoteStartTransaction", "RequestStartTransaction"}, []string{"chg.start"}},
	{"stop", []string{"RemoteStopTransaction", "RequestStopTransaction"}, []string{"chg.stop"}},
	{"unlock", []string{"UnlockConnector"}, []string{"chg.unlock"}},
	{"profile", nil, []string{"chg.profile", "act.charge.vehicle"}},
}

// Storm makes CHG-005: charging started or stopped at many stations at once.
func Storm(m *detect.Memory) detect.Detector {
	return &storm{callers: detect.NewTable[caller](m, "CHG-005 callers", tagsMax), usages: detect.NewTable[usage](m, "CHG-005 operations", hostsMax)}
}

func (d *storm) Card() detect.Card {
	return detect.Card{
		ID: "CHG-005", Title: "Charging switched at many stations at once", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API6:2023", "API1:2023", "API4:2023", "R155:16.1", "R155:25.2"}, Needs: detect.InputCalls, Helped: detect.InputOCPP,
		Desc: `Loads that are switched together can throw a local grid out of balance, and one account can end everybody's charging. Raised in two ways:

- One person's account has charging started, stopped, unlocked or rescheduled for eight different sessions, stations or cars within a minute, with an operation that at least ten others use and of whom at most one in fifty ever reached half of that. Critical.
- The back office sends remote starts or stops to ten or more stations of three or more networks within a minute: more than six standard deviations above its mean per minute and more than twice the most of any minute before, learned over two hours at least. High. What begins within 75 seconds after a quarter of an hour is what tariffs and demand response look like, and is only noted.

Services and callers on private networks are judged by the second way alone. What was raised does not become normal.`,
		Silent: []string{
			"a tariff's scheduler that starts many chargers on the hour", "a depot's or an operator's tool that works in bulk",
			"a roaming partner that speaks for many drivers", "stations that restart after a power cut: nobody commands them",
			"profiles that load management sends to all stations every quarter of an hour", "one driver who presses stop again and again",
		},
		Respond: "Block the account, let the sessions start again with a random delay of up to ten minutes, and require that a session belongs to the caller.",
	}
}

func (d *storm) Inspect(s *waywarden.Scene, out *detect.Output) {
	if f := frame(s); f != nil {
		if k := kindOf(f); k >= 0 {
			d.order(s, f, k, out)
		}
		return
	}
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || len(c.Operation.Function.Class) < 8 || c.Operation.Access == waywarden.AccessRead {
		return
	}
	for k := range kinds {
		if slices.Contains(kinds[k].classes, c.Operation.Function.Class) {
			d.called(s, k, out)
			return
		}
	}
}

// kindOf returns the kind of what the back office commands, -1 for other frames.
func kindOf(f *waywarden.Frame) int {
	if f.Inbound || f.Action == "" {
		return -1
	}
	for k := range kinds {
		if slices.Contains(kinds[k].actions, f.Action) {
			return k
		}
	}
	return -1
}

// called judges one caller's command.
func (d *storm) called(s *waywarden.Scene, k int, out *detect.Output) {
	c := s.Call
	p := &c.Principal
	if p.Kind != waywarden.PrincipalUser && p.Kind != waywarden.PrincipalSession || p.OnBehalf != "" || inside(s.Record.HTTP.Client.IP) {
		return
	}
	object := objectOf(c)
	if object == 0 {
		return
	}
	u := d.usages.At(detect.Key(c.Operation.ID))
	key := detect.Key(c.Operation.ID, p.UID)
	w := d.callers.Peek(key)
	if w == nil {
		w = d.callers.At(key)
		u.callers++
	}
	if !within(w.since, s.Now, stormSpan) {
		*w = caller{since: s.Now, busy: w.busy}
	}
	if !slices.Contains(w.objects[:w.n], object) && w.n < stormObjects {
		w.objects[w.n] = object
		w.n++
	}
	w.ev = append(w.ev, evidence(s))
	if w.n >= busyObjects && !w.busy {
		w.busy = true
		u.busy++
	}
	if w.n < stormObjects {
		return
	}
	if u.callers < callersMin || float64(u.busy-1) > busyShare*float64(u.callers) {
		w.ev = nil
		return
	}
	q := &d.surges[k]
	q.join(s.Now, p.UID+" "+kinds[k].name)
	out.Raise(&detect.Report{
		Group: q.group, Severity: waywarden.SeverityCritical, Confidence: 90, Operation: c.Operation, Principal: *p, Evidence: w.ev, First: w.since,
		Title: "One account switches charging for many (" + kinds[k].name + ")",
		Desc: detect.Who(s) + " called " + detect.What(c.Operation) + " for at least " + strconv.Itoa(stormObjects) + " different objects within a minute. Of " +
			strconv.Itoa(u.callers) + " callers hardly any ever reached " + strconv.Itoa(busyObjects) + ".",
		Facts: []waywarden.Fact{{Name: "objects of one caller in a minute", Observed: "at least " + strconv.Itoa(stormObjects), Normal: "below " + strconv.Itoa(busyObjects)}},
	})
	w.ev = nil
}

// objectOf returns what a command is about: what stands in its path, and the identifiers of query and body. 0: nothing.
func objectOf(c *waywarden.Call) uint64 {
	var h uint64
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		switch {
		case l.In == waywarden.InPath:
		case l.In != waywarden.InQuery && l.In != waywarden.InBody:
			continue
		case l.Type == waywarden.TypeSessionID, l.Type == waywarden.TypeStationID, l.Type == waywarden.TypeVehicleID, l.Type == waywarden.TypeVIN:
		case l.Type == "" && (strings.HasSuffix(l.Name, "Id") || strings.HasSuffix(l.Name, "id") || strings.HasSuffix(l.Name, "ID")):
		default:
			continue
		}
		h = detect.Mix(h, detect.Key(l.Value))
	}
	return h
}

// inside says whether an address is of a private network.
func inside(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && (a.IsPrivate() || a.IsLoopback())
}

// join keeps what happens within a few minutes in one finding.
func (q *surge) join(now time.Time, group string) {
	if q.group == "" || !within(q.told, now, stormForget) {
		q.group = own(group) + now.UTC().Format(" 2006-01-02T15:04")
	}
	q.told = now
}

// order judges a command of the back office to a station.
func (d *storm) order(s *waywarden.Scene, f *waywarden.Frame, k int, out *detect.Output) {
	q := &d.surges[k]
	q.advance(s.Now)
	q.recent = append(q.recent, order{s.Now, detect.Key(f.Station), detect.Key(network(f.Client.IP)), own(f.Station), evidence(s)})
	if len(q.recent) > ringMax {
		q.recent = append(q.recent[:0], q.recent[len(q.recent)-ringMax/2:]...)
	}
	q.count++
	if len(q.recent) < surgeStations || !q.unusual(s.Now) {
		return
	}
	r := detect.Report{Severity: waywarden.SeverityHigh, Confidence: 75, First: q.recent[0].at}
	stations := map[uint64]bool{}
	for i := range q.recent {
		o := &q.recent[i]
		if r.Evidence = append(r.Evidence, o.ev); !stations[o.station] {
			stations[o.station] = true
			r.Resources = append(r.Resources, charger(o.name)...)
		}
	}
	q.join(s.Now, "back office "+kinds[k].name)
	r.Group = q.group
	r.Title = "Back office switches many stations at once (" + kinds[k].name + ")"
	r.Desc = "Remote " + kinds[k].name + " was sent to " + strconv.Itoa(len(stations)) + " stations within a minute; the usual is " +
		strconv.FormatFloat(q.mean, 'f', 1, 64) + ", the most in any minute before " + strconv.FormatFloat(q.most, 'f', 0, 64) + "."
	r.Facts = []waywarden.Fact{{Name: "stations in a minute", Observed: strconv.Itoa(len(stations)), Normal: strconv.FormatFloat(q.mean, 'f', 1, 64)}}
	if s.Now.Add(5*time.Second).Sub(s.Now.Add(5*time.Second).Truncate(15*time.Minute)) <= 80*time.Second {
		r.Severity, r.Confidence = waywarden.SeverityInformational, 40
		r.Desc += " It began at a quarter of an hour, as tariffs and demand response do."
	}
	out.Raise(&r)
}

// advance takes the minutes that passed into what is usual, and lets go of commands older than a minute.
func (q *surge) advance(now time.Time) {
	m := now.Unix() / 60
	if q.since.IsZero() {
		q.since, q.minute = now, m
	}
	const keep = 1 - 1.0/1440 // a day
	for n := min(m-q.minute, 1440); n > 0; n-- {
		if !within(q.told, now, stormForget) {
			q.most = max(q.most*keep, q.count)
		}
		x := min(q.count, q.mean+surgeSigmas*math.Sqrt(q.m2+q.mean+1)) // one burst moves the usual a little only
		delta := x - q.mean
		q.mean += delta / 1440
		q.m2 = keep * (q.m2 + delta*delta/1440)
		q.count = 0
	}
	q.minute = m
	i := 0
	for i < len(q.recent) && !within(q.recent[i].at, now, stormSpan) {
		i++
	}
	q.recent = slices.Delete(q.recent, 0, i)
}

// unusual says whether the commands of the last minute are far more than ever.
func (q *surge) unusual(now time.Time) bool {
	if now.Sub(q.since) < surgeLearn {
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
