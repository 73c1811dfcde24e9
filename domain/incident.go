package domain

import "fmt"

// An Incident is a documented incident or disclosed attack on connected mobility.
type Incident struct {
	ID             string         `yaml:"id"`
	Date           string         `yaml:"date"` // year, or year and month
	Name           string         `yaml:"name"`
	Actor          string         `yaml:"actor"` // research, criminal, hacktivist, insider, vendor, nation, prank, fraud, error
	Segment        string         `yaml:"seg"`   // oem, fleet, tracker, charging, ride, micromobility, ota, data
	Entry          string         `yaml:"entry"`
	Pattern        []string       `yaml:"pattern"` // call after call
	Abnormal       string         `yaml:"abnormal"`
	Leak           string         `yaml:"leak"`
	Rate           string         `yaml:"rate"`
	OWASP          []string       `yaml:"owasp"` // "API1"
	R155           []string       `yaml:"r155"`
	MITRE          []string       `yaml:"mitre"` // ATT&CK Enterprise "T1190", ICS "T0855"
	ATM            []string       `yaml:"atm"`   // names of the Auto-ISAC matrix
	Impact         IncidentImpact `yaml:"sfop"`
	Detect         IncidentTraces `yaml:"detect"`
	Earliest       string         `yaml:"earliest"`        // first step at which it can be seen
	EarliestInputs string         `yaml:"earliest_inputs"` // the least data that shows it
	Rules          []string       `yaml:"rules"`
	Evidence       string         `yaml:"ev"` // seen, mixed, memory
	Sources        []string       `yaml:"src"`
}

// IncidentImpact is the worst case, 0 negligible to 3 severe.
type IncidentImpact struct {
	Safety      int `yaml:"s"`
	Financial   int `yaml:"f"`
	Operational int `yaml:"o"`
	Privacy     int `yaml:"p"`
}

// IncidentTraces is where an incident shows.
type IncidentTraces struct {
	API  string `yaml:"api"`
	Twin string `yaml:"twin"`
}

// LoadIncidents decodes the incidents. An error means that the embedded data is broken.
func LoadIncidents() ([]Incident, error) {
	var f struct {
		Version   int        `yaml:"version"`
		Incidents []Incident `yaml:"incidents"`
	}
	if err := decode(incidentsYAML, &f); err != nil {
		return nil, fmt.Errorf("decode incidents.yaml: %w", err)
	}
	return f.Incidents, nil
}
