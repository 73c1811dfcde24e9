package app

import (
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/automotive"
	"github.com/waywarden/waywarden/detect/owasp"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/records"
)

// Formats is every kind of file the binary reads, the preferred first.
// To add one: write it under sensor/, let it pass sensor/sensortest, list it here.
func Formats() []sensor.Format {
	return []sensor.Format{records.Format{}}
}

// Detectors is every detector the binary has, in the order they are asked.
// To add one: write it under detect/ with its scenes, list it here.
func Detectors() []detect.Maker {
	return []detect.Maker{
		owasp.ForeignObject, owasp.Enumeration, owasp.Unauthenticated, owasp.DebugSurface,
		automotive.EngineStop,
	}
}
