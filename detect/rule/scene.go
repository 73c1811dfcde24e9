package rule

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// scenes reads the rule's scenes.
func (c *compiler) scenes(s *ruleSpec) {
	for i := range s.Scenes {
		ss := &s.Scenes[i]
		sc := scene{severity: strings.ToLower(ss.Severity.Text), title: ss.Title.Text, findings: max(1, ss.Findings)}
		at := &ss.Play
		for kind, name := range map[string]*text{"fires": &ss.Fires, "silent": &ss.Silent, "near": &ss.Near} {
			if name.said() {
				if sc.kind != "" {
					c.say(name, "a scene is one of fires, silent and near")
				}
				sc.kind, sc.name, sc.line, at = kind, name.Text, name.line, name
			}
		}
		if sc.kind == "" || !ss.Play.said() {
			c.say(at, "a scene of rule %s wants a name (fires, silent or near) and what to play", s.ID.Text)
			continue
		}
		if ss.Severity.said() {
			c.severity(&ss.Severity, at)
		}
		stories, err := detect.ReadStories([]byte("-- " + sc.kind + "/" + sc.name + " --\nwant nothing\n" + ss.Play.Text))
		if err != nil || len(stories) != 1 {
			c.say(&ss.Play, "no scene can be read of this: %v", err)
			continue
		}
		sc.story = stories[0]
		c.rule.scenes = append(c.rule.scenes, sc)
	}
}

// advise says what could be better.
func (c *compiler) advise(s *ruleSpec) {
	for _, kind := range []string{"fires", "silent", "near"} {
		if !slices.ContainsFunc(c.rule.scenes, func(sc scene) bool { return sc.kind == kind }) {
			c.warn(&s.ID, "rule %s has no scene of the kind %s", s.ID.Text, kind)
		}
	}
	if !s.Respond.said() {
		c.warn(&s.ID, "rule %s does not say what to do (respond)", s.ID.Text)
	}
	if len(s.Types) == 0 {
		c.warn(&s.ID, "rule %s maps to no taxonomy id (types)", s.ID.Text)
	}
	if s.Sequence == nil && !s.Match.said() && !c.rule.signal {
		c.warn(&s.ID, "rule %s has no match: its condition is evaluated on every call", s.ID.Text)
	}
	if p := c.rule.when; p != nil && s.Sequence == nil {
		if v, _, err := p.run.Eval(map[string]any{}); err == nil && !types.IsUnknownOrError(v) {
			c.warn(&s.When, "this is %v whatever happens", v.Value())
		}
	}
}

// An Outcome is how a scene of a rule went.
type Outcome struct {
	Rule, Kind, Scene string
	File              string
	Line              int
	Want, Got         string // differ when it failed
	Why               string // what the rule did, where it failed
}

// Passed says whether the scene went as wanted.
func (o *Outcome) Passed() bool { return o.Want == o.Got }

// Play plays the rule's scenes, each to a fresh engine.
func (r *Rule) Play() []Outcome {
	var out []Outcome
	for i := range r.scenes {
		out = append(out, r.play(&r.scenes[i]))
	}
	if len(r.scenes) == 0 {
		out = append(out, Outcome{Rule: r.card.ID, File: r.source, Line: r.line, Scene: "none", Want: "at least one scene", Got: "none: what is not shown to fire does not"})
	}
	return out
}

func (r *Rule) play(sc *scene) Outcome {
	o := Outcome{Rule: r.card.ID, Kind: sc.kind, Scene: sc.name, File: r.source, Line: sc.line}
	live := &Live{}
	live.Swap(&Set{rules: []*Rule{r}})
	var run *runner
	found, err := sc.story.Play(func(m *detect.Memory) detect.Detector {
		run = live.Maker()(m).(*runner)
		return run
	})
	if err != nil {
		o.Want, o.Got = "a scene that can be played", err.Error()
		return o
	}
	found = slices.DeleteFunc(found, func(f waywarden.Finding) bool { return f.Activity == waywarden.ActivityClose })
	o.Want, o.Got = sc.compare(found)
	if !o.Passed() && len(run.rules) == 1 {
		o.Why = run.rules[0].count.String()
	}
	return o
}

// compare writes down what was wanted and what came, in the same words where they agree.
func (sc *scene) compare(found []waywarden.Finding) (want, got string) {
	count := func(n int) string {
		switch n {
		case 0:
			return "nothing"
		case 1:
			return "1 finding"
		}
		return fmt.Sprintf("%d findings", n)
	}
	n := sc.findings
	if sc.kind != "fires" {
		n = 0
	}
	want, got = count(n), count(len(found))
	for i, f := range found {
		if n == 0 || i == 0 && sc.severity != "" {
			got += "\n" + strings.ToLower(f.Severity.String())
		}
		if n == 0 || i == 0 && sc.title != "" {
			got += "\n" + f.Title
		}
	}
	if n > 0 && sc.severity != "" {
		want += "\n" + sc.severity
	}
	if n > 0 && sc.title != "" {
		want += "\n" + sc.title
	}
	return want, got
}

// String says what a rule did, for a person.
func (c Counts) String() string {
	if c.Looked == 0 {
		return "its match let nothing through"
	}
	return fmt.Sprintf("it looked %d times: the condition was true %d, false %d, unknown %d and failed %d times", c.Looked, c.True, c.False, c.Unknown, c.Failed)
}
