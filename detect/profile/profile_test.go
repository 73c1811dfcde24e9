package profile

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func TestStories(t *testing.T) { detecttest.Stories(t, Default().Makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, Default().Makers(), *rewrite) }

func TestValidate(t *testing.T) {
	for _, c := range []Config{{Budget: -1, PerMillion: 1}, {Budget: 2000, PerMillion: 1}, {Budget: 2}, {Budget: 2, PerMillion: 1e6}} {
		if c.Validate() == nil {
			t.Errorf("%+v is valid", c)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	if n := len(Config{PerMillion: 1}.Makers()); n != 0 {
		t.Errorf("%d detectors without a budget", n)
	}
}

// BenchmarkProfiles is what all detectors of the package together cost a call: callers in turn, each on with the same.
func BenchmarkProfiles(b *testing.B) {
	e := detect.New(detect.Default(), Default().Makers()...)
	var scenes []*waywarden.Scene
	for i := range 512 {
		scenes = append(scenes, detecttest.Read("u"+strconv.Itoa(i)))
	}
	now := scenes[0].Now
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s := scenes[i&511]
		now = now.Add(400 * time.Millisecond)
		s.Now = now
		e.Inspect(s)
	}
}
