package domain

import (
	"fmt"
	"strconv"
	"strings"
)

// A Signal is a signal of COVESA VSS v6.0.
type Signal struct {
	Path     string // of one instance: "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	Role     string // sensor, actuator, attribute
	DataType string // boolean, float, uint8, string, string[], …
	Unit     string
	Allowed  []string
	Min, Max Bound
}

// A Bound is a limit of a range. Zero: open.
type Bound struct {
	Value float64
	Set   bool
}

func (k *Knowledge) loadSignals() error {
	k.signals = make([]Signal, 0, 1024)
	err := rows(vssTSV, "path\ttype\tdatatype\tunit\tallowed\trange", func(c []string) error {
		s := Signal{Role: c[1], DataType: c[2], Unit: c[3]}
		if c[4] != "" {
			s.Allowed = strings.Split(c[4], "|")
		}
		var err error
		if s.Min, s.Max, err = parseRange(c[5]); err != nil {
			return err
		}
		k.signals, err = expand(k.signals, s, c[0])
		return err
	})
	k.byPath = make(map[string]*Signal, len(k.signals))
	for i := range k.signals {
		k.byPath[k.signals[i].Path] = &k.signals[i]
	}
	return err
}

// expand appends the signal for every instance of a path with lists of instances: "Wheel.{Left|Right}.Speed".
func expand(signals []Signal, s Signal, path string) ([]Signal, error) {
	head, tail, templated := strings.Cut(path, "{")
	if !templated {
		s.Path = path
		return append(signals, s), nil
	}
	names, tail, closed := strings.Cut(tail, "}")
	if !closed {
		return nil, fmt.Errorf("path %q has an open list of instances", path)
	}
	var err error
	for name := range strings.SplitSeq(names, "|") {
		if signals, err = expand(signals, s, head+name+tail); err != nil {
			return nil, err
		}
	}
	return signals, nil
}

// parseRange reads "min..max" with either side left out.
func parseRange(s string) (lo, hi Bound, err error) {
	if s == "" {
		return lo, hi, nil
	}
	from, to, ok := strings.Cut(s, "..")
	if !ok {
		return lo, hi, fmt.Errorf("range %q has no two dots", s)
	}
	if lo, err = parseBound(from); err != nil {
		return lo, hi, err
	}
	hi, err = parseBound(to)
	return lo, hi, err
}

func parseBound(s string) (Bound, error) {
	if s == "" {
		return Bound{}, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	return Bound{v, err == nil}, err
}

// Signals returns all signals, every instance for itself. The caller must not change them.
func (k *Knowledge) Signals() []Signal { return k.signals }

// Signal returns a signal by its path, or nil.
func (k *Knowledge) Signal(path string) *Signal { return k.byPath[path] }

// MatchPath says whether a signal path fits a pattern in which "*" stands for one or more parts.
func MatchPath(pattern, path string) bool {
	head, tail, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == path
	}
	// What the star stands for ends where the rest of the pattern begins: data has one star per pattern.
	return len(path) > len(head)+len(tail) && strings.HasPrefix(path, head) && strings.HasSuffix(path, tail)
}
