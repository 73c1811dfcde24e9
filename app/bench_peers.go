package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// parsers are those of the program limit that are fast.
var parsers = []string{"fastjson", "simdjson", "sonic"}

// peers builds the programs in a copy of their module, as builds may write, and returns them ready to run.
func (b *bencher) peers(ctx context.Context) ([]contestant, error) {
	dir := filepath.Join(b.tmp, "peers")
	if err := os.CopyFS(dir, os.DirFS(b.c.Peers)); err != nil {
		return nil, &InputError{Err: fmt.Errorf("read --peers %s: %w", b.c.Peers, err), Next: "give the directory of a Go module with the programs cmd/limit and kinopenapi"}
	}
	limit, kin := filepath.Join(b.tmp, "limit"), filepath.Join(b.tmp, "kinopenapi")
	if err := build(ctx, dir, limit, "./cmd/limit"); err != nil {
		return nil, err
	}
	inputs := []struct{ name, file string }{{"given", b.given}}
	if b.plain != b.given {
		inputs = append(inputs, struct{ name, file string }{"plain", b.plain})
	}
	var list []contestant
	for _, in := range inputs {
		for _, p := range parsers {
			list = append(list, contestant{"limit " + p, in.name, peer(limit, "-in", in.file, "-parser", p)})
		}
	}
	if len(b.specs) == 0 {
		return list, nil // kin-openapi judges by a description
	}
	if len(b.specs) > 1 {
		return nil, &InputError{Err: fmt.Errorf("bench: %d --spec", len(b.specs)), Next: "with --peers give one file or directory"}
	}
	if err := build(ctx, filepath.Join(dir, "kinopenapi"), kin, "."); err != nil {
		return nil, err
	}
	for _, in := range inputs {
		list = append(list, contestant{"kinopenapi", in.name, peer(kin, "-in", in.file, "-spec", b.specs[0])})
	}
	return list, nil
}

func build(ctx context.Context, dir, to, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", to, pkg)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return &InputError{Err: fmt.Errorf("build %s of --peers: %w\n%s", pkg, err, strings.TrimSpace(string(out))), Next: "it needs Go and, the first time, the network"}
	}
	return nil
}

// peer runs a peer, which measures itself and prints one JSON object.
func peer(exe string, args ...string) func(ctx context.Context) (benchRow, error) {
	return func(ctx context.Context) (benchRow, error) {
		out, _, err := measure(ctx, exe, args, nil)
		if err != nil {
			return benchRow{}, err
		}
		var r struct {
			Transactions int64   `json:"transactions"`
			CPU          float64 `json:"cpu_seconds"`
			Rate         float64 `json:"tx_per_cpu_second"`
			Peak         float64 `json:"max_rss_mb"`
		}
		if err := json.Unmarshal(out, &r); err != nil {
			return benchRow{}, fmt.Errorf("read its result: %w", err)
		}
		return benchRow{Calls: r.Transactions, CPUSeconds: r.CPU, Rate: r.Rate, PeakMB: r.Peak}, nil
	}
}
