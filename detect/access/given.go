package access

import (
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// ForeignValue makes AUT-001-GIVEN: an identifier of any kind that the caller was never given and another was.
func ForeignValue(m *detect.Memory) detect.Detector {
	return &foreignValue{
		given:   detect.NewTable[holders](m, "AUT-001-GIVEN identifiers given", 1<<18),
		cells:   detect.NewTable[source](m, "AUT-001-GIVEN parameters per group of callers", 1<<14),
		uses:    detect.NewTable[usage](m, "AUT-001-GIVEN callers per parameter", 1<<17),
		doubts:  detect.NewTable[doubt](m, "AUT-001-GIVEN identifiers in doubt", 1<<14),
		callers: detect.NewTable[acquaintance](m, "AUT-001-GIVEN callers", 1<<16),
	}
}

type foreignValue struct {
	given   *detect.Table[holders]
	cells   *detect.Table[source]
	uses    *detect.Table[usage]
	doubts  *detect.Table[doubt]
	callers *detect.Table[acquaintance]
	asked   [askedMax]uint64 // identifiers of the request before it, for telling an echo
}

const (
	holdersMax = 4 // callers given an identifier beyond which it is nobody's own
	foreignMax = 4 // identifiers of others up to which callers are told apart
	askedMax   = 12
)

// holders are the callers that answers gave an identifier.
type holders struct {
	self  bool  // it is what a caller is called itself
	n     uint8 // holdersMax+1: more than are kept
	who   [holdersMax]uint32
	peers uint64 // group of the first
}

// A source is where the callers of a group have a parameter's identifiers from. It counts callers, not calls.
type source struct {
	clean  int32 // callers that sent an identifier they were given, and none that only others were
	alien  [foreignMax]int32
	own    int32 // uses of identifiers that few were given …
	common int32 // … and that many were
}

// A usage is one caller's use of a parameter.
type usage struct {
	clean bool
	found bool // taken out of the norm
	n     uint8
	seen  [foreignMax]uint64
}

// A doubt is a caller's use of an identifier that only others had been given by then.
type doubt struct{ cells [3]uint64 }

// An acquaintance is what is known of a caller.
type acquaintance struct {
	sourced bool // it sent an identifier it was given: its own answers are seen
	found   bool
}

// Bounds of the verdict. Where callers have their identifiers from answers as a rule, one that has not says something.
const (
	singleMin, singleShare    = 60, 0.01   // callers, and share of them with another's identifier, for one to be enough …
	pooledMin, pooledShare    = 120, 0.005 // … or of the group with any operation on such identifiers …
	pooledOwn                 = 12         // … given so many of the operation itself
	coupleMin, coupleShare    = 15, 0.04   // … for two, where nobody has two
	severalOwn, severalValues = 6, 3       // … for three, where nobody has two …
	strangeMin, strangeShare  = 40, 0.02   // … or by an operation nobody else uses, where the group is clean with all others
	commonShare               = 0.2        // share of uses of what many were given from which a parameter names what is public
)

func (d *foreignValue) Card() detect.Card {
	return detect.Card{
		ID: "AUT-001-GIVEN", Title: "Identifier that only others were given", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API1:2023", "R155:1.2", "R155:3.3"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputResponseBodies, Helped: detect.InputRequestBodies,
		Desc: `Raised when a caller is served for an identifier that no answer ever gave it, but that answers gave to another caller of the same client and roles, by a parameter whose callers have their identifiers from answers. It needs no knowledge of what the identifier names: bookings, trips, invoices, sessions, orders and documents are judged like vehicles.

For each operation and parameter it is counted of a group of callers how many sent what they had been given, and how many ever sent one, two, … identifiers that only others had been given. One such identifier is enough where at least sixty callers are clean and at most one in a hundred is not, or where the operation has twelve and the group, with the same kind of identifier, a hundred and twenty and at most one in two hundred is not; of what lasts for years (vehicles, persons, stations) the caller's own answers must have been seen. Two are enough where at least fifteen are clean, at most one in twenty-five is not and none has two; three where at least six are clean and none has two. By an operation that nobody else uses three are, where at least forty of the group are clean with all others and at most one in fifty has two, and nobody else sends it others' identifiers; and one is where it gives another person a new address. Callers that were reported are taken out of the norm. Identifiers given to more than four callers are nobody's own, and parameters that mostly take such are not judged.

The finding is withdrawn when a later answer, to a request that names nothing foreign, gives the caller the identifier after all: its list was from before.`,
		Silent: []string{
			"maps, catalogues and tariffs: what many were given",
			"identifiers that nobody was given: from before, from a push message, a letter, a code on the vehicle",
			"dealers, call centres and partners who have identifiers from elsewhere: the parameter's callers show it",
			"another token or another name of the same party",
			"families and colleagues, where both were given the identifier or enough callers share theirs",
		},
		Respond: "Block the caller's session, check on the server whose the object is, and tell those whose objects were named.",
	}
}

func (d *foreignValue) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Record.HTTP == nil || detect.Proves(c.Operation.Function.Class) {
		return
	}
	caller := callerOf(&c.Principal)
	if caller == 0 {
		return
	}
	peers := detect.Peers(c)
	d.meet(s, caller, peers)
	asked, foreign := d.asked[:0], false
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if !carries(l.In) || !traceable(l) {
			continue
		}
		v := xxh3.HashString(l.Value)
		switch {
		case l.In != waywarden.InResponse:
			if len(asked) < askedMax {
				asked = append(asked, v)
			}
			foreign = d.judge(s, l, v, caller, peers, out) || foreign
		case !foreign && !slices.Contains(asked, v): // what another's object leads to is not made the caller's own
			d.give(s, l, v, caller, peers, out)
		}
	}
}

// carries says whether identifiers are looked for at a place.
func carries(p waywarden.Place) bool {
	return p == waywarden.InPath || p == waywarden.InQuery || p == waywarden.InBody || p == waywarden.InResponse
}

// callerOf returns the key of who is given something by an answer, 0 for nobody and for machines.
func callerOf(p *waywarden.Principal) uint64 {
	switch {
	case p.UID == "", p.Kind == waywarden.PrincipalCharger, p.Kind == waywarden.PrincipalDevice:
		return 0
	case p.OnBehalf != "":
		return detect.Key(p.OnBehalf)
	case p.Kind == waywarden.PrincipalSession:
		return detect.Key(p.Session) // found again once it is known whose credential it is
	}
	return detect.Key(p.UID)
}

// meet files what a caller is called itself under it, once.
func (d *foreignValue) meet(s *waywarden.Scene, caller, peers uint64) {
	if d.callers.Peek(caller) != nil {
		return
	}
	*d.callers.At(caller) = acquaintance{}
	if s.Caller == nil {
		return
	}
	for i := range s.Caller.IDs {
		if id := &s.Caller.IDs[i]; id.Type == waywarden.TypePersonID {
			h := d.given.At(xxh3.HashString(id.Value))
			if h.n == 0 {
				h.peers = peers
			}
			h.self = true
			h.add(caller)
		}
	}
}

// traceable says whether a leaf is an identifier that can be told from a measure, a time, a name or a secret.
func traceable(l *waywarden.Leaf) bool {
	if len(l.Value) < 5 || len(l.Value) > 80 {
		return false
	}
	switch l.Type {
	case "":
		return l.Kind == waywarden.ValueText && coded(l.Value) || l.Kind == waywarden.ValueNumber && whole(l.Value) && called(l.Name)
	case waywarden.TypePersonID, waywarden.TypeStationID, waywarden.TypeSessionID, waywarden.TypeWorkOrder, waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypeIDTag, waywarden.TypeEMAID:
		return l.Kind == waywarden.ValueText || l.Kind == waywarden.ValueNumber
	}
	return false
}

// coded says whether a text has digits and is no prose, number with a fraction, date, address or version.
func coded(v string) bool {
	digits, dashes := 0, 0
	for i := range len(v) {
		switch c := v[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '-':
			dashes++
		case c == ' ', c == '.', c == ':', c == '/', c == ',', c == '@', c == '+':
			return false
		}
	}
	return digits >= 2 && (len(v) != 10 || digits != 8 || dashes != 2)
}

func whole(v string) bool {
	for i := range len(v) {
		if v[i] < '0' || v[i] > '9' {
			return false
		}
	}
	return true
}

// called says whether a field goes by a name of identifiers.
func called(name string) bool {
	n := detect.LastName(name)
	for _, w := range [...]string{"id", "uid", "guid", "ref", "reference", "number", "num", "nr", "no", "nummer", "numero", "code", "kennung", "handle"} {
		if strings.HasSuffix(n, w) {
			return true
		}
	}
	return false
}

// give files an identifier of an answer under the caller.
func (d *foreignValue) give(s *waywarden.Scene, l *waywarden.Leaf, v, caller, peers uint64, out *detect.Output) {
	h := d.given.At(v)
	if h.n == 0 {
		h.peers = peers
	}
	if !h.add(caller) {
		return
	}
	if x := d.doubts.Peek(detect.Mix(v, caller)); x != nil {
		for _, cell := range x.cells {
			d.heal(cell, caller, v)
		}
		d.doubts.Drop(detect.Mix(v, caller))
		out.Retract(s.Call.Principal.UID, l.Value, "an answer gave the caller the identifier after all.")
	}
}

// add notes a caller that was given the identifier; it says whether it is a new one.
func (h *holders) add(caller uint64) bool {
	if h.n > holdersMax || h.holds(caller) {
		return false
	}
	if h.n < holdersMax {
		h.who[h.n] = uint32(caller)
	}
	h.n++
	return true
}

func (h *holders) holds(caller uint64) bool {
	return slices.Contains(h.who[:min(int(h.n), holdersMax)], uint32(caller))
}

// holds says whether the caller was given an identifier, under whatever name it went then.
func holds(s *waywarden.Scene, h *holders, caller uint64, value string) bool {
	if h.holds(caller) || h.holds(detect.Key(s.Call.Principal.Session)) {
		return true
	}
	if s.Caller == nil {
		return false
	}
	if s.Caller.UID == value || h.holds(detect.Key(s.Caller.UID)) {
		return true
	}
	for i := range s.Caller.IDs {
		if id := &s.Caller.IDs[i]; id.Value == value || h.holds(detect.Key(id.Value)) {
			return true
		}
	}
	return false
}

// judge holds an identifier of a request against who was given it; it says whether it is another's.
func (d *foreignValue) judge(s *waywarden.Scene, l *waywarden.Leaf, v, caller, peers uint64, out *detect.Output) bool {
	h := d.given.Peek(v)
	if h == nil {
		return false
	}
	cell := detect.Mix(peers, detect.Key(s.Call.Operation.ID, l.In.String(), l.Name))
	if h.n > holdersMax {
		d.cells.At(cell).common++
		return false
	}
	all, overall := detect.Mix(peers, detect.Key("all", string(l.Type), kindOf(l))), detect.Mix(peers, detect.Key("any"))
	of := subjectOf(s, l)
	if of != nil && operand(s, of) {
		return false
	}
	if holds(s, h, caller, l.Value) || of != nil && (detect.Linked(of) || ended(of, s.Now)) {
		d.cells.At(cell).own++
		d.clean(cell, caller)
		d.clean(all, caller)
		d.clean(overall, caller)
		d.callers.At(caller).sourced = true
		return false
	}
	if h.peers != peers {
		return false // what staff or a service was given says nothing about the caller's own kind
	}
	n := d.add(cell, caller, v)
	d.add(all, caller, v)
	d.add(overall, caller, v)
	*d.doubts.At(detect.Mix(v, caller)) = doubt{[3]uint64{cell, all, overall}}
	who := d.callers.At(caller)
	if who.found || n > 0 && d.unusual(s, l, h, [3]uint64{cell, all, overall}, caller, n, out) {
		who.found = true
		d.report(s, l, cell, overall, caller, out)
	}
	return true
}

// kindOf returns what an untyped identifier is called: its field's name, where that is more than "id".
func kindOf(l *waywarden.Leaf) string {
	if l.Type != "" {
		return ""
	}
	return detect.LastName(l.Name)
}

// subjectOf returns what is known of the asset that a leaf names, nil where it names none.
func subjectOf(s *waywarden.Scene, l *waywarden.Leaf) *waywarden.Subject {
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; s.Call.Leaves[sub.Leaf].Value == l.Value {
			return sub
		}
	}
	return nil
}

// clean notes that a caller sends what it was given.
func (d *foreignValue) clean(cell, caller uint64) {
	u := d.uses.At(detect.Mix(cell, caller))
	if !u.clean {
		u.clean = true
		d.cells.At(cell).clean++
	}
}

// add notes another's identifier in a cell; it says how many there are now, 0 if this one is known.
func (d *foreignValue) add(cell, caller, v uint64) int {
	u := d.uses.At(detect.Mix(cell, caller))
	if u.n == foreignMax || slices.Contains(u.seen[:u.n], v) {
		return 0
	}
	u.seen[u.n] = v
	u.n++
	if !u.found {
		d.cells.At(cell).alien[u.n-1]++
	}
	return int(u.n)
}

// heal forgets that an identifier was another's.
func (d *foreignValue) heal(cell, caller, v uint64) {
	u := d.uses.At(detect.Mix(cell, caller))
	i := slices.Index(u.seen[:u.n], v)
	if i < 0 {
		return
	}
	if c := d.cells.At(cell); !u.found && c.alien[u.n-1] > 0 {
		c.alien[u.n-1]--
	}
	u.n--
	u.seen[i] = u.seen[u.n]
}

// A share is how the other callers of a cell have their identifiers.
type share struct{ clean, first, second float64 }

func (d *foreignValue) others(cell, caller uint64) share {
	c, u := d.cells.At(cell), d.uses.At(detect.Mix(cell, caller))
	s := share{float64(c.clean), float64(c.alien[0]), float64(c.alien[1])}
	if u.clean {
		s.clean--
	}
	if !u.found && u.n > 0 {
		s.first--
	}
	if !u.found && u.n > 1 {
		s.second--
	}
	return s
}

// unusual says whether n identifiers of others are out of the norm of the parameter, of the group with such identifiers,
// and of the group with any.
func (d *foreignValue) unusual(s *waywarden.Scene, l *waywarden.Leaf, h *holders, cells [3]uint64, caller uint64, n int, out *detect.Output) bool {
	if c := d.cells.At(cells[0]); float64(c.common) > commonShare*float64(c.common+c.own) {
		return false
	}
	op, like, most := d.others(cells[0], caller), d.others(cells[1], caller), d.others(cells[2], caller)
	// What lasts may be kept from before, by one whose answers were not seen.
	alone := d.callers.At(caller).sourced || s.Call.Principal.Kind != waywarden.PrincipalSession && !lasts(l.Type)
	readdressed := (h.self || l.Type == waywarden.TypePersonID) && readdresses(s.Call, out)
	if (!alone || !single(op, like)) && !several(op, n) && !unheard(op, most, n, readdressed) {
		return false
	}
	for _, k := range cells {
		u, c := d.uses.At(detect.Mix(k, caller)), d.cells.At(k)
		for i := 0; i < int(u.n) && !u.found; i++ {
			c.alien[i]--
		}
		u.found = true
	}
	return true
}

// single says whether one identifier of another is out of the norm.
func single(op, like share) bool {
	if op.clean >= singleMin && op.first <= singleShare*op.clean {
		return true
	}
	return op.clean >= pooledOwn && op.first < 1 && like.clean >= pooledMin && like.first <= pooledShare*like.clean
}

// several says whether n identifiers of others are out of the norm of an operation.
func several(op share, n int) bool {
	if op.second >= 1 {
		return false
	}
	return n >= 2 && op.clean >= coupleMin && op.first <= coupleShare*op.clean || n >= severalValues && op.clean >= severalOwn
}

// unheard says whether n identifiers of others are out of the norm of the group, sent by an operation that it does not use.
func unheard(op, group share, n int, readdressed bool) bool {
	if op.first >= 1 || group.clean < strangeMin {
		return false
	}
	return readdressed && group.first <= strangeShare*group.clean || n >= severalValues && op.clean < 1 && group.second <= strangeShare*group.clean
}

// lasts says whether identifiers of a type name what somebody has for years.
func lasts(t waywarden.DataType) bool {
	switch t {
	case "", waywarden.TypeSessionID, waywarden.TypeWorkOrder:
		return false
	}
	return true
}

// readdresses says whether a call that names a person gives an address with it. What an operation is called does not tell:
// what changes people and what looks them up go by the same words.
func readdresses(c *waywarden.Call, out *detect.Output) bool {
	return c.Operation.Method != "GET" && out.Asked.Any(detect.TypesOf(waywarden.TypeEmail, waywarden.TypePhone))
}

func (d *foreignValue) report(s *waywarden.Scene, l *waywarden.Leaf, cell, overall, caller uint64, out *detect.Output) {
	norm, n := d.others(cell, caller), int(d.uses.At(detect.Mix(overall, caller)).n)
	o := s.Call.Operation
	r := detect.Report{
		Group: s.Call.Principal.UID, Subject: l.Value, Severity: waywarden.SeverityHigh, Confidence: min(90, 65+10*n), Operation: o, Principal: s.Call.Principal,
		Title: "Identifiers that only others were given, sent by " + s.Call.Principal.UID,
		Desc: detect.Who(s) + " was served by " + detect.What(o) + " for " + place(l) + " = " + detect.Clip(l.Value) +
			", which no answer ever gave it and which was given to another caller of its kind. " + detect.Itoa(norm.clean) +
			" others send there what they were given, " + detect.Itoa(norm.first) + " ever what they were not. The server does not check whose the object is.",
		Resources: detect.Assets(s),
		Facts: []waywarden.Fact{
			{Name: place(l), Observed: detect.Clip(l.Value), Normal: "an identifier from an answer to the caller"},
			{Name: "callers that sent what only others were given", Observed: detect.Itoa(norm.first), Normal: "of " + detect.Itoa(norm.clean)},
		},
	}
	if o.Access == waywarden.AccessControl && n > 1 {
		r.Severity = waywarden.SeverityCritical
	}
	out.Raise(&r)
}
