package automotive

import (
	"flag"
	"testing"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/detecttest"
)

var rewrite = flag.Bool("rewrite", false, "write the documentation pages of the detectors")

func makers() []detect.Maker {
	return []detect.Maker{EngineStop, HaltedTrip, MovingUnlock, MovingOpen, MovingFlap, MovingHorn, MovingUpdate, MovingLimit, MovingDiagnosis, MovingReset, RemoteDrive, ManyMoving}
}

func TestStories(t *testing.T) { detecttest.Stories(t, makers()) }

func TestDocs(t *testing.T) { detecttest.Docs(t, makers(), *rewrite) }
