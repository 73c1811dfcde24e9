package template

import "github.com/waywarden/waywarden/catalog/template/internal/segment"

// place returns the view of a node: the decided one, or for a node that came later the one it would best fit.
func (l *Learner) place(n *node) *view {
	if n.view != nil && n.view.root() == l.view {
		return n.view
	}
	if n.parent == nil {
		return l.view
	}
	up := l.place(n.parent)
	if up.param && up.suffixed && n.role == segment.Fixed && n.token[0] == '.' {
		up.raw = append(up.raw, n)
		n.view = up
		return up
	}
	var v *view
	switch k := up.kid(n.token); {
	case n.wild:
		v = up.poolOf(n.role)
	case k != nil:
		v = k
	case n.role != segment.Fixed && up.pool != nil && up.takes(n.shape, float64(n.char)):
		v = up.pool
	case n.role == segment.Whole && up.expects(n):
		v = up.poolOf(n.role)
		v.known = paramsOf(up.known)
	default:
		v = l.below(up, n.token, n.role, nil)
		up.insert(v)
	}
	v.raw = append(v.raw, n)
	n.view = v
	return v
}

// expects says whether a new token below v is taken for a value before anything was decided there: the first calls of a
// seldom path would else each be an endpoint of its own, and so would whatever is found at them.
func (v *view) expects(n *node) bool {
	switch value := float64(n.char) > valueLike; {
	case n.shape.Certain():
		return true
	case len(paramsOf(v.known)) > 0:
		return (value || !n.shape.Wordy()) && len(literalsOf(v.known, n.token)) == 0
	default:
		return v.pool == nil && value && n.shape.Opaque()
	}
}
