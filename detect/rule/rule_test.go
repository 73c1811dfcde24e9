package rule

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/internal/diagnostic"
)

var rewrite = flag.Bool("rewrite", false, "write the reference of rules")

// TestReference: the reference and the schema are those of the environment.
func TestReference(t *testing.T) {
	for name, want := range map[string]string{"rules-reference.md": Reference(), "rules.schema.json": string(Schema())} {
		file := filepath.Join("../../docs", name)
		if *rewrite {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s is not what there is (%v); go test ./detect/rule -rewrite", file, err)
		}
	}
}

// one compiles one rule given as its lines below "- id: acme-test".
func one(t testing.TB, lines string, k Knowledge) (*Rule, diagnostic.Problems) {
	t.Helper()
	var b strings.Builder
	b.WriteString("rules:\n  - id: acme-test\n    title: test\n    severity: high\n")
	for line := range strings.Lines(lines) {
		b.WriteString("    " + line)
	}
	set, ps, err := Compile([]diagnostic.Source{{Name: "r.yaml", Text: []byte(b.String())}}, k)
	if err != nil {
		t.Fatal(err)
	}
	if errs := ps.Errors(); len(errs) > 0 {
		return nil, errs
	}
	return set.rules[0], nil
}

// play returns the titles of what a rule finds in a scene.
func play(t testing.TB, r *Rule, scene string) []string {
	t.Helper()
	stories, err := detect.ReadStories([]byte("-- fire/x --\nwant nothing\n" + scene))
	if err != nil {
		t.Fatal(err)
	}
	live := &Live{}
	live.Swap(&Set{rules: []*Rule{r}})
	found, err := stories[0].Play(live.Maker())
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %d", f.Title, len(f.Evidence)))
	}
	return out
}

// TestProblems: every error says where it is, what is wrong, and what may have been meant.
func TestProblems(t *testing.T) {
	know := Knowledge{Classes: []string{"act.door.unlock", "act.engine.stop"}, States: []string{"Vehicle.Speed"}, Reserved: []string{"acme-x"}}
	for _, c := range []struct{ name, rule, want string }{
		{"field", "when: call.clas == 'x'", "r.yaml:5:11: there is no call.clas; did you mean call.class?"},
		{"variable", "when: windw.a > 1", "r.yaml:5:11: there is no windw.a"},
		{"function", "when: cal.sent('a') == 'x'", "r.yaml:5:11: there is no cal; did you mean call?"},
		{"type", "when: call.host > 3", "r.yaml:5:21: > cannot be applied to (string, int)"},
		{"not a condition", "when: call.host", "r.yaml:5:11: this is string; want bool"},
		{"block", "when: |\n  call.success &&\n    call.hots == 'x'", "r.yaml:7:9: there is no call.hots; did you mean call.host?"},
		{"quoted", "when: 'call.hots == \"x\"'", "r.yaml:5:12: there is no call.hots"},
		{"syntax", "when: call.host ==", "r.yaml:5:23: Syntax error"},
		{"state", "match: {subject: vehicle}\nwhen: subject.number('Vehicle.Sped') > 1", "r.yaml:6:26: there is no signal of VSS, and none below Vehicle.Private, \"Vehicle.Sped\"; did you mean \"Vehicle.Speed\"?"},
		{"data type", "when: call.sends('vim')", "there is no data type \"vim\"; did you mean \"vin\"?"},
		{"network", "when: call.from('10.0.0.0')", "\"10.0.0.0\" is no network"},
		{"computed name", "when: call.sent(call.host) == 'x'", "write the name here as a text"},
		{"no subject", "when: subject.linked", "no asset is looked at here: say which with match: {subject: vehicle}"},
		{"class", "match: {class: act.door.unlok}\nwhen: call.success", "r.yaml:5:20: there is no function class \"act.door.unlok\"; did you mean \"act.door.unlock\"?"},
		{"key", "wen: call.success", "r.yaml:5:5: there is no key \"wen\"; did you mean \"when\"?"},
		{"severity", "refused: hihg\nwhen: call.success", "r.yaml:5:14: severity \"hihg\""},
		{"no when", "keys: 5", "rule acme-test has no when"},
		{"list for a text", "when: [a, b]", "an expression is missing"},
		{"taxonomy", "types: [API6]\nwhen: call.success", "\"API6\" is no taxonomy id"},
		{"window name", "windows: [{name: A-B, within: 1m}]\nwhen: call.success", "\"A-B\" cannot follow window."},
		{"window span", "windows: [{name: a}]\nwhen: window.a > 1", "it must be between 1s and 744h"},
		{"upto", "windows: [{name: a, within: 1m, distinct: call.host}]\nwhen: window.a >= 300", "window.a counts different values up to 250 only"},
		{"cost", "when: call.path.matches(call.query)", "this may cost up to"},
		{"nesting", "when: caller.roles.all(a, caller.roles.all(b, caller.roles.all(c, a + b + c != '')))", "comprehension exceeds nesting limit"},
		{"regexp", "when: call.path.matches('(')", "invalid matches argument"},
		{"message", "when: call.success\nmessage: 'a {call.hots} b'", "r.yaml:6:18: there is no call.hots"},
		{"open brace", "when: call.success\nmessage: 'a {call.host'", "a { has no }"},
		{"sequence", "sequence: {within: 1m, steps: [{when: call.success}]}", "1 steps: 2 to 8 follow one another"},
		{"kept", "sequence: {within: 1m, steps: [{when: call.success, keep: {a: call.ip}}, {when: kept.b == ''}]}", "there is no kept.b; did you mean kept.a?"},
		{"scene", "when: call.success\nscenes: [{fires: x, play: ''}]", "no scene can be read of this"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, ps := one(t, c.rule, know)
			if r != nil || !strings.Contains(ps.String(), c.want) {
				t.Errorf("got %q, want %q", ps.String(), c.want)
			}
		})
	}
}

// TestIDs: ids are told apart, and from those of built-in detectors.
func TestIDs(t *testing.T) {
	text := "rules:\n- {id: %s, title: t, severity: low, when: call.success}\n- {id: %s, title: t, severity: low, when: call.success}\n"
	for ids, want := range map[[2]string]string{
		{"acme-a", "acme-a"}:  "r.yaml:3:8: there is a rule acme-a already: r.yaml:2",
		{"acme-a", "XYZ-009"}: "XYZ-009 is a name of built-in detectors",
		{"acme-a", "builtin"}: "builtin is a name of built-in detectors",
		{"acme-a", "a b"}:     "\"a b\" is no id",
	} {
		_, ps, err := Compile([]diagnostic.Source{{Name: "r.yaml", Text: fmt.Appendf(nil, text, ids[0], ids[1])}}, Knowledge{Reserved: []string{"builtin"}})
		if err != nil || !strings.Contains(ps.Errors().String(), want) {
			t.Errorf("%v: got %q (%v), want %q", ids, ps.Errors().String(), err, want)
		}
	}
}

// TestUnknown: what is not known never fires, whichever way round it is asked, and does not spoil what is known.
func TestUnknown(t *testing.T) {
	const told = "signal V1 Vehicle.Speed=82\n"
	const call = `call "POST a.example/{vin}" class=act.horn access=control by=u1 names=vin:V1` + "\n"
	for _, c := range []struct {
		when, scene string
		fires       bool
	}{
		{`subject.number("Vehicle.Speed") > 5`, told + call, true},
		{`subject.number("Vehicle.Speed") > 5`, call, false},
		{`!(subject.number("Vehicle.Speed") > 5)`, call, false},
		{`subject.number("Vehicle.Speed") > 5`, told + "wait 91s\n" + call, false},
		{`subject.number("Vehicle.Speed", duration("5m")) > 5`, told + "wait 91s\n" + call, true},
		{`subject.stale("Vehicle.Speed")`, told + "wait 91s\n" + call, true},
		{`!subject.fresh("Vehicle.Speed")`, call, true},
		{`subject.age("Vehicle.Speed") < duration("3s")`, told + call, true},
		{`subject.text("Vehicle.Speed") != "x"`, told + call, false},
		{`call.success || subject.number("Vehicle.Speed") > 5`, call, true},
		{`subject.number("Vehicle.Speed") > 5 || call.success`, call, true},
		{`call.success && subject.number("Vehicle.Speed") > 5`, call, false},
		{`subject.linked`, call, false},
		{`!subject.linked`, call, false},
		{`!subject.linked`, strings.TrimSpace(call) + " listed=user\n", true},
		{`subject.linked && subject.relation == "owner"`, strings.TrimSpace(call) + " link=owner\n", true},
		{`call.sent("role") != "admin"`, call, false},
		{`call.sent("role") == "admin"`, strings.TrimSpace(call) + " sends=role::admin\n", true},
		{`double(call.sent("role")) > 1.0`, strings.TrimSpace(call) + " sends=role::admin\n", false},
		{`call.ja4 == ""`, call, false},
		{`kind_is_user`, call, false},
	} {
		if c.when == "kind_is_user" {
			c.when, c.fires = `caller.kind == "user" && caller.authenticated`, true
		}
		r, ps := one(t, "match: {subject: vehicle}\nwhen: '"+c.when+"'", Knowledge{})
		if ps != nil {
			t.Fatal(ps.String())
		}
		if got := len(play(t, r, c.scene)) > 0; got != c.fires {
			t.Errorf("%s on %q: fires %v, want %v", c.when, c.scene, got, c.fires)
		}
	}
}

// TestWindows: counts slide, are kept apart by key, count values apart, and the calls before the finding are its evidence.
func TestWindows(t *testing.T) {
	const call = `call "GET a.example/x" class=read.x `
	for _, c := range []struct {
		name, rule, scene string
		want              []string
	}{
		{"count", "windows: [{name: n, within: 10s}]\nwhen: window.n >= 5\ntitle: '{window.n}'", call + "by=u1 repeat=6\n", []string{"6 6"}},
		{"slides", "windows: [{name: n, within: 10s}]\nwhen: window.n >= 5", call + "by=u1 repeat=20 +3s\n", []string{}},
		{"apart", "windows: [{name: n, within: 10m}]\nwhen: window.n >= 5", call + "by=u{i} repeat=20\n", []string{}},
		{"by something else", "windows: [{name: n, within: 10m, by: call.host}]\nwhen: window.n >= 5\ngroup: call.host", call + "by=u{i} repeat=5\n", []string{"test 5"}},
		{"values", "windows: [{name: n, within: 10m, distinct: call.sent('q')}]\nwhen: window.n >= 3", call + "by=u1 query=q::{i} repeat=3\n", []string{"test 3"}},
		{"same value", "windows: [{name: n, within: 10m, distinct: call.sent('q')}]\nwhen: window.n >= 2", call + "by=u1 query=q::7 repeat=9\n", []string{}},
		{"unknown value", "windows: [{name: n, within: 10m, distinct: call.sent('q')}]\nwhen: window.n >= 1", call + "by=u1 repeat=9\n", []string{}},
		{"unknown key", "windows: [{name: n, within: 10m, by: call.sent('q')}]\nwhen: window.n >= 0", call + "by=u1 repeat=9\n", []string{}},
		{"where", "windows: [{name: bad, within: 10m, where: '!call.success'}, {name: all, within: 10m}]\nwhen: window.all >= 4 && window.bad * 2 >= window.all", call + "by=u1 status=401 repeat=2\n" + call + "by=u1 repeat=2\n", []string{"test 3"}},
	} {
		c.rule = strings.Replace(c.rule, "title:", "message:", 1)
		r, ps := one(t, c.rule, Knowledge{})
		if ps != nil {
			t.Fatal(c.name, ps.String())
		}
		got := play(t, r, c.scene)
		if c.name == "count" {
			got = []string{strings.Replace(got[0], "test", "6", 1)}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// TestCounting: against counting by hand, exactly up to exactMax calls, and never more, nor less by more than a 64th of
// the window, beyond.
func TestCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		within := time.Duration(rapid.IntRange(64, 5000).Draw(t, "within"))
		gaps := rapid.SliceOfN(rapid.IntRange(0, 100), 1, 600).Draw(t, "gaps")
		var c counting
		var at []int64
		now := int64(0)
		for _, g := range gaps {
			now += int64(g)
			at = append(at, now)
			got := c.add(now, within)
			exact, least := 0, 0
			for _, a := range at {
				if a >= now-int64(within) {
					exact++
				}
				if a >= now-int64(within)+int64(within)/64 {
					least++
				}
			}
			if got > exact || got < least || exact < exactMax && len(c.ticks) < exactMax && got != exact && len(at) <= exactMax {
				t.Fatalf("counted %d, want %d (at least %d)", got, exact, least)
			}
		}
	})
}

// TestSequences: order, time, key, what must not come between, and what earlier steps kept.
func TestSequences(t *testing.T) {
	const rule = `sequence:
  within: 1m
  steps:
    - {match: {class: a}, keep: {ip: call.ip}}
    - {match: {class: b}, times: 2}
    - {match: {class: c}, when: call.ip != kept.ip}
  without:
    - {match: {class: x}}
message: '{kept.ip}'
`
	r, ps := one(t, rule, Knowledge{})
	if ps != nil {
		t.Fatal(ps.String())
	}
	for scene, fires := range map[string]bool{
		"a b b c2":       true,
		"a b c2":         false,
		"b b a c2":       false,
		"a a b b b c2":   true,
		"a b b x c2":     false,
		"x a b b c2":     true,
		"a b b c1":       false,
		"a b b c1 c2":    true,
		"a b +59s b c2":  false,
		"a +50s b b c2":  true,
		"a +70s b b c2":  false,
		"a2 b b c2":      false,
		"a b b other c2": true,
	} {
		var b strings.Builder
		step := "+1s"
		for w := range strings.FieldsSeq(scene) {
			if w[0] == '+' {
				step = w
				continue
			}
			ip := "ip=192.0.2.1"
			if strings.HasSuffix(w, "2") {
				ip = "ip=192.0.2.2"
			}
			by := "u1"
			if w == "other" {
				w, by = "x", "u2"
			}
			fmt.Fprintf(&b, "call \"GET a.example/%s\" %s class=%s by=%s %s\n", w, step, w[:1], by, ip)
			step = "+1s"
		}
		got := play(t, r, b.String())
		if len(got) > 0 != fires {
			t.Errorf("%s: found %v, want %v", scene, got, fires)
		}
		if fires && len(got) > 0 && !strings.HasSuffix(got[0], "4") {
			t.Errorf("%s: evidence of %s, want four calls", scene, got[0])
		}
	}
}

// scenes are of one caller's calls, a second apart.
func scenesOf(class string, n int) []*waywarden.Scene {
	op := &waywarden.Operation{ID: "op", Host: "a.example", Method: "GET", Template: "/x", Function: waywarden.Function{Class: class, Confidence: 1}}
	var out []*waywarden.Scene
	for i := range n {
		at := time.Date(2026, 3, 1, 8, 0, i, 0, time.UTC)
		rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: fmt.Sprint("r", i), At: at, HTTP: &waywarden.Transaction{Client: waywarden.Client{IP: "192.0.2.1"}, Status: 200}}
		out = append(out, &waywarden.Scene{Record: rec, Now: at, Call: &waywarden.Call{Record: rec, Operation: op, Success: true, Principal: waywarden.Principal{UID: "u1"}}})
	}
	return out
}

// TestSwap: a new set is taken up between scenes; windows of rules that count the same go on, others begin anew.
func TestSwap(t *testing.T) {
	const text = "windows: [{name: n, within: 10m}]\nwhen: window.n >= 5\n"
	first, _ := one(t, text, Knowledge{})
	retold, _ := one(t, text+"message: told otherwise\n", Knowledge{})
	wider, _ := one(t, strings.Replace(text, "10m", "20m", 1), Knowledge{})
	for _, c := range []struct {
		name string
		next *Rule
		want int // scene of the first finding
	}{{"the same count", retold, 4}, {"another count", wider, 7}} {
		live := &Live{}
		live.Swap(&Set{rules: []*Rule{first}})
		e := detect.New(detect.Default(), live.Maker())
		got := -1
		for i, s := range scenesOf("a", 10) {
			if i == 3 {
				live.Swap(&Set{rules: []*Rule{c.next}})
			}
			if len(e.Inspect(s)) > 0 && got < 0 {
				got = i
			}
		}
		if got != c.want {
			t.Errorf("%s: found at scene %d, want %d", c.name, got, c.want)
		}
		if tables, _ := e.Memory(); len(tables) != 3 {
			t.Errorf("%s: tables %v, want the findings, whom they are about and one window", c.name, tables)
		}
		if cards := e.Cards(); len(cards) != 1 || cards[0].ID != "acme-test" {
			t.Errorf("%s: cards %v", c.name, cards)
		}
	}
}

// TestExplain says what a rule watches, remembers and needs.
func TestExplain(t *testing.T) {
	r, ps := one(t, "match: {class: act.*, subject: vehicle}\nfresh: 30s\nwindows: [{name: n, within: 10m, distinct: subject.id, upto: 100}]\nwhen: window.n >= 5 && subject.number('Vehicle.Speed') > 5", Knowledge{})
	if ps != nil {
		t.Fatal(ps.String())
	}
	got := r.Explain()
	for _, want := range []string{
		"calls of class act.*, for each vehicle they name", "window.n: different values of subject.id, up to 100, within 10m0s, for each caller.key",
		"window.n >= 5 && subject.number('Vehicle.Speed') > 5", "counts as known for 30s", "needs        calls, signals", "up to 10000 keys for 10m0s, at most about 56 MB",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

// TestOtherOperationsCostNothing: a rule is not evaluated on calls of operations that it does not match.
func TestOtherOperationsCostNothing(t *testing.T) {
	r, ps := one(t, "match: {class: act.*}\nwhen: call.success", Knowledge{})
	if ps != nil {
		t.Fatal(ps.String())
	}
	live := &Live{}
	live.Swap(&Set{rules: []*Rule{r}})
	var m detect.Memory
	run := live.Maker()(&m).(*runner)
	scenes := scenesOf("read.x", 100)
	var out detect.Output
	if n := testing.AllocsPerRun(100, func() { run.Inspect(scenes[0], &out) }); n != 0 || run.rules[0].count.Looked != 0 {
		t.Errorf("%v allocations, looked %d times", n, run.rules[0].count.Looked)
	}
	scenes[0].Call.Operation.Function.Class = "act.horn" // more was learned of it
	run.rules[0].count = Counts{}
	if got := run.concerned(scenes[0].Call.Operation); len(got) != 1 {
		t.Error("the rule does not see that the class of the operation changed")
	}
}

func FuzzCompile(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("rules:\n- {id: a-b, title: '{', severity: low, when: 'call.'}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		set, ps, err := Compile([]diagnostic.Source{{Name: "f.yaml", Text: b}}, Knowledge{})
		if err != nil {
			t.Fatal(err)
		}
		_ = ps.String()
		for _, r := range set.Rules() {
			_ = r.Explain()
		}
	})
}

func BenchmarkRules(b *testing.B) {
	var rules []*Rule
	for i := range 200 {
		r, ps := one(b, fmt.Sprintf("match: {class: act.c%d}\nwhen: call.status >= 200 && call.host.endsWith('.example') && caller.kind == 'user'", i), Knowledge{})
		if ps != nil {
			b.Fatal(ps.String())
		}
		r.card.ID = fmt.Sprint("r", i)
		rules = append(rules, r)
	}
	windowed, ps := one(b, "match: {class: win}\nwindows: [{name: n, within: 10m, distinct: call.host}]\nwhen: window.n >= 5", Knowledge{})
	if ps != nil {
		b.Fatal(ps.String())
	}
	live := &Live{}
	live.Swap(&Set{rules: append(rules, windowed)})
	for name, class := range map[string]string{"200rules/unconcerned": "read.x", "200rules/one-condition": "act.c7", "200rules/window": "win"} {
		b.Run(name, func(b *testing.B) {
			var m detect.Memory
			run := live.Maker()(&m)
			s := scenesOf(class, 1)[0]
			var out detect.Output
			b.ReportAllocs()
			for b.Loop() {
				run.Inspect(s, &out)
			}
		})
	}
}
