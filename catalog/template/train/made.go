package main

import "strings"

// madePlans are the kinds of traffic that a model is judged by on APIs it was not trained on.
var madePlans = []struct {
	name string
	plan plan
}{
	{"20 calls per endpoint", plan{perEndpoint: 20}},
	{"200 calls per endpoint, bodies", plan{perEndpoint: 200, signatures: telling, issued: true}},
	{"60 calls per endpoint, all identifiers words", plan{perEndpoint: 60, wordy: true}},
}

// judgeMade judges a model by traffic made up from operations it was not trained on, such as those of mobility APIs.
func judgeMade(apis []*api, file string, verbose bool) error {
	m, err := readModel(file)
	if err != nil {
		return err
	}
	words := wordList(apis)
	var whole score
	for i, p := range madePlans {
		var total score
		for _, a := range apis {
			tr := generate(a, words, uint64(90+i), p.plan)
			if len(tr.requests) == 0 || len(tr.templates) < 3 {
				continue
			}
			calls := make([]call, len(tr.requests))
			for j, q := range tr.requests {
				calls[j] = call{method: q.sample.Method, path: q.sample.Path, status: q.sample.Status, truth: "-"}
				if q.endpoint >= 0 {
					calls[j].truth = tr.templates[q.endpoint]
				}
				calls[j].sample = &tr.requests[j].sample
			}
			s := rate(calls, infer(m, calls))
			if verbose {
				s.print(a.name)
			}
			total.add(s)
		}
		total.print(p.name)
		whole.add(&total)
	}
	whole.print("all")
	return nil
}

// templatesOf returns the canonical templates of endpoints.
func templatesOf(es []endpoint) []string {
	all := make([]string, len(es))
	for i, e := range es {
		all[i] = strings.Join(e.parts, "{}")
	}
	return all
}
