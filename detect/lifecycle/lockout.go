package lifecycle

import (
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Lockout makes LIF-011: a vehicle locked and immobilised again and again, its driver shut out.
func Lockout(m *detect.Memory) detect.Detector {
	return &lockout{
		holds:    detect.NewTable[hold](m, "LIF-011 commands per caller and vehicle", 1<<14),
		contacts: detect.NewTable[int64](m, "LIF-011 contacts changed", 1<<14),
		waves:    detect.NewTable[wave](m, "LIF-011 waves", 1<<8),
	}
}

type lockout struct {
	holds    *detect.Table[hold]
	contacts *detect.Table[int64] // caller: when it changed how it is reached
	waves    *detect.Table[wave]  // per host
}

// A hold is what one caller did to keep others out of a vehicle since it last let somebody in.
type hold struct {
	first, last  int64
	train        int64 // begin of the lock commands that follow each other as retries do
	locks, stops uint8
	raised       bool
	evidence     [evidenceMax]waywarden.Evidence
	n            uint8
}

// A wave is the lock-outs through one host that follow each other.
type wave struct {
	start, last int64
	vehicles    int
}

// Bounds of the verdict (domain/invariants.tsv, LIF-011). A fleet locks and immobilises a vehicle once; a lost answer is
// asked again within seconds; nobody means to lock a locked vehicle four times and stop it as well.
const (
	holdSpan    = 10 * time.Minute
	locksMin    = 4
	locksAfter  = 2 // … after the caller changed how it is reached
	contactSpan = time.Hour
	retrySpan   = 2 * time.Second
	trainSpan   = 15 * time.Second // retries give up after it
	waveSpan    = time.Hour
	waveMin     = 10
	evidenceMax = 8
)

func (d *lockout) Card() detect.Card {
	return detect.Card{
		ID: "LIF-011", Title: "Driver locked out of the vehicle", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API6:2023", "API2:2023", "API5:2023", "R155:16.1", "R155:20.2"},
		Needs: detect.InputCalls | detect.InputCredentials,
		Desc: `Raised when one caller within ten minutes has at least four lock commands and an immobiliser or engine stop accepted for one vehicle and lets nobody in between; two locks and a stop are enough where the caller changed its telephone number or e-mail address within the hour before. That is how extortion by app looks: a stolen session keeps the driver out.

A lock repeated within two seconds is a retry, for fifteen seconds at most. Unlocking, starting or lifting the immobiliser by the same caller begins anew. It is high, and critical once ten vehicles are locked out through one host, each within an hour of the one before.`,
		Silent: []string{
			"a fleet that locks and immobilises its vehicles at the end of a shift",
			"a lost answer that is asked for again",
			"children with the app, and test rigs: they unlock as often as they lock",
			"a stolen vehicle that is stopped once",
		},
		Respond: "End the caller's sessions, lift the stop, restore the contact data, and ask the driver by a way that was known before.",
	}
}

func (*lockout) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls | detect.OfFrames, Only: detect.Accepted | detect.Signed, Areas: []string{"id", "read", "act"}}
}

func (d *lockout) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || c.Principal.UID == "" {
		return
	}
	switch c.Operation.Function.Class {
	case "id.recover", "read.person.profile":
		if !detect.Reads(c) && out.Asked.Any(detect.TypesOf(waywarden.TypePhone, waywarden.TypeEmail)) {
			*d.contacts.At(detect.Key(c.Principal.UID)) = s.Now.UnixNano()
		}
		return
	case "act.door.lock", "act.engine.stop", "act.immobilise", "act.door.unlock", "act.engine.start":
	default:
		return
	}
	if detect.Reads(c) {
		return
	}
	for i := range s.Subjects {
		if detect.IsVehicle(&s.Subjects[i]) {
			d.take(s, s.Subjects[i].Twin, out)
		}
	}
}

// take counts a command to a vehicle.
func (d *lockout) take(s *waywarden.Scene, t *waywarden.Twin, out *detect.Output) {
	key := detect.Mix(detect.Key(s.Call.Principal.UID), detect.Key(t.UID))
	class, now := s.Call.Operation.Function.Class, s.Now.UnixNano()
	if class == "act.door.unlock" || class == "act.engine.start" || class == "act.immobilise" && detect.Lifts(s.Call) {
		if h := d.holds.Peek(key); h != nil {
			*h = hold{}
		}
		return
	}
	h := d.holds.At(key)
	if !h.add(class == "act.door.lock", now) {
		return
	}
	if h.n < evidenceMax {
		h.evidence[h.n] = detect.Keep(s)
		h.n++
	}
	changed := d.contacts.Peek(detect.Key(s.Call.Principal.UID))
	moved := changed != nil && now-*changed <= int64(contactSpan)
	if h.stops > 0 && (h.locks >= locksMin || moved && h.locks >= locksAfter) || h.raised {
		d.raise(s, t, h, moved, out)
	}
}

// add counts a lock or a stop; it says whether it is one of its own rather than a retry.
func (h *hold) add(lock bool, now int64) bool {
	if h.first == 0 || now-h.first > int64(holdSpan) {
		*h = hold{first: now, raised: h.raised && now-h.last <= int64(holdSpan)}
	}
	retry := lock && h.locks > 0 && now-h.last < int64(retrySpan) && now-h.train < int64(trainSpan)
	h.last = now
	switch {
	case retry:
		return false
	case lock:
		h.train = now
		h.locks = min(h.locks+1, 100)
	default:
		h.stops = min(h.stops+1, 100)
	}
	return true
}

func (d *lockout) raise(s *waywarden.Scene, t *waywarden.Twin, h *hold, moved bool, out *detect.Output) {
	now, host := s.Now.UnixNano(), s.Call.Operation.Host
	w := d.waves.At(detect.Key(host))
	if w.start == 0 || now-w.last > int64(waveSpan) {
		*w = wave{start: now}
	}
	w.last = now
	if !h.raised {
		w.vehicles++
	}
	r := detect.Report{
		Group: host + " " + strconv.FormatInt(w.start, 36), Subject: t.UID, Severity: waywarden.SeverityHigh, Confidence: 85,
		Title:     "Driver locked out of vehicle " + t.UID,
		Operation: s.Call.Operation, Principal: s.Call.Principal, First: time.Unix(0, h.first).UTC(),
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: t.UID}},
		Facts: []waywarden.Fact{
			{Name: "locks without letting anybody in", Observed: detect.Itoa(int(h.locks)), Normal: "one"},
			{Name: "engine stops", Observed: detect.Itoa(int(h.stops)), Normal: "none, or one at the end of a shift"},
		},
	}
	r.Desc = detect.Who(s) + " had vehicle " + t.UID + " locked " + detect.Itoa(int(h.locks)) + " times and stopped " + detect.Itoa(int(h.stops)) + " times within ten minutes, and let nobody in."
	if moved {
		r.Desc += " It had changed how its account's holder is reached before."
		r.Confidence = 90
	}
	if w.vehicles > 1 {
		r.Title = "Drivers locked out of " + detect.Itoa(w.vehicles) + " vehicles"
		r.Facts = append(r.Facts, waywarden.Fact{Name: "vehicles locked out", Observed: detect.Itoa(w.vehicles), Normal: "none"})
	}
	if w.vehicles >= waveMin {
		r.Severity = waywarden.SeverityCritical
	}
	if !h.raised {
		r.Evidence = h.evidence[:h.n]
	}
	h.raised = true
	out.Raise(&r)
}
