// Package segment takes a path apart into tokens and says what each looks like, without knowing where it stands.
package segment

import "strings"

// A Shape is what the characters of a token look like, without knowing anything about where it stands.
type Shape uint8

// The shapes there are.
const (
	Word     Shape = iota // lower-case or capitalised letters only
	Compound              // letters with - _ . or inner capitals, no digit
	Upper                 // capital letters only
	Mixed                 // letters with one or two digits
	Version               // v1, v2.1, 2.2.1
	Small                 // a number of at most two digits
	Number                // a longer number, a negative or a decimal one
	Serial                // a number of six digits and more that is no date
	UUID
	ULID
	VIN      // 17 characters of the VIN alphabet with a valid check digit
	VINLike  // 17 characters that could be a VIN with an invalid or a masked check digit
	Hex      // 16 and more hexadecimal digits
	Random   // long, of letters in both cases and digits
	Code     // letters and at least three digits
	Prefixed // an identifier after a type: usr_8f3kq2
	Date     // 2024-05-17, 20240517, 2024-05, and times
	Email
	EVSE     // DE*ABC*E1234*1
	EMAID    // DE-8AA-C12345678-9
	Position // two decimals: a position
	Escaped  // percent-encoded text
	Locale   // de-DE, en_GB, zh-Hans-CN
	Hidden   // begins with a dot: a hidden file
	Address  // an IPv4 address or a host name
	File     // a name with the suffix of a file
	Other    // anything else: a sentence, a marker, a wildcard
	Shapes   // how many there are
)

// kinds are the names of the Shapes as the kind of a parameter.
var kinds = [Shapes]string{
	"word", "slug", "code", "slug", "version", "int", "number", "int", "uuid", "ulid", "vin", "vin", "hex", "base64url", "code", "prefixed_id",
	"date", "email", "evse_id", "emaid", "position", "text", "locale", "file", "host", "file", "text",
}

// Kind names the shape as the kind of a parameter.
func (s Shape) Kind() string { return kinds[s] }

// Certain says whether a value of that shape is a parameter wherever it stands.
func (s Shape) Certain() bool {
	switch s {
	case UUID, ULID, VIN, Email, EVSE, EMAID, Position:
		return true
	}
	return false
}

// Opaque says whether a value of that shape is most likely an identifier, not a word.
func (s Shape) Opaque() bool {
	switch s {
	case Number, Serial, VINLike, Hex, Random, Code, Prefixed, Date, Escaped:
		return true
	}
	return s.Certain()
}

// Wordy says whether a value of that shape reads like a name given by a person.
func (s Shape) Wordy() bool {
	switch s {
	case Word, Compound, Upper, Mixed, Locale:
		return true
	}
	return false
}

// A class is a kind of character.
type class uint8

const (
	other class = iota
	lower
	upper
	digit
	dash
	under
	dot
	star
	comma
	classes
)

func classOf(c byte) class {
	switch {
	case c >= 'a' && c <= 'z':
		return lower
	case c >= 'A' && c <= 'Z':
		return upper
	case IsDigit(c):
		return digit
	}
	switch c {
	case '-':
		return dash
	case '_':
		return under
	case '.':
		return dot
	case '*':
		return star
	case ',':
		return comma
	}
	return other
}

// letter says whether the class is one of letters.
func (c class) letter() bool { return c == lower || c == upper }

// A census counts the characters of a token by class.
type census struct {
	of    [classes]int
	hex   int // hexadecimal digits
	turns int // changes between letters and digits
}

func (c *census) letters() int { return c.of[lower] + c.of[upper] }

func count(s string) (c census) {
	last := other
	for i := range len(s) {
		k := classOf(s[i])
		c.of[k]++
		if unhex(s[i]) < 16 {
			c.hex++
		}
		if k == digit && last.letter() || k.letter() && last == digit {
			c.turns++
		}
		last = k
	}
	return c
}

// ShapeOf classifies a token, most specific shape first.
func ShapeOf(s string) Shape {
	if s == "" {
		return Other
	}
	if s[0] == '.' {
		return Hidden
	}
	c := count(s)
	if i := strings.LastIndexByte(s, '.'); i > 0 && c.letters() > 0 && isFileSuffix(s[i+1:]) {
		return File
	}
	if k, ok := patterned(s, &c); ok {
		return k
	}
	switch {
	case c.of[digit] == len(s):
		return numberShape(s)
	case isDecimal(s):
		return Number
	case c.of[other]+c.of[star] > 0:
		return c.ifAny(c.letters()+c.of[digit], 1, Escaped)
	case isVersion(s):
		return Version
	case c.hex == len(s) && len(s) >= 16 && c.of[digit] > 0:
		return Hex
	case c.letters() == 0:
		return c.ifAny(c.of[digit], 3, Code)
	}
	return textShape(s, &c)
}

// ifAny returns the shape if there are at least that many characters, else that of anything else.
func (*census) ifAny(n, least int, k Shape) Shape {
	if n >= least {
		return k
	}
	return Other
}

// textShape tells the shapes that are made of letters, digits and - _ . apart.
func textShape(s string, c *census) Shape {
	switch digits := c.of[digit]; {
	case digits == 0 && c.letters() == len(s):
		return lettersShape(s, c)
	case prefixed(s):
		return Prefixed
	case c.random(s):
		return Random
	case digits >= 3 || digits == 2 && c.turns >= 3:
		return Code
	case c.of[dot] >= 1 && c.of[under] == 0 && c.letters() > 2*c.of[dot] && hostLike(s):
		return Address
	case digits > 0:
		return Mixed
	}
	return Compound
}

// random says whether letters and digits change so often, or the case and they, that nobody chose the text.
func (c *census) random(s string) bool {
	bothCases := c.of[lower] > 0 && c.of[upper] > 0
	return c.of[digit] >= 2 && bothCases && len(s) >= 12 && c.turns >= 3 || len(s) >= 16 && c.of[digit] >= 4 && c.turns >= 4
}

// lettersShape tells the shapes of nothing but letters apart.
func lettersShape(s string, c *census) Shape {
	switch {
	case c.of[upper] == len(s) && len(s) > 1:
		return Upper
	case len(s) >= 20 && c.of[upper] >= 4 && mixed(s):
		return Random
	case c.of[upper] == 0 || c.of[upper] == 1 && classOf(s[0]) == upper:
		return Word
	}
	return Compound
}

// numberShape tells apart the numbers: small ones may be versions, eight digits may be a date.
func numberShape(s string) Shape {
	switch {
	case len(s) <= 2:
		return Small
	case len(s) == 8 && isDate(s):
		return Date
	case len(s) >= 6:
		return Serial
	}
	return Number
}

func isDecimal(s string) bool {
	t := strings.TrimPrefix(s, "-")
	whole, frac, ok := strings.Cut(t, ".")
	if !ok {
		return len(t) < len(s) && allDigits(t)
	}
	return allDigits(whole) && allDigits(frac) && (len(frac) >= 2 || len(whole) >= 2 || len(t) < len(s))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !IsDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// prefixed says whether s is a short type, an underscore or a dash, and an identifier of letters and digits.
func prefixed(s string) bool {
	i := strings.IndexAny(s, "_-")
	if i < 2 || i > 6 || len(s)-i < 7 {
		return false
	}
	head, tail := count(s[:i]), count(s[i+1:])
	if head.of[lower] != i && head.of[upper] != i || tail.of[dash]+tail.of[under]+tail.of[dot] > 0 || tail.of[digit] == 0 {
		return false
	}
	return tail.turns >= 2 || tail.of[digit] >= 6 || tail.of[lower] > 0 && tail.of[upper] > 1
}

// mixed says whether the case changes so often that no word was written.
func mixed(s string) bool {
	turns := 0
	for i := 1; i < len(s); i++ {
		if s[i]&0x20 != s[i-1]&0x20 {
			turns++
		}
	}
	return turns*2 >= len(s)/2
}

// hostLike says whether s is dotted names that end in letters, as host and package names do.
func hostLike(s string) bool {
	i := strings.LastIndexByte(s, '.')
	tail := s[i+1:]
	return i > 0 && len(tail) >= 2 && len(tail) <= 6 && IsWord(tail) && strings.ToLower(tail) == tail
}
