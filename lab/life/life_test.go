package life

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden/lab/world"
)

// made is what a world came to.
type made struct {
	traffic, truth, assets bytes.Buffer
	specs                  map[string]string
	summary                Summary
}

func makeWorld(t testing.TB, o world.Options) *made {
	t.Helper()
	m := &made{specs: map[string]string{}}
	s, err := Make(o, Files{Traffic: &m.traffic, Truth: &m.truth, Assets: &m.assets, Spec: func(h, text string) error {
		m.specs[h] = text
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	m.summary = s
	return m
}

func TestSameOptionsSameBytes(t *testing.T) {
	o := world.Options{Seed: 11, Days: 1, Vehicles: 40, Traps: 1}
	a, b := makeWorld(t, o), makeWorld(t, o)
	if !bytes.Equal(a.traffic.Bytes(), b.traffic.Bytes()) || !bytes.Equal(a.truth.Bytes(), b.truth.Bytes()) || !bytes.Equal(a.assets.Bytes(), b.assets.Bytes()) {
		t.Error("two worlds of the same options differ")
	}
	o.Seed = 12
	if c := makeWorld(t, o); bytes.Equal(a.traffic.Bytes(), c.traffic.Bytes()) {
		t.Error("another seed makes the same world")
	}
}

// TestWorlds: in every kind of business records come in order, labels name records that exist, and nothing is of a range
// that somebody could own.
func TestWorlds(t *testing.T) {
	for i, name := range Businesses() {
		t.Run(name, func(t *testing.T) {
			m := makeWorld(t, world.Options{Seed: uint64(i), Days: 1, Vehicles: 60, Business: name, Traps: 2})
			if m.summary.Business != name {
				t.Errorf("made %s", m.summary.Business)
			}
			ids := map[string]time.Time{}
			var last time.Time
			for s := bufio.NewScanner(&m.traffic); s.Scan(); {
				var r world.Record
				if err := json.Unmarshal(s.Bytes(), &r); err != nil {
					t.Fatalf("%v in %s", err, s.Bytes())
				}
				if _, twice := ids[r.ID]; twice || r.ID == "" {
					t.Fatalf("record id %q twice", r.ID)
				}
				ids[r.ID] = r.Time
				if r.Arrives().Before(last.Add(-2 * time.Minute)) {
					t.Fatalf("%s arrives %v after one of %v", r.ID, r.Arrives(), last)
				}
				last = r.Arrives()
				if r.Client != nil && !reserved(r.Client.IP) {
					t.Fatalf("%s comes from %s", r.ID, r.Client.IP)
				}
				if r.Server != nil && !strings.HasSuffix(r.Server.Host, ".example") {
					t.Fatalf("%s goes to %s", r.ID, r.Server.Host)
				}
			}
			var truth world.Truth
			if err := json.Unmarshal(m.truth.Bytes(), &truth); err != nil {
				t.Fatal(err)
			}
			if len(truth.Attacks) < 12 || len(truth.Confounders) < 3 {
				t.Errorf("%d attacks, %d kinds of honest behaviour", len(truth.Attacks), len(truth.Confounders))
			}
			owner := map[string]string{}
			for _, a := range truth.Attacks {
				for j, r := range a.Records {
					if at, ok := ids[r]; !ok || at.UnixMilli() != a.Times[j] {
						t.Fatalf("%s: record %s at %d is not what the traffic has", a.ID, r, a.Times[j])
					}
					if owner[r] != "" {
						t.Errorf("%s belongs to %s and %s", r, owner[r], a.ID)
					}
					owner[r] = a.ID
				}
			}
			for _, c := range truth.Confounders {
				for _, r := range c.Records {
					if owner[r] != "" {
						t.Errorf("%s is honest (%s) and of %s", r, c.Trap, owner[r])
					}
				}
			}
		})
	}
}

func reserved(ip string) bool {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, p := range []string{"198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "100.64.0.0/10", "10.0.0.0/8", "2001:db8::/32"} {
		if netip.MustParsePrefix(p).Contains(a) {
			return true
		}
	}
	return false
}

func TestPeaceful(t *testing.T) {
	m := makeWorld(t, world.Options{Seed: 2, Days: 2, Vehicles: 40, Peaceful: true, Traps: 1})
	if len(m.summary.Attacks) > 0 {
		t.Errorf("attacks in peace: %v", m.summary.Attacks)
	}
	if len(m.specs) == 0 || m.summary.Records["http"] < 500 {
		t.Errorf("%d descriptions, records %v", len(m.specs), m.summary.Records)
	}
}

func BenchmarkMake(b *testing.B) {
	records := 0
	for b.Loop() {
		m := makeWorld(b, world.Options{Seed: 6, Days: 1, Vehicles: 100, Traps: 1})
		records = m.summary.Records["http"] + m.summary.Records["signal"] + m.summary.Records["ocpp"]
	}
	b.ReportMetric(float64(records), "records")
}
