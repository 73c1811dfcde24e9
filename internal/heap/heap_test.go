package heap

import "testing"

// TestPace: a small heap collects at the floor, a large one after three quarters more, an unknown one not much later than the floor.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		live int64
		want int
	}{{0, most}, {1 << 20, most}, {floor / 2, 100}, {floor / 4, 300}, {floor, growth}, {1 << 40, growth}} {
		if got := pace(c.live); got != c.want {
			t.Errorf("%d bytes: %d percent, want %d", c.live, got, c.want)
		}
	}
}
