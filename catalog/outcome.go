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
	silent := "" // the object that was found to tell nothing more, with its dot: its other fields need no look
	for i := range leaves {
		l := &leaves[i]
		if !suspect(l) || silent != "" && strings.HasPrefix(l.Name, silent) {
			continue
		}
		what := told(l)
		switch what {
		case tellsNo:
			return false
		case tellsError:
			failed = true
		case tellsData:
			data = true
		}
		silent = finished(l, what)
	}
	// A partial answer (GraphQL: data beside errors) is an answer.
	return !failed || data
}

// suspect says whether a leaf can tell anything: most cannot, by place or first letter.
func suspect(l *waywarden.Leaf) bool {
	return l.In == waywarden.InResponse && l.Name != "" && telltale(l.Name[0])
}

// finished returns the object, with its dot, that has nothing more to tell once a leaf of it said what it said; or "".
func finished(l *waywarden.Leaf, what tale) string {
	dot := strings.IndexByte(l.Name, '.')
	if dot < 0 || l.Kind == waywarden.ValueNull || what != tellsData && errorFields[strings.ToLower(l.Name[:dot])] {
		return ""
	}
	return l.Name[:dot+1]
}

// A tale is what one field of an answer says of its success.
type tale uint8

const (
	tellsNothing tale = iota
	tellsNo
	tellsError
	tellsData
)

func told(l *waywarden.Leaf) tale {
	top, _, nested := strings.Cut(l.Name, ".")
	top = strings.ToLower(strings.TrimSuffix(top, "[]"))
	no := l.Value == "false" || l.Value == "0" || l.Value == ""
	switch {
	case len(top) > topNameMax || l.Kind == waywarden.ValueNull:
		return tellsNothing
	case top == "data" || top == "result":
		return tellsData
	case successFields[top] && !nested && l.Kind == waywarden.ValueBool && no:
		return tellsNo
	case errorFields[top] && !no:
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
