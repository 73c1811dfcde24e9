package detect

import (
	"strings"
	"time"
	"unicode"

	"github.com/waywarden/waywarden"
)

// Owns says whether a link gives a right at now.
func Owns(l waywarden.Link, now time.Time) bool {
	return l.Rel != "" && l.Rel != "contact" && (l.Until.IsZero() || l.Until.After(now))
}

// IsVehicle says whether a subject is a vehicle that is known.
func IsVehicle(sub *waywarden.Subject) bool {
	return sub.Twin != nil && sub.Twin.Type == waywarden.AssetVehicle
}

// Commands says whether a call acts on a vehicle: it is of a class of commands and does not only ask.
func Commands(c *waywarden.Call) bool {
	return c.Operation != nil && strings.HasPrefix(c.Operation.Function.Class, "act.") && !Reads(c)
}

// Reads says whether a call only asks.
func Reads(c *waywarden.Call) bool {
	return c.Operation.Access == waywarden.AccessRead || c.Record.HTTP != nil && c.Record.HTTP.Method == "GET"
}

// What the words of a command that holds a vehicle mean, in the languages of such interfaces. A command is turned around
// by a word that always does so ("release"), by "off" for what holds ("immobiliser off"), or by "on" for what is held
// ("fuel on"); "fuel off" holds.
type sense uint8

const (
	senseLift  sense = 1 << iota // always turns it around
	senseNo                      // off
	senseYes                     // on
	senseHolds                   // a thing that holds a vehicle
	senseHeld                    // a thing that is held
)

// senses are words that count whole.
var senses = map[string]sense{
	"release": senseLift, "released": senseLift, "restore": senseLift, "restored": senseLift, "resume": senseLift, "lift": senseLift, "mobilize": senseLift, "mobilise": senseLift,
	"remobilize": senseLift, "remobilise": senseLift, "unimmobilize": senseLift, "unblock": senseLift, "unlock": senseLift, "disarm": senseLift, "undo": senseLift,
	"allow": senseLift, "permit": senseLift, "reconnect": senseLift, "free": senseLift, "freigeben": senseLift, "freigabe": senseLift, "entsperren": senseLift, "entsperrung": senseLift,
	"aufheben": senseLift, "aufhebung": senseLift, "desbloquear": senseLift, "desbloqueo": senseLift, "desbloqueio": senseLift, "liberar": senseLift, "restaurar": senseLift,
	"debloquer": senseLift, "débloquer": senseLift, "deverrouiller": senseLift, "déverrouiller": senseLift, "liberer": senseLift, "sblocca": senseLift, "sbloccare": senseLift, "ripristina": senseLift,
	"vrijgeven": senseLift, "deblokkeren": senseLift, "odblokuj": senseLift, "odblokowanie": senseLift,
	"off": senseNo, "no": senseNo, "false": senseNo, "disable": senseNo, "disabled": senseNo, "deactivate": senseNo, "deactivated": senseNo, "inactive": senseNo, "cancel": senseNo, "clear": senseNo,
	"aus": senseNo, "ausschalten": senseNo, "deaktivieren": senseNo, "inaktiv": senseNo, "desactivar": senseNo, "desativar": senseNo, "apagar": senseNo, "desligar": senseNo, "desactiver": senseNo, "désactiver": senseNo, "arret": senseNo,
	"disattiva": senseNo, "disattivare": senseNo, "spegni": senseNo, "uit": senseNo, "uitschakelen": senseNo, "wylacz": senseNo, "dezaktywuj": senseNo,
	"on": senseYes, "true": senseYes, "yes": senseYes, "enable": senseYes, "enabled": senseYes, "activate": senseYes, "start": senseYes, "ein": senseYes, "einschalten": senseYes, "aktivieren": senseYes,
	"activar": senseYes, "ativar": senseYes, "encender": senseYes, "activer": senseYes, "demarrer": senseYes, "attiva": senseYes, "accendi": senseYes, "aan": senseYes, "wlacz": senseYes,
}

// parts are beginnings of words for things.
var parts = [...]struct {
	part string
	sense
}{
	{"immobil", senseHolds}, {"inmovil", senseHolds}, {"imobil", senseHolds}, {"wegfahr", senseHolds}, {"sperr", senseHolds}, {"antidem", senseHolds}, {"antiarr", senseHolds}, {"anticollage", senseHolds},
	{"block", senseHolds}, {"bloq", senseHolds}, {"blocco", senseHolds}, {"blokad", senseHolds}, {"startonder", senseHolds}, {"lock", senseHolds}, {"cut", senseHolds}, {"corte", senseHolds}, {"coup", senseHolds},
	{"kill", senseHolds}, {"stop", senseHolds}, {"inhibit", senseHolds}, {"interrupt", senseHolds}, {"interlock", senseHolds}, {"limit", senseHolds}, {"valet", senseHolds}, {"curfew", senseHolds}, {"geofence", senseHolds},
	{"engine", senseHeld}, {"motor", senseHeld}, {"moteur", senseHeld}, {"silnik", senseHeld}, {"fuel", senseHeld}, {"kraftstoff", senseHeld}, {"carbur", senseHeld}, {"combust", senseHeld}, {"petrol", senseHeld}, {"oil", senseHeld},
	{"starter", senseHeld}, {"anlasser", senseHeld}, {"ignition", senseHeld}, {"zuend", senseHeld}, {"zünd", senseHeld}, {"encendid", senseHeld}, {"power", senseHeld}, {"pump", senseHeld},
}

// Lifts says whether a command that holds a vehicle (an immobiliser, a limit) is turned around: by the words of its
// operation, its method, or what its request sets.
func Lifts(c *waywarden.Call) bool {
	op := c.Operation
	said := sensesOf(op.Discriminator.Value)
	path := op.Template
	for range 2 {
		var part string
		if path, part = lastPart(path); part == "" {
			break
		}
		said |= sensesOf(part)
	}
	if op.Method == "DELETE" {
		said |= senseNo
	}
	for i := range c.Leaves {
		if l := &c.Leaves[i]; l.In == waywarden.InBody || l.In == waywarden.InQuery {
			said |= set(l)
		}
	}
	switch {
	case said&senseLift != 0:
		return true
	case said&senseNo != 0:
		return said&senseHolds != 0 || said&senseHeld == 0
	}
	return said&senseYes != 0 && said&senseHeld != 0 && said&senseHolds == 0
}

// lastPart cuts the last part that is no parameter off a path.
func lastPart(path string) (rest, part string) {
	for path != "" {
		i := strings.LastIndexByte(path, '/')
		rest, part = path[:max(i, 0)], path[i+1:]
		if part != "" && part[0] != '{' {
			return rest, part
		}
		path = rest
	}
	return "", ""
}

// sensesOf returns what the words of a name mean together.
func sensesOf(name string) sense {
	var out sense
	before := ""
	for _, w := range wordsOf(name) {
		s, whole := senses[w]
		switch {
		case whole && s == senseNo && w == "off" && (before == "cut" || before == "shut"):
			out |= senseHolds // "cut off" is one word
		case whole:
			out |= s
		default:
			for i := range parts {
				if strings.HasPrefix(w, parts[i].part) {
					out |= parts[i].sense
					break
				}
			}
		}
		before = w
	}
	return out
}

// set returns what a field that tells on from off says.
func set(l *waywarden.Leaf) sense {
	name := LastName(l.Name)
	if !switches(name) {
		return 0
	}
	said := sensesOf(l.Value)
	if l.Kind == waywarden.ValueNumber || l.In == waywarden.InQuery {
		switch l.Value {
		case "0":
			said = senseNo
		case "1":
			said = senseYes
		}
	}
	if strings.Contains(name, "disab") || strings.Contains(name, "deact") {
		switch {
		case said&senseYes != 0:
			return senseNo
		case said&senseNo != 0:
			return senseYes
		}
	}
	return said &^ (senseHolds | senseHeld)
}

// Words are the words, in lower case, of an operation's discriminator, or of the last part of its path.
func Words(op *waywarden.Operation) []string {
	if op.Discriminator.Value != "" {
		return wordsOf(op.Discriminator.Value)
	}
	_, part := lastPart(op.Template)
	return wordsOf(part)
}

// wordsOf takes a name apart into words in lower case, at what is no letter and where small letters turn capital.
func wordsOf(name string) []string {
	var b strings.Builder
	small := false
	for _, r := range name {
		if unicode.IsUpper(r) && small {
			b.WriteByte(' ')
		}
		small = unicode.IsLower(r)
		if !unicode.IsLetter(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

// switches says whether a field of that name, in lower case, tells on from off.
func switches(name string) bool {
	for _, part := range [...]string{"immo", "enable", "disab", "activ", "block", "lock", "state", "status", "sperre", "value", "zustand", "estado", "etat", "stato", "mode", "action", "command", "aktion"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return name == "on" || name == "cmd"
}
