package answer

import (
	"math"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
)

// A form is how the value of a field is to be read.
type form uint8

const (
	formNone form = iota
	formTime
	formRaw // as it is: the field has the signal's own name
	formNumber
	formSpeed
	formMPH
	formDistance
	formMiles
	formPercent
	formTemperature
	formLatitude
	formLongitude
	formHeading
	formBool
	formLocked
	formUnlocked
	formOpen
	formAllClosed // false when all are closed; when some are open it is not known which
	formIgnition
	formRunning
	formGear
	formActive
	formCharging
	formPlugged
	formAlarm
	formImmobiliser
)

// forms names the forms as domain/fields.tsv does.
var forms = map[string]form{
	"number": formNumber, "speed": formSpeed, "mph": formMPH, "distance": formDistance, "miles": formMiles, "percent": formPercent, "temperature": formTemperature,
	"latitude": formLatitude, "longitude": formLongitude, "heading": formHeading, "bool": formBool, "locked": formLocked, "unlocked": formUnlocked, "open": formOpen,
	"allclosed": formAllClosed, "ignition": formIgnition, "running": formRunning, "gear": formGear, "active": formActive, "charging": formCharging, "plugged": formPlugged,
	"alarm": formAlarm, "immobiliser": formImmobiliser,
}

func formOf(name string) form { return forms[name] }

// measured says whether values of the form have a unit.
func (f form) measured() bool { return f == formSpeed || f == formDistance || f == formTemperature }

// A unit is what a number counts.
type unit uint8

const (
	unitNone unit = iota
	unitKMH
	unitMPH
	unitMS
	unitKM
	unitMile
	unitMetre
	unitFahrenheit
	unitCelsius
)

// unitNamed returns the unit of that name.
func unitNamed(s string) unit {
	switch strings.ToLower(s) {
	case "km/h", "kmh", "kph", "kilometers_per_hour", "kmph":
		return unitKMH
	case "mph", "mi/h", "mi/hr", "miles_per_hour":
		return unitMPH
	case "m/s", "ms", "mps":
		return unitMS
	case "km", "kilometer", "kilometre", "kilometers", "kilometres":
		return unitKM
	case "mi", "mile", "miles":
		return unitMile
	case "m", "meter", "metre", "meters", "metres":
		return unitMetre
	case "f", "fahrenheit", "°f", "degf":
		return unitFahrenheit
	case "c", "celsius", "°c", "degc":
		return unitCelsius
	}
	return unitNone
}

// unitOf returns the unit that the name of a field ends in.
func unitOf(name string) unit {
	switch {
	case strings.HasSuffix(name, "kmh"), strings.HasSuffix(name, "kph"):
		return unitKMH
	case strings.HasSuffix(name, "mph"):
		return unitMPH
	case strings.HasSuffix(name, "speedms"):
		return unitMS
	case strings.HasSuffix(name, "inmeters"), name == "odometerm":
		return unitMetre
	case strings.HasSuffix(name, "miles"), strings.HasSuffix(name, "metermi"):
		return unitMile
	case strings.HasSuffix(name, "km"), strings.HasPrefix(name, "km"), strings.HasPrefix(name, "kilom"):
		return unitKM
	}
	return unitNone
}

const (
	metresPerMile = 1609.344
	kmhPerMS      = 3.6
	kmhMax        = 500     // no road vehicle is faster
	odometerMax   = 2000000 // km; a larger number of no unit counts metres
)

// read returns the value of a leaf in the unit of its signal.
func (f form) read(l *waywarden.Leaf, u unit) (waywarden.Value, bool) {
	switch f {
	case formRaw:
		return raw(l), true
	case formNumber, formSpeed, formMPH, formDistance, formMiles, formPercent, formTemperature, formLatitude, formLongitude, formHeading:
		n, err := strconv.ParseFloat(l.Value, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return waywarden.Value{}, false
		}
		n, ok := f.number(n, u)
		return waywarden.Number(n), ok
	case formIgnition:
		return ignition(l)
	case formGear:
		return gear(l)
	case formAlarm:
		return worded(l, armed, "ARMED", "DISARMED")
	case formImmobiliser:
		return worded(l, immobilised, "LOCKED_REMOTE", "RELEASED")
	}
	is, ok := f.truth(l)
	return waywarden.Bool(is), ok
}

// raw is the value as it stands.
func raw(l *waywarden.Leaf) waywarden.Value {
	if n, err := strconv.ParseFloat(l.Value, 64); err == nil {
		return waywarden.Number(n)
	}
	if l.Value == "true" || l.Value == "false" {
		return waywarden.Bool(l.Value == "true")
	}
	return waywarden.Text(l.Value)
}

// number converts a number to the unit of its signal and says whether it can be one.
func (f form) number(n float64, u unit) (float64, bool) {
	switch f {
	case formMPH:
		return speed(n, unitMPH)
	case formSpeed:
		return speed(n, u)
	case formMiles:
		return distance(n, unitMile)
	case formDistance:
		return distance(n, u)
	case formTemperature:
		if u == unitFahrenheit {
			n = (n - 32) / 1.8
		}
	}
	r, bounded := ranges[f]
	return n, !bounded || n >= r.min && n <= r.max && (r.zero || n != 0)
}

// ranges are what numbers of a form can be.
var ranges = map[form]struct {
	min, max float64
	zero     bool
}{
	formPercent: {0, 100, true}, formTemperature: {-70, 100, true}, formHeading: {0, 360, true},
	formLatitude: {-90, 90, false}, formLongitude: {-180, 180, false}, // 0 is a receiver without a fix
}

// speed returns a speed in km/h.
func speed(n float64, u unit) (float64, bool) {
	switch u {
	case unitMPH:
		n *= metresPerMile / 1000
	case unitMS:
		n *= kmhPerMS
	}
	return n, n >= 0 && n <= kmhMax
}

// distance returns a distance in metres.
func distance(n float64, u unit) (float64, bool) {
	switch {
	case u == unitMile:
		n *= metresPerMile
	case u == unitMetre, u == unitNone && n > odometerMax:
	default:
		n *= 1000
	}
	return math.Round(n), n >= 0
}

// ignition reads the state of the ignition, in the words of VSS v6.
func ignition(l *waywarden.Leaf) (waywarden.Value, bool) {
	switch w := tight(l.Value); w {
	case "lock", "off", "acc", "on", "start":
		return waywarden.Text(strings.ToUpper(w)), true
	case "accessory":
		return waywarden.Text("ACC"), true
	case "run", "running", "ignitionon", "igon", "cranking":
		return waywarden.Text("ON"), true
	}
	return worded(l, on, "ON", "OFF")
}

// gear reads the selected gear: 126 is Park, 127 Drive, 0 neutral, -1 reverse (VSS v6).
func gear(l *waywarden.Leaf) (waywarden.Value, bool) {
	switch tight(l.Value) {
	case "p", "park", "parked":
		return waywarden.Number(126), true
	case "d", "drive":
		return waywarden.Number(127), true
	case "n", "neutral":
		return waywarden.Number(0), true
	case "r", "reverse":
		return waywarden.Number(-1), true
	}
	return waywarden.Value{}, false
}

// worded reads a truth as one of two words.
func worded(l *waywarden.Leaf, words map[string]bool, yes, no string) (waywarden.Value, bool) {
	is, ok := truth(l, words, true)
	if is {
		return waywarden.Text(yes), ok
	}
	return waywarden.Text(no), ok
}

// truth reads the forms that are true or false.
func (f form) truth(l *waywarden.Leaf) (is, ok bool) {
	switch f {
	case formLocked:
		return truth(l, locked, false)
	case formUnlocked:
		is, ok = truth(l, nil, false)
		return !is, ok
	case formOpen:
		if n, err := strconv.ParseFloat(l.Value, 64); err == nil {
			return n != 0, true
		}
		return truth(l, open, false)
	case formAllClosed:
		is, ok = truth(l, open, false)
		return is, ok && !is
	case formRunning, formActive, formBool:
		return truth(l, on, true)
	case formCharging:
		return truth(l, charging, true)
	case formPlugged:
		return truth(l, plugged, true)
	}
	return false, false
}

// truth reads a truth: a boolean, one of the words, or where they count so, 1 for true and any other number for false.
func truth(l *waywarden.Leaf, words map[string]bool, numbers bool) (is, ok bool) {
	switch l.Value {
	case "true", "TRUE", "True":
		return true, true
	case "false", "FALSE", "False":
		return false, true
	}
	if n, err := strconv.ParseFloat(l.Value, 64); err == nil {
		return n == 1, numbers
	}
	is, ok = words[tight(l.Value)]
	return is, ok
}

// Words of states in the languages of the interfaces, without separators.
var (
	on = map[string]bool{
		"on": true, "active": true, "yes": true, "running": true, "enabled": true, "engaged": true, "ein": true, "an": true, "ja": true, "aktiv": true, "marche": true, "oui": true, "encendido": true, "si": true,
		"acceso": true, "aan": true, "wlaczony": true, "ligado": true, "pa": true, "cooling": true, "heating": true, "ventilation": true, "heatingauxiliary": true,
		"off": false, "inactive": false, "no": false, "stopped": false, "disabled": false, "released": false, "aus": false, "nein": false, "inaktiv": false, "arret": false, "non": false, "apagado": false,
		"spento": false, "uit": false, "nee": false, "wylaczony": false, "desligado": false, "av": false, "standby": false,
	}
	locked = map[string]bool{
		"locked": true, "secured": true, "yes": true, "lock": true, "verriegelt": true, "abgeschlossen": true, "zu": true, "ja": true, "verrouille": true, "verrouillee": true, "oui": true, "bloqueado": true, "si": true,
		"chiuso": true, "vergrendeld": true, "zamkniety": true, "trancado": true, "last": true, "closedlocked": true,
		"unlocked": false, "no": false, "unlock": false, "entriegelt": false, "offen": false, "nein": false, "deverrouille": false, "deverrouillee": false, "non": false, "desbloqueado": false, "aperto": false,
		"ontgrendeld": false, "otwarty": false, "destrancado": false, "opened": false, "unsecured": false,
	}
	open = map[string]bool{
		"open": true, "opened": true, "offen": true, "auf": true, "ouvert": true, "ouverte": true, "abierto": true, "abierta": true, "aperto": true, "aperta": true, "otwarty": true, "aberto": true, "ajar": true,
		"closed": false, "geschlossen": false, "zu": false, "ferme": false, "fermee": false, "cerrado": false, "cerrada": false, "chiuso": false, "chiusa": false, "gesloten": false, "zamkniety": false, "fechado": false,
	}
	charging = map[string]bool{
		"charging": true, "chargeinprogress": true, "inprogress": true, "active": true, "on": true, "laedt": true, "ladend": true, "ladevorgangaktiv": true, "encarga": true, "encharge": true, "incarica": true, "oplading": true,
		"chargingac": true, "chargingdc": true, "fastcharging": true, "started": true, "yes": true,
		"complete": false, "completed": false, "disconnected": false, "stopped": false, "notcharging": false, "connectcable": false, "readyforcharging": false, "idle": false, "finished": false, "fullycharged": false,
		"waitingforcharge": false, "waitingforcurrentcharge": false, "pluggedin": false, "none": false, "off": false, "unplugged": false, "plannedcharging": false, "notinprogress": false, "chargingended": false, "chargeended": false,
		"nichtladend": false, "beendet": false, "inactive": false, "conserving": false, "chargepurposereachedandconservation": false, "chargepurposereachedandnotconservationcharging": false, "no": false, "nopower": false, "notconnected": false,
	}
	plugged = map[string]bool{
		"connected": true, "plugged": true, "pluggedin": true, "yes": true, "eingesteckt": true, "verbunden": true, "branche": true, "enchufado": true, "on": true,
		"disconnected": false, "unplugged": false, "notconnected": false, "no": false, "ausgesteckt": false, "getrennt": false, "debranche": false, "desenchufado": false, "off": false,
	}
	armed = map[string]bool{
		"armed": true, "on": true, "active": true, "ein": true, "aktiv": true, "scharf": true, "enabled": true,
		"disarmed": false, "off": false, "inactive": false, "aus": false, "inaktiv": false, "unscharf": false, "disabled": false,
	}
	immobilised = map[string]bool{
		"on": true, "active": true, "locked": true, "blocked": true, "enabled": true, "ein": true, "aktiv": true, "gesperrt": true, "immobilized": true, "immobilised": true, "bloque": true, "bloqueado": true, "aan": true,
		"off": false, "inactive": false, "unlocked": false, "released": false, "disabled": false, "aus": false, "inaktiv": false, "frei": false, "mobilized": false, "mobilised": false, "debloque": false, "desbloqueado": false, "uit": false,
	}
)
