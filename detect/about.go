package detect

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
)

// LinkSure is the confidence from which a link gives a right.
const LinkSure = 0.5

// Linked says whether the caller has a link to the subject that gives a right.
func Linked(s *waywarden.Subject) bool { return s.Linked.Confidence >= LinkSure }

// Peers returns the key of the group of peers the caller belongs to: those who come with the same client and roles to
// the same host, or where no client is known, with the same kind of credential.
func Peers(c *waywarden.Call) uint64 {
	p := &c.Principal
	kind := p.Kind
	if kind == waywarden.PrincipalSession {
		kind = waywarden.PrincipalUser // one whose name is not known yet
	}
	k := Key(string(kind), p.Client, c.Operation.Host)
	if p.Client == "" {
		k = Mix(k, Key(string(p.Scheme)))
	}
	for _, r := range p.Roles {
		k = Mix(k, Key(r))
	}
	return k
}

// Asset names a subject as a resource; a twin that is not known goes by the value the request named it by.
func Asset(s *waywarden.Scene, sub *waywarden.Subject) waywarden.Resource {
	if sub.Twin != nil {
		return waywarden.Resource{Type: sub.Twin.Type, UID: sub.Twin.UID}
	}
	l := &s.Call.Leaves[sub.Leaf]
	r := waywarden.Resource{Type: waywarden.AssetVehicle, UID: l.Value}
	switch l.Type {
	case waywarden.TypeStationID:
		r.Type = waywarden.AssetCharger
	case waywarden.TypePersonID:
		r.Type = waywarden.AssetConsumer
	}
	return r
}

// Assets names everything the request of a scene names.
func Assets(s *waywarden.Scene) []waywarden.Resource {
	var out []waywarden.Resource
	for i := range s.Subjects {
		out = append(out, Asset(s, &s.Subjects[i]))
	}
	return out
}

// Caller names who calls by what is stable about it.
func Caller(s *waywarden.Scene) string {
	if u := s.Call.Principal.UID; u != "" {
		return u
	}
	return "at " + Address(s)
}

// Keep returns the evidence that the scene's record is, in memory of its own.
func Keep(s *waywarden.Scene) waywarden.Evidence {
	e := EvidenceOf(s)
	return waywarden.Evidence{Record: strings.Clone(e.Record), Principal: strings.Clone(e.Principal), IP: strings.Clone(e.IP)}
}

// Proves says whether a class of operations proves who somebody is, so that it is asked without a credential.
func Proves(class string) bool { return strings.HasPrefix(class, "id.") }

// Public says whether a class of operations is meant for everybody.
func Public(class string) bool { return class == "ride.feed_public" || class == "infra.misc" }

// Prefix returns the /24 (IPv4) or /48 (IPv6) of an address: one site's router keeps it. Of what is no address, itself.
func Prefix(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return strings.Clone(ip)
	}
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return strings.Clone(ip)
	}
	return p.String()
}

// Inside says whether an address is of a private network or the machine itself. The shared range of carriers is not.
func Inside(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && (a.IsPrivate() || a.IsLoopback())
}

// Proofs are the types of what was given to its holder, so that a request that carries it proves something.
func Proofs() Types {
	return TypesOf(waywarden.TypeOTP, waywarden.TypePIN, waywarden.TypeResetToken, waywarden.TypeInviteCode,
		waywarden.TypeAccessToken, waywarden.TypeRefreshToken, waywarden.TypeKeyMaterial, waywarden.TypeCloudSecret)
}

// Secrets are the types of what opens something.
func Secrets() Types {
	return TypesOf(waywarden.TypeKeyMaterial, waywarden.TypeCloudSecret, waywarden.TypePIN)
}

// Contacts are the types by which a person is known or reached.
func Contacts() Types {
	return TypesOf(waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypePersonID, waywarden.TypeNameAddress, waywarden.TypeEMAID, waywarden.TypeIDTag)
}

// Places are the types that say where somebody is or was.
func Places() Types { return TypesOf(waywarden.TypeLocation, waywarden.TypeTripHistory) }

// Vehicles are the types by which a vehicle is known anywhere.
func Vehicles() Types {
	return TypesOf(waywarden.TypeVIN, waywarden.TypeIMEI, waywarden.TypeICCID, waywarden.TypePlate)
}

// LastName returns the last part of a leaf's name in lower case, without what separates words.
func LastName(name string) string {
	name = name[strings.LastIndexByte(name, '.')+1:]
	plain := true
	for i := range len(name) {
		if c := name[i]; c < 'a' || c > 'z' {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r != '-' && r != '_' && r != ' ' && r != '[' && r != ']' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Password says whether a leaf is a password, by its name in the usual languages.
func Password(l *waywarden.Leaf) bool {
	if l.Kind == waywarden.ValueBool {
		return false
	}
	name := LastName(l.Name)
	for _, w := range [...]string{"passw", "passcode", "passphrase", "kennwort", "contrase", "motdepasse", "wachtwoord", "haslo", "senha", "losenord", "lösenord", "heslo", "parola", "salasana", "pwd"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return name == "pass" || name == "secret" || name == "pw"
}

// Clip returns a value short enough for a text.
func Clip(v string) string {
	if len(v) > 60 {
		return v[:60] + "…"
	}
	return v
}

// Plural returns the word for n things.
func Plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Itoa returns a count as text; of a fraction, what is whole of it.
func Itoa[N int | int32 | int64 | float64](n N) string { return strconv.Itoa(int(n)) }

// Domain returns the registered part of a host's name: its last two labels, or three where the second is a short one
// ("co.uk"); the whole where it is an address (bare).
func Domain(host string, bare bool) string {
	if bare {
		return host
	}
	l := strings.Split(host, ".")
	n := 2
	if len(l) > 2 && len(l[len(l)-2]) <= 3 {
		n = 3
	}
	return strings.Join(l[max(len(l)-n, 0):], ".")
}
