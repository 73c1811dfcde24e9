package waywarden

import "time"

// An Inventory is what the catalog discovered; its JSON form is section 4 of the file contract.
type Inventory struct {
	Version      int             `json:"version"`
	Hosts        []HostEntry     `json:"hosts"`
	Endpoints    []Endpoint      `json:"endpoints"`
	OCPP         []OCPPEntry     `json:"ocpp,omitempty"`
	Applications []AppEntry      `json:"applications,omitempty"`
	Consumers    ConsumerSummary `json:"consumers"`
	Probes       []ProbeEntry    `json:"probes,omitempty"`
}

// A HostEntry is a host that was called.
type HostEntry struct {
	Host      string    `json:"host"`
	Endpoints int       `json:"endpoints"`
	Count     int64     `json:"count"`
	TLS       string    `json:"tls"` // always, mixed, never
	Specified bool      `json:"specified"`
	FirstSeen time.Time `json:"firstSeen,omitzero"`
	LastSeen  time.Time `json:"lastSeen,omitzero"`
}

// An Endpoint is one HTTP operation of the inventory.
type Endpoint struct {
	ID             string              `json:"id"`
	Host           string              `json:"host"`
	Method         string              `json:"method"`
	Template       string              `json:"template"`
	Discriminator  *DiscriminatorEntry `json:"discriminator,omitempty"`
	Function       FunctionEntry       `json:"function"`
	Access         Access              `json:"access"`
	Parameters     []Parameter         `json:"parameters"`
	Authentication Authentication      `json:"authentication"`
	Count          int64               `json:"count"`
	FirstSeen      time.Time           `json:"firstSeen,omitzero"`
	LastSeen       time.Time           `json:"lastSeen,omitzero"`
	Status         []string            `json:"status"`
	Statuses       map[string]int64    `json:"statuses,omitempty"` // answers by status code
	Principals     int                 `json:"principals"`         // distinct callers, estimated
	Deprecated     bool                `json:"deprecated,omitempty"`
	Drift          []Drift             `json:"drift,omitempty"`
	Risk           EndpointRisk        `json:"risk"`
}

// A DiscriminatorEntry is a [Discriminator] in JSON.
type DiscriminatorEntry struct {
	In    string `json:"in"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A FunctionEntry is a [Function] in JSON.
type FunctionEntry struct {
	Class      string   `json:"class"`
	Confidence float64  `json:"confidence"`
	Review     bool     `json:"review,omitempty"` // it may act on a vehicle or charger and is not known well enough: a person should look
	Why        []string `json:"why,omitempty"`
}

// A Parameter is a value an endpoint takes or gives.
type Parameter struct {
	In        string   `json:"in"`
	Name      string   `json:"name"`
	Type      string   `json:"type"` // JSON Schema type
	Format    string   `json:"format,omitempty"`
	DataType  DataType `json:"dataType,omitempty"`
	Required  bool     `json:"required"`
	Precision string   `json:"precision,omitempty"` // of a location: "11 m"
	Enum      []string `json:"enum,omitempty"`
}

// Authentication is what the server was seen to enforce.
type Authentication struct {
	Schemes  []AuthScheme `json:"schemes"`
	Required string       `json:"required"` // always, mixed, never; "" when header fields were not captured
}

// A Drift is a difference between an endpoint's specification and its traffic.
type Drift struct {
	Kind   string `json:"kind"` // parameter_undocumented, field_undocumented, parameter_missing, status_undocumented, type_differs
	In     string `json:"in,omitempty"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
}

// An EndpointRisk is an endpoint's risk in short; risk.json has the derivation.
type EndpointRisk struct {
	Score  int    `json:"score"`
	Impact Impact `json:"impact"`
}

// An OCPPEntry is one action of a charging protocol in one direction.
type OCPPEntry struct {
	Action    string        `json:"action"`
	Direction string        `json:"direction"` // in: station to CSMS
	Version   string        `json:"version"`
	Function  FunctionEntry `json:"function"`
	Count     int64         `json:"count"`
}

// An AppEntry is an application that was seen to call.
type AppEntry struct {
	UID        string   `json:"uid"`
	Name       string   `json:"name"`
	Versions   []string `json:"versions,omitempty"`
	SDKs       []string `json:"sdks,omitempty"`
	Count      int64    `json:"count"`
	Principals int      `json:"principals"`
}

// A ConsumerSummary counts callers by scheme.
type ConsumerSummary struct {
	Total    int            `json:"total"`
	ByScheme map[string]int `json:"byScheme,omitempty"`
}

// A ProbeEntry is a path that was tried and never served: the attack surface seen from outside.
type ProbeEntry struct {
	Host      string           `json:"host"`
	Method    string           `json:"method"`
	Path      string           `json:"path"`
	Count     int64            `json:"count"`
	Statuses  map[string]int64 `json:"statuses"`
	FirstSeen time.Time        `json:"firstSeen,omitzero"`
}
