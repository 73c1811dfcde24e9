package identity

import (
	"hash/maphash"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// An attempt is a call that offers a secret for an account.
type attempt struct {
	account uint64 // 0: the request does not say whose
	secret  uint64 // under a key of this process: what was tried cannot be told from it
	code    bool   // a short one: one-time code, PIN, reset code; else a password
	refused bool   // the secret was not right
	served  bool
}

// A reader takes attempts from calls.
type reader struct{ seed maphash.Seed }

// newReader draws the key under which secrets are kept. They are only ever compared with one another, so that nothing
// told depends on it.
func newReader() reader { return reader{seed: maphash.MakeSeed()} }

// read returns the attempt that a call is. Renewals, which offer no secret a person knows, are none.
func (r reader) read(s *waywarden.Scene) (attempt, bool) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil {
		return attempt{}, false
	}
	identity := strings.HasPrefix(c.Operation.Function.Class, "id.")
	if !identity && c.Operation.Access == waywarden.AccessRead {
		return attempt{}, false
	}
	a := r.offered(c)
	if a.secret == 0 || !identity && !a.code {
		return attempt{}, false
	}
	a.served = c.Success
	a.refused = !c.Success && rejected(s.Record.HTTP.Status)
	return a, true
}

// offered returns the secret and the account of a request.
func (r reader) offered(c *waywarden.Call) attempt {
	var a attempt
	short := "" // a code beside a name, by whatever path
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if (l.In == waywarden.InBody || l.In == waywarden.InQuery) && l.Value != "" {
			r.take(&a, l)
			if short == "" && shortCode(l) {
				short = l.Value
			}
		}
	}
	if a.secret == 0 && short != "" && a.account != 0 {
		a.secret, a.code = maphash.String(r.seed, short), true
	}
	return a
}

// take reads one leaf of a request.
func (r reader) take(a *attempt, l *waywarden.Leaf) {
	switch {
	case code(l):
		a.secret, a.code = maphash.String(r.seed, l.Value), true
	case a.secret == 0 && detect.Password(l):
		a.secret = maphash.String(r.seed, l.Value)
	case a.account == 0 && account(l):
		a.account = detect.Key(strings.ToLower(l.Value))
	}
}

// rejected says whether a status means that what was sent is not right; an error of the server means nothing.
func rejected(status int) bool {
	switch status {
	case 400, 401, 403, 404, 409, 422, 423, 429:
		return true
	}
	return status >= 200 && status < 300 // an error inside a success
}

// code says whether a leaf is a short secret.
func code(l *waywarden.Leaf) bool {
	return l.Type == waywarden.TypeOTP || l.Type == waywarden.TypePIN || l.Type == waywarden.TypeResetToken
}

// shortCode says whether a leaf is a few digits in a field that is called a code: what somebody was sent, unless it is the
// code of something else, which nobody tries six of.
func shortCode(l *waywarden.Leaf) bool {
	if len(l.Value) < 4 || len(l.Value) > 8 || strings.Trim(l.Value, "0123456789") != "" {
		return false
	}
	switch detect.LastName(l.Name) {
	case "code", "codice", "codigo", "passcode", "otp", "pin", "token", "kod", "kode", "verificationcode", "verifycode", "smscode":
		return true
	}
	return false
}

// account says whether a leaf says whose secret it is.
func account(l *waywarden.Leaf) bool {
	switch l.Type {
	case waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypePersonID, waywarden.TypeIMEI, waywarden.TypeVIN,
		waywarden.TypeVehicleID, waywarden.TypeStationID, waywarden.TypePlate:
		return true
	}
	switch detect.LastName(l.Name) {
	case "user", "username", "login", "account", "userid", "loginid", "benutzer", "benutzername", "utilisateur", "usuario", "utente", "gebruiker", "identifier", "deviceid", "device", "serial":
		return true
	}
	return false
}
