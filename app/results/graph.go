package results

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/internal/near"
	"github.com/waywarden/waywarden/risk"
	"github.com/waywarden/waywarden/risk/graph"
)

// Graph is the command that shows the graph and the paths over it.
type Graph struct {
	In     string   `default:"out" env:"WAYWARDEN_OUT" type:"path" placeholder:"DIR" help:"Directory an analysis wrote (default ./out)."`
	Output string   `short:"o" enum:"text,dot,json" default:"text" placeholder:"FORM" help:"Form: text, dot (Graphviz) or json (default text)."`
	To     string   `placeholder:"CLASS" help:"Only paths to functions of this class, or of classes that begin with it: act.door."`
	From   string   `placeholder:"WHO" help:"Only paths that this attacker can begin: outsider, user, partner or insider."`
	Top    int      `default:"20" placeholder:"N" help:"Paths shown in text, 0 for all (default 20)."`
	Fixed  []string `placeholder:"ENDPOINT" sep:"none" help:"What if this endpoint were repaired: its id, or METHOD and TEMPLATE. May be given several times."`
}

// Help teaches the command.
func (Graph) Help() string {
	return `Shows which endpoints feed which, and the attack paths over them to functions that act on vehicles and chargers:
confirmed ones were seen in traffic step by step, possible ones have a step that only the types of data propose.

Examples:

    waywarden graph
    waywarden graph --to act.door.unlock --from outsider
    waywarden graph --fixed 'GET /v3/vans/{id}/keys'
    waywarden graph -o dot | dot -Tsvg >graph.svg`
}

// Run is the command.
func (c *Graph) Run(env Env) error {
	var inv waywarden.Inventory
	var g graph.Graph
	var r risk.Report
	for name, into := range map[string]any{"inventory.json": &inv, "graph.json": &g, "risk.json": &r} {
		if err := Read(c.In, name, into); err != nil {
			return err
		}
	}
	if c.From != "" && !slices.Contains(risk.Attackers(), c.From) {
		return &advice.Error{Err: fmt.Errorf("--from: there is no attacker %q", c.From), Next: near.Advice(c.From, risk.Attackers())}
	}
	fixed, err := c.endpoints(inv.Endpoints)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(env.Out)
	if c.Output == "dot" {
		if err := g.DOT(w, &inv); err != nil {
			return fmt.Errorf("write graph: %w", err)
		}
		return w.Flush()
	}
	left := r.Fix(fixed...)
	paths := c.chosen(left.Remaining)
	if c.Output == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		if err := e.Encode(map[string]any{"edges": g.Edges, "admits": g.Admits, "handOvers": g.HandOvers, "paths": paths, "chokePoints": r.Chokes, "whatIf": left}); err != nil {
			return fmt.Errorf("write graph: %w", err)
		}
		return w.Flush()
	}
	c.text(w, &g, &r, left, paths)
	return w.Flush()
}

// endpoints returns the ids of the endpoints that --fixed names.
func (c *Graph) endpoints(all []waywarden.Endpoint) ([]string, error) {
	var ids []string
	for _, query := range c.Fixed {
		found := matching(all, query)
		if len(found) == 0 {
			return nil, notFound(all, "", query)
		}
		for _, e := range found {
			ids = append(ids, e.ID)
		}
	}
	return ids, nil
}

func (c *Graph) chosen(all []risk.Path) []risk.Path {
	out := []risk.Path{}
	for _, p := range all {
		if strings.HasPrefix(p.Reaches, c.To) && (c.From == "" || c.From == p.Attacker) {
			out = append(out, p)
		}
	}
	return out
}

func (c *Graph) text(w io.Writer, g *graph.Graph, r *risk.Report, left risk.WhatIf, paths []risk.Path) {
	names := map[string]string{}
	for _, list := range [...][]risk.Derivation{r.Endpoints, r.OCPP} {
		for i := range list {
			names[list[i].Endpoint] = list[i].Name
		}
	}
	fmt.Fprintf(w, "%d value flows, %d grants and states, %d hand-overs\n", len(g.Edges), len(g.Admits), len(g.HandOvers))
	if len(left.Fixed) > 0 {
		fmt.Fprintf(w, "\nWith %s repaired, %d of %d paths are closed", strings.Join(c.Fixed, " and "), left.Closed, len(r.Paths))
		if len(left.Safe) > 0 {
			fmt.Fprintf(w, ", and nothing leads any more to %s", strings.Join(left.Safe, ", "))
		}
		fmt.Fprintln(w, ".")
	}
	fmt.Fprintf(w, "\nAttack paths (%d)\n", len(paths))
	for i := range paths {
		if c.Top > 0 && i == c.Top {
			fmt.Fprintf(w, "\n  and %d more: --top 0 shows all\n", len(paths)-i)
			break
		}
		writePath(w, &paths[i], names)
	}
	if len(left.Fixed) == 0 && len(r.Chokes) > 0 {
		fmt.Fprintf(w, "\nChoke points: repair these first\n")
		for i, p := range r.Chokes {
			if c.Top > 0 && i == c.Top {
				break
			}
			fmt.Fprintf(w, "  closes %4d paths (risk up to %d)  %s\n", p.Closes, p.RiskMax, names[p.Endpoint])
		}
	}
}

func writePath(w io.Writer, p *risk.Path, names map[string]string) {
	sure := "confirmed"
	if !p.Confirmed {
		sure = "possible"
	}
	fmt.Fprintf(w, "\n  risk %d  %s  %s to %s  (%s feasibility, confidence %.2f)\n", p.Risk, sure, p.Attacker, p.Reaches, p.Band, p.Confidence)
	for i, s := range p.Steps {
		by := ""
		if i > 0 {
			by = strings.TrimSpace("  by " + strings.ReplaceAll(s.By, "_", "-") + " " + s.What)
			if s.By == "possible" {
				by = "perhaps by " + s.What
			}
			by = "  " + by
		}
		fmt.Fprintf(w, "    %s%s\n", names[s.Endpoint], by)
	}
}
