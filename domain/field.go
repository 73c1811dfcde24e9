package domain

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed fields.tsv
var fieldsTSV string

// A Field says which signal of a vehicle a field of an API's answer carries. Names are of the interfaces of vendors,
// telematics services and trackers, in the languages they come in; they are written without separators, in lower case.
type Field struct {
	Path   []string // the last names of the field's path: "speed", or "drivestate", "speed" where only both tell
	Signal string   // VSS path, or one below Vehicle.Private
	Form   string   // how the value is to be read: speed, mph, distance, miles, percent, locked, open, ignition, …
}

func (k *Knowledge) loadFields() error {
	k.fields = make([]Field, 0, strings.Count(fieldsTSV, "\n"))
	return rows(fieldsTSV, "field\tsignal\tform", func(c []string) error {
		if k.Signal(c[1]) == nil && !strings.HasPrefix(c[1], "Vehicle.Private.") {
			return fmt.Errorf("field %s: no signal %s", c[0], c[1])
		}
		k.fields = append(k.fields, Field{strings.Split(c[0], "/"), c[1], c[2]})
		return nil
	})
}

// Fields returns the names under which answers carry the state of vehicles. The caller must not change them.
func (k *Knowledge) Fields() []Field { return k.fields }
