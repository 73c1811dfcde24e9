package ppm

import (
	"math/rand/v2"
	"testing"
)

// TestOrder: what follows from three symbols is foreseen though one alone does not tell, and what never happened surprises.
func TestOrder(t *testing.T) {
	m := New(1 << 12)
	var h History
	r := rand.New(rand.NewPCG(1, 1))
	last := 0.0
	for range 2000 {
		first := uint32(1 + r.IntN(2)) // 1 3 4 5 or 2 3 4 6: the fourth depends on the first
		for _, s := range []uint32{first, 3, 4, 4 + first} {
			last, _ = m.See(&h, s)
		}
	}
	if last > 0.2 {
		t.Errorf("the fourth surprises by %.2f bits", last)
	}
	h = History{4, 3, 1}
	if bits, usual := m.See(&h, 6); bits < 5 || usual > 1.5 {
		t.Errorf("a wrong fourth surprises by %.2f bits, usual %.2f", bits, usual)
	}
	if bits, _ := m.See(&h, 99); bits < 7 {
		t.Errorf("what never was surprises by %.2f bits", bits)
	}
}

// TestLimit: however many symbols there are the table keeps its size and still knows what is frequent.
func TestLimit(t *testing.T) {
	m := New(1 << 10)
	var h History
	r := rand.New(rand.NewPCG(1, 1))
	for range 50000 {
		m.See(&h, r.Uint32())
		h = History{}
		m.See(&h, 7)
		m.See(&h, 8)
	}
	if len(m.cells) > 1<<10 || m.Len() > 1<<10 {
		t.Errorf("%d cells, %d used", len(m.cells), m.Len())
	}
	h = History{}
	m.See(&h, 7)
	if bits, _ := m.See(&h, 8); bits > 2 {
		t.Errorf("what is frequent surprises by %.2f bits", bits)
	}
}

func BenchmarkSee(b *testing.B) {
	m := New(1 << 15)
	var h History
	r := rand.New(rand.NewPCG(1, 1))
	syms := make([]uint32, 4096)
	for i := range syms {
		syms[i] = uint32(r.IntN(4)) + uint32(i%5)*3
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.See(&h, syms[i&4095])
	}
}
