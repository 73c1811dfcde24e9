package rule

import (
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/glob"
)

// A match is what can be said of a call without a condition: most of it of its operation alone, and so once for all of
// its calls.
type match struct {
	class, access, method, host, path, selector []string // globs; nil for any
	outcome                                     waywarden.Truth
	subject                                     waywarden.AssetType // "" for none, "any"
}

const anySubject waywarden.AssetType = "any"

// operation says whether calls of the operation can match. A probe has none.
func (m *match) operation(op *waywarden.Operation) bool {
	if op == nil {
		return m.class == nil && m.access == nil && m.method == nil && m.host == nil && m.path == nil && m.selector == nil
	}
	return among(m.class, op.Function.Class) && among(m.access, string(op.Access)) && among(m.method, op.Method) && among(m.host, op.Host) &&
		among(m.selector, op.Discriminator.Value) && m.paths(op.Template)
}

func (m *match) paths(template string) bool {
	return m.path == nil || slices.ContainsFunc(m.path, func(g string) bool { return glob.Path(g, template) })
}

// call says whether a call of a matching operation matches.
func (m *match) call(c *waywarden.Call) bool {
	return m.outcome == waywarden.Unknown || c != nil && c.Success == (m.outcome == waywarden.True)
}

// names says whether an asset is of the kind that is looked at.
func (m *match) names(sc *waywarden.Scene, sub *waywarden.Subject) bool {
	return m.subject == anySubject || subjectType(sc, sub) == m.subject
}

// among says whether a value fits one of the globs, whose * stands for any text.
func among(globs []string, v string) bool {
	return globs == nil || slices.ContainsFunc(globs, func(g string) bool { return glob.Match(g, v) })
}
