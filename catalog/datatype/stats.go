package datatype

import (
	"math/bits"
	"strings"

	"github.com/waywarden/waywarden"
)

// Stats are what was seen of a field's values: votes for the shapes they have. The zero Stats is empty.
type Stats struct {
	n       uint32 // values: texts, numbers and truth values
	text    uint32
	number  uint32 // numbers and numeric texts
	boolean uint32
	votes   [shapesN]uint32
	chars   uint64 // bytes of all texts and numbers
	lenMin  uint32
	lenMax  uint32
	digits  uint8 // most digits behind a decimal point
}

// Observe adds a value.
func (s *Stats) Observe(value string, kind waywarden.ValueKind) {
	if kind == waywarden.ValueNull || value == "" {
		return
	}
	s.n++
	size := uint32(min(len(value), 1<<20))
	if s.n == 1 || size < s.lenMin {
		s.lenMin = size
	}
	s.lenMax = max(s.lenMax, size)
	s.chars += uint64(size)
	switch kind {
	case waywarden.ValueBool:
		s.boolean++
		return
	case waywarden.ValueText:
		s.text++
	}
	shapes := shapesOf(value)
	if shapes.has(ShapeNumber) {
		s.number++
		if dot := strings.IndexByte(value, '.'); dot >= 0 {
			s.digits = max(s.digits, uint8(min(len(value)-dot-1, 20)))
		}
	}
	for ; shapes != 0; shapes &= shapes - 1 {
		s.votes[bits.TrailingZeros64(uint64(shapes))]++
	}
	if s.n >= 1<<30 {
		s.halve()
	}
}

// halve makes room in the counters; shares stay what they are.
func (s *Stats) halve() {
	s.n, s.text, s.number, s.boolean, s.chars = s.n/2, s.text/2, s.number/2, s.boolean/2, s.chars/2
	for i := range s.votes {
		s.votes[i] /= 2
	}
}

// Merge adds what another saw.
func (s *Stats) Merge(o *Stats) {
	if o.n == 0 {
		return
	}
	if s.n == 0 || o.lenMin < s.lenMin {
		s.lenMin = o.lenMin
	}
	s.lenMax = max(s.lenMax, o.lenMax)
	s.digits = max(s.digits, o.digits)
	s.n += o.n
	s.text += o.text
	s.number += o.number
	s.boolean += o.boolean
	s.chars += o.chars
	for i, v := range o.votes {
		s.votes[i] += v
	}
	if s.n >= 1<<30 {
		s.halve()
	}
}

// Len is the number of values seen.
func (s *Stats) Len() int { return int(s.n) }

// share is the part of the values that have a shape.
func (s *Stats) share(x Shape) float64 {
	if s.n == 0 {
		return 0
	}
	return float64(s.votes[x]) / float64(s.n)
}

// mean is the mean length of the values.
func (s *Stats) mean() float64 { return float64(s.chars) / float64(max(1, s.n)) }

// masked says whether what was seen is hidden: stars, or the same letter again and again.
func (s *Stats) masked() bool { return s.share(ShapeMasked) >= 0.5 }

// mostly says whether at least four of five values have one of the shapes.
func (s *Stats) mostly(xs ...Shape) bool {
	sum := uint32(0)
	for _, x := range xs {
		sum += s.votes[x]
	}
	return 5*uint64(sum) >= 4*uint64(s.n)
}

// Mixed says whether single values of a field of type typ can be of another type: the caller then looks at each.
func (s *Stats) Mixed(typ waywarden.DataType) bool {
	if typ == "" {
		return true
	}
	for _, v := range selfEvident {
		if v.typ != typ && strongShapes.has(v.shape) && s.votes[v.shape] > 0 {
			return true
		}
	}
	return false
}

// strongShapes are the shapes that Strong sees.
const strongShapes shapeSet = 1<<ShapeVIN | 1<<ShapeEmail | 1<<ShapeJWT | 1<<ShapeE164 | 1<<ShapePrivateKey | 1<<ShapeCloudSecret

// Strong says whether a value that shows its type by itself was seen.
func (s *Stats) Strong() bool {
	return s.votes[ShapeVIN]|s.votes[ShapeEmail]|s.votes[ShapeJWT]|s.votes[ShapeE164]|s.votes[ShapePrivateKey]|s.votes[ShapeCloudSecret] != 0
}

// formats maps shapes to JSON Schema formats, the narrower first.
var formats = [...]struct {
	shape Shape
	name  string
}{
	{ShapeUUID, "uuid"}, {ShapeDateTime, "date-time"}, {ShapeDate, "date"}, {ShapeEmail, "email"}, {ShapeURL, "uri"}, {ShapeIPv4, "ipv4"},
}

// Format returns the JSON Schema format that all texts seen have, or "".
func (s *Stats) Format() string {
	if s.text == 0 {
		return ""
	}
	for _, f := range formats {
		if s.votes[f.shape] == s.n {
			return f.name
		}
	}
	return ""
}

// metres are the worth of the last of so many decimals of a degree of latitude, 111.2 km long.
var metres = [...]string{"111 km", "11 km", "1.1 km", "110 m", "11 m", "1.1 m", "0.11 m", "0.01 m"}

// Precision says to how many metres the coordinates seen tell a place: "11 m" for four decimals of a degree. It is ""
// when they were no numbers.
func Precision(s *Stats) string {
	if s.number == 0 {
		return ""
	}
	return metres[min(int(s.digits), len(metres)-1)]
}
