package charging

import (
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

Services, managers of fleets and depots, what is linked to the caller, and callers on private networks are judged by the second way alone. What was raised does not become normal.`,
		Silent: []string{
			"a tariff's scheduler that starts many chargers on the hour", "a depot's or an operator's tool that works in bulk",
			"a roaming partner that speaks for many drivers", "stations that restart after a power cut: nobody commands them",
			"profiles that load management sends to all stations every quarter of an hour", "one driver who presses stop again and again",
		},
		Respond: "Block the account, let the sessions start again with a random delay of up to ten minutes, and require that a session belongs to the caller.",
	}
}

func (*storm) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames | detect.OfCalls} }

func (d *storm) Inspect(s *waywarden.Scene, out *detect.Output) {
	if f := frame(s); f != nil {
		for k := range d.surges {
			d.surges[k].watch(s.Now)
		}
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
	object := objectOf(c)
	if object == 0 || bulk(s) {
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
	w.ev = append(w.ev, detect.Keep(s))
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

// bulk says whether a caller switches what is its own, or many things as a matter of course: a depot, a fleet, a landlord, a
// service.
func bulk(s *waywarden.Scene) bool {
	p := &s.Call.Principal
	if p.Kind != waywarden.PrincipalUser && p.Kind != waywarden.PrincipalSession || p.OnBehalf != "" || detect.Inside(s.Record.HTTP.Client.IP) {
		return true
	}
	for i := range s.Subjects {
		if detect.Owns(s.Subjects[i].Linked, s.Now) {
			return true
		}
	}
	for i := 0; s.Caller != nil && i < len(s.Caller.Links); i++ {
		if s.Caller.Links[i].Rel == "fleet_manager" {
			return true
		}
	}
	return false
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

// order judges a command of the back office to a station.
func (d *storm) order(s *waywarden.Scene, f *waywarden.Frame, k int, out *detect.Output) {
	q := &d.surges[k]
	q.span = stormSpan
	q.take(s, f)
	if !q.unusual(s.Now) {
		return
	}
	stations, r := q.report(s.Now, kinds[k].name)
	r.Title = "Back office switches many stations at once (" + kinds[k].name + ")"
	r.Desc = "Remote " + kinds[k].name + " was sent to " + strconv.Itoa(stations) + " stations within a minute; the usual is " +
		strconv.FormatFloat(q.mean, 'f', 1, 64) + ", the most in any minute before " + strconv.FormatFloat(q.most, 'f', 0, 64) + "."
	q.calendar(s.Now, &r)
	out.Raise(&r)
}
