package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/catalog/template"
	"github.com/waywarden/waywarden/catalog/template/internal/model"
)

// A record is what is needed of an http record here.
type record struct {
	Kind   string `json:"kind"`
	Server struct {
		Host string `json:"host"`
	} `json:"server"`
	Request struct {
		Method string `json:"method"`
		Target string `json:"target"`
	} `json:"request"`
	Response struct {
		Status int `json:"status"`
	} `json:"response"`
	Client struct {
		IP string `json:"ip"`
	} `json:"client"`
}

// judgeWorld compares the templates learned from the http records of a file with the endpoints of the truth beside it.
func judgeWorld(file, model string, verbose bool) error {
	m, err := readModel(model)
	if err != nil {
		return err
	}
	learners := map[string]*template.Learner{}
	if err := learnWorld(file, m, learners); err != nil {
		return err
	}
	got := map[string]bool{}
	for host, l := range learners {
		for _, t := range l.Templates() {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				if t.Evidenced && t.Serves(method) {
					got[host+" "+method+" "+canonical(t.Text)] = true
				}
			}
		}
	}
	want, ignore, err := readTruth(strings.TrimSuffix(file, ".ndjson") + ".truth.json")
	if err != nil {
		return err
	}
	hits := 0
	var wrong []string
	for g := range got {
		switch {
		case want[g]:
			hits++
		case slices.ContainsFunc(ignore, func(p string) bool { return strings.HasPrefix(g, p) }):
			delete(got, g)
		default:
			wrong = append(wrong, "more   "+g)
		}
	}
	for w := range want {
		if !got[w] {
			wrong = append(wrong, "less   "+w)
		}
	}
	slices.Sort(wrong)
	fmt.Printf("%s: template F1 %.4f of %d endpoints, %d found\n", file, 2*float64(hits)/float64(len(got)+len(want)), len(want), len(got))
	if verbose {
		fmt.Println(strings.Join(wrong, "\n"))
	}
	return nil
}

func learnWorld(file string, m *model.Model, learners map[string]*template.Learner) error {
	h, err := os.Open(file) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("open records: %w", err)
	}
	defer func() { _ = h.Close() }()
	sc := bufio.NewScanner(h)
	sc.Buffer(make([]byte, 1<<20), 64<<20)
	for sc.Scan() {
		var r record
		if json.Unmarshal(sc.Bytes(), &r) != nil || r.Kind != "http" {
			continue
		}
		l := learners[r.Server.Host]
		if l == nil {
			o := template.Default()
			o.Model = m
			l = template.New(o)
			learners[r.Server.Host] = l
		}
		path, _, _ := strings.Cut(r.Request.Target, "?")
		c := l.Observe(template.Sample{Method: r.Request.Method, Path: path, Status: r.Response.Status, Principal: hash(r.Client.IP)})
		l.Template(c)
		l.Folds(nil)
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	return nil
}

// readTruth reads the true endpoints, and what is not judged.
func readTruth(file string) (want map[string]bool, ignore []string, err error) {
	b, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, nil, fmt.Errorf("read truth: %w", err)
	}
	type place struct{ Host, Method, Template, Prefix string }
	var truth struct{ Endpoints, Ignore []place }
	if err := json.Unmarshal(b, &truth); err != nil {
		return nil, nil, fmt.Errorf("read truth: %w", err)
	}
	want = map[string]bool{}
	for _, p := range truth.Endpoints {
		want[p.Host+" "+p.Method+" "+canonical(p.Template)] = true
	}
	for _, p := range truth.Ignore {
		ignore = append(ignore, p.Host+" GET "+p.Prefix)
	}
	return want, ignore, nil
}
