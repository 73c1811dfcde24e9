package function

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed lexicon.tsv
var lexiconTSV string

// A lexicon knows the words of names: what each means, in many languages.
type lexicon struct {
	concepts []string            // by number
	number   map[string]uint16   // of a concept
	words    map[string][]uint16 // folded word to the concepts it stands for
	leading  map[string][]uint16 // the same where the word begins a longer name: updateTimers updates, it is no update
	longest  int                 // bytes of the longest word
}

// first stands in place of a language on lines about words that begin a longer name.
const first = "first"

// newLexicon reads lines of concept, language, source and words.
func newLexicon(tsv string) (*lexicon, error) {
	l := &lexicon{number: map[string]uint16{}, words: map[string][]uint16{}, leading: map[string][]uint16{}}
	for line := range strings.Lines(tsv) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cols := strings.Split(line, "\t")
		if len(cols) != 4 || cols[0] == "" || cols[1] == "" || cols[2] == "" {
			return nil, fmt.Errorf("lexicon: line %q is not concept, language, source, words", line)
		}
		n, known := l.number[cols[0]]
		if !known {
			n = uint16(len(l.concepts))
			l.concepts = append(l.concepts, cols[0])
			l.number[cols[0]] = n
		}
		for w := range strings.FieldsSeq(cols[3]) {
			if folded := string(appendFolded(nil, w)); cols[1] == first {
				l.leading[folded] = append(l.leading[folded], n)
			} else {
				l.add(folded, n)
			}
		}
	}
	return l, nil
}

func (l *lexicon) add(word string, concept uint16) {
	if slices.Contains(l.words[word], concept) {
		return
	}
	l.words[word] = append(l.words[word], concept)
	l.longest = max(l.longest, len(word))
}

// endings are what names add to words without changing what they mean.
var endings = [...]string{"s", "es", "n", "en", "e", "er", "ed", "ing", "ung", "i"}

// lookup returns what a folded word means: itself, or without an ending.
func (l *lexicon) lookup(word []byte) []uint16 {
	if cs := l.words[string(word)]; cs != nil {
		return cs
	}
	for _, e := range endings {
		if n := len(word) - len(e); n >= 4 && string(word[n:]) == e {
			if cs := l.words[string(word[:n])]; cs != nil {
				return cs
			}
		}
	}
	if n := len(word) - 3; n >= 3 && string(word[n:]) == "ies" {
		var buf [48]byte
		return l.words[string(append(append(buf[:0], word[:n]...), 'y'))]
	}
	return nil
}

// Compounds are names written as one word: fahrzeugliste, statodelveicolo, chemenkaisuo.
const (
	compoundMin = 7 // bytes of the shortest compound
	partMin     = 3 // bytes of the shortest part
	partsMax    = 4
)

// links join the parts of a compound: German s, es, n, en; Romance de, del, du.
var links = [...]string{"", "s", "n", "e", "en", "es", "de", "del", "du", "di"}

// split finds the words a compound consists of and calls f for the concepts of each; for what is no compound it does not.
func (l *lexicon) split(word []byte, f func(concepts []uint16)) {
	if len(word) < compoundMin || len(word) > 64 {
		return
	}
	var cuts [2 * partsMax]int
	n := l.cut(word, 0, cuts[:0:len(cuts)])
	for i := 0; i < len(n); i += 2 {
		f(l.lookup(word[n[i]:n[i+1]]))
	}
}

// cut returns from and to of the parts, longest parts first, or nil. Recursion is bounded by partsMax.
func (l *lexicon) cut(word []byte, from int, cuts []int) []int {
	if len(cuts) == cap(cuts) {
		return nil
	}
	for to := min(len(word), from+l.longest); to >= from+partMin; to-- {
		whole := l.words[string(word[from:to])] != nil
		if !whole && (to != len(word) || l.lookup(word[from:to]) == nil) {
			continue
		}
		parts := append(cuts, from, to)
		if to == len(word) {
			if credible(parts) {
				return parts
			}
			continue
		}
		for _, link := range links {
			if end := to + len(link); end <= len(word) && string(word[to:end]) == link {
				if found := l.cut(word, end, parts); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// credible refuses compounds made of short words, which are chance.
func credible(parts []int) bool {
	longest, total := 0, 0
	for i := 0; i < len(parts); i += 2 {
		n := parts[i+1] - parts[i]
		longest, total = max(longest, n), total+n
	}
	return len(parts) >= 4 && longest >= 4 && total >= 2*longest-6 && total*2 >= len(parts)*3
}

// appendFolded appends s in lower case without marks: ä ae, ß ss, é e. Other scripts stay as they are.
func appendFolded(dst []byte, s string) []byte {
	for _, r := range s {
		dst = appendFoldedRune(dst, r)
	}
	return dst
}

func appendFoldedRune(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(dst, byte(r))
	}
	r = unicode.ToLower(r)
	switch r {
	case 'ä', 'æ':
		return append(dst, "ae"...)
	case 'ö', 'œ':
		return append(dst, "oe"...)
	case 'ü':
		return append(dst, "ue"...)
	case 'ß':
		return append(dst, "ss"...)
	}
	if i := strings.IndexRune(marked, r); i >= 0 {
		return append(dst, bare[utf8.RuneCountInString(marked[:i])])
	}
	return utf8.AppendRune(dst, r)
}

// marked letters and, at the same place, the letter each folds to.
const (
	marked = "áàâãåāąćčçďéèêëěęēíìîïīıłľńňñóòôõøōřśšşťúùûůūýÿźžżğ"
	bare   = "aaaaaaacccdeeeeeeeiiiiiillnnnoooooorssstuuuuuyyzzzg"
)
