package detect

import (
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// A Report is what a detector has to say of one scene. Reports of one detector and group are one finding.
type Report struct {
	Card       *Card  // whose report it is, of a detector that is [Many]; nil for the detector's own
	Group      string // what is told once: a caller, an operation, …
	Subject    string // what of it this evidence is about, so that it can be retracted alone; may be ""
	Severity   waywarden.Severity
	Confidence int
	Title      string
	Desc       string
	Types      []string // in place of the Card's; nil for those
	Operation  *waywarden.Operation
	Principal  waywarden.Principal
	Evidence   []waywarden.Evidence // nil: the record of the scene
	First      time.Time            // of the first evidence; zero: now
	Resources  []waywarden.Resource
	Facts      []waywarden.Fact
}

// An Output takes what a detector says of the scene before it.
type Output struct {
	Digest        // of the scene's call
	Serial uint64 // of the scene, counted from 1: what detectors share takes in each scene once

	engine   *Engine
	scene    *waywarden.Scene // nil when woken
	detector int
	now      time.Time
}

// Raise reports something wrong. What is kept of the report is copied.
func (o *Output) Raise(r *Report) {
	ev := r.Evidence
	if ev == nil && o.scene != nil {
		ev = []waywarden.Evidence{EvidenceOf(o.scene)}
	}
	o.engine.raise(o.detector, r, ev, o.now)
}

// Retract takes back the evidence of a group about a subject. A finding without evidence is closed.
func (o *Output) Retract(group, subject, why string) {
	o.engine.retract(o.detector, group, subject, why, o.now)
}

// RetractTwin takes back what was raised about an asset under any of its identifiers: it may have been known by another
// one then.
func (o *Output) RetractTwin(group string, t *waywarden.Twin, why string) {
	o.Retract(group, t.UID, why)
	for i := range t.IDs {
		if v := t.IDs[i].Value; v != t.UID {
			o.Retract(group, v, why)
		}
	}
}

// Wake has the detector woken once all records up to at were handled.
func (o *Output) Wake(at time.Time, token uint64) { o.engine.wakeAt(o.detector, at, token) }

// EvidenceOf returns the evidence that the scene's record is.
func EvidenceOf(s *waywarden.Scene) waywarden.Evidence {
	e := waywarden.Evidence{Record: s.Record.ID, IP: Address(s)}
	if s.Call != nil {
		e.Principal = s.Call.Principal.UID
	}
	return e
}

// Address returns the address a call or frame came from.
func Address(s *waywarden.Scene) string {
	switch {
	case s.Record.HTTP != nil:
		return s.Record.HTTP.Client.IP
	case s.Record.OCPP != nil:
		return s.Record.OCPP.Client.IP
	}
	return ""
}

// Who names the caller of a call for a person: its identity, or where it came from.
func Who(s *waywarden.Scene) string {
	if p := &s.Call.Principal; p.UID != "" {
		if p.Client != "" && p.Client != p.UID {
			return p.UID + " (with " + p.Client + ")"
		}
		return p.UID
	}
	return "an unauthenticated caller at " + Address(s)
}

// What names an operation for a person.
func What(op *waywarden.Operation) string {
	var b strings.Builder
	b.WriteString(op.Method)
	b.WriteByte(' ')
	b.WriteString(op.Host)
	b.WriteString(op.Template)
	if op.Discriminator.Value != "" {
		b.WriteString(" (" + op.Discriminator.Name + " = " + op.Discriminator.Value + ")")
	}
	return b.String()
}

// Own returns a copy of a principal that holds no memory of its record.
func Own(p waywarden.Principal) waywarden.Principal {
	for _, s := range []*string{&p.UID, &p.Session, &p.Client, &p.Issuer, &p.OnBehalf, &p.Algorithm} {
		*s = strings.Clone(*s)
	}
	for _, l := range []*[]string{&p.Audiences, &p.Roles, &p.Scopes} {
		*l = cloneAll(*l)
	}
	p.Aliases = slices.Clone(p.Aliases)
	for i := range p.Aliases {
		p.Aliases[i].Value = strings.Clone(p.Aliases[i].Value)
	}
	return p
}

func cloneAll(in []string) []string {
	out := slices.Clone(in)
	for i := range out {
		out[i] = strings.Clone(out[i])
	}
	return out
}
