package schema_test

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/schema"
)

// shared returns the folder of development data, or skips the test.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("WAYWARDEN_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no development data here: set WAYWARDEN_SHARED")
	}
	return dir
}

type message struct {
	Method       string
	Target       string
	Headers      map[string]any
	Status       int
	Body         string
	BodyEncoding string
	Truncated    bool
}

func (m *message) header(name string) string {
	switch v := m.Headers[name].(type) {
	case string:
		return v
	case []any:
		return fmt.Sprint(v[0])
	}
	return ""
}

func (m *message) bytes(t testing.TB) []byte {
	if m.BodyEncoding != "base64" {
		return []byte(m.Body)
	}
	b, err := base64.StdEncoding.DecodeString(m.Body)
	if err != nil {
		t.Fatalf("body: %v", err)
	}
	return b
}

type httpRecord struct {
	Kind     string
	Server   struct{ Host string }
	Request  message
	Response message
}

// records reads the http records of a world.
func records(t testing.TB, file string, most int, yield func(*httpRecord)) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatalf("zstd: %v", err)
	}
	defer z.Close()
	s := bufio.NewScanner(z)
	s.Buffer(nil, 16<<20)
	for s.Scan() && most > 0 {
		if !strings.HasPrefix(s.Text(), `{"kind":"http"`) {
			continue
		}
		most--
		r := &httpRecord{}
		if err := json.Unmarshal(s.Bytes(), r); err != nil {
			t.Fatalf("record: %v", err)
		}
		yield(r)
	}
}

type truthParam struct {
	In, Name string
	Pos      int
	DataType string
}

type truthEndpoint struct {
	ID                     int
	Host, Method, Template string
	Discriminator          *struct{ In, Name, Value string }
	Parameters             []truthParam
}

type learned struct {
	*truthEndpoint
	segments []string
	trees    map[string]*schema.Tree
}

func (l *learned) tree(in string, place waywarden.Place) *schema.Tree {
	t := l.trees[in]
	if t == nil {
		t = schema.NewTree(place)
		t.About(l.Method, l.Template)
		l.trees[in] = t
	}
	return t
}

// fits says how many literal segments of the template a path has, -1 for a path that is none of its.
func (l *learned) fits(path []string) int {
	if len(path) != len(l.segments) {
		return -1
	}
	n := 0
	for i, s := range l.segments {
		switch {
		case s == path[i]:
			n++
		case !strings.HasPrefix(s, "{"):
			return -1
		}
	}
	return n
}

func (l *learned) chosen(r *httpRecord) bool {
	d := l.Discriminator
	if d == nil {
		return true
	}
	var m map[string]any
	if json.Unmarshal([]byte(r.Request.Body), &m) == nil {
		return m[d.Name] == d.Value
	}
	q, _ := url.ParseQuery(r.Request.Body)
	return q.Get(d.Name) == d.Value
}

func (l *learned) learn(t testing.TB, w *schema.Walker, r *httpRecord, path []string, query string) {
	w.Reset()
	var values []string
	for i, s := range l.segments {
		if strings.HasPrefix(s, "{") {
			v, _ := url.PathUnescape(path[i])
			values = append(values, v)
		}
	}
	w.Path(l.tree("path", waywarden.InPath), l.Method, l.Template, values)
	w.Query(l.tree("query", waywarden.InQuery), query)
	var hs waywarden.Headers
	for k := range r.Request.Headers {
		hs = append(hs, waywarden.Header{Name: k, Value: r.Request.header(k)})
	}
	slices.SortFunc(hs, func(a, b waywarden.Header) int { return strings.Compare(a.Name, b.Name) })
	w.Headers(l.tree("header", waywarden.InHeader), hs)
	if r.Request.Body != "" {
		_, _ = w.Body(l.tree("body", waywarden.InBody), waywarden.InBody, r.Request.header("content-type"), r.Request.bytes(t), r.Request.Truncated)
	}
	if r.Response.Body != "" && r.Response.Status < 400 {
		_, _ = w.Body(l.tree("response", waywarden.InResponse), waywarden.InResponse, r.Response.header("content-type"), r.Response.bytes(t), r.Response.Truncated)
	}
}

var nameParts = regexp.MustCompile(`[.\[\]/]+`)

// lastPart is the last part of a dotted name, as the scorer of the worlds takes it.
func lastPart(name string) string {
	parts := nameParts.Split(strings.Trim(name, "[]."), -1)
	return strings.ToLower(parts[len(parts)-1])
}

func learnWorld(t testing.TB, world string, most int) []*learned {
	dir := filepath.Join(shared(t), "range", world)
	var truth struct{ Endpoints []*truthEndpoint }
	f, err := os.Open(filepath.Join(dir, "truth.json.gz"))
	if err != nil {
		t.Skipf("no world: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatalf("truth: %v", err)
	}
	if err := json.NewDecoder(z).Decode(&truth); err != nil {
		t.Fatalf("truth: %v", err)
	}
	var all []*learned
	by := map[string][]*learned{}
	for _, e := range truth.Endpoints {
		l := &learned{truthEndpoint: e, segments: strings.Split(e.Template, "/"), trees: map[string]*schema.Tree{}}
		all = append(all, l)
		by[e.Host+" "+e.Method] = append(by[e.Host+" "+e.Method], l)
	}
	var w schema.Walker
	records(t, filepath.Join(dir, "traffic.ndjson.zst"), most, func(r *httpRecord) {
		target, query, _ := strings.Cut(r.Request.Target, "?")
		path := strings.Split(target, "/")
		var best *learned
		literals := -1
		for _, l := range by[r.Server.Host+" "+r.Request.Method] {
			if n := l.fits(path); n > literals && l.chosen(r) {
				best, literals = l, n
			}
		}
		if best != nil {
			best.learn(t, &w, r, path, query)
		}
	})
	return all
}

type score struct{ tp, fp, fn int }

func (s score) f1() float64 {
	return 2 * float64(s.tp) / float64(max(1, 2*s.tp+s.fp+s.fn))
}

// TestDataTypesOfWorlds scores the types of parameters as the worlds' own scorer does, templates given.
func TestDataTypesOfWorlds(t *testing.T) {
	for _, world := range []string{"alpha", "bravo", "charlie"} {
		t.Run(world, func(t *testing.T) {
			var request, response score
			for _, l := range learnWorld(t, world, 1<<30) {
				want, got := map[string]bool{}, map[string]bool{}
				for _, p := range l.Parameters {
					name := lastPart(p.Name)
					if p.In == "path" {
						name = fmt.Sprint(p.Pos)
					}
					if p.DataType != "" && p.In != "cookie" {
						want[p.In+" "+name+" "+p.DataType] = true
					}
				}
				for key := range typesOf(l) {
					got[key] = true
				}
				for key := range got {
					count(t, l, key, &request, &response, want[key], true)
				}
				for key := range want {
					if !got[key] {
						count(t, l, key, &request, &response, true, false)
					}
				}
			}
			t.Logf("request F1 %.3f %+v, response F1 %.3f %+v", request.f1(), request, response.f1(), response)
			if request.f1() < 0.95 || response.f1() < 0.93 {
				t.Errorf("below the bar of 0.95 and 0.93")
			}
		})
	}
}

func typesOf(l *learned) map[string]bool {
	got := map[string]bool{}
	for in, tree := range l.trees {
		for i, p := range tree.Parameters(nil, in) {
			name := lastPart(p.Name)
			switch {
			case p.DataType == "" || in == "cookie":
				continue
			case in == "header" && (p.DataType == "access_token" || p.DataType == "refresh_token" || p.DataType == "session_id" || p.DataType == "key_material"):
				continue
			case in == "path":
				name = fmt.Sprint(i)
			}
			got[in+" "+name+" "+string(p.DataType)] = true
		}
	}
	return got
}

func count(t *testing.T, l *learned, key string, request, response *score, want, got bool) {
	s := request
	if strings.HasPrefix(key, "response ") {
		s = response
	}
	switch {
	case want && got:
		s.tp++
		return
	case got:
		s.fp++
		t.Logf("wrong:   %s %s %s", l.Method, l.Template, key)
	default:
		s.fn++
		t.Logf("missing: %s %s %s", l.Method, l.Template, key)
	}
}
