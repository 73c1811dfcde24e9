package identity

import "strings"

// opaque says whether a value looks made by a random generator: long, of the alphabet of tokens, digits among letters
// or cases mixed as in no word.
func opaque(v string) bool {
	if len(v) < 16 || len(v) > 8192 {
		return false
	}
	digits, letters, turns := 0, 0, 0
	last := byte('p')
	for i := range len(v) {
		c := class(v[i])
		switch c {
		case 0:
			return false
		case 'd':
			digits++
		case 'u', 'l':
			letters++
			if turn(last, c) {
				turns++
			}
		}
		if c != 'p' {
			last = c
		}
	}
	switch {
	case letters == 0:
		return digits >= 20
	case digits >= 2:
		return turns >= 2 || digits >= 6
	}
	return turns >= 6
}

// turn says whether a letter of class c after a character of class last breaks the look of a word: after a digit, or in
// another case.
func turn(last, c byte) bool { return last != 'p' && last != c }

// class returns the class of a token's character: digit, upper, lower, punctuation; 0 for what stands in no token.
func class(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return 'd'
	case c >= 'A' && c <= 'Z':
		return 'u'
	case c >= 'a' && c <= 'z':
		return 'l'
	case strings.IndexByte("-._~+/=:|!*%", c) >= 0:
		return 'p'
	}
	return 0
}

// looksJWT says whether a value has the form of a signed token: three parts, the first a base64url JSON object.
func looksJWT(v string) bool {
	if len(v) < 20 || !strings.HasPrefix(v, "eyJ") && !strings.HasPrefix(v, "ewog") && !strings.HasPrefix(v, "eyAi") {
		return false
	}
	_, rest, ok := strings.Cut(v, ".")
	return ok && strings.IndexByte(rest, '.') >= 0
}

// signature says whether a header's value can be a signature: long enough and without spaces.
func signature(v string) bool {
	return len(v) >= 20 && strings.IndexByte(v, ' ') < 0
}
