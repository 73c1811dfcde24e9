package function

import "testing"

// TestLanguages holds that names in many languages and styles are understood, TestCommands that the commands which a wrong
// state makes dangerous are known in every style: what is taken for something else is not judged by the detectors of motion.
func TestLanguages(t *testing.T) { understood(t, "testdata/languages.tsv", 0.9) }

func TestCommands(t *testing.T) { understood(t, "testdata/commands.tsv", 0.95) }

// understood logs what of a file is taken for another class, and fails below a share of right ones.
func understood(t *testing.T, file string, atLeast float64) {
	t.Helper()
	c := classifier(t)
	var all tally
	for _, o := range operations(t, file) {
		v := c.Classify(o.evidence)
		all.add(v, o)
		if v.Class != o.class {
			t.Logf("%s %s %s %s: %s (%.2f) %v, want %s", o.family, o.evidence.Method, o.evidence.Template,
				o.evidence.Discriminator.Value, v.Class, v.Confidence, v.Why, o.class)
		}
	}
	t.Log(&all)
	if share := float64(all.class) / float64(all.n); share < atLeast {
		t.Errorf("class %.3f, want at least %g", share, atLeast)
	}
}
