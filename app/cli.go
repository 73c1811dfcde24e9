package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/app/results"
	"github.com/waywarden/waywarden/app/rulefile"
	"github.com/waywarden/waywarden/app/tarafile"
	"github.com/waywarden/waywarden/app/twinview"
	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/internal/near"
)

// Exit codes of the program.
const (
	ExitDone     = 0
	ExitInternal = 1
	ExitUsage    = 2 // bad usage, or input that cannot be read
	ExitFound    = 3 // --fail-on: something at least that severe was found
)

// Streams are where data and messages go. Data goes to Out alone.
type Streams struct{ Out, Err io.Writer }

// A cli is the command line. Its tags are the source of the help, of the completions and of the man page.
type cli struct {
	Help     helpFlag `short:"h" help:"Show help for the program or a command."`
	LogLevel string   `enum:"debug,info,warn,error" default:"warn" env:"WAYWARDEN_LOG_LEVEL" placeholder:"LEVEL" help:"Log from this level on, to standard error: debug, info, warn or error (default warn)."`

	Analyze    analyzeCmd        `cmd:"" help:"Turn recorded traffic into an API inventory and findings."`
	Explain    results.Explain   `cmd:"" help:"Say why an endpoint is what the inventory says."`
	Graph      results.Graph     `cmd:"" help:"Show which endpoints feed which, and the attack paths to vehicles."`
	Posture    results.Posture   `cmd:"" help:"List weaknesses of endpoints, or write them as SARIF for code scanning."`
	Reach      results.Reach     `cmd:"" help:"Show what somebody could reach: the blast radius."`
	Twin       twinview.Commands `cmd:"" help:"Print what is, or was, known of an asset."`
	TARA       tarafile.Command  `cmd:"" name:"tara" help:"Export, import, check and compare the threat analysis."`
	Rules      rulefile.Command  `cmd:"" help:"Test, check and explain your own detection rules."`
	Bench      benchCmd          `cmd:"" help:"Measure the speed and memory of an analysis."`
	Lab        labCmd            `cmd:"" help:"Make the labelled traffic of a business that does not exist."`
	Version    versionCmd        `cmd:"" help:"Print the version."`
	Completion completionCmd     `cmd:"" help:"Print the completion script for a shell."`
	Man        manCmd            `cmd:"" help:"Print the manual page (roff)."`
}

const description = `API security for connected mobility: from recorded traffic to the inventory of its APIs, their risk to vehicles, and the attacks in it.

Start with "waywarden analyze": without a file it runs on a small capture that is built in.`

// errHelped says that help was asked for and given.
var errHelped = errors.New("help was shown")

// errFound says that --fail-on's severity was reached.
var errFound = errors.New("found")

type helpFlag bool

// BeforeReset shows the help of what was typed so far, before anything typed is judged.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(helpOptions(), ctx); err != nil {
		return err
	}
	return errHelped
}

func helpOptions() kong.HelpOptions {
	return kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100, ValueFormatter: kong.DefaultHelpValueFormatter}
}

// A session is what a command needs of the world.
type session struct {
	Streams
	log   *slog.Logger
	model *kong.Application
}

// Main runs the program with its arguments (without its name) and returns its exit code.
func Main(ctx context.Context, args []string, s Streams) (code int) {
	defer func() {
		if broken := recover(); broken != nil { // left alone, it would end the process with 2, the code of bad usage
			fmt.Fprintf(s.Err, "waywarden: internal failure: %v\n  please report it, with this:\n%s", broken, debug.Stack())
			code = ExitInternal
		}
	}()
	err := run(ctx, args, s)
	switch {
	case err == nil, errors.Is(err, errHelped):
		return ExitDone
	case errors.Is(err, errFound):
		return ExitFound
	case errors.Is(err, advice.ErrFailed):
		return ExitInternal
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(s.Err, "waywarden: stopped before the end; the output is incomplete")
		return ExitInternal
	}
	fmt.Fprintf(s.Err, "waywarden: %s\n", strings.ReplaceAll(err.Error(), ` but got "EOL" (<EOL>)`, ", but there is none")) // the parser's word for the end of the line
	var parse *kong.ParseError
	var input *InputError
	switch {
	case errors.As(err, &input):
		if input.Next != "" {
			fmt.Fprintf(s.Err, "  %s\n", input.Next)
		}
		return ExitUsage
	case errors.As(err, &parse):
		fmt.Fprintf(s.Err, "  run \"%s --help\" to see what there is\n", command(parse.Context))
		return ExitUsage
	}
	return ExitInternal
}

func run(ctx context.Context, args []string, s Streams) error {
	var c cli
	parser, err := newParser(&c, s)
	if err != nil {
		return err
	}
	args = customary(args)
	k, err := parser.Parse(args)
	if err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return fmt.Errorf("read --log-level: %w", err)
	}
	log := slog.New(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: level}))
	k.BindTo(ctx, (*context.Context)(nil))
	return asInput(k.Run(session{s, log, parser.Model}, rulefile.Env{Out: s.Out, BuiltIn: Detectors()}, results.Env{Out: s.Out}, tarafile.Env{Out: s.Out, Now: time.Now}, twinview.Env{Out: s.Out, Replay: replay}))
}

// customary takes what people type out of habit for what it is called here: nothing, help [COMMAND], --version.
func customary(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(args[1:len(args):len(args)], "--help")
	case args[0] == "--version":
		return []string{"version"}
	}
	return args
}

func newParser(c *cli, s Streams) (*kong.Kong, error) {
	parser, err := kong.New(c, kong.Name("waywarden"), kong.Description(description), kong.NoDefaultHelp(),
		kong.Writers(s.Out, s.Err), kong.ConfigureHelp(helpOptions()))
	if err != nil {
		return nil, fmt.Errorf("build the command line: %w", err)
	}
	for _, f := range parser.Model.Flags {
		if f.Name == "help" {
			parser.Model.HelpFlag = f // as the printer of help wants to know
		}
	}
	return parser, nil
}

// command is as much of the command as was understood: "waywarden analyze".
func command(ctx *kong.Context) string {
	if ctx == nil {
		return "waywarden"
	}
	if n := ctx.Selected(); n != nil {
		return n.FullPath()
	}
	return ctx.Model.Name
}

// severities are the words of --fail-on, the mildest first: index 0 is severity 1.
var severities = []string{"informational", "low", "medium", "high", "critical"}

func severity(word string) (waywarden.Severity, error) {
	if word == "" {
		return 0, nil
	}
	for i, s := range severities {
		if strings.EqualFold(s, word) {
			return waywarden.Severity(i + 1), nil
		}
	}
	return 0, unknown("--fail-on", "severity", word, severities)
}

// unknown is the error for a value that is none of a list, with the nearest ones that are.
func unknown(where, noun, got string, known []string) error {
	return &InputError{Err: fmt.Errorf("%s: there is no %s %q", where, noun, got), Next: near.Advice(got, known)}
}
