package fleet

import (
	"slices"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Service makes BKD-003: a service account that does something new, from elsewhere.
func Service(m *detect.Memory) detect.Detector {
	return &service{habits: detect.HabitsOf(m), accounts: detect.NewTable[account](m, "BKD-003 services", 1<<12)}
}

type service struct {
	habits   *detect.Habits
	accounts *detect.Table[account]
}

// An account is what a service does.
type account struct {
	n       uint8
	classes [classesMax]uint64
	moved   int64 // when it last turned up at a new place
	moves   uint8
}

// Bounds of a habit: a service does few things, all of them often, from its own places.
const (
	classesMax = 8
	callsMin   = 200
	serviceMin = 2 * time.Hour
	movedSpan  = time.Hour
	movesMax   = 3 // new places from which a service is at home anywhere
)

func (d *service) Card() detect.Card {
	return detect.Card{
		ID: "BKD-003", Title: "Service account does something new from elsewhere", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API5:2023", "API10:2023", "R155:3.3"}, Needs: detect.InputCalls | detect.InputCredentials,
		Desc: `Raised when a service account with a habit (at least 200 calls over at least two hours, at most eight functions) has a function accepted that it never used, one that acts on vehicles or administers, within an hour of turning up in a network or with a program that it never used.

A new function alone is noted only (informational): that is what a release looks like. A service that moved more than three times is at home anywhere.`,
		Silent:  []string{"a release that uses a new function: noted, not raised", "a service that moves to another region and does what it always did", "services that are called from everywhere"},
		Respond: "Rotate the account's secret, ask its owner, and narrow its rights to what it uses.",
	}
}

func (*service) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls | detect.OfProbes} }

func (d *service) Inspect(s *waywarden.Scene, out *detect.Output) {
	if s.Call == nil || s.Record.HTTP == nil {
		return
	}
	habit := d.habits.See(s, out.Serial)
	if s.Call.Principal.Kind != waywarden.PrincipalService || !accepted(s) {
		return
	}
	now := s.Now.UnixNano()
	a := d.accounts.At(detect.Key(s.Call.Principal.UID))
	settled := habit.Calls >= callsMin && now-habit.Since >= int64(serviceMin)
	if settled {
		a.place(habit, now)
	}
	if !a.learn(detect.Key(s.Call.Operation.Function.Class)) || !settled || a.n >= classesMax || !grave(s.Call) && !administers(s.Call) {
		return
	}
	severity, place := waywarden.SeverityInformational, ""
	if a.elsewhere(now) {
		severity, place = waywarden.SeverityHigh, ", shortly after it turned up in a new place"
	}
	out.Raise(&detect.Report{
		Group: s.Call.Principal.UID, Severity: severity, Confidence: 80, Title: "Service " + s.Call.Principal.UID + " does something new",
		Desc:      "Service " + detect.Who(s) + " had " + detect.What(s.Call.Operation) + " accepted, a function it did not use in " + detect.Itoa(habit.Calls) + " calls" + place + ".",
		Operation: s.Call.Operation, Principal: s.Call.Principal, Resources: detect.Assets(s),
		Facts: []waywarden.Fact{{Name: "function", Observed: s.Call.Operation.Function.Class, Normal: "one of " + detect.Itoa(int(a.n)-1) + " in use"}},
	})
}

// place notes that the service turned up at a new place.
func (a *account) place(h detect.Habit, now int64) {
	if h.NewNetwork || h.NewProgram {
		a.moved, a.moves = now, min(a.moves+1, 100)
	}
}

// elsewhere says whether the service turned up at a new place lately, and does not do so all the time.
func (a *account) elsewhere(now int64) bool {
	return a.moved != 0 && now-a.moved <= int64(movedSpan) && a.moves <= movesMax
}

// learn takes a function in and says whether it is new.
func (a *account) learn(class uint64) bool {
	if slices.Contains(a.classes[:a.n], class) {
		return false
	}
	if a.n < classesMax {
		a.classes[a.n] = class
		a.n++
	}
	return true
}

// administers says whether a call changes accounts, campaigns or what belongs to whom.
func administers(c *waywarden.Call) bool {
	switch c.Operation.Function.Class {
	case "adm.iam", "adm.fleet", "adm.registry", "ota.campaign", "life.transfer", "life.pair", "chg.security", "chg.firmware":
		return !detect.Reads(c)
	case "adm.export":
		return true
	}
	return false
}
