package segment

import "strings"

// layouts are the shapes that a fixed layout defines, in the order they are tried.
var layouts = [...]struct {
	shape Shape
	fits  func(string, *census) bool
}{
	{UUID, func(s string, _ *census) bool { return isUUID(s) }},
	{VIN, func(s string, c *census) bool { return isVIN(s, c) && vinChecks(s) }},
	{VINLike, func(s string, c *census) bool { return isVIN(s, c) && (c.of[digit] >= 6 || c.of[star] > 0) }},
	{ULID, isULID},
	{Date, func(s string, c *census) bool { return c.of[digit] >= 4 && isDate(s) }},
	{Email, func(s string, _ *census) bool { return isEmail(s) }},
	{EVSE, func(s string, _ *census) bool { return isEVSE(s) }},
	{EMAID, func(s string, _ *census) bool { return isEMAID(s) }},
	{Position, func(s string, _ *census) bool { return isPosition(s) }},
	{Locale, func(s string, _ *census) bool { return isLocale(s) }},
	{Address, func(s string, c *census) bool { return c.of[dot] == 3 && c.of[digit]+3 == len(s) && c.of[digit] >= 4 }},
}

// patterned recognises the shapes that a fixed layout defines.
func patterned(s string, c *census) (Shape, bool) {
	for i := range layouts {
		if layouts[i].fits(s, c) {
			return layouts[i].shape, true
		}
	}
	return 0, false
}

func isUUID(s string) bool {
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if unhex(s[i]) > 15 {
			return false
		}
	}
	return true
}

// isULID checks for 26 characters of Crockford's base 32 without I, L, O and U, the first of which is at most 7.
func isULID(s string, c *census) bool {
	if len(s) != 26 || s[0] > '7' || c.of[lower] > 0 && c.of[upper] > 0 || c.of[digit] < 4 || c.letters() < 6 {
		return false
	}
	for i := range len(s) {
		if !classOf(s[i]).letter() {
			if !IsDigit(s[i]) {
				return false
			}
			continue
		}
		switch s[i] | 0x20 {
		case 'i', 'l', 'o', 'u':
			return false
		}
	}
	return true
}

// isVIN checks for 17 characters of the alphabet of ISO 3779, masked ones allowed behind the maker's code.
func isVIN(s string, c *census) bool {
	if len(s) != 17 || c.of[digit] < 4 || c.of[digit]+c.of[upper]+c.of[star] != len(s) {
		return false
	}
	return !strings.ContainsAny(s, "IOQ") && strings.IndexByte(s[:3], '*') < 0
}

// vinChecks verifies the check digit of ISO 3779 in position 9.
func vinChecks(s string) bool {
	const values = "12345678.12345.7.923456789" // of A to Z; I, O and Q are not in the alphabet
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i := range len(s) {
		v := int(s[i] - '0')
		if s[i] == '*' {
			return false
		}
		if v > 9 {
			v = int(values[s[i]-'A'] - '0')
		}
		sum += v * weights[i]
	}
	if r := sum % 11; r == 10 {
		return s[8] == 'X'
	} else {
		return s[8] == byte('0'+r)
	}
}

// isDate accepts years 1900 to 2199: 2024-05-17, with a time behind it, 2024-05, 20240517, 20240517T1200Z.
func isDate(s string) bool {
	if len(s) < 7 || !between(s[:4], "1900", "2199") {
		return false
	}
	separator := ""
	if strings.IndexByte("-._", s[4]) >= 0 {
		separator = s[4:5]
	}
	rest := s[4+len(separator):]
	if len(rest) < 2 || !between(rest[:2], "01", "12") {
		return false
	}
	if rest = rest[2:]; rest == "" {
		return separator != ""
	}
	rest, ok := strings.CutPrefix(rest, separator)
	if !ok || len(rest) < 2 || !between(rest[:2], "01", "31") {
		return false
	}
	return len(rest) == 2 || strings.IndexByte("Tt %_", rest[2]) >= 0
}

// between says whether s is digits from low to high, which have as many.
func between(s, low, high string) bool { return allDigits(s) && s >= low && s <= high }

func isEmail(s string) bool {
	i := strings.IndexByte(s, '@')
	n := 1
	if i < 0 {
		if i = strings.Index(s, "%40"); i < 0 {
			return false
		}
		n = 3
	}
	dot := strings.LastIndexByte(s, '.')
	return i > 0 && dot > i+n && len(s)-dot > 2 && !strings.ContainsAny(s, " ,:/")
}

// isEVSE checks for an EVSE id of ISO 15118 and its stars: country * operator * E outlet.
func isEVSE(s string) bool {
	s = strings.TrimPrefix(s, "+")
	if len(s) < 9 || len(s) > 48 || !IsLetter(s[0]) || !IsLetter(s[1]) {
		return s != "" && isDINEVSE(s)
	}
	star := s[2] == '*' || strings.HasPrefix(s[2:], "%2A")
	if !star {
		return false
	}
	i := strings.LastIndexAny(s, "*A")
	return i > 3 && (strings.Contains(s, "*E") || strings.Contains(s, "%2AE"))
}

// isDINEVSE checks for the older form of DIN SPEC 91286: 49*123*456*7.
func isDINEVSE(s string) bool {
	return strings.Count(s, "*") >= 2 && s[0] != '*' && allDigits(strings.ReplaceAll(s, "*", ""))
}

// isEMAID checks for the account id of ISO 15118 with its separators: DE-8AA-C12345678-9.
func isEMAID(s string) bool {
	if len(s) < 14 || len(s) > 18 || s[2] != '-' || s[6] != '-' || !IsLetter(s[0]) || !IsLetter(s[1]) {
		return false
	}
	c := s[7] | 0x20
	rest := strings.ReplaceAll(s[7:], "-", "")
	if c != 'c' || len(rest) < 9 || len(rest) > 10 {
		return false
	}
	for i := range len(rest) {
		if !IsLetter(rest[i]) && !IsDigit(rest[i]) {
			return false
		}
	}
	return true
}

func isPosition(s string) bool {
	a, b, ok := strings.Cut(s, ",")
	if !ok {
		if a, b, ok = strings.Cut(s, "%2C"); !ok {
			return false
		}
	}
	return strings.IndexByte(a, '.') > 0 && isDecimal(a) && strings.IndexByte(b, '.') > 0 && isDecimal(b)
}

// isVersion accepts v1, V2, v2.1, v1beta1, 2.2.1, 1.0 and 2024.1, but no plain number.
func isVersion(s string) bool {
	t := strings.TrimPrefix(strings.TrimPrefix(s, "v"), "V")
	if len(t) == len(s) {
		return isDotted(s)
	}
	i := 0
	for i < len(t) && (IsDigit(t[i]) || t[i] == '.' || t[i] == '_') {
		i++
	}
	if i == 0 || i > 8 {
		return false
	}
	switch rest := strings.TrimRight(t[i:], "0123456789"); strings.Trim(rest, "-._") {
	case "", "beta", "alpha", "rc", "preview", "p":
		return true
	}
	return false
}

func isDotted(s string) bool {
	dots, run := 0, 0
	for i := range len(s) {
		switch {
		case IsDigit(s[i]) && run < 4:
			run++
		case s[i] == '.' && run > 0:
			dots++
			run = 0
		default:
			return false
		}
	}
	return dots >= 1 && dots <= 2 && run > 0
}

// isLocale accepts a language with a region or a script: de-DE, en_GB, zh-Hans-CN.
func isLocale(s string) bool {
	if len(s) < 5 || len(s) > 10 || !all(s[:2], lower) || s[2] != '-' && s[2] != '_' {
		return false
	}
	rest := s[3:]
	if len(rest) == 2 {
		return all(rest, upper)
	}
	if len(rest) != 4 && (len(rest) != 7 || rest[4] != s[2]) {
		return false
	}
	return all(rest[:1], upper) && IsWord(rest[1:4])
}

// all says whether all characters are of the class.
func all(s string, k class) bool {
	for i := range len(s) {
		if classOf(s[i]) != k {
			return false
		}
	}
	return true
}
