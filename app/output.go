package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// An output is the directory an analysis writes: streams while it runs, whole files at its end.
type output struct {
	dir     string
	streams []*stream
}

// A stream is one NDJSON file written as the run goes.
type stream struct {
	*bufio.Writer
	file *os.File
}

// openOutput makes dir and checks early that it can be written: an error after hours of reading would be a pity.
func openOutput(dir string) (*output, error) {
	if err := os.MkdirAll(filepath.Join(dir, "openapi"), 0o755); err != nil {
		return nil, fmt.Errorf("create output directory: %w; choose another with --out", err)
	}
	return &output{dir: dir}, nil
}

// stream creates one of the files that grow during the run.
func (o *output) stream(name string) (io.Writer, error) {
	f, err := os.Create(filepath.Join(o.dir, name))
	if err != nil {
		return nil, fmt.Errorf("create output: %w; choose another directory with --out", err)
	}
	s := &stream{bufio.NewWriterSize(f, 1<<16), f}
	o.streams = append(o.streams, s)
	return s, nil
}

// close flushes and closes the streams. A full disk shows here at the latest.
func (o *output) close() error {
	var errs []error
	for _, s := range o.streams {
		if err := errors.Join(s.Flush(), s.file.Close()); err != nil {
			errs = append(errs, fmt.Errorf("write %s: %w", s.file.Name(), advised(err)))
		}
	}
	o.streams = nil
	return errors.Join(errs...)
}

// json writes v as indented JSON into the named file.
func (o *output) json(name string, v any) error {
	return o.write(name, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return e.Encode(v)
	})
}

// write replaces the named file by what fill writes, whole or not at all.
func (o *output) write(name string, fill func(io.Writer) error) error {
	path := filepath.Join(o.dir, name)
	f, err := os.CreateTemp(filepath.Dir(path), ".waywarden-*")
	if err != nil {
		return fmt.Errorf("create output: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<16)
	if err = fill(w); err == nil {
		err = errors.Join(w.Flush(), f.Chmod(0o644))
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(advised(err), os.Remove(f.Name())))
	}
	return nil
}

// advised adds what to do about an error of writing.
func advised(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w; free some space or choose another directory with --out", err)
	}
	return err
}
