package risk

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// EvidenceOptions bound what is remembered of who calls what with which success.
type EvidenceOptions struct {
	OperationsMax int           // operations that are learned about
	CallersMax    int           // callers of one operation whose objects are counted
	ObjectsMax    int           // objects of one such caller
	StationsMax   int           // charge points
	FreshMax      time.Duration // age up to which a reading tells the state of a vehicle
}

// DefaultEvidence returns settings for one process. Motion is told by readings of the last minute, as the threat rules do.
func DefaultEvidence() EvidenceOptions {
	return EvidenceOptions{OperationsMax: 1 << 15, CallersMax: 64, ObjectsMax: 256, StationsMax: 1 << 18, FreshMax: time.Minute}
}

// Evidence is what traffic shows of how easily an operation can be misused: who calls it, from where, in which state of the
// vehicle it was served and refused, and what was found about it. It belongs to one goroutine.
type Evidence struct {
	o        EvidenceOptions
	ops      map[string]*proof // by operation id
	stations map[string]socket // charge points by identity
}

// states of a vehicle as domain/taxonomy.yaml rates functions in them.
const (
	stateParked = "parked"
	stateIdle   = "trip_idle"
	stateMoving = "moving"
)

// movingKMH is the speed from which the threat rules take a vehicle to move.
const movingKMH = 5

// proof is what is known of one operation.
type proof struct {
	users    int64            // successful calls of people …
	services int64            // … of services, by key or client credentials …
	nobody   int64            // … and of nobody
	outside  int64            // calls from addresses of the internet …
	inside   int64            // … and of private networks
	people   crowd            // who was served
	roles    map[string]int64 // of those who were served
	served   map[string]int64 // successes by state of the vehicle
	refused  map[string]int64 // refusals for its state, by state
	moving   Moving           // as followed to the end
	own      int64            // successes on objects the caller has a link to
	denied   int64            // foreign objects refused: the check of the object works …
	deniedBy map[uint64]struct{}
	foreign  int64            // findings that saw it give foreign objects, data or functions
	cited    int64            // findings that cite it
	used     map[string]int64 // … by class of the OWASP API Security Top 10
	batch    int              // most objects one call named
	objects  map[uint64]map[uint64]struct{}
	most     int // most objects of one caller
	minute   int64
	inMinute map[uint64]int64
	rate     int64 // most calls of one caller in one minute
}

// usedMax bounds the classes of weakness, rolesMax the roles remembered of one operation, minuteMax the callers counted in one minute.
const (
	usedMax     = 10
	deniedByMax = 1024
	rolesMax    = 32
	minuteMax   = 1 << 12
)

// NewEvidence returns evidence of nothing yet.
func NewEvidence(o EvidenceOptions) *Evidence {
	return &Evidence{o: o, ops: map[string]*proof{}, stations: map[string]socket{}}
}

// Learn takes a call into account.
func (e *Evidence) Learn(s *waywarden.Scene) {
	if s.Record != nil && s.Record.OCPP != nil {
		e.socket(s.Record.OCPP, s.Record.At)
	}
	c := s.Call
	if c == nil || c.Operation == nil || c.Record == nil || c.Record.HTTP == nil {
		return
	}
	p := e.proof(c.Operation.ID)
	if p == nil {
		return
	}
	who := uint64(0)
	if c.Principal.UID != "" {
		who = xxh3.HashString(c.Principal.UID)
	}
	if c.Success {
		e.success(p, s, who)
	} else {
		e.refusal(p, s, who)
	}
}

// Found takes what was found into account. Withdrawn findings count no more.
func (e *Evidence) Found(f *waywarden.Finding) {
	if f.Operation == nil || f.Activity == waywarden.ActivityUpdate {
		return
	}
	p := e.proof(f.Operation.ID)
	if p == nil {
		return
	}
	n := int64(1)
	if f.Activity == waywarden.ActivityClose {
		n = -1
	}
	p.cited += n
	// The first class is the one that a finding is about; further ones are what it also touches.
	if i := slices.IndexFunc(f.Types, func(t string) bool { return strings.HasPrefix(t, "API") }); i >= 0 && f.Severity >= waywarden.SeverityMedium {
		if t := f.Types[i]; p.used[t] != 0 || len(p.used) < usedMax {
			p.used[t] += n
		}
	}
	if f.Severity >= waywarden.SeverityMedium && slices.ContainsFunc(f.Types, func(t string) bool { return foreignTypes[t] }) {
		p.foreign += n
	}
}

// foreignTypes are the classes of weakness that a finding has seen used: an object, a property or a function that is not
// the caller's, or broken authentication.
var foreignTypes = map[string]bool{"API1:2023": true, "API3:2023": true, "API5:2023": true}

func (e *Evidence) proof(id string) *proof {
	p := e.ops[id]
	if p == nil && len(e.ops) < e.o.OperationsMax {
		p = &proof{
			roles: map[string]int64{}, served: map[string]int64{}, refused: map[string]int64{}, deniedBy: map[uint64]struct{}{},
			used: map[string]int64{}, objects: map[uint64]map[uint64]struct{}{}, inMinute: map[uint64]int64{},
		}
		e.ops[id] = p
	}
	return p
}

func (e *Evidence) success(p *proof, s *waywarden.Scene, who uint64) {
	c := s.Call
	switch c.Principal.Kind {
	case waywarden.PrincipalNobody:
		p.nobody++
	case waywarden.PrincipalService:
		p.services++
	default:
		p.users++
		if who != 0 {
			p.people.add(who)
		}
	}
	for _, r := range c.Principal.Roles {
		if _, known := p.roles[r]; known || len(p.roles) < rolesMax {
			p.roles[strings.Clone(r)]++
		}
	}
	if internal(c.Record.HTTP.Client.IP) {
		p.inside++
	} else {
		p.outside++
	}
	p.pace(who, c.Record.At)
	named := 0
	for i := range s.Subjects {
		sub := &s.Subjects[i]
		if sub.Twin == nil || sub.Twin.Type != waywarden.AssetVehicle && sub.Twin.Type != waywarden.AssetCharger {
			continue
		}
		if c.Leaves[sub.Leaf].In != waywarden.InResponse {
			named++
			e.object(p, who, sub.Twin.UID)
			if sub.Linked.Rel != "" {
				p.own++
			}
			if st := e.state(sub.Twin, s.Now); st != "" {
				p.served[st]++
			}
		}
	}
	p.batch = max(p.batch, named)
}

// refusal tells apart what was refused because of the object from what was refused because of its state.
func (e *Evidence) refusal(p *proof, s *waywarden.Scene, who uint64) {
	for i := range s.Subjects {
		sub := &s.Subjects[i]
		if sub.Twin == nil || s.Call.Leaves[sub.Leaf].In == waywarden.InResponse {
			continue
		}
		switch s.Call.Record.HTTP.Status {
		case 401, 429, 400, 500, 502, 503, 504:
		case 403, 404:
			if sub.Linked.Rel == "" && sub.Known && s.LinksLearned > 0 && who != 0 {
				p.denied++
				if len(p.deniedBy) < deniedByMax {
					p.deniedBy[who] = struct{}{}
				}
			}
		default:
			if st := e.state(sub.Twin, s.Now); st != "" {
				p.refused[st]++
			}
		}
	}
}

func (e *Evidence) object(p *proof, who uint64, uid string) {
	set := p.objects[who]
	if set == nil {
		if len(p.objects) >= e.o.CallersMax {
			return
		}
		set = map[uint64]struct{}{}
		p.objects[who] = set
	}
	if len(set) < e.o.ObjectsMax {
		set[xxh3.HashString(uid)] = struct{}{}
		p.most = max(p.most, len(set))
	}
}

// pace keeps the fastest minute of a single caller.
func (p *proof) pace(who uint64, at time.Time) {
	if m := at.Unix() / 60; m != p.minute {
		p.minute = m
		clear(p.inMinute)
	}
	if _, known := p.inMinute[who]; known || len(p.inMinute) < minuteMax {
		p.inMinute[who]++
		p.rate = max(p.rate, p.inMinute[who])
	}
}

// state is the state of a vehicle that is known now, "" where it is not.
func (e *Evidence) state(t *waywarden.Twin, now time.Time) string {
	speed, moves := t.Fresh("Vehicle.Speed", now, e.o.FreshMax)
	if moves && speed.Value.Kind == waywarden.ValueNumber {
		if speed.Value.Number > movingKMH {
			return stateMoving
		}
	}
	switch power, ok := t.Fresh("Vehicle.LowVoltageSystemState", now, 10*e.o.FreshMax); {
	case ok && (power.Value.Text == "ON" || power.Value.Text == "START"):
		return stateIdle
	case ok || moves:
		return stateParked
	}
	return ""
}

// internal says whether an address is of a private network.
func internal(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast())
}

// An Observed is what evidence says of one endpoint, as risk.json shows it.
type Observed struct {
	Users          int64            `json:"users"`    // successful calls of people
	Services       int64            `json:"services"` // of services
	Nobody         int64            `json:"nobody"`   // without a credential
	InsideOnly     bool             `json:"insideOnly,omitempty"`
	Roles          []string         `json:"roles,omitempty"`
	Served         map[string]int64 `json:"served,omitempty"`  // successes by state of the vehicle
	Refused        map[string]int64 `json:"refused,omitempty"` // refusals for its state
	ForeignServed  int64            `json:"foreignServed"`     // findings that saw foreign objects, properties or functions given
	ForeignRefused int64            `json:"foreignRefused"`    // foreign objects refused …
	RefusedCallers int              `json:"refusedCallers"`    // … of so many callers
	ObjectsMost    int              `json:"objectsMost"`       // most objects of one caller (counted up to 256)
	Batch          int              `json:"batch"`             // most objects in one call
	RatePerMinute  int64            `json:"ratePerMinute"`     // fastest minute of one caller
	Findings       int64            `json:"findings"`          // that cite it
}

// Of returns what is known of an endpoint; the zero value where nothing is.
func (e *Evidence) Of(id string) Observed {
	if e == nil || e.ops[id] == nil {
		return Observed{}
	}
	p := e.ops[id]
	o := Observed{
		Users: p.users, Services: p.services, Nobody: p.nobody, InsideOnly: p.outside == 0 && p.inside > 0,
		Roles: slices.Sorted(maps.Keys(p.roles)), ForeignServed: max(p.foreign, 0), ForeignRefused: p.denied, RefusedCallers: len(p.deniedBy),
		ObjectsMost: p.most, Batch: p.batch, RatePerMinute: p.rate, Findings: max(p.cited, 0),
	}
	o.Served, o.Refused = p.moving.correct(p.served, p.refused)
	return o
}

// Moving is what became of the calls that came while the vehicle moved.
type Moving struct {
	Asked    int64
	Refused  int64 // by the server or the vehicle …
	Rejected int64 // … of those by the vehicle, after the server had accepted: told by a later poll or event
}

// Followed tells what became of an operation's calls in motion, as far as commands were followed; the last word counts.
func (e *Evidence) Followed(operation string, m Moving) {
	if p := e.ops[operation]; p != nil {
		p.moving = m
	}
}

// correct moves what the vehicle rejected later from the served to the refused. Calls of which no rejection was told stay
// served: an interlock that works must not be made of silence.
func (m Moving) correct(served, refused map[string]int64) (s, r map[string]int64) {
	if m.Rejected > 0 {
		served, refused = maps.Clone(served), maps.Clone(refused)
		refused[stateMoving] += m.Rejected
		if n := served[stateMoving]; n > 0 {
			served[stateMoving] = max(n-m.Rejected, min(n, m.Asked-m.Refused))
		}
		if served[stateMoving] == 0 {
			delete(served, stateMoving)
		}
	}
	if len(served) > 0 {
		s = served
	}
	if len(refused) > 0 {
		r = refused
	}
	return s, r
}

// usedAs is how many findings of a class of weakness cite an endpoint.
func (e *Evidence) usedAs(id, owasp string) int64 {
	if e == nil || e.ops[id] == nil {
		return 0
	}
	return e.ops[id].used[owasp]
}

// A crowd is a sample of the callers of something: those of the smallest hashes, so that two crowds have sampled the same
// people wherever both have room (bottom-k sketch; Cohen and Kaplan, 2007).
type crowd []uint64 // ascending

const crowdMax = 512

// add takes a caller in.
func (c *crowd) add(who uint64) {
	s := *c
	if len(s) == crowdMax && who >= s[crowdMax-1] {
		return
	}
	i, known := slices.BinarySearch(s, who)
	if known {
		return
	}
	if len(s) == crowdMax {
		s = s[:crowdMax-1]
	}
	*c = slices.Insert(s, i, who)
}

// size estimates the number of callers.
func (c crowd) size() float64 {
	if len(c) < crowdMax {
		return float64(len(c))
	}
	return (crowdMax - 1) / (float64(c[crowdMax-1]) / (1 << 64))
}

// within estimates which share of c belongs to d. ok is false where too few of c can be looked up in the sample of d.
func (c crowd) within(d crowd) (share float64, ok bool) {
	both, told := 0, 0
	for _, who := range c {
		if len(d) == crowdMax && who > d[crowdMax-1] {
			break
		}
		told++
		if _, ok := slices.BinarySearch(d, who); ok {
			both++
		}
	}
	if told < toldMin {
		return 0, false
	}
	return float64(both) / float64(told), true
}

// toldMin is how many callers have to be looked up before a share is believed.
const toldMin = 3

const (
	// publicShare is the share of an operation's callers that have to be of the public for it to be the public's.
	publicShare = 0.3
	// publicSize is how large a crowd of its own may be, against the largest, before it is a public too.
	publicSize = 0.25
)

// restricted returns the operations that the public does not call. The public are the people who call the operation of
// most callers, and all whose operations they share; a crowd nearly as large is a public of its own, such as the users of
// another brand's app. Who is left is dealers, workshops, support, staff: people with accounts that not everybody is given.
func (e *Evidence) restricted() map[string]bool {
	out := map[string]bool{}
	if e == nil {
		return out
	}
	ids := slices.SortedFunc(maps.Keys(e.ops), func(a, b string) int {
		return cmp.Or(-cmp.Compare(e.ops[a].people.size(), e.ops[b].people.size()), cmp.Compare(a, b))
	})
	var public crowd
	for i, id := range ids {
		people := e.ops[id].people
		if len(people) == 0 {
			continue
		}
		if i > 0 && people.size() < publicSize*public.size() {
			share, ok := people.within(public)
			if !ok {
				continue // too few call it to say
			}
			if share < publicShare {
				out[id] = true
				continue
			}
		}
		for _, who := range people {
			public.add(who)
		}
	}
	return out
}

// Profiles of the sockets of charge points, by how the station proved itself (OCPP security white paper). Whether TLS
// protects a password, which tells profile 2 from 1, a captured frame does not say.
const (
	profileNone        = "0"
	profilePassword    = "1-2"
	profileCertificate = "3"
)

// A socket is how a charge point was let in when it came last.
type socket struct {
	profile string
	at      time.Time
}

// socket notes how a station proved itself.
func (e *Evidence) socket(f *waywarden.Frame, at time.Time) {
	if f.Event != waywarden.SocketOpen || f.Handshake.Status != 101 {
		return
	}
	p := profileNone
	for _, h := range f.Handshake.Headers {
		switch {
		case slices.Contains(certificateHeaders, h.Name) && h.Value != "" && !strings.EqualFold(h.Value, "NONE"):
			p = profileCertificate
		case h.Name == "authorization" && p == profileNone:
			p = profilePassword
		}
	}
	if _, known := e.stations[f.Station]; known || len(e.stations) < e.o.StationsMax {
		e.stations[strings.Clone(f.Station)] = socket{p, at}
	}
}

// certificateHeaders are what proxies in front of a server say of a client's certificate.
var certificateHeaders = []string{"x-forwarded-client-cert", "x-ssl-client-verify", "ssl-client-verify", "x-client-cert", "client-cert", "x-ssl-client-cert", "x-amzn-mtls-clientcert", "x-client-verify"}

// weakestProfile is the weakest way in which stations were let in.
func (e *Evidence) weakestProfile() string {
	if e == nil {
		return ""
	}
	weakest := ""
	for _, s := range e.stations {
		if weakest == "" || s.profile < weakest {
			weakest = s.profile
		}
	}
	return weakest
}
