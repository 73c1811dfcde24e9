// Package fleet holds the detectors of what happens to many vehicles at once: commands, updates, silence.
package fleet

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// accepted says whether a scene is a call over HTTP that the server accepted.
func accepted(s *waywarden.Scene) bool {
	return s.Call != nil && s.Call.Operation != nil && s.Call.Success && s.Record.HTTP != nil
}

// grave says whether a call is of the classes whose effect on many vehicles is major: what moves, stops, opens or
// changes them (domain/taxonomy.yaml, S or O at least 2).
func grave(c *waywarden.Call) bool {
	switch c.Operation.Function.Class {
	case "act.door.unlock", "act.engine.start", "act.engine.stop", "act.drive.remote", "act.erase", "act.closure.open",
		"ota.install", "diag.session", "diag.reset", "cfg.device":
		return !detect.Reads(c)
	case "act.immobilise", "act.limit":
		return !detect.Reads(c) && !detect.Lifts(c)
	}
	return false
}

// vehicle is a vehicle as a resource.
func vehicle(uid string) waywarden.Resource {
	return waywarden.Resource{Type: waywarden.AssetVehicle, UID: uid}
}
