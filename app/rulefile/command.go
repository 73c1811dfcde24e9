package rulefile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/waywarden/waywarden/internal/advice"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/rule"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/diagnostic"
	"github.com/waywarden/waywarden/internal/near"
)

// A Command is the commands about the user's own rules.
type Command struct {
	Test    testCmd    `cmd:"" help:"Play the scenes of rules."`
	Lint    lintCmd    `cmd:"" help:"Check rules without running them."`
	Explain explainCmd `cmd:"" help:"Say in plain words what rules watch, remember and need."`
}

type testCmd struct {
	Verbose bool     `short:"v" help:"Name the scenes that went as wanted, too."`
	Files   []string `arg:"" name:"file" help:"Rule files, or directories of them."`
}

// Help teaches the command.
func (testCmd) Help() string {
	return `Every rule brings scenes: some it fires on, some it stays silent on, and near misses. A rule without scenes fails.

Examples:

    waywarden rules test rules/
    waywarden rules test -v rules/fleet.yaml

Exit codes: 0 all scenes went as wanted, 1 some did not, 2 rules that cannot be read.`
}

// Run is the command.
func (c *testCmd) Run(e Env) error {
	set, problems, err := e.open(c.Files)
	if err != nil {
		return err
	}
	if err := refuse(problems); err != nil {
		return err
	}
	b := bufio.NewWriter(e.Out)
	played, failed := 0, 0
	for _, r := range set.Rules() {
		for _, o := range r.Play() {
			played++
			if !o.Passed() {
				failed++
			}
			if c.Verbose || !o.Passed() {
				writeOutcome(b, &o)
			}
		}
	}
	fmt.Fprintf(b, "%s, %s, %d failed\n", plural(len(set.Rules()), "rule"), plural(played, "scene"), failed)
	if err := b.Flush(); err != nil {
		return fmt.Errorf("print outcome: %w", err)
	}
	if failed > 0 {
		return advice.ErrFailed
	}
	return nil
}

// writeOutcome writes how a scene went; where it failed, what differs.
func writeOutcome(w io.Writer, o *rule.Outcome) {
	name := strings.TrimSpace(o.Rule + "  " + o.Kind + ": " + o.Scene)
	if o.Passed() {
		fmt.Fprintf(w, "ok    %s\n", name)
		return
	}
	fmt.Fprintf(w, "FAIL  %s\n      %s:%d\n", name, o.File, o.Line)
	want, got := strings.Split(o.Want, "\n"), strings.Split(o.Got, "\n")
	for i := range max(len(want), len(got)) {
		switch {
		case i < len(want) && i < len(got) && want[i] == got[i]:
			fmt.Fprintf(w, "        %s\n", want[i])
			continue
		case i < len(want):
			fmt.Fprintf(w, "      - %s\n", want[i])
		}
		if i < len(got) {
			fmt.Fprintf(w, "      + %s\n", got[i])
		}
	}
	if o.Why != "" {
		fmt.Fprintf(w, "      %s\n", o.Why)
	}
}

type lintCmd struct {
	Strict bool     `help:"Take warnings for errors."`
	Files  []string `arg:"" name:"file" help:"Rule files, or directories of them."`
}

// Help teaches the command.
func (lintCmd) Help() string {
	return `Names, types, the worst cost of every condition and what a good rule has are checked; every problem is told with its place.

Examples:

    waywarden rules lint rules/
    waywarden rules lint --strict rules/

Exit codes: 0 no errors, 1 errors (with --strict warnings, too), 2 files that cannot be read.`
}

// Run is the command.
func (c *lintCmd) Run(e Env) error {
	set, problems, err := e.open(c.Files)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(e.Out)
	for _, p := range problems {
		fmt.Fprintln(b, p.String())
	}
	errs := len(problems.Errors())
	fmt.Fprintf(b, "%s without errors, %s, %s\n", plural(len(set.Rules()), "rule"), plural(errs, "error"), plural(len(problems)-errs, "warning"))
	if err := b.Flush(); err != nil {
		return fmt.Errorf("print problems: %w", err)
	}
	if errs > 0 || c.Strict && len(problems) > 0 {
		return advice.ErrFailed
	}
	return nil
}

type explainCmd struct {
	Rules []string `short:"r" sep:"none" env:"WAYWARDEN_RULES" placeholder:"FILE|DIR" help:"Where to look for rules that are named by their id; may be repeated."`
	What  []string `arg:"" name:"file|id" help:"Rule files, directories of them, or ids of rules."`
}

// Help teaches the command.
func (explainCmd) Help() string {
	return `Examples:

    waywarden rules explain rules/fleet.yaml
    waywarden rules explain --rules rules/ acme-fleet-burst`
}

// Run is the command.
func (c *explainCmd) Run(e Env) error {
	var paths, ids []string
	for _, what := range c.What {
		if _, err := os.Stat(what); err == nil {
			paths = append(paths, what)
		} else {
			ids = append(ids, what)
		}
	}
	files, problems, err := e.open(paths)
	if err != nil {
		return err
	}
	if err := refuse(problems); err != nil {
		return err
	}
	found := files.Rules()
	if len(ids) > 0 {
		named, err := e.named(c.Rules, ids)
		if err != nil {
			return err
		}
		found = append(found, named...)
	}
	b := bufio.NewWriter(e.Out)
	for i, r := range found {
		if i > 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprint(b, r.Explain())
	}
	return b.Flush()
}

// named finds rules by their ids.
func (e Env) named(paths, ids []string) ([]*rule.Rule, error) {
	set, _, err := e.open(paths)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range set.Rules() {
		names = append(names, r.ID())
	}
	var out []*rule.Rule
	for _, id := range ids {
		r := set.Find(id)
		if r == nil {
			next := "give a file, or say with --rules where the rules are"
			if hint := near.Names(id, names, 1); len(hint) > 0 {
				next = fmt.Sprintf("did you mean %s?", hint[0])
			}
			return nil, &advice.Error{Err: fmt.Errorf("explain rules: there is no file and no rule %q", id), Next: next}
		}
		out = append(out, r)
	}
	return out, nil
}

// An Env is what the commands need of the program.
type Env struct {
	Out     io.Writer
	BuiltIn []detect.Maker
}

// open compiles rules for a command.
func (e Env) open(paths []string) (*rule.Set, diagnostic.Problems, error) {
	know, err := domain.Load()
	if err != nil {
		return nil, nil, fmt.Errorf("load embedded knowledge: %w", err)
	}
	if err := some(paths); err != nil {
		return nil, nil, err
	}
	return load(paths, Knowledge(know, e.BuiltIn))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
