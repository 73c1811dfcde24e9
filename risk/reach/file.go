package reach

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
)

// head is the first line of callers.ndjson: what the numbers of the other lines stand for, and the time of the last record.
type head struct {
	At         time.Time `json:"at"`
	Operations []string  `json:"operations"` // ids, as inventory.json has them
	Programs   []string  `json:"programs"`   // applications and OAuth clients
}

// entry is a further line: a caller. Its numbers are places in the lists of the first line, from 0 on.
type entry struct {
	UID        string                  `json:"uid"`
	Kind       waywarden.PrincipalKind `json:"kind"`
	Last       time.Time               `json:"last"`
	Operations []int                   `json:"operations"`
	Programs   []int                   `json:"programs"`
}

// Write writes callers as NDJSON, now being the time of the last record.
func (c *Callers) Write(w io.Writer, now time.Time) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	h := head{now.UTC(), c.operations.of[1:], c.programs.of[1:]}
	if err := e.Encode(h); err != nil {
		return fmt.Errorf("write callers: %w", err)
	}
	var failed error
	c.each(func(w *caller) {
		if failed == nil {
			failed = e.Encode(entry{w.uid, w.kind, time.Unix(w.last, 0).UTC(), places(w.operations), places(w.programs)})
		}
	})
	if failed != nil {
		return fmt.Errorf("write callers: %w", failed)
	}
	return nil
}

func places(ns []uint16) []int {
	out := make([]int, len(ns))
	for i, n := range ns {
		out[i] = int(n) - 1
	}
	return out
}

// lineMax bounds a line that is read.
const lineMax = 64 << 20

// ReadCallers reads what Write wrote, and the time of the last record.
func ReadCallers(r io.Reader) (*Callers, time.Time, error) {
	c := NewCallers(CallerOptions{CallersMax: 1<<31 - 2, OperationsMax: 1<<16 - 1, ProgramsMax: 1<<16 - 1, OwnMax: 1 << 16})
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), lineMax)
	if !lines.Scan() {
		return nil, time.Time{}, errors.Join(errors.New("read callers: the first line is missing"), lines.Err())
	}
	var h head
	if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
		return nil, time.Time{}, fmt.Errorf("read callers: line 1: %w", err)
	}
	for _, s := range h.Operations {
		c.operations.number(s)
	}
	for _, s := range h.Programs {
		c.programs.number(s)
	}
	var s jsonscan.Scanner
	for n := 2; lines.Scan(); n++ {
		if err := c.line(&s, lines.Bytes()); err != nil {
			return nil, time.Time{}, fmt.Errorf("read callers: line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, time.Time{}, fmt.Errorf("read callers: %w", err)
	}
	return c, h.At, nil
}

// line takes over one caller.
func (c *Callers) line(s *jsonscan.Scanner, b []byte) error {
	var w caller
	s.Reset(b)
	for ok := s.Enter('{'); ok; ok = s.More('}') {
		switch string(s.Key()) {
		case "uid":
			w.uid = s.Text()
		case "kind":
			w.kind = waywarden.PrincipalKind(s.Text())
		case "last":
			t, err := time.Parse(time.RFC3339, s.Text())
			if err != nil {
				s.Fail("time is not RFC 3339")
			}
			w.last = t.Unix()
		case "operations":
			w.operations = numbers(s, len(c.operations.of))
		case "programs":
			w.programs = numbers(s, len(c.programs.of))
		default:
			s.Skip()
		}
	}
	if err := s.End(); err != nil {
		return err
	}
	to := c.caller(w.uid, w.kind)
	for _, op := range w.operations {
		c.note(to, w.last, op)
	}
	c.note(to, w.last, 0, w.programs...)
	return nil
}

func numbers(s *jsonscan.Scanner, limit int) []uint16 {
	var out []uint16
	for ok := s.Enter('['); ok; ok = s.More(']') {
		n := s.Int() + 1
		if n < 1 || n >= int64(limit) {
			s.Fail("number beyond the list of the first line")
			return nil
		}
		out = append(out, uint16(n))
	}
	return out
}
