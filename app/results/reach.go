package results

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/internal/near"
	"github.com/waywarden/waywarden/risk"
	"github.com/waywarden/waywarden/risk/reach"
)

// Reach is the command that says what somebody can reach: the blast radius.
type Reach struct {
	In     string   `default:"out" env:"WAYWARDEN_OUT" type:"path" placeholder:"DIR" help:"Directory an analysis wrote (default ./out)."`
	Output string   `short:"o" enum:"text,json" default:"text" placeholder:"text|json" help:"Print for people (text, the default) or machines (json)."`
	Count  int      `placeholder:"N" help:"Say how long it takes to reach N vehicles or chargers, besides 1, 10, 100 and so on."`
	IDs    int      `name:"ids" default:"20" placeholder:"N" help:"Identifiers listed of each kind (default 20)."`
	Who    []string `arg:"" name:"who" help:"A principal, application, OAuth client, endpoint (id, or METHOD and TEMPLATE), finding or incident."`
}

// Help teaches the command.
func (Reach) Help() string {
	return `The blast radius, as a what-if: if this token, program, partner, endpoint or incident is in the wrong hands, which vehicles and chargers are, how many of them move now, which functions, which power, and how long would it take?

Three circles are kept apart: what they have by their rights; what they could reach over steps that traffic showed to be open; and what they could reach if steps that only types of data propose were open too.

Examples:

    waywarden reach user-4711
    waywarden reach fleet-partner-app -o json
    waywarden reach POST '/v3/vans/{id}/commands'
    waywarden reach --count 1000 inc-3kq1v0x2`
}

// Run is the command.
func (c *Reach) Run(env Env) error {
	var inv waywarden.Inventory
	var r risk.Report
	if err := errors.Join(Read(c.In, "inventory.json", &inv), Read(c.In, "risk.json", &r)); err != nil {
		return err
	}
	callers, now, err := readCallers(c.In)
	if err != nil {
		return err
	}
	world := reach.NewWorld(now)
	if err := eachTwin(c.In, world.Add); err != nil {
		return err
	}
	world.Seal()
	operations, paths := reachable(&inv, &r)
	a := asked{dir: c.In, inv: &inv, know: reach.NewKnowledge(world, callers, operations, paths)}
	kind, q, err := a.question(strings.Join(c.Who, " "))
	if err != nil {
		return err
	}
	q.Total, q.IDs = c.Count, c.IDs
	return c.print(env.Out, reachAnswer{Kind: kind, Who: strings.Join(c.Who, " "), Report: a.know.Reach(q)})
}

// A reachAnswer is what the command prints as JSON.
type reachAnswer struct {
	Kind string `json:"kind"` // principal, application, endpoint, finding or incident
	Who  string `json:"who"`
	reach.Report
}

// reachable returns what an analysis knows of operations and paths in the words of reach.
func reachable(inv *waywarden.Inventory, r *risk.Report) (operations []reach.Operation, paths []reach.Path) {
	for i := range min(len(inv.Endpoints), len(r.Endpoints)) {
		if inv.Endpoints[i].Count == 0 {
			continue // nobody was ever served by it
		}
		operations = append(operations, operation(&inv.Endpoints[i], &r.Endpoints[i]))
	}
	for i := range r.OCPP {
		d := &r.OCPP[i]
		operations = append(operations, reach.Operation{ // who has a socket has no right to what goes over the others
			ID: d.Endpoint, Name: d.Name, Host: d.Endpoint, Class: d.Function, Access: d.Access, Asset: waywarden.AssetCharger, Level: level(d),
		})
	}
	for i := range r.Paths {
		p := &r.Paths[i]
		x := reach.Path{Confirmed: p.Confirmed, Bulk: p.Bulk}
		for _, s := range p.Steps {
			x.Steps = append(x.Steps, reach.Step{Operation: s.Endpoint, By: s.By})
		}
		paths = append(paths, x)
	}
	return operations, paths
}

func level(d *risk.Derivation) int {
	return max(slices.Index(risk.Attackers(), d.Attacker), reach.Outsider)
}

// platformScale is risk.json's scale of what reaches the whole platform.
const platformScale = 3

func operation(e *waywarden.Endpoint, d *risk.Derivation) reach.Operation {
	o := reach.Operation{
		ID: e.ID, Name: d.Name, Host: e.Host, Class: e.Function.Class, Access: e.Access, Asset: named(e), Level: level(d),
		Open:     e.Authentication.Required == "never" || e.Authentication.Required == "mixed",
		Platform: d.Scale == platformScale && d.Observed.ForeignServed == 0, PerMinute: d.Observed.RatePerMinute, Batch: d.Observed.Batch, Limited: e.Statuses["429"] > 0,
	}
	switch {
	case d.Observed.ForeignServed > 0:
		o.Checked = waywarden.False
	case d.Observed.ForeignRefused > 0:
		o.Checked = waywarden.True
	}
	return o
}

// named returns what kind of asset an endpoint is about: what its function says, else what it takes, else what it gives.
func named(e *waywarden.Endpoint) waywarden.AssetType {
	switch part, _, _ := strings.Cut(e.Function.Class, "."); part {
	case "chg":
		return waywarden.AssetCharger
	case "act", "diag", "ota":
		return waywarden.AssetVehicle
	}
	given := waywarden.AssetType("")
	for _, p := range e.Parameters {
		var t waywarden.AssetType
		switch p.DataType {
		case waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypePlate, waywarden.TypeIMEI:
			t = waywarden.AssetVehicle
		case waywarden.TypeStationID:
			t = waywarden.AssetCharger
		default:
			continue
		}
		if p.In != "response" {
			return t
		}
		if given == "" {
			given = t
		}
	}
	return given
}

// asked finds out whom a word means.
type asked struct {
	dir  string
	inv  *waywarden.Inventory
	know *reach.Knowledge
}

func (a *asked) question(word string) (kind string, q reach.Question, err error) {
	if kind, uids := a.know.Who(word); kind != "" {
		return kind, reach.Question{Callers: uids}, nil
	}
	for _, e := range matching(a.inv.Endpoints, word) {
		q.Operations = append(q.Operations, e.ID)
	}
	if len(q.Operations) > 0 {
		return "endpoint", q, nil
	}
	if kind, found, err := findingsOf(a.dir, word); err != nil || len(found) > 0 {
		return kind, questionOf(found), err
	}
	next := "give a principal, application, client id, endpoint, or the uid of a finding or incident as the analysis wrote it"
	var names []string
	for _, app := range a.inv.Applications {
		names = append(names, app.UID)
	}
	for _, e := range a.inv.Endpoints {
		names = append(names, e.Method+" "+e.Template)
	}
	if hints := near.Names(word, names, 3); len(hints) > 0 {
		next = "did you mean: " + strings.Join(hints, ", ")
	}
	return "", q, &advice.Error{Err: fmt.Errorf("find who is meant: nobody and nothing in %s is %q", a.dir, word), Next: next}
}

// questionOf asks for those behind findings. Where nobody signed in it is anybody.
func questionOf(found []event) reach.Question {
	var q reach.Question
	for i := range found {
		for _, e := range found[i].Evidences {
			if uid := e.Actor.User.UID; uid != "" && !slices.Contains(q.Callers, uid) {
				q.Callers = append(q.Callers, uid)
			}
		}
		for _, r := range found[i].Resources {
			if hit := (waywarden.Resource{Type: waywarden.AssetType(r.Type), UID: r.UID}); !slices.Contains(q.Hit, hit) {
				q.Hit = append(q.Hit, hit)
			}
		}
	}
	slices.Sort(q.Callers)
	return q
}

func (c *Reach) print(to io.Writer, a reachAnswer) error {
	w := bufio.NewWriter(to)
	if c.Output == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		if err := e.Encode(a); err != nil {
			return fmt.Errorf("write reach: %w", err)
		}
		return w.Flush()
	}
	fmt.Fprintf(w, "%s %s, %s, as of %s\n", a.Kind, a.Who, a.Level, a.At.Format(time.RFC3339))
	if a.Callers > 1 {
		fmt.Fprintf(w, "%d callers\n", a.Callers)
	}
	if len(a.Programs) > 0 {
		fmt.Fprintf(w, "through %s\n", strings.Join(a.Programs, ", "))
	}
	for _, t := range [...]waywarden.AssetType{waywarden.AssetVehicle, waywarden.AssetCharger, waywarden.AssetConsumer} {
		if n := a.Hit[string(t)]; n > 0 {
			fmt.Fprintf(w, "hit already: %s\n", plural(n, string(t)))
		}
	}
	writeCircle(w, "By rights", &a.Has)
	writeCircle(w, "Could reach, over steps that were seen to be open", &a.Confirmed)
	writeCircle(w, "Could perhaps reach, over steps that only types of data propose", &a.Possible)
	return w.Flush()
}

func writeCircle(w io.Writer, title string, c *reach.Circle) {
	fmt.Fprintf(w, "\n%s\n", title)
	writeAssets(w, "control", &c.Control)
	writeAssets(w, "read", &c.Read)
	if len(c.Pace) > 0 {
		var marks []string
		for _, p := range c.Pace {
			marks = append(marks, fmt.Sprintf("%d in %s", p.Assets, span(p.Seconds)))
		}
		limit := "no limit seen"
		if c.Pace[0].Limited {
			limit = "limited: 429 seen"
		}
		fmt.Fprintf(w, "  time     %s, by %s (%s)\n", strings.Join(marks, ", "), c.Pace[0].By, limit)
	}
	for _, f := range c.Functions {
		fmt.Fprintf(w, "  %s (%s)\n", f.Class, f.Access)
		for _, o := range f.Operations {
			writeWay(w, &o)
		}
	}
}

func writeWay(w io.Writer, o *reach.Way) {
	fmt.Fprintf(w, "    %s", o.Name)
	if o.Called {
		fmt.Fprintf(w, "  called")
	}
	if o.PerMinute > 0 {
		fmt.Fprintf(w, "  up to %d a minute", o.PerMinute)
	}
	if o.Batch > 1 {
		fmt.Fprintf(w, " of %d", o.Batch)
	}
	fmt.Fprintln(w)
	if o.Why != "" {
		fmt.Fprintf(w, "      %s\n", o.Why)
	}
	if len(o.Path) > 1 {
		fmt.Fprintf(w, "      from %s\n", strings.Join(o.Path[:len(o.Path)-1], ", then "))
	}
}

func writeAssets(w io.Writer, title string, a *reach.Assets) {
	fmt.Fprintf(w, "  %-8s %s", title, a.Scale)
	if n := a.Vehicles.Count; n > 0 {
		fmt.Fprintf(w, "; %s (%d moving, %d standing, %d unknown)", plural(n, "vehicle"), a.Vehicles.Moving, a.Vehicles.Still, a.Vehicles.Unknown)
	}
	if n := a.Chargers.Count; n > 0 {
		fmt.Fprintf(w, "; %s (%g kW rated, %d unknown; %g kW drawn now)", plural(n, "charger"), a.Chargers.RatedKW, a.Chargers.Unrated, a.Chargers.DrawnKW)
	}
	if a.Vehicles.Count+a.Chargers.Count > 0 {
		fmt.Fprintf(w, "; of %d people, %s", a.People, plural(a.Fleets, "fleet"))
	}
	fmt.Fprintln(w)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// span writes a time as a person would.
func span(seconds float64) string {
	switch d := time.Duration(seconds * float64(time.Second)); {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", max(seconds, 1))
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	default:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	}
}
