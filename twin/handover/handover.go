// Package handover reads from calls that pass an asset from one party to another what they say: as what somebody has it,
// whether they end what somebody has, and until when a booking goes. It knows the words of the interfaces, in many languages.
package handover

import (
	"strings"
	"unicode/utf8"

	"github.com/waywarden/waywarden"
)

// Relations that answers name.
const (
	owner   = "owner"
	driver  = "driver"
	shared  = "shared"
	renter  = "renter"
	manager = "fleet_manager"
)

// roleNames are names of fields that say as what somebody has an asset.
var roleNames = map[string]bool{
	"role": true, "rolle": true, "rol": true, "ruolo": true, "rola": true, "accesstype": true, "access_type": true, "userrole": true, "user_role": true, "relation": true, "relationship": true, "usertype": true, "ownership": true, "membership": true,
}

// roleWords are the relations those fields name, in the languages of the interfaces.
var roleWords = map[string]string{
	"owner": owner, "primary": owner, "primaryowner": owner, "primary_owner": owner, "primary_user": owner, "main_user": owner, "besitzer": owner, "eigentuemer": owner, "halter": owner, "hauptnutzer": owner, "proprietaire": owner,
	"propietario": owner, "proprietario": owner, "eigenaar": owner, "wlasciciel": owner, "titular": owner,
	"driver": driver, "fahrer": driver, "conducteur": driver, "conductor": driver, "conducente": driver, "bestuurder": driver, "kierowca": driver,
	"guest": shared, "gast": shared, "shared": shared, "secondary": shared, "secondary_user": shared, "co_user": shared, "nebennutzer": shared, "mitbenutzer": shared, "invite": shared, "family": shared,
	"renter": renter, "mieter": renter, "locataire": renter, "arrendatario": renter, "huurder": renter, "borrower": renter, "rental": renter,
	"fleet_manager": manager, "fleetmanager": manager, "manager": manager, "admin": manager,
}

// endings are words of operations that end what a party has: giving back, removing, revoking, cancelling.
var endings = map[string]bool{
	"return": true, "returned": true, "rückgabe": true, "zurückgeben": true, "löschen": true, "giveback": true, "rueckgabe": true, "zurueckgeben": true, "zurueck": true, "restituer": true, "restitution": true, "retour": true, "devolver": true, "devolucion": true, "restituire": true,
	"inleveren": true, "teruggeven": true, "zwrot": true, "end": true, "finish": true, "complete": true, "checkout": true, "beenden": true, "terminer": true, "terminar": true, "cancel": true, "storno": true, "stornieren": true, "annuler": true,
	"cancelar": true, "remove": true, "revoke": true, "unpair": true, "unlink": true, "unbind": true, "unenroll": true, "detach": true, "disconnect": true, "delete": true, "leave": true, "unshare": true, "entfernen": true, "trennen": true,
	"loeschen": true, "widerrufen": true, "supprimer": true, "revoquer": true, "revocar": true, "eliminar": true, "quitar": true, "rimuovi": true, "verwijderen": true, "intrekken": true, "usun": true, "entkoppeln": true, "abmelden": true,
}

// Ends says whether an operation ends what a party has.
func Ends(op *waywarden.Operation) bool {
	if op.Method == "DELETE" {
		return true
	}
	text := op.Discriminator.Value
	if text == "" {
		text = strings.TrimSuffix(op.Template, "/")
		text = text[strings.LastIndexByte(text, '/')+1:]
	}
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && r < utf8.RuneSelf }) {
		if endings[w] {
			return true
		}
	}
	return false
}

// Role returns the relation that an answer names, in the given object of it or, for -1, anywhere; "" for none.
func Role(c *waywarden.Call, node int32) string {
	for i := len(c.Leaves) - 1; i >= 0 && c.Leaves[i].In >= waywarden.InResponse; i-- {
		l := &c.Leaves[i]
		if node >= 0 && l.Node != node || l.Kind != waywarden.ValueText || !roleNames[strings.ToLower(l.Name[strings.LastIndexByte(l.Name, '.')+1:])] {
			continue
		}
		if rel := roleWords[strings.ToLower(l.Value)]; rel != "" {
			return rel
		}
	}
	return ""
}

// Coded says whether a request carries a code.
func Coded(c *waywarden.Call) bool {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		switch {
		case l.In == waywarden.InResponse:
			return false
		case l.In != waywarden.InBody && l.In != waywarden.InQuery && l.In != waywarden.InPath:
		case l.Type == waywarden.TypeOTP, l.Type == waywarden.TypePIN, l.Type == waywarden.TypeInviteCode, l.Type == waywarden.TypeKeyMaterial:
			return true
		}
	}
	return false
}

// untilNames are names of fields that say when a booking ends.
var untilNames = map[string]bool{
	"end": true, "until": true, "endtime": true, "endat": true, "endsat": true, "enddate": true, "returnat": true, "returnby": true, "returntime": true, "validuntil": true, "validto": true, "dropoff": true, "dropofftime": true, "to": true,
	"bis": true, "ende": true, "rueckgabezeit": true, "fin": true, "hasta": true, "fine": true, "tot": true, "einde": true,
}

// tightName returns the last part of a dotted name without separators.
func tightName(name string) string {
	name = strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	if strings.ContainsAny(name, "_-") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "_", ""), "-", "")
	}
	return name
}

// Until says whether a leaf tells the end of a booking.
func Until(l *waywarden.Leaf) bool {
	return (l.In == waywarden.InBody || l.In == waywarden.InResponse) && untilNames[tightName(l.Name)]
}
