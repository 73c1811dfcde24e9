package access

import (
	"flag"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{ForeignObject, ForeignValue, ForeignFunction, SelfMade, PrivilegedField, Unpaired, Disagreement, Juggling}
}

func TestStories(t *testing.T) { detecttest.Stories(t, makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers(), *rewrite) }

func BenchmarkForeignObject(b *testing.B) {
	detecttest.Benchmark(b, ForeignObject, detecttest.Read("u1"))
}
func BenchmarkForeignFunction(b *testing.B) {
	detecttest.Benchmark(b, ForeignFunction, detecttest.Read("u1"))
}
func BenchmarkSelfMade(b *testing.B) { detecttest.Benchmark(b, SelfMade, detecttest.Read("u1")) }
func BenchmarkPrivilegedField(b *testing.B) {
	detecttest.Benchmark(b, PrivilegedField, detecttest.Read("u1"))
}
func BenchmarkUnpaired(b *testing.B) { detecttest.Benchmark(b, Unpaired, detecttest.Read("u1")) }
func BenchmarkDisagreement(b *testing.B) {
	detecttest.Benchmark(b, Disagreement, detecttest.Read("u1"))
}
func BenchmarkJuggling(b *testing.B) { detecttest.Benchmark(b, Juggling, detecttest.Read("u1")) }
func BenchmarkForeignValue(b *testing.B) {
	detecttest.Benchmark(b, ForeignValue, detecttest.Read("u1"))
}
