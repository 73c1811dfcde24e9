// Package near finds what a mistyped word may have meant.
package near

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Names returns at most n of the names that a mistyped word may have meant, the likeliest first: names it is a part of,
// and names that differ in less than about a third of their letters.
func Names(word string, names []string, n int) []string {
	type candidate struct {
		name string
		d    int
	}
	var found []candidate
	w := strings.ToLower(word)
	for _, name := range names {
		l := strings.ToLower(name)
		d := distance(w, l)
		switch {
		case len(w) >= 3 && strings.Contains(l, w):
			d = 0
		case d > max(1, len(l)/3):
			continue
		}
		found = append(found, candidate{name, d})
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.d, b.d) })
	var near []string
	for _, c := range found[:min(n, len(found))] {
		near = append(near, c.name)
	}
	return near
}

// distance is how many letters must be changed, added or left out to make b of a (Levenshtein 1966), two swapped
// neighbours counting once (Damerau 1964, in the restricted form).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := last[j-1]
			if s[i-1] != t[j-1] {
				change++
			}
			row[j] = min(last[j]+1, row[j-1]+1, change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

// Advice says what to choose instead of a word that is none of a list.
func Advice(got string, known []string) string {
	all := strings.Join(known, ", ")
	if hints := Names(got, known, 1); len(hints) > 0 {
		return fmt.Sprintf("did you mean %q? All there are: %s", hints[0], all)
	}
	return "choose one of: " + all
}
