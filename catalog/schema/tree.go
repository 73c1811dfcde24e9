// Package schema learns what a call carries: the fields of its query, headers, cookies and bodies, how often they are
// there, which JSON types, closed sets of values and data types they have.
//
// A [Tree] is what was learned of one side of one operation; a [Walker] takes one message apart into leaves and teaches
// the tree on the way, in a single pass. Trees are bounded, deterministic and mergeable.
package schema

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/datatype"
)

// Limits of a tree and of a walk. What lies beyond is counted, not learned; see [Tree.Lost] and [Walker.Lost].
const (
	nodesMax  = 8192    // named fields of one tree; further names share the object's "{}" child
	depthMax  = 64      // nesting that is looked into
	leavesMax = 1 << 16 // leaves of one walk
	nameMax   = 256     // bytes of a field name; longer ones share the object's "{}" child
)

// A Tree is the learned schema of one message side of one operation. The zero Tree is not usable: see [NewTree].
type Tree struct {
	place    waywarden.Place
	roots    [waywarden.InResponseHeader + 1]*node // by place; the scout of one operation may learn several
	nodes    int
	lost     int64
	walks    uint64 // bodies and queries walked
	method   string
	template string
	nouns    []datatype.Meaning // of the literal segments of the template, in order
	params   []param            // of the template
	parents  []datatype.Meaning // scratch
}

// A param is a parameter of a path template with the number of nouns before it.
type param struct {
	name   string
	before int
}

// NewTree returns a tree that has learned nothing yet, for values at that place.
func NewTree(place waywarden.Place) *Tree {
	return &Tree{place: place}
}

// About tells the tree which operation it describes: names are understood in the light of the path ("id" below
// "/vehicles/{id}"). It is cheap when nothing changed; otherwise every field is judged anew.
func (t *Tree) About(method, template string) {
	if t.method == method && t.template == template {
		return
	}
	t.method, t.template = strings.Clone(method), strings.Clone(template)
	t.nouns, t.params = parseTemplate(t.template)
	for _, r := range t.roots {
		if r != nil {
			t.judgeAll(r)
		}
	}
}

// parseTemplate splits "/api/v1/vehicles/{vin}/commands" into the nouns among its literal segments, and its parameters.
func parseTemplate(template string) (nouns []datatype.Meaning, params []param) {
	for seg := range strings.SplitSeq(strings.Trim(template, "/"), "/") {
		if seg == "" {
			continue
		}
		rest, literal, before := seg, "", len(nouns)
		for {
			open := strings.IndexByte(rest, '{')
			end := -1
			if open >= 0 {
				end = strings.IndexByte(rest[open:], '}')
			}
			if end < 0 {
				literal += rest
				break
			}
			literal += rest[:open]
			params = append(params, param{name: rest[open+1 : open+end], before: before})
			rest = rest[open+end+1:]
		}
		if literal != "" && !versionLike(literal) {
			nouns = append(nouns, datatype.Read(literal))
		}
	}
	return nouns, params
}

// versionLike says whether a path segment is no noun: "api", "v1", "2".
func versionLike(s string) bool {
	if s == "api" || s == "rest" {
		return true
	}
	s = strings.TrimLeft(s, "vV")
	return s != "" && strings.Trim(s, "0123456789.") == ""
}

// Lost is the number of times a field could not be learned apart because the tree was full.
func (t *Tree) Lost() int64 { return t.lost }

// root returns the root of the tree's fields at a place.
func (t *Tree) root(in waywarden.Place) *node {
	if r := t.roots[in]; r != nil {
		return r
	}
	r := &node{in: in}
	t.roots[in] = r
	return r
}

// Merge adds what another tree learned. The other tree is not changed; it may go on learning.
func (t *Tree) Merge(o *Tree) {
	if o == nil || o == t {
		return
	}
	if t.template == "" && o.template != "" {
		t.method, t.template, t.nouns, t.params = o.method, o.template, o.nouns, o.params
	}
	t.lost += o.lost
	t.walks += o.walks
	for in, r := range o.roots {
		if r != nil {
			mine := t.root(waywarden.Place(in))
			t.merge(mine, r)
			t.judgeAll(mine)
		}
	}
}
