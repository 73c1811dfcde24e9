package profile

import (
	"math"
	"time"

	"github.com/waywarden/waywarden/detect"
)

// turn begins a new hour or day where the time says so.
func (b *book) turn(now time.Time, out *detect.Output) {
	if b.start == 0 {
		b.start = now.UnixNano()
	}
	since := now.UnixNano() - b.start
	if h := int32(since/int64(time.Hour)) + 1; h > b.hour {
		if d := int32(since/int64(day)) + 1; d > b.day {
			b.close(out)
			b.fade(d - b.day)
			b.day = d
		}
		b.hour = h
		if b.perDay == 0 {
			b.provisional()
		}
		b.budget()
	}
}

// fade forgets with the days.
func (b *book) fade(days int32) {
	if b.day == 0 {
		return
	}
	f := math.Exp2(-float64(days) / halfLife)
	for i := range b.tails {
		b.tails[i].Fade(f)
	}
	b.promised = f * (b.promised + b.allowed())
	b.delivered *= f
}

// steer corrects the budget by what it came to so far: alarms of several subjects that fall together are told once, so fewer
// come than each subject allows for. It turns by a factor of two at most, and the less the fewer alarms there were.
func (b *book) steer() float64 {
	const few = 3
	return min(max((b.promised+few)/(b.delivered+few), 0.5), 2)
}

// budget sets the scores from which there is an alarm so that, of the trials a day there are, as many pass as the budget
// allows each pool.
func (b *book) budget() {
	allowed := b.allowed() * b.steer() / float64(pools)
	running := [pools]float64{}
	if b.perDay == 0 {
		for i := range b.today {
			b.each(b.today[i].kind, func(p pool) { running[p]++ })
		}
	}
	for i := range b.limits {
		n := max(b.trials[i], running[i], 20)
		b.limits[i] = b.tails[i].Threshold(min(allowed/n, 0.05))
		if b.perDay == 0 {
			b.limits[i] *= coldTimes
		}
	}
}

// allowed is how many false alarms a day the settings accept; where there are few calls, one a month.
func (b *book) allowed() float64 {
	const few = 1e4 // calls a day that are reckoned with before a day is over
	calls := b.perDay
	if calls == 0 {
		calls = max(b.calls, few)
	}
	return min(b.c.Budget, max(b.c.PerMillion*calls/1e6, 1.0/30))
}

// each calls f with the pools that a day of a kind is a trial of.
func (b *book) each(k kind, f func(pool)) {
	if k != caller {
		f(poolOf(k, callsDay))
		return
	}
	for s := range whole {
		f(pool(s))
	}
}

// close ends the day: what it was like is learned, and what was far out is put beside what was far out before.
func (b *book) close(out *detect.Output) {
	if len(b.today) == 0 {
		b.calls = 0
		return
	}
	var trials, over [pools]float64
	touched := map[uint64]bool{}
	var order []uint64
	for _, a := range b.today {
		e := b.entities[a.kind].Peek(a.key)
		if e == nil || e.day != b.day || e.quiet || out.Accused(e.suspect) {
			continue
		}
		g := b.groups.At(e.group)
		if !touched[e.group] {
			touched[e.group] = true
			order = append(order, e.group)
		}
		b.score(a.kind, e, g, &trials, &over)
		if e.teaches(b.day) {
			b.learn(a.kind, e, g)
		}
	}
	for _, key := range order {
		b.groups.At(key).weigh(int(b.day) % 7)
	}
	b.average(&trials)
	b.today, b.calls = b.today[:0], 0
}

// average takes a day's numbers into the usual ones.
func (b *book) average(trials *[pools]float64) {
	const weight = 0.25
	if b.perDay == 0 {
		b.perDay, b.trials = max(b.calls, 1), *trials
		return
	}
	b.perDay += weight * (b.calls - b.perDay)
	for i := range trials {
		b.trials[i] += weight * (trials[i] - b.trials[i])
	}
}

// score puts the scores of an entity's day beside those of all days. A day that goes on with an alarm of the day before is
// none of its own, and of those above the threshold only some are believed, so that many accounts of one attacker cannot
// raise it.
func (b *book) score(k kind, e *entity, g *group, trials, over *[pools]float64) {
	var best [pools]float64
	for _, f := range of[k] {
		if f == strangeness && e.visits < visitsMin {
			continue
		}
		at := poolOf(k, f)
		best[at] = max(best[at], priors[f].score(float64(e.value[f]), b.expect(k, e, g, f)))
	}
	b.each(k, func(p pool) {
		s := min(subject(p), whole)
		if e.alarmed[s] == b.day && e.begun[s] != b.day {
			return
		}
		if best[p] >= b.limits[p] {
			if over[p]++; over[p] > 2+4*b.allowed()/float64(pools) {
				return
			}
		}
		trials[p]++
		b.tails[p].Add(best[p])
	})
}

// teaches says whether a day may change profiles: not one with an alarm, until whoever reads alarms has had three days.
func (e *entity) teaches(today int32) bool {
	for s, d := range e.alarmed {
		if d == today && today-e.begun[s] < tolerated {
			return false
		}
	}
	return true
}

// learn takes an entity's day into its profile and its group's.
func (b *book) learn(k kind, e *entity, g *group) {
	for _, f := range of[k] {
		p := priors[f]
		if f == strangeness && e.visits < visitsMin {
			continue
		}
		x, v := b.expect(k, e, g, f), p.scale(float64(e.value[f]))
		z := (v - x.mean) / x.sd * b.level(k, g, f).wide
		tilt := g.tilt(f, int(b.day)%7)
		known := e.own[f].n
		x.mean -= tilt
		y := e.own[f].learn(v-tilt, x, p)
		for _, n := range [...]*norm{&g.norms[f], &b.all[k][f]} {
			n.add(y)
			n.nz++
			n.sz += float32(min(z*z, 25))
			if known >= 2 {
				d := float32(y - x.mean)
				n.nw++
				n.sw += d * d
			}
		}
		if known >= 2 {
			g.sum[f].n++
			g.sum[f].mean += float32(min(max(v-x.mean, -1.5), 1.5))
		}
	}
	e.strange.days++
	g.strange.days++
}

// weigh learns what day of the week it was.
func (g *group) weigh(weekday int) {
	for f := range g.sum {
		s := &g.sum[f]
		if s.n >= 3 {
			w := &g.week[f][weekday]
			w.n = min(w.n+1, 8)
			w.mean += (s.mean/(s.n+2) - w.mean) / w.n
		}
		*s = tilt{}
	}
}

// tilt is how far a day of the week is from the others in a group, the less believed the fewer there were.
func (g *group) tilt(f feature, weekday int) float64 {
	w := &g.week[f][weekday]
	return float64(w.mean * w.n / (w.n + 1))
}

// level is what a group's days are like. Before the first day is over its running hours stand for it, later all groups.
func (b *book) level(k kind, g *group, f feature) level {
	p := priors[f]
	up := b.all[k][f].over(topLevel(p), p.floor)
	if b.perDay == 0 {
		return g.passing[f].over(up, p.floor)
	}
	return g.norms[f].over(up, p.floor)
}

// expect is what is expected of an entity today.
func (b *book) expect(k kind, e *entity, g *group, f feature) expectation {
	x := e.own[f].expect(b.level(k, g, f), priors[f])
	x.mean += g.tilt(f, int(b.day)%7)
	return x
}

// provisional has the running hours of the first day stand for a day, so that a caller far from its peers shows at once.
func (b *book) provisional() {
	for _, a := range b.today {
		if e := b.entities[a.kind].Peek(a.key); e != nil {
			b.groups.At(e.group).pass(a.kind, b)
		}
	}
	for _, a := range b.today {
		e := b.entities[a.kind].Peek(a.key)
		if e == nil || e.quiet {
			continue
		}
		g := b.groups.At(e.group)
		for _, f := range of[a.kind] {
			g.passing[f].add(min(priors[f].scale(float64(e.value[f])), float64(g.most[f])))
		}
	}
	for _, a := range b.today {
		if e := b.entities[a.kind].Peek(a.key); e != nil {
			b.bound(a.kind, e, b.groups.At(e.group))
		}
	}
}

// pass begins another count of the running day. What was far above the last one counts no further than it reached, so that
// one caller does not hide itself in the spread that it makes.
func (g *group) pass(k kind, b *book) {
	if g.counted == b.hour {
		return
	}
	g.counted = b.hour
	for _, f := range of[k] {
		l, n := b.level(k, g, f), g.passing[f].n
		g.most[f] = math.MaxFloat32
		if n >= passMin {
			g.most[f] = float32(l.mean + 3*math.Sqrt(l.between+l.within))
		}
	}
	g.passing = [features]norm{}
}

// bound sets the values from which an entity is looked at closer.
func (b *book) bound(k kind, e *entity, g *group) {
	for _, f := range of[k] {
		e.limit[f] = float32(priors[f].limit(min(b.limits[poolOf(k, f)], shiftAt), b.expect(k, e, g, f)))
	}
}
