package fleet

import (
	"flag"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{Bulk, Wave, Silence, Artefact, Harm, Service}
}

func TestStories(t *testing.T) { detecttest.Stories(t, makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers(), *rewrite) }

// BenchmarkOrdinary measures an owner's read of the own vehicle, which concerns no detector of the package.
func BenchmarkOrdinary(b *testing.B) {
	for _, m := range makers() {
		b.Run(m(&detect.Memory{}).Card().ID, func(b *testing.B) { detecttest.Benchmark(b, m, detecttest.Read("u1")) })
	}
}
