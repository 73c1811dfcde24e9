package risk

import "slices"

// A Choke is an endpoint whose repair closes paths.
type Choke struct {
	Endpoint string `json:"endpoint"`
	Closes   int    `json:"closes"`  // paths that no earlier choke point of the list closes
	Passing  int    `json:"passing"` // paths that lead over it at all
	RiskMax  int    `json:"riskMax"` // the highest risk among those it closes
}

// chokes returns a small set of endpoints that every path leads over, the one that closes most first. To find the smallest
// is as hard as covering a set; the greedy choice is at most a factor of ln(paths) worse (Chvátal 1979).
func chokes(paths []Path) []Choke {
	passing := map[string]int{}
	for i := range paths {
		for _, id := range paths[i].ids() {
			passing[id]++
		}
	}
	open := slices.Clone(paths)
	out := []Choke{}
	for len(open) > 0 {
		closes := map[string]int{}
		for i := range open {
			for _, id := range open[i].ids() {
				closes[id]++
			}
		}
		best := ""
		for id, n := range closes {
			if best == "" || n > closes[best] || n == closes[best] && id < best {
				best = id
			}
		}
		c := Choke{Endpoint: best, Closes: closes[best], Passing: passing[best]}
		open = slices.DeleteFunc(open, func(p Path) bool {
			if !p.passes(best) {
				return false
			}
			c.RiskMax = max(c.RiskMax, p.Risk)
			return true
		})
		out = append(out, c)
	}
	return out
}

// A WhatIf is what remains when endpoints are repaired: nobody comes over them any more who should not.
type WhatIf struct {
	Fixed     []string `json:"fixed"`
	Closed    int      `json:"closed"`
	Remaining []Path   `json:"remaining"`
	Safe      []string `json:"safe"` // functions that no path reaches any more
}

// Fix says what remains of the paths when the endpoints are repaired.
func (r *Report) Fix(endpoints ...string) WhatIf {
	w := WhatIf{Fixed: endpoints, Remaining: []Path{}, Safe: []string{}}
	reached := map[string]bool{}
	for _, p := range r.Paths {
		if slices.ContainsFunc(endpoints, p.passes) {
			w.Closed++
			continue
		}
		reached[p.Reaches] = true
		w.Remaining = append(w.Remaining, p)
	}
	for _, p := range r.Paths {
		if !reached[p.Reaches] && !slices.Contains(w.Safe, p.Reaches) {
			w.Safe = append(w.Safe, p.Reaches)
		}
	}
	slices.Sort(w.Safe)
	return w
}
