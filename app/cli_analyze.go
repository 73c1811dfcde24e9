package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/near"
	"github.com/waywarden/waywarden/internal/progress"
	"github.com/waywarden/waywarden/lab"
)

type analyzeCmd struct {
	Out        string   `default:"out" env:"WAYWARDEN_OUT" type:"path" placeholder:"DIR" help:"Write the files into this directory (default ./out)."`
	Spec       []string `sep:"none" placeholder:"FILE|DIR" help:"OpenAPI 2.0 to 3.1 description, or a directory of them; may be repeated. With it waywarden tells shadow, zombie and orphan endpoints."`
	Config     string   `env:"WAYWARDEN_CONFIG" placeholder:"FILE" help:"Read settings from this file."`
	Rules      []string `sep:"none" env:"WAYWARDEN_RULES" placeholder:"FILE|DIR" help:"Your own detection rules, or a directory of them; may be repeated."`
	TARA       string   `name:"tara" env:"WAYWARDEN_TARA" placeholder:"FILE" help:"What people decided about the threat analysis (docs/tara.md); its assumptions are held against traffic."`
	CRS        bool     `name:"crs" help:"Hold suspicious values against the OWASP Core Rule Set, too; information beside INV-004."`
	Format     string   `default:"auto" placeholder:"NAME" help:"Format of the files; auto (the default) looks at how each begins."`
	FailOn     string   `placeholder:"SEVERITY" help:"End with exit code 3 when something at least this severe was found: informational, low, medium, high or critical."`
	Output     string   `short:"o" default:"text" enum:"text,json" placeholder:"text|json" help:"Print the summary for people (text, the default) or machines (json)."`
	CPUProfile string   `name:"cpuprofile" hidden:"" placeholder:"FILE" help:"Write a CPU profile."`
	Files      []string `arg:"" optional:"" name:"file" help:"Recorded traffic, or register rows; .gz and .zst are unpacked, - is standard input. Without any, a small built-in capture."`
}

// Help teaches the command.
func (analyzeCmd) Help() string {
	return `Files are read as one stream in the order of their events, as a live service would see them. What cannot be decoded is counted and kept aside in rejected.ndjson; it never stops a run. The same input gives the same bytes out.

Examples:

    # the built-in capture of a van fleet, to see what comes out
    waywarden analyze

    # your own, with the descriptions you have of your APIs
    waywarden analyze --out report --spec openapi/ gateway.ndjson.zst

    # other formats: HAR, pcap and pcapng, access logs, OTLP spans
    waywarden analyze session.har capture.pcapng access.log.gz

    # with your own rules beside the built-in detectors
    waywarden analyze --rules rules/ gateway.ndjson.zst

    # from a pipe, in a build: exit code 3 on high or critical findings
    zcat traffic.ndjson.gz | waywarden analyze --fail-on high -o json -

Exit codes: 0 done, 1 internal failure, 2 bad usage or unreadable input, 3 --fail-on reached.`
}

// Run is the command.
func (c *analyzeCmd) Run(ctx context.Context, s session) (err error) {
	o := AnalyzeOptions{Out: c.Out, Specs: c.Spec, Config: c.Config, Rules: c.Rules, TARA: c.TARA, CRS: c.CRS, Format: c.Format, Files: c.Files, Log: s.log}
	if o.FailOn, err = severity(c.FailOn); err != nil {
		return err
	}
	if names := formatNames(); !slices.Contains(names, c.Format) {
		return unknown("--format", "format", c.Format, names)
	}
	if err := cmp.Or(readable("input", c.Files), readable("--spec", c.Spec)); err != nil {
		return err
	}
	if len(c.Files) == 0 {
		dir, err := os.MkdirTemp("", "waywarden-")
		if err != nil {
			return fmt.Errorf("unpack the built-in capture: %w", err)
		}
		defer os.RemoveAll(dir)
		if err := c.builtIn(&o, dir); err != nil {
			return err
		}
		fmt.Fprintln(s.Err, "No file given: analyzing the built-in capture, four hours of an invented van fleet.")
	}
	if c.CPUProfile != "" {
		f, err := os.Create(c.CPUProfile)
		if err != nil {
			return &InputError{Err: fmt.Errorf("write --cpuprofile: %w", err)}
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	return show(ctx, s, o, c.Output == "json")
}

// builtIn unpacks the capture and its specifications, which then are files like any other.
func (c *analyzeCmd) builtIn(o *AnalyzeOptions, dir string) error {
	if err := os.CopyFS(dir, lab.Files()); err != nil {
		return fmt.Errorf("unpack the built-in capture: %w", err)
	}
	o.Files = []string{filepath.Join(dir, lab.CaptureName)}
	if len(o.Specs) == 0 {
		o.Specs = []string{filepath.Join(dir, lab.SpecDir)}
	}
	return nil
}

// show runs an analysis with progress on standard error and prints its summary.
func show(ctx context.Context, s session, o AnalyzeOptions, asJSON bool) error {
	bar := terminal(s.Err)
	p := progress.New(progress.Options{W: s.Err, Bar: bar, Width: columns(s.Err)})
	o.Progress = p.Update
	sum, err := Analyze(ctx, o)
	p.Done()
	if err != nil {
		return err
	}
	if asJSON {
		err = writeSummaryJSON(s, sum)
	} else {
		err = printSummary(s.Out, sum, styleOf(s.Out))
	}
	if err != nil {
		return fmt.Errorf("print summary: %w", err)
	}
	if o.FailOn > 0 && sum.Worst() >= o.FailOn {
		fmt.Fprintf(s.Err, "waywarden: the gravest finding is %s; --fail-on asked for %s\n", sum.Worst(), o.FailOn)
		return errFound
	}
	return nil
}

// readable finds out before the work begins what cannot be read at all. Of the files it says as what they were given.
func readable(as string, files []string) error {
	for _, name := range files {
		if name == "-" && as == "input" {
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			next := "check the name and the rights"
			if as == "input" {
				next += ", or use - for standard input"
			}
			if hints := near.Names(filepath.Base(name), siblings(name), 1); len(hints) > 0 && os.IsNotExist(err) {
				next = fmt.Sprintf("did you mean %s?", filepath.Join(filepath.Dir(name), hints[0]))
			}
			return &InputError{Err: fmt.Errorf("read %s: %w", as, err), Next: next}
		}
		if err := f.Close(); err != nil {
			return fmt.Errorf("close %s: %w", name, err)
		}
	}
	return nil
}

// siblings lists the files beside one that may not exist; none when their folder cannot be read.
func siblings(name string) []string {
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A summaryJSON is the form of a [Summary] for machines. Severities are keyed by their words.
type summaryJSON struct {
	Records   int64          `json:"records"`
	HTTP      int64          `json:"http"`
	Rejected  int64          `json:"rejected"`
	Late      int64          `json:"late"`
	Hosts     int            `json:"hosts"`
	Endpoints int            `json:"endpoints"`
	Shadow    int            `json:"shadow"`
	Zombie    int            `json:"zombie"`
	Orphans   int            `json:"orphans"`
	Probes    int            `json:"probes"`
	Findings  map[string]int `json:"findings"`
	Incidents int            `json:"incidents"`
	Posture   int            `json:"posture"`
	Top       []TopEndpoint  `json:"topEndpoints"`
	Worst     []findingJSON  `json:"topFindings"`
	Blind     []string       `json:"notSeen"`
	Out       string         `json:"out"`
	Seconds   float64        `json:"seconds"`
}

type findingJSON struct {
	UID      string `json:"uid"`
	Detector string `json:"detector"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Desc     string `json:"desc"`
	Risk     int    `json:"risk"`
}

func writeSummaryJSON(s session, sum Summary) error {
	j := summaryJSON{
		Records: sum.Records, HTTP: sum.HTTP, Rejected: sum.Rejected, Late: sum.Late, Hosts: sum.Hosts, Endpoints: sum.Endpoints,
		Shadow: sum.Shadow, Zombie: sum.Zombie, Orphans: sum.Orphans, Probes: sum.Probes, Findings: map[string]int{},
		Incidents: sum.Incidents, Posture: sum.Posture, Top: sum.Top, Blind: sum.Blind, Out: sum.Out, Seconds: sum.Elapsed.Seconds(),
	}
	for i, word := range severities {
		j.Findings[word] = sum.Findings[waywarden.Severity(i+1)]
	}
	for _, f := range sum.TopFindings {
		j.Worst = append(j.Worst, findingJSON{f.UID, f.Detector, f.Severity.String(), f.Title, f.Desc, f.Risk.Score})
	}
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(j)
}

// formatNames are the words of --format.
func formatNames() []string {
	names := []string{"auto"}
	for _, f := range Formats() {
		names = append(names, f.Name())
	}
	return names
}
