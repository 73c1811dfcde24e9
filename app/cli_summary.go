package app

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waywarden/waywarden"
)

// wide is from how many columns on an endpoint is one line.
const wide = 110

// printSummary writes what a person wants to know first: how much there is, what is dangerous, what is wrong, what could
// not be seen, and where to read on.
func printSummary(w io.Writer, sum Summary, st style) error {
	b := bufio.NewWriter(w)
	p := printer{b, st}
	p.counts(sum)
	p.endpoints(sum.Top)
	p.findings(sum)
	p.blind(sum)
	p.next(sum)
	return b.Flush()
}

type printer struct {
	w  *bufio.Writer
	st style
}

func (p printer) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

func (p printer) heading(text string) { p.line("\n%s", p.st.paint(bold, text)) }

func (p printer) counts(sum Summary) {
	p.line("%s records, %s of them API calls, in %s", group(sum.Records), group(sum.HTTP), sum.Elapsed.Round(10*time.Millisecond))
	if sum.Rejected > 0 || sum.Late > 0 {
		p.line("%s could not be decoded (rejected.ndjson), %s came too late to be put in order", group(sum.Rejected), group(sum.Late))
	}
	p.heading("Inventory")
	p.line("  %s on %s   %s   %s   %s   %s", plural(sum.Endpoints, "endpoint"), plural(sum.Hosts, "host"),
		p.mark(sum.Shadow, "shadow"), p.mark(sum.Zombie, "zombie"), p.mark(sum.Orphans, "orphan"), p.mark(sum.Probes, "probed"))
}

func (p printer) mark(n int, word string) string {
	text := strconv.Itoa(n) + " " + word
	if n == 0 {
		return p.st.paint(dim, text)
	}
	return p.st.paint(yellow, text)
}

func (p printer) endpoints(top []TopEndpoint) {
	if len(top) == 0 {
		return
	}
	p.heading("Riskiest endpoints")
	if p.st.columns < wide {
		for _, e := range top {
			p.line("  %s  %-6s %s", p.risk(e.Risk), e.Method, clip(path(e), p.st.columns-15))
			about := strings.Join(nonEmpty(e.Host, e.Class, "auth "+e.Auth, e.Status), " · ")
			p.line("       %s", p.st.paint(dim, clip(about, p.st.columns-8)))
		}
		return
	}
	const class, auth, status = 24, 7, 11
	left := p.st.columns - (2 + 4 + 2 + 7 + class + auth + status + 4)
	p.line("%s", p.st.paint(dim, fmt.Sprintf("  RISK  %-6s %s %s %s STATUS", "METHOD", pad("ENDPOINT", left), pad("FUNCTION", class), pad("AUTH", auth))))
	for _, e := range top {
		p.line("  %s  %-6s %s %s %s %s", p.risk(e.Risk), e.Method, pad(e.Host+path(e), left), pad(e.Class, class), pad(e.Auth, auth), e.Status)
	}
}

// path is the endpoint's template, with the value that tells it from others of the same template.
func path(e TopEndpoint) string {
	if e.Discriminator == "" {
		return e.Template
	}
	return e.Template + " [" + e.Discriminator + "]"
}

func (p printer) risk(score int) string {
	text := fmt.Sprintf("%4d", score)
	switch {
	case score >= 70:
		return p.st.paint(red, text)
	case score >= 40:
		return p.st.paint(yellow, text)
	}
	return text
}

func (p printer) findings(sum Summary) {
	p.heading("Findings")
	total := 0
	var counts []string
	for sev := waywarden.SeverityCritical; sev > 0; sev-- {
		if n := sum.Findings[sev]; n > 0 {
			total += n
			counts = append(counts, p.severity(sev, fmt.Sprintf("%d %s", n, strings.ToLower(sev.String()))))
		}
	}
	if total == 0 {
		p.line("  No threats. %s in posture.ndjson.", plural(sum.Posture, "weakness"))
		return
	}
	p.line("  %s   in %s; %s", strings.Join(counts, ", "), plural(sum.Incidents, "incident"), plural(sum.Posture, "weakness"))
	for _, f := range sum.TopFindings {
		p.line("")
		p.line("  %s %s  %s", p.severity(f.Severity, fmt.Sprintf("%-8s", f.Severity)), f.Detector, clip(f.Title, p.st.columns-22))
		p.text(f.Desc, "           ")
	}
	if more := total - len(sum.TopFindings); more > 0 && len(sum.TopFindings) > 0 {
		p.line("\n  and %d more in findings.ndjson", more)
	}
}

func (p printer) severity(s waywarden.Severity, text string) string {
	switch {
	case s >= waywarden.SeverityHigh:
		return p.st.paint(red, text)
	case s == waywarden.SeverityMedium:
		return p.st.paint(yellow, text)
	}
	return p.st.paint(cyan, text)
}

func (p printer) blind(sum Summary) {
	if len(sum.Blind) == 0 {
		return
	}
	p.heading("What could not be seen")
	for _, b := range sum.Blind {
		p.text("- "+b, "  ")
	}
}

func (p printer) next(sum Summary) {
	p.line("\nAll of it: %s", sum.Out+string(filepath.Separator))
	if len(sum.Top) > 0 {
		e := sum.Top[0]
		p.line("Why so:    waywarden explain --in %s %s '%s'", sum.Out, e.Method, cmp.Or(e.Template, "/"))
	}
}

// text wraps words at the width, behind an indent.
func (p printer) text(text, indent string) {
	limit := max(p.st.columns-len(indent)-1, 20)
	var row strings.Builder
	n := 0
	for word := range strings.FieldsSeq(text) {
		l := utf8.RuneCountInString(word)
		if n > 0 && n+1+l > limit {
			p.line("%s%s", indent, row.String())
			row.Reset()
			n = 0
		}
		if n > 0 {
			row.WriteByte(' ')
			n++
		}
		row.WriteString(word)
		n += l
	}
	if n > 0 {
		p.line("%s%s", indent, row.String())
	}
}

// clip shortens text in its middle, where a path tells least.
func clip(text string, n int) string {
	r := []rune(text)
	if len(r) <= n || n < 8 {
		return text
	}
	head := (n - 1) / 3
	return string(r[:head]) + "…" + string(r[len(r)-(n-1-head):])
}

func pad(text string, n int) string {
	text = clip(text, n)
	return text + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
}

// group writes a number with commas between thousands.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	if strings.HasSuffix(word, "s") {
		return group(int64(n)) + " " + word + "es"
	}
	return group(int64(n)) + " " + word + "s"
}

func nonEmpty(words ...string) []string {
	var kept []string
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return kept
}
