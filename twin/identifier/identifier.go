// Package identifier says which values can name one asset, and how their spellings come together.
package identifier

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// shortMax is the length up to which a number alone names an asset only within its own site: small counters of two
// operators collide.
const shortMax = 8

// void says whether a value is made of what stands for nothing.
func void(v string) bool {
	for i := range len(v) {
		if c := v[i]; c != '0' && c != '-' && c != '.' && c != ' ' {
			return false
		}
	}
	return true
}

// Specific says whether a value can name one asset.
func Specific(d waywarden.DataType, v string) bool {
	if v == "" || len(v) > idLenMax || void(v) || !plain(v) {
		return false
	}
	switch d {
	case waywarden.TypeVIN:
		return len(v) >= 11 && len(v) <= 17
	case waywarden.TypeIMEI, waywarden.TypeICCID:
		return len(v) >= 14
	case waywarden.TypeEmail:
		return strings.IndexByte(v, '@') > 0
	case waywarden.TypePhone:
		return len(v) >= 7
	case waywarden.TypePlate:
		return len(v) >= 4 && len(v) <= 16
	}
	switch v {
	case "null", "undefined", "none", "me", "self", "unknown":
		return false
	}
	return true
}

// idLenMax is the length of the longest identifier taken for one.
const idLenMax = 256

// plain says whether a value is free of what identifiers do not have but attacks do: quotes, brackets, line breaks.
func plain(v string) bool {
	for i := range len(v) {
		switch v[i] {
		case '\'', '"', '`', '<', '>', '(', ')', '{', '}', '[', ']', ';', '\\', '\r', '\n', '\t', 0:
			return false
		}
	}
	return true
}

// Canon brings the spellings of one identifier together. It returns v itself where there is nothing to do.
func Canon(d waywarden.DataType, v string) string {
	switch d {
	case waywarden.TypeVIN:
		return strings.ToUpper(v)
	case waywarden.TypeEmail:
		return strings.ToLower(v)
	case waywarden.TypePlate:
		if strings.ContainsAny(v, " -") {
			v = strings.ReplaceAll(strings.ReplaceAll(v, " ", ""), "-", "")
		}
		return strings.ToUpper(v)
	}
	return v
}

// Site is the domain a short number counts in.
func Site(host string) string {
	i := strings.LastIndexByte(host, '.')
	if i <= 0 {
		return host
	}
	return host[strings.LastIndexByte(host[:i], '.')+1:]
}

// Short says whether a value is such a number.
func Short(v string) bool {
	if len(v) > shortMax {
		return false
	}
	for i := range len(v) {
		if v[i] < '0' || v[i] > '9' {
			return false
		}
	}
	return true
}
