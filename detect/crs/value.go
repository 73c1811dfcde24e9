package crs

import (
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Maker returns the maker of the detector.
func (r *Rules) Maker() detect.Maker {
	return func(m *detect.Memory) detect.Detector {
		return &value{
			rules: r, fields: detect.NewTable[field](m, "INV-004-CRS fields", 1<<14), callers: detect.NewTable[budget](m, "INV-004-CRS callers", 1<<13),
			verdicts: detect.NewTable[verdict](m, "INV-004-CRS values judged", 1<<12),
		}
	}
}

type value struct {
	rules    *Rules
	fields   *detect.Table[field]
	callers  *detect.Table[budget]
	verdicts *detect.Table[verdict]
	all      budget
}

// A field is what values of one field of an operation look like.
type field struct {
	values  int32
	special int32 // of them, those with characters that code is made of
}

// A budget is how often the rules were asked within a minute, in event time.
type budget struct {
	minute int64
	asked  int32
}

// A verdict is what the rules said of a value.
type verdict struct {
	known   bool
	matches []Match
}

const (
	learnMin   = 20   // values of a field before its looks are known
	specialMax = 0.05 // part of the values with special characters above which they are nothing special
	callerMax  = 30   // values of a caller that are judged within a minute
	allMax     = 600  // values that are judged within a minute: at 1.2 ms each, 1.2 % of a core
)

// spend takes one from a budget; it says whether there was one left.
func (b *budget) spend(now time.Time, limit int32) bool {
	if m := now.Unix() / 60; m != b.minute {
		*b = budget{minute: m}
	}
	b.asked++
	return b.asked <= limit
}

func (d *value) Card() detect.Card {
	return detect.Card{
		ID: "INV-004-CRS", Title: "Value known as an attack by the OWASP Core Rule Set", Severity: waywarden.SeverityInformational, Analytic: waywarden.AnalyticRule,
		Types: []string{"API8:2023"}, Needs: detect.InputCalls, Helped: detect.InputRequestBodies,
		Desc: `Optional (` + "`--crs`" + `, or ` + "`crs: true`" + ` in the settings). Values of paths, queries and request bodies that look suspicious are held against the OWASP Core Rule Set, version 4, at paranoia level 1: its rules about values (LFI, RFI, RCE, PHP, generic, XSS, SQL, Java).

It is information beside INV-004, never an alarm: the rules know what attacks look like, not whether the server gave way. A finding names the rules, so that somebody who looks at a caller sees what it tried.

A value is suspicious when it holds characters that code is made of, two different ones or a sequence that climbs or comments, in a field where such characters are rare (below 5 % of its values, once 20 were seen). Each value is judged once; at most 30 values of a caller and 600 in all within a minute, in the time of the events.`,
		Silent: []string{
			"names with an apostrophe and texts with a single special character",
			"fields whose values hold such characters as a matter of course: free text, expressions, JSON",
			"header fields and cookies",
		},
		Respond: "Look at what else the caller did, and whether INV-004 says that the server gave way.",
	}
}

func (d *value) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil {
		return
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In >= waywarden.InResponse {
			return
		}
		if l.Kind != waywarden.ValueText && l.In == waywarden.InBody || len(l.Value) < 4 || l.In == waywarden.InHeader || l.In == waywarden.InCookie {
			continue
		}
		f := d.fields.At(detect.Key(c.Operation.ID, l.Name))
		f.values++
		if !suspicious(l.Value) {
			continue
		}
		usual := f.values > learnMin && float64(f.special) > specialMax*float64(f.values)
		f.special++
		if !usual {
			d.judge(s, l, out)
		}
	}
}

// special numbers the characters that code is made of, brackets and quotes of a kind alike.
var special = [256]uint16{
	'\'': 1, '"': 1, '`': 1, '<': 2, '>': 2, ';': 4, '|': 8, '&': 8, '(': 16, ')': 16, '{': 32, '}': 32, '$': 32, '\\': 64, '=': 128, '%': 256, '#': 512, '*': 1024,
}

// suspicious says whether a value holds what code is made of: two different characters of it, or a sequence that no name
// and no number holds.
func suspicious(v string) bool {
	var found uint16
	kinds := 0
	for i := range len(v) {
		if bit := special[v[i]]; bit&^found != 0 {
			found |= bit
			kinds++
		}
	}
	switch {
	case kinds >= 2:
		return true
	case strings.Contains(v, "..") && strings.ContainsAny(v, "/\\%"):
		return true
	}
	return kinds > 0 && strings.Contains(v, "--") || worded(v, kinds)
}

// worded says whether a value with one special character, or spaces, has a word of a statement beside it.
func worded(v string, kinds int) bool {
	if kinds == 0 && strings.IndexByte(v, ' ') < 0 {
		return false
	}
	low := strings.ToLower(v)
	for _, w := range [...]string{"select ", "union ", " or ", " and ", "script", "sleep(", "/etc/", "javascript:", "exec", "wget ", "curl "} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// judge holds a value against the rules, unless it was before or the budget is spent.
func (d *value) judge(s *waywarden.Scene, l *waywarden.Leaf, out *detect.Output) {
	v := d.verdicts.At(xxh3.HashString(l.Value))
	if !v.known {
		if !d.callers.At(detect.Key(caller(s))).spend(s.Now, callerMax) || !d.all.spend(s.Now, allMax) {
			return
		}
		*v = verdict{true, d.rules.Judge(l.Value)}
	}
	if len(v.matches) == 0 {
		return
	}
	c, first := s.Call, v.matches[0]
	r := detect.Report{
		Group: caller(s) + " " + c.Operation.ID, Severity: waywarden.SeverityInformational, Confidence: 60, Operation: c.Operation, Principal: c.Principal,
		Title: "Value that looks like an attack (" + first.Attack + ") sent to " + detect.What(c.Operation),
		Desc:  detect.Who(s) + " sent " + clip(l.Value) + " in " + l.Name + " of " + detect.What(c.Operation) + ". OWASP CRS " + strings.TrimSpace(ids(v.matches)) + ": " + first.Message + ".",
		Facts: []waywarden.Fact{{Name: l.Name, Observed: clip(l.Value), Normal: string(l.Type)}, {Name: "rules of OWASP CRS", Observed: ids(v.matches), Normal: "none"}},
	}
	out.Raise(&r)
}

// caller names who calls, or from where.
func caller(s *waywarden.Scene) string {
	if p := &s.Call.Principal; p.UID != "" {
		return p.UID
	}
	return "address " + detect.Address(s)
}

// clip is a value short enough to be read.
func clip(v string) string {
	if len(v) <= 80 {
		return v
	}
	return strings.ToValidUTF8(v[:80], "") + "…"
}
