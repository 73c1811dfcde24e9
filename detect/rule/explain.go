package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// Explain says in plain words what the rule watches, what it looks at, what it remembers and what it cannot do without.
func (r *Rule) Explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n  %s:%d\n", r.card.ID, r.card.Title, r.source, r.line)
	if r.desc != "" {
		fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(r.desc, "\n", "\n  "))
	}
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-13s%s\n", name, fmt.Sprintf(format, args...))
	}
	line("watches", "%s", r.watched())
	for i := range r.windows {
		line("counts", "%s", r.windows[i].words())
	}
	for i := range r.steps {
		line(fmt.Sprintf("step %d", i+1), "%s", r.steps[i].words())
	}
	for i := range r.without {
		line("without", "%s", r.without[i].words())
	}
	if r.places > 0 {
		line("within", "%s from the first step to the last", r.within)
	}
	if r.when != nil {
		line("fires when", "%s", strings.Join(strings.Fields(r.when.text), " "))
	}
	line("one finding", "for each %s", codes(r.group))
	line("severity", "%s", r.severities())
	line("looks at", "%s", strings.Join(r.looks, ", "))
	if len(r.states) > 0 {
		line("state", "counts as known for %s; what is unknown or older does not fire", r.fresh)
	}
	line("needs", "%s", strings.Join(r.card.Needs.Names(), ", "))
	line("remembers", "%s", r.remembers())
	line("costs", "at most %d steps an evaluation (%d are allowed an expression)", r.cost, costMax)
	line("scenes", "%d", len(r.scenes))
	return b.String()
}

func (r *Rule) severities() string {
	if r.refused == r.severity {
		return strings.ToLower(r.severity.String())
	}
	return fmt.Sprintf("%s; %s where the server refused", strings.ToLower(r.severity.String()), strings.ToLower(r.refused.String()))
}

func (r *Rule) watched() string {
	switch {
	case r.signal:
		return "telemetry of vehicles"
	case len(r.steps) > 0:
		return "a sequence of calls"
	}
	return r.match.words()
}

// words say what a match lets through.
func (m *match) words() string {
	var parts []string
	add := func(noun string, globs []string) {
		if globs != nil {
			parts = append(parts, noun+" "+strings.Join(globs, " or "))
		}
	}
	add("of class", m.class)
	add("of access", m.access)
	add("with method", m.method)
	add("to host", m.host)
	add("with path", m.path)
	add("with selector", m.selector)
	text := "calls"
	switch m.outcome {
	case waywarden.True:
		text = "calls that succeeded"
	case waywarden.False:
		text = "calls that were refused"
	case waywarden.Unknown:
	}
	if len(parts) == 0 && m.outcome == waywarden.Unknown {
		text = "all calls"
	}
	text = strings.Join(append([]string{text}, parts...), " ")
	switch m.subject {
	case "":
		return text
	case anySubject:
		return text + ", for each asset they name"
	}
	return text + fmt.Sprintf(", for each %s they name", m.subject)
}

func (w *window) words() string {
	what := "calls"
	if w.distinct != nil {
		what = fmt.Sprintf("different values of %s, up to %d,", w.distinct.text, w.upTo)
	}
	text := fmt.Sprintf("window.%s: %s within %s, for each %s", w.name, what, w.within, codes(w.by))
	if w.where != nil {
		text += ", where " + strings.Join(strings.Fields(w.where.text), " ")
	}
	return text
}

func (s *step) words() string {
	text := s.match.words()
	if s.name != "" {
		text = s.name + ": " + text
	}
	if s.when != nil {
		text += ", when " + strings.Join(strings.Fields(s.when.text), " ")
	}
	if n := s.last - s.first + 1; n > 1 {
		text += fmt.Sprintf(", %d times", n)
	}
	return text + "; by " + codes(s.by)
}

func codes(ps []*program) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.text)
	}
	return strings.Join(out, " and ")
}

// proofBytes is about what a remembered call takes: three short texts and their headers.
const proofBytes = 200

// Memory is about what the rule remembers at worst, in bytes, when all of its keys are as full as can be.
func (r *Rule) Memory() int64 {
	total := 0
	for i := range r.windows {
		w := &r.windows[i]
		perKey := 16 * (exactMax + 64)
		if w.distinct != nil {
			perKey = 16 * w.upTo
		}
		if i == 0 {
			perKey += evidenceMax * proofBytes
		}
		total += perKey
	}
	total += r.places * (64 + len(r.kept)*(16+keptMax)) // each place's run
	total += r.places * r.places / 2 * proofBytes       // with the calls before it
	return int64(total) * int64(r.keys)
}

func (r *Rule) remembers() string {
	if len(r.windows) == 0 && r.places == 0 {
		return "nothing: it judges each call by itself"
	}
	longest := r.within
	for i := range r.windows {
		longest = max(longest, r.windows[i].within)
	}
	return fmt.Sprintf("up to %d keys for %s, at most about %s (all keys full)", r.keys, longest.Round(time.Second), bytesOf(r.Memory()))
}

func bytesOf(n int64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	return fmt.Sprintf("%.3g %s", f, units[i])
}
