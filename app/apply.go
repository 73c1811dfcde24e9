package app

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog"
	"github.com/waywarden/waywarden/catalog/template"
)

// apply turns the user's corrections into the catalog's options.
func (c *Config) apply(o *catalog.Options) {
	o.Pins = map[string][]template.Pin{}
	for _, p := range c.Paths {
		o.Pins[p.Host] = append(o.Pins[p.Host], template.Pin{Template: p.Template, Split: p.Do == "split", Merge: p.Do == "merge"})
	}
	for _, s := range c.Selectors {
		o.Selectors = append(o.Selectors, catalog.Selector{Host: s.Host, Template: s.Path, In: placeOf(s.In), Name: s.Field})
	}
	for _, f := range c.Functions {
		o.Corrections = append(o.Corrections, catalog.Correction{Host: f.Host, Method: f.Method, Template: f.Template, Value: f.Value, Class: f.Class, Access: waywarden.Access(f.Access)})
	}
}

func placeOf(in string) waywarden.Place {
	switch in {
	case "query":
		return waywarden.InQuery
	case "header":
		return waywarden.InHeader
	case "body":
		return waywarden.InBody
	}
	return waywarden.InNowhere
}
