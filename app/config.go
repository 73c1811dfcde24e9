package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
)

// A Config is the user's settings file. Every key is optional.
type Config struct {
	Reorder   time.Duration    `yaml:"reorder"`   // how far out of order records may arrive, in event time
	Paths     []PathConfig     `yaml:"paths"`     // corrections of learned path templates
	Selectors []SelectorConfig `yaml:"selectors"` // corrections of learned discriminators
	Functions []FunctionConfig `yaml:"functions"` // corrections of what an operation does
}

// A PathConfig corrects the learned path templates of a host.
type PathConfig struct {
	Host     string `yaml:"host"`     // "" for every host
	Template string `yaml:"template"` // "/vehicles/{id}/commands"
	Do       string `yaml:"do"`       // pin: exactly this; split: its last segment stays literal; merge: its last segment is a parameter
}

// A SelectorConfig says which field of a path's requests selects the function, or that none does.
type SelectorConfig struct {
	Host  string `yaml:"host"`  // "" for every host
	Path  string `yaml:"path"`  // template
	In    string `yaml:"in"`    // body, query or header
	Field string `yaml:"field"` // dotted path; "" for none
}

// A FunctionConfig says what an operation does.
type FunctionConfig struct {
	Host     string `yaml:"host"`
	Method   string `yaml:"method"`
	Template string `yaml:"template"`
	Value    string `yaml:"value"`  // of the discriminator
	Class    string `yaml:"class"`  // of domain/taxonomy.yaml
	Access   string `yaml:"access"` // read, write or control; as learned when absent
}

// DefaultConfig returns the settings used where the file says nothing.
func DefaultConfig() Config { return Config{Reorder: 2 * time.Minute} }

// LoadConfig reads a settings file over the defaults. An unknown key is an error that shows its line.
func LoadConfig(path string) (Config, error) {
	c := DefaultConfig()
	if path == "" {
		return c, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return c, fmt.Errorf("read config: %w; give an existing file with --config", err)
	}
	defer f.Close()
	if err := yaml.NewDecoder(f, yaml.Strict()).Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("read config %s:\n%s", path, yaml.FormatError(err, false, true))
	}
	if err := c.validate(); err != nil {
		return c, fmt.Errorf("read config %s: %w", path, err)
	}
	return c, nil
}

func (c *Config) validate() error {
	if c.Reorder < 0 || c.Reorder > time.Hour {
		return fmt.Errorf("reorder is %s: it must be between 0 and 1h", c.Reorder)
	}
	for i, p := range c.Paths {
		if p.Template == "" || p.Template[0] != '/' {
			return fmt.Errorf("paths[%d].template is %q: it must begin with /", i, p.Template)
		}
		if p.Do != "pin" && p.Do != "split" && p.Do != "merge" {
			return fmt.Errorf("paths[%d].do is %q: it must be pin, split or merge", i, p.Do)
		}
	}
	for i, s := range c.Selectors {
		if s.Path == "" {
			return fmt.Errorf("selectors[%d].path is missing", i)
		}
		if s.Field != "" && s.In != "body" && s.In != "query" && s.In != "header" {
			return fmt.Errorf("selectors[%d].in is %q: it must be body, query or header", i, s.In)
		}
	}
	for i, f := range c.Functions {
		if f.Template == "" || f.Class == "" {
			return fmt.Errorf("functions[%d] needs template and class", i)
		}
		if !slices.Contains([]string{"", "read", "write", "control"}, f.Access) {
			return fmt.Errorf("functions[%d].access is %q: it must be read, write or control", i, f.Access)
		}
	}
	return nil
}
