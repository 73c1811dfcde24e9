// Package rename turns recorded JSON lines into those of a later day and of other people.
package rename

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// A Renamer turns a record into one of a later day and of other people: times are shifted, and identifiers get other
// digits, the same ones wherever they stand, so that what belonged together still does. It works on the text of a
// record: an identifier is a word inside a JSON string with at least three digits and six characters. Numbers that
// stand outside strings (telemetry, sizes), fractions, versions, addresses and dates keep their value. Signed tokens
// are opened and their claims renamed. Round 0 changes nothing.
type Renamer struct {
	Round int           // which rewriting this is; identifiers differ from round to round
	Shift time.Duration // what is added to times
	out   []byte
}

// Seconds since 1970 between which a number of ten digits is taken for a time: the years 2020 to 2035.
const (
	epochMin = 1_577_836_800
	epochMax = 2_082_758_400
)

// Line returns a record's line rewritten. It is valid until the next call.
func (r *Renamer) Line(line []byte) []byte {
	if r.Round == 0 {
		return line
	}
	r.out = r.out[:0]
	depth := 0
	for i := 0; i < len(line); {
		switch c := line[i]; c {
		case '"':
			end := i + 1
			for end < len(line) && line[end] != '"' {
				if line[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(line))
			isID := depth == 1 && bytes.HasSuffix(r.out, []byte(`"id":`))
			r.out = append(r.out, '"')
			r.out = r.text(r.out, line[i+1:end])
			if isID { // a record's own id stays readable
				r.out = strconv.AppendInt(append(r.out, "-r"...), int64(r.Round), 10)
			}
			i = end
			if i < len(line) {
				r.out = append(r.out, '"')
				i++
			}
		default:
			switch c {
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			r.out = append(r.out, c)
			i++
		}
	}
	return r.out
}

// text appends the inside of a JSON string, or any text, renamed.
func (r *Renamer) text(to, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			n := 2
			if s[i+1] == 'u' {
				n = 6
			}
			n = min(n, len(s)-i)
			to, i = append(to, s[i:i+n]...), i+n
		case c == '%' && i+2 < len(s):
			to, i = append(to, s[i:i+3]...), i+3
		case !wordByte(c):
			to, i = append(to, c), i+1
		default:
			n := r.stamp(&to, s[i:])
			if n == 0 {
				n = 1
				for i+n < len(s) && wordByte(s[i+n]) {
					n++
				}
				n = r.word(&to, s, i, n)
			}
			i += n
		}
	}
	return to
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
}

// stamp appends a date, or a time shifted, when s begins with one, and returns its length.
func (r *Renamer) stamp(to *[]byte, s []byte) int {
	const date, seconds = "2006-01-02", "2006-01-02T15:04:05"
	if len(s) < len(date) || s[4] != '-' || s[7] != '-' {
		return 0
	}
	if _, err := time.Parse(date, string(s[:len(date)])); err != nil {
		return 0
	}
	n := len(seconds)
	if len(s) < n || s[10] != 'T' {
		*to = append(*to, s[:len(date)]...)
		return len(date)
	}
	at, err := time.Parse(seconds, string(s[:n]))
	if err != nil {
		*to = append(*to, s[:len(date)]...)
		return len(date)
	}
	*to = at.Add(r.Shift.Truncate(time.Second)).AppendFormat(*to, seconds) // its fraction and zone follow unchanged
	for n < len(s) && (s[n] == '.' || s[n] >= '0' && s[n] <= '9') {
		*to = append(*to, s[n])
		n++
	}
	return n
}

// word appends the word s[i:i+n] renamed, and returns how much of s it took.
func (r *Renamer) word(to *[]byte, s []byte, i, n int) int {
	w := s[i : i+n]
	if bytes.HasPrefix(w, []byte("eyJ")) && i+n+1 < len(s) && s[i+n] == '.' {
		return r.token(to, s, i, n)
	}
	digits := digitsOf(w)
	fraction := digits == n && (i > 0 && s[i-1] == '.' || i+n < len(s) && s[i+n] == '.')
	switch {
	case digits < 3 || n < 6 || fraction:
		*to = append(*to, w...)
	case digits == n && (n == 10 || n == 13) && r.epoch(to, w):
	default:
		at := len(*to)
		*to = append(*to, w...)
		r.digits((*to)[at:])
	}
	return n
}

func digitsOf(w []byte) int {
	n := 0
	for _, c := range w {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}

// epoch appends a number of seconds or milliseconds since 1970, shifted; false when it is none of our years.
func (r *Renamer) epoch(to *[]byte, w []byte) bool {
	x, err := strconv.ParseInt(string(w), 10, 64)
	unit := time.Second
	if len(w) == 13 {
		unit = time.Millisecond
	}
	perSecond := int64(time.Second / unit)
	if err != nil || x < epochMin*perSecond || x > epochMax*perSecond {
		return false
	}
	*to = strconv.AppendInt(*to, x+int64(r.Shift/unit), 10)
	return true
}

// digits replaces the digits of a word, each by a rotation that depends on the round and its place from the end: words
// that differ still do. A zero stays, so that no number gets a leading one.
func (r *Renamer) digits(w []byte) {
	valid := len(w) == 17 && vinChecks(w)
	for i, c := range w {
		if c >= '1' && c <= '9' {
			x := uint32(r.Round)*2654435761 + uint32(len(w)-i)*40503 // Knuth's multiplicative hash
			w[i] = '1' + (c-'1'+1+byte(x>>16%8))%9
		}
	}
	if valid {
		w[8] = vinCheck(w)
	}
}

// token appends a JSON Web Token whose claims are renamed. Its signature is that of the old ones.
func (r *Renamer) token(to *[]byte, s []byte, i, n int) int {
	from := i + n + 1
	end := from
	for end < len(s) && wordByte(s[end]) {
		end++
	}
	claims := make([]byte, base64.RawURLEncoding.DecodedLen(end-from))
	m, err := base64.RawURLEncoding.Decode(claims, s[from:end])
	if err != nil {
		*to = append(*to, s[i:end]...)
		return end - i
	}
	*to = append(append(*to, s[i:i+n]...), '.')
	*to = base64.RawURLEncoding.AppendEncode(*to, r.text(nil, claims[:m]))
	return end - i
}

const vinValues = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ" // the value of a letter is its place modulo 10

// vinCheck is the check digit of a vehicle identification number (49 CFR 565.15).
func vinCheck(vin []byte) byte {
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i, w := range weights {
		sum += w * (strings.IndexByte(vinValues, vin[i]) % 10)
	}
	return "0123456789X"[sum%11]
}

// vinChecks says whether 17 characters are a vehicle identification number with a right check digit.
func vinChecks(w []byte) bool {
	for _, c := range w {
		if strings.IndexByte(vinValues, c) < 0 || c == '.' {
			return false
		}
	}
	return vinCheck(w) == w[8]
}
