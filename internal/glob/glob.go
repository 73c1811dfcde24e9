// Package glob matches names and path templates against patterns.
package glob

import (
	"path"
	"strings"
)

// Match says whether a value fits a pattern, whose * stands for any text.
func Match(pattern, v string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(v, head) {
		return false
	}
	v = v[len(head):]
	if !star {
		return v == ""
	}
	for {
		part, more, again := strings.Cut(rest, "*")
		if !again {
			return strings.HasSuffix(v, part)
		}
		i := strings.Index(v, part)
		if i < 0 {
			return false
		}
		v, rest = v[i+len(part):], more
	}
}

// Path says whether a path template fits a pattern: * stands for a segment or a part of it, ** for any number of segments,
// and any {name} for any parameter.
func Path(pattern, template string) bool {
	return segments(strings.Split(pattern, "/"), strings.Split(template, "/"))
}

func segments(globs, parts []string) bool {
	for i, g := range globs {
		if g == "**" {
			for n := len(parts); n >= i; n-- {
				if segments(globs[i+1:], parts[n:]) {
					return true
				}
			}
			return false
		}
		if i >= len(parts) || !segment(g, parts[i]) {
			return false
		}
	}
	return len(globs) == len(parts)
}

// segment matches one segment; two parameters are alike whatever their names.
func segment(g, part string) bool {
	if strings.HasPrefix(g, "{") {
		return strings.HasPrefix(part, "{")
	}
	ok, err := path.Match(g, part)
	return err == nil && ok
}
