package template

import (
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden/catalog/template/internal/model"
	"github.com/waywarden/waywarden/catalog/template/internal/segment"
)

// A style is how the API at hand writes names of two words.
type style uint8

const (
	camel style = iota // vehicleId
	snake              // vehicle_id
)

// measureStyle takes the style that more of the API's literals are written in.
func (l *Learner) measureStyle() style {
	under, turns := 0, 0
	for _, n := range l.root.kids {
		n.walk(func(k *node) {
			if k.shape != segment.Compound {
				return
			}
			if strings.IndexByte(k.token, '_') > 0 {
				under++
			} else if strings.IndexByte(k.token, '-') < 0 {
				turns++
			}
		})
	}
	if under > turns {
		return snake
	}
	return camel
}

func (n *node) walk(f func(*node)) {
	f(n)
	n.each(func(k *node) { k.walk(f) })
}

// names by kind: parameters that are called after what they look like.
var kindNames = map[string][2]string{
	"vin": {"vin", "vin"}, "date": {"date", "date"}, "email": {"email", "email"}, "evse_id": {"evseId", "evse_id"}, "emaid": {"contractId", "contract_id"},
	"locale": {"locale", "locale"}, "version": {"version", "version"}, "position": {"position", "position"}, "host": {"host", "host"},
}

// name gives a parameter its kind and a name that is unique in its template.
func (l *Learner) name(v *view) {
	v.kind = v.majority()
	v.name = ""
	for _, k := range v.parent.known {
		if k.name != "" {
			v.name = k.name
			break
		}
	}
	if v.name == "" {
		if n, ok := kindNames[v.kind]; ok {
			v.name = n[l.style]
		} else {
			v.name = l.noun(v)
		}
	}
	base := v.name
	for i := 2; v.taken(); i++ {
		v.name = base + strconv.Itoa(i)
	}
}

func (v *view) taken() bool {
	for p := v.parent; p != nil; p = p.parent {
		if p.param && p.name == v.name {
			return true
		}
	}
	return false
}

// noun names a parameter by the literal before it: vehicles → vehicleId, and by its kind when it is no identifier.
func (l *Learner) noun(v *view) string {
	words := []string{}
	for p := v.parent; p != nil && len(words) == 0; p = p.parent {
		if p.param || p.role == segment.Fixed || segment.ShapeOf(p.token) == segment.Version {
			continue
		}
		model.EachPart(p.token, func(s string) { words = append(words, strings.ToLower(s)) })
	}
	if len(words) > 3 {
		words = words[len(words)-3:]
	}
	if n := len(words); n > 0 {
		words[n-1] = singular(words[n-1])
	}
	switch v.kind {
	case "file":
		words = append(words, "file")
	case "word", "slug", "text":
		words = append(words, "name")
	default:
		words = append(words, "id")
	}
	if len(words) > 1 && words[len(words)-1] == words[len(words)-2] {
		words = words[:len(words)-1]
	}
	if l.style == snake {
		return strings.Join(words, "_")
	}
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// singular undoes the regular plurals of English, and leaves what it does not know.
func singular(w string) string {
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case len(w) > 4 && (strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "shes")):
		return w[:len(w)-2]
	case len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		return w[:len(w)-1]
	}
	return w
}

// majority returns the kind most calls' values are of.
func (v *view) majority() string {
	var by [segment.Shapes]uint64
	for _, n := range v.raw {
		if n.role == segment.Fixed {
			continue
		}
		if n.folded == nil {
			by[n.shape] += uint64(n.calls)
			continue
		}
		for s, c := range n.folded.shapes {
			by[s] += uint64(c)
		}
	}
	by[segment.Number] += by[segment.Small] + by[segment.Serial]
	by[segment.Small], by[segment.Serial] = 0, 0
	by[segment.VIN] += by[segment.VINLike]
	best := segment.Word
	for s := range by {
		if by[s] > by[best] {
			best = segment.Shape(s)
		}
	}
	if best == segment.Number {
		return "int"
	}
	if best == segment.File || v.fileNames() && (best == segment.Word || best == segment.Compound || best == segment.Mixed || best == segment.Code) {
		return "file"
	}
	return best.Kind()
}

// fileNames says whether all that follows the values is the suffix of a file.
func (v *view) fileNames() bool {
	if v.suffixed {
		return true
	}
	n := 0
	for _, r := range v.raw {
		for _, k := range r.kids {
			if k.role != segment.Fixed || k.token[0] != '.' {
				return false
			}
			n++
		}
		if r.ends > 0 {
			return false
		}
	}
	return n > 0
}

// text returns the template of a view, cached until the next decision.
func (l *Learner) text(v *view) *Template {
	if v.template != nil && len(v.raw) == v.drawn {
		return v.template
	}
	var chain []*view
	for p := v; p.parent != nil; p = p.parent {
		if p.param && p.name == "" {
			l.name(p)
		}
		chain = append(chain, p)
	}
	slices.Reverse(chain)
	t := &Template{view: v, Known: isKnown(v)}
	var b strings.Builder
	open := false
	for i, p := range chain {
		if p.role == segment.Whole {
			closed(&b, &open)
			b.WriteByte('/')
		}
		if open && p.role == segment.Fixed {
			closed(&b, &open)
		}
		if p.param {
			t.Params = append(t.Params, l.param(chain, i))
			b.WriteString("{" + p.name + "}")
			continue
		}
		b.WriteString(p.token)
		open = open || p.role == segment.Fixed && p.token == "("
	}
	closed(&b, &open)
	if len(chain) == 0 || mostlySlashed(v) {
		b.WriteByte('/')
	}
	t.Text = b.String()
	l.weigh(t)
	v.template, v.drawn = t, len(v.raw)
	return t
}

// closed writes the parenthesis of a segment that is complete.
func closed(b *strings.Builder, open *bool) {
	if *open {
		b.WriteByte(')')
		*open = false
	}
}

func isKnown(v *view) bool {
	return slices.ContainsFunc(v.known, func(k *known) bool { return k.literal })
}

func mostlySlashed(v *view) bool {
	slashed, ends := 0, 0
	for _, n := range v.raw {
		slashed += int(n.slashed)
		ends += int(n.ends)
	}
	return 2*slashed > ends
}

// param describes the parameter at chain[i] with the constants around it in its segment.
func (l *Learner) param(chain []*view, i int) Param {
	v := chain[i]
	p := Param{Segment: v.index, Name: v.name, Kind: v.kind, Examples: v.examples()}
	for j := i - 1; j >= 0 && chain[j].index == v.index && !chain[j].param; j-- {
		p.Prefix = chain[j].token + p.Prefix
	}
	if strings.HasSuffix(p.Prefix, "(") {
		p.Suffix = ")"
	}
	for j := i + 1; j < len(chain) && chain[j].index == v.index && chain[j].role == segment.Fixed; j++ {
		p.Suffix += chain[j].token
	}
	return p
}

// examples returns some values of a parameter, those of least hash.
func (v *view) examples() []string {
	var f folded
	for _, n := range v.raw {
		if n.role == segment.Fixed {
			continue
		}
		if n.folded == nil {
			f.example(n.token)
			continue
		}
		for _, e := range n.folded.examples {
			f.example(e)
		}
	}
	for i, e := range f.examples {
		f.examples[i] = segment.Decode(e)
	}
	return f.examples
}

// Values appends the values of t's parameters in a concrete path to dst, percent-decoded. The path must be one that
// was observed as of one of t's cells; of another path the values are those at the same places, "" where it is shorter.
func (t *Template) Values(path string, dst []string) []string {
	if len(t.Params) == 0 {
		return dst
	}
	path = segment.Normal(path)
	at, rest := -1, ""
	for i := range t.Params {
		p := &t.Params[i]
		for at < p.Segment {
			rest, path = nextSegment(path)
			at++
		}
		var v string
		v, rest = p.cut(rest)
		dst = append(dst, segment.Decode(v))
	}
	return dst
}

// nextSegment returns the first non-empty segment of a path and what is behind it.
func nextSegment(path string) (segment, rest string) {
	path = strings.TrimLeft(path, "/")
	segment, rest, _ = strings.Cut(path, "/")
	return segment, rest
}

// cut returns the value of the parameter in its segment, or in what is left of it, and what is behind it.
func (p *Param) cut(s string) (v, rest string) {
	if p.Prefix != "" {
		_, behind, ok := strings.Cut(s, p.Prefix)
		if !ok {
			return "", s
		}
		s = behind
	}
	if p.Suffix == "" {
		return s, ""
	}
	i := strings.LastIndex(s, p.Suffix)
	if p.Suffix[0] == ';' { // further matrix parameters follow
		i = strings.Index(s, p.Suffix)
	}
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}
