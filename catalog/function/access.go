package function

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// Concepts that decide, in the last segment or the discriminator, whether a POST only asks.
var (
	askingWords = []string{"get", "list", "search", "export", "result", "statistics", "download"}
	actingWords = []string{
		"lock", "unlock", "open", "close", "start", "stop", "on", "off", "cancel", "set", "create", "delete", "send", "confirm",
		"refresh", "reset", "reboot", "forgot", "schedule", "upload", "import", "assign", "accept", "release", "transfer", "invite",
		"share", "register", "login", "logout", "pair", "unpair", "subscribe", "wake", "flash", "install", "approve", "execute",
		"book", "pause", "notify", "redeem", "scan", "move", "code", "erase", "horn", "immobilise", "valet", "homelink",
	}
	// stateWords name what is read when a POST carries no verb at all.
	stateWords = []string{"status", "history", "location", "statistics", "result", "report", "capability", "profile", "releasenotes"}
	// finding a vehicle is to make it honk when it is a command.
	finding = []string{"search"}
	// doingWords make even a GET an action.
	doingWords = []string{"execute", "wake", "flash", "unlock", "lock", "horn"}
)

// A verb is what the first verb of a name does.
type verb uint8

const (
	noVerb verb = iota
	asks
	acts
)

// verbOf says whether a word asks, acts, or is no verb.
func (c *Classifier) verbOf(concepts []uint16) verb {
	found := noVerb
	for _, n := range concepts {
		name := c.lex.concepts[n]
		if name == "ask" {
			return asks
		}
		if slices.Contains(actingWords, name) {
			found = acts
		}
	}
	return found
}

// last says whether one of the concepts stands in the last segment or the discriminator.
func (s *scratch) last(concepts []string) bool {
	for _, name := range concepts {
		if n, known := s.c.lex.number[name]; known && s.strength[s.c.features.concept(inLast, n)] > 0 {
			return true
		}
	}
	return false
}

// named says whether a concept stands anywhere in the path or the discriminator.
func (s *scratch) named(concept string) bool {
	return s.strength[s.c.features.concept(inPath, s.c.lex.number[concept])] > 0
}

// reads says whether the operation only asks. Method names are weak evidence: dialects exist that send every call as
// a POST, and clouds whose GET unlocks a door.
func (s *scratch) reads() bool {
	switch s.e.Method {
	case "GET", "HEAD", "OPTIONS":
		return !s.e.Accepted || !s.last(doingWords)
	case "POST":
		return s.asks()
	}
	return false
}

// asks judges a POST: first by its words, then, where they are silent, by what it takes and gives.
func (s *scratch) asks() bool {
	if verb := s.wording(); verb != noVerb {
		return verb == asks
	}
	if s.e.Accepted || s.named("config") || s.any(givesToken, givesInvite, givesReset, takesOTP) {
		return false
	}
	return s.many() || s.last(stateWords) && !s.uploads() && !s.requested()
}

// requested says whether a POST is to a vehicle named in the path and was not seen to give anything: it then asks the
// vehicle for what it names, which a GET would have read.
func (s *scratch) requested() bool {
	return s.is(onVehicle) && !s.is(onVehicleQ) && len(s.e.Response) == 0
}

// wording says what the words of a POST do.
func (s *scratch) wording() verb {
	command := s.named("command")
	switch {
	case command && s.last(finding):
		return acts
	case s.verb == asks && !s.e.Accepted:
		return asks
	case s.last(actingWords) && s.last(askingWords) && s.many() && !s.e.Accepted:
		return asks
	case s.last(actingWords):
		return acts
	case s.last(askingWords) || s.graphQL() && !command:
		return asks
	case command:
		return acts
	}
	return noVerb
}

// graphQL says whether the operation is one of GraphQL: what is not named as a change is a query.
func (s *scratch) graphQL() bool {
	d := &s.e.Discriminator
	return d.Value != "" && (strings.HasSuffix(s.e.Template, "graphql") || d.Name == "operationName" || d.Name == "query")
}

// many says whether the answer is a list of objects.
func (s *scratch) many() bool {
	n := 0
	for i := range s.e.Response {
		if strings.Contains(s.e.Response[i].Name, "[].") {
			n++
		}
	}
	return n >= 2
}

// uploads says whether the request carries what its name names, which is then delivered and not asked for.
func (s *scratch) uploads() bool {
	for i := range s.e.Request {
		if t := s.e.Request[i].Type; t == waywarden.TypeLocation || t == waywarden.TypeTripHistory {
			return true
		}
	}
	return false
}

// controls are the classes that act on a vehicle or a charger, by prefix.
var controls = [...]string{
	"act.", "chg.start", "chg.stop", "chg.unlock", "chg.profile", "chg.availability", "chg.reserve", "chg.firmware",
	"diag.session", "diag.reset", "ota.install", "ota.campaign", "ride.lifecycle", "ride.assist",
}

// access decides what the operation does to what it names, and whether a person should look.
func (s *scratch) access(v *Verdict, scores []classScore) {
	if r, standard := s.c.standard[s.standard]; standard && r.class == v.Class {
		v.Access = r.access
		return
	}
	switch {
	case controlled(v.Class) && (s.is(isWrite) || strings.HasPrefix(v.Class, "act.")):
		v.Access = waywarden.AccessControl
		v.Review = v.Confidence < reviewBelow || v.Class == "act.other"
	case s.is(isWrite) && s.mayAct() && !s.explained(scores):
		s.suspect(v, scores)
	case s.is(isRead) || strings.HasPrefix(v.Class, "read.") && !s.any(isPut, isDel):
		v.Access = waywarden.AccessRead
	default:
		v.Access = waywarden.AccessWrite
	}
}

// reviewBelow is the confidence, not yet calibrated, under which a write on a vehicle or charger is taken for a command until reviewed.
const reviewBelow = 0.5

// mayAct says whether the operation concerns a vehicle or a charger: it names one, or its path speaks of one.
func (s *scratch) mayAct() bool {
	return s.any(onVehicle, onCharger) || slices.ContainsFunc(actingContexts, s.named)
}

// actingContexts are the concepts of paths below which a write that nothing explains may act.
var actingContexts = []string{"vehicle", "device", "charger", "command", "remote", "charge", "plug", "engine", "door", "diag", "limit", "mode", "power", "override", "schedule"}

// explained says whether it is more likely than not that the operation is of a class that is known and does not act.
func (s *scratch) explained(scores []classScore) bool {
	harmless := 0.0
	for i := range scores {
		class := s.c.classes[i]
		if scores[i].n > 0 && !controlled(class) && (class != "infra.misc" || scores[i].best[0] >= namedScore) {
			harmless += probability(scores, i)
		}
	}
	return harmless >= reviewBelow
}

// namedScore is what a class has only when a name speaks for it, and not the mere lack of anything else.
const namedScore = 1.5

// guessed is the most (not yet calibrated) confidence a class has that is only taken because to miss an actuation costs more than to ask:
// of the verdicts of TestReal that were less sure than 0.4, a third was right.
const guessed = 0.3

// suspect takes an unexplained write on a vehicle or charger for a command: of the likeliest class that acts, or of none
// in particular.
func (s *scratch) suspect(v *Verdict, scores []classScore) {
	v.Access, v.Review = waywarden.AccessControl, true
	best := -1
	for i := range scores {
		if scores[i].n > 0 && controlled(s.c.classes[i]) && (best < 0 || scores[i].total() > scores[best].total()) {
			best = i
		}
	}
	v.Confidence = min(v.Confidence, guessed)
	switch {
	case best >= 0:
		v.Class, v.Why = s.c.classes[best], s.reasons(&scores[best])
		v.Confidence = min(reviewBelow, probability(scores, best))
	case v.Class != "infra.misc":
		// What little is known stands; only how it is treated changes.
	case s.is(onCharger) || s.named("charger") && !s.any(onVehicle):
		v.Class, v.Why = "chg.availability", nil
	default:
		v.Class, v.Why = "act.other", nil
	}
	v.Why = append(v.Why, "unexplained write on a vehicle or charger")
}

func controlled(class string) bool {
	for _, c := range controls {
		if strings.HasPrefix(class, c) {
			return true
		}
	}
	return false
}
