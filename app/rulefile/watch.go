package rulefile

import (
	"context"
	"log/slog"
	"time"

	"github.com/waywarden/waywarden/internal/advice"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden/detect/rule"
)

// A Watch keeps the rules in force those of files and directories while these change. It looks at what the files hold
// rather than waiting for events, which network file systems and mounted configuration do not deliver.
//
// Rules that are wrong are told of once and do not come into force: the set before them stays, whole.
type Watch struct {
	Paths     []string
	Knowledge rule.Knowledge
	Live      *rule.Live
	Log       *slog.Logger

	loaded uint64 // digest of what is in force, or was refused
	last   uint64 // digest when it was looked at last: files that are being written change between looks
}

// Load puts the rules in force, or says what is wrong with them.
func (w *Watch) Load() error {
	digest, err := w.digest()
	if err != nil {
		return &advice.Error{Err: err, Next: "give rule files, or directories of them"}
	}
	w.loaded, w.last = digest, digest
	return w.compile()
}

// Run looks every so often until the context ends.
func (w *Watch) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.Check()
		}
	}
}

// Check loads the rules when the files hold something else than before and are the same as at the look before this one.
// It says whether a new set came into force.
func (w *Watch) Check() bool {
	digest, err := w.digest()
	if err != nil {
		if w.last != 0 { // told of once
			w.Log.Error("rules cannot be read; those in force stay", "error", err)
		}
		w.last = 0
		return false
	}
	settled := digest == w.last
	w.last = digest
	if !settled || digest == w.loaded {
		return false
	}
	w.loaded = digest
	if err := w.compile(); err != nil {
		w.Log.Error("rules are wrong; those in force stay", "error", err)
		return false
	}
	w.Log.Info("rules loaded", "paths", w.Paths)
	return true
}

func (w *Watch) compile() error {
	set, problems, err := load(w.Paths, w.Knowledge)
	if err != nil {
		return err
	}
	if err := refuse(problems); err != nil {
		return err
	}
	w.Live.Swap(set)
	return nil
}

// digest is one of the names and contents of all files.
func (w *Watch) digest() (uint64, error) {
	sources, err := read(w.Paths)
	if err != nil {
		return 0, err
	}
	h := xxh3.New()
	for _, s := range sources {
		for _, part := range [][]byte{[]byte(s.Name), {0}, s.Text, {0}} {
			if _, err := h.Write(part); err != nil {
				return 0, err
			}
		}
	}
	return h.Sum64() | 1, nil
}
