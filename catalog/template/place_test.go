package template

import "testing"

// The first calls of a seldom path, between two decisions of a busy host, have its template at once.
func TestFirstCallsOfAPath(t *testing.T) {
	busy := func(l *Learner) {
		for range 500 {
			l.Observe(Sample{Method: "GET", Path: "/status", Status: 200})
		}
		l.Templates()
	}
	template := func(l *Learner, path string) string {
		return l.Template(l.Observe(Sample{Method: "GET", Path: path, Status: 200})).Text
	}
	for _, c := range []struct {
		name, known, path, want string
	}{
		{"certain", "", "/parcels/0e2f1c1a-6a57-4d6c-9a0b-2f0c5c0a7d11/position", "/parcels/{parcelId}/position"},
		{"opaque", "", "/parcels/3SVL098388399/position", "/parcels/{parcelId}/position"},
		{"a word stays a word", "", "/parcels/export/position", "/parcels/export/position"},
		{"documented", "/parcels/{code}/position", "/parcels/VL-882-F/position", "/parcels/{code}/position"},
		{"a word beside what is documented stays one", "/parcels/{code}/position", "/parcels/export/position", "/parcels/export/position"},
	} {
		l := New(Default())
		if c.known != "" {
			l.AddKnown(c.known)
		}
		busy(l)
		if got := template(l, c.path); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.name, c.path, got, c.want)
		}
	}
}
