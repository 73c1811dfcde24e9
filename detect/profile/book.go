package profile

import (
	"math"
	bits64 "math/bits"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/internal/ppm"
	"github.com/waywarden/waywarden/internal/tail"
)

// Limits of what is remembered; the entry used longest ago makes room. An entity takes some 600 bytes, a group 2 KiB, an
// application's order of calls at most 768 KiB.
const (
	callersMax      = 1 << 15
	endpointsMax    = 1 << 12
	applicationsMax = 1 << 9
	edgesMax        = 1 << 13
	groupsMax       = 1 << 11
	ordersMax       = 1 << 6
	orderCells      = 1 << 15
)

const (
	day       = 24 * time.Hour
	pause     = int64(30 * time.Minute) // after which calls are no longer one series
	halfLife  = 30.0                    // days after which a score counts half
	tolerated = 3                       // days of an alarm after which what goes on is taken for normal, bit by bit
	coldTimes = 1.25                    // what the threshold is raised by before a day is over: running hours are no whole days
	passMin   = 5                       // entities from which the running hours tell what is far
	goesOn    = 2                       // days after which an alarm is a new one
)

// A book keeps the profiles. It sees each scene once, whichever detector asks first.
type book struct {
	c         Config
	entities  [kinds]*detect.Table[entity]
	groups    *detect.Table[group]
	all       [kinds][features]norm // over the groups of a kind
	orders    *detect.Table[*ppm.Model]
	habits    *detect.Habits
	heard     uint64 // serial of the scene seen last
	start     int64  // of the first day, nanoseconds
	day       int32  // since the start, from 1
	hour      int32  // since the start, from 1
	today     []active
	calls     float64 // of today
	perDay    float64 // calls a day so far; 0: no day is over
	tails     [pools]tail.Tail
	trials    [pools]float64 // a day
	limits    [pools]float64 // scores from which there is an alarm
	hits      []hit          // in the scene at hand
	promised  float64        // alarms so far, those of long ago less
	delivered float64
	back      [subjectsN][]string // findings to take back
}

// active is an entity that was seen today.
type active struct {
	key  uint64
	kind kind
}

func newBook(c Config, m *detect.Memory) *book {
	b := &book{c: c, habits: detect.HabitsOf(m)}
	for k, t := range [kinds]struct {
		name  string
		limit int
	}{{"profiles of callers", callersMax}, {"profiles of endpoints", endpointsMax}, {"profiles of applications", applicationsMax}, {"profiles of edges", edgesMax}} {
		b.entities[k] = detect.NewTable[entity](m, t.name, t.limit)
	}
	b.groups = detect.NewTable[group](m, "profiles of groups", groupsMax)
	b.orders = detect.NewTable[*ppm.Model](m, "orders of calls", ordersMax)
	return b
}

// An entity is what a profile is of.
type entity struct {
	group   uint64
	suspect uint64 // by which rules know the party behind it
	day     int32  // since the start, from 1
	hour    int32
	quiet   bool // rules have found the party, or it raised an alarm: today teaches nothing

	hourCalls, hourBytes float32
	value                [features]float32
	limit                [features]float32 // values from which to look closer
	things, operations   [8]uint64         // linear counting of what was named and used
	own                  [features]own
	alarmed              [subjectsN]int32 // day of the last alarm
	begun                [subjectsN]int32 // day on which the episode began
	spoke                int32            // day of the last alarm that was told
	voice                subject          // of it
	shifted              uint16           // subjects counted in the group's shift today

	at      int64
	before  ppm.History
	last    *waywarden.Operation // of the present series
	series  uint8                // calls of the present series, up to 255
	drift   float32              // mean surprise of the last calls
	hours   [24]uint8
	visits  uint16 // sum of hours
	strange strange
}

// A group is those alike.
type group struct {
	norms   [features]norm
	passing [features]norm    // of the hours of the first day
	most    [features]float32 // … which count no further than this
	counted int32             // hour of it
	week    [features][7]tilt
	sum     [features]tilt // of the day that is being closed
	day     int32
	members int32            // entities seen on that day
	known   int32            // … on the day before
	shift   [subjectsN]int32 // entities that went far up today
	raised  [subjectsN][]string
	hours   [24]float32
	visits  float32
	strange strange
}

// A tilt is how far a day of the week, or a day, is from the usual.
type tilt struct{ n, mean float32 }

// A strange is how often a known caller comes from a new network or with a new program.
type strange struct{ days, networks, programs float32 }

// see takes a scene in and finds what is out of the ordinary in it.
func (b *book) see(s *waywarden.Scene, out *detect.Output) {
	if out.Serial == b.heard {
		return
	}
	b.heard, b.hits = out.Serial, b.hits[:0]
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || s.Record.HTTP.Status == 0 {
		return
	}
	b.turn(s.Now, out)
	b.calls++
	o := look(s)
	h := b.habits.See(s, out.Serial)
	e := b.entity(caller, o.caller, o.group)
	b.count(e, &o)
	e.count(&o)
	b.order(e, &o)
	b.habit(e, &o, h)
	e.suspect = o.suspect
	b.judge(caller, e, &o, out)
	from, fresh := uint64(e.before[1]), e.series > 1
	o.from, e.last = e.last, c.Operation
	for k, key := range [kinds]uint64{endpoint: o.endpoint, application: o.application, edge: detect.Mix(detect.Mix(o.application, from), o.endpoint)} {
		k := kind(k)
		if k == caller || k == edge && !fresh {
			continue
		}
		x := b.entity(k, key, b.above(k, &o))
		b.count(x, &o)
		x.suspect = o.operation
		if k != edge {
			add(&x.things, o.caller, &x.value[things])
		}
		b.judge(k, x, &o, out)
	}
}

// above is the group of what is no caller.
func (b *book) above(k kind, o *observation) uint64 {
	switch k {
	case endpoint:
		return detect.Mix(uint64(endpoint), o.host)
	case edge:
		return detect.Mix(uint64(edge), o.application)
	}
	return uint64(application)
}

// An observation is what the book takes from a call.
type observation struct {
	now                         int64
	caller, group, suspect      uint64
	host, endpoint, application uint64
	operation                   uint64 // by which rules know the endpoint
	bytes                       float32
	failed                      bool
	scene                       *waywarden.Scene
	from                        *waywarden.Operation // called before, in the same series
}

func look(s *waywarden.Scene) observation {
	c, tx := s.Call, s.Record.HTTP
	o := observation{now: s.Now.UnixNano(), scene: s, host: detect.Key(tx.Server.Host), failed: tx.Status >= 400}
	o.endpoint = detect.Key(c.Operation.ID)
	o.operation = detect.Mix(o.endpoint, 2) // as detect.SuspectOperation has it
	o.application = detect.Key(c.Application.UID)
	o.suspect = detect.Suspect(s)
	o.group = detect.Mix(detect.Peers(c), uint64(caller))
	o.caller = detect.Mix(o.suspect, o.group)
	o.bytes = float32(tx.Response.BodyBytes)
	if o.bytes < 0 {
		o.bytes = float32(len(tx.Response.Body))
	}
	return o
}

// entity returns the profile of a key, for today.
func (b *book) entity(k kind, key, in uint64) *entity {
	e := b.entities[k].At(key)
	if e.day == b.day {
		return e
	}
	e.group, e.day, e.hour, e.quiet, e.shifted = in, b.day, 0, false, 0
	e.value, e.things, e.operations = [features]float32{}, [8]uint64{}, [8]uint64{}
	b.today = append(b.today, active{key, k})
	g := b.groupOf(in)
	g.members++
	b.bound(k, e, g)
	return e
}

// groupOf returns a group, for today.
func (b *book) groupOf(key uint64) *group {
	g := b.groups.At(key)
	if g.day != b.day {
		if g.known = g.members; g.day < b.day-1 {
			g.known = 0
		}
		g.day, g.members, g.shift = b.day, 0, [subjectsN]int32{}
		for i := range g.raised {
			g.raised[i] = nil
		}
	}
	return g
}

// count takes a call into what a profile of any kind counts.
func (b *book) count(e *entity, o *observation) {
	if e.hour != b.hour {
		e.hour, e.hourCalls, e.hourBytes = b.hour, 0, 0
	}
	e.hourCalls++
	e.hourBytes += o.bytes
	v := &e.value
	v[callsDay]++
	v[bytesDay] += o.bytes
	v[callsHour], v[bytesHour] = max(v[callsHour], e.hourCalls), max(v[bytesHour], e.hourBytes)
	if o.failed {
		v[refusals]++
	}
}

// count takes a call into what only callers' profiles count.
func (e *entity) count(o *observation) {
	add(&e.operations, o.endpoint, &e.value[operations])
	if o.scene.Call.Principal.UID == "" {
		return // what all who prove nothing in a network look at together is no reach of anybody
	}
	for i := range o.scene.Subjects {
		if t := o.scene.Subjects[i].Twin; t != nil && i < 8 {
			add(&e.things, detect.Key(t.UID), &e.value[things])
		}
	}
}

// add counts a different thing: linear counting (Whang, Vander-Zanden and Taylor, TODS 15(2), 1990) in 512 bits, good to
// 5 % up to a thousand and a half.
func add(bits *[8]uint64, key uint64, n *float32) {
	at, bit := key>>6&7, uint64(1)<<(key&63)
	if bits[at]&bit != 0 {
		return
	}
	bits[at] |= bit
	const size = 512
	zeros := 0.0
	for _, w := range bits {
		zeros += float64(64 - bits64.OnesCount64(w))
	}
	*n = float32(-size * math.Log(max(zeros, 1)/size))
}
