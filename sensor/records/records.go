// Package records decodes the contract's own input: NDJSON, one record a line.
//
// It is the hot path of every run, so it reads the text once, without reflection: the strings of a record and its
// bodies share one buffer that is written while they are unescaped; a record costs three allocations or four.
//
// What it takes beyond the contract: keys in any order and unknown ones, numbers where text is due, a body that is JSON
// instead of text, a frame that is text instead of JSON, time zones. A key that comes twice counts as it came last; of a
// header that comes twice both fields are kept, since that is what they mean. At most [maxHeaders] fields of a message
// are kept; more are counted as [sensor.CountHeadersCut].
package records

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/waywarden/waywarden/internal/jsonscan"
	"github.com/waywarden/waywarden/sensor"
)

// Options set the limits. The zero Options are the defaults.
type Options struct {
	LineLimit int   // most bytes of a line; 0: sensor.DefaultLineLimit
	BodyLimit int64 // most bytes of a body; 0: sensor.DefaultBodyLimit
}

// Format decodes contract records.
type Format struct{ Options Options }

// Name is "records".
func (Format) Name() string { return "records" }

// Detect finds lines that are objects with a known kind.
func (Format) Detect(head []byte) int {
	best := 0
	for line := range bytes.Lines(head) {
		best = max(best, detectLine(bytes.TrimSpace(line)))
	}
	return best
}

func detectLine(line []byte) int {
	if len(line) == 0 || line[0] != '{' {
		return 0
	}
	var s jsonscan.Scanner
	s.Reset(line)
	kind, timed := "", false
	for ok := s.Enter('{'); ok; ok = s.More('}') {
		switch string(s.Key()) {
		case "kind":
			if s.Peek() == '"' {
				kind = string(s.View())
				break
			}
			s.Skip()
		case "time":
			timed = true
			s.Skip()
		default:
			s.Skip()
		}
	}
	switch {
	case kindOf([]byte(kind)) == 0:
		return 0
	case timed:
		return 98
	}
	return 60
}

// ctxEvery is after how many lines the context is looked at.
const ctxEvery = 256

// Decode reads lines to the end of in.
func (f Format) Decode(ctx context.Context, in sensor.Input, out sensor.Output) error {
	lines := sensor.NewLines(in.R, f.Options.LineLimit)
	d := decoder{bodyLimit: f.Options.BodyLimit, count: out.Count, unnamed: sensor.NewIDs()}
	for {
		if lines.Number()%ctxEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line, err := lines.Next()
		switch {
		case err == nil:
		case errors.Is(err, sensor.ErrLineTooLong):
			out.Reject(sensor.Reject(in.Name, lines.Number(), err.Error(), line))
			continue
		case errors.Is(err, io.EOF):
			return nil
		default:
			return fmt.Errorf("read %s: %w", in.Name, err)
		}
		r, err := d.record(line)
		if err != nil {
			out.Reject(sensor.Reject(in.Name, lines.Number(), err.Error(), line))
			continue
		}
		if err := out.Record(r); err != nil {
			return err
		}
	}
}
