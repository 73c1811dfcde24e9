package datatype

import (
	"strings"

	"github.com/waywarden/waywarden/internal/words"
)

// A Meaning is what a name says: the meanings of its words together, and how many of them are unknown. The zero Meaning
// is that of no name at all.
type Meaning struct {
	all     Concepts
	words   uint8 // words the name has
	unknown uint8 // words the lexicon does not have
	plural  bool  // the last word may be a plural
	odd     bool  // the last word is unknown: what it is of is no kind of thing that is known
}

// Concepts returns the meanings alone.
func (m Meaning) Concepts() Concepts { return m.all }

// wordsMax bounds the words of one name that are looked at.
const wordsMax = 12

// Read returns the meaning of a name. It is split at case changes and separators, words that belong together are joined ("e-mail",
// "charge point"), and words written together are taken apart ("fahrgestellnummer", "sessionid").
func Read(name string) (m Meaning) {
	var buf [wordsMax]string
	ws := words.Split(name, buf[:0])
	for i := 0; i < len(ws); {
		c, n := longest(ws[i:])
		if n == 0 {
			if c = compound(ws[i]); c == 0 {
				m.unknown++
				m.odd = i == len(ws)-1
			}
			n = 1
		}
		m.all |= c
		m.words++
		i += n
	}
	if len(ws) > 0 {
		m.plural = plural(ws[len(ws)-1])
	}
	return m
}

// plural says whether a word may be a plural, by the ending that most languages of the lexicon share.
func plural(w string) bool { return len(w) > 3 && w[len(w)-1] == 's' && w[len(w)-2] != 's' }

// longest returns the meaning of the longest run of up to four words that the lexicon has as one.
func longest(words []string) (Concepts, int) {
	for n := min(4, len(words)); n > 1; n-- {
		if c := lexicon[strings.Join(words[:n], "")]; c != 0 {
			return c, n
		}
	}
	if c := lexicon[words[0]]; c != 0 {
		return c, 1
	}
	return 0, 0
}

// compound returns the meaning of a word made of two or three others, with the joining letters of German between them.
func compound(w string) Concepts {
	for i := len(w) - 2; i >= 3; i-- {
		head, ok := lexicon[w[i:]]
		if !ok || len(w)-i == 2 && w[i:] != "id" && w[i:] != "nr" && w[i:] != "no" {
			continue
		}
		rest := w[:i]
		if c := lexicon[rest]; c != 0 {
			return c | head
		}
		for _, joint := range [...]string{"s", "n", "es", "en"} {
			if stem, ok := strings.CutSuffix(rest, joint); ok && len(stem) >= 3 && lexicon[stem] != 0 {
				return lexicon[stem] | head
			}
		}
		if len(rest) > 6 {
			if c := compound(rest); c != 0 {
				return c | head
			}
		}
	}
	return 0
}
