// Package function says what an operation does: a class of domain/taxonomy.yaml, with the confidence that it is this one.
//
// Names, structure and types of data are the evidence. Words of names are looked up in a lexicon of many languages
// (lexicon.tsv); patterns of what words mean, where they stand and what the operation takes and gives speak for classes
// (patterns.tsv). Both files are data with their sources; nothing is learned from the traffic of one operator, and nothing
// knows the names of one. The actions of OCPP are a table (ocpp.tsv).
//
// A write on a vehicle that nothing explains is taken for a command until a person has looked (Verdict.Review): to
// miss an actuation costs more than to ask.
package function

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/domain"
)

// Evidence is what is known of an operation. More of it makes a better verdict; a template alone will do.
type Evidence struct {
	Host          string
	Method        string // upper case
	Template      string // "/vehicles/{vin}/commands/unlock"
	Discriminator waywarden.Discriminator
	Request       []Field // of path, query and body
	Response      []Field
	Statuses      map[int]int64
	Accepted      bool // 202, or the answer names a request or command to ask for later
}

// A Field is a parameter of a request or response.
type Field struct {
	Name     string // dotted path, "[]" for elements of arrays
	Type     waywarden.DataType
	JSONType string
}

// A Verdict is what an operation is taken for.
type Verdict struct {
	Class      string
	Confidence float64 // 0 to 1: how often verdicts like this are right
	Access     waywarden.Access
	Why        []string // the strongest reasons, best first
	Review     bool     // a person should look: it may act on a vehicle or charger and is not known well enough
}

// A Classifier classifies operations. It is immutable and safe for concurrent use.
type Classifier struct {
	lex      *lexicon
	classes  []string // by number
	patterns []pattern
	features *features
	ocpp     map[ocppKey]ocppRow
	standard map[string]ocppRow // by name in small letters
	confirms map[string][]domain.Effect
}

// New returns a classifier over the classes of k. It panics when its embedded tables name a class that k does not know.
func New(k *domain.Knowledge) *Classifier {
	c, err := build(k, lexiconTSV, patternsTSV, ocppTSV)
	if err != nil {
		panic("function: embedded tables: " + err.Error())
	}
	return c
}

func build(k *domain.Knowledge, lexicon, patterns, ocpp string) (*Classifier, error) {
	lex, err := newLexicon(lexicon)
	if err != nil {
		return nil, err
	}
	c := &Classifier{lex: lex, features: newFeatures(lex), confirms: confirmsOf(k)}
	for i := range k.Classes() {
		c.classes = append(c.classes, k.Classes()[i].ID)
	}
	if c.patterns, err = readPatterns(patterns, c.classes, c.features); err != nil {
		return nil, err
	}
	if c.ocpp, err = readOCPP(ocpp, k); err != nil {
		return nil, err
	}
	if c.standard, err = standardNames(c.ocpp, oicpTSV, k); err != nil {
		return nil, err
	}
	return c, nil
}
