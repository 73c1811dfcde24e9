package spec

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// A reader reads one description.
type reader struct {
	*loader
	file    string
	root    map[string]any
	v2      bool
	dangled map[string]bool        // references already complained about
	adrift  *api                   // operations of which the host is not known
	flat    map[string][]Parameter // fields of schemas that were referred to, by place and reference
}

// operationsMax bounds the operations taken from one file, after its servers are multiplied out.
const operationsMax = 20000

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}

func (r *reader) read() {
	r.dangled, r.flat = map[string]bool{}, map[string][]Parameter{}
	paths := object(r.root["paths"])
	if len(paths) == 0 {
		return // a library of components
	}
	servers := r.servers(r.root)
	n := 0
	for _, path := range keys(paths) {
		item := r.resolve(paths[path])
		if item == nil || !strings.HasPrefix(path, "/") {
			if !strings.HasPrefix(path, "x-") {
				r.problem(r.file, 0, fmt.Sprintf("path %q is no path", path), "begin paths with a slash")
			}
			continue
		}
		for _, m := range methods {
			op := object(item[m])
			if op == nil {
				continue
			}
			at := servers
			for _, o := range []map[string]any{item, op} {
				if len(array(o["servers"])) > 0 {
					at = r.servers(o)
				}
			}
			for _, s := range at {
				if n++; n > operationsMax {
					r.problem(r.file, 0, fmt.Sprintf("more than %d operations", operationsMax), "split the description")
					return
				}
				r.add(s, path, m, item, op)
			}
		}
	}
	if slices.ContainsFunc(servers, func(s server) bool { return s.host == "" }) {
		r.problem(r.file, 0, "names no host, so it is taken for the host whose traffic fits it best",
			"add a server with a host, name the file after it (HOST.yaml), or give it as HOST=FILE")
	}
}

// A server is where the paths of a description are served.
type server struct{ host, base string }

// serversMax bounds the servers one list is multiplied out to.
const serversMax = 64

// servers returns the servers a document, path or operation names. Without a host of its own a server is on the host the
// file is named after.
func (r *reader) servers(o map[string]any) []server {
	var urls []string
	if r.v2 {
		urls = []string{"//" + text(o["host"]) + "/" + strings.TrimPrefix(text(o["basePath"]), "/")}
		if text(o["host"]) == "" {
			urls = []string{text(o["basePath"])}
		}
	} else {
		for _, s := range array(o["servers"]) {
			urls = append(urls, expand(text(object(s)["url"]), object(object(s)["variables"]))...)
		}
	}
	if len(urls) == 0 {
		urls = []string{"/"}
	}
	var out []server
	for _, u := range urls {
		s, ok := serverOf(u)
		if r.host != "" {
			s.host = r.host
		}
		if s.host == "" {
			s.host = hostOfFile(r.file)
		}
		if ok && !slices.Contains(out, s) && len(out) < serversMax {
			out = append(out, s)
		}
	}
	return out
}

// expand puts the values of its variables into a server's URL; a variable without a list of values becomes * and, where
// that is not the whole of what may come, its default.
func expand(u string, vars map[string]any) []string {
	urls := []string{u}
	for _, name := range keys(vars) {
		v := object(vars[name])
		values := []string{}
		for _, e := range array(v["enum"]) {
			values = append(values, text(e))
		}
		if len(values) == 0 {
			values = append(values, "*")
			if d := text(v["default"]); strings.ContainsAny(d, "./") || d == "" {
				values = []string{d} // a host name or a base path, no part of one
			}
		}
		var next []string
		for _, u := range urls {
			for _, val := range values {
				if len(next) < serversMax {
					next = append(next, strings.ReplaceAll(u, "{"+name+"}", val))
				}
			}
		}
		urls = next
	}
	for i, u := range urls {
		urls[i] = openVariable(u)
	}
	return urls
}

// openVariable replaces variables that are declared nowhere by *.
func openVariable(u string) string {
	for {
		i := strings.IndexByte(u, '{')
		j := strings.IndexByte(u, '}')
		if i < 0 || j < i {
			return u
		}
		u = u[:i] + "*" + u[j+1:]
	}
}

// serverOf takes a server's URL apart.
func serverOf(u string) (server, bool) {
	_, rest, absolute := strings.Cut(u, "://")
	if !absolute {
		rest, absolute = strings.CutPrefix(u, "//")
	}
	if !absolute {
		return server{base: cleanBase(u)}, true
	}
	host, base, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	host = bareHost(host)
	if _, err := url.Parse("//" + strings.ReplaceAll(host, "*", "x")); err != nil {
		return server{}, false
	}
	return server{host: host, base: cleanBase(base)}, true
}

func cleanBase(b string) string {
	b, _, _ = strings.Cut(b, "?")
	b = strings.Trim(strings.TrimPrefix(b, "."), "/")
	if b == "" {
		return ""
	}
	return "/" + b
}

// hostOfFile returns the host a file is named after: api.example.com.yaml.
func hostOfFile(file string) string {
	name := filepath.Base(file)
	name = strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name)))
	labels := strings.Split(name, ".")
	if len(labels) < 2 {
		return ""
	}
	last := labels[len(labels)-1]
	if len(last) < 2 || strings.Trim(last, "abcdefghijklmnopqrstuvwxyz") != "" || slices.Contains([]string{"openapi", "swagger", "spec", "api", "min", "bundled"}, last) {
		return ""
	}
	for _, l := range labels {
		if l == "" || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return ""
		}
	}
	return name
}

// add puts an operation on a server into the set.
func (r *reader) add(s server, path, method string, item, op map[string]any) {
	o := &Operation{
		Host: s.host, Method: strings.ToUpper(method), Template: template(s.base, path), ID: text(op["operationId"]),
		Deprecated: truth(op["deprecated"]) || truth(item["deprecated"]) || truth(item["x-deprecated"]) || truth(op["x-deprecated"]),
		Source:     r.file, identity: r.file + " " + method + " " + path, Fields: map[string][]Parameter{},
	}
	for _, m := range []map[string]any{item, op} {
		for _, k := range []string{"x-sunset", "x-sunset-date", "x-deprecated-at", "x-deprecation-date"} {
			if t := text(m[k]); t != "" {
				o.Sunset, o.Deprecated = t, true
			}
		}
	}
	o.segments = segments(o.Template)
	r.security(o, op)
	r.parameters(o, item, op)
	r.responses(o, op)
	a := r.api(s.host)
	a.ops = append(a.ops, o)
}

func template(base, path string) string {
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	if t := base + path; len(t) > 1 {
		return strings.TrimSuffix(t, "/")
	}
	return "/"
}

func (r *reader) api(host string) *api {
	if host == "" {
		if r.adrift == nil {
			r.adrift = &api{}
			r.set.floating = append(r.set.floating, r.adrift)
		}
		return r.adrift
	}
	if strings.Contains(host, "*") {
		for _, a := range r.set.patterns {
			if a.host == host {
				return a
			}
		}
		a := &api{host: host}
		r.set.patterns = append(r.set.patterns, a)
		return a
	}
	a := r.set.hosts[host]
	if a == nil {
		a = &api{host: host}
		r.set.hosts[host] = a
	}
	return a
}

// security reads what credentials an operation asks for; its own list replaces the document's.
func (r *reader) security(o *Operation, op map[string]any) {
	list, ok := op["security"]
	if !ok {
		list = r.root["security"]
	}
	defs := object(object(r.root["components"])["securitySchemes"])
	if r.v2 {
		defs = object(r.root["securityDefinitions"])
	}
	requirements := array(list)
	o.Public = len(requirements) == 0
	for _, req := range requirements {
		names := keys(object(req))
		if len(names) == 0 {
			o.Public = true // {} beside others: a credential is optional
		}
		for _, n := range names {
			if s := scheme(r.resolve(defs[n])); s != "" && !slices.Contains(o.Schemes, s) {
				o.Schemes = append(o.Schemes, s)
			}
		}
	}
}

// scheme translates a security scheme.
func scheme(def map[string]any) waywarden.AuthScheme {
	switch strings.ToLower(text(def["type"])) {
	case "basic":
		return waywarden.SchemeBasic
	case "apikey":
		if strings.EqualFold(text(def["in"]), "cookie") {
			return waywarden.SchemeCookie
		}
		return waywarden.SchemeAPIKey
	case "mutualtls":
		return waywarden.SchemeMTLS
	case "oauth2", "openidconnect":
		return waywarden.SchemeBearerJWT
	case "http":
		switch s := strings.ToLower(text(def["scheme"])); {
		case s == "basic":
			return waywarden.SchemeBasic
		case s == "bearer" && strings.EqualFold(text(def["bearerFormat"]), "jwt"):
			return waywarden.SchemeBearerJWT
		case s == "bearer":
			return waywarden.SchemeBearerOpaque
		case s == "token":
			return waywarden.SchemeToken
		case strings.Contains(s, "hmac") || s == "digest" || s == "hoba":
			return waywarden.SchemeHMAC
		}
	}
	return ""
}
