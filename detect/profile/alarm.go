package profile

import (
	"math"
	"slices"
	"strconv"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Bounds of an alarm.
const (
	shiftAt    = 3.5  // score from which an entity counts as one that changed
	shiftMin   = 4    // so many of a group …
	shiftShare = 0.05 // … and such a share of it that changed on one day are a release, a campaign or an outage
	graver     = 1.5  // times the threshold
	raisedMax  = 64   // findings of a group and day that can be taken back
	about      = "profile"
)

// A hit is something far out of the ordinary in the scene at hand.
type hit struct {
	subject  subject
	kind     kind
	feature  feature
	value    float64
	expected expectation
	days     float64 // of its own that the expectation rests on
	peers    float64 // entity-days of its group
	score    float64
	limit    float64
	since    int32  // day on which the episode began
	many     int32  // entities of the group that changed alike; 0 for an alarm of one
	group    string // of the report
	from     *waywarden.Operation
}

// judge looks closer at what passed a limit of an entity.
func (b *book) judge(k kind, e *entity, o *observation, out *detect.Output) {
	for _, f := range of[k] {
		if e.value[f] > e.limit[f] {
			b.weigh(k, e, f, o, out)
		}
	}
}

func (b *book) weigh(k kind, e *entity, f feature, o *observation, out *detect.Output) {
	g, s := b.groupOf(e.group), subjectOf(k, f)
	v, x := float64(e.value[f]), b.expect(k, e, g, f)
	z, u := priors[f].score(v, x), b.limits[poolOf(k, f)]
	if z >= shiftAt && e.shifted&(1<<s) == 0 {
		e.shifted |= 1 << s
		g.shift[s]++
		if g.shift[s] == g.many() {
			b.shift(k, g, s, o, f)
		}
	}
	if z < u {
		e.limit[f] = float32(max(priors[f].limit(u, x), v))
		return
	}
	e.limit[f] = float32(priors[f].unscale(priors[f].scale(v) + math.Ln2))
	if out.Accused(o.suspect) || out.Accused(o.operation) {
		e.quiet = true // a rule has said it, and more exactly
		return
	}
	if e.alarmed[s] == 0 || b.day-e.alarmed[s] > goesOn {
		e.begun[s] = b.day
	}
	e.alarmed[s] = b.day
	if g.shift[s] >= g.many() || b.told(k, e, s, o) {
		return
	}
	h := hit{
		subject: s, kind: k, feature: f, value: v, expected: x, days: float64(e.own[f].n), peers: float64(g.norms[f].n),
		score: z, limit: u, since: e.begun[s], from: o.from,
	}
	h.group = name(&h, o.scene) + " day " + detect.Itoa(h.since)
	if !slices.Contains(g.raised[s], h.group) && len(g.raised[s]) < raisedMax {
		g.raised[s] = append(g.raised[s], h.group)
	}
	b.hits = append(b.hits, h)
}

// told says whether an alarm of another profile speaks of the same: of one caller there is one finding, and what it did to an
// endpoint, or a crowd did to more than one, is none of its own. Else the entity speaks of this subject from now on.
func (b *book) told(k kind, e *entity, s subject, o *observation) bool {
	if e.speaks(b.day) && e.voice != s {
		return true
	}
	if k != caller {
		if c := b.entities[caller].Peek(o.caller); c != nil && c.speaks(b.day) {
			return true
		}
		if x := b.entities[endpoint].Peek(o.endpoint); k != endpoint && x != nil && x.speaks(b.day) {
			return true
		}
	}
	if !e.speaks(b.day) {
		b.delivered++
	}
	e.voice, e.spoke = s, b.day
	return false
}

// speaks says whether an alarm of the entity was told lately.
func (e *entity) speaks(today int32) bool { return e.spoke != 0 && today-e.spoke <= goesOn }

// many is how many of a group have to change for it to be the group that changed.
func (g *group) many() int32 {
	return max(shiftMin, int32(shiftShare*float64(max(g.members, g.known))))
}

// shift takes back what was raised of single members of a group that changed as a whole, and tells of the group.
func (b *book) shift(k kind, g *group, s subject, o *observation, f feature) {
	b.back[s] = append(b.back[s], g.raised[s]...)
	b.delivered = max(b.delivered-float64(len(g.raised[s])), 0)
	g.raised[s] = nil
	h := hit{subject: s, kind: k, feature: f, many: g.shift[s], from: o.from}
	h.group = "group of " + name(&h, o.scene) + " day " + detect.Itoa(b.day)
	b.hits = append(b.hits, h)
}

// takeBack returns what of a subject is to be taken back, once.
func (b *book) takeBack(s subject) []string {
	list := b.back[s]
	b.back[s] = nil
	return list
}

// name says whose profile it is, for a person.
func name(h *hit, s *waywarden.Scene) string {
	c := s.Call
	switch h.kind {
	case endpoint:
		return detect.What(c.Operation)
	case application:
		if c.Application.UID == "" {
			return "programs that do not say who they are"
		}
		return "the application " + c.Application.UID
	case edge:
		if h.from != nil {
			return detect.What(h.from) + " followed by " + detect.What(c.Operation)
		}
		return "what precedes " + detect.What(c.Operation)
	}
	if c.Principal.UID == "" {
		return "callers without a credential in " + detect.Prefix(detect.Address(s))
	}
	return detect.Who(s)
}

// raise reports a hit.
func (h *hit) raise(s *waywarden.Scene, out *detect.Output) {
	r := detect.Report{Group: h.group, Subject: about, Operation: s.Call.Operation, Confidence: 60, Severity: waywarden.SeverityLow}
	who, what := name(h, s), h.feature.name(h.kind)
	if h.kind == caller {
		r.Principal = s.Call.Principal
	}
	if h.many > 0 {
		r.Severity, r.Confidence, r.Principal = waywarden.SeverityInformational, 50, waywarden.Principal{}
		r.Title = "Many of one kind changed alike: " + what
		r.Desc = "On one day " + detect.Itoa(h.many) + " entities of the kind of " + who + " went far above their profiles in " + what + ". That is rather a release, a campaign or an outage than one attacker, so single ones are not told."
		r.Facts = []waywarden.Fact{{Name: "entities that changed alike", Observed: detect.Itoa(h.many), Normal: "single ones"}}
		out.Raise(&r)
		return
	}
	if h.score >= graver*h.limit {
		r.Severity, r.Confidence = waywarden.SeverityMedium, 70
		if card(h.subject).Severity == waywarden.SeverityHigh && s.Call.Operation.Access == waywarden.AccessControl && s.Call.Success {
			r.Severity = waywarden.SeverityHigh
		}
	}
	low, high := h.normal()
	r.Title = "Far above its profile: " + what + " of " + who
	r.Desc = who + ": " + h.number(h.value) + " " + what + "; normal is " + low + " to " + high + ", by " + h.basis() + ". That is " + h.times() + "."
	r.Facts = []waywarden.Fact{
		{Name: what, Observed: h.number(h.value), Normal: low + " to " + high + " (" + h.times() + ")"},
		{Name: "standard deviations above the expected", Observed: decimal(h.score), Normal: "below " + decimal(h.limit) + ", the threshold of the alarm budget"},
	}
	for i := range s.Subjects {
		if t := s.Subjects[i].Twin; t != nil && h.kind == caller {
			r.Resources = append(r.Resources, waywarden.Resource{Type: t.Type, UID: t.UID})
		}
	}
	out.Raise(&r)
}

// normal is the range of nine days in ten.
func (h *hit) normal() (low, high string) {
	const nine = 1.645
	p := priors[h.feature]
	return h.number(max(p.unscale(h.expected.mean-nine*h.expected.sd), 0)), h.number(p.unscale(h.expected.mean + nine*h.expected.sd))
}

// basis says what the expectation rests on.
func (h *hit) basis() string {
	switch {
	case h.days >= 1:
		return detect.Itoa(h.days) + " days of its own and " + detect.Itoa(h.peers) + " of its peers"
	case h.peers >= 1:
		return detect.Itoa(h.peers) + " days of its peers; of its own there are none yet"
	}
	return "what others did today and what is usual anywhere; there are no whole days of its kind yet"
}

// times says how far off the value is: "7.5 times above the expected".
func (h *hit) times() string {
	p := priors[h.feature]
	if p.linear {
		return decimal(h.value-h.expected.mean) + " above the expected"
	}
	return decimal(h.value/max(p.unscale(h.expected.mean), 0.5)) + " times above the expected"
}

func (h *hit) number(v float64) string {
	if priors[h.feature].linear || v < 10 {
		return decimal(v)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
