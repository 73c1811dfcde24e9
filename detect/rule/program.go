package rule

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/internal/near"
)

// costMax is what an evaluation may cost at worst, in CEL's units (about one step of a comparison, or ten characters
// that are looked at). It is worked out when the rule is compiled, from the limits of what conditions are shown.
const costMax = 100_000

// A program is a compiled expression.
type program struct {
	run  cel.Program
	text string
}

// truth evaluates a condition. What fails (a text that is no number, say) is unknown.
func (p *program) truth(s *scope) (waywarden.Truth, bool) {
	v, _, err := p.run.Eval(s)
	if err != nil {
		return waywarden.Unknown, false
	}
	if b, ok := v.(types.Bool); ok {
		return waywarden.TruthOf(bool(b)), true
	}
	return waywarden.Unknown, true
}

// value evaluates an expression to text; ok is false when it is unknown.
func (p *program) value(s *scope) (string, bool) {
	v, _, err := p.run.Eval(s)
	if err != nil || types.IsUnknownOrError(v) {
		return "", false
	}
	return textOf(v), true
}

// textOf writes a value as a person would.
func textOf(v ref.Val) string {
	switch v := v.(type) {
	case types.String:
		return string(v)
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Double:
		return strconv.FormatFloat(math.Round(float64(v)*100)/100, 'f', -1, 64)
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case types.Duration:
		return v.Round(time.Second).String()
	case types.Timestamp:
		return v.UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(v.Value())
}

// newEnv makes the environment that all rules share.
func newEnv() (*cel.Env, error) {
	opts := []cel.EnvOption{
		cel.Variable("call", callType), cel.Variable("caller", twinType), cel.Variable("subject", twinType),
		cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true), cel.ExtendedValidations(),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(2)), cel.ParserExpressionSizeLimit(16 << 10), cel.ParserRecursionLimit(64),
	}
	for i := range fields {
		opts = append(opts, cel.Variable(fields[i].name, fields[i].typ))
	}
	env, err := cel.NewEnv(append(opts, functionOptions()...)...)
	if err != nil {
		return nil, fmt.Errorf("make the environment of conditions: %w", err)
	}
	return env, nil
}

// sizes tells CEL how long the texts and lists are at most.
type sizes struct{}

// EstimateSize implements cost.Estimator.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	switch n.Type().Kind() {
	case types.StringKind:
		return &cost.SizeEstimate{Max: textMax}
	case types.ListKind:
		return &cost.SizeEstimate{Max: listMax}
	}
	return &cost.SizeEstimate{Max: 1}
}

// EstimateCallCost implements cost.Estimator: functions over leaves and state readings look through some of them.
func (sizes) EstimateCallCost(name, _ string, target *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	if target == nil || (*target).Type().Kind() != types.StructKind {
		return nil
	}
	return &cost.CallEstimate{CostEstimate: cost.Estimate{Min: 10, Max: 50}, ResultSize: &cost.SizeEstimate{Max: textMax}}
}

// expr compiles an expression. want is its type, nil for anything that has a text. subject says whether the rule looks at
// assets there.
func (c *compiler) expr(t *text, want *cel.Type, subject bool) *program {
	if t.bad != "" || strings.TrimSpace(t.Text) == "" {
		c.say(t, "an expression is missing")
		return nil
	}
	return c.exprAt(t.Text, func(line, column int) (int, int) { return within(c.src, t, line, column) }, want, subject)
}

// exprAt compiles an expression that stands somewhere in a text.
func (c *compiler) exprAt(code string, at func(line, column int) (int, int), want *cel.Type, subject bool) *program {
	parsed, issues := c.env.Compile(code)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			text, column := c.readable(e.Message, code, e.Location.Line(), e.Location.Column())
			line, column := at(e.Location.Line(), column)
			c.problems = append(c.problems, c.src.Place(line, column, "%s", text))
		}
		return nil
	}
	say := func(format string, args ...any) *program {
		line, column := at(1, 0)
		c.problems = append(c.problems, c.src.Place(line, column, format, args...))
		return nil
	}
	got := parsed.OutputType()
	switch {
	case want != nil && !got.IsEquivalentType(want):
		return say("this is %s; want %s", cel.FormatCELType(got), cel.FormatCELType(want))
	case want == nil && !scalar(got):
		return say("this is %s; want a text, a number, a truth value or a time", cel.FormatCELType(got))
	}
	before := len(c.problems)
	c.uses(parsed.NativeRep(), at, subject)
	if len(c.problems) > before {
		return nil
	}
	est, err := c.env.EstimateCost(parsed, sizes{})
	if err != nil {
		return say("%v", err)
	}
	if est.Max > costMax {
		return say("this may cost up to %d, at most %d are allowed: compare with shorter lists, or match a pattern against fewer texts", est.Max, costMax)
	}
	c.rule.cost += est.Max
	run, err := c.env.Program(parsed, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return say("%v", err)
	}
	return &program{run, strings.TrimSpace(code)}
}

func scalar(t *cel.Type) bool {
	switch t.Kind() {
	case types.StringKind, types.IntKind, types.UintKind, types.DoubleKind, types.BoolKind, types.TimestampKind, types.DurationKind, types.DynKind:
		return true
	}
	return false
}

// readable says in plain words what CEL's checker says of a place (line from 1, column from 0), and where a name that it
// does not know begins.
func (c *compiler) readable(m, code string, line, column int) (text string, at int) {
	row := []rune(strings.Split(code, "\n")[max(0, line-1)])
	column = min(max(0, column), len(row))
	if rest, ok := strings.CutPrefix(m, "unexpected failed resolution of '"); ok { // a field that call, caller or subject does not have
		root, _, _ := strings.Cut(rest, "'")
		name := leading(strings.TrimPrefix(string(row[column:]), "."))
		return c.suggest(root + "." + name), max(0, column-len([]rune(root)))
	}
	if rest, ok := strings.CutPrefix(m, "undeclared reference to '"); ok {
		name, _, _ := strings.Cut(rest, "'")
		if n := len([]rune(name)); n <= column && string(row[column-n:column]) == name { // of a function, its parenthesis is the place
			column -= n
		} else if tail, ok := strings.CutPrefix(string(row[column:]), name+"."); ok { // of a field, its first part is the place
			if part := leading(tail); !strings.HasPrefix(tail[len(part):], "(") {
				name += "." + part
			}
		}
		return c.suggest(name), column
	}
	if rest, ok := strings.CutPrefix(m, "found no matching overload for '"); ok {
		name, args, _ := strings.Cut(rest, "' applied to '")
		return fmt.Sprintf("%s cannot be applied to %s", strings.Trim(name, "_"), strings.TrimSuffix(args, "'")), column
	}
	return m, column
}

// leading is the identifier a text begins with.
func leading(s string) string {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return s[:i]
		}
	}
	return s
}

// suggest says that a name means nothing, and which may have been meant.
func (c *compiler) suggest(name string) string {
	var names []string
	for _, v := range c.env.Variables() {
		names = append(names, v.Name())
	}
	for i := range functions {
		names = append(names, functions[i].name)
	}
	text := fmt.Sprintf("there is no %s", name)
	hint := near.Names(name, names, 1)
	if len(hint) == 0 {
		for _, n := range names {
			if _, last, ok := strings.Cut(n, "."); ok && last == name {
				hint = []string{n}
			}
		}
	}
	if len(hint) > 0 {
		text += fmt.Sprintf("; did you mean %s?", hint[0])
	}
	return text
}

// uses notes what an expression looks at, and holds what it says in texts against what there is.
func (c *compiler) uses(a *celast.AST, at func(line, column int) (int, int), subject bool) {
	refs := a.ReferenceMap()
	say := func(id int64, format string, args ...any) {
		l := a.SourceInfo().GetStartLocation(id)
		line, column := at(l.Line(), l.Column())
		c.problems = append(c.problems, c.src.Place(line, column, format, args...))
	}
	celast.PreOrderVisit(a.Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		switch e.Kind() {
		case celast.IdentKind, celast.SelectKind:
			r, ok := refs[e.ID()]
			if !ok || r.Name == "" {
				return
			}
			if (r.Name == "subject" || strings.HasPrefix(r.Name, "subject.")) && !subject {
				say(e.ID(), "no asset is looked at here: say which with match: {subject: vehicle}")
			}
			c.field(r.Name)
		case celast.CallKind:
			c.called(e, refs, say)
		}
	}))
}

func (c *compiler) field(name string) {
	if i, ok := fieldIndex[name]; ok {
		c.rule.card.Needs |= fields[i].needs
	}
	if name != "subject" && name != "caller" && name != "call" {
		c.rule.note(name)
	}
}

// called checks a call of one of our functions, or a comparison with a count.
func (c *compiler) called(e celast.Expr, refs map[int64]*celast.ReferenceInfo, say func(int64, string, ...any)) {
	call := e.AsCall()
	name, args := call.FunctionName(), call.Args()
	i := slices.IndexFunc(functions[:], func(f function) bool { return f.name == name && (f.on != nil) == call.IsMemberFunction() })
	if i < 0 {
		if slices.Contains([]string{operators.Greater, operators.GreaterEquals, operators.Equals}, name) && len(args) == 2 {
			c.compared(args, refs, say)
		}
		return
	}
	f := &functions[i]
	c.rule.card.Needs |= f.needs
	if len(args) == 0 || f.on == nil {
		return
	}
	if args[0].Kind() != celast.LiteralKind {
		say(args[0].ID(), "write the name here as a text, so that it can be checked")
		return
	}
	word, _ := args[0].AsLiteral().(types.String)
	c.rule.note(f.name + " " + string(word))
	switch f.names {
	case "state":
		if strings.HasPrefix(string(word), "Vehicle.") {
			c.rule.card.Needs |= detect.InputSignals
			c.rule.states = append(c.rule.states, string(word))
		}
		if !c.know.state(string(word)) {
			say(args[0].ID(), "%s", missing("signal of VSS, and none below Vehicle.Private,", string(word), c.know.States))
		}
	case "type":
		if all := detect.Types(math.MaxUint32).Names(); !slices.Contains(all, string(word)) {
			say(args[0].ID(), "%s", missing("data type", string(word), all))
		}
	case "network":
		if _, err := netip.ParsePrefix(string(word)); err != nil {
			say(args[0].ID(), "%q is no network: write 198.51.100.0/24", string(word))
		}
	}
}

// compared finds a comparison of a count of different values with more than is counted.
func (c *compiler) compared(args []celast.Expr, refs map[int64]*celast.ReferenceInfo, say func(int64, string, ...any)) {
	for i, e := range args {
		other := args[1-i]
		r, ok := refs[e.ID()]
		if !ok || other.Kind() != celast.LiteralKind {
			continue
		}
		n, isInt := other.AsLiteral().(types.Int)
		name, isWindow := strings.CutPrefix(r.Name, "window.")
		for k := range c.rule.windows {
			if w := &c.rule.windows[k]; isInt && isWindow && w.name == name && w.distinct != nil && int(n) >= w.upTo {
				say(other.ID(), "%s counts different values up to %d only: raise its upto", r.Name, w.upTo)
			}
		}
	}
}

func missing(noun, word string, all []string) string {
	text := fmt.Sprintf("there is no %s %q", noun, word)
	if hint := near.Names(word, all, 1); len(hint) > 0 {
		text += fmt.Sprintf("; did you mean %q?", hint[0])
	}
	return text
}
