package app

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/sensor"
)

// A coverage is coverage.json: what was read, what could not be seen, and what that silences.
type coverage struct {
	Records   map[string]int64 `json:"records"` // by kind
	Read      int64            `json:"read"`
	Rejected  int64            `json:"rejected"`
	Late      int64            `json:"late"`
	Duplicate int64            `json:"duplicate"`
	Counts    map[string]int64 `json:"counts"` // of sensor.Count…
	Seen      []string         `json:"seen"`   // kinds of input there were
	Blind     []blindness      `json:"blind"`
	Silenced  []detect.Silence `json:"silenced"`
	Limits    map[string]int64 `json:"limits"` // what was dropped by a limit of ours
	bodies    [2]bodyCount     // request, response
	calls     int64
	callers   int // distinct parties that proved who they are
	links     int64
	specs     bool
}

// A bodyCount counts the messages of one side.
type bodyCount struct{ sized, captured, truncated int64 }

// A blindness is something that could not be seen.
type blindness struct {
	What string  `json:"what"`
	Part float64 `json:"part"` // 0 to 1
	Text string  `json:"text"`
}

func newCoverage(specs bool) *coverage {
	return &coverage{
		Records: map[string]int64{}, Counts: map[string]int64{}, Limits: map[string]int64{}, Seen: []string{}, Blind: []blindness{}, Silenced: []detect.Silence{},
		specs: specs,
	}
}

func (c *coverage) count(name string, n int64) { c.Counts[name] += n }

func (c *coverage) observe(rec *waywarden.Record) {
	c.Records[rec.Kind.String()]++
	c.Read++
	if rec.Kind != waywarden.KindHTTP {
		return
	}
	c.calls++
	tx := rec.HTTP
	c.bodies[0].observe(&tx.Request)
	c.bodies[1].observe(&tx.Response)
}

func (b *bodyCount) observe(m *waywarden.Message) {
	if m.BodyBytes != 0 || m.Captured {
		b.sized++
	}
	if m.Captured {
		b.captured++
	}
	if m.Truncated {
		b.truncated++
	}
}

// inputs says which kinds of input there were enough of to judge by. A few stray bodies do not make a capture with bodies.
func (c *coverage) inputs() detect.Inputs {
	var in detect.Inputs
	add := func(when bool, kind detect.Inputs) {
		if when {
			in |= kind
		}
	}
	add(c.calls > 0, detect.InputCalls)
	add(c.bodies[0].seen(), detect.InputRequestBodies)
	add(c.bodies[1].seen(), detect.InputResponseBodies)
	add(c.callers > 0, detect.InputCredentials)
	add(c.links > 0, detect.InputLinks)
	add(c.Records["signal"] > 0, detect.InputSignals)
	add(c.Records["ocpp"] > 0, detect.InputOCPP)
	add(c.Records["asset"] > 0, detect.InputRegister)
	add(c.specs, detect.InputSpecs)
	return in
}

func (b bodyCount) seen() bool { return b.captured*10 > b.sized }

// finish draws the conclusions, f having handled everything and inv being what it discovered.
func (c *coverage) finish(f *Flow, inv *waywarden.Inventory) {
	e := f.Detectors
	c.callers = inv.Consumers.Total
	if n := f.Catalog.Unreadable; n > 0 {
		c.Counts["body_unreadable"] = n
	}
	c.Rejected, c.Late, c.Duplicate = c.Counts[sensor.CountRejected], c.Counts[sensor.CountLate], c.Counts[sensor.CountDuplicate]
	in := c.inputs()
	c.Seen = append(c.Seen, in.Names()...)
	c.Silenced = append(c.Silenced, e.Coverage(in)...)
	for i, side := range [...]string{"request", "response"} {
		b := c.bodies[i]
		c.blind(side+"_bodies_missing", b.sized-b.captured, b.sized, side+" bodies were not captured")
		c.blind(side+"_bodies_truncated", b.truncated, b.sized, side+" bodies were cut")
	}
	if c.calls > 0 && c.Records["signal"] == 0 {
		c.blind("telemetry_missing", 1, 1, "no vehicle telemetry: commands cannot be judged by the state of the vehicle")
	}
	for _, k := range [...]struct{ count, text string }{
		{sensor.CountHeadersMissing, "calls came without their header fields: who called, and whether a credential was needed, cannot be told"},
		{sensor.CountStreamEncrypted, "streams were encrypted"}, {sensor.CountStreamMidway, "connections had begun before the capture"},
		{sensor.CountSegmentLost, "gaps in TCP streams"}, {sensor.CountResponseMissing, "requests have no captured answer"},
		{sensor.CountStreamUndecodable, "streams carried no protocol that is decoded here"}, {sensor.CountPacketTruncated, "packets were cut by the snap length"},
		{sensor.CountBodyUndecodable, "bodies could not be decoded"}, {sensor.CountBodyBomb, "bodies were stopped at the decompression limit"},
		{sensor.CountSampled, "records stand for several: the traffic was sampled"},
	} {
		if n := c.Counts[k.count]; n > 0 {
			c.Blind = append(c.Blind, blindness{What: k.count, Part: 1, Text: fmt.Sprintf("%d %s", n, k.text)})
		}
	}
	c.limits(f)
}

// limits gathers what was given up because of a limit of ours.
func (c *coverage) limits(f *Flow) {
	add := func(name string, n int64) {
		if n > 0 {
			c.Limits[name] = n
		}
	}
	for name, n := range f.Catalog.Limits() {
		add(name, n)
	}
	twins := f.Twins.Counts()
	add("twin.twins_dropped", twins.Dropped)
	add("twin.links_dropped", twins.LinksDropped)
	add("twin.readings_dropped", twins.NamesDropped)
	add("twin.lists_cut", twins.ListsCut)
	add("risk.values_forgotten", f.Values.Forgotten)
	add("risk.edges_ignored", f.Values.Ignored)
	add("risk.callers_dropped", f.Callers.Dropped)
	add("risk.caller_operations_ignored", f.Callers.Ignored)
	add("alert.incidents_ended", f.Incidents.Ended)
	tables, refused := f.Detectors.Memory()
	for _, t := range tables {
		add("detect."+t.Name, t.Evicted)
	}
	add("detect.wakes", refused)
}

func (c *coverage) blind(what string, missing, of int64, text string) {
	if missing <= 0 || of <= 0 {
		return
	}
	part := float64(missing) / float64(of)
	if of > 1 {
		text = fmt.Sprintf("%.0f %% of %s", 100*part, text)
	}
	c.Blind = append(c.Blind, blindness{what, part, text})
}

// sentences says for a person what could not be seen and what that silences, the gravest first.
func (c *coverage) sentences() []string {
	bs := slices.Clone(c.Blind)
	slices.SortStableFunc(bs, func(a, b blindness) int { return cmp.Compare(b.Part, a.Part) })
	out := []string{}
	for _, b := range bs {
		out = append(out, b.Text)
	}
	for _, s := range c.Silenced {
		if s.Blind {
			out = append(out, fmt.Sprintf("%s (%s) cannot see: %s", s.Detector, s.Title, s.Why[0]))
		}
	}
	if c.Rejected > 0 {
		out = append(out, fmt.Sprintf("%d pieces of input could not be decoded: see rejected.ndjson", c.Rejected))
	}
	return out
}
