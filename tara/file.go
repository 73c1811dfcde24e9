package tara

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Where a row comes from.
const (
	originTraffic = "traffic"
	originPerson  = "person"
)

// What a person decides about a row.
const (
	statusAccepted = "accepted"
	statusEdited   = "edited"
	statusRejected = "rejected"
)

// A File is what people decided, in a file of their own. No analysis writes it.
type File struct {
	Version     int          `yaml:"version"`
	Name        string       `yaml:"name,omitempty"`
	Baseline    string       `yaml:"baseline,omitempty"` // the signed analysis to compare with; from this file's folder on
	Rows        []Decision   `yaml:"rows,omitempty"`
	Assumptions []Assumption `yaml:"assumptions,omitempty"`

	comments yaml.CommentMap // of the person's, kept when the file is written again
}

// A Decision is what a person says about a row, or a row of their own.
type Decision struct {
	ID        string            `yaml:"id"`
	Operation string            `yaml:"operation,omitempty"` // finds the row when the id changed, and binds a row of one's own to traffic
	Status    string            `yaml:"status"`              // accepted, edited, rejected
	By        string            `yaml:"by"`
	At        time.Time         `yaml:"at,omitempty"`
	Reason    string            `yaml:"reason,omitempty"`
	Values    map[string]string `yaml:"values,omitempty"` // by [Field]; they count, whatever traffic says
	Basis     map[string]string `yaml:"basis,omitempty"`  // what was proposed at the time, where the value differs
	Extra     map[string]string `yaml:"extra,omitempty"`  // columns of other tools
}

// ReadFile reads a person's file. An error says where it is wrong.
func ReadFile(name string, text []byte) (*File, error) {
	f := &File{comments: yaml.CommentMap{}}
	if err := yaml.UnmarshalWithOptions(text, f, yaml.Strict(), yaml.CommentToMap(f.comments)); err != nil {
		return nil, fmt.Errorf("read %s:\n%s", name, yaml.FormatError(err, false, true))
	}
	f.Version = max(f.Version, 1)
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return f, nil
}

// Bytes returns the file as it is written: with the person's comments.
func (f *File) Bytes() ([]byte, error) {
	f.Version = max(f.Version, 1)
	b, err := yaml.MarshalWithOptions(f, yaml.WithComment(f.comments), yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return nil, fmt.Errorf("write decisions: %w", err)
	}
	return b, nil
}

func (f *File) check() error {
	seen := map[string]bool{}
	for i := range f.Rows {
		d := &f.Rows[i]
		if err := d.check(); err != nil {
			return fmt.Errorf("rows[%d] (%s): %w", i, cmp.Or(d.ID, "without an id"), err)
		}
		if seen[d.ID] {
			return fmt.Errorf("rows[%d]: %s is there twice", i, d.ID)
		}
		seen[d.ID] = true
	}
	clear(seen)
	for i := range f.Assumptions {
		a := &f.Assumptions[i]
		if err := a.check(); err != nil {
			return fmt.Errorf("assumptions[%d] (%s): %w", i, cmp.Or(a.ID, "without an id"), err)
		}
		if seen[a.ID] {
			return fmt.Errorf("assumptions[%d]: %s is there twice", i, a.ID)
		}
		seen[a.ID] = true
	}
	return nil
}

// check puts the values into their normal form, and says what is wrong.
func (d *Decision) check() error {
	switch {
	case d.ID == "":
		return errors.New("id is missing")
	case !slices.Contains([]string{statusAccepted, statusEdited, statusRejected}, d.Status):
		return fmt.Errorf("status is %q: it must be one of accepted, edited, rejected", d.Status)
	case d.By == "":
		return errors.New("by is missing: who decided it?")
	case d.Status == statusRejected && d.Reason == "":
		return errors.New("reason is missing: why is it rejected?")
	}
	for name, v := range d.Values {
		n, err := Normal(name, v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		d.Values[name] = n
	}
	return nil
}

// Decide sets a decision in place of the one of the same id, or adds it.
func (f *File) Decide(d Decision) error {
	if err := d.check(); err != nil {
		return err
	}
	if i := slices.IndexFunc(f.Rows, func(x Decision) bool { return x.ID == d.ID }); i >= 0 {
		f.Rows[i] = d
		return nil
	}
	f.Rows = append(f.Rows, d)
	return nil
}

// shape is an operation's name whatever its parameters are called and however much of its path was learned: it fits a
// name that has a value where it has a parameter.
func shape(operation string) string {
	var b strings.Builder
	inside := false
	for _, r := range operation {
		switch {
		case r == '{':
			inside = true
			b.WriteString("{}")
		case r == '}':
			inside = false
		case !inside:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
