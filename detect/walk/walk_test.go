package walk

import (
	"flag"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{Enumeration, FanOut, IdleLookup}
}

func TestStories(t *testing.T) { detecttest.Stories(t, makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers(), *rewrite) }

func BenchmarkEnumeration(b *testing.B) { detecttest.Benchmark(b, Enumeration, detecttest.Read("u1")) }

func BenchmarkFanOut(b *testing.B)     { detecttest.Benchmark(b, FanOut, detecttest.Read("u1")) }
func BenchmarkIdleLookup(b *testing.B) { detecttest.Benchmark(b, IdleLookup, detecttest.Read("u1")) }
