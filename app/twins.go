package app

import (
	"time"

	"github.com/waywarden/waywarden"
)

// A twinJSON is a line of twins.ndjson.
type twinJSON struct {
	Type  waywarden.AssetType    `json:"type"`
	UID   string                 `json:"uid"`
	IDs   map[string]any         `json:"ids"` // a value, or a list where there are several
	State map[string]readingJSON `json:"state"`
	Links []linkJSON             `json:"links"`
}

type readingJSON struct {
	Value      any       `json:"value"`
	At         time.Time `json:"time"`
	Received   time.Time `json:"received,omitzero"`
	Source     string    `json:"source"`
	Confidence float64   `json:"confidence"`
}

type linkJSON struct {
	Rel        string              `json:"rel"`
	Type       waywarden.AssetType `json:"type"`
	UID        string              `json:"uid"`
	Since      time.Time           `json:"since,omitzero"`
	Until      time.Time           `json:"until,omitzero"`
	Proof      string              `json:"proof,omitempty"`
	Confidence float64             `json:"confidence"`
}

func twinLine(t waywarden.Twin) twinJSON {
	j := twinJSON{Type: t.Type, UID: t.UID, IDs: map[string]any{}, State: map[string]readingJSON{}, Links: []linkJSON{}}
	for _, id := range t.IDs {
		switch had := j.IDs[string(id.Type)].(type) {
		case nil:
			j.IDs[string(id.Type)] = id.Value
		case string:
			j.IDs[string(id.Type)] = []string{had, id.Value}
		case []string:
			j.IDs[string(id.Type)] = append(had, id.Value)
		}
	}
	for _, r := range t.State {
		j.State[r.Name] = readingJSON{plain(r.Value), r.At, r.Received, r.Source, r.Confidence}
	}
	for _, l := range t.Links {
		j.Links = append(j.Links, linkJSON(l))
	}
	return j
}

// plain is the value as JSON has it.
func plain(v waywarden.Value) any {
	switch v.Kind {
	case waywarden.ValueBool:
		return v.Number != 0
	case waywarden.ValueNumber:
		return v.Number
	case waywarden.ValueText, waywarden.ValueObject:
		return v.Text
	}
	return nil
}
