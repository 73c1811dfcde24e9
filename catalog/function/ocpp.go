package function

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

//go:embed ocpp.tsv
var ocppTSV string

//go:embed oicp.tsv
var oicpTSV string

type ocppKey struct {
	action  string
	inbound bool
}

type ocppRow struct {
	class  string
	access waywarden.Access
	since  string // versions that have the action, as the table says them
}

// readOCPP reads lines of action, direction, versions, class and access.
func readOCPP(tsv string, k *domain.Knowledge) (map[ocppKey]ocppRow, error) {
	table := map[ocppKey]ocppRow{}
	for line := range strings.Lines(tsv) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cols := strings.Split(line, "\t")
		if len(cols) != 5 {
			return nil, fmt.Errorf("ocpp: line %q is not action, direction, versions, class, access", line)
		}
		if k.Class(cols[3]) == nil {
			return nil, fmt.Errorf("ocpp: no class %q", cols[3])
		}
		row := ocppRow{cols[3], waywarden.Access(cols[4]), cols[2]}
		switch cols[1] {
		case "in":
			table[ocppKey{cols[0], true}] = row
		case "out":
			table[ocppKey{cols[0], false}] = row
		case "both":
			table[ocppKey{cols[0], true}], table[ocppKey{cols[0], false}] = row, row
		default:
			return nil, fmt.Errorf("ocpp: line %q has no direction in, out or both", line)
		}
	}
	return table, nil
}

// standardMin is the length below which the name of an OCPP action is also a plain word: Reset, Authorize.
const standardMin = 10

// standardNames maps the names of standards, in small letters, to what they mean: gateways carry OCPP actions and OICP
// services as paths of HTTP. Requests to the station come first: a back-end offers them.
func standardNames(ocpp map[ocppKey]ocppRow, oicp string, k *domain.Knowledge) (map[string]ocppRow, error) {
	names := map[string]ocppRow{}
	for key, row := range ocpp {
		name := strings.ToLower(key.action)
		if _, both := ocpp[ocppKey{key.action, !key.inbound}]; len(name) >= standardMin && (!key.inbound || !both) {
			names[name] = row
		}
	}
	for line := range strings.Lines(oicp) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cols := strings.Split(line, "\t")
		if len(cols) != 3 || k.Class(cols[1]) == nil {
			return nil, fmt.Errorf("oicp: line %q is not name, class, access", line)
		}
		names[cols[0]] = ocppRow{class: cols[1], access: waywarden.Access(cols[2])}
	}
	return names, nil
}

// OCPP says what an action of the charging protocol does; inbound is from the station. The version ("1.6", "2.0.1",
// "2.1" or "" when not known) only lowers the confidence where it does not have the action.
func (c *Classifier) OCPP(action string, inbound bool, version string) Verdict {
	if r, known := c.ocpp[ocppKey{action, inbound}]; known {
		v := Verdict{Class: r.class, Confidence: 1, Access: r.access, Why: []string{"OCPP action " + action}}
		if version != "" && !strings.Contains(r.since, version) {
			v.Confidence = 0.9
			v.Why = append(v.Why, "not an action of OCPP "+version)
		}
		return v
	}
	if _, turned := c.ocpp[ocppKey{action, !inbound}]; turned {
		v := c.OCPP(action, !inbound, version)
		v.Confidence = 0.6
		v.Why = append(v.Why, "sent by the wrong side")
		return v
	}
	if inbound {
		return Verdict{Class: "chg.ingest", Confidence: 0.5, Access: waywarden.AccessWrite, Why: []string{"a message of the station that OCPP does not know"}}
	}
	return Verdict{
		Class: "chg.availability", Confidence: 0.3, Access: waywarden.AccessControl, Review: true,
		Why: []string{"a request to the station that OCPP does not know"},
	}
}
