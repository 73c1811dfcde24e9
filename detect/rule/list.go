package rule

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

type lister = traits.Lister

// A list is a named list of texts, in which one is found without looking at all.
type list struct {
	lister
	has map[string]bool
}

// Contains implements traits.Container.
func (l *list) Contains(v ref.Val) ref.Val {
	s, ok := v.(types.String)
	return types.Bool(ok && l.has[string(s)])
}
