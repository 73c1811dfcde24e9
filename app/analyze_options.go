package app

import (
	"log/slog"
	"time"

	"github.com/waywarden/waywarden/internal/advice"

	"github.com/waywarden/waywarden"
)

// AnalyzeOptions are the settings of one run of the main job.
type AnalyzeOptions struct {
	Out      string   // directory for the files of the contract; created when absent
	Specs    []string // OpenAPI files, or directories of them
	Config   string   // configuration file; "" for the defaults
	Rules    []string // the user's own rules, or directories of them, besides those of the configuration
	TARA     string   // what people decided about the threat analysis; "" for none
	CRS      bool     // hold suspicious values against the OWASP Core Rule Set
	Format   string   // name of a sensor.Format; "" or "auto" to look at each file's beginning
	Files    []string // input files; "-" is standard input
	FailOn   waywarden.Severity
	Log      *slog.Logger
	Progress func(done, total, records int64) // bytes read and to read (0: not known), records handled; may be nil
}

// A Summary is what one run found, for a person to read.
type Summary struct {
	Records, HTTP, Rejected, Late int64 // records of every kind, those that are API calls, undecodable pieces, records beyond the reordering
	Hosts, Endpoints              int
	Shadow, Zombie, Orphans       int
	Probes                        int
	Findings                      map[waywarden.Severity]int // not withdrawn, by their last severity
	Incidents, Posture            int
	Top                           []TopEndpoint // the riskiest first
	TopFindings                   []waywarden.Finding
	Blind                         []string // what could not be seen and what that silences, a sentence each
	Out                           string
	Elapsed                       time.Duration
}

// A TopEndpoint is one of the riskiest endpoints.
type TopEndpoint struct {
	Method        string `json:"method"`
	Host          string `json:"host"`
	Template      string `json:"template"`
	Discriminator string `json:"discriminator,omitempty"` // "opdracht=motor_uit"
	Class         string `json:"class,omitempty"`
	Access        string `json:"access"`
	Auth          string `json:"authentication"` // always, mixed, never
	Status        string `json:"status,omitempty"`
	Risk          int    `json:"risk"` // 0 to 100
}

// Worst returns the severity of the gravest finding; 0 when there is none.
func (s Summary) Worst() waywarden.Severity {
	for sev := waywarden.SeverityCritical; sev > 0; sev-- {
		if s.Findings[sev] > 0 {
			return sev
		}
	}
	return 0
}

// An InputError is an error that the user can cure.
type InputError = advice.Error
