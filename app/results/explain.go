// Package results has the commands about what an analysis wrote.
package results

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/internal/near"
)

// Env is what the commands need of the world.
type Env struct{ Out io.Writer }

// Explain is the command that says why an endpoint is what the inventory says.
type Explain struct {
	In    string   `default:"out" env:"WAYWARDEN_OUT" type:"path" placeholder:"DIR" help:"Directory an analysis wrote (default ./out)."`
	Host  string   `placeholder:"HOST" help:"Only endpoints of this host."`
	Query []string `arg:"" name:"endpoint" help:"METHOD and TEMPLATE, a path that was called, or the id of an endpoint in inventory.json."`
}

// Help teaches the command.
func (Explain) Help() string {
	return `Names of parameters need not match: /vans/{id} finds /vans/{vin}, and so does a path that was called.

Examples:

    waywarden explain GET '/v3/vans/{id}/location'
    waywarden explain --in report --host partner.vanloop.example POST /api/voertuigen/VX-104-R/opdrachten
    waywarden explain --in report 4be2a90c11d37f06`
}

// Run is the command.
func (c *Explain) Run(e Env) error {
	return explain(e.Out, c.In, c.Host, strings.Join(c.Query, " "))
}

// explain writes to w why the endpoints that query names, in the output directory dir of an analysis, are what the
// inventory says they are. A query is "METHOD TEMPLATE", "TEMPLATE" or an endpoint's id.
func explain(w io.Writer, dir, host, query string) error {
	var inv waywarden.Inventory
	if err := Read(dir, "inventory.json", &inv); err != nil {
		return err
	}
	why := map[string][]string{} // by endpoint id
	if err := Read(dir, "explain.json", &why); err != nil {
		return err
	}
	if host != "" {
		inv.Endpoints = slices.DeleteFunc(inv.Endpoints, func(e waywarden.Endpoint) bool { return e.Host != host })
	}
	found := matching(inv.Endpoints, query)
	if len(found) == 0 {
		return notFound(inv.Endpoints, host, query)
	}
	b := bufio.NewWriter(w)
	for i, e := range found {
		if i > 0 {
			fmt.Fprintln(b)
		}
		writeExplanation(b, e, why[e.ID])
	}
	return b.Flush()
}

// Read reads one of the files an analysis wrote.
func Read(dir, name string, into any) error {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return &advice.Error{Err: fmt.Errorf("read the output of an analysis: %w", err), Next: "run waywarden analyze first, or say with --in where its --out was"}
	} else if err != nil {
		return &advice.Error{Err: fmt.Errorf("read the output of an analysis: %w", err), Next: ""}
	}
	if err := json.Unmarshal(data, into); err != nil {
		return &advice.Error{Err: fmt.Errorf("read %s: %w", filepath.Join(dir, name), err), Next: "the file is damaged: run the analysis again"}
	}
	return nil
}

// matching returns the endpoints a query names: exactly, else by structure.
func matching(all []waywarden.Endpoint, query string) []*waywarden.Endpoint {
	method, path := splitQuery(query)
	var exact, alike []*waywarden.Endpoint
	for i := range all {
		e := &all[i]
		switch {
		case e.ID == query:
			return []*waywarden.Endpoint{e}
		case method != "" && method != e.Method:
		case e.Template == path:
			exact = append(exact, e)
		case sameShape(e.Template, path):
			alike = append(alike, e)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return alike
}

func splitQuery(query string) (method, path string) {
	before, after, ok := strings.Cut(query, " ")
	if !ok {
		return "", query
	}
	return strings.ToUpper(before), strings.TrimSpace(after)
}

// sameShape says whether a path, or a template with other parameter names, fits a template.
func sameShape(template, path string) bool {
	path, _, _ = strings.Cut(path, "?")
	t, p := strings.Split(strings.Trim(template, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	if len(t) != len(p) {
		return false
	}
	for i := range t {
		if strings.Contains(t[i], "{") != strings.Contains(p[i], "{") && !strings.Contains(t[i], "{") {
			return false
		}
		if !strings.Contains(t[i], "{") && !strings.EqualFold(t[i], p[i]) {
			return false
		}
	}
	return true
}

func notFound(all []waywarden.Endpoint, host, query string) error {
	method, path := splitQuery(query)
	var names []string
	for _, e := range all {
		name := e.Method + " " + e.Template
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	word := strings.TrimSpace(method + " " + path)
	hints := near.Names(word, names, 3)
	if method == "" {
		hints = near.Names(path, templates(all), 3)
	}
	where := "the inventory"
	if host != "" {
		where += " of " + host
	}
	next := "inventory.json lists all there are"
	switch {
	case len(all) == 0 && host != "":
		next = "no call to that host was seen"
	case len(hints) > 0:
		next = "did you mean: " + strings.Join(hints, ", ")
	}
	return &advice.Error{Err: fmt.Errorf("find endpoint: nothing in %s is %q", where, query), Next: next}
}

func templates(all []waywarden.Endpoint) []string {
	var names []string
	for _, e := range all {
		if !slices.Contains(names, e.Template) {
			names = append(names, e.Template)
		}
	}
	return names
}

func writeExplanation(w io.Writer, e *waywarden.Endpoint, why []string) {
	fmt.Fprintf(w, "%s %s%s", e.Method, e.Host, e.Template)
	if d := e.Discriminator; d != nil {
		fmt.Fprintf(w, "  %s %s=%s", d.In, d.Name, d.Value)
	}
	fmt.Fprintf(w, "\n  id        %s\n", e.ID)
	if e.Function.Class != "" {
		fmt.Fprintf(w, "  function  %s (confidence %.2f), %s\n", e.Function.Class, e.Function.Confidence, e.Access)
	}
	fmt.Fprintf(w, "  sign-in   %s", e.Authentication.Required)
	for _, s := range e.Authentication.Schemes {
		fmt.Fprintf(w, " %s", s)
	}
	fmt.Fprintf(w, "\n  status    %s\n", strings.Join(e.Status, " "))
	fmt.Fprintf(w, "  risk      %d (safety %d, financial %d, operational %d, privacy %d; 0 to 3 each)\n", e.Risk.Score,
		e.Risk.Impact.Safety, e.Risk.Impact.Financial, e.Risk.Impact.Operational, e.Risk.Impact.Privacy)
	fmt.Fprintf(w, "  seen      %d calls, %d callers\n", e.Count, e.Principals)
	if len(why) > 0 {
		fmt.Fprintln(w, "  because")
	}
	for _, line := range why {
		fmt.Fprintf(w, "    %s\n", line)
	}
}
