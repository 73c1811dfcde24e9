package sketch

import (
	"math"
	"testing"
)

func TestTallyKeepsTheMostFrequent(t *testing.T) {
	var a, b Tally
	for i := range 1000 {
		a.Add(uint64(i%7), 1)
		a.Add(42, 1)
		b.Add(uint64(i), 1)
		b.Add(42, 2)
	}
	a.Merge(&b)
	if got := a.Top(); got != 42 {
		t.Errorf("most frequent is %d, want 42", got)
	}
	var none Tally
	if got := none.Top(); got != 0 {
		t.Errorf("most frequent of nothing is %d", got)
	}
}

func TestDistinctEstimates(t *testing.T) {
	for _, n := range []int{0, 1, 10, 100, 1000, 100000} {
		var s, even, odd Distinct
		for i := range n {
			h := Hash(string([]byte{byte(i), byte(i >> 8), byte(i >> 16)}))
			if news := s.News(h); s.Add(h) != news {
				t.Fatal("News and Add disagree")
			}
			if i%2 == 0 {
				even.Add(h)
			} else {
				odd.Add(h)
			}
		}
		even.Merge(&odd)
		if even != s {
			t.Errorf("%d values: the parts merged are not the whole", n)
		}
		if got := float64(s.Estimate()); math.Abs(got-float64(n)) > 1+.4*float64(n) {
			t.Errorf("%d values are estimated at %.0f", n, got)
		}
	}
}

func TestAlike(t *testing.T) {
	for _, c := range []struct {
		a, b uint64
		want float64
	}{{1, 1, 1}, {0x1122334455667788, 0x1122334455667700, .875}, {0x1122334455667788, 0x8877665544332211, 0}} {
		if got := Alike(c.a, c.b); got != c.want {
			t.Errorf("Alike(%x, %x) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
