package inward

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// wrapsMax is how many addresses are looked for in a value that wraps others.
const wrapsMax = 8

// Find says where a value leads that is an address or wraps one: JSON or XML in a text, base64, percent-encoding left in
// place, slashes that lack or lean the other way, white space that parsers skip, or the metadata service's host alone.
func Find(v string) (Kind, string) {
	if v == "" {
		return None, ""
	}
	switch c := v[0]; {
	case c == '{', c == '[', c == '<', c == '"':
		return within(v)
	case c == 'a' && strings.HasPrefix(v, "aHR0c"), c == 'Z' && strings.HasPrefix(v, "Z29waG"), c == 'Z' && strings.HasPrefix(v, "ZmlsZT"): // http, goph, file:
		if b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(standard(v), "=")); err == nil {
			return loosely(string(b))
		}
	}
	if strings.IndexByte(v, '%') >= 0 {
		for range 2 {
			u, err := url.PathUnescape(v)
			if err != nil || u == v {
				break
			}
			v = u
		}
	}
	return loosely(v)
}

// loosely looks at a value as lenient parsers do.
func loosely(v string) (Kind, string) {
	if v == "" {
		return None, ""
	}
	if scheme, rest, ok := strings.Cut(v, "://"); ok && len(scheme) <= 12 {
		return Look(tidy(scheme) + "://" + rest)
	}
	if rest, ok := loose(v); ok {
		return Look("http://" + rest)
	}
	if k, why := Look(v); k != None { // jar:…
		return k, why
	}
	if v[0] != '1' && v[0] != 'm' && v[0] != 'i' || len(v) > 64 {
		return None, ""
	}
	if k, why := host(hostOf(v)); k == Metadata {
		return k, why
	}
	return None, ""
}

// standard returns base64url in the standard alphabet.
func standard(v string) string {
	if strings.IndexByte(v, '-') < 0 && strings.IndexByte(v, '_') < 0 {
		return v
	}
	return strings.NewReplacer("-", "+", "_", "/").Replace(v)
}

// within looks for addresses inside a text that wraps values in quotes or elements; the first that leads inside counts.
func within(v string) (Kind, string) {
	for range wrapsMax {
		i := strings.Index(v, "://")
		if i < 0 {
			return None, ""
		}
		from := strings.LastIndexAny(v[:i], "\"'<> ,[{(") + 1
		to := len(v)
		if n := strings.IndexAny(v[i:], "\"'<> ,}]"); n >= 0 {
			to = i + n
		}
		if k, why := Look(v[from:to]); k != None {
			return k, why
		}
		v = v[to:]
	}
	return None, ""
}

// loose reads addresses that parsers take though a slash lacks or leans the other way: "//host", "http:\\host",
// "http:/host". It returns what follows the slashes.
func loose(v string) (rest string, ok bool) {
	if strings.HasPrefix(v, "//") || strings.HasPrefix(v, "\\\\") {
		return v[2:], true
	}
	i := strings.IndexByte(v, ':')
	if i < 0 || i > 8 || i+1 == len(v) || v[i+1] != '/' && v[i+1] != '\\' {
		return "", false
	}
	switch strings.ToLower(tidy(v[:i])) {
	case "http", "https", "ftp", "ws", "wss":
		return strings.TrimLeft(v[i+1:], "/\\"), true
	}
	return "", false
}

// tidy takes out white space and control characters that parsers of addresses skip (WHATWG URL, section 4.4).
func tidy(v string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, v)
}
