package schema

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrMalformed says that a body is not what its content type or its beginning promises; what was readable was kept.
var ErrMalformed = errors.New("malformed body")

// json walks one JSON value, and what follows it if more is set (values one after the other, as in NDJSON).
func (w *Walker) json(root *node, src []byte, more bool) error {
	w.src, w.text, w.pos = src, view(src), 0
	for {
		w.space()
		if w.value(root, 0, -1, more); w.err != nil {
			break
		}
		w.space()
		if w.pos >= len(src) {
			break
		}
		if !more {
			w.fail()
			break
		}
	}
	return w.err
}

func (w *Walker) fail() {
	if w.err == nil {
		w.err = ErrMalformed
	}
}

func (w *Walker) space() {
	if w.pos < len(w.src) && w.src[w.pos] <= ' ' {
		w.blanks()
	}
}

func (w *Walker) blanks() {
	for w.pos < len(w.src) {
		switch w.src[w.pos] {
		case ' ', '\n', '\r', '\t':
			w.pos++
		default:
			return
		}
	}
}

// value walks one value that begins here.
func (w *Walker) value(n *node, depth int, at int32, array bool) {
	if w.pos >= len(w.src) {
		w.fail()
		return
	}
	switch c := w.src[w.pos]; c {
	case '"':
		if s, ok := w.str(); ok {
			w.leaf(n, kindText, s, at)
		}
	case '{', '[':
		switch {
		case depth >= depthMax || len(w.Nodes) >= leavesMax:
			w.Lost++
			w.skip()
		case c == '{':
			n.kinds[kindObject]++
			w.object(n, depth, w.open(at, array))
		default:
			n.kinds[kindArray]++
			w.array(n, depth, at)
		}
	case 't':
		w.literal(n, kindBool, "true", at)
	case 'f':
		w.literal(n, kindBool, "false", at)
	case 'n':
		w.literal(n, kindNull, "null", at)
	default:
		w.number(n, at)
	}
}

func (w *Walker) literal(n *node, kind int, word string, at int32) {
	if len(w.text)-w.pos < len(word) || w.text[w.pos:w.pos+len(word)] != word {
		w.fail()
		return
	}
	w.pos += len(word)
	w.leaf(n, kind, word, at)
}

// object walks the members of an object; the position is at its brace.
func (w *Walker) object(n *node, depth int, me int32) {
	m := n.members
	if m == nil {
		m = n.membersOf()
	}
	m.opened++
	opened := m.opened
	w.pos++
	w.space()
	if w.pos < len(w.src) && w.src[w.pos] == '}' {
		w.pos++
		m.closed++
		return
	}
	for hint := 0; ; {
		var k *node
		if k, hint = w.member(n, m, hint, me); k == nil {
			return
		}
		if k.stamp != opened {
			k.stamp = opened
			k.seen++
		}
		if k.sign != 0 {
			w.signed(k)
		}
		w.value(k, depth+1, me, false)
		w.space()
		if w.err != nil || w.pos >= len(w.src) {
			w.fail()
			return
		}
		c := w.src[w.pos]
		w.pos++
		if c == '}' {
			m.closed++
			return
		}
		if c != ',' {
			w.fail()
			return
		}
		w.space()
	}
}

// lookAhead is how many of the fields that may follow are compared with the text before the name is looked up: fields
// that are there at times are passed over.
const lookAhead = 3

// member reads a member's name and the colon, and finds its node: most often the one that followed last time.
func (w *Walker) member(n *node, m *members, hint int, me int32) (k *node, next int) {
	for i := hint; i < min(hint+lookAhead, len(m.list)); i++ {
		if l := m.list[i]; !l.odd && w.expect(l.key) {
			w.pos += len(l.key) + 2
			k, next = l, i+1
			break
		}
	}
	if k == nil {
		if w.pos >= len(w.src) || w.src[w.pos] != '"' {
			w.fail()
			return nil, 0
		}
		name, ok := w.str()
		if !ok {
			return nil, 0
		}
		if k, next = w.tree.kid(n, m, name, hint); k == m.wild {
			w.key(n, m, name, me)
		}
	}
	w.space()
	if w.pos >= len(w.src) || w.src[w.pos] != ':' {
		w.fail()
		return nil, 0
	}
	w.pos++
	w.space()
	return k, next
}

// expect says whether the text goes on with that name in quotes.
func (w *Walker) expect(key string) bool {
	end := w.pos + len(key) + 1
	return end < len(w.src) && w.src[end] == '"' && w.src[w.pos] == '"' && w.text[w.pos+1:end] == key
}

// array walks the elements of an array; the position is at its bracket.
func (w *Walker) array(n *node, depth int, at int32) {
	w.pos++
	w.space()
	if w.pos < len(w.src) && w.src[w.pos] == ']' {
		w.pos++
		return
	}
	e := n.element
	if e == nil {
		e = w.tree.elements(n)
	}
	for {
		e.seen++
		w.value(e, depth+1, at, true)
		w.space()
		if w.err != nil || w.pos >= len(w.src) {
			w.fail()
			return
		}
		c := w.src[w.pos]
		w.pos++
		if c == ']' {
			return
		}
		if c != ',' {
			w.fail()
			return
		}
		w.space()
	}
}

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	quotes = 0x2222222222222222
	slants = 0x5c5c5c5c5c5c5c5c
)

// special returns the index of the first quote or backslash at or after i, or len(src). Eight bytes at a time: a byte
// of x is zero exactly where the high bit of (x-ones)&^x is the lowest one set.
func special(src []byte, i int) int {
	for ; i+8 <= len(src); i += 8 {
		v := binary.LittleEndian.Uint64(src[i:])
		q, b := v^quotes, v^slants
		if m := ((q-ones)&^q | (b-ones)&^b) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(src) && src[i] != '"' && src[i] != '\\' {
		i++
	}
	return i
}

// str reads a string; the position is at its quote. Control characters may stand in it as they are: many writers put them there.
func (w *Walker) str() (string, bool) {
	start := w.pos + 1
	i := special(w.src, start)
	if i >= len(w.src) {
		w.fail()
		return "", false
	}
	if w.src[i] == '"' {
		w.pos = i + 1
		return w.text[start:i], true
	}
	return w.escaped(start, i)
}

// escaped reads the string that began at start and has its first backslash at i.
func (w *Walker) escaped(start, i int) (string, bool) {
	b := append(make([]byte, 0, i-start+32), w.src[start:i]...)
	for i < len(w.src) {
		if w.src[i] == '"' {
			w.pos = i + 1
			return view(b), true
		}
		if i+1 >= len(w.src) {
			break
		}
		switch c := w.src[i+1]; c {
		case 'u':
			r, n := unicodeEscape(w.src[i:])
			if n == 0 {
				w.fail()
				return "", false
			}
			b, i = utf8.AppendRune(b, r), i+n
		default:
			if escapes[c] == 0 {
				w.fail()
				return "", false
			}
			b, i = append(b, escapes[c]), i+2
		}
		next := special(w.src, i)
		b, i = append(b, w.src[i:next]...), next
	}
	w.fail()
	return "", false
}

// escapes gives the meaning of the byte behind a backslash; 0 is none.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unicodeEscape reads \uXXXX, or two of them that make a surrogate pair, and returns the bytes read; 0 for none.
func unicodeEscape(src []byte) (r rune, n int) {
	hi, ok := hex4(src)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(hi) {
		return hi, 6
	}
	if lo, ok := hex4(src[6:]); ok {
		if r = utf16.DecodeRune(hi, lo); r != utf8.RuneError {
			return r, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(src []byte) (rune, bool) {
	if len(src) < 6 || src[0] != '\\' || src[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(view(src[2:6]), 16, 16)
	return rune(v), err == nil && src[2] != '+'
}

// number reads a number as RFC 8259 has it.
func (w *Walker) number(n *node, at int32) {
	start, src := w.pos, w.src
	i := start
	if i < len(src) && src[i] == '-' {
		i++
	}
	first := i
	i = digits(src, i)
	if i == first || src[first] == '0' && i > first+1 {
		w.fail()
		return
	}
	kind := kindInteger
	if i < len(src) && src[i] == '.' {
		kind = kindNumber
		frac := i + 1
		if i = digits(src, frac); i == frac {
			w.fail()
			return
		}
	}
	if i < len(src) && src[i]|0x20 == 'e' {
		kind = kindNumber
		if i++; i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		exp := i
		if i = digits(src, exp); i == exp {
			w.fail()
			return
		}
	}
	w.pos = i
	w.leaf(n, kind, w.text[start:i], at)
}

// digits returns the index of the first byte at or after i that is no digit.
func digits(src []byte, i int) int {
	for i < len(src) && src[i]-'0' <= 9 {
		i++
	}
	return i
}

// skip passes over an object or array without looking into it.
func (w *Walker) skip() {
	depth := 0
	for w.pos < len(w.src) {
		switch w.src[w.pos] {
		case '"':
			for i := special(w.src, w.pos+1); ; i = special(w.src, i+2) {
				if i >= len(w.src) || w.src[i] == '"' {
					w.pos = i
					break
				}
				if i+2 > len(w.src) {
					w.pos = len(w.src)
					break
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		w.pos++
		if depth == 0 {
			return
		}
	}
	w.fail()
}
