package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// An api is the operations of one API of a provider.
type api struct {
	provider, name string
	ops            []op
}

type op struct {
	method   string
	template string // base path and path
	params   map[string]param
}

type param struct {
	Name     string `json:"n"`
	In       string `json:"in"`
	Type     string `json:"type"`
	Format   string `json:"format"`
	Pattern  string `json:"pattern"`
	Enum     []any  `json:"enum"`
	Examples []any  `json:"ex"`
}

// The share of the table that is trained on: a few APIs of each provider, so that the large ones do not decide alone.
const (
	apisPerProvider = 6
	opsPerAPI       = 250
)

// lines calls f with the fields of every line but the first of a table.
func lines(file string, f func([]string)) error {
	h, err := os.Open(file) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("open table: %w", err)
	}
	defer func() { _ = h.Close() }()
	var r io.Reader = h
	if strings.HasSuffix(file, ".zst") {
		z, err := zstd.NewReader(h)
		if err != nil {
			return fmt.Errorf("open table: %w", err)
		}
		defer z.Close()
		r = z
	}
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<20), 64<<20)
	for first := true; sc.Scan(); first = false {
		if !first {
			f(strings.Split(sc.Text(), "\t"))
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read table: %w", err)
	}
	return nil
}

var braces = regexp.MustCompile(`\{[^{}]*\}`)

// readAPIs reads the operations, and keeps some APIs of each provider, in an order that does not follow the names.
func readAPIs(file string) ([]*api, error) {
	by := map[string]*api{}
	var all []*api
	err := lines(file, func(f []string) {
		if len(f) < 7 || strings.ContainsAny(f[3], "#?") || strings.Count(f[3], "{") != strings.Count(f[3], "}") {
			return
		}
		a := by[f[1]]
		if a == nil {
			a = &api{provider: f[0], name: f[1]}
			by[f[1]] = a
			all = append(all, a)
		}
		base := strings.TrimSuffix(f[4], "/")
		if strings.Contains(base, "{") {
			base = ""
		}
		var ps []param
		_ = json.Unmarshal([]byte(f[6]), &ps) // what does not parse describes nothing
		o := op{method: f[2], template: base + f[3], params: map[string]param{}}
		for _, p := range ps {
			if p.In == "path" {
				o.params[p.Name] = p
			}
		}
		a.ops = append(a.ops, o)
	})
	if err != nil {
		return nil, err
	}
	return choose(all), nil
}

func choose(all []*api) []*api {
	slices.SortFunc(all, func(a, b *api) int { return cmp.Compare(hash(a.name), hash(b.name)) })
	kept := all[:0]
	count := map[string]int{}
	for _, a := range all {
		params := slices.ContainsFunc(a.ops, func(o op) bool { return strings.Contains(o.template, "{") })
		if len(a.ops) < 3 || !params || count[a.provider] >= apisPerProvider {
			continue
		}
		count[a.provider]++
		a.ops = a.ops[:min(len(a.ops), opsPerAPI)]
		kept = append(kept, a)
	}
	return kept
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	x := h.Sum64()
	x ^= x >> 31
	return x * 0x9e3779b97f4a7c15
}
