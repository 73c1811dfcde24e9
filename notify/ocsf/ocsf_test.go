package ocsf

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waywarden/waywarden"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func finding() *waywarden.Finding {
	return &waywarden.Finding{
		UID: "f-1", Detector: "SAF-001", Analytic: waywarden.AnalyticRule, Activity: waywarden.ActivityCreate, At: at, First: at.Add(-time.Second),
		Severity: waywarden.SeverityCritical, Confidence: 97, Title: "Engine stopped in motion", Desc: "driver-1 stopped the engine of car-1 at 80 km/h",
		Types: []string{"API6:2023", "R155:16.1"}, Respond: "Refuse the command while the vehicle moves.",
		Operation: &waywarden.Operation{Method: "POST", Template: "/cars/{id}/commands", Discriminator: waywarden.Discriminator{In: waywarden.InBody, Name: "command", Value: "stop"}},
		Evidence:  []waywarden.Evidence{{Record: "r-1", Principal: "driver-1", IP: "203.0.113.9"}, {Record: "r-2"}},
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: "car-1"}},
		Facts:     []waywarden.Fact{{Name: "speed", Observed: "80 km/h", Normal: "0 km/h"}},
		Risk:      waywarden.Risk{Score: 94},
	}
}

func incident() *waywarden.Incident {
	return &waywarden.Incident{
		UID: "i-1", Activity: waywarden.ActivityCreate, At: at, Title: "driver-1: engine stopped in motion", Severity: waywarden.SeverityCritical,
		Findings: []string{"f-1"}, Affected: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: "car-1"}, {Type: waywarden.AssetVehicle, UID: "car-2"}},
	}
}

func written(t *testing.T) (findings, incidents, posture string) {
	t.Helper()
	var f, i, p bytes.Buffer
	w := Writer{Findings: &f, Incidents: &i, Posture: &p, Version: "test"}
	if err := w.Finding(t.Context(), finding()); err != nil {
		t.Fatal(err)
	}
	if err := w.Incident(t.Context(), incident()); err != nil {
		t.Fatal(err)
	}
	if err := w.Weakness(finding()); err != nil {
		t.Fatal(err)
	}
	return f.String(), i.String(), p.String()
}

func TestFieldsOfTheContract(t *testing.T) {
	findings, incidents, _ := written(t)
	for _, want := range []string{
		`"class_uid":2004`, `"type_uid":200401`, `"severity_id":5`, `"time":1767323045000`, `"uid":"SAF-001"`, `"type_id":1`,
		`"request":{"uid":"r-1"}`, `"operation":"POST /cars/{id}/commands command=stop"`, `"ip":"203.0.113.9"`, `"risk_score":94`, `"confidence_score":97`,
		`"observed":"80 km/h"`, `"resources":[{"type":"vehicle","uid":"car-1"}]`,
	} {
		if !strings.Contains(findings, want) {
			t.Errorf("finding lacks %s:\n%s", want, findings)
		}
	}
	for _, want := range []string{`"class_uid":2005`, `"uid":"i-1"`, `"finding_info_list":[{"uid":"f-1"}]`, `"name":"blast_radius"`, `"count":2`} {
		if !strings.Contains(incidents, want) {
			t.Errorf("incident lacks %s:\n%s", want, incidents)
		}
	}
}

// TestSchema validates what is written against the published JSON Schemas, where they are at hand.
func TestSchema(t *testing.T) {
	dir := os.Getenv("WAYWARDEN_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	dir = filepath.Join(dir, "contract", "ocsf")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("OCSF schemas are not at hand: ", err)
	}
	findings, incidents, posture := written(t)
	for file, text := range map[string]string{"detection_finding": findings, "incident_finding": incidents, "app_sec_posture": posture} {
		s, err := jsonschema.NewCompiler().Compile(filepath.Join(dir, "ocsf-"+SchemaVersion+"-"+file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
}
