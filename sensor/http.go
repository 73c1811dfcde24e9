package sensor

import (
	"strconv"
	"strings"
)

// Host splits the port off a host name and makes the name lower case, without the final dot. port is kept when the name
// has none.
func Host(name string, port int) (string, int) {
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.Contains(name[i+1:], "]") &&
		(name[0] == '[' || strings.IndexByte(name, ':') == i) {
		if p, err := strconv.ParseUint(name[i+1:], 10, 16); err == nil && port == 0 {
			port = int(p)
		}
		name = name[:i]
	}
	if n := len(name); n > 2 && name[0] == '[' && name[n-1] == ']' {
		name = name[1 : n-1]
	}
	return strings.ToLower(strings.TrimSuffix(name, ".")), port
}

// HTTPVersion brings "HTTP/1.1", "h2" and "2.0" to the contract's "1.1" and "2".
func HTTPVersion(s string) string {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		s = s[i+1:]
	}
	switch s {
	case "2.0", "h2", "h2c":
		return "2"
	case "3.0", "h3":
		return "3"
	}
	return s
}
