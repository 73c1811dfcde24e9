package function

import "testing"

// TestLanguages holds that names in many languages and styles are understood.
func TestLanguages(t *testing.T) {
	c := classifier(t)
	var all tally
	for _, o := range operations(t, "testdata/languages.tsv") {
		v := c.Classify(o.evidence)
		all.add(v, o)
		if v.Class != o.class {
			t.Logf("%s %s %s %s: %s (%.2f) %v, want %s", o.family, o.evidence.Method, o.evidence.Template,
				o.evidence.Discriminator.Value, v.Class, v.Confidence, v.Why, o.class)
		}
	}
	t.Log(&all)
	if share := float64(all.class) / float64(all.n); share < 0.9 {
		t.Errorf("class %.3f, want at least 0.9", share)
	}
}
