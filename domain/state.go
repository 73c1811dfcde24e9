package domain

import "fmt"

// States are the state models: what a vehicle, a command, a consumer, an application, a charger, a fleet, a ride and a
// back-end can be, how each changes, and which calls are legal when.
type States struct {
	Version     int          `yaml:"version"`
	Vehicle     VehicleModel `yaml:"vehicle"`
	Command     CommandModel `yaml:"command"`
	Consumer    PartyModel   `yaml:"consumer"`
	Application PartyModel   `yaml:"application"`
	Fleet       PartyModel   `yaml:"fleet"`
	Backend     PartyModel   `yaml:"backend"`
	Charger     ChargerModel `yaml:"charger"`
	Ride        RideModel    `yaml:"ride"`
	Calendars   []Calendar   `yaml:"calendars"`
}

// A VehicleModel says what a vehicle can be.
type VehicleModel struct {
	Signals     []TwinSignal    `yaml:"signals"`
	Private     []PrivateSignal `yaml:"private"`
	Motion      []MotionState   `yaml:"motion"` // the first that holds
	MotionNotes []string        `yaml:"motion_notes"`
	Trip        Trip            `yaml:"trip"`
	Plug        []string        `yaml:"plug"`
	Security    []string        `yaml:"security"`
	Occupancy   string          `yaml:"occupancy"`
	Lifecycle   Lifecycle       `yaml:"lifecycle"`
	Legal       []LegalCall     `yaml:"legal"`
}

// A TwinSignal is a VSS signal the vehicle twin keeps.
type TwinSignal struct {
	Path string `yaml:"path"`
	Unit string `yaml:"unit"`
	Use  string `yaml:"use"` // what it tells
	// For how many seconds a value is fresh while the ignition is on and while it is off. -1: does not age, or is not
	// expected at all.
	FreshOnS  int `yaml:"fresh_on_s"`
	FreshOffS int `yaml:"fresh_off_s"`
}

// A PrivateSignal is a value below Vehicle.Private that VSS has no signal for.
type PrivateSignal struct {
	Path    string   `yaml:"path"`
	Allowed []string `yaml:"allowed"`
	What    string   `yaml:"what"` // form of the value, where it is none of a list
}

// A MotionState is one way a vehicle moves or stands, and when.
type MotionState struct {
	State string `yaml:"state"`
	When  string `yaml:"when"`
}

// A Trip says when a trip begins and ends.
type Trip struct {
	Open  string `yaml:"open"`
	Close string `yaml:"close"`
}

// A Lifecycle is who a vehicle belongs to, from the factory to the scrap yard.
type Lifecycle struct {
	States      []string     `yaml:"states"`
	Transitions []Transition `yaml:"transitions"`
	Forbidden   []string     `yaml:"forbidden"`
}

// A Transition is a legal change of state and what brings it about.
type Transition struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
	By   string `yaml:"by"`
}

// A LegalCall says in which states a success of a class is acceptable; a violation raises the rule.
type LegalCall struct {
	Class    string              `yaml:"class"`
	Rule     string              `yaml:"rule"`
	When     map[string][]string `yaml:"when"`     // every attribute must have one of its values
	Not      map[string][]string `yaml:"not"`      // no attribute may have one of its values
	Requires []string            `yaml:"requires"` // facts that must hold
	Unless   []string            `yaml:"unless"`   // facts that excuse
	Note     string              `yaml:"note"`
}

// A CommandModel is the life of a remote command.
type CommandModel struct {
	States    []string            `yaml:"states"`
	Aliases   map[string][]string `yaml:"aliases"` // states as others name them
	Correlate string              `yaml:"correlate"`
	Guards    []string            `yaml:"guards"` // ids of rules
}

// A PartyModel is what is kept of a consumer, an application, a fleet or a back-end.
type PartyModel struct {
	Attributes []PartyAttribute `yaml:"attributes"`
	Events     []string         `yaml:"events"`
	Guards     []string         `yaml:"guards"` // ids of rules
}

// A PartyAttribute is one thing kept of a party.
type PartyAttribute struct {
	Name    string   `yaml:"name"`
	Allowed []string `yaml:"allowed"`
	What    string   `yaml:"what"`
}

// A ChargerModel says what a charge point can be, in the words of OCPP and OCPI.
type ChargerModel struct {
	IDs    string `yaml:"ids"`
	Socket struct {
		States []string `yaml:"states"`
		Rule   string   `yaml:"rule"`
	} `yaml:"socket"`
	OCPP16 struct {
		States      []string            `yaml:"states"`
		Transitions map[string][]string `yaml:"transitions"`
		Notes       []string            `yaml:"notes"`
	} `yaml:"ocpp16"`
	OCPP201 struct {
		Connector     []string `yaml:"connector"`
		ChargingState []string `yaml:"charging_state"`
		Events        []string `yaml:"events"`
		Trigger       []string `yaml:"trigger"`
		StopReason    []string `yaml:"stop_reason"`
		IDToken       []string `yaml:"id_token"`
		Note          string   `yaml:"note"`
	} `yaml:"ocpp201"`
	SecurityProfiles []string `yaml:"security_profiles"` // by number, 0 to 3
	SecurityEvents   struct {
		Critical []string `yaml:"critical"`
		Other    []string `yaml:"other"`
	} `yaml:"security_events"`
	Reconnect string      `yaml:"reconnect"`
	Legal     []LegalCall `yaml:"legal"`
	OCPI      struct {
		EVSE         []string `yaml:"evse"`
		Session      []string `yaml:"session"`
		TokenAllowed []string `yaml:"token_allowed"`
		Commands     []string `yaml:"commands"`
	} `yaml:"ocpi"`
	GridStep string `yaml:"grid_step"`
}

// A RideModel says what a vehicle for hire can be, in the words of MDS.
type RideModel struct {
	States        []string            `yaml:"states"`
	Transitions   map[string][]string `yaml:"transitions"` // of passenger services
	Micromobility string              `yaml:"micromobility"`
	Robotaxi      []string            `yaml:"robotaxi"`
	Guards        []string            `yaml:"guards"` // ids of rules
	Convergence   string              `yaml:"convergence"`
}

// A Calendar is something going on outside that explains alarms away.
type Calendar struct {
	Name   string   `yaml:"name"`
	Source string   `yaml:"source"`
	Damps  []string `yaml:"damps"` // ids of rules
}

// LoadStates decodes the state models. An error means that the embedded data is broken.
func LoadStates() (*States, error) {
	s := &States{}
	if err := decode(statesYAML, s); err != nil {
		return nil, fmt.Errorf("decode statemodels.yaml: %w", err)
	}
	return s, nil
}
