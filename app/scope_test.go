package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// everywhere makes a detector that is asked about every scene, whatever it says that it looks at.
func everywhere(maker detect.Maker) detect.Maker {
	type waking struct {
		detect.Detector
		detect.Waker
	}
	type plain struct{ detect.Detector }
	return func(m *detect.Memory) detect.Detector {
		d := maker(m)
		if w, ok := d.(detect.Waker); ok {
			return waking{d, w}
		}
		return plain{d}
	}
}

// TestScopes: no detector looks at a scene that it is not asked about. All stories are played to all detectors,
// as they want them and whole.
func TestScopes(t *testing.T) {
	files, err := filepath.Glob("../detect/*/testdata/*.txtar")
	if err != nil || len(files) < len(Detectors()) {
		t.Fatalf("%d archives of stories: %v", len(files), err)
	}
	var all []detect.Maker
	for _, m := range Detectors() {
		all = append(all, everywhere(m))
	}
	found := 0
	for _, file := range files {
		archive, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stories, err := detect.ReadStories(archive)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stories {
			got, want := play(t, s, Detectors()), play(t, s, all)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s, %s: the scope of a detector is too narrow (-everywhere +scope):\n%s", file, s.Name, d)
			}
			found += len(got)
		}
	}
	if found == 0 {
		t.Error("no story makes a detector find anything")
	}
}

func play(t *testing.T, s detect.Story, ms []detect.Maker) []waywarden.Finding {
	t.Helper()
	fs, err := s.Play(ms...)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return fs
}
