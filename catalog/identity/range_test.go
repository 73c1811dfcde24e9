package identity

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden"
)

// The worlds of labelled traffic judge the package as a whole. They are no part of the product: without them the test is
// skipped.

type truthFile struct {
	Endpoints []truthEndpoint `json:"endpoints"`
	Entities  struct {
		Consumer []struct {
			UID string   `json:"uid"`
			IDs []string `json:"ids"`
		} `json:"consumer"`
	} `json:"entities"`
}

type truthEndpoint struct {
	ID            int    `json:"id"`
	Host          string `json:"host"`
	Method        string `json:"method"`
	Template      string `json:"template"`
	Discriminator *struct {
		In, Name, Value string
	} `json:"discriminator"`
	Parameters []struct {
		In, Name string
		DataType waywarden.DataType
	} `json:"parameters"`
	Schemes  []waywarden.AuthScheme `json:"schemes"`
	Required string                 `json:"required"`

	match   *regexp.Regexp
	types   map[string]waywarden.DataType
	posture Posture
}

type wire struct {
	Kind    string
	ID      string
	Time    time.Time
	Client  struct{ IP string }
	Server  struct{ Host string }
	Request struct {
		Method, Target, Body string
		Headers              map[string]any
	}
	Response struct {
		Status  int
		Body    string
		Headers map[string]any
	}
}

func shared(t testing.TB) string {
	dir := os.Getenv("WAYWARDEN_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "range")); err != nil {
		t.Skip("the labelled worlds are not here; set WAYWARDEN_SHARED to the folder that holds range/")
	}
	return dir
}

func loadTruth(t testing.TB, dir string) *truthFile {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "truth.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var tr truthFile
	if err := json.NewDecoder(z).Decode(&tr); err != nil {
		t.Fatal(err)
	}
	param := regexp.MustCompile(`\\\{[^}]*\\\}`)
	for i := range tr.Endpoints {
		e := &tr.Endpoints[i]
		e.match = regexp.MustCompile("^" + param.ReplaceAllString(regexp.QuoteMeta(e.Template), "[^/]+") + "$")
		e.types = map[string]waywarden.DataType{}
		for _, p := range e.Parameters {
			e.types[p.In+" "+p.Name] = p.DataType
		}
	}
	sort.SliceStable(tr.Endpoints, func(i, j int) bool {
		return strings.Count(tr.Endpoints[i].Template, "{") < strings.Count(tr.Endpoints[j].Template, "{")
	})
	return &tr
}

func eachRecord(t testing.TB, dir string, f func(*waywarden.Record)) {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "traffic.ndjson.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	s := bufio.NewScanner(z)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		if !strings.HasPrefix(s.Text(), `{"kind":"http"`) {
			continue
		}
		var w wire
		if err := json.Unmarshal(s.Bytes(), &w); err != nil {
			t.Fatal(err)
		}
		f(&waywarden.Record{Kind: waywarden.KindHTTP, ID: w.ID, At: w.Time, HTTP: &waywarden.Transaction{
			Client: waywarden.Client{IP: w.Client.IP}, Server: waywarden.Server{Host: w.Server.Host, TLS: true},
			Method: w.Request.Method, Target: w.Request.Target, Status: w.Response.Status,
			Request:  waywarden.Message{Headers: headers(w.Request.Headers), Body: []byte(w.Request.Body), Captured: true},
			Response: waywarden.Message{Headers: headers(w.Response.Headers), Body: []byte(w.Response.Body), Captured: true},
		}})
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
}

func headers(m map[string]any) waywarden.Headers {
	var hs waywarden.Headers
	for k, v := range m {
		if s, ok := v.(string); ok {
			hs = append(hs, waywarden.Header{Name: k, Value: s})
		}
	}
	slices.SortFunc(hs, func(a, b waywarden.Header) int { return strings.Compare(a.Name, b.Name) })
	return hs
}

// leaves takes a call apart as the catalog would, with the true data types.
func leaves(tx *waywarden.Transaction, e *truthEndpoint) (out []waywarden.Leaf) {
	_, query, _ := strings.Cut(tx.Target, "?")
	out = formLeaves(out, waywarden.InQuery, query, e)
	if b := string(tx.Request.Body); strings.HasPrefix(b, "{") {
		out = jsonLeaves(out, waywarden.InBody, b, e)
	} else {
		out = formLeaves(out, waywarden.InBody, b, e)
	}
	return jsonLeaves(out, waywarden.InResponse, string(tx.Response.Body), e)
}

func formLeaves(out []waywarden.Leaf, in waywarden.Place, s string, e *truthEndpoint) []waywarden.Leaf {
	q, err := url.ParseQuery(s)
	if err != nil {
		return out
	}
	for k, vs := range q {
		for _, v := range vs {
			out = append(out, waywarden.Leaf{In: in, Name: k, Kind: waywarden.ValueText, Value: v, Type: typeOf(e, in, k)})
		}
	}
	return out
}

func typeOf(e *truthEndpoint, in waywarden.Place, name string) waywarden.DataType {
	if e == nil {
		return ""
	}
	return e.types[in.String()+" "+name]
}

func jsonLeaves(out []waywarden.Leaf, in waywarden.Place, s string, e *truthEndpoint) []waywarden.Leaf {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return out
	}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, c := range v {
				walk(strings.TrimPrefix(name+"."+k, "."), c)
			}
		case []any:
			for _, c := range v {
				walk(name+"[]", c)
			}
		case string:
			out = append(out, waywarden.Leaf{In: in, Name: name, Kind: waywarden.ValueText, Value: v, Type: typeOf(e, in, name)})
		case json.Number:
			out = append(out, waywarden.Leaf{In: in, Name: name, Kind: waywarden.ValueNumber, Value: v.String(), Type: typeOf(e, in, name)})
		}
	}
	walk("", v)
	slices.SortFunc(out, func(a, b waywarden.Leaf) int {
		return strings.Compare(a.In.String()+a.Name+a.Value, b.In.String()+b.Name+b.Value)
	})
	slices.SortStableFunc(out, func(a, b waywarden.Leaf) int { return int(a.In) - int(b.In) })
	return out
}

func (tr *truthFile) endpoint(tx *waywarden.Transaction) *truthEndpoint {
	path, _, _ := strings.Cut(tx.Target, "?")
	for i := range tr.Endpoints {
		e := &tr.Endpoints[i]
		if e.Host != tx.Server.Host || e.Method != tx.Method || !e.match.MatchString(path) {
			continue
		}
		if d := e.Discriminator; d != nil && !strings.Contains(string(tx.Request.Body), d.Value) {
			continue
		}
		return e
	}
	return nil
}

func TestWorlds(t *testing.T) {
	if testing.Short() {
		t.Skip("reads three worlds of traffic")
	}
	dir := shared(t)
	worlds, err := filepath.Glob(filepath.Join(dir, "range", "*", "truth.json.gz"))
	if err != nil || len(worlds) == 0 {
		t.Skip("no worlds in", dir)
	}
	for _, w := range worlds {
		t.Run(filepath.Base(filepath.Dir(w)), func(t *testing.T) { judgeWorld(t, filepath.Dir(w)) })
	}
}

func judgeWorld(t *testing.T, dir string) {
	tr := loadTruth(t, dir)
	r := New(Default())
	users := map[string]int{} // UID given → calls by people
	eachRecord(t, dir, func(rec *waywarden.Record) {
		tx := rec.HTTP
		e := tr.endpoint(tx)
		c := &waywarden.Call{Record: rec, Leaves: leaves(tx, e), Success: tx.Status >= 200 && tx.Status < 400}
		c.Principal, c.Application = r.Identify(rec)
		r.Learn(c)
		if e != nil {
			e.posture.Observe(c.Principal, tx.Status, c.Success)
		}
		if c.Principal.UID != "" {
			// A Basic credential that is no name and password is a program's; nobody can tell whose.
			if c.Principal.Scheme != waywarden.SchemeBasic && (c.Principal.Kind == waywarden.PrincipalUser || c.Principal.Kind == waywarden.PrincipalSession) {
				users[c.Principal.UID]++
			}
		}
	})
	judgePosture(t, tr)
	judgePrincipals(t, tr, r, users)
	t.Logf("consumers %+v, %d applications, %d joins refused", r.Consumers(), len(r.Applications()), r.refused)
}

func judgePosture(t *testing.T, tr *truthFile) {
	right, full := 0, 0
	for i := range tr.Endpoints {
		e := &tr.Endpoints[i]
		a := e.posture.Authentication()
		ok := a.Required == e.Required
		if ok {
			right++
		} else {
			t.Logf("%s %s%s: required %s, want %s (%+v)", e.Method, e.Host, e.Template, a.Required, e.Required, e.posture)
		}
		if ok && (len(e.Schemes) == 0 || slices.ContainsFunc(e.Schemes, func(s waywarden.AuthScheme) bool { return slices.Contains(a.Schemes, s) })) {
			full++
		} else if ok {
			t.Logf("%s %s%s: schemes %v, want %v", e.Method, e.Host, e.Template, a.Schemes, e.Schemes)
		}
	}
	n := float64(len(tr.Endpoints))
	t.Logf("authentication required %.3f, with a scheme in common %.3f of %.0f", float64(right)/n, float64(full)/n, n)
	if float64(right)/n < 0.97 || float64(full)/n < 0.97 {
		t.Errorf("want at least 0.97")
	}
}

func judgePrincipals(t *testing.T, tr *truthFile, r *Registry, users map[string]int) {
	owner := map[string]string{}
	for _, c := range tr.Entities.Consumer {
		for _, id := range c.IDs {
			owner[id] = c.UID
		}
	}
	who := func(uid string) []string {
		uid = r.Resolve(uid)
		found := map[string]bool{}
		if o := owner[uid]; o != "" {
			found[o] = true
		}
		for _, id := range r.Aliases(uid) {
			if o := owner[id.Value]; o != "" {
				found[o] = true
			}
		}
		var out []string
		for o := range found {
			out = append(out, o)
		}
		return out
	}
	calls, resolved, mixed := 0, 0, 0
	consumers := map[string]map[string]bool{}
	for uid, n := range users {
		calls += n
		os := who(uid)
		if len(os) >= 1 {
			resolved += n
		}
		if len(os) > 1 {
			mixed++
			t.Logf("principal %s is %v", uid, os)
		}
		for _, o := range os {
			if consumers[o] == nil {
				consumers[o] = map[string]bool{}
			}
			consumers[o][r.Resolve(uid)] = true
		}
	}
	split := 0
	for _, us := range consumers {
		if len(us) > 1 {
			split++
		}
	}
	t.Logf("calls of people resolved %.4f (%d), consumers %d, of them split %d, mixed principals %d", float64(resolved)/float64(calls), calls, len(consumers), split, mixed)
	if mixed > 0 || float64(resolved)/float64(calls) < 0.97 || split*50 > len(consumers) {
		t.Errorf("want no mixed principal, at most 2 %% split, 97 %% of the calls resolved")
	}
}
