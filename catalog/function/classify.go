package function

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// How strongly a word speaks, by where it stands. The segments of the path count from the last static one.
var segmentStrength = [...]float32{1, 0.75, 0.55, 0.4}

const (
	farStrength    = 0.3 // of segments further left
	spreadStrength = 0.6 // of the path where a discriminator names the function
	fieldStrength  = 1

	qualifierStrength = 0.7 // of the service or object a name is qualified with
)

// scratch is the memory of one classification.
type scratch struct {
	c        *Classifier
	name     namer
	strength []float32
	e        *Evidence
	standard string // name of a standard's action, or ""
	verb     verb   // the first one in the last segment or the discriminator
}

// Classify says what an operation does.
func (c *Classifier) Classify(e Evidence) Verdict {
	s := scratch{c: c, name: namer{lex: c.lex, nouns: e.Method == "GET" && e.Discriminator.Value == ""}, strength: make([]float32, c.features.n), e: &e}
	s.gather()
	scores := make([]classScore, len(c.classes))
	for i := range c.patterns {
		p := &c.patterns[i]
		if v := p.score(s.strength, c.features); v > 0 {
			scores[p.class].add(v, i)
		}
	}
	s.standard = s.standardName()
	if s.standard != "" {
		class := slices.Index(c.classes, c.standard[s.standard].class)
		scores[class].add(standardWeight, byStandard)
	}
	return s.verdict(scores)
}

// standardWeight is what the name of a standard's action weighs; byStandard marks it among the patterns.
const (
	standardWeight = 6
	byStandard     = -1
)

// standardName returns the name of a standard's action that the operation carries, or "".
func (s *scratch) standardName() string {
	name := s.e.Discriminator.Value
	if name == "" {
		name = strings.Trim(s.e.Template, "/")
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	if len(name) > 64 || s.is(onVehicle) && !s.is(onCharger) {
		return ""
	}
	s.name.cut(name)
	if _, known := s.c.standard[string(s.name.folded)]; !known {
		return ""
	}
	return string(s.name.folded)
}

// gather turns the evidence into strengths of features.
func (s *scratch) gather() {
	e := s.e
	s.set(isAny)
	s.path()
	if v := e.Discriminator.Value; v != "" {
		s.lastName(v)
	}
	s.words(e.Host, 1, inHost)
	for i := range e.Request {
		s.request(&e.Request[i])
	}
	for i := range e.Response {
		s.response(&e.Response[i])
	}
	switch e.Method {
	case "POST":
		s.set(isPost)
	case "PUT", "PATCH":
		s.set(isPut)
	case "DELETE":
		s.set(isDel)
	}
	if e.Accepted {
		s.set(isAccepted)
	}
	if s.named("roaming") || s.strength[s.c.features.concept(inHost, s.c.lex.number["roaming"])] > 0 {
		s.set(isRoaming)
	}
	if s.reads() {
		s.set(isRead)
	} else {
		s.set(isWrite)
	}
	if !s.any(onOne, onVehicle, onCharger, onPerson, onSession, onTag) {
		s.set(onNothing)
	}
}

func (s *scratch) set(fs ...fact) {
	for _, f := range fs {
		s.strength[s.c.features.fact(f)] = 1
	}
}

func (s *scratch) is(f fact) bool { return s.strength[s.c.features.fact(f)] > 0 }

func (s *scratch) any(fs ...fact) bool { return slices.ContainsFunc(fs, s.is) }

// words gives the concepts of a name a strength in some places.
func (s *scratch) words(name string, strength float32, places ...int) {
	s.name.read(name, func(concepts []uint16) {
		for _, c := range concepts {
			for _, p := range places {
				f := s.c.features.concept(p, c)
				s.strength[f] = max(s.strength[f], strength)
			}
		}
	})
}

// lastName reads a name that may be qualified: in fleet.VehicleService.lock and urn:GetLocation the last part says what is
// done, the rest to what.
func (s *scratch) lastName(name string) {
	if i := strings.LastIndexAny(name, ".#/:"); i > 0 && spoken(name[i:]) && !extension(name[i+1:]) {
		s.words(name[:i], qualifierStrength, inPath)
		name = name[i+1:]
	}
	s.lastWords(name)
}

// extension says whether the last part of a name tells the form of a file and not what is done.
func extension(part string) bool {
	switch strings.ToLower(part) {
	case "json", "xml", "php", "html", "htm", "jsp", "do", "asp", "aspx", "ashx", "cgi", "js", "css", "png", "jpg", "svg",
		"txt", "pdf", "yaml", "yml", "csv", "xlsx", "sql", "kml", "gpx", "zip", "ts", "ico", "map":
		return true
	}
	return false
}

// lastWords reads the name that says most, and which verb comes first in it: getUpdateStatus asks, updateStatus does not.
func (s *scratch) lastWords(name string) {
	s.words(name, 1, inPath, inLast)
	s.name.read(name, func(concepts []uint16) {
		if s.verb == noVerb {
			s.verb = s.c.verbOf(concepts)
		}
	})
}

// spoken says whether a segment holds a word at all: a version or a number does not.
func spoken(segment string) bool {
	letters := 0
	for _, r := range segment {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters > 1
}

// path reads the template from its end.
func (s *scratch) path() {
	path, _, _ := strings.Cut(s.e.Template, "?")
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if len(segments) <= 1 {
		s.set(isShort)
	}
	scale := float32(1)
	if s.e.Discriminator.Value != "" {
		scale = spreadStrength
	}
	static := 0
	for i, segment := range slices.Backward(segments) {
		name, param := parameter(segment)
		if param {
			if i == len(segments)-1 {
				s.set(onOne)
			}
			before := ""
			if i > 0 {
				before = segments[i-1]
			}
			s.object(name, before)
			continue
		}
		strength := float32(farStrength)
		if static < len(segmentStrength) {
			strength = segmentStrength[static]
		}
		if static == 0 && s.e.Discriminator.Value == "" {
			s.lastName(segment)
		} else {
			s.words(segment, strength*scale, inPath)
		}
		if spoken(segment) {
			static++
		}
	}
}

// object finds out what a path parameter names: by its type, its own name, or the segment before it.
func (s *scratch) object(name, before string) {
	for i := range s.e.Request {
		f := &s.e.Request[i]
		if f.Name == name && f.Type != "" {
			if x, ok := object(f.Type); ok {
				s.set(x)
				return
			}
		}
	}
	if !s.objectOf(name) {
		s.objectOf(before)
	}
}

// objects are the concepts that name objects.
var objects = [...]struct {
	concept string
	fact    fact
}{
	{"vehicle", onVehicle}, {"vin", onVehicle}, {"device", onVehicle}, {"charger", onCharger}, {"plug", onCharger},
	{"session", onSession}, {"user", onPerson}, {"customer", onPerson}, {"driver", onPerson}, {"plate", asksPlate},
	{"rfid", onTag}, {"contract", onTag}, {"request", asksRequest}, {"command", asksRequest},
}

func (s *scratch) objectOf(name string) bool {
	found := false
	s.name.read(name, func(concepts []uint16) {
		for _, c := range concepts {
			for _, o := range objects {
				if !found && s.c.lex.number[o.concept] == c {
					s.set(o.fact)
					found = true
				}
			}
		}
	})
	return found
}

func (s *scratch) request(f *Field) {
	s.set(requestFacts(f.Type)...)
	s.words(leafName(f.Name), fieldStrength, inBody)
	if s.strength[s.c.features.concept(inBody, s.c.lex.number["password"])] > 0 {
		s.set(takesPassword)
	}
}

func (s *scratch) response(f *Field) {
	s.set(responseFacts(f.Type, strings.Contains(f.Name, "[]"))...)
	s.words(leafName(f.Name), fieldStrength, inResponse)
}

// leafName is the last two parts of a dotted path: "charge_state.battery_level".
func leafName(path string) string {
	if i := strings.LastIndexByte(path, '.'); i > 0 {
		if j := strings.LastIndexByte(path[:i], '.'); j >= 0 {
			return path[j+1:]
		}
	}
	return path
}

// A classScore adds up what speaks for a class: the strongest pattern counts whole, each further one less.
type classScore struct {
	best    [4]float32
	pattern [4]int
	n       int
}

func (c *classScore) add(v float32, pattern int) {
	i := min(c.n, len(c.best)-1)
	if c.n >= len(c.best) && v <= c.best[i] {
		return
	}
	for ; i > 0 && c.best[i-1] < v; i-- {
		c.best[i], c.pattern[i] = c.best[i-1], c.pattern[i-1]
	}
	c.best[i], c.pattern[i] = v, pattern
	c.n = min(c.n+1, len(c.best))
}

func (c *classScore) total() float64 {
	return float64(c.best[0] + 0.4*c.best[1] + 0.2*c.best[2] + 0.1*c.best[3])
}

// Constants of the confidence, fitted on labelled operations of real APIs (TestReal): the scores of the classes are
// weighed against one another at this temperature, and against the chance that no class is right.
const (
	temperature = 0.6
	unknown     = 2.0 // score of the class nobody thought of
	surest      = 0.97
)

// verdict picks the class and says how sure that is.
func (s *scratch) verdict(scores []classScore) Verdict {
	best := 0
	for i := range scores {
		if scores[i].total() > scores[best].total() {
			best = i
		}
	}
	v := Verdict{Class: s.c.classes[best], Confidence: probability(scores, best), Why: s.reasons(&scores[best])}
	s.access(&v, scores)
	v.Confidence = math.Round(calibrated(v.Confidence)*1000) / 1000
	return v
}

// probability returns how likely a class is, by its score against those of the others.
func probability(scores []classScore, class int) float64 {
	sum := math.Exp(unknown / temperature)
	for i := range scores {
		if scores[i].n > 0 {
			sum += math.Exp(scores[i].total() / temperature)
		}
	}
	return min(surest, math.Exp(scores[class].total()/temperature)/sum)
}

// reliability is how often verdicts of a raw confidence are right: of the 1,088 labelled operations of real APIs, those of
// families never seen counted a second time with the verdicts they had at first sight.
var reliability = [...]struct{ raw, right float64 }{
	{0, 0.1}, {0.15, 0.18}, {0.34, 0.35}, {0.37, 0.54}, {0.41, 0.7}, {0.58, 0.72}, {0.65, 0.8}, {0.75, 0.85}, {0.86, 0.88}, {surest, 0.95}, {1, 1},
}

// calibrated returns how often a verdict of a raw confidence is right, between the measured points in proportion.
func calibrated(raw float64) float64 {
	for i := 1; i < len(reliability); i++ {
		if a, b := reliability[i-1], reliability[i]; raw <= b.raw {
			return a.right + (b.right-a.right)*(raw-a.raw)/(b.raw-a.raw)
		}
	}
	return 1
}

// reasons are the patterns that spoke for the class.
func (s *scratch) reasons(c *classScore) []string {
	why := make([]string, 0, c.n)
	for _, p := range c.pattern[:c.n] {
		if p == byStandard {
			why = append(why, "standard action "+s.standard)
			continue
		}
		why = append(why, s.c.patterns[p].reason(s.strength, s.c.features))
	}
	return why
}
