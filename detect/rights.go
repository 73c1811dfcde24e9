package detect

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// Rights is what detectors share about who commands whose vehicles. That a caller has no known link to a vehicle means
// something only where links are known: its own list was seen, or those of its peers show before they command.
type Rights struct {
	groups  *Table[custom]
	callers *Table[commander]
	heard   uint64 // serial of the scene heard last
}

// A custom is how a group of callers commands vehicles.
type custom struct {
	callers int32
	strays  int32 // of them, those that commanded a vehicle they are still not linked to
	late    int32 // those whose link to a vehicle they had commanded showed only after it
}

// A commander is one caller that commands.
type commander struct {
	counted, late bool
	foreign       [4]uint64 // vehicles it commanded without a link
}

// Bounds of what the absence of a link says.
const (
	linksMin   = 20   // links a group of callers must have before one without a link is foreign
	habitShare = 0.1  // share of peers without links from which commanding without one is how the group works
	blindPeers = 100  // peers that command before a caller whose own list was never seen is judged by them …
	blindShare = 0.02 // … if at most this share of them was ever not linked to what it commanded, at the time
)

// RightsOf returns the rights that the detectors of a memory share.
func RightsOf(m *Memory) *Rights {
	return Shared(m, "rights", func(m *Memory) *Rights {
		return &Rights{
			groups:  NewTable[custom](m, "rights per group of callers", 1<<12),
			callers: NewTable[commander](m, "rights per caller that commands", 1<<16),
		}
	})
}

// See takes the call of a scene in, once for all detectors.
func (r *Rights) See(s *waywarden.Scene, serial uint64) {
	if serial == r.heard {
		return
	}
	r.heard = serial
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Record.HTTP == nil || c.Principal.UID == "" || len(s.Subjects) == 0 || !acts(c) {
		return
	}
	group, caller := rightsKeys(s)
	g, w := r.groups.At(group), r.callers.At(caller)
	if !w.counted {
		w.counted = true
		g.callers++
	}
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; IsVehicle(sub) {
			w.take(g, Key(sub.Twin.UID), Owns(sub.Linked, s.Now))
		}
	}
}

// take notes that a vehicle was commanded.
func (w *commander) take(g *custom, vehicle uint64, own bool) {
	was, free, at := w.strays(), -1, -1
	for i, v := range w.foreign {
		switch v {
		case vehicle:
			at = i
		case 0:
			free = i
		}
	}
	switch {
	case own && at >= 0:
		w.foreign[at] = 0
		if !w.late {
			w.late = true
			g.late++
		}
	case !own && at < 0 && free >= 0:
		w.foreign[free] = vehicle
	}
	switch now := w.strays(); {
	case now && !was:
		g.strays++
	case was && !now:
		g.strays--
	}
}

func (w *commander) strays() bool { return w.foreign != [4]uint64{} }

// acts says whether a call is of the classes that do something to a vehicle.
func acts(c *waywarden.Call) bool {
	class := c.Operation.Function.Class
	for _, kind := range [...]string{"act.", "ota.", "diag.", "cfg."} {
		if strings.HasPrefix(class, kind) {
			return !Reads(c)
		}
	}
	return false
}

// rightsKeys returns the keys of a caller's group and of the caller in it. Who has a fleet is no peer of who has a car.
func rightsKeys(s *waywarden.Scene) (group, caller uint64) {
	group = Peers(s.Call)
	if s.Caller != nil {
		for i := range s.Caller.Links {
			if s.Caller.Links[i].Rel == "fleet_manager" {
				group = Mix(group, 2)
				break
			}
		}
	}
	return group, Mix(group, Key(s.Call.Principal.UID))
}

// Stranger says whether the caller has no business with a vehicle, as far as can be known: it has no link to it, and
//
//   - its own list was seen, links of its peers were learned, and at most one in ten of those that command do so without, or
//   - its own list was never seen, but hardly any of at least a hundred peers ever commanded before its link showed.
//
// What is not known, because answers were not captured or the capture began in the middle, makes nobody a stranger. The
// scene must have been taken in with See.
func (r *Rights) Stranger(s *waywarden.Scene, l waywarden.Link) bool {
	if Owns(l, s.Now) || s.LinksLearned < linksMin || s.Caller == nil {
		return false
	}
	group, caller := rightsKeys(s)
	var others custom
	if g := r.groups.Peek(group); g != nil {
		others = *g
	}
	if w := r.callers.Peek(caller); w != nil && w.counted {
		others.callers--
		if w.strays() {
			others.strays--
		}
		if w.late {
			others.late--
		}
	}
	if len(s.Caller.Links) > 0 && !s.Unseen {
		return float64(others.strays) <= 1+habitShare*float64(others.callers)
	}
	return others.callers >= blindPeers && float64(others.strays+others.late) <= blindShare*float64(others.callers)
}

// Linkless says whether the callers of a group have no links at all: workshops, call centres, partners.
func Linkless(s *waywarden.Scene) bool { return s.LinksLearned < linksMin }
