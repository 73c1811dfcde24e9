package tarafile

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/tara"
	"github.com/waywarden/waywarden/tara/table"
)

// An Env is what the commands need of the world.
type Env struct {
	Out io.Writer
	Now func() time.Time // when a person decides or signs
}

// A Command is the commands about the threat analysis.
type Command struct {
	Export exportCmd `cmd:"" help:"Write the threat analysis as JSON, CSV, XLSX or PDF."`
	Import importCmd `cmd:"" help:"Take decisions and rows of a table into your TARA file."`
	Check  checkCmd  `cmd:"" help:"Say what keeps the threat analysis from being complete."`
	Diff   diffCmd   `cmd:"" help:"Say what changed between two threat analyses."`
}

// source is where the commands find an analysis and what people decided.
type source struct {
	In   string `default:"out" env:"WAYWARDEN_OUT" type:"path" placeholder:"DIR" help:"Directory an analysis wrote (default ./out)."`
	TARA string `name:"tara" env:"WAYWARDEN_TARA" placeholder:"FILE" help:"What people decided (docs/tara.md)."`
}

// open returns the analysis with what people decided put in as it is now.
func (s *source) open() (*tara.Analysis, error) {
	a, err := readAnalysis(s.In)
	if err != nil {
		next := ""
		if errors.Is(err, fs.ErrNotExist) {
			next = "run waywarden analyze first, or say with --in where its --out was"
		}
		return nil, &advice.Error{Err: err, Next: next}
	}
	if s.TARA == "" {
		return a, nil
	}
	w, err := Open(s.TARA, nil)
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	for i := range a.Assumptions {
		found[a.Assumptions[i].ID] = a.Assumptions[i].Findings
	}
	a.Apply(w.file, w.scales)
	a.Found(found)
	return a, w.compare(a)
}

type exportCmd struct {
	source
	Output string `short:"o" enum:"json,csv,xlsx,pdf,auto" default:"auto" placeholder:"FORM" help:"Form: json, csv, xlsx or pdf; by default as the file's name ends, else json."`
	File   string `short:"f" placeholder:"FILE" help:"Write into this file; by default to standard output."`
	Sign   string `placeholder:"NAME" help:"Sign as this person: the JSON export can then be a baseline."`
	Font   string `placeholder:"FILE" help:"Font for the PDF (TrueType), for scripts that the built-in one does not have."`
}

// Help teaches the command.
func (exportCmd) Help() string {
	return `Examples:

    waywarden tara export -f tara.xlsx --tara decisions.yaml
    waywarden tara export -f tara.pdf --tara decisions.yaml
    waywarden tara export -f baseline.json --sign 'Anna Berg' --tara decisions.yaml`
}

// Run is the command.
func (c *exportCmd) Run(env Env) error {
	a, err := c.open()
	if err != nil {
		return err
	}
	if c.Sign != "" {
		if err := a.Sign(c.Sign, env.Now()); err != nil {
			return err
		}
	}
	form := c.Output
	if form == "auto" {
		form = cmp.Or(strings.ToLower(strings.TrimPrefix(filepath.Ext(c.File), ".")), "json")
	}
	var b bytes.Buffer
	switch form {
	case "json":
		err = encode(&b, a)
	case "csv":
		err = table.WriteCSV(&b, a)
	case "xlsx":
		err = table.WriteXLSX(&b, a)
	case "pdf":
		err = c.pdf(&b, a)
	default:
		return &advice.Error{Err: fmt.Errorf("export: there is no form %q", form), Next: "choose one of json, csv, xlsx, pdf with --output"}
	}
	if err != nil {
		return err
	}
	if c.File == "" {
		_, err = env.Out.Write(b.Bytes())
		return err
	}
	return replace(c.File, b.Bytes())
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// replace writes a file whole or not at all.
func replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".waywarden-*")
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Chmod(0o644), f.Close())
		if err == nil {
			err = os.Rename(f.Name(), path)
		}
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}
	if err != nil {
		return &advice.Error{Err: fmt.Errorf("write %s: %w", path, err), Next: "choose another file"}
	}
	return nil
}

type importCmd struct {
	source
	Into string `required:"" placeholder:"FILE" help:"Your TARA file; made when absent, else completed: comments stay."`
	By   string `placeholder:"NAME" help:"Who answers for rows that do not say so."`
	File string `arg:"" name:"table" help:"CSV, XLSX or JSON of this program or another."`
}

// Help teaches the command.
func (importCmd) Help() string {
	return `Columns are found by their names, in the usual spellings; others are carried along. Rows that say what is there already are left alone. Nothing is written when a row is wrong.

Examples:

    waywarden tara import tara.xlsx --into decisions.yaml
    waywarden tara import other-tool.csv --into decisions.yaml --by 'Anna Berg'`
}

// Run is the command.
func (c *importCmd) Run(env Env) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return &advice.Error{Err: fmt.Errorf("read table: %w", err), Next: "give a .csv, .xlsx or .json file"}
	}
	f := &tara.File{}
	if _, err := os.Stat(c.Into); err == nil {
		if f, err = readFile(c.Into); err != nil {
			return err
		}
		c.TARA = c.Into
	}
	a, err := c.open()
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.TARA != "":
		a = onlyFile(f)
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	}
	ds, err := table.Import{By: c.By, At: env.Now().UTC().Truncate(time.Second), Current: a}.Read(c.File, data)
	if err != nil {
		return &advice.Error{Err: fmt.Errorf("import %w", err), Next: "correct the table and import it again; nothing was written"}
	}
	for _, d := range ds {
		if err := f.Decide(d); err != nil {
			return &advice.Error{Err: fmt.Errorf("import %s: row %s: %w", c.File, d.ID, err), Next: "correct the table and import it again; nothing was written"}
		}
	}
	text, err := f.Bytes()
	if err != nil {
		return err
	}
	if len(ds) > 0 {
		if err := replace(c.Into, text); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(env.Out, "%d decisions taken into %s\n", len(ds), c.Into)
	return err
}

// onlyFile is an analysis of nothing but what people decided.
func onlyFile(f *tara.File) *tara.Analysis {
	scales, err := domain.LoadTARA()
	if err != nil {
		return nil // the embedded tables are broken, which every other command says
	}
	a := tara.Propose(tara.Facts{Scales: scales})
	a.Apply(f, scales)
	return a
}

type checkCmd struct {
	source
	Undecided int    `default:"3" placeholder:"RISK" help:"Ask for a decision on rows from this risk value on (default 3); 6 for none."`
	Output    string `short:"o" default:"text" enum:"text,json" placeholder:"text|json" help:"Print for people (text, the default) or machines (json)."`
}

// Help teaches the command.
func (checkCmd) Help() string {
	return `Holds the analysis against the work products WP-15-01 to WP-15-08, asks for decisions, and tells contradicted assumptions and values that traffic moved away from.

Exit codes: 0 nothing is missing, 1 something is, 2 files that cannot be read.`
}

// Run is the command.
func (c *checkCmd) Run(env Env) error {
	a, err := c.open()
	if err != nil {
		return err
	}
	problems := a.Check(c.Undecided)
	b := bufio.NewWriter(env.Out)
	if c.Output == "json" {
		err = encode(b, problems)
	} else {
		for _, p := range a.Products {
			fmt.Fprintf(b, "%s  %4d  %s\n", p.ID, p.Count, p.What)
		}
		for _, p := range problems {
			fmt.Fprintf(b, "%-12s  %s  %s\n", p.Kind, p.About, p.Text)
		}
		fmt.Fprintf(b, "%d problems\n", len(problems))
	}
	if err := errors.Join(err, b.Flush()); err != nil {
		return fmt.Errorf("print problems: %w", err)
	}
	if len(problems) > 0 {
		return advice.ErrFailed
	}
	return nil
}

type diffCmd struct {
	Proposed bool   `help:"Compare what traffic proposes, whatever people decided."`
	Output   string `short:"o" default:"text" enum:"text,json" placeholder:"text|json" help:"Print for people (text, the default) or machines (json)."`
	Before   string `arg:"" help:"JSON export, tara.json or directory an analysis wrote."`
	Now      string `arg:"" default:"out" help:"The same, later (default ./out)."`
}

// Help teaches the command.
func (diffCmd) Help() string {
	return `Examples:

    waywarden tara diff baseline.json
    waywarden tara diff last-week/ out/ -o json`
}

// Run is the command.
func (c *diffCmd) Run(env Env) error {
	var both [2]*tara.Analysis
	for i, path := range [...]string{c.Before, c.Now} {
		a, err := readAnalysis(path)
		if err != nil {
			return &advice.Error{Err: err, Next: "give a JSON export, or a directory that waywarden analyze wrote"}
		}
		both[i] = a
	}
	changes := tara.Diff(both[0], both[1], c.Proposed)
	b := bufio.NewWriter(env.Out)
	if c.Output == "json" {
		if err := encode(b, changes); err != nil {
			return fmt.Errorf("print changes: %w", err)
		}
		return b.Flush()
	}
	for _, x := range changes {
		fmt.Fprintf(b, "%-7s  risk %d  %s  %s\n", x.What, x.Risk, x.ID, x.Operation)
		for _, d := range x.Fields {
			fmt.Fprintf(b, "           %s: %s -> %s\n", d.Field, cmp.Or(d.Was, "nothing"), cmp.Or(d.Now, "nothing"))
		}
	}
	fmt.Fprintf(b, "%d rows changed\n", len(changes))
	return b.Flush()
}
