// Package domain is the knowledge of connected mobility as embedded data: what the functions of mobility APIs are and
// what each can do (taxonomy.yaml), the threat rules (invariants.tsv), the state models of vehicles, chargers and the
// others (statemodels.yaml), the tables of ISO/SAE 21434 and the register of UN R155 (tara.yaml), the vehicle signals of
// COVESA VSS v6.0 (vss6.tsv), the names under which answers carry them (fields.tsv) and the documented incidents (incidents.yaml).
//
// There is no logic here beyond decoding and looking up. Ratings and thresholds are judgement, to be learned per
// operator; each file says how its parts are sourced. Whoever needs the knowledge loads it once and hands it on.
package domain

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed taxonomy.yaml
var taxonomyYAML string

//go:embed invariants.tsv
var invariantsTSV string

//go:embed statemodels.yaml
var statesYAML string

//go:embed tara.yaml
var taraYAML string

//go:embed incidents.yaml
var incidentsYAML string

//go:embed vss6.tsv
var vssTSV string

// Knowledge is what every run needs to know: functions, rules and vehicle signals. It is immutable and safe for
// concurrent use. The larger bodies that few need are loaded apart: [LoadStates], [LoadTARA] and [LoadIncidents].
type Knowledge struct {
	classes  []Class
	byID     map[string]*Class
	idTypes  []IDType
	byType   map[string]*IDType
	roles    []string
	grants   []Grant
	states   []StateEdge
	requires []Requirement
	chains   []Chain
	rules    []Rule
	byRule   map[string]*Rule
	signals  []Signal
	fields   []Field
	byPath   map[string]*Signal
}

// Load decodes the taxonomy, the rules and the signals. An error means that the embedded data is broken.
func Load() (*Knowledge, error) {
	k := &Knowledge{}
	if err := k.loadTaxonomy(); err != nil {
		return nil, fmt.Errorf("decode taxonomy.yaml: %w", err)
	}
	if err := k.loadRules(); err != nil {
		return nil, fmt.Errorf("decode invariants.tsv: %w", err)
	}
	if err := k.loadSignals(); err != nil {
		return nil, fmt.Errorf("decode vss6.tsv: %w", err)
	}
	if err := k.loadFields(); err != nil {
		return nil, fmt.Errorf("decode fields.tsv: %w", err)
	}
	return k, nil
}

// decode decodes YAML strictly: a key that no field takes is an error.
func decode(data string, v any) error {
	return yaml.NewDecoder(strings.NewReader(data), yaml.Strict()).Decode(v)
}

// rows calls f for the columns of each line after the header, which must be as given. Fields hold no tabs or newlines.
func rows(tsv, header string, f func(cols []string) error) error {
	line, rest, _ := strings.Cut(tsv, "\n")
	if line != header {
		return fmt.Errorf("header is %q, want %q", line, header)
	}
	width := strings.Count(header, "\t") + 1
	cols := make([]string, width)
	for n := 2; rest != ""; n++ {
		line, rest, _ = strings.Cut(rest, "\n")
		if got := strings.Count(line, "\t") + 1; got != width {
			return fmt.Errorf("line %d has %d columns, want %d", n, got, width)
		}
		for i := range cols {
			cols[i], line, _ = strings.Cut(line, "\t")
		}
		if err := f(cols); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return nil
}

// list splits a semicolon-separated field; an empty field is no entries.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ";")
}
