package spec

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// assignMin is the number of operations that must be seen on a host for a description without one to be its, unless half
// of the description is.
const assignMin = 3

// Assign gives each description that names no host to the host whose endpoints fit it best, if enough do, and returns
// the hosts that are described by that. Hosts that have a description of their own are left out.
func (s *Set) Assign(seen []waywarden.Endpoint) []string {
	if s == nil || len(s.floating) == 0 {
		return nil
	}
	byHost := map[string][]*waywarden.Endpoint{}
	var hosts []string
	for i := range seen {
		h := bareHost(seen[i].Host)
		if h == "" || s.find(h) != nil {
			continue
		}
		if byHost[h] == nil {
			hosts = append(hosts, h)
		}
		byHost[h] = append(byHost[h], &seen[i])
	}
	slices.Sort(hosts)
	var assigned []string
	left := s.floating[:0]
	for _, a := range s.floating {
		best, most := "", 0
		for _, h := range hosts {
			if n := a.covers(byHost[h]); n > most {
				best, most = h, n
			}
		}
		if most < assignMin && most*2 < len(a.ops) || most == 0 {
			left = append(left, a)
			continue
		}
		s.settle(a, best)
		if !slices.Contains(assigned, best) {
			assigned = append(assigned, best)
		}
	}
	s.floating = left
	return assigned
}

// covers returns how many of a description's operations the endpoints are. An operation all of whose segments are
// parameters fits anything and says nothing.
func (a *api) covers(es []*waywarden.Endpoint) int {
	hit := map[*Operation]bool{}
	for _, e := range es {
		o := a.match(e.Method, segments(e.Template))
		if o != nil && slices.ContainsFunc(o.segments, func(seg string) bool { return seg != "" && !strings.Contains(seg, "{") }) {
			hit[o] = true
		}
	}
	return len(hit)
}

// settle moves the operations of a description to a host.
func (s *Set) settle(a *api, host string) {
	to := s.hosts[host]
	if to == nil {
		to = &api{host: host}
		s.hosts[host] = to
		s.names = append(s.names, host)
		slices.Sort(s.names)
	}
	for _, o := range a.ops {
		o.Host = host
		to.ops = append(to.ops, o)
	}
}
