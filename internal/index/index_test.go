package index

import (
	"math/rand/v2"
	"testing"
)

// TestMap holds the map against Go's under sets, deletes and look-ups of keys that meet often.
func TestMap(t *testing.T) {
	for _, spread := range []uint64{40, 3000, 1 << 62} {
		r := rand.New(rand.NewPCG(1, spread))
		var m Map
		want := map[uint64]int32{}
		for step := range 60000 {
			k := r.Uint64N(spread)
			switch r.IntN(3) {
			case 0:
				m.Delete(k)
				delete(want, k)
			default:
				p := int32(step + 1)
				m.Set(k, p)
				want[k] = p
			}
			if q := r.Uint64N(spread); m.Place(q) != want[q] {
				t.Fatalf("step %d: place of %d is %d, want %d", step, q, m.Place(q), want[q])
			}
		}
		if m.Len() != len(want) {
			t.Fatalf("%d keys, want %d", m.Len(), len(want))
		}
		for k, p := range want {
			if m.Place(k) != p {
				t.Fatalf("place of %d is %d, want %d", k, m.Place(k), p)
			}
		}
	}
}

func TestEmpty(t *testing.T) {
	var m Map
	m.Delete(1)
	if m.Place(0) != 0 || m.Len() != 0 {
		t.Error("an empty map holds something")
	}
	m.Set(0, 7)
	if m.Place(0) != 7 || m.Place(1) != 0 {
		t.Error("key 0 is lost")
	}
	m.Delete(0)
	if m.Place(0) != 0 || m.Len() != 0 {
		t.Error("key 0 stays")
	}
}

func BenchmarkPlace(b *testing.B) {
	var m Map
	for i := range 100_000 {
		m.Set(uint64(i)*0x9e3779b97f4a7c15, int32(i+1))
	}
	i := uint64(0)
	for b.Loop() {
		i = (i + 7919) % 100_000
		if m.Place(i*0x9e3779b97f4a7c15) == 0 {
			b.Fatal("lost")
		}
	}
}
