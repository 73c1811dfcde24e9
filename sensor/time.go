package sensor

import "time"

// ParseTime reads an RFC 3339 time: "2026-03-01T08:00:00.123456789Z", with "Z" or an offset, and a "T", "t" or blank in
// the middle. A leap second is the first of the next minute; digits beyond nanoseconds are cut. The result is in UTC.
func ParseTime(s []byte) (t time.Time, ok bool) {
	if len(s) < len("2006-01-02T15:04:05Z") {
		return time.Time{}, false
	}
	day, ok := date(s)
	if !ok {
		return time.Time{}, false
	}
	seconds, ok := clock(s[10:])
	if !ok {
		return time.Time{}, false
	}
	nano, rest, ok := fraction(s[19:])
	if !ok {
		return time.Time{}, false
	}
	offset, ok := zone(rest)
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(day*86400+int64(seconds-offset), nano).UTC(), true
}

// date reads "2006-01-02" in days since 1970.
func date(s []byte) (days int64, ok bool) {
	year := digits2(s[0:])*100 + digits2(s[2:])
	month, day := digits2(s[5:]), digits2(s[8:])
	if s[4] != '-' || s[7] != '-' || year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return daysSince1970(year, month, day), true
}

// clock reads "T15:04:05" in seconds.
func clock(s []byte) (seconds int, ok bool) {
	hour, minute, second := digits2(s[1:]), digits2(s[4:]), digits2(s[7:])
	if s[0]|0x20 != 't' && s[0] != ' ' || s[3] != ':' || s[6] != ':' || uint(hour) > 23 || uint(minute) > 59 || uint(second) > 60 {
		return 0, false
	}
	return hour*3600 + minute*60 + second, true
}

// digits2 reads two digits; a byte that is none makes the result negative, and any sum with it.
func digits2(s []byte) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -1 << 20
	}
	return int(a)*10 + int(b)
}

// fraction reads ".123456" in nanoseconds.
func fraction(s []byte) (nano int64, rest []byte, ok bool) {
	if len(s) == 0 || s[0] != '.' && s[0] != ',' {
		return 0, s, true
	}
	i, scale := 1, int64(100_000_000)
	for i < len(s) && s[i]-'0' <= 9 {
		nano += int64(s[i]-'0') * scale
		scale /= 10
		i++
	}
	return nano, s[i:], i > 1
}

// zone reads "Z", "+02:00" or "+0200" in seconds east of UTC.
func zone(s []byte) (offset int, ok bool) {
	switch {
	case len(s) == 1 && s[0]|0x20 == 'z':
		return 0, true
	case len(s) == 6 && s[3] == ':':
		offset = digits2(s[1:])*3600 + digits2(s[4:])*60
	case len(s) == 5:
		offset = digits2(s[1:])*3600 + digits2(s[3:])*60
	default:
		return 0, false
	}
	if offset < 0 || offset > 24*3600 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

func daysIn(year, month int) int {
	if month == 2 && (year%4 == 0 && year%100 != 0 || year%400 == 0) {
		return 29
	}
	return int("\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"[month-1])
}

// daysSince1970 counts the days of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date
// algorithms", days_from_civil): years begin in March, so that the leap day is the last.
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := (year + 400) / 400
	yearOfEra := year + 400 - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int64(era-1)*146097 + int64(dayOfEra) - 719468
}
