package main

import (
	_ "embed" // the words
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
)

// A population is the set of values a parameter takes in one API, and how often each.
type population struct {
	kind   string
	values []string
	cdf    []float64
}

func (p *population) draw(r *rand.Rand) string {
	i, _ := slices.BinarySearch(p.cdf, r.Float64()*p.cdf[len(p.cdf)-1])
	return p.values[min(i, len(p.values)-1)]
}

// zipf returns the cumulative weights of n ranks.
func zipf(n int, s float64) []float64 {
	c := make([]float64, n)
	sum := 0.0
	for i := range c {
		sum += math.Pow(float64(i+1), -s)
		c[i] = sum
	}
	return c
}

const (
	hexDigits = "0123456789abcdef"
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	capitals  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	small     = "abcdefghijklmnopqrstuvwxyz"
	vinChars  = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

func random(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// closedKinds are values drawn from known small sets.
var closedKinds = map[string][]string{
	"country":  strings.Fields("us gb de fr it es nl be se no dk fi pl cz at ch pt ie gr hu ro bg jp kr cn in au nz ca mx br ar cl za il tr ae sa sg US GB DE FR IT ES NL usa deu fra"),
	"locale":   strings.Fields("en de fr it es nl sv no da fi pl en-US en-GB de-DE fr-FR pt-BR zh-CN es-ES it-IT ja-JP en_US de_DE fr_FR zh_CN"),
	"currency": strings.Fields("usd eur gbp jpy chf cad aud sek USD EUR GBP JPY CHF CAD AUD SEK BTC ETH"),
	"region":   strings.Fields("us-east-1 us-west-2 eu-west-1 eu-central-1 ap-south-1 na eu emea apac latam fra lon nyc sfo euw1 na1 global"),
	"format":   strings.Fields("json xml csv html pdf yaml"),
	"version":  strings.Fields("v1 v2 v3 1 2 1.0 2.0 1.1 latest 2.3.1 1.4.0 0.9.2 3.12.1"),
	"self":     strings.Fields("me self current default"),
}

// names are given names, for people and their accounts.
var names = strings.Fields("alice bob carol dave erin frank grace heidi ivan judy mallory olivia peggy rupert sybil trent victor walter anna ben clara david emma felix gina henry iris jack kate liam mia noah oscar paul quinn rosa sam tina uma vera will xena yuri zoe jens lars ingrid pierre chloe marco giulia sofia diego carmen hiro yuki wei ling priya arjun omar fatima")

// wordFile lists words of the English language, taken from Newton's Opticks of 1730.
//
//go:embed words.txt
var wordFile string

var english = strings.Fields(wordFile)

// syllables make up words that no list has: names of products, places, projects.
var syllables = strings.Fields("ba be bo bra ca chi co da del do e fa fer fo ga gre ha hu i ja ka kel ko la len li lo ma mer mi mo na nel no o pa per po qua ra rin ro sa sche sel si so ta ter to tri u va ven vi wa wen xi ya zu")

// A maker makes up values of a kind in one style.
type maker struct {
	r     *rand.Rand
	words []string
	kind  string
	pre   string
	digit int
	size  int
	start int
}

func newMaker(r *rand.Rand, words []string, kind string) *maker {
	digit := 1 + r.IntN(9)
	return &maker{r: r, words: words, kind: kind, pre: random(r, small, 2+r.IntN(3)), digit: digit, size: 5 + r.IntN(8), start: int(math.Pow(10, float64(digit-1)))}
}

// word makes up a word: one of the language, one no list has, or one that APIs themselves are made of.
func (m *maker) word() string {
	switch x := m.r.Float64(); {
	case x < .6:
		w := english[m.r.IntN(len(english))]
		if m.r.Float64() < .3 {
			w += []string{"s", "ed", "ing", "er", "ly", "ness", "land", "berg"}[m.r.IntN(8)]
		}
		return w
	case x < .85:
		var w strings.Builder
		for range 2 + m.r.IntN(2) {
			w.WriteString(syllables[m.r.IntN(len(syllables))])
		}
		return w.String()
	}
	return m.words[m.r.IntN(len(m.words))]
}

// value makes up the i-th value.
func (m *maker) value(i int) string {
	switch m.kind {
	case "int", "uuid", "hex", "base62", "prefixed", "vin", "upper", "snowflake", "ulid", "objectid":
		return m.identifier(i)
	case "slug", "word", "user", "code", "name", "camel", "slugnum", "file", "repo", "acronym":
		return m.text()
	}
	return m.special()
}

func (m *maker) identifier(i int) string {
	r := m.r
	switch m.kind {
	case "int":
		if m.digit > 4 {
			return fmt.Sprint(m.start + r.IntN(m.start*8+1))
		}
		return fmt.Sprint(m.start + i + r.IntN(3))
	case "uuid":
		s := random(r, hexDigits, 32)
		s = s[:8] + "-" + s[8:12] + "-4" + s[13:16] + "-a" + s[17:20] + "-" + s[20:]
		if m.digit == 9 {
			return strings.ReplaceAll(s, "-", "")
		}
		return s
	case "hex":
		return random(r, hexDigits, []int{8, 16, 24, 32, 40, 64}[m.digit%6])
	case "objectid":
		return "5f" + random(r, hexDigits, 22)
	case "base62":
		return random(r, base62, m.size+m.digit)
	case "prefixed":
		return m.pre + []string{"_", "-"}[m.digit%2] + random(r, base62, 6+m.size)
	case "vin":
		return strings.ToUpper(m.pre + "wwz")[:3] + random(r, vinChars, 8) + random(r, "0123456789", 6)
	case "upper":
		return random(r, capitals+"0123456789", m.size)
	case "snowflake":
		return "1" + random(r, "0123456789", 17)
	}
	return "01" + random(r, crockford, 24)
}

func (m *maker) text() string {
	r := m.r
	switch m.kind {
	case "slug", "slugnum":
		return m.slug()
	case "word":
		return m.cased(m.word())
	case "camel":
		a, b := m.word(), m.word()
		return m.cased(a) + strings.ToUpper(b[:1]) + b[1:]
	case "user":
		return m.user()
	case "repo":
		var s strings.Builder
		s.WriteString(m.word())
		for r.Float64() < .45 {
			s.WriteString([]string{"-", "-", "_", ".", ""}[r.IntN(5)] + m.word())
		}
		return m.cased(s.String())
	case "name":
		a, b := m.word(), m.word()
		return url.PathEscape(strings.ToUpper(a[:1]) + a[1:] + []string{" ", " ", "ü", "é", " & "}[r.IntN(5)] + b)
	case "file":
		return m.word() + []string{"", "-" + m.word(), fmt.Sprint(r.IntN(100))}[r.IntN(3)] + "." + []string{"json", "pdf", "png", "tgz", "m4a", "whl", "conf"}[m.digit%7]
	case "acronym":
		return random(r, capitals, 2+m.digit%4)
	}
	s := random(r, capitals, 2+m.digit%3)
	if m.digit%2 == 0 {
		return s + fmt.Sprint(r.IntN(1000))
	}
	return s + "-" + fmt.Sprint(1+r.IntN(9999))
}

func (m *maker) slug() string {
	ws := []string{m.word(), m.word()}
	if m.r.Float64() < .4 {
		ws = append(ws, m.word())
	}
	s := strings.Join(ws, []string{"-", "-", "_", "."}[m.digit%4])
	if m.kind == "slugnum" || m.r.Float64() < .1 {
		s += fmt.Sprintf("-%d", 1+m.r.IntN(999))
	}
	return s
}

func (m *maker) user() string {
	s := names[m.r.IntN(len(names))]
	if m.r.Float64() < .6 {
		s += []string{"", ".", "_", "-"}[m.r.IntN(4)] + m.word()
	}
	if m.r.Float64() < .4 {
		s += fmt.Sprint(m.r.IntN(1000))
	}
	return m.cased(s)
}

func (m *maker) cased(s string) string {
	if m.digit%3 == 0 {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

func (m *maker) special() string {
	r := m.r
	switch m.kind {
	case "date":
		return fmt.Sprintf([]string{"20%02d-%02d-%02d", "20%02d%02d%02d", "20%02d-%02d-%02dT00:00:00Z"}[m.digit%3], 10+r.IntN(16), 1+r.IntN(12), 1+r.IntN(28))
	case "year":
		return fmt.Sprint(1990 + r.IntN(36))
	case "email":
		return names[r.IntN(len(names))] + fmt.Sprint(r.IntN(9999)) + []string{"@", "%40"}[m.digit%2] + m.word() + ".com"
	case "host":
		return m.word() + []string{"", "-" + m.word()}[r.IntN(2)] + "." + []string{"com", "org", "io", "net"}[r.IntN(4)]
	case "ip":
		return fmt.Sprintf("%d.%d.%d.%d", 1+r.IntN(222), r.IntN(256), r.IntN(256), r.IntN(256))
	case "phone":
		return []string{"+", "%2B", ""}[m.digit%3] + "49" + random(r, "0123456789", 9)
	case "float":
		return fmt.Sprintf("%.*f", 1+m.digit%5, r.Float64()*180-90)
	case "pair":
		return fmt.Sprintf("%.4f%s%.4f", 40+r.Float64()*15, []string{",", "%2C"}[m.digit%2], r.Float64()*20)
	case "urn":
		return m.pre + ":" + m.word() + ":" + random(r, base62, 5)
	case "token":
		return random(r, base62+"-_", 16+2*m.size)
	}
	return random(r, base62, m.size)
}

// makePopulation makes up to n different values that are none of the words to avoid.
func makePopulation(m *maker, p param, n int, avoid map[string]bool, skew float64) *population {
	pop := &population{kind: m.kind}
	seen := map[string]bool{}
	take := func(v string) {
		if v != "" && !seen[v] && !avoid[v] && !strings.ContainsAny(v, "/?#") {
			seen[v] = true
			pop.values = append(pop.values, v)
		}
	}
	switch known := closedKinds[m.kind]; {
	case m.kind == "enum":
		for _, e := range p.Enum {
			take(url.PathEscape(fmt.Sprint(e)))
		}
		n = min(n, len(pop.values))
	case known != nil:
		for _, i := range m.r.Perm(len(known)) {
			take(known[i])
		}
		n = min(n, 1+m.r.IntN(len(known)))
	default:
		for tries := 0; len(pop.values) < n && tries < 4*n+20; tries++ {
			take(m.value(tries))
		}
	}
	if len(pop.values) == 0 {
		pop.values = []string{"x1"}
	}
	pop.values = pop.values[:min(len(pop.values), max(n, 1))]
	pop.cdf = zipf(len(pop.values), skew)
	return pop
}
