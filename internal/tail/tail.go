// Package tail learns how far the upper tail of a score reaches, so that a threshold can be chosen by how often it may be
// passed: peaks over threshold with a generalised Pareto distribution (Pickands 1975; Siffer et al., "Anomaly detection in
// streams with extreme value theory", KDD 2017), over a histogram that forgets.
package tail

import "math"

// The histogram: scores from 0 to binsMax·width, one beyond counts as the last.
const (
	bins  = 320
	width = 0.1
)

// The prior stands in while little was seen, and keeps the fit from following a handful of scores. It is the tail of
// a score in standard deviations that is heavier than the normal one: an honest daily count, in logarithms, strays like that.
const (
	priorTrials = 50.0
	priorFrom   = 1.5  // from here on …
	priorShare  = 0.06 // … this share of trials lies …
	priorMean   = 0.9  // … with this mean excess
	priorShape  = 0.05
	shapeWeight = 40.0 // exceedances the prior of the shape is worth
	meanWeight  = 10.0 // … and that of the mean
	shapeMin    = -0.2 // below, the tail would end soon after what was seen
	shapeMax    = 0.4
	enough      = 8.0 // scores beyond a level that make it known without a model
)

// A Tail is what was seen of one score. The zero Tail has seen nothing, and goes by the prior.
type Tail struct {
	n   float64
	bin [bins]float32
}

// Add takes a score in, in standard deviations from what was to be expected. A negative one, or NaN, counts as 0.
func (t *Tail) Add(score float64) {
	t.n++
	if !(score > 0) {
		return
	}
	t.bin[min(int(score/width), bins-1)]++
}

// Fade forgets the share 1-f of what was seen.
func (t *Tail) Fade(f float64) {
	t.n *= f
	for i := range t.bin {
		t.bin[i] *= float32(f)
	}
}

// Trials returns how many scores were seen, those half forgotten as halves.
func (t *Tail) Trials() float64 { return t.n }

// Threshold returns the score that a share p of the trials passes, 0 < p < 1.
func (t *Tail) Threshold(p float64) float64 {
	n := t.n + priorTrials
	if want := p * n; want >= enough+priorTrials*p {
		return t.level(want)
	}
	from, k := t.peaks()
	mean, shape := t.fit(from, k)
	share := (k + priorTrials*prior(from)) / n
	if p >= share {
		return from
	}
	scale := mean * (1 - shape)
	if math.Abs(shape) < 1e-6 {
		return from + scale*math.Log(share/p)
	}
	return from + scale/shape*(math.Pow(share/p, shape)-1)
}

// prior is the share of trials that the prior has beyond a level.
func prior(level float64) float64 {
	return priorShare * math.Exp(-max(level-priorFrom, 0)/priorMean)
}

// level returns the score that so many scores pass, within its bin evenly spread.
func (t *Tail) level(want float64) float64 {
	sum := 0.0
	for i := bins - 1; i >= 0; i-- {
		c := float64(t.bin[i])
		if sum+c >= want {
			return width * (float64(i) + 1 - (want-sum)/c)
		}
		sum += c
	}
	return priorFrom
}

// peaks returns the level whose passing makes a peak, and how many there were: the upper 2 %, at least 20.
func (t *Tail) peaks() (from, k float64) {
	want := max(20, 0.02*t.n)
	for i := bins - 1; i >= 0; i-- {
		if width*float64(i) < priorFrom {
			break
		}
		k += float64(t.bin[i])
		from = width * float64(i)
		if k >= want {
			return from, k
		}
	}
	return priorFrom, k
}

// fit returns the mean excess of the peaks and the shape of their distribution, by moments, both drawn to the prior.
func (t *Tail) fit(from, k float64) (mean, shape float64) {
	var s, ss float64
	for i := int(from/width + 0.5); i < bins; i++ {
		x := width*(float64(i)+0.5) - from
		s += float64(t.bin[i]) * x
		ss += float64(t.bin[i]) * x * x
	}
	mean = (s + meanWeight*priorMean) / (k + meanWeight)
	shape = priorShape
	if k > 2 && s > 0 {
		m := s / k
		if v := ss/k - m*m; v > 0 {
			shape = (k*0.5*(1-m*m/v) + shapeWeight*priorShape) / (k + shapeWeight)
		}
	}
	return mean, min(max(shape, shapeMin), shapeMax)
}
