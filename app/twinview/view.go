package twinview

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/advice"
)

// A view is a twin as it was known at a time, with what can be said of the age of each value.
type view struct {
	Time     time.Time           `json:"time,omitzero"` // zero: the end of the analysis
	Type     waywarden.AssetType `json:"type"`
	UID      string              `json:"uid"`
	IDs      map[string]any      `json:"ids"`
	State    map[string]value    `json:"state"`
	Unknown  []string            `json:"unknown,omitempty"` // signals of the state model that nothing ever said
	Links    []Link              `json:"links"`
	Commands []Command           `json:"commands,omitempty"`
}

type value struct {
	Reading
	AgeS  float64 `json:"ageS,omitempty"`
	Stale bool    `json:"stale,omitempty"` // older than the state model takes it for fresh
}

// newView holds a twin against the state model. A zero time is that of its latest reading.
func newView(j Line, states *domain.States, at time.Time) view {
	v := view{Time: at, Type: j.Type, UID: j.UID, IDs: j.IDs, State: map[string]value{}, Links: j.Links, Commands: j.Commands}
	now := at
	for _, r := range j.State {
		if at.IsZero() && r.At.After(now) {
			now = r.At
		}
	}
	on := ignitionOn(j)
	fresh := map[string]int{}
	for _, s := range states.Vehicle.Signals {
		fresh[s.Path] = s.FreshOffS
		if on {
			fresh[s.Path] = s.FreshOnS
		}
		if _, known := j.State[s.Path]; !known && j.Type == waywarden.AssetVehicle && s.Use != "identity" {
			v.Unknown = append(v.Unknown, s.Path)
		}
	}
	for name, r := range j.State {
		old := now.Sub(r.At).Seconds()
		limit, modelled := fresh[name]
		v.State[name] = value{r, old, modelled && limit >= 0 && old > float64(limit)}
	}
	return v
}

// ignitionOn says whether the vehicle's ignition was last said to be on.
func ignitionOn(j Line) bool {
	r := j.State["Vehicle.LowVoltageSystemState"]
	return r.Value == "ON" || r.Value == "START"
}

// write prints the view for people.
func (v *view) write(to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "%s %s", v.Type, v.UID)
	if !v.Time.IsZero() {
		fmt.Fprintf(w, " as known at %s", v.Time.Format(time.RFC3339))
	}
	fmt.Fprintln(w)
	for _, t := range slices.Sorted(maps.Keys(v.IDs)) {
		fmt.Fprintf(w, "  %-12s %s\n", t, strings.Trim(fmt.Sprint(v.IDs[t]), "[]"))
	}
	if len(v.State) > 0 {
		fmt.Fprintln(w, "state")
	}
	for _, name := range slices.Sorted(maps.Keys(v.State)) {
		r := v.State[name]
		note := ""
		if r.Stale {
			note = ", stale"
		}
		fmt.Fprintf(w, "  %-66s %s  (%s old, %s, confidence %.2f%s)\n", name, text(r.Value), age(r.AgeS), r.Source, r.Confidence, note)
	}
	if len(v.Unknown) > 0 {
		fmt.Fprintf(w, "unknown: %d signals of the state model; -o json lists them\n", len(v.Unknown))
	}
	if len(v.Links) > 0 {
		fmt.Fprintln(w, "links")
	}
	for _, l := range v.Links {
		until := ""
		if !l.Until.IsZero() {
			until = " until " + l.Until.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "  %-14s %s %s  since %s%s  (%s, confidence %.2f)\n", l.Rel, l.Type, l.UID, l.Since.Format(time.RFC3339), until, l.Proof, l.Confidence)
	}
	if len(v.Commands) > 0 {
		fmt.Fprintln(w, "commands, the last first")
	}
	for _, c := range v.Commands {
		fmt.Fprintf(w, "  %s %-16s %s by %s, %s since %s, effect %s\n", c.At.Format(time.RFC3339), c.Class, c.Operation, c.Caller, c.State, c.Since.Format(time.RFC3339), c.Effect)
	}
	return w.Flush()
}

// text is a value as a person would write it.
func text(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func age(s float64) string {
	return (time.Duration(s) * time.Second).String()
}

// lines calls f for every line of a file that an analysis wrote.
func lines(name string, f func(line []byte) error) error {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &advice.Error{Err: fmt.Errorf("read the output of an analysis: %w", err), Next: "run waywarden analyze first, or say with --in where its --out was"}
	} else if err != nil {
		return &advice.Error{Err: fmt.Errorf("read the output of an analysis: %w", err)}
	}
	defer file.Close()
	d := json.NewDecoder(bufio.NewReaderSize(file, 1<<16))
	for {
		var line json.RawMessage
		switch err := d.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &advice.Error{Err: fmt.Errorf("read %s: %w", name, err), Next: "the file is damaged: run the analysis again"}
		}
		if err := f(line); err != nil {
			return &advice.Error{Err: fmt.Errorf("read %s: %w", name, err), Next: "the file is damaged: run the analysis again"}
		}
	}
}
