package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"mime/multipart"
	"net/textproto"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/schema"
)

// said lists a walker's leaves as "name=value", with ":type" where there is one.
func said(w *schema.Walker) string {
	var out []string
	for _, l := range w.Leaves {
		s := l.Name + "=" + l.Value
		if l.Type != "" {
			s += ":" + string(l.Type)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func form(fields ...string) (contentType, body string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.SetBoundary("frontier")
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		_ = m.WriteField(name, value)
	}
	h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="meta"`}, "Content-Type": {"application/json"}}
	p, _ := m.CreatePart(h)
	_, _ = p.Write([]byte(`{"n":1}`))
	p, _ = m.CreateFormFile("photo", "car.png")
	_, _ = p.Write([]byte{0, 1, 2})
	_ = m.Close()
	return m.FormDataContentType(), b.String()
}

func TestFormats(t *testing.T) {
	multi, multiBody := form("vin=1HGCM82633A004352", "note=a b")
	for _, c := range []struct {
		name, contentType, body string
		format                  schema.Format
		want                    string
		broken                  bool
	}{
		{"json", "application/json; charset=utf-8", ` {"a":[1,{"b":"x"}],"e":{}}`, schema.FormatJSON, "a[]=1 a[].b=x", false},
		{"vendor json", "application/vnd.api+json", `{"a":null}`, schema.FormatJSON, "a=null", false},
		{"json by its look", "text/plain", `[{"a":true}]`, schema.FormatJSON, "[].a=true", false},
		{"json without a type", "", `{"a":1}`, schema.FormatJSON, "a=1", false},
		{"guarded json", "application/json", ")]}',\n{\"a\":1}", schema.FormatJSON, "a=1", false},
		{"json with a mark", "application/json", "\ufeff{\"a\":1}", schema.FormatJSON, "a=1", false},
		{"scalar json", "application/json", `"x"`, schema.FormatJSON, "=x", false},
		{"broken json", "application/json", `{"a":1,"b":[2,`, schema.FormatJSON, "a=1 b[]=2", true},
		{"no json", "application/json", `Not Found`, schema.FormatJSON, "", true},
		{"ndjson", "application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n", schema.FormatNDJSON, "a=1 a=2", false},
		{"form", "application/x-www-form-urlencoded", "email=a%40b.de&n=1&t=x+y&l[]=1&l[]=2", schema.FormatForm, "email=a@b.de:email n=1 t=x y l[]=1 l[]=2", false},
		{"form without a type", "", "user=a&pass=b", schema.FormatForm, "user=a pass=b", false},
		{"multipart", multi, multiBody, schema.FormatMultipart, "vin=1HGCM82633A004352:vin note=a b meta.n=1 photo=car.png", false},
		{"multipart cut", multi, multiBody[:120], schema.FormatMultipart, "vin=1HGCM82633A004352:vin", true},
		{"xml", "text/xml", `<?xml version="1.0"?><car id="7"><vin>1HGCM82633A004352</vin><km>12</km></car>`, schema.FormatXML, "car.id=7:vehicle_id car.vin=1HGCM82633A004352:vin car.km=12", false},
		{"soap", "text/xml", `<s:Envelope xmlns:s="x"><s:Body><Unlock><n>1</n></Unlock></s:Body></s:Envelope>`, schema.FormatXML, "Unlock.n=1", false},
		{"xml cut", "text/xml", `<a><b>1</b><c`, schema.FormatXML, "a.b=1", true},
		{"csv", "text/csv", "vin;km\r\n1HGCM82633A004352;12\r\n\"5\"\"\";13\r\n", schema.FormatCSV, "[].vin=1HGCM82633A004352:vin [].km=12 [].vin=5\":vin [].km=13", false},
		{"protobuf", "application/grpc+proto", "\x00\x01\x02", schema.FormatProtobuf, "", false},
		{"html", "text/html", "<html></html>", schema.FormatText, "", false},
		{"binary", "image/png", "\x89PNG", schema.FormatBinary, "", false},
		{"none", "application/json", "", schema.FormatNone, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w schema.Walker
			f, err := w.Body(schema.NewTree(waywarden.InResponse), waywarden.InResponse, c.contentType, []byte(c.body), false)
			if f != c.format || (err != nil) != c.broken || said(&w) != c.want {
				t.Errorf("format %v (want %v), error %v, leaves %q, want %q", f, c.format, err, said(&w), c.want)
			}
		})
	}
}

func TestTruncatedBodyIsNoError(t *testing.T) {
	var w schema.Walker
	tree := schema.NewTree(waywarden.InResponse)
	if _, err := w.Body(tree, waywarden.InResponse, "application/json", []byte(`{"a":1,"b":"cu`), true); err != nil || said(&w) != "a=1" {
		t.Errorf("error %v, leaves %q", err, said(&w))
	}
	w.Reset()
	_, _ = w.Body(tree, waywarden.InResponse, "application/json", []byte(`{"a":1,"b":"cut"}`), false)
	for _, p := range tree.Parameters(nil, "response") {
		if !p.Required {
			t.Errorf("%s is not required though only the cut body lacks it", p.Name)
		}
	}
}

func TestNodesFormTheTreeOfObjects(t *testing.T) {
	var w schema.Walker
	_, _ = w.Body(schema.NewTree(waywarden.InResponse), waywarden.InResponse, "application/json", []byte(`{"a":1,"l":[{"b":2},{"b":3}],"o":{"c":4}}`), false)
	want := []waywarden.Node{{Parent: -1}, {Parent: 0, Array: true}, {Parent: 0, Array: true}, {Parent: 0}}
	if !reflect.DeepEqual(w.Nodes, want) {
		t.Errorf("nodes %+v, want %+v", w.Nodes, want)
	}
	for i, at := range []int32{0, 1, 2, 3} {
		if w.Leaves[i].Node != at {
			t.Errorf("leaf %s stands in %d, want %d", w.Leaves[i].Name, w.Leaves[i].Node, at)
		}
	}
}

// madeUp returns an object of so many names that never come again, beside one that always does.
func madeUp(r *rand.Rand, n int) string {
	var b strings.Builder
	b.WriteString(`{"fixed":"x"`)
	for range n {
		fmt.Fprintf(&b, `,"%c%c%c_%d":%d`, 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26), r.IntN(100000), r.IntN(10))
	}
	return b.String() + "}"
}

func TestDynamicNamesBecomeOne(t *testing.T) {
	tree := schema.NewTree(waywarden.InResponse)
	var w schema.Walker
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		w.Reset()
		if _, err := w.Body(tree, waywarden.InResponse, "application/json", []byte(`{"more":`+madeUp(r, 20)+`}`), false); err != nil {
			t.Fatal(err)
		}
		if len(w.Leaves) != 21 {
			t.Fatalf("%d leaves", len(w.Leaves))
		}
	}
	ps := tree.Parameters(nil, "response")
	if len(ps) != 1 || ps[0].Name != "more.fixed" || !ps[0].Required {
		t.Errorf("parameters %+v", ps)
	}
	more := tree.JSONSchema()["properties"].(map[string]any)["more"].(map[string]any)
	if _, ok := more["additionalProperties"]; !ok {
		t.Errorf("schema %v", more)
	}
}

func TestStrangeNamesDoNotHideKnownOnes(t *testing.T) {
	tree := schema.NewTree(waywarden.InQuery)
	var w schema.Walker
	for i := range 600 {
		w.Reset()
		query := "page=1"
		if i%20 == 0 {
			query += "&rare=x"
		}
		if i > 300 && i%2 == 0 { // a scanner tries names
			query = fmt.Sprintf("%s=1", strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i)))
		}
		w.Query(tree, query)
	}
	var got []string
	for _, p := range tree.Parameters(nil, "query") {
		got = append(got, p.Name)
	}
	if !reflect.DeepEqual(got, []string{"page", "rare"}) {
		t.Errorf("parameters %q", got)
	}
}

func TestIdentifiersAsNamesAreValues(t *testing.T) {
	tree := schema.NewTree(waywarden.InResponse)
	var w schema.Walker
	_, _ = w.Body(tree, waywarden.InResponse, "application/json", []byte(`{"vehicles":{"1HGCM82633A004352":{"km":1},"1M8GDM9AXKP042788":{"km":2}},"total":2}`), false)
	want := "vehicles.{}=1HGCM82633A004352:vin vehicles.{}.km=1 vehicles.{}=1M8GDM9AXKP042788:vin vehicles.{}.km=2 total=2"
	if said(&w) != want {
		t.Errorf("leaves %q, want %q", said(&w), want)
	}
}

func TestClosedFields(t *testing.T) {
	tree := schema.NewTree(waywarden.InBody)
	var w schema.Walker
	for i := range 200 {
		w.Reset()
		w.Query(tree, "mode="+[]string{"a", "b"}[i%2])
		body := fmt.Sprintf(`{"command":"%s","id":"r-%d","on":%t,"level":%d,"deep":{"type":"x","more":{"kind":"y"}}}`, []string{"lock", "unlock", "honk"}[i%3], i, i%2 == 0, i%4)
		_, _ = w.Body(tree, waywarden.InBody, "application/json", []byte(body), false)
	}
	var got []string
	for _, f := range tree.ClosedFields() {
		got = append(got, fmt.Sprint(f.In, " ", f.Name, " ", f.Values))
	}
	want := []string{"query mode [{a 100} {b 100}]", "body command [{lock 67} {unlock 67} {honk 66}]", "body level [{0 50} {1 50} {2 50} {3 50}]", "body deep.type [{x 200}]"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// bodyOf is a made-up answer with optional, null, mixed and repeated fields.
func bodyOf(r *rand.Rand) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":%d,"state":"%s","at":"2026-03-02T09:00:%02dZ"`, r.IntN(1e6), []string{"on", "off", "idle"}[r.IntN(3)], r.IntN(60))
	if r.IntN(2) == 0 {
		fmt.Fprintf(&b, `,"note":%s`, []string{"null", `"text"`, "12.5"}[r.IntN(3)])
	}
	b.WriteString(`,"list":[`)
	for i := range r.IntN(4) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"vin":"WDB96340%dL%06d","lat":48.%04d}`, r.IntN(10), r.IntN(1e6), r.IntN(1e4))
	}
	return b.String() + "]}"
}

func TestMergeIsAsIfLearnedTogether(t *testing.T) {
	one, a, b := schema.NewTree(waywarden.InResponse), schema.NewTree(waywarden.InResponse), schema.NewTree(waywarden.InResponse)
	var w schema.Walker
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 400 {
		body := []byte(bodyOf(r))
		for _, tree := range []*schema.Tree{one, []*schema.Tree{a, b}[i%2]} {
			w.Reset()
			_, _ = w.Body(tree, waywarden.InResponse, "application/json", body, false)
		}
	}
	a.Merge(b)
	if got, want := a.Parameters(nil, "response"), one.Parameters(nil, "response"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, want := a.JSONSchema(), one.JSONSchema(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestLearnedSchemaAcceptsWhatWasLearned(t *testing.T) {
	tree := schema.NewTree(waywarden.InResponse)
	var w schema.Walker
	var all []string
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		all = append(all, bodyOf(r))
		w.Reset()
		_, _ = w.Body(tree, waywarden.InResponse, "application/json", []byte(all[len(all)-1]), false)
	}
	text, err := json.Marshal(tree.JSONSchema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("learned.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("learned.json")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, body := range all {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Fatalf("%s is not valid: %v", body, err)
		}
	}
	if !strings.Contains(string(text), `"enum":["idle","off","on"]`) || !strings.Contains(string(text), `"format":"date-time"`) {
		t.Errorf("the closed set or the format was not learned: %s", text)
	}
}

func TestParametersSayWhatIsKnown(t *testing.T) {
	tree := schema.NewTree(waywarden.InResponse)
	tree.About("GET", "/api/v1/vehicles/{id}/position")
	var w schema.Walker
	for i := range 40 {
		w.Reset()
		_, _ = w.Body(tree, waywarden.InResponse, "application/json", fmt.Appendf(nil, `{"id":"v-%d","lat":48.%04d,"lon":11.%04d,"age":%d}`, i, i+1000, i+2000, i), false)
	}
	want := []waywarden.Parameter{
		{In: "response", Name: "id", Type: "string", DataType: waywarden.TypeVehicleID, Required: true},
		{In: "response", Name: "lat", Type: "number", DataType: waywarden.TypeLocation, Required: true, Precision: "11 m"},
		{In: "response", Name: "lon", Type: "number", DataType: waywarden.TypeLocation, Required: true, Precision: "11 m"},
		{In: "response", Name: "age", Type: "integer", Required: true},
	}
	if got := tree.Parameters(nil, "response"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestPathQueryHeadersAndCookies(t *testing.T) {
	var w schema.Walker
	path, query := schema.NewTree(waywarden.InPath), schema.NewTree(waywarden.InQuery)
	header, cookie := schema.NewTree(waywarden.InHeader), schema.NewTree(waywarden.InCookie)
	w.Path(path, "GET", "/users/{id}/cars/{car}", []string{"u-17", "c-8"})
	w.Query(query, "plate=B-MW%201234&full")
	w.Headers(header, waywarden.Headers{{Name: "accept", Value: "*/*"}, {Name: "authorization", Value: "x"}, {Name: "x-tenant", Value: "t1"}})
	w.Cookies(cookie, "sid=abc; theme=dark")
	want := "id=u-17:person_id car=c-8:vehicle_id plate=B-MW 1234:plate full= x-tenant=t1 sid=abc:session_id theme=dark"
	if said(&w) != want {
		t.Errorf("got %q, want %q", said(&w), want)
	}
	w.Query(query, "")
	for _, p := range query.Parameters(nil, "query") {
		if p.Required {
			t.Errorf("%s is required though a call came without it", p.Name)
		}
	}
}

func TestSignatureIsThatOfTheNames(t *testing.T) {
	tree := schema.NewTree(waywarden.InResponse)
	sign := func(body string) uint64 {
		var w schema.Walker
		_, _ = w.Body(tree, waywarden.InResponse, "application/json", []byte(body), false)
		return w.ResponseSignature
	}
	a := sign(`{"a":1,"b":{"c":2,"d":[{"x":1}]}}`)
	if b := sign(`{"b":{"d":[],"c":"other"},"a":null}`); a != b {
		t.Error("order, values and deep names changed the signature")
	}
	if b := sign(`{"a":1,"b":{"c":2}}`); a == b {
		t.Error("a missing name did not change the signature")
	}
	if sign(`[{"p":1},{"p":2}]`) != sign(`[{"p":1}]`) {
		t.Error("the number of elements changed the signature")
	}
}

func TestLimits(t *testing.T) {
	var w schema.Walker
	tree := schema.NewTree(waywarden.InResponse)
	deep := strings.Repeat(`{"a":[`, 5000) + "1" + strings.Repeat("]}", 5000)
	if _, err := w.Body(tree, waywarden.InResponse, "application/json", []byte(deep), false); err != nil || w.Lost == 0 {
		t.Errorf("error %v, lost %d", err, w.Lost)
	}
	w.Reset()
	wide := "[" + strings.Repeat("1,", 1<<17) + "1]"
	if _, err := w.Body(tree, waywarden.InResponse, "application/json", []byte(wide), false); err != nil || len(w.Leaves) > 1<<16 || w.Lost == 0 {
		t.Errorf("error %v, %d leaves, lost %d", err, len(w.Leaves), w.Lost)
	}
	var b strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&b, `,"%s":{"x":1}`, strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i)))
	}
	for range 3 {
		w.Reset()
		if _, err := w.Body(tree, waywarden.InResponse, "application/json", []byte("{"+b.String()[1:]+"}"), false); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(tree.Parameters(nil, "response")); n > 9000 {
		t.Errorf("%d parameters learned", n)
	}
}

func FuzzBody(f *testing.F) {
	multi, body := form("a=1")
	f.Add(multi, body)
	f.Add("application/json", `{"a":[1,{"b":"\u00e9"}]}`)
	f.Add("text/xml", `<a b="c"><d>1</d><!-- x --></a>`)
	f.Add("text/csv", "a,b\n1,\"2\n")
	f.Add("application/x-www-form-urlencoded", "a=%zz&b[]=1&&=")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		tree := schema.NewTree(waywarden.InBody)
		var first, again schema.Walker
		for range 2 {
			first.Reset()
			_, _ = first.Body(tree, waywarden.InBody, contentType, []byte(body), false)
		}
		other := schema.NewTree(waywarden.InBody)
		for range 2 {
			again.Reset()
			_, _ = again.Body(other, waywarden.InBody, contentType, []byte(body), false)
		}
		if said(&first) != said(&again) || len(first.Nodes) != len(again.Nodes) {
			t.Errorf("two walks differ: %q and %q", said(&first), said(&again))
		}
		for _, l := range first.Leaves {
			if int(l.Node) >= len(first.Nodes) {
				t.Errorf("leaf %s stands in object %d of %d", l.Name, l.Node, len(first.Nodes))
			}
		}
		other.Merge(tree)
		if _, err := json.Marshal(other.JSONSchema()); err != nil {
			t.Error(err)
		}
		other.Parameters(nil, "body")
		other.ClosedFields()
	})
}
