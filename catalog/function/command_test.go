package function

import "testing"

// TestCommands holds that the commands which a wrong state makes dangerous are known in every style: what is taken for
// something else is not judged by the detectors of motion.
func TestCommands(t *testing.T) {
	c := classifier(t)
	var all tally
	for _, o := range operations(t, "testdata/commands.tsv") {
		v := c.Classify(o.evidence)
		all.add(v, o)
		if v.Class != o.class {
			t.Logf("%s %s %s %s: %s (%.2f) %v, want %s", o.family, o.evidence.Method, o.evidence.Template,
				o.evidence.Discriminator.Value, v.Class, v.Confidence, v.Why, o.class)
		}
	}
	t.Log(&all)
	if share := float64(all.class) / float64(all.n); share < 0.95 {
		t.Errorf("class %.3f, want at least 0.95", share)
	}
}
