package profile

import (
	"math"
	"math/rand/v2"
	"testing"
)

// ramp lets a value grow by a share a day after so many ordinary days, as an attacker does who wants to become normal, and
// returns by how much it had grown when its score first passed u.
func ramp(share, u float64) float64 {
	p := priors[callsDay]
	r := rand.New(rand.NewPCG(5, 6))
	var o own
	g := level{math.Log(40), 0.3, 0.15, 1}
	value := func() float64 { return 40 * math.Exp(r.NormFloat64()*0.3) }
	for range 40 {
		o.learn(p.scale(value()), o.expect(g, p), p)
	}
	for f := 1.0; f < 1e4; f *= 1 + share {
		v := f * value()
		e := o.expect(g, p)
		if p.score(v, e) > u {
			return f
		}
		o.learn(p.scale(v), e, p)
	}
	return math.Inf(1)
}

// TestPoison: who grows slowly is found before it has grown to many times what it was, however slowly; and what grows as
// honest use does, is not.
func TestPoison(t *testing.T) {
	for _, share := range []float64{0.05, 0.1, 0.3, 1} {
		if f := ramp(share, 6); f > 30 {
			t.Errorf("grew to %.0f times at %.0f %% a day unseen", f, 100*share)
		} else {
			t.Logf("%.0f %% a day: seen at %.1f times", 100*share, f)
		}
	}
	if f := ramp(0.003, 6); f < 3 {
		t.Errorf("honest growth was an alarm at %.1f times", f)
	}
}

// TestLearnBounds: one day moves a profile by no more than a day may, whatever it was like.
func TestLearnBounds(t *testing.T) {
	p := priors[callsDay]
	g := level{math.Log(40), 0.3, 0.15, 1}
	var o own
	for range 20 {
		o.learn(math.Log(40), o.expect(g, p), p)
	}
	before := o.expect(g, p)
	o.learn(math.Log(1e6), before, p)
	if moved := o.expect(g, p).mean - before.mean; moved > stride/quickDays*1.5 || moved <= 0 {
		t.Errorf("a huge day moved the mean by %.3f", moved)
	}
}

// TestSteady: an entity that hardly varies is expected more narrowly than one that varies much, and one that is new as
// widely as its group.
func TestSteady(t *testing.T) {
	p := priors[callsDay]
	g := level{math.Log(40), 0.8, 0.4, 1}
	r := rand.New(rand.NewPCG(7, 8))
	after := func(sd float64) expectation {
		var o own
		for range 30 {
			o.learn(math.Log(40)+sd*r.NormFloat64(), o.expect(g, p), p)
		}
		return o.expect(g, p)
	}
	var none own
	steady, erratic, fresh := after(0.05), after(0.9), none.expect(g, p)
	if steady.sd >= erratic.sd || erratic.sd > fresh.sd || math.Abs(fresh.sd-math.Sqrt(1.2+1.0/40-1.0/1600)) > 0.01 {
		t.Errorf("spread of a steady one %.2f, an erratic one %.2f, a new one %.2f", steady.sd, erratic.sd, fresh.sd)
	}
}
