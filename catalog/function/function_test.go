package function

import (
	"slices"
	"strings"
	"testing"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

func knowledge(tb testing.TB) *domain.Knowledge {
	tb.Helper()
	k, err := domain.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func classifier(tb testing.TB) *Classifier {
	tb.Helper()
	return New(knowledge(tb))
}

func concepts(l *lexicon, name string) []string {
	n := namer{lex: l}
	var found []string
	n.read(name, func(cs []uint16) {
		for _, c := range cs {
			found = append(found, l.concepts[c])
		}
	})
	return found
}

func TestNamesAreCutAndUnderstood(t *testing.T) {
	lex, err := newLexicon("wake\ten\tdict\twakeup wake\nopen\tde\tdict\toeffnen öffnen\ndoor\tde\tdict\ttuer\nvehicle\tde\tdict\tfahrzeug\n" +
		"list\tde\tdict\tliste\nunlock\tzh\tdict\tkaisuo\ndoor\tzh\tdict\tchemen\nlogin\ten\tdict\toauth2 2fa\nlimit\ten\tdict\tlimit\n" +
		"evse\ten\tdict\tevsedata\nunlock\tru\tdict\tоткрыть\nsearch\ten\tdict\tsearch\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"wake_up":               "wake",
		"wakeUp":                "wake",
		"TUER_OEFFNEN":          "door open",
		"tür-öffnen":            "door open",
		"t%C3%BCr-%C3%B6ffnen":  "door open",
		"Fahrzeugliste":         "vehicle list",
		"fahrzeugeliste":        "vehicle list",
		"chemenkaisuo":          "door unlock",
		"oauth2":                "login",
		"v2.oauth2":             "login",
		"2fa":                   "login",
		"limits":                "limit",
		"limit3":                "limit",
		"setLIMITNow":           "limit",
		"evsedatav23":           "evse",
		"открыть":               "unlock",
		"research":              "",
		"":                      "",
		"123":                   "",
		"%zz":                   "",
		strings.Repeat("a", 99): "",
	} {
		if got := strings.Join(concepts(lex, name), " "); got != want {
			t.Errorf("%q means %q, want %q", name, got, want)
		}
	}
}

// TestChanceIsNoCompound holds that plain words are not taken apart.
func TestChanceIsNoCompound(t *testing.T) {
	lex := classifier(t).lex
	for _, word := range []string{"passenger", "carpet", "description", "stopwatch", "catering", "parkland", "authority"} {
		lex.split([]byte(word), func(cs []uint16) { t.Errorf("%s holds %s", word, lex.concepts[cs[0]]) })
	}
}

func TestBrokenTablesAreRefused(t *testing.T) {
	k := knowledge(t)
	for name, tables := range map[string][3]string{
		"lexicon columns":   {"lock\ten\n", "", ""},
		"pattern concept":   {"lock\ten\tdict\tlock\n", "act.door.lock\t1\tunlock\n", ""},
		"pattern class":     {"lock\ten\tdict\tlock\n", "act.door.bend\t1\tlock\n", ""},
		"pattern weight":    {"lock\ten\tdict\tlock\n", "act.door.lock\tx\tlock\n", ""},
		"pattern fact":      {"lock\ten\tdict\tlock\n", "act.door.lock\t1\t@lock\n", ""},
		"pattern negative":  {"lock\ten\tdict\tlock\n", "act.door.lock\t1\t!lock\n", ""},
		"action direction":  {"lock\ten\tdict\tlock\n", "", "Reset\tup\t1.6\tchg.availability\tcontrol\n"},
		"action class":      {"lock\ten\tdict\tlock\n", "", "Reset\tin\t1.6\tchg.none\tcontrol\n"},
		"action's columns":  {"lock\ten\tdict\tlock\n", "", "Reset\n"},
		"pattern's columns": {"lock\ten\tdict\tlock\n", "act.door.lock\n", ""},
	} {
		if _, err := build(k, tables[0], tables[1], tables[2]); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestOppositesStayApart: what must never be mistaken for its opposite.
func TestOppositesStayApart(t *testing.T) {
	c := classifier(t)
	for _, pair := range [][2]Evidence{
		{{Method: "POST", Template: "/v/{vin}/lock"}, {Method: "POST", Template: "/v/{vin}/unlock"}},
		{{Method: "POST", Template: "/vehicles/{vin}/engine/start"}, {Method: "POST", Template: "/vehicles/{vin}/engine/stop"}},
		{{Method: "PUT", Template: "/vehicles/{vin}/doors/lock"}, {Method: "DELETE", Template: "/vehicles/{vin}/doors/lock"}},
		{{Method: "POST", Template: "/chargers/{id}/start"}, {Method: "POST", Template: "/chargers/{id}/stop"}},
		{{Method: "GET", Template: "/vehicles/{vin}/lock-status"}, {Method: "POST", Template: "/vehicles/{vin}/lock"}},
	} {
		a, b := c.Classify(pair[0]), c.Classify(pair[1])
		if a.Class == b.Class {
			t.Errorf("%s %s and %s %s are both %s", pair[0].Method, pair[0].Template, pair[1].Method, pair[1].Template, a.Class)
		}
	}
}

func TestUnexplainedWriteOnVehicleIsForReview(t *testing.T) {
	c := classifier(t)
	for _, e := range []Evidence{
		{Method: "POST", Template: "/x/{id}", Request: []Field{{Name: "id", Type: waywarden.TypeVIN}}},
		{Method: "POST", Template: "/v1/exec", Request: []Field{{Name: "vin", Type: waywarden.TypeVIN}, {Name: "n"}}},
		{Method: "PUT", Template: "/vehicles/{vin}/frobnicate"},
		{Method: "POST", Template: "/device/command/7"},
	} {
		if v := c.Classify(e); !v.Review || v.Access != waywarden.AccessControl || v.Confidence >= sureName && v.Class != "act.other" {
			t.Errorf("%s %s is %+v", e.Method, e.Template, v)
		}
	}
	for _, e := range []Evidence{
		{Method: "GET", Template: "/x/{id}", Request: []Field{{Name: "id", Type: waywarden.TypeVIN}}},
		{Method: "POST", Template: "/x"},
		{Method: "POST", Template: "/vehicles/{vin}/invitations"},
	} {
		if v := c.Classify(e); v.Review || v.Access == waywarden.AccessControl {
			t.Errorf("%s %s is %+v", e.Method, e.Template, v)
		}
	}
}

// TestAccess: methods do not decide alone whether something only asks.
func TestAccess(t *testing.T) {
	c := classifier(t)
	rows := []Field{{Name: "items[].vin", Type: waywarden.TypeVIN}, {Name: "items[].name"}, {Name: "items[].model"}}
	for _, x := range []struct {
		e    Evidence
		want waywarden.Access
	}{
		{Evidence{Method: "GET", Template: "/vehicles"}, waywarden.AccessRead},
		{Evidence{Method: "POST", Template: "/fahrzeuge/liste"}, waywarden.AccessRead},
		{Evidence{Method: "POST", Template: "/fahrzeuge/x", Response: rows}, waywarden.AccessRead},
		{Evidence{Method: "POST", Template: "/rpc", Discriminator: waywarden.Discriminator{Value: "getUpdateStatus"}}, waywarden.AccessRead},
		{Evidence{Method: "POST", Template: "/graphql", Discriminator: waywarden.Discriminator{Value: "SiteDetail"}}, waywarden.AccessRead},
		{Evidence{Method: "PATCH", Template: "/users/{id}"}, waywarden.AccessWrite},
		{Evidence{Method: "POST", Template: "/webhooks"}, waywarden.AccessWrite},
		{Evidence{Method: "POST", Template: "/vehicles/{vin}/honk"}, waywarden.AccessControl},
		{Evidence{Method: "GET", Template: "/vehicles/{vin}/unlock", Accepted: true}, waywarden.AccessControl},
		{Evidence{Method: "GET", Template: "/ota/campaigns"}, waywarden.AccessRead},
		{Evidence{Method: "POST", Template: "/ota/campaigns"}, waywarden.AccessControl},
		{Evidence{Method: "POST", Template: "/gateway/unlockconnector"}, waywarden.AccessControl},
		{Evidence{Method: "POST", Template: "/gateway/getcompositeschedule"}, waywarden.AccessRead},
	} {
		if v := c.Classify(x.e); v.Access != x.want {
			t.Errorf("%s %s %s: %s (%s), want %s", x.e.Method, x.e.Template, x.e.Discriminator.Value, v.Access, v.Class, x.want)
		}
	}
}

// TestMoreEvidenceDecides: what a call takes and gives tells functions apart whose names do not.
func TestMoreEvidenceDecides(t *testing.T) {
	c := classifier(t)
	for _, x := range []struct {
		e    Evidence
		want string
	}{
		{Evidence{Method: "POST", Template: "/a/b", Response: []Field{{Name: "t", Type: waywarden.TypeAccessToken}}}, "id.login"},
		{Evidence{Method: "GET", Template: "/a/b", Response: []Field{{Name: "r[].id", Type: waywarden.TypeVIN}, {Name: "r[].n"}}}, "read.vehicle.list"},
		{Evidence{Method: "POST", Template: "/q", Request: []Field{{Name: "k", Type: waywarden.TypePlate}},
			Response: []Field{{Name: "n", Type: waywarden.TypeNameAddress}}}, "read.lookup.person_by_vehicle"},
		{Evidence{Method: "POST", Template: "/m", Response: []Field{{Name: "c", Type: waywarden.TypeInviteCode}}}, "life.share_key"},
	} {
		if v := c.Classify(x.e); v.Class != x.want {
			t.Errorf("%s: %s %v, want %s", x.e.Template, v.Class, v.Why, x.want)
		}
	}
}

func TestOCPP(t *testing.T) {
	c := classifier(t)
	for _, x := range []struct {
		action, version string
		inbound         bool
		class           string
		access          waywarden.Access
		sure, review    bool
	}{
		{"RemoteStartTransaction", "1.6", false, "chg.start", waywarden.AccessControl, true, false},
		{"StartTransaction", "1.6", true, "chg.ingest", waywarden.AccessWrite, true, false},
		{"TransactionEvent", "2.0.1", true, "chg.ingest", waywarden.AccessWrite, true, false},
		{"TransactionEvent", "1.6", true, "chg.ingest", waywarden.AccessWrite, false, false},
		{"DataTransfer", "1.6", false, "chg.ingest", waywarden.AccessWrite, true, false},
		{"UnlockConnector", "2.1", true, "chg.unlock", waywarden.AccessControl, false, false},
		{"OpenSesame", "1.6", false, "chg.availability", waywarden.AccessControl, false, true},
		{"OpenSesame", "1.6", true, "chg.ingest", waywarden.AccessWrite, false, false},
	} {
		v := c.OCPP(x.action, x.inbound, x.version)
		if v.Class != x.class || v.Access != x.access || (v.Confidence == 1) != x.sure || v.Review != x.review {
			t.Errorf("%s %s inbound %v: %+v", x.action, x.version, x.inbound, v)
		}
	}
}

// TestVerdictsDoNotDepend on the order of fields, on what was classified before, or on the run.
func TestVerdictsDoNotDepend(t *testing.T) {
	c, d := classifier(t), classifier(t)
	ops := operations(t, "testdata/real.tsv")
	for i := range ops {
		e := ops[i].evidence
		e.Response = []Field{{Name: "data[].vin", Type: waywarden.TypeVIN}, {Name: "data[].lat", Type: waywarden.TypeLocation}}
		a := c.Classify(e)
		e.Response = []Field{e.Response[1], e.Response[0]}
		b := d.Classify(e)
		if a.Class != b.Class || a.Confidence != b.Confidence || a.Access != b.Access || !slices.Equal(a.Why, b.Why) {
			t.Fatalf("%s: %+v and %+v", e.Template, a, b)
		}
	}
}

func FuzzClassify(f *testing.F) {
	c := classifier(f)
	f.Add("h.example", "POST", "/a/{id}/b", "doors_unlock", "data[].x.y")
	f.Add("", "", "//{", "urn:a#B.c", "..")
	f.Add("é", "GET", "/%zz/{}/{a}{b}", "9v9v", "[]")
	f.Fuzz(func(t *testing.T, host, method, template, value, name string) {
		v := c.Classify(Evidence{
			Host: host, Method: method, Template: template, Discriminator: waywarden.Discriminator{Value: value},
			Request: []Field{{Name: name}}, Response: []Field{{Name: name}},
		})
		if v.Class == "" || v.Confidence < 0 || v.Confidence > 1 || v.Access == "" || len(v.Why) == 0 {
			t.Fatalf("%+v", v)
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	c := classifier(b)
	e := Evidence{
		Host: "owner-api.maker.example", Method: "POST", Template: "/api/1/vehicles/{id}/command/door_unlock", Accepted: true,
		Request: []Field{{Name: "id", Type: waywarden.TypeVehicleID}},
		Response: []Field{
			{Name: "response.command_id", Type: waywarden.TypeRequestID}, {Name: "response.reason"}, {Name: "response.result"},
		},
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Classify(e)
	}
}

func BenchmarkNew(b *testing.B) {
	k := knowledge(b)
	for b.Loop() {
		New(k)
	}
}
