package tara

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// standard is what tara.json says it follows.
const standard = "ISO/SAE 21434:2021 clause 15; impact and feasibility as in risk.json"

// statusProposed is the status of a row that nobody has decided on.
const statusProposed = "proposed"

// Propose returns one row for each operation whose function has a threat scenario, worst first, and all that belongs to
// them.
func Propose(f Facts) *Analysis {
	p := proposal{Facts: f, scale: scale{f.Scales}, a: &Analysis{Standard: standard, Version: 2, Paths: f.Paths}, open: openToAll(f.Operations)}
	for i := range f.Operations {
		if s := f.Scales.Scenario(f.Operations[i].Endpoint.Function.Class); s != nil {
			p.row(&f.Operations[i], s)
		}
	}
	p.bind()
	p.a.Coverage = p.coverage()
	p.a.finish(f.Scales)
	return p.a
}

// A proposal is an analysis in the making.
type proposal struct {
	Facts
	scale
	a    *Analysis
	open bool // anybody can sign up
}

func (p *proposal) row(o *Operation, s *domain.Scenario) {
	e := &o.Endpoint
	item, ex := p.item(e.Host, exposure(o)), exposure(o)
	r := Row{
		ID: "TS-" + e.ID, Origin: originTraffic, Item: e.Host, Asset: s.Asset + " behind " + call(e), Property: s.Property,
		Damage: s.Damage, Threat: s.Threat, STRIDE: s.STRIDE, R155: s.R155, OWASP: s.OWASP,
		Operation: Name(e), Function: e.Function.Class, Review: e.Function.Review, State: o.State,
		Impact: o.Impact, Feasibility: o.Feasibility, Potential: o.Potential, CVSS: p.cvss(o, ex, p.open), AttackVector: p.byVector(ex),
		Risk: max(o.Own, o.Enabled), RiskOwn: o.Own, RiskEnabled: o.Enabled, CAL: p.cal(o.Impact, ex),
		AttackPath: o.Path, Paths: []string{}, Attacker: o.Attacker, Exposure: ex, Attempts: o.Attempts,
		Treatment: treatment(o), Status: statusProposed, Observed: o.Observed,
	}
	r.ByCategory, r.Order = p.categories(r.Impact, r.Feasibility), p.order(r.Impact, r.Feasibility)
	if o.State != "" && o.State != "any" {
		r.Damage += ", vehicle " + words(o.State)
	}
	switch r.Treatment {
	case "reduce":
		r.Goal = s.Goal
	case "retain":
		r.Claim = s.Claim
	}
	if len(r.AttackPath) == 0 {
		r.AttackPath = []string{e.ID}
	}
	r.AssetID = p.asset(item, s, e.Function.Class)
	r.DamageID = p.damage(s, e.Function.Class, o.State, o.Impact)
	p.a.Rows = append(p.a.Rows, r)
}

// reduceMin is the risk value from which a treatment is proposed that lowers it.
const reduceMin = 3

// treatment proposes to take away what is risky and of no use, to reduce what is risky, and to retain the rest.
func treatment(o *Operation) string {
	e := &o.Endpoint
	switch {
	case max(o.Own, o.Enabled) < reduceMin:
		return "retain"
	case e.Deprecated, slices.Contains(e.Status, "zombie"), strings.HasPrefix(e.Function.Class, "ops."):
		return "avoid"
	}
	return "reduce"
}

// call is an endpoint's name at its host.
func call(e *waywarden.Endpoint) string {
	c := e.Method + " " + e.Template
	if d := e.Discriminator; d != nil {
		c += " " + d.Name + "=" + d.Value
	}
	return c
}

// Name names an operation: "POST api.example/vehicles/{id}/commands type=lock".
func Name(e *waywarden.Endpoint) string {
	at := *e
	at.Template = e.Host + e.Template
	return call(&at)
}

func (p *proposal) item(host, exposure string) *Item {
	for i := range p.a.Items {
		if it := &p.a.Items[i]; it.Name == host {
			if exposure == exposureInternet || it.Exposure == exposureUnknown {
				it.Exposure = exposure
			}
			return it
		}
	}
	p.a.Items = append(p.a.Items, Item{ID: "IT-" + host, Name: host, Exposure: exposure})
	return &p.a.Items[len(p.a.Items)-1]
}

func (p *proposal) asset(it *Item, s *domain.Scenario, class string) string {
	id := "AS-" + it.Name + "-" + strings.TrimSuffix(s.Prefix, ".")
	i := slices.IndexFunc(p.a.Assets, func(a Asset) bool { return a.ID == id })
	if i < 0 {
		i = len(p.a.Assets)
		p.a.Assets = append(p.a.Assets, Asset{ID: id, Item: it.ID, Name: s.Asset, Kind: s.Kind, Properties: s.Properties})
	}
	if a := &p.a.Assets[i]; !slices.Contains(a.Functions, class) {
		a.Functions = append(a.Functions, class)
	}
	return id
}

// damage returns the id of the damage scenario of a class in a state, and adds one for each state that the class is rated
// in, so that it can be seen what an interlock is for.
func (p *proposal) damage(s *domain.Scenario, class, state string, rated waywarden.Impact) string {
	id := damageID(class, state)
	if slices.ContainsFunc(p.a.Damages, func(d Damage) bool { return d.ID == id }) {
		return id
	}
	name, states := class, []domain.Impact{{State: state, Impact: rated}}
	if c := p.Functions.Class(class); c != nil {
		name = c.Name
		states = c.Impacts
		if !slices.ContainsFunc(states, func(i domain.Impact) bool { return cmp.Or(i.State, "any") == cmp.Or(state, "any") }) {
			states = append(slices.Clone(states), domain.Impact{State: state, Impact: rated})
		}
	}
	for _, i := range states {
		text := fmt.Sprintf("%s (%s)", s.Damage, name)
		if i.State != "" && i.State != "any" {
			text += ", vehicle " + words(i.State)
		}
		d := Damage{ID: damageID(class, i.State), Function: class, State: cmp.Or(i.State, "any"), Text: text, Impact: i.Impact, Level: p.level(i.Impact.Worst())}
		if !slices.ContainsFunc(p.a.Damages, func(x Damage) bool { return x.ID == d.ID }) {
			p.a.Damages = append(p.a.Damages, d)
		}
	}
	return id
}

func damageID(class, state string) string { return "DS-" + class + "-" + cmp.Or(state, "any") }

// words writes the names of states and bands as words.
func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// pathsPerRow is how many attack paths a row names, the gravest first; attackPaths has all.
const pathsPerRow = 20

// bind ties attack paths to the rows they begin at and end in.
func (p *proposal) bind() {
	index := map[string]*Row{}
	for i := range p.a.Rows {
		index[strings.TrimPrefix(p.a.Rows[i].ID, "TS-")] = &p.a.Rows[i]
	}
	for i := range p.a.Paths {
		path := &p.a.Paths[i]
		ends := []string{path.Steps[0].Endpoint, path.Steps[len(path.Steps)-1].Endpoint}
		for _, id := range slices.Compact(ends) {
			if r := index[id]; r != nil && len(r.Paths) < pathsPerRow {
				r.Paths = append(r.Paths, path.ID)
			}
		}
	}
}

// coverage says of each threat of R155 Annex 5 what is known, and what cannot be.
func (p *proposal) coverage() []Coverage {
	out := []Coverage{}
	for _, t := range p.Scales.R155.Threats {
		out = append(out, Coverage{ID: t.ID, Group: t.Group, Name: t.Name, Evidence: t.API, Findings: p.ByType["R155:"+t.ID]})
	}
	return out
}

// says is what is known of a threat of R155 in a sentence.
func (c *Coverage) says() string {
	switch {
	case c.Evidence == "none" && c.Rows == 0:
		return "Not assessed: API traffic shows nothing of it. Assess it by other means."
	case c.Evidence == "none":
		return "Assessed by people alone: API traffic shows nothing of it."
	case c.Rows == 0 && c.Findings == 0 && c.Evidence == "weak":
		return "Not assessed: API traffic shows it only in part, and showed nothing."
	case c.Rows == 0 && c.Findings == 0:
		return "No row and no finding: traffic could show it and showed no attempt. Say whether it applies."
	case c.Rows == 0:
		return "Seen in findings, and no row deals with it: add one."
	case c.Evidence == "weak":
		return "Rows deal with it; traffic alone shows only part of it."
	case c.Findings == 0:
		return "Rows deal with it; no attempt was seen."
	}
	return "Rows deal with it, and attempts were seen."
}

// PathID is the stable id of an attack path: a digest of what makes it.
func PathID(parts []string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "AP-" + hex.EncodeToString(sum[:5])
}
