// Package datatype says which data type a value or a field is: by what its values look like, by its name in several
// languages, and by what it stands in.
package datatype

import "github.com/waywarden/waywarden"

// A Context is where a field stands.
type Context struct {
	In       waywarden.Place
	Name     string   // own name; "" for a member of a map
	Parents  []string // names of the objects and arrays around it, the nearest first
	Siblings []string // names beside it
	Nouns    []string // literal segments of the path, in order; for a path parameter those before it
	Method   string
}

// Stats are what was seen of a field's values.
type Stats struct {
	n int64
}

// Observe adds a value.
func (s *Stats) Observe(value string, kind waywarden.ValueKind) { s.n++ }

// Merge adds what another saw.
func (s *Stats) Merge(o *Stats) { s.n += o.n }

// Mixed says whether values of another type than typ were among those seen.
func (s *Stats) Mixed(typ waywarden.DataType) bool { return typ == "" }

// Of decides the data type of a field, "" for none, with the confidence and a reason.
func Of(ctx Context, s *Stats) (typ waywarden.DataType, confidence float64, why string) {
	return "", 0, ""
}

// Strong returns the data type a value shows by itself, or "".
func Strong(value string) waywarden.DataType { return "" }

// Format returns the JSON Schema format that the texts seen have, or "".
func (s *Stats) Format() string { return "" }

// Precision says to how many metres the numbers seen tell a place: the worth of the last decimal of a degree.
func Precision(s *Stats) string { return "" }
