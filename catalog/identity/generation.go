package identity

// generations is a bounded map that forgets what was not used for a generation: when the young half is full it becomes
// the old one, and what is found in the old one moves to the young one. It holds at most twice max entries.
type generations[K comparable, V any] struct {
	young, old map[K]V
	max        int
}

func (g *generations[K, V]) find(k K) (V, bool) {
	v, ok := g.young[k]
	if ok {
		return v, true
	}
	if v, ok = g.old[k]; ok {
		delete(g.old, k)
		g.put(k, v)
	}
	return v, ok
}

func (g *generations[K, V]) put(k K, v V) {
	if g.young == nil {
		g.young = map[K]V{}
	}
	if len(g.young) >= g.max {
		if _, ok := g.young[k]; !ok {
			g.old, g.young = g.young, make(map[K]V, g.max/4)
		}
	}
	g.young[k] = v
}
