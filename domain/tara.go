package domain

import (
	"fmt"
	"strings"
)

// TARA holds the scales and tables of ISO/SAE 21434:2021 for threat analysis and risk assessment, the register of UN
// R155 Annex 5, and what shows the items of the OWASP API Security Top 10 2023 at run time. The file says of each
// block how it was checked; what is from memory is to be verified against the standard before conformity is claimed.
type TARA struct {
	Version         int               `yaml:"version"`
	WorkProducts    []WorkProduct     `yaml:"work_products"`
	Steps           []Step            `yaml:"steps"`
	ImpactLevels    []string          `yaml:"impact_levels"` // by rating, 0 to 3
	ImpactCriteria  ImpactCriteria    `yaml:"impact_criteria"`
	AttackPotential AttackPotential   `yaml:"attack_potential"`
	Exploitability  CVSS              `yaml:"cvss_exploitability"`
	AttackVector    map[string]string `yaml:"attack_vector"` // feasibility by vector
	RiskMatrix      Matrix[int]       `yaml:"risk_matrix"`
	RiskFormula     RiskFormula       `yaml:"risk_formula"`
	CAL             Matrix[string]    `yaml:"cal"`
	OtherModels     []OtherModel      `yaml:"other_models"`
	APIRisk         APIRisk           `yaml:"api_risk_score"`
	R155            R155              `yaml:"r155"`
	OWASP           []OWASPItem       `yaml:"owasp"`
	Scenarios       []Scenario        `yaml:"api_scenarios"`
}

// A Scenario is what losing a property of what functions of a class work on means.
type Scenario struct {
	Prefix     string   `yaml:"prefix"` // of classes of taxonomy.yaml
	Asset      string   `yaml:"asset"`
	Kind       string   `yaml:"kind"`     // actuator, data, credential, software, service
	Property   string   `yaml:"property"` // whose loss it is about: one of properties
	Properties []string `yaml:"properties"`
	STRIDE     []string `yaml:"stride"`
	Damage     string   `yaml:"damage"`
	Threat     string   `yaml:"threat"`
	R155       []string `yaml:"r155"`  // ids of threats
	OWASP      []string `yaml:"owasp"` // "API1:2023"
	Goal       string   `yaml:"goal"`  // cybersecurity goal that a reduced risk asks for
	Claim      string   `yaml:"claim"` // what a retained or shared risk rests on
}

// Scenario returns the one with the longest prefix of the class; nil where nothing is threatened.
func (t *TARA) Scenario(class string) *Scenario {
	var best *Scenario
	for i := range t.Scenarios {
		if s := &t.Scenarios[i]; strings.HasPrefix(class, s.Prefix) && (best == nil || len(s.Prefix) > len(best.Prefix)) {
			best = s
		}
	}
	return best
}

// A WorkProduct is a work product of clause 15.
type WorkProduct struct {
	ID   string `yaml:"id"`
	What string `yaml:"what"`
}

// A Step is one step of the analysis.
type Step struct {
	Number  int      `yaml:"n"`
	Name    string   `yaml:"name"`
	In      string   `yaml:"in"`
	Out     string   `yaml:"out"`
	Rule    string   `yaml:"rule"`
	APIRule string   `yaml:"api_rule"` // how it reads for APIs
	Options []string `yaml:"options"`
}

// ImpactCriteria say what each level means, by category.
type ImpactCriteria struct {
	Safety      map[string]string `yaml:"safety"`
	Financial   map[string]string `yaml:"financial"`
	Operational map[string]string `yaml:"operational"`
	Privacy     map[string]string `yaml:"privacy"`
}

// AttackPotential rates feasibility: points per factor, the sum falls into a band.
type AttackPotential struct {
	Factors []Factor `yaml:"factors"`
	Bands   []Band   `yaml:"bands"`
}

// A Factor of the attack potential, its levels from the easiest.
type Factor struct {
	Factor string  `yaml:"factor"`
	Levels []Level `yaml:"levels"`
}

// A Level of a factor.
type Level struct {
	Level  string `yaml:"level"`
	Points int    `yaml:"points"`
}

// A Band is a range of sums, both ends included.
type Band struct {
	Feasibility string  `yaml:"feasibility"` // high, medium, low, very_low
	From        float64 `yaml:"from"`
	To          float64 `yaml:"to"`
}

// CVSS is the rating of feasibility by the exploitability of CVSS.
type CVSS struct {
	Formula  string             `yaml:"formula"`
	V        map[string]float64 `yaml:"v"`
	C        map[string]float64 `yaml:"c"`
	P        map[string]float64 `yaml:"p"`
	U        map[string]float64 `yaml:"u"`
	Bands    []Band             `yaml:"bands"`
	Computed []struct {
		Vector      string  `yaml:"vector"`
		Value       float64 `yaml:"value"`
		Feasibility string  `yaml:"feasibility"`
	} `yaml:"computed"`
	Warning string `yaml:"warning"`
}

// A Matrix is a table by level of impact and by column.
type Matrix[T any] struct {
	Columns []string `yaml:"columns"`
	Rows    struct {
		Negligible []T `yaml:"negligible"`
		Moderate   []T `yaml:"moderate"`
		Major      []T `yaml:"major"`
		Severe     []T `yaml:"severe"`
	} `yaml:"rows"`
	Consequence string `yaml:"consequence"`
}

// At returns the cell of an impact rating (0 to 3) and a column, or false.
func (m *Matrix[T]) At(impact int, column string) (T, bool) {
	var none T
	rows := [...][]T{m.Rows.Negligible, m.Rows.Moderate, m.Rows.Major, m.Rows.Severe}
	if impact < 0 || impact >= len(rows) {
		return none, false
	}
	for i, c := range m.Columns {
		if c == column && i < len(rows[impact]) {
			return rows[impact][i], true
		}
	}
	return none, false
}

// RiskFormula is the other way to a risk value.
type RiskFormula struct {
	Expression  string             `yaml:"expression"`
	Impact      map[string]float64 `yaml:"impact"`
	Feasibility map[string]float64 `yaml:"feasibility"`
	Note        string             `yaml:"note"`
}

// An OtherModel is another known method and what it would add.
type OtherModel struct {
	Model string   `yaml:"model"`
	Notes []string `yaml:"notes"`
}

// APIRisk is our own score for APIs, on the tables of the standard and no part of it.
type APIRisk struct {
	Notes []struct {
		Name string `yaml:"name"`
		Text string `yaml:"text"`
	} `yaml:"notes"`
	Evidence []struct {
		Factor string `yaml:"factor"`
		Level  string `yaml:"level"`
		When   string `yaml:"when"`
	} `yaml:"evidence"`
}

// R155 is the register of UN R155 Annex 5.
type R155 struct {
	Threats     []R155Threat     `yaml:"threats"`
	Mitigations []R155Mitigation `yaml:"mitigations"`
	Process     struct {
		Monitoring string `yaml:"monitoring"`
		Type       string `yaml:"type"`
		Reporting  string `yaml:"reporting"`
	} `yaml:"process"`
}

// An R155Threat is a row of table A1.
type R155Threat struct {
	ID          string   `yaml:"id"` // "16.1"
	Group       string   `yaml:"group"`
	Name        string   `yaml:"name"`
	Mitigations []string `yaml:"mitigations"`
	API         string   `yaml:"api"` // how strong the evidence from API traffic and twins is: strong, medium, weak, none
}

// An R155Mitigation is a row of tables B and C.
type R155Mitigation struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
}

// An OWASPItem is an item of the OWASP API Security Top 10 2023.
type OWASPItem struct {
	ID       string   `yaml:"id"` // "API1:2023"
	Name     string   `yaml:"name"`
	Evidence []string `yaml:"evidence"` // what shows it at run time
	Note     string   `yaml:"note"`     // what is particular to mobility
}

// LoadTARA decodes the tables. An error means that the embedded data is broken.
func LoadTARA() (*TARA, error) {
	t := &TARA{}
	if err := decode(taraYAML, t); err != nil {
		return nil, fmt.Errorf("decode tara.yaml: %w", err)
	}
	return t, nil
}
