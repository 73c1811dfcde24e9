package crs

import (
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var (
	rewrite = flag.Bool("rewrite", false, "write the documentation page of the detector")
	whole   = flag.Bool("whole", false, "judge all values of the data set instead of every 25th")
)

func load(tb testing.TB) *Rules {
	tb.Helper()
	r, err := Load()
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestStories(t *testing.T) { detecttest.Stories(t, []detect.Maker{load(t).Maker()}) }

func TestDocs(t *testing.T) { detecttest.Docs(t, []detect.Maker{load(t).Maker()}, *rewrite) }

// TestBudget: a caller that floods is judged no more than its share.
func TestBudget(t *testing.T) {
	var b budget
	s := detecttest.Read("u1")
	n := 0
	for range 100 {
		if b.spend(s.Now, callerMax) {
			n++
		}
	}
	if n != callerMax {
		t.Errorf("%d in one minute, want %d", n, callerMax)
	}
	if !b.spend(s.Now.Add(60e9), callerMax) {
		t.Error("none in the next minute")
	}
}

// TestParams measures on HttpParamsDataset (values of attacks and of honest requests), where it is at hand, how many
// values get through the own check and how many the rules match. The figures stand in docs/crs.md.
func TestParams(t *testing.T) {
	f, err := os.Open(filepath.Join(os.Getenv("WAYWARDEN_SHARED"), "data", "attacks", "httpparams", "payload_full.csv.zst"))
	if err != nil {
		t.Skip("the data set is not at hand: ", err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	rules, in := load(t), csv.NewReader(z)
	type count struct{ all, judged, matched int }
	counts := map[string]*count{}
	for i := 0; ; i++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if row[2] == "attack_type" || !*whole && i%25 != 0 {
			continue
		}
		c := counts[row[2]]
		if c == nil {
			c = &count{}
			counts[row[2]] = c
		}
		c.all++
		if len(row[0]) < 4 || !suspicious(row[0]) {
			continue
		}
		c.judged++
		if len(rules.Judge(row[0])) > 0 {
			c.matched++
		}
	}
	for kind, c := range counts {
		t.Logf("%-15s %6d values, %6d judged (%.2f %%), %6d matched (%.2f %%)", kind, c.all, c.judged, 100*float64(c.judged)/float64(c.all), c.matched, 100*float64(c.matched)/float64(c.all))
	}
	if n := counts["norm"]; n.matched*1000 > n.all {
		t.Errorf("%d of %d honest values matched, want at most one in a thousand", n.matched, n.all)
	}
	if n := counts["sqli"]; n.matched*10 < n.all*8 {
		t.Errorf("%d of %d SQL injections matched, want at least 80 %%", n.matched, n.all)
	}
}

func BenchmarkInspect(b *testing.B) {
	detecttest.Benchmark(b, load(b).Maker(), detecttest.Read("u1"))
}

func BenchmarkJudge(b *testing.B) {
	rules := load(b)
	for name, v := range map[string]string{"honest": "speed >= 5 && (door == open)", "sqli": "x' UNION SELECT email FROM users -- "} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				rules.Judge(v)
			}
		})
	}
}

func BenchmarkSuspicious(b *testing.B) {
	for b.Loop() {
		suspicious("5YJ3E1EA7KF000316")
	}
}
