package segment

import "strings"

// A Token is one step of a path in the trie: a segment, or a part of one. Segments that carry structure of their own
// are taken apart, so that `17.json` and `18.json`, `17:cancel` and `Cars(17)` meet in the trie:
//
//	17.json          17  .json
//	17:cancel        17  :cancel
//	Cars(17)         Cars  (  17
//	map;x=1;y=2      map  ;x=  1  ;y=  2
//
// All texts are substrings of the path: taking a path apart allocates nothing.
type Token struct {
	Text  string
	Role  Role
	Index int // of the path segment it belongs to
}

// A Role says what a token is to its segment.
type Role uint8

const (
	Whole Role = iota // the segment, or its first part
	Value             // the value in parentheses or of a matrix parameter: may be a parameter, follows without a slash
	Fixed             // a suffix, a parenthesis or the name of a matrix parameter: never a parameter, follows without a slash
)

// depthMax is the number of tokens of a path that are looked at; what lies deeper is one path to the learner.
const depthMax = 24

// Tokens appends the tokens of a path to dst and says whether the path ends in a slash. Empty segments are skipped.
func Tokens(path string, dst []Token) (_ []Token, slash bool) {
	index := 0
	for start := 0; start < len(path); {
		if path[start] == '/' {
			start++
			continue
		}
		end := strings.IndexByte(path[start:], '/')
		if end < 0 {
			end = len(path)
		} else {
			end += start
		}
		if len(dst) >= depthMax-2 {
			end = len(path)
			return append(dst, Token{path[start:end], Whole, index}), false
		}
		dst = segment(path[start:end], index, dst)
		index++
		start = end
	}
	return dst, len(path) > 1 && path[len(path)-1] == '/'
}

// segment appends the tokens of one non-empty segment.
func segment(s string, index int, dst []Token) []Token {
	verb, ext := "", ""
	if i := strings.LastIndexByte(s, ':'); i > 0 && s[i-1] != ':' && isVerb(s[i+1:]) {
		s, verb = s[:i], s[i:]
	}
	if i := strings.LastIndexByte(s, '.'); i > 0 && isExtension(s[i+1:]) {
		s, ext = s[:i], s[i:]
	}
	switch i := strings.IndexAny(s, "(;"); {
	case i > 0 && s[i] == '(' && s[len(s)-1] == ')':
		dst = append(dst, Token{s[:i], Whole, index}, Token{s[i : i+1], Fixed, index})
		if i+1 < len(s)-1 {
			dst = append(dst, Token{s[i+1 : len(s)-1], Value, index})
		}
	case i > 0 && s[i] == ';':
		dst = matrix(s, i, index, dst)
	default:
		dst = append(dst, Token{s, Whole, index})
	}
	if ext != "" {
		dst = append(dst, Token{ext, Fixed, index})
	}
	if verb != "" {
		dst = append(dst, Token{verb, Fixed, index})
	}
	return dst
}

// matrixMax is the number of matrix parameters of a segment that are told apart.
const matrixMax = 4

// matrix appends the tokens of a segment with matrix parameters, the first of which begins at i.
func matrix(s string, i, index int, dst []Token) []Token {
	dst = append(dst, Token{s[:i], Whole, index})
	s = s[i:]
	for n := 0; s != ""; n++ {
		end := strings.IndexByte(s[1:], ';') + 1
		if end == 0 || n == matrixMax {
			end = len(s)
		}
		part := s[:end]
		s = s[end:]
		if eq := strings.IndexByte(part, '='); eq > 0 {
			dst = append(dst, Token{part[:eq+1], Fixed, index})
			if eq+1 < len(part) {
				dst = append(dst, Token{part[eq+1:], Value, index})
			}
			continue
		}
		dst = append(dst, Token{part, Fixed, index})
	}
	return dst
}

// isVerb says whether s is written as the custom methods of resources are: cancel, batchGet, set_limit.
func isVerb(s string) bool { return s != "" && s[0] >= 'a' && IsWord(s) }

// IsWord says whether s is letters, or words of letters joined by underscores.
func IsWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; !IsLetter(c) && (c != '_' || i == 0) {
			return false
		}
	}
	return s != ""
}

// isExtension says whether s is the suffix of a representation, as in 17.json: what is before it is a value of its own.
// The suffixes of files (isFileSuffix) belong to the value.
func isExtension(s string) bool {
	if len(s) < 2 || len(s) > 4 {
		return false
	}
	switch strings.ToLower(s) {
	case "json", "xml", "csv", "pdf", "html", "htm", "txt", "ics", "rss", "atom", "yaml", "yml", "php", "aspx", "asmx", "svc", "do", "kml", "gpx", "pbf":
		return true
	}
	return false
}

// isFileSuffix says whether s is the suffix of the names of files.
func isFileSuffix(s string) bool {
	if len(s) < 2 || len(s) > 5 {
		return false
	}
	switch strings.ToLower(s) {
	case "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "css", "map", "woff", "woff2", "ttf", "mp3", "mp4", "m4a", "wav", "m3u8",
		"zip", "gz", "tgz", "tar", "bz2", "xz", "bin", "hex", "img", "iso", "whl", "jar", "apk", "ipa", "pem", "crt", "cer", "key", "conf", "cfg", "ini", "env", "log", "sql", "bak", "old",
		"doc", "docx", "xls", "xlsx", "ppt", "pptx", "md", "sh", "py", "rb", "pl", "jsp", "dat", "db", "wasm":
		return true
	}
	return isExtension(s)
}

// Normal returns the path with the escapes of unreserved characters undone and the other escapes in upper case, as
// RFC 3986 section 6.2.2 has it; the path itself when there are none.
func Normal(path string) string {
	if strings.IndexByte(path, '%') < 0 {
		return path
	}
	var b strings.Builder
	b.Grow(len(path))
	for i := 0; i < len(path); i++ {
		if path[i] != '%' || i+2 >= len(path) {
			b.WriteByte(path[i])
			continue
		}
		hi, lo := unhex(path[i+1]), unhex(path[i+2])
		if hi > 15 || lo > 15 {
			b.WriteByte('%')
			continue
		}
		if c := hi<<4 | lo; IsLetter(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~' {
			b.WriteByte(c)
		} else {
			const digits = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(digits[hi])
			b.WriteByte(digits[lo])
		}
		i += 2
	}
	return b.String()
}

// Decode returns s with all valid escapes undone; s itself when there are none.
func Decode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi < 16 && lo < 16 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// IsLetter says whether c is a letter of ASCII.
func IsLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// IsDigit says whether c is a digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }
