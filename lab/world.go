package lab

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// Hosts of the business.
const (
	hostApp     = "app.vanloop.example"
	hostID      = "id.vanloop.example"
	hostPartner = "partner.vanloop.example"
	hostConsole = "console.vanloop.example"
)

// Options size a capture.
type Options struct {
	Seed  uint64
	Start time.Time
	Teams int // shops; each has up to three drivers and three vans
}

// Default returns the options of the built-in capture: four hours of a Tuesday morning, 20 teams.
func Default() Options {
	return Options{Seed: 1, Start: time.Date(2026, 5, 12, 6, 0, 0, 0, time.UTC), Teams: 20}
}

// hours is how long a capture is.
const hours = 4 * time.Hour

// A Truth is what is so in a capture, for tests to compare with.
type Truth struct{ Attacks []Attack }

// An Attack is one misuse, with the ids of its records in order.
type Attack struct {
	Name    string
	Records []string
	Objects []string // what it is about: app ids, plates, shipment codes
}

// Capture writes a capture to w as records of the file contract (NDJSON). The same options give the same bytes.
func Capture(to io.Writer, o Options) (Truth, error) {
	w := newWorld(o)
	w.drivers()
	w.partners()
	w.staff()
	w.attacks()
	w.telemetry()
	if err := w.write(to); err != nil {
		return Truth{}, err
	}
	return w.truth(), nil
}

type world struct {
	rng     *rand.Rand
	start   time.Time
	teams   []*team
	vans    []*van
	records []*record
	crimes  []crime
	invoice int // number of the last invoice
	ride    int // number of the last ride
}

// A crime is an attack whose records have no ids yet.
type crime struct {
	name    string
	records []*record
	objects []string
}

func (w *world) truth() Truth {
	var t Truth
	for _, c := range w.crimes {
		a := Attack{Name: c.name, Objects: c.objects}
		for _, r := range c.records {
			a.Records = append(a.Records, r.ID)
		}
		t.Attacks = append(t.Attacks, a)
	}
	return t
}

type team struct {
	id, name string
	drivers  []*driver
	vans     []*van
	invoices []string
}

type driver struct {
	caller
	id, name, email, phone string
	team                   *team
	old                    bool // uses an old version of the app
	refresh                string
	expires                time.Time
}

type van struct {
	id, vin, plate, model string
	lat, lon              float64
	odometer, charge      float64
	trips                 []trip
	locked                bool
}

// A trip is a time in which a van drives, with its cruising speed in km/h.
type trip struct {
	from, to time.Time
	speed    float64
}

func newWorld(o Options) *world {
	w := &world{rng: rand.New(rand.NewPCG(o.Seed, 0)), start: o.Start, invoice: 411, ride: 4200}
	for i := range o.Teams {
		t := &team{id: fmt.Sprintf("team-%s", w.code(6)), name: shops[i%len(shops)]}
		for range 1 + w.rng.IntN(3) {
			v := w.van()
			t.vans = append(t.vans, v)
			w.vans = append(w.vans, v)
		}
		for range 1 + w.rng.IntN(3) {
			t.drivers = append(t.drivers, w.driver(t))
		}
		for range 3 {
			w.invoice++
			t.invoices = append(t.invoices, fmt.Sprintf("2026-%06d", w.invoice))
		}
		w.teams = append(w.teams, t)
	}
	return w
}

func (w *world) van() *van {
	models := []string{"Carrier L2", "Carrier L3", "Cargo e-Mini"}
	return &van{
		id: w.ulid(), vin: w.vin(), plate: w.plate(), model: models[w.rng.IntN(len(models))],
		lat: 52.05 + w.rng.Float64()/5, lon: 4.35 + w.rng.Float64()/3,
		odometer: 8000 + float64(w.rng.IntN(90000)), charge: 55 + float64(w.rng.IntN(45)), locked: true,
	}
}

func (w *world) driver(t *team) *driver {
	first, last := firstNames[w.rng.IntN(len(firstNames))], lastNames[w.rng.IntN(len(lastNames))]
	d := &driver{
		id: w.uuid(), name: first + " " + last, team: t, old: w.rng.IntN(4) == 0,
		email: strings.ToLower(first+"."+strings.ReplaceAll(last, " ", "")) + fmt.Sprintf("%d@mail.example", w.rng.IntN(90)+10),
		phone: fmt.Sprintf("+3197%08d", w.rng.IntN(1e8)),
	}
	d.ip = fmt.Sprintf("198.51.100.%d", 1+w.rng.IntN(250))
	d.agent = "Vanloop/7.4.1 (Android 15; Pixel 8) okhttp/4.12.0"
	if d.old {
		d.agent = "Vanloop/5.9.0 (iPhone; iOS 17.2) CFNetwork/1490.0.4"
	}
	return d
}

// between returns a time within an interval of the capture, given in minutes from its start.
func (w *world) between(from, to int) time.Time {
	ms := int64(to-from) * 60_000
	return w.start.Add(time.Duration(from)*time.Minute + time.Duration(w.rng.Int64N(ms))*time.Millisecond)
}

// later returns a time some seconds after another.
func (w *world) later(t time.Time, from, to int) time.Time {
	return t.Add(time.Duration(from*1000+w.rng.IntN((to-from)*1000)) * time.Millisecond)
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// letters draws n of the letters of an alphabet.
func (w *world) letters(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[w.rng.IntN(len(alphabet))]
	}
	return string(b)
}

func (w *world) ulid() string { return "01HV" + w.letters(crockford, 22) }

func (w *world) code(n int) string { return w.letters("23456789abcdefghjkmnpqrstuvwxyz", n) }

func (w *world) uuid() string {
	h := w.letters("0123456789abcdef", 32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// plate is of the Dutch series for vans, which begins with V.
func (w *world) plate() string {
	const consonants = "BDFGHJKLNPRSTXZ"
	return fmt.Sprintf("V%s-%03d-%s", w.letters(consonants, 1), 100+w.rng.IntN(900), w.letters(consonants, 1))
}

// vin is a vehicle identification number with the check digit of 49 CFR 565.15. Its manufacturer is invented.
func (w *world) vin() string {
	return checked("XV9VAN" + w.letters("ABCDEFGHJKLMNPRSTUVWXYZ", 2) + "0" + "T" + "V" + fmt.Sprintf("%06d", w.rng.IntN(1e6)))
}

// checked replaces the ninth character of a vehicle identification number by its check digit.
func checked(vin string) string {
	const values = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ" // the value is the index modulo 10
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i := range weights {
		sum += weights[i] * (strings.IndexByte(values, vin[i]) % 10)
	}
	return vin[:8] + string("0123456789X"[sum%11]) + vin[9:]
}

// at is where a van is, and how fast in km/h.
func (v *van) at(t time.Time) (lat, lon, speed float64) {
	driven := 0.0 // hours
	for _, d := range v.trips {
		end := d.to
		if t.Before(end) {
			end = t
		}
		if end.After(d.from) {
			driven += end.Sub(d.from).Hours() * d.speed / 50
			if t.Before(d.to) {
				speed = d.speed * (0.9 + 0.1*math.Sin(t.Sub(d.from).Minutes()))
			}
		}
	}
	return round(v.lat+0.08*math.Sin(3*driven), 5), round(v.lon+0.12*(1-math.Cos(2*driven)), 5), round(speed, 1)
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}

// token is a signed token in form; its signature is a digest and proves nothing.
func token(claims object) string {
	enc := base64.RawURLEncoding
	head := enc.EncodeToString([]byte(`{"alg":"ES256","kid":"lab-1","typ":"JWT"}`)) + "." + enc.EncodeToString([]byte(compact(claims)))
	sum := sha256.Sum256([]byte(head))
	return head + "." + enc.EncodeToString(sum[:])
}

// opaque is a credential that says nothing.
func opaque(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	return hex.EncodeToString(sum[:16])
}

var (
	shops = []string{"Bakkerij De Molen", "Tulip Florists", "Fietsen Op Maat", "Northsea Fish", "Kaas & Co", "Green Grocer Delft",
		"Slagerij Van Dam", "Book Barge", "Chocola Atelier", "Plantenhuis West", "Harbour Catering", "Tegelzetter Bos",
		"Bloom Daily", "Ijssalon Roma", "Dyke Tools", "Verfhuis Kleur", "Canal Laundry", "Wijnkelder Zuid", "Pottery Lane", "Klusbus Delft"}
	firstNames = []string{"Anouk", "Bram", "Carla", "Daan", "Eva", "Floris", "Grace", "Hugo", "Iris", "Jonas", "Kaat", "Liam", "Maud", "Noor", "Olivier", "Pien"}
	lastNames  = []string{"de Wit", "Bakker", "Peters", "Okafor", "Jansen", "Visser", "Smit", "Haddad", "Mulder", "Kaya", "Bos", "Clarke"}
)
