package world

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"
)

// The truth of a world, in the JSON of the development range's scorer.
type (
	Truth struct {
		World         string         `json:"world"`
		Title         string         `json:"title"`
		Version       int            `json:"version"`
		Seed          uint64         `json:"seed"`
		Scale         int            `json:"scale"` // vehicles
		Start         int64          `json:"start"`
		End           int64          `json:"end"`
		Counts        map[string]int `json:"counts"`
		NeutralPrefix []string       `json:"neutralPrefix"`
		Attacks       []*AttackTruth `json:"attacks"`
		Confounders   []*trapTruth   `json:"confounders"`
		Endpoints     []*endpoint    `json:"endpoints"`
		Orphans       []spot         `json:"orphans"`
		Entities      entities       `json:"entities"`
		Links         []*linkTruth   `json:"links"`
		Edges         []struct{}     `json:"edges"`
		Chains        []struct{}     `json:"chains"`
		Ignore        []struct{}     `json:"ignore"`

		byKey map[string]*endpoint
	}
	AttackTruth struct {
		ID           string      `json:"id"`
		Scenario     string      `json:"scenario"`
		Incident     string      `json:"incident"`
		OWASP        []string    `json:"owasp"`
		Families     []string    `json:"families"`
		Kind         string      `json:"kind"`
		MinSeverity  int         `json:"minSeverity"`
		Note         string      `json:"note"`
		Records      []string    `json:"records"`
		Times        []int64     `json:"times"`
		Objects      []TouchedAt `json:"objects"`
		Principals   []string    `json:"principals"`
		IPs          []string    `json:"ips"`
		Earliest     string      `json:"earliest"`
		EarliestTime int64       `json:"earliestTime"`
	}
	TouchedAt struct {
		Type   string `json:"type"`
		ID     string `json:"id"`
		Record string `json:"record"`
		Time   int64  `json:"time"`
	}
	trapTruth struct {
		Trap    string   `json:"trap"`
		Note    string   `json:"note"`
		Records []string `json:"records"`
	}
	spot struct {
		Host     string `json:"host"`
		Method   string `json:"method"`
		Template string `json:"template"`
	}
	discriminator struct {
		In    string `json:"in"`
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	endpoint struct {
		ID int `json:"id"`
		spot
		Discriminator *discriminator `json:"discriminator,omitempty"`
		Class         string         `json:"class"`
		Access        string         `json:"access"`
		Parameters    []parameter    `json:"parameters"`
		Schemes       []string       `json:"schemes"`
		Required      string         `json:"required"`
		Status        string         `json:"status"`
		Count         int            `json:"count"`
		Weaknesses    []string       `json:"weaknesses"`
		Op            string         `json:"op"`

		with, without bool // answered with and without a credential
		known         map[string]bool
	}
	parameter struct {
		In       string `json:"in"`
		Name     string `json:"name"`
		Pos      int    `json:"pos"` // of a path parameter; there is never more than one
		DataType string `json:"dataType,omitempty"`
	}
	entities struct {
		Vehicle  []EntityTruth `json:"vehicle"`
		Consumer []EntityTruth `json:"consumer"`
		Charger  []EntityTruth `json:"charger"`
	}
	EntityTruth struct {
		UID  string   `json:"uid"`
		IDs  []string `json:"ids"`
		Type string   `json:"type"`
		Role string   `json:"role,omitempty"`
	}
	linkTruth struct {
		Calls    int    `json:"calls"`
		Consumer string `json:"consumer"`
		Object   string `json:"object"`
		Observed bool   `json:"observed"`
		Rel      string `json:"rel"`
		Type     string `json:"type"`
		Weak     bool   `json:"weak"`
	}
)

// A Label collects what belongs to an attack or a trap while it happens.
type Label struct {
	Attack *AttackTruth
	trap   *trapTruth
}

// Add puts a record of a visit, about a thing if o is not nil, under the label.
func (l *Label) Add(r *Record, k *Walk, o *Thing) {
	if l.trap != nil {
		l.trap.Records = append(l.trap.Records, r.ID)
		return
	}
	a := l.Attack
	a.Records = append(a.Records, r.ID)
	a.Times = append(a.Times, r.Time.UnixMilli())
	if r.Client != nil {
		a.IPs = include(a.IPs, r.Client.IP)
	}
	if k != nil && k.Who != nil {
		a.Principals = include(a.Principals, k.Who.UID)
	}
	if o != nil {
		l.Touch(o)
	}
}

// Touch says that the last record is about a thing.
func (l *Label) Touch(o *Thing) {
	a := l.Attack
	if a == nil || slices.ContainsFunc(a.Objects, func(t TouchedAt) bool { return t.ID == o.UID }) {
		return
	}
	typ := map[string]string{"vehicle": "vehicle", "station": "charger", "consumer": "consumer"}[o.Kind]
	if typ == "" {
		typ = o.Kind
	}
	a.Objects = append(a.Objects, TouchedAt{typ, o.UID, a.Records[len(a.Records)-1], a.Times[len(a.Times)-1]})
}

func include(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// seen notes one call of an endpoint.
func (t *Truth) seen(s *surface, o *served, x *Exchange, ok bool) {
	if o.name == "raw" && !ok {
		return
	}
	key := s.Host + " " + o.method + " " + o.path + " " + o.discValue
	e := t.byKey[key]
	if e == nil {
		e = &endpoint{ID: len(t.Endpoints) + 1, spot: spot{s.Host, o.method, template(o)}, Class: o.class, Access: o.access(), Status: o.Status, Op: s.Name + "." + o.name, Parameters: []parameter{}, known: map[string]bool{}}
		if o.discIn != "" {
			e.Discriminator = &discriminator{o.discIn, o.discName, o.discValue}
		}
		t.byKey[key] = e
		t.Endpoints = append(t.Endpoints, e)
	}
	e.Count++
	if ok {
		e.with = e.with || x.cred != nil
		e.without = e.without || x.cred == nil
		s.wrapped(o, x.Reply).each(s.Dialect.naming, "", func(p string, f Field) { e.param("response", p, f.Typ) })
	}
	if x.cred != nil {
		e.Schemes = include(e.Schemes, schemes[s.Auth])
	}
	if x.Obj != nil && o.idIn != "" {
		f := s.Ident(x.Obj)
		switch o.idIn {
		case "header":
			e.param("header", "x-"+kebab.join(s.Dialect.lang, strings.TrimPrefix(f.Key, "=")), f.Typ)
		case "body":
			e.param("body", inner(o)+s.Dialect.naming(f.Key), f.Typ)
		default:
			e.param(o.idIn, s.Dialect.naming(f.Key), f.Typ)
		}
	}
	where := map[bool]string{true: "query", false: "body"}[o.method == "GET"]
	x.Args.each(s.Dialect.naming, inner(o), func(p string, f Field) { e.param(where, p, f.Typ) })
}

// inner is where a protocol keeps the fields of a request.
func inner(o *served) string {
	switch o.discName {
	case "method":
		return "params."
	case "operationName":
		return "variables."
	}
	return ""
}

func template(o *served) string { return strings.Replace(o.path, "{}", "{id}", 1) }

func (e *endpoint) param(in, name, typ string) {
	if in == "path" {
		name = "id"
	}
	if k := in + " " + name; !e.known[k] {
		e.known[k] = true
		e.Parameters = append(e.Parameters, parameter{in, name, 0, typ})
	}
}

// order puts the records of an attack in the order of time.
func (a *AttackTruth) order() {
	by := make([]int, len(a.Times))
	for i := range by {
		by[i] = i
	}
	sort.SliceStable(by, func(i, j int) bool { return a.Times[by[i]] < a.Times[by[j]] })
	records, times := make([]string, 0, len(by)), make([]int64, 0, len(by))
	for _, i := range by {
		records, times = append(records, a.Records[i]), append(times, a.Times[i])
	}
	a.Records, a.Times = records, times
	if a.Earliest == "" && len(records) > 0 {
		a.Earliest, a.EarliestTime = records[0], times[0]
	}
}

// Finish settles what only the end shows.
func (t *Truth) Finish(w *World) {
	for _, e := range t.Endpoints {
		switch {
		case e.with && e.without:
			e.Required = "mixed"
		case e.without:
			e.Required = "never"
		default:
			e.Required = "always"
		}
		if e.Status != "documented" {
			e.Weaknesses = append(e.Weaknesses, e.Status)
		}
	}
	for _, a := range t.Attacks {
		a.order()
	}
	t.Attacks = slices.DeleteFunc(t.Attacks, func(a *AttackTruth) bool { return len(a.Records) == 0 })
	t.Confounders = slices.DeleteFunc(t.Confounders, func(c *trapTruth) bool { return len(c.Records) == 0 })
	t.Counts = map[string]int{"http": w.Sink.counts["http"], "signal": w.Sink.counts["signal"], "ocpp": w.Sink.counts["ocpp"]}
	for _, s := range w.Surfaces {
		for _, name := range s.names() {
			if o := s.Ops[name]; o.Status == "documented" && t.byKey[s.Host+" "+o.method+" "+o.path+" "+o.discValue] == nil && o.discIn == "" {
				t.Orphans = append(t.Orphans, spot{s.Host, o.method, template(o)})
			}
		}
	}
}

func (s *surface) names() []string {
	var list []string
	for n := range s.Ops {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

// Specs are OpenAPI descriptions of what is documented, by host.
func (w *World) Specs() map[string]string {
	paths := map[string]map[string]map[string]string{} // host, path, method: operation
	for _, s := range w.Surfaces {
		for _, name := range s.names() {
			o := s.Ops[name]
			if o.Status == "shadow" {
				continue
			}
			host := paths[s.Host]
			if host == nil {
				host = map[string]map[string]string{}
				paths[s.Host] = host
			}
			p := template(o)
			if host[p] == nil {
				host[p] = map[string]string{}
			}
			text := fmt.Sprintf("      operationId: %q\n", s.Name+"_"+name)
			if o.Status == "zombie" {
				text += "      deprecated: true\n"
			}
			if strings.Contains(p, "{id}") {
				text += "      parameters:\n        - {name: id, in: path, required: true, schema: {type: string}}\n"
			}
			host[p][strings.ToLower(o.method)] = text + "      responses:\n        \"200\": {description: done}\n"
		}
	}
	out := map[string]string{}
	for h, ps := range paths {
		var b strings.Builder
		fmt.Fprintf(&b, "openapi: 3.1.0\ninfo: {title: %q, version: \"1\"}\nservers: [{url: \"https://%s\"}]\npaths:\n", w.Title+" "+h, h)
		for _, p := range Sorted(ps) {
			fmt.Fprintf(&b, "  %q:\n", p)
			for _, m := range Sorted(ps[p]) {
				fmt.Fprintf(&b, "    %s:\n%s", m, ps[p][m])
			}
		}
		out[h] = b.String()
	}
	return out
}

// Sorted are the keys of a map in order.
func Sorted[V any](m map[string]V) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// Write writes the truth as JSON.
func (t *Truth) Write(to io.Writer) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(t); err != nil {
		return fmt.Errorf("write truth: %w", err)
	}
	return nil
}

// Assets are rows of the operator's register; some are missing, as they are in real ones.
func (w *World) Assets(to io.Writer) error {
	e := json.NewEncoder(to)
	var err error
	row := func(typ string, ids map[string]string, links ...assetLink) {
		if w.Rng.IntN(100) < 8 || err != nil {
			return
		}
		err = e.Encode(Record{Kind: "asset", ID: "as-" + w.Secret(10), Time: w.Start, Type: typ, IDs: ids, Links: links})
	}
	for _, v := range w.Initial.Vehicles {
		var links []assetLink
		for i, p := range w.Initial.Drivers[v] {
			links = append(links, assetLink{map[bool]string{true: "owner", false: "driver"}[i == 0], "consumer", p.ID})
		}
		row("vehicle", map[string]string{"vin": v.VIN, "vehicle_id": v.ID, "plate": v.Plate}, links...)
	}
	for _, s := range w.Stations {
		row("charger", map[string]string{"station_id": s.ID})
	}
	if err != nil {
		return fmt.Errorf("write register: %w", err)
	}
	return nil
}

// Marked runs f with everything it does under a label.
func (w *World) Marked(l *Label, f func()) {
	before := w.Mark
	w.Mark = l
	f()
	w.Mark = before
}

func millis(t time.Time) int64 { return t.UnixMilli() }
