// Package twinview prints what is, or was, known of an asset, and writes twins as twins.ndjson has them.
package twinview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/advice"
)

// An Env is what the commands need of the world.
type Env struct {
	Out io.Writer
	// Replay reads files, with the settings of a configuration file ("": the defaults), as far as they were received by a
	// time (zero: all), calls each for every twin as it stands then, and returns the time of the last record.
	Replay func(ctx context.Context, config string, files []string, at time.Time, each func(waywarden.Twin)) (time.Time, error)
}

// Commands groups what can be asked of twins.
type Commands struct {
	Show showCmd `cmd:"" help:"Print what is, or was, known of an asset."`
}

type showCmd struct {
	In      string   `default:"out" env:"WAYWARDEN_OUT" type:"path" placeholder:"DIR" help:"Directory an analysis wrote (default ./out)."`
	At      string   `placeholder:"TIME" help:"What was known at this time (RFC 3339); needs the files that were analyzed."`
	Finding string   `placeholder:"UID" help:"What was known when this finding of --in was raised; needs the files that were analyzed."`
	Config  string   `env:"WAYWARDEN_CONFIG" placeholder:"FILE" help:"Read settings from this file."`
	Output  string   `short:"o" default:"text" enum:"text,json" placeholder:"text|json" help:"Print for people (text, the default) or machines (json)."`
	ID      string   `arg:"" name:"id" help:"Any identifier of the asset: VIN, plate, vehicle or station id, account or e-mail."`
	Files   []string `arg:"" optional:"" name:"file" help:"The files that were analyzed, read again up to the time asked for."`
}

// Help teaches the command.
func (showCmd) Help() string {
	return `Without files the twin is printed as it stood at the end of the analysis in --in. With files they are read again, up to the time asked for, and only what had been received by then counts: later telemetry of an earlier moment does not.

Examples:

    waywarden twin show 5YJ3E1EA7KF000316
    waywarden twin show 5YJ3E1EA7KF000316 --at 2026-03-01T08:00:00Z gateway.ndjson.zst telemetry.ndjson.zst
    waywarden twin show AB-C1234 --finding f-3kq1v0x2 --in report gateway.ndjson.zst`
}

// Run is the command.
func (c *showCmd) Run(ctx context.Context, env Env) error {
	at, err := c.moment()
	if err != nil {
		return err
	}
	var twins []Line
	switch {
	case len(c.Files) > 0:
		twins, at, err = c.replay(ctx, env, at)
	case !at.IsZero():
		return &advice.Error{Err: errors.New("show a twin: what was known at a time is found by reading the files again"), Next: "name the files that were analyzed after the identifier"}
	default:
		twins, err = readTwins(c.In, c.ID)
	}
	if err != nil {
		return err
	}
	if len(twins) == 0 {
		return &advice.Error{Err: fmt.Errorf("show a twin: nothing known goes by %q", c.ID), Next: "give a VIN, plate, vehicle or station id, account or e-mail as it stands in the traffic"}
	}
	states, err := domain.LoadStates()
	if err != nil {
		return fmt.Errorf("load embedded knowledge: %w", err)
	}
	for i := range twins {
		v := newView(twins[i], states, at)
		if c.Output == "json" {
			e := json.NewEncoder(env.Out)
			e.SetEscapeHTML(false)
			e.SetIndent("", " ")
			err = e.Encode(v)
		} else {
			err = v.write(env.Out)
		}
		if err != nil {
			return fmt.Errorf("print twin: %w", err)
		}
	}
	return nil
}

// moment returns the time asked for; zero when none is.
func (c *showCmd) moment() (time.Time, error) {
	if c.At != "" && c.Finding != "" {
		return time.Time{}, &advice.Error{Err: errors.New("show a twin: --at and --finding both say when"), Next: "give one of them"}
	}
	if c.At != "" {
		at, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			return at, &advice.Error{Err: fmt.Errorf("read --at: %w", err), Next: "write it like 2026-03-01T08:00:00Z"}
		}
		return at.UTC(), nil
	}
	if c.Finding == "" {
		return time.Time{}, nil
	}
	var at time.Time
	err := lines(filepath.Join(c.In, "findings.ndjson"), func(line []byte) error {
		var f struct {
			Time int64 `json:"time"`
			Info struct {
				UID string `json:"uid"`
			} `json:"finding_info"`
		}
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		if f.Info.UID == c.Finding && at.IsZero() {
			at = time.UnixMilli(f.Time).UTC()
		}
		return nil
	})
	if err == nil && at.IsZero() {
		return at, &advice.Error{Err: fmt.Errorf("show a twin: %s has no finding %q", filepath.Join(c.In, "findings.ndjson"), c.Finding), Next: "the uid of a finding is its finding_info.uid"}
	}
	return at, err
}

// replay reads the files up to at (zero: to their end) and returns the twins that go by the identifier, and the time they
// are of.
func (c *showCmd) replay(ctx context.Context, env Env, at time.Time) ([]Line, time.Time, error) {
	var found []Line
	last, err := env.Replay(ctx, c.Config, c.Files, at, func(t waywarden.Twin) {
		for _, x := range t.IDs {
			if sameID(x.Value, c.ID) {
				found = append(found, LineOf(t))
				return
			}
		}
	})
	if at.IsZero() {
		at = last
	}
	return found, at, err
}

// readTwins returns the twins of an analysis that go by id.
func readTwins(dir, id string) ([]Line, error) {
	var found []Line
	err := lines(filepath.Join(dir, "twins.ndjson"), func(line []byte) error {
		var j Line
		if err := json.Unmarshal(line, &j); err != nil {
			return err
		}
		for _, v := range j.IDs {
			switch v := v.(type) {
			case string:
				if sameID(v, id) {
					found = append(found, j)
					return nil
				}
			case []any:
				for _, x := range v {
					if s, ok := x.(string); ok && sameID(s, id) {
						found = append(found, j)
						return nil
					}
				}
			}
		}
		return nil
	})
	return found, err
}

// sameID says whether two spellings are of one identifier.
func sameID(a, b string) bool {
	tight := strings.NewReplacer(" ", "", "-", "")
	return a == b || strings.EqualFold(tight.Replace(a), tight.Replace(b))
}
