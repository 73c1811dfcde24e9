package automotive

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// MovingUnlock makes SAF-003: doors unlocked while the vehicle is being driven.
func MovingUnlock(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: openCard("SAF-003", "Doors unlocked while driving", "*unlock*",
			[]string{"API1:2023", "API6:2023", "R155:16.1"}),
		meant: func(c *waywarden.Call) bool { return c.Operation.Function.Class == "act.door.unlock" },
		twice: true, foreign: true, severity: waywarden.SeverityHigh, refused: waywarden.SeverityLow,
		done: "Vehicle %s unlocked", tried: "Unlocking refused for vehicle %s",
		harm: "Doors that can be opened in traffic endanger the occupants; nobody who means well unlocks a vehicle that drives.",
	})
}

// MovingOpen makes SAF-004: a boot, bonnet or window opened while the vehicle is being driven.
func MovingOpen(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: openCard("SAF-004", "Boot, bonnet or window opened while driving", "*open a closure*",
			[]string{"API1:2023", "R155:16.1", "R155:16.2"}),
		meant: func(c *waywarden.Call) bool { return c.Operation.Function.Class == "act.closure.open" },
		twice: true, foreign: true, severity: waywarden.SeverityHigh, refused: waywarden.SeverityLow,
		done: "Closure of vehicle %s opened", tried: "Opening a closure refused for vehicle %s",
		harm: "A boot or bonnet that opens in traffic takes the driver's sight and may lose its load.",
	})
}

func openCard(id, title, commands string, types []string) detect.Card {
	return detect.Card{
		ID: id, Title: title, Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule, Types: types,
		Needs: detect.InputCalls | detect.InputSignals, Helped: detect.InputResponseBodies,
		Desc: `Raised when a command of the class ` + commands + ` names a vehicle whose last two speeds, the last of them fresh, are above 5 km/h under its own power.

The speed is fresh for three reporting intervals of the vehicle, at least 30 s and at most 180 s. An unknown or stale state never raises anything. A command the server accepted is high, a refused one is low.

Who is linked to the vehicle, or works on strangers' vehicles by trade, is noted only (informational): people press the wrong button, and help desks are called from moving cars. The same to three moving vehicles within five minutes is SAF-017.

The verdict is looked at again 120 s later, when late telemetry has arrived. It is withdrawn when the vehicle turns out to have stood before the command, or to have come to a stand faster than brakes allow, and raised when it turns out to have been driving.`,
		Silent: []string{
			"a vehicle carried by a ferry, train or tow truck: speed with the ignition off",
			"a driver who just parked, the message that says so being late: withdrawn at the watermark",
			"telemetry that is older than three reporting intervals, as in a tunnel",
			"the vehicle's own driver and a help desk: noted, not raised",
			"a single speed among standstills: an error of positioning",
		},
		Respond: "Tell the driver. Stop the caller's session if it is not the driver's, and require a standstill check before such commands are passed on.",
	}
}
