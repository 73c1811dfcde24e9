package command

import (
	"strings"
	"unicode"

	"github.com/waywarden/waywarden"
)

// number returns the number of a command that a call names: of one that asks for a command the one its answer gives, else
// that of the request, or of the answer or the pushed event.
func number(c *waywarden.Call, given bool) string {
	id := ""
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.Type != waywarden.TypeRequestID || l.Value == "" {
			continue
		}
		switch l.In {
		case waywarden.InResponse:
			return l.Value
		case waywarden.InPath, waywarden.InQuery, waywarden.InBody:
			if !given {
				id = l.Value
			}
		}
	}
	return id
}

// stateNames are names of fields that say how far a command is.
var stateNames = map[string]bool{
	"state": true, "status": true, "eventstatus": true, "result": true, "commandstatus": true, "commandstate": true, "requeststatus": true, "remoteservicestate": true, "outcome": true, "resultcode": true, "phase": true,
	"ergebnis": true, "zustand": true, "auftragsstatus": true, "etat": true, "statut": true, "estado": true, "stato": true, "esito": true,
}

// stateWords are the states as interfaces name them (domain/statemodels.yaml has those of vendors), without separators.
var stateWords = map[string]waywarden.CommandState{
	"requested": waywarden.CommandAccepted, "accepted": waywarden.CommandAccepted, "initiated": waywarden.CommandAccepted, "pending": waywarden.CommandAccepted, "queued": waywarden.CommandAccepted, "inprogress": waywarden.CommandAccepted,
	"processing": waywarden.CommandAccepted, "sent": waywarden.CommandAccepted, "angenommen": waywarden.CommandAccepted, "offen": waywarden.CommandAccepted, "encours": waywarden.CommandAccepted, "pendiente": waywarden.CommandAccepted,
	"delivered": waywarden.CommandDelivered, "executing": waywarden.CommandDelivered, "zugestellt": waywarden.CommandDelivered, "entregado": waywarden.CommandDelivered, "livre": waywarden.CommandDelivered,
	"executed": waywarden.CommandExecuted, "success": waywarden.CommandExecuted, "successful": waywarden.CommandExecuted, "succeeded": waywarden.CommandExecuted, "completed": waywarden.CommandExecuted, "complete": waywarden.CommandExecuted,
	"done": waywarden.CommandExecuted, "finished": waywarden.CommandExecuted, "ausgefuehrt": waywarden.CommandExecuted, "ausgeführt": waywarden.CommandExecuted, "exécuté": waywarden.CommandExecuted, "erledigt": waywarden.CommandExecuted, "execute": waywarden.CommandExecuted, "ejecutado": waywarden.CommandExecuted, "eseguito": waywarden.CommandExecuted,
	"rejected": waywarden.CommandRejected, "rejectedbyvehicle": waywarden.CommandRejected, "declined": waywarden.CommandRejected, "ignored": waywarden.CommandRejected, "conditionsnotmet": waywarden.CommandRejected, "preconditionfailed": waywarden.CommandRejected,
	"abgelehnt": waywarden.CommandRejected, "rejete": waywarden.CommandRejected, "rechazado": waywarden.CommandRejected, "rifiutato": waywarden.CommandRejected, "geweigerd": waywarden.CommandRejected,
	"error": waywarden.CommandFailed, "failed": waywarden.CommandFailed, "failure": waywarden.CommandFailed, "fehlgeschlagen": waywarden.CommandFailed, "fehler": waywarden.CommandFailed, "echoue": waywarden.CommandFailed, "fallido": waywarden.CommandFailed,
	"timeout": waywarden.CommandTimeout, "timedout": waywarden.CommandTimeout, "expired": waywarden.CommandTimeout, "abgelaufen": waywarden.CommandTimeout,
	"cancelled": waywarden.CommandCancelled, "canceled": waywarden.CommandCancelled, "abgebrochen": waywarden.CommandCancelled, "annule": waywarden.CommandCancelled,
}

// told returns the state of a command that the answer, or a pushed event's body, tells; "" for none.
func told(c *waywarden.Call) waywarden.CommandState {
	for i := len(c.Leaves) - 1; i >= 0; i-- {
		l := &c.Leaves[i]
		if l.In != waywarden.InResponse && l.In != waywarden.InBody || l.Kind != waywarden.ValueText || len(l.Value) > 32 {
			continue
		}
		if stateNames[tight(l.Name[strings.LastIndexByte(l.Name, '.')+1:])] {
			if s := stateWords[tight(l.Value)]; s != "" {
				return s
			}
		}
	}
	return ""
}

// tight is a word in lower case without separators.
func tight(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
