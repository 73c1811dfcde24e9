package function

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waywarden/waywarden/internal/words"
)

// A span is one word of a folded name.
type span struct{ from, to int }

// A namer cuts names into words and finds what they mean. It is scratch memory of one classification.
type namer struct {
	lex    *lexicon
	folded []byte
	words  []span
	nouns  bool // no name begins with a verb: of a GET
}

// joinMax is the number of neighbouring words that are tried as one: wake_up, find-my-car, send_to_car.
const joinMax = 4

// read calls f for the concepts of each word of a name, in order.
// Words are cut at separators, at changes to upper case and around digits.
func (n *namer) read(name string, f func(concepts []uint16)) {
	if strings.IndexByte(name, '%') >= 0 {
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
	}
	n.cut(name)
	for i := 0; i < len(n.words); {
		i += n.meaning(i, f)
	}
}

// meaning finds what begins at word i and returns how many words that took.
func (n *namer) meaning(i int, f func(concepts []uint16)) int {
	var buf [64]byte
	for k := min(joinMax, len(n.words)-i); k > 1; k-- {
		joined := buf[:0]
		for _, w := range n.words[i : i+k] {
			joined = append(joined, n.folded[w.from:w.to]...)
		}
		if cs := n.lex.words[string(joined)]; cs != nil {
			f(cs)
			return k
		}
	}
	word := n.folded[n.words[i].from:n.words[i].to]
	if i == 0 && len(n.words) > 1 && !n.nouns {
		if cs := n.lex.leading[string(word)]; cs != nil {
			f(cs)
			return 1
		}
	}
	if last := len(word) - 1; last > 0 && word[last] <= '9' && n.lex.words[string(word)] == nil {
		word = word[:last]
	}
	if cs := n.lex.lookup(word); cs != nil {
		f(cs)
	} else {
		n.lex.split(word, f)
	}
	return 1
}

// cut folds the name and finds its words.
func (n *namer) cut(name string) {
	n.folded, n.words = n.folded[:0], n.words[:0]
	words.Each(name, n.cutDigits)
}

// cutDigits folds a word and takes it apart at digits that are no part of it.
func (n *namer) cutDigits(word string) {
	start := len(n.folded)
	end := func() {
		if len(n.folded) > start {
			n.words = append(n.words, span{start, len(n.folded)})
		}
		start = len(n.folded)
	}
	var prev rune
	for i, r := range word {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsMark(r):
			if unicode.IsDigit(r) && digitJoins(prev, word[i:]) {
				break
			}
			n.unversion(r, start)
			end()
			prev = r
			continue
		case unicode.IsUpper(r) && unicode.IsLower(prev): // outside ASCII
			end()
		case unicode.IsLetter(r) && unicode.IsDigit(prev):
			if len(n.folded)-start > 1 {
				end()
			}
		}
		n.folded = appendFoldedRune(n.folded, r)
		prev = r
	}
	end()
}

// unversion takes the v off a word that a version follows: pullevsedatav23.
func (n *namer) unversion(next rune, start int) {
	if last := len(n.folded) - 1; unicode.IsDigit(next) && last-start >= 3 && n.folded[last] == 'v' {
		n.folded = n.folded[:last]
	}
}

// digitJoins keeps the digits of words such as 2fa, oauth2, 4s: one digit beside letters.
func digitJoins(prev rune, rest string) bool {
	_, size := utf8.DecodeRuneInString(rest)
	next, _ := utf8.DecodeRuneInString(rest[size:])
	if unicode.IsDigit(next) || unicode.IsDigit(prev) {
		return false
	}
	return unicode.IsLower(next) && !unicode.IsLetter(prev) || unicode.IsLower(prev) && !unicode.IsLetter(next)
}
