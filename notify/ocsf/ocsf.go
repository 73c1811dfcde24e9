// Package ocsf writes findings, incidents and posture as OCSF 1.8.0 events, one JSON object a line.
package ocsf

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/waywarden/waywarden"
)

// SchemaVersion is the version of the Open Cybersecurity Schema Framework that is written.
const SchemaVersion = "1.8.0"

// Class ids of OCSF 1.8.0, category 2 (Findings).
const (
	categoryFindings = 2
	classDetection   = 2004
	classIncident    = 2005
	classPosture     = 2007
)

// A Writer is a notifier that appends events to streams.
type Writer struct {
	Findings  io.Writer
	Incidents io.Writer
	Posture   io.Writer
	Version   string // of waywarden itself
}

// Finding implements notify.Notifier.
func (w *Writer) Finding(_ context.Context, f *waywarden.Finding) error {
	e := w.detection(f)
	e["evidences"] = evidences(f)
	e["is_alert"] = f.Severity > waywarden.SeverityInformational
	e["risk_score"] = f.Risk.Score
	return line(w.Findings, e)
}

// Weakness writes one posture finding.
func (w *Writer) Weakness(f *waywarden.Finding) error {
	e := w.event(classPosture, f.Activity, f.At, f.Severity)
	e["finding_info"] = info(f)
	e["resources"] = resources(f.Resources)
	e["confidence_score"] = f.Confidence
	e["remediation"] = object{"desc": f.Respond}
	e["enrichments"] = enrichments(f.Facts)
	e["message"] = f.Title
	return line(w.Posture, e)
}

// Incident implements notify.Notifier.
func (w *Writer) Incident(_ context.Context, i *waywarden.Incident) error {
	e := w.event(classIncident, i.Activity, i.At, i.Severity)
	e["metadata"].(object)["uid"] = i.UID
	infos := make([]object, 0, len(i.Findings))
	for _, uid := range i.Findings {
		infos = append(infos, object{"uid": uid})
	}
	e["finding_info_list"] = infos
	e["status_id"] = 1 // new
	e["assignee_group"] = object{"name": "unassigned"}
	e["message"], e["desc"] = i.Title, i.Title
	radius := object{"affected": counted(i.Affected), "reachable": counted(i.Reached)}
	e["enrichments"] = []object{{
		"name": "blast_radius", "data": radius, "type": "waywarden",
		"value": fmt.Sprintf("%d affected, %d reachable", len(i.Affected), len(i.Reached)),
	}}
	return line(w.Incidents, e)
}

// object keeps the code below readable; encoding/json writes its keys sorted, hence always the same.
type object = map[string]any

func (w *Writer) event(class int, a waywarden.Activity, at time.Time, s waywarden.Severity) object {
	return object{
		"class_uid": class, "category_uid": categoryFindings, "activity_id": int(a), "type_uid": class*100 + int(a),
		"severity_id": int(s), "severity": s.String(), "time": at.UnixMilli(),
		"metadata": object{"version": SchemaVersion, "product": object{"name": "waywarden", "vendor_name": "waywarden", "version": w.Version}},
	}
}

func (w *Writer) detection(f *waywarden.Finding) object {
	e := w.event(classDetection, f.Activity, f.At, f.Severity)
	e["finding_info"] = info(f)
	e["resources"] = resources(f.Resources)
	e["confidence_score"] = f.Confidence
	e["enrichments"] = enrichments(f.Facts)
	e["message"] = f.Title
	if f.Respond != "" {
		e["remediation"] = object{"desc": f.Respond}
	}
	return e
}

func info(f *waywarden.Finding) object {
	i := object{
		"uid": f.UID, "title": f.Title, "desc": f.Desc, "types": f.Types,
		"analytic": object{"uid": f.Detector, "name": f.Detector, "type_id": int(f.Analytic)},
	}
	if !f.First.IsZero() {
		i["first_seen_time"] = f.First.UnixMilli()
	}
	return i
}

func evidences(f *waywarden.Finding) []object {
	operation := "unknown"
	if o := f.Operation; o != nil {
		operation = o.Method + " " + o.Template
		if o.Discriminator.Value != "" {
			operation += " " + o.Discriminator.Name + "=" + o.Discriminator.Value
		}
	}
	es := make([]object, 0, len(f.Evidence))
	for _, v := range f.Evidence {
		e := object{"api": object{"operation": operation, "request": object{"uid": v.Record}}}
		if v.Principal != "" {
			e["actor"] = object{"user": object{"uid": v.Principal}}
		}
		if v.IP != "" {
			e["src_endpoint"] = object{"ip": v.IP}
		}
		es = append(es, e)
	}
	return es
}

func resources(rs []waywarden.Resource) []object {
	out := make([]object, 0, len(rs))
	for _, r := range rs {
		out = append(out, object{"type": string(r.Type), "uid": r.UID})
	}
	return out
}

func enrichments(fs []waywarden.Fact) []object {
	out := make([]object, 0, len(fs))
	for _, f := range fs {
		out = append(out, object{"name": f.Name, "value": f.Observed, "type": "waywarden", "data": object{"observed": f.Observed, "normal": f.Normal}})
	}
	return out
}

// idsMax bounds the ids an incident lists for each type of asset; the count is always whole.
const idsMax = 100

func counted(rs []waywarden.Resource) object {
	out := object{}
	for _, r := range rs {
		t, _ := out[string(r.Type)].(object)
		if t == nil {
			t = object{"count": 0, "ids": []string{}}
			out[string(r.Type)] = t
		}
		t["count"] = t["count"].(int) + 1
		if ids := t["ids"].([]string); len(ids) < idsMax {
			t["ids"] = append(ids, r.UID)
		}
	}
	return out
}

func line(w io.Writer, e object) error {
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if _, err := w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}
