package access

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// SelfMade makes AUT-005: a privileged account that somebody made for himself.
func SelfMade(m *detect.Memory) detect.Detector {
	return &selfMade{
		hosts:   detect.NewTable[office](m, "AUT-005 hosts", 1<<12),
		born:    detect.NewTable[birth](m, "AUT-005 accounts made without an invitation", 1<<14),
		recruit: detect.NewTable[int32](m, "AUT-005 operations that make accounts", 1<<10),
	}
}

type selfMade struct {
	hosts   *detect.Table[office]
	born    *detect.Table[birth]
	recruit *detect.Table[int32] // accounts made without an invitation
}

// An office is what a host is for.
type office struct{ privileged, other int32 }

// A birth is how an account was made.
type birth struct {
	at       int64
	host     string
	op       uint64
	evidence waywarden.Evidence
	raised   bool
}

// Bounds of the verdict.
const (
	birthSpan   = 7 * 24 * time.Hour
	officeCalls = 20  // privileged calls before a host is known for them …
	officeShare = 0.5 // … and their share of its calls
	recruitMax  = 8   // accounts made without an invitation from which the host takes everybody
)

func (d *selfMade) Card() detect.Card {
	return detect.Card{
		ID: "AUT-005", Title: "Privileged account made without an invitation", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API5:2023", "API2:2023", "R155:1.2", "R155:15.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputRequestBodies, Helped: detect.InputResponseBodies,
		Desc: `Raised when an account uses a function of dealers, administration, support, diagnostics or ownership within seven days of being made by a registration that carried no credential, invitation or code, on a host that is for such functions (at least twenty calls and half of what it serves).

The account is recognised by the e-mail address or name it registered with, or by the identifier the registration answered. It is raised with the first use; the registration is cited. A host on which more than eight accounts were made so takes everybody: that is a weakness, which the posture report has.`,
		Silent: []string{
			"a new colleague with an invitation or a code, or made by an administrator",
			"customers who register and use customers' functions",
			"a registration that nothing follows",
		},
		Respond: "Lock the account, undo what it did, and let accounts of this host be made by invitation alone.",
	}
}

func (*selfMade) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted} }

func (d *selfMade) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || !c.Success {
		return
	}
	class := c.Operation.Function.Class
	switch {
	case c.Principal.UID == "" && registers(c.Operation):
		if !out.Asked.Any(detect.Proofs()) && !detect.Inside(s.Record.HTTP.Client.IP) {
			d.birth(s)
		}
	case c.Principal.UID == "" || detect.Proves(class):
	case privileged(c.Operation):
		h := d.hosts.At(detect.Key(c.Operation.Host))
		h.privileged++
		if h.privileged >= officeCalls && float64(h.privileged) >= officeShare*float64(h.privileged+h.other) {
			d.use(s, out)
		}
	default:
		d.hosts.At(detect.Key(c.Operation.Host)).other++
	}
}

// registers says whether an operation makes accounts.
func registers(op *waywarden.Operation) bool {
	if op.Function.Class == "id.register" {
		return true
	}
	if op.Method != "POST" && op.Method != "PUT" || detect.Proves(op.Function.Class) {
		return false
	}
	last := strings.ToLower(op.Template[strings.LastIndexByte(op.Template, '/')+1:])
	for _, w := range [...]string{"register", "registration", "signup", "sign-up", "accounts", "registrieren", "registrierung", "inscription", "registro", "registrazione", "rejestracja", "konto"} {
		if last == w {
			return true
		}
	}
	return false
}

// birth notes an account under what it registered with, and under what the answer calls it.
func (d *selfMade) birth(s *waywarden.Scene) {
	op := detect.Key(s.Call.Operation.ID)
	b := birth{
		at: s.Now.UnixNano(), host: strings.Clone(s.Call.Operation.Host), op: op,
		evidence: detect.Keep(s),
	}
	named := false
	for i := range s.Call.Leaves {
		l := &s.Call.Leaves[i]
		switch l.Type {
		case waywarden.TypeEmail, waywarden.TypePersonID, waywarden.TypePhone:
			if (l.In == waywarden.InBody || l.In == waywarden.InResponse) && len(l.Value) >= 3 {
				*d.born.At(detect.Key(strings.ToLower(l.Value))) = b
				named = true
			}
		}
	}
	if named {
		*d.recruit.At(op)++
	}
}

// use holds who uses a privileged function against the accounts made lately.
func (d *selfMade) use(s *waywarden.Scene, out *detect.Output) {
	b := d.find(s)
	if b == nil || s.Now.UnixNano()-b.at > int64(birthSpan) || b.host != s.Call.Operation.Host || *d.recruit.At(b.op) > recruitMax {
		return
	}
	c := s.Call
	var ev []waywarden.Evidence
	if !b.raised {
		b.raised = true
		ev = []waywarden.Evidence{b.evidence, detect.EvidenceOf(s)}
	}
	r := detect.Report{
		Group: "account " + c.Principal.UID, Severity: waywarden.SeverityCritical, Confidence: 85, Operation: c.Operation, Principal: c.Principal,
		Evidence: ev, First: time.Unix(0, b.at).UTC(),
		Title: "Account " + c.Principal.UID + " made itself privileged",
		Desc: detect.Who(s) + " was made " + time.Duration(s.Now.UnixNano()-b.at).Round(time.Second).String() + " ago by a registration at " + b.host +
			" that needed no invitation, and uses " + detect.What(c.Operation) + " (" + c.Operation.Function.Class + ").",
		Facts: []waywarden.Fact{
			{Name: "invitation", Observed: "none", Normal: "an invitation, a code or an administrator"},
			{Name: "accounts made so on this host", Observed: detect.Itoa(int(*d.recruit.At(b.op))), Normal: "0"},
		},
	}
	r.Resources = detect.Assets(s)
	out.Raise(&r)
}

// find returns how the caller's account was made, nil where that was not seen.
func (d *selfMade) find(s *waywarden.Scene) *birth {
	if b := d.born.Peek(detect.Key(strings.ToLower(s.Call.Principal.UID))); b != nil {
		return b
	}
	if s.Caller == nil {
		return nil
	}
	for i := range s.Caller.IDs {
		switch id := &s.Caller.IDs[i]; id.Type {
		case waywarden.TypeEmail, waywarden.TypePersonID, waywarden.TypePhone:
			if b := d.born.Peek(detect.Key(strings.ToLower(id.Value))); b != nil {
				return b
			}
		}
	}
	return nil
}
