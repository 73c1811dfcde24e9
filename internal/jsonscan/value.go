package jsonscan

import (
	"math"
	"strconv"
)

// Null reads a null if that is what comes next.
func (s *Scanner) Null() bool {
	if s.Peek() != 'n' {
		return false
	}
	s.word("null")
	return true
}

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	switch s.Peek() {
	case 't':
		s.word("true")
		return s.bad == ""
	case 'f':
		s.word("false")
	default:
		s.Fail("expected true or false")
	}
	return false
}

func (s *Scanner) word(w string) {
	if len(s.src)-s.pos < len(w) || string(s.src[s.pos:s.pos+len(w)]) != w {
		s.Fail("not a JSON value")
		return
	}
	s.pos += len(w)
}

// Int reads a number and cuts its fraction; beyond the range of int64 it is the nearest one.
func (s *Scanner) Int() int64 {
	f := s.Number()
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// Number reads a number, correctly rounded.
func (s *Scanner) Number() float64 {
	s.Peek()
	start := s.pos
	n := s.number()
	if s.bad != "" {
		return 0
	}
	f := float64(n.mantissa)
	// A product or quotient of two numbers that a float64 holds exactly is correctly rounded (Clinger 1990).
	switch {
	case n.digits <= 15 && n.exp == 0:
	case n.digits <= 15 && 0 < n.exp && n.exp <= 22:
		f *= powers[n.exp]
	case n.digits <= 15 && -22 <= n.exp && n.exp < 0:
		f /= powers[-n.exp]
	default:
		var err error
		if f, err = strconv.ParseFloat(String(s.src[start:s.pos]), 64); err != nil {
			s.pos = start
			s.Fail("number out of range")
		}
		return f
	}
	if n.negative {
		f = -f
	}
	return f
}

var powers = [23]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// A number is a decimal as it is written: mantissa × 10^exp.
type number struct {
	negative bool
	mantissa uint64 // wraps round beyond 19 digits; only up to 15 are used
	digits   int    // without leading zeros
	exp      int
}

// number reads "-12.5e-3".
func (s *Scanner) number() (n number) {
	if s.pos < len(s.src) && s.src[s.pos] == '-' {
		n.negative = true
		s.pos++
	}
	zero := s.pos < len(s.src) && s.src[s.pos] == '0'
	if k := s.digits(&n); k == 0 || zero && k > 1 {
		s.Fail("not a JSON value")
		return n
	}
	if s.pos < len(s.src) && s.src[s.pos] == '.' {
		s.pos++
		k := s.digits(&n)
		if k == 0 {
			s.Fail("number without digits behind the point")
		}
		n.exp -= k
	}
	if s.pos < len(s.src) && s.src[s.pos]|0x20 == 'e' {
		s.pos++
		n.exp += s.exponent()
	}
	return n
}

// digits reads digits into the mantissa and returns how many there were.
func (s *Scanner) digits(n *number) int {
	start, i := s.pos, s.pos
	for i < len(s.src) {
		c := s.src[i] - '0'
		if c > 9 {
			break
		}
		n.mantissa = n.mantissa*10 + uint64(c)
		if n.mantissa != 0 {
			n.digits++
		}
		i++
	}
	s.pos = i
	return i - start
}

func (s *Scanner) exponent() int {
	sign := 1
	if s.pos < len(s.src) && (s.src[s.pos] == '+' || s.src[s.pos] == '-') {
		if s.src[s.pos] == '-' {
			sign = -1
		}
		s.pos++
	}
	start, e := s.pos, 0
	for s.pos < len(s.src) && s.src[s.pos]-'0' <= 9 {
		e = min(e*10+int(s.src[s.pos]-'0'), 1<<20)
		s.pos++
	}
	if s.pos == start {
		s.Fail("number without an exponent")
	}
	return sign * e
}

// Raw reads any value and returns its text; it is valid as long as the text that was given to Reset.
func (s *Scanner) Raw() []byte {
	s.Peek()
	start := s.pos
	s.skip(0)
	if s.bad != "" {
		return nil
	}
	return s.src[start:s.pos]
}

// Skip reads any value and forgets it.
func (s *Scanner) Skip() { s.skip(0) }

func (s *Scanner) skip(depth int) {
	switch s.Peek() {
	case '"':
		s.skipString()
	case '{':
		if depth == MaxDepth {
			s.Fail("nested too deep")
			return
		}
		for ok := s.Enter('{'); ok; ok = s.More('}') {
			if s.Peek() != '"' {
				s.Fail("expected a string")
				return
			}
			s.skipString()
			if s.Peek() != ':' {
				s.Fail("expected a colon")
				return
			}
			s.pos++
			s.skip(depth + 1)
		}
	case '[':
		if depth == MaxDepth {
			s.Fail("nested too deep")
			return
		}
		for ok := s.Enter('['); ok; ok = s.More(']') {
			s.skip(depth + 1)
		}
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	case 'n':
		s.word("null")
	case 0:
		s.Fail("JSON text without an end")
	default:
		s.number()
	}
}

func (s *Scanner) skipString() {
	i := s.pos + 1
	for {
		i = findSpecial(s.src, i)
		switch {
		case i >= len(s.src):
			s.pos = i
			s.Fail("string without an end")
			return
		case s.src[i] == '"':
			s.pos = i + 1
			return
		case i+1 < len(s.src) && escapes[s.src[i+1]] != 0:
			i += 2
		case hex4(s.src[i:]) >= 0:
			i += 6
		default:
			s.pos = i
			s.Fail("bad escape in a string")
			return
		}
	}
}
