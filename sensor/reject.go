package sensor

import (
	"strings"
	"unicode/utf8"
)

// rawLimit is how much of a rejected piece is kept; rawScan is how much of it is looked at to mask it, so that a
// credential that the limit would cut is still recognised.
const (
	rawLimit = 256
	rawScan  = 4 * rawLimit
)

// Reject builds a rejection of the piece raw: its beginning is kept, credentials masked. line is 1-based, 0 if there is
// none.
func Reject(file string, line int64, reason string, raw []byte) Rejection {
	return Rejection{File: file, Line: line, Reason: reason, Raw: maskRaw(raw)}
}

// secretWords are parts of the names of fields whose values are credentials, in lower case.
var secretWords = [...]string{
	"authorization", "cookie", "passw", "passphrase", "passcode", "pwd", "secret", "token", "jwt", "assertion", "api-key",
	"api_key", "apikey", "accesskey", "access_key", "access-key", "private", "signature", "credential", "session", "sess_id",
	"sid", "otp", "pin", "bearer", "basic",
}

// maskRaw returns the beginning of raw as valid text of at most [rawLimit] bytes with credentials replaced by "***": the
// values behind names that say so, and whatever looks like one (a JWT, a long run of key characters). It would rather
// mask too much than too little.
func maskRaw(raw []byte) string {
	s := strings.ToValidUTF8(string(raw[:min(len(raw), rawScan)]), "\uFFFD")
	lower := strings.Map(asciiLower, s)
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() < rawLimit; {
		if n := secretWord(lower[i:]); n > 0 {
			b.WriteString(s[i : i+n])
			i += n
			sep, value := secretValue(s[i:])
			b.WriteString(s[i : i+sep])
			if value > 0 {
				b.WriteString("***")
			}
			i += sep + value
			continue
		}
		if n := keyRun(s[i:]); n > 0 {
			if n >= 20 && mixed(s[i:i+n]) {
				b.WriteString("***")
			} else {
				b.WriteString(s[i : i+wordStep(lower[i:i+n])])
				n = wordStep(lower[i : i+n])
			}
			i += n
			continue
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		b.WriteString(s[i : i+n])
		i += n
	}
	out := b.String()
	if len(out) > rawLimit {
		out = strings.ToValidUTF8(out[:rawLimit], "")
	}
	return out
}

func asciiLower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// secretWord returns the length of the name that s begins with if it is one of a credential.
func secretWord(lower string) int {
	for _, w := range secretWords {
		if strings.HasPrefix(lower, w) {
			n := len(w)
			for n < len(lower) && (isAlnum(lower[n]) || lower[n] == '_' || lower[n] == '-') {
				n++
			}
			return n
		}
	}
	return 0
}

// wordStep returns how far to go in a run of key characters until a name of a credential could begin.
func wordStep(run string) int {
	for i := 1; i < len(run); i++ {
		if secretWord(run[i:]) > 0 {
			return i
		}
	}
	return len(run)
}

// secretValue returns the lengths of the separators behind a name and of the value that follows; value is 0 where none
// does, as when the name was a word of a sentence.
func secretValue(s string) (sep, value int) {
	for sep < len(s) && strings.IndexByte(" \t:=\"'\\[,", s[sep]) >= 0 {
		sep++
	}
	if !strings.ContainsAny(s[:sep], ":= ") {
		return sep, 0
	}
	quoted := strings.ContainsAny(s[:sep], "\"'")
	for sep+value < len(s) {
		c := s[sep+value]
		if c == '"' || c == '\\' || c == '\n' || !quoted && strings.IndexByte("&;,}])", c) >= 0 {
			break
		}
		value++
	}
	return sep, value
}

// keyRun returns the length of the run of characters of tokens and keys that s begins with.
func keyRun(s string) int {
	n := 0
	for n < len(s) && (isAlnum(s[n]) || strings.IndexByte("-_.+=~", s[n]) >= 0) {
		n++
	}
	return n
}

// mixed says that a run has both letters and digits.
func mixed(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.IndexFunc(s, func(r rune) bool { return r > '9' && r < utf8.RuneSelf && isAlnum(byte(r)) }) >= 0
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
