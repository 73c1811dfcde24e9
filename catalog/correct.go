package catalog

import (
	"cmp"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/function"
)

// A Correction is the user's word on what an operation does. It also holds, with less confidence, for operations of the
// same shape on hosts of the same site: other versions of the API, other names of the parameters, other regions.
type Correction struct {
	Host, Method, Template, Value string // "" fits all
	Class                         string
	Access                        waywarden.Access // "": as learned
}

// spread is the confidence of a correction on operations that it does not name.
const spread = 0.9

// correct returns the user's verdict on op, if there is one: that on itself before those on operations of its shape.
func (c *Catalog) correct(op *waywarden.Operation, v function.Verdict) (function.Verdict, bool) {
	for i := range c.o.Corrections {
		if k := &c.o.Corrections[i]; k.fits(op) {
			return function.Verdict{Class: k.Class, Confidence: 1, Access: cmp.Or(k.Access, v.Access), Why: []string{"the settings say so"}}, true
		}
	}
	for i := range c.o.Corrections {
		if k := &c.o.Corrections[i]; k.resembles(op) {
			why := "the settings say so of " + strings.TrimLeft(k.Method+" "+k.Host+k.Template, " ")
			return function.Verdict{Class: k.Class, Confidence: spread, Access: cmp.Or(k.Access, v.Access), Why: []string{why}}, true
		}
	}
	return v, false
}

// fits says whether the correction is about op.
func (k *Correction) fits(op *waywarden.Operation) bool {
	return (k.Host == "" || k.Host == op.Host) && k.Template == op.Template && k.asks(op)
}

// resembles says whether the correction is about an operation like op.
func (k *Correction) resembles(op *waywarden.Operation) bool {
	return (k.Host == "" || site(k.Host) == site(op.Host)) && k.asks(op) && shape(k.Template) == shape(op.Template)
}

func (k *Correction) asks(op *waywarden.Operation) bool {
	return (k.Method == "" || k.Method == op.Method) && (k.Value == "" || k.Value == op.Discriminator.Value)
}

// site is what one owner registered of a host name: example.co.uk of eu.api.example.co.uk.
func site(host string) string {
	name, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return name
}

// shape is a template with its parameters unnamed and without versions.
func shape(template string) string {
	var b strings.Builder
	for segment := range strings.SplitSeq(template, "/") {
		switch {
		case segment == "" || version(segment):
			continue
		case strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}"):
			segment = "{}"
		}
		b.WriteByte('/')
		b.WriteString(segment)
	}
	return b.String()
}

// version says whether a segment is v1, V2.1, v3beta.
func version(segment string) bool {
	return len(segment) > 1 && (segment[0] == 'v' || segment[0] == 'V') && unicode.IsDigit(rune(segment[1]))
}
