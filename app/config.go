package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/waywarden/waywarden/detect/profile"
	"github.com/waywarden/waywarden/risk"
)

// A Config is the user's settings file. Every key is optional.
type Config struct {
	Reorder   time.Duration    `yaml:"reorder"`   // how far out of order records may arrive, in event time
	Paths     []PathConfig     `yaml:"paths"`     // corrections of learned path templates
	Selectors []SelectorConfig `yaml:"selectors"` // corrections of learned discriminators
	Functions []FunctionConfig `yaml:"functions"` // corrections of what an operation does
	Risk      risk.Weights     `yaml:"risk"`      // weights of the score that orders endpoints; they add up to 1
	Profiles  profile.Config   `yaml:"profiles"`  // how many false alarms of the behaviour profiles are accepted
	Owners    risk.Owners      `yaml:"owners"`    // which team owns which part of the APIs
	CRS       bool             `yaml:"crs"`       // hold suspicious values against the OWASP Core Rule Set
	TARA      string           `yaml:"tara"`      // what people decided about the threat analysis, from the settings file's folder on
	Rules     []string         `yaml:"rules"`     // the user's own rules: files and directories, from the settings file's folder on
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
func DefaultConfig() Config {
	return Config{Reorder: 2 * time.Minute, Risk: risk.DefaultWeights(), Profiles: profile.Default()}
}

// LoadConfig reads a settings file over the defaults. An unknown key is an error that shows its line.
func LoadConfig(path string) (Config, error) {
	c := DefaultConfig()
	if path == "" {
		return c, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read config: %w; give an existing file with --config", err)
	}
	var said any
	if yaml.Unmarshal(text, &said) == nil && said == nil {
		return c, nil // nothing but comments, which would otherwise clear the defaults
	}
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
		return c, fmt.Errorf("read config %s:\n%s", path, yaml.FormatError(err, false, true))
	}
	if err := c.validate(); err != nil {
		return c, fmt.Errorf("read config %s: %w", path, err)
	}
	if c.TARA != "" && !filepath.IsAbs(c.TARA) {
		c.TARA = filepath.Join(filepath.Dir(path), c.TARA)
	}
	for i, r := range c.Rules {
		if !filepath.IsAbs(r) {
			c.Rules[i] = filepath.Join(filepath.Dir(path), r)
		}
	}
	return c, nil
}

func (c *Config) validate() error {
	if c.Reorder < 0 || c.Reorder > time.Hour {
		return fmt.Errorf("reorder is %s: it must be between 0 and 1h", c.Reorder)
	}
	if err := c.Risk.Validate(); err != nil {
		return fmt.Errorf("risk: %w", err)
	}
	if err := c.Profiles.Validate(); err != nil {
		return fmt.Errorf("profiles.%w", err)
	}
	if err := c.Owners.Validate(); err != nil {
		return fmt.Errorf("owners%w", err)
	}
	for i, p := range c.Paths {
		if err := p.validate(); err != nil {
			return fmt.Errorf("paths[%d].%w", i, err)
		}
	}
	for i, s := range c.Selectors {
		if err := s.validate(); err != nil {
			return fmt.Errorf("selectors[%d].%w", i, err)
		}
	}
	for i, f := range c.Functions {
		if err := f.validate(); err != nil {
			return fmt.Errorf("functions[%d].%w", i, err)
		}
	}
	return nil
}

func (p *PathConfig) validate() error {
	if !strings.HasPrefix(p.Template, "/") {
		return fmt.Errorf("template is %q: it must begin with /", p.Template)
	}
	return oneOf("do", p.Do, "pin", "split", "merge")
}

func (s *SelectorConfig) validate() error {
	if !strings.HasPrefix(s.Path, "/") {
		return fmt.Errorf("path is %q: it must be a template that begins with /", s.Path)
	}
	if s.Field == "" {
		return nil
	}
	return oneOf("in", s.In, "body", "query", "header")
}

func (f *FunctionConfig) validate() error {
	if !strings.HasPrefix(f.Template, "/") {
		return fmt.Errorf("template is %q: it must begin with /", f.Template)
	}
	if f.Class == "" {
		return errors.New("class is missing: give an id of domain/taxonomy.yaml, such as act.door.unlock")
	}
	return oneOf("access", f.Access, "", "read", "write", "control")
}

func oneOf(key, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s is %q: it must be one of %s", key, value, strings.TrimPrefix(strings.Join(allowed, ", "), ", "))
}
