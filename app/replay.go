package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/sensor"
)

// errPast ends a replay: the time asked for has passed.
var errPast = errors.New("past the time asked for")

// replay reads files as an analysis does, up to a time (zero: to their end), and calls each for every twin as it stands
// then. What a record says counts from when it was received.
func replay(ctx context.Context, configFile string, files []string, at time.Time, each func(waywarden.Twin)) (last time.Time, err error) {
	if err := readable("input", files); err != nil {
		return last, err
	}
	config, err := LoadConfig(configFile)
	if err != nil {
		return last, &InputError{Err: err}
	}
	know, err := domain.Load()
	if err != nil {
		return last, fmt.Errorf("load embedded knowledge: %w", err)
	}
	co := catalog.Default()
	config.apply(&co)
	flow := newFlow(know, co, Detectors(), config.Risk)
	handle := func(ctx context.Context, records ...*waywarden.Record) error {
		for _, rec := range records {
			if !at.IsZero() && rec.At.After(at) {
				return errPast
			}
			if !at.IsZero() && rec.Received.After(at) {
				continue
			}
			last = rec.At
			if err := flow.Handle(ctx, rec); err != nil {
				return err
			}
		}
		return nil
	}
	err = sensor.Files(ctx, sensor.FilesOptions{Paths: files, Formats: Formats(), Reorder: config.Reorder}, handle)
	if err != nil && !errors.Is(err, errPast) {
		return last, asInput(err)
	}
	flow.Twins.Each(each)
	return last, nil
}
