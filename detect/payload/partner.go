package payload

import (
	"math"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// PoisonedAnswer makes BKD-004: an answer of a third party that harms who believes it.
func PoisonedAnswer(m *detect.Memory) detect.Detector {
	return &poisonedAnswer{
		hosts:  detect.NewTable[reach](m, "BKD-004 hosts", 1<<13),
		ranges: detect.NewTable[span](m, "BKD-004 numbers in answers", 1<<14),
	}
}

type poisonedAnswer struct {
	hosts  *detect.Table[reach]
	ranges *detect.Table[span]
}

// A reach is who calls a host.
type reach struct{ inside, outside int32 }

// A span is what a number of an answer was so far: count, mean and squared deviations of its magnitude (log1p), Welford
// (Technometrics 4(3), 1962), and its bounds.
type span struct {
	n        int32
	odd      int32 // numbers out of the range
	mean, m2 float64
	low, top float64
}

// Bounds of the verdict.
const (
	spanMin    = 50 // answers before a number has a range
	spanSigmas = 8  // standard deviations of the magnitude …
	spanTimes  = 10 // … and times the largest so far
	spanFloor  = 0.1
	spanShift  = 10 // numbers out of the range, and their share, from which the range has shifted
)

func (d *poisonedAnswer) Card() detect.Card {
	return detect.Card{
		ID: "BKD-004", Title: "Poisoned answer of a third party", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API10:2023", "R155:3.2", "R155:20.2"},
		Needs: detect.InputCalls | detect.InputResponseBodies,
		Desc: `Raised when an answer of a host that only our own servers call (every caller has a private address) holds what does not belong into data: a script or an element with a handler, a lookup expression, or a piece of an SQL statement. It is high when a number of the same answer is out of its range as well.

A number alone is medium: after fifty answers, one whose magnitude is eight standard deviations and ten times beyond all before, or that is negative and of such size where none ever was. A number that never changed has no range, and one that stays beyond its range has a new one.`,
		Silent: []string{
			"hosts that customers call as well: what they answer is ours",
			"formatted text without scripts",
			"numbers that were always the same, swing, grow or are rarely above their usual",
		},
		Respond: "Stop taking over the partner's answers, tell the partner, and check what was stored and shown since the first one.",
	}
}

func (*poisonedAnswer) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls} }

func (d *poisonedAnswer) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil {
		return
	}
	h := d.hosts.At(detect.Key(c.Operation.Host))
	if !detect.Inside(s.Record.HTTP.Client.IP) {
		h.outside++
		return
	}
	h.inside++
	if h.outside > 0 || !c.Success {
		return
	}
	if code, number := d.look(c); code != nil || number != nil {
		d.report(s, code, number, out)
	}
}

// look returns the first text of an answer that would run and the first number out of its range, and learns the others.
func (d *poisonedAnswer) look(c *waywarden.Call) (code, number *waywarden.Leaf) {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InResponse {
			continue
		}
		switch l.Kind {
		case waywarden.ValueText:
			if code == nil && active(l.Value) {
				code = l
			}
		case waywarden.ValueNumber:
			if d.absurd(c.Operation, l) && number == nil {
				number = l
			}
		}
	}
	return code, number
}

// active says whether a text holds what a reader would run.
func active(v string) bool {
	if len(v) < 8 || strings.IndexByte(v, '<') < 0 && strings.IndexByte(v, '$') < 0 && strings.IndexByte(v, '\'') < 0 && strings.IndexByte(v, ':') < 0 {
		return false
	}
	low := strings.ToLower(v)
	switch {
	case strings.Contains(low, "<script"), strings.Contains(low, "<iframe"), strings.Contains(low, "<object"), strings.Contains(low, "<embed"),
		strings.HasPrefix(strings.TrimLeft(low, " "), "javascript:"), strings.Contains(low, "=\"javascript:"), strings.Contains(low, "${jndi:"):
		return true
	}
	if i := strings.IndexByte(low, '<'); i >= 0 && handler(low[i:]) {
		return true
	}
	return strings.IndexByte(low, '\'') >= 0 && sql(low)
}

// handler says whether an element has an attribute that is run on an event: " onerror=".
func handler(v string) bool {
	for {
		i := strings.Index(v, " on")
		if i < 0 {
			return false
		}
		v = v[i+3:]
		j := 0
		for j < len(v) && v[j] >= 'a' && v[j] <= 'z' {
			j++
		}
		if j >= 4 && j < len(v) && v[j] == '=' {
			return true
		}
	}
}

// absurd says whether a number is out of the range its field had so far; one that is not, widens it.
func (d *poisonedAnswer) absurd(op *waywarden.Operation, l *waywarden.Leaf) bool {
	x, err := strconv.ParseFloat(l.Value, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return false
	}
	r := d.ranges.At(detect.Key(op.ID, l.Name))
	size := math.Log1p(math.Abs(x))
	if r.n >= spanMin {
		sigma := max(math.Sqrt(r.m2/float64(r.n-1)), spanFloor)
		largest := max(math.Abs(r.low), math.Abs(r.top), 1)
		far := size > r.mean+spanSigmas*sigma && math.Abs(x) > spanTimes*largest
		if r.low < r.top && (far || x < 0 && r.low >= 0 && math.Abs(x) > spanTimes*largest) {
			if r.odd++; r.odd < max(spanShift, r.n/spanShift) {
				return true
			}
		}
	}
	if r.n == 0 {
		r.low, r.top = x, x
	}
	r.n++
	delta := size - r.mean
	r.mean += delta / float64(r.n)
	r.m2 += delta * (size - r.mean)
	r.low, r.top = min(r.low, x), max(r.top, x)
	return false
}

func (d *poisonedAnswer) report(s *waywarden.Scene, code, number *waywarden.Leaf, out *detect.Output) {
	op := s.Call.Operation
	r := detect.Report{
		Group: op.ID, Severity: waywarden.SeverityMedium, Confidence: 80, Operation: op,
		Title: "Poisoned answer of " + op.Host,
		Desc:  "The answer of " + detect.What(op) + " to our server at " + detect.Address(s),
	}
	if code != nil {
		r.Confidence = 90
		r.Desc += " holds code in " + code.Name + " (" + detect.Clip(code.Value) + ")"
		r.Facts = append(r.Facts, waywarden.Fact{Name: code.Name, Observed: detect.Clip(code.Value), Normal: "plain text"})
	}
	if number != nil {
		w := *d.ranges.At(detect.Key(op.ID, number.Name))
		usual := strconv.FormatFloat(w.low, 'g', 6, 64) + " to " + strconv.FormatFloat(w.top, 'g', 6, 64)
		if code != nil {
			r.Severity = waywarden.SeverityHigh
			r.Desc += ", and"
		}
		r.Desc += " says " + number.Name + " = " + detect.Clip(number.Value) + ", which in " + detect.Itoa(w.n) + " answers was " + usual
		r.Facts = append(r.Facts, waywarden.Fact{Name: number.Name, Observed: detect.Clip(number.Value), Normal: usual})
	}
	r.Desc += ". Who takes over what a partner answers without checking runs the attacker's code or books his amounts."
	out.Raise(&r)
}
