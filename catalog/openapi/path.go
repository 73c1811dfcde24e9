package openapi

import (
	"strconv"
	"strings"
)

// cleanPath makes a learned template a path of OpenAPI: it begins with a slash, has no query, braces stand around
// parameters only, and every parameter has a name of its own.
func cleanPath(template string) string {
	if !strings.HasPrefix(template, "/") {
		template = "/" + template
	}
	var b strings.Builder
	names := map[string]bool{}
	for rest := template; rest != ""; {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			b.WriteString(literal(rest))
			break
		}
		b.WriteString(literal(rest[:i]))
		j := strings.IndexAny(rest[i+1:], "{}/")
		if j < 0 || rest[i+1+j] != '}' {
			b.WriteString("%7B") // a brace of the path itself
			rest = rest[i+1:]
			continue
		}
		name := paramName(rest[i+1 : i+1+j])
		unique := name
		for n := 2; names[unique]; n++ {
			unique = name + strconv.Itoa(n)
		}
		names[unique] = true
		b.WriteString("{" + unique + "}")
		rest = rest[i+j+2:]
	}
	return b.String()
}

// literal escapes what may not stand in a path.
func literal(s string) string {
	if !strings.ContainsAny(s, "?#{}") {
		return s
	}
	return strings.NewReplacer("?", "%3F", "#", "%23", "{", "%7B", "}", "%7D").Replace(s)
}

func paramName(s string) string {
	s = strings.Map(func(c rune) rune {
		if c == '?' || c == '#' || c == '*' || c == '+' || c < ' ' {
			return -1
		}
		return c
	}, s)
	if s == "" {
		return "param"
	}
	return s
}

// pathNames returns the names of a path's parameters in order.
func pathNames(path string) []string {
	var out []string
	for {
		i := strings.IndexByte(path, '{')
		if i < 0 {
			return out
		}
		j := strings.IndexByte(path[i:], '}')
		out = append(out, path[i+1:i+j])
		path = path[i+j+1:]
	}
}

// blank returns a path with the names of its parameters removed.
func blank(path string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(path, '{')
		if i < 0 {
			b.WriteString(path)
			return b.String()
		}
		b.WriteString(path[:i] + "{}")
		path = path[i+strings.IndexByte(path[i:], '}')+1:]
	}
}
