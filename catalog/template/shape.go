package template

import "strings"

// A shape is what the characters of a token look like, without knowing anything about where it stands.
type shape uint8

const (
	shapeWord     shape = iota // lower-case or capitalised letters only
	shapeCompound              // letters with - _ . or inner capitals, no digit
	shapeUpper                 // capital letters only
	shapeMixed                 // letters with one or two digits
	shapeVersion               // v1, v2.1, 2.2.1
	shapeSmall                 // a number of at most two digits
	shapeNumber                // a longer number, a negative or a decimal one
	shapeSerial                // a number of six digits and more that is no date
	shapeUUID
	shapeULID
	shapeVIN     // 17 characters of the VIN alphabet with a valid check digit
	shapeVINLike // 17 characters that could be a VIN with an invalid or a masked check digit
	shapeHex     // 16 and more hexadecimal digits
	shapeToken   // long, of letters in both cases and digits
	shapeCode    // letters and at least three digits
	shapePrefix  // an identifier after a type: usr_8f3kq2
	shapeDate    // 2024-05-17, 20240517, 2024-05, and times
	shapeEmail
	shapeEVSE    // DE*ABC*E1234*1
	shapeEMAID   // DE-8AA-C12345678-9
	shapePair    // two decimals: a position
	shapeEscaped // percent-encoded text
	shapeLocale  // de-DE, en_GB, zh-Hans-CN
	shapeHidden  // begins with a dot: a hidden file
	shapeAddress // an IPv4 address or a host name
	shapeFile    // a name with the suffix of a file
	shapeOther   // anything else: a sentence, a marker, a wildcard
	shapes       // how many there are
)

// kinds are the names of the shapes as the kind of a parameter.
var kinds = [shapes]string{
	"word", "slug", "code", "slug", "version", "int", "number", "int", "uuid", "ulid", "vin", "vin", "hex", "base64url", "code", "prefixed_id",
	"date", "email", "evse_id", "emaid", "position", "text", "locale", "file", "host", "file", "text",
}

// certain says whether a value of that shape is a parameter wherever it stands.
func (s shape) certain() bool {
	switch s {
	case shapeUUID, shapeULID, shapeVIN, shapeEmail, shapeEVSE, shapeEMAID, shapePair:
		return true
	}
	return false
}

// opaque says whether a value of that shape is most likely an identifier, not a word.
func (s shape) opaque() bool {
	switch s {
	case shapeNumber, shapeSerial, shapeVINLike, shapeHex, shapeToken, shapeCode, shapePrefix, shapeDate, shapeEscaped:
		return true
	}
	return s.certain()
}

// wordy says whether a value of that shape reads like a name given by a person.
func (s shape) wordy() bool {
	switch s {
	case shapeWord, shapeCompound, shapeUpper, shapeMixed, shapeLocale:
		return true
	}
	return false
}

// A census counts the characters of a token by class.
type census struct {
	lower, upper, digit, hex, dash, under, dot, star, comma, other int
	turns                                                          int // changes between letters and digits
}

func count(s string) (c census) {
	var last byte
	for i := range len(s) {
		b := s[i]
		class := byte(2)
		switch {
		case b >= 'a' && b <= 'z':
			c.lower++
			class = 0
		case b >= 'A' && b <= 'Z':
			c.upper++
			class = 0
		case isDigit(b):
			c.digit++
			class = 1
		case b == '-':
			c.dash++
		case b == '_':
			c.under++
		case b == '.':
			c.dot++
		case b == '*':
			c.star++
		case b == ',':
			c.comma++
		default:
			c.other++
		}
		if unhex(b) < 16 {
			c.hex++
		}
		if i > 0 && class != last && class+last == 1 {
			c.turns++
		}
		last = class
	}
	return c
}

// shapeOf classifies a token, most specific shape first.
func shapeOf(s string) shape {
	if s == "" {
		return shapeOther
	}
	c := count(s)
	letters := c.lower + c.upper
	if s[0] == '.' {
		return shapeHidden
	}
	if i := strings.LastIndexByte(s, '.'); i > 0 && letters > 0 && isFileSuffix(s[i+1:]) {
		return shapeFile
	}
	if k, ok := patterned(s, &c); ok {
		return k
	}
	switch {
	case c.digit == len(s):
		return numberShape(s)
	case isDecimal(s):
		return shapeNumber
	case strings.IndexByte(s, '%') >= 0 || c.other > 0 || c.star > 0:
		if letters+c.digit == 0 {
			return shapeOther
		}
		return shapeEscaped
	case isVersion(s):
		return shapeVersion
	case c.hex == len(s) && len(s) >= 16 && c.digit > 0:
		return shapeHex
	case letters == 0:
		if c.digit >= 3 {
			return shapeCode
		}
		return shapeOther
	}
	return textShape(s, &c)
}

// patterned recognises the shapes that a fixed layout defines.
func patterned(s string, c *census) (shape, bool) {
	switch {
	case isUUID(s):
		return shapeUUID, true
	case len(s) == 17 && c.digit >= 4 && isVIN(s):
		if vinChecks(s) {
			return shapeVIN, true
		}
		if c.digit >= 6 || c.star > 0 {
			return shapeVINLike, true
		}
	case len(s) == 26 && s[0] <= '7' && isULID(s, c):
		return shapeULID, true
	case c.digit >= 4 && isDate(s):
		return shapeDate, true
	case isEmail(s):
		return shapeEmail, true
	case isEVSE(s):
		return shapeEVSE, true
	case isEMAID(s):
		return shapeEMAID, true
	case isPair(s):
		return shapePair, true
	case isLocale(s):
		return shapeLocale, true
	case c.dot == 3 && c.digit+3 == len(s) && c.digit >= 4:
		return shapeAddress, true
	}
	return 0, false
}

// textShape tells the shapes that are made of letters, digits and - _ . apart.
func textShape(s string, c *census) shape {
	letters := c.lower + c.upper
	switch {
	case c.digit == 0 && c.dash+c.under+c.dot == 0:
		switch {
		case c.upper == len(s) && len(s) > 1:
			return shapeUpper
		case len(s) >= 20 && c.upper >= 4 && mixed(s):
			return shapeToken
		case c.upper == 0 || c.upper == 1 && s[0] >= 'A' && s[0] <= 'Z':
			return shapeWord
		}
		return shapeCompound
	case prefixed(s):
		return shapePrefix
	case c.digit >= 2 && c.lower > 0 && c.upper > 0 && len(s) >= 12 && c.turns >= 3:
		return shapeToken
	case len(s) >= 16 && c.digit >= 4 && c.turns >= 4:
		return shapeToken
	case c.digit >= 3:
		return shapeCode
	case c.digit >= 2 && c.turns >= 3:
		return shapeCode
	case c.dot >= 1 && c.under == 0 && letters > 2*c.dot && hostLike(s):
		return shapeAddress
	case c.digit > 0:
		return shapeMixed
	}
	return shapeCompound
}

// numberShape tells apart the numbers: small ones may be versions, eight digits may be a date.
func numberShape(s string) shape {
	switch {
	case len(s) <= 2:
		return shapeSmall
	case len(s) == 8 && isDate(s):
		return shapeDate
	case len(s) >= 6:
		return shapeSerial
	}
	return shapeNumber
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
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func isUUID(s string) bool {
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if unhex(s[i]) > 15 {
			return false
		}
	}
	return true
}

// isULID checks for the 26 characters of Crockford's base 32 without I, L, O and U.
func isULID(s string, c *census) bool {
	if c.lower > 0 && c.upper > 0 || c.digit < 4 || c.lower+c.upper < 6 {
		return false
	}
	for i := range len(s) {
		if b := s[i] | 0x20; !isDigit(s[i]) && (b < 'a' || b > 'z' || b == 'i' || b == 'l' || b == 'o' || b == 'u') {
			return false
		}
	}
	return true
}

// isVIN checks for the alphabet of ISO 3779, masked characters allowed behind the maker's code.
func isVIN(s string) bool {
	for i := range len(s) {
		c := s[i]
		if isDigit(c) || c >= 'A' && c <= 'Z' && c != 'I' && c != 'O' && c != 'Q' || c == '*' && i > 2 {
			continue
		}
		return false
	}
	return true
}

// vinChecks verifies the check digit of ISO 3779 in position 9.
func vinChecks(s string) bool {
	const values = "12345678.12345.7.923456789" // of A to Z; I, O and Q are not in the alphabet
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i := range len(s) {
		v := int(s[i] - '0')
		if s[i] == '*' {
			return false
		}
		if v > 9 {
			v = int(values[s[i]-'A'] - '0')
		}
		sum += v * weights[i]
	}
	if r := sum % 11; r == 10 {
		return s[8] == 'X'
	} else {
		return s[8] == byte('0'+r)
	}
}

// isDate accepts years 1900 to 2199: 2024-05-17, with a time behind it, 2024-05, 20240517, 20240517T1200Z.
func isDate(s string) bool {
	if len(s) < 7 || s[0] != '1' && s[0] != '2' || s[1] != '9' && s[1] != '0' && s[1] != '1' || !allDigits(s[:4]) {
		return false
	}
	sep := s[4] == '-' || s[4] == '.' || s[4] == '_'
	month := s[4:]
	if sep {
		month = s[5:]
	}
	if len(month) < 2 || !allDigits(month[:2]) || month[:2] < "01" || month[:2] > "12" {
		return false
	}
	rest := month[2:]
	if rest == "" {
		return sep
	}
	if sep {
		if rest[0] != s[4] {
			return false
		}
		rest = rest[1:]
	}
	if len(rest) < 2 || !allDigits(rest[:2]) || rest[:2] < "01" || rest[:2] > "31" {
		return false
	}
	return len(rest) == 2 || rest[2] == 'T' || rest[2] == 't' || rest[2] == ' ' || rest[2] == '%' || rest[2] == '_'
}

func isEmail(s string) bool {
	i := strings.IndexByte(s, '@')
	n := 1
	if i < 0 {
		if i = strings.Index(s, "%40"); i < 0 {
			return false
		}
		n = 3
	}
	dot := strings.LastIndexByte(s, '.')
	return i > 0 && dot > i+n && len(s)-dot > 2 && !strings.ContainsAny(s, " ,:/")
}

// isEVSE checks for an EVSE id of ISO 15118 and its stars: country * operator * E outlet.
func isEVSE(s string) bool {
	s = strings.TrimPrefix(s, "+")
	if len(s) < 9 || len(s) > 48 || !isLetter(s[0]) || !isLetter(s[1]) {
		return s != "" && isDINEVSE(s)
	}
	star := s[2] == '*' || strings.HasPrefix(s[2:], "%2A")
	if !star {
		return false
	}
	i := strings.LastIndexAny(s, "*A")
	return i > 3 && (strings.Contains(s, "*E") || strings.Contains(s, "%2AE"))
}

// isDINEVSE checks for the older form of DIN SPEC 91286: 49*123*456*7.
func isDINEVSE(s string) bool {
	return strings.Count(s, "*") >= 2 && s[0] != '*' && allDigits(strings.ReplaceAll(s, "*", ""))
}

// isEMAID checks for the account id of ISO 15118 with its separators: DE-8AA-C12345678-9.
func isEMAID(s string) bool {
	if len(s) < 14 || len(s) > 18 || s[2] != '-' || s[6] != '-' || !isLetter(s[0]) || !isLetter(s[1]) {
		return false
	}
	c := s[7] | 0x20
	rest := strings.ReplaceAll(s[7:], "-", "")
	if c != 'c' || len(rest) < 9 || len(rest) > 10 {
		return false
	}
	for i := range len(rest) {
		if !isLetter(rest[i]) && !isDigit(rest[i]) {
			return false
		}
	}
	return true
}

func isPair(s string) bool {
	a, b, ok := strings.Cut(s, ",")
	if !ok {
		if a, b, ok = strings.Cut(s, "%2C"); !ok {
			return false
		}
	}
	return strings.IndexByte(a, '.') > 0 && isDecimal(a) && strings.IndexByte(b, '.') > 0 && isDecimal(b)
}

// isVersion accepts v1, V2, v2.1, v1beta1, 2.2.1, 1.0 and 2024.1, but no plain number.
func isVersion(s string) bool {
	t := strings.TrimPrefix(strings.TrimPrefix(s, "v"), "V")
	if len(t) == len(s) {
		return isDotted(s)
	}
	i := 0
	for i < len(t) && (isDigit(t[i]) || t[i] == '.' || t[i] == '_') {
		i++
	}
	if i == 0 || i > 8 {
		return false
	}
	switch rest := strings.TrimRight(t[i:], "0123456789"); strings.Trim(rest, "-._") {
	case "", "beta", "alpha", "rc", "preview", "p":
		return true
	}
	return false
}

func isDotted(s string) bool {
	dots, run := 0, 0
	for i := range len(s) {
		switch {
		case isDigit(s[i]) && run < 4:
			run++
		case s[i] == '.' && run > 0:
			dots++
			run = 0
		default:
			return false
		}
	}
	return dots >= 1 && dots <= 2 && run > 0
}

// isLocale accepts a language with a region or a script: de-DE, en_GB, zh-Hans-CN.
func isLocale(s string) bool {
	if len(s) < 5 || len(s) > 10 || s[2] != '-' && s[2] != '_' || s[0]|0x20 != s[0] || s[1]|0x20 != s[1] || !isLetter(s[0]) || !isLetter(s[1]) {
		return false
	}
	rest := s[3:]
	if len(rest) > 2 {
		if len(rest) != 4 && (len(rest) != 7 || rest[4] != s[2]) || rest[0] < 'A' || rest[0] > 'Z' {
			return false
		}
		return isLetter(rest[1]) && isLetter(rest[2]) && isLetter(rest[3])
	}
	return rest[0] >= 'A' && rest[0] <= 'Z' && rest[1] >= 'A' && rest[1] <= 'Z'
}

// prefixed says whether s is a short type, an underscore or a dash, and an identifier of letters and digits.
func prefixed(s string) bool {
	i := strings.IndexAny(s, "_-")
	if i < 2 || i > 6 || len(s)-i < 7 {
		return false
	}
	head, tail := count(s[:i]), count(s[i+1:])
	if head.lower != i && head.upper != i || tail.dash+tail.under+tail.dot > 0 || tail.digit == 0 {
		return false
	}
	return tail.turns >= 2 || tail.digit >= 6 || tail.lower > 0 && tail.upper > 1
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
	return i > 0 && len(tail) >= 2 && len(tail) <= 6 && isWord(tail) && strings.ToLower(tail) == tail
}
