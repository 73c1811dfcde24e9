package charging

import (
	"flag"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

var makers = []detect.Maker{Socket, Drift, Storm, ForeignStop, Clone, Guess, Location, Downgrade, Wave, SecurityEvents}

func TestStories(t *testing.T) { detecttest.Stories(t, makers) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers, *rewrite) }
