package near

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"auto", "records", "har", "pcap", "accesslog", "otlp"}
	for word, want := range map[string]string{"recrods": "records", "HAR": "har", "pacp": "pcap", "access": "accesslog", "xml": "", "ot": ""} {
		got := ""
		if hints := Names(word, names, 1); len(hints) > 0 {
			got = hints[0]
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"high", "hgih", 1}, {"ä", "a", 1}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q %q: got %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("%q %q: got %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
