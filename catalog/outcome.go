package catalog

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// successFields are top-level booleans by which an API says inside a 200 whether it did what was asked.
var successFields = wordSet(`ok success succeeded successful issuccess accepted erfolg erfolgreich succes exito sucesso esito`)

// errorFields are top-level fields whose presence inside a 200 tells of a failure (JSON-RPC, GraphQL, SOAP, REST).
var errorFields = wordSet(`error errors fault errorcode error_code errormessage error_description fehler erreur`)

// topNameMax is the length of the longest name in the two sets above.
const topNameMax = len("error_description")

// succeeded says whether the server did what was asked: a 2xx or 3xx whose body does not say otherwise.
func succeeded(tx *waywarden.Transaction, leaves []waywarden.Leaf) bool {
	if tx.Status < 200 || tx.Status >= 400 {
		return false
	}
	data, failed := false, false
	top, tells := "", tellsNothing // of the leaf before: most have the same
	for i := range leaves {
		l := &leaves[i]
		if !suspect(l) {
			continue
		}
		if !below(l.Name, top) {
			top, _, _ = strings.Cut(l.Name, ".")
			tells = tale(top)
		}
		switch said(l, tells, len(top) == len(l.Name)) {
		case tellsSuccess:
			return false
		case tellsError:
			failed = true
		case tellsData:
			data = true
		}
	}
	// A partial answer (GraphQL: data beside errors) is an answer.
	return !failed || data
}

// said returns what the leaf of a field that tells something says: data, an error, or that there was no success.
func said(l *waywarden.Leaf, tells int, whole bool) int {
	if l.Kind == waywarden.ValueNull {
		return tellsNothing
	}
	no := l.Value == "false" || l.Value == "0" || l.Value == ""
	if tells == tellsSuccess && !(no && whole && l.Kind == waywarden.ValueBool) || tells == tellsError && no {
		return tellsNothing
	}
	return tells
}

// suspect says whether a leaf can tell anything: most cannot, by place or first letter.
func suspect(l *waywarden.Leaf) bool {
	return l.In == waywarden.InResponse && l.Name != "" && telltale(l.Name[0])
}

// below says whether name is top or a path below it.
func below(name, top string) bool {
	return top != "" && strings.HasPrefix(name, top) && (len(name) == len(top) || name[len(top)] == '.')
}

// What the top-level fields of an answer tell of its success.
const (
	tellsNothing = iota
	tellsSuccess
	tellsError
	tellsData
)

// tale returns what a top-level field tells.
func tale(top string) int {
	top = strings.TrimSuffix(top, "[]")
	if len(top) > topNameMax {
		return tellsNothing
	}
	top = strings.ToLower(top)
	switch {
	case top == "data" || top == "result":
		return tellsData
	case successFields[top]:
		return tellsSuccess
	case errorFields[top]:
		return tellsError
	}
	return tellsNothing
}

// telltale says whether a name can be one of those looked for, by its first letter: most cannot.
func telltale(c byte) bool {
	switch c | 0x20 {
	case 'a', 'd', 'e', 'f', 'i', 'o', 'r', 's':
		return true
	}
	return false
}
