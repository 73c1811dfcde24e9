package template

import (
	"math"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/catalog/template/internal/evidence"
	"github.com/waywarden/waywarden/catalog/template/internal/model"
	"github.com/waywarden/waywarden/catalog/template/internal/sketch"
)

// features is the scratch space of one classification.
type features struct {
	rows []evidence.Row
	df   map[uint64]int32
}

func log2(x, full float64) float32 { return clamp(math.Log2(1+x) / full) }

func clamp(x float64) float32 { return float32(math.Max(0, math.Min(1, x))) }

func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

func squash(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// measure fills the features of the first layer for every candidate of v that is alive and may be a value.
func (l *Learner) measure(v *view, cs []*candidate, depth int) []evidence.Row {
	f := &l.feat
	if f.df == nil {
		f.df = map[uint64]int32{}
	}
	clear(f.df)
	f.rows = slices.Grow(f.rows[:0], len(cs))[:len(cs)]
	cr := l.crowd(v, cs)
	up, upUsage := "", model.Usage{}
	if !v.param {
		up = v.token
		upUsage = l.model.Usage(up)
	}
	for i, c := range cs {
		f.rows[i] = evidence.Row{Shape: c.shape}
		x := &f.rows[i].X
		l.own(x, c, cr)
		relate(x, c, cr)
		l.follow(x, c, cr)
		x[evidence.ParentParam] = flag(v.param)
		x[evidence.ParentPlural] = flag(strings.HasSuffix(up, "s"))
		x[evidence.Top] = flag(depth == 0)
		x[evidence.Depth] = clamp(float64(depth) / 8)
		x[evidence.ParentKnown] = log2(upUsage.Providers, 8)
		x[evidence.ParentOpens] = evidence.Missing
		if upUsage.Providers > 0 {
			x[evidence.ParentOpens] = clamp(upUsage.Opens / upUsage.Providers)
		}
		x[evidence.Acts] = clamp(ratio(cr.acts, cr.m))
		x[evidence.Issues] = flag(l.issues > 0)
	}
	return f.rows
}

func flag(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// own fills what the candidate tells by itself.
func (l *Learner) own(x *[evidence.Count]float32, c *candidate, cr *crowd) {
	x[evidence.Length] = clamp(float64(len(c.token)) / 40)
	x[evidence.Char] = clamp(squash(c.char))
	x[evidence.CharMean] = clamp(squash(cr.char))
	x[evidence.CharRank] = clamp(.5 + (c.char-cr.char)/12)
	x[evidence.Known] = log2(c.usage.Providers, 8)
	x[evidence.KnownShare] = clamp(ratio(cr.known, cr.m))
	x[evidence.AfterParam] = evidence.Missing
	if c.usage.Providers > 0 {
		x[evidence.AfterParam] = clamp(c.usage.Follows / c.usage.Providers)
	}
	x[evidence.Parts] = clamp(c.parts)
	x[evidence.Calls] = log2(c.live, 12)
	x[evidence.Places] = log2(float64(l.where[c.token]), 5)
	x[evidence.Issued] = clamp(ratio(c.issued, c.calls))
	x[evidence.Act] = flag(c.act)
	x[evidence.Creates], x[evidence.Replaces] = evidence.Missing, evidence.Missing
	if c.methods != 0 {
		x[evidence.Creates] = flag(c.methods&methodPost != 0)
		x[evidence.Replaces] = flag(c.methods&(methodPut|methodPatch|methodDelete) != 0)
	}
	x[evidence.Case] = flag(c.token[0] >= 'A' && c.token[0] <= 'Z')
}

// relate fills how the candidate stands among its siblings.
func relate(x *[evidence.Count]float32, c *candidate, cr *crowd) {
	x[evidence.Share] = clamp(c.live / cr.n)
	x[evidence.Breadth] = log2(cr.m, 10)
	x[evidence.Traffic] = log2(cr.n, 14)
	x[evidence.OnesTraffic] = clamp(cr.ones / cr.n)
	x[evidence.OnesBreadth] = clamp(cr.ones / cr.m)
	x[evidence.Newness] = clamp(cr.m / cr.n)
	x[evidence.OpaqueShare] = clamp(cr.opaque / cr.m)
	same := cr.byShape[c.shape]
	x[evidence.SameShape] = log2(same-1, 8)
	x[evidence.SameShapeShare] = clamp(same / cr.m)
	if same <= 1 && c.shape.Opaque() {
		x[evidence.Constant] = log2(c.live, 12)
	}
	x[evidence.Words] = log2(cr.words, 8)
	x[evidence.Ratio] = clamp(.5 + math.Log2(c.live*cr.m/cr.n)/16)
	x[evidence.Alone] = flag(cr.m <= 1)
	if cr.m > 1 {
		x[evidence.Methods] = clamp((cr.byMethods[c.methods] - 1) / (cr.m - 1))
	}
	x[evidence.Response], x[evidence.ResponseMax] = agreement(c.response, cr.response, cr.wildResponse)
	x[evidence.Request], _ = agreement(c.request, cr.request, 0)
}

// agreement returns the mean and the greatest likeness of a signature to those of the siblings (own included in all).
func agreement(own uint64, all []uint64, wild uint64) (mean, most float32) {
	if own == 0 || len(all) < 2 && wild == 0 {
		return evidence.Missing, evidence.Missing
	}
	const sampleMax = 24
	step := max(1, len(all)/sampleMax)
	sum, n, self := 0.0, 0.0, false
	for i := 0; i < len(all); i += step {
		s := all[i]
		if s == own && !self {
			self = true // one of the equal ones is the candidate itself
			continue
		}
		a := sketch.Alike(own, s)
		sum, n = sum+a, n+1
		most = max(most, float32(a))
	}
	if wild != 0 {
		a := sketch.Alike(own, wild)
		sum, n = sum+a*4, n+4
		most = max(most, float32(a))
	}
	if n == 0 {
		return evidence.Missing, evidence.Missing
	}
	return clamp(sum / n), most
}
