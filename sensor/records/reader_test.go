package records_test

import "io"

// A repeater is n bytes of text.
type repeater struct{ n int }

func (r *repeater) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.n)
	for i := range p[:n] {
		p[i] = 'a'
	}
	r.n -= n
	return n, nil
}

func multi(r ...io.Reader) io.Reader { return io.MultiReader(r...) }
