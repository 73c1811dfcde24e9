package tail

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestThreshold: of scores of a light, an exponential and a heavy tail as many pass the threshold as were promised, within
// a factor of two where the threshold lies within what was seen, of three beyond it.
func TestThreshold(t *testing.T) {
	for name, draw := range map[string]func(*rand.Rand) float64{
		"normal":      func(r *rand.Rand) float64 { return r.NormFloat64() },
		"exponential": func(r *rand.Rand) float64 { return r.ExpFloat64() },
		"pareto":      func(r *rand.Rand) float64 { return (math.Pow(1-r.Float64(), -0.2) - 1) * 2 },
		"mostly zero": func(r *rand.Rand) float64 { return max(0, r.ExpFloat64()*1.2-2) },
	} {
		r := rand.New(rand.NewPCG(1, 2))
		var learned Tail
		for range 20000 {
			learned.Add(draw(r))
		}
		for _, p := range []float64{1e-2, 1e-3, 1e-4} {
			u, over := learned.Threshold(p), 0
			const n = 1_000_000
			for range n {
				if draw(r) > u {
					over++
				}
			}
			factor := 2.0
			if p < 1e-3 {
				factor = 3
			}
			if got := float64(over) / n / p; got < 1/factor || got > factor {
				t.Errorf("%s: %.2f times the promised %g pass %.2f", name, got, p, u)
			}
		}
	}
}

// TestPrior: where nothing was seen there is a threshold all the same, higher the rarer it may be passed.
func TestPrior(t *testing.T) {
	var none Tail
	last := 0.0
	for _, p := range []float64{1e-2, 1e-4, 1e-6} {
		u := none.Threshold(p)
		if u <= last || u > 20 {
			t.Errorf("threshold for %g is %.1f after %.1f", p, u, last)
		}
		last = u
	}
}

// TestPoison: a tenth of the trials at the highest score moves the threshold no further than the histogram reaches, and
// what was forgotten counts no more.
func TestPoison(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var clean Tail
	for range 5000 {
		clean.Add(r.ExpFloat64())
	}
	bad := clean
	for range 500 {
		bad.Add(1e9)
	}
	if u := bad.Threshold(1e-4); u < clean.Threshold(1e-4) || u > 200 || math.IsNaN(u) {
		t.Errorf("threshold is %.1f after poison", u)
	}
	bad.Fade(0)
	var none Tail
	if bad.Threshold(1e-3) != none.Threshold(1e-3) || bad.Trials() != 0 {
		t.Error("what was forgotten still counts")
	}
}

func BenchmarkThreshold(b *testing.B) {
	var t Tail
	for i := range 5000 {
		t.Add(float64(i%70) / 10)
	}
	for b.Loop() {
		t.Threshold(1e-4)
	}
}
