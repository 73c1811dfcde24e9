package automotive

import (
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// MovingUpdate makes SAF-008: a software update started while the vehicle is being driven.
func MovingUpdate(m *detect.Memory) detect.Detector {
	return newGuard(m, guardRule{
		card: detect.Card{
			ID: "SAF-008", Title: "Update installed while driving", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
			Types: []string{"API6:2023", "API5:2023", "R155:12.1", "R155:13.1", "R155:24.1"},
			Needs: detect.InputCalls | detect.InputSignals, Helped: detect.InputRequestBodies,
			Desc: `Raised when a command of the class *install an update* that names no later time meets a vehicle whose last two speeds, the last of them fresh, are above 5 km/h under its own power.

A request that asks for a delay of more than two minutes, or for a time that is later than that, is a plan and raises nothing; so does one that cancels. An unknown or stale state never raises anything. A command the server accepted is critical, a refused one is medium.

The verdict is looked at again 120 s later, when late telemetry has arrived, and withdrawn or raised as it then turns out.`,
			Silent: []string{
				"an update that is put off to the night, or cancelled",
				"an update of a parked vehicle",
				"a vehicle carried by a ferry, train or tow truck: speed with the ignition off",
				"questions about updates, and downloads while driving",
			},
			Respond: "Cancel the update, warn the driver, and require that installs wait for a parked vehicle with the ignition off.",
		},
		meant: installs, twice: true,
		severity: waywarden.SeverityCritical, refused: waywarden.SeverityMedium,
		done: "Update installed on vehicle %s", tried: "Update refused for vehicle %s",
		harm: "Control units restart during an install; brakes, steering assistance and instruments may fail in traffic.",
	})
}

// planMin is the delay from which an install is a plan for later.
const planMin = 2 * time.Minute

// installs says whether a call installs an update now.
func installs(c *waywarden.Call) bool {
	if c.Operation.Function.Class != "ota.install" || c.Record.HTTP == nil || c.Record.HTTP.Method == "GET" || cancels(c) {
		return false
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InBody && l.In != waywarden.InQuery {
			continue
		}
		if d, ok := delay(l, c.Record.At); ok && d >= planMin {
			return false
		}
	}
	return true
}

// cancels says whether the operation's name takes an update back.
func cancels(c *waywarden.Call) bool {
	for _, w := range detect.Words(c.Operation) {
		switch w {
		case "cancel", "abort", "stop", "postpone", "abbrechen", "annuler", "cancelar", "annulla", "annuleren", "anuluj", "verschieben":
			return true
		}
	}
	return c.Record.HTTP.Method == "DELETE"
}

// units are the endings of names of delays, the length of each; the first that fits counts.
var units = [...]struct {
	part string
	unit time.Duration
}{
	{"ms", time.Millisecond}, {"milli", time.Millisecond}, {"min", time.Minute}, {"hour", time.Hour}, {"stund", time.Hour}, {"day", 24 * time.Hour},
	{"sec", time.Second}, {"sek", time.Second}, {"offset", time.Second}, {"delay", time.Second}, {"after", time.Second}, {"verzoeg", time.Second},
	{"retard", time.Second}, {"wait", time.Second}, {"countdown", time.Second},
}

// delay returns how long a leaf puts something off; ok is false for leaves that are no time.
func delay(l *waywarden.Leaf, now time.Time) (time.Duration, bool) {
	if at, err := time.Parse(time.RFC3339, l.Value); err == nil {
		return at.Sub(now), true
	}
	n, err := strconv.ParseFloat(l.Value, 64)
	if err != nil || l.Kind != waywarden.ValueNumber && l.In != waywarden.InQuery {
		return 0, false
	}
	switch { // seconds or milliseconds since 1970
	case n > 1e12:
		return time.UnixMilli(int64(n)).Sub(now), true
	case n > 1e9:
		return time.Unix(int64(n), 0).Sub(now), true
	}
	name := strings.ToLower(l.Name[strings.LastIndexByte(l.Name, '.')+1:])
	for _, u := range units {
		if strings.Contains(name, u.part) {
			return time.Duration(n * float64(u.unit)), true
		}
	}
	return 0, false
}
