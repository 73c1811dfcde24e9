package world

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Alphabets.
const (
	Digits    = "0123456789"
	HexDigits = "0123456789abcdef"
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	Alnum     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// Dice decide.
type Dice interface{ IntN(n int) int }

// Pick draws one of a list.
func Pick[T any](d Dice, of []T) T { return of[d.IntN(len(of))] }

// IntN draws a number from 0 up to n, evenly.
func (w *World) IntN(n int) int { return w.Rng.IntN(n) }

// Chance is true with a probability.
func (w *World) Chance(p float64) bool { return w.Rng.Float64() < p }

// Span is a time of so many seconds, evenly between two.
func (w *World) Span(from, to float64) time.Duration {
	return time.Duration((from + w.Rng.Float64()*(to-from)) * float64(time.Second))
}

// Letters draws n letters of an alphabet.
func (w *World) Letters(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[w.Rng.IntN(len(alphabet))]
	}
	return string(b)
}

// An idForm is how the ids of one kind of object look in one business.
type idForm struct {
	form   string
	prefix string
	next   int
	step   int
}

var idForms = weighted("numeric:2 uuid:2 ulid:1 hex:1 base64:1 slug:1 composite:1 prefixed:1")

func (w *World) idForm(kind string) *idForm {
	return &idForm{form: Pick(w, idForms), prefix: kind[:min(3, len(kind))], next: 10000 + w.Rng.IntN(8_000_000), step: 1 + w.Rng.IntN(9)}
}

func (f *idForm) draw(w *World) string {
	switch f.form {
	case "numeric":
		f.next += f.step
		return fmt.Sprint(f.next)
	case "uuid":
		return w.uuid()
	case "ulid":
		return "01K" + w.Letters(crockford, 23)
	case "hex":
		return w.Letters(HexDigits, 24)
	case "base64":
		return w.Letters(Alnum+"-_", 11)
	case "slug":
		f.next += f.step
		return Pick(w, []string{"amber", "brisk", "cobalt", "dusty", "ember", "frosty", "gentle"}) + "-" + Pick(w, []string{"heron", "lynx", "otter", "raven", "stoat", "tapir"}) + fmt.Sprintf("-%d", f.next)
	case "composite":
		f.next += f.step
		return fmt.Sprintf("%s-%06d-%s", strings.ToUpper(f.prefix), f.next, w.Letters("ABCDEFGH", 1))
	}
	return f.prefix + "_" + w.Letters(Alnum, 14)
}

func (w *World) uuid() string {
	h := w.Letters(HexDigits, 32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// vin is a vehicle identification number of a manufacturer that does not exist (U9: not assigned by ISO 3780), with the
// check digit of 49 CFR 565.15 where the business builds for markets that want it.
func (w *World) vin() string {
	w.serial += 1 + w.Rng.IntN(40)
	v := "U9" + w.wmi + w.Letters("ABCDEFGHJKLMNPRSTUVWXYZ", 5) + "ZT" + w.Letters("ABCDEF", 1) + fmt.Sprintf("%06d", w.serial%1_000_000)
	if !w.checked {
		return v
	}
	const values = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ" // the value is the index modulo 10
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i := range weights {
		sum += weights[i] * (strings.IndexByte(values, v[i]) % 10)
	}
	return v[:8] + string("0123456789X"[sum%11]) + v[9:]
}

func (w *World) plate() string {
	switch w.lang {
	case 1:
		return fmt.Sprintf("%s-%s %d", w.Letters("ABDEGHKLMNPQRSTUVWZ", 3), w.Letters("ABCDEFGHJKLMNPRSTUVWXYZ", 2), 100+w.Rng.IntN(900))
	case 2, 4:
		return w.Letters("ABCDEFGHJKLMNPQRSTVWXYZ", 2) + "-" + w.Letters(Digits, 3) + "-" + w.Letters("ABCDEFGHJKLMNPQRSTVWXYZ", 2)
	case 3:
		return w.Letters(Digits, 4) + " " + w.Letters("BCDFGHJKLMNPRSTVWXYZ", 3)
	}
	return w.Letters("ABCDEFGHJKLMNOPRSTUVWXY", 2) + w.Letters(Digits, 2) + " " + w.Letters("ABCDEFGHJKLMNOPRSTUVWXY", 3)
}

// Address is one of a network of a kind. All are reserved: benchmarking (RFC 2544), documentation (RFC 3849), shared (RFC
// 6598) and private (RFC 1918) ranges.
func (w *World) Address(kind string) string {
	switch kind {
	case "mobile": // behind a carrier's translation: many share few
		return fmt.Sprintf("100.%d.%d.%d", 80+w.Rng.IntN(4), w.Rng.IntN(3), 1+w.Rng.IntN(200))
	case "inside":
		return fmt.Sprintf("10.42.%d.%d", w.Rng.IntN(3), 10+w.Rng.IntN(30))
	case "six":
		return fmt.Sprintf("2001:db8:%x:%x::%x", w.Rng.IntN(0x10000), w.Rng.IntN(0x10000), 1+w.Rng.IntN(0xffff))
	}
	return fmt.Sprintf("198.%d.%d.%d", 18+w.Rng.IntN(2), w.Rng.IntN(256), 1+w.Rng.IntN(254))
}

// Secret draws n letters of a credential.
func (w *World) Secret(n int) string { return w.Letters(Alnum, n) }

// JWT is a signed token in form; its signature is a digest and proves nothing.
func JWT(alg string, claims Node) string {
	enc := base64.RawURLEncoding
	head := enc.EncodeToString([]byte(`{"alg":"`+alg+`","kid":"w-1","typ":"JWT"}`)) + "." + enc.EncodeToString([]byte(claims.JSON(Plain)))
	if alg == "none" {
		return head + "."
	}
	sum := sha256.Sum256([]byte(head))
	return head + "." + enc.EncodeToString(sum[:])
}

func ja4(agent string) string {
	sum := sha256.Sum256([]byte(agent[:min(12, len(agent))]))
	h := hex.EncodeToString(sum[:])
	return "t13d1" + fmt.Sprint(3+int(sum[0])%5) + "12h2_" + h[:12] + "_" + h[12:24]
}

// Round rounds to so many decimals.
func Round(x float64, decimals int) float64 {
	p := math.Pow10(decimals)
	return math.Round(x*p) / p
}

// quote is the JSON of a plain value. What a world makes can always be written.
func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("world: %v", err))
	}
	return string(b)
}
