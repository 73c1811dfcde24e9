package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden/catalog/template"
	"github.com/waywarden/waywarden/catalog/template/internal/model"
)

// A call is one request of a benchmark with its true template; "-" for a scanner's.
type call struct {
	id, method, path, truth string
	status                  int
	sample                  *template.Sample // nil: the method, path and status are all that is known
}

// readBench reads a benchmark: the calls of each API in order, the APIs in the order they come.
func readBench(file string) (map[string][]call, []string, error) {
	by := map[string][]call{}
	var order []string
	err := lines(file, func(f []string) {
		status, _ := strconv.Atoi(f[4])
		if by[f[1]] == nil {
			order = append(order, f[1])
		}
		by[f[1]] = append(by[f[1]], call{id: f[0], method: f[2], path: f[3], status: status, truth: f[5]})
	})
	return by, order, err
}

// judge scores the benchmark, each provider by a model that was trained without it.
func judge(apis []*api, file, model, models, predict string, folds, only int, verbose bool) error {
	by, order, err := readBench(file)
	if err != nil {
		return err
	}
	given, err := readModel(model)
	if err != nil {
		return err
	}
	if model != "" {
		folds = 1
	}
	var total score
	var predicted []string
	for fold := range folds {
		if only >= 0 && fold != only {
			continue
		}
		part := func(name string) int {
			provider, _, _ := strings.Cut(name, "/")
			return int(hash(provider)>>20) % folds
		}
		m := given
		if m == nil {
			rest := slices.DeleteFunc(slices.Clone(apis), func(a *api) bool { return part(a.provider) == fold })
			if m, err = foldModel(rest, models, fold); err != nil {
				return err
			}
		}
		for _, name := range order {
			if part(name) != fold {
				continue
			}
			got := infer(m, by[name])
			for i, c := range by[name] {
				predicted = append(predicted, c.id+"\t"+got[i])
			}
			s := rate(by[name], got)
			if verbose {
				s.print(name)
			}
			total.add(s)
		}
		total.print(fmt.Sprintf("through part %d", fold))
	}
	if predict == "" {
		return nil
	}
	if err := os.WriteFile(predict, []byte("id\ttemplate\n"+strings.Join(predicted, "\n")+"\n"), 0o644); err != nil { //nolint:gosec // not secret
		return fmt.Errorf("write predictions: %w", err)
	}
	return nil
}

// foldModel trains on the APIs, or reads the model from the folder where an earlier run left it.
func foldModel(apis []*api, folder string, fold int) (*model.Model, error) {
	if folder == "" {
		return train(apis), nil
	}
	file := filepath.Join(folder, fmt.Sprintf("part%d.bin", fold))
	if m, err := readModel(file); err == nil {
		return m, nil
	}
	m := train(apis)
	if err := os.WriteFile(file, m.Bytes(), 0o644); err != nil { //nolint:gosec // a model is public
		return nil, fmt.Errorf("write model: %w", err)
	}
	return readModel(file)
}

// infer lets a learner see the calls as they come, decisions asked for each, and returns the final template of each;
// "-" where nothing shows an endpoint.
func infer(m *model.Model, calls []call) []string {
	o := template.Default()
	o.Model = m
	l := template.New(o)
	cells := make([]template.Cell, len(calls))
	into := map[template.Cell]template.Cell{}
	var folds []template.Fold
	for i, c := range calls {
		s := template.Sample{Method: c.method, Path: c.path, Status: c.status}
		if c.sample != nil {
			s = *c.sample
		}
		cells[i] = l.Observe(s)
		l.Template(cells[i])
		folds = l.Folds(folds[:0])
		for _, f := range folds {
			into[f.From] = f.Into
		}
	}
	l.Templates()
	for _, f := range l.Folds(folds[:0]) {
		into[f.From] = f.Into
	}
	out := make([]string, len(calls))
	for i, c := range calls {
		cell := cells[i]
		for to, ok := into[cell]; ok; to, ok = into[cell] {
			cell = to
		}
		t := l.Template(cell)
		out[i] = t.Text
		if !t.Evidenced || !t.Serves(c.method) {
			out[i] = "-"
		}
	}
	return out
}

// A score is the figures of /tools/score_paths: macro means are sums here until printed.
type score struct {
	apis                           int
	ga, fga, fta, over, split, mix float64
	noise                          int
	wrong                          []string
}

func (s *score) add(o *score) {
	s.apis += o.apis
	s.ga += o.ga
	s.fga += o.fga
	s.fta += o.fta
	s.over += o.over
	s.split += o.split
	s.mix += o.mix
	s.noise += o.noise
}

func (s *score) print(name string) {
	n := float64(max(1, s.apis))
	fmt.Printf("%-40s apis %3d  GA %.4f  FGA %.4f  FTA %.4f  over %.4f  split %.4f  mixed %.4f  noise %d\n", name, s.apis, s.ga/n, s.fga/n, s.fta/n, s.over/n, s.split/n, s.mix/n, s.noise)
	for _, w := range s.wrong {
		fmt.Println("    ", w)
	}
}

// canonical writes all parameters as {}.
func canonical(t string) string { return braces.ReplaceAllString(t, "{}") }

// rate compares the groups of calls that predicted templates make with the true ones.
func rate(calls []call, got []string) *score {
	truth, pred := map[string][]int{}, map[string][]int{}
	noise := map[string]bool{}
	n := 0
	for i, c := range calls {
		p := c.method + " " + canonical(got[i])
		if c.truth == "-" {
			if got[i] != "-" {
				noise[p] = true
			}
			continue
		}
		n++
		truth[c.method+" "+c.truth] = append(truth[c.method+" "+c.truth], i)
		pred[p] = append(pred[p], i)
	}
	s := &score{apis: 1}
	hits, texts, calledRight := 0, 0, 0
	split := map[string]map[string]bool{}
	for p, ids := range pred {
		trues := map[string]bool{}
		for _, i := range ids {
			t := calls[i].method + " " + calls[i].truth
			trues[t] = true
			if split[t] == nil {
				split[t] = map[string]bool{}
			}
			split[t][p] = true
		}
		t := calls[ids[0]].method + " " + calls[ids[0]].truth
		if len(trues) > 1 {
			s.mix++
			s.wrong = append(s.wrong, fmt.Sprintf("mixed  %s: %d templates, %s", p, len(trues), t))
		} else if len(truth[t]) == len(ids) {
			hits++
			calledRight += len(ids)
			if p == t {
				texts++
			}
		}
	}
	for t, ps := range split {
		if len(ps) > 1 {
			s.split++
			s.wrong = append(s.wrong, fmt.Sprintf("split  %s: %d, %s", t, len(ps), first(ps, 4)))
		}
	}
	for p := range noise {
		if pred[p] == nil {
			s.noise++
			s.wrong = append(s.wrong, "noise  "+p)
		}
	}
	slices.Sort(s.wrong)
	s.ga = float64(calledRight) / float64(n)
	s.fga = 2 * float64(hits) / float64(len(pred)+len(truth))
	s.fta = 2 * float64(texts) / float64(len(pred)+len(truth))
	s.over = float64(len(pred)) / float64(len(truth))
	s.split /= float64(len(truth))
	s.mix /= float64(len(pred))
	return s
}

func first(set map[string]bool, n int) string {
	var all []string
	for s := range set {
		all = append(all, s)
	}
	slices.Sort(all)
	return strings.Join(all[:min(n, len(all))], " ")
}
