package results

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/spec"
)

// object keeps the code below readable; encoding/json writes its keys sorted, hence always the same.
type object = map[string]any

// SARIF as code scanning takes it: a result without a file is refused, and so are more than resultsMax of them.
const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	resultsMax  = 25_000
)

// sarif returns weaknesses, the gravest first, as a SARIF 2.1.0 log.
func (c *Posture) sarif(all []weakness) (any, error) {
	given := c.Spec
	if len(given) == 0 {
		given = []string{filepath.Join(c.In, "openapi")}
	}
	set, _, err := spec.Load(given)
	if err != nil {
		return nil, specProblem(err)
	}
	p := pointer{set: set}
	rules, index := rulesOf(all)
	results, notes := []object{}, []object{}
	for i := range all {
		w := &all[i]
		at, near := p.at(w)
		if at == nil || len(results) == resultsMax {
			notes = append(notes, object{"level": "note", "message": object{"text": w.Desc + " (" + w.Title + ") stands in no OpenAPI file that was given."}})
			continue
		}
		text := w.Desc + " " + w.Fix
		if near {
			text += " The place is that of the nearest path that is described."
		}
		results = append(results, object{
			"ruleId": w.Rule, "ruleIndex": index[w.Rule], "level": sarifLevel(w.Severity), "message": object{"text": text},
			"locations":           []object{at},
			"partialFingerprints": object{"primaryLocationLineHash": w.UID + ":1", "waywardenFinding/v1": w.UID},
			"properties":          object{"owner": w.Owner, "severity": w.Severity.String(), "types": w.Types},
		})
	}
	run := object{
		"tool":        object{"driver": object{"name": "waywarden", "informationUri": "https://github.com/waywarden/waywarden", "rules": rules}},
		"results":     results,
		"columnKind":  "unicodeCodePoints",
		"invocations": []object{{"executionSuccessful": true, "toolExecutionNotifications": notes}},
	}
	return object{"$schema": sarifSchema, "version": "2.1.0", "runs": []object{run}}, nil
}

// rulesOf returns the rules of weaknesses, sorted by id, each as grave as its gravest result, and the place of each.
func rulesOf(all []weakness) (rules []object, index map[string]int) {
	worst := map[string]*weakness{}
	var ids []string
	for i := range all {
		w := &all[i]
		if worst[w.Rule] == nil {
			ids = append(ids, w.Rule)
			worst[w.Rule] = w
		}
		if w.Severity > worst[w.Rule].Severity {
			worst[w.Rule] = w
		}
	}
	slices.Sort(ids)
	rules, index = []object{}, map[string]int{}
	for i, id := range ids {
		w := worst[id]
		index[id] = i
		rules = append(rules, object{
			"id": id, "name": pascal(strings.TrimPrefix(id, "POS-")),
			"shortDescription": object{"text": w.Title}, "fullDescription": object{"text": w.Title + "."},
			"help":                 object{"text": w.Fix, "markdown": "**" + w.Title + "**\n\n" + w.Fix},
			"defaultConfiguration": object{"level": sarifLevel(w.Severity)},
			"properties":           object{"tags": append([]string{"security"}, w.Types...), "precision": "high", "security-severity": securitySeverity(w.Severity), "problem.severity": problemSeverity(w.Severity)},
		})
	}
	return rules, index
}

func pascal(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.ToLower(id), "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

func sarifLevel(s waywarden.Severity) string {
	switch {
	case s >= waywarden.SeverityHigh:
		return "error"
	case s == waywarden.SeverityMedium:
		return "warning"
	}
	return "note"
}

func problemSeverity(s waywarden.Severity) string {
	switch sarifLevel(s) {
	case "error":
		return "error"
	case "warning":
		return "warning"
	}
	return "recommendation"
}

// securitySeverity is a number in the middle of the band that code scanning gives a severity: critical over 9.0, high from
// 7.0, medium from 4.0, low from 0.1.
func securitySeverity(s waywarden.Severity) string {
	switch s {
	case waywarden.SeverityCritical:
		return "9.5"
	case waywarden.SeverityHigh:
		return "8.0"
	case waywarden.SeverityMedium:
		return "5.5"
	case waywarden.SeverityLow:
		return "2.0"
	}
	return "0.1"
}

// A pointer finds where endpoints stand in descriptions.
type pointer struct {
	set    *spec.Set
	places spec.Places
}

// at returns the location of what a weakness is about, and whether it is only near. nil: there is none.
func (p *pointer) at(w *weakness) (location object, near bool) {
	e := w.endpoint
	if e == nil {
		return nil, false
	}
	o, found := p.set.Match(e.Host, e.Method, e.Template, nil)
	line, column := 1, 1
	if !found {
		var shared int
		if o, shared = p.set.Nearest(e.Host, e.Method, e.Template); o == nil {
			return nil, false
		}
		if near = shared > 0; near {
			line, column = p.places.Of(o)
		}
	} else {
		line, column = p.places.Of(o)
	}
	uri, relative := sarifURI(o.Source)
	file := object{"uri": uri}
	if relative {
		file["uriBaseId"] = "%SRCROOT%"
	}
	name := fmt.Sprintf("%s %s%s", e.Method, e.Host, e.Template)
	return object{
		"physicalLocation": object{"artifactLocation": file, "region": object{"startLine": line, "startColumn": column}},
		"logicalLocations": []object{{"fullyQualifiedName": name, "kind": "member"}},
	}, near
}

// sarifURI writes a file as SARIF wants it: relative to where the program runs, which is the root of the repository for code
// scanning, or whole where it lies elsewhere.
func sarifURI(file string) (uri string, relative bool) {
	if filepath.IsAbs(file) {
		if here, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(here, file); err == nil && filepath.IsLocal(rel) {
				file = rel
			}
		}
	}
	slashed := filepath.ToSlash(filepath.Clean(file))
	if filepath.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: slashed}).String(), false
	}
	return (&url.URL{Path: slashed}).EscapedPath(), true
}
