// Package spec reads the OpenAPI descriptions an operator has of its APIs and says how the traffic differs from them:
// which operations are documented, which are served though nobody documented them (shadow), which are served though
// they are deprecated or an old version (zombie), which are documented and never called (orphan), and where parameters,
// fields and answers of documented operations drift.
//
// Descriptions in the field are often broken in some corner: a dangling reference, an example of the wrong type, a key
// written twice. Everything that can still be read is used, so this is a reader of its own over plain YAML and JSON and
// no validator: OpenAPI 2.0, 3.0 and 3.1 differ little in what matters here.
package spec

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// A Set is all descriptions that were given.
type Set struct {
	hosts    map[string]*api // by host
	patterns []*api          // hosts with a variable in the name, in order of appearance
	names    []string        // keys of hosts, sorted
	floating []*api          // files that do not say which host they describe
}

// An api is what is documented of one host.
type api struct {
	host string // a variable without a list of values is "*"
	ops  []*Operation
}

// An Operation is one documented operation on one host.
type Operation struct {
	Host       string
	Method     string
	Template   string // with the base path of the server
	ID         string // operationId
	Deprecated bool
	Sunset     string // when it is to end, as the description says it
	Public     bool   // the description asks for no credential
	Schemes    []waywarden.AuthScheme
	Parameters []Parameter            // of path, query, header and cookie
	Fields     map[string][]Parameter // of body and response; a place that is missing is not described. Shared: not to be changed
	Statuses   []string               // "200", "4XX", "default"
	Source     string                 // file

	segments []string
	identity string // the same for the operation on other servers of its file
	form     bool   // its body is a form, in which everything is text
}

// documented returns the parameters or fields of a place.
func (o *Operation) documented(in string) []Parameter {
	if fs, ok := o.Fields[in]; ok {
		return fs
	}
	return o.Parameters
}

// A Parameter is a documented parameter or a field of a body.
type Parameter struct {
	In       string // path, query, header, cookie, body, response
	Name     string // dotted path, "[]" for elements
	Types    []string
	Format   string
	Required bool
	Open     bool // fields below it are not described
}

// A Problem is something of a description that could not be read, and what to do about it. The rest is used.
type Problem struct {
	File   string
	Line   int // 0 when not known
	Reason string
	Advice string
}

// A Verdict is what the descriptions say about one endpoint.
type Verdict struct {
	Status     []string // documented, shadow, zombie; empty when the host is not described
	Deprecated bool
	Operation  *Operation // nil when there is none
}

// The statuses of an endpoint.
const (
	Documented = "documented"
	Shadow     = "shadow"
	Zombie     = "zombie"
)

// Has says whether the host is described.
func (s *Set) Has(host string) bool { return s.find(host) != nil }

// find returns what is documented of a host: by its name, else by a pattern.
func (s *Set) find(host string) *api {
	if s == nil || host == "" {
		return nil
	}
	host = bareHost(host)
	if a := s.hosts[host]; a != nil {
		return a
	}
	for _, a := range s.patterns {
		if hostMatches(a.host, host) {
			return a
		}
	}
	return nil
}

// bareHost returns a host in lower case without port and final dot.
func bareHost(host string) string {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i > 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.TrimSuffix(host, ".")
}

// hostMatches says whether a host fits a pattern in which * stands for one or more characters other than a dot.
func hostMatches(pattern, host string) bool {
	pl, hl := strings.Split(pattern, "."), strings.Split(host, ".")
	if len(pl) != len(hl) {
		return false
	}
	for i, p := range pl {
		before, after, star := strings.Cut(p, "*")
		if !star && p != hl[i] || star && (len(hl[i]) <= len(before)+len(after) || !strings.HasPrefix(hl[i], before) || !strings.HasSuffix(hl[i], after)) {
			return false
		}
	}
	return true
}

// Templates returns the documented path templates of a host, without repetition, in order of appearance.
func (s *Set) Templates(host string) []string {
	a := s.find(host)
	if a == nil {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for _, o := range a.ops {
		if !seen[o.Template] {
			seen[o.Template] = true
			out = append(out, o.Template)
		}
	}
	return out
}

// Operations returns all documented operations, by host in order of name, then as they stand in the files.
func (s *Set) Operations() []*Operation {
	var out []*Operation
	for _, n := range s.names {
		out = append(out, s.hosts[n].ops...)
	}
	for _, a := range s.patterns {
		out = append(out, a.ops...)
	}
	return out
}

// Match returns the documented operation an endpoint is. Names of parameters, the final slash and the case of the host
// do not matter; a literal goes before a parameter. Example paths help where the learned template is more general than
// the documented one: when all of them are of one documented operation, it is that.
func (s *Set) Match(host, method, template string, examples []string) (*Operation, bool) {
	a := s.find(host)
	if a == nil {
		return nil, false
	}
	if o := a.match(method, segments(template)); o != nil {
		return o, true
	}
	var found *Operation
	for _, p := range examples {
		p, _, _ = strings.Cut(p, "?")
		o := a.match(method, segments(p))
		if o == nil || found != nil && o != found {
			return nil, false
		}
		found = o
	}
	return found, found != nil
}

func (a *api) match(method string, path []string) *Operation {
	var best *Operation
	score := -1
	for _, o := range a.ops {
		if o.Method != method {
			continue
		}
		if n := fit(o.segments, path); n > score {
			best, score = o, n
		}
	}
	return best
}

// Judge says what the descriptions say about an endpoint. An operation is a zombie when its description deprecates it,
// or when there is no description of it but of a newer version of it, on the same host or on the host that followed.
func (s *Set) Judge(host, method, template string) Verdict {
	v := Verdict{Status: []string{}}
	a := s.find(host)
	if a != nil {
		if o := a.match(method, segments(template)); o != nil {
			v.Operation, v.Deprecated = o, o.Deprecated
			v.Status = append(v.Status, Documented)
			if o.Deprecated {
				v.Status = append(v.Status, Zombie)
			}
			return v
		}
	}
	switch {
	case s.succeeded(a, host, method, template):
		v.Status, v.Deprecated = append(v.Status, Zombie), true
	case a != nil:
		v.Status = append(v.Status, Shadow)
	}
	return v
}

// Orphans returns the documented operations none of the endpoints is. An operation documented on several servers is one:
// seen on any, it is none; unseen, it is told of the first server that was called, else of the first.
func (s *Set) Orphans(seen []waywarden.Endpoint) []Operation {
	called, hosts := map[string]bool{}, map[string]bool{}
	for i := range seen {
		e := &seen[i]
		hosts[bareHost(e.Host)] = true
		if o, ok := s.Match(e.Host, e.Method, e.Template, nil); ok && e.Count > 0 {
			called[o.identity] = true
		}
	}
	told := map[string]int{}
	var out []Operation
	for _, o := range s.Operations() {
		if called[o.identity] {
			continue
		}
		if i, ok := told[o.identity]; ok {
			if hosts[o.Host] && !hosts[out[i].Host] {
				out[i] = *o
			}
			continue
		}
		told[o.identity] = len(out)
		out = append(out, *o)
	}
	slices.SortStableFunc(out, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Template, b.Template), cmp.Compare(a.Method, b.Method))
	})
	return out
}
