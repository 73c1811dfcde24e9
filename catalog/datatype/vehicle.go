package datatype

import "strings"

// vinValues are the transliterated values of ISO 3779 / 49 CFR 565.15, by character; 0xff is no character of a VIN.
var vinValues = func() (m [256]byte) {
	for i := range m {
		m[i] = 0xff
	}
	for i := range byte(10) {
		m['0'+i] = i
	}
	for i, c := range []byte("ABCDEFGH") {
		m[c] = byte(i) + 1
	}
	for i, c := range []byte("JKLMN") {
		m[c] = byte(i) + 1
	}
	m['P'], m['R'] = 7, 9
	for i, c := range []byte("STUVWXYZ") {
		m[c] = byte(i) + 2
	}
	return m
}()

// vinWeights are the weights of the 17 positions; that of the check digit itself is 0.
var vinWeights = [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}

// IsVIN says whether s is a VIN with a valid check digit at its ninth place, as North America and China require, and
// the all-digit end that makers of more than 500 vehicles a year must give it.
func IsVIN(s string) bool {
	return VINCheck(s) && IsVINLike(s)
}

// VINCheck says whether s is 17 characters of a VIN's alphabet with a valid check digit (49 CFR 565.15).
func VINCheck(s string) bool {
	if len(s) != 17 {
		return false
	}
	sum := 0
	for i, w := range vinWeights {
		v := vinValues[s[i]]
		if v == 0xff {
			return false
		}
		sum += w * int(v)
	}
	want := byte('X')
	if r := sum % 11; r < 10 {
		want = '0' + byte(r)
	}
	return s[8] == want
}

// IsVINLike says whether s has the form of a VIN, whatever its check digit: 17 characters without I, O and Q, some of
// the first eight letters, the last four digits.
func IsVINLike(s string) bool {
	if len(s) != 17 || !allVIN(s) {
		return false
	}
	for i := 13; i < 17; i++ {
		if s[i] > '9' {
			return false
		}
	}
	letters := 0
	for i := range 8 {
		if s[i] > '9' {
			letters++
		}
	}
	return letters >= 2
}

func allVIN(s string) bool {
	for i := range len(s) {
		if vinValues[s[i]] == 0xff {
			return false
		}
	}
	return true
}

// IsMaskedVIN says whether s is a VIN of which a part is hidden or made up: 17 characters, the maker's code or the
// serial number still there, the rest "*", "x", "#" or zeros.
func IsMaskedVIN(s string) bool {
	if len(s) != 17 || s[0] == '0' {
		return false
	}
	hidden := 0
	for i := range len(s) {
		switch c := s[i]; {
		case strings.IndexByte(masks, c) >= 0:
			hidden++
		case !isAlnumByte(c):
			return false
		}
	}
	shown := len(s) - hidden
	return hidden >= 4 && (shown >= 5 || shown >= 3 && strings.IndexByte(masks, s[0]) < 0)
}

// masks are the characters that stand for hidden ones.
const masks = "*#xX._0?"

// IsPlate says whether s can be a number plate of some country: up to ten letters and digits in groups, both kinds or
// at least four digits. It is loose: a name must speak for it too.
func IsPlate(s string) bool {
	letters, digits, groups := 0, 0, 1
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case isAlnumByte(c), c >= 0xc0: // a letter of another alphabet is counted at its first byte
			letters++
		case c >= 0x80:
		case strings.IndexByte(" -./", c) >= 0 && i > 0 && (c == ' ' || s[i-1] != c):
			groups++
		default:
			return false
		}
	}
	least := 1 // digits
	if letters == 0 {
		least = 4
	}
	return digits >= least && letters+digits >= 2 && letters+digits <= 10 && groups <= 4 && letters <= 7
}

// IsEVSE says whether s is an EVSE id: country, operator, "E" and outlet as in ISO 15118 ("DE*ABC*E1234*1"), or
// numbers separated by stars as in DIN SPEC 91286 ("+49*810*000*438"). Without separators it could be any code.
func IsEVSE(s string) bool {
	if len(s) < 7 || len(s) > 48 {
		return false
	}
	parts := strings.SplitN(s, "*", 4)
	if len(parts) < 3 {
		parts = strings.SplitN(s, "-", 4)
		if len(parts) < 3 || !strings.HasPrefix(parts[2], "E") {
			return false
		}
	}
	country, operator, outlet := parts[0], parts[1], parts[2]
	dialled := len(country) >= 2 && country[0] == '+' && allDigits(country[1:])
	return (dialled || isCountry(country)) && isAlnum(operator) && len(operator) >= 2 && len(operator) <= 6 && isAlnum(outlet)
}

// IsEMAID says whether s has the form of a contract id: country, provider, "C" and eight characters, and perhaps a check
// character, with or without separators (ISO 15118-1 annex H; DIN SPEC 91286 has six digits and one of check).
func IsEMAID(s string) bool {
	flat, separated := emaidParts(s)
	if len(flat) < 5 || !isCountry(flat[:2]) || !isAlnum(flat) {
		return false
	}
	switch len(flat) {
	case 14, 15:
		return (separated || flat[5] == 'C') && hasDigit(flat[2:])
	case 12, 13: // DIN: three of provider, six of contract, one of check
		return separated && hasDigit(flat[5:])
	}
	return false
}

func emaidParts(s string) (flat string, separated bool) {
	if strings.IndexByte(s, '-') < 0 && strings.IndexByte(s, '*') < 0 {
		return s, false
	}
	return strings.NewReplacer("-", "", "*", "").Replace(s), true
}

// EMAIDCheck says whether s is a contract id with its check character, and that one is right.
func EMAIDCheck(s string) bool {
	flat, _ := emaidParts(s)
	if len(flat) != 15 || !isCountry(flat[:2]) || !isAlnum(flat) {
		return false
	}
	check, ok := contractCheck(flat[:14])
	return ok && check == flat[14]
}

// contractCheck computes the check character of the fourteen others by the rule of eMI3 ("Check digit calculation for
// contract-IDs"): each character is a row vector modulo 2 and one modulo 3, at place i multiplied by the i-th power of
// P1 = (0 1; 1 1) or P2 = (0 1; 1 2); the whole, check character included, sums up to zero.
func contractCheck(s string) (byte, bool) {
	var sum vectors
	p1, p2 := matrix{0, 1, 1, 1}, matrix{0, 1, 1, 2}
	m1, m2 := p1, p2
	for i := range len(s) {
		v := strings.IndexByte(contractAlphabet, s[i])
		if v < 0 {
			return 0, false
		}
		sum = sum.plus(v, m1, m2)
		m1, m2 = m1.times(p1, 2), m2.times(p2, 3)
	}
	for x := range len(contractAlphabet) { // to try all is simpler than to invert the fifteenth power
		if sum.plus(x, m1, m2) == (vectors{}) {
			return contractAlphabet[x], true
		}
	}
	return 0, false
}

// contractAlphabet numbers the characters: the number's multiple of nine is the vector modulo 2, its rest that modulo 3.
const contractAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// A matrix is (0 1; 2 3).
type matrix [4]int

func (a matrix) times(b matrix, mod int) matrix {
	return matrix{
		(a[0]*b[0] + a[1]*b[2]) % mod, (a[0]*b[1] + a[1]*b[3]) % mod,
		(a[2]*b[0] + a[3]*b[2]) % mod, (a[2]*b[1] + a[3]*b[3]) % mod,
	}
}

// Vectors are the two sums, modulo 2 and modulo 3.
type vectors struct{ a, b, c, d int }

// plus adds character number x multiplied by both matrices.
func (v vectors) plus(x int, m1, m2 matrix) vectors {
	q1, q2, r1, r2 := x/18, x/9%2, x%9/3, x%3
	return vectors{
		(v.a + q1*m1[0] + q2*m1[2]) % 2, (v.b + q1*m1[1] + q2*m1[3]) % 2,
		(v.c + r1*m2[0] + r2*m2[2]) % 3, (v.d + r1*m2[1] + r2*m2[3]) % 3,
	}
}
