package function

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed patterns.tsv
var patternsTSV string

// A pattern is one line of patterns.tsv: when its terms hold, it speaks for its class.
type pattern struct {
	class  uint16
	weight float32
	all    []term // every one holds
	none   []uint16
}

// A term holds when one of its features is present.
type term []uint16

// Places of names. Each has its own feature per concept.
const (
	inPath = iota // path or discriminator
	inLast        // last static segment or discriminator
	inHost
	inBody     // names of request fields
	inResponse // names of response fields
	places
)

// placePrefixes are how patterns name the places.
var placePrefixes = [places]string{"", "last:", "host:", "body:", "resp:"}

// features numbers what patterns can ask for: concepts by place, then facts of structure.
type features struct {
	lex *lexicon
	n   int
}

func newFeatures(lex *lexicon) *features {
	return &features{lex, len(lex.concepts)*places + int(facts)}
}

func (f *features) concept(place int, concept uint16) uint16 {
	return uint16(place*len(f.lex.concepts)) + concept
}

func (f *features) fact(x fact) uint16 { return uint16(places*len(f.lex.concepts)) + uint16(x) }

// structural says whether a feature is a fact of structure.
func (f *features) structural(feature uint16) bool { return int(feature) >= places*len(f.lex.concepts) }

// parse returns the feature a pattern names.
func (f *features) parse(name string) (uint16, error) {
	if name, structural := strings.CutPrefix(name, "@"); structural {
		if i := slices.Index(factNames[:], name); i >= 0 {
			return f.fact(fact(i)), nil
		}
		return 0, fmt.Errorf("no fact @%s", name)
	}
	place := inPath
	for i := places - 1; i > inPath; i-- {
		if rest, ok := strings.CutPrefix(name, placePrefixes[i]); ok {
			place, name = i, rest
			break
		}
	}
	n, known := f.lex.number[name]
	if !known {
		return 0, fmt.Errorf("no concept %q", name)
	}
	return f.concept(place, n), nil
}

// phrase returns how a reason names the feature.
func (f *features) phrase(feature uint16) string {
	n := len(f.lex.concepts)
	if f.structural(feature) {
		return factPhrases[int(feature)-places*n]
	}
	return f.lex.concepts[int(feature)%n] + placePhrases[int(feature)/n]
}

// placePhrases are how reasons name the places.
var placePhrases = [places]string{"", "", " in the host", " in the request", " in the answer"}

// readPatterns reads lines of class, weight and terms.
func readPatterns(tsv string, classes []string, f *features) ([]pattern, error) {
	var ps []pattern
	for line := range strings.Lines(tsv) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cols := strings.Split(line, "\t")
		if len(cols) != 3 {
			return nil, fmt.Errorf("patterns: line %q is not class, weight, terms", line)
		}
		class := slices.Index(classes, cols[0])
		if class < 0 {
			return nil, fmt.Errorf("patterns: no class %q", cols[0])
		}
		weight, err := strconv.ParseFloat(cols[1], 32)
		if err != nil {
			return nil, fmt.Errorf("patterns: line %q: %w", line, err)
		}
		p := pattern{class: uint16(class), weight: float32(weight)}
		if err := p.parse(cols[2], f); err != nil {
			return nil, fmt.Errorf("patterns: line %q: %w", line, err)
		}
		ps = append(ps, p)
	}
	return ps, nil
}

func (p *pattern) parse(terms string, f *features) error {
	for text := range strings.FieldsSeq(terms) {
		text, negative := strings.CutPrefix(text, "!")
		var t term
		for name := range strings.SplitSeq(text, "|") {
			x, err := f.parse(name)
			if err != nil {
				return err
			}
			t = append(t, x)
		}
		if negative {
			p.none = append(p.none, t...)
		} else {
			p.all = append(p.all, t)
		}
	}
	if len(p.all) == 0 {
		return fmt.Errorf("nothing speaks for the class")
	}
	return nil
}

// reason says to people what of the pattern holds: "engine, stop; names a vehicle".
func (p *pattern) reason(strength []float32, f *features) string {
	var words, facts []string
	for _, t := range p.all {
		best := t[0]
		for _, x := range t {
			if strength[x] > strength[best] {
				best = x
			}
		}
		if f.structural(best) {
			facts = append(facts, f.phrase(best))
		} else {
			words = append(words, f.phrase(best))
		}
	}
	if len(words) > 0 {
		facts = append([]string{strings.Join(words, ", ")}, facts...)
	}
	return strings.Join(facts, "; ")
}

// score returns how strongly the pattern speaks, 0 when it does not hold: its weight by the mean strength of the named
// concepts; facts of structure have none of their own.
func (p *pattern) score(strength []float32, f *features) float32 {
	var sum float32
	named := 0
	for _, t := range p.all {
		var best float32
		structural := true
		for _, x := range t {
			if s := strength[x]; s > best {
				best = s
				structural = f.structural(x)
			}
		}
		if best == 0 {
			return 0
		}
		if !structural {
			sum += best
			named++
		}
	}
	for _, x := range p.none {
		if strength[x] > 0 {
			return 0
		}
	}
	if named == 0 {
		return p.weight
	}
	return p.weight * sum / float32(named)
}
