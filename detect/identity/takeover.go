package identity

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Takeover makes LIF-001: the contact of an account changed by somebody else, then its password reset and used.
func Takeover(m *detect.Memory) detect.Detector {
	return &takeover{
		reader:   newReader(),
		contacts: detect.NewTable[change](m, "LIF-001 contacts changed by others", 1<<14),
	}
}

type takeover struct {
	reader   reader
	contacts *detect.Table[change]
}

// A change is a contact that somebody wrote into an account that is not known to be his.
type change struct {
	at       int64 // unix nanoseconds
	person   string
	by       waywarden.Principal
	network  uint64
	program  uint64
	evidence waywarden.Evidence
	told     bool
}

const chainSpan = time.Hour // within which the steps of a takeover follow one another

func (d *takeover) Card() detect.Card {
	return detect.Card{
		ID: "LIF-001", Title: "Account taken over through its contact", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API2:2023", "API1:2023", "API3:2023", "R155:20.2", "R155:16.1"},
		Needs: detect.InputCalls | detect.InputRequestBodies | detect.InputCredentials, Helped: detect.InputLinks | detect.InputResponseBodies,
		Desc: `Raised when the e-mail address or phone number of a person's account is set by a caller that is not known to be this person, and within an hour the same network or the same program asks for a new password under the new contact (high) or signs in with it (critical).

The steps are joined by the value of the new contact; it is kept as a hash.`,
		Silent: []string{
			"people who change their own contact and sign in anew",
			"an agent who corrects a customer's contact: the customer comes from elsewhere with another program",
			"a registration: there is no account yet",
		},
		Respond: "Restore the contact, end the account's sessions, confirm changes of contact through the old one, and check what was done since.",
	}
}

func (*takeover) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Changing}
}

func (d *takeover) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || !c.Success || c.Operation.Access == waywarden.AccessRead {
		return
	}
	if c.Principal.UID != "" {
		d.change(s)
		return
	}
	if !strings.HasPrefix(c.Operation.Function.Class, "id.") {
		return
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			return
		}
		if contact(l) {
			d.follow(s, d.contacts.Peek(keyOf(l)), out)
			return
		}
	}
}

// contact says whether a leaf of a request is how a person is reached.
func contact(l *waywarden.Leaf) bool {
	return l.In == waywarden.InBody && (l.Type == waywarden.TypeEmail || l.Type == waywarden.TypePhone) && l.Value != ""
}

func keyOf(l *waywarden.Leaf) uint64 { return detect.Key(strings.ToLower(l.Value)) }

// change notes contacts that a caller writes into the account of somebody else.
func (d *takeover) change(s *waywarden.Scene) {
	person := other(s)
	if person == nil {
		return
	}
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		if l.In == waywarden.InResponse {
			return
		}
		if !contact(l) {
			continue
		}
		*d.contacts.At(keyOf(l)) = change{
			at: s.Now.UnixNano(), person: strings.Clone(person.UID), by: detect.Own(s.Call.Principal),
			network: network(detect.Address(s)), program: program(s.Call), evidence: detect.Keep(s),
		}
	}
}

// other returns the person whose account the request names, nil where it is the caller or nobody.
func other(s *waywarden.Scene) *waywarden.Twin {
	for i := range s.Subjects {
		w := s.Subjects[i].Twin
		if w == nil || w.Type != waywarden.AssetConsumer || !s.Subjects[i].Known {
			continue
		}
		if s.Caller != nil && same(s.Caller, w) {
			return nil
		}
		return w
	}
	return nil
}

// same says whether two twins are of one person.
func same(a, b *waywarden.Twin) bool {
	if a.UID == b.UID {
		return true
	}
	for i := range a.IDs {
		if a.IDs[i].Type == waywarden.TypePersonID && a.IDs[i].Value == b.UID {
			return true
		}
	}
	return false
}

// follow takes a step under a contact that was changed shortly before.
func (d *takeover) follow(s *waywarden.Scene, ch *change, out *detect.Output) {
	if ch == nil || s.Now.UnixNano()-ch.at > int64(chainSpan) {
		return
	}
	if network(detect.Address(s)) != ch.network && program(s.Call) != ch.program {
		return
	}
	a, tried := d.reader.read(s)
	in := tried && !a.code
	step, severity := "asked for a new password under it", waywarden.SeverityHigh
	if in {
		step, severity = "signed in with it", waywarden.SeverityCritical
	}
	var ev []waywarden.Evidence
	if !ch.told {
		ch.told = true
		ev = []waywarden.Evidence{ch.evidence, detect.EvidenceOf(s)}
	}
	out.Raise(&detect.Report{
		Group: "by " + ch.by.UID, Subject: ch.person, Severity: severity, Confidence: 90, Operation: s.Call.Operation, Principal: ch.by,
		Evidence: ev, First: time.Unix(0, ch.at).UTC(),
		Title: "Account of " + ch.person + " taken over",
		Desc: ch.by.UID + ", which is not known to be " + ch.person + ", wrote another contact into the account of " + ch.person + "; " +
			time.Duration(s.Now.UnixNano()-ch.at).Round(time.Second).String() + " later somebody at " + detect.Address(s) + ", from the same network or with the same program, " + step +
			" (" + detect.What(s.Call.Operation) + ").",
		Resources: []waywarden.Resource{{Type: waywarden.AssetConsumer, UID: ch.person}},
		Facts:     []waywarden.Fact{{Name: "who changed the contact", Observed: ch.by.UID, Normal: ch.person}},
	})
}
