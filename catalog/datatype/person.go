package datatype

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsEmail says whether s is an e-mail address of the common form (RFC 5321 without quoted parts), masked ones included.
func IsEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	if at <= 0 || at > 64 || len(s) > 254 || strings.IndexByte(s[at+1:], '@') >= 0 {
		return false
	}
	domain := s[at+1:]
	dot := strings.LastIndexByte(domain, '.')
	if dot <= 0 || len(domain)-dot < 3 || domain[dot+1] <= '9' {
		return false
	}
	return strings.IndexFunc(s[:at], notLocal) < 0 && strings.IndexFunc(domain, notDomain) < 0
}

// notLocal says whether a character cannot stand before the at sign, unquoted.
func notLocal(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`"(),:;<>\/`, r) }

// notDomain says whether a character cannot stand in a domain name; masked ones have stars.
func notDomain(r rune) bool {
	return r < 0x80 && !isAlnumByte(byte(r)) && r != '-' && r != '.' && r != '*'
}

// IsE164 says whether s is a telephone number with a country code: "+" and 8 to 15 digits, perhaps separated.
func IsE164(s string) bool {
	return len(s) >= 9 && s[0] == '+' && s[1] >= '1' && s[1] <= '9' && phoneDigits(s[1:]) >= 8
}

// IsPhone says whether s can be a telephone number: 6 to 15 digits, separated as such numbers are, or starting as they
// do where they are bare. It is loose: a name must speak for it too.
func IsPhone(s string) bool {
	n := phoneDigits(strings.TrimPrefix(s, "+"))
	if n == len(s) {
		return n >= 7
	}
	return n >= 6
}

// phoneDigits counts the digits of a text that holds nothing but those and the separators of telephone numbers; 0 when
// it holds something else, or more than 15.
func phoneDigits(s string) int {
	digits, run := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
			run = 0
		case c == ' ' || c == '-' || c == '/' || c == '.' || c == '(' || c == ')' || c == '*':
			if run++; run > 3 && c != '*' {
				return 0
			}
		default:
			return 0
		}
	}
	if digits > 15 {
		return 0
	}
	return digits
}

// IsFullName says whether s looks like a person's name: two to four words that begin with capitals (or are of a script
// without them), no digits.
func IsFullName(s string) bool {
	if len(s) > 64 {
		return false
	}
	words, capital := 0, 0
	for w := range strings.FieldsSeq(s) {
		words++
		r, size := utf8.DecodeRuneInString(w)
		if !unicode.IsLetter(r) || strings.IndexFunc(w[size:], notName) >= 0 {
			return false
		}
		if !unicode.IsLower(r) {
			capital++
		}
	}
	if words == 1 { // scripts that are written without spaces
		n := utf8.RuneCountInString(s)
		r, _ := utf8.DecodeRuneInString(s)
		return n >= 2 && n <= 6 && unicode.In(r, unicode.Han, unicode.Hangul, unicode.Katakana)
	}
	return words >= 2 && words <= 4 && capital >= 2
}

// notName says whether a character cannot stand within a word of a name.
func notName(r rune) bool {
	return !unicode.IsLetter(r) && !strings.ContainsRune("-'.,’", r) && !unicode.Is(unicode.Mn, r)
}

// IsIBAN says whether s is an IBAN with valid check digits (ISO 13616, modulo 97), spaces allowed.
func IsIBAN(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	if len(s) < 15 || len(s) > 34 || !isCountry(s[:2]) || !allDigits(s[2:4]) {
		return false
	}
	rest := 0
	for i := range len(s) {
		c := s[(i+4)%len(s)]
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// IsPaymentCard says whether s is a payment card's number: 13 to 19 digits of a known scheme, Luhn.
func IsPaymentCard(s string) bool {
	return len(s) >= 13 && len(s) <= 19 && strings.IndexByte("3456", s[0]) >= 0 && Luhn(s)
}

// Luhn says whether s is digits of which the last is the check digit of ISO/IEC 7812-1.
func Luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if d > 9 {
			return false
		}
		if i&1 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && s != ""
}

// imeiBodies are the first two digits of the type allocation codes that were given out (GSMA TS.06).
var imeiBodies = [...]string{"01", "10", "30", "33", "35", "44", "45", "49", "50", "51", "52", "53", "54", "86", "91", "98", "99"}

// IsIMEI says whether s is an IMEI: 15 digits, Luhn, of a body that gives out type codes.
func IsIMEI(s string) bool {
	return len(s) == 15 && imeiBody(s) && Luhn(s)
}

// imeiBody says whether s begins with the digits of a body that gives out type codes.
func imeiBody(s string) bool {
	for _, b := range imeiBodies {
		if s[:2] == b {
			return true
		}
	}
	return false
}

// IsICCID says whether s is the number of a SIM card: 19 or 20 digits from 89, the 19th a Luhn check digit (ITU-T E.118).
func IsICCID(s string) bool {
	switch {
	case len(s) != 19 && len(s) != 20 || s[:2] != "89":
		return false
	case len(s) == 20:
		return Luhn(s) || allDigits(s) && Luhn(s[:19])
	}
	return Luhn(s)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != ""
}

func hasDigit(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' }) >= 0
}

// isCountry says whether s has the form of a country code: two capital letters.
func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func isAlnumByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// isAlnum says whether s is digits and capital letters.
func isAlnum(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlnumByte(c) || c >= 'a' {
			return false
		}
	}
	return s != ""
}
