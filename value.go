package waywarden

import "strconv"

// A ValueKind says what a [Value] holds.
type ValueKind uint8

// The kinds of value. The zero kind is a JSON null, or nothing.
const (
	ValueNull ValueKind = iota
	ValueBool
	ValueNumber
	ValueText
	ValueObject // an object or array kept as JSON text
)

// A Value is a scalar as a signal or a body carried it. The zero Value is null.
type Value struct {
	Kind   ValueKind
	Number float64 // of ValueNumber; 1 or 0 of ValueBool
	Text   string  // of ValueText and ValueObject
}

// Number returns a numeric value.
func Number(f float64) Value { return Value{Kind: ValueNumber, Number: f} }

// Text returns a text value.
func Text(s string) Value { return Value{Kind: ValueText, Text: s} }

// Bool returns a truth value.
func Bool(b bool) Value {
	if b {
		return Value{Kind: ValueBool, Number: 1}
	}
	return Value{Kind: ValueBool}
}

// String returns the value as a person would write it.
func (v Value) String() string {
	switch v.Kind {
	case ValueBool:
		return strconv.FormatBool(v.Number != 0)
	case ValueNumber:
		return strconv.FormatFloat(v.Number, 'f', -1, 64)
	case ValueText, ValueObject:
		return v.Text
	}
	return "null"
}

// A Truth is an answer of three-valued logic: what is not known is neither true nor false.
type Truth int8

// The three answers.
const (
	Unknown Truth = 0
	True    Truth = 1
	False   Truth = -1
)

// String returns "true", "false" or "unknown".
func (t Truth) String() string {
	switch t {
	case True:
		return "true"
	case False:
		return "false"
	}
	return "unknown"
}

// And is true when both are, false when one is, else unknown (Kleene).
func (t Truth) And(u Truth) Truth { return min(t, u) }

// Or is false when both are, true when one is, else unknown (Kleene).
func (t Truth) Or(u Truth) Truth { return max(t, u) }

// Not turns true and false around and leaves unknown.
func (t Truth) Not() Truth { return -t }

// TruthOf turns a Go bool into a Truth.
func TruthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}
