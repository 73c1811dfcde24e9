package template

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// An endpointSpec is an endpoint of a made-up API: a template whose parameters name the makers of their values.
type endpointSpec struct{ method, path string }

// fleet is an API of a kind the model was not trained on, with {x} standing for an identifier.
var fleet = []endpointSpec{
	{"GET", "/v2/vehicles"}, {"GET", "/v2/vehicles/{a}"}, {"PATCH", "/v2/vehicles/{a}"}, {"GET", "/v2/vehicles/{a}/state"}, {"GET", "/v2/vehicles/{a}/trips"},
	{"GET", "/v2/vehicles/{a}/trips/{b}"}, {"GET", "/v2/vehicles/{a}/trips/{b}/route"}, {"POST", "/v2/vehicles/{a}/commands/lock"}, {"POST", "/v2/vehicles/{a}/commands/unlock"},
	{"POST", "/v2/vehicles/{a}/commands/engine-start"}, {"POST", "/v2/vehicles/{a}/commands/engine-stop"}, {"POST", "/v2/vehicles/{a}/commands/flash"},
	{"GET", "/v2/stations"}, {"GET", "/v2/stations/{c}"}, {"GET", "/v2/stations/{c}/connectors/{d}"}, {"POST", "/v2/stations/{c}/reservations"},
	{"DELETE", "/v2/stations/{c}/reservations/{b}"}, {"GET", "/v2/users/me"}, {"PUT", "/v2/users/me/settings"}, {"GET", "/v2/users/{e}/bookings"},
	{"GET", "/v2/users/{e}/bookings/{b}"}, {"POST", "/v2/users/{e}/bookings"}, {"GET", "/v2/cities/{f}/zones"}, {"GET", "/v2/cities/{f}/zones/{d}"},
	{"POST", "/v2/auth/token"}, {"POST", "/v2/auth/refresh"}, {"POST", "/v2/auth/logout"}, {"GET", "/v2/health"}, {"GET", "/v2/tariffs"}, {"GET", "/v2/tariffs/{d}"},
}

func letters(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

const (
	upperAZ = "ABCDEFGHJKLMNPRSTUVWXYZ"
	digits  = "0123456789"
)

// strangers make identifiers of kinds the training has never seen.
var strangers = []func(r *rand.Rand) string{
	func(r *rand.Rand) string {
		return fmt.Sprintf("%s*%s*E%s*%d", []string{"DE", "NL", "FR", "AT"}[r.IntN(4)], letters(r, upperAZ, 3), letters(r, digits, 5), 1+r.IntN(3))
	},
	func(r *rand.Rand) string {
		return "DE-" + letters(r, "ABC8", 3) + "-C" + letters(r, "0123456789AB", 8) + "-" + letters(r, digits, 1)
	},
	func(r *rand.Rand) string {
		return letters(r, upperAZ, 1+r.IntN(3)) + "-" + letters(r, upperAZ, 2) + fmt.Sprint(1+r.IntN(9999))
	},
	func(r *rand.Rand) string { return "01H" + letters(r, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23) },
	func(r *rand.Rand) string { return letters(r, "0123456789bcdefghjkmnpqrstuvwxyz", 7) },
	func(r *rand.Rand) string { return fmt.Sprintf("%.4f,%.4f", 40+r.Float64()*15, r.Float64()*20) },
	func(r *rand.Rand) string { return fmt.Sprintf("ORD-20%02d-%06d", 20+r.IntN(6), r.IntN(900000)) },
	func(r *rand.Rand) string {
		return letters(r, upperAZ, 1) + letters(r, "aeioulnrst", 5) + []string{"%20Nord", "%C3%BCck", "%20am%20Main", "%C3%B6"}[r.IntN(4)] + letters(r, "aeioulnrst", 2)
	},
}

// stems and tails make names that no list of words has.
var (
	stems = strings.Fields("ost west nord sued berg tal bach wald stein feld haus stadt burg dorf see hof brueck linden eich birken rosen moor sand kirch muehl schloss markt garten wiesen hafen tor ring")
	tails = strings.Fields("platz weg allee ufer park mitte zentrum hoehe grund au kamp damm steg eck winkel rand blick")
)

func wordID(r *rand.Rand) string {
	s := stems[r.IntN(len(stems))] + tails[r.IntN(len(tails))]
	if r.IntN(3) > 0 {
		s = stems[r.IntN(len(stems))] + "-" + s
	}
	return s
}

// traffic makes calls of the endpoints, values from populations shared by all endpoints that name them.
func fleetTraffic(seed uint64, perEndpoint int, value func(kind int, r *rand.Rand) string) (samples []Sample, truth []string) {
	r := rand.New(rand.NewPCG(seed, 1))
	pops := map[string][]string{}
	for i, k := range strings.Fields("{a} {b} {c} {d} {e} {f}") {
		n := []int{400, 2000, 150, 30, 250, 12}[i]
		for range n {
			pops[k] = append(pops[k], value(i, r))
		}
	}
	for range perEndpoint * len(fleet) {
		e := fleet[min(len(fleet)-1, int(float64(len(fleet))*math.Pow(r.Float64(), 1.6)))]
		path := e.path
		for k := range strings.FieldsSeq("{a} {b} {c} {d} {e} {f}") {
			if strings.Contains(path, k) {
				p := pops[k]
				path = strings.Replace(path, k, p[int(float64(len(p))*math.Pow(r.Float64(), 2))], 1)
			}
		}
		samples = append(samples, Sample{Method: e.method, Path: path, Status: 200})
		truth = append(truth, e.method+" "+canonicalText(e.path))
	}
	return samples, truth
}

func canonicalText(t string) string {
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		if t[i] == '{' {
			i += strings.IndexByte(t[i:], '}')
			b.WriteString("{}")
			continue
		}
		b.WriteByte(t[i])
	}
	return b.String()
}

// learn observes the samples as the catalog would, and returns the final template of each.
func learn(l *Learner, samples []Sample) []string {
	cells := make([]Cell, len(samples))
	into := map[Cell]Cell{}
	follow := func() {
		for _, f := range l.Folds(nil) {
			into[f.From] = f.Into
		}
	}
	for i, s := range samples {
		cells[i] = l.Observe(s)
		l.Template(cells[i])
		follow()
	}
	l.Templates()
	follow()
	out := make([]string, len(samples))
	for i, c := range cells {
		for to, ok := into[c]; ok; to, ok = into[c] {
			c = to
		}
		out[i] = samples[i].Method + " " + canonicalText(l.Template(c).Text)
	}
	return out
}

// exactF1 is the F1 of the groups that have exactly the calls of a true endpoint and its text.
func exactF1(got, truth []string) (f1, over float64, mixed []string) {
	gs, ts := map[string][]int{}, map[string][]int{}
	for i := range got {
		gs[got[i]] = append(gs[got[i]], i)
		ts[truth[i]] = append(ts[truth[i]], i)
	}
	hits := 0
	for g, ids := range gs {
		if slices.Equal(ids, ts[g]) {
			hits++
		}
		for _, i := range ids {
			if truth[i] != truth[ids[0]] {
				mixed = append(mixed, g+": "+truth[i]+" and "+truth[ids[0]])
				break
			}
		}
	}
	slices.Sort(mixed)
	return 2 * float64(hits) / float64(len(gs)+len(ts)), float64(len(gs)) / float64(len(ts)), mixed
}

func stressF1(t *testing.T, name string, per int, value func(int, *rand.Rand) string) {
	t.Helper()
	var sum, overs float64
	const seeds = 5
	for seed := range uint64(seeds) {
		samples, truth := fleetTraffic(seed, per, value)
		got := learn(New(Default()), samples)
		f1, over, mixed := exactF1(got, truth)
		sum += f1
		overs += over
		if over > 1.35 || len(mixed) > 2 {
			t.Errorf("%s, %d per endpoint, seed %d: F1 %.3f, %.2f times the endpoints, mixed %v", name, per, seed, f1, over, mixed)
		}
	}
	t.Logf("%s, %d per endpoint: exact F1 %.3f, %.2f times the endpoints", name, per, sum/seeds, overs/seeds)
	if sum/seeds < .88 || overs/seeds > 1.1 {
		t.Errorf("%s, %d per endpoint: exact F1 %.3f, want at least .88; %.2f times the endpoints, want at most 1.1", name, per, sum/seeds, overs/seeds)
	}
}

func TestStrangeIdentifiers(t *testing.T) {
	for _, per := range []int{20, 200, 2000} {
		for shift := range strangers {
			if per == 2000 && shift%4 != 0 {
				continue // one in four of the large ones
			}
			stressF1(t, fmt.Sprintf("kinds %d", shift), per, func(kind int, r *rand.Rand) string { return strangers[(kind+shift)%len(strangers)](r) })
		}
	}
}

func TestWordIdentifiers(t *testing.T) {
	for _, per := range []int{20, 200, 2000} {
		stressF1(t, "words", per, func(_ int, r *rand.Rand) string { return wordID(r) })
	}
}
