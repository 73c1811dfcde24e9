package profile

import "math"

// Limits of how fast a profile may move.
const (
	quickDays  = 14.0   // days that the quick mean of an entity is made of, at most
	slowDays   = 60.0   // … and the slow one
	groupDays  = 2000.0 // entity-days that the norm of a group is made of, at most
	drift      = 0.4    // ln: the quick mean may be at most half as much again as the slow one …
	creep      = 0.01   // … which rises by at most this a day
	stride     = 0.7    // ln: a day's value counts as at most twice the expected
	unsteady   = 2.25   // times the variance of its group's members: an entity is not taken for more erratic, or a slow rise would hide in it
	groupPrior = 5.0    // entity-days that what is above a group is worth
	widen      = 20.0   // … that the calibration of a group's spread begins with
)

// A norm is how a feature is spread over the days of the entities of a group.
type norm struct {
	n, mean, m2 float32 // entity-days, their mean and sum of squared deviations
	nw, sw      float32 // squared deviations of entities from their own means: how many, their sum
	nz, sz      float32 // squared scores, to see whether the prediction is too narrow for this group
}

// add takes in an entity-day.
func (g *norm) add(y float64) {
	if g.n >= groupDays {
		f := float32(0.9)
		g.n, g.m2, g.nw, g.sw, g.nz, g.sz = g.n*f, g.m2*f, g.nw*f, g.sw*f, g.nz*f, g.sz*f
	}
	g.n++
	d := float32(y) - g.mean
	g.mean += d / g.n
	g.m2 += d * (float32(y) - g.mean)
}

// An own is how a feature of one entity goes.
type own struct {
	n    float32 // days
	mean float32 // over the last two weeks
	slow float32 // over the last two months
	ss   float32 // half the squared steps from day to day, of as many days: a rise does not add to them as noise does (von Neumann 1941)
	last float32 // value of the last day
}

// An expectation is what a value is predicted to be, in the feature's scale.
type expectation struct{ mean, sd float64 }

// level is a group's norm after drawing it to what is above it.
type level struct{ mean, between, within, wide float64 }

// over draws a norm to the level above it.
func (g *norm) over(up level, floor float64) level {
	n := float64(g.n)
	mean := (n*float64(g.mean) + groupPrior*up.mean) / (n + groupPrior)
	within := (float64(g.sw) + groupPrior*up.within) / (float64(g.nw) + groupPrior)
	all := (float64(g.m2) + groupPrior*(up.between+up.within)) / (n + groupPrior)
	shift := float64(g.mean) - up.mean // a group that is elsewhere is not spread by it
	all = max(all, 0.2*shift*shift*groupPrior/(n+groupPrior))
	within = min(within, all)
	wide := math.Sqrt(max(1, (float64(g.sz)+widen)/(float64(g.nz)+widen)))
	return level{mean, max(all-within, floor*floor/2), within, wide}
}

// topLevel is what the priors say.
func topLevel(p prior) level { return level{p.mean, p.sd * p.sd, p.within * p.within, 1} }

// expect predicts the next day of an entity: the normal model with its mean and its group's, each weighted by how well it
// is known, and the noise of counting.
func (o *own) expect(l level, p prior) expectation {
	n := float64(o.n)
	within := min((float64(o.ss)+5*l.within)/(n+5), unsteady*l.within)
	mine := float64(o.mean)
	if o.n > 0 && !p.linear {
		mine = min(mine, float64(o.slow)+drift)
	}
	w := n * l.between / (n*l.between + within)
	e := expectation{mean: w*mine + (1-w)*l.mean}
	v := within + (1-w)*l.between
	if !p.linear {
		few := math.Exp(-max(e.mean, 0))
		v += few - few*few // variance of ln(1+X) of a Poisson X, by the delta method
	}
	e.sd = l.wide * max(math.Sqrt(v), p.floor)
	return e
}

// learn takes a day's value in, no further from the expected than a profile may move in a day. It returns what it took.
func (o *own) learn(y float64, e expectation, p prior) float64 {
	most := e.mean + 3*e.sd
	if !p.linear {
		most = min(most, e.mean+stride)
		if o.n == 0 { // the first day of an entity is compared with its group, which may be far from it
			most = e.mean + 3*e.sd
		}
	}
	y = max(min(y, most), e.mean-3*e.sd)
	d := float32(y) - o.mean
	if o.n == 0 {
		o.n, o.mean, o.slow, o.last = 1, float32(y), float32(y), float32(y)
		return y
	}
	if o.n >= quickDays {
		o.ss *= 1 - 1/float32(quickDays)
		o.n = quickDays - 1
	}
	o.n++
	o.mean += d / o.n
	step := float32(y) - o.last
	o.ss += step * step / 2
	o.last = float32(y)
	days, rise := o.n, float32(math.MaxFloat32)
	if days >= quickDays {
		days = slowDays
		if !p.linear {
			rise = creep
		}
	}
	o.slow += min((float32(y)-o.slow)/days, rise)
	return y
}

// scale turns a value into the feature's scale, unscale back.
func (p prior) scale(v float64) float64 {
	if p.linear {
		return v
	}
	return math.Log1p(v)
}

func (p prior) unscale(y float64) float64 {
	if p.linear {
		return y
	}
	return math.Expm1(y)
}

// score is how far a value is above the expected, in standard deviations; 0 where it is not worth an alarm whatever the
// expectation.
func (p prior) score(v float64, e expectation) float64 {
	if v < p.least || v < p.times*p.unscale(e.mean) {
		return 0
	}
	return max((p.scale(v)-e.mean)/e.sd, 0)
}

// limit is the value at which the score reaches a threshold.
func (p prior) limit(u float64, e expectation) float64 {
	return max(p.unscale(e.mean+u*e.sd), p.least, p.times*p.unscale(e.mean))
}
