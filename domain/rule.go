package domain

import (
	"fmt"
	"strings"

	"github.com/waywarden/waywarden"
)

// A Rule is a threat rule: what is wrong when it happens, stated over twins and calls. Preconditions, triggers and
// windows are prose for people: detectors implement them.
type Rule struct {
	ID           string // "SAF-001"
	Title        string
	Twins        []string // vehicle, consumer, application, charger, fleet, ride, backend, …
	Precondition string
	Trigger      string
	Window       string   // "0": at once
	Severity     string   // info, low, medium, high, critical
	Gate         string   // what lowers or raises the severity
	OWASP        []string // "API1:2023"
	R155         []string // rows of UN R155 Annex 5: "16.1"
	Impact       waywarden.Impact
	Traps        string // what looks the same and is not an attack
	Response     string // how to verify, or what rules it out
	Incidents    []string
}

const rulesHeader = "id\tname\ttwins\tprecondition\ttrigger\twindow\tseverity\tgate\towasp\tr155\tsfop\t" +
	"false_positive_traps\tverify_or_suppress\tincidents"

func (k *Knowledge) loadRules() error {
	n := strings.Count(invariantsTSV, "\n")
	k.rules = make([]Rule, 0, n)
	err := rows(invariantsTSV, rulesHeader, func(c []string) error {
		impact, err := parseImpact(c[10])
		if err != nil {
			return err
		}
		owasp := list(c[8])
		for i := range owasp {
			owasp[i] += ":2023"
		}
		k.rules = append(k.rules, Rule{
			ID: c[0], Title: c[1], Twins: list(c[2]), Precondition: c[3], Trigger: c[4], Window: c[5], Severity: c[6],
			Gate: c[7], OWASP: owasp, R155: list(c[9]), Impact: impact, Traps: c[11], Response: c[12], Incidents: list(c[13]),
		})
		return nil
	})
	k.byRule = make(map[string]*Rule, len(k.rules))
	for i := range k.rules {
		k.byRule[k.rules[i].ID] = &k.rules[i]
	}
	return err
}

// parseImpact reads "S3 F2 O3"; what is not named is negligible.
func parseImpact(s string) (waywarden.Impact, error) {
	var m waywarden.Impact
	for field := range strings.FieldsSeq(s) {
		if len(field) != 2 || field[1] < '0' || field[1] > '3' {
			return m, fmt.Errorf("impact %q is not a category and a level", field)
		}
		level := int(field[1] - '0')
		switch field[0] {
		case 'S':
			m.Safety = level
		case 'F':
			m.Financial = level
		case 'O':
			m.Operational = level
		case 'P':
			m.Privacy = level
		default:
			return m, fmt.Errorf("impact %q is of no category", field)
		}
	}
	return m, nil
}

// Rules returns all threat rules, in the order of the file. The caller must not change them.
func (k *Knowledge) Rules() []Rule { return k.rules }

// Rule returns a threat rule by its id, or nil.
func (k *Knowledge) Rule(id string) *Rule { return k.byRule[id] }
