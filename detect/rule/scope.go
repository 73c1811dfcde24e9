package rule

import (
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Limits of what a condition is shown, so that what it may cost can be told beforehand.
const (
	textMax = 4096 // bytes of a text; what is longer is cut
	listMax = 64   // entries of a list
)

// A scope is what a condition sees: one scene, one of its assets, and what the rule remembers. It is the activation of
// CEL's programs and is used again for every evaluation.
type scope struct {
	scene   *waywarden.Scene
	digest  detect.Digest
	subject *waywarden.Subject // nil: the rule looks at none
	rule    *Rule
	windows []ref.Val // in the order of the rule's; unknown where the key is
	kept    []string  // of the sequence, in the order of its names; "" is unknown
	blank   *blank
}

// blank is empty values that stand in for what a scene does not have.
type blank struct {
	transaction waywarden.Transaction
	operation   waywarden.Operation
	principal   waywarden.Principal
	application waywarden.Application
}

// Parent implements cel.Activation.
func (s *scope) Parent() cel.Activation { return nil }

// ResolveName implements cel.Activation.
func (s *scope) ResolveName(name string) (any, bool) {
	if i, ok := fieldIndex[name]; ok {
		return fields[i].of(s), true
	}
	switch name {
	case "call":
		return (*callValue)(s), true
	case "caller":
		return &twinValue{s.scene.Caller, s}, true
	case "subject":
		return &twinValue{s.twin(), s}, true
	}
	if kind, rest, ok := strings.Cut(name, "."); ok {
		return s.own(kind, rest)
	}
	return nil, false
}

// own returns what belongs to the rule itself.
func (s *scope) own(kind, name string) (any, bool) {
	switch kind {
	case "window":
		for i := range s.rule.windows {
			if s.rule.windows[i].name == name {
				return s.windows[i], true
			}
		}
	case "kept":
		for i, n := range s.rule.kept {
			if n == name {
				if i >= len(s.kept) || s.kept[i] == "" {
					return unknown, true
				}
				return types.String(s.kept[i]), true
			}
		}
	case "list":
		l, ok := s.rule.lists[name]
		return l, ok
	}
	return nil, false
}

func (s *scope) twin() *waywarden.Twin {
	if s.subject == nil {
		return nil
	}
	return s.subject.Twin
}

// unknown is the value of what is not known.
var unknown = types.NewUnknown(0, nil)

func str(s string) ref.Val {
	if len(s) > textMax {
		s = s[:textMax]
	}
	return types.String(s)
}

// strOr is unknown for an empty text.
func strOr(s string) ref.Val {
	if s == "" {
		return unknown
	}
	return str(s)
}

func timeOr(t time.Time) ref.Val {
	if t.IsZero() {
		return unknown
	}
	return types.Timestamp{Time: t}
}

func texts64(in []string) ref.Val {
	return types.NewStringList(types.DefaultTypeAdapter, in[:min(len(in), listMax)])
}

// http returns the transaction of the scene; an empty one for a request of a socket.
func (s *scope) http() *waywarden.Transaction {
	if t := s.scene.Record.HTTP; t != nil {
		return t
	}
	return &s.blank.transaction
}

// operation returns the operation of the call; an empty one for a probe.
func (s *scope) operation() *waywarden.Operation {
	if s.scene.Call != nil && s.scene.Call.Operation != nil {
		return s.scene.Call.Operation
	}
	return &s.blank.operation
}

func (s *scope) principal() *waywarden.Principal {
	if s.scene.Call != nil {
		return &s.scene.Call.Principal
	}
	return &s.blank.principal
}

func (s *scope) application() *waywarden.Application {
	if s.scene.Call != nil {
		return &s.scene.Call.Application
	}
	return &s.blank.application
}

// proven says whether the call carried a credential; unknown when its header fields were not captured.
func (s *scope) proven() waywarden.Truth {
	p := s.principal()
	if p.UID != "" || p.Session != "" || p.Scheme != waywarden.SchemeNone {
		return waywarden.True
	}
	if s.http().Request.HeadersMissing {
		return waywarden.Unknown
	}
	return waywarden.False
}

// callerKey is the caller, or where the call came from when nobody is known.
func (s *scope) callerKey() string {
	if p := s.principal(); p.UID != "" {
		return p.UID
	}
	if s.scene.Call == nil && s.subject != nil {
		return s.subjectID()
	}
	return "address " + detect.Address(s.scene)
}

func (s *scope) subjectID() string {
	switch {
	case s.subject == nil:
		return ""
	case s.subject.Twin != nil:
		return s.subject.Twin.UID
	case s.subject.Leaf >= 0 && s.scene.Call != nil:
		return s.scene.Call.Leaves[s.subject.Leaf].Value
	}
	return ""
}

func (s *scope) subjectType() waywarden.AssetType { return subjectType(s.scene, s.subject) }

func subjectType(sc *waywarden.Scene, sub *waywarden.Subject) waywarden.AssetType {
	switch {
	case sub == nil:
		return ""
	case sub.Twin != nil:
		return sub.Twin.Type
	case sub.Leaf < 0 || sc.Call == nil:
		return ""
	}
	switch sc.Call.Leaves[sub.Leaf].Type {
	case waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypeIMEI, waywarden.TypePlate, waywarden.TypeICCID:
		return waywarden.AssetVehicle
	case waywarden.TypeStationID:
		return waywarden.AssetCharger
	case waywarden.TypePersonID, waywarden.TypeEmail, waywarden.TypePhone:
		return waywarden.AssetConsumer
	}
	return ""
}

// peersMin is how many links a group of callers must have before the lack of one says something.
const peersMin = 20

// linked says whether the caller has a link to the asset. Where too little was learned to tell, it is unknown.
func (s *scope) linked() waywarden.Truth {
	if s.subject == nil || s.scene.Call == nil {
		return waywarden.Unknown
	}
	l := &s.subject.Linked
	switch {
	case l.Rel != "" && l.Rel != "contact" && (l.Until.IsZero() || l.Until.After(s.scene.Now)):
		return waywarden.True
	case s.principal().UID == "":
		return waywarden.False
	case s.scene.LinksLearned < peersMin || s.scene.Unseen:
		return waywarden.Unknown
	}
	return waywarden.False
}

func truth(t waywarden.Truth) ref.Val {
	if t == waywarden.Unknown {
		return unknown
	}
	return types.Bool(t == waywarden.True)
}
