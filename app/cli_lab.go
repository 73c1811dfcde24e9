package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden/lab/life"
	"github.com/waywarden/waywarden/lab/world"
)

type labCmd struct {
	Out      string  `default:"world" type:"path" placeholder:"DIR" help:"Write the files into this directory (default ./world)."`
	Seed     uint64  `default:"1" placeholder:"N" help:"Draw this world (default 1). The same numbers give the same bytes."`
	Days     int     `default:"1" placeholder:"N" help:"How long it lasts (default 1)."`
	Vehicles int     `default:"200" placeholder:"N" help:"How many vehicles there are; people and stations follow (default 200)."`
	Business string  `placeholder:"NAME" help:"Take this kind of business instead of drawing one."`
	Peaceful bool    `help:"Without attacks: to see what is found where there is nothing."`
	Traps    float64 `default:"1" placeholder:"X" help:"How often honest things happen that look like attacks, as a multiple of what is usual (default 1)."`
	Output   string  `short:"o" default:"text" enum:"text,json" placeholder:"text|json" help:"Print the summary for people (text, the default) or machines (json)."`
}

// Help teaches the command.
func (labCmd) Help() string {
	return `Makes the traffic of a whole business that does not exist, with attacks and with honest behaviour that looks like attacks, and says which is which: traffic.ndjson.zst, assets.ndjson.zst (a register), specs/ (OpenAPI) and truth.json (the labels). Businesses: ` + strings.Join(life.Businesses(), ", ") + `.

Nothing in it is real: hosts, addresses and vehicle numbers are of ranges reserved for such use, people are invented.

Examples:

    # a world, and what is found in it
    waywarden lab --seed 7 --out world
    waywarden analyze --spec world/specs world/traffic.ndjson.zst

    # two quiet weeks, to count false alarms
    waywarden lab --days 14 --peaceful --business leasing --out quiet`
}

// Run is the command.
func (c *labCmd) Run(s session) (err error) {
	if c.Days < 1 || c.Vehicles < 20 {
		return &InputError{Err: errors.New("a world needs a day and 20 vehicles"), Next: "give --days 1 or more, --vehicles 20 or more"}
	}
	if known := life.Businesses(); c.Business != "" && !slices.Contains(known, c.Business) {
		return unknown("--business", "business", c.Business, known)
	}
	specs := filepath.Join(c.Out, "specs")
	if err := os.MkdirAll(specs, 0o755); err != nil {
		return &InputError{Err: fmt.Errorf("write --out: %w", err)}
	}
	traffic, err := createPacked(filepath.Join(c.Out, "traffic.ndjson.zst"))
	if err != nil {
		return err
	}
	assets, err := createPacked(filepath.Join(c.Out, "assets.ndjson.zst"))
	if err != nil {
		return err
	}
	truth, err := os.Create(filepath.Join(c.Out, "truth.json"))
	if err != nil {
		return fmt.Errorf("write labels: %w", err)
	}
	made, err := life.Make(world.Options{Seed: c.Seed, Days: c.Days, Vehicles: c.Vehicles, Business: c.Business, Peaceful: c.Peaceful, Traps: c.Traps}, life.Files{
		Traffic: traffic, Assets: assets, Truth: truth,
		Spec: func(host, text string) error {
			return os.WriteFile(filepath.Join(specs, host+".yaml"), []byte(text), 0o644)
		},
	})
	if err = errors.Join(err, traffic.Close(), assets.Close(), truth.Close()); err != nil {
		return err
	}
	if c.Output == "json" {
		return json.NewEncoder(s.Out).Encode(made)
	}
	_, err = fmt.Fprintf(s.Out, "%s, a world of %d vehicles and %d days in %s\n  %d http, %d telemetry, %d OCPP records; %d attacks, %d kinds of honest behaviour that looks like some\n",
		made.Title, c.Vehicles, c.Days, c.Out, made.Records["http"], made.Records["signal"], made.Records["ocpp"], len(made.Attacks), len(made.Traps))
	return err
}

// A packedFile is compressed on its way.
type packedFile struct {
	*zstd.Encoder
	file *os.File
}

func createPacked(name string) (*packedFile, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, &InputError{Err: fmt.Errorf("write --out: %w", err)}
	}
	e, err := zstd.NewWriter(f, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", name, err)
	}
	return &packedFile{e, f}, nil
}

// Close ends the compression and the file.
func (p *packedFile) Close() error {
	return errors.Join(p.Encoder.Close(), p.file.Close())
}
