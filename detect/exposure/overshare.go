package exposure

import (
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Overshare makes DAT-001: an answer that gives kinds of data which the operation does not give.
func Overshare(m *detect.Memory) detect.Detector {
	return &overshare{
		ops:  detect.NewTable[gift](m, "DAT-001 operations", 1<<14),
		asks: detect.NewTable[struct{}](m, "DAT-001 parameters per operation", 1<<16),
		seen: detect.NewTable[struct{}](m, "DAT-001 callers per operation", 1<<18),
		news: detect.NewTable[novelty](m, "DAT-001 parameters reported", 1<<10),
	}
}

type overshare struct {
	ops  *detect.Table[gift]
	asks *detect.Table[struct{}]
	seen *detect.Table[struct{}]
	news *detect.Table[novelty]
}

// A novelty is a parameter that was reported: by which callers it was sent, and the findings.
type novelty struct {
	callers detect.Set
	groups  []string
}

// A gift is what the answers of an operation told to callers of one kind.
type gift struct {
	told             detect.Types
	answers, callers int32
}

// Bounds of the verdict.
const (
	giftCallers = 20  // callers, and their answers, before a kind of data is new when it was asked for as nobody does …
	giftAnswers = 50  //
	giftMany    = 50  // … and callers and answers before a secret is new that nobody asked for
	giftPlenty  = 300 //
	releaseMin  = 5   // callers that send a new parameter: it is a release
	wordMax     = 24  // length up to which a value of letters is a choice: full, owner, all
)

func (d *overshare) Card() detect.Card {
	return detect.Card{
		ID: "DAT-001", Title: "Answer gives more than the operation gives", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API3:2023", "R155:3.5", "R155:19.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputResponseBodies, Helped: detect.InputRequestBodies,
		Desc: `Raised when an answer holds personal data, positions, device identifiers, tokens or secrets of a kind that no answer of the operation held before (at least fifty answers to twenty callers of the same client and roles), and the request asked for it with a parameter, a choice (view=full, expand=owner) or a GraphQL document that none of these callers sent.

Once five callers send the parameter it came with a release: what was raised of it is withdrawn.

A one-time code, PIN or cloud secret is enough without that, after three hundred answers to fifty callers that held none.`,
		Silent: []string{
			"operations that always give such data: a weakness, which the posture report has",
			"fields that some objects have and others do not, such as a phone number",
			"what the request itself held",
			"sign-in, recovery and registration, which give tokens",
		},
		Respond: "Give each role a fixed set of fields, refuse unknown parameters and documents, and check what was given and to whom.",
	}
}

// guarded are the types whose appearance says something.
func guarded() detect.Types {
	return detect.Secrets() | detect.Contacts()&^detect.TypesOf(waywarden.TypePersonID) | detect.Places() |
		detect.TypesOf(waywarden.TypeIMEI, waywarden.TypeICCID, waywarden.TypeAccessToken, waywarden.TypeRefreshToken, waywarden.TypeOTP, waywarden.TypeResetToken)
}

// unasked are the types that no answer holds by chance.
func unasked() detect.Types {
	return detect.TypesOf(waywarden.TypeOTP, waywarden.TypePIN, waywarden.TypeCloudSecret)
}

func (*overshare) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted | detect.Signed}
}

func (d *overshare) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || c.Principal.UID == "" || s.Record.HTTP == nil || detect.Proves(c.Operation.Function.Class) {
		return
	}
	op := detect.Mix(detect.Peers(c), detect.Key(c.Operation.ID))
	g := d.ops.At(op)
	if fresh := out.Told & guarded() &^ g.told; fresh != 0 && d.judge(s, g, op, fresh, out) {
		return
	}
	g.told |= out.Told
	g.answers++
	if k := detect.Mix(op, detect.Key(c.Principal.UID)); d.seen.Peek(k) == nil {
		d.seen.At(k)
		g.callers++
		each(c, func(_ *waywarden.Leaf, ask string) bool {
			d.asks.At(detect.Mix(op, detect.Key(ask)))
			return false
		})
	}
}

// judge says whether kinds of data are new to an operation for a bad reason, and reports it.
func (d *overshare) judge(s *waywarden.Scene, g *gift, op uint64, fresh detect.Types, out *detect.Output) bool {
	if g.callers >= giftCallers && g.answers >= giftAnswers {
		var asked *waywarden.Leaf
		each(s.Call, func(l *waywarden.Leaf, ask string) bool {
			if d.asks.Peek(detect.Mix(op, detect.Key(ask))) != nil {
				return false
			}
			asked = l
			return true
		})
		if asked != nil {
			if d.released(s, op, asked, out) {
				return false
			}
			d.report(s, g, fresh, "asked for with "+asked.In.String()+" "+asked.Name+" = "+detect.Clip(asked.Value)+", which none of them sent", 80, out)
			return true
		}
	}
	if fresh.Any(unasked()) && g.callers >= giftMany && g.answers >= giftPlenty {
		d.report(s, g, fresh&unasked(), "not asked for", 65, out)
		return true
	}
	return false
}

// released says whether a parameter that was reported is sent by so many callers that it came with a release, and takes
// back what was said of the first of them.
func (d *overshare) released(s *waywarden.Scene, op uint64, asked *waywarden.Leaf, out *detect.Output) bool {
	n := d.news.At(detect.Mix(op, detect.Key(askOf(asked))))
	n.callers.Add(detect.Key(s.Call.Principal.UID))
	if n.callers.N < releaseMin {
		if g := groupOf(s); !slices.Contains(n.groups, g) {
			n.groups = append(n.groups, g)
		}
		return false
	}
	for _, g := range n.groups {
		out.Retract(g, "", "callers all over send this parameter meanwhile: it came with a release.")
	}
	n.groups = nil
	return true
}

// groupOf names the finding of one caller and operation.
func groupOf(s *waywarden.Scene) string { return s.Call.Principal.UID + " " + s.Call.Operation.ID }

// askOf is what a parameter asks by: its name, with the choice or the document it holds.
func askOf(l *waywarden.Leaf) string {
	ask := l.In.String() + " " + l.Name
	if choice(l.Value) || document(l) {
		ask += "=" + l.Value
	}
	return ask
}

// each goes through what a request asks by until told to stop: names of parameters, names with the choice made, and
// GraphQL documents whole.
func each(c *waywarden.Call, stop func(l *waywarden.Leaf, ask string) bool) {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			return
		}
		if l.In != waywarden.InQuery && l.In != waywarden.InBody || l.Type != "" {
			continue
		}
		if stop(l, askOf(l)) {
			return
		}
	}
}

// choice says whether a value is one of few words.
func choice(v string) bool {
	if v == "" || len(v) > wordMax {
		return false
	}
	for _, c := range []byte(v) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && c != '_' && c != '-' && c != ',' && c != '*' {
			return false
		}
	}
	return true
}

// document says whether a value is a GraphQL document.
func document(l *waywarden.Leaf) bool {
	if l.In != waywarden.InBody && l.In != waywarden.InQuery || !strings.Contains(l.Value, "{") {
		return false
	}
	v := strings.TrimLeft(l.Value, " \n\t")
	return strings.HasPrefix(v, "{") || strings.HasPrefix(v, "query") || strings.HasPrefix(v, "mutation") || strings.HasPrefix(v, "fragment")
}

func (d *overshare) report(s *waywarden.Scene, g *gift, fresh detect.Types, why string, confidence int, out *detect.Output) {
	op, names := s.Call.Operation, strings.Join(fresh.Names(), ", ")
	out.Raise(&detect.Report{
		Group: groupOf(s), Severity: waywarden.SeverityHigh, Confidence: confidence, Operation: op, Principal: s.Call.Principal,
		Title: "More than usual given by " + detect.What(op),
		Desc: detect.Who(s) + " was given " + names + " by " + detect.What(op) + ", which held none of it in " + detect.Itoa(g.answers) + " answers to " + detect.Itoa(g.callers) +
			" callers of its kind: " + why + ".",
		Resources: detect.Assets(s),
		Facts:     []waywarden.Fact{{Name: "kinds of data", Observed: names, Normal: strings.Join(g.told.Names(), ", ")}},
	})
}
