package exposure

import (
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Unauthenticated makes DAT-002: personal or vehicle data in the answer to a caller that proved nothing.
func Unauthenticated(m *detect.Memory) detect.Detector {
	return &unauthenticated{
		served: detect.NewTable[served](m, "DAT-002 operations", 1<<14),
		takers: detect.NewTable[taker](m, "DAT-002 addresses per operation", 1<<15),
	}
}

type unauthenticated struct {
	served *detect.Table[served]
	takers *detect.Table[taker]
}

// served is what one operation gave to whom.
type served struct {
	signed          int32  // calls with a credential that were served
	object, contact uint64 // of the first answer with a person's contact
	varies          bool   // the contact differs from object to object: it is a person's, not the operator's
}

// A taker is an address that was served without a credential.
type taker struct {
	objects  [takerMin]uint64
	n        int
	evidence [takerMin - 1]waywarden.Evidence
}

const (
	takerMin  = 3 // objects of one address that make it more than an old client that asks for its own
	crowd     = 5 // persons by their own numbers, with contacts, in one answer: no list of branches or of who is on duty
	signedMin = 3 // served calls with a credential after which one without is no such client
)

func (d *unauthenticated) Card() detect.Card {
	return detect.Card{
		ID: "DAT-002", Title: "Personal or vehicle data answered without authentication",
		Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API2:2023", "API8:2023", "API1:2023", "R155:3.3", "R155:3.5", "R155:19.2"},
		Needs: detect.InputCalls | detect.InputResponseBodies, Helped: detect.InputRequestBodies,
		Desc: `Raised when a call without any credential is answered with data of a person or a vehicle: position, trips, contact, identifiers of the vehicle, keys or secrets. Values that the request already held do not count.

Keys and secrets are critical; a person's contact, the contacts of many persons or a vehicle's position is high; a vehicle's other data is medium. There is one finding per operation, whoever calls it.

Where the operation serves others only with a credential, or the request names nothing, the first answer is enough. Where nobody ever shows a credential (a weakness that the posture report has in any case), old clients may honestly ask for their own vehicle: there an address must have got three different objects.`,
		Silent: []string{
			"sign-in, registration, recovery: the request itself carries the proof",
			"an old client that never signed in and asks for its own vehicle",
			"links that carry a secret (invitation, reset, one-time code)",
			"public feeds: stations, maps, availability, dealers, with the operator's own contact",
			"an answer that only repeats what was asked",
			"calls from a private network: services among themselves, whose credentials a proxy may have taken off",
		},
		Respond: "Require a credential for the operation and check that its owner may see the object. Find out from the access logs who else was served.",
	}
}

func (*unauthenticated) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted}
}

func (d *unauthenticated) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || !c.Success || c.Operation == nil || s.Record.HTTP == nil || out.Told == 0 {
		return
	}
	if p := &c.Principal; p.UID != "" || p.Session != "" || p.Scheme != waywarden.SchemeNone {
		if p.UID != "" {
			d.served.At(detect.Key(c.Operation.ID)).signed++
		}
		return
	}
	if excused(c, out) {
		return
	}
	severity, why := d.judge(s, out)
	if severity < waywarden.SeverityLow {
		return
	}
	if ev, enough := d.enough(s, severity); enough {
		d.report(s, out, severity, why, ev)
	}
}

// excused says whether a call may do without a credential: it carries a proof of another kind, or comes from inside.
func excused(c *waywarden.Call, out *detect.Output) bool {
	return out.Asked.Any(detect.Proofs()) || detect.Proves(c.Operation.Function.Class) || password(c) || detect.Inside(c.Record.HTTP.Client.IP)
}

// enough says whether an answer is more than an old client may get, and gives the earlier evidence for that.
func (d *unauthenticated) enough(s *waywarden.Scene, severity waywarden.Severity) ([]waywarden.Evidence, bool) {
	op := detect.Key(s.Call.Operation.ID)
	if severity == waywarden.SeverityCritical || len(s.Subjects) == 0 || d.served.At(op).signed >= signedMin {
		return nil, true
	}
	t := d.takers.At(detect.Mix(op, detect.Key(s.Record.HTTP.Client.IP)))
	if t.n >= takerMin {
		return nil, true
	}
	object := detect.Key(detect.Asset(s, &s.Subjects[0]).UID)
	if slices.Contains(t.objects[:t.n], object) {
		return nil, false
	}
	t.objects[t.n] = object
	t.n++
	if t.n < takerMin {
		t.evidence[t.n-1] = detect.Keep(s)
		return nil, false
	}
	return append(t.evidence[:len(t.evidence):len(t.evidence)], detect.EvidenceOf(s)), true
}

// A named is what kinds of asset a request names.
type named struct{ vehicle, person, charger, object bool }

func namedBy(s *waywarden.Scene) (n named) {
	for i := range s.Subjects {
		switch detect.Asset(s, &s.Subjects[i]).Type {
		case waywarden.AssetVehicle:
			n.vehicle = true
		case waywarden.AssetConsumer:
			n.person = true
		case waywarden.AssetCharger:
			n.charger = true
		}
		n.object = n.vehicle || n.charger
	}
	return n
}

// judge says how bad it is that nobody got these data, and what they are.
func (d *unauthenticated) judge(s *waywarden.Scene, out *detect.Output) (waywarden.Severity, string) {
	told, n := out.Told, namedBy(s)
	reach := detect.TypesOf(waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypePersonID)
	if told.Any(detect.Secrets()) && (n.object || out.Objects > 0 || told.Any(reach|detect.Vehicles())) {
		return waywarden.SeverityCritical, "keys or secrets"
	}
	switch {
	case position(n.vehicle, told, reach):
		return waywarden.SeverityHigh, "a vehicle's position or its driver's data"
	case n.person && told.Any(detect.Contacts()|detect.Places()):
		return waywarden.SeverityHigh, "a person's data"
	case n.charger && told.Any(reach) && d.personal(s):
		return waywarden.SeverityHigh, "the contact of the charger's owner"
	case crowded(out) && s.Call.Operation.Function.Class != "ride.feed_public":
		return waywarden.SeverityHigh, "the contacts of many persons"
	case n.vehicle && told.Any(detect.Vehicles()|detect.Contacts()):
		return restricted(s.Call.Operation), "a vehicle's data"
	}
	return 0, ""
}

// crowded says whether an answer has the contacts of many persons.
func crowded(out *detect.Output) bool {
	return out.Objects >= crowd && out.Told.Any(detect.TypesOf(waywarden.TypePersonID)) && out.Told.Any(detect.TypesOf(waywarden.TypeEmail, waywarden.TypePhone))
}

// position says whether an answer has a vehicle's place or its driver's data, named being the vehicle.
func position(named bool, told, reach detect.Types) bool {
	return (named || told.Any(detect.Vehicles())) && told.Any(reach|detect.Places()|detect.TypesOf(waywarden.TypeEMAID, waywarden.TypeIDTag))
}

// restricted returns the severity of a vehicle's lesser data from an operation, none where it is meant for the public.
func restricted(op *waywarden.Operation) waywarden.Severity {
	if detect.Public(op.Function.Class) {
		return 0
	}
	return waywarden.SeverityMedium
}

// personal says whether the contact that an operation gives differs from object to object: an operator's hotline does not.
func (d *unauthenticated) personal(s *waywarden.Scene) bool {
	var object, contact uint64
	if len(s.Subjects) > 0 {
		object = detect.Key(detect.Asset(s, &s.Subjects[0]).UID)
	}
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		if l.In != waywarden.InResponse {
			continue
		}
		switch {
		case l.Type == waywarden.TypeEmail && strings.IndexByte(l.Value, '@') > 0, l.Type == waywarden.TypePhone && len(l.Value) >= 7,
			l.Type == waywarden.TypePersonID && len(l.Value) > 1:
			contact = detect.Mix(contact, xxh3.HashString(l.Value))
		}
	}
	if contact == 0 {
		return false
	}
	e := d.served.At(detect.Key(s.Call.Operation.ID))
	switch {
	case e.object == 0:
		e.object, e.contact = object, contact
	case e.object != object && e.contact != contact:
		e.varies = true
	}
	return e.varies
}

// password says whether a request carries one: a sign-in that is not known as such.
func password(c *waywarden.Call) bool {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			return false
		}
		if l.In != waywarden.InBody {
			continue
		}
		name := strings.ToLower(l.Name[strings.LastIndexByte(l.Name, '.')+1:])
		for _, w := range [...]string{"passw", "kennwort", "contrase", "motdepasse", "wachtwoord", "haslo", "pwd", "secret", "grant_type", "assertion"} {
			if strings.Contains(name, w) {
				return true
			}
		}
	}
	return false
}

func (d *unauthenticated) report(s *waywarden.Scene, out *detect.Output, severity waywarden.Severity, why string, ev []waywarden.Evidence) {
	op := s.Call.Operation
	r := detect.Report{
		Group: op.ID, Severity: severity, Confidence: 90, Operation: op, Evidence: ev,
		Title: "Data given to anybody: " + detect.What(op),
		Desc: detect.Who(s) + " was answered by " + detect.What(op) + " with " + why + " (" + strings.Join(out.Told.Names(), ", ") +
			") though the call carried no credential at all. Whoever knows or guesses an identifier gets the same.",
		Facts: []waywarden.Fact{
			{Name: "credential", Observed: "none", Normal: "the owner's"},
			{Name: "data types", Observed: strings.Join(out.Told.Names(), ", "), Normal: "none to nobody"},
		},
	}
	r.Resources = detect.Assets(s)
	out.Raise(&r)
}
