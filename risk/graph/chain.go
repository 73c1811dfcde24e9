package graph

import (
	"cmp"
	"slices"

	"github.com/waywarden/waywarden"
)

// A Chain is a way over edges to a function on a vehicle or charger, as graph.json has it.
type Chain struct {
	Path    []string `json:"path"`
	Reaches string   `json:"reaches"`
}

// HopsMax is the longest way followed. Longer ones exist in incidents, but each hop multiplies the false ones.
const HopsMax = 4

// chains finds, for every endpoint that controls a vehicle or charger, the shortest ways from other endpoints whose
// answers feed it, directly or over others.
func chains(inv *waywarden.Inventory, edges []Edge) []Chain {
	into := map[string][]string{} // sources of each endpoint
	for _, e := range edges {
		if !slices.Contains(into[e.To.Endpoint], e.From.Endpoint) {
			into[e.To.Endpoint] = append(into[e.To.Endpoint], e.From.Endpoint)
		}
	}
	out := []Chain{}
	for _, e := range inv.Endpoints {
		if e.Access != waywarden.AccessControl {
			continue
		}
		for _, path := range waysTo(e.ID, into) {
			out = append(out, Chain{Path: path, Reaches: e.Function.Class})
		}
	}
	slices.SortFunc(out, func(a, b Chain) int {
		return cmp.Or(cmp.Compare(a.Reaches, b.Reaches), slices.Compare(a.Path, b.Path))
	})
	return out
}

// waysTo returns the shortest way to goal from every endpoint that reaches it in HopsMax hops, by breadth-first search
// from the goal backwards.
func waysTo(goal string, into map[string][]string) [][]string {
	next := map[string]string{goal: ""}
	var ways [][]string
	ring := []string{goal}
	for range HopsMax {
		var further []string
		for _, at := range ring {
			for _, from := range into[at] {
				if _, seen := next[from]; seen {
					continue
				}
				next[from] = at
				further = append(further, from)
				way := []string{from}
				for n := at; n != ""; n = next[n] {
					way = append(way, n)
				}
				ways = append(ways, way)
			}
		}
		slices.Sort(further)
		ring = further
	}
	return ways
}
