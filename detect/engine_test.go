package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
)

// A parrot raises what its scene's record says: "group severity subject".
type parrot struct{ woken []uint64 }

func (p *parrot) Card() Card {
	return Card{ID: "TST-001", Title: "Test", Types: []string{"API1:2023"}, Needs: InputSignals, Helped: InputLinks}
}

func (p *parrot) Inspect(s *waywarden.Scene, out *Output) {
	f := strings.Fields(s.Call.Principal.UID)
	switch f[0] {
	case "raise":
		out.Raise(&Report{
			Group: f[1], Severity: waywarden.Severity(f[2][0] - '0'), Subject: f[3], Title: "title", Desc: "desc",
			Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: f[3]}}, Facts: []waywarden.Fact{{Name: "n", Observed: f[2]}},
		})
	case "retract":
		out.Retract(f[1], f[3], "it was nothing.")
	case "wake":
		out.Wake(s.Now.Add(time.Minute), uint64(len(f[1])))
	}
}

func (p *parrot) Wake(at time.Time, token uint64, out *Output) {
	p.woken = append(p.woken, token)
	out.Raise(&Report{Group: "woken", Severity: waywarden.SeverityLow, Evidence: []waywarden.Evidence{{Record: "w"}}})
}

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func say(i int, what string) *waywarden.Scene {
	at := start.Add(time.Duration(i) * time.Second)
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: fmt.Sprint("r", i), At: at, HTTP: &waywarden.Transaction{}}
	return &waywarden.Scene{Record: rec, Now: at, Call: &waywarden.Call{Record: rec, Principal: waywarden.Principal{UID: what}}}
}

func parrots(o Options) (*Engine, *parrot) {
	p := &parrot{}
	return New(o, func(*Memory) Detector { return p }), p
}

// TestFindingLife: created once, updated when the evidence doubles or it gets worse, withdrawn with its last evidence,
// and opened anew under another UID after that.
func TestFindingLife(t *testing.T) {
	e, _ := parrots(Default())
	var got []string
	steps := []string{
		"raise g 3 a", "raise g 3 a", "raise g 3 a", "raise g 3 a", "raise g 3 a", "raise g 5 a",
		"raise g 3 b", "retract g 0 a", "retract g 0 b", "retract g 0 b", "raise g 4 c",
	}
	uids := map[string]int{}
	for i, s := range steps {
		line := s + ":"
		for _, f := range e.Inspect(say(i, s)) {
			if _, ok := uids[f.UID]; !ok {
				uids[f.UID] = len(uids)
			}
			line += fmt.Sprintf(" %d activity %d severity %d evidence %d", uids[f.UID], f.Activity, f.Severity, len(f.Evidence))
			if !f.At.Equal(start.Add(time.Duration(i) * time.Second)) {
				t.Errorf("%s: told at %v", s, f.At)
			}
		}
		got = append(got, line)
	}
	want := []string{
		"raise g 3 a: 0 activity 1 severity 3 evidence 1",
		"raise g 3 a: 0 activity 2 severity 3 evidence 2",
		"raise g 3 a:",
		"raise g 3 a: 0 activity 2 severity 3 evidence 4",
		"raise g 3 a:",
		"raise g 5 a: 0 activity 2 severity 5 evidence 6",
		"raise g 3 b: 0 activity 2 severity 5 evidence 7",
		"retract g 0 a:",
		"retract g 0 b: 0 activity 3 severity 5 evidence 1",
		"retract g 0 b:",
		"raise g 4 c: 1 activity 1 severity 4 evidence 1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestEvidenceBounded: the first and the last record stay, whatever comes between.
func TestEvidenceBounded(t *testing.T) {
	o := Default()
	o.EvidenceMax = 10
	e, _ := parrots(o)
	var last waywarden.Finding
	for i := range 57 {
		for _, f := range e.Inspect(say(i, "raise g 3 a")) {
			last = f
		}
	}
	for _, f := range e.Flush(start.Add(time.Hour)) {
		last = f
	}
	if n := len(last.Evidence); n != 10 || last.Evidence[0].Record != "r0" || last.Evidence[9].Record != "r56" {
		t.Errorf("%d records, %v to %v; want the first and the last of 57", n, last.Evidence[0], last.Evidence[n-1])
	}
	if len(e.Flush(start.Add(time.Hour))) != 0 {
		t.Error("a second flush tells again what was told")
	}
}

// TestFindingCopied: what was handed out does not change when the finding grows.
func TestFindingCopied(t *testing.T) {
	e, _ := parrots(Default())
	f := e.Inspect(say(0, "raise g 3 a"))[0]
	e.Inspect(say(1, "raise g 3 b"))
	if len(f.Evidence) != 1 || len(f.Resources) != 1 {
		t.Errorf("a finding that was told grew: %+v", f)
	}
}

// TestPrefix: what is told of a prefix is a prefix of what is told of all, UIDs included.
func TestPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"raise g 3 a", "raise g 4 b", "raise h 2 a", "retract g 0 a", "wake x", "none"}), 1, 60).Draw(t, "steps")
		cut := rapid.IntRange(0, len(steps)).Draw(t, "cut")
		run := func(steps []string) []waywarden.Finding {
			e, _ := parrots(Default())
			var all []waywarden.Finding
			for i, s := range steps {
				all = append(all, slices.Clone(e.Inspect(say(10*i, s)))...)
			}
			return all
		}
		full, part := run(steps), run(steps[:cut])
		if d := cmp.Diff(full[:len(part)], part, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
	})
}

// TestWakes: in order of time, at their own time, and never beyond the limit.
func TestWakes(t *testing.T) {
	o := Default()
	o.WakesMax = 2
	e, p := parrots(o)
	for i, s := range []string{"wake aa", "wake b", "wake ccc"} {
		e.Inspect(say(i, s))
	}
	fs := e.Inspect(say(600, "none"))
	if d := cmp.Diff([]uint64{2, 1}, p.woken); d != "" {
		t.Error(d)
	}
	if len(fs) != 1 || !fs[0].At.Equal(start.Add(time.Minute)) {
		t.Errorf("woken findings %+v; want one, at the time asked for", fs)
	}
	if _, refused := e.Memory(); refused != 1 {
		t.Errorf("%d wakes refused, want 1", refused)
	}
}

// TestTable holds a table against a map and a list of uses.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 5
		m := &Memory{}
		tab := NewTable[int](m, "t", limit)
		model, used := map[uint64]int{}, []uint64{}
		use := func(k uint64) {
			used = append(slices.DeleteFunc(used, func(x uint64) bool { return x == k }), k)
		}
		for _, k := range rapid.SliceOfN(rapid.Uint64Range(1, 12), 1, 200).Draw(t, "keys") {
			v, ok := model[k]
			if ok && k%4 == 0 { // some leave when they are met again
				tab.Drop(k)
				delete(model, k)
				used = slices.DeleteFunc(used, func(x uint64) bool { return x == k })
				continue
			}
			if !ok {
				tab.Drop(k)
				if tab.Peek(k) != nil {
					t.Fatalf("key %d is there", k)
				}
				if len(model) == limit {
					delete(model, used[0])
					used = used[1:]
				}
				model[k] = int(k)
				*tab.At(k) = int(k)
			} else if got := tab.Peek(k); got == nil || *got != v {
				t.Fatalf("key %d: %v, want %d", k, got, v)
			}
			use(k)
		}
		if tab.Len() != len(model) {
			t.Fatalf("%d keys, want %d", tab.Len(), len(model))
		}
		if u := m.Use()[0]; u.Entries != len(model) || u.Limit != limit {
			t.Fatalf("use %+v", u)
		}
	})
}

// TestCoverage: what was not seen blinds or dulls.
func TestCoverage(t *testing.T) {
	e, _ := parrots(Default())
	want := []Silence{{Detector: "TST-001", Title: "Test", Blind: true, Missing: []string{"links", "signals"}, Why: []string{inputs[4].missing, inputs[5].missing}}}
	if d := cmp.Diff(want, e.Coverage(InputCalls)); d != "" {
		t.Error(d)
	}
	if s := e.Coverage(InputSignals); len(s) != 1 || s[0].Blind {
		t.Errorf("without links alone: %+v", s)
	}
	if s := e.Coverage(InputSignals | InputLinks); len(s) != 0 {
		t.Errorf("with everything: %+v", s)
	}
}

// TestDigest: an echo is not told, an empty value neither.
func TestDigest(t *testing.T) {
	c := &waywarden.Call{Leaves: []waywarden.Leaf{
		{In: waywarden.InPath, Type: waywarden.TypeVIN, Value: "V1"},
		{In: waywarden.InResponse, Type: waywarden.TypeVIN, Value: "V1"},
		{In: waywarden.InResponse, Type: waywarden.TypeEmail, Value: "0"},
		{In: waywarden.InResponse, Type: waywarden.TypeLocation, Value: "48.1"},
		{In: waywarden.InResponse, Type: waywarden.TypeVehicleID, Value: "a"},
		{In: waywarden.InResponse, Type: waywarden.TypeVehicleID, Value: "b"},
	}}
	want := Digest{Asked: TypesOf(waywarden.TypeVIN), Told: TypesOf(waywarden.TypeLocation, waywarden.TypeVehicleID), Objects: 2}
	if d := cmp.Diff(want, digest(c)); d != "" {
		t.Error(d)
	}
}

// TestStoriesRefused: a story that cannot be read says so.
func TestStoriesRefused(t *testing.T) {
	for _, bad := range []string{"-- a --\ncall x", "-- a --\nwant nothing\n", "-- a --\nwant nothing\ncall x\nwant high"} {
		if _, err := ReadStories([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	for _, line := range []string{"fly a", `call "open`, "wait soon", "call nothing", "signal V at=x", "call", "wait 1s repeat=many"} {
		s := Story{Name: "s", Want: "nothing", lines: []string{line}}
		if _, err := s.Play(func(*Memory) Detector { return &parrot{} }); err == nil {
			t.Errorf("%q was played", line)
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	e, _ := parrots(Default())
	s := say(0, "none")
	for i := range 72 {
		l := waywarden.Leaf{In: waywarden.InResponse, Name: "x", Value: "value"}
		if i%8 == 0 {
			l.Type = waywarden.TypeLocation
		}
		s.Call.Leaves = append(s.Call.Leaves, l)
	}
	b.ReportAllocs()
	for b.Loop() {
		e.Inspect(s)
	}
}

// TestRetractTwin: an asset that was known by another identifier when it was reported is the same asset.
func TestRetractTwin(t *testing.T) {
	e := New(Default(), func(*Memory) Detector { return &renamed{} })
	scene := func(uid string, ids ...waywarden.ID) *waywarden.Scene {
		return &waywarden.Scene{
			Record: &waywarden.Record{ID: "r-" + uid, Kind: waywarden.KindSignal}, Now: time.Unix(1, 0),
			Subjects: []waywarden.Subject{{Twin: &waywarden.Twin{UID: uid, IDs: ids}}},
		}
	}
	if fs := e.Inspect(scene("ev_1")); len(fs) != 1 || fs[0].Activity != waywarden.ActivityCreate {
		t.Fatalf("%d findings at first, want one", len(fs))
	}
	fs := e.Inspect(scene("VIN1", waywarden.ID{Type: waywarden.TypeVIN, Value: "VIN1"}, waywarden.ID{Type: waywarden.TypeVehicleID, Value: "ev_1"}))
	if len(fs) != 1 || fs[0].Activity != waywarden.ActivityClose {
		t.Errorf("%v, want the finding withdrawn", fs)
	}
}

// renamed reports the first asset it sees and takes that back when it meets it again.
type renamed struct{ told bool }

func (d *renamed) Card() Card { return Card{ID: "TST-001"} }

func (d *renamed) Inspect(s *waywarden.Scene, out *Output) {
	t := s.Subjects[0].Twin
	if d.told {
		out.RetractTwin("g", t, "it is the same.")
		return
	}
	d.told = true
	out.Raise(&Report{Group: "g", Subject: t.UID, Severity: waywarden.SeverityHigh})
}
