package identity

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// StepUp makes IDN-009: a protected function used without the second proof that its other users give first.
func StepUp(m *detect.Memory) detect.Detector {
	return &stepUp{
		proofs:   detect.NewTable[int64](m, "IDN-009 second proofs", 1<<17),
		sessions: detect.NewTable[int64](m, "IDN-009 sessions", 1<<16),
		uses:     detect.NewTable[proven](m, "IDN-009 operations", 1<<13),
		seen:     detect.NewTable[uint8](m, "IDN-009 callers per operation", 1<<17),
	}
}

type stepUp struct {
	proofs   *detect.Table[int64] // when a person last gave a second proof
	sessions *detect.Table[int64] // when a session was seen first
	uses     *detect.Table[proven]
	seen     *detect.Table[uint8]
	start    time.Time
}

// A proven is how many callers used an operation after a second proof, and how many without.
type proven struct{ with, without int32 }

const (
	seenWith uint8 = 1 << iota
	seenWithout
)

// Bounds of the verdict.
const (
	provenMin   = 20             // callers that gave a second proof first …
	provenPart  = 0.01           // … and the share of them that did not up to which it is demanded
	provenSpan  = 24 * time.Hour // how long a second proof holds
	provenStart = time.Hour      // sessions seen sooner than this after the first record may have given it before
)

func (d *stepUp) Card() detect.Card {
	return detect.Card{
		ID: "IDN-009", Title: "Protected function without a second proof", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API2:2023", "R155:1.2", "R155:15.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputRequestBodies,
		Desc: `Raised when a function of administration, support, ownership, updates, configuration or a command is served to a caller that gave no second proof (one-time code, PIN, step-up), where its other users do: at least twenty callers with the same client and roles used the operation within a day of such a proof, and at most one in a hundred without.

That a function demands a second proof is learned, not configured. Only sessions that began at least an hour after the first record are judged.`,
		Silent: []string{
			"remembered devices, and a second proof given at another place (VPN): others then lack it too",
			"sessions from before the capture",
			"services and devices",
			"what the server refuses",
		},
		Respond: "Enforce the step-up on the server for every protected function, end the session, and check what it did.",
	}
}

func (*stepUp) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted} }

func (d *stepUp) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || !c.Success {
		return
	}
	if d.start.IsZero() {
		d.start = s.Now
	}
	class := c.Operation.Function.Class
	switch {
	case class == "id.mfa", strings.HasPrefix(class, "id.") && out.Asked.Any(detect.TypesOf(waywarden.TypeOTP, waywarden.TypePIN)):
		d.prove(s)
	case c.Principal.UID != "" && personal(c) && guarded(c.Operation):
		d.judge(s, out)
	}
}

// personal says whether a call is made by or for a person.
func personal(c *waywarden.Call) bool {
	return c.Principal.Kind == waywarden.PrincipalUser || c.Principal.Kind == waywarden.PrincipalSession
}

// guarded says whether an operation is of a class that may demand a second proof.
func guarded(op *waywarden.Operation) bool {
	if op.Access == waywarden.AccessControl {
		return true
	}
	class := op.Function.Class
	for _, p := range [...]string{"adm.", "diag.", "ota.", "cfg.", "life."} {
		if strings.HasPrefix(class, p) {
			return true
		}
	}
	return false
}

// prove notes a second proof for whom it is given: the caller, and the account that the request names.
func (d *stepUp) prove(s *waywarden.Scene) {
	now := s.Now.UnixNano()
	if u := s.Call.Principal.UID; u != "" {
		*d.proofs.At(detect.Key(strings.ToLower(u))) = now
	}
	for i := range s.Call.Leaves {
		switch l := &s.Call.Leaves[i]; l.Type {
		case waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypePersonID:
			if l.Value != "" {
				*d.proofs.At(detect.Key(strings.ToLower(l.Value))) = now
			}
		}
	}
}

// given says whether a caller gave a second proof lately.
func (d *stepUp) given(s *waywarden.Scene) bool {
	fresh := func(name string) bool {
		t := d.proofs.Peek(detect.Key(strings.ToLower(name)))
		return t != nil && s.Now.UnixNano()-*t <= int64(provenSpan)
	}
	if fresh(s.Call.Principal.UID) {
		return true
	}
	if s.Caller == nil {
		return false
	}
	for i := range s.Caller.IDs {
		if fresh(s.Caller.IDs[i].Value) {
			return true
		}
	}
	return false
}

func (d *stepUp) judge(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	born := d.sessions.At(detect.Key(c.Principal.Session, c.Principal.UID))
	if *born == 0 {
		*born = s.Now.UnixNano()
	}
	early := *born < d.start.Add(provenStart).UnixNano()
	since := d.sessions.At(detect.Key(c.Principal.UID))
	if *since == 0 {
		*since = s.Now.UnixNano()
	}
	if early || *since < d.start.Add(provenStart).UnixNano() && s.Now.Sub(d.start) < provenSpan {
		return // it, or the person with another token, may have given the proof before the first record
	}
	op, who := detect.Mix(detect.Peers(c), detect.Key(c.Operation.ID)), detect.Key(c.Principal.UID)
	seen, bit := d.seen.At(detect.Mix(op, who)), seenWithout
	u := d.uses.At(op)
	if d.given(s) {
		bit = seenWith
	} else if *seen&seenWithout == 0 && u.with >= provenMin && float64(u.without) <= provenPart*float64(u.with) {
		d.report(s, u, out)
		return
	}
	if *seen&bit != 0 {
		return
	}
	*seen |= bit
	if bit == seenWith {
		u.with++
	} else {
		u.without++
	}
}

func (d *stepUp) report(s *waywarden.Scene, u *proven, out *detect.Output) {
	op := s.Call.Operation
	out.Raise(&detect.Report{
		Group: s.Call.Principal.UID, Severity: waywarden.SeverityCritical, Confidence: 80, Operation: op, Principal: s.Call.Principal,
		Title: "Protected function used without a second proof by " + s.Call.Principal.UID,
		Desc: detect.Who(s) + " was served by " + detect.What(op) + " (" + op.Function.Class + ") without a one-time code, PIN or step-up within a day; all but " +
			detect.Itoa(u.without) + " of " + detect.Itoa(u.with+u.without) + " other callers gave one first. The second proof can be gone around.",
		Resources: detect.Assets(s),
		Facts:     []waywarden.Fact{{Name: "callers without a second proof", Observed: detect.Itoa(u.without), Normal: "of " + detect.Itoa(u.with+u.without)}},
	})
}
