// Package lab is a small simulated business with labelled attacks: the built-in capture, a demonstration and a test that
// needs nothing else.
//
// The business, Vanloop, rents vans to the teams of small shops. Drivers use a companion app (English, REST, actions in
// the path, tokens that are refreshed), parcel companies a partner interface (Dutch, API key, actions in the body) and
// staff a console (session cookie). Vans report their state. Nothing of it is real: hosts end in .example, addresses are
// those reserved for documentation, people, plates and vehicle identification numbers are invented.
package lab

import (
	"embed"
	"io/fs"
)

//go:generate go test -run TestCaptureIsCurrent -rewrite .

// Names of what [Files] holds.
const (
	CaptureName = "capture.ndjson.zst" // records of the file contract
	SpecDir     = "spec"               // OpenAPI descriptions of the documented part
)

//go:embed capture.ndjson.zst spec/*.yaml
var files embed.FS

// Files is the built-in capture with its specifications.
func Files() fs.FS { return files }
