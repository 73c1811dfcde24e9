package access

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Disagreement makes AUT-007: one request that names two different objects where it has to name one.
func Disagreement(m *detect.Memory) detect.Detector {
	return &disagreement{
		pairs:    detect.NewTable[accord](m, "AUT-007 pairs of fields", 1<<14),
		carriers: detect.NewTable[int32](m, "AUT-007 callers per operation and field", 1<<14),
		seen:     detect.NewTable[uint8](m, "AUT-007 callers per field", 1<<18),
	}
}

type disagreement struct {
	pairs    *detect.Table[accord]
	carriers *detect.Table[int32]
	seen     *detect.Table[uint8]
}

// An accord is how many different callers sent two fields with one value, and with two.
type accord struct{ same, other int32 }

// What a caller of a pair of fields is counted for.
const (
	seenSame uint8 = 1 << iota
	seenOther
)

// Bounds of the verdict.
const (
	accordMin  = 10   // callers that sent both fields with one value …
	accordPart = 0.01 // … and the share of them that sent two up to which the fields have to agree
	soleMin    = 20   // callers that named the object once before a second name is strange
	carriesMax = 6    // fields of a request that are held against one another
)

// A carrier is a field of a request that says which object is meant.
type carrier struct {
	leaf *waywarden.Leaf
	key  uint64 // of place and name
}

func (d *disagreement) Card() detect.Card {
	return detect.Card{
		ID: "AUT-007", Title: "Identifiers of one request disagree", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API1:2023", "API2:2023", "R155:6.2", "R155:16.1", "R155:20.2"},
		Needs: detect.InputCalls | detect.InputCredentials, Helped: detect.InputRequestBodies,
		Desc: `Raised when a request is served that names two different objects of one kind (vehicle, person, station, device) in fields that always say the same: path against query, body or header field, or a person against the credential. That fields have to agree is learned from the operation's callers of the same client and roles: at least ten sent both with one value, and at most one in a hundred with two. One of the two is checked by the server and the other one used.

Also raised when a request names an object a second time, with another value, in a field of the same name elsewhere that none of at least twenty callers of the operation ever sent, or twice in one query (parameter pollution).`,
		Silent: []string{
			"operations that name two objects of one kind by their nature: from and to, old and new",
			"bulk requests: lists of identifiers",
			"agents and services that act for others, as their peers do",
			"a difference in upper and lower case alone",
			"what the server refuses",
		},
		Respond: "Take the object from one place only, derive the person from the credential, and refuse requests whose identifiers disagree.",
	}
}

// tells says whether a field says which object is meant; lists say it of many.
func tells(l *waywarden.Leaf) bool {
	switch l.Type {
	case waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypeIMEI, waywarden.TypePlate, waywarden.TypePersonID, waywarden.TypeStationID:
		return len(l.Value) > 0 && l.In != waywarden.InCookie && !strings.Contains(l.Name, "[]")
	}
	return false
}

func (*disagreement) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed}
}

func (d *disagreement) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || c.Principal.UID == "" || !c.Success {
		return
	}
	var at [carriesMax]carrier
	n := 0
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if tells(l) && n < carriesMax {
			at[n] = carrier{leaf: l, key: detect.Key(l.In.String(), l.Name, string(l.Type))}
			n++
		}
	}
	if n == 0 {
		return
	}
	d.judge(s, at[:n], out)
}

// judge holds the carriers of a request against one another and against the credential.
func (d *disagreement) judge(s *waywarden.Scene, at []carrier, out *detect.Output) {
	op, who := detect.Mix(detect.Peers(s.Call), detect.Key(s.Call.Operation.ID)), detect.Key(s.Call.Principal.UID)
	for j := range at {
		for i := range j {
			if at[i].leaf.Type != at[j].leaf.Type || at[i].leaf.In == at[j].leaf.In && at[i].key != at[j].key {
				continue
			}
			if d.differ(s, op, who, &at[i], &at[j], out) {
				return
			}
		}
		if at[j].leaf.Type == waywarden.TypePersonID && d.credential(s, op, who, &at[j], out) {
			return
		}
	}
	for i := range at {
		d.carried(detect.Mix(op, at[i].key), who)
	}
}

// carried counts a caller as one that sends a field.
func (d *disagreement) carried(field, who uint64) {
	seen := d.seen.At(detect.Mix(field, who))
	if *seen == 0 {
		*seen = seenSame
		*d.carriers.At(field)++
	}
}

// differ says whether two fields disagree that have to agree, and reports it.
func (d *disagreement) differ(s *waywarden.Scene, op, who uint64, a, b *carrier, out *detect.Output) bool {
	same := strings.EqualFold(a.leaf.Value, b.leaf.Value)
	pair := detect.Mix(detect.Mix(op, a.key), b.key)
	first, second := d.carriersOf(op, a.key, who), d.carriersOf(op, b.key, who)
	switch {
	case same:
	case a.key == b.key && first >= soleMin && d.pairs.Peek(pair) == nil:
		d.report(s, a.leaf, b.leaf, "none of "+detect.Itoa(first)+" other callers sends the field twice", out)
		return true
	case a.key != b.key && first >= soleMin && second == 0 && alike(a.leaf, b.leaf):
		d.report(s, a.leaf, b.leaf, "none of "+detect.Itoa(first)+" other callers sends the second field", out)
		return true
	case a.key != b.key && second >= soleMin && first == 0 && alike(a.leaf, b.leaf):
		d.report(s, b.leaf, a.leaf, "none of "+detect.Itoa(second)+" other callers sends the second field", out)
		return true
	case d.agree(pair, who):
		d.report(s, a.leaf, b.leaf, "they were the same for "+detect.Itoa(d.pairs.At(pair).same)+" other callers", out)
		return true
	}
	d.count(pair, who, same)
	return false
}

// alike says whether two fields go by one name, or by that of their type: a driver's replacement is another driver.
func alike(a, b *waywarden.Leaf) bool {
	x, y, typ := detect.LastName(a.Name), detect.LastName(b.Name), detect.LastName(string(a.Type))
	return x == y || (x == typ || x == "id") && (y == typ || y == "id")
}

// carriersOf returns how many other callers send a field.
func (d *disagreement) carriersOf(op, key, who uint64) int32 {
	field := detect.Mix(op, key)
	n := d.carriers.Peek(field)
	if n == nil {
		return 0
	}
	if d.seen.Peek(detect.Mix(field, who)) != nil {
		return *n - 1
	}
	return *n
}

// agree says whether two fields have to agree, going by the other callers.
func (d *disagreement) agree(pair, who uint64) bool {
	p := d.pairs.Peek(pair)
	if p == nil {
		return false
	}
	same, mine := p.same, d.seen.Peek(detect.Mix(pair, who))
	if mine != nil && *mine&seenOther != 0 {
		return false
	}
	if mine != nil && *mine&seenSame != 0 {
		same--
	}
	return same >= accordMin && float64(p.other) <= accordPart*float64(same)
}

// count notes once whether a caller sent two fields with one value or with two.
func (d *disagreement) count(pair, who uint64, same bool) {
	bit := seenOther
	if same {
		bit = seenSame
	}
	seen := d.seen.At(detect.Mix(pair, who))
	if *seen&bit != 0 {
		return
	}
	*seen |= bit
	if p := d.pairs.At(pair); same {
		p.same++
	} else {
		p.other++
	}
}

// credential says whether a field names another person than the credential where both have to agree, and reports it.
func (d *disagreement) credential(s *waywarden.Scene, op, who uint64, a *carrier, out *detect.Output) bool {
	if s.Caller == nil || s.Call.Principal.OnBehalf != "" {
		return false
	}
	same, known, mine := false, false, ""
	for i := range s.Caller.IDs {
		// A name to sign in with is no identifier of the kind the field holds.
		if id := &s.Caller.IDs[i]; id.Type == waywarden.TypePersonID && shapeOf(id.Value) == shapeOf(a.leaf.Value) {
			known, mine = true, id.Value
			same = same || strings.EqualFold(id.Value, a.leaf.Value)
		}
	}
	if !known {
		return false
	}
	pair := detect.Mix(detect.Mix(op, a.key), 1)
	if !same && d.agree(pair, who) {
		d.report(s, &waywarden.Leaf{In: waywarden.InHeader, Name: "credential", Type: waywarden.TypePersonID, Value: mine}, a.leaf,
			"they were the same for "+detect.Itoa(d.pairs.At(pair).same)+" other callers", out)
		return true
	}
	d.count(pair, who, same)
	return false
}

func (d *disagreement) report(s *waywarden.Scene, a, b *waywarden.Leaf, why string, out *detect.Output) {
	op := s.Call.Operation
	out.Raise(&detect.Report{
		Group: s.Call.Principal.UID, Severity: waywarden.SeverityHigh, Confidence: 85, Operation: op, Principal: s.Call.Principal,
		Title: "Identifiers disagree in a request to " + detect.What(op),
		Desc: detect.Who(s) + " was served by " + detect.What(op) + " though the request names two: " + place(a) + " = " + detect.Clip(a.Value) + " and " + place(b) + " = " + detect.Clip(b.Value) +
			"; " + why + ". The server checks one and uses the other.",
		Resources: detect.Assets(s),
		Facts: []waywarden.Fact{
			{Name: place(a), Observed: detect.Clip(a.Value), Normal: "the same as " + place(b)},
			{Name: place(b), Observed: detect.Clip(b.Value), Normal: "the same as " + place(a)},
		},
	})
}

// place names a field with where it stands.
func place(l *waywarden.Leaf) string { return l.In.String() + " " + l.Name }
