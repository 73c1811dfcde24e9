// Package words takes the names that programmers give apart into words: path segments, field names, operations. All
// that reads names does it by these rules, so that chargingSession is the same two words to each.
package words

import "strings"

// Each calls f with the words of a name, as written: cut at separators and at case changes, the last capital of a run
// beginning the next word ("VINNumber"), but not in a plural ("IDs"). Digits belong to the word they follow ("oauth2"),
// and a capital behind them begins a new one. Letters outside ASCII are letters without case. The words are substrings of the name:
// nothing is allocated.
func Each(name string, f func(word string)) {
	start := -1
	for i := range len(name) {
		switch {
		case !part(name[i]):
			if start >= 0 {
				f(name[start:i])
			}
			start = -1
		case start < 0:
			start = i
		case begins(name, i):
			f(name[start:i])
			start = i
		}
	}
	if start >= 0 {
		f(name[start:])
	}
}

// Split appends the words of a name to dst, in lower case and with the accents of Latin letters spelled out, until it is
// full.
func Split(name string, dst []string) []string {
	for i := range len(name) {
		if name[i] >= 0x80 {
			name = accents.Replace(name)
			break
		}
	}
	Each(name, func(word string) {
		if len(dst) < cap(dst) {
			dst = append(dst, strings.ToLower(word))
		}
	})
	return dst
}

// accents spells letters with accents out.
var accents = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "ae", "Ö", "oe", "Ü", "ue", "é", "e", "è", "e", "ê", "e", "à", "a", "á", "a", "â", "a", "ã", "a",
	"ç", "c", "í", "i", "î", "i", "ó", "o", "ô", "o", "õ", "o", "ú", "u", "û", "u", "ñ", "n", "ù", "u",
)

// part says whether a byte belongs to a word.
func part(c byte) bool {
	return c >= 'a' && c <= 'z' || upper(c) || digit(c) || c >= 0x80
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// begins says whether a new word begins at i > 0, of two bytes of words.
func begins(s string, i int) bool {
	if !upper(s[i]) {
		return false
	}
	before := s[i-1]
	if !upper(before) {
		return before < 0x80
	}
	if i+1 == len(s) || s[i+1] < 'a' || s[i+1] > 'z' {
		return false
	}
	plural := s[i+1] == 's' && (i+2 == len(s) || s[i+2] < 'a')
	return !plural
}

// Bare writes the last name of a path to buf without separators, in lower case; of a longer one nothing.
func Bare(buf []byte, path string) []byte {
	path = strings.TrimSuffix(path, "[]")
	path = path[strings.LastIndexByte(path, '.')+1:]
	if len(path) > cap(buf) {
		return nil
	}
	for i := range len(path) {
		switch b := path[i]; {
		case b >= 'A' && b <= 'Z':
			buf = append(buf, b+'a'-'A')
		case b != '_' && b != '-':
			buf = append(buf, b)
		}
	}
	return buf
}
