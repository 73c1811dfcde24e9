package schema_test

import (
	"path/filepath"
	"testing"

	"github.com/valyala/fastjson"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/schema"
)

// bodies returns JSON response bodies of a world with the place they came from.
func bodies(b *testing.B, world string, most int) (list [][]byte, places []string) {
	records(b, filepath.Join(shared(b), "range", world, "traffic.ndjson.zst"), most, func(r *httpRecord) {
		if r.Response.Body != "" && r.Response.Body[0] == '{' {
			list = append(list, r.Response.bytes(b))
			places = append(places, r.Request.Method+" "+r.Server.Host+" "+shapeOfPath(r.Request.Target))
		}
	})
	return list, places
}

// shapeOfPath is a crude template: segments with digits are parameters.
func shapeOfPath(target string) string {
	out := []byte{}
	digit, start := false, 0
	for i := range len(target) {
		c := target[i]
		if c == '?' {
			break
		}
		if c == '/' {
			start, digit = len(out), false
		}
		if c >= '0' && c <= '9' && !digit && len(out)-start > 2 {
			out, digit = append(out[:start], "/*"...), true
		}
		if !digit {
			out = append(out, c)
		}
	}
	return string(out)
}

// BenchmarkWalk walks bodies whose trees have seen each before; BenchmarkLearn starts with empty trees.
func BenchmarkWalk(b *testing.B) { walk(b, true) }

func BenchmarkLearn(b *testing.B) { walk(b, false) }

func walk(b *testing.B, warm bool) {
	list, places := bodies(b, "alpha", 20000)
	trees := map[string]*schema.Tree{}
	each := make([]*schema.Tree, len(list))
	size := 0
	for i, p := range places {
		if trees[p] == nil {
			trees[p] = schema.NewTree(waywarden.InResponse)
		}
		each[i] = trees[p]
		size += len(list[i])
	}
	var w schema.Walker
	leaves := 0
	for k := range each {
		if warm {
			w.Reset()
			_, _ = w.Body(each[k], waywarden.InResponse, "application/json", list[k], false)
		}
	}
	b.ReportAllocs()
	b.ReportMetric(float64(len(trees)), "trees")
	for i := 0; b.Loop(); i++ {
		k := i % len(list)
		w.Reset()
		if _, err := w.Body(each[k], waywarden.InResponse, "application/json", list[k], false); err != nil {
			b.Fatal(err)
		}
		leaves += len(w.Leaves)
	}
	b.ReportMetric(float64(leaves)/float64(b.N), "leaves/op")
	b.ReportMetric(float64(size)/float64(len(list)), "bytes/op")
}

func BenchmarkFastJSON(b *testing.B) {
	list, _ := bodies(b, "alpha", 20000)
	var p fastjson.Parser
	leaves := 0
	var visit func(v *fastjson.Value)
	visit = func(v *fastjson.Value) {
		switch v.Type() {
		case fastjson.TypeObject:
			v.GetObject().Visit(func(_ []byte, v *fastjson.Value) { visit(v) })
		case fastjson.TypeArray:
			for _, e := range v.GetArray() {
				visit(e)
			}
		default:
			leaves++
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v, err := p.ParseBytes(list[i%len(list)])
		if err != nil {
			b.Fatal(err)
		}
		visit(v)
	}
	b.ReportMetric(float64(leaves)/float64(b.N), "leaves/op")
}
