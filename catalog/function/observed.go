package function

import (
	"fmt"
	"math"
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// Seen is what was seen to follow the calls of an operation: the strongest label there is.
type Seen struct {
	Calls   int64 // that were carried out, as far as was told
	Changes []Change
}

// A Change is a signal that became a value after calls.
type Change struct {
	Signal, Value string
	Seen          int64   // calls after which it did …
	Last          int64   // … of those, such that were the last command before it
	Base          float64 // probability that it does anyway within as much time
}

// Bounds of what observed effects are believed.
const (
	seenMin   = 20   // calls
	seenZ     = 3    // standard errors by which the share of calls may be less than it looks …
	seenAbove = 0.1  // … and by how much it still has to be above the base rate to confirm, …
	lastAbove = 0.3  // … and that of calls which were the last command before it, to correct
	confirmed = 0.99 // confidence of a class whose effect was seen
	corrected = 0.95 // confidence of a class that was found by its effect
	sureName  = 0.86 // confidence from which on a name is not overruled, but only doubted
)

// Observe holds a verdict against what was seen to follow the calls. An effect that domain/taxonomy.yaml gives to the
// verdict's class confirms it. One of another class corrects a verdict that was not sure, or whose own signal was seen to
// become something else; a sure name it only sends to review, since a start of the engine may also start the climate.
func (c *Classifier) Observe(v Verdict, s Seen) Verdict {
	if s.Calls < seenMin {
		return v
	}
	own := c.confirms[v.Class]
	if x, above := clearest(own, s); above > seenAbove {
		v.Confidence, v.Review = max(v.Confidence, confirmed), false
		v.Why = append([]string{s.sentence(x)}, v.Why...)
		return v
	}
	// Bookings come before unlocking and polls after it: only what follows the call itself may correct.
	class, change, best := "", Change{}, lastAbove
	s.Changes = slices.Clone(s.Changes)
	for i := range s.Changes {
		s.Changes[i].Seen = s.Changes[i].Last
	}
	for _, name := range c.classes {
		if x, above := clearest(c.confirms[name], s); above > best {
			class, change, best = name, x, above
		}
	}
	if class == "" {
		return v
	}
	contrary := slices.ContainsFunc(own, func(e domain.Effect) bool { return domain.MatchPath(e.Signal, change.Signal) })
	if !contrary && v.Confidence >= sureName && v.Class != "act.other" {
		v.Review = true
		v.Why = append(slices.Clone(v.Why), s.sentence(change)+", which is "+class)
		return v
	}
	return Verdict{Class: class, Confidence: corrected, Access: waywarden.AccessControl, Why: []string{s.sentence(change)}}
}

// clearest returns the change among effects that is furthest above its base rate, and by how much; 0: none is.
func clearest(effects []domain.Effect, s Seen) (Change, float64) {
	var best Change
	most := 0.0
	for _, x := range s.Changes {
		if !slices.ContainsFunc(effects, func(e domain.Effect) bool { return shows(e, x) }) {
			continue
		}
		if above := lower(x.Seen, s.Calls) - x.Base; above > most {
			best, most = x, above
		}
	}
	return best, most
}

// anything is the effect of a class that makes the vehicle say something at all, which shows nothing.
const anything = "Vehicle.*"

// shows says whether a change is an effect.
func shows(e domain.Effect, x Change) bool {
	return e.Signal != anything && domain.MatchPath(e.Signal, x.Signal) && (len(e.Becomes) == 0 || slices.Contains(e.Becomes, x.Value))
}

// lower is the lower end of the Wilson score interval of seen in n, at seenZ standard errors.
func lower(seen, n int64) float64 {
	const z2 = seenZ * seenZ
	m, p := float64(n), min(1, float64(seen)/float64(n))
	return (p + z2/(2*m) - seenZ*math.Sqrt(p*(1-p)/m+z2/(4*m*m))) / (1 + z2/m)
}

func (s *Seen) sentence(x Change) string {
	became := "changed"
	if x.Value != "" {
		became = "became " + x.Value
	}
	return fmt.Sprintf("%s %s after %d of %d calls, by chance after %.0f %%", x.Signal, became, x.Seen, s.Calls, 100*x.Base)
}

// confirmsOf returns the effects of each class that has some and acts.
func confirmsOf(k *domain.Knowledge) map[string][]domain.Effect {
	m := map[string][]domain.Effect{}
	for i := range k.Classes() {
		if x := &k.Classes()[i]; len(x.Confirm.Effects) > 0 && controlled(x.ID) {
			m[x.ID] = x.Confirm.Effects
		}
	}
	return m
}
