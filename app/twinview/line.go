package twinview

import (
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A Line is a line of twins.ndjson.
type Line struct {
	Type  waywarden.AssetType `json:"type"`
	UID   string              `json:"uid"`
	IDs   map[string]any      `json:"ids"` // a value, or a list where there are several
	State map[string]Reading  `json:"state"`
	Links []Link              `json:"links"`

	Commands []Command `json:"commands,omitempty"` // the last few, the last first
}

// A Reading is one value with its provenance.
type Reading struct {
	Value      any       `json:"value"`
	At         time.Time `json:"time"`
	Received   time.Time `json:"received,omitzero"`
	Source     string    `json:"source"`
	Confidence float64   `json:"confidence"`
}

// A Link is a party that may act on an asset.
type Link struct {
	Rel        string              `json:"rel"`
	Type       waywarden.AssetType `json:"type"`
	UID        string              `json:"uid"`
	Since      time.Time           `json:"since,omitzero"`
	Until      time.Time           `json:"until,omitzero"`
	Proof      string              `json:"proof,omitempty"`
	Confidence float64             `json:"confidence"`
}

// A Command is a remote command and what became of it.
type Command struct {
	ID        string                 `json:"id,omitempty"`
	Class     string                 `json:"class"`
	Operation string                 `json:"operation"`
	Caller    string                 `json:"caller,omitempty"`
	At        time.Time              `json:"time"`
	State     waywarden.CommandState `json:"state"`
	Since     time.Time              `json:"since"`
	Effect    string                 `json:"effect"` // true, false or unknown: whether the state changed as it should
	Signal    string                 `json:"signal,omitempty"`
}

// LineOf returns the line of a twin.
func LineOf(t waywarden.Twin) Line {
	j := Line{Type: t.Type, UID: t.UID, IDs: map[string]any{}, State: map[string]Reading{}, Links: []Link{}}
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
		j.State[r.Name] = Reading{plain(r.Value), r.At, r.Received, r.Source, r.Confidence}
	}
	for _, l := range t.Links {
		j.Links = append(j.Links, Link(l))
	}
	for _, c := range t.Commands {
		j.Commands = append(j.Commands, Command{c.ID, c.Operation.Function.Class, detect.What(c.Operation), c.Caller, c.At, c.State, c.Since, c.Effect.String(), c.Signal})
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
