// Package intern holds names and texts once, however many twins have them.
package intern

import "strings"

// A Glossary numbers the few names of readings and relations, so that twins do not hold them each.
type Glossary struct {
	index map[string]uint16
	list  []string
	near  [256]uint16 // numbers of names at hand, plus one
}

const namesMax = 8192

// NewGlossary returns an empty glossary.
func NewGlossary() Glossary { return Glossary{index: map[string]uint16{}} }

// Number returns the number of a name, giving it one; false where there are too many.
func (n *Glossary) Number(s string) (uint16, bool) {
	if s == "" {
		return n.lookUp(s)
	}
	near := &n.near[uint8(len(s))*31+s[len(s)-1]*7+s[len(s)/2]]
	if k := *near; k != 0 && n.list[k-1] == s {
		return k - 1, true
	}
	i, ok := n.lookUp(s)
	if ok {
		*near = i + 1
	}
	return i, ok
}

func (n *Glossary) lookUp(s string) (uint16, bool) {
	i, ok := n.index[s]
	if ok {
		return i, true
	}
	if len(n.list) >= namesMax {
		return 0, false
	}
	s = strings.Clone(s)
	i = uint16(len(n.list))
	n.index[s] = i
	n.list = append(n.list, s)
	return i, true
}

// Texts holds each text value once, as long as a reading has it: most are of small closed sets.
type Texts struct {
	index map[string]uint32
	list  []text // place 0 is the empty text
	free  []uint32
}

type text struct {
	value string
	uses  uint32
}

// NewTexts returns texts that hold nothing.
func NewTexts() Texts { return Texts{index: map[string]uint32{}, list: make([]text, 1)} }

// Hold returns the place of s, with one more use.
func (x *Texts) Hold(s string) uint32 {
	if s == "" {
		return 0
	}
	i, ok := x.index[s]
	if !ok {
		s = strings.Clone(s)
		if n := len(x.free); n > 0 {
			i, x.free = x.free[n-1], x.free[:n-1]
			x.list[i] = text{value: s}
		} else {
			i = uint32(len(x.list))
			x.list = append(x.list, text{value: s})
		}
		x.index[s] = i
	}
	x.list[i].uses++
	return i
}

// Release takes one use back.
func (x *Texts) Release(i uint32) {
	if i == 0 {
		return
	}
	if x.list[i].uses--; x.list[i].uses == 0 {
		delete(x.index, x.list[i].value)
		x.list[i] = text{}
		x.free = append(x.free, i)
	}
}

// Name returns the name of a number.
func (n *Glossary) Name(i uint16) string { return n.list[i] }

// Find returns the number of a name that has one.
func (n *Glossary) Find(s string) (uint16, bool) {
	i, ok := n.index[s]
	return i, ok
}

// Value returns the text of a place.
func (x *Texts) Value(i uint32) string { return x.list[i].value }

// Again notes one more use of a place.
func (x *Texts) Again(i uint32) uint32 {
	if i != 0 {
		x.list[i].uses++
	}
	return i
}
