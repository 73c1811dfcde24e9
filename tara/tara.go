// Package tara is the ISO/SAE 21434 view of risk: what the discovered API means for the threat analysis and risk
// assessment. Its rows are proposals from runtime facts; a person accepts or rejects them.
package tara

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// An Input is what the analysis of one endpoint starts from.
type Input struct {
	Endpoint    waywarden.Endpoint
	State       string // of the vehicle, worst case
	Impact      waywarden.Impact
	Feasibility string // high, medium, low, very_low
	Risk        int    // 1 to 5, the higher of alone and enabled
	Path        []string
	Attempts    int // findings that cite the endpoint
}

// An Analysis is tara.json.
type Analysis struct {
	Standard string `json:"standard"`
	Rows     []Row  `json:"rows"`
}

// A Row is one threat scenario with its rating.
type Row struct {
	ID          string           `json:"id"`
	Item        string           `json:"item"`
	Asset       string           `json:"asset"`
	Property    string           `json:"property"` // confidentiality, integrity, availability
	Damage      string           `json:"damageScenario"`
	Threat      string           `json:"threatScenario"`
	R155        []string         `json:"r155"`
	OWASP       []string         `json:"owasp"`
	Impact      waywarden.Impact `json:"impact"`
	Feasibility string           `json:"feasibility"`
	Risk        int              `json:"risk"`
	AttackPath  []string         `json:"attackPath"` // endpoint ids
	Attempts    int              `json:"observedAttempts"`
	Treatment   string           `json:"treatment"` // proposed: reduce or retain
	Status      string           `json:"status"`    // proposed until a person decides
}

// A threat is what losing a property of a kind of function means.
type threat struct {
	prefix   string
	asset    string
	property string
	damage   string
	threat   string
	r155     []string
	owasp    []string
}

// threats maps function classes to threat scenarios, the longest matching prefix first. R155 ids are of Annex 5, table A1.
var threats = []threat{
	{"act.", "vehicle actuator", "integrity", "the vehicle acts without its driver's will", "a remote function is called by somebody who may not", []string{"16.1"}, []string{"API1:2023", "API5:2023"}},
	{"ride.assist", "vehicle guidance", "integrity", "a vehicle is guided by a stranger", "remote assistance is called by somebody who may not", []string{"16.1", "1.2"}, []string{"API5:2023"}},
	{"ride.lifecycle", "shared vehicle", "integrity", "a vehicle is opened or stopped during another's ride", "a ride function is called without the booking", []string{"16.1"}, []string{"API1:2023", "API6:2023"}},
	{"chg.firmware", "charging station firmware", "integrity", "stations run foreign firmware", "an update points to a foreign source", []string{"12.1"}, []string{"API7:2023"}},
	{"chg.", "charging process", "integrity", "charging is started, stopped or falsified, at scale against the grid", "a charging function is called or falsified by somebody who may not", []string{"25.2", "16.1"}, []string{"API1:2023", "API6:2023"}},
	{"ota.", "update procedure", "integrity", "vehicles install or miss software against their owner's will", "the update procedure is misused", []string{"12.1", "13.1"}, []string{"API5:2023"}},
	{"diag.", "diagnostic access", "integrity", "control units are changed or revealed", "diagnostic functions are called remotely", []string{"11.3"}, []string{"API5:2023"}},
	{"cfg.", "device configuration", "integrity", "a device reports elsewhere or not at all", "configuration is changed by somebody who may not", []string{"16.2"}, []string{"API5:2023"}},
	{"life.", "assignment of vehicle to person", "integrity", "a stranger becomes the vehicle's user", "ownership or a key is passed on without the owner", []string{"20.1", "16.1"}, []string{"API1:2023", "API6:2023"}},
	{"id.", "account", "confidentiality", "a person's account and all it controls are taken over", "authentication is broken or bypassed", []string{"6.2", "1.2"}, []string{"API2:2023"}},
	{"adm.", "back-end administration", "integrity", "many vehicles and people are exposed at once", "an administrative function is called by somebody who may not", []string{"1.2", "3.3"}, []string{"API5:2023"}},
	{"ops.", "operations surface", "confidentiality", "secrets of the back-end become known", "a debug surface is left open", []string{"28.2", "3.3"}, []string{"API8:2023"}},
	{"read.", "owner's data", "confidentiality", "where a person is, or who owns what, becomes known to a stranger", "data is read beyond the caller's own", []string{"19.2", "3.3"}, []string{"API1:2023", "API3:2023"}},
}

// Propose returns one row for each endpoint whose function has a threat scenario, worst first.
func Propose(in []Input) Analysis {
	a := Analysis{Standard: "ISO/SAE 21434:2021 clause 15; impact and feasibility as in risk.json", Rows: []Row{}}
	for _, i := range in {
		if t, ok := threatOf(i.Endpoint.Function.Class); ok {
			a.Rows = append(a.Rows, row(i, t))
		}
	}
	slices.SortStableFunc(a.Rows, func(x, y Row) int {
		return cmp.Or(cmp.Compare(y.Risk, x.Risk), cmp.Compare(y.Impact.Safety, x.Impact.Safety), cmp.Compare(x.ID, y.ID))
	})
	return a
}

func threatOf(class string) (threat, bool) {
	for _, t := range threats {
		if strings.HasPrefix(class, t.prefix) {
			return t, true
		}
	}
	return threat{}, false
}

func row(i Input, t threat) Row {
	e := i.Endpoint
	call := e.Method + " " + e.Template
	if e.Discriminator != nil {
		call += " " + e.Discriminator.Name + "=" + e.Discriminator.Value
	}
	r := Row{
		ID: "TS-" + e.ID, Item: e.Host, Asset: t.asset + " behind " + call, Property: t.property, Damage: t.damage, Threat: t.threat,
		R155: t.r155, OWASP: t.owasp, Impact: i.Impact, Feasibility: i.Feasibility, Risk: i.Risk, AttackPath: i.Path,
		Attempts: i.Attempts, Treatment: "retain", Status: "proposed",
	}
	if i.State != "" && i.State != "any" {
		r.Damage += ", vehicle " + i.State
	}
	if i.Risk >= 3 {
		r.Treatment = "reduce"
	}
	if len(r.AttackPath) == 0 {
		r.AttackPath = []string{e.ID}
	}
	return r
}
