package payload

import (
	"flag"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{InwardURL, Injection, PoisonedAnswer, GraphQLAbuse}
}

func TestStories(t *testing.T) { detecttest.Stories(t, makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers(), *rewrite) }

func BenchmarkInwardURL(b *testing.B) { detecttest.Benchmark(b, InwardURL, detecttest.Read("u1")) }
func BenchmarkInjection(b *testing.B) { detecttest.Benchmark(b, Injection, detecttest.Read("u1")) }
func BenchmarkPoisonedAnswer(b *testing.B) {
	detecttest.Benchmark(b, PoisonedAnswer, detecttest.Read("u1"))
}
func BenchmarkGraphQLAbuse(b *testing.B) {
	detecttest.Benchmark(b, GraphQLAbuse, detecttest.Read("u1"))
}
