package risk

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// A StateImpact is what a function can do, for one object, in one state of the vehicle ("parked", "moving", "any", …).
type StateImpact struct {
	State  string
	Impact waywarden.Impact
}

// Functions knows what functions can do: domain/taxonomy.yaml behind one method.
type Functions interface {
	// Impacts returns the impact of a class in each state it is rated for; nil for an unknown class.
	Impacts(class string) []StateImpact
}

// tables are the scales of ISO/SAE 21434 (domain/tara.yaml).
type tables struct{ *domain.TARA }

// A Scorer rates endpoints and findings. The formula is ours, on the tables of ISO/SAE 21434 (docs/risk.md).
type Scorer struct{ functions Functions }

// NewScorer returns a scorer over the given knowledge.
func NewScorer(f Functions) *Scorer { return &Scorer{functions: f} }

// A Derivation is how an endpoint's risk came about: everything needed to compute it again.
type Derivation struct {
	Endpoint    string           `json:"endpoint"`
	Name        string           `json:"name"`
	Function    string           `json:"function"`
	Confidence  float64          `json:"confidence"` // that the function is this one
	State       string           `json:"state"`      // the worst state of the vehicle that it can be called in
	Impact      waywarden.Impact `json:"impact"`
	Feasibility Feasibility      `json:"feasibility"`
	Own         int              `json:"own"`     // risk value 1 to 5 of the endpoint alone
	Enabled     int              `json:"enabled"` // highest risk value of what its answers feed; 0 when nothing
	Path        []string         `json:"path,omitempty"`
	Scale       int              `json:"scale"`    // 0 one object, 2 a fleet, 3 the platform
	Evidence    float64          `json:"evidence"` // 0 none, 1 a weakness of it was seen used
	Score       int              `json:"score"`    // 0 to 100, to order by
	Access      waywarden.Access `json:"access"`
}

// Feasibility is the attack potential of ISO/SAE 21434 annex G, from what traffic shows. Less is easier.
type Feasibility struct {
	ElapsedTime int      `json:"elapsedTime"`
	Expertise   int      `json:"expertise"`
	Knowledge   int      `json:"knowledge"`
	Window      int      `json:"window"`
	Equipment   int      `json:"equipment"`
	Sum         int      `json:"sum"`
	Band        string   `json:"band"` // high 0-13, medium 14-19, low 20-24, very_low from 25
	Why         []string `json:"why"`
}

// A Report is risk.json.
type Report struct {
	Formula   string       `json:"formula"`
	Endpoints []Derivation `json:"endpoints"`
}

// formula is what Score is computed by; docs/risk.md explains each term.
const formula = "R = matrix[max(s,f,o,p)][band(sum)]; score = round(100*(0.55*(max(own,enabled)-1)/4 + 0.20*(1.5*s+f+o+p)/13.5 + 0.15*scale/3 + 0.10*evidence))"

// Report rates every endpoint of inv alone and by what its answers feed, on the given scales, and writes the short form
// into inv.
func (s *Scorer) Report(inv *waywarden.Inventory, g Graph, scales *domain.TARA) Report {
	t := tables{scales}
	r := Report{Formula: formula, Endpoints: []Derivation{}}
	own := map[string]*Derivation{}
	for i := range inv.Endpoints {
		r.Endpoints = append(r.Endpoints, s.derive(&inv.Endpoints[i], t))
	}
	for i := range r.Endpoints {
		own[r.Endpoints[i].Endpoint] = &r.Endpoints[i]
	}
	for _, c := range g.Chains {
		d, goal := own[c.Path[0]], own[c.Path[len(c.Path)-1]]
		if d == nil || goal == nil {
			continue
		}
		// Each further hop costs an attacker one point of potential more.
		sum := d.Feasibility.Sum
		for _, id := range c.Path[1:] {
			if o := own[id]; o != nil {
				sum = max(sum, o.Feasibility.Sum)
			}
		}
		if v := t.value(goal.Impact, t.band(sum+len(c.Path)-1)); v > d.Enabled {
			d.Enabled, d.Path = v, c.Path
		}
	}
	for i := range r.Endpoints {
		d := &r.Endpoints[i]
		d.Score = display(d)
		inv.Endpoints[i].Risk = waywarden.EndpointRisk{Score: d.Score, Impact: d.Impact}
	}
	return r
}

func (s *Scorer) derive(e *waywarden.Endpoint, t tables) Derivation {
	d := Derivation{
		Endpoint: e.ID, Name: name(e), Function: e.Function.Class, Confidence: e.Function.Confidence, Access: e.Access,
		Feasibility: t.feasibility(e), Scale: scale(e),
	}
	d.State, d.Impact = s.worst(e.Function.Class)
	d.Own = t.value(d.Impact, d.Feasibility.Band)
	if _, open := unauthenticated(e); open {
		d.Evidence = 1
	}
	return d
}

// worst returns the state in which the function does most harm.
func (s *Scorer) worst(class string) (string, waywarden.Impact) {
	state, worst := "", waywarden.Impact{}
	for _, i := range s.functions.Impacts(class) {
		if state == "" || weight(i.Impact) > weight(worst) {
			state, worst = i.State, i.Impact
		}
	}
	return state, worst
}

// weight orders impacts: the worst rating first, then safety, then the rest.
func weight(i waywarden.Impact) int {
	return i.Worst()*1000 + i.Safety*100 + i.Financial + i.Operational + i.Privacy
}

// feasibility sums the attack potential; the points are those of ISO/SAE 21434 annex G as domain/tara.yaml has them.
func (t tables) feasibility(e *waywarden.Endpoint) Feasibility {
	f := Feasibility{Why: []string{}}
	add := func(to *int, points int, why string) {
		*to = points
		f.Sum += points
		f.Why = append(f.Why, fmt.Sprintf("%d: %s", points, why))
	}
	switch {
	case e.Authentication.Required != "always" && e.Authentication.Required != "":
		add(&f.ElapsedTime, 0, "elapsed time up to a day: it answered without a credential")
	case has(e, waywarden.SchemeMTLS) || has(e, waywarden.SchemeHMAC):
		add(&f.ElapsedTime, 4, "elapsed time up to a month: requests are signed or need a client certificate")
	default:
		add(&f.ElapsedTime, 1, "elapsed time up to a week: an account of one's own is needed")
	}
	if e.Discriminator != nil && e.Discriminator.Name == "operationName" {
		add(&f.Expertise, 3, "expertise proficient: the operation is inside a query language")
	} else {
		add(&f.Expertise, 0, "expertise layman: a browser or curl will do")
	}
	if has(e, waywarden.SchemeAPIKey) || has(e, waywarden.SchemeMTLS) || has(e, waywarden.SchemeToken) {
		add(&f.Knowledge, 3, "knowledge restricted: callers are partners with keys")
	} else {
		add(&f.Knowledge, 0, "knowledge public: a public client calls it")
	}
	if e.Statuses["429"] > 0 {
		add(&f.Window, 1, "window easy: a rate limit was seen")
	} else {
		add(&f.Window, 0, "window unlimited: no rate limit was ever seen")
	}
	add(&f.Equipment, 0, "equipment standard")
	f.Band = t.band(f.Sum)
	return f
}

func has(e *waywarden.Endpoint, s waywarden.AuthScheme) bool {
	return slices.Contains(e.Authentication.Schemes, s)
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

// value is the risk value of an impact at a feasibility (table H.8). A cell the tables do not have counts as the least.
func (t tables) value(i waywarden.Impact, band string) int {
	v, _ := t.RiskMatrix.At(i.Worst(), band)
	return max(v, 1)
}

// scale says how many objects one call can reach.
func scale(e *waywarden.Endpoint) int {
	if strings.HasPrefix(e.Function.Class, "ota.campaign") || e.Function.Class == "adm.export" || e.Function.Class == "adm.iam" {
		return 3
	}
	if strings.HasPrefix(e.Function.Class, "adm.") {
		return 2
	}
	for _, p := range e.Parameters {
		if p.In == "body" && strings.Contains(p.Name, "[]") && objectTypes[p.DataType] {
			return 2
		}
	}
	return 0
}

// objectTypes are the identifiers of things that can be commanded.
var objectTypes = map[waywarden.DataType]bool{
	waywarden.TypeVIN: true, waywarden.TypeVehicleID: true, waywarden.TypePlate: true, waywarden.TypeIMEI: true, waywarden.TypeStationID: true,
}

func display(d *Derivation) int {
	i := d.Impact
	own := float64(max(d.Own, d.Enabled))
	return int(math.Round(100 * (0.55*(own-1)/4 + 0.20*(1.5*float64(i.Safety)+float64(i.Financial+i.Operational+i.Privacy))/13.5 +
		0.15*float64(d.Scale)/3 + 0.10*d.Evidence)))
}

// Rate rates a finding: the harm its operation's function can do, and how sure and severe the finding is.
func (s *Scorer) Rate(f *waywarden.Finding) waywarden.Risk {
	var r waywarden.Risk
	if f.Operation != nil {
		_, r.Impact = s.worst(f.Operation.Function.Class)
	}
	// Severity carries the verdict on this event; the function's impact tells apart findings of equal severity.
	r.Score = int(math.Round(float64(f.Severity)*16 + float64(r.Impact.Worst())*20/3*float64(f.Confidence)/100))
	r.Score = min(r.Score, 100)
	return r
}
