package exposure

import (
	"flag"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{Unauthenticated, DebugSurface, MixUp, Overshare}
}

func TestStories(t *testing.T) { detecttest.Stories(t, makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers(), *rewrite) }

func BenchmarkUnauthenticated(b *testing.B) {
	detecttest.Benchmark(b, Unauthenticated, detecttest.Read("u1"))
}
func BenchmarkDebugSurface(b *testing.B) {
	detecttest.Benchmark(b, DebugSurface, detecttest.Read("u1"))
}
func BenchmarkMixUp(b *testing.B)     { detecttest.Benchmark(b, MixUp, detecttest.Read("u1")) }
func BenchmarkOvershare(b *testing.B) { detecttest.Benchmark(b, Overshare, detecttest.Read("u1")) }
