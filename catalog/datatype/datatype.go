// Package datatype says which data type a value or a field is.
//
// Three kinds of evidence are weighed: what the values look like (validators with check digits where a standard has
// them), what the field is called (a lexicon in the languages APIs are written in) and what it stands in (the objects
// around it, the fields beside it, the nouns of the path). A name alone is never enough where values contradict it, and
// values alone only where their form cannot be a coincidence.
package datatype

import "github.com/waywarden/waywarden"

// A Context is where a field stands.
type Context struct {
	In       waywarden.Place
	Name     Meaning   // of its own name; of that of its array for an element; zero for a member of a map
	Parents  []Meaning // of the objects and arrays around it, the nearest first
	Siblings Concepts  // of the names beside it
	Nouns    []Meaning // of the literal segments of the path, in order; for a path parameter those before it
	Element  bool      // an element of an array
}

// Of decides the data type of a field, "" for none, with the confidence (0 to 1) and a reason.
func Of(ctx Context, s *Stats) (typ waywarden.DataType, confidence float64, why string) {
	if s.n == 0 {
		return "", 0, ""
	}
	if typ, why = s.evident(); typ != "" && typ != waywarden.TypeAccessToken && typ != waywarden.TypePhone {
		return typ, 0.95, why
	}
	e := gather(&ctx, s)
	for _, k := range kinds {
		if w := k.weigh(&e); w > confidence {
			typ, confidence, why = k.typ, w, k.why
		}
	}
	if confidence > 0 {
		return typ, confidence, why
	}
	if typ, why = s.evident(); typ != "" && e.own&cPush == 0 {
		return typ, 0.9, why
	}
	return "", 0, ""
}

// evident returns the type that nearly all values show by themselves.
func (s *Stats) evident() (waywarden.DataType, string) {
	for _, v := range selfEvident {
		if s.text >= v.least && s.share(v.shape) >= v.share {
			return v.typ, v.why
		}
	}
	return "", ""
}

// selfEvident lists the shapes that are a type whatever the field is called, with the share of values that must have it
// and the number of values that must have been seen.
var selfEvident = []struct {
	shape Shape
	typ   waywarden.DataType
	share float64
	least uint32
	why   string
}{
	{ShapeVIN, waywarden.TypeVIN, 0.5, 1, "values are VINs with a valid check digit"},
	{ShapeVINLike, waywarden.TypeVIN, 0.9, 3, "values are VINs of known makers"},
	{ShapeEmail, waywarden.TypeEmail, 0.8, 1, "values are e-mail addresses"},
	{ShapePrivateKey, waywarden.TypeKeyMaterial, 0.8, 1, "values are private keys or certificates"},
	{ShapeCloudSecret, waywarden.TypeCloudSecret, 0.5, 1, "values are credentials of a cloud service"},
	{ShapeEVSE, waywarden.TypeStationID, 0.8, 1, "values are EVSE ids"},
	{ShapeEMAID, waywarden.TypeEMAID, 0.8, 1, "values are contract ids with a valid check character"},
	{ShapeICCID, waywarden.TypeICCID, 0.9, 1, "values are ICCIDs with a valid check digit"},
	{ShapeIMEI, waywarden.TypeIMEI, 0.95, 3, "values are IMEIs with a valid check digit"},
	{ShapeArtefact, waywarden.TypeArtefactURL, 0.8, 1, "values are addresses of software images"},
	{ShapeJWT, waywarden.TypeAccessToken, 0.8, 1, "values are JSON Web Tokens"},
	{ShapeE164, waywarden.TypePhone, 0.8, 1, "values are telephone numbers with a country code"},
}

// Strong returns the data type a single value shows by itself, or "". It is cheap for values that are none.
func Strong(value string) waywarden.DataType {
	switch {
	case len(value) < 6 || len(value) > 8192:
		return ""
	case len(value) == 17 && IsVIN(value):
		return waywarden.TypeVIN
	case value[0] == 'e' && IsJWT(value):
		return waywarden.TypeAccessToken
	case value[0] == '+' && IsE164(value):
		return waywarden.TypePhone
	case value[0] == '-' && isPEM(value):
		return waywarden.TypeKeyMaterial
	}
	if len(value) <= 254 && IsEmail(value) {
		return waywarden.TypeEmail
	}
	if secretPrefix(value) && IsCloudSecret(value) {
		return waywarden.TypeCloudSecret
	}
	return ""
}
