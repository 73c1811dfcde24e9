package payload

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// GraphQLAbuse makes AUT-013: one GraphQL request that does the work of many.
func GraphQLAbuse(m *detect.Memory) detect.Detector {
	return &graphQLAbuse{paths: detect.NewTable[bundle](m, "AUT-013 GraphQL paths", 1<<10)}
}

type graphQLAbuse struct{ paths *detect.Table[bundle] }

// A bundle is how many times callers ask for one thing in a request to a path.
type bundle struct {
	callers detect.Set
	large   detect.Set // callers whose requests ask more often than the bound and who were not reported
}

// Bounds of the verdict.
const (
	aliasMax    = 20 // times one field, or requests in a batch
	bundleUsers = 5  // callers of the path before that is strange …
	bundleLarge = 2  // … and callers that do so from which it is the app's way
)

func (d *graphQLAbuse) Card() detect.Card {
	return detect.Card{
		ID: "AUT-013", Title: "One GraphQL request that does the work of many", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule,
		Types: []string{"API4:2023", "API1:2023", "API8:2023", "R155:3.3", "R155:7.2"},
		Needs: detect.InputCalls | detect.InputRequestBodies,
		Desc: `Raised when a GraphQL request is served that asks for one field under more than twenty aliases, or is a batch of more than twenty requests, on a path at least five callers use and of whom at most two do so: limits that count requests do not see it, so that objects are collected and codes tried by the dozen. It is medium, high where the caller proved nothing.

Introspection that is answered is informational.`,
		Silent: []string{
			"an app that asks for a handful of objects at once, or whose way of asking is the batch",
			"documents with many different fields",
			"what the server refuses",
		},
		Respond: "Limit the aliases, the depth and the batch of a request, count attempts by field rather than by request, and switch introspection off.",
	}
}

func (*graphQLAbuse) Scope() detect.Scope {
	return detect.Scope{Of: detect.OfCalls, Only: detect.Accepted}
}

func (d *graphQLAbuse) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || !c.Success || s.Record.HTTP == nil {
		return
	}
	doc, batch := documents(c)
	switch {
	case doc == nil:
	case strings.Contains(doc.Value, "__schema"):
		d.introspection(s, doc, out)
	case strings.Count(doc.Value, ":") > aliasMax:
		d.judge(s, doc, max(aliases(doc.Value), batch), out)
	default:
		d.judge(s, doc, batch, out)
	}
}

// documents returns the longest GraphQL document of a request, nil where there is none, and how many there are.
func documents(c *waywarden.Call) (doc *waywarden.Leaf, batch int) {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if (l.In == waywarden.InBody || l.In == waywarden.InQuery) && strings.HasSuffix(l.Name, "query") && strings.IndexByte(l.Value, '{') >= 0 {
			batch++
			if doc == nil || len(l.Value) > len(doc.Value) {
				doc = l
			}
		}
	}
	return doc, batch
}

// aliases returns how many times a document asks for the field it asks for most under an alias: "a1: field(".
func aliases(doc string) int {
	counts := map[string]int{}
	most := 0
	for {
		i := strings.IndexByte(doc, ':')
		if i < 0 {
			return most
		}
		named := i > 0 && word(doc[i-1])
		doc = strings.TrimLeft(doc[i+1:], " \t\n")
		j := 0
		for j < len(doc) && word(doc[j]) {
			j++
		}
		rest := strings.TrimLeft(doc[j:], " ")
		if named && j > 0 && rest != "" && (rest[0] == '(' || rest[0] == '{') {
			counts[doc[:j]]++
			most = max(most, counts[doc[:j]])
		}
	}
}

func word(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'
}

func (d *graphQLAbuse) introspection(s *waywarden.Scene, doc *waywarden.Leaf, out *detect.Output) {
	op := s.Call.Operation
	out.Raise(&detect.Report{
		Group: "introspection " + op.Host + op.Template, Severity: waywarden.SeverityInformational, Confidence: 90, Operation: op, Principal: s.Call.Principal,
		Types: []string{"API8:2023", "API9:2023", "R155:3.3"},
		Title: "GraphQL introspection answered by " + op.Host,
		Desc:  detect.Who(s) + " asked " + detect.What(op) + " for its whole schema and was answered.",
		Facts: []waywarden.Fact{{Name: doc.Name, Observed: detect.Clip(doc.Value), Normal: "documents of the app"}},
	})
}

func (d *graphQLAbuse) judge(s *waywarden.Scene, doc *waywarden.Leaf, n int, out *detect.Output) {
	op, who := s.Call.Operation, detect.Key(detect.Caller(s))
	b := d.paths.At(detect.Key(op.Host, op.Template))
	if n <= aliasMax {
		b.callers.Add(who)
		return
	}
	if b.callers.N < bundleUsers || b.large.N >= bundleLarge && !b.large.Holds(who) {
		b.large.Add(who)
		return
	}
	b.large.Add(who)
	r := detect.Report{
		Group: detect.Caller(s) + " " + op.Host + op.Template, Severity: waywarden.SeverityMedium, Confidence: 80, Operation: op, Principal: s.Call.Principal,
		Title: "GraphQL request of many in one at " + op.Host,
		Desc: detect.Who(s) + " asked " + detect.What(op) + " " + detect.Itoa(n) + " times for the same in one request, as hardly any of its callers does. " +
			"Limits that count requests do not see it.",
		Resources: detect.Assets(s),
		Facts:     []waywarden.Fact{{Name: "times in one request", Observed: detect.Itoa(n), Normal: "at most " + detect.Itoa(aliasMax)}, {Name: doc.Name, Observed: detect.Clip(doc.Value), Normal: ""}},
	}
	if s.Call.Principal.UID == "" {
		r.Severity = waywarden.SeverityHigh
	}
	out.Raise(&r)
}
