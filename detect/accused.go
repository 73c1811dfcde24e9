package detect

import (
	"time"

	"github.com/waywarden/waywarden"
)

// accusedFor is for how long a finding stands for what else is strange about its party.
const accusedFor = int64(36 * time.Hour)

// Suspect returns the key by which the party behind a scene's call is accused: its identity, or where it proves none its
// network.
func Suspect(s *waywarden.Scene) uint64 {
	if u := s.Call.Principal.UID; u != "" {
		return Key(u)
	}
	return Mix(Network(Address(s)), 1)
}

// SuspectOperation returns the key by which an operation is accused.
func SuspectOperation(op *waywarden.Operation) uint64 { return Mix(Key(op.ID), 2) }

// Accused says whether a rule lately found something about what a key of [Suspect] or [SuspectOperation] stands for. A
// statistical detector then stays silent: the rule says it more exactly.
func (o *Output) Accused(key uint64) bool {
	at := o.engine.accused.Peek(key)
	return at != nil && o.now.UnixNano()-*at < accusedFor
}

// accuse notes whom and what a report is about.
func (e *Engine) accuse(r *Report, ev []waywarden.Evidence, now time.Time) {
	at := now.UnixNano()
	if r.Principal.UID != "" {
		*e.accused.At(Key(r.Principal.UID)) = at
	}
	for i := range ev {
		if ev[i].Principal != "" {
			*e.accused.At(Key(ev[i].Principal)) = at
		} else {
			*e.accused.At(Mix(Network(ev[i].IP), 1)) = at
		}
	}
	if r.Operation != nil {
		*e.accused.At(SuspectOperation(r.Operation)) = at
	}
}
