package automotive

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// MovingFlap makes SAF-005: a charge flap or cable released while the vehicle is being driven.
func MovingFlap(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: motionCard("SAF-005", "Charge flap or cable released while driving", waywarden.SeverityMedium, "*charge flap and cable lock*", movingKMH,
			[]string{"API1:2023", "R155:16.1", "R155:25.2"}),
		meant: classes("act.charge_port"), twice: true, foreign: true,
		severity: waywarden.SeverityMedium, refused: waywarden.SeverityLow,
		done: "Charge port of vehicle %s opened", tried: "Opening the charge port refused for vehicle %s",
		harm: "A flap that opens in traffic is torn off or lets water to the contacts.",
	})
}

// MovingHorn makes SAF-006: horn, lights or sounds on a vehicle that drives fast.
func MovingHorn(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: motionCard("SAF-006", "Horn, lights or sound while driving", waywarden.SeverityMedium, "*horn, lights, alarm*", distractKMH,
			[]string{"API4:2023", "API6:2023", "R155:16.1", "R155:8.1"}),
		meant: classes("act.horn_lights"), over: distractKMH, twice: true, foreign: true,
		severity: waywarden.SeverityMedium, refused: waywarden.SeverityLow,
		done: "Horn or lights of vehicle %s set off", tried: "Horn or lights refused for vehicle %s",
		harm: "A horn, siren or flashing lights out of nothing startle the driver and others.",
	})
}

// MovingLimit makes SAF-010: a limit of speed or mode switched on in traffic.
func MovingLimit(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: motionCard("SAF-010", "Speed limit or drive mode set while driving", waywarden.SeverityHigh, "*speed limit, valet, geofence, drive mode*", distractKMH,
			[]string{"API1:2023", "API6:2023", "R155:16.1", "R155:25.1"}),
		meant: func(c *waywarden.Call) bool {
			return c.Operation.Function.Class == "act.limit" && !detect.Reads(c) && !detect.Lifts(c)
		},
		over: distractKMH, twice: true, foreign: true,
		severity: waywarden.SeverityHigh, refused: waywarden.SeverityLow,
		done: "Limit set on vehicle %s", tried: "Setting a limit refused for vehicle %s",
		harm: "A limit that takes hold in traffic slows the vehicle with nothing around it expecting that.",
	})
}

// MovingDiagnosis makes SAF-013: a diagnostic routine or coding on a vehicle that drives.
func MovingDiagnosis(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: motionCard("SAF-013", "Diagnostic routine or coding while driving", waywarden.SeverityCritical, "*remote diagnostic session, coding, actuator test*", movingKMH,
			[]string{"API5:2023", "R155:11.3", "R155:18.3", "R155:25.1"}),
		meant: func(c *waywarden.Call) bool { return c.Operation.Function.Class == "diag.session" && !detect.Reads(c) },
		twice: true, foreign: true,
		severity: waywarden.SeverityCritical, refused: waywarden.SeverityMedium,
		done: "Diagnostic routine run on vehicle %s", tried: "Diagnostic routine refused for vehicle %s",
		harm: "Routines and coding take control units out of normal operation; brakes and steering may be among them.",
	})
}

// MovingReset makes SAF-014: a control unit or the device reset, or data erased, while the vehicle is being driven.
func MovingReset(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: motionCard("SAF-014", "Control unit reset or data erased while driving", waywarden.SeverityHigh, "*reset of a control unit* or *factory reset*", movingKMH,
			[]string{"API5:2023", "R155:16.1", "R155:24.1"}),
		meant: classes("diag.reset", "act.erase"), twice: true, foreign: true,
		severity: waywarden.SeverityHigh, refused: waywarden.SeverityLow,
		done: "Reset of vehicle %s", tried: "Reset refused for vehicle %s",
		harm: "What restarts in traffic is missing for a while: emergency call, instruments, assistance.",
	})
}

// RemoteDrive makes SAF-016: a remote-driving command to a vehicle that somebody drives.
func RemoteDrive(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: motionCard("SAF-016", "Remote-driving command to a vehicle in traffic", waywarden.SeverityCritical, "*summon, remote parking, remote driving*", distractKMH,
			[]string{"API5:2023", "R155:16.1", "R155:25.1", "R155:1.1"}),
		meant: func(c *waywarden.Call) bool {
			return c.Operation.Function.Class == "act.drive.remote" && !detect.Reads(c)
		},
		over: distractKMH, twice: true, foreign: true,
		severity: waywarden.SeverityCritical, refused: waywarden.SeverityMedium,
		done: "Vehicle %s remote-controlled", tried: "Remote control refused for vehicle %s",
		harm: "A vehicle that follows a stranger's path, brake or steering in traffic is out of its driver's hands.",
	})
}

// HaltedTrip makes SAF-002: an immobiliser command at a halt of a trip.
func HaltedTrip(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: detect.Card{
			ID: "SAF-002", Title: "Immobiliser command at a halt of a trip", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule,
			Types: []string{"API1:2023", "API5:2023", "R155:16.1"},
			Needs: detect.InputCalls | detect.InputSignals, Helped: detect.InputLinks,
			Desc: `Raised when an engine stop or immobiliser command names a vehicle that stands with its ignition on and was driving within the last five minutes: at a red light, a crossing, in a jam.

Who is linked to the vehicle, or is of a group that works on strangers' vehicles, is noted only (informational): fleets lock vehicles at the end of a shift before the driver has left. An unknown or stale state never raises anything.

The verdict is looked at again 120 s later, and withdrawn when telemetry that came late shows that the ignition was off.`,
			Silent: []string{
				"a parked vehicle, its ignition off",
				"the end of a remote start: it never drove",
				"the fleet's own end of a shift: noted, not raised",
				"a stop that is lifted",
			},
			Respond: "Warn the driver: the vehicle may not start again where it stands. Lift the stop and end the caller's session.",
		},
		meant: stops, idle: true, foreign: true,
		severity: waywarden.SeverityHigh, refused: waywarden.SeverityLow,
		done: "Vehicle %s immobilised", tried: "Immobilising refused for vehicle %s",
		harm: "A vehicle that does not start again blocks a lane, a crossing or a level crossing, with its occupants in it.",
	})
}

// distractKMH is the speed from which a surprise to the driver endangers (domain/invariants.tsv, SAF-006, SAF-010).
const distractKMH = 20

func motionCard(id, title string, worst waywarden.Severity, commands string, over int, types []string) detect.Card {
	return detect.Card{
		ID: id, Title: title, Severity: worst, Analytic: waywarden.AnalyticRule, Types: types,
		Needs: detect.InputCalls | detect.InputSignals, Helped: detect.InputLinks,
		Desc: strings.NewReplacer("$commands", commands, "$over", detect.Itoa(over)).Replace(`Raised when a command of the class $commands names a vehicle that drives faster than $over km/h under its own power, as its last two speeds show, the last of them fresh.

Who is linked to the vehicle, or is of a group that works on strangers' vehicles, is noted only (informational). An unknown or stale state never raises anything. A command that the server refused is milder.

The verdict is looked at again 120 s later, when late telemetry has arrived, and withdrawn or raised as it then turns out.`),
		Silent: []string{
			"the vehicle's own driver, its fleet and a workshop: noted, not raised",
			"a vehicle carried by a ferry, train or tow truck, and one on a roller bench",
			"telemetry older than three reporting intervals",
			"a vehicle that just parked, the message being late: withdrawn at the watermark",
		},
		Respond: "Tell the driver, end the caller's session, and have such commands wait for a standstill.",
	}
}
