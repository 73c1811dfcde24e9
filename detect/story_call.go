package detect

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// call plays one API call.
func (p *player) call(what string, args map[string]string) error {
	method, rest, ok := strings.Cut(what, " ")
	i := strings.IndexByte(rest, '/')
	if !ok || i < 0 {
		return fmt.Errorf("read %q: want METHOD host/template", what)
	}
	host, template := rest[:i], rest[i:]
	status, err := strconv.Atoi(or(args["status"], "200"))
	if err != nil {
		return fmt.Errorf("read status: %w", err)
	}
	tx := &waywarden.Transaction{
		Client: waywarden.Client{IP: or(args["ip"], "192.0.2.1"), JA4: args["ja4"]}, Server: waywarden.Server{Host: host, TLS: true},
		Method: method, Target: or(args["path"], template), Status: status,
		Response: waywarden.Message{
			Headers: waywarden.Headers{{Name: "content-type", Value: or(args["type"], "application/json")}},
			Body:    []byte(args["body"]), BodyBytes: int64(len(args["body"])), Captured: true,
		},
	}
	if v := args["bytes"]; v != "" {
		if tx.Response.BodyBytes, err = strconv.ParseInt(v, 10, 64); err != nil {
			return fmt.Errorf("read bytes: %w", err)
		}
	}
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: p.id(), At: p.now, HTTP: tx}
	op := &waywarden.Operation{
		ID: what, Host: host, Method: method, Template: template, Access: waywarden.Access(or(args["access"], "read")),
		Function: waywarden.Function{Class: args["class"], Confidence: 1},
	}
	if v := args["action"]; v != "" {
		op.Discriminator = waywarden.Discriminator{In: waywarden.InBody, Name: "action", Value: v}
	}
	c := &waywarden.Call{Record: rec, Operation: op, Success: status >= 200 && status < 400}
	if args["probe"] != "" {
		c.Operation = nil
	}
	c.Principal = principal(args)
	if e := args["expires"]; e != "" {
		in, err := time.ParseDuration(e)
		if err != nil {
			return fmt.Errorf("read expires: %w", err)
		}
		c.Principal.Expires = p.now.Add(in)
	}
	c.Application = waywarden.Application{UID: args["app"], Name: args["app"]}
	s := &waywarden.Scene{Record: rec, Call: c, Now: p.now}
	p.leaves(s, args)
	p.caller(s, args)
	p.take(p.engine.Inspect(s))
	return nil
}

func or(s, standard string) string {
	if s == "" {
		return standard
	}
	return s
}

func principal(args map[string]string) waywarden.Principal {
	by := args["by"]
	if by == "" {
		return waywarden.Principal{}
	}
	pr := waywarden.Principal{
		UID: by, Kind: waywarden.PrincipalKind(or(args["kind"], "user")), Scheme: waywarden.AuthScheme(or(args["scheme"], string(waywarden.SchemeBearerOpaque))),
		Client: args["client"], Session: args["session"], Algorithm: args["alg"],
	}
	if a := args["audience"]; a != "" {
		pr.Audiences = strings.Split(a, ",")
	}
	if r := args["roles"]; r != "" {
		pr.Roles = strings.Split(r, ",")
	}
	return pr
}

// leaves puts what the call carries where it stands, and shows the twins of what it names.
func (p *player) leaves(s *waywarden.Scene, args map[string]string) {
	for _, place := range [...]struct {
		arg string
		in  waywarden.Place
	}{{"names", waywarden.InPath}, {"query", waywarden.InQuery}, {"sends", waywarden.InBody}} {
		for _, item := range list(args[place.arg]) {
			d, v, _ := strings.Cut(item, ":")
			l := waywarden.Leaf{In: place.in, Name: d, Type: waywarden.DataType(d), Kind: waywarden.ValueText, Value: v, Node: -1}
			if untyped, ok := strings.CutPrefix(v, ":"); ok {
				l.Type, l.Value, v = "", untyped, untyped
			}
			if v == "true" || v == "false" {
				l.Kind = waywarden.ValueBool
			}
			s.Call.Leaves = append(s.Call.Leaves, l)
			p.subject(s, len(s.Call.Leaves)-1, args)
		}
	}
	for _, item := range list(args["gives"]) {
		parts := strings.SplitN(item, ":", 3)
		if len(parts) == 2 {
			parts = []string{parts[0], parts[0], parts[1]}
		}
		l := waywarden.Leaf{In: waywarden.InResponse, Name: parts[0], Type: waywarden.DataType(parts[1]), Kind: waywarden.ValueText, Value: parts[len(parts)-1]}
		if l.Type == "#" {
			l.Type, l.Kind = "", waywarden.ValueNumber
		}
		s.Call.Leaves = append(s.Call.Leaves, l)
	}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// subject shows the twin of an asset that a leaf names.
func (p *player) subject(s *waywarden.Scene, leaf int, args map[string]string) {
	l := &s.Call.Leaves[leaf]
	a := waywarden.AssetVehicle
	switch l.Type {
	case waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypeIMEI, waywarden.TypePlate:
	case waywarden.TypeStationID:
		a = waywarden.AssetCharger
	case waywarden.TypePersonID:
		a = waywarden.AssetConsumer
	default:
		return
	}
	sub := waywarden.Subject{Leaf: leaf}
	if s.Call.Success || args["new"] == "" {
		sub.Twin, sub.Known = p.twin(l.Value, a), args["new"] == ""
		if o := args["owner"]; o != "" {
			sub.Twin.Links = []waywarden.Link{{Rel: "user", Type: waywarden.AssetConsumer, UID: o, Proof: "list", Confidence: 0.9}}
		}
	}
	if rel := args["link"]; rel != "" {
		sub.Linked = waywarden.Link{Rel: rel, Type: a, UID: l.Value, Proof: "list", Confidence: 0.9}
	}
	if d, err := time.ParseDuration(args["ended"]); err == nil { // a link of before
		sub.Linked = waywarden.Link{Rel: "contact", Type: a, UID: l.Value, Proof: "contact", Confidence: 0.2, Until: s.Now.Add(-d)}
	}
	s.Subjects = append(s.Subjects, sub)
}

// caller shows the twin of who calls.
func (p *player) caller(s *waywarden.Scene, args map[string]string) {
	if args["by"] == "" {
		return
	}
	s.Caller = p.twin(args["by"], waywarden.AssetConsumer)
	s.Caller.IDs = []waywarden.ID{{Type: waywarden.TypePersonID, Value: args["by"]}}
	if rel := or(args["listed"], args["link"]); rel != "" {
		s.Caller.Links = []waywarden.Link{{Rel: rel, Type: waywarden.AssetVehicle, UID: "own of " + args["by"], Proof: "list", Confidence: 0.9}}
		s.LinksLearned = 100
	}
	if n, err := strconv.Atoi(args["learned"]); err == nil {
		s.LinksLearned = n
	}
}
