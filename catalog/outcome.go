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
		if l.In != waywarden.InResponse || l.Name == "" || !telltale(l.Name[0]) {
			continue
		}
		if !below(l.Name, top) {
			top, _, _ = strings.Cut(l.Name, ".")
			tells = tale(top)
		}
		if tells == tellsNothing || l.Kind == waywarden.ValueNull {
			continue
		}
		no := l.Value == "false" || l.Value == "0" || l.Value == ""
		switch tells {
		case tellsData:
			data = true
		case tellsSuccess:
			if no && l.Kind == waywarden.ValueBool && len(top) == len(l.Name) {
				return false
			}
		case tellsError:
			failed = failed || !no
		}
	}
	// A partial answer (GraphQL: data beside errors) is an answer.
	return !failed || data
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
