package datatype

import "strings"

// IsUUID says whether s is 32 hexadecimal digits in groups of 8-4-4-4-12.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if !isHexByte(s[i]) {
			return false
		}
	}
	return true
}

func isHexByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// IsULID says whether s is 26 characters of Crockford's base 32 of which the first holds three bits.
func IsULID(s string) bool {
	if len(s) != 26 || s[0] > '7' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if !isAlnumByte(c) || strings.IndexByte("ILOU", c) >= 0 {
			return false
		}
	}
	return true
}

// IsDate says whether s is a date of ISO 8601: "2026-03-02".
func IsDate(s string) bool {
	return len(s) == 10 && s[4] == '-' && s[7] == '-' && allDigits(s[:4]) && allDigits(s[5:7]) && allDigits(s[8:]) &&
		s[5:7] >= "01" && s[5:7] <= "12" && s[8:] >= "01" && s[8:] <= "31"
}

// IsDateTime says whether s is a date and time of RFC 3339.
func IsDateTime(s string) bool {
	if len(s) < 20 || len(s) > 40 || !IsDate(s[:10]) || s[10] != 'T' && s[10] != 't' || s[13] != ':' || s[16] != ':' {
		return false
	}
	return s[len(s)-1]|0x20 == 'z' || s[len(s)-6] == '+' || s[len(s)-6] == '-'
}

func isIPv4(s string) bool {
	return strings.Count(s, ".") == 3 && len(s) >= 7 && len(s) <= 15 && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// isDecimal says whether s is a decimal number.
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, frac, dot := strings.Cut(s, ".")
	return allDigits(whole) && (!dot || allDigits(frac))
}

// isCoordinate says whether a decimal number can be a degree of longitude or latitude: within ±180, with decimals.
func isCoordinate(s string) bool {
	whole, frac, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return len(frac) >= 1 && (len(whole) < 3 || len(whole) == 3 && whole <= "180")
}

// IsPoint says whether s is a place on the earth in one text: "48.137,11.575", "geo:48.137,11.575", "POINT(11.5 48.1)".
func IsPoint(s string) bool {
	if rest, ok := strings.CutPrefix(s, "geo:"); ok {
		s, _, _ = strings.Cut(rest, ";")
	} else if rest, ok := strings.CutPrefix(s, "POINT"); ok {
		s = strings.Trim(rest, " ()")
	}
	i := strings.IndexAny(s, ",; ")
	if i <= 0 {
		return false
	}
	a, b := s[:i], strings.TrimLeft(s[i+1:], " ")
	return isDecimal(a) && isDecimal(b) && decimals(a) >= 3 && decimals(b) >= 3 && isCoordinate(a) && isCoordinate(b)
}

func decimals(s string) int {
	dot := strings.IndexByte(s, '.')
	if dot < 0 {
		return 0
	}
	return len(s) - dot - 1
}

// IsURL says whether s is an absolute URL of a protocol that fetches files.
func IsURL(s string) bool {
	i := strings.Index(s, "://")
	if i < 3 || i > 8 || len(s) < i+6 || strings.ContainsAny(s, " \n\t") {
		return false
	}
	switch strings.ToLower(s[:i]) {
	case "http", "https", "ftp", "ftps", "sftp", "s3", "gs", "tftp", "ws", "wss":
		return true
	}
	return false
}

// artefactEndings are the ends of file names of software images, packages and updates.
var artefactEndings = [...]string{
	".bin", ".hex", ".img", ".fw", ".swu", ".upd", ".ota", ".apk", ".ipk", ".deb", ".rpm", ".mender", ".raucb", ".s19", ".srec", ".vbf", ".odx", ".pdx",
	".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip", ".dfu", ".elf", ".uf2", ".cab", ".squashfs",
}

// artefactWords in the path of a URL say that it is software.
var artefactWords = [...]string{"firmware", "/fw/", "/ota/", "software", "update", "release", "package", "artifact", "artefact"}

// IsArtefactURL says whether s is the URL of a software image: its file name ends as one, and for general archives its
// path says so too.
func IsArtefactURL(s string) bool {
	path := strings.ToLower(s)
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	for _, end := range artefactEndings {
		if strings.HasSuffix(path, end) {
			if end != ".zip" && end != ".tar.gz" && end != ".tgz" && end != ".hex" {
				return true
			}
			for _, w := range artefactWords {
				if strings.Contains(path, w) {
					return true
				}
			}
		}
	}
	return false
}
