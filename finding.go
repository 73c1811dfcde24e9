package waywarden

import "time"

// A Severity is OCSF's severity_id.
type Severity uint8

// The severities.
const (
	SeverityInformational Severity = iota + 1
	SeverityLow
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

// String returns OCSF's caption of the severity.
func (s Severity) String() string {
	if s < SeverityInformational || s > SeverityCritical {
		return "Unknown"
	}
	return [...]string{"Informational", "Low", "Medium", "High", "Critical"}[s-1]
}

// An Activity is OCSF's activity_id of a finding.
type Activity uint8

// The activities of a finding's life.
const (
	ActivityCreate Activity = iota + 1
	ActivityUpdate
	ActivityClose // withdrawn: it no longer counts
)

// An AnalyticType is OCSF's type_id of the analytic that found something.
type AnalyticType uint8

// The types of analytic.
const (
	AnalyticRule AnalyticType = iota + 1
	AnalyticBehavioural
	AnalyticStatistical
	AnalyticLearning
)

// A Finding is what one detector says is wrong, with its evidence. It is complete in itself: an update repeats the whole.
type Finding struct {
	UID        string // stable: the same on a re-run
	Detector   string // "SAF-001"
	Analytic   AnalyticType
	Activity   Activity
	At         time.Time // event time at which it could first be raised
	First      time.Time // event time of its first evidence
	Severity   Severity
	Confidence int      // 0 to 100
	Title      string   // what happened, in a few words
	Desc       string   // who did what to which asset, and why that is wrong
	Types      []string // "API1:2023", "R155:16.1", …
	Respond    string   // what to do about it
	Operation  *Operation
	Principal  Principal
	Evidence   []Evidence // the first and the last always, at most 100
	Resources  []Resource
	Facts      []Fact
	Risk       Risk
}

// Evidence is one record that proves a finding.
type Evidence struct {
	Record    string // id
	Principal string
	IP        string
}

// A Resource is an asset a finding hits.
type Resource struct {
	Type AssetType
	UID  string
}

// A Fact is a number or a state behind a verdict, and what would be normal.
type Fact struct {
	Name     string
	Observed string
	Normal   string
}

// A Risk is how bad something is.
type Risk struct {
	Score  int    // 0 to 100
	Impact Impact // what it can do at worst
}

// An Impact is ISO/SAE 21434's SFOP rating, 0 negligible to 3 severe each.
type Impact struct {
	Safety      int `json:"s"`
	Financial   int `json:"f"`
	Operational int `json:"o"`
	Privacy     int `json:"p"`
}

// Worst returns the highest of the four ratings.
func (i Impact) Worst() int { return max(i.Safety, i.Financial, i.Operational, i.Privacy) }

// An Incident is a group of findings of one attack.
type Incident struct {
	UID      string
	Activity Activity
	At       time.Time
	Title    string
	Severity Severity
	Findings []string // UIDs
	Affected []Resource
	Reached  []Resource // what the party behind it may reach with the links it has
	Risk     Risk
}
