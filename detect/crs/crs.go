// Package crs holds suspicious values against the OWASP Core Rule Set. It is optional and off by default: the rules cost
// about a millisecond of CPU a value, and know attacks by their looks alone. What they say is information beside
// the verdict of INV-004, which wants the server to give way; it never alarms by itself.
package crs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
)

// directives are the parts of the rule set about values: those about protocols, scanners and answers are left out.
// Nothing is blocked and nothing is written.
const directives = `
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecAuditEngine Off
SecArgumentsLimit 10
Include @crs-setup.conf.example
Include @owasp_crs/REQUEST-901-INITIALIZATION.conf
Include @owasp_crs/REQUEST-930-APPLICATION-ATTACK-LFI.conf
Include @owasp_crs/REQUEST-931-APPLICATION-ATTACK-RFI.conf
Include @owasp_crs/REQUEST-932-APPLICATION-ATTACK-RCE.conf
Include @owasp_crs/REQUEST-933-APPLICATION-ATTACK-PHP.conf
Include @owasp_crs/REQUEST-934-APPLICATION-ATTACK-GENERIC.conf
Include @owasp_crs/REQUEST-941-APPLICATION-ATTACK-XSS.conf
Include @owasp_crs/REQUEST-942-APPLICATION-ATTACK-SQLI.conf
Include @owasp_crs/REQUEST-944-APPLICATION-ATTACK-JAVA.conf
`

// Rules is the rule set, compiled (about 100 ms). It may be shared.
type Rules struct{ waf coraza.WAF }

// Load compiles the rule set at paranoia level 1, the one with the fewest false alarms.
func Load() (*Rules, error) {
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).WithDirectives(directives))
	if err != nil {
		return nil, fmt.Errorf("compile the OWASP Core Rule Set: %w", err)
	}
	return &Rules{waf}, nil
}

// A Match is a rule that a value matched.
type Match struct {
	ID      int
	Message string
	Attack  string // "sqli", "xss", "lfi", "rce", …; of the rule's tags
}

// valueMax is how much of a value is looked at, in bytes: attacks are short, and the cost grows with the length.
const valueMax = 2048

// Judge returns the rules that a value matches, in the order of their ids.
func (r *Rules) Judge(value string) []Match {
	if len(value) > valueMax {
		value = value[:valueMax]
	}
	tx := r.waf.NewTransaction()
	defer tx.Close()
	tx.ProcessURI("/", "GET", "HTTP/1.1")
	tx.AddGetRequestArgument("v", value)
	tx.ProcessRequestHeaders()
	if _, err := tx.ProcessRequestBody(); err != nil {
		return nil
	}
	var out []Match
	for _, m := range tx.MatchedRules() {
		if id := m.Rule().ID(); id >= 930000 && id < 949000 && m.Message() != "" {
			out = append(out, Match{id, strings.Clone(m.Message()), attackOf(m.Rule().Tags())})
		}
	}
	slices.SortFunc(out, func(a, b Match) int { return a.ID - b.ID })
	return slices.CompactFunc(out, func(a, b Match) bool { return a.ID == b.ID })
}

func attackOf(tags []string) string {
	for _, t := range tags {
		if kind, ok := strings.CutPrefix(t, "attack-"); ok {
			return kind
		}
	}
	return "injection"
}

func ids(ms []Match) string {
	var out []string
	for _, m := range ms {
		out = append(out, strconv.Itoa(m.ID))
	}
	return strings.Join(out, ", ")
}
