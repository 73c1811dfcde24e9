package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden/lab"
)

type benchCmd struct {
	In     string   `placeholder:"FILE" help:"Contract records (.ndjson, .zst or .gz); without it the built-in capture, which is too small for exact figures."`
	Spec   []string `sep:"none" placeholder:"FILE|DIR" help:"OpenAPI descriptions, as for analyze."`
	Peers  string   `placeholder:"DIR" help:"Module with the programs limit and kinopenapi, to build and run over the same file."`
	Rounds int      `default:"1" placeholder:"N" help:"Run everything this often, in turns, and keep the best of each (default 1)."`
	Repeat int      `placeholder:"N" help:"Also compare the peak memory of the file with that of N of it in a row, with times shifted and identifiers renamed."`
	Output string   `short:"o" default:"text" enum:"text,json" placeholder:"text|json" help:"Print for people (text, the default) or machines (json)."`
}

// Help teaches the command.
func (benchCmd) Help() string {
	return `Measured is a complete analysis, in a process of its own with GOMAXPROCS=1: API calls per second of processor time, user and system together, reading and decompressing included, and the peak of resident memory. Compare ratios within one run: absolute figures depend on the machine and its other load.

Examples:

    waywarden bench --in traffic.ndjson.zst --spec openapi/
    waywarden bench --in traffic.ndjson.zst --peers ../peers --rounds 3
    waywarden bench --in traffic.ndjson.zst --repeat 4 -o json`
}

// A benchRow is what one program did with one form of the file.
type benchRow struct {
	Program    string  `json:"program"`
	Input      string  `json:"input"` // "given" or "plain"
	Calls      int64   `json:"calls"`
	CPUSeconds float64 `json:"cpuSeconds"`
	Rate       float64 `json:"callsPerCPUSecond"`
	PeakMB     float64 `json:"peakMB"`
	Ratio      float64 `json:"waywardenIsTimes,omitempty"` // waywarden's rate over this one's, on the same input
}

// A benchReport is all of a benchmark.
type benchReport struct {
	File   string      `json:"file"`
	Rows   []benchRow  `json:"rows"`
	Repeat *repetition `json:"repeat,omitempty"`
}

// A bencher is one benchmark under way.
type bencher struct {
	c     *benchCmd
	s     session
	exe   string
	tmp   string
	given string // the file as given
	plain string // the same decompressed
	specs []string
}

// Run is the command.
func (c *benchCmd) Run(ctx context.Context, s session) error {
	if c.Rounds < 1 || c.Repeat < 0 || c.Repeat == 1 {
		return &InputError{Err: fmt.Errorf("bench: --rounds %d --repeat %d", c.Rounds, c.Repeat), Next: "--rounds is at least 1, --repeat at least 2"}
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	tmp, err := os.MkdirTemp("", "waywarden-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(tmp)
	b := &bencher{c: c, s: s, exe: exe, tmp: tmp, given: c.In, specs: c.Spec}
	if err := b.prepare(); err != nil {
		return err
	}
	report, err := b.run(ctx)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", " ")
		return e.Encode(report)
	}
	return printBench(s.Out, report)
}

// prepare finds the file, and has it plain too.
func (b *bencher) prepare() error {
	if b.given == "" {
		if err := os.CopyFS(b.tmp, lab.Files()); err != nil {
			return fmt.Errorf("unpack the built-in capture: %w", err)
		}
		b.given = filepath.Join(b.tmp, lab.CaptureName)
		b.specs = append(b.specs, filepath.Join(b.tmp, lab.SpecDir))
	}
	for _, spec := range b.specs {
		if _, err := os.Stat(spec); err != nil {
			return &InputError{Err: fmt.Errorf("read --spec: %w", err)}
		}
	}
	r, err := openPlain(b.given)
	if err != nil {
		return &InputError{Err: fmt.Errorf("read --in: %w", err), Next: "give one regular file of contract records"}
	}
	defer r.Close()
	b.plain = b.given
	if !packed(b.given) {
		return nil
	}
	b.plain = filepath.Join(b.tmp, "plain.ndjson")
	f, err := os.Create(b.plain)
	if err != nil {
		return fmt.Errorf("decompress --in: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(f, r); err != nil {
		return &InputError{Err: fmt.Errorf("decompress --in: %w", err)}
	}
	return f.Close()
}

func packed(name string) bool {
	return strings.HasSuffix(name, ".zst") || strings.HasSuffix(name, ".gz")
}

// openPlain opens a file for reading and decompresses it by its name.
func openPlain(name string) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	var r io.ReadCloser
	switch {
	case strings.HasSuffix(name, ".zst"):
		d, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		r = d.IOReadCloser()
	case strings.HasSuffix(name, ".gz"):
		if r, err = gzip.NewReader(f); err != nil {
			return nil, err
		}
	default:
		return f, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{r, closers{r, f}}, nil
}

type closers []io.Closer

// Close closes all and returns the first error.
func (c closers) Close() error {
	var first error
	for _, x := range c {
		if err := x.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// A contestant is a program that can be run over a file.
type contestant struct {
	name, input string
	run         func(ctx context.Context) (benchRow, error)
}

func (b *bencher) run(ctx context.Context) (benchReport, error) {
	report := benchReport{File: filepath.Base(b.given)}
	all := b.ourselves()
	if b.c.Peers != "" {
		peers, err := b.peers(ctx)
		if err != nil {
			return report, err
		}
		all = append(all, peers...)
	}
	best := make([]benchRow, len(all))
	for range b.c.Rounds {
		for i, x := range all {
			b.s.log.Info("run", "program", x.name, "input", x.input)
			row, err := x.run(ctx)
			if err != nil {
				return report, fmt.Errorf("run %s: %w", x.name, err)
			}
			row.Program, row.Input = x.name, x.input
			if row.Rate > best[i].Rate {
				best[i] = row
			}
		}
	}
	report.Rows = compare(best)
	if b.c.Repeat > 0 {
		r, err := b.repeat(ctx)
		if err != nil {
			return report, err
		}
		report.Repeat = &r
	}
	return report, nil
}

// compare fills in the ratios: our rate on an input over that of each other program on the same input.
func compare(rows []benchRow) []benchRow {
	ours := map[string]float64{}
	for _, r := range rows {
		if r.Program == ourName {
			ours[r.Input] = r.Rate
		}
	}
	for i, r := range rows {
		if r.Program != ourName && r.Rate > 0 {
			rows[i].Ratio = ours[r.Input] / r.Rate
		}
	}
	return rows
}

const ourName = "waywarden analyze"

func (b *bencher) ourselves() []contestant {
	list := []contestant{{ourName, "given", func(ctx context.Context) (benchRow, error) { return b.analyze(ctx, b.given, nil) }}}
	if b.plain != b.given {
		list = append(list, contestant{ourName, "plain", func(ctx context.Context) (benchRow, error) { return b.analyze(ctx, b.plain, nil) }})
	}
	return list
}

// analyze runs a complete analysis in a process of its own.
func (b *bencher) analyze(ctx context.Context, file string, stdin io.Reader) (benchRow, error) {
	args := []string{"analyze", "-o", "json", "--out", filepath.Join(b.tmp, "out")}
	for _, s := range b.specs {
		args = append(args, "--spec", s)
	}
	out, used, err := measure(ctx, b.exe, append(args, file), stdin)
	if err != nil {
		return benchRow{}, err
	}
	var sum summaryJSON
	if err := json.Unmarshal(out, &sum); err != nil {
		return benchRow{}, fmt.Errorf("read the summary: %w", err)
	}
	return benchRow{Calls: sum.HTTP, CPUSeconds: used.cpu.Seconds(), Rate: float64(sum.HTTP) / used.cpu.Seconds(), PeakMB: used.peakMB}, nil
}

func printBench(w io.Writer, r benchReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, GOMAXPROCS=1\n\n%-22s %-6s %9s %9s %14s %9s  %s\n", r.File, "PROGRAM", "INPUT", "CALLS", "CPU s", "CALLS/CPU s", "PEAK MB", "WAYWARDEN IS")
	for _, row := range r.Rows {
		ratio := ""
		if row.Ratio > 0 {
			ratio = fmt.Sprintf("%.2f times as fast", row.Ratio)
		}
		line := fmt.Sprintf("%-22s %-6s %9s %9.2f %14s %9.0f  %s", row.Program, row.Input, group(row.Calls), row.CPUSeconds, group(int64(row.Rate)), row.PeakMB, ratio)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if x := r.Repeat; x != nil {
		fmt.Fprintf(&b, "\npeak memory: %.0f MB for the file, %.0f MB for %d of it in a row (%.2f times)\n", x.OncePeakMB, x.PeakMB, x.Times, x.Growth)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
