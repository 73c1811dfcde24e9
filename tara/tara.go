// Package tara is the ISO/SAE 21434 view of risk: what the discovered API means for the threat analysis and risk
// assessment (clause 15). Its rows are proposals from runtime facts. A person accepts, edits or rejects them in a file of
// their own (file.go); what traffic says later stands beside that, never over it (merge.go).
package tara

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// An Analysis is tara.json.
type Analysis struct {
	Standard    string        `json:"standard"`
	Version     int           `json:"version"` // of the form of this file
	Name        string        `json:"name,omitempty"`
	Signed      *Signature    `json:"signed,omitempty"`
	Items       []Item        `json:"items"`
	Assets      []Asset       `json:"assets"`
	Damages     []Damage      `json:"damageScenarios"`
	Rows        []Row         `json:"rows"`
	Paths       []Path        `json:"attackPaths"`
	Goals       []Statement   `json:"goals"`
	Claims      []Statement   `json:"claims"`
	Assumptions []Assumption  `json:"assumptions"`
	Matrix      []MatrixRow   `json:"matrix"`
	Coverage    []Coverage    `json:"r155Coverage"`
	Products    []WorkProduct `json:"workProducts"`
	Baseline    *Baseline     `json:"baseline,omitempty"`
}

// An Item is a host: what the analysis is about.
type Item struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Exposure string `json:"exposure"` // internet, private, unknown
	Rows     int    `json:"rows"`
	Risk     int    `json:"risk"` // highest of its rows
}

// An Asset is what functions of one kind work on at one item.
type Asset struct {
	ID         string   `json:"id"`
	Item       string   `json:"item"` // id
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // actuator, data, credential, software, service
	Properties []string `json:"properties"`
	Functions  []string `json:"functions"`
	Rows       int      `json:"rows"`
}

// A Damage is a damage scenario: one for each function class and state of the vehicle.
type Damage struct {
	ID       string           `json:"id"`
	Function string           `json:"function"`
	State    string           `json:"state"`
	Text     string           `json:"text"`
	Impact   waywarden.Impact `json:"impact"`
	Level    string           `json:"level"` // negligible, moderate, major, severe: the worst of the four
}

// A Row is one threat scenario with its rating. Its values are the person's where one decided, else the proposed ones.
type Row struct {
	ID           string           `json:"id"`
	Origin       string           `json:"origin"` // traffic, or person: brought by the file, and not seen in this traffic
	Item         string           `json:"item"`
	Asset        string           `json:"asset"`
	AssetID      string           `json:"assetId,omitempty"`
	Property     string           `json:"property"` // whose loss it is about
	Damage       string           `json:"damageScenario"`
	DamageID     string           `json:"damageId,omitempty"`
	Threat       string           `json:"threatScenario"`
	STRIDE       []string         `json:"stride"`
	R155         []string         `json:"r155"`
	OWASP        []string         `json:"owasp"`
	Operation    string           `json:"operation,omitempty"` // "POST api.example/vehicles/{id}/commands type=lock"
	Function     string           `json:"function,omitempty"`
	Review       bool             `json:"review,omitempty"` // what the operation does is not known well enough
	State        string           `json:"state,omitempty"`  // of the vehicle, worst case
	Impact       waywarden.Impact `json:"impact"`
	Unrated      bool             `json:"unrated,omitempty"` // a person's row without any impact rating
	ByCategory   waywarden.Impact `json:"riskByCategory"`    // risk value 1 to 5 of each category of impact
	Feasibility  string           `json:"feasibility"`       // high, medium, low, very_low
	Potential    Potential        `json:"attackPotential"`
	CVSS         SecondOpinion    `json:"cvss"`
	AttackVector SecondOpinion    `json:"attackVector"`
	Risk         int              `json:"risk"`              // 1 to 5
	RiskOwn      int              `json:"riskOwn,omitempty"` // of the operation alone
	RiskEnabled  int              `json:"riskEnabled,omitempty"`
	Order        float64          `json:"order"` // 1 + I*F, to sort within a risk value
	CAL          string           `json:"cal,omitempty"`
	AttackPath   []string         `json:"attackPath"` // endpoint ids
	Paths        []string         `json:"paths"`      // ids of attackPaths
	Attacker     string           `json:"attacker,omitempty"`
	Exposure     string           `json:"exposure"` // internet, private, unknown
	Attempts     int              `json:"observedAttempts"`
	Treatment    string           `json:"treatment"` // avoid, reduce, share, retain
	Goal         string           `json:"goal,omitempty"`
	Claim        string           `json:"claim,omitempty"`
	Status       string           `json:"status"` // proposed, accepted, edited, rejected
	By           string           `json:"by,omitempty"`
	At           time.Time        `json:"at,omitzero"`
	Reason       string           `json:"reason,omitempty"`
	DecisionID   string           `json:"decisionId,omitempty"` // of the decision, where the row had another id when it was taken
	Drift        []Drift          `json:"drift,omitempty"`
	Observed     Observed         `json:"observed"`

	// Proposed are the values that runtime facts propose, where a person's stand in the row.
	Proposed map[string]string `json:"proposed,omitempty"`
	// Extra are columns of other tools that mean nothing here; they are carried along.
	Extra map[string]string `json:"extra,omitempty"`
}

// Potential is the attack potential of ISO/SAE 21434 annex G, with its reasons.
type Potential struct {
	ElapsedTime int      `json:"elapsedTime"`
	Expertise   int      `json:"expertise"`
	Knowledge   int      `json:"knowledge"`
	Window      int      `json:"window"`
	Equipment   int      `json:"equipment"`
	Control     int      `json:"control"`
	Sum         int      `json:"sum"`
	Proven      bool     `json:"proven,omitempty"`
	Why         []string `json:"why,omitempty"`
}

// A SecondOpinion is the feasibility by another method.
type SecondOpinion struct {
	Vector      string  `json:"vector,omitempty"`
	Value       float64 `json:"value,omitempty"`
	Feasibility string  `json:"feasibility,omitempty"`
}

// Observed is what traffic showed of a row's operation, as far as assumptions ask for it.
type Observed struct {
	Served        int64    `json:"served"`                  // successful calls
	Nobody        int64    `json:"nobody,omitempty"`        // of them without a credential
	Moving        int64    `json:"moving,omitempty"`        // of them on a vehicle in motion
	MovingRefused int64    `json:"movingRefused,omitempty"` // refused for the motion
	Limited       int64    `json:"limited,omitempty"`       // answers with status 429
	PerMinute     int64    `json:"perMinute,omitempty"`     // fastest minute of one caller
	Roles         []string `json:"roles,omitempty"`         // of who was served
}

// A Path is a way an attacker can go, bound to operations.
type Path struct {
	ID         string  `json:"id"`
	Attacker   string  `json:"attacker"`
	Steps      []Step  `json:"steps"`
	Reaches    string  `json:"reaches"` // function of its last operation
	Feasible   string  `json:"feasibility"`
	Sum        int     `json:"sum"`
	Risk       int     `json:"risk"`
	Confidence float64 `json:"confidence"`
	Confirmed  bool    `json:"confirmed"` // seen in traffic step by step
}

// A Step is one operation of a path.
type Step struct {
	Endpoint  string `json:"endpoint"` // id
	Operation string `json:"operation"`
	By        string `json:"by,omitempty"`
	What      string `json:"what,omitempty"`
}

// A Statement is a cybersecurity goal or claim, with the rows it is for.
type Statement struct {
	ID   string   `json:"id"`
	Text string   `json:"text"`
	CAL  string   `json:"cal,omitempty"` // the highest of its rows; of goals
	Rows []string `json:"rows"`
}

// A MatrixRow counts rows that are not rejected, by impact level and feasibility.
type MatrixRow struct {
	Impact string `json:"impact"`
	Cells  []Cell `json:"cells"` // very_low, low, medium, high
}

// A Cell of the risk matrix.
type Cell struct {
	Feasibility string `json:"feasibility"`
	Risk        int    `json:"risk"`
	Rows        int    `json:"rows"`
}

// Coverage says what is known about one threat of UN R155 Annex 5.
type Coverage struct {
	ID       string `json:"id"`
	Group    string `json:"group"`
	Name     string `json:"name"`
	Evidence string `json:"evidence"` // what API traffic can show of it: strong, medium, weak, none
	Rows     int    `json:"rows"`
	Risk     int    `json:"risk,omitempty"` // highest of its rows
	Findings int    `json:"findings"`
	Says     string `json:"says"` // in a sentence, with what is not known
}

// A WorkProduct says how complete one work product of clause 15 is.
type WorkProduct struct {
	ID       string   `json:"id"`
	What     string   `json:"what"`
	Count    int      `json:"count"`
	Complete bool     `json:"complete"`
	Missing  []string `json:"missing,omitempty"` // at most ten, and how many more
}

// A Drift is a difference between what was signed or decided and what traffic says now.
type Drift struct {
	Since string `json:"since"` // decision, baseline
	Field string `json:"field"`
	Was   string `json:"was"`
	Now   string `json:"now"`
}

// A Signature says who answers for an analysis as it was at a time. The digest tells accidental changes; it is no proof
// against somebody who means to deceive.
type Signature struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Digest string    `json:"sha256"`
}

// A Baseline is the signed analysis that this one is compared with.
type Baseline struct {
	Name    string    `json:"name,omitempty"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Intact  bool      `json:"intact"` // its digest fits
	New     []string  `json:"new"`    // rows it does not have
	Gone    []string  `json:"gone"`   // rows that only it has
	Changed []string  `json:"changed"`
}

// Facts are what the analysis starts from.
type Facts struct {
	Operations []Operation
	Paths      []Path
	ByType     map[string]int // findings by taxonomy id: "R155:16.1"
	Scales     *domain.TARA
	Functions  Functions
}

// Functions knows what functions can do: domain/taxonomy.yaml.
type Functions interface {
	// Class returns a class of functions, nil for an unknown one.
	Class(id string) *domain.Class
}

// An Operation is what is known of one operation.
type Operation struct {
	Endpoint    waywarden.Endpoint
	Attacker    string // the least that somebody has to be: outsider, user, partner, insider
	State       string
	Impact      waywarden.Impact
	Feasibility string
	Potential   Potential
	Own         int
	Enabled     int
	Path        []string
	InsideOnly  bool
	Observed    Observed
	Attempts    int // findings that cite it
}

// Title is the heading of the analysis in documents.
func (a *Analysis) Title() string {
	if a.Name != "" {
		return "Threat analysis and risk assessment: " + a.Name
	}
	return "Threat analysis and risk assessment"
}
