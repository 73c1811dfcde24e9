package actuation

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// WakeFlood makes SAF-020: a vehicle woken so often that its small battery runs down.
func WakeFlood(m *detect.Memory) detect.Detector {
	return &wakeFlood{
		pairs: detect.NewTable[wakes](m, "SAF-020 callers and vehicles woken", 1<<14),
		peers: detect.NewTable[usage](m, "SAF-020 groups of callers", 1<<10),
	}
}

type wakeFlood struct {
	pairs *detect.Table[wakes]
	peers *detect.Table[usage]
}

// wakes is how often one caller woke one vehicle within the hour, and read it.
type wakes struct {
	start        int64
	n, reads     int32
	known, often bool // counted in its group; … as one that wakes often
}

// A usage is how many callers of a group wake vehicles, and how many of them more than the limit.
type usage struct{ all, often int32 }

// Bounds of the verdict (domain/invariants.tsv, SAF-020). A poller wakes to read; who only wakes wants nothing of the
// vehicle but its battery.
const (
	wakeSpan  = time.Hour
	wakeMax   = 20
	pollMax   = 60   // wakes in an hour that no poller needs
	pollReads = 0.5  // reads per wake of a poller
	oftenNorm = 0.05 // share of a group's callers from which waking often is how the program works
)

func (d *wakeFlood) Card() detect.Card {
	return detect.Card{
		ID: "SAF-020", Title: "Vehicle woken over and over", Severity: waywarden.SeverityMedium, Analytic: waywarden.AnalyticRule,
		Types: []string{"API4:2023", "R155:8.1", "R155:16.1"}, Needs: detect.InputCalls | detect.InputCredentials,
		Desc: `Raised when one caller wakes one vehicle more than 20 times within an hour. Each wake keeps control units up for minutes; a night of it empties the 12 V battery.

A caller that reads the vehicle at least every second time it wakes it is a poller and is noted only (informational), up to 60 wakes an hour. Where more than one in twenty of the caller's peers wakes so often, the program does it, not the caller: that is noted only, too.`,
		Silent:  []string{"home automation that wakes and reads", "a program whose every user polls: a bug for its maker", "a fleet that wakes each of its vehicles once", "wakes that the server refuses"},
		Respond: "Throttle wakes per vehicle, end the caller's session, and tell the owner to start the vehicle before the battery is empty.",
	}
}

func (*wakeFlood) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.OnSubjects, Areas: []string{"act", "read"}}
}

func (d *wakeFlood) Inspect(s *waywarden.Scene, out *detect.Output) {
	if !accepted(s) {
		return
	}
	switch class := s.Call.Operation.Function.Class; {
	case class == "act.wake":
		vehicles(s, func(sub *waywarden.Subject) { d.woken(s, sub, out) })
	case strings.HasPrefix(class, "read.") && d.pairs.Len() > 0:
		vehicles(s, func(sub *waywarden.Subject) {
			if w := d.pairs.Peek(pair(s, sub.Twin)); w != nil {
				w.reads++
			}
		})
	}
}

func (d *wakeFlood) woken(s *waywarden.Scene, sub *waywarden.Subject, out *detect.Output) {
	w, now := d.pairs.At(pair(s, sub.Twin)), s.Now.UnixNano()
	if !within(w.start, now, wakeSpan) {
		*w = wakes{start: now, known: w.known, often: w.often}
	}
	w.n++
	g := d.peers.At(detect.Peers(s.Call))
	if !w.known {
		w.known = true
		g.all++
	}
	if w.n <= wakeMax {
		return
	}
	if !w.often {
		w.often = true
		g.often++
	}
	severity := waywarden.SeverityMedium
	switch {
	case w.n <= pollMax && float64(w.reads) >= pollReads*float64(w.n), g.often > 1 && float64(g.often-1) > oftenNorm*float64(g.all-1):
		severity = waywarden.SeverityInformational
	}
	n := detect.Itoa(int(w.n))
	r := report(s, sub, severity, "Vehicle "+sub.Twin.UID+" woken "+n+" times within an hour",
		detect.Who(s)+" woke vehicle "+sub.Twin.UID+" "+n+" times within an hour and read it "+detect.Itoa(int(w.reads))+" times. Each wake draws on the 12 V battery.")
	r.First = time.Unix(0, w.start).UTC()
	r.Facts = []waywarden.Fact{{Name: "wakes within an hour", Observed: n, Normal: "at most " + detect.Itoa(wakeMax)}}
	out.Raise(&r)
}
