package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/waywarden/waywarden/internal/rename"
)

// A repetition compares the memory of a file with that of several of it in a row.
type repetition struct {
	Times      int     `json:"times"`
	OncePeakMB float64 `json:"oncePeakMB"`
	PeakMB     float64 `json:"peakMB"`
	Growth     float64 `json:"growth"` // PeakMB over OncePeakMB: near 1 where memory is bounded by what happens, not by how much
}

func (b *bencher) repeat(ctx context.Context) (repetition, error) {
	span, err := spanOf(b.plain)
	if err != nil {
		return repetition{}, err
	}
	peaks := map[int]float64{}
	for _, n := range []int{1, b.c.Repeat} {
		b.s.log.Info("run", "program", ourName, "repeat", n)
		r, w := io.Pipe()
		failed := make(chan error, 1)
		go func() {
			err := repeatFile(w, b.plain, n, span)
			failed <- err
			w.CloseWithError(err)
		}()
		row, err := b.analyze(ctx, "-", r)
		if err := errors.Join(err, r.Close(), <-failed); err != nil {
			return repetition{}, fmt.Errorf("repeat %d times: %w", n, err)
		}
		peaks[n] = row.PeakMB
	}
	once, many := peaks[1], peaks[b.c.Repeat]
	return repetition{b.c.Repeat, once, many, many / once}, nil
}

// lines calls do with every line of a file.
func lines(name string, do func(line []byte) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		long = append(long, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(long) > 0 {
			if err := do(long); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		long = long[:0]
	}
}

// spanOf is the time from the first to the last record of a file, and a minute for them to settle.
func spanOf(name string) (time.Duration, error) {
	var first, last time.Time
	err := lines(name, func(line []byte) error {
		_, after, ok := bytes.Cut(line, []byte(`"time":"`))
		text, _, closed := bytes.Cut(after, []byte(`"`))
		if at, err := time.Parse(time.RFC3339Nano, string(text)); ok && closed && err == nil { // the analysis rejects others
			if first.IsZero() || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read times: %w", err)
	}
	return last.Sub(first) + time.Minute, nil
}

// repeatFile writes a file n times, each time later and with other identifiers.
func repeatFile(w io.Writer, name string, n int, span time.Duration) error {
	b := bufio.NewWriterSize(w, 1<<20)
	for round := range n {
		rn := rename.Renamer{Round: round, Shift: time.Duration(round) * span}
		err := lines(name, func(line []byte) error {
			_, err := b.Write(rn.Line(line))
			return err
		})
		if err != nil {
			return err
		}
	}
	return b.Flush()
}
