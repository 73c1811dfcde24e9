// Package jsonscan reads JSON of a known shape at the speed of memory: the caller asks for what it expects next and the
// scanner walks the text once. There is no tree, no reflection and, but for the one buffer that holds the strings, no
// allocation.
//
//	var s jsonscan.Scanner
//	s.Reset(line)
//	for ok := s.Enter('{'); ok; ok = s.More('}') {
//		switch string(s.Key()) {
//		case "name":
//			name = s.Text()
//		default:
//			s.Skip()
//		}
//	}
//	if err := s.End(); err != nil { … }
//
// The first error sticks and ends every loop. Text is read as RFC 8259 has it, with two liberties that real senders
// take: control characters may stand in strings unescaped, and bytes that are not UTF-8 are passed on as they are.
package jsonscan

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// MaxDepth is how deep values may nest.
const MaxDepth = 256

// A Scanner walks one JSON text. Use [Scanner.Reset] before the first call.
type Scanner struct {
	src []byte
	pos int
	// room holds the strings that were read: each byte of src gives at most one byte here, and eight more let a word be
	// stored whole.
	room []byte
	bad  string
	at   int
}

// slack is how many bytes beyond its end a copy by words may write.
const slack = 8

// Reset makes the scanner read src. Strings it returns live in one new buffer of the size of src.
func (s *Scanner) Reset(src []byte) {
	*s = Scanner{src: src, room: make([]byte, 0, len(src)+slack)}
}

// Fail records an error, unless there is one, and ends the scan.
func (s *Scanner) Fail(reason string) {
	if s.bad == "" {
		s.bad, s.at = reason, s.pos
		s.pos = len(s.src)
	}
}

// OK says that there was no error so far.
func (s *Scanner) OK() bool { return s.bad == "" }

// Err returns the first error.
func (s *Scanner) Err() error {
	if s.bad == "" {
		return nil
	}
	return errors.New(s.bad + " at byte " + strconv.Itoa(s.at+1))
}

// End returns the first error; text behind the value is one.
func (s *Scanner) End() error {
	if s.Peek() != 0 && s.bad == "" {
		s.Fail("text behind the end of the JSON value")
	}
	return s.Err()
}

// Peek returns the first byte of the next value or punctuation, 0 at the end.
func (s *Scanner) Peek() byte {
	if s.pos < len(s.src) && s.src[s.pos] > ' ' {
		return s.src[s.pos]
	}
	return s.peekBlank()
}

func (s *Scanner) peekBlank() byte {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		case 0:
			s.Fail("NUL byte outside of a string")
			return 0
		default:
			return c
		}
	}
	return 0
}

// Enter goes into an object ('{') or array ('[') and says whether it has anything in it.
func (s *Scanner) Enter(open byte) bool {
	if s.Peek() != open {
		s.Fail(expected(open))
		return false
	}
	s.pos++
	if s.Peek() == open+2 { // '}' is '{'+2 and ']' is '['+2
		s.pos++
		return false
	}
	return s.bad == ""
}

// More goes on to the next member and says whether there is one; end is '}' or ']'.
func (s *Scanner) More(end byte) bool {
	switch s.Peek() {
	case ',':
		s.pos++
		return true
	case end:
		s.pos++
		return false
	}
	s.Fail(expected(end))
	return false
}

func expected(c byte) string {
	switch c {
	case '{':
		return "expected an object"
	case '[':
		return "expected an array"
	case '}':
		return "expected a comma or the end of the object"
	case ']':
		return "expected a comma or the end of the array"
	}
	return "expected a string"
}

// Key reads a member's name and the colon. The result is valid until the next call.
func (s *Scanner) Key() []byte {
	k := s.View()
	if s.Peek() != ':' {
		s.Fail("expected a colon")
		return nil
	}
	s.pos++
	return k
}

// KeyText is Key for a name that is kept. Its bytes are the scanner's own and may be changed until the name is used.
func (s *Scanner) KeyText() []byte {
	k := s.Bytes()
	if s.Peek() != ':' {
		s.Fail("expected a colon")
		return nil
	}
	s.pos++
	return k
}

// View reads a string without keeping it: the result is valid as long as the text that was given to Reset.
func (s *Scanner) View() []byte {
	if s.Peek() != '"' {
		s.Fail("expected a string")
		return nil
	}
	start := s.pos + 1
	i := findSpecial(s.src, start)
	if i < len(s.src) && s.src[i] == '"' {
		s.pos = i + 1
		return s.src[start:i]
	}
	return s.unescape(start, i)
}

// Bytes reads a string into the scanner's buffer. The result may be changed and kept.
func (s *Scanner) Bytes() []byte {
	if s.Peek() != '"' {
		s.Fail("expected a string")
		return nil
	}
	start := s.pos + 1
	i := findSpecial(s.src, start)
	if i < len(s.src) && s.src[i] == '"' {
		s.pos = i + 1
		return s.Keep(s.src[start:i])
	}
	return s.unescape(start, i)
}

// Text is Bytes as a string that shares the buffer.
func (s *Scanner) Text() string { return String(s.Bytes()) }

// String returns b as a string without copying it; b must not change any more.
func String(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Keep copies a part of the text, such as a result of Raw, into the scanner's buffer.
func (s *Scanner) Keep(b []byte) []byte {
	n := len(s.room)
	s.room = append(s.room, b...)
	return s.room[n:len(s.room):len(s.room)]
}

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	quotes = 0x2222222222222222
	slants = 0x5c5c5c5c5c5c5c5c
)

// special marks the lowest quote or backslash of eight bytes by the high bit of its byte; marks above it can be wrong.
func special(w uint64) uint64 {
	q, b := w^quotes, w^slants
	return ((q-ones)&^q | (b-ones)&^b) & highs
}

// findSpecial returns the index of the first quote or backslash at or after i, or len(src).
func findSpecial(src []byte, i int) int {
	for ; i+8 <= len(src); i += 8 {
		if m := special(binary.LittleEndian.Uint64(src[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(src) && src[i] != '"' && src[i] != '\\' {
		i++
	}
	return i
}

// escapes gives the meaning of the byte behind a backslash; 0 is none.
var escapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// unescape reads the string that began at start; up to i there is nothing special.
func (s *Scanner) unescape(start, i int) []byte {
	src := s.src
	if cap(s.room)-len(s.room) < len(src)-start+slack { // only after something was kept twice
		s.room = make([]byte, 0, len(src)-start+slack)
	}
	begin := len(s.room)
	dst := s.room[:cap(s.room)]
	d := begin + copy(dst[begin:], src[start:i])
	for i < len(src) && src[i] != '"' {
		if src[i] == '\\' {
			if i+1 < len(src) && escapes[src[i+1]] != 0 {
				dst[d] = escapes[src[i+1]]
				d, i = d+1, i+2
			} else if n, used := unescapeUnicode(dst[d:], src[i:]); used > 0 {
				d, i = d+n, i+used
			} else {
				s.pos = i
				s.Fail("bad escape in a string")
				return nil
			}
		}
		n := copyPlain(dst[d:], src[i:])
		d, i = d+n, i+n
	}
	if i < len(src) {
		s.pos, s.room = i+1, dst[:d]
		return dst[begin:d:d]
	}
	s.pos = i
	s.Fail("string without an end")
	return nil
}

// copyPlain copies up to the first quote or backslash, by words: up to [slack] bytes behind what it counts are written.
func copyPlain(dst, src []byte) int {
	n := 0
	for len(src) >= 8 && len(dst) >= 8 {
		w := binary.LittleEndian.Uint64(src)
		binary.LittleEndian.PutUint64(dst, w)
		if m := special(w); m != 0 {
			return n + bits.TrailingZeros64(m)>>3
		}
		n += 8
		src, dst = src[8:], dst[8:]
	}
	for i, c := range src {
		if c == '"' || c == '\\' {
			return n + i
		}
		dst[i] = c
	}
	return n + len(src)
}

// unescapeUnicode reads "\u1234" or a pair of surrogates; half a pair becomes U+FFFD. used is 0 when it is none.
func unescapeUnicode(dst, src []byte) (n, used int) {
	r := hex4(src)
	if r < 0 {
		return 0, 0
	}
	used = 6
	if utf16.IsSurrogate(r) {
		pair := utf16.DecodeRune(r, hex4(src[6:]))
		if r = pair; pair != utf8.RuneError {
			used = 12
		}
	}
	return utf8.EncodeRune(dst, r), used
}

// hex4 returns the value of the "\u1234" that src begins with, or -1.
func hex4(src []byte) rune {
	if len(src) < 6 || src[0] != '\\' || src[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range src[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
