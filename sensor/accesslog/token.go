package accesslog

import (
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden/sensor"
)

// A token is a field of a text log: a bare word, "quoted" or [in brackets].
type token struct {
	text  string
	delim byte // '"', '[' or 0
}

// maxTokens is how many fields of a line are looked at.
const maxTokens = 64

// tokens takes a line apart. A field without its closing delimiter reaches to the end of the line.
func tokens(line []byte) []token {
	list := make([]token, 0, 24)
	s := string(line)
	for len(list) < maxTokens {
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			break
		}
		var t token
		switch s[0] {
		case '"':
			t.delim = '"'
			t.text, s = quoted(s[1:])
		case '[':
			t.delim = '['
			text, rest, _ := strings.Cut(s[1:], "]")
			t.text, s = text, rest
		default:
			i := strings.IndexAny(s, " \t")
			if i < 0 {
				i = len(s)
			}
			t.text, s = s[:i], s[i:]
		}
		list = append(list, t)
	}
	return list
}

// quoted reads up to the closing quote and undoes the escapes of nginx (\x22) and Apache (\").
func quoted(s string) (text, rest string) {
	end := 0
	escaped := false
	for end < len(s) && s[end] != '"' {
		if s[end] == '\\' && end+1 < len(s) {
			escaped = true
			end++
		}
		end++
	}
	text = s[:end]
	if end < len(s) {
		rest = s[end+1:]
	}
	if escaped {
		text = unescape(text)
	}
	return text, rest
}

func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'x':
			if i+3 <= len(s) {
				if v, err := strconv.ParseUint(s[i+1:min(i+3, len(s))], 16, 8); err == nil {
					b = append(b, byte(v))
					i += 2
					continue
				}
			}
			b = append(b, '\\', 'x')
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

// size reads a number of bytes; -1 when there is none.
func size(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func status(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 999 {
		return 0
	}
	return n
}

// seconds reads "0.042" in seconds; what is no time of a call is 0.
func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0) || f > 1e7 {
		return 0
	}
	return time.Duration(f*1e9 + 0.5)
}

// layouts are forms of time that are not RFC 3339; one without a zone is taken as UTC.
var layouts = [...]string{
	"02/Jan/2006:15:04:05 -0700", "02/Jan/2006:15:04:05.000 -0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
	"2006-01-02 15:04:05.999999999 -0700 MST", "2006/01/02 15:04:05.999999999", "02/Jan/2006:15:04:05", time.RFC1123, time.RFC1123Z,
	"Mon Jan _2 15:04:05.999999999 2006",
}

// when reads a time in any form that logs have: text, or seconds, milli-, micro- or nanoseconds since 1970.
func when(s string) time.Time {
	if len(s) > 64 {
		return time.Time{}
	}
	if t, ok := sensor.ParseTime([]byte(s)); ok {
		return inRange(t)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return epoch(s, f)
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return inRange(t.UTC())
		}
	}
	return time.Time{}
}

// inRange drops times that nanoseconds since 1970 cannot count.
func inRange(t time.Time) time.Time {
	if y := t.Year(); y < 1678 || y > 2261 {
		return time.Time{}
	}
	return t
}

// epoch tells the unit by size: a number of seconds is in the years 1990 to 2200.
func epoch(s string, f float64) time.Time {
	const from, to = 6.3e8, 7.3e9
	unit := int64(time.Second)
	for ; unit > 1 && f >= to; f /= 1000 {
		unit /= 1000
	}
	if f < from || f >= to {
		return time.Time{}
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	var t time.Time
	switch unit {
	case int64(time.Second):
		t = time.Unix(n, 0)
	case int64(time.Millisecond):
		t = time.UnixMilli(n)
	case int64(time.Microsecond):
		t = time.UnixMicro(n)
	default:
		t = time.Unix(0, n)
	}
	if fraction != "" {
		part, err := strconv.ParseFloat("0."+fraction, 64)
		if err == nil {
			t = t.Add(time.Duration(part*float64(unit) + 0.5))
		}
	}
	return t.UTC()
}
