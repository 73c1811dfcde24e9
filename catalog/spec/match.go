package spec

import "strings"

// segments splits a template or path into its segments, each parameter written {}.
func segments(template string) []string {
	if i := strings.IndexAny(template, "?#"); i >= 0 && !strings.Contains(template[:i], "{") {
		template = template[:i]
	}
	parts := strings.Split(strings.Trim(template, "/"), "/")
	for i, p := range parts {
		parts[i] = blank(p)
	}
	return parts
}

// blank replaces the parameters of a segment by {}; {x+} and {x*}, which take more than one segment, by {*}.
func blank(seg string) string {
	if strings.IndexByte(seg, '{') < 0 {
		return seg
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(seg, '{')
		j := strings.IndexByte(seg, '}')
		if i < 0 || j < i {
			b.WriteString(seg)
			return b.String()
		}
		b.WriteString(seg[:i])
		if j > i+1 && (seg[j-1] == '+' || seg[j-1] == '*') {
			b.WriteString("{*}")
		} else {
			b.WriteString("{}")
		}
		seg = seg[j+1:]
	}
}

// Points of one segment.
const (
	pointsSame = 4 // the same literal, or parameters in the same places
	pointsFits = 1 // a literal where the description has a parameter, or a parameter where it has a parameter with more around it
)

// fit says how well a path fits a documented template; -1 when it does not.
func fit(doc, path []string) int {
	if n := len(doc); n > 0 && strings.Contains(doc[n-1], "{*}") {
		if len(path) < n {
			return -1
		}
		return fitEach(doc[:n-1], path[:n-1])
	}
	if len(doc) != len(path) {
		return -1
	}
	return fitEach(doc, path)
}

func fitEach(doc, path []string) int {
	sum := 0
	for i, d := range doc {
		n := fitSegment(d, path[i])
		if n < 0 {
			return -1
		}
		sum += n
	}
	return sum
}

func fitSegment(doc, seg string) int {
	param := strings.Contains(doc, "{}")
	switch {
	case doc == seg:
		return pointsSame
	case !param:
		return -1
	case seg == "{}" || like(doc, seg):
		return pointsFits
	}
	return -1
}

// like says whether a segment fits a documented one with parameters inside: {id}.json, {a}:start.
func like(doc, seg string) bool {
	parts := strings.Split(doc, "{}")
	if !strings.HasPrefix(seg, parts[0]) {
		return false
	}
	seg = seg[len(parts[0]):]
	for i, p := range parts[1:] {
		last := i == len(parts)-2
		if last {
			return len(seg) > len(p) && strings.HasSuffix(seg, p)
		}
		j := strings.Index(seg, p)
		if p == "" {
			j = min(1, len(seg))
		}
		if j < 1 {
			return false
		}
		seg = seg[j+len(p):]
	}
	return seg == ""
}

// succeeded says whether the descriptions hold a newer version of an operation they do not hold: /v1/x while /v2/x is
// documented, or x on v1.host while v2.host documents it.
func (s *Set) succeeded(a *api, host, method, template string) bool {
	path := segments(template)
	at, version := versionOf(path)
	if a != nil && at >= 0 && a.newer(method, path, at, version) {
		return true
	}
	stem, old := hostVersion(bareHost(host))
	if old < 0 {
		return false
	}
	for _, name := range s.names {
		other, v := hostVersion(name)
		if other != stem || v <= old {
			continue
		}
		next := s.hosts[name]
		if next.match(method, path) != nil || at >= 0 && next.newer(method, path, at, version) {
			return true
		}
	}
	return false
}

// newer says whether the host documents the operation with a higher version in the same place.
func (a *api) newer(method string, path []string, at, version int) bool {
	for _, o := range a.ops {
		if o.Method != method || len(o.segments) != len(path) {
			continue
		}
		i, v := versionOf(o.segments)
		if i != at || v <= version {
			continue
		}
		if fitEach(o.segments[:at], path[:at]) >= 0 && similar(o.segments[at+1:], path[at+1:]) {
			return true
		}
	}
	return false
}

// similar compares what follows the version: parameters fit parameters, nouns may have changed their number.
func similar(a, b []string) bool {
	for i := range a {
		if fitSegment(a[i], b[i]) < 0 && singular(a[i]) != singular(b[i]) {
			return false
		}
	}
	return len(a) > 0
}

func singular(s string) string { return strings.TrimSuffix(strings.ToLower(s), "s") }

// versionOf returns the place and the number of the first segment that is a version: v2, v2.1, or a bare number among
// the first two segments of a longer path (/api/1/vehicles). Minor versions count in the last three digits.
func versionOf(path []string) (at, version int) {
	for i, seg := range path {
		if v, ok := versionNumber(seg, i > 0 && i <= 2 && i < len(path)-1); ok {
			return i, v
		}
	}
	return -1, -1
}

// versionNumber reads v2, v2.1, 2.1 (bare numbers only where allowed) as 2000, 2001, 2001.
func versionNumber(seg string, bare bool) (int, bool) {
	s := strings.ToLower(seg)
	rest := strings.TrimPrefix(s, "v")
	if rest == s && !bare || rest == "" || len(rest) > 8 {
		return 0, false
	}
	major, minor, dots := 0, 0, 0
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '.' && i > 0 && i < len(rest)-1 && dots < 2:
			dots++
		case c < '0' || c > '9':
			return 0, false
		case dots == 0:
			major = major*10 + int(c-'0')
		default:
			minor = minor*10 + int(c-'0')
		}
	}
	if major > 99 {
		return 0, false // an identifier or a year
	}
	return major*1000 + min(minor, 999), true
}

// hostVersion splits a host name into the version one of its labels carries and the name without it: v1.api.x, api-v2.x,
// api2.x. The version is -1 when there is none.
func hostVersion(host string) (stem string, version int) {
	labels := strings.Split(host, ".")
	for i, l := range labels {
		if i >= len(labels)-2 {
			break // the registered name is no version
		}
		j := len(l)
		for j > 0 && l[j-1] >= '0' && l[j-1] <= '9' {
			j--
		}
		if j == len(l) || len(l)-j > 2 {
			continue
		}
		v := 0
		for _, c := range l[j:] {
			v = v*10 + int(c-'0')
		}
		name := strings.TrimSuffix(l[:j], "v")
		labels[i] = strings.TrimSuffix(name, "-") + "#"
		return strings.Join(labels, "."), v
	}
	return host, -1
}
