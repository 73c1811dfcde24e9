package world

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// A surface is one interface of the business: a host, or a part of one, with a dialect and those it is meant for.
type surface struct {
	Name    string
	Host    string
	Dialect dialect
	Auth    string // jwt, opaque, cookie, apikey, basic, mtls, token
	Login   *surface
	life    time.Duration // of a token
	Ops     map[string]*served
	key     string // of the header or cookie
}

// A served operation is one of an interface.
type served struct {
	*operation
	route
	Status string // documented, shadow or zombie
	open   bool   // asks for no credential
}

var schemes = map[string]string{"jwt": "bearer_jwt", "opaque": "bearer_opaque", "cookie": "cookie", "apikey": "api_key", "basic": "basic", "mtls": "mtls", "token": "token"}

// Surface draws an interface for an audience with its operations.
func (w *World) Surface(audience, host, auth string, ops string, login *surface) *surface {
	s := &surface{Name: audience, Host: host, Dialect: w.dialect(audience), Auth: auth, Login: login, Ops: map[string]*served{},
		life: time.Duration(20+w.Rng.IntN(160)) * time.Minute}
	if auth == "cookie" {
		s.key = strings.ToUpper(w.brand[:3]) + Pick(w, []string{"_SID", "SESSION", "-auth"})
		s.life = 10 * time.Hour
	}
	if auth == "apikey" {
		s.key = Pick(w, []string{"x-api-key", "apikey", "x-" + w.brand + "-key"})
	}
	for name := range strings.FieldsSeq(ops) {
		name, mark := strings.TrimRight(name, "*!~"), name
		o := &served{operation: Operations[name], Status: "documented"}
		if o.operation == nil {
			panic("world: no operation " + name)
		}
		o.route = s.Dialect.route(o.operation)
		if grant := map[string]string{"login": "password", "refresh": "refresh_token"}[name]; grant != "" && s.Dialect.oauth {
			o.route = route{method: "POST", path: s.Dialect.Prefix + "/oauth2/token", discIn: "body", discName: "grant_type", discValue: grant}
		}
		if strings.Contains(mark, "*") {
			o.Status = "shadow"
		}
		o.open = strings.Contains(mark, "!")
		s.Ops[name] = o
	}
	if s.Login == nil {
		s.Login = s
	}
	w.Surfaces = append(w.Surfaces, s)
	return s
}

func (s *surface) Has(ops ...string) bool {
	for _, o := range ops {
		if s == nil || s.Ops[o] == nil {
			return false
		}
	}
	return true
}

// An Exchange is one call as it will be recorded.
type Exchange struct {
	Op     string
	Obj    *Thing
	Args   Node
	cred   *Credential // nil: none sent
	Status int
	Reply  Node
	Raw    string // instead of op: a path that is in no table
	Body   string // instead of reply: text
	edit   func(*Record)
}

// send records one call.
func (w *World) send(k *Walk, x Exchange) *Record {
	s, o := k.At, k.At.Ops[x.Op]
	if o == nil {
		o = &served{operation: &operation{name: "raw", class: "ops.debug", kind: 'r', verb: "get", noun: "debug"}, route: route{method: "GET", path: x.Raw}, Status: "shadow", open: true}
	}
	ok := x.Status == 0 || x.Status < 400
	if x.Status == 0 {
		x.Status = 200
		if o.kind == 'c' && o.class != "id.login" {
			x.Status = 201
		} else if o.kind == 'a' && s.Dialect.async {
			x.Status = 202
		}
	}
	headers := map[string]string{"user-agent": k.Device.Agent, "accept": "application/json"}
	if k.Device.Version != "" {
		headers["x-app-version"] = k.Device.Version
	}
	s.authorize(headers, x.cred)
	target, body := s.request(o, &x, headers)
	answer, kind := s.response(&x, o, ok)
	r := &Record{Kind: "http", Time: k.Now, Sensor: "edge-" + strings.SplitN(s.Host, ".", 2)[0],
		Client: &Client{k.IP, 32768 + w.Rng.IntN(28000), ja4(k.Device.Agent)}, Server: &server{s.Host, 443, true},
		Request:    &Message{Method: o.method, Target: target, Version: "2", Headers: headers, Body: body, BodyBytes: len(body)},
		Response:   &Message{Status: x.Status, Headers: map[string]string{"content-type": kind}, Body: answer, BodyBytes: len(answer)},
		DurationMS: Round(20+w.Rng.ExpFloat64()*60, 1)}
	if x.edit != nil {
		x.edit(r)
	}
	w.Sink.Add(r)
	w.Truth.seen(s, o, &x, ok && r.Response.Status < 400)
	w.note(r, k, &x)
	return r
}

// note adds a record to the label under which things happen now, and counts the use of links.
func (w *World) note(r *Record, k *Walk, x *Exchange) {
	if w.Mark != nil {
		w.Mark.Add(r, k, x.Obj)
		return
	}
	if k.Who == nil || x.Obj == nil {
		return
	}
	if l := w.Links[[2]string{k.Who.UID, x.Obj.UID}]; l != nil {
		l.Calls++
		l.Observed = true
	}
}

func (s *surface) authorize(h map[string]string, c *Credential) {
	if c == nil {
		return
	}
	switch s.Auth {
	case "cookie":
		h["cookie"] = s.key + "=" + c.Value + "; lang=en"
	case "apikey":
		h[s.key] = c.Value
	case "basic":
		h["authorization"] = "Basic " + c.Value
	case "token":
		h["authorization"] = "Token " + c.Value
	case "mtls":
		h["x-client-cert-subject"] = "CN=" + c.Value + ",O=" + s.Host
		h["x-client-cert-verify"] = "SUCCESS"
	default:
		h["authorization"] = "Bearer " + c.Value
	}
}

// request renders target and body.
func (s *surface) request(o *served, x *Exchange, headers map[string]string) (target, body string) {
	path, args := o.path, x.Args
	id := s.Ident(x.Obj)
	var query url.Values
	if x.Obj != nil {
		switch o.idIn {
		case "path":
			path = strings.Replace(path, "{}", url.PathEscape(fmt.Sprint(id.Val)), 1)
		case "header":
			headers["x-"+kebab.join(s.Dialect.lang, strings.TrimPrefix(id.Key, "="))] = fmt.Sprint(id.Val)
		case "query":
			query = url.Values{s.Dialect.naming(id.Key): {fmt.Sprint(id.Val)}}
		case "body":
			args = append(Node{id}, args...)
		}
	}
	if o.method == "GET" {
		for _, f := range args {
			if query == nil {
				query = url.Values{}
			}
			query.Set(s.Dialect.naming(f.Key), fmt.Sprint(f.Val))
		}
	}
	if query != nil {
		path += "?" + query.Encode()
	}
	if o.method == "GET" {
		return path, ""
	}
	return path, s.body(o, args, headers)
}

func (s *surface) body(o *served, args Node, headers map[string]string) string {
	headers["content-type"] = "application/json"
	switch o.discName {
	case "method":
		return Node{{"=jsonrpc", "", "2.0"}, {"=id", "", len(args) + 1}, {"=method", "", o.discValue}, {"=params", "", args}}.JSON(s.Dialect.naming)
	case "operationName":
		return Node{{"=operationName", "", o.discValue}, {"=query", "", s.query(o, args)}, {"=variables", "", args}}.JSON(s.Dialect.naming)
	case "soapaction":
		headers["content-type"] = "text/xml; charset=utf-8"
		headers["soapaction"] = `"` + o.discValue + `"`
		_, act, _ := strings.Cut(o.discValue, "#")
		return `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><` + act + ">" + args.xml(s.Dialect.naming) + "</" + act + "></soap:Body></soap:Envelope>"
	}
	if o.discName != "" {
		args = append(Node{{"=" + o.discName, "", o.discValue}}, args...)
	}
	if len(args) == 0 {
		delete(headers, "content-type")
		return ""
	}
	if s.Dialect.body == "form" || o.class == "id.login" && s.Dialect.oauth && o.name != "code" {
		headers["content-type"] = "application/x-www-form-urlencoded"
		v := url.Values{}
		args.each(s.Dialect.naming, "", func(path string, f Field) { v.Set(path, fmt.Sprint(f.Val)) })
		return v.Encode()
	}
	return args.JSON(s.Dialect.naming)
}

// query is the text of a GraphQL request.
func (s *surface) query(o *served, args Node) string {
	word, vars, pass := "query", "", ""
	if o.kind != 'r' && o.kind != 'l' {
		word = "mutation"
	}
	for i, a := range args {
		n := s.Dialect.naming(a.Key)
		if i > 0 {
			vars, pass = vars+", ", pass+", "
		}
		vars, pass = vars+"$"+n+": String", pass+n+": $"+n
	}
	if vars != "" {
		vars, pass = "("+vars+")", "("+pass+")"
	}
	return word + " " + o.discValue + vars + " { " + strings.ToLower(o.discValue[:1]) + o.discValue[1:] + pass + " { __typename } }"
}

// response renders the answer with its content type.
func (s *surface) response(x *Exchange, o *served, ok bool) (body, kind string) {
	switch {
	case x.Body != "":
		return x.Body, "text/plain"
	case o.discName == "soapaction":
		_, act, _ := strings.Cut(o.discValue, "#")
		inner := "<" + act + "Response>" + x.Reply.xml(s.Dialect.naming) + "</" + act + "Response>"
		if !ok {
			inner = "<soap:Fault><faultcode>soap:Client</faultcode><faultstring>not permitted</faultstring></soap:Fault>"
		}
		return `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` + inner + "</soap:Body></soap:Envelope>", "text/xml; charset=utf-8"
	case !ok:
		why := map[int]string{401: "unauthorized", 403: "forbidden", 404: "not found", 429: "too many requests", 409: "conflict"}[x.Status]
		if why == "" {
			why = "unavailable"
		}
		switch o.discName {
		case "operationName":
			if x.Status < 500 {
				x.Status = 200
			}
			return Node{{"=data", "", nil}, {"=errors", "", []Node{{{"=message", "", why}}}}}.JSON(Plain), "application/json"
		case "method":
			if x.Status < 500 {
				x.Status = 200
			}
			return Node{{"=jsonrpc", "", "2.0"}, {"=id", "", 1}, {"=error", "", Node{{"=code", "", -32000 - x.Status%100}, {"=message", "", why}}}}.JSON(Plain), "application/json"
		}
		return Node{{"error", "", why}}.JSON(s.Dialect.naming), "application/json"
	}
	return s.wrapped(o, x.Reply).JSON(s.Dialect.naming), "application/json"
}

// wrapped puts an answer into the envelope of the interface.
func (s *surface) wrapped(o *served, n Node) Node {
	switch {
	case o.discName == "method":
		return Node{{"=jsonrpc", "", "2.0"}, {"=id", "", 1}, {"=result", "", n}}
	case o.discName == "operationName":
		return Node{{"=data", "", Node{{"=" + strings.ToLower(o.discValue[:1]) + o.discValue[1:], "", n}}}}
	case s.Dialect.envelope == "" || o.class == "id.login" && s.Dialect.oauth:
		return n
	}
	return Node{{"=" + s.Dialect.envelope, "", n}}
}

// Issue makes a credential for somebody.
func (w *World) Issue(s *surface, p *Person, t time.Time) *Credential {
	c := &Credential{Expires: t.Add(s.life), Refresh: w.Secret(36)}
	switch s.Auth {
	case "jwt":
		claims := Node{{"=iss", "", "https://" + s.Login.Host}, {"=sub", "", p.ID}, {"=aud", "", s.Name}, {"=client_id", "", s.Name + "-" + w.brand}, {"=iat", "", t.Unix()}, {"=exp", "", c.Expires.Unix()}, {"=jti", "", w.Secret(9)}}
		if s.Name != "app" {
			claims = append(claims, Field{"=role", "", p.Role})
		}
		c.Value = JWT(w.alg, claims)
	case "basic":
		c.Value = base64.StdEncoding.EncodeToString([]byte(p.ID + ":" + p.Password))
		c.Expires = t.AddDate(1, 0, 0)
	case "apikey", "token":
		c.Value = w.Secret(32)
		c.Expires = t.AddDate(1, 0, 0)
	case "mtls":
		c.Value = p.ID
		c.Expires = t.AddDate(1, 0, 0)
	default:
		c.Value = w.Secret(40)
	}
	return c
}

func (s *surface) Replace() {
	for _, name := range s.names() {
		o := s.Ops[name]
		if o.discName != "grant_type" {
			o.route = s.Dialect.route(o.operation)
		} else {
			o.path = s.Dialect.Prefix + "/oauth2/token"
		}
	}
}
