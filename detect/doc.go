package detect

import (
	"fmt"
	"strings"
)

// Markdown returns the card as the page of its documentation.
func (c Card) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n", c.ID, c.Title)
	b.WriteString("<!-- Generated from the detector's card: go test the detector's package with -rewrite -->\n\n")
	fmt.Fprintf(&b, "| | |\n|---|---|\n| severity | up to %s |\n| analytic | %s |\n| maps to | %s |\n| needs | %s |\n",
		strings.ToLower(c.Severity.String()), c.kind(), strings.Join(c.Types, ", "), strings.Join(c.Needs.Names(), ", "))
	if c.Helped != 0 {
		fmt.Fprintf(&b, "| sharpened by | %s |\n", strings.Join(c.Helped.Names(), ", "))
	}
	fmt.Fprintf(&b, "\n%s\n\n## What stays silent\n\n", c.Desc)
	for _, s := range c.Silent {
		fmt.Fprintf(&b, "- %s\n", s)
	}
	fmt.Fprintf(&b, "\n## What to do\n\n%s\n", c.Respond)
	return b.String()
}

func (c Card) kind() string {
	if c.Analytic < 1 || c.Analytic > 4 {
		return "unknown"
	}
	return [...]string{"rule", "behavioural", "statistical", "learning"}[c.Analytic-1]
}
