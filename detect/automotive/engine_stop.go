package automotive

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// EngineStop makes SAF-001: an engine stop or immobiliser command to a vehicle that is being driven.
func EngineStop(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card:     engineStopCard(),
		meant:    stops,
		severity: waywarden.SeverityCritical, refused: waywarden.SeverityMedium,
		done:  "Engine of vehicle %s stopped",
		tried: "Engine stop refused for vehicle %s",
		harm:  "A vehicle that loses its engine, steering assistance or brake assistance in traffic endangers its occupants and others; such a command is legal at a standstill only.",
	})
}

func engineStopCard() detect.Card {
	return detect.Card{
		ID: "SAF-001", Title: "Engine stop or immobiliser command to a moving vehicle",
		Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API6:2023", "API1:2023", "API5:2023", "R155:16.1", "R155:1.2"},
		Needs: detect.InputCalls | detect.InputSignals, Helped: detect.InputResponseBodies,
		Desc: `Raised when a command of the classes *engine stop* or *immobilise* names a vehicle whose fresh speed is above 5 km/h under its own power.

The speed is fresh for three reporting intervals of the vehicle, at least 30 s and at most 180 s. An unknown or stale state never raises anything. A command the server accepted is critical, a refused one is medium: somebody tried.

The verdict is looked at again 120 s later, when late telemetry has arrived. It is withdrawn when the vehicle turns out to have stood before the command, or to have come to a stand faster than brakes allow (the speed was an error of positioning), and raised when it turns out to have been driving.`,
		Silent: []string{
			"a vehicle carried by a ferry, train or tow truck: speed with the ignition off",
			"telemetry that is older than three reporting intervals, as in a tunnel",
			"an error of positioning: wheels that stand, a start or a stop faster than vehicles can",
			"a command that lifts an immobiliser",
			"a stolen vehicle under recovery, as far as its mode says so (informational)",
		},
		Respond: "Stop the caller's session now and warn the driver. Require a standstill check by the vehicle or the backend before such commands are passed on.",
	}
}

// stops says whether a call stops an engine, rather than lifting such a stop.
func stops(c *waywarden.Call) bool {
	switch c.Operation.Function.Class {
	case "act.engine.stop":
		return true
	case "act.immobilise":
		return !detect.Lifts(c)
	}
	return false
}
