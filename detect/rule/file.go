package rule

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/waywarden/waywarden/internal/diagnostic"
	"github.com/waywarden/waywarden/internal/near"
)

// fileMax is the largest rule file that is read, in bytes.
const fileMax = 4 << 20

// A fileSpec is a rule file as written. The doc tags are the reference.
type fileSpec struct {
	Lists map[string][]string `yaml:"lists" doc:"named lists of texts, in conditions list.NAME"`
	Rules []ruleSpec          `yaml:"rules" doc:"the rules"`
}

type ruleSpec struct {
	ID         text          `yaml:"id" doc:"name of the rule, as in findings; 3 to 64 letters, digits, - _ and . (the form ABC-123 is that of built-in detectors)"`
	Title      text          `yaml:"title" doc:"title of a finding; {…} holds a condition's expression"`
	Severity   text          `yaml:"severity" doc:"informational, low, medium, high or critical"`
	Refused    text          `yaml:"refused" doc:"severity when the server refused the call; as severity when absent"`
	Confidence int           `yaml:"confidence" doc:"0 to 100 (default 80)"`
	Types      []text        `yaml:"types" doc:"taxonomy ids: API1:2023, R155:16.1, your own"`
	On         text          `yaml:"on" doc:"call (the default; OCPP requests are calls, too) or signal (vehicle telemetry)"`
	Match      matchSpec     `yaml:"match" doc:"which calls it concerns; worked out once for each operation"`
	Fresh      time.Duration `yaml:"fresh" doc:"how old a state may be to count as known (default 90s, at most 24h)"`
	Windows    []windowSpec  `yaml:"windows" doc:"counts over sliding windows, in conditions window.NAME"`
	Sequence   *sequenceSpec `yaml:"sequence" doc:"steps that must follow one another; then match stands in the steps"`
	When       text          `yaml:"when" doc:"the condition; only true fires, unknown does not"`
	Group      texts         `yaml:"group" doc:"what makes one finding: calls with the same values are one (default caller.key)"`
	Message    text          `yaml:"message" doc:"description of a finding; {…} holds an expression"`
	Facts      []factSpec    `yaml:"facts" doc:"numbers behind the verdict"`
	Respond    text          `yaml:"respond" doc:"what to do about it"`
	Desc       text          `yaml:"description" doc:"what the rule is for, for those who read it"`
	Keys       int           `yaml:"keys" doc:"how many keys windows and sequences remember (default 10000, at most 200000); at the limit the one used longest ago makes room"`
	Scenes     []sceneSpec   `yaml:"scenes" doc:"what it fires on, stays silent on, and nearly fires on"`
}

type matchSpec struct {
	Class    texts `yaml:"class" doc:"function classes, * standing for any part: act.engine.stop, act.*"`
	Access   texts `yaml:"access" doc:"read, write or control"`
	Method   texts `yaml:"method" doc:"HTTP methods"`
	Host     texts `yaml:"host" doc:"hosts; * stands for any part"`
	Path     texts `yaml:"path" doc:"path templates; * stands for one segment or its part, ** for several segments"`
	Selector texts `yaml:"selector" doc:"values of the field that selects the function, or OCPP actions"`
	Outcome  text  `yaml:"outcome" doc:"success or refused; both when absent"`
	Subject  text  `yaml:"subject" doc:"vehicle, consumer, charger, fleet, ride or any: the rule looks at each asset of that kind a call names, as subject"`
}

type windowSpec struct {
	Name     text          `yaml:"name" doc:"in conditions window.NAME"`
	Within   time.Duration `yaml:"within" doc:"length of the window, in the time of the events, 1s to 31 days"`
	By       texts         `yaml:"by" doc:"counted apart for each value of these expressions (default caller.key)"`
	Where    text          `yaml:"where" doc:"what counts (default everything that match lets through)"`
	Distinct text          `yaml:"distinct" doc:"count different values of this expression instead of calls"`
	UpTo     int           `yaml:"upto" doc:"how far different values are counted (default 250, at most 5000)"`
}

type sequenceSpec struct {
	Within  time.Duration `yaml:"within" doc:"from the first to the last step, 1s to 31 days"`
	By      texts         `yaml:"by" doc:"what the steps have in common (default caller.key)"`
	Steps   []stepSpec    `yaml:"steps" doc:"2 to 8 steps, in their order"`
	Without []stepSpec    `yaml:"without" doc:"what must not come between"`
}

type stepSpec struct {
	Name  text            `yaml:"name" doc:"for people"`
	Match matchSpec       `yaml:"match" doc:"as of a rule"`
	When  text            `yaml:"when" doc:"condition of the step"`
	By    texts           `yaml:"by" doc:"where this step shows what the steps have in common, if elsewhere"`
	Times int             `yaml:"times" doc:"so many calls of this kind (default 1, all steps together at most 64)"`
	Keep  map[string]text `yaml:"keep" doc:"values to remember, in later conditions kept.NAME"`
}

type factSpec struct {
	Name   text `yaml:"name" doc:"what was measured"`
	Value  text `yaml:"value" doc:"expression of the observed value"`
	Normal text `yaml:"normal" doc:"what would be normal; {…} holds an expression"`
}

type sceneSpec struct {
	Fires    text `yaml:"fires" doc:"name of a scene the rule fires on"`
	Silent   text `yaml:"silent" doc:"name of an honest scene it stays silent on"`
	Near     text `yaml:"near" doc:"name of a scene that is just not enough"`
	Severity text `yaml:"severity" doc:"wanted severity of the finding"`
	Title    text `yaml:"title" doc:"wanted title of the finding"`
	Findings int  `yaml:"findings" doc:"wanted number of findings (default 1)"`
	Play     text `yaml:"play" doc:"the scene, a line each: signal, call, wait"`
}

// A text is a scalar of a file with its place.
type text struct {
	Text         string
	line, column int
	block        bool // of a | block: its lines are the file's
	bad          string
}

// UnmarshalYAML takes over a scalar and where it stands.
func (t *text) UnmarshalYAML(n ast.Node) error {
	tok := n.GetToken()
	t.line, t.column = tok.Position.Line, tok.Position.Column
	switch n := n.(type) {
	case *ast.LiteralNode:
		t.Text, t.line, t.column, t.block = n.Value.Value, n.Start.Position.Line+1, 1, strings.HasPrefix(n.Start.Value, "|")
	case *ast.StringNode:
		t.Text = n.Value
		if tok.Type == token.SingleQuoteType || tok.Type == token.DoubleQuoteType {
			t.column++
		}
	case *ast.NullNode:
		t.bad = "a value is missing"
	case ast.ScalarNode:
		t.Text = tok.Value
	default:
		t.bad = "want a text, not a list or a mapping"
	}
	return nil
}

func (t *text) said() bool { return t.line > 0 }

// texts is one text or a list of them.
type texts []text

// UnmarshalYAML takes over a scalar or a list of them.
func (ts *texts) UnmarshalYAML(n ast.Node) error {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		*ts = make(texts, 1)
		return (*ts)[0].UnmarshalYAML(n)
	}
	*ts = make(texts, len(seq.Values))
	for i, v := range seq.Values {
		if err := (*ts)[i].UnmarshalYAML(v); err != nil {
			return err
		}
	}
	return nil
}

// within turns a place in a text, its line from 1 and column from 0, into one of the file.
func within(s *diagnostic.Source, t *text, line, column int) (int, int) {
	if !t.block {
		if line > 1 { // a folded text: its lines are not the file's
			return t.line, t.column
		}
		return t.line, t.column + column
	}
	at := t.line + line - 1
	return at, column + s.Indent(t.line) + 1
}

// parse reads a file. An unknown key is a problem with its place.
func parse(s *diagnostic.Source) (*fileSpec, diagnostic.Problems) {
	if len(s.Text) > fileMax || !utf8.Valid(s.Text) {
		return nil, diagnostic.Problems{{File: s.Name, Text: fmt.Sprintf("not a text of at most %d bytes", fileMax)}}
	}
	var said any
	if yaml.Unmarshal(s.Text, &said) == nil && said == nil {
		return &fileSpec{}, nil // nothing but comments
	}
	var f fileSpec
	err := yaml.UnmarshalWithOptions(s.Text, &f, yaml.Strict())
	if err == nil {
		return &f, nil
	}
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return nil, diagnostic.Problems{{File: s.Name, Text: err.Error()}}
	}
	pos := at.GetToken().Position
	p := s.Place(pos.Line, pos.Column, "%s", at.GetMessage())
	if unknown := new(yaml.UnknownFieldError); errors.As(err, &unknown) {
		p.Text = fmt.Sprintf("there is no key %q", at.GetToken().Value)
		if hint := near.Names(at.GetToken().Value, keys(reflect.TypeFor[fileSpec]()), 1); len(hint) > 0 {
			p.Text += fmt.Sprintf("; did you mean %q?", hint[0])
		}
	}
	return nil, diagnostic.Problems{p}
}

// keys are the keys of a file, of all its levels.
func keys(t reflect.Type) []string {
	switch {
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		return keys(t.Elem())
	case t.Kind() != reflect.Struct || t == reflect.TypeFor[text]():
		return nil
	}
	var out []string
	for f := range t.Fields() {
		if key := f.Tag.Get("yaml"); key != "" {
			out = append(append(out, key), keys(f.Type)...)
		}
	}
	return out
}
