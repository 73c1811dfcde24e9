// Package risk says what an API can do to a vehicle, and what its answers make possible elsewhere.
//
// Its part graph learns what makes what possible. evidence.go and hygiene.go keep what traffic shows of who calls, with which
// success, and how carefully it is served. score.go and feasibility.go rate each endpoint, path.go and choke.go follow the
// graph from what an outsider can call to what moves a vehicle, posture.go and weakness.go name the weaknesses. Every number
// can be recomputed from what is written beside it.
package risk

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/risk/graph"
)

// A StateImpact is what a function can do, for one object, in one state of the vehicle ("parked", "moving", "any", …).
type StateImpact struct {
	State  string
	Impact waywarden.Impact
}

// Functions knows what functions can do: domain/taxonomy.yaml behind two methods.
type Functions interface {
	// Impacts returns the impact of a class in each state it is rated for; nil for an unknown class.
	Impacts(class string) []StateImpact
	// Enables says whether a success of the first class can make a call of the second possible.
	Enables(a, b string) bool
}

// tables are the scales of ISO/SAE 21434 (domain/tara.yaml).
type tables struct{ *domain.TARA }

// Weights are how much each term counts in the score that orders endpoints. They add up to 1.
type Weights struct {
	Risk     float64 `json:"risk"     yaml:"risk"`     // the risk value
	Impact   float64 `json:"impact"   yaml:"impact"`   // the impact, safety counting one and a half
	Scale    float64 `json:"scale"    yaml:"scale"`    // how many objects one caller can reach
	Evidence float64 `json:"evidence" yaml:"evidence"` // what was seen to be used
}

// DefaultWeights returns the published weights (docs/risk.md).
func DefaultWeights() Weights { return Weights{Risk: 0.55, Impact: 0.20, Scale: 0.15, Evidence: 0.10} }

// Validate says what is wrong with the weights.
func (w Weights) Validate() error {
	sum := w.Risk + w.Impact + w.Scale + w.Evidence
	if min(w.Risk, w.Impact, w.Scale, w.Evidence) < 0 || math.Abs(sum-1) > 1e-6 {
		return fmt.Errorf("weights of risk, impact, scale and evidence are %g, %g, %g and %g: they have to be 0 or more and add up to 1", w.Risk, w.Impact, w.Scale, w.Evidence)
	}
	return nil
}

// A Scorer rates endpoints and findings. The formula is ours, on the tables of ISO/SAE 21434 (docs/risk.md).
type Scorer struct {
	functions Functions
	weights   Weights
}

// NewScorer returns a scorer over the given knowledge.
func NewScorer(f Functions, w Weights) *Scorer { return &Scorer{functions: f, weights: w} }

// A Derivation is how an endpoint's risk came about: everything needed to compute it again.
type Derivation struct {
	Endpoint    string           `json:"endpoint"`
	Name        string           `json:"name"`
	Function    string           `json:"function"`
	Confidence  float64          `json:"confidence"` // that the function is this one
	Review      bool             `json:"review,omitempty"`
	Access      waywarden.Access `json:"access"`
	Attacker    string           `json:"attacker"` // the least that somebody has to be to call it
	State       string           `json:"state"`    // the worst state of the vehicle that it can be called in
	Interlock   string           `json:"interlock,omitempty"`
	Impact      waywarden.Impact `json:"impact"`
	Feasibility Feasibility      `json:"feasibility"`
	Own         int              `json:"own"`      // risk value 1 to 5 of the endpoint alone
	Enabled     int              `json:"enabled"`  // highest risk value of what its answers were seen to feed; 0 when nothing
	Possible    int              `json:"possible"` // the same over steps that nobody was seen to take; not part of the score
	Path        []string         `json:"path,omitempty"`
	Bulk        bool             `json:"bulk,omitempty"` // one call can name many objects: impact has financial, operational and privacy one level up
	Scale       int              `json:"scale"`          // 0 one object, 1 a household, 2 a fleet, 3 the platform
	Evidence    float64          `json:"evidence"`       // 0 none, 0.5 a finding cites it, 1 a weakness of it was seen used
	Score       int              `json:"score"`          // 0 to 100, to order by
	Observed    Observed         `json:"observed"`
}

// Feasibility is the attack potential of ISO/SAE 21434 annex G, from what traffic shows. Less is easier.
type Feasibility struct {
	ElapsedTime int      `json:"elapsedTime"`
	Expertise   int      `json:"expertise"`
	Knowledge   int      `json:"knowledge"`
	Window      int      `json:"window"`
	Equipment   int      `json:"equipment"`
	Control     int      `json:"control"` // 7 when foreign objects were seen refused time and again, never given
	Sum         int      `json:"sum"`
	Proven      bool     `json:"proven,omitempty"` // it was seen done: high, whatever the sum
	Band        string   `json:"band"`             // high 0-13, medium 14-19, low 20-24, very_low from 25
	Why         []string `json:"why"`
}

// A Report is risk.json.
type Report struct {
	Formula   string                    `json:"formula"`
	Weights   Weights                   `json:"weights"`
	Matrix    map[string]map[string]int `json:"matrix"` // by impact 0 to 3 and band
	Bands     []Band                    `json:"bands"`
	Endpoints []Derivation              `json:"endpoints"`
	OCPP      []Derivation              `json:"ocpp,omitempty"`
	Paths     []Path                    `json:"paths"`
	Chokes    []Choke                   `json:"chokePoints"`
}

// A Band is the range of sums of attack potential of one feasibility.
type Band struct {
	Feasibility string  `json:"feasibility"`
	From        float64 `json:"from"`
	To          float64 `json:"to"`
}

// formula is what Score is computed by; docs/risk.md explains each term.
const formula = "sum = elapsedTime+expertise+knowledge+window+equipment+control; band = proven ? high : band(sum); own = matrix[max(s,f,o,p)][band]; " +
	"score = round(100*(w.risk*(max(own,enabled)-1)/4 + w.impact*(1.5*s+f+o+p)/13.5 + w.scale*scale/3 + w.evidence*evidence))"

// Report rates every endpoint of inv alone and by what its answers feed, on the given scales, and writes the short form
// into inv. Evidence may be nil.
func (s *Scorer) Report(inv *waywarden.Inventory, g graph.Graph, ev *Evidence, scales *domain.TARA) Report {
	t := tables{scales}
	r := Report{Formula: formula, Weights: s.weights, Matrix: t.matrix(), Endpoints: []Derivation{}}
	for _, b := range scales.AttackPotential.Bands {
		r.Bands = append(r.Bands, Band(b))
	}
	restricted := ev.restricted()
	for i := range inv.Endpoints {
		r.Endpoints = append(r.Endpoints, s.derive(&inv.Endpoints[i], ev.Of(inv.Endpoints[i].ID), restricted[inv.Endpoints[i].ID], t))
	}
	for i := range inv.OCPP {
		r.OCPP = append(r.OCPP, s.station(&inv.OCPP[i], ev.weakestProfile(), t))
	}
	w := newWays(inv, g, &r, s.functions, t)
	all := w.paths()
	for i := range r.Endpoints {
		d := &r.Endpoints[i]
		w.enabled(d, all)
		d.Score = s.display(d)
		inv.Endpoints[i].Risk = waywarden.EndpointRisk{Score: d.Score, Impact: d.Impact}
	}
	for i := range r.OCPP {
		r.OCPP[i].Score = s.display(&r.OCPP[i])
	}
	r.Paths = all[:min(len(all), pathsMax)]
	r.Chokes = chokes(r.Paths)
	return r
}

// matrix is the risk matrix as risk.json shows it.
func (t tables) matrix() map[string]map[string]int {
	m := map[string]map[string]int{}
	for impact := range 4 {
		row := map[string]int{}
		for _, b := range t.AttackPotential.Bands {
			row[b.Feasibility] = t.value(impact, b.Feasibility)
		}
		m[fmt.Sprint(impact)] = row
	}
	return m
}

func (s *Scorer) derive(e *waywarden.Endpoint, o Observed, restricted bool, t tables) Derivation {
	d := Derivation{
		Endpoint: e.ID, Name: graph.Name(e), Function: e.Function.Class, Confidence: e.Function.Confidence, Review: e.Function.Review, Access: e.Access,
		Attacker: attackers[least(e, o, restricted)], Scale: scale(e, o), Observed: o,
	}
	d.Feasibility = t.feasibility(e, o, restricted)
	d.State, d.Interlock, d.Impact = s.worst(e.Function.Class, o)
	if d.Bulk = listed(e) || o.Batch > 1; d.Bulk {
		d.Impact = bulk(d.Impact)
	}
	d.Own = t.value(d.Impact.Worst(), d.Feasibility.Band)
	_, open := unauthenticated(e)
	switch {
	case open || o.ForeignServed > 0:
		d.Evidence = 1
	case o.Findings > 0:
		d.Evidence = 0.5
	}
	return d
}

// interlockMin is how many refusals for a state, without one success in it, show that an interlock works.
const interlockMin = 3

// worst returns the state in which the function does most harm, among those it can be called in. A state in which calls
// were refused time and again and never served is one that an interlock excludes; then only states it was served in count,
// where there are such.
func (s *Scorer) worst(class string, o Observed) (state, interlock string, worst waywarden.Impact) {
	impacts := s.functions.Impacts(class)
	var excluded []string
	for _, i := range impacts {
		if o.Refused[i.State] >= interlockMin && o.Served[i.State] == 0 {
			excluded = append(excluded, i.State)
		}
	}
	reachable := func(st string) bool { return !slices.Contains(excluded, st) }
	if len(excluded) > 0 && len(o.Served) > 0 {
		reachable = func(st string) bool { return st == "any" || o.Served[st] > 0 }
	}
	for _, i := range impacts {
		if reachable(i.State) && (state == "" || weight(i.Impact) > weight(worst)) {
			state, worst = i.State, i.Impact
		}
	}
	if len(excluded) > 0 {
		interlock = "refused " + strings.Join(excluded, " and ") + " and never served so"
	}
	return state, interlock, worst
}

// weight orders impacts: the worst rating first, then safety, then the rest.
func weight(i waywarden.Impact) int {
	return i.Worst()*1000 + i.Safety*100 + i.Financial + i.Operational + i.Privacy
}

// band is the attack feasibility of a sum of attack potential; a sum beyond all bands is the hardest there is.
func (t tables) band(sum int) string {
	last := ""
	for _, b := range t.AttackPotential.Bands {
		if last = b.Feasibility; float64(sum) <= b.To {
			break
		}
	}
	return last
}

// value is the risk value of an impact (0 to 3) at a feasibility (table H.8). A cell the tables do not have counts as the
// least.
func (t tables) value(impact int, band string) int {
	v, _ := t.RiskMatrix.At(impact, band)
	return max(v, 1)
}

// Scales of reach.
const (
	scaleOne = iota
	scaleHousehold
	scaleFleet
	scalePlatform
)

// fleetMin is how many objects one caller works on before a function is taken to reach fleets.
const fleetMin = 10

// scale says how many objects one caller can reach.
func scale(e *waywarden.Endpoint, o Observed) int {
	class := e.Function.Class
	switch {
	case strings.HasPrefix(class, "ota.campaign"), class == "adm.export", class == "adm.iam", o.ForeignServed > 0:
		return scalePlatform
	case strings.HasPrefix(class, "adm."), o.Batch > 1, listed(e), o.ObjectsMost >= fleetMin:
		return scaleFleet
	case o.ObjectsMost > 1:
		return scaleHousehold
	}
	return scaleOne
}

// listed says whether a request takes a list of objects.
func listed(e *waywarden.Endpoint) bool {
	return slices.ContainsFunc(e.Parameters, func(p waywarden.Parameter) bool {
		return p.In == "body" && strings.Contains(p.Name, "[]") && graph.Commanded[p.DataType]
	})
}

func (s *Scorer) display(d *Derivation) int {
	i, w := d.Impact, s.weights
	value := float64(max(d.Own, d.Enabled))
	return int(math.Round(100 * (w.Risk*(value-1)/4 + w.Impact*(1.5*float64(i.Safety)+float64(i.Financial+i.Operational+i.Privacy))/13.5 +
		w.Scale*float64(d.Scale)/3 + w.Evidence*d.Evidence)))
}

// Rate rates a finding: the harm its operation's function can do, and how sure and severe the finding is.
func (s *Scorer) Rate(f *waywarden.Finding) waywarden.Risk {
	var r waywarden.Risk
	if f.Operation != nil {
		_, _, r.Impact = s.worst(f.Operation.Function.Class, Observed{})
	}
	// Severity carries the verdict on this event; the function's impact tells apart findings of equal severity.
	r.Score = int(math.Round(float64(f.Severity)*16 + float64(r.Impact.Worst())*20/3*float64(f.Confidence)/100))
	r.Score = min(r.Score, 100)
	return r
}
