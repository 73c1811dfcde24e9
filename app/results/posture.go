package results

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/advice"
)

// Posture is the command that lists weaknesses of endpoints.
type Posture struct {
	In     string   `default:"out" env:"WAYWARDEN_OUT" type:"path" placeholder:"DIR" help:"Directory an analysis wrote (default ./out)."`
	Output string   `short:"o" enum:"text,json,sarif" default:"text" placeholder:"FORM" help:"Form: text, json or sarif (SARIF 2.1.0, for code scanning; default text)."`
	Spec   []string `placeholder:"PATH" sep:"none" help:"OpenAPI file or folder that SARIF points into, as analyze had it; without it, the learned descriptions in DIR. May be given several times."`
}

// Help teaches the command.
func (Posture) Help() string {
	return `Lists what should not be so about endpoints, whoever calls them, the gravest first, with what to do and who owns it.

As SARIF each weakness points at the line of the operation in the OpenAPI file, an endpoint that is served and not described at the nearest path.

Examples:

    waywarden posture
    waywarden posture -o sarif --spec openapi/ >posture.sarif`
}

// Run is the command.
func (c *Posture) Run(env Env) error {
	var inv waywarden.Inventory
	if err := Read(c.In, "inventory.json", &inv); err != nil {
		return err
	}
	weak, err := weaknessesOf(c.In, &inv)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(env.Out)
	switch c.Output {
	case "json", "sarif":
		var v any = weak
		if c.Output == "sarif" {
			if v, err = c.sarif(weak); err != nil {
				return err
			}
		}
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return fmt.Errorf("write posture: %w", err)
		}
	default:
		writePosture(w, weak)
	}
	return w.Flush()
}

// A weakness is one posture finding.
type weakness struct {
	UID      string              `json:"uid"`
	Rule     string              `json:"rule"`
	Severity waywarden.Severity  `json:"severity"`
	Title    string              `json:"title"`
	Desc     string              `json:"desc"`
	Types    []string            `json:"types"`
	Fix      string              `json:"fix"`
	Owner    string              `json:"owner,omitempty"`
	ID       string              `json:"endpoint,omitempty"`
	endpoint *waywarden.Endpoint // nil where it is about none
}

// weaknessesOf returns the posture findings of an analysis, the gravest first.
func weaknessesOf(dir string, inv *waywarden.Inventory) ([]weakness, error) {
	byID := map[string]*waywarden.Endpoint{}
	for i := range inv.Endpoints {
		byID[inv.Endpoints[i].ID] = &inv.Endpoints[i]
	}
	all := []weakness{}
	err := lines(dir, "posture.ndjson", func(line []byte) error {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		w := weakness{
			UID: e.Info.UID, Rule: e.Info.Analytic.UID, Severity: waywarden.Severity(e.Severity), Title: e.Info.Title, Desc: e.Info.Desc,
			Types: e.Info.Types, Fix: e.Remediation.Desc,
		}
		for _, x := range e.Enrichments {
			if x.Name == "owner" {
				w.Owner = x.Value
			}
		}
		if len(e.Resources) > 0 && e.Resources[0].Type == string(waywarden.AssetEndpoint) {
			w.ID = e.Resources[0].UID
			w.endpoint = byID[w.ID]
		}
		all = append(all, w)
		return nil
	})
	slices.SortStableFunc(all, func(a, b weakness) int {
		return cmp.Or(-cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Rule, b.Rule))
	})
	return all, err
}

func writePosture(w *bufio.Writer, all []weakness) {
	fmt.Fprintf(w, "%d weaknesses\n", len(all))
	for i, x := range all {
		if i == 0 || x.Severity != all[i-1].Severity {
			fmt.Fprintf(w, "\n%s\n", x.Severity)
		}
		if i == 0 || x.Severity != all[i-1].Severity || x.Rule != all[i-1].Rule {
			fmt.Fprintf(w, "  %s (%s)\n    fix: %s\n", x.Title, strings.Join(x.Types, ", "), x.Fix)
		}
		fmt.Fprintf(w, "    - %s", x.Desc)
		if x.Owner != "" {
			fmt.Fprintf(w, "  owner: %s", x.Owner)
		}
		fmt.Fprintln(w)
	}
}

// specProblem is the error of descriptions that cannot be read.
func specProblem(err error) error {
	return &advice.Error{Err: err, Next: "give OpenAPI files, or directories of them, with --spec"}
}
