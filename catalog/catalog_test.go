package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/function"
	"github.com/waywarden/waywarden/catalog/template"
	"github.com/waywarden/waywarden/domain"
)

// A feed makes transactions a second apart.
type feed struct {
	t *testing.T
	c *Catalog
	n int
}

func newFeed(t *testing.T, change ...func(*Options)) *feed {
	t.Helper()
	k, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	o := Default()
	for _, f := range change {
		f(&o)
	}
	return &feed{t: t, c: New(o, k)}
}

// A message is what a test says of a call; what it leaves out is ordinary.
type message struct {
	target, body, answer string
	status               int
	caller               string
	headers              waywarden.Headers
	contentType          string
}

func (f *feed) call(method string, m message) *waywarden.Call {
	f.t.Helper()
	f.n++
	if m.status == 0 {
		m.status = 200
	}
	if m.contentType == "" {
		m.contentType = "application/json"
	}
	tx := &waywarden.Transaction{
		Client: waywarden.Client{IP: "203.0.113.7"}, Server: waywarden.Server{Host: "api.fleet.example", TLS: true}, Method: method, Target: m.target, Status: m.status,
		Request:  waywarden.Message{Headers: slices.Clone(m.headers), Body: []byte(m.body), BodyBytes: int64(len(m.body)), Captured: m.body != ""},
		Response: waywarden.Message{Headers: waywarden.Headers{{Name: "content-type", Value: "application/json"}}, Body: []byte(m.answer), Captured: m.answer != ""},
	}
	if m.body != "" {
		tx.Request.Headers = append(tx.Request.Headers, waywarden.Header{Name: "content-type", Value: m.contentType})
	}
	if m.caller != "" {
		tx.Request.Headers = append(tx.Request.Headers, waywarden.Header{Name: "authorization", Value: "Bearer " + m.caller + strings.Repeat("x", 24)})
	}
	at := time.Date(2026, 1, 2, 0, 0, f.n, 0, time.UTC)
	return f.c.Resolve(&waywarden.Record{Kind: waywarden.KindHTTP, ID: fmt.Sprint("r", f.n), At: at, HTTP: tx})
}

// endpoints lists the inventory: method, template, discriminator.
func (f *feed) endpoints() []string {
	var out []string
	for _, e := range f.c.Report().Inventory.Endpoints {
		s := e.Method + " " + e.Template
		if e.Discriminator != nil {
			s += " " + e.Discriminator.In + "." + e.Discriminator.Name + "=" + e.Discriminator.Value
		}
		out = append(out, s)
	}
	return out
}

func (f *feed) want(want ...string) {
	f.t.Helper()
	if got := f.endpoints(); !slices.Equal(got, want) {
		f.t.Errorf("endpoints\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestCommandsInThePathStayApart(t *testing.T) {
	f := newFeed(t)
	for i := range 60 {
		vin := fmt.Sprintf("WVWZZZ1KZ8W%06d", 100000+i*37)
		for _, verb := range []string{"lock", "unlock", "engine-start", "engine-stop"} {
			f.call("POST", message{target: "/v2/cars/" + vin + "/" + verb, caller: fmt.Sprint("u", i), status: 202})
		}
	}
	f.want("POST /v2/cars/{vin}/engine-start", "POST /v2/cars/{vin}/engine-stop", "POST /v2/cars/{vin}/lock", "POST /v2/cars/{vin}/unlock")
}

func TestOnePathManyFunctions(t *testing.T) {
	for _, c := range []struct {
		name string
		feed func(f *feed, i int)
		want []string
	}{
		{"body field of telling name", func(f *feed, i int) {
			f.call("POST", message{target: "/cmd", caller: "u", body: fmt.Sprintf(`{"vin":"WVWZZZ1KZ8W%06d","action":%q}`, i, []string{"lock", "unlock"}[i%2])})
		}, []string{"POST /cmd body.action=lock", "POST /cmd body.action=unlock"}},
		{"query field", func(f *feed, i int) {
			f.call("GET", message{target: fmt.Sprintf("/exec?cmd=%s&id=%d", []string{"horn", "locate"}[i%2], 1000+i), caller: "u"})
		}, []string{"GET /exec query.cmd=horn", "GET /exec query.cmd=locate"}},
		{"JSON-RPC", func(f *feed, i int) {
			f.call("POST", message{target: "/rpc", caller: "u", body: fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q}`, i, []string{"car.lock", "car.find"}[i%2])})
		}, []string{"POST /rpc body.method=car.find", "POST /rpc body.method=car.lock"}},
		{"GraphQL by name", func(f *feed, i int) {
			f.call("POST", message{target: "/graphql", caller: "u", body: `{"operationName":"Cars","query":"query Cars { cars { vin } }"}`})
		}, []string{"POST /graphql body.operationName=Cars"}},
		{"SOAP", func(f *feed, i int) {
			f.call("POST", message{
				target: "/ws", caller: "u", contentType: "text/xml", body: "<Envelope><Body><q/></Body></Envelope>",
				headers: waywarden.Headers{{Name: "soapaction", Value: []string{`"urn:Lock"`, `"urn:Read"`}[i%2]}},
			})
		}, []string{"POST /ws header.soapaction=urn:Lock", "POST /ws header.soapaction=urn:Read"}},
		{"field of vague name whose values are actions", func(f *feed, i int) {
			f.call("POST", message{target: "/send", caller: "u", body: fmt.Sprintf(`{"device":%d,"type":%q}`, i, []string{"doorUnlock", "hornBlow"}[i%2])})
		}, []string{"POST /send body.type=doorUnlock", "POST /send body.type=hornBlow"}},
		{"field that merely qualifies", func(f *feed, i int) {
			f.call("POST", message{target: "/push", caller: "u", body: fmt.Sprintf(`{"token":"t%d","platform":%q,"language":%q}`, i, []string{"ios", "android"}[i%2], []string{"de", "fr"}[i/2%2])})
		}, []string{"POST /push"}},
		{"telling name with one value only", func(f *feed, i int) {
			f.call("POST", message{target: "/token", body: fmt.Sprintf(`{"grant_type":"password","username":"u%d@mail.example"}`, i)})
		}, []string{"POST /token"}},
		{"more values than functions have", func(f *feed, i int) {
			f.call("POST", message{target: "/note", caller: "u", body: fmt.Sprintf(`{"task":"remember %c%c the milk"}`, 'a'+i%26, 'a'+i/26)})
		}, []string{"POST /note"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFeed(t)
			for i := range 200 {
				c.feed(f, i)
			}
			f.want(c.want...)
		})
	}
}

func TestAttemptsAreNoEndpoints(t *testing.T) {
	f := newFeed(t)
	for i := range 20 {
		f.call("GET", message{target: fmt.Sprintf("/cars/%d", 5000+i), caller: fmt.Sprint("u", i), answer: `{"id":1}`})
	}
	f.call("GET", message{target: "/cars/7777", caller: "u", status: 404}) // an object that is not there belongs to its endpoint
	for _, p := range []string{"/.env", "/wp-admin", "/actuator/env"} {
		f.call("GET", message{target: p, status: 404})
	}
	f.call("OPTIONS", message{target: "/cars/5000", status: 204})
	f.call("HEAD", message{target: "/cars/5000"})
	f.want("GET /cars/{carId}")
	inv := f.c.Report().Inventory
	if n := inv.Endpoints[0].Count; n != 21 {
		t.Errorf("%d calls of the endpoint, want 21", n)
	}
	if len(inv.Probes) < 4 {
		t.Errorf("probes %+v: what was tried must be reported", inv.Probes)
	}
}

func TestTheUsersWord(t *testing.T) {
	f := newFeed(t, func(o *Options) {
		o.Pins = map[string][]template.Pin{"": {{Template: "/shop/{item}"}}}
		o.Selectors = []Selector{{Template: "/cmd"}}
		o.Corrections = []Correction{{Template: "/shop/{item}", Class: "com.payment", Access: waywarden.AccessWrite}}
	})
	for i := range 10 {
		f.call("GET", message{target: "/shop/" + []string{"tyres", "mats"}[i%2], answer: `{"a":1}`})
		f.call("POST", message{target: "/cmd", caller: "u", body: fmt.Sprintf(`{"action":%q}`, []string{"lock", "unlock"}[i%2])})
	}
	f.want("POST /cmd", "GET /shop/{item}")
	for _, e := range f.c.Report().Inventory.Endpoints {
		if e.Template == "/shop/{item}" && (e.Function.Class != "com.payment" || e.Function.Confidence != 1 || e.Access != waywarden.AccessWrite) {
			t.Errorf("the correction was not taken: %+v", e.Function)
		}
	}
}

// TestTheUsersWordSpreads holds to which operations one correction also applies.
func TestTheUsersWordSpreads(t *testing.T) {
	f := newFeed(t, func(o *Options) {
		o.Corrections = []Correction{
			{Host: "eu.api.oem.example", Method: "POST", Template: "/v1/vans/{vin}/go", Class: "act.engine.start", Access: waywarden.AccessControl},
			{Host: "us.api.oem.example", Method: "POST", Template: "/v3/vans/{id}/go", Class: "act.wake"},
		}
	})
	for _, x := range []struct {
		host, method, template, class string
		confidence                    float64
	}{
		{"eu.api.oem.example", "POST", "/v1/vans/{vin}/go", "act.engine.start", 1},
		{"us.api.oem.example", "POST", "/v2/vans/{vanId}/go", "act.engine.start", spread},
		{"us.api.oem.example", "POST", "/v3/vans/{id}/go", "act.wake", 1},
		{"api.other.example", "POST", "/v1/vans/{vin}/go", "", 0},
		{"eu.api.oem.example", "GET", "/v1/vans/{vin}/go", "", 0},
		{"eu.api.oem.example", "POST", "/v1/vans/{vin}/go/{mode}", "", 0},
	} {
		v, ok := f.c.correct(&waywarden.Operation{Host: x.host, Method: x.method, Template: x.template}, function.Verdict{})
		if ok != (x.class != "") || v.Class != x.class || v.Confidence != x.confidence {
			t.Errorf("%s %s%s: %+v, want %s at %.1f", x.method, x.host, x.template, v, x.class, x.confidence)
		}
	}
}

// TestEffectsCount holds that what was seen to follow the calls of an operation counts more than its name, and the user's
// word more than either.
func TestEffectsCount(t *testing.T) {
	f := newFeed(t, func(o *Options) {
		o.Corrections = []Correction{{Method: "PUT", Template: "/vehicles/{vin}/command", Class: "act.horn_lights"}}
	})
	for _, method := range []string{"POST", "PUT"} {
		op := f.call(method, message{target: "/vehicles/1HGCM82633A004352/command", caller: "u"}).Operation
		f.c.Saw(op.ID, function.Seen{Calls: 30, Changes: []function.Change{{Signal: "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", Value: "false", Seen: 29, Last: 29, Base: 0.1}}})
	}
	want := map[string]string{"POST": "act.door.unlock", "PUT": "act.horn_lights"}
	for _, e := range f.c.Report().Inventory.Endpoints {
		if e.Function.Class != want[e.Method] || e.Access != waywarden.AccessControl || e.Function.Confidence < 0.9 {
			t.Errorf("%s %s is %+v, %s; want %s", e.Method, e.Template, e.Function, e.Access, want[e.Method])
		}
	}
}

func TestAnOperationKeepsItsID(t *testing.T) {
	f := newFeed(t)
	first := f.call("GET", message{target: "/hubs/amber-lane", answer: `{"name":"x","open":true}`}).Operation
	id := first.ID
	var last *waywarden.Operation
	for i := range 200 {
		last = f.call("GET", message{target: fmt.Sprintf("/hubs/%s-%s", word(i), word(i*7+3)), answer: `{"name":"x","open":true}`}).Operation
	}
	if last.Template == "/hubs/amber-lane" || !strings.HasPrefix(last.Template, "/hubs/{") {
		t.Fatalf("template %s was not generalised", last.Template)
	}
	again := f.call("GET", message{target: "/hubs/amber-lane", answer: `{"name":"x","open":true}`}).Operation
	if again != last {
		t.Errorf("one endpoint is two operations: %s and %s", again.ID, last.ID)
	}
	if f.c.Report().Inventory.Endpoints[0].ID != again.ID {
		t.Errorf("the inventory calls it %s, the calls %s (first %s)", f.c.Report().Inventory.Endpoints[0].ID, again.ID, id)
	}
}

func word(i int) string {
	w := [...]string{"amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "iris", "kite", "lagoon", "maple", "north", "oasis", "pine", "quartz", "ridge"}
	return w[i%len(w)]
}

func TestHostsAreBounded(t *testing.T) {
	f := newFeed(t, func(o *Options) { o.HostsMax = 3 })
	for i := range 50 {
		f.c.Resolve(&waywarden.Record{Kind: waywarden.KindHTTP, HTTP: &waywarden.Transaction{Method: "GET", Target: "/", Status: 200, Server: waywarden.Server{Host: fmt.Sprintf("h%d.example", i)}}})
	}
	if len(f.c.hosts) != 4 || f.c.overflow != 47 {
		t.Errorf("%d hosts, %d calls pooled; want 4 and 47", len(f.c.hosts), f.c.overflow)
	}
}
