package identity

import (
	"flag"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{Replay, Stuffing, BruteForce, SharedSecret, Forged, Takeover, Farm, StepUp, BareReset, DeadToken}
}

func TestStories(t *testing.T) { detecttest.Stories(t, makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers(), *rewrite) }
