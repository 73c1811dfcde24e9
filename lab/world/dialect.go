package world

import (
	"fmt"
	"strings"
)

// A dialect is how one interface speaks.
type dialect struct {
	Style    string
	Prefix   string
	keys     casing
	lang     int
	IDAt     int    // where REST puts the id of an object: see paths
	envelope string // around answers: "", data, result, soap-like wrappers
	body     string // json or form
	Vehicle  string // by what vehicles are named: id, vin or plate
	oauth    bool   // tokens as in RFC 6749
	async    bool   // commands answer with an id to ask after
	pages    bool
}

// Styles with the odds of their being drawn.
var styles = weighted("rest:5 command:2 rpc:2 jsonrpc:1 graphql:1 grpc:1 verb:1")

// weighted reads words with how often each stands in the list.
func weighted(text string) []string {
	var list []string
	for f := range strings.FieldsSeq(text) {
		word, n, _ := strings.Cut(f, ":")
		for range n[0] - '0' {
			list = append(list, word)
		}
	}
	return list
}

func (w *World) dialect(audience string) dialect {
	d := dialect{Style: Pick(w, styles), keys: Pick(w, []casing{camel, camel, camel, snake, snake, kebab, pascal}), IDAt: w.Rng.IntN(5),
		envelope: Pick(w, []string{"", "", "data", "result", "payload"}), body: Pick(w, []string{"json", "json", "json", "form"}),
		Vehicle: Pick(w, []string{"id", "id", "vin", "vin", "plate"}), oauth: w.Chance(0.5), async: w.Chance(0.5), pages: w.Chance(0.5)}
	if w.lang > 0 && w.Chance(0.6) {
		d.lang = w.lang
	}
	d.Prefix = Pick(w, []string{"/api/v2", "/v3", "/rest/1.4", "/mobile/v5", "/gateway", "", "/svc/" + audience + "/v1", "/" + audience + "/2025-11"})
	switch audience {
	case "dealer", "support":
		d.Vehicle = Pick(w, []string{"vin", "vin", "plate", "id"})
		if w.Chance(0.2) {
			d.Style = "soap"
		}
	case "partner":
		d.Vehicle = Pick(w, []string{"vin", "vin", "id"})
	}
	if d.Style != "rest" && d.Style != "command" {
		d.body = "json"
	}
	if d.Style == "graphql" {
		d.envelope = "data"
		d.keys = camel
	}
	return d
}

// A route is where an operation is served.
type route struct {
	method, path string // the path has {} for the id of the object
	discIn       string // body or header; "" for none
	discName     string
	discValue    string
	idIn         string // path, query, header, body; "" where there is no object
}

// route places an operation.
func (d *dialect) route(o *operation) route {
	r := d.place(o)
	r.path = strings.TrimSuffix(r.path, "/")
	if o.On == "" {
		r.idIn = ""
	}
	return r
}

func (d *dialect) name(c casing, phrase string) string { return c.join(d.lang, phrase) }

func (d *dialect) place(o *operation) route {
	full := o.verb + " " + o.noun
	service := pascal.join(d.lang, o.domain()) + "Service"
	switch d.Style {
	case "rpc":
		r := route{method: "POST", path: d.Prefix + "/" + d.name(camel, full), idIn: "body"}
		if d.IDAt%2 == 0 {
			r.path = d.Prefix + "/" + d.name(kebab, o.domain()) + "/" + d.name(d.keys, full)
		}
		if o.kind == 'r' && d.IDAt > 2 {
			r.method, r.idIn = "GET", "query"
		}
		return r
	case "jsonrpc":
		return route{"POST", d.Prefix + "/rpc", "body", "method", d.name(camel, o.domain()) + "." + d.name(camel, full), "body"}
	case "graphql":
		return route{"POST", d.Prefix + "/graphql", "body", "operationName", d.name(pascal, full), "body"}
	case "soap":
		return route{"POST", d.Prefix + "/services/" + service, "header", "soapaction", "urn:" + d.name(flat, o.domain()) + "#" + d.name(pascal, full), "body"}
	case "grpc":
		return route{method: "POST", path: "/" + d.name(flat, o.domain()) + ".v1." + service + "/" + d.name(pascal, full), idIn: "body"}
	case "verb": // everything is a GET or a POST on a script, as in the oldest of them
		m := "GET"
		if o.kind == 'c' || o.kind == 'u' {
			m = "POST"
		}
		return route{method: m, path: d.Prefix + "/" + d.name(camel, full) + pick1(d.IDAt, ".do", ".php", ".json", "", ""), idIn: pick1(d.IDAt, "query", "query", "query", "query", "query")}
	}
	return d.rest(o)
}

func pick1(i int, of ...string) string { return of[i%len(of)] }

// rest places an operation by resource; with the style "command" all that acts is one resource with the act in the body.
func (d *dialect) rest(o *operation) route {
	c := kebab
	if d.keys == snake || d.keys == camel {
		c = d.keys
	}
	method := map[byte]string{'r': "GET", 'l': "GET", 'c': "POST", 'u': "PUT", 'a': "POST"}[o.kind]
	if o.On == "" {
		noun := o.noun
		if o.kind == 'a' || o.kind == 'c' && o.verb != "create" {
			noun = o.verb + " " + o.noun
		}
		return route{method: method, path: d.Prefix + "/" + d.name(c, noun)}
	}
	leaf := ""
	switch {
	case o.kind == 'a' && d.Style == "command":
		r := d.with(c, o.On, "/"+d.name(c, "commands"), method)
		r.discIn, r.discName, r.discValue = "body", d.name(d.keys, "command"), strings.ToUpper(snake.join(d.lang, o.verb+" "+o.noun))
		return r
	case o.kind == 'a' && d.IDAt == 1:
		leaf = "/" + d.name(c, o.noun) + "/" + d.name(c, o.verb)
	case o.kind == 'a':
		leaf = "/" + d.name(c, o.verb+" "+o.noun)
	case o.kind == 'c', o.noun != o.On:
		leaf = "/" + d.name(c, o.noun)
	}
	return d.with(c, o.On, leaf, method)
}

// with puts the id of an object in its place.
func (d *dialect) with(c casing, on, leaf, method string) route {
	many := d.Prefix + "/" + d.name(c, plural(on))
	switch {
	case d.IDAt == 1 && leaf != "":
		return route{method: method, path: many + leaf + "/{}", idIn: "path"}
	case d.IDAt == 2 && on == "vehicle":
		return route{method: method, path: d.Prefix + "/" + d.name(c, on) + leaf, idIn: map[bool]string{true: "query", false: "body"}[method == "GET"]}
	case d.IDAt == 3 && on == "vehicle":
		return route{method: method, path: d.Prefix + "/" + d.name(c, on) + leaf, idIn: "header"}
	}
	return route{method: method, path: many + "/{}" + leaf, idIn: "path"}
}

func plural(noun string) string {
	switch {
	case strings.HasSuffix(noun, "y"):
		return noun[:len(noun)-1] + "ies"
	}
	return noun + "s"
}

// A Node is an object of an API with its fields in order; typ is a data type of the taxonomy.
type Node []Field

// A Field is one of an object. Key is its words, with spaces between; one that begins with = stands as it is. Typ is a data type of the taxonomy. Val is a string, a number, a bool, []string, Node or []Node.
type Field struct {
	Key string // words; a leading "=" means: as it stands
	Typ string
	Val any // string, int, float64, bool, []string, node, []node
}

// A style of names for json.
type naming func(key string) string

// Plain names fields by their words as they stand.
func Plain(key string) string { return strings.TrimPrefix(key, "=") }

func (d *dialect) naming(key string) string {
	if s, ok := strings.CutPrefix(key, "="); ok {
		return s
	}
	return d.keys.join(d.lang, key)
}

// JSON renders the object.
func (n Node) JSON(as naming) string {
	var b strings.Builder
	writeJSON(&b, n, as)
	return b.String()
}

func writeJSON(b *strings.Builder, v any, as naming) {
	switch v := v.(type) {
	case Node:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quote(as(f.Key)) + ":")
			writeJSON(b, f.Val, as)
		}
		b.WriteByte('}')
	case []Node:
		b.WriteByte('[')
		for i, n := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, n, as)
		}
		b.WriteByte(']')
	default:
		b.WriteString(quote(v))
	}
}

// xml renders fields as elements.
func (n Node) xml(as naming) string {
	var b strings.Builder
	for _, f := range n {
		k := as(f.Key)
		switch v := f.Val.(type) {
		case Node:
			fmt.Fprintf(&b, "<%s>%s</%s>", k, v.xml(as), k)
		case []Node:
			for _, e := range v {
				fmt.Fprintf(&b, "<%s>%s</%s>", k, e.xml(as), k)
			}
		default:
			fmt.Fprintf(&b, "<%s>%s</%s>", k, xmlEscaper.Replace(fmt.Sprint(v)), k)
		}
	}
	return b.String()
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// each calls f for every leaf with its dotted path.
func (n Node) each(as naming, prefix string, f func(path string, x Field)) {
	for _, x := range n {
		p := prefix + as(x.Key)
		switch v := x.Val.(type) {
		case Node:
			v.each(as, p+".", f)
		case []Node:
			if len(v) > 0 {
				v[0].each(as, p+"[].", f)
			}
		default:
			f(p, x)
		}
	}
}
